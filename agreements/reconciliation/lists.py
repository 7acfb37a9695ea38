"""When a list was made, and whether it is plausibly whole (docs/reconciliation.md, "Rules")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from .types import PARTICIPATING, Finding, ListDating, Parameters, Refused

NEW_YORK = ZoneInfo("America/New_York")
_STAMP = re.compile(r"(?<!\d)(20\d{12})(?!\d)")
_NAME_DATE = re.compile(r"(?<!\d)(\d{7,9})(?!\d)(am|mid|pm)?", re.IGNORECASE)
_PARTS = {"am": 0, "mid": 1, "pm": 2}
_HOURS = (9, 13, 17)  # New York hours assumed for am, mid, pm when only a name tells
_AHEAD = timedelta(days=2)  # no clock and no time zone is off by more
_REMEDY = "Compare with ICE's page and correct the date in the file's name."


def _stamp(file_name: str) -> datetime | None:
    match = _STAMP.search(file_name)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _month_day_year(digits: str) -> date | None:
    try:
        day = date(int(digits[4:]), int(digits[:2]), int(digits[2:4]))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2099 else None


def _repaired(digits: str) -> list[date]:
    """Dates that a mistyped MMDDYYYY may mean: one digit too many, or one zero too few."""
    if len(digits) == 9:
        tries = {digits[:i] + digits[i + 1 :] for i in range(9)}
    else:
        tries = {digits[:i] + "0" + digits[i:] for i in range(7)}
    return sorted({day for text in tries if (day := _month_day_year(text))})


def name_date(file_name: str, near: date | None = None) -> tuple[date | None, int, bool]:
    """(date, day part, malformed) as a file name prints them. `near` settles a malformed one."""
    stamp = _stamp(file_name)
    if stamp is not None:
        return stamp.date(), 1, False
    match = _NAME_DATE.search(file_name)
    if match is None:
        return None, 1, False
    part = _PARTS[match[2].lower()] if match[2] else 1
    if len(match[1]) == 8:
        return _month_day_year(match[1]), part, _month_day_year(match[1]) is None
    candidates = _repaired(match[1])
    if not candidates:
        return None, part, True
    best = min(candidates, key=lambda day: (abs((day - near).days), day)) if near else candidates[0]
    return best, part, True


def date_list(
    sheet_file_name: str, modified_at: datetime | None, newest_signed: date | None, parameters: Parameters
) -> ListDating:
    """Date a list. Raises Refused when neither its name nor its properties tell.

    `modified_at`: dcterms:modified, aware. `newest_signed`: the latest readable signing date in it.
    `ordered_at` is aware (UTC); `published_on` is the date in the file's name when that is plausible,
    otherwise the New York date of `ordered_at`.
    """
    stamp = _stamp(sheet_file_name)
    near = modified_at.astimezone(NEW_YORK).date() if modified_at else None
    named, part, malformed = name_date(sheet_file_name, near)
    resaved = bool(stamp and modified_at and modified_at > stamp)
    if modified_at is not None and not resaved:
        ordered_at, basis = modified_at, "modified"
    elif stamp is not None:
        ordered_at, basis = stamp, "stamp"
    elif named is not None:
        ordered_at, basis = datetime.combine(named, time(_HOURS[part]), NEW_YORK).astimezone(UTC), "file name"
    else:
        raise Refused(
            "undated", "Neither the file's name nor its properties say when the list was made.", _REMEDY
        )
    flags = _flags(
        named, ordered_at, newest_signed, malformed=malformed, resaved=resaved, parameters=parameters
    )
    trusted = named is not None and not any(flag.code in _DISTRUST for flag in flags)
    published_on = named if named is not None and trusted else ordered_at.astimezone(NEW_YORK).date()
    return ListDating(ordered_at.astimezone(UTC), part, published_on, basis, resaved, tuple(flags))


_DISTRUST = ("name_date_far", "name_date_before_signing")


def _flags(
    named: date | None,
    ordered_at: datetime,
    newest_signed: date | None,
    *,
    malformed: bool,
    resaved: bool,
    parameters: Parameters,
) -> list[Finding]:
    flags = []
    ordered_on = ordered_at.astimezone(NEW_YORK).date()
    if resaved:
        text = "The workbook was saved again after it was published; the stamp in its name dates it."
        flags.append(Finding("resaved", text))
    if malformed:
        flags.append(
            Finding("name_date_malformed", "The date in the file's name is malformed.", remedy=_REMEDY)
        )
    if named is not None and abs((named - ordered_on).days) > parameters.file_date_tolerance_days:
        text = f"The file's name says {named}, but the list was made on {ordered_on}. The latter is used."
        flags.append(Finding("name_date_far", text, value=named.isoformat(), remedy=_REMEDY))
    if named is not None and newest_signed is not None and named < newest_signed:
        text = f"The file's name says {named}, but the list has an agreement signed on {newest_signed}."
        flags.append(Finding("name_date_before_signing", text, value=named.isoformat(), remedy=_REMEDY))
    return flags


def order_key(dating: ListDating, content_digest: str) -> tuple[datetime, int, str]:
    """A total order of publications: instant, then am < mid < pm, then content."""
    return dating.ordered_at, dating.day_part, content_digest


def row_count_guard(
    rows: int | Sequence[object],
    previous_rows: int | None,
    parameters: Parameters,
    *,
    kind: str = PARTICIPATING,
) -> None:
    """Refuse a participating list without rows, or (overridable) far shorter than the one before it.

    `rows`, `previous_rows`: numbers of rows; None when there is no list before it.
    """
    if kind != PARTICIPATING:
        return
    count = rows if isinstance(rows, int) else len(rows)
    if count == 0:
        raise Refused("no_rows", "The participating list has no rows.", "Take ICE's original file.")
    if previous_rows and count < parameters.minimum_rows_share * previous_rows:
        raise Refused(
            "too_few_rows",
            f"The list has {count} rows, the one before it {previous_rows}: under "
            f"{parameters.minimum_rows_share:.0%}. Importing it would end most agreements.",
            "Check that the file is whole. If it is, take it over with a reason.",
            overridable=True,
        )


def future_guard(dating: ListDating, now: datetime) -> None:
    """Refuse (overridable) a list that says it was made after `now` (aware): it would be the newest for good,
    and every list to come would be taken for an older one."""
    if dating.ordered_at <= now + _AHEAD:
        return
    day = dating.ordered_at.astimezone(NEW_YORK).date()
    where = "its workbook was last saved on" if dating.basis == "modified" else "its file's name says"
    raise Refused(
        "made_in_future",
        f"The list says that it was made in the future: {where} {day}. It would count as the newest "
        "list until then.",
        "Download it again from ICE's page, or set this machine's clock if that is wrong. If the list is "
        "right, take it over with a reason.",
        overridable=True,
    )


def list_guard(
    rows: int,
    previous_rows: int | None,
    dating: ListDating,
    *,
    kind: str,
    now: datetime,
    parameters: Parameters,
) -> None:
    """Both guards at once, so that whoever overrules a refusal has read all that speaks against the list."""
    found: list[Refused] = []
    for guard in (
        partial(row_count_guard, rows, previous_rows, parameters, kind=kind),
        partial(future_guard, dating, now),
    ):
        try:
            guard()
        except Refused as refusal:
            if not refusal.overridable:
                raise
            found.append(refusal)
    if found:
        message = " ".join(refusal.message for refusal in found)
        remedy = " ".join(refusal.remedy for refusal in found)
        raise Refused(found[0].code, message, remedy, overridable=True)
