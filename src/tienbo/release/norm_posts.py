"""What published posts, counts of groups and official lists tell norms: each with its source, none of them a figure
that was reported. Where two sources differ both stand, the one published last first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import NormCounted, NormListed, NormPosts
from tienbo.catalogue.loading import Edition
from tienbo.engine.norms import Told
from tienbo.posts.councils import Place, councils_of, elections_at, whole_or_parts
from tienbo.posts.election_models import ListStage, Stage
from tienbo.posts.election_queries import elections_over
from tienbo.posts.models import PostCount
from tienbo.posts.queries import Led, led_on

POSTS = "posts"
WOMEN = "f"


def leaders_on(edition: Edition, units: Collection[int], on: date, asked: NormPosts) -> Mapping[int, list[Led]]:
    """Unit → its bodies of the kinds asked, or itself, with the key leaders that are told on a day."""
    held: dict[int, list[Led]] = defaultdict(list)
    for led in led_on(units, on, sense=asked.sense, edition=edition, bodies=asked.of or None):
        if (led.body is None) == (not asked.of) and led.posts:
            held[led.unit].append(led)
    return held


def leaders_told(held: Mapping[int, list[Led]], asked: NormPosts) -> Mapping[int, Told]:
    """Unit → key leaders in post, or the women among them. Where some posts are not told the women who are known are a
    lower bound; where no post is told nothing is."""
    found = {}
    for unit, leds in held.items():
        untold = sum(one.untold for one in leds)
        count = sum(one.women if asked.women else one.held for one in leds)
        names = "; ".join(one.body.name for one in leds if one.body is not None)
        if count or not untold:
            found[unit] = Told("told", Decimal(count), "at_least" if untold else "exact", POSTS, names)
    return found


def counted_told(edition: Edition, units: Collection[int], on: date, asked: NormCounted) -> Mapping[int, list[Told]]:
    """Unit → what the last count of a group up to a day says, source by source."""
    group = edition.count_groups.get(asked.group)
    if group is None:
        return {}
    rows = PostCount.objects.filter(unit__in=units, group=asked.group, day__lte=on, standing=1, age="", ethnicity="",
                                    education="", sex=WOMEN if asked.women else "")  # fmt: skip
    last: dict[int, date] = {}
    found: dict[int, list[Told]] = defaultdict(list)
    for row in rows.order_by("-day", "-published_on", "-pk"):
        if last.setdefault(row.unit_id, row.day) == row.day:
            found[row.unit_id].append(Told("told", Decimal(row.persons), "exact", POSTS, row.source))
    return found


def listed_told(
    edition: Edition, units: Collection[int], on: date, today: date, asked: NormListed
) -> Mapping[int, list[Told]]:
    """Unit → the official list of its council's election on a day, source by source: as changed, where it was. Nothing
    before the election is over; nor where a constituency is missing."""
    kinds = {code for code, kind in edition.election_kinds.items() if kind.body == asked.body}
    over = elections_over(elections_at(units, kinds, on=on), today)
    councils = councils_of(edition, over)
    rows = ListStage.objects.filter(
        constituency__election__in=over, constituency__standing=1, standing=1, nominated="",
        stage__in=(Stage.OFFICIAL, Stage.CHANGED),
    ).select_related("constituency")  # fmt: skip
    lists: dict[tuple[int, int, str], dict[Place, ListStage]] = defaultdict(dict)
    for row in sorted(rows, key=lambda one: one.stage == Stage.CHANGED):
        place = (row.constituency.unit_id, row.constituency.number)
        unit = councils[row.constituency.election_id].get(place)
        if unit is not None:
            lists[row.constituency.election_id, unit, row.source][place] = row
    found: dict[int, list[Told]] = defaultdict(list)
    for (election, unit, _source), held in lists.items():
        told = whole_or_parts(held, unit, councils[election])
        counts = [one.women if asked.women else one.candidates for one in told]
        if counts and all(count is not None for count in counts):
            total = Decimal(sum(count or 0 for count in counts))
            found[unit].append(Told("told", total, "exact", POSTS, told[0].source))
    return found


def told_each(found: Mapping[int, Told] | Mapping[int, list[Told]], unit: int) -> Iterator[Told]:
    held = found.get(unit)
    if isinstance(held, Told):
        yield held
    elif held is not None:
        yield from held
