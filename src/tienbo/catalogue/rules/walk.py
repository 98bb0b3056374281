"""Walking an edition without falling over what is wrong in it: what forms ask, what indicators add, all texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from tienbo.catalogue.definitions import Block, Element, Form, Indicator, Line, Reporting, Section, Term
from tienbo.catalogue.loading import SHAPES, Edition
from tienbo.core.faults import Fault, Level
from tienbo.core.periods import Period

Rule = Callable[[Edition], Iterator[Fault]]


def found(edition: Edition, kind: str, code: str, fault: str, /, **fields: object) -> Fault:
    """A fault of the definition `code`, which every sentence may name as {definition}."""
    return Fault(fault, edition.place(kind, code), {"definition": code, **fields})


def doubted(edition: Edition, kind: str, code: str, fault: str, /, **fields: object) -> Fault:
    """The same as a warning: it may be meant."""
    return Fault(fault, edition.place(kind, code), {"definition": code, **fields}, Level.WARNING)


class Asked(NamedTuple):
    """A figure a form asks for: a line in one of its columns, a field of each row, or a count of rows."""

    form: Form
    block: Block
    what: str
    element: str
    members: Mapping[str, str]
    origin: str

    @property
    def series(self) -> str:
        members = ",".join(f"{dimension}={member}" for dimension, member in sorted(self.members.items()))
        return f"{self.element}[{members}]" if members else self.element


def blocks(form: Form) -> Iterator[Block]:
    for sheet in form.sheets:
        yield from sheet.blocks


def lines(form: Form) -> Iterator[tuple[Block, Line]]:
    for block in blocks(form):
        for line in block.lines:
            yield block, line


def asked(form: Form) -> Iterator[Asked]:
    columns = {column.code: column for column in form.columns}
    for block in blocks(form):
        for line in block.lines:
            for code in block.columns:
                if code in columns and (not line.columns or code in line.columns):
                    what = f"{line.code}:{code}"
                    yield Asked(form, block, what, line.element, columns[code].members, "line")
        for field in block.fields:
            if field.element is not None:
                yield Asked(form, block, f"{block.code}.{field.code}", field.element, field.members, "field")
        for count in block.counts:
            yield Asked(form, block, f"{block.code}: {count.element}", count.element, count.members, "count")


def sides(indicator: Indicator) -> Iterator[tuple[Term, ...]]:
    """The sums an indicator makes: over the line, and under it where there is a line."""
    yield from (side for side in (indicator.numerator, indicator.denominator) if side)


def elements_of(edition: Edition, terms: Iterable[Term]) -> list[Element]:
    """The elements of terms, those that are defined."""
    return [edition.elements[term.series.element] for term in terms if term.series.element in edition.elements]


def members_of(term: Term) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in term.series.members.split(",") if pair)


def period(text: str | None) -> Period | None:
    """A half-year, or None when it is not readable as one (the rule of periods says so)."""
    try:
        read = Period.parse(text or "")
    except ValueError:
        return None
    return None if read.is_year else read


def reporting_on(element: Element, day: Period) -> Reporting | None:
    """The reporting rule of a half-year, passing over beginnings that cannot be read."""
    began = [(period(rule.first), rule) for rule in element.reporting]
    known = [(first or Period(1900, 1), rule) for first, rule in began if first is not None or rule.first is None]
    held = [(first, rule) for first, rule in known if first <= day]
    return max(held, key=lambda pair: pair[0])[1] if held else None


def beginnings(elements: Iterable[Element]) -> list[Period]:
    """The half-years on which any of the elements' reporting changes, and the first of all time."""
    firsts = {period(rule.first) for element in elements for rule in element.reporting}
    return sorted({Period(1900, 1), *(first for first in firsts if first is not None)})


def sections(all_sections: Iterable[Section]) -> Iterator[Section]:
    for section in all_sections:
        yield section
        yield from sections(section.sections)


def definitions(edition: Edition) -> Iterator[tuple[str, str, BaseModel]]:
    """(kind, code, definition) for everything defined."""
    for kind in SHAPES:
        for code, made in getattr(edition, kind).items():
            yield kind, code, made


def parts(made: Any, where: str = "") -> list[tuple[str, Any]]:
    """(where, part) for every model and every text in a definition, the definition itself included."""
    found: list[tuple[str, Any]] = []
    _parts(made, where, found)
    return found


def _parts(made: Any, where: str, found: list[tuple[str, Any]]) -> None:
    """Every command that loads a pack walks all of it: the commonest first, and no generator for each level."""
    if isinstance(made, str):
        found.append((where, made))
    elif isinstance(made, BaseModel):
        found.append((where, made))
        for name, value in made.__dict__.items():
            if value:
                _parts(value, f"{where}.{name}" if where else name, found)
    elif isinstance(made, tuple):
        for position, value in enumerate(made):
            _parts(value, f"{where}.{position}", found)
    elif isinstance(made, Mapping):
        for key, value in made.items():
            _parts(value, f"{where}.{key}", found)


def circles(parents: Mapping[str, str | None]) -> Iterator[str]:
    """The smallest code of every circle in a mapping from each code to its parent."""
    done: set[str] = set()
    for start in parents:
        path: list[str] = []
        node: str | None = start
        while node is not None and node not in done and node not in path:
            path.append(node)
            node = parents.get(node)
        if node is not None and node in path:
            yield min(path[path.index(node) :])
        done.update(path)
