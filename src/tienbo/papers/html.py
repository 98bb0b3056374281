"""Document → HTML for the drafter's screen: the same blocks as on paper, every figure a link to where it came from.

No style or script stands in it; the classes are those of the pages. Every text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from tienbo.core.messages import gettext as _
from tienbo.core.messages import speaking
from tienbo.papers import chart
from tienbo.papers.blocks import (
    Annex,
    Back,
    Block,
    Bound,
    Cell,
    Chart,
    Document,
    Front,
    Heading,
    Paragraph,
    Run,
    Table,
    heads,
)

_FIGURES = re.compile(r"\d[\d.,/]*%?")


@dataclass(frozen=True)
class Addresses:
    """Where things lead: of the key of a figure ("" for nowhere), of the paper's chart by its number from 0, of the
    place of a section to where words are written for it ("" where nobody may)."""

    figure: Callable[[str], str]
    chart: Callable[[int], str]
    section: Callable[[str], str] = lambda _place: ""


def charts(document: Document) -> list[Chart]:
    """The paper's charts in the order of their numbers."""
    return [block for block in document.blocks() if isinstance(block, Chart)]


def paper_html(document: Document, addresses: Addresses) -> str:
    """Front, body, signature; annexes are asked for one by one."""
    with speaking(document.speech):
        levels = [block.level for block in document.body if isinstance(block, Heading)]
        writer = _Writer(addresses, "p", top=min(levels, default=1))
        body = "".join(writer.blocks(document.body))
        return f"{_front(document.front)}{body}{writer.footnotes()}{_back(document.back)}"


def body_html(document: Document, addresses: Addresses) -> str:
    """The blocks alone, for a page that has a head of its own."""
    with speaking(document.speech):
        return blocks_html(document.body, addresses)


def blocks_html(blocks: Sequence[Block], addresses: Addresses) -> str:
    """Blocks of a page that has a heading of its own, in the language that is spoken."""
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    # The page's own heading is the first: those of the paper follow it.
    writer = _Writer(addresses, "p", top=min(levels, default=1) + 1)
    return "".join(writer.blocks(blocks)) + writer.footnotes()


def annex_html(document: Document, index: int, addresses: Addresses) -> str:
    """An annex by its number from 0; IndexError for one that is not there."""
    annex: Annex = document.annex[index]
    with speaking(document.speech):
        before = [*document.body, *(block for one in document.annex[:index] for block in one.blocks)]
        writer = _Writer(addresses, f"a{index}", sum(isinstance(block, Chart) for block in before))
        return "".join(writer.blocks(annex.blocks)) + writer.footnotes()


def computed_html(document: Document, addresses: Addresses) -> dict[str, str]:
    """Place of a section → what is computed there, without its tables and charts and what was written by hand."""
    found: dict[str, list[Block]] = {}
    at = ""
    for block in document.body:
        if isinstance(block, Heading):
            at = block.place or at
        elif isinstance(block, Paragraph) and not block.by_hand:
            found.setdefault(at, []).append(block)
    with speaking(document.speech):
        return {
            place: "".join(_Writer(addresses, f"c{index}", bare=True).blocks(blocks))
            for index, (place, blocks) in enumerate(found.items())
        }


def _front(front: Front) -> str:
    upper = "<br>".join(escape(line) for line in (front.superior, front.issuer) if line)
    nation = "<br>".join(escape(line) for line in (front.nation, front.motto) if line)
    to = f'<p class="tb-paper-middle">{escape(front.addressee)}</p>' if front.addressee else ""
    return (
        f'<div class="tb-paper-head"><p>{upper}<br>{escape(front.number)}</p>'
        f"<p>{nation}<br><em>{escape(front.place_and_date)}</em></p></div>"
        f'<h2 class="tb-paper-title">{escape(front.kind)}</h2>'
        f'<p class="tb-paper-middle"><strong>{escape(front.subject)}</strong></p>{to}'
    )


def _back(back: Back) -> str:
    recipients = "".join(f"<li>{escape(line)}</li>" for line in back.recipients)
    signature = "<br>".join(escape(line) for line in back.signature)
    return (
        f'<div class="tb-paper-head tb-paper-back"><div><p><em>{escape(back.recipients_title)}</em></p>'
        f"<ul>{recipients}</ul></div><p><strong>{signature}</strong><br><br><br>{escape(back.signer)}</p></div>"
    )


@dataclass
class _Writer:
    """Blocks → HTML. `mark` keeps the identifiers of one part of the paper apart from another's."""

    addresses: Addresses
    mark: str
    drawn: int = 0
    notes: list[str] = field(default_factory=list)
    bare: bool = False
    """Without footnotes."""
    top: int = 1
    """The level of the paper's highest headings: they follow the title, whatever outline they come from."""

    def blocks(self, blocks: Sequence[Block]) -> Iterator[str]:
        listed = False
        for block in blocks:
            bullet = isinstance(block, Paragraph) and block.style == "bullet"
            if bullet is not listed:
                yield '<ul class="tb-paper-list">' if bullet else "</ul>"
                listed = bullet
            yield self._block(block)
        if listed:
            yield "</ul>"

    def _block(self, block: Block) -> str:
        if isinstance(block, Heading):
            return self._heading(block)
        if isinstance(block, Paragraph):
            return self._paragraph(block)
        return self._table(block) if isinstance(block, Table) else self._chart(block)

    def _heading(self, block: Heading) -> str:
        level, words = block.level - self.top + 3, escape(f"{block.number} {block.text}".strip())
        to = self.addresses.section(block.place) if block.place else ""
        said = escape(_("Write beside the computed text: {section}").format(section=block.text))
        add = f' <a class="tb-paper-add no-print" href="{escape(to)}" aria-label="{said}">✎</a>' if to else ""
        return f"<h{level}>{words}{add}</h{level}>"

    def _paragraph(self, block: Paragraph) -> str:
        words = self._by_hand(block) if block.by_hand else self._runs(block.runs)
        if block.style == "bullet":
            return f"<li>{words}</li>"
        look = {"note": ' class="tb-small tb-quiet"', "centred": ' class="tb-paper-middle"'}.get(block.style, "")
        return f"<p{look}>{words}</p>"

    def _by_hand(self, block: Paragraph) -> str:
        """A drafter's paragraph; its figures are marked, they are bound to nothing."""
        text = "".join(run if isinstance(run, str) else "" for run in block.runs)
        marked, at = [], 0
        for found in _FIGURES.finditer(text):
            marked += [escape(text[at : found.start()]), f'<mark class="tb-by-hand">{escape(found.group())}</mark>']
            at = found.end()
        words = "".join([*marked, escape(text[at:])])
        said = _("figures entered by the drafter") if marked else _("written by the drafter")
        return f'{words} <span class="tb-tag no-print">{escape(said)}</span>'

    def _runs(self, runs: Iterable[Run]) -> str:
        return "".join(self._run(run) for run in runs)

    def _run(self, run: Run) -> str:
        if isinstance(run, str):
            return escape(run)
        if isinstance(run, Bound):
            to = self.addresses.figure(run.key)
            return f'<a class="tb-bound" href="{escape(to)}">{escape(run.text)}</a>' if to else escape(run.text)
        if self.bare:
            return ""
        number = len(self.notes) + 1
        self.notes.append(self._runs(run.runs))
        name = f"{self.mark}-{number}"
        said = escape(_("Note {number}").format(number=number))
        return f'<sup id="from-{name}"><a href="#note-{name}" aria-label="{said}">{number}</a></sup>'

    def footnotes(self) -> str:
        if not self.notes:
            return ""
        back = escape(_("Back to the text"))
        rows = "".join(
            f'<li id="note-{self.mark}-{number}">{note} '
            f'<a class="no-print" href="#from-{self.mark}-{number}" aria-label="{back}">↑</a></li>'
            for number, note in enumerate(self.notes, 1)
        )
        return f'<ol class="tb-paper-notes">{rows}</ol>'

    def _table(self, table: Table) -> str:
        head = "".join(f'<th scope="col"{_side(column.align)}>{escape(column.label)}</th>' for column in table.columns)
        rows = "".join(f"<tr>{''.join(self._cells(row, table))}</tr>" for row in table.rows)
        notes = "".join(f'<p class="tb-small tb-quiet">{self._runs(note)}</p>' for note in table.notes)
        title = escape(table.title or _("Table"))
        caption = (
            f"<caption>{title}</caption>" if table.title else f'<caption class="visually-hidden">{title}</caption>'
        )
        return (
            f'<div class="tb-scroll" tabindex="0" role="region" aria-label="{title}">'
            f'<table class="tb-table tb-paper-table">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>{notes}"
        )

    def _cells(self, row: tuple[Cell, ...], table: Table) -> Iterator[str]:
        if heads(row):
            yield f'<th scope="rowgroup" colspan="{row[0].span}">{self._runs(row[0].runs)}</th>'
            return
        at = 0
        for cell in row:
            words = self._runs(cell.runs)
            words = f"<strong>{words}</strong>" if cell.bold else f"<em>{words}</em>" if cell.italic else words
            span = f' colspan="{cell.span}"' if cell.span > 1 else ""
            yield f"<td{span}{_side(cell.align or table.columns[at].align)}>{words}</td>"
            at += cell.span

    def _chart(self, block: Chart) -> str:
        wide, high = chart.size(block.svg)
        address = escape(self.addresses.chart(self.drawn))
        self.drawn += 1
        note = f'<p class="tb-small tb-quiet">{escape(block.note)}</p>' if block.note else ""
        return (
            f'<figure class="tb-paper-figure"><figcaption>{escape(block.title)}</figcaption>'
            f'<img class="tb-chart" src="{address}" alt="{escape(block.alt)}" width="{wide:.0f}" height="{high:.0f}" '
            f'loading="lazy">{note}</figure>'
        )


def _side(align: str) -> str:
    return {"right": ' class="tb-num"', "center": ' class="tb-middle"'}.get(align, "")
