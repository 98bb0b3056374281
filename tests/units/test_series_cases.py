"""The worked cases of the reference (series_test_cases.csv, T1 to T18): each answer is worked out anew, the real ones
on the map of the nation with the official table taken over, and must read as the reference has it."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction
from tests.conftest import REFERENCE
from tests.core.test_succession import AFTER as LATER
from tests.core.test_succession import BEFORE as EARLIER
from tests.core.test_succession import DAY as SPLIT_ON
from tests.core.test_succession import (
    NEW,
    OLD,
    SPLIT,
    T4_LIVES,
    T4_PERSONS,
    A,
    B,
    V,
    X,
    Y,
    Z,
    between,
    exact,
    moved,
    t4,
)
from tests.units.test_conversion_of_the_nation import imported

from tienbo.core.acts import Act, Link
from tienbo.core.shares import Share
from tienbo.core.spans import Span
from tienbo.core.succession import any_all, compose, onto, recast
from tienbo.core.succession import transition as passage
from tienbo.core.tree import Place, Tree
from tienbo.units.conversion import _Map
from tienbo.units.extents import POPULATION
from tienbo.units.frames import acts, lives, quantities, tree_on, unit_names
from tienbo.units.models import Succession
from tienbo.units.names import split_name
from tienbo.units.queries import unit_find
from tienbo.units.services import unit_rename
from tienbo.units.vietnam import CHANGE

__all__ = ["imported"]
CASES = REFERENCE / "data" / "series_test_cases.csv"
EVE, PILOT = date(2025, 6, 30), date(2014, 6, 30)


def held(code: str, on: date) -> int:
    return unit_find(f"gso:{code}@{on}").pk


def bare(unit: int, on: date) -> str:
    return split_name(unit_names(on)[unit]).bare


def rows_over(source: date, target: date, measure: str = POPULATION) -> Mapping[int, Mapping[int, Share]]:
    return passage(acts(), lives(), source=source, target=target, measure=measure, quantities=quantities(measure)).rows


def whole(number: Fraction | None) -> str:
    assert number is not None
    return f"{float(number):g}"


def merged_ratio(olds: tuple[str, str], new: str, terms: Mapping[str, tuple[tuple[int, int], ...]]) -> str:
    """Women of all, of two provinces on the map of the one they became."""
    weights = rows_over(EVE, CHANGE)
    said = []
    for term, told in terms.items():
        pairs = zip(olds, told, strict=True)
        parts = {held(code, EVE): pair for code, pair in pairs}
        women, seats = (
            recast({unit: Decimal(pair[side]) for unit, pair in parts.items()}, weights)[held(new, CHANGE)].value
            for side in (0, 1)
        )
        assert women is not None
        assert seats is not None
        said.append(f"{term} {whole(women)}/{whole(seats)} = {float(women / seats) * 100:.3f}%")
    return "; ".join(said)


def t1(_links: list[Link]) -> list[str]:
    return [merged_ratio(("06", "19"), "19", {"XIV": ((4, 6), (2, 7)), "XV": ((3, 6), (2, 7))})]


def t2(_links: list[Link]) -> list[str]:
    assert bare(held("15", EVE), EVE) == "Yên Bái"
    return [merged_ratio(("10", "15"), "15", {"XIV": ((2, 6), (2, 6)), "XV": ((2, 6), (3, 6))})]


def t3(_links: list[Link]) -> list[str]:
    pilot, said, share = held("17212", PILOT), [], None
    assert bare(pilot, PILOT) == "Sơn Hải"
    for on in (date(2024, 12, 1), CHANGE):
        ((heir, share),) = rows_over(PILOT, on)[pilot].items()
        assert heir == held("17212", on)
        said.append(f"{bare(heir, on)} from {on}")
    assert share is not None
    return [f"{', '.join(said)}; weight {whole(share.point)}"]


def case_of(share_of_a: tuple[dict[str, Share], dict[str, Share]]) -> tuple[Mapping[int, object], Mapping[int, object]]:
    """Persons and cases of T4 on X, Y and, as 0, all of it."""
    province = Tree([Place(0, None, "province"), Place(X, 0, "commune"), Place(Y, 0, "commune")])
    weights = onto(moved(t4(share_of_a), T4_LIVES), province)
    return recast({A: Decimal(10_000), B: Decimal(5_000)}, weights), recast({A: Decimal(40), B: Decimal(10)}, weights)


def t4_(_links: list[Link]) -> list[str]:
    persons, cases = case_of((exact(population="0.7"), exact(population="0.3")))
    said = []
    for name, unit in (("X", X), ("Y", Y)):
        people, count = persons[unit].value, cases[unit].value  # type: ignore[attr-defined]
        rate = float(count / people * 1000)
        said.append(f"{name}: pop {whole(people)}, cases {whole(count)}, rate {rate:.3f}")
    return [f"{'; '.join(said)} per 1000; total {whole(cases[0].value)}"]  # type: ignore[attr-defined]


def t5(_links: list[Link]) -> list[str]:
    _persons, cases = case_of((between("0.5", "0.9"), {}))
    said = [
        f"{name} cases in [{whole(cases[unit].low)}, {whole(cases[unit].high)}]"  # type: ignore[attr-defined]
        for name, unit in (("X", X), ("Y", Y))
    ]
    assert cases[0].low == cases[0].high  # type: ignore[attr-defined]
    return [f"{'; '.join(said)}; total exactly {whole(cases[0].value)}"]  # type: ignore[attr-defined]


def back() -> Mapping[int, Mapping[int, Share]]:
    return moved(SPLIT, T4_LIVES, source=LATER, target=EARLIER, quantities=T4_PERSONS).rows


def t6(_links: list[Link]) -> list[str]:
    found = recast({X: Decimal(30), Y: Decimal(24)}, back())
    a, b = found[A].value, found[B].value
    assert a is not None
    assert b is not None
    return [f"= {whole(a)}; B", f"= {whole(b)}; total {whole(a + b)}"]


def heirs_of(name: str, links: list[Link]) -> dict[str, Mapping[str, Share]]:
    """Bare name of each successor → its shares, of the one commune of 2025 that was called so."""
    unit = unit_find(name, EVE).pk
    return {bare(one.successor, CHANGE): one.shares for one in links if one.predecessor == unit}


def t7(links: list[Link]) -> list[str]:
    found = heirs_of("Phường Thụy Khuê", links)
    assert found.keys() == {"Ba Đình", "Tây Hồ"}
    assert not any("area" in shares and shares["area"].point in (0, 1) for shares in found.values()), "unknown"
    told = [found[name][POPULATION].point for name in ("Ba Đình", "Tây Hồ")]
    return [f"population weights {' and '.join(map(whole, told))}"]


def t8(links: list[Link]) -> list[str]:
    found = heirs_of("Xã Kỳ Lợi, Hà Tĩnh", links)
    order = ("Vũng Áng", "Sông Trí", "Hoành Sơn")
    assert found.keys() == set(order)
    assert all(POPULATION not in found[name] for name in order[1:]), "unknown"
    return [f"area weights {', '.join(whole(found[name]['area'].point) for name in order)}"]


def pilot_flags(flag: Callable[[int], bool]) -> tuple[int, int, int, int]:
    """(communes of Quỳnh Lưu in 2014, communes of now, of which any had it, of which all had it)."""
    district = unit_find("Huyện Quỳnh Lưu, Nghệ An", PILOT).pk
    communes = tree_on(PILOT).children[district]
    moved_on = passage(acts(), lives(), source=PILOT, target=CHANGE, measure=POPULATION, quantities={})
    found = any_all({unit: flag(unit) for unit in communes}, moved_on)
    return len(communes), len(found), sum(one.any for one in found.values()), sum(one.all for one in found.values())


def t9(_links: list[Link]) -> list[str]:
    pilot = held("17212", PILOT)
    then, now, by_any, by_all = pilot_flags(lambda unit: unit == pilot)
    return [
        f"1/{then} = {100 / then:.2f}%",
        f"ANY rule {by_any}/{now} = {100 * by_any / now:.2f}%",
        f"ALL rule {by_all}/{now}",
    ]


def t10(_links: list[Link]) -> list[str]:
    _then, now, by_any, by_all = pilot_flags(lambda _unit: True)
    assert by_any == by_all
    return [f"{by_all}/{now} under ANY and under ALL"]


def t11(_links: list[Link]) -> list[str]:
    then, now = (tree_on(day).of_kind({"district"}) for day in (EVE, CHANGE))
    assert not now
    gone = passage(acts(), lives(), source=EVE, target=CHANGE, measure=POPULATION, quantities={}).lost
    # The five island districts went whole into a đặc khu each: they did not end without a successor.
    assert len(set(then) & gone.keys()) == len(then) - 5
    said = f"not applicable (no unit of the level exists) at {CHANGE}"
    return [f"{690 / len(list(then)) * 100:.2f}% at {EVE}; {said}"]


def t12(_links: list[Link]) -> list[str]:
    day = date(2026, 5, 1)
    provinces = tree_on(CHANGE).of_kind({"province"})

    def kinds(on: date) -> tuple[int, int]:
        words = [split_name(unit_names(on)[one]).word for one in provinces]
        return words.count("Tỉnh"), words.count("Thành phố")

    before = kinds(CHANGE)
    three = [unit_find(f"Tỉnh {name}", CHANGE) for name in ("Quảng Ninh", "Bắc Ninh", "Đồng Nai")]
    for unit in three:
        unit_rename(unit=unit, name=f"Thành phố {bare(unit.pk, CHANGE)}", on=day)
    after = kinds(day)
    weights = rows_over(CHANGE, day)
    assert all(weights[unit.pk] == {unit.pk: Share.of(1)} for unit in three)
    steps = f"provinces {before[0]} to {after[0]}, cities {before[1]} to {after[1]}, total {sum(after)}"
    return [f"weights 1; {steps}; series unbroken"]


def t13(_links: list[Link]) -> list[str]:
    later = date(2026, 1, 1)
    spans = {A: OLD, X: Span(SPLIT_ON, later), Y: Span(SPLIT_ON, later), Z: Span(later), V: Span(later)}
    first = (Link(A, X, exact(population="0.7")), Link(A, Y, exact(population="0.3")))
    second = (
        Link(X, Z, exact(population="1")),
        Link(Y, Z, exact(population="0.5")),
        Link(Y, V, exact(population="0.5")),
    )
    row = moved([Act("one", SPLIT_ON, first), Act("two", later, second)], spans).rows[A]
    return [f"A to Z {whole(row[Z].point)}, V {whole(row[V].point)}"]


def t14(_links: list[Link]) -> list[str]:
    union = [Act("one", SPLIT_ON, (Link(A, X, exact(members="1")), Link(B, X, exact(members="1"))))]
    weights = passage(union, {A: OLD, B: OLD, X: NEW}, source=EARLIER, target=LATER, measure="members").rows
    women, all_ = (recast({A: Decimal(a), B: Decimal(b)}, weights)[X].value for a, b in ((3, 4), (15, 13)))
    assert women is not None
    assert all_ is not None
    base, new = float(women / all_) * 100, 6 / 27 * 100
    said = f"base on the new map {whole(women)}/{whole(all_)} = {base:.3f}%"
    return [f"{said}; new {new:.3f}%; change {new - base:.3f} points"]


def t15(_links: list[Link]) -> list[str]:
    eve = _Map(EVE)
    unit, faults = eve.find("27691", "", "82", "bảng:1")
    assert [fault.code for fault in faults] == ["units.table.other_province"]
    assert unit is not None
    district = eve.codes[eve.tree.parents[unit]]
    return [f"rejected: district {district} belongs to province {eve.province(unit)}"]


def t16(links: list[Link]) -> list[str]:
    heirs = []
    for under in ("Vĩnh Thạnh, Cần Thơ", "Mỹ Xuyên, Sóc Trăng"):
        unit = unit_find(f"Xã Thạnh Quới, {under}", EVE).pk
        (link,) = (one for one in links if one.predecessor == unit)
        heirs.append(bare(link.successor, CHANGE))
    return [f"two units, one successor each ({'; '.join(heirs)})"]


def t17(links: list[Link]) -> list[str]:
    eve, morrow = tree_on(EVE).of_kind({"commune"}), tree_on(CHANGE).of_kind({"commune"})
    gone: dict[int, list[Link]] = defaultdict(list)
    came: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        gone[link.predecessor].append(link)
        came[link.successor].append(link)
    kept = set(Succession.objects.filter(extent="unchanged").values_list("predecessor_id", flat=True))
    old = sum(unit in gone or unit in kept for unit in eve)
    split = [unit for unit in eve if len(gone[unit]) > 1]
    persons = sum(sum(POPULATION not in link.shares for link in gone[unit]) > 1 for unit in split)
    unions = sum(all(len(gone[link.predecessor]) == 1 for link in came[unit]) for unit in morrow)
    divided = f"{len(split)} with more than one successor, {persons} of them by population"
    unions_said = f"{unions:,} new communes are unions of whole old ones"
    return [f"{old:,} old communes, {len(list(morrow)):,} new, {divided}, {unions_said}"]


def t18(_links: list[Link]) -> list[str]:
    there = moved(SPLIT, T4_LIVES)
    again = compose(there, moved(SPLIT, T4_LIVES, source=LATER, target=EARLIER, quantities=T4_PERSONS)).rows
    found = recast({A: Decimal(40), B: Decimal(10)}, again)
    return [f"= {whole(found[A].value)}, not 40; B {whole(found[B].value)}, not 10"]


ANSWERS: Mapping[str, Callable[[list[Link]], list[str]]] = {
    **{f"T{n}": one for n, one in enumerate((t1, t2, t3, t4_, t5, t6, t7, t8, t9, t10, t11, t12), 1)},
    **{f"T{n}": one for n, one in enumerate((t13, t14, t15, t16, t17, t18), 13)},
}


def expected() -> dict[str, str]:
    if not CASES.exists():
        return {}
    with CASES.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["expected"] for row in csv.DictReader(file)}


def test_every_case_of_the_reference_has_an_answer_here(reference: object) -> None:
    assert expected().keys() == ANSWERS.keys()


@pytest.mark.parametrize("case", ANSWERS)
def test_the_answer_reads_as_the_reference_has_it(case: str, imported: list[Link]) -> None:
    with transaction.atomic():
        for told in ANSWERS[case](imported):
            assert told in expected()[case]
        transaction.set_rollback(True)
