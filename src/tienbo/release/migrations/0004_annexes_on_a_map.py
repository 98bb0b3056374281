from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("release", "0003_ad_hoc_rounds"),
    ]

    operations = [
        migrations.AddField(
            model_name="roundfilled",
            name="map_day",
            field=models.DateField(help_text="On whose units all figures are; null for each period's own.", null=True),
        ),
        migrations.AddField(
            model_name="roundfilled",
            name="map_note",
            field=models.TextField(
                blank=True, default="", help_text="What is to be known of recast figures, by lines."
            ),
            preserve_default=False,
        ),
    ]
