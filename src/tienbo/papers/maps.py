"""The words of maps, one place for paper, page and command: on which day's units a figure is read, what of it is
estimated, over which acts it came, and why there is none.

    map_words(day)              "Theo địa giới hành chính tại ngày 01/7/2025"
    bounds_words(low, high)     "từ 20 đến 36"
    acts_words(keys, acts)      "Nghị quyết số 1683/NQ-UBTVQH15 (hiệu lực từ ngày 01/7/2025)"
    refusal(value, acts)        why a value on another map has no figure, the act named; "" where it has one
    note(values, acts)          the lines under a table, chart or figure; none where every value stands on its own map
    note_runs(values, acts, key)   the same as runs of a paper, the share estimated bound by `key`

`acts` gives the name of an act by its key (`release.reading.act_names` reads them). Lines end with a full stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, number
from tienbo.engine.values import Status, Value
from tienbo.papers.blocks import Bound, fill, plain


@dataclass(frozen=True, slots=True)
class ActName:
    """An act as it is cited: its number where that is known, its title in the words of the act, its day in force."""

    key: str
    title: str
    day: date
    number: str = ""

    @property
    def cited(self) -> str:
        """ "Nghị quyết số 1683/NQ-UBTVQH15"; of an act without a number its title, "việc sắp xếp …"."""
        kind = next((one for one in _KINDS if self.title.startswith(one)), "")
        if kind:
            return _("{kind} No. {number}").format(kind=kind, number=self.number) if self.number else self.title
        named = _("the act “{small}”").format(small=self.title[:1].lower() + self.title[1:])
        return f"{named} ({self.number})" if self.number else named


_KINDS = ("Nghị quyết", "Nghị định", "Quyết định", "Luật")
"""The kinds of document that an act's title begins with."""
Acts = Mapping[str, ActName]
Texts = tuple[str | Bound, ...]
POPULATION = "population"
BOUNDS = N_("from {low} to {high}")
BETWEEN = N_("“From … to …”: the figure lies between these two; nearer it is not known.")
MEASURES: Mapping[str, str] = {
    POPULATION: N_("by shares of population"),
    "area": N_("by shares of area"),
    "members": N_("by shares of members"),
}
"""What the shares are of: an element says by which it travels."""


def map_words(on: date) -> str:
    """On the units of which day: the line every figure on another map has beside it."""
    return _("On the map of administrative units of {day}").format(day=day_words(on))


def bounds_words(low: str, high: str) -> str:
    """Two bounds as paper writes them; never one number in their stead."""
    return _(BOUNDS).format(low=low, high=high)


def acts_words(keys: Iterable[str], acts: Acts) -> str:
    """Acts by number and day in force, in order; several of one day that have no number of their own are said once."""
    said = [_("{act} (in force from {day})").format(act=acts[one].cited, day=day_words(acts[one].day)) for one in keys]
    return "; ".join(dict.fromkeys(said))


def share_words(share: Decimal) -> str:
    """A share estimated, in per cent; one that would be rounded to nothing, or to all, says on which side it lies."""
    if 0 < share < Decimal("0.0005"):
        return _("less than {percent}").format(percent=number(Decimal("0.1"), 1) + "%")
    if Decimal("0.9995") <= share < 1:
        return _("more than {percent}").format(percent=number(Decimal("99.9"), 1) + "%")
    return number(share * 100, 0 if share * 100 == (share * 100).to_integral_value() else 1) + "%"


def refusal(value: Value, acts: Acts) -> str:
    """Why a value on another map has no figure, in a sentence without a full stop that names the acts."""
    named = acts_words((one for one in value.acts if one in acts), acts)
    if value.status is Status.NOT_COMPARABLE:
        if not named:
            return _("Not comparable yet: the reporting units are others since")
        return _("Not comparable yet: the reporting units are others since {acts}").format(acts=named)
    if value.status is Status.NOT_APPLICABLE and value.map_day and named:
        on = day_words(date.fromisoformat(value.map_day))
        return _("Not applicable: there is no such unit on {day}, by {acts}").format(day=on, acts=named)
    return ""


def note(values: Iterable[Value], acts: Acts, *, measure: str = POPULATION) -> list[str]:
    """The day of the map, the acts passed, the share estimated, what bounds mean, what is not comparable and why.

    Of several values the greatest share estimated is said. `measure` names the shares (MEASURES).
    """
    return [plain(runs) for runs in note_runs(values, acts, lambda _value: "", measure=measure)]


def note_runs(
    values: Iterable[Value], acts: Acts, key: Callable[[Value], str], *, measure: str = POPULATION
) -> list[Texts]:
    """The same as runs of a paper; `key` binds the share estimated of a value."""
    recast = [value for value in values if value.map_day]
    if not recast:
        return []
    found: list[Texts] = [
        (f"{map_words(date.fromisoformat(one))}.",) for one in sorted({one.map_day for one in recast})
    ]
    figures = [value for value in recast if value.status in (Status.VALUE, Status.INTERVAL)]
    if any(value.acts for value in figures):
        passed = passed_words(figures, acts)
        found += [(_("The figures are carried over {acts}.").format(acts=passed),)] if passed else []
        found.append(estimated_runs(figures, key, measure=measure))
    if any(value.status is Status.INTERVAL for value in figures):
        found.append((_(BETWEEN),))
    reasons = dict.fromkeys(refusal(value, acts) for value in recast)
    return found + [(f"{why}.",) for why in reasons if why]


def passed_words(values: Iterable[Value], acts: Acts) -> str:
    """The acts that values passed on the way to their map, by their days."""
    keys = {key for value in values for key in value.acts if key in acts}
    return acts_words(sorted(keys, key=lambda key: (acts[key].day, key)), acts)


def estimated_runs(values: Sequence[Value], key: Callable[[Value], str], *, measure: str = POPULATION) -> Texts:
    """How much is estimated, in a sentence: of several values the greatest share."""
    most = max(values, key=lambda value: value.estimated_share or Decimal(0), default=None)
    if most is None or not most.estimated_share:
        return (_("Nothing was estimated in recasting."),)
    words = _("{share} of this figure is estimated {measure}.")
    if len(values) > 1:
        words = _("Of a figure up to {share} is estimated {measure}.")
    share = Bound(key(most), share_words(most.estimated_share))
    return fill(words, share=share, measure=_(MEASURES[measure]))
