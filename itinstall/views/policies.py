"""Versions of the installation policy: the list, the next one, taking a mistaken one back."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from itinstall.choices import ClockStart
from itinstall.forms.plans import PolicyForm
from itinstall.forms.sites import WithdrawForm
from itinstall.models import InstallationPolicy
from itinstall.selectors.policies import policy_versions
from itinstall.services import policies as services
from itinstall.views.resource_base import numbered
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.change_page import ChangePage

__all__ = ["PolicyBegin", "PolicyList", "PolicyWithdraw", "difference_words"]

START_WORDS = {ClockStart.SIGNED: "when the MOA is signed", ClockStart.SUBMITTED: "with the request"}


class PolicyList(ActionRequired):
    """Every version, newest first, with the requests that keep it."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        versions: list[Any] = list(policy_versions(user=cast(User, request.user)))
        may_change = self.may(services.ACTION)
        newest = versions[0].pk if versions else None
        today = timezone.localdate()
        lines = [
            {
                "version": version,
                "start": START_WORDS[ClockStart(version.clock_start)],
                "pausing": [reason.name for reason in version.pausing.all()],
                "holds": version.valid_from <= today
                and (version.valid_to is None or version.valid_to > today),
                "is_ahead": version.valid_from > today,
                "may_withdraw": may_change
                and version.pk == newest
                and len(versions) > 1
                and not version.n_requests,
            }
            for version in versions
        ]
        return render(request, "itinstall/policy_list.html", {"lines": lines, "may_change": may_change})


def difference_words(last: InstallationPolicy | None, new: dict[str, Any]) -> list[str]:
    """What the next version changes, one sentence part each."""
    if last is None:
        return [
            f"the target is {new['target_days']} days, counted {START_WORDS[ClockStart(new['clock_start'])]}"
        ]
    words = []
    if last.target_days != new["target_days"]:
        words.append(f"the target is {new['target_days']} days instead of {last.target_days}")
    if last.clock_start != new["clock_start"]:
        old, now = START_WORDS[ClockStart(last.clock_start)], START_WORDS[ClockStart(new["clock_start"])]
        words.append(f"the clock starts {now} instead of {old}")
    before, after = set(last.models_with_equipment), set(new["models_with_equipment"])
    words += _moves(
        before, after, "{} agreements start a clock, too", "{} agreements start no clock any more"
    )
    held = {reason.name for reason in last.pausing.all()}
    stops = {reason.name for reason in new["pausing"]}
    words += _moves(held, stops, "the hold “{}” stops the clock", "the hold “{}” no longer stops the clock")
    return words


def _moves(before: set[str], after: set[str], gained: str, lost: str) -> list[str]:
    return [gained.format(name) for name in sorted(after - before)] + [
        lost.format(name) for name in sorted(before - after)
    ]


class PolicyBegin(ChangePage):
    action = services.ACTION
    title, button = "Add a policy version", "Add policy version"
    explanation = (
        "It holds for requests submitted from its day on. "
        "Those submitted before keep the version of their day."
    )
    last: InstallationPolicy | None = None

    def find(self, **ids: Any) -> None:
        self.last = policy_versions(user=self.user).first()

    def make_form(self, data: Any) -> forms.Form:
        return PolicyForm(data, last=self.last)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Policy", self.back)]

    @property
    def back(self) -> str:
        return reverse("itinstall:policy_list")

    def question(self, data: dict[str, Any]) -> str:
        changes = "; ".join(difference_words(self.last, data))
        kept: int = getattr(self.last, "n_open", 0)
        keep = "1 open request keeps" if kept == 1 else f"{kept:,} open requests keep"
        return f"For requests submitted from {data['valid_from']} on: {changes}. {keep} the version before."

    def perform(self, data: dict[str, Any]) -> None:
        new = services.NewPolicy(**{**data, "clock_start": ClockStart(data["clock_start"])})
        services.policy_begin(actor=self.actor, new=new)

    def done(self, data: dict[str, Any]) -> str:
        return (
            f"The version from {data['valid_from']} is entered. "
            "To undo, take it back while no request keeps it."
        )


class PolicyWithdraw(ChangePage):
    action = services.ACTION
    title, button, danger = "Take a policy version back", "Take version back", True
    explanation = "For one entered by mistake that no request keeps. What it said stays in the trail."
    policy: InstallationPolicy

    def find(self, **ids: Any) -> None:
        self.policy = numbered(
            lambda pk: policy_versions(user=self.user).get(pk=pk), ids["pk"], "No version of this number."
        )

    def make_form(self, data: Any) -> forms.Form:
        return WithdrawForm(data)

    @property
    def eyebrow(self) -> str:
        return str(self.policy)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Policy", self.back)]

    @property
    def back(self) -> str:
        return reverse("itinstall:policy_list")

    def question(self, data: dict[str, Any]) -> str:
        return f"The version from {self.policy.valid_from} does not hold; the one before it is open again."

    def perform(self, data: dict[str, Any]) -> None:
        services.policy_withdraw(actor=self.actor, policy=self.policy, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The version is taken back. To undo, add it again."
