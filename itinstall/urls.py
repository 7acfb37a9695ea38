"""Addresses of IT installations; those of sites, installers and other resources are in urls_resources."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from itinstall import urls_forecast, urls_resources
from itinstall.converters import RequestRef
from itinstall.views import board, bulk, delay_rows, delays, entries, holds, requests

app_name = "itinstall"

register_converter(RequestRef, "request_ref")

REQUEST = "installations/<request_ref:ref>/"
STEP = f"{REQUEST}steps/<int:pk>/"
DELAY_ROWS = "installations/delays/requests/"
HOLD = f"{REQUEST}holds/<int:pk>/"

own: list[URLPattern] = [
    path("installations/", requests.RequestList.as_view(), name="request_list"),
    path("installations/add/", requests.RequestCreate.as_view(), name="request_create"),
    path("installations/board/", board.Board.as_view(), name="board"),
    path("installations/delays/", delays.DelaysPage.as_view(), name="delays"),
    path("installations/delays/requests/", delay_rows.DelayRowsPage.as_view(), name="delay_rows"),
    path(
        "installations/delays/requests/export/",
        delay_rows.DelayRowsExport.as_view(),
        name="delay_rows_export",
    ),
    path("installations/stuck/", requests.StuckList.as_view(), name="stuck"),
    path("installations/move/", bulk.RequestsMove.as_view(), name="requests_move"),
    path(REQUEST, requests.RequestDetail.as_view(), name="request_detail"),
    path(f"{REQUEST}move/", entries.RequestMove.as_view(), name="request_move"),
    path(f"{REQUEST}complete/", entries.RequestComplete.as_view(), name="request_complete"),
    path(f"{REQUEST}cancel/", entries.RequestCancel.as_view(), name="request_cancel"),
    path(f"{REQUEST}describe/", entries.RequestDescribe.as_view(), name="request_describe"),
    path(f"{STEP}correct/", entries.EntryCorrect.as_view(), name="entry_correct"),
    path(f"{STEP}take-back/", entries.EntryWithdraw.as_view(), name="entry_withdraw"),
    path(f"{REQUEST}hold/", holds.HoldBegin.as_view(), name="hold_begin"),
    path(f"{HOLD}end/", holds.HoldEnd.as_view(), name="hold_end"),
    path(f"{HOLD}correct/", holds.HoldCorrect.as_view(), name="hold_correct"),
    path(f"{HOLD}take-back/", holds.HoldWithdraw.as_view(), name="hold_withdraw"),
]

urlpatterns = [*own, *urls_resources.urlpatterns, *urls_forecast.urlpatterns]
