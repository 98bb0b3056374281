"""A form in LibreOffice: it opens, prints on two pages of A4 that can be read, and comes back from every format."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.papers.typeface import environment
from tests.papers.workbook.desk import H1, H2, blank, edition, faults, filled, reading
from tests.papers.workbook.test_people import FIGURES, SAID

from tienbo.core.periods import Period

pytestmark = [
    pytest.mark.documents,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
]
A4 = (595.3, 841.9)
READABLE = 8.2
"""Points from the foot to the head of a line, as a PDF reader measures it: print of 7.4 points."""


def converted(files: Mapping[str, bytes], kind: str, folder: Path) -> dict[str, bytes]:
    """What LibreOffice makes of workbooks, by name; all in one go, as starting it is what takes long."""
    out = folder / "out"
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
    command += ["--convert-to", kind, "--outdir", str(out), *(str(folder / name) for name in files)]
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment(folder))
    return {path.stem: path.read_bytes() for path in out.iterdir()}


# ------------------------------------------------------------------------------------------------------- on paper


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every form of the pack as it is printed blank, in the half of the year that asks more."""
    folder = tmp_path_factory.mktemp("printed")
    files = {}
    for code, form in edition("vn").forms.items():
        period = H2 if form.is_used(H2) else Period.parse(str(form.last))
        assert period.half == 2
        files[f"{code}.xlsx"] = blank(code, period, "vn")
    converted(files, "pdf", folder)
    return {path.stem: path for path in (folder / "out").iterdir()}


def test_every_form_opens_and_prints(printed: dict[str, Path]) -> None:
    assert printed.keys() == edition("vn").forms.keys()


@pytest.mark.parametrize("form", edition("vn").forms)
def test_a_form_is_at_most_two_pages_of_a4_that_can_be_read(printed: dict[str, Path], form: str) -> None:
    pages = PdfReader(printed[form]).pages
    assert 1 <= len(pages) <= 2
    for number, page in enumerate(pages, 1):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4, abs=1)
        heights = line_heights(printed[form], number)
        assert sorted(heights)[len(heights) // 2] >= READABLE, f"page {number}"


def line_heights(path: Path, page: int) -> list[float]:
    command = ["pdftotext", "-bbox", "-f", str(page), "-l", str(page), str(path), "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(b) - float(a) for a, b in re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)"', text)]


@pytest.mark.parametrize("form", edition("vn").forms)
def test_the_print_carries_what_an_official_form_carries(printed: dict[str, Path], form: str) -> None:
    made = edition("vn").forms[form]
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(printed[form]).pages).split())
    wanted = [
        made.number,
        "Đơn vị báo cáo: UBND xã Yên Hạ",
        "Đơn vị nhận báo cáo:",
        "Kỳ báo cáo: 6 tháng cuối năm",
        "Số liệu tính đến ngày",
        str(made.signers[0].vi),
        str(made.signers[1].vi),
        *(sheet.number for sheet in made.sheets),
    ]
    for words in wanted:
        assert words in text
    assert "###" not in text  # a figure wider than its column


# -------------------------------------------------------------------------------------------------- there and back


@pytest.fixture(scope="module")
def small() -> bytes:
    return filled(
        blank(),
        {**FIGURES, "t:highlight@d": "Hai mô hình.\nMột câu lạc bộ.", "l:staff@q": "ước", "m:as_of@d": "31/5/2026"},
    )


@pytest.mark.parametrize("kind", ["ods", "xls", "xlsx"])
def test_a_form_saved_by_libreoffice_says_the_same(small: bytes, kind: str, tmp_path: Path) -> None:
    from tests.papers.workbook.test_roundtrip import plain, shape

    big = blank("xa", H1, "vn")
    (saved, saved_big) = (converted({"a.xlsx": small, "b.xlsx": big}, kind, tmp_path)[name] for name in "ab")
    before, after = reading(small).content, reading(saved).content
    assert before is not None
    assert after is not None
    assert after.as_json() == before.as_json()
    assert faults(saved) == []
    assert set(SAID) == after.figures.keys()
    # A blank form of a commune comes back blank, and whole: its formulas were calculated, and none was read.
    held = reading(saved_big, pack="vn")
    assert held.content is not None
    assert plain(held.content).figures == {}
    assert {fault.code for fault in held.faults} <= {"return.not_filled_in"}
    assert shape(("vn", "xa", H1)).form.code == held.content.form


def test_libreoffice_keeps_errors_and_percentages_visible(tmp_path: Path) -> None:
    data = filled(blank(), {"staff:total": "=1/0", "staff:women": "=2*3", "share:total": "41,5%"})
    for kind in ("ods", "xls", "xlsx"):
        folder = tmp_path / kind
        folder.mkdir()
        saved = converted({"a.xlsx": data}, kind, folder)["a"]
        assert faults(saved) == [("workbook.error_cell", "Biểu 01!E12")]
        content = reading(saved).content
        assert content is not None
        assert {address: str(f.value) for address, f in content.figures.items()} == {
            "staff:women": "6",
            "share:total": "41.5",
        }
