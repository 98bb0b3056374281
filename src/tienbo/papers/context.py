"""What a report needs to know beside its values: plain data, so that papers knows neither database nor Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from tienbo.catalogue.definitions import SigningProfile, TextHeading
from tienbo.catalogue.plans import Totals
from tienbo.catalogue.returns import Content
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.tasks import Standing
from tienbo.core.tree import family
from tienbo.papers.maps import ActName

Scale = Literal["national", "provincial", "district", "commune"]
_SCALES: Mapping[str, Scale] = {
    "nation": "national",
    "province": "provincial",
    "district": "district",
    "commune": "commune",
}

_PROPER = ("Thủ đô Hà Nội", "Thành phố Hồ Chí Minh")
"""Names whose first word is written large everywhere (NĐ 30/2020/NĐ-CP, annex on capital letters)."""


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A unit by key, with its name and kind on the period's last day."""

    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a unit lies on a schematic, in degrees, and how it is called there."""

    latitude: float
    longitude: float
    label: str


@dataclass(frozen=True, slots=True)
class TextEntry:
    """What a unit wrote in a text field of its return."""

    heading: TextHeading
    unit: str
    text: str
    addressee: str = ""


@dataclass(frozen=True, slots=True)
class ChosenText:
    """A text as it was chosen and worded at the merge desk, and the names of the units it is cited from."""

    heading: TextHeading
    text: str
    units: tuple[str, ...] = ()
    addressee: str = ""


@dataclass(frozen=True, slots=True)
class PlanTold:
    """A plan of the unit that is in force: its document, the codes of its targets, how many tasks it has, the keys of
    those that were made, its money by source in million đồng."""

    key: str
    number: str
    issued_on: date
    title: str
    targets: tuple[str, ...] = ()
    items: int = 0
    tasks: tuple[str, ...] = ()
    money: tuple[Totals, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskTold:
    """A task as it stood at the end of the period. `owner` is its unit's name then, `unit` the key; `report` what the
    unit last said of it."""

    key: str
    text: str
    unit: str
    owner: str
    standing: Standing
    cause: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What the drafter wrote beside what is computed: before or after the content of a section of the outline.

    `section` is the section's place in the outline (`Outline.places`). Lines are paragraphs; figures in them are the
    drafter's own and bound to nothing.
    """

    section: str
    place: Literal["before", "after"]
    text: str


@dataclass(frozen=True, slots=True)
class RegisterTold:
    """What one register says of a report's period. A tally that is not there is not known; a register that no unit
    kept is not told at all."""

    register: str
    counts: Mapping[str, Decimal] = field(default_factory=dict)
    """Tally → what the registers of the unit and all below it count."""
    own: Mapping[str, Decimal] = field(default_factory=dict)
    """Tally → what the unit's own register counts."""
    units: int = 0
    """Units that kept the register in the period."""
    records: tuple[Recorded, ...] = ()
    """The unit's own records of the period, where a table prints some; the oldest first."""
    behind: Mapping[str, tuple[Recorded, ...]] = field(default_factory=dict)
    """Tally → the records behind it of the unit and all below it, where a table prints them; unit by unit."""
    lines: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """Kind of a table ("reach", "visits") → its lines, cell by cell in words. What they add up to is in `counts`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as a table prints it: `said` is field → words; `answers` what tests are asked of."""

    state: str
    said: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    """Whose record it is, where those of several units are printed."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """One report of one unit for one period. Periods are labels ("2026-H1", "2025"); names are as printed."""

    unit: UnitRef
    profile: SigningProfile
    place: str
    """Where it is signed ("Vĩnh An")."""
    period: str
    span: Span
    """The legal days of the period."""
    report_date: date | None = None
    """None leaves day and month blank, to be filled in when it is signed."""
    province: str = ""
    """The province's name, for the profile's upper line."""
    signer: str = ""
    addressee: str = ""
    previous: str | None = None
    same_last_year: str | None = None
    last_year: str | None = None
    """The whole year before ("Thực hiện năm trước")."""
    trend: tuple[str, ...] = ()
    """Periods of the trend charts, oldest first, the report's own last."""
    children: tuple[UnitRef, ...] = ()
    """Units placed directly under it, in the order they are printed."""
    places: Mapping[str, Placed] = field(default_factory=dict)
    """Where those of them lie that have a point, by key; only for a paper that draws a schematic."""
    owners: frozenset[str] = frozenset()
    """Keys of the units above it, whose own targets hold for it too."""
    due: int = 0
    """Units that owe a return for the period; those of `missing` included."""
    missing: tuple[str, ...] = ()
    """Names of units whose return is not there."""
    missing_kinds: tuple[str, ...] = ()
    """Their kinds, in the same order."""
    estimated: tuple[str, ...] = ()
    """Names of units that gave estimates."""
    texts: tuple[TextEntry, ...] = ()
    chosen: tuple[ChosenText, ...] = ()
    """What the merge desk chose, in its order. A heading that has some is cited from them, any other from `texts`."""
    by_hand: tuple[ByHand, ...] = ()
    plans: tuple[PlanTold, ...] = ()
    """Plans of the unit that are in force and run in the period's year."""
    tasks: tuple[TaskTold, ...] = ()
    """What followed from conclusions and was there in the period, in the order of the owners on paper."""
    comparable: Mapping[str, bool] = field(default_factory=dict)
    """False for a period of other units whose figures were not recast either; a period not named is comparable."""
    content: Content | None = None
    """The unit's own return, for its own report."""
    registers: tuple[RegisterTold, ...] = ()
    """What the registers that the outline names say."""
    map_day: date | None = None
    """The day on whose units the paper stands; None is the last day of the period."""
    acts: tuple[ActName, ...] = ()
    """The acts that values on another map than their own passed, or that keep them apart."""
    notice: str = ""
    """Printed on every page ("Số liệu minh họa")."""
    lang: Literal["vi", "en"] = "vi"

    @property
    def when(self) -> Period:
        return Period.parse(self.period)

    @property
    def scale(self) -> Scale | None:
        """The level whose targets apply; None for a department or an organisation."""
        return scale_of(self.unit.kind)

    @property
    def reported(self) -> int:
        return self.due - len(self.missing)

    @property
    def stands_on(self) -> date | None:
        """The day on whose units the paper stands."""
        return self.map_day or self.span.last_day

    def register(self, code: str) -> RegisterTold | None:
        return next((one for one in self.registers if one.register == code), None)

    def can_compare(self, period: str | None) -> bool:
        return period is not None and self.comparable.get(period, True)


def scale_of(kind: str) -> Scale | None:
    """The level of a kind of unit; None for a department or an organisation."""
    return _SCALES.get(family(kind))


def inside(unit: UnitRef) -> str:
    """A unit's name inside a sentence: "tỉnh Vĩnh An", but "Sở Nội vụ" and "Thành phố Hồ Chí Minh"."""
    if family(unit.kind) not in _SCALES or unit.name in _PROPER:
        return unit.name
    return unit.name[:1].lower() + unit.name[1:]


def period_name(period: Period) -> str:
    """ "6 tháng đầu năm 2026", "năm 2026"."""
    if period.is_year:
        return _("the year {year}").format(year=period.year)
    message = _("the first six months of {year}") if period.half == 1 else _("the last six months of {year}")
    return message.format(year=period.year)


def following(period: Period) -> Period:
    """The period a report's tasks are for: the next half-year, the next year."""
    return Period(period.year + 1) if period.is_year else Period.from_index(period.index + 1)


def redefined_words(name: str, first: Period, what: str) -> str:
    """Why figures of before a new definition do not stand beside those of after."""
    message = _("{name}: not comparable with periods before {period}, because its definition is another since: {what}.")
    return message.format(name=name, period=period_name(first), what=what.rstrip("."))
