"""A site that is backed up, lost, and restored by one command into an empty box is the site it was, and its journal
holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.journeys.conftest import Road, Terminal

from tienbo.ground.heads import NAME
from tienbo.project.backup import backup_verify, key_read


@pytest.mark.database
def test_a_site_is_restored_by_one_command_and_its_journal_holds(
    road: Road, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    key, backups = tmp_path / "khoá", tmp_path / "sao"
    made, kept, saved, done = road.run_each(
        [
            ("backup-key", key, "--json"),
            ("journal", "head", "--json"),
            ("values", "--unit", "Tỉnh Sông Mây", "--period", "2026-H1", "--json"),
            ("backup", "--to", backups, "--json"),
        ]
    )
    assert (made.code, kept.code, saved.code, done.code) == (0, 0, 0, 0), (made.err, kept.err, saved.err, done.err)
    tried = backup_verify(path=Path(done.json["path"]), identity=key_read(key))
    assert tried.faults == []
    site, address = tmp_path / "mới", new_database()
    words = ["--database", address] if address else []
    restored = road.run("restore", done.json["path"], site, "--key", key, *words, "--json").json
    assert restored["journal_head"] == tried.manifest["journal_head"]
    there = Terminal(tmp_path, road.loaded, site)
    check, verified, values, again = there.run_each(
        [
            ("check", "--json"),
            ("journal", "verify", "--head", kept.json["head"], "--json"),
            ("values", "--unit", "Tỉnh Sông Mây", "--period", "2026-H1", "--json"),
            ("receive", road.books[0], "--period", "2026-H1", "--json"),
        ]
    )
    assert check.code == 0, check.err
    assert verified.json["holds"], verified.err
    assert verified.json["heads"] == 2  # the one that was typed, and the one in the backup
    assert (site / "heads" / NAME).exists()
    assert values.json == saved.json
    # The same bytes again have the receipt they had.
    assert '"again"' in again.out
