"""T39: quarters, cumulated figures and years, figures told anew, two units made one: in the end the whole ledger is
attacked, by an attacker of atoms that shares nothing with the room (atoms.py)."""

from __future__ import annotations

import itertools

import numpy as np
from tests.conftest import PROOF
from tests.disclosure.atoms import Atoms

from tienbo.disclosure.cubes import Cube, Dimension, flat
from tienbo.disclosure.policy import Policy, Rule, Tier
from tienbo.disclosure.protect import protect
from tienbo.disclosure.tables import Earlier

SEQUENCES = 500 if PROOF else 3
RULE = Rule(k=5)
POLICY = Policy(dict.fromkeys(Tier, RULE))
QUARTERS = ("Q1", "Q2", "Q3", "Q4")
SPANS = {"Q1": 1, "Q2": 1, "Q3": 1, "Q4": 1, "H1": 2, "M9": 3, "year": 4}


def _time(until: int) -> Dimension:
    """Quarters that are over, and what is cumulated of them."""
    over = QUARTERS[:until]
    also = {name: over[:span] for name, span in SPANS.items() if 1 < span <= until}
    return Dimension("time", dict.fromkeys(over, ""), "time", also)


def test_no_release_in_a_sequence_tells_of_another():
    rng = np.random.default_rng(39)
    releases = looked = withheld = 0
    for number in range(SEQUENCES):
        places, sorts = int(rng.integers(3, 6)), int(rng.integers(1, 4))
        names = [f"P{n}" for n in range(places)]
        kinds = [f"T{n}" for n in range(sorts)]
        merges = bool(rng.integers(0, 2)) and places > 3
        truth = {key: int(rng.poisson(float(rng.gamma(2.0, 4.0)))) for key in itertools.product(names, kinds, QUARTERS)}
        reader, ledger = Atoms(), list[Earlier]()
        asked: dict[tuple[int, ...], tuple[str, int]] = {}
        for until in range(1, 5):
            merged = merges and until > 2
            for _ in range(int(rng.integers(1, 3))):
                if ledger and rng.integers(0, 2):  # a late case, or several
                    late = list(truth)[int(rng.integers(0, len(truth)))]
                    truth[late] = max(0, truth[late] + int(rng.integers(-2, 4)))
                time = _time(until)
                place = flat("place", names, "*", "place")
                if merged:
                    place = Dimension("place", place.parents, "place", {"M": ("P0", "P1")})
                cube = Cube(
                    (place, flat("sort", kinds, "*"), time),
                    {key: value for key, value in truth.items() if key[2] in time.parents},
                )
                told = set(
                    rng.choice(time.members, int(rng.integers(1, len(time.members) + 1)), replace=False).tolist()
                )
                apart = {"P0", "P1"} if merged else set()

                def is_printed(members: tuple[str, ...], told: set[str] = told, apart: set[str] = apart) -> bool:
                    return members[2] in told and members[0] not in apart

                owners = {"P0": "M", "P1": "M", "M": "M"} if merged else {}
                table = cube.table(is_printed, owners)
                plan = protect(table, tier=Tier.PUBLIC, policy=POLICY, earlier=ledger, insiders=number % 4 == 0)
                releases += 1
                if not plan.is_protected:
                    withheld += 1
                    continue
                ledger.append(Earlier(table, Tier.PUBLIC, frozenset(plan.hidden), plan.zeros))
                under = [{one: made.under(one) for one in made.members} for made in cube.dimensions]
                for key, cell in table.cells.items():
                    members = key.split("|")
                    leaves = itertools.product(*(under[n][one] for n, one in enumerate(members)))
                    atoms = tuple(sorted(reader.atom(leaf, truth[leaf]) for leaf in leaves))
                    if cell.printed and key not in plan.hidden:
                        reader.printed(atoms)
                    elif cell.printed and not plan.zeros:
                        reader.withheld(atoms)
                    if 0 < cell.value < RULE.k:
                        asked[atoms] = (key, cell.value)
        for atoms, (key, value) in asked.items():
            low, high = reader.bounds(dict.fromkeys(atoms, 1))
            assert low <= value <= high
            assert high > low, (number, key)
            assert high >= RULE.k, (number, key, low, high)
            looked += 1
    print(f"T39: {SEQUENCES} sequences, {releases} releases, {withheld} withheld, {looked} small counts looked for")
    assert withheld <= 0.1 * releases
