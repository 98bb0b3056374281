"""A plan (kế hoạch) of a unit's committee as a paper, laid out as NĐ 30/2020/NĐ-CP has it. The number stays blank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tienbo.catalogue.definitions import Target, Unit
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.plans import SOURCES, OwnTarget, PlanContent, PlanItem, totals
from tienbo.core.messages import gettext as _
from tienbo.core.tree import family
from tienbo.core.words import day_words, number, roman
from tienbo.papers import judgement
from tienbo.papers.blocks import Block, Bound, Cell, Column, Document, Heading, Paragraph, Table, plain
from tienbo.papers.letter import ASKED_TO_COOPERATE, Sender, official
from tienbo.papers.tables import plan_text


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and the units it speaks of: key → name, key → kind."""

    content: PlanContent
    names: Mapping[str, str]
    kinds: Mapping[str, str]


def plan_paper(edition: Edition, sender: Sender, planned: Planned, kind: str) -> Document:
    """The draft of a plan: what it rests on, its targets, tasks and money, who does what. `edition` has its targets
    among the definitions; `kind` is that of its unit. The same arguments give an equal document."""
    content = planned.content
    return official(
        sender,
        kind=_("PLAN"),
        symbol="KH",
        subject=content.title,
        body=tuple(_body(edition, planned)),
        year=content.first_year,
        recipients=tuple(_recipients(planned, kind)),
    )


def _recipients(planned: Planned, kind: str) -> Iterator[str]:
    if family(kind) != "province":
        yield _("The committee of the province (for report);")
    yield _("Members of the committee;")
    owners = list(dict.fromkeys(one for item in planned.content.items for one in item.owners))
    yield from (f"{planned.names[one]};" for one in owners if planned.names.get(one))
    yield _("File: VT.")


def _body(edition: Edition, planned: Planned) -> Iterator[Block]:
    content = planned.content
    for line in content.basis.splitlines():
        yield Paragraph((_("Pursuant to {document}").format(document=line.strip(" .;-")) + ";",))
    if content.basis:
        yield Paragraph((_("The plan is issued with the following content:"),))
    sections: list[tuple[str, list[Block]]] = [
        (_("Purpose and requirements"), list(_lines(content.purpose))),
        (_("Targets"), list(_targets(edition, content))),
        (_("Tasks"), list(_tasks(planned))),
        (_("Money"), list(_money(content))),
        (_("How it is carried out"), [*_lines(content.carrying_out), *_cooperation(planned)]),
    ]
    held = [(title, blocks) for title, blocks in sections if blocks]
    for index, (title, blocks) in enumerate(held, 1):
        yield Heading(2, title.upper(), f"{roman(index)}.")
        yield from blocks
    yield Paragraph((_("Difficulties that come up are to be reported to the standing office in time") + "./.",))


def _lines(text: str) -> Iterator[Paragraph]:
    for line in filter(None, (one.strip() for one in text.splitlines())):
        yield Paragraph((line.lstrip("-–• "),), "bullet" if line[0] in "-–•" else "body")


def _targets(edition: Edition, content: PlanContent) -> Iterator[Block]:
    held = [own for own in content.targets if own.code in edition.targets]
    years = sorted({year for own in held for year in own.values})
    rows = tuple(_target(edition, own, index, years) for index, own in enumerate(held, 1))
    if rows:
        columns = (
            Column(_("No."), 11, "center"),
            Column(_("Target"), 74),
            Column(_("Asked above"), 34, "center"),
            *(Column(_("Year {year}").format(year=year), 20, "center") for year in years),
        )
        yield Table("", columns, rows)
    for own in held:
        if own.reason:
            words = _("On “{target}”: {reason}").format(
                target=edition.indicators[own.indicator].name, reason=own.reason.rstrip(".")
            )
            yield Paragraph((words + ".",), "bullet")


def _target(edition: Edition, own: OwnTarget, index: int, years: list[int]) -> tuple[Cell, ...]:
    target, indicator = edition.targets[own.code], edition.indicators[own.indicator]
    percent = "\N{NO-BREAK SPACE}%" if indicator.unit is Unit.PERCENT else ""

    def asked(year: int) -> str:
        return plain(plan_text(target, indicator, judgement.plan(target, year), year)) + percent

    words = above_words(edition, target, max(own.values))
    return (
        Cell((str(index),)),
        Cell((str(indicator.name),)),
        Cell((words or "–",)),
        *(Cell((Bound(f"plan:{own.code}|{year}", asked(year)) if year in own.values else "–",)) for year in years),
    )


def above_words(edition: Edition, target: Target, year: int) -> str:
    """What the target above asks about a year: the value that holds by then and the next one, with the document."""
    above = edition.targets.get(target.parent or "")
    if above is None:
        return ""
    indicator = edition.indicators[above.indicator]
    percent = "\N{NO-BREAK SPACE}%" if indicator.unit is Unit.PERCENT else ""
    named = [one for one, value in above.values.items() if value.value is not None]
    shown = [*[one for one in named if one <= year][-1:], *[one for one in named if one > year][:1]]
    said = [f"{plain(plan_text(above, indicator, judgement.plan(above, one), one))}{percent} ({one})" for one in shown]
    return f"{'; '.join(said)}, {edition.documents[above.document].number}" if said else ""


def _tasks(planned: Planned) -> Iterator[Block]:
    items = sorted(planned.content.items, key=lambda one: one.due)
    if not items:
        return
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("What is to be done"), 58),
        Column(_("Who leads"), 34),
        Column(_("Who works together with it"), 36),
        Column(_("To be done by"), 27, "center"),
    )
    rows = []
    for index, item in enumerate(items, 1):
        names = [planned.names.get(one, "") for one in item.owners]
        words = f"{item.words.rstrip('.')} ({item.measure})" if item.measure else item.words
        lead = _("{unit} (asked to cooperate)").format(unit=names[0]) if _asked(planned, item) else names[0]
        cells = (str(index), words, lead, "; ".join(names[1:]), day_words(item.due))
        rows.append(tuple(Cell((text,)) for text in cells))
    yield Table("", columns, tuple(rows))


def _asked(planned: Planned, item: PlanItem) -> bool:
    """Whether who leads is the Front, a mass organisation or a Party body: asked to work together, never told."""
    return family(planned.kinds.get(item.owners[0], "")) in ASKED_TO_COOPERATE


def _cooperation(planned: Planned) -> Iterator[Paragraph]:
    owners = dict.fromkeys(one for item in planned.content.items for one in item.owners)
    asked = [planned.names[one] for one in owners if family(planned.kinds.get(one, "")) in ASKED_TO_COOPERATE]
    if asked:
        words = _("{units} are kindly asked to cooperate in carrying out the plan.")
        yield Paragraph((words.format(units="; ".join(asked)),))


def _money(content: PlanContent) -> Iterator[Block]:
    if not content.budget:
        return
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Used for"), 84),
        Column(_("Source"), 44),
        Column(_("Planned (million đồng)"), 30, "right"),
    )
    rows = [
        (
            Cell((str(index),)),
            Cell((line.use,)),
            Cell((_(SOURCES[line.source]),)),
            Cell((Bound(f"money:{line.key}|planned", number(line.amount)),)),
        )
        for index, line in enumerate(content.budget, 1)
    ]
    every = sum((line.amount for line in content.budget), Decimal(0))
    total = (
        Cell((_("Total"),), bold=True, span=3),
        Cell((Bound("money:|planned", number(every)),), bold=True),
    )
    yield Table("", columns, (*rows, total))
    by_source = [f"{_(SOURCES[one.source])}: {number(one.planned)}" for one in totals(content.budget)]
    if len(by_source) > 1:
        yield Paragraph((_("By source (million đồng): {sources}.").format(sources="; ".join(by_source)),))
