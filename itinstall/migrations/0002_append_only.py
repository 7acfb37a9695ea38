"""Histories of requests, holds and ISAs can be added to and read, and nothing else."""

from django.db import migrations

from oversight.trail.triggers import append_only


class Migration(migrations.Migration):

    dependencies = [("itinstall", "0001_initial")]

    operations = [
        append_only("itinstall_stagetransition"),
        append_only("itinstall_hold"),
        append_only("itinstall_isastep"),
    ]
