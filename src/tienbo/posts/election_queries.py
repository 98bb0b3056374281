"""Reading elections: their constituencies with every figure of every source, when they are shut, and all of it as
lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, gettext
from tienbo.core.words import sort_key
from tienbo.posts.election_models import Constituency, Election, ElectionResult, ListStage
from tienbo.posts.figures import Listed, Part, Resulted
from tienbo.units.frames import forerunners, tree_on, unit_called
from tienbo.units.models import Unit

worded(
    {
        "posts.election_closed": N_(
            "From the consultations to the result this election is closed: from {begins} until {ends}."
        ),
        "posts.election_closed_open_end": N_(
            "From the consultations to the result this election is closed: since {begins}, until the day of the result "
            "is written."
        ),
    }
)


def elections_of(units: Collection[int]) -> list[Election]:
    """The elections of units (row ids), the last first."""
    return list(Election.objects.filter(unit__in=units).select_related("unit").order_by("-day", "kind"))


def elections_before(seat: int, on: date) -> frozenset[int]:
    """Units (row ids) that held elections, are no more, and went wholly into `seat` or stood below one that did: their
    elections are its own history, and what its odds are learnt from after a merger."""
    ended = Unit.objects.filter(elections__isnull=False, valid_to__lte=on).distinct()
    by_day: dict[date, set[int]] = defaultdict(set)
    for unit, until in ended.values_list("pk", "valid_to"):
        if until is not None:
            by_day[until - timedelta(days=1)].add(unit)
    found: set[int] = set()
    for day, units in by_day.items():
        tree = tree_on(day)
        for before in forerunners(seat, day, on):
            found |= units & set(tree.subtree(before))
    return frozenset(found)


def closed_on(election: Election, day: date) -> Fault | None:
    """Why an election's figures are shut on a day; None where they are open. Without a first day it is never shut."""
    begins, ends = election.closed_from, election.closed_to
    if begins is None or day < begins or (ends is not None and day >= ends):
        return None
    if ends is None:
        return Fault("posts.election_closed_open_end", "", {"begins": begins})
    return Fault("posts.election_closed", "", {"begins": begins, "ends": ends})


def elections_over(elections: Iterable[Election], day: date) -> list[Election]:
    """Those whose figures are for everybody who may look at their unit: from the day of the result where it is written,
    else once its day is past and a result of it stands. Of others only who is named for elections sees any."""
    held = list(elections)
    results = ElectionResult.objects.filter(standing=1, constituency__standing=1, constituency__election__in=held)
    decided = set(results.values_list("constituency__election_id", flat=True).distinct())
    return [one for one in held if _is_over(one, day, has_result=one.pk in decided)]


def _is_over(election: Election, day: date, *, has_result: bool) -> bool:
    if election.closed_to is not None:
        return election.closed_to <= day
    return election.closed_from is None and has_result and election.day < day


def must_be_open(election: Election, day: date) -> None:
    """Refused while the election is closed."""
    shut = closed_on(election, day)
    if shut is not None:
        raise Refused(shut)


def constituency_words(place: str, number: str) -> str:
    """ "Tỉnh Nghệ An, đơn vị số 2"; the place itself where there is no number."""
    return gettext("{place}, unit {number}").format(place=place, number=number) if number else place


def parts_of(election: Election) -> list[Part]:
    """Everything that stands of an election, by place (the whole first, then places by name) and number. Of one thing
    told by several sources the one published last stands last."""
    lists: dict[int, list[Listed]] = defaultdict(list)
    results: dict[int, list[Resulted]] = defaultdict(list)
    told = {"constituency__election": election, "standing": 1}
    for one in ListStage.objects.filter(**told).order_by("published_on", "pk"):
        lists[one.constituency_id].append(
            Listed(one.stage, one.candidates, one.women, one.nominated, one.percent, one.source, one)
        )
    for end in ElectionResult.objects.filter(**told).order_by("published_on", "pk"):
        results[end.constituency_id].append(
            Resulted(
                elected=end.elected,
                women=end.women,
                round=end.round,
                seats=end.seats,
                confirmed=end.confirmed,
                women_confirmed=end.women_confirmed,
                percent=end.percent,
                source=end.source,
                row=end,
            )
        )
    held = list(Constituency.objects.filter(election=election, standing=1))
    names = place_names({one.unit_id for one in held}, election.day)
    parts = [
        Part(
            place=constituency_words(names[one.unit_id], one.number),
            unit=one.unit_id,
            number=one.number,
            seats=one.seats,
            lists=lists[one.pk],
            results=results[one.pk],
            row=one,
        )
        for one in held
    ]
    whole = election.unit_id
    return sorted(
        parts,
        key=lambda part: (
            part.unit != whole,
            sort_key(names[part.unit]),
            int(part.number) if part.number.isdecimal() else 0,
            part.number,
        ),
    )


def place_names(units: Collection[int], day: date) -> Mapping[int, str]:
    """Row id → name: of the day, else the first it is known to have had."""
    return {unit: unit_called(unit, day) for unit in units}


COLUMNS = (
    "place",
    "unit",
    "seats",
    "stage",
    "nominated",
    "candidates",
    "women_candidates",
    "round",
    "elected",
    "women_elected",
    "confirmed",
    "women_confirmed",
    "share_pct",
    "source",
    "published_on",
    "remark",
)


def election_lines(parts: Collection[Part], names: Mapping[int, str]) -> Iterator[tuple[str, ...]]:
    """Every figure that stands, a line each, with its source: the table that `reading` reads again. Not told is
    blank."""
    yield COLUMNS
    for part in parts:
        where = {"place": names[part.unit], "unit": part.number, "seats": part.seats}
        for one in part.lists:
            row = one.row
            assert isinstance(row, ListStage)  # noqa: S101 - of `parts_of`
            told = {"stage": row.stage, "nominated": row.nominated, "candidates": row.candidates}
            yield _line({**where, **told, "women_candidates": row.women, **_sourced(row)})
        for end in part.results:
            result = end.row
            assert isinstance(result, ElectionResult)  # noqa: S101
            counts = {name: getattr(result, name) for name in ("round", "elected", "confirmed", "women_confirmed")}
            yield _line({**where, **counts, "women_elected": result.women, **_sourced(result)})


def _sourced(row: ListStage | ElectionResult) -> dict[str, object]:
    told = {"source": row.source, "published_on": row.published_on, "remark": row.remark}
    return {**told, "share_pct": row.percent}


def _line(cells: Mapping[str, object]) -> tuple[str, ...]:
    said = (cells.get(name) for name in COLUMNS)
    return tuple("" if cell is None else str(cell) for cell in said)
