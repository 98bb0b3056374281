"""Which units' vacancies suffice for a target: a table taken from the published posts or pasted, answered on the same
page and as an annex. Nothing typed is kept, but for the tasks that somebody makes of the plan with one click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_of, day_words, number
from tienbo.outlook.pipeline import pipeline_called
from tienbo.outlook.vacancies import Body, Row, pasted, plan
from tienbo.papers.html import Addresses, blocks_html
from tienbo.papers.vacancies_paper import VacanciesTold, vacancies_blocks, vacancies_paper
from tienbo.posts.openings import Opened, Whose, opened
from tienbo.processes.vacancy_tasks import cause_of, owners_found, vacancy_tasks_make
from tienbo.registers.tasks import is_asked, may_decide
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.office import office
from tienbo.web.task_page import made_words
from tienbo.web.tasks import way_words
from tienbo.web.typed import Typed, posted

MOST = 200_000
"""Characters of pasted rows: a nation's communes."""
YEARS = 2
"""Vacancies are looked for so many years ahead where nobody says otherwise."""
TARGET = "NSGE-1.1"
NOWHERE = Addresses(figure=lambda _key: "", chart=lambda _number: "")
SEES_YEARS = ("consolidate", "conclude")
"""Who may have retirements reckoned from published years of birth: office and chair, as on the page of posts."""

LABELS: Mapping[str, str] = {
    "until": N_("Posts that open until the end of"),
    "persons": N_("Women among the holders, %"),
    "bodies": N_("Bodies and units with at least one woman, %"),
    "rows": N_("A row for each body or unit"),
}
FROM: Mapping[str, tuple[str, Whose]] = {
    "authorities": (N_("Chairs and vice chairs of People's Committees and Councils (target 1.1)"),
                    Whose("target_1_1", ("people_committee", "council"))),
    "people_committee": (N_("Chairs and vice chairs of People's Committees"),
                         Whose("target_1_1", ("people_committee",))),
    "council": (N_("Chairs and vice chairs of People's Councils"), Whose("target_1_1", ("council",))),
    "agencies": (N_("Heads and deputy heads of agencies, schools, hospitals (rule of 30 per cent)"), Whose("rule_30")),
    "party": (N_("Secretaries and deputy secretaries of Party committees"), Whose("rule_30", ("party_committee",))),
}  # fmt: skip
"""What may be taken from the posts on record."""

worded(
    {"vacancies.no_target": N_("Say at least one target: women among the holders, or bodies and units with a woman.")}
)


class Asks(NamedTuple):
    """A row of which something is asked, and how its unit would come to its task; `way` "" where it names no unit."""

    row: Row
    owner: str
    way: str


@dataclass
class Asking:
    """A question as it was typed, or as it stands before anybody typed; `faults` fill up while it is read."""

    request: Asked
    period: Period
    typed: Typed
    notes: list[Fault] = field(default_factory=list)

    @property
    def is_even(self) -> bool:
        return self.typed.text("way") != "fewest"

    @property
    def until(self) -> date:
        """Until when, as typed; two years from today where nothing readable is."""
        return day_of(self.typed.text("until")) or _in_years(timezone.localdate(), YEARS)

    def told(self) -> VacanciesTold | None:
        """The answer; None where something is wrong."""
        read = self.typed
        if day_of(read.text("until")) is None:
            read.fault("posts.no_day" if read.text("until") else "typed.missing", "until", text=read.text("until"))
        shares = {name: read.share(name, missing=0.0) for name in ("persons", "bodies")}
        if shares == {"persons": 0.0, "bodies": 0.0}:
            read.fault("vacancies.no_target", "persons")
        bodies = self._bodies()
        if read.faults:
            return None
        persons, with_woman = (_exact(read.text(name)) for name in ("persons", "bodies"))
        try:
            made = plan(bodies, until=self.until, persons=persons, with_woman=with_woman)
        except Refused as refused:
            read.faults += refused.faults
            return None
        return VacanciesTold(
            made=made,
            is_even=self.is_even,
            persons=persons,
            with_woman=with_woman,
            counted_on=timezone.localdate(),
            notes=self.notes,
        )

    def _bodies(self) -> list[Body]:
        text = self.typed.given.get("rows", "")
        if len(text) > MOST:
            self.typed.fault("web.rows_too_many", "rows", most=MOST)
            return []
        try:
            bodies, faults = pasted(text, _("row"))
        except Refused as refused:
            self.typed.faults += [_at_rows(fault) for fault in refused.faults]
            return []
        self.typed.faults += [_at_rows(fault) for fault in errors(faults)]
        return bodies

    def record(self, code: str) -> Opened:
        """What the posts on record say, of the units that this seat reads; years of birth for who may see them."""
        today, seat = timezone.localdate(), self.request.seat
        tree = tree_on(today)
        mine = accessible_units(self.request.user, need="view", on=today)
        units = [one for one in (tree.subtree(seat.unit.pk) if seat.unit.pk in tree else ()) if one in mine]
        edition = office().edition
        sees = any(seat.allows(need) for need in SEES_YEARS)  # type: ignore[arg-type]
        ages = edition.retirement_ages[pipeline_called(edition.pipelines).retirement] if sees else None
        return opened(units, on=today, until=self.until, whose=FROM[code][1], edition=edition, ages=ages)


def _at_rows(fault: Fault) -> Fault:
    return Fault(fault.code, fault.place, {**fault.fields, "field": "rows"}, fault.level)


def _exact(text: str) -> Fraction | None:
    bare = text.removesuffix("%").strip().replace(",", ".")
    share = Fraction(bare) / 100 if bare else Fraction(0)
    return share or None


def _in_years(day: date, years: int) -> date:
    return date(day.year + years, day.month, min(day.day, 28))


def _rows_text(bodies: tuple[Body, ...]) -> str:
    """Bodies as the rows that are pasted."""
    lines: list[str] = []
    for one in bodies:
        counts = f"{one.unit}; {one.posts}; {one.women}; {one.men}"
        lines += [
            f"{counts}; {each.women}; {each.men}; {day_words(each.on) if each.on else ''}" for each in one.openings
        ] or [f"{counts}; 0; 0;"]
    return "\n".join(lines)


@page("view", methods=("GET", "POST"))
def vacancies(request: Asked, period: Period) -> HttpResponse:
    """The question, filled in from the record ("fill") where that is asked for; with POST also the answer."""
    if request.method == "POST":
        asking = Asking(request, period, Typed(posted(request), LABELS))
        source = asking.typed.text("source")
        if asking.typed.text("act") == "fill" and source in FROM:
            return _filled(asking, source)
        return _page(asking, asking.told())
    asking = Asking(request, period, Typed({}, LABELS))
    asking.typed.given = {"until": day_words(asking.until), "bodies": _legal(asking.until), "way": "even"}
    return _page(asking, None)


def _filled(asking: Asking, code: str) -> HttpResponse:
    """The page with the rows that the record gives; what else was typed stays."""
    found = asking.record(code)
    asking.notes = list(found.notes)
    rows = _rows_text(found.bodies)
    asking.typed.given = {**asking.typed.given, "rows": rows, "from": code}
    return _page(asking, None, is_filled=True, none_found=not found.bodies)


def _legal(until: date) -> str:
    """What the law asks of bodies with a woman in the first legal year by then or after it; "" where the pack does not
    say."""
    target = office().edition.targets.get(TARGET)
    values = {} if target is None else target.values
    later = [year for year in values if year >= until.year] or sorted(values)[-1:]
    asked = values[min(later)].value if later else None
    return "" if asked is None else number(asked)


def _page(
    asking: Asking, told: VacanciesTold | None, *, is_filled: bool = False, none_found: bool = False
) -> HttpResponse:
    request, typed = asking.request, asking.typed
    if told is not None and typed.text("from") in FROM:
        told = _with_notes(asking, told)
    may_make = may_decide(actor_of(request.user), request.seat.unit)
    wrong = {str(fault.fields.get("field", "")) for fault in typed.faults}
    asks = _asks(request.seat.unit, told) if told is not None and may_make else []
    context = {
        "asked": asking.period,
        "typed": {name: typed.given.get(name, "") for name in (*LABELS, "way", "from")},
        "labels": {name: _(words) for name, words in LABELS.items()},
        "wrong": wrong,
        "is_even": asking.is_even,
        "sources": [(code, _(words), code == typed.text("from")) for code, (words, _whose) in FROM.items()],
        "faults": [(fault, str(fault.fields.get("field", ""))) for fault in typed.faults],
        "notes": asking.notes,
        "is_filled": is_filled,
        "none_found": none_found,
        "paper": blocks_html(list(vacancies_blocks(told)), NOWHERE) if told is not None else "",
        "may_make": may_make,
        "asks": asks,
        "nobody": [one.row.body.unit for one in asks if not one.way],
    }
    shown = render(request, "web/vacancies.html", context, status=422 if typed.faults else 200)
    shown.headers["Cache-Control"] = "private, no-store"  # nor is it kept by a browser
    return shown


def _with_notes(asking: Asking, told: VacanciesTold) -> VacanciesTold:
    """The answer with what the record that its rows were taken from leaves open."""
    asking.notes = list(asking.record(asking.typed.text("from")).notes)
    return VacanciesTold(
        made=told.made,
        is_even=told.is_even,
        persons=told.persons,
        with_woman=told.with_woman,
        counted_on=told.counted_on,
        notes=asking.notes,
    )


def _asks(issuer: Unit, told: VacanciesTold) -> list[Asks]:
    """Whom the tasks of a plan would go to, and how."""
    changed = [row for row in told.way.rows if row.changes]
    today = timezone.localdate()
    owners = owners_found([row.body.unit for row in changed], issuer, today)
    called = unit_names(today)
    return [
        Asks(row, called.get(owner.pk, "") if owner else "", way_words(is_asked(owner.kind)) if owner else "")
        for row in changed
        for owner in [owners.get(row.body.unit)]
    ]


@page("view", methods=("POST",))
def vacancies_annex(request: Asked, period: Period, suffix: Suffix) -> HttpResponseBase:
    """The answer as an annex. What cannot be answered is answered by the page, with its faults."""
    asking = Asking(request, period, Typed(posted(request), LABELS))
    told = asking.told()
    if told is None:
        return _page(asking, None)
    if asking.typed.text("from") in FROM:
        told = _with_notes(asking, told)
    paper = vacancies_paper(sender_of(request.seat.unit, period), told, year=timezone.localdate().year)
    return written(paper, "phu-luc-vi-tri-khuyet", suffix)


@page("view", methods=("POST",))
def vacancies_tasks(request: Asked, period: Period) -> HttpResponseBase:
    """Make a task of each unit that changes a post, all or none; what is open already stays as it is."""
    issuer, actor, today = request.seat.unit, actor_of(request.user), timezone.localdate()
    if not may_decide(actor, issuer):
        raise Http404
    asking = Asking(request, period, Typed(posted(request), LABELS))
    told = asking.told()
    if told is None:
        return _page(asking, None)
    names = [row.body.unit for row in told.way.rows if row.changes]
    try:
        made = vacancy_tasks_make(
            way=told.way,
            until=told.made.until,
            owners=owners_found(names, issuer, today),
            issuer=issuer,
            actor=actor,
            today=today,
        )
    except Refused as refused:
        asking.typed.faults += [_at_rows(fault) for fault in refused.faults]
        return _page(asking, None)
    said = made_words(len(made.tasks))
    if made.there:
        words = ngettext(
            "{count} unit has its task already; it stays as it is.",
            "{count} units have their tasks already; they stay as they are.",
            made.there,
        )
        said = f"{said} {words.format(count=made.there)}"
    messages.success(request, said)
    cause = urlencode({"cause": cause_of(told.made.until)})
    return redirect(f"{reverse('tasks', kwargs={'period': period})}?{cause}")
