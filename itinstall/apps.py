"""Sites and IT installations."""

from django.apps import AppConfig


class ItinstallConfig(AppConfig):
    name = "itinstall"
