"""Addresses of home, what needs attention, what changed, search and saved views."""

from __future__ import annotations

from django.urls import path

from oversight.console.attention import AttentionPage
from oversight.console.changes import ChangesPage, ChangesWhy
from oversight.console.changes_export import ChangesExport
from oversight.console.home import FiguresCompute, HomeView
from oversight.console.maps import MapShapes
from oversight.console.operations import Operations
from oversight.console.views.saved import SavedViewDelete, SavedViewList, SavedViewRename, SavedViewSave
from oversight.console.views.search import Search

app_name = "console"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("home/figures/compute/", FiguresCompute.as_view(), name="figures_compute"),
    path("attention/", AttentionPage.as_view(), name="attention"),
    path("changes/", ChangesPage.as_view(), name="changes"),
    path("changes/export/", ChangesExport.as_view(), name="changes_export"),
    path("changes/why/<str:metric>/", ChangesWhy.as_view(), name="changes_why"),
    path("map/shapes/<str:level>.svg", MapShapes.as_view(), name="map_shapes"),
    path("search/", Search.as_view(), name="search"),
    path("operations/", Operations.as_view(), name="operations"),
    path("views/", SavedViewList.as_view(), name="view_list"),
    path("views/save/", SavedViewSave.as_view(), name="view_save"),
    path("views/<int:pk>/rename/", SavedViewRename.as_view(), name="view_rename"),
    path("views/<int:pk>/delete/", SavedViewDelete.as_view(), name="view_delete"),
]
