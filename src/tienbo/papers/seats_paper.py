"""The list of who sits on a committee on a day, as an annex that a paper can carry: by post, never by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, roman
from tienbo.papers.blocks import Block, Column, Document, Heading, Paragraph
from tienbo.papers.committee_paper import plain_table
from tienbo.papers.letter import Sender, official


@dataclass(frozen=True, slots=True)
class SeatRow:
    role: str
    post: str
    organisation: str
    since: str
    decision: str
    field: str


@dataclass(frozen=True, slots=True)
class BodyTold:
    """A body on the paper: its name, sentences about it, its members and places that are vacant."""

    name: str
    said: Sequence[str]
    rows: Sequence[SeatRow]
    vacant: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SeatsTold:
    """What the list says. `charges`: (member, units, field, document)."""

    unit: str
    on: date
    bodies: Sequence[BodyTold]
    charges: Sequence[tuple[str, str, str, str]]
    unassigned: str
    """Units that nobody looks after, in words; "" where there are none."""


def seats_paper(sender: Sender, told: SeatsTold) -> Document:
    """The list, in the language that is spoken."""
    body: list[Block] = []
    for index, one in enumerate(told.bodies, 1):
        body.append(Heading(2, one.name.upper(), f"{roman(index)}."))
        body += [Paragraph((said,)) for said in one.said]
        rows = [
            (str(number), row.role, " ".join(filter(None, (row.post, row.organisation))), row.field, row.since,
             row.decision)
            for number, row in enumerate(one.rows, 1)
        ]  # fmt: skip
        columns = (
            Column(_("No."), 10, "center"),
            Column(_("Role"), 24),
            Column(_("Post, organisation"), 46),
            Column(_("In charge of"), 27),
            Column(_("Since"), 25),
            Column(_("Decision"), 33),
        )
        if rows:
            body.append(plain_table("", columns, rows))
        body += [Paragraph((said,), "bullet") for said in one.vacant]
    if told.charges:
        body.append(Heading(2, _("Who looks after which units").upper(), f"{roman(len(told.bodies) + 1)}."))
        charged = (
            Column(_("No."), 10, "center"),
            Column(_("Member (post, organisation)"), 40),
            Column(_("Units"), 50),
            Column(_("Field of work"), 30),
            Column(_("By document"), 35),
        )
        rows_ = [(str(number), *cells) for number, cells in enumerate(told.charges, 1)]
        body.append(plain_table("", charged, rows_))
        if told.unassigned:
            body.append(Paragraph((told.unassigned,), "bullet"))
    return official(
        sender,
        kind=_("LIST"),
        symbol=None,
        subject=_("of members by post, on {day}").format(day=day_words(told.on)),
        body=body,
        year=told.on.year,
    )
