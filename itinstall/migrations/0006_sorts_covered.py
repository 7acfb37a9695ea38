from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0006_doubles_found"),
        ("itinstall", "0005_sites_counted"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="installationrequest",
            index=models.Index(
                fields=["policy", "agreement", "closed_on", "hold", "stage_on", "site", "priority"],
                name="itrequest_sorts_idx",
            ),
        ),
    ]
