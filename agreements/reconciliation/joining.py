"""Joining keys into things, with vetoes: a pair that must stay apart is not joined through others either."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Joiner(Generic[K]):
    """Union-find whose clusters carry a presence mask and refuse vetoed joins.

    The representative of a cluster is its smallest key, so the outcome does not depend on the order in
    which equal links arrive.
    """

    def __init__(self, masks: dict[K, int]) -> None:
        self.parent: dict[K, K] = {}
        self.masks = masks
        self.cluster_masks: dict[K, int] = {}
        self.members: dict[K, list[K]] = {}
        self.apart: dict[K, set[K]] = {}

    def find(self, key: K) -> K:
        parent = self.parent
        if key not in parent:
            return key
        root = key
        while root in parent:
            root = parent[root]
        while parent.get(key, root) != root:
            parent[key], key = root, parent[key]
        return root

    def mask(self, root: K) -> int:
        found = self.cluster_masks.get(root)
        return self.masks.get(root, 0) if found is None else found

    def cluster(self, key: K) -> list[K]:
        root = self.find(key)
        return self.members.get(root, [root])

    def keep_apart(self, left: K, right: K) -> None:
        self.apart.setdefault(left, set()).add(right)
        self.apart.setdefault(right, set()).add(left)

    def vetoed(self, left: K, right: K) -> bool:
        """Whether a person said that a member of one cluster is not a member of the other."""
        if not self.apart:
            return False
        others = set(self.cluster(right))
        return any(self.apart.get(member, _EMPTY) & others for member in self.cluster(left))

    def co_listed(self, left: K, right: K) -> bool:
        return bool(self.mask(self.find(left)) & self.mask(self.find(right)))

    def join(self, left: K, right: K) -> bool:
        """Join the two clusters; False when they are one already."""
        a, b = self.find(left), self.find(right)
        if a == b:
            return False
        if b < a:  # type: ignore[operator]
            a, b = b, a
        self.cluster_masks[a] = self.mask(a) | self.mask(b)
        self.members[a] = self.members.get(a, [a]) + self.members.pop(b, [b])
        self.parent[b] = a
        return True

    def roots(self, keys: Iterable[K]) -> dict[K, K]:
        return {key: self.find(key) for key in keys}


_EMPTY: frozenset[object] = frozenset()
