"""Global search: apps register providers; each answers with what the person may see.

register_search(SearchProvider(key="agencies", title="Agencies", find=find_agencies))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection
from django.db.models import Q, QuerySet
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from oversight.access.models import User

__all__ = ["Hit", "SearchGroup", "SearchProvider", "contains", "nearest", "register_search", "search_all"]

HITS_PER_GROUP = 20
MIN_LENGTH = 2
# How alike a name must be to be offered when nothing contains the text: shares of 1 and of 100.
TRIGRAM_CUTOFF = 0.3
RATIO_CUTOFF = 70


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found. `why` says what matched where the title does not show it: another spelling."""

    title: str
    href: str
    note: str = ""
    why: str = ""
    exact: bool = False


class Finder(Protocol):
    """`(user, text, limit) -> hits`, scoped, best first, in a constant number of queries."""

    def __call__(self, *, user: User, text: str, limit: int) -> Sequence[Hit]: ...


@dataclass(frozen=True, slots=True)
class SearchProvider:
    """One kind of record. `more`: the address of a list that shows all matches, with %s for the text."""

    key: str
    title: str
    find: Finder
    order: int = 100
    more: str = ""  # URL name of a list that takes ?q=


@dataclass(frozen=True, slots=True)
class SearchGroup:
    provider: SearchProvider
    hits: Sequence[Hit]
    has_more: bool


_providers: dict[str, SearchProvider] = {}


def register_search(provider: SearchProvider) -> SearchProvider:
    """Raises ValueError when the key is taken."""
    if provider.key in _providers:
        raise ValueError(f"Two search providers have the key {provider.key!r}.")
    _providers[provider.key] = provider
    return provider


def search_all(*, user: User, text: str) -> list[SearchGroup]:
    """Groups with hits, in order. Texts under two characters find nothing."""
    text = " ".join(text.split())
    if len(text) < MIN_LENGTH:
        return []
    groups = []
    for provider in sorted(_providers.values(), key=lambda provider: (provider.order, provider.key)):
        hits = provider.find(user=user, text=text, limit=HITS_PER_GROUP + 1)
        if hits:
            groups.append(SearchGroup(provider, hits[:HITS_PER_GROUP], len(hits) > HITS_PER_GROUP))
    return groups


def contains(*fields: str, text: str) -> Q:
    """Rows in which every word of `text` occurs in one of `fields`, in any case. The one seam to the
    database: PostgreSQL answers `icontains` from a trigram index where there is one, SQLite by a scan
    (its `LIKE` folds the case of ASCII letters only)."""
    lookup = "icontains"
    found = Q()
    for word in text.split():
        one = Q()
        for name in fields:
            one |= Q(**{f"{name}__{lookup}": word})
        found &= one
    return found


def nearest(queryset: QuerySet, *, field: str, text: str, limit: int) -> Sequence[Any]:
    """Rows whose `field` resembles `text`, nearest first: by trigrams on PostgreSQL where it has them,
    elsewhere by comparing every text (20,000 names: some 20 ms)."""
    if _has_trigrams():
        from django.contrib.postgres.search import TrigramSimilarity

        near = queryset.annotate(_nearness=TrigramSimilarity(field, text))
        return list(near.filter(_nearness__gt=TRIGRAM_CUTOFF).order_by("-_nearness", "pk")[:limit])
    names = dict(queryset.order_by("pk").values_list("pk", field))
    matches = process.extract(
        text, names, scorer=fuzz.token_sort_ratio, processor=default_process,
        score_cutoff=RATIO_CUTOFF, limit=limit,
    )  # fmt: skip
    rows = queryset.in_bulk([pk for _, _, pk in matches])
    return [rows[pk] for _, _, pk in matches]


def _has_trigrams() -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None
