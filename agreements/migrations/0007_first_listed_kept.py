"""Agencies keep the day they were first listed: a sort by it read every printed row."""

from collections import defaultdict

from django.db import migrations, models
from django.db.models import Min


def date_the_agencies(apps, schema_editor):
    """From the lists that are kept: by an agency's spellings, and by its own keys and those joined to it."""
    Agency, AgencyAlias, Observation = (
        apps.get_model("agreements", name) for name in ("Agency", "AgencyAlias", "Observation")
    )
    found = defaultdict(list)
    spellings = AgencyAlias.objects.filter(first_publication__kind="participating").order_by()
    for agency, day in spellings.values_list("agency").annotate(day=Min("first_publication__published_on")):
        found[agency].append(day)
    printed = Observation.objects.filter(publication__kind="participating").order_by()
    keys = printed.values_list("printed_row__state_code", "printed_row__canonical")
    by_key = {
        (state, name): day for state, name, day in keys.annotate(day=Min("publication__published_on"))
    }
    for agency in Agency.objects.only("pk", "merged_into_id", "key_state", "key_name").iterator():
        if (agency.key_state, agency.key_name) in by_key:
            day = by_key[agency.key_state, agency.key_name]
            found[agency.pk].append(day)
            if agency.merged_into_id is not None:
                found[agency.merged_into_id].append(day)
    dated = [Agency(pk=pk, first_listed_on=min(days)) for pk, days in found.items()]
    Agency.objects.bulk_update(dated, ["first_listed_on"], batch_size=500)


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
