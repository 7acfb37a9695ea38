"""The first administrator of a server."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from oversight.access.actors import system
from oversight.access.services import administrator_create


class Command(BaseCommand):
    help = "Create an administrator. Asks for a password, or reads it from a pipe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        try:
            user = administrator_create(
                actor=system("create_administrator"), username=username, password=self._password()
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            f"{user.username} can sign in and manage users. Give people their roles under Administration."
        )

    def _password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        first = getpass.getpass("Password (12 characters or more): ")
        if first != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ. Nothing was created.")
        return first
