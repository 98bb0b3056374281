"""Figures to look at first: far from the own past and from others, never small ones, always with a reason to read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tienbo.catalogue.screening import Outlier, Said, screen, screening_rules
from tienbo.core.messages import speaking


def said(now: Mapping[str, int], before: Mapping[str, int] | None = None) -> Said:
    made = [{address: Decimal(value) for address, value in one.items()} for one in (now, before or {})]
    return Said(made[0], made[1], {})


def found(units: Mapping[int, Said]) -> dict[int, tuple[Outlier, ...]]:
    return screen(screening_rules("vn"), units, {"money:total": "thousand_vnd"})


def others(now: int = 40, before: int = 40) -> dict[int, Said]:
    return {unit: said({"classes:total": now + unit}, {"classes:total": before + unit}) for unit in range(2, 12)}


def test_a_figure_four_times_what_it_was_stands_out_with_what_others_did() -> None:
    (one,) = found({1: said({"classes:total": 168}, {"classes:total": 40}), **others()})[1]
    assert (one.rule.code, one.now, one.was, one.others) == ("jump", 168, 40, 10)
    with speaking("vi"):
        assert one.sentence == "tăng 4,2 lần so với kỳ trước (40 → 168); 10 đơn vị khác, phần lớn: 1–1 lần"
    with speaking("en"):
        assert one.sentence.startswith("4.2 times more than in the period before (40 → 168)")


def test_where_everybody_moved_nobody_stands_out() -> None:
    moved = others(now=170)
    assert not any(found({1: said({"classes:total": 168}, {"classes:total": 40}), **moved}).values())


def test_small_counts_are_left_alone() -> None:
    assert not any(found({1: said({"classes:total": 9}, {"classes:total": 1}), **others()}).values())


def test_money_is_small_by_its_own_measure_and_not_held_against_others() -> None:
    little, much = ({"money:total": 9_000}, {"money:total": 900}), ({"money:total": 90_000}, {"money:total": 9_000})
    assert not any(found({1: said(*little), 2: said(*little[::-1])}).values())
    assert found({1: said(*much)})[1]
    same = {unit: said({"money:total": 100_000}, {"money:total": 100_000}) for unit in range(2, 12)}
    assert not found({1: said({"money:total": 9_900_000}, {"money:total": 9_900_000}), **same})[1]


def test_where_most_others_have_none_one_that_has_some_does_not_stand_out() -> None:
    none = {unit: said({"classes:total": 0}) for unit in range(2, 12)}
    assert not found({1: said({"classes:total": 900}), **none})[1]


def test_a_figure_that_came_to_nothing_or_out_of_nothing_stands_out() -> None:
    units = {
        1: said({"classes:total": 0}, {"classes:total": 40}),
        20: said({"classes:total": 45}, {"classes:total": 0}),
    }
    made = found({**others(), **units})
    with speaking("vi"):
        assert made[1][0].sentence.startswith("0, kỳ trước là 40; 11 đơn vị khác")
        assert made[20][0].sentence.startswith("45, kỳ trước là 0; 11 đơn vị khác")
    assert {unit for unit, outliers in made.items() if outliers} == {1, 20}


def test_with_too_few_others_the_ratio_alone_decides_and_says_so() -> None:
    (one,) = found({1: said({"classes:total": 168}, {"classes:total": 40})})[1]
    assert one.others == 0
    assert ";" not in one.sentence


def test_of_one_line_the_farthest_figure_stands_for_all() -> None:
    now, before = {"classes:total": 168, "classes:women": 90}, {"classes:total": 40, "classes:women": 10}
    (one,) = found({1: said(now, before)})[1]
    assert one.address == "classes:women"


def test_a_figure_far_from_those_of_others_stands_out_though_it_never_moved() -> None:
    (one,) = found({1: said({"classes:total": 900}, {"classes:total": 900}), **others()})[1]
    assert (one.rule.code, one.others) == ("apart", 10)


def test_every_rule_of_the_pack_reads_as_a_sentence() -> None:
    for lang in ("vi", "en"):
        with speaking(lang):
            assert all(rule.words.endswith(".") and "{" not in rule.words for rule in screening_rules("vn"))
