"""Reminders by e-mail: a worker sends one to each unit, or writes it as an .eml file where no server is set.

A worker that dies goes on where it stopped: a unit whose message is on record is not sent another. One that died
between sending and recording sends that one message twice, which is better than not at all.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.utils import timezone

from tienbo.accounts.models import User
from tienbo.collection.campaign_models import Reminding
from tienbo.collection.campaigns import due_days
from tienbo.collection.models import Campaign
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.ground.jobs import Held, handles, job_add
from tienbo.ground.models import Job
from tienbo.units.contacts import contacts_of
from tienbo.units.frames import unit_ids
from tienbo.web.office import office
from tienbo.web.receiving import units_of
from tienbo.web.reminding import due_calendar

KIND = "campaign.remind"

worded(
    {
        "remind.no_address": N_("None of the chosen units has an e-mail address. Import the offices' addresses first."),
        "remind.no_text": N_("Write the message."),
        "remind.no_longer_yours": N_("The account may no longer take returns in. Nothing was sent."),
    }
)


def reminders_send(*, period: Period, units: Sequence[str], subject: str, text: str, user: User, key: str = "") -> Job:
    """Have every one of these units (keys) that has an address reminded. Refused where none has one."""
    if not text.strip():
        raise Refused(Fault("remind.no_text"))
    ids = unit_ids()
    held = contacts_of([ids[one] for one in units if one in ids])
    wanted = [one for one in units if one in ids and held.get(ids[one]) and held[ids[one]].email]
    if not wanted:
        raise Refused(Fault("remind.no_address"))
    said = {"period": period.code, "units": wanted, "subject": subject, "text": text}
    return job_add(kind=KIND, arguments={**said, "user": user.pk}, by=str(user), lang=language(), key=key)


@handles(KIND)
def remind(held: Held) -> dict[str, Any]:
    """Send, or write, one message a unit. The result: how many, and to which units it failed."""
    said, desk, ids = held.arguments, office(), unit_ids()
    user, period = User.objects.get(pk=said["user"]), Period.parse(said["period"])
    units = [ids[key] for key in said["units"]]
    if not user.is_active or not set(units) <= units_of(user, period):
        raise Refused(Fault("remind.no_longer_yours"))
    campaign = Campaign.objects.filter(root__in=desk.collectors(period), period_code=period.code).first()
    done = set(Reminding.objects.filter(job=held.job.key).values_list("unit_id", flat=True))
    reached, failed = contacts_of(units), []
    until = due_days(campaign) if campaign is not None else {}
    way = Reminding.Way.MAIL if desk.settings.mail_server else Reminding.Way.FILE
    for count, (key, unit) in enumerate(zip(said["units"], units, strict=True), 1):
        if unit in done or campaign is None:
            continue
        address = reached[unit].email
        message = _message(said, campaign, period, address, until.get(unit, campaign.due_on))
        try:
            if way == Reminding.Way.MAIL:
                get_connection().send_messages([message])
            else:
                _write(message, desk.settings.letters, f"{period.code}-{key}.eml")
        except (smtplib.SMTPException, OSError) as broken:
            failed.append([key, type(broken).__name__])
        else:
            Reminding.objects.create(
                campaign=campaign, unit_id=unit, way=way, address=address, job=held.job.key, reminded_by=str(user)
            )
        held.progress(count, len(units))
    sent = Reminding.objects.filter(job=held.job.key).count()
    return {"sent": sent, "way": way, "failed": failed, "folder": str(desk.settings.letters.name)}


def _message(
    said: Mapping[str, Any], campaign: Campaign, period: Period, address: str, due_on: date | None
) -> EmailMessage:
    """The message of one unit: the day it has until stands below the text and in its calendar file."""
    text = said["text"].strip()
    if due_on is not None:
        text += "\n\n" + _("Due: {day}").format(day=day_words(due_on))
    message = EmailMessage(said["subject"], text, to=[address])
    if due_on is not None:
        ics = due_calendar(
            key=campaign.key, period=period, due_on=due_on, made_on=timezone.localdate(), more={}, sender=""
        )
        message.attach(f"{period.code}.ics", ics.decode(), "text/calendar")
    return message


def _write(message: EmailMessage, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.part"
    part.write_bytes(message.message().as_bytes())
    part.replace(folder / name)
