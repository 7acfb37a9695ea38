"""Pages of published lists: what each changed, its files, its rows down to the exact cells."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from agreements.choices import ChangeKind
from agreements.models import Observation, Publication
from agreements.selectors import publications as selectors
from agreements.views.cells import cells_of
from agreements.views.changes import change_lines
from agreements.views.paging import paged
from agreements.wording import explain_rule, flag_text
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import sees_everything
from oversight.console.list_views import ScopedListView

__all__ = ["ObservationDetail", "PublicationDetail", "PublicationList", "PublicationRows"]


class PublicationList(ScopedListView):
    action = "records.view"
    list_key = "publications"


def _publication(request: HttpRequest, pk: int) -> Publication:
    found = selectors.publication_list(user=cast(User, request.user)).filter(pk=pk).first()
    if found is None:
        raise Http404("No such list.")
    return found


class PublicationDetail(ActionRequired):
    """What it changed against the list before it; its files, findings and duplicates."""

    action = "records.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = cast(User, request.user)
        publication = _publication(request, pk)
        changes = selectors.publication_changes(user=user, publication=publication)
        counts = dict(changes.order_by().values_list("kind").annotate(n=Count("pk")))
        kind = request.GET.get("kind", "")
        if kind and kind not in ChangeKind.values:
            raise Http404("No such kind of change.")
        page = paged(
            request, changes.filter(kind=kind) if kind else changes, "kind", "agency__name", size=100
        )
        before, after = selectors.neighbors(publication)
        context: dict[str, Any] = {
            "publication": publication,
            "before": before,
            "after": after,
            "kinds": [
                {"kind": value, "label": label, "n": counts[value], "is_current": value == kind}
                for value, label in ChangeKind.choices
                if counts.get(value)
            ],
            "kind": kind,
            "n_changes": sum(counts.values()),
            "changes": change_lines(page.rows),
            "paged": page,
            "files": selectors.publication_files(user=user, publication=publication),
            "duplicates": list(selectors.publication_duplicates(user=user, publication=publication)),
            "flags": [
                {"text": flag.get("message") or flag_text(flag.get("code", ""))} for flag in publication.flags
            ],
            "is_scoped": not sees_everything(user),
        }
        return render(request, "agreements/publication_detail.html", context)


class PublicationRows(ActionRequired):
    """Its rows as printed."""

    action = "records.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = cast(User, request.user)
        publication = _publication(request, pk)
        rows = selectors.publication_observations(user=user, publication=publication)
        return render(
            request,
            "agreements/publication_rows.html",
            {
                "publication": publication,
                "paged": paged(request, rows, "row_number", size=100),
                "is_scoped": not sees_everything(user),
            },
        )


class ObservationDetail(ActionRequired):
    """One row: the raw cells, and what they were taken for, by which rule."""

    action = "records.view"

    def get(self, request: HttpRequest, pk: int, row_number: int) -> HttpResponse:
        try:
            row = selectors.publication_observation(
                user=cast(User, request.user), publication_id=pk, row_number=row_number
            )
        except Observation.DoesNotExist:
            raise Http404("No such row in your area.") from None
        printed = row.printed_row
        agreement = printed.agreement
        if agreement is not None and agreement.merged_into is not None:
            agreement = agreement.merged_into
        agency = printed.agreement.agency if printed.agreement else None
        if agency is not None and agency.merged_into is not None:
            agency = agency.merged_into
        return render(
            request,
            "agreements/observation_detail.html",
            {
                "row": row,
                "printed": printed,
                "cells": cells_of(printed),
                "agreement": agreement,
                "agency": agency,
                "rule": explain_rule(printed.rule) if printed.rule else None,
                "flags": [flag_text(code) for code in printed.flags],
                "n_lists": Observation.objects.filter(printed_row=printed).count(),
            },
        )
