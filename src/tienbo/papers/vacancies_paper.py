"""Which units' vacancies suffice for a target, as an annex for a chair to take to a meeting: what was asked, unit by
unit what goes to a woman and by when, and what it rests on. The page shows the same blocks; nobody is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tienbo.core.faults import Fault
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, number, roman
from tienbo.outlook.vacancies import Plan, Row, Way
from tienbo.papers.blocks import Block, Cell, Column, Document, Heading, Paragraph, Table
from tienbo.papers.committee_paper import share_words
from tienbo.papers.letter import Sender, official


@dataclass(frozen=True, kw_only=True)
class VacanciesTold:
    """A plan, which of its two ways is taken, and what was asked. `notes`: what the record leaves open."""

    made: Plan
    is_even: bool
    persons: Fraction | None
    with_woman: Fraction | None
    counted_on: date
    notes: Sequence[Fault] = ()

    @property
    def way(self) -> Way:
        return self.made.even if self.is_even else self.made.fewest


def vacancies_paper(sender: Sender, told: VacanciesTold, *, year: int) -> Document:
    """The annex, in the language that is spoken."""
    subject = _("Posts that open until {day}, and how many of them go to women").format(day=day_words(told.made.until))
    return official(
        sender,
        kind=_("ANNEX"),
        symbol=None,
        subject=subject,
        body=list(vacancies_blocks(told)),
        year=year,
        is_dated=False,
        signature=(),
    )


def vacancies_blocks(told: VacanciesTold) -> Iterator[Block]:
    """The blocks of page and paper."""
    parts = (
        (_("What was asked"), _asked(told)),
        (_("Answer"), _answered(told)),
        (_("What this rests on"), _rests(told)),
    )
    for index, (title, blocks) in enumerate(parts, 1):
        yield Heading(2, title.upper(), f"{roman(index)}.")
        yield from blocks


def _asked(told: VacanciesTold) -> Iterator[Block]:
    made = told.made
    bodies = sum(one.posts > 0 for one in made.bodies)
    women = sum(one.women for one in made.bodies)
    with_woman = sum(one.women > 0 for one in made.bodies)
    rows = [
        (_("Posts that open count until the end of"), day_words(made.until)),
        (_("Bodies and units looked at"), number(bodies)),
        (_("Leading posts"), number(made.posts)),
        (_("Women in them now"), f"{number(women)} ({share_words(women / made.posts) if made.posts else '–'})"),
        (_("Bodies and units with a woman now"), f"{number(with_woman)} ({share_words(with_woman / bodies)})"),
        (_("Posts that open"), number(sum(one.opening for one in made.bodies))),
    ]
    if told.persons is not None:
        words = _("{share} of the posts: {count} women")
        rows.append(
            (_("Target: persons"), words.format(share=_asked_share(told.persons), count=number(made.women_asked)))
        )
    if told.with_woman is not None:
        words = _("{share} of the bodies and units: {count}")
        rows.append(
            (
                _("Target: with at least one woman"),
                words.format(share=_asked_share(told.with_woman), count=number(made.bodies_asked)),
            )
        )
    cells = tuple((Cell((name,)), Cell((text,))) for name, text in rows)
    yield Table("", (Column(_("Content"), 100), Column(_("Figure"), 65, "right")), cells)


def _asked_share(share: Fraction) -> str:
    return f"{number(round(float(share) * 100, 2))}%"


def _answered(told: VacanciesTold) -> Iterator[Block]:
    made, way = told.made, told.way
    if not way.changes:
        yield Paragraph((_("The target is reached where every woman who leaves is followed by a woman."),))
    else:
        words = _(
            "It suffices that {changes} posts that open and are not a woman's now go to women, in {units} units. Then "
            "there are {women} women on {posts} posts, and {with_woman} of {bodies} bodies and units have one."
        )
        bodies = sum(one.posts > 0 for one in made.bodies)
        counts = (way.changes, way.units_changed, way.women, made.posts, way.with_woman, bodies)
        names = ("changes", "units", "women", "posts", "with_woman", "bodies")
        yield Paragraph((words.format(**dict(zip(names, map(number, counts), strict=True))),))
        words = _("Spread evenly, as here, it asks {even} units; {fewest} are the least that suffice.")
        if not told.is_even:
            words = _("Asked of the fewest units, as here: {fewest}; spread evenly it asks {even}.")
        yield Paragraph((words.format(even=number(made.even.units_changed), fewest=number(made.fewest.units_changed)),))
    if way.asked:
        yield _table(way.asked)


def _table(rows: Sequence[Row]) -> Table:
    columns = (
        Column(_("Unit"), 52),
        Column(_("Posts"), 15, "right"),
        Column(_("Women now"), 18, "right"),
        Column(_("Posts that open"), 20, "right"),
        Column(_("Of them to women"), 20, "right"),
        Column(_("Of these changed"), 20, "right"),
        Column(_("Women then"), 18, "right"),
        Column(_("By when"), 26),
    )
    cells = [
        (
            Cell((row.body.unit,)),
            *(
                Cell((number(count),))
                for count in (
                    row.body.posts, row.body.women, row.body.opening, row.appointed, row.changes, row.women_then,
                )
            ),
            Cell((when_words(row),)),
        )
        for row in rows
    ]  # fmt: skip
    return Table(_("What goes to a woman, unit by unit"), columns, tuple(cells))


def when_words(row: Row) -> str:
    """By when a unit's posts have opened: now, a day, or not known."""
    if row.by is not None:
        return day_words(row.by)
    return _("vacant now") if row.appointed <= row.body.vacant else _("the day is not known")


def _rests(told: VacanciesTold) -> Iterator[Block]:
    words = _("Posts and holders as they stood on {day}; the table that was asked about is kept nowhere.")
    yield Paragraph((words.format(day=day_words(told.counted_on)),), "bullet")
    for fault in (*told.made.suppositions, *told.notes):
        yield Paragraph((fault.sentence(),), "bullet")
    words = _("“Changed” is a post that a man holds now or nobody does; who is put in a post is not said here.")
    yield Paragraph((words,), "bullet")
