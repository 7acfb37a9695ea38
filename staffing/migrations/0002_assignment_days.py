"""Assignments that began or ended between two days are found without reading all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staffing", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="assignment", index=models.Index(fields=["valid_from"], name="assignment_from_idx")
        ),
        migrations.AddIndex(
            model_name="assignment", index=models.Index(fields=["valid_to"], name="assignment_to_idx")
        ),
    ]
