"""The merge desk: what all units wrote, heading by heading, equal wordings joined, and what was made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tienbo.catalogue.definitions import TextHeading
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.engine.evaluate import Basis
from tienbo.papers.bindings import wordings
from tienbo.release.frozen import due_printed, revisions_told, texts_in
from tienbo.release.models import ReportEntry
from tienbo.units.frames import unit_keys, unit_names
from tienbo.units.models import Unit


@dataclass(frozen=True, slots=True)
class Writer:
    """A unit that wrote a wording, and the revision it stands in."""

    unit: str
    name: str
    revision: int
    sha256: str

    @property
    def source(self) -> dict[str, object]:
        return {"unit": self.unit, "revision": self.revision, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Group:
    """A wording and everybody who wrote it. `code` names it in a form; it follows from the words alone."""

    code: str
    heading: TextHeading
    addressee: str
    text: str
    writers: tuple[Writer, ...]


def groups(*, unit: Unit, period: Period, edition: Edition, basis: Basis) -> list[Group]:
    """What the units of a report wrote, as paper groups it: the most written first, then in the order units are
    printed. The report's own unit is kept by lines, everybody else by sentences."""
    found: dict[tuple[TextHeading, str, str], tuple[str, dict[str, Writer]]] = {}
    day = edition.calendar.last_day(period)
    names, keys = unit_names(day), unit_keys()
    due = due_printed(edition, unit.pk, period)
    for number, revision in revisions_told(due, period, basis).items():
        writer = Writer(keys[number], names[number], revision.pk, revision.sha256)
        for heading, addressee, text in texts_in(Content.from_json(revision.content)):
            for words in wordings(text, whole=number == unit.pk):
                _text, writers = found.setdefault((heading, addressee, words.casefold()), (words, {}))
                writers.setdefault(writer.unit, writer)
    made = [
        Group(_code(heading, addressee, folded), heading, addressee, text, tuple(writers.values()))
        for (heading, addressee, folded), (text, writers) in found.items()
    ]
    return sorted(made, key=lambda group: -len(group.writers))


def _code(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]


def matching(held: Iterable[Group], asked: str) -> list[Group]:
    """Groups with all the asked words in their text, addressee or a writer's name, marks or no marks."""
    words = fold(asked).split()

    def has(group: Group) -> bool:
        told = fold(" ".join((group.text, group.addressee, *(writer.name for writer in group.writers))))
        return all(word in told for word in words)

    return [group for group in held if has(group)]


ALIKE = 0.6
"""Words in common over all words, from which two wordings are shown as alike."""


def beside(held: Sequence[Group]) -> Iterator[tuple[Group, bool]]:
    """The groups in order, those that say nearly the same put behind one another: (group, is like the one above)."""
    waiting = list(held)
    words = {group.code: frozenset(fold(group.text).split()) for group in held}
    while waiting:
        first = waiting.pop(0)
        yield first, False
        alike = [one for one in waiting if one.addressee == first.addressee and _alike(words, first, one)]
        for one in alike:
            waiting.remove(one)
            yield one, True


def _alike(words: Mapping[str, frozenset[str]], one: Group, other: Group) -> bool:
    mine, theirs = words[one.code], words[other.code]
    return len(mine & theirs) >= ALIKE * len(mine | theirs)


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry of the report beside what its sources say now. `moved` names units whose return is another by now,
    `before` is how it read earlier, the latest first."""

    entry: ReportEntry
    moved: tuple[str, ...]
    before: tuple[ReportEntry, ...]
    taken: frozenset[str]
    """Codes of the groups it was taken from that are still there."""


def standing(rows: Iterable[ReportEntry], held: Sequence[Group]) -> list[Standing]:
    """Entries and whether the returns they were taken from are still those that count."""
    rows = list(rows)
    history = ReportEntry.objects.filter(entry__in=[row.entry for row in rows]).order_by("-pk")
    codes = {group.code for group in held}
    counts = {writer.unit: (writer.revision, writer.name) for group in held for writer in group.writers}
    found = []
    for row in rows:
        moved = [
            counts[source["unit"]][1]
            for source in row.sources
            if source["unit"] in counts and counts[source["unit"]][0] != source["revision"]
        ]
        said = {source.get("group", "") for source in row.sources}
        read = (one for one in history if one.entry == row.entry and one.pk != row.pk)
        before = tuple({(one.text, one.addressee): one for one in read}.values())
        found.append(Standing(row, tuple(dict.fromkeys(moved)), before, frozenset(said & codes)))
    return found


def addressees(held: Iterable[Group], rows: Iterable[ReportEntry]) -> list[str]:
    """Whom proposals are addressed to so far, in the order they come up."""
    named = [group.addressee for group in held] + [row.addressee for row in rows]
    return [name for name in dict.fromkeys(named) if name]
