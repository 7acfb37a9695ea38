"""Addresses of forecasts."""

from django.urls import path

from itinstall.views import forecasts

urlpatterns = [
    path("installations/forecast/", forecasts.ForecastPage.as_view(), name="forecast"),
    path("installations/forecast/compute/", forecasts.ForecastCompute.as_view(), name="forecast_compute"),
    path("installations/forecast/new/", forecasts.WhatIfCreate.as_view(), name="forecast_ask"),
    path("installations/forecast/backtest/", forecasts.BacktestPage.as_view(), name="forecast_backtest"),
    path("installations/forecast/<int:pk>/", forecasts.ForecastDetail.as_view(), name="forecast_detail"),
]
