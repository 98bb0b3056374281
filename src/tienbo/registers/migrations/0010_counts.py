"""One index of what records count for answers what happened in a half-year and what stood at its end."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registers", "0009_own_kinds")]

    operations = [
        migrations.RemoveIndex(model_name="recordmeasure", name="counts_of_a_unit"),
        migrations.RemoveIndex(model_name="recordmeasure", name="stocks_of_a_unit"),
        migrations.AddIndex(
            model_name="recordmeasure",
            index=models.Index(
                fields=["unit", "until_code", "period_code", "series", "value"], name="counts_of_a_unit_on"
            ),
        ),
    ]
