"""T25 on a few acts of a day, of people and of programs: no address writes what its form does not offer (`assigned`).
With TIENBO_PROOF each post of every test of pages and programs is tried so (`conftest`)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.registers.test_registers import CLASS
from tests.web.assigned import Assigning
from tests.web.world import PERIOD, World

from tienbo.catalogue.loading import load
from tienbo.registers.models import Record

CELL = "figure/members:women"


@pytest.mark.django_db
def test_a_post_writes_nothing_that_its_form_does_not_offer(world: World, sit: Callable[[str], Client]) -> None:
    commune, preparer = world.communes[0], sit("preparer")
    save = {"device": "a", "since": -1, "saves": [{"key": "k", "changes": {CELL: ["", "5"]}}]}
    with Assigning().watching() as tries:
        assert preparer.post(f"/{PERIOD}/registers/training.class/new/", CLASS).status_code == 302
        record = Record.objects.get()
        moved = {"move": "hold", "seen": "1"}
        assert preparer.post(f"/{PERIOD}/registers/training.class/{record.key}/move/", moved).status_code == 302
        assert preparer.post(f"/entry/{commune.key}/{PERIOD}/save/", save, "application/json").status_code == 200
    assert tries.written == {}
    assert {one for _at, one in tries.offered} <= {one.code for one in load("vn").registers["training.class"].asked}
    assert sum(tries.effective.values()) == 3, "each went through with everything sent along"
