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

        register_fingerprint("trail", trail_fingerprint)
        register_measurements("exchange", jobs_measured)
        register_panels()

        from oversight.exchange.attention import register_items

        register_items()
