"""What it takes to have so many women in leading posts, as an annex a chair takes to a meeting: counts by title group,
what opens year by year, what it rests on. It carries no number and nobody's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from tienbo.catalogue.definitions import Document as Cited
from tienbo.core.messages import gettext as _
from tienbo.core.words import number, roman
from tienbo.outlook.eligibility import SEXES, Between, age_asked, age_words, length_words
from tienbo.outlook.pipeline import Answer, Plan, Year
from tienbo.papers.blocks import Block, Cell, Column, Document, Heading, Paragraph, Table
from tienbo.papers.guided import spelled
from tienbo.papers.letter import Sender, official


def pipeline_paper(sender: Sender, made: Plan, years: Sequence[Year], *, cites: Sequence[Cited], on: date) -> Document:
    """The annex, in the language that is spoken. What is not sure of its documents is the drafter's screen's to say."""
    parts: list[tuple[str, list[Block]]] = [
        (_("The question"), list(_asked(made))),
        (_("What it takes"), list(_answers(made))),
        (_("Posts that open by retirement"), [_years(years)]),
        (_("What it rests on"), list(_rests(made, cites))),
    ]
    body: list[Block] = []
    for index, (title, blocks) in enumerate(parts, 1):
        body += [Heading(2, title.upper(), f"{roman(index)}."), *blocks]
    subject = _("Women to plan for and to train for leading posts until {end}").format(end=made.question.by)
    return official(
        sender, kind=_("Annex"), symbol=None, subject=subject, body=body, year=on.year, is_dated=False, signature=()
    )


def _asked(made: Plan) -> Iterator[Block]:
    question = made.question
    words = _("{share} % women among those who hold leading posts, until the beginning of {end}; counted from {now}.")
    share = number(round(float(question.share) * 100, 1))
    yield Paragraph((words.format(share=share, end=question.by, now=question.now),))
    yield Paragraph((window(made),))
    if question.bar is not None:
        one = question.bar
        words = _(
            "Who may stand: {standing}, {occasion}. A woman's time to stand is shorter than a man's by {shorter}."
        )
        shorter = length_words(one.shorter_for_women)
        yield Paragraph((words.format(standing=one.standing.name, occasion=one.occasion.name, shorter=shorter),))


def window(made: Plan) -> str:
    """How much sooner women retire than men in the year that is asked about, by the rules of that year."""
    question = made.question
    year = question.by.year
    women, men = (age_asked(question.ages, sex, year) for sex in SEXES)
    words = _(
        "Retirement in {year}: women at {women}, men at {men}. A woman's time in leading posts ends sooner by "
        "{shorter}."
    )
    told = {"women": age_words(women), "men": age_words(men), "shorter": length_words(men - women)}
    return words.format(year=year, **told)


def _answers(made: Plan) -> Iterator[Block]:
    for name, answer in answers(made):
        yield Paragraph((sentence(name, answer),))
        yield _groups(name, made, answer)
    yield from (Paragraph((fault.sentence(),)) for fault in made.warnings)


def answers(made: Plan) -> list[tuple[str, Answer]]:
    """The answers to be told, by name: one where nothing is uncertain."""
    if made.cautious == made.kind:
        return [(_("Nothing is uncertain"), made.cautious)]
    return [(_("Cautious"), made.cautious), (_("In women's favour"), made.kind)]


def sentence(name: str, answer: Answer) -> str:
    words = _("{name}: {target} women of {posts} posts are needed, there would be {women}.")
    return words.format(name=name, target=answer.target, posts=answer.posts, women=answer.women_then)


def heads(made: Plan) -> list[str]:
    """The heads of a table of title groups."""
    stages = [_("more {stage}").format(stage=one.name) for one in made.question.way.stages[1:-1]]
    return [
        _("Title group"),
        _("Posts"),
        _("women"),
        _("women who leave"),
        _("open posts"),
        _("of them to women"),
        *stages,
    ]


def rows(answer: Answer) -> list[list[str]]:
    """Title group by title group, and all of them together where there are several."""
    counts = [
        (one.stock.posts, one.stock.women, one.stock.women_leaving, one.stock.opening, one.appointed, *one.more[1:])
        for one in answer.steps
    ]
    told = [[one.stock.group, *map(number, row)] for one, row in zip(answer.steps, counts, strict=True)]
    if len(counts) > 1:
        told.append([_("Total"), *(number(sum(column)) for column in zip(*counts, strict=True))])
    return told


def _groups(name: str, made: Plan, answer: Answer) -> Table:
    labels = heads(made)
    columns = tuple(
        Column(label, width, "right" if at else "left")
        for at, (label, width) in enumerate(zip(labels, (39, 14, 12, 16, 18, 18, *[24] * len(labels)), strict=False))
    )
    told = rows(answer)
    bold = len(answer.steps) > 1
    cells = tuple(
        tuple(Cell((text,), bold=bold and index == len(told)) for text in row) for index, row in enumerate(told, 1)
    )
    return Table(name, columns, cells)


def _years(years: Sequence[Year]) -> Table:
    columns = (Column(_("Year"), 30), Column(_("women"), 40, "right"), Column(_("men"), 40, "right"))
    cells = tuple((Cell((str(one.year),)), Cell((between(one.women),)), Cell((between(one.men),))) for one in years)
    return Table(_("Retirements of those who hold posts"), columns, cells)


def between(told: Between) -> str:
    """One count, or its least and its most."""
    return str(told.least) if told.least == told.most else f"{told.least} – {told.most}"


def _rests(made: Plan, cites: Sequence[Cited]) -> Iterator[Block]:
    for one in cites:
        yield Paragraph(
            (f"{spelled(one)}: {one.title}." if one.number not in spelled(one) else f"{spelled(one)}.",), "bullet"
        )
    yield from (Paragraph((fault.sentence(),), "bullet") for fault in made.question.suppositions)
    yield Paragraph((_("The counts were typed for this question and are kept nowhere."),), "bullet")
