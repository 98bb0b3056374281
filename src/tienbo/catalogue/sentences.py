"""The language of a report's sentences: what may stand in braces, and when a sentence is said. Papers tell them.

Small on purpose:

| written | printed |
|---|---|
| `{training.classes}` | the value: 21, trên 3.000, 62% |
| `{jobs.new[sex=f]}` | … of a member of a breakdown |
| `{jobs.women_share|numerator}` `|denominator` | the parts of a ratio |
| `{training.classes|reported}` `|due` | units that reported it, units that should |
| `{training.classes|before}` | its value in the same period of last year |
| `{training.classes|previous}` `|last_year` | … in the period before, in the whole year before |
| `{training.classes|change:lớp}` | "tăng 5 lớp so với cùng kỳ năm trước"; shares change in points |
| `{unit}` `{period}` `{next_period}` `{year}` `{province}` `{place}` | words of the report's context |
| `{locality}` | the unit's name inside a sentence: "tỉnh Vĩnh An" |
| `{start}` `{end}` | first and last day of the period |
| `{map_day}` | the day on whose units the report stands |
| `{acts_passed}` `{estimated_part}` | acts that earlier figures passed to stand there, how much of them is estimated |
| `{due}` `{reported}` `{missing}` `{missing_names}` `{estimated_names}` | units that owe, gave, lack a return |
| `{targets_all}` `{targets_met}` … | counts of the targets that apply |
| `{tasks_all}` `{tasks_done}` … | counts of the tasks that were there in the period (core.tasks.PARTS): 07 |
| `{unmet_names}` | the targets that do not meet the nearest value set |
| `[[…]]` | printed only when every place in it has a value, and no count in it is zero |

A sentence is said when each place outside brackets has a value and each of its `needs` holds: a place
("training.classes"), a place compared ("training.classes>0", "=0") or a condition of the report ("@missing",
"@complete", "@estimates", "@comparable", "@not_comparable", "@recast", "@children"). Otherwise its `if_missing`, else
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from tienbo.core import tasks

PARTS = frozenset({"numerator", "denominator", "reported", "due", "before", "previous", "last_year", "change"})
"""What may be asked of an indicator beside its value."""
WORDS = frozenset({"unit", "locality", "period", "next_period", "year", "province", "place", "start", "end", "map_day"})
COUNTS = frozenset({"due", "reported", "missing", "estimated"})
NAMES = frozenset({"missing_names", "estimated_names", "unmet_names", "acts_passed", "estimated_part"})
TARGETS = frozenset(f"targets_{part}" for part in ("all", "valued", "met", "unmet", "not_due", "missing"))
TASKS = frozenset(f"tasks_{part}" for part in tasks.PARTS)
KNOWN = WORDS | COUNTS | NAMES | TARGETS | TASKS
"""Places that every sentence may have beside the indicators."""
CONDITIONS = frozenset(
    {"@missing", "@complete", "@estimates", "@comparable", "@not_comparable", "@recast", "@children"}
)

_PLACE = re.compile(
    r"^(?P<name>[a-z0-9_.]+)(?:\[(?P<members>[a-z0-9_=,]+)\])?(?:\|(?P<part>[a-z_]+)(?::(?P<noun>[^|:]+))?)?$"
)
_NEED = re.compile(r"^(?P<place>.+?)(?:(?P<op>[>=<])(?P<limit>\d+))?$")


class Place(NamedTuple):
    """What stands in braces. `part` "" is the value itself; `noun` follows an amount ("lớp")."""

    name: str
    members: str = ""
    part: str = ""
    noun: str = ""

    def __str__(self) -> str:
        return f"{self.name}[{self.members}]" if self.members else self.name


class Clause(NamedTuple):
    """What stands in double brackets."""

    pieces: tuple[str | Place, ...]


class Need(NamedTuple):
    """A condition of saying a sentence: of the report (`condition`), or of a place."""

    condition: str
    place: Place
    op: str
    limit: Decimal


Piece = str | Place | Clause


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Piece, ...]:
    """The pieces of a sentence; ValueError, with the reason, for one that cannot be read."""
    made: list[Piece] = []
    if text.count("[[") != text.count("]]"):
        raise ValueError("[[ ]]")
    for index, part in enumerate(re.split(r"\[\[|\]\]", text)):
        if index % 2 == 0:
            made += _simple(part)
        else:
            made.append(Clause(tuple(_simple(part))))
    return tuple(made)


def _simple(text: str) -> Iterator[str | Place]:
    bare = re.sub(r"\{[^{}]*\}", "", text)
    if "{" in bare or "}" in bare:
        raise ValueError("{ }")
    for index, part in enumerate(re.split(r"[{}]", text)):
        if index % 2:
            yield place(part)
        elif part:
            yield part


def place(text: str) -> Place:
    """A place from what stands in braces; ValueError when it is none."""
    found = _PLACE.match(text)
    if not found:
        raise ValueError("{" + text + "}")
    members = ",".join(sorted((found["members"] or "").split(",")))
    return Place(found["name"], members, found["part"] or "", found["noun"] or "")


@lru_cache(maxsize=1024)
def need(text: str) -> Need:
    """A condition from a sentence's `needs`; ValueError when it is none."""
    if text.startswith("@"):
        if text not in CONDITIONS:
            raise ValueError(text)
        return Need(text, Place(""), "", Decimal(0))
    found = _NEED.match(text)
    if not found:
        raise ValueError(text)
    return Need("", place(found["place"]), found["op"] or "", Decimal(found["limit"] or 0))


def places(pieces: Iterable[Piece]) -> Iterator[Place]:
    """Every place, those in brackets too."""
    for piece in pieces:
        if isinstance(piece, Place):
            yield piece
        elif isinstance(piece, Clause):
            yield from places(piece.pieces)
