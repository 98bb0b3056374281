"""A record thought through step by step: what each step of its guide says and lacks, the paper drafted from it, and how
its clock stands. Only the definition, what was said, and names of units."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tienbo.catalogue.definitions import Article, Guide, GuideStep, RegisterKind, Wanted
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import gettext as _
from tienbo.core.working_days import WorkingDays
from tienbo.papers.blocks import Align
from tienbo.papers.guided import Guided, GuidedPart, GuidedTable
from tienbo.registers.rows import rows_of
from tienbo.registers.saying import Data
from tienbo.registers.showing import shown


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step as a record stands: what is missing in it, in words; `is_begun` where any of its fields says something."""

    number: int
    step: GuideStep
    lacking: tuple[str, ...]
    is_begun: bool


def steps_told(kind: RegisterKind, guide: Guide, data: Data) -> list[StepTold]:
    """Every step of a guide, as far as a record has come."""
    said = {at.partition("/")[0] for at, text in data.items() if text}
    return [
        StepTold(number, step, _lacking(kind, step.wants, data), not said.isdisjoint(step.fields))
        for number, step in enumerate(guide.steps, 1)
    ]


def _lacking(kind: RegisterKind, wants: Sequence[Wanted], data: Data) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for want in wants:
        if not all(test.passes(data) for test in want.where):
            continue
        code, sep, column = want.field.partition("/")
        field = kind.by_code[code]
        if field.kind != "rows":
            held = data.get(code, "")
            if not held or (want.one_of and held not in want.one_of):
                found[str(want.text)] = None
            continue
        rows = rows_of(field, data)
        if not sep:
            lacks = not rows
        elif want.one_of:
            lacks = bool(rows) and all(row.said.get(column) not in want.one_of for row in rows)
        else:
            lacks = any(column not in row.said for row in rows)
        if lacks:
            where = [number for number, row in enumerate(rows, 1) if column not in row.said]
            some = bool(sep) and not want.one_of and len(where) < len(rows)
            numbers = ", ".join(map(str, where))
            words = _("{text} (rows {numbers})").format(text=str(want.text).rstrip("."), numbers=numbers)
            found[words if some else str(want.text)] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ClockTold:
    """How long a record has, in working days. `left` is what remains of a clock that runs (below zero: over), or what
    was left when it ended; None without a due day, or at rest."""

    begun_on: date
    due_on: date | None
    ended_on: date | None
    given: int | None
    left: int | None
    state: Literal["running", "over", "in_time", "late", "resting", "no_due"]
    is_known: bool
    """Whether the days off of those years are announced."""

    @property
    def over(self) -> int:
        """Working days it is, or was, over."""
        return max(0, -(self.left or 0))


def clock_on(kind: RegisterKind, data: Data, state: str, *, on: date, working: WorkingDays) -> ClockTold | None:
    """The clock of a record on a day; None where its register has none, or it says not when it began."""
    clock = kind.clock
    if clock is None or not data.get(clock.begins):
        return None
    begun, due, ended = (date.fromisoformat(held) if (held := data.get(code, "")) else None
                         for code in (clock.begins, clock.due, clock.ends))  # fmt: skip
    assert begun is not None  # noqa: S101 - asked above
    resting = ended is None and state in clock.rests
    if due is None:
        return ClockTold(begun, None, ended, None, None, "resting" if resting else "no_due", True)
    until = ended or on
    left = working.between(until, due) if not resting else None
    # A due day off is kept as it was said; who is done by it is in time.
    word: Literal["running", "over", "in_time", "late", "resting"] = "running" if until <= due else "over"
    if ended is not None:
        word = "in_time" if until <= due else "late"
    elif resting:
        word = "resting"
    known = working.known([begun, due, until]) != "unknown"
    return ClockTold(begun, due, ended, working.between(begun, due), left, word, known)


# ------------------------------------------------------------------------------------------------------ the paper


def guided_told(kind: RegisterKind, guide: Guide, data: Data, *, day: date, edition: Edition) -> Guided | None:
    """A record as the paper of its guide tells it: `day` is when names of units held. None where the guide has none."""
    paper = guide.paper
    if paper is None:
        return None
    words = {field.code: shown(field, data.get(field.code, ""), day) or "…" for field in kind.fields}
    steps = {one.step.code: one for one in steps_told(kind, guide, data)}
    named = [steps[code] for code in paper.parts]
    by: dict[str, dict[Article, None]] = {}
    for told in named:
        for article in told.step.by:
            by.setdefault(article.document, {})[article] = None
    return Guided(
        kind=str(paper.kind),
        subject=str(paper.subject).format_map(words),
        opening=str(paper.opening).format_map(words),
        closing=str(paper.closing).format_map(words),
        recipients=[str(one).format_map(words) for one in paper.recipients],
        parts=[_part(kind, told, data, day, paper.leaves) for told in named],
        cites=[(edition.documents[code], list(articles)) for code, articles in by.items()],
        day=day,
    )


def _part(kind: RegisterKind, told: StepTold, data: Data, day: date, leaves: Collection[str]) -> GuidedPart:
    fields = [kind.by_code[code] for code in told.step.fields if code not in leaves]
    wants = [want for want in told.step.wants if want.field not in leaves]
    plain = [(str(one.label), shown(one, data[one.code], day)) for one in fields if data.get(one.code)]
    tables = []
    for field in (one for one in fields if one.kind == "rows"):
        rows = rows_of(field, data)
        columns = [one for one in field.columns if any(one.code in row.said for row in rows)]
        if rows:
            heads: list[tuple[str, Align, bool]] = [
                (str(one.label), "right" if one.is_number else "left", one.kind == "long_text") for one in columns
            ]
            cells = [[shown(one, row.said.get(one.code, ""), day) for one in columns] for row in rows]
            tables.append(GuidedTable("", heads, cells))
    return GuidedPart(str(told.step.title), plain, tables, _lacking(kind, wants, data))
