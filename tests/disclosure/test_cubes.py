"""T37, T38 and T42: cubes as sparse as recorded violence is, protected, and attacked by somebody else's hand."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.conftest import PROOF
from tests.disclosure.making import any_cube, cube

from tienbo.disclosure.attacker import attack, every_table
from tienbo.disclosure.policy import Policy, Rule, Tier, needs
from tienbo.disclosure.protect import protect
from tienbo.disclosure.tables import MARKER
from tienbo.disclosure.views import targets_of, view_of

CUBES, INSIDER_TABLES = (2000, 300) if PROOF else (6, 3)
ZEROS, NO_ZEROS = Rule(k=5, zeros_hide=True), Rule(k=5)
TEN = Rule(k=10)
RULES = {Tier.GOVERNMENT: ZEROS, Tier.PARTNER: TEN, Tier.PUBLIC: NO_ZEROS}
POLICY = Policy(RULES)


def test_nobody_outside_finds_a_small_count():
    """0 found exactly, 0 found to be below k; pooled, at most twice as many hidden as are small."""
    rng = np.random.default_rng(37)
    primary = hidden = kept = margins = 0
    for n in range(CUBES):
        table = any_cube(rng, small=not PROOF).table()
        tier = list(RULES)[n % 3]
        plan = protect(table, tier=tier, policy=POLICY, insiders=False)
        assert plan.is_protected, n
        targets = targets_of(table, RULES[tier])
        assert attack(view_of(table, plan.hidden, plan.zeros), targets, insiders=False) == [], n
        primary, hidden = primary + len(plan.primary), hidden + len(plan.hidden)
        small = {one.key for one in needs(table, RULES[tier])}
        publishable = [key for key, cell in table.cells.items() if cell.level and key not in small]
        kept, margins = kept + sum(key not in plan.hidden for key in publishable), margins + len(publishable)
        if (n + 1) % 100 == 0 or n + 1 == CUBES:
            print(
                f"T37: {n + 1} cubes, {primary} primary, {hidden} hidden, {kept} of {margins} margins kept", flush=True
            )
    assert hidden <= 2 * primary
    assert kept >= 0.85 * margins


def test_no_unit_that_knows_its_own_finds_anothers():
    rng = np.random.default_rng(38)
    primary = hidden = attacks = 0
    for n in range(INSIDER_TABLES):
        places = int(rng.integers(4, 35 if PROOF else 9))
        made = cube(rng, places * float(rng.uniform(10, 60)), places, int(rng.integers(2, 5)), 4 if n % 5 == 4 else 1)
        table = made.table()
        tier = list(RULES)[n % 3]
        plan = protect(table, tier=tier, policy=POLICY)
        assert plan.is_protected, n
        targets = targets_of(table, RULES[tier])
        assert attack(view_of(table, plan.hidden, plan.zeros), targets) == [], n
        primary, hidden = primary + len(plan.primary), hidden + len(plan.hidden)
        attacks += len(targets) * places
        if (n + 1) % 20 == 0 or n + 1 == INSIDER_TABLES:
            print(f"T38: {n + 1} tables, {primary} primary, {hidden} hidden, {attacks} attacks", flush=True)
    assert hidden <= 2.5 * primary


def test_going_through_every_table_finds_no_more():
    """Small tables: what a hidden small count may be, by enumeration, reaches from next to nothing to k."""
    rng = np.random.default_rng(39)
    looked = 0
    for _ in range(60 if PROOF else 8):
        table = cube(rng, 90.0, 3, 3).table()
        plan = protect(table, tier=Tier.PUBLIC, policy=POLICY, insiders=False)
        view = view_of(table, plan.hidden, plan.zeros)
        if not 0 < len(view.unknown) <= 9:
            continue
        try:
            every = every_table(view, 60_000)
        except (OverflowError, ValueError):
            continue
        looked += 1
        for need in needs(table, NO_ZEROS):
            assert len(every[need.key]) > 1
            assert max(every[need.key]) >= NO_ZEROS.k
    assert looked >= 3


@pytest.mark.parametrize(
    ("places", "times", "insiders", "most"),
    [(12, 4, False, 5.0), pytest.param(12, 4, True, 60.0, marks=pytest.mark.proof)],
)
def test_a_provinces_cube_is_protected_while_one_waits(places, times, insiders, most):
    """12 clusters × 4 sorts × 4 quarters of one province, 325 cells."""
    table = cube(np.random.default_rng(5), 350.0, places, 4, times).table()
    started = time.process_time()
    plan = protect(table, tier=Tier.GOVERNMENT, policy=POLICY, insiders=insiders)
    spent = time.process_time() - started
    print(f"{len(table.cells)} cells, {len(plan.primary)} primary, insiders {insiders}: {spent:.2f} s")
    assert plan.is_protected
    assert spent <= most


def test_the_plan_is_of_the_table_and_not_of_its_order():
    made = cube(np.random.default_rng(7), 200.0, 8, 3)
    turned = type(made)(made.dimensions, dict(reversed(made.counts.items())))
    plan = protect(made.table(), tier=Tier.PUBLIC, policy=POLICY)
    assert plan.fingerprint == protect(turned.table(), tier=Tier.PUBLIC, policy=POLICY).fingerprint


def test_markers_are_alike_whatever_they_hide():
    """Order, width and number of letters say nothing: a row of hidden figures reads the same whatever they are."""
    rng = np.random.default_rng(8)
    table = cube(rng, 120.0, 6, 3).table()
    plan = protect(table, tier=Tier.PUBLIC, policy=POLICY)
    assert {plan.shown(key, str(table.cells[key].value)) for key in plan.hidden} == {MARKER}
