"""Lists of an election as an annex: units with none or one woman first, what the lists will probably give beside simple
ways, the even plan and the fewest changes for a target, and what all of it rests on. Counts by unit; nobody is named.

The page shows the same blocks. The same arguments give an equal document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import number, roman
from tienbo.outlook.elections import Contest, StageWords
from tienbo.outlook.lists import Outcome
from tienbo.outlook.nomination import Plan
from tienbo.outlook.urn import Backtest
from tienbo.papers.blocks import Block, Column, Document, Heading, Paragraph
from tienbo.papers.committee_paper import (
    INTERVAL,
    chance_words,
    chances_chart,
    interval_words,
    odds_words,
    plain_table,
    share_words,
    shown,
)
from tienbo.papers.letter import Sender, official

BASELINES: Mapping[str, str] = {
    "equal_odds": N_("If women and men fared alike"),
    "last_share": N_("The last share of women elected persists"),
    "success_rate": N_("Women on the list succeed as often as last time"),
    "ratio_of_shares": N_("The ratio of shares (elected to list) persists"),
    "one_urn": N_("One urn for the whole, units not regarded"),
}


@dataclass(frozen=True, kw_only=True)
class ListsTold:
    """An outcome and what is said around it. `election`: what the lists are of; `learnt_from`: the earlier elections in
    words; `group`: what units are grouped by ("Tỉnh, thành phố")."""

    outcome: Outcome
    election: str
    learnt_from: Sequence[str]
    tested: Backtest | None = None
    """The last earlier election forecast from the one before it, where there are two."""


def lists_paper(sender: Sender, told: ListsTold, *, year: int) -> Document:
    """The annex, in the language that is spoken."""
    return official(
        sender,
        kind=_("ANNEX"),
        symbol=None,
        subject=_("Women on the lists: {election}").format(election=told.election),
        body=list(lists_blocks(told)),
        year=year,
        is_dated=False,
        signature=(),
    )


def lists_blocks(told: ListsTold) -> Iterator[Block]:
    """The blocks of page and paper."""
    parts = (
        (_("Units with none or one woman on the list"), _thin(told.outcome)),
        (_("What these lists will probably give"), _forecast(told)),
        (_("Lists that reach the target"), _planned(told.outcome)),
        (_("What was asked, and what it rests on"), _rests(told)),
    )
    index = 0
    for title, blocks in parts:
        held = list(blocks)
        if held:
            index += 1
            yield Heading(2, title.upper(), f"{roman(index)}.")
            yield from held


def unit_words(one: Contest) -> str:
    """ "Đơn vị số 2"; a unit that is called otherwise keeps its name."""
    return _("Unit {number}").format(number=one.unit) if one.unit.isdecimal() else one.unit or one.group


def _thin(outcome: Outcome) -> Iterator[Block]:
    if not outcome.thin:
        yield Paragraph((_("Every list has two women at least."),))
        return
    none = sum(one.contest.women == 0 for one in outcome.thin)
    words = _(
        "{none} lists have no woman and {one} have one, of {units}. Who stands beside whom matters more than the "
        "share of all lists together."
    )
    yield Paragraph(
        (
            words.format(
                none=number(none), one=number(len(outcome.thin) - none), units=number(len(outcome.made.contests))
            ),
        )
    )
    columns = (
        Column(_("Locality"), 50),
        Column(_("Constituency"), 30),
        Column(_("Seats"), 17, "right"),
        Column(_("On the list"), 20, "right"),
        Column(_("Of whom women"), 20, "right"),
        Column(_("Chance that no woman is elected"), 28, "right"),
    )
    rows = [
        (
            one.contest.group,
            unit_words(one.contest),
            number(one.contest.seats),
            number(one.contest.candidates),
            number(one.contest.women),
            chance_words(one.none_elected),
        )
        for one in outcome.thin
    ]
    yield plain_table(_("Lists with none or one woman"), columns, rows)


def _forecast(told: ListsTold) -> Iterator[Block]:
    outcome = told.outcome
    made, target = outcome.made, outcome.question.target
    words = _(
        "{women} women among {candidates} on the lists ({share}) for {seats} seats: probably {interval} women "
        "elected (at least {sure} of the chances), on average {mean} ({elected_share})."
    )
    women = sum(one.women for one in made.contests)
    candidates = sum(one.candidates for one in made.contests)
    yield Paragraph(
        (
            words.format(
                women=number(women),
                candidates=number(candidates),
                share=share_words(women / candidates),
                seats=number(made.seats),
                interval=interval_words(made.whole),
                sure=share_words(INTERVAL, 0),
                mean=shown(made.whole.mean, 1),
                elected_share=share_words(made.share(made.whole.mean)),
            ),
        )
    )
    if target is not None:
        reached = _("The chance that {target} women or more are elected: {chance}.")
        yield Paragraph((reached.format(target=number(target), chance=chance_words(made.whole.at_least(target))),))
    yield chances_chart(_("Women elected, all units together"), made.whole, counts=_("women elected"), target=target)
    yield _beside(told)
    if len(outcome.groups) > 1:
        columns = (
            Column(_("Locality"), 55),
            Column(_("Units"), 18, "right"),
            Column(_("Seats"), 18, "right"),
            Column(_("Women on the lists"), 30, "right"),
            Column(_("Women elected, average"), 22, "right"),
            Column(_("Interval"), 22, "center"),
        )
        rows = [
            (
                one.name,
                number(one.units),
                number(one.seats),
                f"{number(one.women)}/{number(one.candidates)} ({share_words(one.women / one.candidates, 0)})",
                shown(made.groups[one.name].mean, 1),
                interval_words(made.groups[one.name]),
            )
            for one in outcome.groups
        ]
        yield plain_table(_("By place"), columns, rows)


def _beside(told: ListsTold) -> Block:
    outcome, tested = told.outcome, told.tested
    made = outcome.made
    rows = [
        [
            _("By units (urn), with drift {drift}").format(drift=odds_words(one.drift)),
            shown(one.whole.mean, 1),
            interval_words(one.whole),
        ]
        for one in (made, outcome.wider)
    ]
    rows += [
        [
            _(BASELINES[one.code]),
            shown(one.mean, 1),
            _("has none") if one.interval is None else bounds_words(one.interval),
        ]
        for one in outcome.beside
    ]
    missed: list[str] = []
    if tested is not None:
        missed = [missed_words(tested.made.whole.mean, tested.scored.observed), "–"]
        missed += [missed_words(one.mean, tested.scored.observed) for one in tested.beside]
        rows = [[*row, miss] for row, miss in zip(rows, missed, strict=True)]
    columns = [Column(_("Way"), 80), Column(_("Women elected"), 25, "right"), Column(_("Interval"), 30, "center")]
    notes = [
        _(
            "For a single figure the simple ways are as good; the urn earns its place by its interval, by units and "
            "by questions of what if."
        )
    ]
    if tested is not None:
        columns.append(Column(_("Missed the last result by"), 30, "right"))
        notes.append(
            _("The last column: each way asked in the same manner about the last election, from the one before it.")
        )
    return plain_table(_("Beside simple ways"), columns, rows, notes)


def missed_words(mean: float, observed: float) -> str:
    """By how much a forecast was too high (+) or too low."""
    return f"{'+' if mean > observed else ''}{shown(mean - observed, 1)}"


def bounds_words(interval: tuple[int, int]) -> str:
    """ "135 đến 178"."""
    return _("{low} to {high}").format(low=number(interval[0]), high=number(interval[1]))


def _planned(outcome: Outcome) -> Iterator[Block]:
    for fault in outcome.unreached:
        yield Paragraph((fault.sentence(),))
    if outcome.planned is None:
        return
    made = outcome.planned
    asked = _("Target: {target} women elected of {seats} ({share}).")
    yield Paragraph(
        (
            asked.format(
                target=number(made.target), seats=number(made.now.seats), share=share_words(made.now.share(made.target))
            ),
        )
    )
    if made.even is None:
        yield Paragraph((_("No even lists within the bounds reach it."),))
    yield plain_table(
        _("The lists as they are, the even lists, the fewest changes"),
        (
            Column(_("Lists"), 45),
            Column(_("Women on the lists"), 30, "right"),
            Column(_("Changes"), 18, "right"),
            Column(_("Women elected, average"), 22, "right"),
            Column(_("Interval"), 25, "center"),
            Column(_("Chance of the target"), 25, "right"),
        ),
        [*_ways(made)],
        [
            _(
                "Even: the same share of women on every list, rounded up. The fewest changes heap women on some "
                "lists and leave voters elsewhere without a choice; it is an extrapolation where lists have more "
                "women than were ever seen."
            )
        ],
    )
    yield from _changes(made)


def _ways(made: Plan) -> Iterator[Sequence[str]]:
    women = sum(one.women for one in made.now.contests)
    candidates = sum(one.candidates for one in made.now.contests)
    reached = chance_words(made.now.whole.at_least(made.target))
    listed = f"{number(women)} ({share_words(women / candidates)})"
    yield (_("As they are"), listed, "–", shown(made.now.whole.mean, 1), interval_words(made.now.whole), reached)
    for words, one in ((_("Even"), made.even), (_("The fewest changes"), made.fewest)):
        if one is not None:
            whole = one.forecast.whole
            listed = f"{number(one.on_lists)} ({share_words(one.share_of_lists)})"
            cells = (listed, number(one.changes), shown(whole.mean, 1), interval_words(whole), chance_words(one.chance))
            yield (words if one.proven else words + "*", *cells)


def _changes(made: Plan) -> Iterator[Block]:
    contests, kept = made.now.contests, (made.even, made.fewest)
    if any(one is not None and not one.proven for one in kept):
        words = _("* Of so many lists not every combination was looked at: perhaps a change less would do.")
        yield Paragraph((words,), "note")
    rows = []
    for index, one in enumerate(contests):
        after = [one.women if lists is None else lists.women[index] for lists in kept]
        if any(count != one.women for count in after):
            cells = [number(count) if count != one.women else "·" for count in after]
            cells[0] = "–" if made.even is None else cells[0]
            seats = f"{number(one.seats)} / {number(one.candidates)}"
            rows.append((one.group, unit_words(one), seats, number(one.women), *cells))
    if not rows:
        yield Paragraph((_("The lists as they are reach the target: no change is needed."),))
        return
    columns = (
        Column(_("Locality"), 50),
        Column(_("Constituency"), 30),
        Column(_("Seats / on the list"), 25, "center"),
        Column(_("Women now"), 18, "right"),
        Column(_("Even"), 18, "right"),
        Column(_("Fewest changes"), 24, "right"),
    )
    yield plain_table(_("Lists that would change: number of women"), columns, rows, [_("A dot: as it is now.")])


def _rests(told: ListsTold) -> Iterator[Block]:
    outcome = told.outcome
    question, odds = outcome.question, outcome.made.fit
    assurance, bounds = question.assurance, question.bounds
    rows = [
        (_("Lists"), told.election),
        (_("Stage of the lists"), str(StageWords(question.stage))),
        (_("Odds learnt from"), "; ".join(told.learnt_from)),
        (_("Units learnt from, of which some were open"), f"{number(odds.units)}, {number(odds.informative)}"),
        (_("Odds of a woman against a man, at 40% women on the list"), _odds(outcome)),
    ]
    if odds.has_slope:
        rows.append(
            (
                _("Change of ln odds by the share of the list (slope)"),
                f"{shown(odds.parameters[1])} ± {shown(odds.errors[1])}",
            )
        )
    if question.target is not None:
        rows += [
            (_("Target"), number(question.target)),
            (_("Assurance that was asked for"), _("none") if assurance is None else share_words(assurance, 0)),
            (_("Women on a list, at least and at most"), f"{number(bounds.least)}–{number(bounds.most)}"),
        ]
    yield plain_table("", (Column(_("Content"), 75), Column(_("What was given"), 90)), rows)
    faults = outcome.suppositions
    for fault in dict.fromkeys(fault.sentence() for fault in faults):
        yield Paragraph((fault,), "bullet")
    yield Paragraph((_("Counts by unit only: nobody on a list is named, judged or scored."),), "bullet")


def _odds(outcome: Outcome) -> str:
    held = outcome.made.fit
    low, high = (held.odds() * 2.718281828459045 ** (way * held.errors[0]) for way in (-1, 1))
    words = _("{odds}; two times in three between {low} and {high}")
    return words.format(odds=odds_words(held.odds()), low=odds_words(low), high=odds_words(high))
