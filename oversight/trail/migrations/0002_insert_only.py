"""The trail can be added to and read, and nothing else."""

from django.db import migrations

from oversight.trail.triggers import append_only


class Migration(migrations.Migration):

    dependencies = [("trail", "0001_initial")]

    operations = [append_only("trail_trailentry")]
