"""What a unit entered as a paper to be signed: its form filled in, with a line for the preparer and one for the head.

Every figure stands as it was entered, in the tables of the unit's own report; nothing is computed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, layout
from tienbo.core.messages import gettext as _
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.core.words import day_words, number
from tienbo.papers.blocks import Block, Heading, Paragraph
from tienbo.papers.pdf import blocks_data, compiled, page_count
from tienbo.papers.tables import entered_block
from tienbo.papers.workbook import UnitHeader
from tienbo.papers.workbook.sheet import period_words

PAGES = 2
"""A form is one sheet of paper, printed on both sides: what is signed cannot come apart."""
SCALES = (1, 0.92, 0.84, 0.76, 0.7)
"""How large a form is written, tried in turn until it fits on its pages; at the last one tables have 8,4 points."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the words over the signature, what is to be written, the name where it was entered."""

    title: str
    hint: str
    name: str


@dataclass(frozen=True, slots=True)
class FormPaper:
    """A filled form ready for signature. `head` are the lines above its title, left and right; `note` says which
    revision of the return it shows."""

    head: tuple[tuple[str, str], tuple[str, str]]
    title: str
    subtitle: tuple[str, ...]
    body: tuple[Block, ...]
    place_and_date: str
    signers: tuple[Signer, Signer]
    note: str = ""
    notice: str = ""
    lang: Literal["vi", "en"] = "vi"
    made_on: str = "2000-01-01"

    def lines(self) -> Iterator[str]:
        """The words above and below the tables."""
        for left, right in self.head:
            yield from (left, right)
        yield from (self.title, *self.subtitle, self.place_and_date)
        for signer in self.signers:
            yield from (signer.title, signer.name)


def form_paper(
    *,
    edition: Edition,
    content: Content,
    unit: UnitHeader,
    revision: int,
    place: str = "",
    notice: str = "",
    lang: Literal["vi", "en"] = "vi",
) -> FormPaper:
    """The form of a return as a paper. The same arguments give an equal paper."""
    with speaking(lang):
        shape = layout(edition, content.form, content.period)
        form, span = shape.form, edition.calendar.span(content.period)
        last = span.last_day
        numbered = form.number if form.number.startswith("Biểu") else _("Form No.: {number}").format(number=form.number)
        reporting = _("Reporting unit: {unit}").format(unit=unit.name)
        if unit.code:
            reporting += " (" + _("code {code}").format(code=unit.code) + ")"
        receiver = str(form.receiver) + (f", {unit.parent_name}" if unit.parent_name else "")
        signed = _("………, day …… month …… year {year}").format(year=last.year if last else content.period.year)
        return FormPaper(
            head=(
                (numbered, reporting),
                (str(form.issued_with), _("Received by: {receiver}").format(receiver=receiver)),
            ),
            title=str(form.title).upper(),
            subtitle=tuple(_subtitle(edition, content)),
            body=tuple(_body(edition, content)),
            place_and_date=signed.replace("………", place, 1) if place else signed,
            signers=(
                Signer(str(form.signers[0]), _("(signature, full name)"), content.prepared_by),
                Signer(str(form.signers[1]), _("(signature, stamp, full name)"), content.approved_by),
            ),
            note=_("Figures as sent, number {number}.").format(number=revision),
            notice=notice,
            lang=lang,
            made_on=last.isoformat() if last else "2000-01-01",
        )


def _subtitle(edition: Edition, content: Content) -> Iterator[str]:
    span, period = edition.calendar.span(content.period), content.period
    yield _("Period: {period} (from {start} to the end of {end})").format(
        period=period_words(period), start=day_words(span.start), end=day_words(span.last_day)
    )
    if content.as_of is not None:
        yield _("Figures as of:") + " " + day_words(content.as_of)


def _body(edition: Edition, content: Content) -> Iterator[Block]:
    """Block by block as the form has them; texts in the words they were written in."""
    shape = layout(edition, content.form, content.period)
    for block in shape.blocks:
        yield from entered_block(edition, content, block)
        written = [(line, content.texts[line.code]) for line in block.texts if content.texts.get(line.code)]
        if written:
            yield Heading(2, f"{shape.sheet_of[block.code]}. {block.title}")
        for line, text in written:
            yield Heading(3, str(line.label))
            yield from (Paragraph((part,)) for part in text.splitlines() if part.strip())
    yield from _restated(edition, content)


def _restated(edition: Edition, content: Content) -> Iterator[Block]:
    """Official figures given in place of last period's estimates."""
    if not content.restated:
        return
    before: Period = content.period.previous()
    shape = layout(edition, content.form, before)
    yield Heading(2, _("Official figures for estimates of the period before ({period})").format(period=before.code))
    for address, figure in content.restated.items():
        slot = shape.slots.get(address)
        label = f"{slot.line.label}, {slot.column.label}" if slot is not None else address
        yield Paragraph((f"{label}: {number(figure.value)}",), "bullet")


def form_pdf(paper: FormPaper) -> bytes:
    """The paper as PDF/A-2b with embedded fonts, on two pages where it can be read there; the same paper gives the
    same bytes."""
    data = {
        "head": paper.head,
        "title": paper.title,
        "subtitle": paper.subtitle,
        "body": blocks_data(paper.body),
        "place_and_date": paper.place_and_date,
        "signers": [{"title": one.title, "hint": one.hint, "name": one.name} for one in paper.signers],
        "note": paper.note,
        "notice": paper.notice,
        "lang": paper.lang,
    }
    said, made = json.dumps(data, ensure_ascii=False), b""
    for scale in SCALES:
        made = compiled("form.typ", said, paper.made_on, scale)
        if page_count(made) <= PAGES:
            break
    return made
