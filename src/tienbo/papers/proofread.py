"""A paper that was edited and brought back: which of its sentences say figures that no longer hold.

The file's words are compared with the words of the release, sentence by sentence; nothing hidden in the file is
believed, so it does not matter who edited it with what. Numbers are taken out of a sentence, what is left names it:
the same words with other numbers are a difference, and a number in words that the release does not have is looked for
in the nearest sentence, then in the whole release.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]

from tienbo.core.apart import Overrun
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.papers.bindings import sentences
from tienbo.papers.blocks import Block, Bound, Cell, Chart, Document, Footnote, Heading, Run, Table
from tienbo.papers.foreign import foreign

FILE_LIMIT, PART_LIMIT = 32 * 2**20, 64 * 2**20
"""Bytes of a Word file, and of its words once inflated. The report of a province has half a megabyte and five."""
NEAR = 0.55
"""Words in common, over the words of the longer sentence, from which two sentences are one that was edited."""

SAME = 0.1
"""Share of the release's sentences with figures that a file has at least when it is this report, edited."""

worded(
    {
        "proofread.not_word": N_("This is not a Word file (.docx). Save it as .docx and send it again."),
        "proofread.too_large": N_("The file is larger than a report can be; at most {limit} MB are read."),
        "proofread.broken": N_("The Word file cannot be read: it is damaged or locked with a password."),
        "proofread.too_heavy": N_(
            "Reading this Word file takes more time or memory than a report does, so it was not read. Save it once "
            "more in Word and send it again."
        ),
    }
)

_PARTS = re.compile(r"word/(document|footnotes|endnotes)\.xml")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LEAD = re.compile(r"^(?:[^\W\d]+\s){0,2}(?:\d+|[a-zđ]|[IVX]+)[.)]\s+|^[-–•+*]\s+")
"""Numbering before the words: "1. ", "a) ", "Biểu đồ 3. ", a dash. It moves when something is put in before it."""
_TURNS = {"tăng": "giảm", "giảm": "tăng", "more": "less", "less": "more", "trên": "dưới", "dưới": "trên"}
_GROUPED = re.compile(r"^\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*$")


class Figure(NamedTuple):
    """A number in a sentence: as it is printed, and the key of a bound one."""

    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or a row of a table, with its numbers taken out of it in order."""

    text: str
    figures: tuple[Figure, ...]
    words: tuple[str, ...]
    """Lower-case words, "#" where a number stood: what names the sentence."""
    is_row: bool = False


Verdict = Literal["differs", "unknown", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence of the file whose numbers do not hold.

    `differs`: the release has this sentence with other numbers (`expected` is its text). `unknown`: a number that
    stands nowhere in the release. `elsewhere`: words that are not the release's, whose numbers all stand somewhere in
    it: to be looked at by a person. `numbers` pairs what is printed with what the release has ("" for nothing).
    """

    verdict: Verdict
    text: str
    numbers: tuple[tuple[str, str], ...]
    expected: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found, worst first; how many sentences with figures of the release still stand, of how many; those of
    which nothing is left in the file."""

    findings: tuple[Finding, ...]
    kept: int
    bound: int
    gone: tuple[str, ...] = ()

    @property
    def is_another(self) -> bool:
        """The file is hardly this report at all: comparing says nothing about its figures."""
        return self.kept < self.bound * SAME


def proofread(data: bytes, document: Document) -> Proof:
    """Compare a Word file with the paper of a release. Refused when it is no Word file."""
    brought = (one for one in docx_sentences(data) if not _heads(one, document))
    return compare(list(brought), list(paper_sentences(document)))


def _heads(sentence: Sentence, document: Document) -> bool:
    """The head of the paper: number and day are written in when it is signed."""
    return sentence.is_row and clean(document.front.nation).casefold() in sentence.text.casefold()


# ----------------------------------------------------------------------------------------------------- comparing


def compare(brought: Sequence[Sentence], release: Sequence[Sentence]) -> Proof:
    """Sentences of a file against those of the release."""
    book = _Book(release)
    found = [finding for finding in map(book.look, brought) if finding is not None]
    unique = list({(one.verdict, one.text): one for one in found}.values())
    rank = {"differs": 0, "unknown": 1, "elsewhere": 2}
    said = {(one.words, _values(one)) for one in brought}
    bound = [one for one in release if any(figure.key for figure in one.figures)]
    kept = sum((one.words, _values(one)) in said for one in bound)
    gone = tuple(dict.fromkeys(one.text for one in bound if one.text not in book.met))
    return Proof(tuple(sorted(unique, key=lambda one: rank[one.verdict])), kept, len(bound), gone)


class _Book:
    """The release's sentences, found by their words."""

    def __init__(self, release: Sequence[Sentence]) -> None:
        self.same: dict[tuple[str, ...], list[Sentence]] = defaultdict(list)
        self.by_word: dict[str, list[int]] = defaultdict(list)
        self.all = list(release)
        self.met: set[str] = set()
        """Texts of those that a sentence of the file was held against."""
        for index, one in enumerate(self.all):
            self.same[one.words].append(one)
            for word in set(one.words):
                self.by_word[word].append(index)
        self.numbers = {value(figure.text) for one in self.all for figure in one.figures}

    def look(self, said: Sentence) -> Finding | None:
        """What is wrong with a sentence of the file; None when it holds or has no number."""
        twins = self.same.get(said.words, [])
        same = [twin.text for twin in twins if _values(twin) == _values(said)]
        self.met.update(same)
        if same:
            return None
        if twins:
            return self._against(said, min(twins, key=lambda twin: len(_pairs(said, twin))))
        near = self._nearest(said)
        if near is not None:
            return self._against(said, near)
        return self._alone(said)

    def _against(self, said: Sentence, held: Sentence) -> Finding | None:
        """Against the sentence it was: numbers that were changed, put in or taken out."""
        self.met.add(held.text)
        pairs = _pairs(said, held) or _turned(said, held)
        if not pairs:
            return None
        strange = all(not expected for _printed, expected in pairs)
        known = all(value(printed) in self.numbers for printed, _expected in pairs)
        verdict: Verdict = "differs" if not strange else "elsewhere" if known else "unknown"
        wrong = {expected for _printed, expected in pairs}
        key = next((figure.key for figure in held.figures if figure.key and figure.text in wrong), "")
        return Finding(verdict, said.text, pairs, held.text, key)

    def _alone(self, said: Sentence) -> Finding | None:
        if not said.figures:
            return None
        strange = tuple((figure.text, "") for figure in said.figures if value(figure.text) not in self.numbers)
        every = tuple((figure.text, "") for figure in said.figures)
        return Finding("unknown", said.text, strange) if strange else Finding("elsewhere", said.text, every)

    def _nearest(self, said: Sentence) -> Sentence | None:
        mine = set(said.words) - {"#"}
        if len(mine) < 4:
            return None
        votes: dict[int, int] = defaultdict(int)
        for word in mine:
            for index in self.by_word.get(word, ()):
                votes[index] += 1
        best, most = None, 0.0
        for index, common in votes.items():
            share = common / max(len(mine), len(set(self.all[index].words) - {"#"}))
            if share > most:
                best, most = self.all[index], share
        return best if most >= NEAR else None


def _values(sentence: Sentence) -> tuple[str, ...]:
    return tuple(value(figure.text) for figure in sentence.figures)


def _pairs(said: Sentence, held: Sentence) -> tuple[tuple[str, str], ...]:
    """(printed, expected) of the numbers of a sentence that are not those of another, word laid beside word. What was
    left out of the sentence is no number of it, and one that only moved within it is no other."""
    mine, theirs = _tokens(said), _tokens(held)
    match = SequenceMatcher(None, [word for word, _ in mine], [word for word, _ in theirs], autojunk=False)
    found: list[tuple[str, str]] = []
    for _act, a, b, c, d in match.get_opcodes():
        old = (figure.text for _word, figure in theirs[c:d] if figure)
        new = (figure.text for _word, figure in mine[a:b] if figure)
        found += [pair for pair in zip_longest(new, old, fillvalue="") if value(pair[0]) != value(pair[1])]
    gone = [value(expected) for printed, expected in found if not printed]
    kept: list[tuple[str, str]] = []
    for printed, expected in found:
        if printed and not expected and value(printed) in gone:
            gone.remove(value(printed))
        elif printed:
            kept.append((printed, expected))
    return tuple(kept)


def _turned(said: Sentence, held: Sentence) -> tuple[tuple[str, str], ...]:
    """The same numbers with the other direction: "tăng" where the release has "giảm"."""
    mine = [word for word in said.words if word in _TURNS]
    theirs = [word for word in held.words if word in _TURNS]
    turned = len(mine) == len(theirs)
    return tuple((new, old) for new, old in zip(mine, theirs, strict=False) if turned and _TURNS[new] == old)


def _tokens(sentence: Sentence) -> list[tuple[str, Figure | None]]:
    figures = iter(sentence.figures)
    return [(word, next(figures) if word == "#" else None) for word in sentence.words]


def value(text: str) -> str:
    """One spelling for one number: 1.234 and 1234, 27,30 and 27,3. Both languages' marks are understood: three
    figures behind a mark are thousands."""
    if not text:
        return ""
    if _GROUPED.match(text):
        return text.replace(".", "").replace(",", "").lstrip("0") or "0"
    marks = [char for char in text if char in ".,"]
    if not marks:
        return text.lstrip("0") or "0"
    whole, _mark, part = text.rpartition(marks[-1])
    if marks[-1] in marks[:-1]:
        return text  # 1.2.2026 and the like are no decimal numbers
    return f"{re.sub('[.,]', '', whole).lstrip('0') or '0'},{part.rstrip('0')}".rstrip(",")


# ------------------------------------------------------------------------------------------- sentences of a paper


def paper_sentences(document: Document) -> Iterator[Sentence]:
    """The sentences and rows of a paper, the keys of its figures with them."""
    front = document.front
    for line in (front.superior, front.issuer, front.number, front.kind, front.subject, front.place_and_date):
        yield from _of_runs((line,))
    for annex in document.annex:
        yield from _of_runs((annex.number,))
        yield from _of_runs((annex.title,))
    for block in document.blocks():
        yield from _of_block(block)
    back = document.back
    for line in (*back.signature, back.signer, *back.recipients, document.notice):
        yield from _of_runs((line,))


def _of_block(block: Block) -> Iterator[Sentence]:
    if isinstance(block, Heading):
        yield from _of_runs((block.text,))
    elif isinstance(block, Chart):
        yield from _of_runs((block.title,))
        yield from _of_runs((block.note,))
    elif isinstance(block, Table):
        yield from _of_runs((block.title,))
        yield _row([Cell((column.label,)) for column in block.columns])
        yield from map(_row, block.rows)
        for note in block.notes:
            yield from _of_runs(note)
    else:
        yield from _of_runs(tuple(run for run in block.runs if not isinstance(run, Footnote)))
        for run in block.runs:
            if isinstance(run, Footnote):
                yield from _of_runs(run.runs)


def _of_runs(runs: Sequence[Run]) -> Iterator[Sentence]:
    """A text by sentences. Where a bound figure stands in it is known by counting letters."""
    text, keys = "", []
    for run in runs:
        piece = run.text if isinstance(run, Bound) else run if isinstance(run, str) else ""
        if isinstance(run, Bound):
            keys.append((len(text), len(text) + len(piece), run.key))
        text += piece
    at = 0
    for sentence in sentences(text):
        at = text.index(sentence, at)
        inside = [(start - at, end - at, key) for start, end, key in keys if at <= start < at + len(sentence)]
        at += len(sentence)
        made = _sentence(sentence, inside)
        if made.words:
            yield made


def _row(row: Sequence[Cell]) -> Sentence:
    """A row of a table as one sentence; the running number before it is no part of it."""
    cells = list(row)
    if len(cells) > 1 and re.fullmatch(r"\s*\d+\s*", _plain(cells[0])):
        cells = cells[1:]
    text, keys = "", []
    for cell in cells:
        for run in cell.runs:
            piece = run.text if isinstance(run, Bound) else run
            if isinstance(run, Bound):
                keys.append((len(text), len(text) + len(piece), run.key))
            text += piece
        text += " | "
    return _sentence(text.removesuffix(" | "), keys, is_row=True)


def _plain(cell: Cell) -> str:
    return "".join(run.text if isinstance(run, Bound) else run for run in cell.runs)


def _sentence(text: str, keys: Iterable[tuple[int, int, str]] = (), *, is_row: bool = False) -> Sentence:
    """Numbers out of a sentence. `keys` are (start, end, key) of its bound figures."""
    skipped = None if is_row else _LEAD.match(text)
    start = skipped.end() if skipped else 0
    spans = list(keys)
    figures, bare, at = [], [], start
    for number in _NUMBER.finditer(text, start):
        key = next((key for first, last, key in spans if first <= number.start() < last), "")
        figures.append(Figure(number.group(), key))
        bare += [text[at : number.start()], " # "]
        at = number.end()
    bare.append(text[at:])
    words = re.findall(r"#|\w+", clean("".join(bare)).casefold())
    return Sentence(clean(text), tuple(figures), tuple(words), is_row)


# ------------------------------------------------------------------------------------------ sentences of a file


def docx_sentences(data: bytes) -> list[Sentence]:
    """The sentences and rows of a Word file, footnotes last, read in a process apart. Refused when it is none."""
    if len(data) > FILE_LIMIT:
        raise Refused(Fault("proofread.too_large", "", {"limit": FILE_LIMIT // 2**20}))
    try:
        found: list[Sentence] = foreign(f"{__name__}:word_read", data)
    except Overrun as over:
        raise Refused(Fault(over.code("proofread.too_heavy"))) from over
    return found


def word_read(data: bytes) -> list[Sentence]:
    """In the process apart."""
    return list(_sentences(data))


def _sentences(data: bytes) -> Iterator[Sentence]:
    for root in _roots(data):
        within: set[Any] = set()
        for row in root.iter(qn("w:tr")):
            cells = list(row.iterchildren(qn("w:tc")))
            within.update(paragraph for cell in cells for paragraph in cell.iter(qn("w:p")))
            texts = [" ".join(filter(None, map(_text, cell.iter(qn("w:p"))))) for cell in cells]
            made = _row([Cell((text,)) for text in texts])
            if made.words:
                yield made
        for paragraph in root.iter(qn("w:p")):
            if paragraph in within:
                continue
            for sentence in sentences(_text(paragraph)):
                made = _sentence(sentence)
                if made.words:
                    yield made


def _roots(data: bytes) -> list[Any]:
    if data[:4] != b"PK\x03\x04":
        raise Refused(Fault("proofread.broken" if data[:4] == b"\xd0\xcf\x11\xe0" else "proofread.not_word"))
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = sorted(name for name in package.namelist() if _PARTS.fullmatch(name))
            if "word/document.xml" not in names:
                raise Refused(Fault("proofread.not_word"))
            parts = [_part(package, name) for name in names]
        return [parse_xml(part) for part in parts]
    except (zipfile.BadZipFile, zlib.error, XMLSyntaxError, RuntimeError, EOFError, OSError) as broken:
        raise Refused(Fault("proofread.broken")) from broken


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    """A part, never more of it than may be read, whatever its header promises."""
    with package.open(name) as stream:
        held = stream.read(PART_LIMIT + 1)
    if len(held) > PART_LIMIT:
        raise Refused(Fault("proofread.too_large", "", {"limit": FILE_LIMIT // 2**20}))
    if b"<!DOCTYPE" in held[:4096] or b"<!ENTITY" in held:
        raise Refused(Fault("proofread.broken"))
    return held


_GAPS: Mapping[str, str] = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


def _text(paragraph: Any) -> str:
    """The words of a paragraph as they stand: what was struck out by tracking changes is gone, what was put in is
    there; a paragraph in a text box is its own."""
    made = []
    for element in paragraph.iter(qn("w:t"), *_GAPS):
        owner = next((up for up in element.iterancestors(qn("w:p"))), None)
        if owner is paragraph:
            made.append(element.text or "" if element.tag == qn("w:t") else _GAPS[element.tag])
    return "".join(made)
