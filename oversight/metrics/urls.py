"""Addresses of figures. Those of one figure are permanent (addresses.figure_url builds them)."""

from django.urls import path

from oversight.metrics import views

app_name = "metrics"

FIGURE = "figures/<str:metric>/v<int:version>/<str:level>/<str:subject>/<str:day>/"

urlpatterns = [
    path("figures/", views.Catalogue.as_view(), name="catalogue"),
    path("figures/<str:metric>/", views.MetricPage.as_view(), name="metric"),
    path(FIGURE, views.FigurePage.as_view(), name="figure"),
]
