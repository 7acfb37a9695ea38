"""Equipment, as the person may see it."""

from __future__ import annotations

from django.db.models import QuerySet

from itinstall.models import Equipment
from oversight.access.models import User
from oversight.access.scope import changeable_by, visible_to

__all__ = ["changeable_piece", "equipment_list"]


def equipment_list(*, user: User) -> QuerySet[Equipment]:
    """Pieces visible to `user`, with site, agency, kind and request."""
    rows = Equipment.objects.select_related("site__agency__state", "kind", "request")
    return visible_to(rows, user)


def changeable_piece(*, user: User, pk: int) -> Equipment:
    """Raises Equipment.DoesNotExist outside what `user` may change."""
    return changeable_by(equipment_list(user=user), user).get(pk=pk)
