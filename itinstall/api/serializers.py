"""How installations read over the API. Dates are days; durations are days before the day asked about."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agreements.api.parts import AgencyLink, AgreementLink, PersonName
from itinstall.choices import ClockStart, EquipmentStatus, Party, Priority, RequestState
from itinstall.models import (
    Equipment,
    Forecast,
    Hold,
    InstallationPolicy,
    InstallationRequest,
    Isa,
    IsaStep,
    Site,
    StageTransition,
)
from itinstall.selectors.isas import ISA_STATES, state_of

__all__ = [
    "ClocksSerializer",
    "EquipmentSerializer",
    "ForecastDetail",
    "ForecastRow",
    "IsaDetail",
    "IsaRow",
    "RequestDetail",
    "RequestRow",
    "SiteDetail",
    "SiteRow",
]

ENTRY = ("id", "reason", "entered_by", "entered_at", "corrects", "is_withdrawal", "stands")


class SiteLink(serializers.ModelSerializer[Site]):
    agency = AgencyLink(read_only=True)

    class Meta:
        model = Site
        fields = ("ref", "name", "agency")
        read_only_fields = fields


class _Entry(serializers.ModelSerializer[Any]):
    """One line of a history. `stands`: no later entry takes its place, and it takes none away."""

    entered_by = PersonName(read_only=True, allow_null=True)
    stands = serializers.SerializerMethodField()

    def get_stands(self, entry: Any) -> bool:
        return not entry.is_withdrawal and not hasattr(entry, "corrected_by")


class StepSerializer(_Entry):
    """A stage begun, or the end. `sequence`: its place in the history; a correction keeps it."""

    class Meta:
        model = StageTransition
        fields = ("sequence", "kind", "stage", "on", *ENTRY)
        read_only_fields = fields


class HoldSerializer(_Entry):
    """Days on which work stopped, half-open; `ends_on` null: it still does."""

    class Meta:
        model = Hold
        fields = ("why", "owner", "begins_on", "ends_on", *ENTRY)
        read_only_fields = fields


class PolicySerializer(serializers.ModelSerializer[InstallationPolicy]):
    """The rule that the request is held against: the version in force when it was submitted."""

    clock_start = serializers.ChoiceField(choices=ClockStart.choices, read_only=True)

    class Meta:
        model = InstallationPolicy
        fields = ("valid_from", "target_days", "clock_start")
        read_only_fields = fields


class _Request(serializers.ModelSerializer[InstallationRequest]):
    site = SiteLink(read_only=True)
    priority = serializers.ChoiceField(choices=Priority.choices, read_only=True)
    state = serializers.ChoiceField(choices=RequestState.choices, read_only=True)
    submitted_on = serializers.DateField(read_only=True)
    clock_on = serializers.DateField(
        read_only=True, allow_null=True, help_text="First day of the clock; null: no clock runs."
    )


FIELDS = (
    "ref", "site", "state", "stage", "stage_on", "closed_on", "priority", "submitted_on", "clock_on",
    "is_synthetic",
)  # fmt: skip


class RequestRow(_Request):
    """A request as lists have it, counted today."""

    stage_days = serializers.IntegerField(read_only=True)
    counted_days = serializers.IntegerField(read_only=True, allow_null=True)
    over_days = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Beyond the target; negative while time is left."
    )
    due_on = serializers.DateField(read_only=True, allow_null=True)
    acting = serializers.ChoiceField(choices=Party.choices, read_only=True)
    on_hold = serializers.SerializerMethodField()

    class Meta:
        model = InstallationRequest
        fields = (*FIELDS, "stage_days", "counted_days", "over_days", "due_on", "acting", "on_hold")
        read_only_fields = fields

    def get_on_hold(self, request: InstallationRequest) -> bool:
        return request.hold_id is not None


class RequestDetail(_Request):
    """A request with its whole history, also what was corrected. `version` counts writes.

    What changes from day to day is in `clocks/`, so that an ETag holds until somebody writes.
    """

    agreement = AgreementLink(read_only=True, allow_null=True)
    policy = PolicySerializer(read_only=True)
    steps = StepSerializer(many=True, read_only=True, source="api_steps")
    holds = HoldSerializer(many=True, read_only=True, source="api_holds")

    class Meta:
        model = InstallationRequest
        fields = (*FIELDS, "agreement", "policy", "note", "version", "steps", "holds")
        read_only_fields = fields


class ClocksSerializer(serializers.Serializer[Any]):
    """How long it has taken, or took: days before `until`. Null where the clock's start is not known;
    business days are null where federal holidays are not known."""

    as_of = serializers.DateField(read_only=True)
    clock_on = serializers.DateField(read_only=True, allow_null=True)
    until = serializers.DateField(read_only=True)
    is_over = serializers.BooleanField(read_only=True)
    target_days = serializers.IntegerField(read_only=True)
    elapsed_days = serializers.IntegerField(read_only=True, allow_null=True)
    paused_days = serializers.IntegerField(read_only=True, allow_null=True)
    net_days = serializers.IntegerField(read_only=True, allow_null=True)
    counted_days = serializers.IntegerField(read_only=True, allow_null=True)
    over_days = serializers.IntegerField(read_only=True, allow_null=True)
    is_late = serializers.BooleanField(read_only=True, allow_null=True)
    business_days = serializers.IntegerField(read_only=True, allow_null=True)
    net_business_days = serializers.IntegerField(read_only=True, allow_null=True)


# --- what an installation takes ----------------------------------------------------------------------------
class SiteRow(serializers.ModelSerializer[Site]):
    """A site. `isa_state`: of its newest ISA, today."""

    agency = AgencyLink(read_only=True)
    n_open = serializers.IntegerField(read_only=True, help_text="Open requests.")
    n_completed = serializers.IntegerField(read_only=True, help_text="Completed requests.")
    n_equipment = serializers.IntegerField(read_only=True, help_text="Pieces there or on their way.")
    isa_state = serializers.SerializerMethodField()

    class Meta:
        model = Site
        fields: tuple[str, ...] = (
            "ref", "name", "agency", "note", "is_closed", "n_open", "n_completed", "n_equipment",
            "isa_state", "is_synthetic",
        )  # fmt: skip
        read_only_fields = fields

    def get_isa_state(self, site: Any) -> str:
        """One of none, under-way, in-force, expired, ended."""
        today = self.context["today"]
        found = state_of(kind=site.isa_kind, expires_on=site.isa_expires_on, today=today)
        return found if found in dict(ISA_STATES) else ""


class IsaStepSerializer(_Entry):
    class Meta:
        model = IsaStep
        fields = ("sequence", "kind", "on", *ENTRY)
        read_only_fields = fields


class IsaRow(serializers.ModelSerializer[Isa]):
    """An ISA with its last standing step and who is to act ("" for nobody)."""

    site = SiteLink(read_only=True)
    with_party = serializers.ChoiceField(choices=Party.choices, read_only=True, allow_blank=True)

    class Meta:
        model = Isa
        fields: tuple[str, ...] = (
            "id",
            "site",
            "number",
            "expires_on",
            "last_kind",
            "last_on",
            "with_party",
            "is_synthetic",
        )
        read_only_fields = fields


class IsaDetail(IsaRow):
    """An ISA with every step, also those that were corrected."""

    steps = IsaStepSerializer(many=True, read_only=True, source="api_steps")

    class Meta(IsaRow.Meta):
        fields: tuple[str, ...] = (*IsaRow.Meta.fields, "steps")
        read_only_fields = fields


class _SiteIsa(serializers.ModelSerializer[Isa]):
    steps = IsaStepSerializer(many=True, read_only=True, source="api_steps")

    class Meta:
        model = Isa
        fields = ("id", "number", "expires_on", "steps")
        read_only_fields = fields


class SiteDetail(SiteRow):
    """A site with its ISAs, the newest first."""

    isas = _SiteIsa(many=True, read_only=True, source="api_isas")

    class Meta(SiteRow.Meta):
        fields: tuple[str, ...] = (*SiteRow.Meta.fields, "isas")
        read_only_fields = fields


class EquipmentSerializer(serializers.ModelSerializer[Equipment]):
    site = SiteLink(read_only=True)
    request = serializers.SlugRelatedField[Equipment](slug_field="ref", read_only=True, allow_null=True)
    status = serializers.ChoiceField(choices=EquipmentStatus.choices, read_only=True)

    class Meta:
        model = Equipment
        fields = ("id", "kind", "serial", "status", "status_on", "site", "request", "is_synthetic")
        read_only_fields = fields


class ForecastRow(serializers.ModelSerializer[Forecast]):
    """One simulation. `refusal`: why there is none; `parameters` and `samples`: what it rests on."""

    parameters = serializers.DictField(read_only=True)
    samples = serializers.JSONField(read_only=True)
    created_by = PersonName(read_only=True, allow_null=True)

    class Meta:
        model = Forecast
        fields: tuple[str, ...] = (
            "id", "as_of", "seed", "runs", "is_what_if", "refusal", "parameters", "samples", "created_by",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields


class ForecastLineSerializer(serializers.Serializer[Any]):
    """One open request: the day by which it was complete in half, and in four of five, of the runs; null: not
    within 20 years. `due` null: no clock."""

    ref = serializers.CharField(read_only=True)
    p50 = serializers.DateField(read_only=True, allow_null=True)
    p80 = serializers.DateField(read_only=True, allow_null=True)
    due = serializers.DateField(read_only=True, allow_null=True)


class ForecastDetail(ForecastRow):
    """A forecast with the requests in it that you may see. Its parts on offices, priorities and months are
    national."""

    results = serializers.SerializerMethodField()
    requests = ForecastLineSerializer(many=True, read_only=True, source="api_lines")

    class Meta(ForecastRow.Meta):
        fields: tuple[str, ...] = (*ForecastRow.Meta.fields, "results", "requests")
        read_only_fields = fields

    def get_results(self, forecast: Forecast) -> dict[str, Any]:
        """`backlog`, `offices`, `priorities` and `months`: days as their distance from `as_of`, counts of
        requests."""
        told = ("backlog", "offices", "priorities", "months")
        return {key: forecast.results[key] for key in told if key in forecast.results}
