"""Addresses of program managers and assignments."""

from __future__ import annotations

from django.urls import path

from staffing.views import assignments, hand_over, managers

app_name = "staffing"

PM = "program-managers/<int:pk>/"

urlpatterns = [
    path("program-managers/", managers.ProgramManagerList.as_view(), name="program_manager_list"),
    path("program-managers/add/", managers.ProgramManagerCreate.as_view(), name="program_manager_create"),
    path(PM, managers.ProgramManagerDetail.as_view(), name="program_manager_detail"),
    path(f"{PM}end/", managers.ProgramManagerEnd.as_view(), name="program_manager_end"),
    path(f"{PM}hand-over/", hand_over.PortfolioHandOver.as_view(), name="portfolio_hand_over"),
    path("assignments/add/", assignments.AssignmentBegin.as_view(), name="assignment_begin"),
    path("assignments/<int:pk>/end/", assignments.AssignmentEnd.as_view(), name="assignment_end"),
]
