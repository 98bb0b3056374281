"""What a standing office says about a campaign: its letter, more time for a unit, closing and re-opening, reminders.

Nothing here is rewritten: the last letter and the last extension count, and a campaign is closed when the last of its
closings and re-openings is a closing. Imported by `models`, whose tables these point at.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import PROTECT, F, Q

from tienbo.core.messages import N_
from tienbo.ground.constraints import AppendOnly, Check
from tienbo.ground.fields import Classes, classes
from tienbo.ground.whose import Nobodys, OfUnit
from tienbo.units.models import Unit


class CampaignLetter(models.Model):
    """The document by which a campaign was announced, and the days it sets. A later one takes its place.

    `due_said` is the day the letter names; `due_on` the same, or the next working day where that is none.
    """

    campaign = models.ForeignKey("collection.Campaign", on_delete=PROTECT, related_name="letters")
    number = models.CharField(max_length=60, blank=True)
    issued_on = models.DateField(null=True)
    issued_by = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=400, blank=True, help_text="Trích yếu.")
    upload = models.ForeignKey("collection.Upload", on_delete=PROTECT, null=True, related_name="announces")
    figures_from = models.DateField(help_text="The first day the figures are of.")
    figures_to = models.DateField(help_text="The last day the figures are of: chốt số liệu.")
    due_said = models.DateField()
    due_on = models.DateField()
    said_by = models.CharField(max_length=150)
    said_at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("the letter that asks for returns is for everybody who reports")
    sensitivity: ClassVar[Classes] = classes(
        C0="campaign number issued_on issued_by subject upload figures_from figures_to due_said due_on said_by said_at"
    )

    class Meta:
        constraints = [
            Check(
                name="figures_are_of_days_before_they_are_due",
                condition=Q(figures_from__lte=F("figures_to"), figures_to__lt=F("due_on"), due_said__lte=F("due_on")),
                violation_error_message=N_("Figures are of days in order, and due after the last of them."),
            ),
            AppendOnly(name="letters_of_campaigns_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.campaign_id}: {self.due_on}"


class Extension(models.Model):
    """Gia hạn: a unit has until another day, for a reason. Its last one counts."""

    campaign = models.ForeignKey("collection.Campaign", on_delete=PROTECT, related_name="extensions")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="extensions")
    due_on = models.DateField()
    reason = models.TextField()
    given_by = models.CharField(max_length=150)
    given_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="campaign unit due_on reason given_by given_at")

    class Meta:
        constraints = [
            Check(
                name="an_extension_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message=N_("An extension has a reason."),
            ),
            AppendOnly(name="extensions_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.due_on}"


class CampaignAct(models.Model):
    """Closing a campaign, proposing to re-open it, re-opening it. A re-opening names the proposal it confirms.

    `person` is empty for the operator of the command line, who is known by name only.
    """

    class Act(models.TextChoices):
        CLOSE = "close", N_("closed")
        PROPOSE = "propose", N_("re-opening proposed")
        REOPEN = "reopen", N_("re-opened")

    campaign = models.ForeignKey("collection.Campaign", on_delete=PROTECT, related_name="acts")
    act = models.CharField(max_length=10, choices=Act)
    reason = models.TextField(blank=True)
    proposal = models.OneToOneField("self", on_delete=PROTECT, null=True, related_name="confirmed_by")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("opening and closing a period is for everybody who reports")
    sensitivity: ClassVar[Classes] = classes(C1="campaign act reason proposal person actor at")

    class Meta:
        constraints = [
            Check(
                name="a_reopening_confirms_a_proposal",
                condition=Q(act="reopen", proposal__isnull=False) | (~Q(act="reopen") & Q(proposal__isnull=True)),
                violation_error_message=N_("A campaign is re-opened by confirming a proposal."),
            ),
            Check(
                name="a_proposal_to_reopen_has_a_reason",
                condition=~Q(act="propose") | ~Q(reason=""),
                violation_error_message=N_("A proposal to re-open has a reason."),
            ),
            AppendOnly(name="acts_on_campaigns_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.campaign_id}"


class Reminding(models.Model):
    """That a unit was reminded: by e-mail, or by a message written to the site's folder where no server is set."""

    class Way(models.TextChoices):
        MAIL = "mail", N_("e-mail")
        FILE = "file", N_("message file")

    campaign = models.ForeignKey("collection.Campaign", on_delete=PROTECT, related_name="remindings")
    unit = models.ForeignKey(Unit, on_delete=PROTECT, related_name="remindings")
    way = models.CharField(max_length=4, choices=Way)
    address = models.CharField(max_length=254, help_text="The office's address it went to.")
    job = models.CharField(max_length=40, help_text="Key of the work it was part of: a job done again sends it once.")
    reminded_by = models.CharField(max_length=150)
    reminded_at = models.DateTimeField(auto_now_add=True)

    whose = OfUnit("unit")
    sensitivity: ClassVar[Classes] = classes(C1="campaign unit way address job reminded_by reminded_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "unit"], name="a_job_reminds_a_unit_once"),
            AppendOnly(name="remindings_are_never_rewritten"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.way}"
