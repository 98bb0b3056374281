"""What is exchanged with a partner: practices, released values with notes, terms, the partner's figures beside ours.

A packet speaks Vietnamese, English and Lao. What has a Lao form that was seen is said in it; what has none is said in
English and told to the drafter, who may give one. Two figures stand side by side with their definitions, aspect by
aspect; they are never added, subtracted or put in one series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import Field

from tienbo.catalogue.definitions import GlossaryTerm, Indicator, Shape, Text, Unit
from tienbo.catalogue.definitions import Term as Summand
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_, gettext, speaking
from tienbo.core.spans import Span
from tienbo.core.words import day_words, number
from tienbo.papers.tables import measured_in

Lang = Literal["vi", "en", "lo"]
LANGS: tuple[Lang, ...] = ("vi", "en", "lo")
LANG_NAMES: Mapping[Lang, str] = {"vi": N_("Vietnamese"), "en": N_("English"), "lo": N_("Lao")}
Judged = Literal["", "same", "differs"]
Direction = Literal["", "up", "down"]


class Spoken(Shape):
    """A text of the drafter in each language; blank where nobody wrote it."""

    vi: str = ""
    en: str = ""
    lo: str = ""

    def said(self, lang: Lang) -> str:
        """In a language, else in the one a reader of it is likelier to read."""
        order = {"vi": (self.vi, self.en), "en": (self.en, self.vi), "lo": (self.lo, self.en, self.vi)}[lang]
        return next((text for text in order if text), "")

    def lacks(self, lang: Lang) -> bool:
        """Whether it is said, and not in this language."""
        return bool(self.vi or self.en or self.lo) and not {"vi": self.vi, "en": self.en, "lo": self.lo}[lang]


class Practice(Shape):
    """A practice. The words are the drafter's; `record` says which record of a register it is told from, if any."""

    record: str
    title: Spoken = Spoken()
    text: Spoken = Spoken()


class OwnFigure(Shape):
    """A value of the release, by its indicator, with what the drafter says of it."""

    indicator: str
    note: Spoken = Spoken()


class SharedTerm(Shape):
    """A term as it was when it was chosen."""

    code: str
    words: Spoken
    confirmed: bool


class PartnerFigure(Shape):
    """A figure as the partner states it, with its definition in the partner's words. `last` is its last day.

    `base` is what is counted: the code of a measure, blank where the partner did not say. `same_numerator` and
    `same_denominator` are what the drafter found, reading both.
    """

    name: Spoken
    value: str
    unit: Unit
    qualifier: Literal["exact", "at_least", "estimate"] = "exact"
    numerator: str = ""
    denominator: str = ""
    base: str = ""
    first: date | None = None
    last: date | None = None
    direction: Direction = ""
    source: str = ""
    beside: str = ""
    """The indicator of ours it stands beside; blank for none."""
    same_numerator: Judged = ""
    same_denominator: Judged = ""


class PacketContent(Shape):
    """All that a packet says, but for the values themselves: those are the release's."""

    partner: Spoken
    own_name: Spoken
    title: Spoken = Spoken()
    opening: Spoken = Spoken()
    shared_in: tuple[Lang, ...] = LANGS
    practices: tuple[Practice, ...] = ()
    figures: tuple[OwnFigure, ...] = ()
    guarded: tuple[OwnFigure, ...] = ()
    """Counts of violence and of planning: they pass the gate (papers.guarded) before they leave."""
    terms: tuple[SharedTerm, ...] = ()
    partner_figures: tuple[PartnerFigure, ...] = ()
    lao: dict[str, str] = Field(default_factory=dict)
    """English words of the packet → their Lao, as the drafter gave it."""
    marks: bool = False
    """Whether what is shared says of a term that its Lao was not confirmed."""

    def texts(self) -> Iterator[str]:
        """Every free text, to be looked at for what does not belong in it."""
        spoken = [self.partner, self.own_name, self.title, self.opening]
        spoken += [one for made in self.practices for one in (made.title, made.text)]
        spoken += [made.note for made in (*self.figures, *self.guarded)] + [made.name for made in self.partner_figures]
        for one in spoken:
            yield from (one.vi, one.en, one.lo)
        for made in self.partner_figures:
            yield from (made.numerator, made.denominator, made.source)
        yield from self.lao.values()


# ------------------------------------------------------------------------------------------------------ languages


@dataclass
class Tongue:
    """Speaks one language of a packet, and remembers what it had no words for."""

    lang: Lang
    terms: Mapping[str, GlossaryTerm]
    lao: Mapping[str, str] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    """English words said in Lao that have no Lao form."""
    unconfirmed: dict[str, str] = field(default_factory=dict)
    """English words → the Lao form that was said, of those nobody confirmed."""

    def __post_init__(self) -> None:
        self._by_english = {term.name.en.casefold(): term for term in self.terms.values()}

    def words(self, vi: str, en: str) -> str:
        if self.lang != "lo":
            return vi if self.lang == "vi" else en
        if given := self.lao.get(en):
            return given
        term = self._by_english.get(en.casefold())
        if term is None or term.lo is None:
            self.missing[en] = None
            return en
        if not term.is_confirmed:
            self.unconfirmed[en] = term.lo
        return term.lo

    def text(self, text: Text) -> str:
        return self.words(text.vi, text.en)

    def say(self, message: str, **fields: str) -> str:
        """A message of the catalogue, its places filled. A Lao wording that lost a place is not used."""
        with speaking("vi"):
            vi = gettext(message)
        words = self.words(vi, message)
        try:
            return words.format(**fields)
        except (KeyError, IndexError, ValueError):
            return message.format(**fields)

    def number(self, value: Decimal, places: int | None = None) -> str:
        """Lao writes 1.234,5 as Vietnamese does (CLDR, locale lo)."""
        with speaking("en" if self.lang == "en" else "vi"):
            return number(value, places)

    def days(self, first: date | None, last: date | None) -> str:
        """A time by its first and last day; days are written day first in the three languages."""
        return "–".join(day_words(one) for one in (first, last) if one is not None)


# ---------------------------------------------------------------------------------------------------- comparing

State = Literal["same", "differs", "unknown"]
ASPECTS: Mapping[str, str] = {
    "numerator": N_("Numerator"),
    "denominator": N_("Denominator"),
    "base": N_("What is counted"),
    "unit": N_("Unit of measure"),
    "period": N_("Period of the figures"),
    "direction": N_("Direction aimed at"),
}
DIRECTIONS: Mapping[str, str] = {"": N_("not stated"), "up": N_("higher is better"), "down": N_("lower is better")}
_UP = {"at_least": "up", "below": "down"}


class Aspect(NamedTuple):
    """One side of a definition, ours and theirs, and whether the two are the same."""

    code: str
    ours: str
    theirs: str
    state: State


def compare(edition: Edition, indicator: Indicator, span: Span, theirs: PartnerFigure, tongue: Tongue) -> list[Aspect]:
    """The two definitions, aspect by aspect. What a program can decide it decides; of numerators and denominators a
    person must have said that they are the same."""
    base, direction = base_of(edition, indicator), direction_of(edition, indicator)
    known: dict[str, State] = {
        "numerator": _judged(indicator.numerator, theirs.numerator, theirs.same_numerator),
        "denominator": _judged(indicator.denominator, theirs.denominator, theirs.same_denominator),
        "base": _same(base, theirs.base),
        "unit": "same" if indicator.unit is theirs.unit else "differs",
        "period": _same(_ends(span.start, span.last_day), _ends(theirs.first, theirs.last)),
        "direction": _same(direction, theirs.direction),
    }
    none = tongue.say(N_("none"))
    said = {
        "numerator": (part_words(edition, indicator.numerator, indicator.numerator_name, tongue), theirs.numerator),
        "denominator": (
            part_words(edition, indicator.denominator, indicator.denominator_name, tongue) or none,
            theirs.denominator,
        ),
        "base": (measure_words(edition, base, tongue), measure_words(edition, theirs.base, tongue)),
        "unit": (unit_of_words(indicator.unit, tongue), unit_of_words(theirs.unit, tongue)),
        "period": (tongue.days(span.start, span.last_day), tongue.days(theirs.first, theirs.last)),
        "direction": (tongue.say(DIRECTIONS[direction]), tongue.say(DIRECTIONS[theirs.direction])),
    }
    blank = tongue.say(DIRECTIONS[""])
    return [Aspect(code, ours or blank, other or blank, known[code]) for code, (ours, other) in said.items()]


def verdict(aspects: Iterable[Aspect], tongue: Tongue) -> str:
    """Whether the two figures may be compared, in a plain sentence."""
    held = list(aspects)
    for state, message in (
        ("differs", N_("The two figures are not comparable. Different: {aspects}.")),
        ("unknown", N_("Whether the two figures are comparable is not known. Not stated or not checked: {aspects}.")),
    ):
        if named := [tongue.say(ASPECTS[one.code]) for one in held if one.state == state]:
            # In Vietnamese and English names follow in small letters; Lao has none.
            return tongue.say(message, aspects=", ".join(name[:1].lower() + name[1:] for name in named))
    return tongue.say(
        N_("The two definitions are the same. The figures stand side by side; no difference is computed.")
    )


def _ends(first: date | None, last: date | None) -> str:
    return f"{first}/{last}" if first and last else ""


def _same(ours: str, theirs: str) -> State:
    if not ours or not theirs:
        return "unknown"
    return "same" if ours == theirs else "differs"


def _judged(ours: tuple[Summand, ...], theirs: str, judged: Judged) -> State:
    if not ours and not theirs:
        return "same"
    if bool(ours) != bool(theirs):
        return "differs" if theirs or judged == "differs" else "unknown"
    return judged or "unknown"


def base_of(edition: Edition, indicator: Indicator) -> str:
    """What is counted: the measure of the denominator, of the numerator where there is none."""
    for term in indicator.denominator or indicator.numerator:
        measure = "agency" if term.count_units else edition.elements[term.series.element].measure
        return "" if measure == "percent" else measure  # a printed share does not say of whom it is
    return ""


def direction_of(edition: Edition, indicator: Indicator) -> Direction:
    """Which way targets of the indicator point; blank where there is none, or where they do not agree."""
    found = {_UP.get(one.direction, "") for one in edition.targets.values() if one.indicator == indicator.code}
    return found.pop() if len(found) == 1 else ""  # type: ignore[return-value]


def part_words(edition: Edition, terms: Iterable[Summand], name: Text | None, tongue: Tongue) -> str:
    """A numerator or denominator in words: its name, else what it sums."""
    if name is not None:
        return tongue.text(name)
    named = []
    for term in terms:
        words = [tongue.text(edition.elements[term.series.element].name)]
        pairs = [pair.partition("=") for pair in term.series.members.split(",") if pair]
        words += [tongue.text(edition.breakdowns[one].members[member]) for one, _equals, member in pairs]
        named.append(", ".join(words))
    return "; ".join(named)


def measure_words(edition: Edition, code: str, tongue: Tongue) -> str:
    return tongue.text(edition.measures[code].name) if code in edition.measures else code


def unit_words(edition: Edition, indicator: Indicator, tongue: Tongue) -> str:
    """What a value is counted in."""
    said = []
    for lang in ("vi", "en"):
        with speaking(lang):
            said.append(measured_in(edition, indicator))
    return said[0] if said[0] == said[1] else tongue.words(*said)


UNITS: Mapping[Unit, str] = {
    Unit.COUNT: N_("a count"),
    Unit.PER_100: N_("per 100"),
    Unit.PER_1000: N_("per 1,000"),
    Unit.PER_100000: N_("per 100,000"),
    Unit.TIMES: N_("times"),
}
"""Units that a partner's figure may have beside per cent."""


def unit_of_words(unit: Unit, tongue: Tongue) -> str:
    return tongue.say(UNITS[unit]) if unit in UNITS else "%"
