"""The pipeline in whole persons: against brute force, against months drawn at random, and worked out by hand."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.conftest import PROOF

from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.outlook.eligibility import Between, Month, bar, length_words, retires
from tienbo.outlook.nomination import Committee, women_needed
from tienbo.outlook.pipeline import (
    Born,
    Count,
    Question,
    left,
    needed,
    pipeline_called,
    plan,
    read,
    retiring,
    vacancies_ahead,
)

EDITION = load("vn")
AGES = EDITION.retirement_ages["nd135_2020"]
WAY = pipeline_called(EDITION.pipelines)
STAFF, PLANNED, TRAINED, APPOINTED, POSTS = 0, 1, 2, 3, -1
NOW, BY = Month(2026, 12), Month(2031, 1)
YOUNG = Born(Month(1985, 6), Month(1985, 6))


def asked(*counts: Count, share: str = "0.3", lost: tuple[str, ...] = ("0.5", "0.2", "0.25"), **more: bool) -> Question:
    losses = tuple(map(Fraction, lost))
    return Question(WAY, AGES, counts, Fraction(share), NOW, BY, losses, **more)


def test_the_worked_example_of_the_committee_up_to_training() -> None:
    """50 seats, 8 women; 3 women and 15 men leave by age; of the others 95 % again: 20 seats open, 26 on the list. Ten
    women need nine on it: 9/0.75 = 12 planned for, 12/0.8 = 15 trained; eight women need six: 8 and 10."""
    committee = Committee(seats=50, women=8, women_leaving=3, men_leaving=15, on_list=26, again=0.95, odds=0.5)
    lost = (Fraction("0.2"), Fraction("0.25"))
    nine = women_needed(committee, target=10).on_list
    assert needed(nine, (0, 0), lost) == (15, 12)
    assert needed(women_needed(committee, target=8).on_list, (0, 0), lost) == (10, 8)
    # The same committee in whole persons: without an election five of the eighteen posts that open need a woman.
    old, now = {"f": Born.parse("1971", NOW), "m": Born.parse("1967", NOW)}, Born.parse("1980", NOW)
    counts = [Count("cấp ủy", APPOINTED, "f", old["f"], 3), Count("cấp ủy", APPOINTED, "f", now, 5)]
    counts += [Count("cấp ủy", APPOINTED, "m", old["m"], 15), Count("cấp ủy", APPOINTED, "m", now, 27)]
    counts += [Count("cấp ủy", STAFF, "f", now, 60)]
    made = plan(asked(*counts, share="0.2"))
    (step,) = made.cautious.steps
    assert (step.stock.women_staying, step.stock.opening, step.appointed) == (5, 18, 5)
    assert step.more == (0, 9, 7)  # ⌈5/0.75⌉ = 7 trained, ⌈7/0.8⌉ = 9 planned for, of 9/0.5 = 18 of the 60 staff
    short = plan(asked(*counts[:-1], Count("cấp ủy", STAFF, "f", now, 17), share="0.2"))
    assert (short.cautious.short, short.cautious.women_then) == (1, 9)  # 17 are one too few: four can be appointed
    assert made.kind == made.cautious  # every birth of these years falls the same way
    assert not made.warnings


def test_the_window_of_women_in_years_and_months() -> None:
    shorter = [
        bar(EDITION, cycle, "province", "first_time").shorter_for_women for cycle in ("cycle_2025", "cycle_2030")
    ]
    assert shorter == [44, 24]
    with speaking("en"):
        assert [length_words(months) for months in shorter] == ["3 years and 8 months", "2 years and 0 months"]


def test_the_fewest_upstream_equal_brute_force() -> None:
    """Forward only: of whoever is at a stage ⌊n · (1 - lost)⌋ come to the next; every plan of a size is looked at."""
    rng = random.Random(31)  # noqa: S311
    for _ in range(400 if PROOF else 60):
        have = tuple(rng.randint(0, 4) for _ in range(3))
        lost = tuple(Fraction(rng.choice(("0", "0.1", "0.2", "0.25", "1/3", "0.5"))) for _ in range(3))
        need = rng.randint(0, 5)

        def reaches(more: tuple[int, ...], have: tuple[int, ...] = have, lost: tuple[Fraction, ...] = lost) -> int:
            """Persons who reach the end, -1 where a stage takes in more than come to it."""
            for stage in (0, 1):
                if more[stage + 1] > left(have[stage] + more[stage], lost[stage]):
                    return -1
            return left(have[2] + more[2], lost[2])

        top = needed(need, (0, 0, 0), lost)
        every = itertools.product(*(range(count + 1) for count in top))
        best = min((sum(more), more) for more in every if reaches(more) >= need)
        made = needed(need, have, lost)
        assert (sum(made), reaches(made) >= need) == (best[0], True), (have, lost, need)


def test_the_smallest_plan_over_groups_equals_every_way_of_sharing_it_out() -> None:
    rng = random.Random(7)  # noqa: S311
    unreached = 0
    for _ in range(200 if PROOF else 20):
        groups = [f"nhóm {n}" for n in range(rng.randint(1, 3))]
        counts = []
        for group in groups:
            women, men, vacant = rng.randint(0, 3), rng.randint(1, 4), rng.randint(0, 3)
            counts.append(Count(group, POSTS, "m", YOUNG, women + men + vacant))
            for sex, number in (("f", women), ("m", men)):
                for _person in range(number):
                    born = rng.choice(
                        (YOUNG, Born.parse("1965", NOW), Born.parse("1972", NOW), Born.parse("1968", NOW))
                    )
                    counts.append(Count(group, APPOINTED, sex, born, 1))
            for stage in (STAFF, PLANNED, TRAINED):
                counts.append(Count(group, stage, "f", YOUNG, rng.randint(0, 4)))
        question = asked(*counts, share=rng.choice(("0.2", "0.3", "0.5")))
        for cautious in (True, False):
            made = question.answer(cautious=cautious)
            stocks = [question.stock(group, cautious=cautious) for group in groups]
            target = -(-question.share.numerator * made.posts // question.share.denominator)
            best = None
            most = 0
            for taken in itertools.product(*(range(max(0, stock.opening) + 1) for stock in stocks)):
                each = [needed(n, stock.stages, question.lost) for n, stock in zip(taken, stocks, strict=True)]
                if any(more[0] for more in each):
                    continue
                women = sum(stock.women_staying for stock in stocks) + sum(taken)
                most = max(most, women)
                cost = sum(sum(more[1:]) for more in each)
                if women >= target and (best is None or cost < best):
                    best = cost
            assert made.reached == (best is not None)
            if best is None:
                unreached += 1
                assert made.women_then == most
            else:
                assert (made.cost, made.women_then >= target) == (best, True)
    print(f"not reachable: {unreached}")
    assert unreached


def test_a_year_or_an_age_gives_bounds_that_every_month_lies_in() -> None:
    rng = random.Random(3)  # noqa: S311
    for _ in range(200 if PROOF else 40):
        sex = rng.choice(("f", "m"))
        first, end = Month(2026, rng.randint(1, 12)), Month(rng.randint(2027, 2034), rng.randint(1, 12))
        born = [Month(rng.randint(1960, 1976), rng.randint(1, 12)) for _ in range(12)]
        truth = sum(max(retires(AGES, sex, one), first) < end for one in born)
        exact = retiring([Count("", APPOINTED, sex, Born(one, one), 1) for one in born], AGES, sex, first, end)
        assert exact == Between(truth, truth)
        by_year = [Count("", APPOINTED, sex, Born.parse(str(one.year), first), 1) for one in born]
        bounds = retiring(by_year, AGES, sex, first, end)
        assert bounds.least <= truth <= bounds.most
        # As tight as a year allows: January goes first, December last.
        ends = [[max(retires(AGES, sex, Month(one.year, m)), first) < end for m in (1, 12)] for one in born]
        assert bounds == Between(sum(last for _first, last in ends), sum(first for first, _last in ends))


def test_retirements_year_by_year_add_up() -> None:
    """Women: 8/1970 at 57y4m in 12/2027, 5/1971 at 58y0m in 5/2029, 1971 between 9/2028 and 12/2029; a man of 6/1966
    should have gone at 60y9m in 2027: 61y9m is asked then, so in 3/2028; one of 1960 is long due and goes at once."""
    held = [("f", "8/1970", 2), ("f", "5/1971", 1), ("f", "1971", 4), ("m", "6/1966", 3), ("m", "1960", 1)]
    counts = [Count("sở", APPOINTED, sex, Born.parse(born, NOW), n) for sex, born, n in held]  # type: ignore[arg-type]
    told = {one.year: (one.women, one.men) for one in vacancies_ahead(asked(*counts))}
    none = Between(0, 0)
    assert told == {
        2026: (none, Between(1, 1)),
        2027: (Between(2, 2), none),
        2028: (Between(0, 4), Between(3, 3)),
        2029: (Between(1, 5), none),
        2030: (none, none),
    }
    assert retiring(counts, AGES, "f", NOW, BY) == Between(7, 7)


def test_what_is_open_is_taken_against_women_and_for_them() -> None:
    """Ten posts, 3 women, 7 men. A woman and a man of an open year: the cautious answer lets her go and him stay."""
    counts = [Count("sở", APPOINTED, "f", YOUNG, 2), Count("sở", APPOINTED, "f", Born.parse("1972", NOW), 1)]
    counts += [Count("sở", APPOINTED, "m", YOUNG, 6), Count("sở", APPOINTED, "m", Born.parse("1968-1969", NOW), 1)]
    counts += [Count("sở", STAFF, "f", YOUNG, 3), Count("sở", TRAINED, "f", Born.parse("50-60", NOW), 2)]
    made = plan(asked(*counts, share="0.3", lost=("0", "0", "0")))
    (cautious,), (kind,) = made.cautious.steps, made.kind.steps
    assert (cautious.stock.women_leaving, cautious.stock.men_leaving, cautious.stock.opening) == (1, 0, 1)
    assert (kind.stock.women_leaving, kind.stock.men_leaving, kind.stock.opening) == (0, 1, 1)
    assert (cautious.appointed, cautious.more) == (1, (0, 1, 1)) or (cautious.appointed, cautious.more) == (
        1,
        (1, 1, 1),
    )
    assert (kind.appointed, kind.more) == (0, (0, 0, 0))
    assert (cautious.stock.stages[2], kind.stock.stages[2]) == (0, 2)  # trained women of 50 to 60: perhaps
    assert {fault.code for fault in made.question.suppositions} == {
        "outlook.supposed_retirement", "outlook.supposed_losses", "outlook.supposed_bounds",
    }  # fmt: skip


def test_who_may_stand_is_asked_of_the_cycle_and_each_group_can_be_asked() -> None:
    """First time in 9/2030: women born from 9/1975 (55y0m). Two groups; each must have 30 % of ten."""
    standing = bar(EDITION, "cycle_2030", "province", "first_time")
    assert standing.oldest("f") == Month(1975, 9)
    counts = []
    for group, born in (("sở", "10/1975"), ("xã", "8/1975")):
        counts += [Count(group, POSTS, "m", YOUNG, 10), Count(group, APPOINTED, "m", YOUNG, 6)]
        counts += [Count(group, TRAINED, "f", Born.parse(born, NOW), 4)]
    question = asked(*counts, each=True, lost=("0", "0", "0"))
    assert question.answer(cautious=True).reached
    made = replace(question, bar=standing).answer(cautious=True)
    assert [one.appointed for one in made.steps] == [3, 0]
    assert (made.reached, made.short, made.target) == (False, 3, 6)
    together = plan(replace(question, bar=standing, each=False))
    assert [one.appointed for one in together.cautious.steps] == [4, 0]
    assert [fault.fields["women"] for fault in together.warnings] == [4]
    assert together.warnings[0].sentence()


def test_a_table_is_read_in_the_words_of_offices_and_every_fault_has_its_row(tmp_path: Path) -> None:
    good = tmp_path / "nguon.csv"
    good.write_text(
        "Nhóm chức danh;Bước;Giới tính;Năm sinh;Số người\n"
        "Sở;đang giữ chức danh;nữ;1971;3\nSở;Số vị trí;;;12\n"
        "Sở;quy hoạch;Nữ;9/1980;4\nSở;đào tạo, bồi dưỡng;nam;<40;2\n\nSở;nguồn;nữ;Từ 40 đến dưới 50 tuổi;7\n",
        encoding="utf-8",
    )
    counts, faults = read(good, WAY, NOW)
    assert not faults
    assert [(one.stage, one.sex, one.number) for one in counts] == [
        (3, "f", 3),
        (-1, "m", 12),
        (1, "f", 4),
        (2, "m", 2),
        (0, "f", 7),
    ]
    assert counts[0].born == Born(Month(1971, 1), Month(1971, 12))
    assert counts[4].born == Born.parse("40-49", NOW)  # a band of the pack, by its name
    assert counts[3].born == Born(Month(1987, 1), Month(2008, 12))  # 18 to 39 whole years of age in 12/2026
    bad = tmp_path / "sai.csv"
    bad.write_text(
        "group,stage,sex,born,count\nSở,thử việc,nữ,1971,1\nSở,appointed,x,1990-1971,-2\nSở,appointed,f,13/1971,\n"
        "Sở,posts,,,1\nSở,appointed,f,1971,2\n",
        encoding="utf-8",
    )
    _counts, faults = read(bad, WAY, NOW)
    assert [(fault.code, fault.place) for fault in faults] == [
        ("outlook.no_stage", "sai.csv:2"),
        ("outlook.no_sex", "sai.csv:3"), ("outlook.not_a_count", "sai.csv:3"), ("outlook.not_a_birth", "sai.csv:3"),
        ("outlook.not_a_count", "sai.csv:4"), ("outlook.not_a_birth", "sai.csv:4"),
        ("outlook.more_held_than_posts", "sai.csv:5"),
    ]  # fmt: skip
    for lang in ("vi", "en"):
        with speaking(lang):
            assert all(fault.sentence() for fault in faults)
    with pytest.raises(Refused) as refused:
        plan(Question(WAY, AGES, (), Fraction(2), NOW, NOW, (Fraction(1),)))
    assert [fault.code for fault in refused.value.faults] == [
        "outlook.share_asked", "outlook.losses_number", "outlook.lost_share", "outlook.pipeline_ends",
    ]  # fmt: skip
    with pytest.raises(Refused):
        pipeline_called(EDITION.pipelines, "none")
