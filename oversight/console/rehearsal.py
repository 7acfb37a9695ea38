"""Trying a change before a person is asked to confirm it, so that nobody confirms what is then refused."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction

__all__ = ["rehearse"]


def rehearse(act: Callable[[], object]) -> ValidationError | None:
    """Why the service called by `act` would refuse now; None when it would not. Nothing of it stays.

    The service itself is the judge: a second set of checks in front of it would drift from the first.
    Other exceptions come through.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                act()
                raise _TakeBack
        except _TakeBack:
            return None
        except ValidationError as error:
            return error


class _TakeBack(Exception):
    """Undoes what the rehearsal wrote."""
