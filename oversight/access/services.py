"""What people do to accounts and tokens: each in one transaction, each in the trail."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import password_changed, validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from oversight.access.actors import Actor, person
from oversight.access.models import ApiToken, User
from oversight.access.permissions import NotAllowed, require
from oversight.trail.services import record

__all__ = [
    "TOKEN_MAX_DAYS",
    "IssuedToken",
    "account_change",
    "administrator_create",
    "api_token_create",
    "api_token_revoke",
    "digest_of",
    "password_change",
    "sign_in_record",
    "sign_out_record",
    "user_unlock",
]

TOKEN_MAX_DAYS = 365
TOKEN_MARK = "o287_"  # noqa: S105 - tells secret scanners and people what a string is; it is no secret
PREFIX_LENGTH = 12


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token and its secret. The secret is nowhere else: show it once."""

    token: ApiToken
    secret: str


def digest_of(secret: str) -> str:
    """What is kept of a secret. Secrets are 256 random bits, so a fast hash cannot be guessed backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _self_of(actor: Actor) -> User:
    if actor.user is None:
        raise ValueError("Only a person has an account of their own.")
    return actor.user


@transaction.atomic
def sign_in_record(*, user: User) -> None:
    """`user` has signed in with a password."""
    record(actor=person(user), verb="user.signed_in", obj=user)


@transaction.atomic
def sign_out_record(*, user: User) -> None:
    record(actor=person(user), verb="user.signed_out", obj=user)


@transaction.atomic
def account_change(*, actor: Actor, first_name: str, last_name: str, time_zone: str) -> User:
    """Change one's own name and time zone. Raises NotAllowed, ValidationError."""
    require(actor, "account.manage")
    user = User.objects.select_for_update().get(pk=_self_of(actor).pk)
    wanted = {"first_name": first_name, "last_name": last_name, "time_zone": time_zone}
    before = {name: getattr(user, name) for name in wanted if getattr(user, name) != wanted[name]}
    if not before:
        return user
    for name in before:
        setattr(user, name, wanted[name])
    user.full_clean(exclude=["password"])
    user.save(update_fields=list(before))
    record(
        actor=actor,
        verb="user.changed",
        obj=user,
        before=before,
        after={name: wanted[name] for name in before},
    )
    return user


@transaction.atomic
def password_change(*, actor: Actor, password: str) -> User:
    """Set one's own password; the caller has asked for the old one. Raises NotAllowed, ValidationError."""
    require(actor, "account.manage")
    user = User.objects.select_for_update().get(pk=_self_of(actor).pk)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    password_changed(password, user)
    record(actor=actor, verb="user.password_changed", obj=user)
    return user


@transaction.atomic
def api_token_create(*, actor: Actor, name: str, may_write: bool, days: int) -> IssuedToken:
    """A key for a program that acts in one's own name, for `days` (1 to 365) from now.

    Raises NotAllowed, ValidationError.
    """
    require(actor, "tokens.manage")
    if not 1 <= days <= TOKEN_MAX_DAYS:
        raise ValidationError({"days": f"Enter a number of days from 1 to {TOKEN_MAX_DAYS}."})
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    now = timezone.now()
    token = ApiToken(
        user=_self_of(actor),
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        digest=digest_of(secret),
        may_write=may_write,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    token.full_clean()
    token.save()
    after = {"name": name, "may_write": may_write, "expires_at": token.expires_at}
    record(actor=actor, verb="api_token.created", obj=token, after=after)
    return IssuedToken(token=token, secret=secret)


@transaction.atomic
def api_token_revoke(*, actor: Actor, token: ApiToken) -> ApiToken:
    """End a token of one's own at once. Doing it again changes nothing. Raises NotAllowed."""
    require(actor, "tokens.manage")
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.user_id != _self_of(actor).pk:
        raise NotAllowed("tokens.manage")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(
            actor=actor,
            verb="api_token.revoked",
            obj=token,
            before={"revoked_at": None},
            after={"revoked_at": token.revoked_at},
        )
    return token


@transaction.atomic
def administrator_create(*, actor: Actor, username: str, password: str) -> User:
    """The first administrator of a server; later ones are made by an administrator on the user pages.

    Raises NotAllowed, ValidationError (name taken or malformed, password too weak).
    """
    require(actor, "users.manage")
    user = User(username=User.normalize_username(username), is_administrator=True)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    record(
        actor=actor,
        verb="user.created",
        obj=user,
        after={"username": user.username, "is_administrator": True},
    )
    return user


@transaction.atomic
def user_unlock(*, actor: Actor, user: User, reset: Callable[..., int]) -> None:
    """Forget the failed sign-ins of `user`, so that sign-in is open again. Raises NotAllowed."""
    require(actor, "users.manage")
    reset(username=user.username)
    record(actor=actor, verb="user.unlocked", obj=user)
