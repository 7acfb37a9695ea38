"""Figures of the home page: set-based, a fixed number of statements, on either database.

National figures are for everyone; rows are not. So each figure comes as a `Count`: how many there are, and
how many of those the person's scope reaches. A page links a figure to its rows only where the two are equal.
The words for each figure are in docs/metrics.md.
"""

from agreements.selectors.dashboard.counts import Count
from agreements.selectors.dashboard.lists import (
    ListChanges,
    Lists,
    PublishedList,
    last_changes,
    published_lists,
)
from agreements.selectors.dashboard.program import Figures, Program, program
from agreements.selectors.dashboard.trend import OverTime, Point, listed_over_time
from agreements.selectors.dashboard.waiting import Pending, PendingRow, Reviews, open_reviews, pending

__all__ = [
    "Count",
    "Figures",
    "ListChanges",
    "Lists",
    "OverTime",
    "Pending",
    "PendingRow",
    "Point",
    "Program",
    "PublishedList",
    "Reviews",
    "last_changes",
    "listed_over_time",
    "open_reviews",
    "pending",
    "program",
    "published_lists",
]
