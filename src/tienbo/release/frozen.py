"""What is frozen for a paper: the values it may print and the words and names it cites."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from django.db.models import QuerySet

from tienbo.catalogue.definitions import Outline, SigningProfile, TextHeading
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.plans import totals
from tienbo.catalogue.returns import Content
from tienbo.catalogue.sentences import parse, places
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Return, Revision
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, family, is_kind
from tienbo.core.words import sort_key
from tienbo.engine.evaluate import Question
from tienbo.engine.values import FrozenValues, Value
from tienbo.papers.context import Context, Placed, PlanTold, TaskTold, TextEntry, UnitRef
from tienbo.registers.plans import plan_spent, plans_in_force
from tienbo.registers.task_models import Task, TaskAct
from tienbo.registers.task_queries import issuers_of, tasks_alive, tasks_stood, units_called
from tienbo.release.one_map import passed, predecessors, values_on_one_map
from tienbo.release.reading import Reader, acts_fingerprint
from tienbo.units.frames import points, tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.units.names import labels_of, split_name

worded({"report.no_profile": N_("There is no signing profile called {profile}. There are: {known}.")})

TREND = 8
"""Half-years on a trend chart, the report's own included."""
_PRINTED_FIRST = ("department", "front", "party", "force", "province", "district", "commune")


@dataclass(frozen=True)
class Office:
    """How the site's papers are headed: signing profile, place, the notice of a demonstration."""

    profile: str
    place: str
    notice: str = ""
    signer: str = ""


BLANK_PLACE = "…………"
"""Where a place is to be written in by hand."""


def place_of(edition: Edition, unit: Unit, period: Period, *, home: Unit, place: str) -> str:
    """Where a paper of `unit` is signed: a commune writes its own name before the date, the site's own offices the
    site's `place`; anybody else's seat is not known and left to be written in."""
    day = edition.calendar.last_day(period)
    if unit == home:
        return place
    if is_kind(unit.kind, ("commune",)):
        return split_name(unit_names(day).get(unit.pk, "")).bare
    return place if home.pk in tree_on(day).ancestors(unit.pk) else BLANK_PLACE


def periods_of(period: Period, edition: Edition) -> tuple[Period, ...]:
    """The report's period, those it is compared with, and those of its trend, the years included."""
    wanted = [period, period.previous(), period.same_last_year(), Period(period.year), Period(period.year - 1)]
    step = period
    for _ in range(TREND - 1):
        step = step.previous()
        wanted.append(step)
    first = edition.calendar.regimes[0].first
    return tuple(sorted({one for one in wanted if one.halves[0] >= first}))


def values_of(
    reader: Reader, unit: Unit, period: Period, outline: Outline, map_day: date | None = None
) -> FrozenValues:
    """Values of the unit in every period that matters, and what the outline prints of those directly under it; all on
    the units of the period's last day, or of another `map_day`.

    Of the units below nothing is frozen that is not printed: a paper has no use for the rest of a commune's figures.
    """
    edition = reader.edition
    day = map_day or edition.calendar.last_day(period)
    indicators = tuple(code for code, made in edition.indicators.items() if made.terms)
    every = periods_of(period, edition)
    found: list[Value] = []

    def ask(question: Question) -> Iterator[Value]:
        return values_on_one_map(reader, question, period, day)

    found += ask(Question(indicators, every, (unit.pk,)))
    children = tuple(tree_on(day).children.get(unit.pk, ()))
    by_unit = tuple(code for code in indicators if code in outline.by_unit())
    if children and by_unit:
        found += ask(Question(by_unit, (period,), children))
    for dimension, codes in sorted(printed_by_member(outline).items()):
        asked = tuple(code for code in indicators if code in codes)
        found += [value for value in ask(Question(asked, every, (unit.pk,), by=dimension)) if value.members]
    meta = {"unit": unit.key, "period": period.code, "basis": reader.basis, "edition": fingerprint(edition)}
    if any(value.map_day for value in found):
        meta |= {"map_day": day.isoformat(), "acts": acts_fingerprint()}
    return FrozenValues.of(found, meta)


def _tree(edition: Edition, period: Period) -> Tree:
    return tree_on(edition.calendar.last_day(period))


def printed_by_member(outline: Outline) -> dict[str, set[str]]:
    """Breakdown → indicators of which a sentence asks for a member: "{jobs.new[sex=f]}"."""
    found: dict[str, set[str]] = defaultdict(set)
    for text in outline.every_text():
        for place in places(parse(text.vi)):
            if place.members:
                found[place.members.partition("=")[0]].add(place.name)
    return found


def map_fingerprint(day: date, unit: int) -> str:
    """Of the units at and under `unit` on a day, by key, kind and parent."""
    tree, keys = tree_on(day), unit_keys()
    rows = sorted(
        (keys[one], tree.kinds[one], keys[tree.parents[one]] if one in tree.parents else "")
        for one in tree.subtree(unit)
    )
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def context_of(
    reader: Reader,
    unit: Unit,
    period: Period,
    office: Office,
    lang: Literal["vi", "en"],
    map_day: date | None = None,
) -> Context:
    """The words and names of the paper, as they stand on the period's last day, or on another day whose map it is
    read on."""
    frame = frame_of(reader, unit, period, office, lang, map_day)
    edition = reader.edition
    names = unit_names(edition.calendar.last_day(period))
    told = _told(_due(edition, unit.pk, period, map_day), period, reader.basis)
    return replace(
        frame,
        map_day=map_day,
        estimated=tuple(names[one] for one, content in told.items() if _estimates(content)),
        texts=tuple(_texts(told, names)),
        content=told.get(unit.pk),
        plans=tuple(_plans(edition, unit, period)),
        tasks=tuple(_tasks(edition, unit, period)),
    )


def _plans(edition: Edition, unit: Unit, period: Period) -> Iterator[PlanTold]:
    """Plans of the unit in force that run in the period's year."""
    for one in plans_in_force((unit.pk,)):
        content = one.content
        if period.year in content.years:
            made = Task.objects.filter(cause=one.plan, cause_row__in=[item.key for item in content.items])
            yield PlanTold(
                key=one.plan,
                number=one.number,
                issued_on=one.issued_on,
                title=content.title,
                targets=tuple(own.code for own in content.targets),
                items=len(content.items),
                tasks=tuple(made.order_by("pk").values_list("key", flat=True)),
                money=tuple(totals(content.budget, plan_spent(edition, unit.pk, content, period))),
            )


def _tasks(edition: Edition, unit: Unit, period: Period) -> Iterator[TaskTold]:
    """What the unit, or those that went wholly into it, concluded and was there in the period, as it stood on its last
    day; by owners in the order of print."""
    day, keys = edition.calendar.last_day(period), unit_keys()
    rows = tasks_alive(Task.objects.filter(issuer__in=issuers_of(unit.pk, day)), edition.calendar.span(period))
    held = [one for one in tasks_stood(rows, on=day, period=period.last_half.code) if one.standing.state != "withdrawn"]
    names, tree = units_called({one.owner for one in held}, day), tree_on(day)
    there = printed((one for one in names if one in tree), tree, names)
    order = {pk: index for index, pk in enumerate((*there, *sorted(names.keys() - set(there))))}
    for one in sorted(held, key=lambda one: order[one.owner.pk]):
        report = one.report
        yield TaskTold(
            key=one.task.key,
            text=one.task.text,
            unit=keys[one.owner.pk],
            owner=names[one.owner.pk],
            standing=one.standing,
            cause=one.task.cause_words,
            report=one.standing.said or (report.text if report and report.what == TaskAct.What.REPORTED else ""),
        )


def _due(edition: Edition, unit: int, period: Period, map_day: date | None) -> list[int]:
    """Units that owe a return for the period, in the order paper names them; on another map those that have some
    share in the unit there."""
    tree, names = _tree(edition, period), unit_names(edition.calendar.last_day(period))
    held = predecessors(edition, unit, period, map_day or edition.calendar.last_day(period))
    return printed(_owing(edition, tree, held, period), tree, names)


def frame_of(
    reader: Reader,
    unit: Unit,
    period: Period,
    office: Office,
    lang: Literal["vi", "en"],
    map_day: date | None = None,
) -> Context:
    """The context of a paper without what the returns themselves say: no texts, estimates or content is read. An
    earlier period that passed acts on the way to the paper's map is comparable: its values are on that map."""
    edition = reader.edition
    day = map_day or edition.calendar.last_day(period)
    tree, names, keys = tree_on(day), unit_names(day), unit_keys()
    there, called = _tree(edition, period), unit_names(edition.calendar.last_day(period))
    due = _due(edition, unit.pk, period, map_day)
    told = set(_counting(due, period, reader.basis).values_list("unit_id", flat=True))
    previous, same, year = (
        _told_of(edition, one) for one in (period.previous(), period.same_last_year(), Period(period.year - 1))
    )
    compared = [one for one in (previous, same, year) if one is not None]
    trend = [one for one in periods_of(period, edition) if one.is_year == period.is_year and one <= period][-TREND:]
    line = (unit.pk, *tree.ancestors(unit.pk))
    comparable = {one.code: is_comparable(edition, unit.pk, one, period, map_day) for one in (*compared, *trend)}
    recast = passed(edition, unit.pk, map(Period.parse, comparable), day)
    return Context(
        unit=UnitRef(unit.key, names[unit.pk], unit.kind),
        profile=profile_of(edition, office.profile, unit.kind),
        place=office.place,
        period=period.code,
        span=edition.calendar.span(period),
        province=next((names[one] for one in line if tree.kinds[one] == "province"), ""),
        signer=office.signer,
        previous=previous.code if previous else None,
        same_last_year=same.code if same else None,
        last_year=year.code if year else None,
        trend=tuple(one.code for one in trend),
        children=tuple(
            UnitRef(keys[one], names[one], tree.kinds[one])
            for one in printed(tree.children.get(unit.pk, ()), tree, names)
        ),
        owners=frozenset(keys[one] for one in line[1:]),
        due=len(due),
        missing=tuple(called[one] for one in due if one not in told),
        missing_kinds=tuple(there.kinds[one] for one in due if one not in told),
        comparable={**comparable, **{one.code: True for one in recast}},
        notice=office.notice,
        lang=lang,
    )


def places_of(units: Sequence[UnitRef]) -> dict[str, Placed]:
    """Where units lie that have a point."""
    held, ids, labels = points(), unit_ids(), labels_of({one.key: one.name for one in units})
    return {one.key: Placed(*held[ids[one.key]], labels[one.key]) for one in units if ids[one.key] in held}


def profile_of(edition: Edition, wanted: str, kind: str) -> SigningProfile:
    """The site's profile where it fits the kind of unit, else the first that does."""
    if wanted not in edition.signing_profiles:
        raise Refused(
            Fault("report.no_profile", wanted, {"profile": wanted, "known": ", ".join(edition.signing_profiles)})
        )
    asked = edition.signing_profiles[wanted]
    fitting = (
        one for one in (asked, *edition.signing_profiles.values()) if one.for_kinds and is_kind(kind, one.for_kinds)
    )
    return next(fitting, asked)


def printed(units: Iterable[int], tree: Tree, names: Mapping[int, str]) -> list[int]:
    """Offices before communes, each family in the order of a Vietnamese dictionary."""

    def key(unit: int) -> tuple[object, ...]:
        kind = family(tree.kinds[unit])
        rank = _PRINTED_FIRST.index(kind) if kind in _PRINTED_FIRST else len(_PRINTED_FIRST)
        return (rank, sort_key(names.get(unit, "")))

    return sorted(units, key=key)


def due_of(edition: Edition, tree: Tree, unit: int, period: Period) -> list[int]:
    """Units at or under `unit` that owe a return for the period's last half."""
    return _owing(edition, tree, tree.subtree(unit), period)


def _owing(edition: Edition, tree: Tree, units: Iterable[int], period: Period) -> list[int]:
    half = period.last_half
    return [one for one in units if edition.form_for(tree.kinds[one], half) is not None]


def _counting(due: Collection[int], period: Period, basis: str) -> QuerySet[Return]:
    """The returns of the period's last half that count at the basis."""
    pointer = "accepted" if basis == "accepted" else "latest"
    rows = Return.objects.filter(campaign__period_code=period.last_half.code, unit_id__in=due)
    return rows.exclude(**{pointer: None})


def due_printed(edition: Edition, unit: int, period: Period) -> list[int]:
    """Units that owe a return for the period, in the order paper names them."""
    tree, names = _tree(edition, period), unit_names(edition.calendar.last_day(period))
    return printed(due_of(edition, tree, unit, period), tree, names)


def revisions_told(due: Sequence[int], period: Period, basis: str) -> dict[int, Revision]:
    """Unit number → the revision of the period's last half that counts at the basis, in the order of `due`."""
    pointer = "accepted" if basis == "accepted" else "latest"
    found = {row.unit_id: getattr(row, pointer) for row in _counting(due, period, basis).select_related(pointer)}
    return {unit: found[unit] for unit in due if unit in found}


def _told(due: Sequence[int], period: Period, basis: str) -> dict[int, Content]:
    return {unit: Content.from_json(row.content) for unit, row in revisions_told(due, period, basis).items()}


def texts_in(content: Content) -> Iterator[tuple[TextHeading, str, str]]:
    """(heading, whom it is addressed to, text) of every text field that a return filled in."""
    form = edition_of(content.edition).forms[content.form]
    for line in (line for sheet in form.sheets for block in sheet.blocks for line in block.texts):
        text = content.texts.get(line.code, "")
        if text:
            yield line.heading, str(line.addressee or ""), text


def _estimates(content: Content) -> bool:
    return any(figure.qualifier == "estimate" for figure in content.figures.values())


def _texts(told: Mapping[int, Content], names: Mapping[int, str]) -> Iterator[TextEntry]:
    for unit, content in told.items():
        for heading, addressee, text in texts_in(content):
            yield TextEntry(heading, names[unit], text, addressee)


def _told_of(edition: Edition, period: Period) -> Period | None:
    """An earlier period, where some form was already asked in it: before that there is nothing to compare with."""
    if period.halves[0] < edition.calendar.regimes[0].first:
        return None
    return period if any(form.is_used(half) for half in period.halves for form in edition.forms.values()) else None


def is_comparable(edition: Edition, unit: int, other: Period, period: Period, map_day: date | None = None) -> bool:
    """Whether the same units reported then as now, or as those of a `map_day` would: no figure need be recast."""
    then, now = _tree(edition, other), tree_on(map_day or edition.calendar.last_day(period))
    return (
        unit in then
        and unit in now
        and set(due_of(edition, then, unit, other)) == set(due_of(edition, now, unit, period))
    )
