"""Reading accounts."""

from __future__ import annotations

from django.db.models import QuerySet

from oversight.access.models import ApiToken, User

__all__ = ["api_tokens_of"]


def api_tokens_of(*, user: User) -> QuerySet[ApiToken]:
    """The person's own tokens, newest first. Nobody sees another's."""
    return ApiToken.objects.filter(user=user)
