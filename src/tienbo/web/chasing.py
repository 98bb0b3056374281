"""Chasing as it is really done: a message for the group chat, a picture, a call list, the letter, e-mail, calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.collection.campaign_models import Reminding
from tienbo.collection.standings import STATES, Standing
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.ground.models import Job
from tienbo.papers.context import period_name
from tienbo.papers.letter import Behind, chasing_letter
from tienbo.units.contacts import Contact, contact_lines, contacts_of, contacts_take
from tienbo.units.frames import unit_keys
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.intake import Desk, desk_of, due_on_of
from tienbo.web.mailing import KIND, reminders_send
from tienbo.web.office import office
from tienbo.web.reminding import Missing, due_calendar, group_text, list_picture, reminder

AWAITED = ("late", "not_begun", "asked")


@dataclass(frozen=True)
class Chase:
    """Who is awaited in a period: the late first, then in the order of print."""

    desk: Desk
    today: date
    due_on: date
    rows: Sequence[Standing]

    @classmethod
    def of(cls, request: Asked, period: Period) -> Chase:
        desk = desk_of(request, period.last_half)
        awaited = [one for one in desk.standings if one.state in AWAITED]
        awaited.sort(key=lambda one: AWAITED.index(one.state))
        return cls(desk, timezone.localdate(), due_on_of(desk), awaited)

    def name(self, row: Standing) -> str:
        return self.desk.names.get(row.unit, "")

    def until(self, row: Standing) -> date:
        return row.due_on or self.due_on

    @property
    def missing(self) -> list[Missing]:
        return [
            Missing(self.name(row), _(STATES[row.state]), self.until(row), row.state == "late", row.due_on is not None)
            for row in self.rows
        ]

    @property
    def calendar(self) -> bytes:
        more: dict[date, list[str]] = {}
        for row in self.desk.standings:
            if row.due_on is not None:
                more.setdefault(row.due_on, []).append(self.name(row))
        root = self.desk.roots[0]
        return due_calendar(
            key=f"{root.key}-{self.desk.period}",
            period=self.desk.period,
            due_on=self.due_on,
            made_on=self.today,
            more=more,
            sender=sender_of(root, self.desk.period).unit,
        )


@page("accept")
def intake_remind(request: Asked, period: Period) -> HttpResponseBase:
    """Who is awaited, and every way to remind them."""
    return _page(request, Chase.of(request, period))


def _page(
    request: Asked, chase: Chase, *, part: str = "", faults: Sequence[Fault] = (), text: str = ""
) -> HttpResponse:
    desk = chase.desk
    owing = [one for one in chase.rows if one.state != "asked"]
    asked = [one for one in chase.rows if one.state == "asked"]
    reached, keys = contacts_of([row.unit for row in chase.rows]), unit_keys()
    last = dict(
        Reminding.objects.filter(
            campaign__root__in=desk.roots, campaign__period_code=desk.period.code, unit__in=[r.unit for r in chase.rows]
        )
        .order_by("id")
        .values_list("unit_id", "reminded_at")
    )
    chat = group_text(
        period=desk.period, today=chase.today, due_on=chase.due_on, due=len(desk.standings), rows=chase.missing
    )
    calls = [
        (keys[row.unit], missing, reached.get(row.unit, Contact()), last.get(row.unit))
        for row, missing in zip(chase.rows, chase.missing, strict=True)
    ]
    context = {
        "asked": desk.period,
        "made": reminder(
            period=desk.period,
            due_on=chase.due_on,
            today=chase.today,
            owing=[(one.kind, chase.name(one)) for one in owing],
            asked=[(one.kind, chase.name(one), one.note) for one in asked],
            due=len(desk.standings),
        ),
        "chat": chat,
        "owing": owing,
        "supplement": asked,
        "desk": desk,
        "calls": calls,
        "addressed": sum(1 for _key, _row, contact, _at in calls if contact.email),
        "mail_server": office().settings.mail_server,
        "mail": text or _mail(chase),
        "jobs": [_summed(job) for job in _jobs(request, desk.period)],
        "part": part,
        "faults": faults,
    }
    return render(request, "web/intake_remind.html", context, status=422 if faults else 200)


def _mail(chase: Chase) -> str:
    """What an e-mail says to every unit; the day each has until is written below it when it is sent."""
    words = _(
        "The return of {period} has not arrived, or is asked to be supplemented. Please send it, or tell us by "
        "telephone what is in the way. Thank you."
    )
    return words.format(period=period_name(chase.desk.period))


def _jobs(request: Asked, period: Period) -> Sequence[Job]:
    found = Job.objects.filter(kind=KIND, arguments__period=period.code, arguments__user=request.user.pk)
    return list(found.order_by("-id")[:3])


def _summed(job: Job) -> dict[str, Any]:
    result = job.result or {}
    return {
        "at": job.added_at,
        "state": job.state,
        "sent": result.get("sent", 0),
        "is_file": result.get("way") == Reminding.Way.FILE,
        "failed": len(result.get("failed", ())),
        "done": job.done,
        "total": len(job.arguments["units"]),
    }


@page("accept")
def remind_picture(request: Asked, period: Period) -> HttpResponse:
    """The list as a picture for a telephone."""
    chase = Chase.of(request, period)
    note = sender_of(chase.desk.roots[0], chase.desk.period).notice
    made = list_picture(
        period=chase.desk.period,
        today=chase.today,
        due_on=chase.due_on,
        due=len(chase.desk.standings),
        rows=chase.missing,
        note=note,
    )
    return download(f"don-doc-{chase.desk.period}-{chase.today:%Y%m%d}.png", made)


@page("accept")
def remind_calls(request: Asked, period: Period) -> HttpResponse:
    """The call list: who, which office's number, what is the matter."""
    chase = Chase.of(request, period)
    reached = contacts_of([row.unit for row in chase.rows])
    lines = [[_("Unit"), _("State"), _("Due"), _("Telephone of the office"), _("E-mail"), _("What was said")]]
    for row, missing in zip(chase.rows, chase.missing, strict=True):
        contact = reached.get(row.unit, Contact())
        day = day_words(missing.due_on) if missing.due_on else ""
        lines.append([inert(missing.name), missing.words, day, inert(contact.telephone), inert(contact.email), ""])
    return download(f"goi-dien-{chase.desk.period}.csv", csv_bytes(lines))


@page("accept")
def remind_calendar(request: Asked, period: Period) -> HttpResponse:
    """The due day, for a calendar."""
    chase = Chase.of(request, period)
    return download(f"han-gui-{chase.desk.period}.ics", chase.calendar)


@page("accept")
def remind_letter(request: Asked, period: Period, suffix: Suffix) -> HttpResponse:
    """Công văn đôn đốc."""
    chase = Chase.of(request, period)
    behind = [
        Behind(row.kind, missing.name, missing.due_on, missing.words)
        for row, missing in zip(chase.rows, chase.missing, strict=True)
    ]
    made = chasing_letter(
        sender_of(chase.desk.roots[0], chase.desk.period),
        period=chase.desk.period,
        today=chase.today,
        due=len(chase.desk.standings),
        behind=behind,
    )
    return written(made, f"cong-van-don-doc-{chase.desk.period}", suffix)


@page("accept", methods=("POST",))
def remind_send(request: Asked, period: Period) -> HttpResponseBase:
    """A message to every chosen unit that has an address."""
    chase = Chase.of(request, period)
    keys = unit_keys()
    awaited = {keys[row.unit] for row in chase.rows}
    chosen = [key for key in dict.fromkeys(request.POST.getlist("unit")) if key in awaited]
    text = request.POST.get("text", "")[:8000]
    subject = _("Returns of {period}").format(period=period_name(chase.desk.period))
    try:
        job = reminders_send(
            period=chase.desk.period,
            units=chosen,
            subject=subject,
            text=text,
            user=request.user,
        )
    except Refused as refused:
        return _page(request, chase, part="mail", faults=refused.faults, text=text)
    count = len(job.arguments["units"])
    if office().settings.mail_server:
        said = ngettext("{count} message is on its way.", "{count} messages are on their way.", count)
    else:
        said = ngettext("{count} message is being written.", "{count} messages are being written.", count)
    messages.success(request, said.format(count=count))
    return redirect("intake_remind", period=chase.desk.period)


@page("accept", methods=("POST",))
def contacts_import(request: Asked, period: Period) -> HttpResponseBase:
    """Take in a sheet of the offices' telephones and addresses."""
    chase, sent = Chase.of(request, period), request.FILES.get("file")
    try:
        name, content = (sent.name or "", sent.read()) if sent else ("–", b"")
        lines = contact_lines(name, content)
        new = contacts_take(lines=lines, actor=actor_of(request.user), on=chase.today, source=name)
    except Refused as refused:
        return _page(request, chase, part="contacts", faults=refused.faults)
    messages.success(request, _("{count} of {all} lines are new or changed.").format(count=new, all=len(lines)))
    return redirect("intake_remind", period=chase.desk.period)
