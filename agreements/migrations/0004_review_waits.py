"""Since when questions wait. Of those that wait today it is known; of others it was never written down."""

import django.db.models.deletion
from django.db import migrations, models


def write_down_what_waits(apps, schema_editor):
    Decision, ReviewWait = (apps.get_model("agreements", name) for name in ("Decision", "ReviewWait"))
    waiting = Decision.objects.filter(state__in=["open", "later"], is_standing=True).order_by("pk")
    ReviewWait.objects.bulk_create(
        [ReviewWait(decision_id=pk, begins_at=at) for pk, at in waiting.values_list("pk", "created_at")],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0003_name_trigrams"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewWait",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waits",
                        to="agreements.decision",
                    ),
                ),
            ],
            options={
                "ordering": ["begins_at", "pk"],
                "indexes": [models.Index(fields=["ends_at", "begins_at"], name="reviewwait_span_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ends_at__isnull", True)),
                        fields=("decision",),
                        name="agreements_reviewwait_one_open",
                    )
                ],
            },
        ),
        migrations.RunPython(write_down_what_waits, migrations.RunPython.noop),
    ]
