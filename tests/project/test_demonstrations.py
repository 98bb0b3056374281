"""Whole demonstrations, made by the command as people make them: each in a process of its own."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

pytestmark = pytest.mark.documents

ROOT = Path(__file__).resolve().parents[2]
TIENBO = (sys.executable, "-m", "tienbo.project.cli")


def tienbo(*words: object) -> str:
    done = subprocess.run(
        [*TIENBO, *map(str, words)], capture_output=True, text=True, cwd=ROOT, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def values(site: Path, unit: str, period: str) -> dict[str, dict[str, Any]]:
    found = json.loads(tienbo("values", "--site", site, "--unit", unit, "--period", period, "--json"))
    return {row["indicator"]: row for row in found}


def _text(paper: Path) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(paper).pages))


@pytest.fixture(scope="module")
def quynh_luu(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("quynh-luu") / "site"
    tienbo("demo", site, "--what", "quynh-luu")
    return site


def test_quynh_luu_says_the_published_figures_and_nothing_else(quynh_luu: Path) -> None:
    found = values(quynh_luu, "Quỳnh Lưu", "2014-H1")
    plain = {code: (float(row["value"]), row["qualifier"]) for code, row in found.items() if row["status"] == "value"}
    # Báo Nghệ An, 2/7/2014: 21 lớp, trên 3.000 lượt người, 1.100 việc làm (nữ 62 %), 33/33 xã có Ban, một mô hình.
    assert plain["training.classes"] == (21, "exact")
    assert plain["training.attendances"] == (3000, "at_least")
    assert plain["jobs.new"] == (1100, "exact")
    assert plain["committee.communes_share"] == (100, "exact")
    assert plain["gbv.models.active"] == (1, "exact")
    assert {value for value, _qualifier in plain.values()} <= {21, 3000, 1100, 62, 33, 100, 1}


def test_the_report_of_quynh_luu_has_no_figure_that_was_not_published(quynh_luu: Path) -> None:
    (paper,) = (quynh_luu / "out").glob("*.pdf")
    text = _text(paper)
    for words in ("21 lớp", "trên 3.000", "1.100", "62", "33/33", "Sơn Hải"):
        assert words in text
    assert "số liệu minh họa" not in text.casefold()


def test_make_run_leaves_a_folder_alone_that_it_did_not_make(tmp_path: Path) -> None:
    mine = tmp_path / "demonstration" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    done = subprocess.run([ROOT / "scripts" / "run", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "was not made by" in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


@pytest.mark.proof
def test_the_whole_province_takes_the_road_and_the_table_tells_each_file(tmp_path: Path) -> None:
    site = tmp_path / "site"
    tienbo("demo", site)
    rows = list(
        csv.reader((site / "out" / "ket-qua-tiep-nhan.csv").read_text("utf-8-sig").splitlines(), delimiter=";")
    )[2:]
    sent = [row for row in rows if row[1]]
    in_2026 = {row[2] or row[1] for row in rows if row[0] == "2026-H1" and "/co-loi/" not in row[1]}
    refused = [row for row in sent if "/co-loi/" in row[1]]
    assert len(sent) > 800
    assert 127 <= len(in_2026) <= 132
    assert all(row[5] for row in refused)
    assert not any(row[5] for row in sent if "/co-loi/" not in row[1])
    found = values(site, "Tỉnh Lạc Giang", "2026-H1")
    assert found["direction.documents"]["units_due"] == 132
    assert found["direction.documents"]["units_reported"] > 115
    assert values(site, "Tỉnh Trung Lĩnh", "2025-H1")["training.classes"]["status"] == "value"
    assert values(site, "Tỉnh Lạc Giang", "2025")["training.classes"]["status"] == "not_comparable"
    for paper in (site / "out").glob("*.pdf"):
        for page in PdfReader(paper).pages:
            assert "số liệu minh họa" in re.sub(r"\s+", " ", page.extract_text()).casefold(), paper.name
    tienbo("check", "--site", site)
