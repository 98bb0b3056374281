"""The filled form as a paper to be signed: what was entered, where it was entered, with two signatures."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import pypdf
import pytest

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition, load
from tienbo.catalogue.returns import Content, Figure, Row, layout
from tienbo.core.periods import Period
from tienbo.papers.blocks import Table, plain
from tienbo.papers.form import FormPaper, form_paper, form_pdf
from tienbo.papers.pdf import page_count
from tienbo.papers.workbook import UnitHeader

H1 = Period(2026, 1)
UNIT = UnitHeader("unit_01", "Xã Đồng Tâm", "Tỉnh Vĩnh An", "97401")


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load("vn")


def content(edition: Edition, **more: object) -> Content:
    """Every figure is another number from 1.001 up, so that each can be found again."""
    shape = layout(edition, "xa", H1)
    figures = {
        address: Figure(Decimal(1 if slot.line.answer == "yes_no" else 1001 + index), "exact", "")
        for index, (address, slot) in enumerate(shape.slots.items())
    }
    said: dict[str, object] = {"figures": figures, "prepared_by": "Lê Thị Mây", "approved_by": "Trần Văn Gió", **more}
    return Content("xa", fingerprint(edition), UNIT.key, H1, **said)  # type: ignore[arg-type]


def paper(edition: Edition, said: Content) -> FormPaper:
    return form_paper(edition=edition, content=said, unit=UNIT, revision=3, place="Đồng Tâm")


def cells(made: FormPaper) -> list[str]:
    return [plain(cell.runs) for b in made.body if isinstance(b, Table) for row in b.rows for cell in row]


def words(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages))


def test_every_figure_that_was_entered_is_printed_once(edition: Edition) -> None:
    said = content(edition)
    printed = cells(paper(edition, said))
    shape = layout(edition, "xa", H1)
    for address, figure in said.figures.items():
        if shape.slots[address].line.answer != "yes_no":
            value = str(figure.value)
            assert printed.count(f"{value[0]}.{value[1:]}") == 1, address


def test_what_was_not_entered_is_said_to_be_missing_and_zero_is_zero(edition: Edition) -> None:
    address = "members:total"
    whole = content(edition)
    without = content(edition, figures={one: held for one, held in whole.figures.items() if one != address})
    zero = content(edition, figures={**whole.figures, address: Figure(Decimal(0))})
    missing = cells(paper(edition, without)).count("chưa có số liệu")
    assert (missing, cells(paper(edition, whole)).count("chưa có số liệu")) == (1, 0)
    assert cells(paper(edition, zero)).count("0") == 1


def test_the_paper_names_unit_period_receiver_revision_and_both_signatures(edition: Edition) -> None:
    text = words(form_pdf(paper(edition, content(edition, as_of=date(2026, 5, 31)))))
    for said in ("Xã Đồng Tâm", "97401", "Tỉnh Vĩnh An", "15/12/2025", "14/6/2026", "31/5/2026"):
        assert said in text
    for signed in ("NGƯỜI LẬP BIỂU", "Lê Thị Mây", "THỦ TRƯỞNG ĐƠN VỊ", "Trần Văn Gió", "Đồng Tâm, ngày"):
        assert signed in text


def test_texts_stand_on_it_as_they_were_written(edition: Edition) -> None:
    written = "Mô hình #let x = 1 ở thôn Đông.\nDòng hai: * _không_ là dấu."
    code = next(iter(layout(edition, "xa", H1).texts))
    text = words(form_pdf(paper(edition, content(edition, texts={code: written}))))
    assert "Mô hình #let x = 1 ở thôn Đông. Dòng hai: * _không_ là dấu." in text


def test_official_figures_for_last_periods_estimates_stand_apart(edition: Edition) -> None:
    made = paper(edition, content(edition, restated={"members:total": Figure(Decimal(27))}))
    told = [plain(block.runs) for block in made.body if hasattr(block, "runs")]
    assert any(line.endswith(": 27") for line in told)


def test_a_statement_stands_in_place_of_figures(edition: Edition) -> None:
    shape = layout(edition, "xa", H1)
    block = next(one for one in shape.blocks if one.may_be_nil and one.lines)
    kept = {a: f for a, f in content(edition).figures.items() if shape.slots[a].block.code != block.code}
    made = paper(edition, content(edition, figures=kept, statements={block.code: "nil"}))
    assert cells(made).count("không phát sinh") == 1


def test_the_same_return_gives_the_same_bytes(edition: Edition) -> None:
    assert form_pdf(paper(edition, content(edition))) == form_pdf(paper(edition, content(edition)))


def test_a_form_is_one_sheet_of_paper_unless_nobody_could_read_it_then(edition: Edition) -> None:
    """Ten schools and a few lines in each field on two pages; what is longer takes as few pages as can be read."""
    texts = layout(edition, "xa", H1).texts
    rows = {"agencies": tuple(Row(str(number), f"Trường Tiểu học số {number}", {}) for number in range(10))}
    short = content(edition, texts=dict.fromkeys(texts, "Duy trì ba địa chỉ tin cậy tại các thôn."), rows=rows)
    long = content(edition, texts=dict.fromkeys(texts, "Duy trì ba địa chỉ tin cậy tại các thôn. " * 12))
    assert pages(paper(edition, short)) == 2
    assert pages(paper(edition, long)) == 3


def pages(made: FormPaper) -> int:
    pdf = form_pdf(made)
    count = len(pypdf.PdfReader(BytesIO(pdf)).pages)
    assert page_count(pdf) == count
    return count
