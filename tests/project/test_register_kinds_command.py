"""`tienbo register kind`: a register of one's own from a sheet, with no page opened; and records counted anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.registers.test_tasks import province
from tests.web.test_kinds import FIELDS, HEAD, STATES

from tienbo.project.cli import main
from tienbo.project.commands import register_kinds as command
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.registers.kind_models import OwnKind


@pytest.mark.django_db
def test_a_sheet_becomes_a_register_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path, "x" * 50, home_unit=province().key)
    monkeypatch.setattr(command.Desk, "open", lambda _path: Desk(site))

    def run(*words: str, code: int = 0) -> str:
        assert main(["register", *words]) == code
        return capsys.readouterr().out

    blank, filled, again = (str(tmp_path / name) for name in ("trống.xlsx", "điền.xlsx", "lại.xlsx"))
    run("kind", "sheet", "-o", blank)
    assert json.loads(run("kind", "check", blank, "--json", code=1))["faults"]
    fill(blank, filled)
    assert json.loads(run("kind", "check", filled, "--json"))["faults"] == []
    assert json.loads(run("kind", "list", "--json")) == []
    key = json.loads(run("kind", "bring", filled, "--json"))["register"]
    code = json.loads(run("kind", "use", key, "--from", "1/1/2026", "--json"))["code"]
    assert code.startswith("own.")
    (listed,) = json.loads(run("kind", "list", "--json"))
    assert (listed["code"], listed["in_use_from"], listed["faults"]) == (code, "2026-01-01", 0)
    # What goes out comes back as it is, and takes nothing out.
    run("kind", "sheet", code, "-o", again)
    version = OwnKind.objects.get().version
    run("kind", "bring", again, "--to", code)
    assert OwnKind.objects.get().version == version
    assert run("kind", "use", "own.khong_co", "--from", "1/1/2026", code=1) == ""
    assert "0" in run("recount", code)


def fill(blank: str, filled: str) -> None:
    book = load_workbook(blank)
    head = book.worksheets[0]
    at = {head.cell(row, 1).value: row for row in range(1, 40)}
    for name, text in HEAD.items():
        head.cell(at[name], 3).value = text
    rows = {**FIELDS, **STATES}
    for page in book.worksheets[1:]:
        part = str(page["A1"].value or "").removeprefix("tienbo_kind_rows|")
        columns = {page.cell(1, column).value: column for column in range(2, 20)}
        for row, one in enumerate(rows.get(part, ()), 5):
            for column, text in one.items():
                page.cell(row, columns[column]).value = text
    book.save(filled)
