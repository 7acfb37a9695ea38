"""What a spreadsheet of installation requests may hold. Its stage columns are the stages in use."""

from __future__ import annotations

from collections.abc import Sequence

from itinstall.choices import Party, Priority
from itinstall.models import HoldReason, Stage
from oversight.exchange.records.tables import ImportColumn, Wish

__all__ = ["HOLDS", "columns", "columns_for", "stage_key"]

HOLDS, HOLDS_IN_TEMPLATE = 9, 2


def stage_key(stage: str) -> str:
    return f"stage:{stage}"


def columns() -> tuple[ImportColumn, ...]:
    """Two queries."""
    stages = list(Stage.objects.filter(is_active=True).order_by("place"))
    reasons = HoldReason.objects.filter(is_active=True).values_list("name", flat=True)
    return columns_for(stages, list(reasons))


def columns_for(stages: Sequence[Stage], reasons: Sequence[str]) -> tuple[ImportColumn, ...]:
    """`stages` in their order: the first is the day of submission."""
    first = stages[0].name if stages else "the first stage"
    return (
        ImportColumn(
            "agency", "Agency",
            "Reference of the agency (LEA-…), or its name as a list printed it; a name needs the state.",
            is_required=True, example="LEA-7K3Q9XZP",
        ),
        ImportColumn("state", "State", "Needed where the agency is named: code or name.", example="TX"),
        ImportColumn(
            "site", "Site", "Name of the place where the equipment stands; a new one is entered.",
            is_required=True, example="Main jail",
        ),
        ImportColumn(
            "submitted", "Submitted", f"The day of the request: first day of “{first}”.", Wish.DATE,
            is_required=True, example="2026-01-12", aliases=(first,) if stages else (),
        ),
        *(
            ImportColumn(
                stage_key(stage.key), stage.name,
                f"First day of this stage. Empty: not reached.{_rule(stage)}", Wish.DATE,
                example="2026-02-02",
            )
            for stage in stages[1:]
        ),
        ImportColumn("completed", "Completed", "The day the site began to work. Empty: it does not yet.",
                     Wish.DATE, example="2026-06-30"),
        ImportColumn("cancelled", "Cancelled", "The day the request was given up, if it was.", Wish.DATE),
        ImportColumn("cancel_reason", "Cancellation reason", "Why; needed where it was given up.",
                     example="The jail closes."),
        *_holds(reasons),
        ImportColumn(
            "agreement", "Agreement",
            "Reference (MOA-…) of the agreement whose signature starts the clock. Empty: the earliest of the "
            "agency that needs equipment.",
            example="MOA-7K3Q9XZP",
        ),
        ImportColumn(
            "priority", "Priority", "Empty: Normal. Another one is entered by headquarters only.",
            allowed=tuple(label for _, label in Priority.choices), example="Normal",
        ),
        ImportColumn("note", "Note", "Anything else, up to 500 characters. No names of people in custody."),
    )  # fmt: skip


def _rule(stage: Stage) -> str:
    return " No later stage without it." if stage.is_mandatory else " It may be left out."


def _holds(reasons: Sequence[str]) -> list[ImportColumn]:
    """Numbered groups; the template offers the first, more may follow under the same headers."""
    found = []
    owners = tuple(label for _, label in Party.choices)
    for n in range(1, HOLDS + 1):
        shown = n <= HOLDS_IN_TEMPLATE
        more = f" A file may have up to {HOLDS} holds." if n == HOLDS_IN_TEMPLATE else ""
        found += [
            ImportColumn(
                f"hold{n}_reason", f"Hold {n} reason", f"Why work stopped.{more}",
                allowed=tuple(reasons), in_template=shown,
            ),
            ImportColumn(
                f"hold{n}_owner", f"Hold {n} owner", "Who had to act. Empty: who usually has.",
                allowed=owners, in_template=shown,
            ),
            ImportColumn(
                f"hold{n}_from", f"Hold {n} from", "First day on hold.", Wish.DATE, in_template=shown
            ),
            ImportColumn(
                f"hold{n}_until", f"Hold {n} until", "First day no longer on hold. Empty: it still is.",
                Wish.DATE, in_template=shown,
            ),
        ]  # fmt: skip
    return found
