"""Figures of an election as sources tell them, and everything they contradict: said with its place, never put right.

No database. An error is what cannot be (more women than persons); a warning is what two figures or two sources say
otherwise; a seat that stayed empty is a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.words import number
from tienbo.units.wording import Said

ALL_ROUNDS = 0

worded(
    {
        "posts.women_above_persons": N_("{place}: {women} women among {persons} persons."),
        "posts.elected_above_seats": N_("{place}: {elected} elected to {seats} seats."),
        "posts.confirmed_above_elected": N_("{place}: {confirmed} confirmed of {elected} elected."),
        "posts.fewer_candidates": N_("{place}: {candidates} candidates for {seats} seats."),
        "posts.elected_above_list": N_(
            "{place}: {elected} women elected, but {women} women on the official list ({source})."
        ),
        "posts.men_above_list": N_("{place}: {elected} men elected, but {men} men on the official list ({source})."),
        "posts.share_differs": N_(
            "{place}: the source prints {printed} %; its counts {part} of {whole} make {reckoned} % ({source})."
        ),
        "posts.sum_differs": N_("{place}: {what} is told as {told} ({source}); its constituencies make {sum}."),
        "posts.sources_differ": N_("{place}: sources differ on {what}: {said}."),
        "posts.rounds_differ": N_("{place}: the rounds make {sum} elected, all rounds together are told as {told}."),
        "posts.second_round_seats": N_(
            "{place}: round {round} had {seats} seats to fill, but {unfilled} stayed empty before it."
        ),
        "posts.unfilled": N_("{place}: {unfilled} of {seats} seats stayed empty."),
        "posts.sum_unknown": N_(
            "{place}: seats are not told of the whole and of all of its {parts} parts. Parts may be missing; sums are "
            "not compared."
        ),
        "posts.sum_incomplete": N_(
            "{place}: constituencies are told for {sum} of {told} seats; sums are not compared."
        ),
    }
)

WHAT = {
    "candidates": N_("the number of candidates"),
    "women": N_("the number of women on the list"),
    "elected": N_("the number of elected"),
    "women_elected": N_("the number of women elected"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list at a stage, by one source. `percent` as printed."""

    stage: str
    candidates: int
    women: int | None = None
    nominated: str = ""
    percent: Decimal | None = None
    source: str = ""
    row: object = None


@dataclass(frozen=True, slots=True)
class Resulted:
    """A result of a round, by one source; round 0 tells all rounds together."""

    elected: int
    women: int | None = None
    round: int = ALL_ROUNDS
    seats: int | None = None
    confirmed: int | None = None
    women_confirmed: int | None = None
    percent: Decimal | None = None
    source: str = ""
    row: object = None


@dataclass(frozen=True, slots=True)
class Part:
    """A constituency with all that is told of it; without a number the whole of its place. `unit` is the place's
    row."""

    place: str
    unit: int
    number: str = ""
    seats: int | None = None
    lists: Sequence[Listed] = field(default=())
    results: Sequence[Resulted] = field(default=())
    row: object = None

    @property
    def official(self) -> Listed | None:
        """The list that was voted on: as it was changed last, else the official one; of its sources the last told."""
        found = [
            one for stage in ("official", "changed") for one in self.lists if (one.stage, one.nominated) == (stage, "")
        ]
        return found[-1] if found else None

    @property
    def final(self) -> Resulted | None:
        """The result of all rounds: as it is told, else added up."""
        told = [one for one in self.results if one.round == ALL_ROUNDS]
        if told:
            return told[-1]
        last = {one.round: one for one in self.results}
        if not last:
            return None
        women = [one.women for one in last.values()]
        return Resulted(
            elected=sum(one.elected for one in last.values()),
            women=None if None in women else sum(count for count in women if count is not None),
        )


def list_faults(place: str, one: Listed, seats: int | None) -> Iterator[Fault]:
    """What a list contradicts by itself."""
    if one.women is not None and one.women > one.candidates:
        yield _fault("posts.women_above_persons", place, women=one.women, persons=one.candidates)
    elif one.women is not None:
        yield from share_faults(place, one.percent, one.women, one.candidates, one.source)
    if seats is not None and not one.nominated and one.candidates < seats:
        yield _fault("posts.fewer_candidates", place, Level.WARNING, candidates=one.candidates, seats=seats)


def result_faults(place: str, one: Resulted, seats: int | None) -> Iterator[Fault]:
    """What a result contradicts by itself; seats that stayed empty are said."""
    to_fill = one.seats if one.seats is not None else seats
    if one.women is not None and one.women > one.elected:
        yield _fault("posts.women_above_persons", place, women=one.women, persons=one.elected)
    elif one.women is not None:
        yield from share_faults(place, one.percent, one.women, one.elected, one.source)
    for confirmed, elected in ((one.confirmed, one.elected), (one.women_confirmed, one.women)):
        if confirmed is not None and elected is not None and confirmed > elected:
            yield _fault("posts.confirmed_above_elected", place, confirmed=confirmed, elected=elected)
    if one.women_confirmed is not None and one.confirmed is not None and one.women_confirmed > one.confirmed:
        yield _fault("posts.women_above_persons", place, women=one.women_confirmed, persons=one.confirmed)
    if to_fill is not None and one.elected > to_fill:
        yield _fault("posts.elected_above_seats", place, elected=one.elected, seats=to_fill)
    elif to_fill is not None and one.round == ALL_ROUNDS and one.elected < to_fill:
        yield _fault("posts.unfilled", place, Level.NOTE, unfilled=to_fill - one.elected, seats=to_fill)


def share_faults(place: str, percent: Decimal | None, part: int, whole: int, source: str) -> Iterator[Fault]:
    """A printed share against its counts. Of 14.30 it cannot be told whether 14.3 was printed: it is held to the places
    that remain without noughts at the end. What was cut off instead of rounded is in order."""
    if percent is None or whole == 0:
        return
    exact = Decimal(part * 100) / whole
    places = max(0, -int(percent.normalize().as_tuple().exponent))
    step = Decimal(1).scaleb(-places)
    if percent not in (exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_DOWN)):
        reckoned = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
        fields = {"printed": number(percent), "reckoned": number(reckoned), "part": part, "whole": whole}
        yield _fault("posts.share_differs", place, Level.WARNING, source=source, **fields)


def part_faults(part: Part) -> Iterator[Fault]:
    """Everything that is told of one constituency, held against itself."""
    for listed in part.lists:
        yield from list_faults(part.place, listed, part.seats)
    for resulted in part.results:
        yield from result_faults(part.place, resulted, part.seats)
    yield from _conflicts(part)
    yield from _rounds(part)
    yield from _against_list(part.place, part.official, part.final)


def _against_list(place: str, listed: Listed | None, final: Resulted | None) -> Iterator[Fault]:
    """Nobody is elected who did not stand."""
    if listed is None or final is None or listed.women is None or final.women is None:
        return
    men, men_elected = listed.candidates - listed.women, final.elected - final.women
    by = listed.source
    if final.women > listed.women:
        more = {"elected": final.women, "women": listed.women}
        yield _fault("posts.elected_above_list", place, Level.WARNING, source=by, **more)
    if men_elected > men:
        yield _fault("posts.men_above_list", place, Level.WARNING, source=by, elected=men_elected, men=men)


def _conflicts(part: Part) -> Iterator[Fault]:
    """Two sources that tell one thing otherwise; what only one of them tells is no conflict."""
    told: dict[tuple[object, ...], dict[int, str]] = defaultdict(dict)
    for one in part.lists:
        told["candidates", one.stage, one.nominated][one.candidates] = one.source
        if one.women is not None:
            told["women", one.stage, one.nominated][one.women] = one.source
    for result in part.results:
        told["elected", result.round][result.elected] = result.source
        if result.women is not None:
            told["women_elected", result.round][result.women] = result.source
    for (what, *_of), said in told.items():
        if len(said) > 1:
            words = "; ".join(f"{number(count)} ({source})" for count, source in sorted(said.items()))
            yield _fault("posts.sources_differ", part.place, Level.WARNING, what=Said(WHAT[str(what)]), said=words)


def _rounds(part: Part) -> Iterator[Fault]:
    """A further round fills what stayed empty before it, and the rounds together are the whole."""
    rounds = {one.round: one for one in part.results if one.round != ALL_ROUNDS}
    left = part.seats
    for at in sorted(rounds):
        one = rounds[at]
        if at > 1 and left is not None and one.seats is not None and one.seats != left:
            yield _fault(
                "posts.second_round_seats", part.place, Level.WARNING, round=at, seats=one.seats, unfilled=left
            )
        left = None if left is None else left - one.elected
    told = next((one for one in reversed(part.results) if one.round == ALL_ROUNDS), None)
    together = sum(one.elected for one in rounds.values())
    if told is not None and rounds and together != told.elected and 1 in rounds:
        yield _fault("posts.rounds_differ", part.place, Level.WARNING, sum=together, told=told.elected)


def sum_faults(whole: Part, parts: Sequence[Part]) -> Iterator[Fault]:
    """What is told of a whole against the sum of its parts. Parts that together have the seats of the whole are all of
    it. Where they have not, or where the seats are not told, parts may be missing: that is said, and nothing is
    compared."""
    seats = [part.seats for part in parts]
    if not parts:
        return
    if whole.seats is None or None in seats:
        yield _fault("posts.sum_unknown", whole.place, Level.NOTE, parts=len(parts))
        return
    if (sum_ := sum(one for one in seats if one)) != whole.seats:
        yield _fault("posts.sum_incomplete", whole.place, Level.NOTE, sum=sum_, told=whole.seats)
        return
    held = [part.official for part in parts]
    finals = [part.final for part in parts]
    candidates = [None if one is None else one.candidates for one in held]
    women = [None if one is None else one.women for one in held]
    elected = [None if one is None else one.elected for one in finals]
    women_elected = [None if one is None else one.women for one in finals]
    for listed in whole.lists:
        if not listed.nominated and listed.stage in ("official", "changed"):
            yield from _compare(whole, "candidates", listed.candidates, candidates, listed.source)
            yield from _compare(whole, "women", listed.women, women, listed.source)
    for result in whole.results:
        if result.round == ALL_ROUNDS:
            yield from _compare(whole, "elected", result.elected, elected, result.source)
            yield from _compare(whole, "women_elected", result.women, women_elected, result.source)


def _compare(whole: Part, what: str, told: int | None, parts: Sequence[int | None], source: str) -> Iterator[Fault]:
    if told is None or None in parts:
        return
    total = sum(part for part in parts if part is not None)
    if total != told:
        fields = {"what": Said(WHAT[what]), "told": told, "sum": total, "source": source}
        yield _fault("posts.sum_differs", whole.place, Level.WARNING, **fields)


def election_faults(parts: Iterable[Part], whole: int) -> list[Fault]:
    """Everything that an election's figures contradict. `whole`: the place (row) whose election it is."""
    held = list(parts)
    faults = [fault for part in held for fault in part_faults(part)]
    for one in held:
        if not one.number and one.unit != whole:
            faults += sum_faults(one, [part for part in held if part.unit == one.unit and part.number])
    for one in held:
        if not one.number and one.unit == whole:
            faults += sum_faults(one, least_parts(held, whole))
    return list({(one.code, one.sentence()): one for one in faults}.values())  # two sources may say the same


def least_parts(parts: Iterable[Part], whole: int) -> list[Part]:
    """What makes up the whole, each counted once: the constituencies of a place, its whole where it has none."""
    held = [part for part in parts if part.number or part.unit != whole]
    divided = {part.unit for part in held if part.number}
    return [part for part in held if part.number or part.unit not in divided]


@dataclass(frozen=True, slots=True)
class Totals:
    """An election added up over its least parts. A count that one of them does not tell is left out of both sides: see
    `lists` and `results` for how many told theirs. Without parts it is what was told of the whole (`parts` is 0)."""

    places: int
    parts: int
    seats: int | None
    """None where a part does not tell its seats."""
    lists: int
    candidates: int
    women: int
    results: int
    elected: int
    women_elected: int
    parts_without: int
    """Constituencies that elected no woman."""
    places_without: tuple[int, ...]
    """Places (rows) all of whose constituencies are told and elected no woman."""


def election_totals(parts: Sequence[Part], whole: int) -> Totals:
    """An election added up over what makes it up; what was told of the whole where nothing else was."""
    least = least_parts(parts, whole)
    return totals(least) if least else replace(totals(parts), places=0, parts=0, parts_without=0, places_without=())


def totals(parts: Sequence[Part]) -> Totals:
    """The sums over parts that are counted once each (`least_parts`)."""
    lists = [one for part in parts if (one := part.official) is not None and one.women is not None]
    finals = [end for part in parts if (end := part.final) is not None and end.women is not None]
    seats = [part.seats for part in parts]
    by_place: dict[int, list[int | None]] = defaultdict(list)
    for part in parts:
        result = part.final
        by_place[part.unit].append(result.women if result is not None else None)
    return Totals(
        places=len(by_place),
        parts=len(parts),
        seats=None if not seats or None in seats else sum(one for one in seats if one is not None),
        lists=len(lists),
        candidates=sum(one.candidates for one in lists),
        women=sum(one.women or 0 for one in lists),
        results=len(finals),
        elected=sum(end.elected for end in finals),
        women_elected=sum(end.women or 0 for end in finals),
        parts_without=sum(end.women == 0 for end in finals),
        places_without=tuple(place for place, counts in by_place.items() if set(counts) == {0}),
    )


def _fault(code: str, place: str, level: Level = Level.ERROR, /, **fields: object) -> Fault:
    told = {name: Decimal(held) if isinstance(held, int) else held for name, held in fields.items()}
    return Fault(code, place, told, level)  # counts, which readers see as 1.234
