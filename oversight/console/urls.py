"""Addresses of home, search and saved views."""

from __future__ import annotations

from django.urls import path

from oversight.console.home import HomeView
from oversight.console.operations import Operations
from oversight.console.views.saved import SavedViewDelete, SavedViewList, SavedViewSave
from oversight.console.views.search import Search

app_name = "console"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("search/", Search.as_view(), name="search"),
    path("operations/", Operations.as_view(), name="operations"),
    path("views/", SavedViewList.as_view(), name="view_list"),
    path("views/save/", SavedViewSave.as_view(), name="view_save"),
    path("views/<int:pk>/delete/", SavedViewDelete.as_view(), name="view_delete"),
]
