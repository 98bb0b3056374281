"""Elections: constituencies, lists by stage, results by round. Counts by sex only: no candidate, no vote.

Every figure has its source. Sources that differ are both kept; what a figure was printed as a share is kept beside it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, F, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import OfParent, OfUnit
from tienbo.posts.figures import ALL_ROUNDS
from tienbo.posts.models import CODE
from tienbo.posts.telling import TOLD, WITHDRAWAL, Told
from tienbo.units.models import Unit


class Stage(models.TextChoices):
    """Where a list stands, in the order of the law. Figures of different stages are no trend."""

    PROPOSED = "proposed", N_("proposed")
    CONSULT_1 = "consult_1", N_("after the first consultation")
    CONSULT_2 = "consult_2", N_("after the second consultation")
    CONSULT_3 = "consult_3", N_("after the third consultation")
    OFFICIAL = "official", N_("official list")
    CHANGED = "changed", N_("official list as changed")


class Nominated(models.TextChoices):
    """By whom the counted candidates were nominated; blank: all of them."""

    ALL = "", N_("all candidates")
    CENTRAL = "central", N_("nominated centrally")
    LOCAL = "local", N_("nominated locally")
    SELF = "self", N_("self-nominated")
    LOCAL_SELF = "local_self", N_("nominated locally or by themselves")


class Election(models.Model):
    """Cuộc bầu cử of deputies. `kind` is a code of the pack (`election_kinds`). Between `closed_from` (the
    consultations begin) and `closed_to` (the result is there) its pages are shut, but to who enters its figures."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    kind = models.CharField(max_length=CODE)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="elections", help_text="Whose election it is.")
    term = models.CharField(max_length=CODE, help_text='The term it is for: "XV", "2021-2026".')
    day = models.DateField(help_text="Election day; its units are those of this day.")
    closed_from = models.DateField(null=True, blank=True, help_text="The first day of the consultations.")
    closed_to = models.DateField(null=True, blank=True, help_text="The day of the result: the first day open again.")
    source = models.CharField(max_length=300)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit", sort="posts")
    sensitivity: ClassVar[Classes] = classes(C1="key kind unit term day closed_from closed_to source made_by made_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "unit", "day"], name="one_election_of_a_kind_on_a_day"),
            Check(
                name="an_election_opens_after_it_closed",
                condition=Q(closed_to__isnull=True) | Q(closed_from__isnull=True) | Q(closed_to__gt=F("closed_from")),
                violation_error_message=N_("The result comes after the consultations."),
            ),
            AppendOnly(name="elections_are_never_rewritten", may_change=("closed_from", "closed_to")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class Constituency(Told):
    """Đơn vị bầu cử: part of the place `unit`, by its number. Without a number: the whole of the place, so that a sum
    that was printed for it can be held against its constituencies."""

    election = models.ForeignKey(Election, on_delete=PROTECT, related_name="constituencies")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="constituencies")
    number = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=200, blank=True, help_text="What it takes in, as published.")
    seats = models.PositiveIntegerField(null=True, blank=True, help_text="To elect; NULL: not known, may be completed.")

    whose = OfParent("election")
    sensitivity: ClassVar[Classes] = classes(C1=f"election unit number name seats {TOLD}")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election", "unit", "number"], condition=Q(standing=1), name="a_constituency_stands_once"
            ),
            AppendOnly(name="constituencies_are_never_rewritten", may_change=("seats", *WITHDRAWAL)),
        ]

    def __str__(self) -> str:
        return f"{self.election_id} {self.unit_id} {self.number}"


class ListStage(Told):
    """How many stood on the list of a constituency at a stage, and how many of them were women."""

    constituency = models.ForeignKey(Constituency, on_delete=PROTECT, related_name="lists")
    stage = models.CharField(max_length=10, choices=Stage)
    nominated = models.CharField(max_length=10, choices=Nominated, blank=True)
    day = models.DateField(null=True, blank=True, help_text="The day the list stood so; NULL: not known.")
    candidates = models.PositiveIntegerField()
    women = models.PositiveIntegerField(null=True, blank=True, help_text="NULL: not told.")
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True, help_text="As printed.")
    remark = models.CharField(max_length=300, blank=True)

    whose = OfParent("constituency")
    sensitivity: ClassVar[Classes] = classes(
        C1=f"constituency stage nominated day remark {TOLD}", C2="candidates women percent"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["constituency", "stage", "nominated", "source"],
                condition=Q(standing=1),
                name="a_source_tells_a_list_once",
            ),
            Check(
                name="women_on_a_list_are_candidates",
                condition=Q(women__isnull=True) | Q(women__lte=F("candidates")),
                violation_error_message=N_("There cannot be more women than persons."),
            ),
            AppendOnly(name="lists_are_never_rewritten", may_change=WITHDRAWAL),
        ]

    def __str__(self) -> str:
        return f"{self.constituency_id} {self.stage}: {self.women}/{self.candidates}"


class ElectionResult(Told):
    """Who was elected, and whose mandate was confirmed: how many, and how many women. `round` 1, 2 …; 0 tells all
    rounds together, as a final resolution does. `seats` are those the round had to fill."""

    constituency = models.ForeignKey(Constituency, on_delete=PROTECT, related_name="results")
    round = models.PositiveSmallIntegerField(default=ALL_ROUNDS)
    seats = models.PositiveIntegerField(null=True, blank=True)
    elected = models.PositiveIntegerField()
    women = models.PositiveIntegerField(null=True, blank=True)
    confirmed = models.PositiveIntegerField(null=True, blank=True)
    women_confirmed = models.PositiveIntegerField(null=True, blank=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True, help_text="As printed.")
    remark = models.CharField(max_length=300, blank=True)

    whose = OfParent("constituency")
    sensitivity: ClassVar[Classes] = classes(
        C1=f"constituency round seats elected women confirmed women_confirmed percent remark {TOLD}"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["constituency", "round", "source"], condition=Q(standing=1), name="a_source_tells_a_result_once"
            ),
            Check(
                name="women_elected_are_elected",
                condition=Q(women__isnull=True) | Q(women__lte=F("elected")),
                violation_error_message=N_("There cannot be more women than persons."),
            ),
            Check(
                name="no_more_elected_than_seats",
                condition=Q(seats__isnull=True) | Q(elected__lte=F("seats")),
                violation_error_message=N_("No more can be elected than there are seats."),
            ),
            Check(
                name="no_more_confirmed_than_elected",
                condition=Q(confirmed__isnull=True) | Q(confirmed__lte=F("elected")),
                violation_error_message=N_("No more can be confirmed than were elected."),
            ),
            Check(
                name="women_confirmed_are_women_elected",
                condition=Q(women_confirmed__isnull=True)
                | (Q(women__isnull=True) | Q(women_confirmed__lte=F("women")))
                & (Q(confirmed__isnull=True) | Q(women_confirmed__lte=F("confirmed"))),
                violation_error_message=N_("No more women can be confirmed than were elected."),
            ),
            AppendOnly(name="results_are_never_rewritten", may_change=WITHDRAWAL),
        ]

    def __str__(self) -> str:
        return f"{self.constituency_id} {self.round}: {self.women}/{self.elected}"
