"""Pages of imports of records: upload, preview, leave out, apply, put aside; template and error workbook."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.exchange.choices import JobState, RecordFileState
from oversight.exchange.models import RecordFile
from oversight.exchange.record_forms import RecordUploadForm
from oversight.exchange.records import selectors, services
from oversight.exchange.records.files import error_workbook, template_csv, template_workbook
from oversight.exchange.records.kinds import RecordImport, all_record_imports, get_record_import
from oversight.exchange.upload_handlers import too_large_names
from oversight.exchange.uploads import UploadRefused
from oversight.exchange.workbooks import Refused
from oversight.exchange.writers import MEDIA_TYPES, Format

__all__ = [
    "RecordFileApply",
    "RecordFileDetail",
    "RecordFileDiscard",
    "RecordFileErrors",
    "RecordFileLeaveOut",
    "RecordFileList",
    "RecordTemplate",
]

VIEW = "record_imports.view"
PAGE_SIZE, ERRORS_SHOWN = 50, 100
BADGES = {
    RecordFileState.READING: ("badge--pending", "autorenew"),
    RecordFileState.PREVIEWED: ("badge--pending", "visibility"),
    RecordFileState.REFUSED: ("badge--suspended", "error"),
    RecordFileState.KNOWN: ("badge--plain", "check"),
    RecordFileState.APPLIED: ("badge--active", "check_circle"),
    RecordFileState.DISCARDED: ("badge--plain", "cancel"),
}
Form = RecordUploadForm | None


class RecordFileList(ActionRequired):
    """Upload, the templates, and every file so far."""

    action = VIEW
    action_by_method: ClassVar[dict[str, str]] = {"POST": services.ACTION}

    def get(self, request: HttpRequest) -> HttpResponse:
        kinds = selectors.kinds_for(user=cast(User, request.user))
        wanted = request.GET.get("kind", "")
        initial = {"kind": wanted} if wanted in {kind.key for kind in kinds} else None
        return self._page(request, RecordUploadForm(kinds=kinds, initial=initial) if kinds else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the file and start its preview."""
        kinds = selectors.kinds_for(user=cast(User, request.user))
        form = RecordUploadForm(request.POST, request.FILES, kinds=kinds, too_large=too_large_names(request))
        if not form.is_valid():
            return self._page(request, form, status=422)
        kind = get_record_import(form.cleaned_data["kind"])
        try:
            file = services.record_file_receive(actor=self.actor, kind=kind, file=form.cleaned_data["file"])
        except UploadRefused as refusal:
            form.add_error("file", str(refusal))
            return self._page(request, form, status=422)
        services.record_file_start(actor=self.actor, file=file, work=services.PREVIEW)
        return redirect("exchange:record_file", pk=file.pk)

    def _page(self, request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
        files = Paginator(selectors.record_files(user=cast(User, request.user)), PAGE_SIZE)
        page = files.get_page(request.GET.get("page"))
        lines = [(file, selectors.title_of(file), BADGES[RecordFileState(file.state)]) for file in page]
        context = {"form": form, "kinds": all_record_imports(), "page": page, "lines": lines}
        return render(request, "exchange/records/list.html", context, status=status)


class RecordTemplate(ActionRequired):
    """An empty file with the right headers. The workbook also explains each column."""

    action = VIEW

    def get(self, request: HttpRequest, kind: str, file_format: str) -> HttpResponse:
        found = _kind(kind)
        columns = found.columns()
        if file_format == Format.XLSX:
            data = template_workbook(found.title, columns)
        else:
            data = template_csv(columns)
        return _file(data, f"{found.key}-template", Format(file_format))


class _OneFile(ActionRequired):
    """Resolves the file through what the person may decide about. 404 outside."""

    action = services.ACTION

    def load(self) -> RecordFile:
        rows = selectors.changeable_record_files(user=cast(User, self.request.user))
        return _get(rows, self.kwargs["pk"])

    def back(self, said: str = "") -> HttpResponse:
        if said:
            messages.error(self.request, said)
        return redirect("exchange:record_file", pk=self.kwargs["pk"])


class RecordFileDetail(ActionRequired):
    """A preview with everything that is wrong, or the record of what was applied."""

    action = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = cast(User, request.user)
        file = _get(selectors.record_files(user=user), pk)
        job = file.job
        if job is not None and not job.is_over:
            return self._busy(request, file)
        if getattr(request, "htmx", None) and request.headers.get("HX-Target") == "record-job":
            # htmx follows a plain redirect with the page as a fragment; this header moves the whole page.
            return HttpResponse(headers={"HX-Redirect": reverse("exchange:record_file", args=[pk])})
        return render(request, "exchange/records/detail.html", self._context(file, user))

    def _busy(self, request: HttpRequest, file: RecordFile) -> HttpResponse:
        partial = request.headers.get("HX-Target") == "record-job"
        template = "exchange/records/_job.html" if partial else "exchange/records/job.html"
        response = render(request, template, {"file": file, "job": file.job})
        patch_cache_control(response, private=True, no_store=True)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def _context(self, file: RecordFile, user: User) -> dict[str, Any]:
        preview = file.preview
        is_preview = file.state == RecordFileState.PREVIEWED
        may_decide = selectors.changeable_record_files(user=user).filter(pk=file.pk).exists()
        errors = Paginator(selectors.row_errors(file=file), ERRORS_SHOWN)
        failed = file.job is not None and file.job.state == JobState.FAILED
        return {
            "file": file,
            "title": selectors.title_of(file),
            "badge": BADGES[RecordFileState(file.state)],
            "preview": preview,
            "tally": list(preview.get("tally", {}).items()),
            "errors": errors.get_page(self.request.GET.get("page")),
            "failed": file.job.error if failed and file.job else "",
            "may_decide": may_decide and is_preview,
            "may_apply": may_decide and is_preview and not preview["errors"] and preview["ready"],
            "may_discard": may_decide
            and file.state in (RecordFileState.PREVIEWED, RecordFileState.REFUSED, RecordFileState.READING),
            "may_correct": bool(preview.get("errors")) and bool(preview.get("wrong_rows")),
            "same_file": preview.get("same_file"),
        }


class RecordFileErrors(ActionRequired):
    """The workbook of what is wrong, with these rows to correct."""

    action = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = _get(selectors.record_files(user=cast(User, request.user)), pk)
        kind = _kind(file.kind)
        try:
            table = services.table_of(kind=kind, upload=file.upload)
        except Refused:
            raise Http404("Nothing could be read in this file.") from None
        problems = selectors.row_errors(file=file)
        data = error_workbook(
            title=kind.title,
            file_name=file.upload.name,
            made=f"{timezone.localtime():%Y-%m-%d %H:%M}",
            table=table,
            problems=(
                (one.row, one.column, one.value, one.get_severity_display(), one.message, one.remedy)
                for one in problems
            ),
            wrong=set(selectors.wrong_rows(file=file)),
        )
        return _file(data, f"{kind.key}-errors-{file.pk}", Format.XLSX)


class RecordFileLeaveOut(_OneFile):
    """Leave rows out, or take them back, and preview again. `rows`: those on the page that are left out;
    `shown`: those that the page let one choose; `all`: every row with an error."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.load()
        chosen, shown = _numbers(request, "rows"), _numbers(request, "shown")
        rows = (set(file.left_out) - shown) | (chosen & shown)
        if "all" in request.POST:
            rows |= set(selectors.wrong_rows(file=file))
        elif "none" in request.POST:
            rows = set()
        try:
            services.record_file_leave_out(actor=self.actor, file=file, rows=rows)
        except services.NotReady as reason:
            return self.back(str(reason))
        return self.back()


class RecordFileApply(_OneFile):
    """Writes the rows that are left, all or none."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.load()
        if file.state != RecordFileState.PREVIEWED or (file.job is not None and not file.job.is_over):
            return self.back(f"Nothing was done: this file is {file.get_state_display().lower()}.")
        services.record_file_start(actor=self.actor, file=file, work=services.APPLY)
        return self.back()


class RecordFileDiscard(_OneFile):
    """Puts a file aside. It stays readable."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self.load()
        try:
            services.record_file_discard(actor=self.actor, file=file)
        except services.NotReady as reason:
            return self.back(str(reason))
        messages.success(request, f"{file.upload.name} is put aside. No record was changed.")
        return redirect("exchange:record_file_list")


def _get(rows: Any, pk: int) -> RecordFile:
    try:
        found: RecordFile = rows.get(pk=pk)
    except RecordFile.DoesNotExist:
        raise Http404("There is no such import.") from None
    return found


def _kind(key: str) -> RecordImport:
    try:
        return get_record_import(key)
    except KeyError:
        raise Http404("There is no such kind of import.") from None


def _numbers(request: HttpRequest, name: str) -> set[int]:
    texts = request.POST.getlist(name)
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 8}


def _file(data: bytes, name: str, file_format: Format) -> HttpResponse:
    response = HttpResponse(data, content_type=MEDIA_TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    response["Cache-Control"] = "private, no-store"
    return response
