"""Addresses of figures. Those of one figure are permanent (addresses.figure_url builds them)."""

from django.urls import path

from oversight.metrics.views import catalogue, figure, gaps, moved, refill, targets

app_name = "metrics"

FIGURE = "figures/<str:metric>/v<int:version>/<str:level>/<str:subject>/<str:day>/"

urlpatterns = [
    path("figures/", catalogue.Catalogue.as_view(), name="catalogue"),
    path("figures/find/", figure.FindFigure.as_view(), name="find"),
    path("figures/<str:metric>/", catalogue.MetricPage.as_view(), name="metric"),
    path("figures/<str:metric>/export/", catalogue.ValuesExport.as_view(), name="values_export"),
    path(FIGURE, figure.FigurePage.as_view(), name="figure"),
    path(f"{FIGURE}moved/", moved.MovedPage.as_view(), name="moved"),
    path(f"{FIGURE}compute/", figure.ComputeDay.as_view(), name="compute"),
    path(f"{FIGURE}export/", figure.RowsExport.as_view(), name="rows_export"),
    path("operations/figures/", refill.Refill.as_view(), name="refill"),
    path("targets/", targets.TargetList.as_view(), name="target_list"),
    path("targets/new/", targets.TargetSet.as_view(), name="target_set"),
    path("targets/<int:pk>/end/", targets.TargetEnd.as_view(), name="target_end"),
    path("gaps/", gaps.GapList.as_view(), name="gap_list"),
    path("gaps/<str:key>/", gaps.GapPage.as_view(), name="gap"),
    path("gaps/<str:key>/answer/", gaps.GapAnswer.as_view(), name="gap_answer"),
    path("gaps/<str:key>/reopen/", gaps.GapReopen.as_view(), name="gap_reopen"),
]
