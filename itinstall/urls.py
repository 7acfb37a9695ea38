"""Addresses of IT installations; those of sites, installers and other resources are in urls_resources."""

from __future__ import annotations

from django.urls import URLPattern

from itinstall import urls_resources

app_name = "itinstall"

own: list[URLPattern] = []

urlpatterns = [*own, *urls_resources.urlpatterns]
