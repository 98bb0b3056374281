"""`tienbo norms`: what is asked, and who does not satisfy it, as a table, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from tests.web.conftest import built, opened, world  # noqa: F401 - the small world, made once for this file
from tests.web.test_norms import furnish
from tests.web.world import PERIOD, World

from tienbo.project.cli import main
from tienbo.project.commands import norms as command
from tienbo.project.desk import Desk
from tienbo.project.site import Site


@pytest.mark.django_db
def test_norms_are_told_as_the_pages_tell_them(
    world: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    unit = furnish(world)
    desk = Desk(Site(tmp_path, "x" * 50, home_unit=world.province.key))
    monkeypatch.setattr(Desk, "stores", world.stores)
    monkeypatch.setattr(command.Desk, "open", lambda _path: desk)

    def run(*words: str, code: int = 0) -> str:
        assert main(["norms", *words, "--period", str(PERIOD)]) == code
        return capsys.readouterr().out

    asked = {one["norm"]: one for one in json.loads(run("list", "--json"))}
    assert asked["party.committee"]["confidence"] == "unconfirmed"
    assert (asked["lists.hdnd"]["asks"][:15], asked["lists.hdnd"]["document"]) == (
        "Ít nhất 35% ngư", "Luật 83/2025/QH15 (24/6/2025)",
    )  # fmt: skip
    assert asked["lists.hdnd"]["not_met"] == 1
    rows = list(csv.DictReader(io.StringIO(run("unmet", "--format", "csv", "--unit", "Xã Kể Hết"))))
    assert {(one["norm"], one["since"], one["figures_of"]) for one in rows} == {
        ("rule30", "2026-H1", "2026-H1"),
        ("lists.hdnd", "2026-H1", "2026-H1"),
        ("planning.women", "2025-H2", "2025-H2"),
        ("key_leader.ubnd", "2026-H1", "2026-H1"),
        ("media.each_quarter", "2026-H1", "2026-H1"),
    }
    assert all(one["unit"] == unit.key for one in rows)
    table = run("unmet", "--norm", "rule30", "--also-not-told")
    assert "Cơ quan HĐND, UBND xã" in table
    assert "chưa tính được" in table
    assert run("unmet", "--norm", "khong.co", code=1) == ""
