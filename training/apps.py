"""Designated Immigration Officers and their training."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
