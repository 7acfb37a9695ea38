"""What the home page reads beside snapshots: set-based, a fixed number of statements, on either database.

National figures come from snapshots (oversight.console.figures). What is read here is what they do not hold:
the lists themselves, what they changed, the trend from list to list, and records within a person's scope.
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
from agreements.selectors.dashboard.reach import Mine, Reach, reach
from agreements.selectors.dashboard.reviews import Reviews, open_reviews
from agreements.selectors.dashboard.trend import OverTime, Point, listed_over_time
from agreements.selectors.dashboard.waiting import Waiting, WaitingRow, removed_next, waiting

__all__ = [
    "Count",
    "ListChanges",
    "Lists",
    "Mine",
    "OverTime",
    "Point",
    "PublishedList",
    "Reach",
    "Reviews",
    "Waiting",
    "WaitingRow",
    "last_changes",
    "listed_over_time",
    "open_reviews",
    "published_lists",
    "reach",
    "removed_next",
    "waiting",
]
