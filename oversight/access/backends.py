"""Password sign-in: Django's own, and demo accounts only while developing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from oversight.access.models import User

__all__ = ["PeopleBackend", "may_sign_in"]


def may_sign_in(user: User) -> bool:
    """Active; and a demo account (`is_synthetic`) only while `DEBUG` is on."""
    return user.is_active and (settings.DEBUG or not user.is_synthetic)


class PeopleBackend(ModelBackend):
    """Asked at sign-in and again on every request, so a session ends when the account does."""

    def user_can_authenticate(self, user: Any) -> bool:
        return isinstance(user, User) and may_sign_in(user)
