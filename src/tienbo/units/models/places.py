"""Units and what they were called, coded and placed under, each for a span of days [valid_from, valid_to).

Identity is the opaque key. A unit keeps it through a new name, type, parent or border; *thành lập*, *giải thể*,
*nhập*, *chia* end keys and begin new ones, whatever the code. The type word (xã, phường, thị trấn, đặc khu, …)
belongs to the dated name, because it changes while the unit stays; `Unit.kind` is the tier or sort of unit.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.ground.constraints import AppendOnly, Check, NoOverlap, ends_after_start
from tienbo.ground.fields import Classes, classes
from tienbo.ground.history import Unrecorded
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import Nobodys, OfUnit

ADMINISTRATIVE = "administrative"
"""The line of placement figures roll up on."""
NATION = "nation"
"""The kind of the one unit above all provinces."""
GSO = "gso"
"""The scheme of the statistics office's unit codes (Tổng cục Thống kê, from 2025 Cục Thống kê)."""

DATES = ("valid_from", "valid_to")

M = TypeVar("M", bound=models.Model)


def alive(day: date, prefix: str = "") -> Q:
    """The condition of being valid on a day; `prefix` leads to another table ("placements__")."""
    begun = Q(**{f"{prefix}valid_from__lte": day})
    return begun & (Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": day}))


class DatedQuerySet(models.QuerySet[M]):
    """Rows of tables with valid_from and valid_to."""

    def on(self, day: date) -> DatedQuerySet[M]:
        """Those valid on a day."""
        return self.filter(alive(day))


class Dated(models.Model):
    """valid_from is the first day, valid_to the first day no more; NULL while it is open."""

    valid_from = models.DateField(help_text="The first day.")
    valid_to = models.DateField(null=True, blank=True, help_text="The first day no more (paper: đến hết ngày before).")

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def span(self) -> Span:
        return Span(self.valid_from, self.valid_to)


class Unit(Dated):
    """A unit or body that reports, is placed under others, or both: nation, province, commune, department, …"""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False)
    kind = models.CharField(max_length=60, help_text='Dotted: "commune", "department.health".')
    begin_is_known = models.BooleanField(
        default=True,
        help_text="False: valid_from is only the first day a source shows the unit, and may move back.",
    )

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="key kind begin_is_known valid_from valid_to")

    class Meta:
        constraints = [
            ends_after_start("unit_ends_after_it_starts"),
            AppendOnly(name="units_are_never_deleted", may_change=(*DATES, "begin_is_known")),
        ]
        indexes = [models.Index(fields=["kind"], name="unit_by_kind")]

    def __str__(self) -> str:
        return self.key


class UnitName(Dated):
    """What a unit is called in a language: "Xã Quỳnh Lưu" is text, "Xã" is word, "quynh luu" is search."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="names")
    lang = models.CharField(max_length=8, default="vi")
    text = models.CharField(max_length=200, help_text="The full official name.")
    word = models.CharField(max_length=40, blank=True, help_text="The type word the name begins with, if any.")
    search = models.CharField(max_length=200, editable=False, help_text="The bare name, folded (core.words.fold).")

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="unit lang text word search valid_from valid_to")

    class Meta:
        constraints = [
            ends_after_start("name_ends_after_it_starts"),
            NoOverlap(
                name="one_name_at_a_time",
                fields=("unit", "lang"),
                violation_error_message=N_("The unit already has a name in this language on some of these days."),
            ),
            AppendOnly(name="names_are_never_rewritten", may_change=DATES),
        ]
        indexes = [models.Index(fields=["search"], name="name_by_search")]

    def __str__(self) -> str:
        return self.text

    @property
    def bare(self) -> str:
        """The name without its type word: "Quỳnh Lưu"."""
        return self.text[len(self.word) :].strip() if self.word else self.text


class UnitCode(Dated):
    """A code a unit holds in a scheme. The same code may be another unit's on other days, and often is."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="codes")
    scheme = models.CharField(max_length=30)
    code = models.CharField(max_length=60)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="unit scheme code valid_from valid_to")

    class Meta:
        constraints = [
            ends_after_start("code_ends_after_it_starts"),
            NoOverlap(
                name="one_holder_of_a_code_at_a_time",
                fields=("scheme", "code"),
                violation_error_message=N_("Another unit holds this code on some of these days."),
            ),
            NoOverlap(
                name="one_code_per_scheme_at_a_time",
                fields=("unit", "scheme"),
                violation_error_message=N_("The unit already has a code in this scheme on some of these days."),
            ),
            AppendOnly(name="codes_are_never_rewritten", may_change=DATES),
        ]
        indexes = [models.Index(fields=["scheme", "code"], name="unit_by_code")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.code}"


class Placement(Dated):
    """Under whom a unit stands, on a line (administrative, later also committee or party)."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="placements")
    parent = models.ForeignKey(Unit, on_delete=PROTECT, related_name="placed_under")
    line = models.CharField(max_length=20, default=ADMINISTRATIVE)

    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="unit parent line valid_from valid_to")

    class Meta:
        constraints = [
            ends_after_start("placement_ends_after_it_starts"),
            Check(
                name="no_unit_is_its_own_parent",
                condition=~Q(unit=models.F("parent")),
                violation_error_message=N_("A unit cannot be placed under itself."),
            ),
            NoOverlap(
                name="one_parent_at_a_time",
                fields=("unit", "line"),
                violation_error_message=N_("The unit already has a parent on some of these days."),
            ),
            AppendOnly(name="placements_are_never_rewritten", may_change=DATES),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} < {self.parent_id}"


class Role(models.TextChoices):
    """What a person is to a unit; what that allows is in units.access."""

    PREPARER = "preparer", N_("Person who prepares the return")
    HEAD = "head", N_("Head of the unit")
    OFFICE = "office", N_("Standing office")
    CHAIR = "chair", N_("Chair or vice chair of the committee")
    INSPECTOR = "inspector", N_("Inspector")
    ADMINISTRATOR = "administrator", N_("Administrator")
    PARTNER = "partner", N_("Guest or partner")
    ELECTIONS = "elections", N_("Named for elections (leader, organisation commission)")
    DATA_OFFICER = "data_officer", N_("Personal-data officer")


class GrantQuerySet(DatedQuerySet["Grant"]):
    def on(self, day: date) -> DatedQuerySet[Grant]:
        """Those in force on a day: one that was withdrawn on the day it was given never is."""
        return super().on(day).filter(withdrawn_at=None)


class Grant(Dated):
    """A person's role at a unit, for a time. Without one nothing is allowed.

    What a role allows is the matrix of rights (units.rights). A grant ends on a day; one that is taken back on the very
    day on which it began has `withdrawn_at`, as days are not parted.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=PROTECT, related_name="grants")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()  # type: ignore[misc]

    whose = OfUnit("unit", sort="grants", person="user")
    sensitivity: ClassVar[Classes] = classes(C1="user unit role valid_from valid_to withdrawn_at")

    class Meta:
        constraints = [
            ends_after_start("grant_ends_after_it_starts"),
            NoOverlap(
                name="one_grant_of_a_role_at_a_time",
                fields=("user", "unit", "role"),
                violation_error_message=N_("The person already has this role at the unit on some of these days."),
            ),
            AppendOnly(name="grants_are_never_rewritten", may_change=(*DATES, "withdrawn_at")),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role} @ {self.unit_id}"


class UnitsVersion(models.Model):
    """One row: a token that is new after every change of units, so that whatever is kept by it is never stale.

    A token and not a counter: after a rollback a counter would name two different states by one number.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.CharField(max_length=KEY_LENGTH)

    history = Unrecorded("a mark that units were changed")
    whose = Nobodys("the map is public")
    sensitivity: ClassVar[Classes] = classes(C0="token")

    class Meta:
        constraints = [
            Check(
                name="there_is_one_units_version",
                condition=Q(id=1),
                violation_error_message=N_("There is only one version of the units."),
            )
        ]

    def __str__(self) -> str:
        return self.token
