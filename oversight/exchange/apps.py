"""Jobs, imports and exports."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "oversight.exchange"
    label = "exchange"

    def ready(self) -> None:
        from oversight.console.telemetry import register_measurements
        from oversight.exchange import packages  # noqa: F401  its job kind registers itself
        from oversight.exchange.backup import register_fingerprint
        from oversight.exchange.backup.fingerprints import trail_fingerprint
        from oversight.exchange.measurements import jobs_measured
        from oversight.exchange.operations import register_panels
        from oversight.exchange.records import tasks  # noqa: F401  the same

        register_fingerprint("trail", trail_fingerprint)
        register_measurements("exchange", jobs_measured)
        register_panels()

        from oversight.exchange.attention import register_items

        register_items()

        from oversight.console.navigation import register_nav

        register_nav(
            key="record-imports", label="Spreadsheet imports", url_name="exchange:record_file_list",
            action="record_imports.view", order=12, group="more", current=("exchange:record",),
        )  # fmt: skip
