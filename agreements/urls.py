"""Addresses of agencies, agreements, offices, lists, imports and reviews."""

from __future__ import annotations

from django.urls import path

from agreements.views import (
    agencies,
    agreements,
    figures,
    imports,
    map,
    offices,
    publications,
    reviews,
    statements,
)

app_name = "agreements"

AGREEMENT = "agreements/<str:ref>/"

urlpatterns = [
    path("agencies/", agencies.AgencyList.as_view(), name="agency_list"),
    path("agencies/<str:ref>/", agencies.AgencyAgreements.as_view(), name="agency_detail"),
    path("agencies/<str:ref>/life/", agencies.AgencyLife.as_view(), name="agency_life"),
    path("agencies/<str:ref>/changes/", agencies.AgencyChanges.as_view(), name="agency_changes"),
    path("agencies/<str:ref>/names/", agencies.AgencyNames.as_view(), name="agency_names"),
    path("agreements/", agreements.AgreementList.as_view(), name="agreement_list"),
    path(AGREEMENT, agreements.AgreementDetail.as_view(), name="agreement_detail"),
    path(f"{AGREEMENT}prints/", agreements.AgreementPrints.as_view(), name="agreement_prints"),
    path(f"{AGREEMENT}suspend/", statements.Suspend.as_view(), name="agreement_suspend"),
    path(f"{AGREEMENT}terminate/", statements.Terminate.as_view(), name="agreement_terminate"),
    path(f"{AGREEMENT}statements/<int:pk>/reinstate/", statements.Reinstate.as_view(), name="statement_end"),
    path(
        f"{AGREEMENT}statements/<int:pk>/withdraw/", statements.Withdraw.as_view(), name="statement_withdraw"
    ),
    path("publications/over-time/export/", figures.OverTimeExport.as_view(), name="over_time_export"),
    path("map/", map.MapPage.as_view(), name="map"),
    path("map/export/", map.MapExport.as_view(), name="map_export"),
    path("offices/", offices.OfficeList.as_view(), name="office_list"),
    path("offices/<slug:slug>/", offices.OfficeDetail.as_view(), name="office_detail"),
    path("publications/", publications.PublicationList.as_view(), name="publication_list"),
    path("publications/<int:pk>/", publications.PublicationDetail.as_view(), name="publication_detail"),
    path("publications/<int:pk>/rows/", publications.PublicationRows.as_view(), name="publication_rows"),
    path(
        "publications/<int:pk>/rows/<int:row_number>/",
        publications.ObservationDetail.as_view(),
        name="observation_detail",
    ),
    path("imports/", imports.ImportList.as_view(), name="import_list"),
    path("imports/jobs/", imports.ImportJobs.as_view(), name="import_jobs"),
    path("imports/jobs/<uuid:pk>/", imports.ImportJob.as_view(), name="import_job"),
    path("imports/<int:pk>/", imports.ImportDetail.as_view(), name="import_detail"),
    path("imports/<int:pk>/apply/", imports.ImportApply.as_view(), name="import_apply"),
    path("imports/<int:pk>/discard/", imports.ImportDiscard.as_view(), name="import_discard"),
    path("imports/<int:pk>/again/", imports.ImportAgain.as_view(), name="import_again"),
    path("reviews/", reviews.ReviewList.as_view(), name="review_list"),
    path("reviews/rules/", reviews.RuleDecisionList.as_view(), name="rule_decision_list"),
    path("reviews/<int:pk>/", reviews.ReviewDetail.as_view(), name="review_detail"),
    path("reviews/<int:pk>/answer/", reviews.ReviewAnswer.as_view(), name="review_answer"),
    path("reviews/<int:pk>/undo/", reviews.ReviewUndo.as_view(), name="review_undo"),
]
