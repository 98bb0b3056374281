"""Plans of units' committees: which there are, one of them against what was done, its paper, its approval.

Who acts at a unit reads its plan as it is being drafted; everybody above reads what is in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Target
from tienbo.catalogue.definitions import Unit as Measured
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.plans import SOURCES, OwnTarget, PlanContent, PlanItem, totals
from tienbo.core import tasks as core
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tasks import Standing
from tienbo.core.tree import family
from tienbo.core.words import fold, sort_key
from tienbo.ground.keys import new_key
from tienbo.papers import judgement
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import plain
from tienbo.papers.context import period_name
from tienbo.papers.docx import docx_bytes
from tienbo.papers.letter import ASKED_TO_COOPERATE
from tienbo.papers.plan import Planned, above_words, plan_paper
from tienbo.papers.tables import gap_text, plan_text
from tienbo.papers.verdicts import VERDICT_WORDS, verdict
from tienbo.registers.plan_models import Plan, PlanVersion
from tienbo.registers.plan_saying import HEAD
from tienbo.registers.plans import (
    FUNDING,
    edition_with_draft,
    plan_approve,
    plan_begin,
    plan_content,
    plan_find,
    plan_list,
    plan_spent,
    plan_tasks,
    plan_tasks_make,
    plan_withdraw,
)
from tienbo.registers.services import day_at, may
from tienbo.registers.task_models import Task
from tienbo.registers.task_queries import tasks_stood
from tienbo.registers.tasks import may_decide
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.web.access import Asked, page, seats_of
from tienbo.web.addresses import number_given
from tienbo.web.binders import binder_for
from tienbo.web.campaign_papers import sender_of
from tienbo.web.downloads import download
from tienbo.web.heat import COLOURS
from tienbo.web.links import link
from tienbo.web.maps import under
from tienbo.web.office import office
from tienbo.web.tasks import tone_of

STATES: Mapping[str, tuple[str, str]] = {
    "draft": (N_("being drafted"), "tb-near"),
    "approved": (N_("in force"), "tb-good"),
    "changing": (N_("in force, a change is being drafted"), "tb-near"),
    "withdrawn": (N_("plan withdrawn"), ""),
}


@dataclass(frozen=True)
class Seen:
    """A plan as somebody reads it: who acts at its unit its last version, anybody else the one in force."""

    request: Asked
    plan: Plan
    period: Period

    @cached_property
    def is_own(self) -> bool:
        """Whether the reader acts at the unit of the plan."""
        return self.plan.unit_id in {seat.unit.pk for seat in seats_of(self.request.user)}

    @property
    def number(self) -> int:
        return self.plan.version if self.is_own else self.plan.approved

    @cached_property
    def content(self) -> PlanContent:
        return plan_content(self.plan, self.number)

    @cached_property
    def document(self) -> PlanVersion | None:
        """The version in force."""
        return self.plan.versions.filter(number=self.plan.approved).first() if self.plan.approved else None

    @property
    def state(self) -> str:
        if self.plan.withdrawn:
            return "withdrawn"
        if not self.plan.approved:
            return "draft"
        return "approved" if self.number == self.plan.approved else "changing"

    @property
    def is_open(self) -> bool:
        """Whether it can be drafted further by the reader."""
        return not self.plan.withdrawn and may(actor_of(self.request.user), self.plan.unit, "enter")

    @property
    def is_to_approve(self) -> bool:
        waits = not self.plan.withdrawn and self.plan.approved != self.plan.version
        return waits and may(actor_of(self.request.user), self.plan.unit, "approve")

    @property
    def may_make_tasks(self) -> bool:
        """Whether the reader can make tasks of lines in force that have none yet."""
        if self.plan.withdrawn or not self.plan.approved or not may_decide(actor_of(self.request.user), self.plan.unit):
            return False
        made = plan_tasks(self.plan)
        return any(item.key not in made for item in plan_content(self.plan, self.plan.approved).items)

    @property
    def address(self) -> str:
        return reverse("plan", kwargs={"period": self.period, "plan": self.plan.key})

    @cached_property
    def unit_name(self) -> str:
        return unit_names(day_at(self.plan.unit)).get(self.plan.unit_id, "")


def readable(request: Asked, period: Period) -> set[int]:
    """Units whose plans the seat reads, on the map of today and of the period's end."""
    today, found = timezone.localdate(), set[int]()
    for day in (today, office().edition.calendar.last_day(period)):
        allowed = accessible_units(request.user, need="view", on=day, acting_on=today)
        found |= allowed.intersection(under(request.seat.unit.pk, day))
    return found


def opened(request: Asked, period: Period, plan: str) -> Seen:
    """A plan that the seat may read; 404 as for one that is not there."""
    found = plan_find(plan)
    if found is None or found.unit_id not in readable(request, period):
        raise Http404
    seen = Seen(request, found, period)
    if not seen.number:
        raise Http404
    return seen


# ------------------------------------------------------------------------------------------------------ the list


class Line(NamedTuple):
    """A plan on the list."""

    address: str
    title: str
    unit: str
    years: str
    document: str
    state: str
    tone: str
    targets: int
    items: int


BEGINS = HEAD[:3]
"""What a plan begins with; the rest of its head is written on its own page."""


@page("view", methods=("GET", "POST"))
def plans(request: Asked, period: Period) -> HttpResponseBase:
    """The plans of the period's year that the seat reads, and a new one of its own unit."""
    typed, faults = dict[str, str](), list[Fault]()
    unit = request.seat.unit
    may_begin = may(actor_of(request.user), unit, "enter")
    key = request.POST.get("key", "") or new_key("plan")
    if request.method == "POST":
        if not may_begin:
            raise Http404
        typed = given(request, BEGINS)
        try:
            made = plan_begin(unit=unit, typed=typed, actor=actor_of(request.user), key=key)
        except Refused as refused:
            faults = list(refused.faults)
        else:
            messages.success(request, _("The plan is begun. Put its targets, tasks and money into it."))
            return redirect("plan", period=period, plan=made.key)
    rows = [Seen(request, one, period) for one in plan_list(units=readable(request, period), year=period.year)]
    rows = [one for one in rows if one.number and (not one.plan.withdrawn or one.is_own)]
    rows.sort(key=lambda one: (one.plan.unit_id != unit.pk, sort_key(one.unit_name)))
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "year": period.year,
        "rows": [_line(one) for one in rows],
        "may_begin": may_begin,
        "askings": askings(BEGINS, typed or {"first_year": str(period.year), "last_year": str(period.year)}, faults),
        "faults": faults,
        "key": key,
    }
    return render(request, "web/plans.html", context, status=422 if faults else 200)


def _line(seen: Seen) -> Line:
    content, words = seen.content, STATES[seen.state]
    years = str(content.first_year)
    if content.last_year != content.first_year:
        years += f"–{content.last_year}"
    named = seen.document.document_number if seen.document else ""
    counts = len(content.targets), len(content.items)
    return Line(seen.address, content.title, seen.unit_name, years, named, _(words[0]), words[1], *counts)


# ---------------------------------------------------------------------------------------------------- the forms


class Asking(NamedTuple):
    """A field of a form, what stands in it, what is wrong with that."""

    field: object
    label: str
    hint: str
    text: str
    faults: Sequence[Fault]
    choices: Sequence[tuple[str, str, bool]]


def askings(form: Sequence[object], said: Mapping[str, str], faults: Sequence[Fault]) -> list[Asking]:
    by_field: dict[str, list[Fault]] = {}
    for fault in faults:
        by_field.setdefault(str(fault.fields.get("field", "")), []).append(fault)
    made = []
    for field in form:
        code: str = field.code  # type: ignore[attr-defined]
        text = said.get(code, "")
        choices = [(value, words, value == text) for value, words in field.choices]  # type: ignore[attr-defined]
        hint = _(field.hint)  # type: ignore[attr-defined]
        label = _(field.label)  # type: ignore[attr-defined]
        made.append(Asking(field, label, hint, text, by_field.get(code, ()), choices))
    return made


def given(request: Asked, form: Sequence[object]) -> dict[str, str]:
    """What was typed into the fields of a form."""
    codes = [field.code for field in form]  # type: ignore[attr-defined]
    return {code: request.POST[code][:3000] for code in codes if code in request.POST}


def seen_of(request: Asked, plan: Plan) -> int:
    """The version that the page was of."""
    return number_given(request.POST.get("seen", ""), plan.version)


# ------------------------------------------------------------------------------------------------------ one plan


class TargetLine(NamedTuple):
    """A target of the plan beside what is asked above and what was reached."""

    key: str
    name: str
    above: str
    """What the target it carries out asks, "≥ 60 % (2025); ≥ 75 % (2030), NQ 28/NQ-CP"."""
    values: Sequence[tuple[int, str]]
    reached: str
    words: str
    colour: str
    reason: str
    address: str
    cascade: str


class ItemLine(NamedTuple):
    """A task of the plan: where the task stands that was made of it, else whether its day has come."""

    item: PlanItem
    lead: str
    partners: str
    is_asked: bool
    """The Front, mass organisations, Party bodies: asked to work together."""
    state: str
    tone: str
    address: str


class Money(NamedTuple):
    """Money of one source: planned by the plan, spent by the register of funding."""

    words: str
    planned: Decimal
    spent: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Spent of planned, in per cent."""
        return None if self.spent is None or not self.planned else self.spent / self.planned * 100


@page("view")
def plan(request: Asked, period: Period, plan: str) -> HttpResponse:
    """A plan and how far it is: targets against what was reached, tasks by their days, money against what was spent."""
    return shown(opened(request, period, plan), ())


def _all(spent: Mapping[str, Decimal] | None) -> Decimal | None:
    return None if spent is None else sum(spent.values(), Decimal(0))


def shown(seen: Seen, faults: Sequence[Fault], typed: Mapping[str, str] | None = None) -> HttpResponse:
    """The page of a plan, with what stands against an act on it."""
    content, period = seen.content, seen.period
    words, tone = STATES[seen.state]
    spent = plan_spent(office().edition, seen.plan.unit_id, content, period)
    sources = [Money(_(SOURCES[one.source]), one.planned, one.spent) for one in totals(content.budget, spent)]
    context = {
        "seen": seen,
        "plan": seen.plan,
        "content": content,
        "asked": period,
        "asked_name": period_name(period),
        "unit_name": seen.unit_name,
        "state": _(words),
        "tone": tone,
        "document": seen.document,
        "targets": list(_targets(seen)),
        "items": _items(seen),
        "may_make_tasks": seen.may_make_tasks,
        "budget": [(one, _(SOURCES[one.source])) for one in content.budget],
        "sources": sources,
        "all_money": Money(
            "",
            sum((one.planned for one in sources), Decimal(0)),
            None if spent is None else sum(spent.values(), Decimal(0)),
        ),
        "funding": reverse("register", kwargs={"period": period, "register": FUNDING}),
        "texts": [
            (_(field.label), getattr(content, field.code).splitlines())
            for field in HEAD[3:]
            if getattr(content, field.code)
        ],
        "faults": faults,
        "typed": {"number": "", "issued_on": "", "reason": "", **(typed or {})},
        "versions": [
            (one, _(str(PlanVersion.Act(one.act).label)))
            for one in seen.plan.versions.order_by("-number")
            if seen.is_own or one.act == PlanVersion.Act.APPROVED
        ],
        "may_cascade": not seen.request.seat.is_partner and bool(_children(seen)),
    }
    return render(seen.request, "web/plan.html", context, status=422 if faults else 200)


def _children(seen: Seen) -> Sequence[int]:
    return tuple(tree_on(office().edition.calendar.last_day(seen.period)).children.get(seen.plan.unit_id, ()))


def _edition(seen: Seen) -> Edition:
    held = seen.document
    number, day = _("draft"), timezone.localdate()
    if held is not None and held.issued_on is not None:
        number, day = held.document_number, held.issued_on
    return edition_with_draft(office().edition, seen.plan, seen.content, number, day)


def _binder(seen: Seen) -> Binder | None:
    """The figures of the plan's unit in the period; None where it was not there, or the seat does not read it."""
    unit, day = seen.plan.unit, office().edition.calendar.last_day(seen.period)
    if unit.pk not in tree_on(day) or unit.pk not in under(seen.request.seat.unit.pk, day):
        return None
    found = binder_for(seen.request.seat, unit, seen.period)
    return Binder(_edition(seen), found.values, found.context)


def _targets(seen: Seen) -> list[TargetLine]:
    if not seen.content.targets:
        return []
    binder, edition = _binder(seen), _edition(seen)
    return [_target(seen, binder, edition, own) for own in seen.content.targets if own.code in edition.targets]


def _target(seen: Seen, binder: Binder | None, edition: Edition, own: OwnTarget) -> TargetLine:
    target, indicator = edition.targets[own.code], edition.indicators[own.indicator]
    percent = "\N{NO-BREAK SPACE}%" if indicator.unit is Measured.PERCENT else ""
    values = [(year, _value(target, edition, year) + percent) for year in own.values]
    reached = words = colour = ""
    if binder is not None:
        value, asked = binder.value(own.indicator), judgement.plan(target, seen.period.year)
        found = verdict(target, indicator, value, seen.period)
        is_told = value.value is not None
        reached = plain(binder.cell(value, asked.value if asked else None)) + (percent if is_told else "")
        gap = plain(gap_text(binder, target, indicator, value, asked)) if asked and is_told else ""
        words = ", ".join(filter(None, (_(VERDICT_WORDS[found]) if is_told else "", gap)))
        colour = COLOURS.get(found, "")
    year = max(own.values)
    query = f"?target={own.code}&year={year}&unit={seen.plan.unit.key}"
    return TargetLine(
        own.key,
        str(indicator.name),
        above_words(edition, target, year),
        values,
        reached,
        words,
        colour,
        own.reason,
        f"{link('indicator', period=seen.period, code=own.indicator)}?unit={seen.plan.unit.key}",
        reverse("cascade", kwargs={"period": seen.period}) + query if seen.plan.approved else "",
    )


def _value(target: Target, edition: Edition, year: int) -> str:
    asked = judgement.plan(target, year)
    return plain(plan_text(target, edition.indicators[target.indicator], asked, year))


def _items(seen: Seen) -> list[ItemLine]:
    made = plan_tasks(seen.plan)
    stood = tasks_stood(Task.objects.filter(cause=seen.plan.key), on=timezone.localdate())
    by_key = {one.task.key: one.standing for one in stood}
    items = sorted(seen.content.items, key=lambda one: one.due)
    return [_item(seen, one, made.get(one.key), by_key) for one in items]


def _item(seen: Seen, item: PlanItem, task: Task | None, stood: Mapping[str, Standing]) -> ItemLine:
    planned = planned_of(seen.plan, seen.content)
    called = [planned.names.get(one, "") or _("a unit that is no more") for one in item.owners]
    is_asked = family(planned.kinds.get(item.owners[0], "")) in ASKED_TO_COOPERATE if item.owners else False
    standing = stood.get(task.key) if task is not None else None
    if task is not None and standing is not None:
        address = reverse("task", kwargs={"period": seen.period, "task": task.key})
        state, tone = core.words(standing), tone_of(standing)
    else:
        is_due = item.due < timezone.localdate() and not is_asked
        state, tone = (_("its day has come"), "tb-near") if is_due else (_("not due yet"), "")
        address = ""
        if is_asked:
            state = ""
    return ItemLine(item, "".join(called[:1]), "; ".join(called[1:]), is_asked, state, tone, address)


# ---------------------------------------------------------------------------------------------------------- acts


@page("view", methods=("POST",))
def approve(request: Asked, period: Period, plan: str) -> HttpResponseBase:
    """Put a plan in force by its document; by whom that is up to."""
    seen = opened(request, period, plan)
    typed = {name: request.POST.get(name, "")[:60] for name in ("number", "issued_on")}
    try:
        plan_approve(
            edition=office().edition,
            plan=seen.plan,
            seen=seen_of(request, seen.plan),
            actor=actor_of(request.user),
            **typed,
        )
    except Refused as refused:
        return shown(seen, refused.faults, typed)
    messages.success(request, _("The plan is in force. Its targets stand beside those of the documents above."))
    return redirect("plan", period=period, plan=plan)


@page("view", methods=("POST",))
def withdraw(request: Asked, period: Period, plan: str) -> HttpResponseBase:
    """Take a plan out of force, with the reason; it stays to be read."""
    seen = opened(request, period, plan)
    reason = request.POST.get("reason", "")[:2000]
    try:
        plan_withdraw(plan=seen.plan, seen=seen_of(request, seen.plan), reason=reason, actor=actor_of(request.user))
    except Refused as refused:
        return shown(seen, refused.faults, {"reason": reason})
    messages.success(request, _("The plan was withdrawn. It stays to be read and sets nothing more."))
    return redirect("plan", period=period, plan=plan)


@page("view", methods=("POST",))
def make_tasks(request: Asked, period: Period, plan: str) -> HttpResponseBase:
    """Make a task of every line of the plan in force that has none yet."""
    seen = opened(request, period, plan)
    try:
        made = plan_tasks_make(plan=seen.plan, seen=seen_of(request, seen.plan), actor=actor_of(request.user))
    except Refused as refused:
        return shown(seen, refused.faults)
    words = ngettext("{count} task was made of the plan.", "{count} tasks were made of the plan.", len(made))
    messages.success(request, words.format(count=len(made)))
    return redirect("plan", period=period, plan=plan)


@page("view")
def draft(request: Asked, period: Period, plan: str) -> HttpResponse:
    """The plan as a paper in the official layout; its number is left to the office that registers papers."""
    seen = opened(request, period, plan)
    unit = seen.plan.unit
    document = plan_paper(_edition(seen), sender_of(unit, period), planned_of(seen.plan, seen.content), unit.kind)
    name = fold(seen.content.title).replace(" ", "-")[:60] or "ke-hoach"
    return download(f"{''.join(one for one in name if one.isalnum() or one == '-')}.docx", docx_bytes(document))


def planned_of(plan: Plan, content: PlanContent) -> Planned:
    """A plan with the names and kinds of the units it speaks of."""
    day = day_at(plan.unit)
    names, kinds = unit_names(day), tree_on(day).kinds
    wanted = {one for item in content.items for one in item.owners}
    held = {key: pk for pk, key in unit_keys().items() if key in wanted}
    return Planned(
        content,
        {key: names.get(pk, "") for key, pk in held.items()},
        {key: kinds.get(pk, "") for key, pk in held.items()},
    )
