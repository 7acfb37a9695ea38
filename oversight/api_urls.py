"""Addresses of the API, version 1."""

from django.urls import include, path, re_path

from oversight.console.api.docs import ApiDocs, ApiSchema, nothing_here

app_name = "api"

urlpatterns = [
    path("", include("agreements.api.urls")),
    path("", include("staffing.api")),
    path("", include("itinstall.api.urls")),
    path("", include("oversight.exchange.api")),
    path("", include("oversight.metrics.api")),
    path("schema/", ApiSchema.as_view(), name="schema"),
    path("docs/", ApiDocs.as_view(), name="docs"),
    re_path(r"^.*$", nothing_here, name="nothing"),
]
