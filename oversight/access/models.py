"""People who sign in, and the tokens that programs use in their name."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from oversight.access.choices import Column, Role

__all__ = ["ApiToken", "User"]


def validate_time_zone(value: str) -> None:
    """`value` is an IANA name such as "America/Chicago". Raises ValidationError."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"“{value}” is not a known time zone. Example: America/Chicago.")


class User(AbstractUser):
    """A person with one program role, or none; administration comes on top of it.

    Example: a headquarters analyst who also keeps the user list has role HQ and `is_administrator`.
    One role at a time, so nobody is headquarters staff and auditor at once (docs/roles.md).
    """

    role = models.CharField(max_length=16, choices=Role, blank=True, help_text="Empty: no program records.")
    is_administrator = models.BooleanField(
        default=False, help_text="Users, roles, reference data, jobs. Adds to the role."
    )
    is_synthetic = models.BooleanField(
        default=False, help_text="Made up for the sample; refused outside development."
    )
    time_zone = models.CharField(max_length=64, default="America/New_York", validators=[validate_time_zone])

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                name="access_user_role_known",
                condition=models.Q(role__in=["", *Role.values]),
                violation_error_message="Choose one of the listed roles.",
            )
        ]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    @property
    def roles(self) -> frozenset[str]:
        """The columns of the permission matrix that apply to this person."""
        if not self.is_active:
            return frozenset()
        own = {self.role} if self.role else set()
        return frozenset(own | ({Column.ADMINISTRATOR.value} if self.is_administrator else set()))


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable_at(self, at: datetime) -> ApiTokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=at, user__is_active=True)


class ApiToken(models.Model):
    """A program's key, acting with its owner's role and no more than its own scopes.

    Only a SHA-256 of the secret is kept; the secret is shown once. Every token expires.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, help_text="First characters, to recognise it by.")
    digest = models.CharField(max_length=64, unique=True)
    may_write = models.BooleanField(default=False, help_text="Otherwise it can only read.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
