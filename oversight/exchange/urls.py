"""Addresses of exports and jobs."""

from django.urls import path

from oversight.exchange import views

app_name = "exchange"

urlpatterns = [
    path("exports/", views.ExportList.as_view(), name="export_list"),
    path("exports/new/", views.ExportStart.as_view(), name="export_start"),
    path("exports/<int:pk>/download/", views.Download.as_view(), name="download"),
    path("jobs/<uuid:pk>/", views.JobPage.as_view(), name="job"),
]
