"""ISAs repeat their last standing step, so that their list does not look through all steps of the nation."""

from django.db import migrations, models

BATCH = 5_000


def repeat_last_steps(apps, schema_editor):
    """From the steps that stand: neither corrected nor taken back."""
    Isa, IsaStep = (apps.get_model("itinstall", name) for name in ("Isa", "IsaStep"))
    standing = IsaStep.objects.filter(isa=models.OuterRef("pk"), is_withdrawal=False, corrected_by__isnull=True)
    last = standing.order_by("-sequence")
    isas = Isa.objects.filter(models.Exists(standing)).order_by("pk")
    keys = list(isas.values_list("pk", flat=True))
    for place in range(0, len(keys), BATCH):
        some = keys[place : place + BATCH]
        isas.filter(pk__gte=some[0], pk__lte=some[-1]).order_by().update(
            last_kind=models.Subquery(last.values("kind")[:1]),
            last_on=models.Subquery(last.values("on")[:1]),
        )


class Migration(migrations.Migration):
    dependencies = [
        ("itinstall", "0003_open_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="isa",
            name="last_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("drafted", "Drafted by ICE"),
                    ("sent", "Sent to the agency"),
                    ("agency_signed", "Signed by the agency’s Designated Accreditation Authority"),
                    ("returned", "Returned by the agency with questions"),
                    ("ice_signed", "Signed by ICE’s Chief Information Security Officer"),
                    ("ended", "Ended"),
                ],
                default="",
                help_text="The last step.",
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="isa",
            name="last_on",
            field=models.DateField(blank=True, help_text="Day of the last step.", null=True),
        ),
        migrations.RunPython(repeat_last_steps, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="isa",
            index=models.Index(fields=["last_on", "id"], name="isa_last_on_idx"),
        ),
        migrations.AddIndex(
            model_name="isa",
            index=models.Index(fields=["last_kind", "last_on", "id"], name="isa_last_kind_idx"),
        ),
    ]
