"""API sign-in and permission: `Authorization: Bearer <secret>`, or the session of the browser.

A view says which line of the permission matrix opens it: `required_action = "records.view"`, or per
operation `required_actions = {"list": "records.view", "partial_update": "agreements.change"}` (the
names of a viewset's operations, or HTTP methods in lower case). A view that says neither is an error.
(Not `action` and `action_map`: REST framework keeps its own things under these names.)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from oversight.access.actors import Actor, person
from oversight.access.backends import may_sign_in
from oversight.access.models import ApiToken, User
from oversight.access.permissions import MATRIX, require
from oversight.access.services import digest_of

__all__ = ["ScopedPermission", "TokenAuthentication", "actor_of_api", "required_action_of"]

KEYWORD = "Bearer"
USE_NOTED_EVERY = timedelta(minutes=1)


def actor_of_api(request: Request) -> Actor:
    """Who acts: the signed-in person, or the owner of the token."""
    return person(cast(User, request.user))


class TokenAuthentication(BaseAuthentication):
    """Signs in by token. No Authorization header, or another scheme: leaves it to the session."""

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="api"'

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Raises AuthenticationFailed (401) for a malformed, unknown, revoked or expired token."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].decode("latin-1").lower() != KEYWORD.lower():
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(f"Write the header as “Authorization: {KEYWORD} <token>”.")
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=digest_of(parts[1].decode("latin-1")))
            .first()
        )
        now = timezone.now()
        if token is None or not may_sign_in(token.user):
            raise AuthenticationFailed("This token is not known. Check that it was copied completely.")
        if token.revoked_at is not None:
            raise AuthenticationFailed(
                "This token was revoked. Create another one under Account, API tokens."
            )
        if token.expires_at <= now:
            raise AuthenticationFailed(
                "This token has expired. Create another one under Account, API tokens."
            )
        self._note_use(token)
        return token.user, token

    @staticmethod
    def _note_use(token: ApiToken) -> None:
        """At most one write a minute, also when many processes see the token at once."""
        now = timezone.now()
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        if token.last_used_at is None or token.last_used_at <= now - USE_NOTED_EVERY:
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def required_action_of(view: Any, method: str) -> str:
    """The action that `method` on `view` carries out. Raises ImproperlyConfigured when none is declared."""
    by_operation = getattr(view, "required_actions", {})
    operation = getattr(view, "action", None) or method.lower()
    action = (
        by_operation.get(operation)
        or by_operation.get(method.lower())
        or getattr(view, "required_action", None)
    )
    if action not in MATRIX:
        raise ImproperlyConfigured(
            f"{type(view).__name__}: declare required_action or required_actions[{operation!r}], "
            "one of oversight.access.permissions.MATRIX."
        )
    return str(action)


class ScopedPermission(BasePermission):
    """Signed in; the role includes the action; a token that may only read does not write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """False (401) when nobody is signed in. Raises NotAllowed or PermissionDenied (403)."""
        if not isinstance(request.user, User):
            return False
        method = request.method or "GET"
        if method not in getattr(view, "allowed_methods", [method]) or method == "OPTIONS":
            return True  # REST framework answers 405, or what the address offers
        if isinstance(request.auth, ApiToken) and method not in SAFE_METHODS and not request.auth.may_write:
            raise PermissionDenied("This token may only read. Create one that may write.")
        require(actor_of_api(request), required_action_of(view, "GET" if method == "HEAD" else method))
        return True


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description names the tokens."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made under Account, API tokens. It acts with its owner's role.",
        }
