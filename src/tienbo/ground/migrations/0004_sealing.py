"""The law of history on PostgreSQL in the function that compares rows and not their JSON: each is changed when it is
sealed. The laws of other tables, which change one row in a while, stay as they stand."""

from django.db import migrations

NAME = "history_is_never_rewritten"


def forward(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    history = apps.get_model("ground", "History")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = %s", [f"{NAME}_update"])
        if cursor.fetchone() is None:  # a new database, whose laws are written at the end
            return
    (law,) = (one for one in history._meta.constraints if one.name == NAME)
    table = schema_editor.quote_name(history._meta.db_table)
    for name, sql in law.trigger_sql(history, "postgresql").items():
        schema_editor.execute(f'DROP TRIGGER "{name}" ON {table}', None)
        schema_editor.execute(sql.replace("{table}", table), None)


class Migration(migrations.Migration):
    dependencies = [("ground", "0003_journal")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
