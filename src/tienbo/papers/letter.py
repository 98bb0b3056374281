"""Letters of the standing office (công văn): asking for returns, with the outline and the forms; reminding who is late.

Laid out as NĐ 30/2020/NĐ-CP has it: no name of its kind, the subject under the number, "Kính gửi" above the text. The
number stays blank for the office that registers papers. The same arguments give an equal document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tienbo.catalogue.definitions import Block as FormBlock
from tienbo.catalogue.definitions import Form, Outline, Section, SigningProfile
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Layout, layout
from tienbo.core.messages import gettext as _
from tienbo.core.messages import language
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.core.words import day_words, roman
from tienbo.papers.blocks import Annex, Back, Block, Cell, Column, Document, Front, Heading, Paragraph, Table
from tienbo.papers.context import following, period_name
from tienbo.papers.report import place_and_date, profile_line

ASKED_TO_COOPERATE = ("front", "party")
"""Families that no committee gives tasks to: to them one writes “đề nghị phối hợp”."""
BLANK_ROWS = 3
"""Empty lines of a block of repeating rows."""
WIDE = 6
"""Columns of figures from which on a form is printed across the page."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The office that writes: how its paper is headed, where it is signed, the notice of a demonstration."""

    profile: SigningProfile
    unit: str
    province: str
    place: str
    notice: str = ""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What a letter asks for. `kinds`: kinds of the units that report; `forms` those they report on."""

    period: Period
    figures_from: date
    figures_to: date
    due_on: date
    kinds: Sequence[str]
    forms: Sequence[Form]
    outlines: Sequence[Outline]
    regime: str = ""
    """The document of the reporting regime, cited; empty where none is known."""
    cited: str = ""
    """The document of above that the letter rests on: number and day."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A unit that a letter reminds: what it is, until when it had time, what is the matter with its return."""

    kind: str
    name: str
    due_on: date | None
    words: str


def request_letter(edition: Edition, sender: Sender, asking: Asking) -> Document:
    """Công văn yêu cầu báo cáo: what, in which forms, of which days, until when; the outline and forms as annexes."""
    period = period_name(asking.period)
    body = [Paragraph((text,)) for text in _asked(asking, period)]
    annexes = [*_outlines(asking), *_forms(edition, asking)]
    return _letter(
        sender,
        subject=_("Re: report on gender equality and the advancement of women, {period}").format(period=period),
        to=addressees(asking.kinds),
        body=body,
        annex=tuple(
            Annex(_("ANNEX {number}").format(number=roman(index + 1)) if len(annexes) > 1 else _("ANNEX"), *one)
            for index, one in enumerate(annexes)
        ),
        year=asking.due_on.year,
    )


def chasing_letter(sender: Sender, *, period: Period, today: date, due: int, behind: Sequence[Behind]) -> Document:
    """Công văn đôn đốc: who has not sent or was asked to supplement, in a table; the Front and Party bodies asked to
    cooperate and not told."""
    name = period_name(period)
    count = len(behind)
    lead = _("By {today}, {count} of {due} units have not sent, or not supplemented, their figures of {period}.")
    body: list[Block] = [
        Paragraph((lead.format(today=day_words(today), count=count, due=due, period=name),)),
        Paragraph((_("The units listed below are asked to complete and send their returns as soon as they can."),)),
    ]
    if any(family(one.kind) in ASKED_TO_COOPERATE for one in behind):
        body.append(Paragraph((_("The Front, mass organisations and Party bodies are kindly asked to cooperate."),)))
    body.append(
        Table(
            _("Units whose returns are awaited"),
            (
                Column(_("No."), 12, "center"),
                Column(_("Unit"), 80),
                Column(_("Due"), 28, "center"),
                Column(_("State"), 50),
            ),
            tuple(
                (
                    Cell((str(index),)),
                    Cell((one.name,)),
                    Cell((day_words(one.due_on) if one.due_on else "",)),
                    Cell((one.words,)),
                )
                for index, one in enumerate(behind, 1)
            ),
        )
    )
    body.append(Paragraph((_("Your attention and cooperation are appreciated") + "./.",)))
    return _letter(
        sender,
        subject=_("Re: reminder of the report for {period}").format(period=name),
        to=addressees([one.kind for one in behind]),
        body=body,
        annex=(),
        year=today.year,
    )


def addressees(kinds: Sequence[str]) -> tuple[str, ...]:
    """ "Kính gửi", by families of the units, in the order of print; one family stands on the same line."""
    words = {
        "department": _("Departments and agencies of the province"),
        "front": _("The Fatherland Front and mass organisations"),
        "party": _("Party bodies"),
        "force": _("The armed forces"),
        "province": _("People's Committees of provinces and cities"),
        "district": _("People's Committees of districts"),
        "commune": _("People's Committees of communes, wards and special zones"),
    }
    held = {family(kind) for kind in kinds}
    found = [words[one] for one in words if one in held]
    if len(found) == 1:
        return (_("To: {whom}").format(whom=found[0]),)
    return (_("To:"), *(f"- {one}{'.' if one == found[-1] else ';'}" for one in found))


def _asked(asking: Asking, period: str) -> Iterator[str]:
    # Paper spells out what lists abbreviate: "NĐ 09/2019/NĐ-CP".
    rests = [re.sub(r"^NĐ (?=\d)", _("Decree number") + " ", one) for one in (asking.cited, asking.regime) if one]
    if rests:
        lead = _(
            "In carrying out {documents}, and to draw up the report on gender equality and the advancement of women "
            "for {period}, agencies, units and localities are asked to report as follows:"
        )
    else:
        lead = _(
            "To draw up the report on gender equality and the advancement of women for {period}, agencies, units and "
            "localities are asked to report as follows:"
        )
    yield lead.format(documents=_(" and ").join(rests), period=period)
    yield "1. " + _("Content: by the outline in the annex.")
    figures = _("Figures: on the forms in the annexes, from {start} to the end of {end}. An estimate is marked as one.")
    yield "2. " + figures.format(start=day_words(asking.figures_from), end=day_words(asking.figures_to))
    yield "3. " + _("Send it by the end of {day}.").format(day=day_words(asking.due_on))
    yield "4. " + _("Enter it in the system, or fill in the workbook and send it; and send the signed paper.")
    if any(family(kind) in ASKED_TO_COOPERATE for kind in asking.kinds):
        yield _("The Front, mass organisations and Party bodies are kindly asked to cooperate.")
    yield _("Your attention and cooperation are appreciated") + "./."


# ---------------------------------------------------------------------------------------------------- the annexes


def _outlines(asking: Asking) -> Iterator[tuple[str, tuple[Block, ...], bool]]:
    names = {"period": period_name(asking.period), "next_period": period_name(following(asking.period))}
    for outline in asking.outlines:
        blocks: list[Block] = [Paragraph((str(outline.title),), "centred")]
        blocks += _headings(outline.sections, names)
        yield (_("Outline of the report"), tuple(blocks), False)


def _headings(sections: Sequence[Section], names: dict[str, str], depth: int = 1) -> Iterator[Block]:
    for index, section in enumerate((one for one in sections if not one.annex), 1):
        title = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "…"), str(section.title))
        if depth == 1:
            yield Heading(2, title.upper(), f"{roman(index)}.")
        else:
            yield Paragraph(((f"{index}. " if depth == 2 else "- ") + title,))
        yield from _headings(section.sections, names, depth + 1)


def _forms(edition: Edition, asking: Asking) -> Iterator[tuple[str, tuple[Block, ...], bool]]:
    for form in asking.forms:
        shape = layout(edition, form.code, asking.period)
        blocks = tuple(table for block in shape.blocks for table in blank_block(shape, block))
        wide = any(isinstance(one, Table) and len(one.columns) > WIDE for one in blocks)
        yield (f"{form.number}. {form.title}", blocks, wide)


def blank_block(shape: Layout, block: FormBlock) -> Iterator[Block]:
    """One block of a form as it is to be filled in by hand: × where nothing is asked."""
    title = f"{shape.sheet_of[block.code]}. {block.title}"
    number = Column(_("No."), 11, "center")
    if block.fields:
        fields = [part for part in block.fields if part.kind != "name"]
        name = next((str(part.label) for part in block.fields if part.kind == "name"), _("Name"))
        columns = (number, Column(name, 70), *(Column(str(part.label), 24, "right") for part in fields))
        empty = tuple(
            (Cell((str(index),)), Cell(("…",)), *(Cell() for _part in fields)) for index in range(1, BLANK_ROWS + 1)
        )
        yield Table(title, columns, empty)
    elif block.lines:
        heads = [column for column in shape.form.columns if column.code in block.columns]
        columns = (number, Column(_("Content"), 90), *(Column(str(head.label), 24, "right") for head in heads))
        rows = tuple(
            (
                Cell((str(index),)),
                Cell((str(line.label),)),
                *(
                    Cell() if f"{line.code}:{head.code}" in shape.slots else Cell(("×",), align="center")
                    for head in heads
                ),
            )
            for index, line in enumerate(shape.lines(block), 1)
        )
        if rows:
            yield Table(title, columns, rows)
    for text in block.texts:
        # Dots on a line of their own: beside a long label they wrap, and the label is then spread over the line.
        yield Paragraph((f"{text.label}:",))
        yield Paragraph(("…" * 28,))


# ------------------------------------------------------------------------------------------------------ the paper


def _letter(
    sender: Sender, *, subject: str, to: tuple[str, ...], body: Sequence[Block], annex: tuple[Annex, ...], year: int
) -> Document:
    return official(
        sender,
        subject=subject,
        addressees=to,
        body=body,
        annex=annex,
        year=year,
        recipients=(_("as above;"), _("File: VT.")),
    )


def official(
    sender: Sender,
    *,
    subject: str,
    body: Sequence[Block],
    year: int,
    kind: str = "",
    symbol: str | None = "",
    is_dated: bool = True,
    addressees: tuple[str, ...] = (),
    annex: tuple[Annex, ...] = (),
    signature: Sequence[str] | None = None,
    beside: Sequence[str] = (),
    recipients: Sequence[str] = (),
) -> Document:
    """A paper of an office, its number and day blank. `kind` "" is a letter; `symbol` stands before the office's own in
    the number, None for a paper without one; `signature` where it is not the office's; `beside` signs on the left."""
    profile = sender.profile
    names = {"province": sender.province, "unit": sender.unit}
    held = profile.symbol.removeprefix("BC-") if not symbol else profile.symbol.replace("BC", symbol, 1)
    number = _("No.:        /{symbol}").format(symbol=held).replace("/", profile.number_sign, 1)
    lines = [profile_line(line, **names).upper() for line in profile.signature] if signature is None else signature
    return Document(
        front=Front(
            superior=profile_line(profile.superior, **names).upper(),
            issuer=profile_line(profile.issuer, **names).upper(),
            nation=str(profile.nation) if profile.nation else _("SOCIALIST REPUBLIC OF VIET NAM"),
            motto="" if profile.nation else _("Independence - Freedom - Happiness"),
            number="" if symbol is None else number,
            place_and_date=place_and_date(sender.place, None, year) if is_dated else "",
            kind=kind,
            subject=subject,
            addressees=addressees,
        ),
        body=tuple(body),
        back=Back(
            signature=tuple(lines),
            signer="",
            recipients_title=_("Recipients:") if recipients else "",
            recipients=tuple(recipients),
            beside=tuple(beside),
        ),
        annex=annex,
        notice=sender.notice,
        lang="vi" if language() == "vi" else "en",
        made_on=date(year, 1, 1).isoformat(),
    )
