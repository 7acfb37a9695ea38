"""Addresses of what installations take: sites, ISAs, equipment, installers, policy."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
