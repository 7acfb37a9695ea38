"""Addresses of exports and jobs."""

from django.urls import path, re_path

from oversight.exchange import record_views as records
from oversight.exchange import views

app_name = "exchange"

urlpatterns = [
    path("exports/", views.ExportList.as_view(), name="export_list"),
    path("exports/new/", views.ExportStart.as_view(), name="export_start"),
    path("exports/<int:pk>/download/", views.Download.as_view(), name="download"),
    path("imports/records/", records.RecordFileList.as_view(), name="record_file_list"),
    re_path(
        r"^imports/records/(?P<kind>[a-z][a-z-]*)/template\.(?P<file_format>csv|xlsx)$",
        records.RecordTemplate.as_view(),
        name="record_template",
    ),
    path("imports/records/<int:pk>/", records.RecordFileDetail.as_view(), name="record_file"),
    path(
        "imports/records/<int:pk>/errors.xlsx", records.RecordFileErrors.as_view(), name="record_file_errors"
    ),
    path(
        "imports/records/<int:pk>/leave-out/",
        records.RecordFileLeaveOut.as_view(),
        name="record_file_leave_out",
    ),
    path("imports/records/<int:pk>/apply/", records.RecordFileApply.as_view(), name="record_file_apply"),
    path(
        "imports/records/<int:pk>/discard/", records.RecordFileDiscard.as_view(), name="record_file_discard"
    ),
    path("jobs/<uuid:pk>/", views.JobPage.as_view(), name="job"),
]
