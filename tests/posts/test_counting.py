"""Counts by sex × age × ethnicity × education: what they contradict, what of planning is withheld and cannot be worked
out, and the law of the database that planning is attested."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from scipy.optimize import LinearConstraint, milp
from tests.conftest import PROOF
from tests.registers.test_tasks import commune, province

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.posts.counts import Coord, CountTable, counts_faults, counts_tell, groups_of, tables_of, withheld
from tienbo.posts.models import PostCount
from tienbo.posts.services import Attested
from tienbo.posts.stocks import Stocks, stocks
from tienbo.posts.told import Read

K = 10
SOURCE = Read("Báo cáo 12/BC-BTC", date(2026, 6, 1))
ATTESTED = Attested("Trưởng Ban Tổ chức", "15/CV-BTC", date(2026, 6, 2))
AGES = ("under_30", "a30_39", "a40_49", "a50_54", "a55_59", "a60")


def by_age(total: int, *counts: int) -> dict[Coord, int]:
    return {Coord(): total, **{Coord(age=age): count for age, count in zip(AGES, counts, strict=False)}}


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [
        # 40 with 33 women: the seven men follow, so the women are withheld.
        ({Coord(): 40, Coord(sex="f"): 33}, {Coord(sex="f")}),
        ({Coord(): 40, Coord(sex="f"): 12}, set()),
        # Nobody is no small count; fewer than ten in all are withheld altogether.
        ({Coord(): 40, Coord(sex="f"): 0}, set()),
        ({Coord(): 8}, {Coord()}),
        # Four under 30: alone they would follow from the rest, so another age goes with them, the least that does.
        (by_age(46, 4, 20, 12, 10, 0, 0), {Coord(age="under_30"), Coord(age="a50_54")}),
        # Six whose age nobody told: that rest is no one's cell, and still follows from the others.
        (by_age(36, 15, 15), {Coord(age="under_30")}),
    ],
)
def test_fewer_than_ten_are_withheld_and_what_tells_of_them(cells: dict[Coord, int], hidden: set[Coord]) -> None:
    kept = withheld(cells, K, load())
    if hidden == {Coord(age="under_30")}:  # one of two alike: which one does not matter
        assert kept in ({Coord(age="under_30")}, {Coord(age="a30_39")})
    else:
        assert kept == hidden


def crossed(made: random.Random) -> dict[Coord, int]:
    """A table by sex × ethnicity × education with all its sums, as an office would fill it in."""
    inner = {
        at: made.choice((0, 0, 1, 3, 8, 11, 25, 60))
        for at in itertools.product(("f", "m"), ("kinh", "minority"), ("below", "university", "above"))
    }
    cells: dict[Coord, int] = {}
    for sex, people, school in itertools.product(("", "f"), ("", "kinh", "minority"), ("", *("below", "university"))):
        cells[Coord(sex, "", people, school)] = sum(
            count for (s, e, d), count in inner.items() if sex in ("", s) and people in ("", e) and school in ("", d)
        )
    return cells


def bounds(at: Coord, shown: Mapping[Coord, int]) -> tuple[float, float]:
    """What somebody can say of a cell who knows only what is shown: whole persons in every inner place."""
    inner = list(itertools.product(("f", "m"), ("kinh", "minority"), ("below", "university", "above")))

    def row(one: Coord) -> list[float]:
        return [
            float(one.sex in ("", s) and one.ethnicity in ("", e) and one.education in ("", d)) for s, e, d in inner
        ]

    told = LinearConstraint(np.array([row(one) for one in shown]), list(shown.values()), list(shown.values()))
    return tuple(  # type: ignore[return-value]
        sign * milp(sign * np.array(row(at)), constraints=[told], integrality=np.ones(len(inner))).fun
        if milp(sign * np.array(row(at)), constraints=[told], integrality=np.ones(len(inner))).fun is not None
        else sign * np.inf
        for sign in (1, -1)
    )


def test_no_small_count_of_planning_can_be_worked_out_of_what_is_shown() -> None:
    """Against an attacker of another make (whole numbers, all sums at once): no cell of one to nine persons, men
    included, who are never typed, is known exactly."""
    edition, made = load(), random.Random(20261129)  # noqa: S311
    small = 0
    for _table in range(200 if PROOF else 6):
        cells = crossed(made)
        kept = withheld(cells, K, edition)
        shown = {at: count for at, count in cells.items() if at not in kept}
        if not shown:
            continue
        for at, count in cells.items():
            men = Coord("m", at.age, at.ethnicity, at.education)
            for one, known in ((at, count), (men, cells[at._replace(sex="")] - cells[at._replace(sex="f")])):
                if 0 < known < K:
                    small += 1
                    least, most = bounds(one, shown)
                    assert least < most, (cells, kept, one)
    assert small


def test_what_counts_contradict_is_told_at_the_cell() -> None:
    cells = {
        **by_age(30, 5, 40),
        Coord(sex="f"): 31,
        Coord(ethnicity="kinh"): 20,
        Coord(ethnicity="minority"): 9,
        Coord(education="below"): 20,
        Coord(education="above"): 20,
    }
    told = {(at, fault.code) for at, fault in counts_faults(cells, load())}
    assert told == {
        (Coord(age="a30_39"), "counts.above_total"),
        (Coord(sex="f"), "counts.above_total"),
        (Coord(), "counts.sum_below_total"),  # both ethnicities are told and make 29
        (Coord(), "counts.sum_above_total"),
    }
    assert not counts_faults(by_age(30, 5, 10), load())  # fifteen whose age was not told


@pytest.mark.database
@pytest.mark.django_db
def test_a_table_is_told_once_corrected_and_attested_where_it_is_of_planning() -> None:
    edition, above = load(), province()
    unit = commune("Xã Đồng Tâm", above)
    assert "party.province" not in {one.code for one in groups_of(unit, SOURCE.published_on or date.max, edition)}
    said = {"unit": unit, "day": date(2026, 5, 31), "read": SOURCE, "actor": operator("test"), "edition": edition}
    cells = {Coord(): 24, Coord(sex="f"): 11}
    with pytest.raises(Refused) as refused:
        counts_tell(group="planning.people.commune_head", cells=cells, attested=None, **said)
    assert [one.code for one in refused.value.faults] == ["posts.not_attested"]
    given = {"group": "planning.people.commune_head", "attested": ATTESTED, **said}
    assert counts_tell(cells=cells, **given).added == 2
    assert counts_tell(cells=cells, **given).untouched == 2
    done = counts_tell(cells={Coord(): 25, Coord(sex="f"): 11}, **given)
    assert (done.corrected, done.untouched) == (1, 1)
    with pytest.raises(Refused) as refused:  # more women than there were told to be people
        counts_tell(cells={Coord(sex="f"): 26}, **given)
    assert [one.code for one in refused.value.faults] == ["counts.above_total"]
    (table,) = tables_of([unit.pk], edition)
    assert (table.cells, table.attested) == ({Coord(): 25, Coord(sex="f"): 11}, ATTESTED)
    assert PostCount.objects.filter(standing=None).count() == 1
    with pytest.raises(Refused):
        counts_tell(group="party.province", cells=cells, attested=None, **said)
    # The database itself refuses a count of planning that nobody attested.
    row = PostCount.objects.filter(standing=1).first()
    assert row is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        PostCount.objects.create(
            key="count-unattested",
            unit=unit,
            group="planning.trained.commune_head",
            day=row.day,
            persons=12,
            source="?",
            told_by="?",
        )


def test_counts_on_record_become_the_rows_of_the_pipeline() -> None:
    """By hand. Planned for: 40, women 22; under 30 a woman of 5, 30 to 39 17 of 35. Trained: 24, women 12, no ages:
    they are taken out by sex alone, which leaves 10 women and 6 men planned for and not trained. Holding: of 30, women
    10 aged 40 to 49 and the rest without an age. What the reader may not see is left out, and said."""
    edition = load()
    way = edition.pipelines["leadership"]

    def told(group: str, cells: dict[Coord, int], unit: int = 2) -> CountTable:
        return CountTable(unit, f"{group}.commune_head", date(2026, 5, 31), "Báo cáo 12", None, ATTESTED, cells)

    young, older, middle = "under_30", "a30_39", "a40_49"
    planned = {
        Coord(): 40, Coord("f"): 22, Coord("", young): 5, Coord("f", young): 5, Coord("", older): 35,
        Coord("f", older): 17,
    }  # fmt: skip
    held = {Coord(): 30, Coord("f"): 10, Coord("", middle): 10, Coord("f", middle): 10}
    tables = [
        told("planning.people", planned),
        told("planning.trained", {Coord(): 24, Coord("f"): 12}),
        told("pipeline.held", held),
        told("pipeline.staff", {Coord(): 99}),
    ]

    def asked(*, owner: bool) -> Stocks:
        return stocks(
            tables, own=1, read=lambda one: one.read_by(owner=owner, edition=edition), named=str, edition=edition,
            way=way,
        )  # fmt: skip

    whole = asked(owner=True)
    assert [tuple(row[1:]) for row in whole.rows] == [
        ("appointed", "f", middle, 10), ("appointed", "m", "", 20),
        ("trained", "f", "", 12), ("trained", "m", "", 12),
        ("planned", "f", "", 10), ("planned", "m", "", 6),
    ]  # fmt: skip
    assert whole.day == date(2026, 5, 31)
    assert [one.code for one in whole.notes] == ["stocks.no_ages", "stocks.left_out"]  # the trained; the staff
    # Another reader: five under thirty are withheld, and so is an age beside them; by sex it is all there.
    assert asked(owner=False).rows == whole.rows
    # The unit that asks told it itself: those below it are not counted besides.
    tables += [told("pipeline.held", {Coord(): 12, Coord("f"): 6}, unit=1)]
    assert [row.persons for row in asked(owner=True).rows if row.stage == "appointed"] == [6, 6]
