"""Pages of exports and jobs: ask, follow, fetch, look back."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.permissions import require
from oversight.console.list_query import ListReading, read_list
from oversight.console.lists import ListSpec, get_list
from oversight.exchange import jobs
from oversight.exchange.exports import BadParameters
from oversight.exchange.forms import ExportForm
from oversight.exchange.list_exports import parameters_of
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.exchange.selectors import jobs_of, packages_of
from oversight.exchange.writers import Format

__all__ = ["Download", "ExportList", "ExportStart", "JobPage"]

OWN = ("list", "format")  # of this page; the rest of the query is the list's
PAGE_SIZE = 50


class ExportStart(ActionRequired):
    """`?list=KEY&format=csv&<filters>`: says what will be written; sent, it starts the job."""

    action = "export.create"

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("format", Format.CSV)
        return self._page(request, ExportForm(initial={"format": wanted}))

    def post(self, request: HttpRequest) -> HttpResponse:
        spec, reading = self._list(request)
        form = ExportForm(request.POST)
        if reading.problems or not form.is_valid():
            return self._page(request, form)
        ask = ExportRequest(
            name=f"list:{spec.key}",
            file_format=Format(form.cleaned_data["format"]),
            parameters=parameters_of(self._query(request)),
            bom=form.cleaned_data["bom"] and form.cleaned_data["format"] == Format.CSV,
        )
        try:
            job = export_enqueue(actor=self.actor, request=ask)
        except BadParameters as error:
            form.add_error(None, str(error))
            return self._page(request, form)
        return redirect("exchange:job", pk=job.pk)

    def _query(self, request: HttpRequest) -> QueryDict:
        query = request.GET.copy()
        for name in OWN:
            query.pop(name, None)
        return query

    def _list(self, request: HttpRequest) -> tuple[ListSpec, ListReading]:
        """Raises Http404 for a list that does not exist, NotAllowed for one of another role."""
        try:
            spec = get_list(request.GET.get("list", ""))
        except KeyError:
            raise Http404("There is no such list to export.") from None
        require(self.actor, spec.action)
        return spec, read_list(spec=spec, user=cast(User, request.user), query=self._query(request))

    def _page(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        spec, reading = self._list(request)
        query = self._query(request).urlencode()
        context = {
            "form": form,
            "spec": spec,
            "reading": reading,
            "list_url": reverse(spec.page) + (f"?{query}" if query else ""),
            "count": 0 if reading.problems else reading.queryset.count(),
            "export_url": request.get_full_path(),
        }
        bad = form.is_bound or bool(reading.problems)
        return render(request, "exchange/export_start.html", context, status=422 if bad else 200)


class ExportList(ActionRequired):
    """One's own exports, newest first; those under way on top."""

    action = "export.create"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        own = jobs_of(user=user).filter(kind="exchange.export", created_by=user)
        context: dict[str, Any] = {
            "under_way": own.exclude(state="done").order_by("-created_at")[:20],
            "page": Paginator(packages_of(user=user), PAGE_SIZE).get_page(request.GET.get("page")),
        }
        return render(request, "exchange/export_list.html", context)


class JobPage(ActionRequired):
    """How far a job is. htmx asks again for the changing part; without it there is a link."""

    action = "account.manage"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        job = get_object_or_404(jobs_of(user=cast(User, request.user)), pk=pk)
        own = job.created_by_id == request.user.pk
        context = {"job": job, "title": jobs.title_of(job), "result": jobs.result_of(job) if own else None}
        htmx: Any = getattr(request, "htmx", None)
        partial = htmx and not htmx.boosted and not htmx.history_restore_request
        response = render(request, "exchange/_job_status.html" if partial else "exchange/job.html", context)
        patch_cache_control(response, private=True, no_store=True)
        response["Vary"] = "HX-Request, Cookie"
        return response


class Download(ActionRequired):
    """One's own package as a file. Anybody else's answers 404."""

    action = "export.create"

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        package = get_object_or_404(packages_of(user=cast(User, request.user)).exclude(file=""), pk=pk)
        try:
            content = package.file.open("rb")
        except FileNotFoundError:
            messages.error(request, "The file of this export is no longer in storage. Make the export again.")
            return redirect("exchange:export_list")
        response = FileResponse(
            content, as_attachment=True, filename=package.file_name, content_type="application/zip"
        )
        response["Cache-Control"] = "private, no-store"
        return response
