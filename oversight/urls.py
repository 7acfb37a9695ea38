"""All addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from oversight.console import health, telemetry

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", telemetry.metrics, name="metrics"),
    path("", include("oversight.access.urls")),
    path("", include("oversight.trail.urls")),
    path("", include("oversight.periods.urls")),
    path("", include("oversight.console.urls")),
    path("", include("oversight.exchange.urls")),
    path("", include("oversight.metrics.urls")),
    path("", include("agreements.urls")),
    path("", include("staffing.urls")),
    path("", include("itinstall.urls")),
    path("api/v1/", include("oversight.api_urls")),
    path("admin/", admin.site.urls),
]

handler400 = "oversight.access.errors.bad_request"
handler403 = "oversight.access.errors.not_allowed"
handler404 = "oversight.access.errors.not_found"
handler500 = "oversight.access.errors.server_error"
