"""Bench: odds learnt and a nation forecast, sums over all councils, national plans of lists and of vacancies, a
what-if, projections of many histories.

Elections are made up, with a fixed seed, in the shape of those that were held: 184 units, 5 candidates for 3 seats or
4 for 2. The exact distribution of the women on 3,321 councils is held against the loop a user would write, seat by
seat, and against scipy's Wallenius generator drawing for all units at once: drawn, they are still off by
their chance, and all three means must agree within it.
"""

from __future__ import annotations

import functools
import random
import statistics
from collections.abc import Callable
from typing import Any

from bench.measure import Row, child, in_turn, median_ratio, say, timed

UNITS, COUNCILS, PER_COUNCIL = 184, 3321, 9
HISTORIES = 50 * 100
"""A commune's council of 25 seats is elected in about nine units, 5 for 3 or 4 for 2."""
DRAWS = 200
TIMES = 7


def rows(scale: float, times: int = TIMES) -> list[Row]:
    units, councils = max(int(UNITS * scale), 20), max(int(COUNCILS * scale), 3)
    learnt = child("bench.outlook:forecast_nation", units=units, times=times).answer
    plan = child("bench.outlook:plan_nation", units=units, times=max(times // 2, 1)).answer
    asked = child("bench.outlook:ask_what_if", units=units, times=times).answer
    page = child("bench.outlook:ask_page", units=units, times=times).answer
    posts = child("bench.outlook:plan_vacancies", units=councils, times=max(times // 2, 1)).answer
    ahead = child("bench.outlook:project_all", histories=max(int(HISTORIES * scale), 20)).answer
    summed = child("bench.outlook:sum_councils", councils=councils, times=max(times // 2, 1)).answer
    say(f"  means of {councils} councils: {summed['means']}")
    clock = "the clock, warm"
    return [
        Row(f"odds of {units} units learnt, the next election forecast", clock, learnt["seconds"], "s", gate=1.0,
            detail=f"mean {learnt['mean']:.1f}, 90 %: {learnt['low']} to {learnt['high']}"),
        Row(f"women on {councils:,} councils of 25 seats, exactly", clock, summed["seconds"], "s", gate=0.2,
            detail=f"chances of 0 to {summed['seats']:,} women"),
        Row(f"women on {councils:,} councils of 25 seats, exactly", f"a loop over seats, {DRAWS} draws",
            summed["loop"], "× faster", "at_least", detail=f"the loop {summed['loop_seconds']:.1f} s"),
        Row(f"women on {councils:,} councils of 25 seats, exactly", f"scipy's generator, {DRAWS} draws",
            summed["generator"], "× faster", "at_least", detail=f"the generator {summed['generator_seconds']:.2f} s"),
        Row(f"lists of {units} units planned, assurance 80 %", clock, plan["seconds"], "s", gate=5.0,
            detail=f"{plan['changes']} changes, chance {plan['chance']:.2f}; even and fewest"),
        Row("what if a unit had two women of five", clock, asked["ms"], "ms", gate=200.0,
            detail="unit, province and nation, with intervals"),
        Row("the same asked on the page", "the answer of the server, warm", page["ms"], "ms", gate=200.0,
            detail=f"{units} units brought as a table travel with each question, {page['kib']:.0f} KiB"),
        Row(f"vacancies of {councils:,} units planned, persons and bodies", clock, posts["seconds"], "s", gate=5.0,
            detail=f"{posts['changes']} posts change, in {posts['even']} units or in {posts['fewest']}; both plans"),
        Row(f"{ahead['histories']:,} histories of five to ten years projected", clock, ahead["seconds"], "s", gate=10.0,
            detail=f"50 indicators of 100 units, interval and chance each; {ahead['ms']:.2f} ms each"),
    ]  # fmt: skip


def _lists(units: int) -> list[Any]:
    from tienbo.outlook.elections import Contest

    rng = random.Random(2026)
    kinds = [(3, 5) if n % 4 else (2, 4) for n in range(units)]
    return [
        Contest(f"P{number // 3}", str(number), seats, candidates, rng.randint(0, candidates - 1))
        for number, (seats, candidates) in enumerate(kinds)
    ]


def _held(units: int) -> list[Any]:
    from dataclasses import replace

    rng = random.Random(2021)
    found = []
    for one in _lists(units):
        women, men = one.women, one.candidates - one.women
        for _seat in range(one.seats):
            if rng.random() * (0.36 * women + men) < 0.36 * women:
                women -= 1
            else:
                men -= 1
        found.append(replace(one, elected=one.seats, women_elected=one.women - women))
    return found


def _median(times: int, way: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the middle run and the last answer; once before, so that all is loaded."""
    way()
    seconds = []
    for _ in range(times):
        with timed() as took:
            made = way()
        seconds.append(took.seconds)
    return statistics.median(seconds), made


def forecast_nation(units: int, times: int) -> tuple[float, dict[str, Any]]:
    from tienbo.outlook.urn import fit, forecast

    before, lists = _held(units), _lists(units)

    def way() -> Any:
        made = forecast(lists, fit(before))
        return made, made.groups, made.units

    seconds, (made, _groups, _units) = _median(times, way)
    low, high = made.whole.interval(0.9)
    return seconds, {"seconds": seconds, "mean": made.whole.mean, "low": low, "high": high}


def plan_nation(units: int, times: int) -> tuple[float, dict[str, Any]]:
    from tienbo.outlook.nomination import Bounds, plan
    from tienbo.outlook.urn import fit

    lists, learnt = _lists(units), fit(_held(units))
    target = int(0.4 * sum(one.seats for one in lists))
    way = functools.partial(plan, lists, learnt, target=target, bounds=Bounds(1, 4), assurance=0.8)
    seconds, made = _median(times, way)
    return seconds, {"seconds": seconds, "changes": made.fewest.changes, "chance": made.fewest.chance}


def ask_what_if(units: int, times: int) -> tuple[float, dict[str, Any]]:
    from tienbo.outlook.urn import fit, forecast, what_if

    lists = _lists(units)
    made = forecast(lists, fit(_held(units)))
    number = next(n for n, one in enumerate(lists) if one.candidates == 5 and one.women != 2)

    def way() -> Any:
        changed = what_if(made, {number: (2, 5)})
        return [one.interval(0.9) for one in (changed.units[number], *changed.groups.values(), changed.whole)]

    seconds, _told = _median(times, way)
    return seconds, {"ms": seconds * 1000}


def ask_page(units: int, times: int) -> tuple[float, dict[str, Any]]:
    """The part of the page that answers what if: a whole request, from its form to its HTML."""
    import tempfile
    from dataclasses import replace
    from datetime import date
    from pathlib import Path
    from urllib.parse import urlencode

    from tienbo.project.desk import django_start, tables_make
    from tienbo.project.site import site_create

    with tempfile.TemporaryDirectory() as folder:
        site = replace(site_create(path=Path(folder) / "site", name="Để đo tốc độ"), sign_in="simple")
        site.save()
        django_start(Path(folder) / "site")
        tables_make()
        from django.db import connections
        from django.test import Client

        from tienbo.accounts.models import User
        from tienbo.outlook.elections import as_table
        from tienbo.units.models import Role
        from tienbo.units.services import grant_give, unit_create

        began = date(2025, 7, 1)
        nation = unit_create(kind="nation", name="Việt Nam", begins=began)
        replace(site, home_unit=nation.key, illustrative=True).save()
        user = User.objects.create_user("lanh-dao", "Lãnh đạo", "mat-khau-de-do-toc-do")
        grant_give(user=user, unit=nation, role=Role.ELECTIONS, begins=began)
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(user)
        lists = _lists(units)
        asked = {"lists": as_table(lists), "earlier": as_table(_held(units)), "least": "1", "most": "4"}
        asked |= {"drift": "0,15", "target": "35%"}
        asked |= {f"w{n}": str(one.women) for n, one in enumerate(lists)}
        asked |= {f"c{n}": str(one.candidates) for n, one in enumerate(lists)}
        number = next(n for n, one in enumerate(lists) if one.candidates == 5 and one.women != 2)
        asked[f"w{number}"] = "2"

        form, kind = urlencode(asked), "application/x-www-form-urlencoded"

        def way() -> Any:
            answer = client.post(
                "/2026-H1/take/lists/what-if/", form, content_type=kind, headers={"HX-Request": "true"}
            )
            if answer.status_code != 200 or b"<table" not in answer.content:
                raise AssertionError(f"the page answered {answer.status_code}")
            return answer

        seconds, _answer = _median(times, way)
        connections.close_all()
    return seconds, {"ms": seconds * 1000, "kib": len(form) / 1024}


def plan_vacancies(units: int, times: int) -> tuple[float, dict[str, Any]]:
    """A third of the posts to women and a woman in three of four units, from what opens in two years."""
    from datetime import date
    from fractions import Fraction

    from tienbo.outlook.vacancies import Body, Opening, plan

    rng = random.Random(1)
    bodies = []
    for number in range(units):
        women, men = rng.randint(0, 2), rng.randint(2, 5)
        leaving = Opening(None, rng.randint(0, women), rng.randint(0, min(men, 2)))
        bodies.append(Body(str(number), women + men + (number % 3 == 0), women, men, (leaving,)))
    way = functools.partial(
        plan, bodies, until=date(2028, 12, 31), persons=Fraction(1, 3), with_woman=Fraction(3, 4)
    )  # fmt: skip
    seconds, made = _median(times, way)
    asked = {"changes": made.even.changes, "even": made.even.units_changed, "fewest": made.fewest.units_changed}
    return seconds, {"seconds": seconds, **asked}


def project_all(histories: int) -> tuple[float, dict[str, Any]]:
    """Shares with their parts, told for five to ten years each, to 2030."""
    from tienbo.outlook.projection import Point, project

    rng = random.Random(2030)
    told = []
    for _ in range(histories):
        share, whole = rng.uniform(0.1, 0.6), rng.randint(20, 400)
        points = []
        for year in range(2026 - rng.randint(5, 10), 2026):
            share = min(max(share + rng.gauss(0.01, 0.02), 0.02), 0.98)
            points.append(Point(year, 100 * round(share * whole) / whole, whole))
        if len({one.value for one in points}) > 1:  # what never moves is refused, which costs nothing
            told.append(points)
    project(told[0], 2030)
    with timed() as took:
        for points in told:
            made = project(points, 2030)
            made.interval(0.9), made.chance(">=", 40)
    return took.seconds, {"seconds": took.seconds, "histories": len(told), "ms": took.seconds * 1000 / len(told)}


def sum_councils(councils: int, times: int) -> tuple[float, dict[str, Any]]:
    """The distribution of the women on all councils together, odds 0.36, and the two ways of drawing it."""
    import numpy as np
    from scipy.stats import nchypergeom_wallenius

    from tienbo.outlook.distributions import Distribution, total, urn

    rng = np.random.default_rng(3321)
    # 25 seats a council: seven units of three, two of two.
    draws = np.tile(np.array([3] * 7 + [2] * 2, dtype=np.int64), councils)
    women = rng.integers(0, draws + 3)
    men = draws + 2 - women
    odds = 0.36

    def exactly() -> Any:
        with timed() as took:
            counts = np.stack([women, men, draws], axis=1)
            kinds, numbers = np.unique(counts, axis=0, return_counts=True)
            chances = urn(kinds[:, 0], kinds[:, 1], kinds[:, 2], np.full(len(kinds), np.log(odds)))
            made = Distribution.of(total(chances, numbers))
        return took.seconds, made.mean, made.sd

    units = list(zip(women.tolist(), men.tolist(), draws.tolist(), strict=True))

    def by_loop() -> Any:
        drawn = random.Random(1)
        sums = []
        with timed() as took:
            for _draw in range(DRAWS):
                elected = 0
                for women_there, men_there, seats in units:
                    w, m = women_there, men_there
                    for _seat in range(seats):
                        if drawn.random() * (odds * w + m) < odds * w:
                            w -= 1
                            elected += 1
                        else:
                            m -= 1
                sums.append(elected)
        return took.seconds, statistics.fmean(sums), 0.0

    def by_generator() -> Any:
        drawn = np.random.default_rng(1)
        sums = np.zeros(DRAWS)
        with timed() as took:
            kinds, numbers = np.unique(np.stack([women, men, draws], axis=1), axis=0, return_counts=True)
            for (w, m, seats), number in zip(kinds.tolist(), numbers.tolist(), strict=True):
                size = (DRAWS, number)
                if w and m:
                    made = nchypergeom_wallenius.rvs(w + m, w, seats, odds, size=size, random_state=drawn)
                    sums += made.sum(axis=1)
                else:
                    sums += min(w, seats) * number
        return took.seconds, float(sums.mean()), 0.0

    exactly()
    mine, loop, generator = in_turn(times, exactly, by_loop, by_generator)
    (_, mean, sd), spread = mine[0], 5 / DRAWS**0.5
    for name, way in (("the loop", loop), ("the generator", generator)):
        if abs(way[0][1] - mean) > spread * sd:
            raise AssertionError(f"{name} has the mean {way[0][1]}, added up it is {mean}")
    seconds = [[ran[0] for ran in way] for way in (mine, loop, generator)]
    return sum(seconds[0]), {
        "seconds": statistics.median(seconds[0]),
        "loop": median_ratio(seconds[1], seconds[0]),
        "generator": median_ratio(seconds[2], seconds[0]),
        "loop_seconds": statistics.median(seconds[1]),
        "generator_seconds": statistics.median(seconds[2]),
        "seats": int(draws.sum()),
        "means": f"{mean:.1f} ± {sd:.1f}; drawn {loop[0][1]:.1f}, {generator[0][1]:.1f}",
    }
