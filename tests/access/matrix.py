"""Who gets what answer at which address: every address and API operation, one line each.

A new address needs a line here, else test_matrix.py fails. Read a line as: at this address, with this
method, these roles get `ok`, everybody else 403, and somebody not signed in is sent to sign-in (API:
401). `own` makes the ids that every one of these roles may use, `foreign` ids that answer 404, to the
field PM ("pm": they belong to another office) or to everyone ("all": another person's, or nobody's).

The lines are written out, not derived from the product's own tables: that they agree is a test.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oversight.access.models import User
from tests.access.world import ROLES, Installation, World

__all__ = ["ADMIN", "ADMINISTRATORS", "ADMIN_MODELS", "LINES", "PUBLIC", "UNNAMED", "Line", "Make"]

Make = Callable[[World, User], list[Any]]
EVERYONE = frozenset(ROLES) - {"no_role", "anonymous"}
SIGNED_IN = EVERYONE | {"no_role"}
HQ = frozenset({"hq", "hq_administrator"})
HQ_AND_PM = HQ | {"field_pm"}
NOT_PM = EVERYONE - {"field_pm"}
EXPORTERS = EVERYONE - {"administrator"}
ADMINISTRATORS = frozenset({"administrator", "hq_administrator"})
TRAIL = frozenset({"auditor", "administrator", "hq_administrator"})


@dataclass(frozen=True)
class Line:
    """`ok`: the answer to those who may. `foreign`: ids that answer 404, to whom `foreign_for` says.

    `refused`: ids that a field PM sees but may not change, 403.
    """

    name: str
    method: str
    who: frozenset[str]
    ok: int = 200
    own: Make = lambda world, user: []
    foreign: tuple[Make, ...] = ()
    refused: tuple[Make, ...] = ()
    foreign_for: str = "pm"
    data: dict[str, Any] = field(default_factory=dict)
    query: str = ""

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api:")


def get(name: str, who: frozenset[str], **more: Any) -> Line:
    return Line(name, "GET", who, **more)


def post(name: str, who: frozenset[str], **more: Any) -> Line:
    return Line(name, "POST", who, **more)


# --- ids

OWN_AGENCY: Make = lambda w, u: [w.assigned.agency.ref]  # noqa: E731
OFFICE_AGENCY: Make = lambda w, u: [w.unassigned.agency.ref]  # noqa: E731
FOREIGN_AGENCY: Make = lambda w, u: [w.foreign.agency.ref]  # noqa: E731
OWN_MOA: Make = lambda w, u: [w.assigned.agreement.ref]  # noqa: E731
OFFICE_MOA: Make = lambda w, u: [w.unassigned.agreement.ref]  # noqa: E731
FOREIGN_MOA: Make = lambda w, u: [w.foreign.agreement.ref]  # noqa: E731
OWN_STATEMENT: Make = lambda w, u: [w.assigned.agreement.ref, w.assigned.statement.pk]  # noqa: E731
OFFICE_STATEMENT: Make = lambda w, u: [w.unassigned.agreement.ref, w.unassigned.statement.pk]  # noqa: E731
FOREIGN_STATEMENT: Make = lambda w, u: [w.foreign.agreement.ref, w.foreign.statement.pk]  # noqa: E731
CROSSED_STATEMENT: Make = lambda w, u: [w.assigned.agreement.ref, w.foreign.statement.pk]  # noqa: E731
LIST: Make = lambda w, u: [w.publication.pk]  # noqa: E731
OWN_ROW: Make = lambda w, u: [w.publication.pk, w.assigned.observation.row_number]  # noqa: E731
FOREIGN_ROW: Make = lambda w, u: [w.publication.pk, w.foreign.observation.row_number]  # noqa: E731
REVIEW: Make = lambda w, u: [w.review.pk]  # noqa: E731
DECIDED: Make = lambda w, u: [w.decided.pk]  # noqa: E731
IMPORT: Make = lambda w, u: [w.roster_import.pk]  # noqa: E731
PM: Make = lambda w, u: [w.assignment.program_manager_id]  # noqa: E731
NO_NUMBER: Make = lambda w, u: [999_999_999]  # noqa: E731
NO_REF: Make = lambda w, u: ["LEA-00000000"]  # noqa: E731

OWN_REQUEST: Make = lambda w, u: [w.assigned.installation.request.ref]  # noqa: E731
OFFICE_REQUEST: Make = lambda w, u: [w.unassigned.installation.request.ref]  # noqa: E731
FOREIGN_REQUEST: Make = lambda w, u: [w.foreign.installation.request.ref]  # noqa: E731
OWN_STEP: Make = lambda w, u: [*OWN_REQUEST(w, u), w.assigned.installation.entry.pk]  # noqa: E731
OFFICE_STEP: Make = lambda w, u: [*OFFICE_REQUEST(w, u), w.unassigned.installation.entry.pk]  # noqa: E731
FOREIGN_STEP: Make = lambda w, u: [*FOREIGN_REQUEST(w, u), w.foreign.installation.entry.pk]  # noqa: E731
OWN_HOLD: Make = lambda w, u: [*OWN_REQUEST(w, u), w.assigned.installation.hold.pk]  # noqa: E731
OFFICE_HOLD: Make = lambda w, u: [*OFFICE_REQUEST(w, u), w.unassigned.installation.hold.pk]  # noqa: E731
FOREIGN_HOLD: Make = lambda w, u: [*FOREIGN_REQUEST(w, u), w.foreign.installation.hold.pk]  # noqa: E731

MINE = {"foreign_for": "all"}  # somebody else's answers 404 to everyone
AGENCY = {"own": OWN_AGENCY, "foreign": (FOREIGN_AGENCY,)}
MOA = {"own": OWN_MOA, "foreign": (FOREIGN_MOA,)}
CHANGE_MOA = {"own": OWN_MOA, "foreign": (OFFICE_MOA, FOREIGN_MOA)}
CHANGE_STATEMENT = {
    "own": OWN_STATEMENT,
    "foreign": (OFFICE_STATEMENT, FOREIGN_STATEMENT),
}
REQUEST = {"own": OWN_REQUEST, "foreign": (FOREIGN_REQUEST,)}
CHANGE_REQUEST = {"own": OWN_REQUEST, "foreign": (OFFICE_REQUEST, FOREIGN_REQUEST)}
CHANGE_STEP = {"own": OWN_STEP, "foreign": (OFFICE_STEP, FOREIGN_STEP)}
CHANGE_HOLD = {"own": OWN_HOLD, "foreign": (OFFICE_HOLD, FOREIGN_HOLD)}
TOKEN = {
    "own": lambda w, u: [w.token(u).pk],
    "foreign": (lambda w, u: [w.token(w.stranger).pk], NO_NUMBER),
    **MINE,
}
VIEW = {
    "own": lambda w, u: [w.view(u).pk],
    "foreign": (lambda w, u: [w.view(w.stranger).pk], NO_NUMBER),
    **MINE,
}
PACKAGE = {
    "own": lambda w, u: [w.package(u).pk],
    "foreign": (lambda w, u: [w.package(w.stranger).pk], NO_NUMBER),
    **MINE,
}
RECORD_FILE = {
    "own": lambda w, u: [w.record_file(u).pk],
    "foreign": (lambda w, u: [w.record_file(w.stranger).pk],),
}
RECORD_TEMPLATE = {
    "own": lambda w, u: ["installations", "csv"],
    "foreign": (lambda w, u: ["moons", "csv"],),
    **MINE,
}
JOB = {"own": lambda w, u: [w.job(u).pk], "foreign": (lambda w, u: [uuid.UUID(int=0)],), **MINE}
# Writes without If-Match end here, after permission and scope were asked: nothing is written.
UNCHECKED = {"ok": 428}
STATEMENT = {"on": "2026-01-01", "reason": "Letter"}
API_MOA = {"own": OWN_MOA, "refused": (OFFICE_MOA,), "foreign": (FOREIGN_MOA,)}
API_STATEMENT = {"own": OWN_STATEMENT, "refused": (OFFICE_STATEMENT,), "foreign": (FOREIGN_STATEMENT,)}
GONE = {"foreign": (NO_NUMBER,), **MINE}
FIGURE = {
    "own": lambda w, u: ["agreements.listed", 1, "nation", "-", "2025-06-01"],
    "foreign": (
        lambda w, u: ["no.figure", 1, "nation", "-", "2025-06-01"],
        lambda w, u: ["agreements.listed", 1, "office", "atlantis", "2025-06-01"],
    ),
    **MINE,
}
METRIC = {
    "own": lambda w, u: ["agreements.listed"],
    "foreign": (lambda w, u: ["no.figure"],),
    **MINE,
}
TARGET: Make = lambda w, u: [w.target.pk]  # noqa: E731
GAP: Make = lambda w, u: ["staffing.positions"]  # noqa: E731
LISTED: Make = lambda w, u: ["agreements.listed"]  # noqa: E731
UNKNOWN = {"foreign": (lambda w, u: ["no.metric"],), **MINE}
NO_SHAPES = {"foreign": (lambda w, u: ["moons"],), **MINE}
NO_GAP = {"foreign": (lambda w, u: ["no.gap"],), **MINE}


def of_installations(pick: Callable[[Installation], list[Any]]) -> dict[str, Any]:
    """Ids that a field PM may change, and those of the office and of another one that he may not."""
    return {
        "own": lambda w, u: pick(w.assigned.installation),
        "foreign": (
            lambda w, u: pick(w.unassigned.installation),
            lambda w, u: pick(w.foreign.installation),
        ),
    }


def of_office(pick: Callable[[Installation], list[Any]]) -> dict[str, Any]:
    """Ids that a field PM of the office may see, and those of another one."""
    return {
        "own": lambda w, u: pick(w.unassigned.installation),
        "foreign": (lambda w, u: pick(w.foreign.installation),),
    }


API_REQUEST_READ = of_office(lambda it: [it.request.ref])
API_REQUEST = {
    "own": lambda w, u: [w.assigned.installation.request.ref],
    "refused": (lambda w, u: [w.unassigned.installation.request.ref],),
    "foreign": (lambda w, u: [w.foreign.installation.request.ref],),
}
# Whatever an operation asks for; it ends at the missing If-Match.
API_STEP = {"stage": "bids", "on": "2026-01-01", "reason": "Letter", "why": "bids", "owner": "vendor"}
SITE = {
    "own": lambda w, u: [w.unassigned.installation.site.ref],
    "foreign": (lambda w, u: [w.foreign.installation.site.ref],),
}
CHANGE_SITE = of_installations(lambda it: [it.site.ref])
CHANGE_ISA = of_installations(lambda it: [it.isa.pk])
CHANGE_ISA_STEP = of_installations(lambda it: [it.isa_step.pk])
CHANGE_PIECE = of_installations(lambda it: [it.equipment.pk])
INSTALLER = {"own": lambda w, u: [w.installer.pk], "foreign": (NO_NUMBER,), **MINE}
ABSENCE = {"own": lambda w, u: [w.absence.pk], "foreign": (NO_NUMBER,), **MINE}
VISIT = {"own": lambda w, u: [w.assigned.installation.visit.pk], "foreign": (NO_NUMBER,), **MINE}
POLICY = {"own": lambda w, u: [w.policy.pk], "foreign": (NO_NUMBER,), **MINE}
PUBLISHED = {"own": lambda w, u: [w.published.pk], "foreign": (NO_NUMBER,), **MINE}

# --- pages that anyone may open, and why

PUBLIC = {
    "healthz": "whoever watches the service",
    "readyz": "whoever watches the service",
    "metrics": "Prometheus, which shows a token of its own",
    "access:sign_in": "nobody is signed in yet",
}

# Addresses that exist to say that there is nothing there.
UNNAMED = {"api:nothing": "an unknown API address answers in JSON"}

LINES: list[Line] = [
    # account
    post("access:sign_out", SIGNED_IN, ok=302),
    get("access:account", SIGNED_IN),
    post("access:account", SIGNED_IN),
    get("access:password_change", SIGNED_IN),
    post("access:password_change", SIGNED_IN),
    get("access:tokens", EVERYONE),
    get("access:token_create", EVERYONE),
    post("access:token_create", EVERYONE),
    get("access:token_revoke", EVERYONE, **TOKEN),
    post("access:token_revoke", EVERYONE, ok=302, **TOKEN),
    # trail
    get("trail:entry_list", TRAIL),
    get(
        "trail:history",
        EVERYONE,
        own=lambda w, u: ["agreements.agency", w.assigned.agency.ref],
        foreign=(
            lambda w, u: ["agreements.agency", w.foreign.agency.ref],
            lambda w, u: ["agreements.agreement", w.foreign.agreement.ref],
            lambda w, u: ["agreements.agreementstatus", w.foreign.statement.pk],
            lambda w, u: ["agreements.registerchange", w.foreign.change.pk],
            lambda w, u: ["staffing.assignment", w.foreign_assignment.pk],
            lambda w, u: ["itinstall.site", w.foreign.installation.site.ref],
            lambda w, u: ["itinstall.installationrequest", w.foreign.installation.request.ref],
            lambda w, u: ["agreements.decision", w.review.pk],
            lambda w, u: ["agreements.verdict", w.verdict.pk],
            lambda w, u: ["agreements.rosterimport", w.roster_import.pk],
        ),
    ),
    get("periods:calendar", EVERYONE),
    # home, search, saved views
    get("console:home", EVERYONE),
    post("console:figures_compute", EVERYONE, ok=302),
    get("console:attention", EVERYONE),
    get("console:changes", EVERYONE),
    post("console:changes", EVERYONE, ok=302),
    post("console:changes_export", EXPORTERS, ok=302, data={"first": "2025-03-01", "last": "2025-03-08"}),
    get("console:changes_why", EVERYONE, ok=302, own=LISTED, **UNKNOWN),
    get("console:map_shapes", EVERYONE, own=lambda w, u: ["states"], **NO_SHAPES),
    get("console:search", EVERYONE, query="q=county"),
    get("console:operations", ADMINISTRATORS),
    post("metrics:refill", ADMINISTRATORS, ok=302),
    get("console:view_list", EVERYONE),
    post("console:view_save", EVERYONE, ok=422),
    get("console:view_rename", EVERYONE, **VIEW),
    post("console:view_rename", EVERYONE, ok=422, **VIEW),
    get("console:view_delete", EVERYONE, **VIEW),
    post("console:view_delete", EVERYONE, ok=302, **VIEW),
    # exports and jobs
    get("exchange:export_list", EXPORTERS),
    get("exchange:export_start", EXPORTERS, query="list=agencies&format=csv"),
    post("exchange:export_start", EXPORTERS, ok=302, query="list=agencies", data={"format": "csv"}),
    get("exchange:download", EXPORTERS, **PACKAGE),
    get("exchange:job", SIGNED_IN, **JOB),
    # imports of records
    get("exchange:record_file_list", EVERYONE),
    post("exchange:record_file_list", HQ_AND_PM, ok=422),
    get("exchange:record_template", EVERYONE, **RECORD_TEMPLATE),
    get("exchange:record_file", EVERYONE, **RECORD_FILE),
    get("exchange:record_file_errors", EVERYONE, **RECORD_FILE),
    post("exchange:record_file_leave_out", HQ_AND_PM, ok=302, **RECORD_FILE),
    post("exchange:record_file_apply", HQ_AND_PM, ok=302, **RECORD_FILE),
    post("exchange:record_file_discard", HQ_AND_PM, ok=302, **RECORD_FILE),
    # figures
    get("metrics:catalogue", EVERYONE),
    get("metrics:metric", EVERYONE, **METRIC),
    get("metrics:figure", EVERYONE, **FIGURE),
    get("metrics:find", EVERYONE, ok=302, query="metric=agreements.listed&day=2025-06-01"),
    get("metrics:moved", EVERYONE, **FIGURE),
    post("metrics:compute", EVERYONE, ok=302, **FIGURE),
    post("metrics:rows_export", EXPORTERS, ok=302, **FIGURE),
    post("metrics:values_export", EXPORTERS, ok=302, **METRIC),
    get("metrics:target_list", EVERYONE),
    get("metrics:target_set", HQ),
    post("metrics:target_set", HQ, ok=422),
    get("metrics:target_end", HQ, own=TARGET, **GONE),
    post("metrics:target_end", HQ, ok=422, own=TARGET, **GONE),
    get("metrics:gap_list", EVERYONE),
    get("metrics:gap", EVERYONE, own=GAP, **NO_GAP),
    get("metrics:gap_answer", HQ, own=GAP, **NO_GAP),
    post("metrics:gap_answer", HQ, ok=422, own=GAP, **NO_GAP),
    get("metrics:gap_reopen", HQ, own=GAP, **NO_GAP),
    post("metrics:gap_reopen", HQ, ok=422, own=GAP, **NO_GAP),
    # agencies, agreements
    post("agreements:over_time_export", EXPORTERS, ok=302),
    get("agreements:map", EVERYONE),
    post("agreements:map_export", EXPORTERS, ok=302, data={"query": "on=2025-03-01"}),
    get("agreements:agency_list", EVERYONE),
    get("agreements:agency_detail", EVERYONE, **AGENCY),
    get("agreements:agency_life", EVERYONE, **AGENCY),
    get("agreements:agency_changes", EVERYONE, **AGENCY),
    get("agreements:agency_names", EVERYONE, **AGENCY),
    get("agreements:agreement_list", EVERYONE),
    get("agreements:agreement_detail", EVERYONE, **MOA),
    get("agreements:agreement_prints", EVERYONE, **MOA),
    get("agreements:agreement_suspend", HQ_AND_PM, **CHANGE_MOA),
    post("agreements:agreement_suspend", HQ_AND_PM, ok=422, **CHANGE_MOA),
    get("agreements:agreement_terminate", HQ_AND_PM, **CHANGE_MOA),
    post("agreements:agreement_terminate", HQ_AND_PM, ok=422, **CHANGE_MOA),
    get("agreements:statement_end", HQ_AND_PM, **CHANGE_STATEMENT),
    post("agreements:statement_end", HQ_AND_PM, ok=422, **CHANGE_STATEMENT),
    get("agreements:statement_withdraw", HQ_AND_PM, **CHANGE_STATEMENT),
    post("agreements:statement_withdraw", HQ_AND_PM, ok=422, **CHANGE_STATEMENT),
    # field offices, published lists
    get("agreements:office_list", EVERYONE),
    get("agreements:office_detail", EVERYONE, own=lambda w, u: [w.houston.slug]),
    get("agreements:publication_list", EVERYONE),
    get("agreements:publication_detail", EVERYONE, own=LIST, **GONE),
    get("agreements:publication_rows", EVERYONE, own=LIST, **GONE),
    get("agreements:observation_detail", EVERYONE, own=OWN_ROW, foreign=(FOREIGN_ROW,)),
    # program managers and assignments
    get("staffing:program_manager_list", EVERYONE),
    get("staffing:program_manager_detail", EVERYONE, own=PM, **GONE),
    get("staffing:program_manager_create", HQ),
    post("staffing:program_manager_create", HQ, ok=422),
    get("staffing:program_manager_end", HQ, own=PM, **GONE),
    post("staffing:program_manager_end", HQ, ok=422, own=PM, **GONE),
    get("staffing:portfolio_hand_over", HQ, own=PM, **GONE),
    post("staffing:portfolio_hand_over", HQ, ok=422, own=PM, **GONE),
    get("staffing:assignment_begin", HQ),
    post("staffing:assignment_begin", HQ, ok=422),
    get("staffing:assignment_end", HQ, own=lambda w, u: [w.assignment.pk], **GONE),
    post("staffing:assignment_end", HQ, ok=422, own=lambda w, u: [w.assignment.pk], **GONE),
    # installations: requests
    get("itinstall:request_list", EVERYONE),
    get("itinstall:board", EVERYONE),
    get("itinstall:stuck", EVERYONE),
    get("itinstall:delays", EVERYONE),
    get("itinstall:delay_rows", EVERYONE, query="part=open"),
    post("itinstall:delay_rows_export", EXPORTERS, ok=302, query="part=open"),
    get("itinstall:request_detail", EVERYONE, **REQUEST),
    get("itinstall:request_create", HQ_AND_PM),
    post("itinstall:request_create", HQ_AND_PM, ok=422),
    get("itinstall:requests_move", HQ_AND_PM),
    post("itinstall:requests_move", HQ_AND_PM, ok=422),
    get("itinstall:request_move", HQ_AND_PM, **CHANGE_REQUEST),
    post("itinstall:request_move", HQ_AND_PM, ok=422, **CHANGE_REQUEST),
    get("itinstall:request_complete", HQ_AND_PM, **CHANGE_REQUEST),
    post("itinstall:request_complete", HQ_AND_PM, ok=422, **CHANGE_REQUEST),
    get("itinstall:request_cancel", HQ_AND_PM, **CHANGE_REQUEST),
    post("itinstall:request_cancel", HQ_AND_PM, ok=422, **CHANGE_REQUEST),
    get("itinstall:request_describe", HQ_AND_PM, **CHANGE_REQUEST),
    post("itinstall:request_describe", HQ_AND_PM, ok=422, **CHANGE_REQUEST),
    get("itinstall:entry_correct", HQ_AND_PM, **CHANGE_STEP),
    post("itinstall:entry_correct", HQ_AND_PM, ok=422, **CHANGE_STEP),
    get("itinstall:entry_withdraw", HQ_AND_PM, **CHANGE_STEP),
    post("itinstall:entry_withdraw", HQ_AND_PM, ok=422, **CHANGE_STEP),
    get("itinstall:hold_begin", HQ_AND_PM, **CHANGE_REQUEST),
    post("itinstall:hold_begin", HQ_AND_PM, ok=422, **CHANGE_REQUEST),
    get("itinstall:hold_end", HQ_AND_PM, **CHANGE_HOLD),
    post("itinstall:hold_end", HQ_AND_PM, ok=422, **CHANGE_HOLD),
    get("itinstall:hold_correct", HQ_AND_PM, **CHANGE_HOLD),
    post("itinstall:hold_correct", HQ_AND_PM, ok=422, **CHANGE_HOLD),
    get("itinstall:hold_withdraw", HQ_AND_PM, **CHANGE_HOLD),
    post("itinstall:hold_withdraw", HQ_AND_PM, ok=422, **CHANGE_HOLD),
    # what installations take: sites, ISAs, equipment, installers, policy, published lines
    get("itinstall:site_list", EVERYONE),
    get("itinstall:site_detail", EVERYONE, **SITE),
    get("itinstall:site_create", HQ_AND_PM),
    post("itinstall:site_create", HQ_AND_PM, ok=422),
    get("itinstall:site_change", HQ_AND_PM, **CHANGE_SITE),
    post("itinstall:site_change", HQ_AND_PM, ok=422, **CHANGE_SITE),
    get("itinstall:isa_begin", HQ_AND_PM, **CHANGE_SITE),
    post("itinstall:isa_begin", HQ_AND_PM, ok=422, **CHANGE_SITE),
    get("itinstall:isa_list", EVERYONE),
    get("itinstall:isa_step", HQ_AND_PM, **CHANGE_ISA),
    post("itinstall:isa_step", HQ_AND_PM, ok=422, **CHANGE_ISA),
    get("itinstall:isa_expiry", HQ_AND_PM, **CHANGE_ISA),
    post("itinstall:isa_expiry", HQ_AND_PM, ok=422, data={"expires_on": "soon"}, **CHANGE_ISA),
    get("itinstall:isa_step_correct", HQ_AND_PM, **CHANGE_ISA_STEP),
    post("itinstall:isa_step_correct", HQ_AND_PM, ok=422, **CHANGE_ISA_STEP),
    get("itinstall:isa_step_withdraw", HQ_AND_PM, **CHANGE_ISA_STEP),
    post("itinstall:isa_step_withdraw", HQ_AND_PM, ok=422, **CHANGE_ISA_STEP),
    get("itinstall:equipment_list", EVERYONE),
    get("itinstall:equipment_add", HQ_AND_PM),
    post("itinstall:equipment_add", HQ_AND_PM, ok=422),
    get("itinstall:equipment_status", HQ_AND_PM, **CHANGE_PIECE),
    post("itinstall:equipment_status", HQ_AND_PM, ok=422, **CHANGE_PIECE),
    get("itinstall:equipment_describe", HQ_AND_PM, **CHANGE_PIECE),
    post("itinstall:equipment_describe", HQ_AND_PM, ok=422, data={"request": "ITR-0"}, **CHANGE_PIECE),
    get("itinstall:equipment_move", HQ_AND_PM, **CHANGE_PIECE),
    post("itinstall:equipment_move", HQ_AND_PM, ok=422, **CHANGE_PIECE),
    get("itinstall:installer_list", EVERYONE),
    get("itinstall:installer_months", EVERYONE),
    get("itinstall:installer_detail", EVERYONE, **INSTALLER),
    get("itinstall:installer_create", HQ),
    post("itinstall:installer_create", HQ, ok=422),
    get("itinstall:installer_end", HQ, **INSTALLER),
    post("itinstall:installer_end", HQ, ok=422, **INSTALLER),
    get("itinstall:absence_add", HQ, **INSTALLER),
    post("itinstall:absence_add", HQ, ok=422, **INSTALLER),
    get("itinstall:absence_remove", HQ, **ABSENCE),
    post("itinstall:absence_remove", HQ, ok=422, **ABSENCE),
    get("itinstall:visit_plan", HQ),
    post("itinstall:visit_plan", HQ, ok=422),
    get("itinstall:visit_move", HQ, **VISIT),
    post("itinstall:visit_move", HQ, ok=422, **VISIT),
    get("itinstall:visit_remove", HQ, **VISIT),
    post("itinstall:visit_remove", HQ, ok=422, **VISIT),
    get("itinstall:policy_list", EVERYONE),
    get("itinstall:policy_begin", HQ),
    post("itinstall:policy_begin", HQ, ok=422),
    get("itinstall:policy_withdraw", HQ, **POLICY),
    post("itinstall:policy_withdraw", HQ, ok=422, **POLICY),
    get("itinstall:published_list", EVERYONE),
    get("itinstall:published_add", HQ),
    post("itinstall:published_add", HQ, ok=422),
    get("itinstall:published_change", HQ, **PUBLISHED),
    post("itinstall:published_change", HQ, ok=422, **PUBLISHED),
    get("itinstall:published_remove", HQ, **PUBLISHED),
    post("itinstall:published_remove", HQ, ok=422, **PUBLISHED),
    # installations: forecasts
    get("itinstall:forecast", EVERYONE),
    get("itinstall:forecast_detail", EVERYONE, own=lambda w, u: [w.forecast.pk], **GONE),
    post("itinstall:forecast_compute", HQ, ok=302),
    get("itinstall:forecast_ask", HQ),
    post("itinstall:forecast_ask", HQ, ok=422),
    get("itinstall:forecast_backtest", EVERYONE),
    post("itinstall:forecast_backtest", HQ, ok=422),
    # imports and reviews
    get("agreements:import_list", NOT_PM),
    post("agreements:import_list", HQ, ok=422),
    get("agreements:import_jobs", NOT_PM),
    get("agreements:import_job", NOT_PM, own=lambda w, u: [w.import_job.pk]),
    get("agreements:import_detail", NOT_PM, own=IMPORT, **GONE),
    get("agreements:import_apply", HQ, own=IMPORT, **GONE),
    post("agreements:import_apply", HQ, ok=302, own=IMPORT, **GONE),
    post("agreements:import_discard", HQ, ok=302, own=IMPORT, **GONE),
    post("agreements:import_again", HQ, ok=302, own=IMPORT, **GONE),
    get("agreements:review_list", NOT_PM),
    get("agreements:rule_decision_list", NOT_PM),
    get("agreements:review_detail", NOT_PM, own=REVIEW, **GONE),
    post("agreements:review_answer", HQ, ok=422, own=REVIEW, **GONE),
    post("agreements:review_undo", HQ, ok=422, own=DECIDED, **GONE),
    # API
    get("api:agency-list", EVERYONE),
    get("api:agency-detail", EVERYONE, **AGENCY),
    get("api:agency-changes", EVERYONE, **AGENCY),
    get("api:agreement-list", EVERYONE),
    get("api:agreement-detail", EVERYONE, **MOA),
    get("api:agreement-changes", EVERYONE, **MOA),
    get("api:agreement-observations", EVERYONE, **MOA),
    post("api:agreement-suspend", HQ_AND_PM, **UNCHECKED, data=STATEMENT, **API_MOA),
    post("api:agreement-terminate", HQ_AND_PM, **UNCHECKED, data=STATEMENT, **API_MOA),
    post("api:agreement-end-statement", HQ_AND_PM, **UNCHECKED, data=STATEMENT, **API_STATEMENT),
    post("api:agreement-withdraw-statement", HQ_AND_PM, **UNCHECKED, data=STATEMENT, **API_STATEMENT),
    get("api:office-list", EVERYONE),
    get("api:office-detail", EVERYONE, own=lambda w, u: [w.houston.slug]),
    get("api:publication-list", EVERYONE),
    get("api:publication-detail", EVERYONE, own=LIST, **GONE),
    get("api:publication-changes", EVERYONE, own=LIST, **GONE),
    get("api:publication-observations", EVERYONE, own=LIST, **GONE),
    get("api:review-list", NOT_PM),
    get("api:review-detail", NOT_PM, own=REVIEW, **GONE),
    post("api:review-give-verdict", HQ, **UNCHECKED, data={"kind": "same"}, own=REVIEW, **GONE),
    post(
        "api:review-undo-verdict",
        HQ,
        **UNCHECKED,
        own=lambda w, u: [w.decided.pk, w.verdict.pk],
        foreign=(lambda w, u: [999_999_999, w.verdict.pk],),
        foreign_for="all",
    ),
    get("api:import-list", NOT_PM),
    get("api:import-detail", NOT_PM, own=IMPORT, **GONE),
    get("api:program-manager-list", EVERYONE),
    get(
        "api:program-manager-detail",
        EVERYONE,
        own=lambda w, u: [w.assignment.program_manager_id],
        **GONE,
    ),
    get("api:assignment-list", EVERYONE),
    get(
        "api:assignment-detail",
        EVERYONE,
        own=lambda w, u: [w.assignment.pk],
        foreign=(lambda w, u: [w.foreign_assignment.pk],),
    ),
    get("api:installation-list", EVERYONE),
    get("api:installation-detail", EVERYONE, **API_REQUEST_READ),
    get("api:installation-clocks", EVERYONE, **API_REQUEST_READ),
    post("api:installation-move", HQ_AND_PM, **UNCHECKED, data=API_STEP, **API_REQUEST),
    post("api:installation-complete", HQ_AND_PM, **UNCHECKED, data=API_STEP, **API_REQUEST),
    post("api:installation-cancel", HQ_AND_PM, **UNCHECKED, data=API_STEP, **API_REQUEST),
    post("api:installation-hold", HQ_AND_PM, **UNCHECKED, data=API_STEP, **API_REQUEST),
    post("api:installation-end-hold", HQ_AND_PM, **UNCHECKED, data=API_STEP, **API_REQUEST),
    get("api:site-list", EVERYONE),
    get("api:site-detail", EVERYONE, **SITE),
    get("api:isa-list", EVERYONE),
    get("api:isa-detail", EVERYONE, **of_office(lambda it: [it.isa.pk])),
    get("api:equipment-list", EVERYONE),
    get("api:equipment-detail", EVERYONE, **of_office(lambda it: [it.equipment.pk])),
    get("api:forecast-list", EVERYONE),
    get("api:forecast-detail", EVERYONE, own=lambda w, u: [w.forecast.pk], **GONE),
    get("api:metric-list", EVERYONE),
    get("api:metric-detail", EVERYONE, **METRIC),
    get("api:metric-values", EVERYONE, **METRIC),
    get("api:metric-series", EVERYONE, **METRIC),
    get("api:metric-rows", EVERYONE, **METRIC),
    get("api:target-list", EVERYONE),
    get("api:target-detail", EVERYONE, own=TARGET, **GONE),
    get("api:gap-list", EVERYONE),
    get("api:gap-detail", EVERYONE, own=GAP, **NO_GAP),
    get("api:job-list", SIGNED_IN),
    get("api:job-detail", SIGNED_IN, **JOB),
    get("api:export-list", EXPORTERS),
    post("api:export-list", EXPORTERS, ok=400),
    get("api:export-detail", EXPORTERS, **PACKAGE),
    get("api:export-download", EXPORTERS, **PACKAGE),
    get("api:schema", SIGNED_IN),
    get("api:docs", SIGNED_IN),
]

# --- Django's admin: administrators only. Per model, which pages answer what (GET).

KEPT = {"changelist": 200, "add": 200, "change": 200, "delete": 403, "history": 302}
READ = {"changelist": 200, "add": 403, "change": 200, "delete": 403, "history": 302}
CLOSED = {"changelist": 403, "add": 403, "change": 403, "delete": 403, "history": 302}

ADMIN_MODELS: dict[str, dict[str, int]] = {
    "access_user": KEPT,
    "access_apitoken": READ,
    "agreements_state": KEPT,
    "agreements_county": KEPT,
    "agreements_fieldoffice": KEPT,
    "agreements_fieldofficearea": {**KEPT, "delete": 200},
    "periods_parameter": READ,
    "periods_holiday": {**KEPT, "delete": 200},
    "periods_officezone": {**KEPT, "delete": 200},
    "staffing_programmanager": READ,
    "staffing_assignment": READ,
    "itinstall_stage": KEPT,
    "itinstall_holdreason": KEPT,
    "itinstall_equipmentkind": KEPT,
    # the lockout library's own records: nobody changes them by hand (see "Open sign-in again")
    "axes_accessattempt": CLOSED,
    "axes_accesslog": CLOSED,
    "axes_accessfailurelog": CLOSED,
}

ADMIN: dict[str, int] = {  # address → answer to an administrator
    "admin:index": 200,
    "admin:login": 302,
    "admin:logout": 405,  # a form, not a link
    "admin:password_change": 302,
    "admin:password_change_done": 200,
    "admin:autocomplete": 403,  # without a field to complete
    "admin:jsi18n": 200,
    "admin:view_on_site": 404,
    "admin:app_list": 200,
    "admin:auth_user_password_change": 200,
}
