"""Records are counted by a small index: whether they count and how they stand stand in it beside unit and day."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registers", "0012_who_acted")]

    operations = [
        migrations.RemoveIndex(model_name="record", name="records_of_a_unit"),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["kind", "unit", "occurred_on", "withdrawn", "state"], name="records_of_a_unit"),
        ),
    ]
