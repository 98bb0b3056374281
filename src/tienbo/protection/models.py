"""Tables of protection: requests about one's own data, incidents, what was done about each. Nothing is rewritten: how a
request or an incident stands follows from its acts.

There is no place for a person who met with violence, and none for a case: a request is of somebody whose own data this
system keeps (its users, holders of published posts, members of committees).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import PROTECT, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.keys import KEY_LENGTH
from tienbo.ground.whose import Nobodys, OfParent, OfUnit
from tienbo.protection.retention_models import ConnectionAssessed, RetentionRecord
from tienbo.units.models import Unit

__all__ = [
    "Breach", "BreachClosed", "BreachNotice", "BreachSaid", "ConnectionAssessed", "JournalPurge", "RequestAct",
    "RetentionRecord", "Spill", "SpillRecord", "SubjectRequest",
]  # fmt: skip
TEXT = 2_000
NAME = 150


class SubjectRequest(models.Model):
    """Somebody asks about data of their own. `kind`: a code of clocks.yaml."""

    class Channel(models.TextChoices):
        PERSON = "person", N_("in person")
        LETTER = "letter", N_("by letter")
        MAIL = "mail", N_("by e-mail")
        OFFICE = "office", N_("through another agency")

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="subject_requests", help_text="Who received it.")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=NAME, help_text="Whose data it is, as they name themselves.")
    answer_to = models.CharField(max_length=254, help_text="Where the answer goes, as they say.")
    channel = models.CharField(max_length=10, choices=Channel)
    proved_by = models.CharField(max_length=NAME, blank=True, help_text="How it was seen that they are who they say.")
    text = models.TextField(max_length=TEXT, help_text="What is asked for.")
    received_on = models.DateField()
    noted_by = models.CharField(max_length=NAME)
    noted_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit", sort="protection")
    sensitivity: ClassVar[Classes] = classes(
        C1="key unit kind channel received_on noted_by noted_at", C2="subject answer_to proved_by text"
    )

    class Meta:
        constraints = [AppendOnly(name="requests_of_subjects_are_never_rewritten")]
        indexes = [models.Index(fields=["unit", "received_on"], name="requests_of_subjects_by_day")]

    def __str__(self) -> str:
        return self.key


class RequestAct(models.Model):
    """What was done about a request: acknowledged, others have to act too, extended, answered, refused, taken back."""

    class Act(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", N_("acknowledged")
        OTHERS = "others", N_("others have to act too")
        EXTEND = "extend", N_("time extended")
        ANSWER = "answer", N_("done as asked")
        REFUSE = "refuse", N_("refused")
        WITHDRAW = "withdraw", N_("taken back by who asked")

    request = models.ForeignKey(SubjectRequest, on_delete=PROTECT, related_name="acts")
    act = models.CharField(max_length=12, choices=Act)
    on = models.DateField()
    days = models.PositiveSmallIntegerField(default=0, help_text="Of an extension.")
    ground = models.CharField(max_length=20, blank=True, help_text="Of a refusal: a code of clocks.yaml.")
    reason = models.TextField(max_length=TEXT, blank=True)
    number = models.CharField(max_length=60, blank=True, help_text="Of the document it was said in.")
    actor = models.CharField(max_length=NAME)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("request")
    sensitivity: ClassVar[Classes] = classes(C1="request act on days ground number actor at", C2="reason")

    class Meta:
        constraints = [
            Check(
                name="an_extension_has_days_and_a_reason",
                condition=(Q(act="extend", days__gt=0) & ~Q(reason="")) | (~Q(act="extend") & Q(days=0)),
                violation_error_message=N_("An extension has days and a reason."),
            ),
            Check(
                name="a_refusal_has_a_ground_and_a_reason",
                condition=(Q(act="refuse") & ~Q(ground="") & ~Q(reason="")) | (~Q(act="refuse") & Q(ground="")),
                violation_error_message=N_("A refusal has a ground and a reason."),
            ),
            models.UniqueConstraint(
                fields=["request", "act"],
                name="each_act_on_a_request_is_done_once",
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(act__in=["answer", "refuse", "withdraw"]),
                name="a_request_ends_once",
            ),
            AppendOnly(name="acts_on_requests_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.request_id}"


class Breach(models.Model):
    """An incident, from its first signal on: the clocks run from there, whatever it turns out to be."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="breaches")
    detected_at = models.DateTimeField(help_text="The first signal.")
    signal = models.TextField(max_length=TEXT, help_text="What was seen.")
    noted_by = models.CharField(max_length=NAME)
    noted_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit", sort="protection")
    sensitivity: ClassVar[Classes] = classes(C1="key unit detected_at noted_by noted_at", C2="signal")

    class Meta:
        constraints = [AppendOnly(name="incidents_are_never_rewritten")]
        indexes = [models.Index(fields=["unit", "detected_at"], name="incidents_by_time")]

    def __str__(self) -> str:
        return self.key


class BreachSaid(models.Model):
    """What is known of an incident by then. The last one counts; those before show what was known when."""

    class Kind(models.TextChoices):
        LEAK = "leak", N_("data were seen or taken by who may not")
        LOSS = "loss", N_("data were lost or cannot be reached")
        CHANGE = "change", N_("data were changed without right")
        PURPOSE = "purpose", N_("data were used for another purpose")
        RIGHTS = "rights", N_("a request could not be carried out: the way to see, correct or delete failed")
        ACCOUNT = "account", N_("an account was used by another person")
        OUTAGE = "outage", N_("the system stood still")
        SECRET = "secret", N_("what may be a state secret was brought in")
        FALSE = "false", N_("no incident: a false alarm")

    class Known(models.TextChoices):
        YES = "yes", N_("yes")
        NO = "no", N_("no")
        UNKNOWN = "unknown", N_("not known yet")

    breach = models.ForeignKey(Breach, on_delete=PROTECT, related_name="said")
    kind = models.CharField(max_length=10, choices=Kind)
    serious = models.CharField(max_length=8, choices=Known, help_text="A serious cyber incident.")
    grave = models.BooleanField(default=False, help_text="National security, or a serious outage.")
    personal = models.CharField(max_length=8, choices=Known, help_text="Personal data were breached.")
    subjects = models.PositiveIntegerField(null=True, help_text="How many people; null: not known yet.")
    data = models.CharField(max_length=400, blank=True, help_text="Which sorts of data; never their values.")
    happened = models.TextField(max_length=TEXT, blank=True, help_text="What happened, when, how.")
    harm = models.TextField(max_length=TEXT, blank=True, help_text="What can follow from it.")
    measures = models.TextField(max_length=TEXT, blank=True, help_text="What was done and will be.")
    by = models.CharField(max_length=NAME)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("breach")
    sensitivity: ClassVar[Classes] = classes(
        C1="breach kind serious grave personal subjects by at", C2="data happened harm measures"
    )

    class Meta:
        constraints = [AppendOnly(name="what_is_known_of_incidents_is_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.kind} {self.breach_id}"


class BreachNotice(models.Model):
    """That a notice of an incident was given. `notice`: a code of clocks.yaml."""

    breach = models.ForeignKey(Breach, on_delete=PROTECT, related_name="notices")
    notice = models.CharField(max_length=20)
    sent_at = models.DateTimeField()
    to = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True)
    late = models.BooleanField()
    why_late = models.TextField(max_length=TEXT, blank=True)
    by = models.CharField(max_length=NAME)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("breach")
    sensitivity: ClassVar[Classes] = classes(C1="breach notice sent_at to number late by at", C2="why_late")

    class Meta:
        constraints = [
            Check(
                name="a_late_notice_says_why",
                condition=Q(late=False) | ~Q(why_late=""),
                violation_error_message=N_("A notice that is late says why."),
            ),
            AppendOnly(name="notices_of_incidents_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.notice} {self.breach_id}"


class BreachClosed(models.Model):
    """That an incident was closed with its record (biên bản). What is known later opens nothing: it is said beside."""

    breach = models.OneToOneField(Breach, on_delete=PROTECT, related_name="closed")
    minutes = models.CharField(max_length=200, help_text="Number and day of the record.")
    closed_on = models.DateField()
    kept_until = models.DateField()
    by = models.CharField(max_length=NAME)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("breach")
    sensitivity: ClassVar[Classes] = classes(C1="breach minutes closed_on kept_until by at")

    class Meta:
        constraints = [AppendOnly(name="closings_of_incidents_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.breach_id}: {self.minutes}"


class Spill(models.Model):
    """Something came in that may not be here (what may be a state secret, what belongs to a survivor): which files, and
    a mark of the phrase it is looked for by. Neither the phrase nor a byte of the files is kept: hashes alone."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    breach = models.OneToOneField(Breach, on_delete=PROTECT, related_name="spill")
    why = models.TextField(max_length=TEXT)
    files = models.JSONField(default=list, help_text="SHA-256 of the files that were taken out of the store.")
    phrase_mark = models.CharField(max_length=64, blank=True, help_text="HMAC of the phrase under the site's secret.")
    since = models.DateTimeField(null=True, help_text="When it came in; null: not known, every backup may hold it.")
    by = models.CharField(max_length=NAME)
    at = models.DateTimeField(auto_now_add=True)

    whose = OfParent("breach")
    sensitivity: ClassVar[Classes] = classes(C1="key breach files phrase_mark since by at", C2="why")

    class Meta:
        constraints = [AppendOnly(name="spills_are_never_rewritten")]

    def __str__(self) -> str:
        return self.key


class SpillRecord(models.Model):
    """What was found of a spill, or purged: where, how often; signed under the site's secret."""

    class Act(models.TextChoices):
        FOUND = "found", N_("copies listed")
        PURGED = "purged", N_("copies purged")

    spill = models.ForeignKey(Spill, on_delete=PROTECT, related_name="records")
    act = models.CharField(max_length=6, choices=Act)
    copies = models.JSONField(help_text="[{where, place, times}]; never what stood there.")
    by_hand = models.JSONField(default=list, help_text="What no program reaches.")
    left = models.PositiveIntegerField(default=0, help_text="Copies found after purging: 0, or it was not whole.")
    purges = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of what the journal's events hash to since, of this spill so far; blank before any.",
    )
    journal = models.CharField(max_length=100, help_text="The head of the journal then.")
    signature = models.CharField(max_length=64)
    by = models.CharField(max_length=NAME)
    at = models.DateTimeField()

    whose = OfParent("spill")
    sensitivity: ClassVar[Classes] = classes(C1="spill act copies by_hand left purges journal signature by at")

    class Meta:
        constraints = [AppendOnly(name="records_of_spills_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.act} {self.spill_id}"


class JournalPurge(models.Model):
    """That content went from rows of history behind an event, of a spill or because its time was over: what they, and
    the event itself, hash to since. The event's own hash stays, and the chain with it. Whoever verifies the journal is
    told of each; without such a row a changed history is a fault."""

    spill = models.ForeignKey(Spill, on_delete=PROTECT, null=True, related_name="purged_events")
    retention = models.ForeignKey(RetentionRecord, on_delete=PROTECT, null=True, related_name="purged_events")
    event = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    hash = models.CharField(
        max_length=64, blank=True, help_text="Of the event as it stands since, where it no longer names a person."
    )
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("numbers and hashes of events")
    sensitivity: ClassVar[Classes] = classes(C1="spill retention event digest hash at")

    class Meta:
        constraints = [
            Check(
                name="content_of_the_journal_goes_for_one_reason",
                condition=Q(spill__isnull=True) ^ Q(retention__isnull=True),
                violation_error_message=N_("Content of the journal goes for a spill, or because its time is over."),
            ),
            AppendOnly(name="purges_of_the_journal_are_never_rewritten"),
        ]
        indexes = [models.Index(fields=["event"], name="purges_by_event")]

    def __str__(self) -> str:
        return f"{self.event}: {self.digest[:8]}"
