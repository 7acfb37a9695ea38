"""Agencies keep the day they were first listed: a sort by it read every printed row."""

from datetime import date

from django.db import migrations, models
from django.db.models import DateField, F, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Least, NullIf


def date_the_agencies(apps, schema_editor):
    """From the lists that are kept: by an agency's spellings, and by its own keys and those joined to it."""
    Agency, AgencyAlias, Observation = (
        apps.get_model("agreements", name) for name in ("Agency", "AgencyAlias", "Observation")
    )
    never = Value(date.max, output_field=DateField())
    day = "first_publication__published_on"
    spellings = AgencyAlias.objects.filter(agency=OuterRef("pk"), first_publication__kind="participating")
    rows = Observation.objects.filter(
        publication__kind="participating",
        printed_row__state_code=OuterRef("key_state"),
        printed_row__canonical=OuterRef("key_name"),
    )
    first = rows.order_by().values("printed_row__canonical").annotate(on=Min("publication__published_on"))
    keys = Agency.objects.filter(Q(pk=OuterRef("pk")) | Q(merged_into=OuterRef("pk")))
    by_key = keys.annotate(on=Subquery(first.values("on"))).order_by(F("on").asc(nulls_last=True))
    ways = (spellings.order_by(day).values(day)[:1], by_key.values("on")[:1])
    earliest = Least(*(Coalesce(Subquery(way), never, output_field=DateField()) for way in ways))
    Agency.objects.update(first_listed_on=NullIf(earliest, never, output_field=DateField()))


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0006_doubles_found"),
    ]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="first_listed_on",
            field=models.DateField(
                help_text="Day of the first participating list that printed one of its names.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="agency",
            index=models.Index(fields=["first_listed_on", "id"], name="agency_first_listed_idx"),
        ),
        migrations.RunPython(date_the_agencies, migrations.RunPython.noop),
    ]
