"""What the pages of figures share: reading an address, and today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest
from django.utils import timezone

from oversight.exchange.writers import Format
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Metric, Subject
from oversight.metrics.choices import Level
from oversight.metrics.registry import get_metric
from oversight.metrics.subjects import level_names

__all__ = ["Address", "address_or_404", "day_or_none", "file_format", "metric_or_404", "today_anywhere"]


@dataclass(frozen=True, slots=True)
class Address:
    """A figure's address, read. `names`: every subject of the level, key → name."""

    metric: Metric
    version: int
    subject: Subject
    as_of: date
    names: dict[str, str]

    @property
    def name(self) -> str:
        return self.names[self.subject.key]

    @property
    def title(self) -> str:
        """Example: "Listed agreements, Texas"."""
        return f"{self.metric.name}, {self.name}"

    @property
    def subject_label(self) -> str:
        """What the subjects of this level are. Example: "State"."""
        return str(Level(self.subject.level).label)

    def url(self, *, as_of: date | None = None, subject: Subject | None = None) -> str:
        """Of another day or subject, under the same definition."""
        return figure_url(
            metric=self.metric.key,
            subject=subject or self.subject,
            as_of=as_of or self.as_of,
            version=self.version,
        )


def metric_or_404(key: str) -> Metric:
    """Raises Http404 for a metric that does not exist."""
    try:
        return get_metric(key)
    except KeyError:
        raise Http404("There is no figure with this name. The catalogue lists all.") from None


def address_or_404(*, metric: str, version: int, level: str, subject: str, day: str) -> Address:
    """One query. Raises Http404 for a metric, level, subject or day that does not exist."""
    found = metric_or_404(metric)
    key = "" if subject == "-" else subject
    names = level_names(level) if level in found.levels else {}
    as_of = day_or_none(day)
    if key not in names or as_of is None or (level == Level.NATION) != (key == ""):
        raise Http404("There is no such figure.")
    return Address(found, version, Subject(level, key), as_of, names)


def day_or_none(text: str) -> date | None:
    """A day as 2026-05-18; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def today_anywhere() -> date:
    """Today for the person or at headquarters, whichever is later: neither is the future."""
    return max(timezone.localdate(), timezone.localdate(timezone=timezone.get_default_timezone()))


def file_format(request: HttpRequest) -> Format:
    """The format that a button of an export names; CSV for anything else."""
    try:
        return Format(request.POST.get("format", ""))
    except ValueError:
        return Format.CSV
