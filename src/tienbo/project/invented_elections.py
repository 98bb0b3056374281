"""Elections of the demonstration's province, all invented: those of the two provinces that it was formed of, its own by
stage with a source that differs and a share printed wrongly, and a forecast that was kept and held against the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.outlook.lists import Lists, outcome
from tienbo.posts.contests import contests_stored, elections_offered
from tienbo.posts.election_models import Election
from tienbo.posts.election_services import election_close
from tienbo.posts.forecasts import forecast_keep, forecast_score
from tienbo.posts.loading import elections_load
from tienbo.posts.reading import ElectionRow
from tienbo.project.invented_posts import DESK, Returned, representation
from tienbo.units.frames import unit_names
from tienbo.units.models import Unit

KIND, OF_COMMUNES = "council.province", "council.commune"
SECOND_ROUND, PRESS = 1, 3
"""The constituency of before that needed a second round, and the one a newspaper tells otherwise."""
_COUNTS = ("seats", "candidates", "women", "elected", "women_elected", "confirmed", "women_confirmed", "percent")


def elections_invent(
    *, edition: Edition, returned: Returned, before: Sequence[Unit], seed: int, actor: Actor, today: date
) -> None:
    """Write the elections and the forecast; `before` are the provinces of before."""
    raw = representation()
    drawn = Random(f"councils:{seed}")  # noqa: S311 - invented, nothing is secret
    telling = _Telling(raw, drawn)
    for unit, lists in zip(before, raw["before"]["lists"], strict=True):
        elections_load(telling.of_before(lists), unit=unit, actor=actor, edition=edition)
    rows = [*telling.last(returned), *telling.of_communes(returned)]
    elections_load(rows, unit=returned.province, actor=actor, edition=edition)
    closed = raw["last"]["closed"]
    for one in Election.objects.filter(unit=returned.province):
        election_close(election=one, closed_from=closed["from"], closed_to=closed["to"])
    _forecast(returned.province, edition=edition, actor=actor, today=today)


def _forecast(province: Unit, *, edition: Edition, actor: Actor, today: date) -> None:
    """The lists of the last election under odds learnt from those of before, kept and scored."""
    offered = [one for one in elections_offered(province, today, edition=edition) if one.election.kind == KIND]
    last, *earlier = offered
    lists, _faults = contests_stored(last, stage="official")
    learnt = tuple(contest for one in earlier for contest in contests_stored(one, stage="", decided=True)[0])
    made = outcome(Lists(tuple(lists), (learnt,), slope=False)).made
    names = [_("{election}, {day}").format(election=one.name, day=day_words(one.day)) for one in earlier]
    kept = forecast_keep(stored=last, made=made, learnt_from=names, actor=actor)
    forecast_score(kept=kept, stored=last, actor=actor)


@dataclass(frozen=True)
class _Telling:
    """The lines of tables of elections, as they would be loaded."""

    raw: Mapping[str, Any]
    drawn: Random

    def of_before(self, lists: Sequence[Sequence[int]]) -> list[ElectionRow]:
        """An election by constituency and as a whole; one constituency needed a second round."""
        raw, made = self.raw["before"], list[ElectionRow]()
        results = [self._elected(*one) for one in lists]
        for number, ((seats, candidates, women), elected) in enumerate(zip(lists, results, strict=True), start=1):
            told = {"number": str(number), "seats": seats, "candidates": candidates, "women": women}
            if number != SECOND_ROUND:
                made.append(self._row(raw, **told, elected=seats, women_elected=elected))
                continue
            first = min(elected, seats - 1)
            made.append(self._row(raw, **told, round=1, elected=seats - 1, women_elected=first))
            made.append(self._row(raw, number=str(number), round=2, elected=1, women_elected=elected - first))
        seats, candidates, women = (sum(one[at] for one in lists) for at in range(3))
        of_all = {"seats": seats, "candidates": candidates, "women": women, "elected": seats}
        return [*made, self._row(raw, **of_all, women_elected=sum(results))]

    def last(self, returned: Returned) -> list[ElectionRow]:
        """The province's own election: its whole list by stage, then the constituencies, which add up to what the
        returns say. One is told otherwise by a newspaper."""
        raw, counts = self.raw["last"], dict(self.raw["last"]["counts"])
        for line, names in (
            ("candidates", ("candidates", "women")),
            ("deputies_elected", ("elected", "women_elected")),
        ):
            counts |= dict(zip(names, returned.by(DESK, line) or (), strict=False))
        made = [
            self._row(
                raw,
                stage=one["stage"],
                candidates=one["candidates"],
                women=one["women"],
                percent=Decimal(one["percent"]),
                published_on=raw["listed_on"],
            )
            for one in raw["stages"]
        ]
        made.append(self._row(raw, seats=counts["elected"], **counts))
        units = max(1, counts["elected"] // raw["seats"])
        seats = _even(counts["elected"], units)
        candidates = _even(counts["candidates"], units)
        women = self._spread(counts["women"], candidates, _even(counts["women"], units))
        drawn = [self._elected(*one) for one in zip(seats, candidates, women, strict=True)]
        least = [max(0, s - (c - w)) for s, c, w in zip(seats, candidates, women, strict=True)]
        most = [min(s, w) for s, w in zip(seats, women, strict=True)]
        elected = _to_sum(counts["women_elected"], drawn, least, most)
        for at in range(units):
            told = {"number": str(at + 1), "seats": seats[at], "candidates": candidates[at], "women": women[at]}
            made.append(self._row(raw, **told, elected=seats[at], women_elected=elected[at]))
        differs = {"candidates": candidates[PRESS - 1], "women": max(0, women[PRESS - 1] - 1)}
        press = {"source": self.raw["source"]["press"], "published_on": raw["listed_on"]}
        return [*made, self._row(raw, number=str(PRESS), **differs, **press)]

    def of_communes(self, returned: Returned) -> list[ElectionRow]:
        """The councils of communes, each as a whole, where its return tells of its list."""
        names, made = unit_names(self.raw["last"]["day"]), list[ElectionRow]()
        for unit in returned.units.values():
            listed, elected = (returned.of(unit.pk, line) for line in ("candidates", "deputies_elected"))
            if unit.kind != "commune" or listed is None:
                continue
            told = {"candidates": listed[0], "women": listed[1]}
            men = listed[0] - listed[1]
            if elected is not None and elected[1] <= listed[1] and elected[0] - elected[1] <= men:
                told |= {"seats": elected[0], "elected": elected[0], "women_elected": elected[1]}
            made.append(self._row(self.raw["last"], kind=OF_COMMUNES, place=names[unit.pk], **told))
        return made

    def _row(self, raw: Mapping[str, Any], **told: Any) -> ElectionRow:
        given = {"kind": KIND, "stage": "official", "round": 0, "source": self.raw["source"]["election"], **told}
        given = {"published_on": raw["published_on"], "nominated": "", **given}
        of = {"at": "", "day": raw["day"], "term": raw["term"], "code": "", "place": "", "number": "", "remark": ""}
        return ElectionRow(**{**dict.fromkeys(_COUNTS), **of, **given})

    def _elected(self, seats: int, candidates: int, women: int) -> int:
        """Women elected: each seat goes to one of those left, a woman's weight being the odds."""
        left, elected = [women, candidates - women], 0
        for _seat in range(seats):
            weight = left[0] * self.raw["odds"]
            is_woman = self.drawn.random() * (weight + left[1]) < weight
            left[not is_woman] -= 1
            elected += is_woman
        return elected

    def _spread(self, women: int, candidates: Sequence[int], even: Sequence[int]) -> list[int]:
        """Women on each list: not all alike, and as many together."""
        uneven = [max(0, one + self.drawn.choice((-1, -1, 0, 0, 1, 1))) for one in even]
        return _to_sum(women, uneven, [0] * len(even), candidates)


def _even(count: int, parts: int) -> list[int]:
    return [count // parts + (at < count % parts) for at in range(parts)]


def _to_sum(wanted: int, counts: Sequence[int], least: Sequence[int], most: Sequence[int]) -> list[int]:
    """The counts, moved by ones in turn until they add up; as near as their bounds allow."""
    made = [min(max(one, low), high) for one, low, high in zip(counts, least, most, strict=True)]
    for at in range(len(made) * max(most, default=0)):
        short, here = wanted - sum(made), at % len(made)
        step = (short > 0) - (short < 0)
        if step and least[here] <= made[here] + step <= most[here]:
            made[here] += step
    return made
