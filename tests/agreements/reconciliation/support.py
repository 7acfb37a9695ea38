"""Small histories of lists, and the real ones cleaned once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache

from agreements.reconciliation.cleaning import clean
from agreements.reconciliation.derive import derive
from agreements.reconciliation.geography import geography_from_csv
from agreements.reconciliation.types import (
    PARTICIPATING,
    PENDING,
    AgreementState,
    CleanRow,
    DeriveInput,
    Geography,
    ListInfo,
    Parameters,
    PrintedRow,
    Register,
    Verdict,
)
from tests.ice_lists import COUNTIES_CSV, distinct_rows, list_infos, load_lists

START = date(2025, 3, 3)


@cache
def geography() -> Geography:
    return geography_from_csv(COUNTIES_CSV)


@cache
def real_rows() -> dict[str, CleanRow]:
    cleaned = [clean(row, geography()) for row in distinct_rows()]
    return {row.digest: row for row in cleaned}


@cache
def real_lists() -> tuple[ListInfo, ...]:
    return tuple(list_infos(load_lists(), real_rows()))


@cache
def real_register() -> Register:
    return register_of(real_lists(), real_rows())


def register_of(
    lists: Sequence[ListInfo], rows: dict[str, CleanRow], verdicts: Iterable[Verdict] = ()
) -> Register:
    return derive(DeriveInput(tuple(lists), rows, tuple(verdicts), geography(), Parameters()))


def row(
    agency: str,
    *,
    state: str = "TEXAS",
    model: str = "Task Force Model",
    signed: str = "2025-02-20",
    moa: str = "",
    county: str | None = None,
    kind: str = PARTICIPATING,
    type_: str | None = None,
) -> PrintedRow:
    """A printed row. `moa`: the linked file's name."""
    url = f"https://www.ice.gov/doclib/287gMOA/{moa}" if moa else ""
    if kind == PENDING:
        return PrintedRow(kind, state, agency, type_, county, model, None, False, None, "", None, "")
    is_date = len(signed) == 10 and signed[4] == "-"
    return PrintedRow(
        kind,
        state,
        agency,
        type_,
        county,
        model,
        signed,
        is_date,
        "link" if moa else "link pending",
        url,
        None,
        "",
    )


class History:
    """Lists of rows, published `step` days apart; `derive` them all, some of them, or with verdicts."""

    def __init__(self, *lists: Sequence[PrintedRow], step: int = 4, kind: str = PARTICIPATING) -> None:
        self.rows: dict[str, CleanRow] = {}
        self.lists: list[ListInfo] = []
        for i, printed in enumerate(lists):
            self.add(printed, START + timedelta(days=i * step), kind)

    def add(self, printed: Sequence[PrintedRow], day: date, kind: str = PARTICIPATING) -> History:
        for one in printed:
            self.rows[one.digest] = clean(one, geography())
        digests = tuple(one.digest for one in printed)
        self.lists.append(ListInfo(f"{kind}-{len(self.lists):03}", kind, day, digests))
        self.lists.sort(key=lambda info: (info.published_on, info.digest))
        return self

    def register(self, *verdicts: Verdict) -> Register:
        return register_of(self.lists, self.rows, verdicts)


def only(register: Register) -> AgreementState:
    """The one agreement of a register."""
    assert len(register.agreements) == 1, [agreement.keys for agreement in register.agreements]
    return register.agreements[0]


def story(agreement: AgreementState) -> list[tuple[str, int | None]]:
    """Statuses with the days after START on which they begin."""
    return [(span.status.value, (span.begins_on - START).days) for span in agreement.spans]
