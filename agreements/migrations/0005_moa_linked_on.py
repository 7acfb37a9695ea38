"""Since when an agreement's memorandum is linked, so that figures of past days do not follow today's links."""

from django.db import migrations, models


def date_the_links(apps, schema_editor):
    """From the lists that are kept: the day of the first one that links a memorandum."""
    Agreement, PrintedRow = (apps.get_model("agreements", name) for name in ("Agreement", "PrintedRow"))
    linked = PrintedRow.objects.filter(agreement=models.OuterRef("pk")).exclude(moa_url="").order_by()
    first = linked.values("agreement").annotate(day=models.Min("observations__publication__published_on"))
    Agreement.objects.update(moa_linked_on=models.Subquery(first.values("day")))


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0004_review_waits"),
    ]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="moa_linked_on",
            field=models.DateField(
                help_text="Day of the first list that linked an MOA. Empty: none did.", null=True
            ),
        ),
        migrations.RunPython(date_the_links, migrations.RunPython.noop),
    ]
