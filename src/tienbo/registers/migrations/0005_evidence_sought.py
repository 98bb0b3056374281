from django.db import migrations, models

SOUGHT = 2_000


def shorten(apps, schema_editor):
    """What records are searched by goes into an index, whose rows have a most."""
    records = apps.get_model("registers", "Record").objects.using(schema_editor.connection.alias)
    for record in records.annotate(length=models.functions.Length("words")).filter(length__gt=SOUGHT // 4):
        words = record.words.encode()[:SOUGHT].decode(errors="ignore")
        if words != record.words:
            records.filter(pk=record.pk).update(words=words)


class Migration(migrations.Migration):
    dependencies = [
        ("registers", "0004_evidence_books"),
    ]

    operations = [
        migrations.RunPython(shorten, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex(model_name="record", name="records_of_a_time"),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["kind", "withdrawn", "occurred_on", "id", "unit", "state", "words"], name="records_sought"
            ),
        ),
    ]
