"""Sample data beside the published lists: each app registers its part, the command `load_sample` calls them.

    register_sample(key="itinstall", order=40, load=sample_installations_load)

A part runs after lists and people, in the order of `order`; it does nothing where it has run before. What is
made up is marked so on every record, drawn from a seed, the lists and the day of loading alone, and
reaches no day after that; where DEBUG is off it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings

from oversight.access.actors import Actor

__all__ = ["register_sample", "sample_parts_load"]

Load = Callable[[Actor], str]  # what was made, in words; "" for nothing


@dataclass(frozen=True, slots=True)
class _Part:
    order: int
    load: Load
    is_made_up: bool


_parts: dict[str, _Part] = {}


def register_sample(*, key: str, order: int, load: Load, is_made_up: bool = True) -> None:
    """Add a part. Raises ValueError when the key is taken."""
    if key in _parts:
        raise ValueError(f"Two parts of the sample have the key {key!r}.")
    _parts[key] = _Part(order, load, is_made_up)


def sample_parts_load(*, actor: Actor) -> Iterator[str]:
    """Load every part, in order; what each made, in words."""
    for _, part in sorted(_parts.items(), key=lambda item: (item[1].order, item[0])):
        if (settings.DEBUG or not part.is_made_up) and (words := part.load(actor)):
            yield words
