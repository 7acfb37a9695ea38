"""Pages of imports: upload, preview, apply, discard, and the record that stays."""

from __future__ import annotations

from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from agreements.choices import ImportState
from agreements.forms.imports import OverrideForm, UploadForm
from agreements.models import Decision, RosterImport
from agreements.selectors import imports as selectors
from agreements.services.imports import roster_discard
from agreements.views import previews
from agreements.views.evidence import title_of
from agreements.wording import RuleText, explain_rule
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.list_views import ScopedListView
from oversight.exchange.choices import JobState
from oversight.exchange.jobs import enqueue
from oversight.exchange.models import Job
from oversight.exchange.upload_handlers import too_large_names
from oversight.exchange.uploads import UploadRefused, upload_store

__all__ = [
    "ImportAgain",
    "ImportApply",
    "ImportDetail",
    "ImportDiscard",
    "ImportJob",
    "ImportJobs",
    "ImportList",
]

PREVIEW, APPLY = "roster.preview", "roster.apply"


class ImportList(ScopedListView):
    """Upload, what is on its way, and every import so far."""

    action = "imports.view"
    action_by_method: ClassVar[dict[str, str]] = {"POST": "rosters.import"}
    list_key = "imports"
    template_name = "agreements/imports/list.html"

    def extra_context(self) -> dict[str, Any]:
        may_import = self.may("rosters.import")
        return {"form": UploadForm() if may_import else None, **_waiting()}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the files and start a preview of each."""
        form = UploadForm(request.POST, request.FILES, too_large=too_large_names(request))
        if not form.is_valid():
            return self._refuse(request, form)
        jobs = []
        for file in form.cleaned_data["workbooks"]:
            try:
                upload = upload_store(actor=self.actor, file=file)
            except UploadRefused as refusal:
                form.add_error("workbooks", str(refusal))
                continue
            params = {"upload": upload.pk, "kind": form.cleaned_data["kind"]}
            jobs.append(enqueue(actor=self.actor, kind=PREVIEW, params=params))
        if form.errors:
            return self._refuse(request, form)
        if len(jobs) == 1:
            return _to_job(jobs[0])
        messages.success(request, f"{len(jobs)} files received. A preview of each is being made.")
        return redirect("agreements:import_list")

    def _refuse(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        context = {"form": form, **_waiting()}
        return render(request, "agreements/imports/refused_upload.html", context, status=422)


class ImportJobs(ActionRequired):
    """The part of the imports page that says what is on its way; asked for again while something is."""

    action = "imports.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "agreements/imports/_waiting.html", _waiting())


class ImportJob(ActionRequired):
    """How far a preview or an application is; when it is done, on to the import."""

    action = "imports.view"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        job = get_object_or_404(Job.objects.filter(kind__in=selectors.JOB_KINDS), pk=pk)
        waiting = selectors.waiting_job(job)
        done = job.result.get("import") if job.state == JobState.DONE else None
        htmx: Any = getattr(request, "htmx", None)
        partial = htmx and not htmx.history_restore_request
        if done:
            address = reverse("agreements:import_detail", args=[done])
            # htmx follows a plain redirect with the page as a fragment; this header moves the whole page.
            return HttpResponse(headers={"HX-Redirect": address}) if partial else redirect(address)
        template = "agreements/imports/_job.html" if partial else "agreements/imports/job.html"
        response = render(request, template, {"waiting": waiting, "job": job})
        patch_cache_control(response, private=True, no_store=True)
        patch_vary_headers(response, ["HX-Request"])
        return response


class _OneImport(ActionRequired):
    """Resolves the import through what the person may see. 404 outside."""

    action = "rosters.import"

    def load(self) -> RosterImport:
        try:
            return selectors.roster_import(user=cast(User, self.request.user), pk=self.kwargs["pk"])
        except RosterImport.DoesNotExist:
            raise Http404("There is no such import.") from None


class ImportDetail(_OneImport):
    """A preview, or the record of an import."""

    action = "imports.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return render(request, "agreements/imports/detail.html", self.context(self.load()))

    def context(self, row: RosterImport, **more: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        outdated = selectors.is_outdated(row)
        may_import = self.may("rosters.import")
        whole = self.request.GET.get("show", "")
        return {
            "import": row,
            "badge": previews.STATE_BADGES[ImportState(row.state)],
            "counts": previews.counts_of(row.counts, row.entries),
            "count_words": previews.count_words(row.counts, row.entries),
            "sections": _sections(row, user, whole),
            "flags": row.dating.get("flags") or [],
            "is_outdated": outdated,
            "may_import": may_import,
            "may_apply": may_import and not outdated and row.state == ImportState.PREVIEWED,
            "may_discard": may_import and row.state in (ImportState.PREVIEWED, ImportState.REFUSED),
            "may_preview_again": may_import and row.upload_id and _can_be_made_again(row, outdated=outdated),
            "override_form": _override_form(row, may_import=may_import and not outdated),
            "publication_url": _publication_address(row),
            "decisions": _decisions(row, user),
            "may_see_history": self.may("history.view"),
            **more,
        }


class ImportApply(_OneImport):
    """Asks once more, in numbers, then starts the application."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.load()
        if row.state != ImportState.PREVIEWED or selectors.is_outdated(row):
            return redirect("agreements:import_detail", pk=pk)
        context = {
            "import": row,
            "counts": [count for count in previews.counts_of(row.counts, row.entries) if count.n],
            "apply_label": previews.apply_label(row.counts, row.entries),
        }
        return render(request, "agreements/imports/apply.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.load()
        reason = ""
        if row.state == ImportState.REFUSED and row.overridable:
            form = OverrideForm(request.POST)
            if not form.is_valid():
                page = ImportDetail()
                page.setup(request, pk=pk)
                context = page.context(row, override_form=form)
                return render(request, "agreements/imports/detail.html", context, status=422)
            reason = form.cleaned_data["reason"]
        elif row.state != ImportState.PREVIEWED:
            messages.info(request, f"Nothing was done: this import is {row.get_state_display().lower()}.")
            return redirect("agreements:import_detail", pk=pk)
        if selectors.is_outdated(row):
            messages.error(request, "Nothing was applied: the register has changed since this preview.")
            return redirect("agreements:import_detail", pk=pk)
        params = {"import": row.pk, "override_reason": reason}
        return _to_job(enqueue(actor=self.actor, kind=APPLY, params=params))


class ImportDiscard(_OneImport):
    """Puts a preview aside. The file and what it would have done stay readable."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = roster_discard(actor=self.actor, roster_import=self.load())
        if row.state == ImportState.DISCARDED:
            messages.success(request, f"{row.file_name} is put aside. The register was not changed.")
        else:
            messages.info(request, f"Nothing was done: this import is {row.get_state_display().lower()}.")
        return redirect("agreements:import_list")


class ImportAgain(_OneImport):
    """Makes the preview again, on the register as it is now."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.load()
        if row.upload_id is None or not _can_be_made_again(row, outdated=selectors.is_outdated(row)):
            messages.info(request, "This import cannot be previewed again. Upload the file instead.")
            return redirect("agreements:import_detail", pk=pk)
        kind = row.job.params.get("kind", "auto") if row.job else "auto"
        params = {"upload": row.upload_id, "kind": kind}
        job = enqueue(actor=self.actor, kind=PREVIEW, params=params)
        if row.state in (ImportState.PREVIEWED, ImportState.REFUSED):
            roster_discard(actor=self.actor, roster_import=row)
        return _to_job(job)


def _can_be_made_again(row: RosterImport, *, outdated: bool) -> bool:
    return outdated or row.state == ImportState.DISCARDED


def _publication_address(row: RosterImport) -> str:
    known = row.publication_id
    return reverse("agreements:publication_detail", args=[known]) if known else ""


def _decisions(row: RosterImport, user: User) -> list[tuple[Decision, str, RuleText]]:
    """Each with its heading and its rule in words."""
    if row.publication_id is None or row.state != ImportState.APPLIED:
        return []
    found = selectors.decisions_of(row, user=user)
    return [(decision, title_of(decision), explain_rule(decision.rule)) for decision in found]


def _override_form(row: RosterImport, *, may_import: bool) -> OverrideForm | None:
    offered = may_import and row.state == ImportState.REFUSED and row.overridable
    return OverrideForm() if offered else None


def _sections(row: RosterImport, user: User, whole: str) -> list[previews.Section]:
    chosen = previews.choose(row.entries or [], whole=whole)
    codes = previews.county_codes_in(chosen)
    agreements = selectors.agreements_by_key(previews.keys_in(chosen), user=user)
    return previews.sections_of(
        chosen,
        agreements=agreements,
        agencies=selectors.agencies_by_key(previews.agency_keys_in(chosen), user=user),
        counties=selectors.county_names(fips=codes) if codes else {},
        last_prints=selectors.last_prints(previews.unprinted(chosen, agreements), user=user),
    )


def _waiting() -> dict[str, Any]:
    waiting = selectors.waiting_jobs()
    return {"waiting": waiting, "running": any(not item.failed for item in waiting)}


def _to_job(job: Job) -> HttpResponse:
    return redirect("agreements:import_job", pk=job.pk)
