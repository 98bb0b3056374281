"""Where a task stands on a day: the fold of what was done about it until then. No database.

A task is what a unit owes by a day, or again and again without one (`due_on` None). What counts is the day on which its
owner reported it done: how long the office then takes to receive that makes nobody late. The last day belongs to the
time there was. Who is asked to cooperate (the Front, mass organisations, Party bodies) owes no day and is never late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _

What = Literal[
    "made", "reported", "accepted", "asked", "extended", "said", "handed_over", "withdrawn", "attached", "detached"
]
State = Literal["open", "waiting", "asked", "done", "standing", "withdrawn"]
Time = Literal["", "within", "late", "on_time", "after"]

PARTS = (
    "all",
    "done",
    "on_time",
    "after",
    "within",
    "late",
    "waiting",
    "cooperation",
    "cooperation_done",
    "standing",
    "standing_said",
)
"""What tasks are counted by (`tally`): all = done + within + late, done = on_time + after. Cooperation and what stands
without a day are counted apart."""


AFTER: Mapping[str, State] = {"reported": "waiting", "accepted": "done", "asked": "asked", "withdrawn": "withdrawn"}
"""What a task is after an act. Those that are not here leave it as it is."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was done about a task. `due_on`: the day it is due from then on; `period`: of which half-year it speaks."""

    what: What
    on: date
    due_on: date | None = None
    text: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a task stands. `time`: within or late while it is not done, on_time or after once it is; "" where nobody
    can be late. `reported_on`: when its owner last reported it done; `said`: of one that stands without a day, what was
    said of the half-year asked about."""

    state: State
    time: Time
    is_asked: bool
    due_on: date | None = None
    reported_on: date | None = None
    said: str = ""

    @property
    def is_closed(self) -> bool:
        return self.state in ("done", "withdrawn")


def standing(acts: Iterable[Act], *, is_asked: bool, on: date, period: str = "") -> Standing | None:
    """Where a task stands at the end of a day; None before it was made. `is_asked`: its owner is asked to cooperate."""
    state: State | None = None
    due_on: date | None = None
    reported: tuple[date, date | None] | None = None
    said = ""
    for act in acts:
        if act.on > on:
            break
        if act.what == "made":
            state = "standing" if act.due_on is None else "open"
        state = AFTER.get(act.what, state)
        due_on = act.due_on or due_on
        if act.what == "reported":
            reported = act.on, due_on
        elif act.what == "said" and act.period == period:
            said = act.text
    if state is None:
        return None
    time: Time = ""
    if due_on is not None and not is_asked and state != "withdrawn":
        time = _time(state, due_on, reported, on)
    return Standing(state, time, is_asked, due_on, reported[0] if reported else None, said)


def _time(state: State, due_on: date, reported: tuple[date, date | None] | None, on: date) -> Time:
    """A report counts against the day that was due when it was made; what is not reported, against the one due now."""
    if state in ("done", "waiting") and reported is not None:
        day, due_then = reported
        in_time = due_then is not None and day <= due_then
        if state == "done":
            return "on_time" if in_time else "after"
        return "within" if in_time else "late"
    return "within" if on <= due_on else "late"


def tally(standings: Iterable[Standing]) -> Counter[str]:
    """How many there are of each of PARTS. What was withdrawn is not counted."""
    return Counter(part for one in standings for part in parts(one))


def parts(one: Standing) -> Iterator[str]:
    """The parts that a task is counted in."""
    if one.state == "withdrawn":
        return
    if one.state == "standing":
        yield from ("standing", "standing_said") if one.said else ("standing",)
    elif one.is_asked:
        yield from ("cooperation", "cooperation_done") if one.state == "done" else ("cooperation",)
    else:
        yield "all"
        yield from ("done", one.time) if one.state == "done" else (one.time,)
        if one.state == "waiting":
            yield "waiting"


LISTS = (*PARTS, "asked", "withdrawn")
"""What tasks are looked for by: the parts they are counted in, and where they stand."""


def lists(one: Standing) -> set[str]:
    """The lists (LISTS) a task is on."""
    return {*parts(one), *({one.state} & {"asked", "withdrawn"})}


WORDS: Mapping[str, str] = {
    "late": N_("late"),
    "within": N_("within time"),
    "waiting": N_("waiting to be received"),
    "asked": N_("supplement asked for"),
    "on_time": N_("done on time"),
    "after": N_("done after the day"),
    "withdrawn": N_("withdrawn"),
}


def words(one: Standing) -> str:
    """Where a task stands, as a page and paper say it. Of who is asked to cooperate nothing is said of time."""
    if one.state in ("withdrawn", "asked", "waiting"):
        said = _(WORDS[one.state])
        return _("{words}, late").format(words=said) if one.time == "late" else said
    if one.state == "standing":
        return _("told for the period") if one.said else _("not told for the period yet")
    if one.is_asked:
        return _("answered") if one.state == "done" else _("cooperating")
    return _(WORDS[one.time])
