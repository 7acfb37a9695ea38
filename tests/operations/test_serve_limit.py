"""The embedded web server stores no more of a request than the product would take."""

from __future__ import annotations

from django.conf import settings
from waitress.adjustments import Adjustments

from oversight.console.management.commands.serve import commands
from oversight.exchange.upload_handlers import FILES_AT_ONCE


def test_the_web_server_refuses_bodies_that_no_upload_needs() -> None:
    web = next(child for child in commands(host="localhost", port=8123, threads=2) if "web" in child.name)
    arguments = web.command[web.command.index("waitress") + 1 :]
    limit = Adjustments.parse_args(arguments)[0]["max_request_body_size"]
    largest = FILES_AT_ONCE * settings.UPLOAD_MAX_BYTES
    assert largest < int(limit) <= 2 * largest
