"""Elections on record as the outlook reckons with them: each constituency's list at a stage, and its result.

Where sources differ, what the last published one says is reckoned with, and the difference is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import ElectionKind
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.words import sort_key
from tienbo.outlook.elections import SETTLED, Contest, StageWords, checked
from tienbo.outlook.tested import Shares
from tienbo.outlook.urn import Totals
from tienbo.posts.election_models import Constituency, Election, ElectionResult, ListStage
from tienbo.posts.election_queries import closed_on, constituency_words, elections_before, place_names
from tienbo.posts.figures import ALL_ROUNDS
from tienbo.posts.models import PublishedShare
from tienbo.posts.telling import Told
from tienbo.units.frames import tree_on, unit_called
from tienbo.units.models import NATION, Unit

worded(
    {
        "contests.no_units": N_("{election}: no constituency is on record, only totals."),
        "contests.no_list": N_("{name}: no list of the stage “{stage}” is on record."),
        "contests.women_not_told": N_("{name}: how many women are on the list is not told."),
        "contests.no_seats": N_("{name}: how many seats are to be filled is not told."),
        "contests.no_result": N_("{name}: no result is on record."),
        "contests.sources_differ": N_(
            "{name}: sources differ ({told}); what “{source}” says is reckoned with, for it was published last."
        ),
    }
)

T = TypeVar("T", bound=Told)


@dataclass(frozen=True)
class Stored:
    """An election on record as it is offered: `is_decided` where results are there, `whole` where all of its places may
    be looked at; else only those of `places` (row ids)."""

    election: Election
    name: str
    is_decided: bool
    places: frozenset[int] | None = None

    @property
    def key(self) -> str:
        return self.election.key

    @property
    def day(self) -> date:
        return self.election.day


def election_name(election: Election, kind: ElectionKind | None, seat: int) -> str:
    """What an election is called at a seat (row id): with its unit where that is neither the seat's nor the nation."""
    name = f"{kind.name if kind else election.kind} {election.term}"
    if election.unit_id == seat or election.unit.kind == NATION:
        return name
    return f"{name}, {unit_called(election.unit_id, election.day)}"


def elections_offered(unit: Unit, on: date, *, edition: Edition) -> list[Stored]:
    """Elections of a unit, of those below it, of those that went into it and of those above it, the last first, without
    those that are closed on the day. Of those above, a result that is published is offered whole, a list that is not
    decided only for the places of the unit."""
    tree = tree_on(on)
    if unit.pk not in tree:
        return []
    below = frozenset(tree.subtree(unit.pk)) | elections_before(unit.pk, on)
    above = frozenset(tree.ancestors(unit.pk))
    rows = Election.objects.filter(unit__in=below | above).select_related("unit").order_by("-day", "-pk")
    results = ElectionResult.objects.filter(standing=1, constituency__election__in=rows, constituency__standing=1)
    decided = set(results.values_list("constituency__election_id", flat=True).distinct())
    kinds = edition.election_kinds
    return [
        Stored(
            row,
            election_name(row, kinds.get(row.kind), unit.pk),
            row.pk in decided,
            None if row.unit_id in below or row.pk in decided else below,
        )
        for row in rows
        if closed_on(row, on) is None
    ]


def closing(unit: Unit, on: date) -> Election | None:
    """An election of a unit, or of those above or below it, that is closed on the day: tools on lists are shut then."""
    tree = tree_on(on)
    if unit.pk not in tree:
        return None
    units = {*tree.subtree(unit.pk), *tree.ancestors(unit.pk)}
    rows = Election.objects.filter(unit__in=units).order_by("-day")
    return next((row for row in rows if closed_on(row, on) is not None), None)


def contests_stored(stored: Stored, *, stage: str, decided: bool = False) -> tuple[list[Contest], list[Fault]]:
    """The constituencies of an election with their lists at a stage (the last official one for ""), with the result of
    each where `decided`; and everything that is missing or contradicts itself."""
    constituencies = Constituency.objects.filter(election=stored.election, standing=1).exclude(number="")
    if stored.places is not None:
        constituencies = constituencies.filter(unit__in=stored.places)
    rows = list(constituencies)
    if not rows:
        return [], [Fault("contests.no_units", "", {"election": stored.name})]
    names = place_names({row.unit_id for row in rows}, stored.day)
    lists = _by(ListStage.objects.filter(constituency__in=rows, standing=1, nominated=""))
    results = _by(ElectionResult.objects.filter(constituency__in=rows, standing=1))
    faults: list[Fault] = []
    contests: list[Contest] = []
    order = {row.pk: (sort_key(names[row.unit_id]), _number(row.number), row.number) for row in rows}
    for row in sorted(rows, key=lambda one: order[one.pk]):
        where = {"name": constituency_words(names[row.unit_id], row.number)}
        made = _contest(row, names[row.unit_id], lists[row.pk], results[row.pk], stage, decided, where, faults)
        if made is not None:
            contests.append(made)
    return contests, faults + checked(contests)


def totals_stored(stored: Stored) -> Totals | None:
    """The totals of an election of which only these are on record: what was told of the whole; None where that is not
    all of it."""
    whole = Constituency.objects.filter(election=stored.election, unit=stored.election.unit, number="", standing=1)
    row = whole.first()
    if row is None:
        return None
    lists = [one for one in row.lists.filter(standing=1, nominated="") if one.stage in SETTLED]
    found: list[Fault] = []
    where = {"name": stored.name}
    result = _result(list(row.results.filter(standing=1)), where, found)
    if not lists or result is None:
        return None
    listed = _last(lists, [], where, found)
    return None if listed.women is None else Totals(listed.candidates, listed.women, *result)


def shares_stored(before: Stored, after: Stored, *, edition: Edition) -> tuple[Shares, Shares] | None:
    """Two elections of which lists and the share of women among the elected are told of the whole, by the same source
    where one tells both; None where that is not on record."""
    told = [_shares(one, edition) for one in (before, after)]
    wholes = [_whole(one) for one in (before, after)]
    if not all(told) or None in wholes:
        return None
    made = []
    for held, others, whole in zip(told, reversed(told), wholes, strict=True):
        names = {name for one in others for name in _names(one)}
        chosen = max(held, key=lambda one: (bool(names & _names(one)), one.published_on or date.min, one.pk))
        assert whole is not None and chosen.percent is not None  # noqa: S101, PT018 - asked for above
        (candidates, women), elected = whole
        made.append(Shares(candidates, women, float(chosen.percent) / 100, elected))
    return made[0], made[1]


def _shares(stored: Stored, edition: Edition) -> list[PublishedShare]:
    kind = edition.election_kinds.get(stored.election.kind)
    group = edition.count_groups.get(kind.deputies) if kind and kind.deputies else None
    if group is None or group.rule is None:
        return []
    of = {"unit": stored.election.unit, "place": "", "time": stored.election.term, "standing": 1}
    return list(PublishedShare.objects.filter(group=group.code, rule=group.rule, percent__isnull=False, **of))


def _names(one: PublishedShare) -> set[str]:
    return {name.strip() for name in one.source.split(";")}


def _whole(stored: Stored) -> tuple[tuple[int, int], int | None] | None:
    """(candidates, women) of the official list of the whole, and how many were elected where that is told."""
    of = {"constituency__election": stored.election, "constituency__unit": stored.election.unit, "standing": 1}
    lists = ListStage.objects.filter(
        constituency__number="", nominated="", stage__in=SETTLED, women__isnull=False, **of
    )
    results = ElectionResult.objects.filter(constituency__number="", round=ALL_ROUNDS, **of)
    if not lists:
        return None
    where, found = {"name": stored.name}, list[Fault]()
    listed = _last(list(lists), [], where, found)
    elected = _last(list(results), [], where, found).elected if results else None
    return (listed.candidates, listed.women or 0), elected


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _by(rows: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[row.constituency_id].append(row)  # type: ignore[attr-defined]
    return found


def _contest(
    row: Constituency,
    group: str,
    lists: Sequence[ListStage],
    results: Sequence[ElectionResult],
    stage: str,
    decided: bool,
    where: dict[str, str],
    faults: list[Fault],
) -> Contest | None:
    wanted = [stage] if stage else list(reversed(SETTLED))
    held = next((found for one in wanted if (found := [each for each in lists if each.stage == one])), [])
    if not held:
        faults.append(Fault("contests.no_list", "", {**where, "stage": StageWords(stage or SETTLED[0])}))
        return None
    listed = _last(held, [f"{one.women}/{one.candidates}" for one in held], where, faults)
    if listed.women is None:
        faults.append(Fault("contests.women_not_told", "", where))
        return None
    result = _result(results, where, faults) if decided else None
    if decided and result is None:
        faults.append(Fault("contests.no_result", "", where))
        return None
    seats = row.seats or next((one.seats for one in results if one.seats and one.round in (ALL_ROUNDS, 1)), None)
    if seats is None:
        faults.append(Fault("contests.no_seats", "", where))
        return None
    elected, women = result or (None, None)
    return Contest(group, row.number, seats, listed.candidates, listed.women, elected, women, where["name"])


def _result(results: Sequence[ElectionResult], where: dict[str, str], faults: list[Fault]) -> tuple[int, int] | None:
    """Elected, and women among them: all rounds as a final resolution tells them, else the rounds added up."""
    rounds: dict[int, list[ElectionResult]] = defaultdict(list)
    for one in results:
        if one.women is not None:
            rounds[one.round].append(one)
    if ALL_ROUNDS in rounds:
        rounds = {ALL_ROUNDS: rounds[ALL_ROUNDS]}
    if not rounds:
        return None
    told = [_last(held, [f"{one.women}/{one.elected}" for one in held], where, faults) for held in rounds.values()]
    return sum(one.elected for one in told), sum(one.women or 0 for one in told)


def _last(rows: Sequence[T], told: Sequence[str], where: dict[str, str], faults: list[Fault]) -> T:
    """What was published last of what sources say; that they differ is told."""
    chosen = max(rows, key=lambda one: (one.published_on or date.min, one.pk))
    if len(set(told)) > 1:
        fields = {**where, "told": "; ".join(sorted(set(told))), "source": chosen.source}
        faults.append(Fault("contests.sources_differ", "", fields, Level.WARNING))
    return chosen
