"""`manage.py serve`: the whole product by one command, on one machine."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command, get_commands

from oversight.console.processes import Child, Supervisor
from oversight.exchange.upload_handlers import FILES_AT_ONCE

DEFAULT_PORT = 8000
PORTS_TRIED = 10
# Of a whole request, as the web server stores it before the product sees it. Above what an upload may
# hold, with room for one file too many: that one gets the product's own sentence, more the server's.
MAX_BODY_BYTES = (FILES_AT_ONCE + 1) * settings.UPLOAD_MAX_BYTES + 16 * 1024 * 1024


class Command(BaseCommand):
    help = "Serves the product: web server, worker and scheduler, until Ctrl-C."
    # The children check; here it would only delay them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="localhost", help="Address to listen on.")
        parser.add_argument(
            "--port",
            type=int,
            default=None,
            help=f"Port; without it {DEFAULT_PORT} or the next free one.",
        )
        parser.add_argument("--threads", type=int, default=8, help="Requests served at the same time.")
        parser.add_argument("--migrate", action="store_true", help="First bring the database up to date.")
        parser.add_argument("--sample", action="store_true", help="Load sample data into an empty database.")

    def handle(self, *args: Any, **options: Any) -> None:
        port = free_port(options["host"], options["port"] or _port_from_environment())
        make_folders()
        environment = {**os.environ, "SECRET_KEY": secret_key()}
        if options["migrate"]:
            self.say("Bringing the database up to date ...")
            call_command("migrate", interactive=False, verbosity=0)
        if options["sample"]:
            self.load_sample()
        address = f"http://{options['host']}:{port}"
        status = Supervisor(
            commands(host=options["host"], port=port, threads=options["threads"]),
            environment=environment,
            say=self.say,
            is_ready=partial(answers, options["host"], port),
            ready=f"\nServing at {address}  (Ctrl-C stops)\n",
        ).run()
        if status:
            raise CommandError("Stopped.", returncode=status)
        self.say("Stopped.")

    def load_sample(self) -> None:
        """Sample data, when no list was ever imported; the command prints one sign-in per role."""
        # By name: this part knows no app.
        publications = apps.get_model("agreements", "Publication")
        if "load_sample" in get_commands() and not publications.objects.exists():
            call_command("load_sample", stdout=self.stdout, stderr=self.stderr)
            # Before the children write: what was said first is read first.
            self.stdout.flush()

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def commands(*, host: str, port: int, threads: int) -> list[Child]:
    """The three processes. One worker: the local queue is not safe for two readers."""
    celery = [sys.executable, "-m", "celery", "--app=oversight", "--quiet"]
    beat_schedule = settings.VAR_DIR / "beat-schedule"
    return [
        Child(
            "web server",
            [
                sys.executable,
                "-m",
                "waitress",
                f"--listen={host}:{port}",
                f"--threads={threads}",
                f"--max-request-body-size={MAX_BODY_BYTES}",
                "--ident=",
                "oversight.wsgi:application",
            ],
        ),
        Child(
            "worker",
            [
                *celery,
                "worker",
                "--concurrency=1",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                "--loglevel=WARNING",
            ],
        ),
        Child(
            "scheduler",
            [*celery, "beat", "--pidfile=", f"--schedule={beat_schedule}", "--loglevel=WARNING"],
        ),
    ]


def make_folders() -> None:
    """The folders that the product writes to, for this user only."""
    for folder in (
        settings.VAR_DIR,
        Path(settings.MEDIA_ROOT),
        settings.QUEUE_DIR,
        settings.VAR_DIR / "queue-control",
    ):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def secret_key() -> str:
    """SECRET_KEY from the environment, else the one kept in the var folder, made on first use."""
    given = os.environ.get("SECRET_KEY", "")
    if given:
        return given
    path = settings.VAR_DIR / "secret_key"
    if path.exists():
        kept = path.read_text().strip()
        if len(kept) < 50:
            raise CommandError(
                f"{path} is damaged. Remove it: a new one is made, and everybody signs in again."
            )
        return kept
    # Made with its final rights: at no moment can others read it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key


def free_port(host: str, wanted: int | None) -> int:
    """The port to serve on. Raises CommandError when the wanted one, or every one tried, is taken."""
    if wanted is not None:
        if not is_free(host, wanted):
            raise CommandError(
                f"Port {wanted} is taken by another program. Stop it, or choose another: --port N."
            )
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if is_free(host, port):
            return port
    last = DEFAULT_PORT + PORTS_TRIED - 1
    raise CommandError(f"The ports {DEFAULT_PORT} to {last} are all taken. Choose another: PORT=N make run.")


def is_free(host: str, port: int) -> bool:
    """Whether nothing listens there, on any address that the name stands for."""
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            # As the web server does: a port whose last connections are just closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    continue  # IPv6 is off
                return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether the web server accepts connections."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _port_from_environment() -> int | None:
    text = os.environ.get("PORT", "")
    if not text:
        return None
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CommandError(f"PORT is {text!r}. It must be a number from 1 to 65535.")
    return int(text)
