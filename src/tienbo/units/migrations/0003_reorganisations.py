import django.db.models.deletion
from django.db import migrations, models

import tienbo.ground.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("units", "0002_guests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reorganisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=40, unique=True)),
                (
                    "origin",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="What a list calls it, to find it again; else empty.",
                        max_length=80,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rearrange", "rearrangement"),
                            ("create", "establishment"),
                            ("abolish", "dissolution"),
                            ("merge", "merger"),
                            ("split", "division"),
                            ("transfer", "adjustment of borders"),
                            ("rename", "renaming"),
                            ("retype", "change of type"),
                            ("reparent", "change of superior"),
                            ("level_abolished", "abolition of a level"),
                            ("correction", "correction"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(help_text="In the words of the act.", max_length=300)),
                (
                    "number",
                    models.CharField(
                        blank=True, help_text="1683/NQ-UBTVQH15; empty while it is not known.", max_length=60
                    ),
                ),
                ("issued_by", models.CharField(blank=True, max_length=120)),
                ("adopted_on", models.DateField(blank=True, null=True)),
                ("url", models.URLField(blank=True)),
                ("source", models.CharField(help_text="Where this was read.", max_length=300)),
                (
                    "confidence",
                    models.CharField(
                        default="unconfirmed", help_text="catalogue.definitions.Confidence", max_length=12
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("origin", ""), _negated=True),
                        fields=("origin",),
                        name="a_list_declares_an_act_once",
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(("confidence__in", ["confirmed", "partly", "inferred", "unconfirmed"])),
                        name="confidence_of_an_act_is_a_known_word",
                        violation_error_message="How sure an act is has four words only.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("title", "number", "issued_by", "adopted_on", "url", "source", "confidence"),
                        name="reorganisations_are_never_rewritten",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReorganisationStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reorganisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stages", to="units.reorganisation"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[("planned", "planned"), ("adopted", "adopted"), ("in_force", "in force")],
                        max_length=10,
                    ),
                ),
                (
                    "effective_on",
                    models.DateField(
                        blank=True, help_text="The first day of its map; of a plan the day it names, if any.", null=True
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("reorganisation", "stage"), name="an_act_reaches_a_stage_once"),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            models.Q(("stage", "in_force"), _negated=True),
                            ("effective_on__isnull", False),
                            _connector="OR",
                        ),
                        name="an_act_in_force_has_a_day",
                        violation_error_message="An act in force has the day it came into force.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        name="stages_are_never_rewritten", violation_error_code="append_only"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Succession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reorganisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successions",
                        to="units.reorganisation",
                    ),
                ),
                (
                    "predecessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="went_to", to="units.unit"
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="came_from",
                        to="units.unit",
                    ),
                ),
                (
                    "extent",
                    models.CharField(
                        choices=[
                            ("unchanged", "the same unit goes on"),
                            ("whole", "all of it"),
                            ("part", "a part"),
                            ("area_only", "a part of the area, no persons"),
                            ("area_part_pop_all", "a part of the area, all persons"),
                            ("pop_part", "a part of the persons, no area"),
                            ("area_all", "all of the area"),
                            ("none", "no successor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("words", models.CharField(blank=True, help_text="The official words, verbatim.", max_length=300)),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gave",
                        to="units.reorganisation",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrew",
                        to="units.reorganisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_by__isnull", True)),
                        fields=("reorganisation", "predecessor", "successor"),
                        name="a_succession_stands_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("successor__isnull", True), ("withdrawn_by__isnull", True)),
                        fields=("reorganisation", "predecessor"),
                        name="a_unit_ends_once",
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            models.Q(("extent", "none"), ("successor__isnull", True)),
                            models.Q(models.Q(("extent", "none"), _negated=True), ("successor__isnull", False)),
                            _connector="OR",
                        ),
                        name="only_an_end_has_no_successor",
                        violation_error_message="A succession has a successor; an end has none.",
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            models.Q(("extent", "unchanged"), _negated=True),
                            ("successor", models.F("predecessor")),
                            _connector="OR",
                        ),
                        name="only_the_same_unit_is_unchanged",
                        violation_error_message="Only the same unit goes on unchanged.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("words", "withdrawn_by"),
                        name="successions_are_never_rewritten",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SuccessionShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "succession",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="units.succession"
                    ),
                ),
                ("measure", models.CharField(help_text="population, area, households, members, …", max_length=30)),
                ("low", models.DecimalField(decimal_places=10, max_digits=11)),
                ("high", models.DecimalField(decimal_places=10, max_digits=11)),
                (
                    "share",
                    models.DecimalField(
                        blank=True,
                        decimal_places=10,
                        help_text="The best estimate between the bounds.",
                        max_digits=11,
                        null=True,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("official", "stated by the act or its project"),
                            ("census", "counted"),
                            ("estimate", "estimated"),
                            ("equal", "divided equally"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("succession", "measure"), name="one_share_by_a_measure"),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(("high__lte", 1), ("low__gte", 0), ("low__lte", models.F("high"))),
                        name="shares_lie_between_0_and_1",
                        violation_error_message="A share lies between 0 and 1, and its lower bound is not the higher.",
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("share__isnull", True),
                            models.Q(("share__gte", models.F("low")), ("share__lte", models.F("high"))),
                            _connector="OR",
                        ),
                        name="a_best_share_lies_within_its_bounds",
                        violation_error_message="The best estimate of a share lies between its bounds.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        name="shares_are_never_rewritten", violation_error_code="append_only"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitQuantity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quantities", to="units.unit"
                    ),
                ),
                ("measure", models.CharField(max_length=30)),
                ("day", models.DateField()),
                ("value", models.DecimalField(decimal_places=4, max_digits=18)),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "measure", "day", "source"), name="a_source_gives_one_quantity"
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(("value__gte", 0)),
                        name="quantities_are_not_negative",
                        violation_error_message="A quantity is not negative.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        name="quantities_are_never_rewritten", violation_error_code="append_only"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="points", to="units.unit"
                    ),
                ),
                ("latitude", models.DecimalField(decimal_places=6, max_digits=8)),
                ("longitude", models.DecimalField(decimal_places=6, max_digits=9)),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "source"), name="a_source_gives_one_point"),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("latitude__gte", -90),
                            ("latitude__lte", 90),
                            ("longitude__gte", -180),
                            ("longitude__lte", 180),
                        ),
                        name="points_lie_on_the_earth",
                        violation_error_message="A point has a latitude and a longitude in degrees.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        name="points_are_never_rewritten", violation_error_code="append_only"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Body",
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
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bodies", to="units.unit"
                    ),
                ),
                ("kind", models.CharField(help_text='Dotted: "committee.advancement", "council".', max_length=60)),
                ("name", models.CharField(max_length=200)),
                (
                    "founded_by",
                    models.CharField(blank=True, help_text="The number of the decision, if known.", max_length=120),
                ),
            ],
            options={
                "constraints": [
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="body_ends_after_it_starts",
                        violation_error_message="The end must be after the start.",
                    ),
                    tienbo.ground.constraints.NoOverlap(
                        fields=("unit", "kind", "name"),
                        name="one_body_of_a_kind_at_a_time",
                        violation_error_code="overlap",
                        violation_error_message="The unit already has this body on some of these days.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        may_change=("valid_from", "valid_to", "founded_by"),
                        name="bodies_are_never_deleted",
                        violation_error_code="append_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BodySuccession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reorganisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="body_successions",
                        to="units.reorganisation",
                    ),
                ),
                (
                    "predecessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="went_to", to="units.body"
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="came_from",
                        to="units.body",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("merged_into", "merged into another"),
                            ("replaced_by", "replaced by another"),
                            ("tasks_to", "its tasks went to another"),
                            ("none", "no successor"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reorganisation", "predecessor", "successor"), name="a_body_succession_stands_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("successor__isnull", True)),
                        fields=("reorganisation", "predecessor"),
                        name="a_body_ends_once",
                    ),
                    tienbo.ground.constraints.Check(
                        condition=models.Q(
                            models.Q(("kind", "none"), ("successor__isnull", True)),
                            models.Q(models.Q(("kind", "none"), _negated=True), ("successor__isnull", False)),
                            _connector="OR",
                        ),
                        name="only_an_ended_body_has_no_successor",
                        violation_error_message="A succession has a successor; an end has none.",
                    ),
                    tienbo.ground.constraints.AppendOnly(
                        name="body_successions_are_never_rewritten", violation_error_code="append_only"
                    ),
                ],
            },
        ),
    ]
