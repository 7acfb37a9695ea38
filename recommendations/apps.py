"""Audit reports and their recommendations."""

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"
