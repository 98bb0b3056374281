"""T35: whatever a command writes, hands out, or shows of class C3 has its event, with who did it, by which command, and
what came of it; what was refused has none. The list of commands is the program's own: a new one is in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROOF
from tests.journeys.conftest import Road

from tienbo.project.cli import commands, parser
from tienbo.project.leaving import LEAVES

HERE = Path(__file__)
FEW = (
    "site home", "values", "users add", "users close", "processing register", "settings decide", "requests note",
    "requests show", "tasks list", "disclosure audit", "retention due",
)  # fmt: skip
"""What is asked in the small run: one of each kind of thing that a command leaves, and one that is refused."""


def test_every_command_says_what_it_leaves() -> None:
    assert set(LEAVES) == {words for words, _command in commands(parser())}


@pytest.mark.proof
def test_what_commands_do_has_its_event_and_what_was_refused_has_none(road: Road, tmp_path: Path) -> None:
    if (road.site / "db.sqlite3").exists() is False:
        pytest.skip("the site of this run is on PostgreSQL, whose database is not copied")
    site = tmp_path / "kho"
    shutil.copytree(road.site, site)
    environment = {**road.environ(), "TIENBO_SITE": str(site), "DJANGO_SETTINGS_MODULE": "tienbo.project.settings"}
    words = [HERE.with_name("every_command.py"), site, tmp_path, road.books[1], "" if PROOF else ",".join(FEW)]
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True, text=True, check=False, env={**environment, "PYTHONPATH": str(HERE.parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout)
    assert said["missing"] == []
    refused = [one["words"] for one in said["told"] if one["status"]]
    print(len(said["told"]), "asked;", len(refused), "refused:", refused)
    for one in said["told"]:
        _looked_at(one, said["person"])


def _looked_at(one: dict[str, Any], person: str) -> None:
    words, door = one["words"], f"command:{one['words']}"
    rows, notes = one["rows"], one["notes"]
    assert set(one["wrote"]) <= {table for table, _person, _door in rows}, one
    assert {(who, by) for _table, who, by in rows} <= {(person, door)}, one
    assert {(who, by) for _kind, who, by, _details in notes} <= {(person, door)}, one
    assert one["status"] != 2, one
    if one["status"] and words not in KEPT_AS_IT_IS:
        assert (rows, notes) == ([], []), one
        return
    kinds = [kind for kind, *_rest in notes]
    left = LEAVES[words]
    if left == "rows":
        assert rows or words in MAY_CHANGE_NOTHING, one
    elif left == "settings":
        assert "settings" in kinds, one
    elif left in ("file", "whole"):
        assert kinds in (["export"], ["read"]), one
        assert left == "file" or door in notes[0][3], one
    elif left == "own":
        assert kinds or rows, one
    elif left == "program":
        assert not kinds, one


KEPT_AS_IT_IS = {"register kind bring"}
"""What is told as wrong, and kept all the same."""
MAY_CHANGE_NOTHING = {
    "register recount",
    "tasks hand-over",
    "decide accept",
    "receive",
    "register receive",
    "campaign open",
}
"""Commands that may find everything as they would make it."""
