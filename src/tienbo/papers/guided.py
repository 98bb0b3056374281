"""The paper drafted from a record that was thought through step by step (an appraisal report), laid out as
NĐ 30/2020/NĐ-CP has it. What was not said stands as a hole in brackets: nobody signs it by mistake, nothing is refused.

The number stays blank for the office that registers papers. The same arguments give an equal document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tienbo.catalogue.definitions import Article, Confidence
from tienbo.catalogue.definitions import Document as Cited
from tienbo.core.messages import gettext as _
from tienbo.core.words import roman
from tienbo.papers.blocks import Align, Block, Cell, Column, Document, Heading, Paragraph, Table
from tienbo.papers.letter import Sender, official

WIDTH = 165
"""Millimetres of the tables."""


@dataclass(frozen=True, slots=True)
class GuidedTable:
    """What rows say: (label, how it is set, whether it is a long text) of each column, then the cells."""

    title: str
    columns: Sequence[tuple[str, Align, bool]]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class GuidedPart:
    """A part of the paper: what plain fields say by their labels, tables of rows, what is missing."""

    title: str
    said: Sequence[tuple[str, str]] = ()
    tables: Sequence[GuidedTable] = ()
    lacking: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Guided:
    """A record as its paper tells it. `cites`: where documents say what it rests on."""

    kind: str
    subject: str
    opening: str
    closing: str
    recipients: Sequence[str]
    parts: Sequence[GuidedPart]
    cites: Sequence[tuple[Cited, Sequence[Article]]]
    day: date


def guided_paper(sender: Sender, told: Guided) -> Document:
    """The paper, in the language that is spoken."""
    body: list[Block] = [Paragraph((_("Pursuant to {document}").format(document=one) + ";",)) for one in _rests(told)]
    body.append(Paragraph((told.opening,)))
    for index, part in enumerate(told.parts, 1):
        body.append(Heading(2, part.title.upper(), f"{roman(index)}."))
        body += _part(part)
    body.append(Paragraph((told.closing.rstrip(".") + "./.",)))
    return official(
        sender,
        kind=told.kind,
        symbol="BC",
        subject=told.subject,
        body=body,
        year=told.day.year,
        recipients=told.recipients,
    )


def _rests(told: Guided) -> Iterator[str]:
    """What the paper rests on. A place that nobody saw is not on a paper that is signed; its document is."""
    for document, articles in told.cites:
        places = [str(one.place) for one in articles if one.confidence is not Confidence.UNCONFIRMED]
        name = spelled(document)
        yield _("{place} of {document}").format(place="; ".join(places), document=name) if places else name


def spelled(document: Cited) -> str:
    """A document as paper writes it out: "Nghị định số 48/2009/NĐ-CP", "Luật Bình đẳng giới số 73/2006/QH11"."""
    kinds = {
        "NĐ": _("Decree number {number}"),
        "TT": _("Circular number {number}"),
        "QĐ": _("Decision number {number}"),
        "NQ": _("Resolution number {number}"),
        "CV": _("Letter number {number}"),
    }
    short, _sep, number = document.number.partition(" ")
    if short in kinds:
        return kinds[short].format(number=number)
    number = re.sub(r"^(Luật|Bộ luật) ", "", document.number)
    return _("{title} number {number}").format(title=document.title, number=number)


def _part(part: GuidedPart) -> Iterator[Block]:
    for label, text in part.said:
        lines = [line for line in map(str.strip, text.splitlines()) if line]
        yield Paragraph((f"{label}: {lines[0].rstrip('.;')}.",) if lines else (f"{label}.",))
        yield from (Paragraph((line,)) for line in lines[1:])
    for table in part.tables:
        shares = [3 if is_long else 2 for _label, _align, is_long in table.columns]
        widths = [round((WIDTH - 11) * share / sum(shares)) for share in shares]
        columns = [
            Column(label, width, align) for (label, align, _long), width in zip(table.columns, widths, strict=True)
        ]
        rows = tuple(
            (Cell((str(index),)), *(Cell((text,)) for text in cells)) for index, cells in enumerate(table.rows, 1)
        )
        yield Table(table.title, (Column(_("No."), 11, "center"), *columns), rows)
    for hole in part.lacking:
        yield Paragraph((f"[{hole}]",), "note")
    if not (part.said or part.tables or part.lacking):
        yield Paragraph((_("None."),))
