"""What stands on a paper, before anyone decides whether it becomes docx or PDF.

A document is front matter, blocks, back matter and annexes. Every figure in it is a `Bound`: a text and the key that
looks it up in the release (see papers.bindings), so that a number on paper can be traced and none can be invented.
Texts are plain: no writer reads mark-up in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure as printed, and the key of what it was read from."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """A mark in the running text and what it says at the foot of the page."""

    runs: tuple[str | Bound, ...]


Run = str | Bound | Footnote
Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is a Part (centred), 2 a numbered heading, 3 a lettered one. `number` is written before the text.

    `place` is that of its section in the outline (`Outline.places`), for the drafter's screen.
    """

    level: Literal[1, 2, 3]
    text: str
    number: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `bullet` begins with a dash, as official papers do; `note` is small print.

    `by_hand`: written by the drafter; the screen says so of its figures, paper does not.
    """

    runs: Runs
    style: Literal["body", "bullet", "note", "centred"] = "body"
    by_hand: bool = False


Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is in millimetres; the columns of a table fill its width in these proportions."""

    label: str
    width: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Cell:
    """`span` columns wide. `align` None takes the column's."""

    runs: tuple[str | Bound, ...] = ()
    bold: bool = False
    italic: bool = False
    align: Align | None = None
    span: int = 1


def heads(row: tuple[Cell, ...]) -> bool:
    """Whether a row is the heading of those below it: it stays with the next one."""
    return len(row) == 1 and row[0].span > 1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a header that repeats on every page. `notes` are small print below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[tuple[str | Bound, ...], ...] = ()
    landscape: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if sum(cell.span for cell in row) != len(self.columns):
                raise ValueError(f"a row of “{self.title}” does not fill its {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: `svg` is its source, `alt` what it says to who cannot see it, `note` small print below it."""

    title: str
    svg: str
    alt: str
    note: str = ""
    needs_table: bool = False
    """It never stands without the table after it: on a slide it would."""


Block = Heading | Paragraph | Table | Chart


@dataclass(frozen=True, slots=True)
class Front:
    """The head of an official paper (NĐ 30/2020/NĐ-CP). `number` stays blank for the office that registers papers.

    A letter (công văn) has no `kind`: its subject stands under the number, and `addressees` above the text.
    """

    superior: str
    issuer: str
    nation: str
    motto: str
    number: str
    place_and_date: str
    kind: str
    subject: str
    addressee: str = ""
    addressees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Back:
    """Signature and recipients. `signer` is empty where the name is not known yet. Where a second person signs,
    `beside` stands on the left and the recipients below."""

    signature: tuple[str, ...]
    signer: str
    recipients_title: str
    recipients: tuple[str, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annex:
    """Begins on its own page: "Phụ lục I", a title, blocks."""

    number: str
    title: str
    blocks: tuple[Block, ...]
    landscape: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A whole paper. `notice` is printed on every page where it is set ("Số liệu minh họa")."""

    front: Front
    body: tuple[Block, ...]
    back: Back
    annex: tuple[Annex, ...] = ()
    notice: str = ""
    lang: Literal["vi", "en", "lo"] = "vi"
    made_on: str = "2000-01-01"
    """The day written into the files' properties (ISO): the same document gives the same bytes on any day."""

    @property
    def title(self) -> str:
        return f"{self.front.kind} {self.front.subject}".strip()

    @property
    def speech(self) -> Literal["vi", "en"]:
        """The language of the catalogue that is spoken around the paper: a Lao one has English beside it."""
        return "en" if self.lang == "lo" else self.lang

    def blocks(self) -> Iterator[Block]:
        """Every block, annexes last."""
        yield from self.body
        for annex in self.annex:
            yield from annex.blocks

    def bounds(self) -> Iterator[Bound]:
        """Every figure on the paper."""
        for block in self.blocks():
            for runs in _runs(block):
                yield from _bounds(runs)

    def lines(self) -> Iterator[str]:
        """The words of the paper, line by line: to be read aloud, compared and searched."""
        for block in self.blocks():
            if isinstance(block, Heading):
                yield f"{block.number} {block.text}".strip()
            elif isinstance(block, Chart):
                yield block.title
            else:
                if isinstance(block, Table) and block.title:
                    yield block.title
                for runs in _runs(block):
                    yield plain(runs)


def _runs(block: Block) -> Iterator[Runs]:
    if isinstance(block, Paragraph):
        yield block.runs
    elif isinstance(block, Table):
        for row in block.rows:
            for cell in row:
                yield cell.runs
        yield from block.notes


def _bounds(runs: Iterable[Run]) -> Iterator[Bound]:
    for run in runs:
        if isinstance(run, Bound):
            yield run
        elif isinstance(run, Footnote):
            yield from _bounds(run.runs)


def plain(runs: Iterable[Run]) -> str:
    """The words of some runs; a footnote's follow in brackets."""
    return "".join(
        f" [{plain(run.runs)}]" if isinstance(run, Footnote) else run.text if isinstance(run, Bound) else run
        for run in runs
    )


def in_a_row(names: Sequence[str]) -> str:
    """Names in a row; with semicolons where a name has a comma of its own ("Sở Văn hóa, Thể thao và Du lịch")."""
    return ("; " if any("," in name for name in names) else ", ").join(names)


def fill(message: str, **places: str | Bound) -> tuple[str | Bound, ...]:
    """A message with its places ("{due}") filled by texts or figures, as runs."""
    pieces = re.split(r"\{([a-z_]+)\}", message)
    runs: list[str | Bound] = [places[piece] if index % 2 else piece for index, piece in enumerate(pieces)]
    return tuple(run for run in runs if run != "")
