"""Papers of the personal-data officer: letters about a request, notices of an incident, its record. Filled in with what
is known; what nobody said is a marked place (`HOLE`) for whoever signs, and is never made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.papers.blocks import Block, Cell, Column, Document, Paragraph, Table
from tienbo.papers.letter import Sender, official

HOLE = "[……]"
"""Where somebody has to write."""


def said(text: str) -> str:
    """A text, or the place where it is to be written."""
    return text.strip() or HOLE


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as its letters tell it."""

    subject: str
    kind: str
    received: date
    text: str
    acknowledge: date
    answer: date
    with_others: bool = False
    extended: int = 0
    reason: str = ""
    ground: str = ""
    basis: str = ""


def request_paper(sender: Sender, asked: Asked, *, act: str, year: int) -> Document:
    """The letter of an act: acknowledge, extend, answer or refuse."""
    first = _("On {day} we received your request: {kind}. You wrote: “{text}”").format(
        day=day_words(asked.received), kind=asked.kind, text=asked.text
    )
    body: list[Block] = [Paragraph((first,))]
    if act == "acknowledge":
        subject = _("Re: your request about your personal data was received")
        words = [
            _("It will be settled by {day} at the latest ({basis}).").format(
                day=day_words(asked.answer), basis=said(asked.basis)
            )
        ]
        if asked.with_others:
            words.append(_("Others who process this data have to act too; the time takes that into account."))
        words.append(
            _(
                "Before data is handed over or changed we have to see that you are who you say. What you need for "
                "that: {hole}. You may complain to {hole}."
            ).format(hole=HOLE)
        )
    elif act == "extend":
        subject = _("Re: more time for your request about your personal data")
        words = [
            _("It takes longer than we told you: {days} days more, to {day} at the latest.").format(
                days=asked.extended, day=day_words(asked.answer)
            ),
            _("The reason: {reason}").format(reason=said(asked.reason)),
        ]
    elif act == "refuse":
        subject = _("Re: your request about your personal data cannot be met")
        words = [
            _("We cannot do what you ask for. The ground: {ground}.").format(ground=said(asked.ground)),
            _("The reason: {reason}").format(reason=said(asked.reason)),
            _("You may complain or go to court by the laws on complaints and on administrative procedure."),
        ]
    else:
        subject = _("Re: your request about your personal data was settled")
        words = [_("What was done: {reason}").format(reason=said(asked.reason))]
    body += [Paragraph((text,)) for text in words]
    return official(
        sender,
        subject=subject,
        body=body,
        year=year,
        addressees=(_("To: {whom}").format(whom=asked.subject),),
        recipients=(_("as above;"), _("File: VT.")),
    )


@dataclass(frozen=True, kw_only=True)
class Incident:
    """An incident as its papers tell it; "" and None is what nobody said yet."""

    detected: str
    noted_by: str
    kind: str
    serious: str
    personal: str
    subjects: int | None
    data: str
    signal: str
    happened: str
    harm: str
    measures: str
    notices: Sequence[tuple[str, str, str, str]] = field(default_factory=tuple)
    """Notice, due, given, to whom."""
    kept_until: str = ""
    minutes: str = ""


def notice_paper(sender: Sender, incident: Incident, *, title: str, to: str, basis: str, year: int) -> Document:
    """A notice to an authority: what form no. 08 and the report of an incident ask, as far as it is known."""
    rows = [
        (_("Who tells"), sender.unit),
        (_("Personal-data officer: name, post, telephone, e-mail"), ""),
        (_("First signal"), incident.detected),
        (_("Kind of incident"), incident.kind),
        (_("Serious cyber incident"), incident.serious),
        (_("Personal data were breached"), incident.personal),
        (_("Sorts of data (never their values)"), incident.data),
        (_("Number of people concerned"), "" if incident.subjects is None else str(incident.subjects)),
        (_("What was seen first"), incident.signal),
        (_("What happened: time, place, how, by whom as far as known"), incident.happened),
        (_("What follows or can follow from it"), incident.harm),
        (_("What was done and will be, to end it and to lessen the harm"), incident.measures),
        (_("Support that is asked for"), ""),
    ]
    body: list[Block] = [
        Paragraph(
            (_("By {basis} we tell the following. What is not known yet is told when it is.").format(basis=basis),)
        ),
        _facts(rows),
        Paragraph((_("“{hole}” marks what is to be written in before it is signed.").format(hole=HOLE),), style="note"),
    ]
    return official(
        sender,
        subject=title,
        body=body,
        year=year,
        addressees=(_("To: {whom}").format(whom=to),),
        recipients=(_("as above;"), _("File: VT.")),
    )


def record_paper(sender: Sender, incident: Incident, *, year: int) -> Document:
    """Biên bản: what happened, which notices were given when, who was there, and until when it is kept."""
    rows = [
        (_("First signal"), incident.detected),
        (_("Noted by"), incident.noted_by),
        (_("Kind of incident"), incident.kind),
        (_("What was seen first"), incident.signal),
        (_("What happened: time, place, how, by whom as far as known"), incident.happened),
        (_("Sorts of data (never their values)"), incident.data),
        (_("Number of people concerned"), "" if incident.subjects is None else str(incident.subjects)),
        (_("What follows or can follow from it"), incident.harm),
        (_("What was done and will be, to end it and to lessen the harm"), incident.measures),
        (_("Who was there: name, post"), ""),
        (_("What was concluded"), ""),
        (_("Kept until"), incident.kept_until),
    ]
    columns = (Column(_("Notice"), 60), Column(_("Due at the latest"), 35), Column(_("Given"), 35), Column(_("To"), 40))
    lines = tuple(tuple(Cell((said(text),)) for text in row) for row in incident.notices)
    body: list[Block] = [_facts(rows)]
    if lines:
        body.append(Table(_("Notices of the incident"), columns, lines))
    body.append(
        Paragraph((_("“{hole}” marks what is to be written in before it is signed.").format(hole=HOLE),), style="note")
    )
    return official(
        sender,
        kind=_("RECORD"),
        subject=_("of an incident of security or of personal data"),
        symbol="BB",
        body=body,
        year=year,
    )


def _facts(rows: Sequence[tuple[str, str]]) -> Table:
    columns = (Column(_("What is told"), 55), Column(_("As far as known"), 115))
    return Table("", columns, tuple((Cell((label,)), Cell((said(text),))) for label, text in rows))
