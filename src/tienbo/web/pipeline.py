"""The pipeline to leading posts: counts are pasted for the question, answered on the same page or as a Word annex, and
kept nowhere: no row of them is written, and nothing of them stands in an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tienbo.catalogue.definitions import Pipeline
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import clean, fold
from tienbo.engine.evaluate import may_see_class
from tienbo.ground.acting import narrow_read
from tienbo.outlook.eligibility import Bar, Month, bars, length_words
from tienbo.outlook.pipeline import HEADS, Count, Plan, Question, Year, pipeline_called, plan, typed, vacancies_ahead
from tienbo.papers.docx import docx_bytes
from tienbo.papers.pipeline import answers, between, heads, pipeline_paper, rows, sentence, window
from tienbo.posts.counts import tables_of
from tienbo.posts.stocks import stocks
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_called
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import sender_of
from tienbo.web.definition import unchecked
from tienbo.web.downloads import download
from tienbo.web.office import office

MOST = 60_000
"""Characters of pasted rows: some thousand rows."""
GIVEN: Mapping[str, str] = {"share": "", "by": "1/2031", "now": "", "bar": "", "each": "", "rows": ""}

worded(
    {
        "web.rows_too_many": N_("Too much was pasted: at most {most} characters."),
        "web.share_missing": N_("Say which share is asked for, in per cent: 30."),
        "web.loss_missing": N_("{stage}: say in per cent how many are lost on the way there; 0 where none are."),
    }
)


@dataclass(frozen=True)
class Answered:
    """The plan and what stands beside it."""

    made: Plan
    years: Sequence[Year]


@page("view", methods=("GET", "POST"))
def pipeline(request: Asked, period: Period) -> HttpResponse:
    """The question, and its answer where one was asked. Nothing is kept."""
    way = pipeline_called(office().edition.pipelines)
    held = [*GIVEN, *_losses(way)]
    given = {name: request.POST.get(name, "")[: MOST + 1] for name in held} if request.method == "POST" else {}
    now = Month(timezone.localdate().year, timezone.localdate().month)
    told = {**GIVEN, "now": f"{now.month}/{now.year}", **given}
    answered, faults = None, []
    if request.POST.get("act") == "fill":
        return _page(request, way, _filled(request, way, told), None, [], filled=True)
    if request.method == "POST":
        try:
            answered = _answered(way, told)
        except Refused as refused:
            faults = list(refused.faults)
    if answered is not None and request.POST.get("as") == "docx":
        documents = office().edition.documents
        codes = [way.document, answered.made.question.ages.document]
        if answered.made.question.bar is not None:
            codes.append(answered.made.question.bar.rules.document)
        cites = [documents[code] for code in codes if code]
        document = pipeline_paper(
            sender_of(request.seat.unit, period), answered.made, answered.years, cites=cites, on=timezone.localdate()
        )
        return download("nguon-can-bo-nu.docx", docx_bytes(document))
    return _page(request, way, told, answered, faults)


def _page(
    request: Asked,
    way: Pipeline,
    told: Mapping[str, Any],
    answered: Answered | None,
    faults: list[Fault],
    *,
    filled: bool = False,
) -> HttpResponse:
    context = _context(way, told, answered, faults) | {"filled": filled, "notes": told.get("notes", ())}
    shown = render(request, "web/pipeline.html", context, status=422 if faults else 200)
    shown.headers["Cache-Control"] = "private, no-store"  # nor is it kept by a browser
    return shown


def _filled(request: Asked, way: Pipeline, told: Mapping[str, str]) -> dict[str, Any]:
    """The question with the rows that the counts on record give, as this seat reads them."""
    edition, today, seat = office().edition, timezone.localdate(), request.seat
    tree, audience = tree_on(today), seat.audience(seat.unit.pk)
    codes = [one.code for one in edition.count_groups.values() if one.stage and one.titles]
    mine = accessible_units(request.user, need="view", on=today)
    units = [one for one in (tree.subtree(seat.unit.pk) if seat.unit.pk in tree else ()) if one in mine]
    readable = [
        one
        for one in tables_of(units, edition, codes)
        if may_see_class(edition.count_groups[one.group].sensitivity, audience, one.unit, tree)
    ]
    narrow_read(*{one.group for one in readable if edition.count_groups[one.group].is_planning})
    found = stocks(
        readable,
        own=seat.unit.pk,
        read=lambda table: table.read_by(owner=table.unit == seat.unit.pk, edition=edition),
        named=lambda unit: unit_called(unit, today),
        edition=edition,
        way=way,
    )
    groups = {one.code: str(one.name) for one in way.groups}
    stages = {one.code: str(one.name) for one in way.stages}
    sexes = {"f": _("women"), "m": _("men")}
    lines = [
        f"{groups[one.titles]}; {stages[one.stage]}; {sexes[one.sex]}; {way.ages.get(one.age, '')}; {one.persons}"
        for one in found.rows
    ]
    rows = "\n".join(lines)
    now = f"{found.day.month}/{found.day.year}" if found.day else told["now"]
    return {**told, "rows": rows, "now": now, "notes": found.notes}


def _losses(way: Pipeline) -> list[str]:
    return [f"lost_{stage.code}" for stage in way.stages[1:]]


def _context(way: Pipeline, told: Mapping[str, str], answered: Answered | None, faults: list[Fault]) -> dict[str, Any]:
    stages = [(f"lost_{one.code}", str(one.name), told.get(f"lost_{one.code}", "")) for one in way.stages[1:]]
    context: dict[str, Any] = {
        "way": way,
        "told": told,
        "losses": stages,
        "stages": [*(str(one.name) for one in way.stages), _("number of posts")],
        "bars": [(_code(one), _named(one), _code(one) == told["bar"]) for one in _bars()],
        "faults": faults,
        "unchecked": unchecked(way.confidence),
    }
    if answered is None:
        return context
    made = answered.made
    standing = made.question.bar
    return context | {
        "answers": [(name, sentence(name, one), rows(one), one.reached) for name, one in answers(made)],
        "heads": heads(made),
        "several": len(made.cautious.steps) > 1,
        "years": [(one.year, between(one.women), between(one.men)) for one in answered.years],
        "window": window(made),
        "standing": _named(standing) if standing else "",
        "shorter": length_words(standing.shorter_for_women) if standing else "",
        "standing_unchecked": unchecked(standing.confidence) if standing else "",
        "suppositions": (*made.warnings, *made.question.suppositions),
    }


def _bars() -> list[Bar]:
    """Who may stand at a coming or the present cycle's occasions, the latest first."""
    return list(reversed(list(bars(office().edition))))


def _code(one: Bar) -> str:
    return f"{one.rules.code}.{one.occasion.code}.{one.standing.code}"


def _named(one: Bar) -> str:
    return f"{one.standing.name}, {one.occasion.name}, {one.at}"


def _answered(way: Pipeline, told: Mapping[str, str]) -> Answered:
    """Refused with every fault, of the question and of the rows."""
    faults: list[Fault] = []
    months: dict[str, Month] = {}
    for name in ("now", "by"):
        try:
            months[name] = Month.parse(told[name])
        except Refused as wrong:
            faults += wrong.faults
    share = _percent(told["share"])
    if share is None:
        faults.append(Fault("web.share_missing"))
    losses = [_percent(told.get(name, "")) for name in _losses(way)]
    faults += [
        Fault("web.loss_missing", "", {"stage": stage.name})
        for stage, lost in zip(way.stages[1:], losses, strict=True)
        if lost is None
    ]
    counts: list[Count] = []
    if "now" in months:
        try:
            counts, wrong_rows = pasted(told["rows"], way, months["now"])
            faults += errors(wrong_rows)
        except Refused as wrong:
            faults += wrong.faults
    if faults or share is None:
        raise Refused(*faults)
    question = Question(
        way,
        office().edition.retirement_ages[way.retirement],
        tuple(counts),
        share,
        months["now"],
        months["by"],
        tuple(lost for lost in losses if lost is not None),
        next((one for one in _bars() if _code(one) == told["bar"]), None),
        bool(told["each"]),
    )
    return Answered(plan(question), vacancies_ahead(question))


def _percent(text: str) -> Fraction | None:
    try:
        return Fraction(text.strip().rstrip("%").strip().replace(",", ".")) / 100
    except (ValueError, ZeroDivisionError):
        return None


def pasted(text: str, way: Pipeline, on: Month) -> tuple[list[Count], list[Fault]]:
    """Rows as they come from a worksheet (tabs), or with semicolons or commas: group, stage, sex, born, count; a first
    row of heads may say another order. Faults are told at the row, counted from the first."""
    if len(text) > MOST:
        raise Refused(Fault("web.rows_too_many", "", {"most": MOST}))
    sign = next((one for one in "\t;" if one in text), ",")
    cells = [[clean(cell) for cell in line.split(sign)] for line in text.splitlines()]
    heads_told = [fold(cell) for cell in cells[0]] if cells else []
    columns = {name: heads_told.index(key) for name, keys in HEADS.items() for key in keys if key in heads_told}
    has_heads = {"group", "stage", "count"} <= set(columns)
    if not has_heads:
        columns = {name: at for at, name in enumerate(HEADS)}
    told = [
        {name: row[at] if at < len(row) else "" for name, at in columns.items()}
        for row in (cells[1:] if has_heads else cells)
    ]
    return typed(told, way, on, first=2 if has_heads else 1)
