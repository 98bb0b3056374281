"""What it would take in a committee, as an annex for a chair to take to a meeting: the question as typed, seats that
open, women on the list for the target, the distribution, the age bars of the law, and what all of it rests on.

The page shows the same blocks. Nothing in it names a person. The same arguments give an equal document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tienbo.catalogue.definitions import Document as Cited
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.words import number, roman
from tienbo.outlook.committees import Answer, OnList
from tienbo.outlook.distributions import Distribution
from tienbo.outlook.eligibility import Bar, age_words
from tienbo.papers import chart
from tienbo.papers.blocks import Block, Cell, Chart, Column, Document, Heading, Paragraph, Table
from tienbo.papers.guided import spelled
from tienbo.papers.letter import Sender, official

INTERVAL = 0.9
"""The share that every interval on these pages and papers holds, at the least."""
SELDOM = 0.0005
"""Chances below it are not listed."""


@dataclass(frozen=True, kw_only=True)
class CommitteeTold:
    """An answer and what is said around it. `odds_from`: in words, where the odds come from; `body`: what the committee
    is called, as typed."""

    answer: Answer
    odds_from: str
    bars: Sequence[Bar] = ()
    documents: Mapping[str, Cited]
    body: str = ""
    marks: Sequence[str] = ()
    """How far the law was seen, for the screen; no paper says it."""


def committee_paper(sender: Sender, told: CommitteeTold, *, year: int) -> Document:
    """The annex, in the language that is spoken."""
    of = f": {told.body}" if told.body else ""
    return official(
        sender,
        kind=_("ANNEX"),
        symbol=None,
        subject=_("How many women on the list of a committee") + of,
        body=list(committee_blocks(told)),
        year=year,
        is_dated=False,
        signature=(),
    )


def committee_blocks(told: CommitteeTold) -> Iterator[Block]:
    """The blocks of page and paper."""
    parts = (
        (_("What was asked"), _asked(told)),
        (_("Answer"), _answered(told.answer)),
        (_("Who may stand by age"), _standing(told)),
        (_("What this rests on"), _supposed()),
    )
    index = 0
    for title, blocks in parts:
        held = list(blocks)
        if held:
            index += 1
            yield Heading(2, title.upper(), f"{roman(index)}.")
            yield from held


# ------------------------------------------------------------------------------------------------ words of figures


def shown(value: float, places: int = 2) -> str:
    """A reckoned number, rounded once."""
    return number(Decimal(repr(round(value, 10))), places)


def odds_words(odds: float) -> str:
    """Odds as typed, or as learnt to three decimals."""
    return number(Decimal(repr(round(odds, 3))))


def share_words(share: float, places: int = 1) -> str:
    """A share of 0..1 as people write it."""
    return shown(share * 100, places) + "%"


def chance_words(chance: float) -> str:
    """A chance without more decimals than it is worth; what is nearly sure is not called sure."""
    if 0 < chance < 0.01:
        return _("below {share}").format(share="1%")
    if 0.99 < chance < 1 - 1e-9:
        return _("above {share}").format(share="99%")
    return share_words(chance, 0)


def interval_words(made: Distribution, share: float = INTERVAL) -> str:
    """ "8 đến 12"; one number where there is only one."""
    low, high = made.interval(share)
    return number(low) if low == high else _("{low} to {high}").format(low=number(low), high=number(high))


def plain_table(
    title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()
) -> Table:
    """A table of texts."""
    return Table(
        title,
        tuple(columns),
        tuple(tuple(Cell((text,) if text else ()) for text in row) for row in rows),
        tuple((note,) for note in notes),
    )


# ----------------------------------------------------------------------------------------------------- its parts


def _asked(told: CommitteeTold) -> Iterator[Block]:
    question, held = told.answer.question, told.answer.question.committee
    rows = [
        (_("Seats of the committee"), number(held.seats)),
        (_("Women on it now"), f"{number(held.women)} ({share_words(held.women / held.seats)})"),
        (_("Women who may not stand again by age"), number(held.women_leaving)),
        (_("Men who may not stand again by age"), number(held.men_leaving)),
        (_("Of those who stand again, elected again"), share_words(held.again, 0)),
        (_("Persons on the list of new members"), number(held.on_list)),
        (_("Odds of a woman against a man beside her"), f"{odds_words(held.odds)} – {told.odds_from}"),
        (
            _("Target"),
            _("{count} women ({share})").format(
                count=number(question.target), share=share_words(question.target / held.seats)
            ),
        ),
    ]
    if question.assurance is not None:
        rows.append((_("Assurance that was asked for"), share_words(question.assurance, 0)))
    yield plain_table("", (Column(_("Content"), 100), Column(_("Figure"), 65, "right")), rows)


def _answered(answer: Answer) -> Iterator[Block]:
    question, held = answer.question, answer.question.committee
    again = _(
        "Seats that open: {seats} seats, less {women} women and {men} men elected again (of {women_standing} women and "
        "{men_standing} men who may stand again), are {exact}; {open} new members are reckoned with."
    )
    yield Paragraph(
        (
            again.format(
                seats=number(held.seats),
                women=shown(held.women_again),
                men=shown(held.men_again),
                women_standing=number(held.women - held.women_leaving),
                men_standing=number(held.men - held.men_leaving),
                exact=shown(held.seats - held.women_again - held.men_again, 1),
                open=number(held.open_seats),
            ),
        )
    )
    if answer.on_average is not None:
        yield Paragraph((_on_average(answer),))
    if answer.assured is not None:
        needed = answer.assured
        words = _(
            "For an assurance of {assurance}: {women} women on the list of {on_list} ({share}). The target of "
            "{target} is then reached with a chance of {chance}."
        )
        yield Paragraph(
            (
                words.format(
                    assurance=share_words(question.assurance or 0, 0),
                    women=number(needed.on_list),
                    on_list=number(held.on_list),
                    share=share_words(needed.on_list / held.on_list),
                    target=number(question.target),
                    chance=chance_words(needed.chance),
                ),
            )
        )
    for fault in answer.unreached:
        yield Paragraph((fault.sentence(),))
    yield from _upstream(answer)
    if answer.is_small:
        yield Paragraph((_("The body is small: look at the chances of each number, not at an average."),))
    yield from _distribution(answer)
    yield _by_list(answer)
    yield _other_odds(answer)


def _on_average(answer: Answer) -> str:
    question, held, needed = answer.question, answer.question.committee, answer.on_average
    assert needed is not None  # noqa: S101 - asked by who calls
    given = {
        "women": number(needed.on_list),
        "on_list": number(held.on_list),
        "share": share_words(needed.on_list / held.on_list),
        "target": number(question.target),
        "chance": chance_words(needed.chance),
    }
    if answer.is_small:
        words = _(
            "With {women} women on the list of {on_list} ({share}) the target of {target} is reached with a chance "
            "of {chance}."
        )
        return words.format(**given)
    words = _(
        "On average: {women} women on the list of {on_list} ({share}) give {new} new women; with {again} elected "
        "again {then}, for a target of {target}. That is an average only: the chance of reaching the target is "
        "{chance}."
    )
    new = needed.mean - held.women_again
    return words.format(new=shown(new), again=shown(held.women_again), then=shown(needed.mean), **given)


def _upstream(answer: Answer) -> Iterator[Block]:
    question = answer.question
    if not (question.lost_to_nomination or question.lost_in_training):
        return
    words = _(
        "For {women} women on the list: {planned} in planning ({lost} of them are not nominated) and {trained} in "
        "training ({dropped} of them do not come to be planned for)."
    )
    held = {one.on_list: one for one in (answer.on_average, answer.assured) if one is not None}
    for needed in held.values():
        yield Paragraph(
            (
                words.format(
                    women=number(needed.nominees),
                    planned=number(needed.planned),
                    lost=share_words(question.lost_to_nomination, 0),
                    trained=number(needed.trained),
                    dropped=share_words(question.lost_in_training, 0),
                ),
            )
        )


def listed(made: Distribution) -> list[int]:
    """Counts whose chance is worth a line."""
    return [count for count in range(made.chances.size) if made.chance(count) >= SELDOM]


def chances_chart(title: str, made: Distribution, *, counts: str, target: int | None = None) -> Chart:
    """The distribution as a picture, and as words for who cannot see it."""
    low, high = made.interval(INTERVAL)
    rows = [
        chart.Chance(count, Decimal(repr(round(made.chance(count) * 100, 2))), low <= count <= high)
        for count in listed(made)
    ]
    return Chart(
        title, chart.svg(chart.chances(rows, counts=counts, target=target)), chances_words(made, target), note_words()
    )


def chances_words(made: Distribution, target: int | None = None) -> str:
    """The distribution in a sentence."""
    words = _("At least {share}: {interval} women.").format(
        share=share_words(INTERVAL, 0), interval=interval_words(made)
    )
    if target is None:
        return words
    reached = _("At least {target}: {chance}.").format(
        target=number(target), chance=chance_words(made.at_least(target))
    )
    return f"{words} {reached}"


def note_words() -> str:
    return _("Blue: the numbers that hold {share} of the chances at the least. Dashed: the target.").format(
        share=share_words(INTERVAL, 0)
    )


def chances_title(answer: Answer) -> str:
    """What the distribution that is shown is of."""
    women = answer.shown.women
    words = ngettext(
        "Women on the new committee, with {women} woman on the list of {on_list}",
        "Women on the new committee, with {women} women on the list of {on_list}",
        women,
    )
    return words.format(women=number(women), on_list=number(answer.question.committee.on_list))


def _distribution(answer: Answer) -> Iterator[Block]:
    made, target = answer.shown.then, answer.question.target
    yield chances_chart(chances_title(answer), made, counts=_("women on the committee"), target=target)
    rows = [
        (number(count), share_words(made.chance(count)), share_words(made.at_least(count))) for count in listed(made)
    ]
    columns = (
        Column(_("Women on the committee"), 55, "center"),
        Column(_("Chance of just so many"), 55, "right"),
        Column(_("Chance of at least so many"), 55, "right"),
    )
    yield plain_table(_("Chances of each number"), columns, rows)


def _by_list(answer: Answer) -> Table:
    held, target = answer.question.committee, answer.question.target

    def cells(row: OnList) -> list[str]:
        means = [] if answer.is_small else [shown(row.new.mean), shown(held.women_again + row.new.mean)]
        return [
            number(row.women),
            share_words(row.women / held.on_list),
            *means,
            interval_words(row.then),
            chance_words(row.then.at_least(target)),
        ]

    means = (
        []
        if answer.is_small
        else [Column(_("New women, average"), 25, "right"), Column(_("On the committee, average"), 27, "right")]
    )
    columns = [
        Column(_("Women on the list"), 22, "center"),
        Column(_("Share of the list"), 22, "right"),
        *means,
        Column(_("On the committee, interval"), 30, "center"),
        Column(_("Chance of the target"), 25, "right"),
    ]
    return plain_table(_("By the number of women on the list"), columns, [cells(row) for row in answer.rows])


def _other_odds(answer: Answer) -> Table:
    def told(women: int | None) -> str:
        return _("not reached") if women is None else number(women)

    has_assurance = answer.question.assurance is not None
    columns = [
        Column(_("If the odds were"), 55, "center"),
        Column(_("Women on the list, target on average"), 55, "right"),
    ]
    columns += [Column(_("Women on the list, with the assurance"), 55, "right")] if has_assurance else []
    rows = [
        [odds_words(one.odds), told(one.on_average), *([told(one.assured)] if has_assurance else [])]
        for one in answer.others
    ]
    return plain_table(_("What the answer owes to the odds"), columns, rows)


def _standing(told: CommitteeTold) -> Iterator[Block]:
    if not told.bars:
        return
    first = told.bars[0]
    lead = _("{occasion} ({rules}), ages counted in {month}.")
    opening = lead.format(occasion=first.occasion.name, rules=first.rules.name, month=str(first.at))
    yield Paragraph((opening[:1].upper() + opening[1:],))
    columns = (
        Column(_("Way of standing"), 38),
        Column(_("Months left until retirement"), 22, "center"),
        Column(_("Women born from"), 24, "center"),
        Column(_("Age then"), 26, "center"),
        Column(_("Men born from"), 24, "center"),
        Column(_("Age then"), 26, "center"),
        Column(_("Women's time is shorter by"), 26, "center"),
    )
    rows = [
        (
            str(bar.standing.name),
            number(bar.standing.months_left),
            str(bar.oldest("f")),
            age_words(bar.oldest_age("f")),
            str(bar.oldest("m")),
            age_words(bar.oldest_age("m")),
            _span_words(bar.shorter_for_women),
        )
        for bar in told.bars
    ]
    yield plain_table(_("The oldest who may stand"), columns, rows, [*_rests(told, first), *told.marks])
    yield Paragraph(
        (
            _(
                "Women have less time to stand because they retire earlier: a cause that lies in the rules, not in "
                "the women."
            ),
        )
    )


def _span_words(months: int) -> str:
    years, rest = divmod(months, 12)
    if not rest:
        return _("{years} years of time").format(years=number(years))
    return _("{years} years and {months} months of time").format(years=number(years), months=number(rest))


def _rests(told: CommitteeTold, bar: Bar) -> Iterator[str]:
    codes = [code for code in (bar.rules.document, bar.ages.document) if code]
    if codes:
        names = "; ".join(spelled(told.documents[code]) for code in dict.fromkeys(codes))
        yield _("Pursuant to {document}").format(document=names) + "."
    if bar.rules.note is not None:
        yield str(bar.rules.note)


def _supposed() -> Iterator[Block]:
    normal = _("Everybody retires at the age of normal conditions; postponed and early retirement are not regarded.")
    yield Paragraph((normal,), "bullet")
    yield Paragraph(
        (_("Members who may stand again do so, and each is elected again with the same chance, women as men."),),
        "bullet",
    )
    yield Paragraph(
        (
            _(
                "Each open seat goes to one of those left on the list of new members, a woman's weight being the "
                "odds (Wallenius)."
            ),
        ),
        "bullet",
    )
    yield Paragraph(
        (_("The odds are held to be known; the table of other odds shows what the answer owes to them."),), "bullet"
    )
    yield Paragraph(
        (
            _(
                "Counts were typed for this question and are not kept. Nobody is named or judged; who stands is "
                "decided elsewhere."
            ),
        ),
        "bullet",
    )
