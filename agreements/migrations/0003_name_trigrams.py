"""On PostgreSQL, searching names by a part of them or by a misspelling uses an index of trigrams.

Where the extension is not at hand or not allowed, searches scan instead, as on SQLite.
"""

from django.db import DatabaseError, migrations, transaction

INDEXES = {"agency_name_trgm": "agreements_agency", "alias_name_trgm": "agreements_agencyalias"}


def index_names(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return
    for name, table in INDEXES.items():
        # As Django writes icontains: UPPER(name::text) LIKE UPPER(…).
        schema_editor.execute(f"CREATE INDEX {name} ON {table} USING gin (UPPER(name::text) gin_trgm_ops)")


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("agreements", "0002_agreementstatus_replaced_at")]

    operations = [migrations.RunPython(index_names, drop_indexes)]
