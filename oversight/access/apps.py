"""People: roles, scope, sign-in."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "oversight.access"
    label = "access"
