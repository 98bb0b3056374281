"""What a cell of somebody else's annex can be filled with: an indicator or an element, a part of it, of a unit, of a
period; found by words, and proposed from the words beside the cell.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast, get_args

from tienbo.catalogue.definitions import Indicator, Series, Term, Text, Unit
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import layout
from tienbo.core.messages import N_, language
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.papers.tables import measured_in

Part = Literal["value", "numerator", "denominator", "reported", "due"]
When = Literal["this", "previous", "same", "year", "year_before"]

PARTS: Mapping[Part, str] = {
    "value": N_("the value"),
    "numerator": N_("the number above the line"),
    "denominator": N_("the number below the line"),
    "reported": N_("how many units reported"),
    "due": N_("how many units are to report"),
}
WHEN: Mapping[When, str] = {
    "this": N_("this period"),
    "previous": N_("the period before"),
    "same": N_("the same period last year"),
    "year": N_("the whole year"),
    "year_before": N_("the whole year before"),
}


@dataclass(frozen=True)
class What:
    """What a cell is filled with. `quantity` is "indicator:CODE" or "series:ELEMENT[members]"; `unit` a key, "" for
    the unit whose round it is; `when` is counted from the period that is filled in."""

    quantity: str
    part: Part = "value"
    unit: str = ""
    when: When = "this"

    def as_json(self) -> dict[str, str]:
        return {"quantity": self.quantity, "part": self.part, "unit": self.unit, "when": self.when}

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> What:
        """ValueError or KeyError for what is none."""
        part, when = str(held.get("part", "value")), str(held.get("when", "this"))
        if part not in get_args(Part) or when not in get_args(When):
            raise ValueError(f"no such part or time: {part}, {when}")
        return cls(str(held["quantity"]), cast("Part", part), str(held.get("unit", "")), cast("When", when))

    def period(self, filled: Period) -> Period:
        """The period asked about when `filled` is filled in. ValueError for a time that is no period."""
        if self.when in ("year", "year_before"):
            return Period(filled.year - (self.when == "year_before"))
        if self.when == "same":
            return filled.same_last_year()
        return filled.previous() if self.when == "previous" else filled

    def indicator(self, edition: Edition) -> Indicator | None:
        """The indicator to be asked for, of an edition that `with_series` made; None where there is none any more."""
        kind, _sep, name = self.quantity.partition(":")
        return edition.indicators.get(name if kind == "indicator" else _code_of(name))


class Quantity(NamedTuple):
    """Something that can be chosen: its key, its words, in which measure, which parts it has."""

    key: str
    name: str
    measure: str
    parts: tuple[Part, ...]
    is_percent: bool
    indicator: Indicator

    @property
    def is_element(self) -> bool:
        return self.key.startswith("series:")


def quantities(edition: Edition) -> Mapping[str, Quantity]:
    """Everything that can be chosen, indicators first, in the language being spoken."""
    return _quantities(_Held(edition, fingerprint(edition)), language())


class _Held(NamedTuple):
    """An edition that is equal to another by its fingerprint."""

    edition: Edition
    mark: str

    def __hash__(self) -> int:
        return hash(self.mark)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.mark == other.mark


@lru_cache(maxsize=8)
def _quantities(held: _Held, _lang: str) -> Mapping[str, Quantity]:
    edition = held.edition
    found = [
        _quantity(edition, f"indicator:{code}", indicator, str(indicator.name))
        for code, indicator in edition.indicators.items()
        if indicator.terms
    ]
    told = {
        str(one.numerator[0].series)
        for one in edition.indicators.values()
        if one.unit is Unit.COUNT and len(one.terms) == 1 and not one.numerator[0].count_units
    }
    for series in sorted(_asked(held)):
        if series not in told:
            indicator = _indicator_of(edition, series)
            found.append(_quantity(edition, f"series:{series}", indicator, str(indicator.name)))
    return {one.key: one for one in found}


def _quantity(edition: Edition, key: str, indicator: Indicator, name: str) -> Quantity:
    parts: tuple[Part, ...] = ("value", "reported", "due")
    if indicator.is_ratio:
        parts = ("value", "numerator", "denominator", "reported", "due")
    return Quantity(key, name, measured_in(edition, indicator), parts, is_percentage(edition, indicator), indicator)


def is_percentage(edition: Edition, indicator: Indicator) -> bool:
    """Whether a value is in per cent: so computed, or published so."""
    if indicator.unit in (Unit.PERCENT, Unit.PERCENT_CHANGE):
        return True
    return any(edition.elements[one.series.element].measure == "percent" for one in indicator.terms[:1])


@lru_cache(maxsize=4)
def _asked(held: _Held) -> frozenset[str]:
    """Every series that some form asks for in some half-year, rows that units name themselves left out."""
    edition, found = held.edition, set()
    firsts = {Period.parse(rule.first) for one in edition.elements.values() for rule in one.reporting if rule.first}
    starts = {regime.first for regime in edition.calendar.regimes} | {one.halves[0] for one in firsts}
    for code in edition.forms:
        for start in starts:
            for period in (start, Period.from_index(start.index + 1)):
                if edition.forms[code].is_used(period):
                    found |= {str(slot.series) for slot in layout(edition, code, period).slots.values()}
    elements = {one: edition.elements[Series.model_validate(one).element] for one in found}
    return frozenset(one for one, element in elements.items() if "row" not in element.breakdowns)


def with_series(edition: Edition, wanted: Iterable[What]) -> Edition:
    """The edition with an indicator for each element that is asked for by itself, so that the engine answers for it by
    the rules of any other. Elements that are there no longer are left out."""
    made = {}
    for series in {what.quantity.partition(":")[2] for what in wanted if what.quantity.startswith("series:")}:
        if _is_series(edition, series):
            made[_code_of(series)] = _indicator_of(edition, series)
    return replace(edition, indicators={**edition.indicators, **made}) if made else edition


def _is_series(edition: Edition, text: str) -> bool:
    try:
        series = Series.model_validate(text)
    except ValueError:
        return False
    element = edition.elements.get(series.element)
    pairs = [pair.split("=") for pair in series.members.split(",") if pair]
    return element is not None and all(
        name in element.breakdowns and member in edition.breakdowns[name].members for name, member in pairs
    )


def _code_of(series: str) -> str:
    return "annex." + hashlib.sha256(series.encode()).hexdigest()[:16]


def _indicator_of(edition: Edition, text: str) -> Indicator:
    series = Series.model_validate(text)
    element = edition.elements[series.element]
    pairs = [pair.split("=") for pair in series.members.split(",") if pair]
    # Women before minority: "nữ, dân tộc thiểu số", as forms head their columns.
    members = [edition.breakdowns[name].members[member] for name, member in reversed(pairs)]
    vi = ", ".join((element.name.vi, *(one.vi.lower() for one in members)))
    en = ", ".join((element.name.en, *(one.en.lower() for one in members)))
    return Indicator(
        code=_code_of(text),
        name=Text(vi=vi, en=en),
        unit=Unit.COUNT,
        numerator=(Term(series=series),),
        frequency=element.frequency,
    )


# ------------------------------------------------------------------------------------------------ found by words


def search(edition: Edition, text: str, most: int = 30) -> list[Quantity]:
    """What has all the words in its name or code, marks or no marks; the shortest names first."""
    words = fold(text).split()
    if not words:
        return []
    found = [one for one in quantities(edition).values() if all(word in _searched(one) for word in words)]
    return sorted(found, key=lambda one: (one.is_element, len(one.name)))[:most]


def _searched(one: Quantity) -> str:
    return fold(f"{one.name} {one.key.partition(':')[2]}")


# --------------------------------------------------------------------------------------------- proposed by words


class Proposal(NamedTuple):
    """A proposal and how well its words fit, 0 to 1."""

    quantity: Quantity
    when: When
    score: float


_EMPTY = frozenset(
    "so cac va cua trong la ve cho voi theo tai tren duoc nhung co den tu mot nay ky nguoi tong".split()  # noqa: SIM905
)
"""Words that say nothing of what is counted."""
_SHORT = {
    "hdnd": "hoi dong nhan dan",
    "ubnd": "uy ban nhan dan",
    "dtts": "dan toc thieu so",
    "vstbpn": "vi su tien bo cua phu nu",
    "vstb": "vi su tien bo",
    "mttq": "mat tran to quoc",
    "bdg": "binh dang gioi",
    "blg": "bao luc tren co so gioi",
}
_TIMES: Sequence[tuple[re.Pattern[str], When]] = (
    (re.compile(r"cung ky"), "same"),
    (re.compile(r"ky truoc|6 thang truoc|6 thang cuoi nam truoc"), "previous"),
    (re.compile(r"nam truoc|nam lien ke|nam \(n-1\)"), "year_before"),
    (re.compile(r"ca nam|12 thang"), "year"),
)
_SHARE = re.compile(r"%|\bty le\b|\bti le\b|\bty trong\b|phan tram")
_WOMEN = re.compile(r"\bnu\b|phu nu")
_NO_FIGURE = re.compile(r"(ghi chu|don vi tinh|dvt|giai trinh|nguon so lieu)$")
"""Columns that are for words."""
_COMMITTEE = re.compile(r"vi su tien bo (cua )?(phu nu|pn)|vstbpn")
"""The committee is called after women; that is not a count of them."""
_MINORITY = "dan toc thieu so"
PROPOSED = 0.34
"""A proposal below this is not shown."""


def propose(edition: Edition, row: str, column: str, *, is_percent: bool = False, most: int = 6) -> list[Proposal]:
    """What a cell with these words beside and above it may be for, the best first."""
    held = _Held(edition, fingerprint(edition))
    index = _index(held, language())
    if _NO_FIGURE.search(fold(column)):
        return []
    said = fold(f"{row} {column}")
    when: When = next((when for pattern, when in _TIMES if pattern.search(fold(column))), "this")
    share_asked = is_percent or bool(_SHARE.search(said))
    fits: dict[tuple[str, int], float] = defaultdict(float)
    size = 0.0
    for token in _tokens(said):
        postings = index.postings.get(token, ())
        weight = index.weights.get(token, _UNKNOWN)
        size += weight * weight
        for name, share in postings:
            fits[name] += weight * share
    women, found = bool(_WOMEN.search(_COMMITTEE.sub("", said))), []
    of_women = bool(_WOMEN.search(_COMMITTEE.sub("", fold(column))))
    best: dict[str, float] = defaultdict(float)
    for (key, _number), fit in fits.items():
        best[key] = max(best[key], fit)
    for key, fit in best.items():
        quantity, score = index.held[key], fit / math.sqrt(size)
        if quantity.is_percent is not share_asked:
            score *= 0.5
        if women and not _WOMEN.search(_COMMITTEE.sub("", index.folded[key])):
            score *= 0.0 if of_women else 0.6  # a column of women holds no total
        for part, is_said in ((", nu", women), (_MINORITY, _MINORITY in said)):
            if part in index.folded[key] and not is_said:
                score *= 0.6  # words of a whole ask for no part of it
        if score >= PROPOSED:
            found.append(Proposal(quantity, when, round(min(score, 1.0), 3)))
    return sorted(found, key=lambda one: (-one.score, len(one.quantity.name)))[:most]


def _tokens(folded: str) -> frozenset[str]:
    """Words and pairs of neighbours: "dai bieu" says more than "dai" and "bieu"."""
    told = " ".join(_SHORT.get(word, word) for word in re.findall(r"\w+", folded))
    words = [word for word in told.split() if not word.isdigit()]
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(words)]
    return frozenset([*(word for word in words if word not in _EMPTY), *pairs])


class _Index(NamedTuple):
    """Of every token, how much it weighs, and of which names of which quantities it is which share."""

    held: Mapping[str, Quantity]
    folded: Mapping[str, str]
    weights: Mapping[str, float]
    postings: Mapping[str, Sequence[tuple[tuple[str, int], float]]]


_UNKNOWN = 0.5
"""What a word weighs that no name has: little, for an annex words things in its own way."""


@lru_cache(maxsize=4)
def _index(held: _Held, lang: str) -> _Index:
    offered = _quantities(held, lang)
    folded = {key: fold(one.indicator.name.vi) for key, one in offered.items()}
    names = {(key, 0): _tokens(text) for key, text in folded.items()}
    for key, one in offered.items():  # a count is called after what it counts as well
        terms = one.indicator.terms
        if len(terms) == 1 and not one.is_element and not terms[0].count_units:
            names[key, 1] = _tokens(fold(held.edition.elements[terms[0].series.element].name.vi))
    seen = Counter(token for tokens in names.values() for token in tokens)
    weights = {token: math.log(1 + len(names) / count) for token, count in seen.items()}
    postings: dict[str, list[tuple[tuple[str, int], float]]] = defaultdict(list)
    for name, tokens in names.items():
        length = math.sqrt(sum(weights[token] ** 2 for token in tokens)) or 1.0
        for token in tokens:
            postings[token].append((name, weights[token] / length))
    return _Index(offered, folded, weights, postings)
