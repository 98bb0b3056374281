"""Which backups are kept: worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tienbo.core.faults import Refused
from tienbo.project.rotation import backups_prune, kept
from tienbo.project.site import pause_said, site_create, site_open


def at(day: str, hour: int = 20) -> datetime:
    """In UTC: 20:00 is 03:00 of the next day in Viet Nam."""
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00+00:00")


def test_the_newest_of_each_day_week_and_month_is_kept() -> None:
    """Days of Viet Nam. 2026-06-07 is a Sunday, the last day of week 23; the 8th begins week 24."""
    moments = [
        at("2026-05-30", 1),  # 30/5, Saturday of week 22: the newest of May, and of its week
        at("2026-06-01", 1),  # 1/6, week 23
        at("2026-06-06", 1),  # 6/6, week 23
        at("2026-06-06", 20),  # 7/6 already: the newest of week 23
        at("2026-06-08", 1),
        at("2026-06-08", 2),  # the newest of 8/6
        at("2026-06-09", 2),
    ]
    assert kept(moments, "2d") == {at("2026-06-09", 2), at("2026-06-08", 2)}
    assert kept(moments, "1d 3w") == {at("2026-06-09", 2), at("2026-06-06", 20), at("2026-05-30", 1)}
    assert kept(moments, "2m") == {at("2026-06-09", 2), at("2026-05-30", 1)}
    assert kept(moments, "3d 9w 9m") == {
        at("2026-06-09", 2),
        at("2026-06-08", 2),
        at("2026-06-06", 20),
        at("2026-05-30", 1),
    }
    assert kept(moments, "") == set(moments)


def test_what_the_rule_does_not_keep_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    site, folder = site_create(path=tmp_path / "kho-a"), tmp_path / "sao"
    folder.mkdir()
    names = {
        number: f"kho-a-{at('2026-06-01') + timedelta(days=number):%Y%m%dT%H%M%S}000Z.tienbo.age"
        for number in range(40)
    }
    others = ["kho-a-b-20200101T000000000Z.tienbo.age", "kho-20200101T000000000Z.tienbo.age", "ghi chú.txt"]
    others += [".kho-a-20200101T000000000Z.tienbo.age.part", "kho-a-hôm qua.tienbo.age"]
    for name in (*names.values(), *others):
        (folder / name).write_text("x")
    (tmp_path / "kho-a" / "tienbo.toml").write_text(
        (tmp_path / "kho-a" / "tienbo.toml").read_text().replace("14d 8w 12m", "3d 2m")
    )
    gone = backups_prune(site=site_open(site.path), folder=folder, spared={names[5]})
    # 3 days: 39, 38, 37; of June the newest is the 29th, which began at 03:00 of 30/6 in Viet Nam; 5 is spared.
    left = {names[39], names[38], names[37], names[28], names[5]}
    assert {path.name for path in folder.iterdir()} == {*left, *others}
    assert set(gone) == set(names.values()) - left


@pytest.mark.parametrize(("line", "words"), [('backups_kept = "nhiều"', "14d 8w 12m"), ('backup_every = "0s"', "24h")])
def test_a_rule_that_says_nothing_is_refused(tmp_path: Path, line: str, words: str) -> None:
    site = site_create(path=tmp_path / "kho")
    name = line.partition(" ")[0]
    file = site.path / "tienbo.toml"
    kept_lines = [one for one in file.read_text().splitlines() if not one.startswith(name)]
    file.write_text("\n".join([*kept_lines, line]))
    with pytest.raises(Refused) as told:
        site_open(site.path)
    assert words in told.value.faults[0].sentence()
    assert pause_said("") == timedelta(days=1)
