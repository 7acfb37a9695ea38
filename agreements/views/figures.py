"""Files of the tables behind charts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from agreements.figure_exports import OVER_TIME
from oversight.access.guards import ActionRequired
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.exchange.writers import Format

__all__ = ["OverTimeExport"]


class OverTimeExport(ActionRequired):
    """Starts the export of "Listed agreements over time" as CSV with its manifest; goes to its job."""

    action = "export.create"

    def post(self, request: HttpRequest) -> HttpResponse:
        ask = ExportRequest(name=OVER_TIME.name, file_format=Format.CSV, parameters={})
        job = export_enqueue(actor=self.actor, request=ask)
        return redirect("exchange:job", pk=job.pk)
