"""Terms of bodies, published posts and who holds them, counts where only counts may be kept, published shares.

Of a person stands what was published of the post and no more: name, sex, year of birth as published. There is no field
for a day of birth, a Party date, a degree, an appraisal or a vote.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, F, Q

from tienbo.catalogue.posts import PLANNING
from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check, NoOverlap, ends_after_start
from tienbo.ground.fields import Classes, classes
from tienbo.ground.whose import Nobodys, OfUnit
from tienbo.posts.telling import TOLD, WITHDRAWAL, Told
from tienbo.units.models import Body, Dated, Unit

CODE = 60


class Sex(models.TextChoices):
    FEMALE = "f", N_("female")
    MALE = "m", N_("male")


class BodyTerm(Told, Dated):
    """Nhiệm kỳ of a body: [valid_from, valid_to), the number or years it is called by, its seats, and the day whose map
    of units it was formed on."""

    body = models.ForeignKey(Body, on_delete=PROTECT, related_name="terms")
    name = models.CharField(max_length=CODE, help_text='"XV", "2021-2026".')
    seats = models.PositiveIntegerField(null=True, blank=True, help_text="NULL: not known.")
    map_date = models.DateField(null=True, blank=True, help_text="Its units are those of this day.")

    whose = Nobodys("what was published of a body and its term")
    sensitivity: ClassVar[Classes] = classes(C0=f"body name seats map_date valid_from valid_to {TOLD}")

    class Meta:
        constraints = [
            ends_after_start("term_ends_after_it_starts"),
            NoOverlap(
                name="one_term_of_a_body_at_a_time",
                fields=("body", "standing"),
                violation_error_message=N_("The body already has a term on some of these days."),
            ),
            AppendOnly(name="terms_are_never_rewritten", may_change=("valid_to", *WITHDRAWAL)),
        ]

    def __str__(self) -> str:
        return self.name


class Post(Told, Dated):
    """Chức vụ: one post of a unit, or of a body of it, while it is there. `title` is a code of the pack
    (`post_titles`), which says in which sense its holder is a key leader; `number` tells posts of one title apart."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="posts")
    body = models.ForeignKey(Body, on_delete=PROTECT, related_name="posts", null=True, blank=True)
    title = models.CharField(max_length=CODE)
    number = models.PositiveSmallIntegerField(default=1)

    whose = Nobodys("posts and who holds them were published")
    sensitivity: ClassVar[Classes] = classes(C0=f"unit body title number valid_from valid_to {TOLD}")

    class Meta:
        constraints = [
            ends_after_start("post_ends_after_it_starts"),
            NoOverlap(
                name="one_post_of_a_number_at_a_time",
                fields=("unit", "title", "number", "standing"),
                violation_error_message=N_("The unit already has this post on some of these days."),
            ),
            AppendOnly(name="posts_are_never_rewritten", may_change=("valid_to", *WITHDRAWAL)),
        ]
        indexes = [models.Index(fields=["title"], name="posts_of_a_title")]

    def __str__(self) -> str:
        return f"{self.title} {self.number} @ {self.unit_id}"


class Holding(Told, Dated):
    """Người giữ chức vụ, as published: since when, until when. A post nobody holds on a day is vacant; that is said."""

    post = models.ForeignKey(Post, on_delete=PROTECT, related_name="holdings")
    name = models.CharField(max_length=120)
    sex = models.CharField(max_length=1, choices=Sex)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="As published; never a day.")

    whose = Nobodys("posts and who holds them were published")
    sensitivity: ClassVar[Classes] = classes(C1=f"post name sex valid_from valid_to {TOLD}", C2="birth_year")

    class Meta:
        constraints = [
            ends_after_start("holding_ends_after_it_starts"),
            Check(
                name="a_year_of_birth_is_a_year",
                condition=Q(birth_year__isnull=True) | Q(birth_year__gte=1900, birth_year__lte=2100),
                violation_error_message=N_("A year of birth is written in four digits."),
            ),
            NoOverlap(
                name="one_holder_of_a_post_at_a_time",
                fields=("post", "standing"),
                violation_error_message=N_("Somebody else holds the post on some of these days."),
            ),
            AppendOnly(name="holdings_are_never_rewritten", may_change=("valid_to", *WITHDRAWAL)),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}: {self.name}"


class PostCount(Told):
    """How many persons of a group there were on a day, by sex × age band × ethnicity × education; blank: not divided by
    it. `group` is a code of the pack (`count_groups`): the members of a council, the heads of offices."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="post_counts")
    term = models.ForeignKey(BodyTerm, on_delete=PROTECT, related_name="counts", null=True, blank=True)
    group = models.CharField(max_length=CODE)
    day = models.DateField()
    sex = models.CharField(max_length=CODE, blank=True)
    age = models.CharField(max_length=CODE, blank=True)
    ethnicity = models.CharField(max_length=CODE, blank=True)
    education = models.CharField(max_length=CODE, blank=True)
    persons = models.PositiveIntegerField()
    attested_by = models.CharField(max_length=120, blank=True, help_text="Who confirmed that it is no state secret.")
    attested_number = models.CharField(max_length=CODE, blank=True, help_text="By which document.")
    attested_on = models.DateField(null=True, blank=True)

    whose = OfUnit("unit", sort="posts")
    sensitivity: ClassVar[Classes] = classes(
        C1=f"unit term group day sex age ethnicity education attested_by attested_number attested_on {TOLD}",
        C3="persons",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "group", "day", "sex", "age", "ethnicity", "education", "source"],
                condition=Q(standing=1),
                name="a_source_counts_a_cell_once",
            ),
            Check(
                name="counts_of_planning_are_attested",
                condition=~Q(group__startswith=PLANNING)
                | (Q(attested_by__gt="") & Q(attested_number__gt="") & Q(attested_on__isnull=False)),
                violation_error_message=N_(
                    "Counts of planning have who confirmed that they are no state secret, and by which document."
                ),
            ),
            AppendOnly(name="counts_of_posts_are_never_rewritten", may_change=WITHDRAWAL),
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.day}: {self.persons}"


class PublishedShare(Told):
    """Tỷ lệ đã công bố, as printed: its parts where they were printed, its percent as it stands in the source.
    `rule` is a code of the pack (`counting_rules`): shares by different rules never stand in one line."""

    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="published_shares")
    place = models.CharField(max_length=200, blank=True, help_text="Of whom it was said, in the words of the source.")
    rule = models.CharField(max_length=CODE)
    group = models.CharField(max_length=CODE, help_text="Of whom: a code of the pack (`count_groups`).")
    time = models.CharField(max_length=CODE, help_text='As printed: "2019-12-31", "2016-2021".')
    day = models.DateField(help_text="What it is put in order by: the day, or the first day of the term.")
    counted = models.PositiveIntegerField(null=True, blank=True, help_text="Women, or bodies with a woman.")
    total = models.PositiveIntegerField(null=True, blank=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True, help_text="As printed.")
    remark = models.CharField(max_length=300, blank=True)

    whose = Nobodys("shares that were published")
    sensitivity: ClassVar[Classes] = classes(C0=f"unit place rule group time day counted total percent remark {TOLD}")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "place", "rule", "group", "time", "source"],
                condition=Q(standing=1),
                name="a_source_prints_a_share_once",
            ),
            Check(
                name="a_share_says_something",
                condition=Q(counted__isnull=False) | Q(total__isnull=False) | Q(percent__isnull=False),
                violation_error_message=N_("A published share has a percent or one of its parts."),
            ),
            Check(
                name="no_more_counted_than_there_are",
                condition=Q(counted__isnull=True) | Q(total__isnull=True) | Q(counted__lte=F("total")),
                violation_error_message=N_("No more can be counted than there are."),
            ),
            AppendOnly(name="published_shares_are_never_rewritten", may_change=WITHDRAWAL),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.group} {self.time}"


import tienbo.posts.election_models  # noqa: E402 - tables of the same room
import tienbo.posts.forecast_models  # noqa: E402
import tienbo.posts.projection_models  # noqa: E402, F401
