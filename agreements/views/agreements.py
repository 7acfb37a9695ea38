"""Pages of agreements: the list, and one agreement with its statuses, prints and changes."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements.choices import Origin, Status
from agreements.models import Agreement, AgreementStatus
from agreements.selectors import agreements as selectors
from agreements.views.changes import change_lines
from agreements.views.paging import paged
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import changeable_by
from oversight.console.list_views import ScopedListView
from oversight.trail.views import history_context

__all__ = ["AgreementDetail", "AgreementList", "AgreementPrints", "resolve_agreement"]

ENDED = (Status.TERMINATED, Status.REMOVED, Status.SUPERSEDED)


class AgreementList(ScopedListView):
    action = "records.view"
    list_key = "agreements"


def resolve_agreement(request: HttpRequest, ref: str, url_name: str) -> Agreement | HttpResponse:
    """The agreement of `ref`, or the answer that leads from a merged reference to it. Raises Http404."""
    try:
        agreement = selectors.agreement_by_ref(user=cast(User, request.user), ref=ref)
    except Agreement.DoesNotExist:
        raise Http404("No agreement of this reference in your area.") from None
    if agreement.ref == ref:
        return agreement
    if agreement.ref != ref.upper():
        messages.info(
            request, f"{ref.upper()} was found to be the same agreement as {agreement.ref}, shown here."
        )
    return redirect(reverse(url_name, args=[agreement.ref]), permanent=True)


class AgreementDetail(ActionRequired):
    """Facts, dated statuses with their sources, addenda, changes; what the person may do."""

    action = "records.view"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        agreement = resolve_agreement(request, ref, "agreements:agreement_detail")
        if isinstance(agreement, HttpResponse):
            return agreement
        user = cast(User, request.user)
        statements = list(selectors.agreement_statements(user=user, agreement=agreement))
        context: dict[str, Any] = {
            "agreement": agreement,
            "statements": [{"row": row, "can_end": _can_end(row)} for row in statements],
            "addenda": list(agreement.addenda.all()),
            "changes": change_lines(selectors.agreement_changes(user=user, agreement=agreement)[:100]),
            "n_prints": selectors.agreement_observations(user=user, agreement=agreement).count(),
            "supersedes": list(agreement.supersedes.filter(merged_into__isnull=True)),
            "may_change": self.may("agreements.change")
            and changeable_by(Agreement.objects.filter(pk=agreement.pk), user).exists(),
            "has_ended": agreement.status in ENDED,
            "is_suspended": agreement.status == Status.SUSPENDED,
            **(history_context(obj=agreement, user=user) if self.may("history.view") else {}),
        }
        return render(request, "agreements/agreement_detail.html", context)


def _can_end(row: AgreementStatus) -> bool:
    return (
        row.origin == Origin.STAFF
        and row.withdrawn_at is None
        and row.ends_on is None
        and row.status == Status.SUSPENDED
    )


class AgreementPrints(ActionRequired):
    """Every row of every list that printed the agreement, with the exact cells."""

    action = "records.view"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        agreement = resolve_agreement(request, ref, "agreements:agreement_prints")
        if isinstance(agreement, HttpResponse):
            return agreement
        rows = selectors.agreement_observations(user=cast(User, request.user), agreement=agreement)
        page = paged(request, rows, "-publication__ordered_at", "row_number")
        return render(request, "agreements/agreement_prints.html", {"agreement": agreement, "paged": page})
