"""A site whose disk fails, whose log is torn, whose server or database is killed (T03 to T05): what was acknowledged is
there, nothing is there by halves, and it goes on by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROOF
from tests.web.browser import ROOT, environment, make_site

from tienbo.project.backup import key_make
from tienbo.project.site import site_open

POINTS = 60 if PROOF else 2
"""Calls of each operation that fail in turn."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world as a site that backs itself up; copied, never worked in."""
    folder = tmp_path_factory.mktemp("crashes")
    make_site(folder / "site")
    site = site_open(folder / "site")
    replace(site, backup_key=key_make(folder / "key")).save()
    return site.path


def copied(kept: Path, folder: Path) -> Path:
    site = Path(shutil.copytree(kept, folder / "site"))
    (folder / "backups").mkdir()
    replace(site_open(site), backups=str(folder / "backups")).save()
    return site


def run(module: str, *words: object, **more: str) -> Any:
    """What a program of the tests prints, as JSON."""
    command = [sys.executable, "-m", f"tests.journeys.{module}", *map(str, words)]
    done = subprocess.run(command, env={**environment(), **more}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disk that fails on demand, compiled."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler: apt-get install gcc")
    made = tmp_path_factory.mktemp("disk") / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", made, source, "-ldl"], check=True)
    return made


def test_a_disk_that_fails_is_told_in_words_and_the_same_act_goes_through_once_it_is_well(
    kept: Path, failing_disk: Path, tmp_path: Path
) -> None:
    site = copied(kept, tmp_path)
    told: Mapping[str, Any] = run("disk_fails", site, failing_disk, POINTS, LD_PRELOAD=str(failing_disk))
    assert told["wrong"] == []
    assert all(told["operations"].values()), told["operations"]  # each of them writes
    assert told["tried"] >= 10 * POINTS / 2
    assert told["failed"] > told["tried"] / 3  # the disk did fail
