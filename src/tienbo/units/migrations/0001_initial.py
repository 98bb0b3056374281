import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tienbo.ground.constraints


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("ground", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(help_text="The first day.")),
                (
                    "valid_to",
                    models.DateField(
                        blank=True, help_text="The first day no more (paper: đến hết ngày before).", null=True
                    ),
                ),
                ("key", models.CharField(editable=False, max_length=40, unique=True)),
                ("kind", models.CharField(help_text='Dotted: "commune", "department.health".', max_length=60)),
                (
                    "begin_is_known",
                    models.BooleanField(
                        default=True,
                        help_text="False: valid_from is only the first day a source shows the unit, and may move back.",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind"], name="unit_by_kind")],
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="unit_ends_after_it_starts",
                        violation_error_message="The end must be after the start.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("valid_from", "valid_to", "begin_is_known"),
                        name="units_are_never_deleted",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitsVersion",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("token", models.CharField(max_length=40)),
            ],
            options={
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(("id", 1)),
                        name="there_is_one_units_version",
                        violation_error_message="There is only one version of the units.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(help_text="The first day.")),
                (
                    "valid_to",
                    models.DateField(
                        blank=True, help_text="The first day no more (paper: đến hết ngày before).", null=True
                    ),
                ),
                ("line", models.CharField(default="administrative", max_length=20)),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="placed_under", to="units.unit"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="placements", to="units.unit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="placement_ends_after_it_starts",
                        violation_error_message="The end must be after the start.",
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(("unit", models.F("parent")), _negated=True),
                        name="no_unit_is_its_own_parent",
                        violation_error_message="A unit cannot be placed under itself.",
                    ),
                    tienbo.ground.constraints.NoOverlap(
                        fields=("unit", "line"),
                        name="one_parent_at_a_time",
                        violation_error_code="overlap",
                        violation_error_message="The unit already has a parent on some of these days.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("valid_from", "valid_to"),
                        name="placements_are_never_rewritten",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(help_text="The first day.")),
                (
                    "valid_to",
                    models.DateField(
                        blank=True, help_text="The first day no more (paper: đến hết ngày before).", null=True
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("preparer", "Person who prepares the return"),
                            ("head", "Head of the unit"),
                            ("office", "Standing office"),
                            ("chair", "Chair or vice chair of the committee"),
                            ("inspector", "Inspector"),
                            ("administrator", "Administrator"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="units.unit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="grant_ends_after_it_starts",
                        violation_error_message="The end must be after the start.",
                    ),
                    tienbo.ground.constraints.NoOverlap(
                        fields=("user", "unit", "role"),
                        name="one_grant_of_a_role_at_a_time",
                        violation_error_code="overlap",
                        violation_error_message="The person already has this role at the unit on some of these days.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("valid_from", "valid_to"),
                        name="grants_are_never_rewritten",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(help_text="The first day.")),
                (
                    "valid_to",
                    models.DateField(
                        blank=True, help_text="The first day no more (paper: đến hết ngày before).", null=True
                    ),
                ),
                ("scheme", models.CharField(max_length=30)),
                ("code", models.CharField(max_length=60)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="codes", to="units.unit"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["scheme", "code"], name="unit_by_code")],
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="code_ends_after_it_starts",
                        violation_error_message="The end must be after the start.",
                    ),
                    tienbo.ground.constraints.NoOverlap(
                        fields=("scheme", "code"),
                        name="one_holder_of_a_code_at_a_time",
                        violation_error_code="overlap",
                        violation_error_message="Another unit holds this code on some of these days.",
                    ),
                    tienbo.ground.constraints.NoOverlap(
                        fields=("unit", "scheme"),
                        name="one_code_per_scheme_at_a_time",
                        violation_error_code="overlap",
                        violation_error_message="The unit already has a code in this scheme on some of these days.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("valid_from", "valid_to"),
                        name="codes_are_never_rewritten",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(help_text="The first day.")),
                (
                    "valid_to",
                    models.DateField(
                        blank=True, help_text="The first day no more (paper: đến hết ngày before).", null=True
                    ),
                ),
                ("lang", models.CharField(default="vi", max_length=8)),
                ("text", models.CharField(help_text="The full official name.", max_length=200)),
                (
                    "word",
                    models.CharField(
                        blank=True, help_text="The type word the name begins with, if any.", max_length=40
                    ),
                ),
                (
                    "search",
                    models.CharField(
                        editable=False, help_text="The bare name, folded (core.words.fold).", max_length=200
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="names", to="units.unit"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["search"], name="name_by_search")],
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="name_ends_after_it_starts",
                        violation_error_message="The end must be after the start.",
                    ),
                    tienbo.ground.constraints.NoOverlap(
                        fields=("unit", "lang"),
                        name="one_name_at_a_time",
                        violation_error_code="overlap",
                        violation_error_message="The unit already has a name in this language on some of these days.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("valid_from", "valid_to"),
                        name="names_are_never_rewritten",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
    ]
