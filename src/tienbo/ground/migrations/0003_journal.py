"""History written by triggers, and the chained journal over it."""

from django.db import migrations, models

import tienbo.ground.constraints
import tienbo.ground.history


def forward(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(tienbo.ground.history.POSTGRESQL_FUNCTION, None)


def backward(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {tienbo.ground.history.FUNCTION}() CASCADE", None)


class Migration(migrations.Migration):
    dependencies = [
        ("ground", "0002_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="History",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tx", models.CharField(help_text="When its transaction began (UTC) and which it was.", max_length=64)),
                ("person", models.CharField(max_length=150)),
                ("door", models.CharField(help_text="The page, command or job.", max_length=120)),
                ("table_name", models.CharField(help_text="Of a note: what kind of note.", max_length=63)),
                ("row_id", models.BigIntegerField()),
                (
                    "op",
                    models.CharField(
                        choices=[
                            ("I", "added"),
                            ("U", "changed"),
                            ("D", "taken out"),
                            ("N", "done"),
                            ("B", "recorded from here on"),
                        ],
                        max_length=1,
                    ),
                ),
                ("before", models.TextField(null=True)),
                ("after", models.TextField(null=True)),
                (
                    "event",
                    models.BigIntegerField(
                        help_text="The event that bears it out; not yet for a second or so.", null=True
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("event__isnull", True)), fields=["tx"], name="history_without_event"
                    ),
                    models.Index(
                        condition=models.Q(("event__isnull", False)), fields=["event", "id"], name="history_by_event"
                    ),
                ],
                "constraints": [
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("event",), name="history_is_never_rewritten", violation_error_code="append_only"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("events", models.BigIntegerField()),
                ("rows", models.BooleanField(help_text="Whether every row was held against its history too.")),
                ("found", models.JSONField(default=list, help_text="Faults, as JSON; none where it holds.")),
                ("by", models.CharField(max_length=150)),
            ],
            options={
                "constraints": [
                    tienbo.ground.constraints.AppendOnly(
                        name="verifications_are_never_rewritten", violation_error_code="append_only"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalEvent",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("tx", models.CharField(db_index=True, max_length=64)),
                ("person", models.CharField(max_length=150)),
                ("door", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=40)),
                ("tables", models.CharField(max_length=400)),
                ("rows", models.PositiveIntegerField()),
                ("digest", models.CharField(help_text="SHA-256 over its rows of history.", max_length=64)),
                (
                    "hash",
                    models.CharField(help_text="SHA-256 over the hash before and all of the above.", max_length=64),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "seq"], name="journal_by_kind")],
                "constraints": [
                    tienbo.ground.constraints.AppendOnly(
                        name="the_journal_is_never_rewritten", violation_error_code="append_only"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalMention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.BigIntegerField()),
                ("what", models.CharField(help_text="unit:12 (row id), person:name", max_length=170)),
            ],
            options={
                "indexes": [models.Index(fields=["what", "event"], name="journal_by_mention")],
            },
        ),
        migrations.CreateModel(
            name="BackupAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[("made", "made"), ("verified", "verified"), ("restored", "restored from")],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(help_text="Of the file.", max_length=255)),
                ("size", models.BigIntegerField()),
                ("found", models.JSONField(default=list, help_text="Faults, as JSON; none where it is whole.")),
                ("by", models.CharField(max_length=150)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    tienbo.ground.constraints.AppendOnly(
                        name="acts_on_backups_are_never_rewritten", violation_error_code="append_only"
                    )
                ],
            },
        ),
        migrations.RunPython(forward, backward),
    ]
