"""PostgreSQL: what the role of the web and worker processes may do, when it is not the tables' owner.

`DATABASE_APP_ROLE` names that role. Everything but the definition of tables is theirs, except that
insert-only tables can only be read and added to. Set again after every `migrate`.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections, transaction

from oversight.trail.triggers import protected_models

__all__ = ["grant_to_app_role"]


def grant_to_app_role(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After `migrate`: grants on every table, then takes back on the insert-only ones.

    Django tells each app once, when all tables are there; one round, at this app's turn, is enough.
    """
    if sender.label != "trail":
        return
    connection = connections[using]
    role = settings.DATABASE_APP_ROLE
    if not role or connection.vendor != "postgresql":
        return
    name = connection.ops.quote_name(role)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {name}",
    ]
    tables = set(connection.introspection.table_names())
    statements += [
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {connection.ops.quote_name(model._meta.db_table)} FROM {name}"
        for model in protected_models()
        if model._meta.db_table in tables
    ]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
