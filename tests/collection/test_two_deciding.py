"""Two people decide on one return at one moment: one answer, and one explanation for whoever was second."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.collection.conftest import H1, House
from tests.collection.test_deciding import A, B, names, seen
from tests.conftest import PROOF

from tienbo.accounts.actors import operator
from tienbo.collection.deciding import OVERTAKEN, seen_accept, seen_ask_supplement
from tienbo.collection.models import Decision
from tienbo.core.faults import Refused
from tienbo.ground.reach import reaching_everywhere

ROUNDS = 40 if PROOF else 5
ON_POSTGRESQL = "TIENBO_DATABASE" in os.environ
pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=ON_POSTGRESQL)]
"""Other connections see what was committed; of SQLite they see a copy, and a table that keeps its rows for good is not
emptied there."""


def _shared(path: Path) -> dict[str, str]:
    """Where others find this test's database: SQLite keeps it in memory, which no second connection shares as it would
    share a file, so a copy is made."""
    if ON_POSTGRESQL:
        return {}
    path.unlink(missing_ok=True)
    path.write_bytes(connection.cursor().connection.serialize())
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("PRAGMA journal_mode=WAL")
    return {"NAME": str(path)}


def _apart(where: dict[str, str], does: Callable[[], Any]) -> Any:
    """What `does` answers on a connection of its own."""
    connection.settings_dict = {**connection.settings_dict, **where}
    try:
        with reaching_everywhere("as a command does"):
            return does()
    finally:
        connection.close()


def test_two_at_once_get_one_answer_and_one_explanation(house: House, tmp_path: Path) -> None:
    called, firsts = names(house), Counter[str]()
    for number in range(ROUNDS):
        for unit in (A, B):
            house.send(unit, staff__total=40 + number)
        chosen, gate = [seen(house, A), seen(house, B)], threading.Barrier(2)

        def decide(name: str, chosen: Any = chosen, gate: Any = gate) -> Refused | None:
            said: Any = {"roots": [house.root], "period": H1, "actor": operator(name), "names": called}
            gate.wait(10)
            try:
                if name == "một":
                    seen_accept(seen=chosen, **said)
                else:
                    seen_ask_supplement(seen=chosen[-1], note="Bổ sung", **said)
            except Refused as refused:
                return refused
            return None

        def decided(after: int = chosen[-1].decision) -> list[str]:
            return sorted(Decision.objects.filter(pk__gt=after).values_list("act", flat=True))

        where = _shared(tmp_path / "chung.sqlite3")
        with ThreadPoolExecutor(2) as people:
            one, two = people.map(lambda name: _apart(where, lambda: decide(name)), ("một", "hai"))  # noqa: B023
            acts = people.submit(_apart, where, decided).result()
        assert (one is None) != (two is None), "one is answered, one is told"
        told = one or two
        assert {fault.code for fault in told.faults} <= OVERTAKEN
        assert ("hai" if one else "một") in told.faults[0].sentence()
        assert acts == (["ask_supplement"] if one else ["accept", "accept"]), "nothing of the second counts"
        firsts["hai" if one else "một"] += 1
    assert sum(firsts.values()) == ROUNDS
