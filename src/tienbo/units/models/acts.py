"""Acts that redraw the map, what became of each unit by them, and what units measure.

History is added to, never rewritten: an act reaches a stage by a row, a wrong succession is withdrawn by a correction.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, Q

from tienbo.catalogue.definitions import Confidence
from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check, NoOverlap, ends_after_start
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import Nobodys
from tienbo.units.models.places import DATES, Dated, Unit

CITATION = ("title", "number", "issued_by", "adopted_on", "url", "source", "confidence")
"""What may be written into a recorded act later, when more of its text is known."""


class Reorganisation(models.Model):
    """A legal act on units, or a correction of what was recorded of such acts.

    What it does to a series is in its successions and its stages, which are never rewritten. The citation may be
    completed: a number that was not known is written in when it is.
    """

    class Kind(models.TextChoices):
        REARRANGE = "rearrange", N_("rearrangement")
        CREATE = "create", N_("establishment")
        ABOLISH = "abolish", N_("dissolution")
        MERGE = "merge", N_("merger")
        SPLIT = "split", N_("division")
        TRANSFER = "transfer", N_("adjustment of borders")
        RENAME = "rename", N_("renaming")
        RETYPE = "retype", N_("change of type")
        REPARENT = "reparent", N_("change of superior")
        LEVEL_ABOLISHED = "level_abolished", N_("abolition of a level")
        CORRECTION = "correction", N_("correction")

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    origin = models.CharField(
        max_length=80, blank=True, editable=False, help_text="What a list calls it, to find it again; else empty."
    )
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=300, help_text="In the words of the act.")
    number = models.CharField(max_length=60, blank=True, help_text="1683/NQ-UBTVQH15; empty while it is not known.")
    issued_by = models.CharField(max_length=120, blank=True)
    adopted_on = models.DateField(null=True, blank=True)
    url = models.URLField(blank=True)
    source = models.CharField(max_length=300, help_text="Where this was read.")
    confidence = models.CharField(max_length=12, default="unconfirmed", help_text="catalogue.definitions.Confidence")
    recorded_at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(
        C0="key origin kind title number issued_by adopted_on url source confidence recorded_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin"], condition=~Q(origin=""), name="a_list_declares_an_act_once"),
            Check(
                name="confidence_of_an_act_is_a_known_word",
                condition=Q(confidence__in=[one.value for one in Confidence]),
                violation_error_message=N_("How sure an act is has four words only."),
            ),
            AppendOnly(name="reorganisations_are_never_rewritten", may_change=CITATION),
        ]

    def __str__(self) -> str:
        return self.number or self.title

    @property
    def doubt(self) -> str:
        """What is to be known of how sure it is, as a message; "" for what was read in its text or a record of it."""
        if self.confidence == Confidence.INFERRED:
            return N_("inferred, to be confirmed")
        return N_("not checked against the original") if self.confidence in _UNSEEN else ""


_UNSEEN = (Confidence.UNCONFIRMED, Confidence.PARTLY)


class ReorganisationStage(models.Model):
    """How far an act has come. A plan that is adopted gets a second row and keeps its first, so that what was only
    planned on a day can still be told; only an act with a row `in_force` touches a series."""

    class Stage(models.TextChoices):
        PLANNED = "planned", N_("planned")
        ADOPTED = "adopted", N_("adopted")
        IN_FORCE = "in_force", N_("in force")

    reorganisation = models.ForeignKey(Reorganisation, on_delete=PROTECT, related_name="stages")
    stage = models.CharField(max_length=10, choices=Stage)
    effective_on = models.DateField(
        null=True, blank=True, help_text="The first day of its map; of a plan the day it names, if any."
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="reorganisation stage effective_on recorded_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reorganisation", "stage"], name="an_act_reaches_a_stage_once"),
            Check(
                name="an_act_in_force_has_a_day",
                condition=~Q(stage="in_force") | Q(effective_on__isnull=False),
                violation_error_message=N_("An act in force has the day it came into force."),
            ),
            AppendOnly(name="stages_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.reorganisation_id}: {self.stage}"


class ReorganisationSheet(models.Model):
    """The sheet by which somebody put an act on record: its bytes are in the file store, `did` is what it was shown to
    do before it was carried out."""

    reorganisation = models.ForeignKey(Reorganisation, on_delete=PROTECT, related_name="sheets")
    name = models.CharField(max_length=255, help_text="The file name it came under.")
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    actor = models.CharField(max_length=150)
    applied_at = models.DateTimeField(auto_now_add=True)
    did = models.JSONField()

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C1="reorganisation name sha256 size actor applied_at did")

    class Meta:
        constraints = [AppendOnly(name="sheets_of_acts_are_never_rewritten")]

    def __str__(self) -> str:
        return self.name


class Extent(models.TextChoices):
    """How much of a predecessor went to a successor, as the official table of 2025 tells it."""

    UNCHANGED = "unchanged", N_("the same unit goes on")
    WHOLE = "whole", N_("all of it")
    PART = "part", N_("a part")
    AREA_ONLY = "area_only", N_("a part of the area, no persons")
    AREA_PART_POP_ALL = "area_part_pop_all", N_("a part of the area, all persons")
    POP_PART = "pop_part", N_("a part of the persons, no area")
    AREA_ALL = "area_all", N_("all of the area")
    NONE = "none", N_("no successor")


class Succession(models.Model):
    """That an act put some of a unit into another. Without a successor: that the act ended the unit.

    `given_by` is the correction that added it later, `withdrawn_by` the one that found it wrong; what was known
    before either can still be asked. The official words may be written in later; they change no figure.
    """

    reorganisation = models.ForeignKey(Reorganisation, on_delete=PROTECT, related_name="successions")
    predecessor = models.ForeignKey(Unit, on_delete=PROTECT, related_name="went_to")
    successor = models.ForeignKey(Unit, on_delete=PROTECT, related_name="came_from", null=True, blank=True)
    extent = models.CharField(max_length=20, choices=Extent)
    words = models.CharField(max_length=300, blank=True, help_text="The official words, verbatim.")
    given_by = models.ForeignKey(Reorganisation, on_delete=PROTECT, related_name="gave", null=True, blank=True)
    withdrawn_by = models.ForeignKey(Reorganisation, on_delete=PROTECT, related_name="withdrew", null=True, blank=True)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(
        C0="reorganisation predecessor successor extent words given_by withdrawn_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reorganisation", "predecessor", "successor"],
                condition=Q(withdrawn_by__isnull=True),
                name="a_succession_stands_once",
            ),
            models.UniqueConstraint(
                fields=["reorganisation", "predecessor"],
                condition=Q(withdrawn_by__isnull=True, successor__isnull=True),
                name="a_unit_ends_once",
            ),
            Check(
                name="only_an_end_has_no_successor",
                condition=Q(extent="none", successor__isnull=True) | (~Q(extent="none") & Q(successor__isnull=False)),
                violation_error_message=N_("A succession has a successor; an end has none."),
            ),
            Check(
                name="only_the_same_unit_is_unchanged",
                condition=~Q(extent="unchanged") | Q(successor=models.F("predecessor")),
                violation_error_message=N_("Only the same unit goes on unchanged."),
            ),
            AppendOnly(name="successions_are_never_rewritten", may_change=("words", "withdrawn_by")),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} > {self.successor_id} ({self.extent})"


class SuccessionShare(models.Model):
    """What share of a predecessor went to the successor by a measure, where the extent alone does not tell it."""

    class Method(models.TextChoices):
        OFFICIAL = "official", N_("stated by the act or its project")
        CENSUS = "census", N_("counted")
        ESTIMATE = "estimate", N_("estimated")
        EQUAL = "equal", N_("divided equally")

    succession = models.ForeignKey(Succession, on_delete=PROTECT, related_name="shares")
    measure = models.CharField(max_length=30, help_text="population, area, households, members, …")
    low = models.DecimalField(max_digits=11, decimal_places=10)
    high = models.DecimalField(max_digits=11, decimal_places=10)
    share = models.DecimalField(
        max_digits=11, decimal_places=10, null=True, blank=True, help_text="The best estimate between the bounds."
    )
    method = models.CharField(max_length=10, choices=Method)
    source = models.CharField(max_length=300)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="succession measure low high share method source")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["succession", "measure"], name="one_share_by_a_measure"),
            Check(
                name="shares_lie_between_0_and_1",
                condition=Q(low__gte=0, high__lte=1, low__lte=models.F("high")),
                violation_error_message=N_("A share lies between 0 and 1, and its lower bound is not the higher."),
            ),
            Check(
                name="a_best_share_lies_within_its_bounds",
                condition=Q(share__isnull=True) | Q(share__gte=models.F("low"), share__lte=models.F("high")),
                violation_error_message=N_("The best estimate of a share lies between its bounds."),
            ),
            AppendOnly(name="shares_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.measure}: {self.low}–{self.high}"


class UnitQuantity(models.Model):
    """How much of something a unit had on a day: persons, km2. Sources that differ stand beside each other."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="quantities")
    measure = models.CharField(max_length=30)
    day = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4)
    source = models.CharField(max_length=300)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="unit measure day value source")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "measure", "day", "source"], name="a_source_gives_one_quantity"),
            Check(
                name="quantities_are_not_negative",
                condition=Q(value__gte=0),
                violation_error_message=N_("A quantity is not negative."),
            ),
            AppendOnly(name="quantities_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.measure} {self.value} ({self.day})"


class UnitPoint(models.Model):
    """A point that stands for a unit on a schematic (WGS 84, degrees). It says nothing about borders."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="points")
    latitude = models.DecimalField(max_digits=8, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    source = models.CharField(max_length=300)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="unit latitude longitude source")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "source"], name="a_source_gives_one_point"),
            Check(
                name="points_lie_on_the_earth",
                condition=Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                violation_error_message=N_("A point has a latitude and a longitude in degrees."),
            ),
            AppendOnly(name="points_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.latitude}, {self.longitude}"


class Body(Dated):
    """A committee, council or office of a unit: it lives and ends apart from the place it serves."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="bodies")
    kind = models.CharField(max_length=60, help_text='Dotted: "committee.advancement", "council".')
    name = models.CharField(max_length=200)
    founded_by = models.CharField(max_length=120, blank=True, help_text="The number of the decision, if known.")

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="key unit kind name founded_by valid_from valid_to")

    class Meta:
        constraints = [
            ends_after_start("body_ends_after_it_starts"),
            NoOverlap(
                name="one_body_of_a_kind_at_a_time",
                fields=("unit", "kind", "name"),
                violation_error_message=N_("The unit already has this body on some of these days."),
            ),
            AppendOnly(name="bodies_are_never_deleted", may_change=(*DATES, "founded_by")),
        ]

    def __str__(self) -> str:
        return self.name


class BodySuccession(models.Model):
    """What became of a body. Only `merged_into` and `replaced_by` hand a series on; its tasks do not."""

    class Kind(models.TextChoices):
        MERGED_INTO = "merged_into", N_("merged into another")
        REPLACED_BY = "replaced_by", N_("replaced by another")
        TASKS_TO = "tasks_to", N_("its tasks went to another")
        NONE = "none", N_("no successor")

    reorganisation = models.ForeignKey(Reorganisation, on_delete=PROTECT, related_name="body_successions")
    predecessor = models.ForeignKey(Body, on_delete=PROTECT, related_name="went_to")
    successor = models.ForeignKey(Body, on_delete=PROTECT, related_name="came_from", null=True, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="reorganisation predecessor successor kind")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reorganisation", "predecessor", "successor"], name="a_body_succession_stands_once"
            ),
            models.UniqueConstraint(
                fields=["reorganisation", "predecessor"],
                condition=Q(successor__isnull=True),
                name="a_body_ends_once",
            ),
            Check(
                name="only_an_ended_body_has_no_successor",
                condition=Q(kind="none", successor__isnull=True) | (~Q(kind="none") & Q(successor__isnull=False)),
                violation_error_message=N_("A succession has a successor; an end has none."),
            ),
            AppendOnly(name="body_successions_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} > {self.successor_id} ({self.kind})"
