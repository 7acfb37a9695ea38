"""Shared page parts, home page, search, saved views."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "oversight.console"
    label = "console"

    def ready(self) -> None:
        from oversight.console.navigation import register_nav
        from oversight.console.operations import register_machinery

        register_machinery()

        from django.db.models.signals import post_migrate

        from oversight.console.attention import (
            limits_load,
            register_attention_panel,
            register_own_items,
        )
        from oversight.console.changes_export import register_changes_export

        register_changes_export()
        register_attention_panel()
        register_own_items()
        post_migrate.connect(limits_load, sender=self)

        register_nav(key="home", label="Home", url_name="console:home", action="aggregates.view", order=0)
        register_nav(
            key="attention", label="Attention", url_name="console:attention",
            action="aggregates.view", order=1,
        )  # fmt: skip
        register_nav(
            key="changes", label="Changes", url_name="console:changes", action="aggregates.view",
            order=2, current=("console:changes",),
        )  # fmt: skip
        register_nav(
            key="exports", label="Exports", url_name="exchange:export_list", action="export.create",
            order=10, group="more", current=("exchange:export",),
        )  # fmt: skip
        register_nav(
            key="trail", label="History", url_name="trail:entry_list", action="trail.view",
            order=20, group="more", current=("trail:",),
        )  # fmt: skip
        register_nav(
            key="views", label="Saved views", url_name="console:view_list", action="views.save",
            order=30, group="more", current=("console:view",),
        )  # fmt: skip
        register_nav(
            key="operations", label="Operations", url_name="console:operations", action="operations.manage",
            order=45, group="more", administrators_only=True,
        )  # fmt: skip
        register_nav(
            key="account", label="Account", url_name="access:account", action="account.manage",
            order=40, group="more", current=("access:",),
        )  # fmt: skip
        register_nav(
            key="admin", label="Administration", url_name="admin:index", action="reference.change",
            order=50, group="more",
        )  # fmt: skip
