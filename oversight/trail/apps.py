"""History of every change."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class TrailConfig(AppConfig):
    name = "oversight.trail"
    label = "trail"

    def ready(self) -> None:
        from oversight.console.lists import register_list
        from oversight.trail import grants, triggers
        from oversight.trail.lists import TRAIL
        from oversight.trail.models import TrailEntry

        triggers.protect(TrailEntry)
        register_list(TRAIL)
        # For every app, each with its own tables; grants come last in each round and are idempotent.
        post_migrate.connect(triggers.reinstall, dispatch_uid="trail.triggers")
        post_migrate.connect(grants.grant_to_app_role, dispatch_uid="trail.grants")
        checks.register(triggers.check_installed, checks.Tags.database)
