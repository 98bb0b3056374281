"""T25 on a few acts of a day, of people and of programs: no address writes what its form does not offer, no workbook
what its columns do not (`assigned`). With TIENBO_PROOF each post of every test of pages and programs is tried so
(`conftest`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import unescape
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook
from tests.registers.test_book import CLASS_C, FIRST, filled, line
from tests.registers.test_registers import CLASS
from tests.web.assigned import Assigning, Rows, rows_changed, values_sent
from tests.web.furnished import book
from tests.web.test_registers import named
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
    assert len(tries.effective) == 3, "each went through with everything sent along"


HEADS, BELOW = 6, 9
"""The rows of a register's workbook in which keys, titles and headings stand, and those in which a column says
something."""
AT_ONCE = 220
"""Columns beside those of a sheet: a workbook that is wider is not read."""


def with_columns(data: bytes, more: Mapping[str, str], *, told: bool, keyed: bool = True) -> bytes:
    """A workbook with columns beside those of each sheet, each called after a field where headings stand, and where
    keys do if `keyed`, and below saying its value where it is `told`; and the same among what the hidden sheet says."""
    held = load_workbook(BytesIO(data))
    for sheet in held:
        rows, first = sheet.max_row, sheet.max_column + 1
        if sheet.sheet_state == "veryHidden":
            sealed = {row[0].value for row in sheet}
            for at, (name, text) in enumerate(((a, b) for a, b in more.items() if a not in sealed), rows + 1):
                sheet.cell(at, 1).value, sheet.cell(at, 2).value = name, text
            continue
        for column, (name, text) in enumerate(more.items(), first):
            for row in range(1 if keyed else 2, min(rows, BELOW) + 1):
                if row <= HEADS or told:
                    sheet.cell(row, column).value = name if row <= HEADS else text
    out = BytesIO()
    held.save(out)
    return out.getvalue()


def _parts(names: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Names as many at once as a workbook takes."""
    yield from (dict(list(names.items())[at : at + AT_ONCE]) for at in range(0, len(names), AT_ONCE))


@pytest.mark.django_db
def test_a_column_more_in_a_register_workbook_is_refused_with_a_word_or_does_nothing(
    world: World, sit: Callable[[str], Client]
) -> None:
    preparer, at = sit("preparer"), f"/{PERIOD}/registers/training.class/workbook"
    blank = preparer.get(f"{at}.xlsx").content
    data = filled(blank, line(FIRST, CLASS_C))

    def looked_at(content: bytes) -> HttpResponse:
        return preparer.post(f"{at}/", {"file": SimpleUploadedFile("sổ.xlsx", content)})  # type: ignore[return-value]

    def take(content: bytes) -> None:
        looked = looked_at(content)
        assert looked.status_code == 200, looked.content.decode()
        token = named(looked.content.decode(), "token")
        assert preparer.post(f"{at}/take/", {"token": token, "looked_at": "1"}).status_code == 302

    offered = {one.code for one in load("vn").registers["training.class"].asked}
    names = {name: text for name, text in values_sent().items() if name not in offered}
    assert len(names) > 400
    plain = rows_changed(lambda: take(with_columns(data, {}, told=False)))
    assert plain, "it is taken in"
    for more in _parts(names):
        refused = looked_at(with_columns(data, more, told=True))
        assert refused.status_code == 422, list(more)
        said = unescape(refused.content.decode())
        assert all(f"“{text}” nằm ở cột không thuộc tệp" in said for text in more.values()), list(more)
        assert rows_changed(lambda more=more: take(with_columns(data, more, told=False))) == plain, list(more)
    assert Record.objects.count() == 0
    print(f"T25 workbook of a register: {len(names)} columns", flush=True)


UNLIKE = {("collection_upload", 4), ("collection_revision", 10)}
"""Columns of what a file weighs and of what was told about it."""


def _received(rows: Rows) -> Rows:
    """Rows without the words on what was not read and the size of the file; files of facts are put together by how
    many there are."""
    return {
        at: tuple(one for n, one in enumerate(row) if (at[0], n) not in UNLIKE)
        for at, row in rows.items()
        if "segment" not in at[0]
    }


@pytest.mark.django_db
def test_a_column_more_in_a_return_is_refused_with_a_word_or_does_nothing(
    world: World, sit: Callable[[str], Client]
) -> None:
    preparer, commune = sit("preparer"), world.communes[0]
    data, at = book(commune, start=21), f"/unit/{commune.key}/{PERIOD}/send/"

    def send(content: bytes) -> HttpResponse:
        return preparer.post(at, {"file": SimpleUploadedFile("biểu.xlsx", content)})  # type: ignore[return-value]

    names = values_sent()
    plain = rows_changed(lambda: send(with_columns(data, {}, told=False)))
    assert any(table == "collection_revision" for table, _pk in plain), "it is received"
    for more in _parts(names):
        keyed = with_columns(data, more, told=True)
        answers: list[HttpResponse] = []
        left = rows_changed(lambda content=keyed, held=answers: held.append(send(content)))
        tables = {table for table, _pk in _received(left)}
        assert tables <= {"collection_upload"}, "the file is kept, to be handed back with its faults"
        assert answers[0].status_code == 422, list(more)
        assert "Khóa ẩn của dòng hoặc cột này đã bị sửa" in unescape(answers[0].content.decode()), list(more)
        beside = with_columns(data, more, told=True, keyed=False)
        told = rows_changed(lambda content=beside: send(content))
        assert "workbook.beside_form" in str(told), "it is told what was not read"
        assert _received(told) == _received(plain), list(more)
        headed = with_columns(data, more, told=False, keyed=False)
        assert _received(rows_changed(lambda content=headed: send(content))) == _received(plain), list(more)
    print(f"T25 workbook of a return: {len(names)} columns", flush=True)
