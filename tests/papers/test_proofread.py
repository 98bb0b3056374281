"""An edited Word file against its release: what differs is found whoever edited it how, what holds is left alone."""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.run import Run
from tests.papers.a_province import PERIOD, PROVINCE, edition, invented, report, said

from tienbo.core.faults import Refused
from tienbo.engine.values import Value
from tienbo.papers.blocks import Document
from tienbo.papers.docx import docx_bytes
from tienbo.papers.proofread import Proof, docx_sentences, proofread, value

WOMEN, COMMUNES = "party.commune.women_share", "training.classes"


def set_value(indicator: str, over: int, under: int | None = None) -> Value:
    """The province's value of the period, as said here."""
    made = invented(edition().indicators[indicator], PROVINCE.key, PERIOD, 12)
    if under is None:
        return made._replace(numerator=Decimal(over), value=Decimal(over))
    return made._replace(numerator=Decimal(over), denominator=Decimal(under), value=Decimal(over * 100) / under)


@pytest.fixture(scope="module")
def paper() -> Document:
    """581 of 2,406 is 24.1 %; 1,234 classes; two units wrote a limitation with a number of their own."""
    texts = (
        said("limitation", "Xã Mây 01", "Còn 17 thôn chưa có tổ truyền thông."),
        said("limitation", "Xã Mây 02", "Còn 17 thôn chưa có tổ truyền thông."),
    )
    changed = [set_value(WOMEN, 581, 2406), set_value(COMMUNES, 1234)]
    return report(changed=changed, texts=texts)


@pytest.fixture(scope="module")
def word(paper: Document) -> bytes:
    return docx_bytes(paper)


Edit = Callable[[Any], None]


def edited(word: bytes, edit: Edit) -> bytes:
    file = docx.Document(io.BytesIO(word))
    edit(file)
    saved = io.BytesIO()
    file.save(saved)
    return saved.getvalue()


def put(word: bytes, old: str, new: str) -> bytes:
    """The file with the first paragraph or cell that has `old` written as one run, with `new` instead."""

    def edit(file: Any) -> None:
        cells = (one for table in file.tables for row in table.rows for cell in row.cells for one in cell.paragraphs)
        found = next(one for one in (*file.paragraphs, *cells) if old in one.text)
        found.text = found.text.replace(old, new)

    return edited(word, edit)


def added(word: bytes, text: str) -> bytes:
    return edited(word, lambda file: file.paragraphs[20].insert_paragraph_before(text) and None)


def one(proof: Proof) -> Any:
    (found,) = proof.findings
    return found


def test_an_unchanged_file_has_nothing_wrong_and_every_sentence_in_its_place(paper: Document, word: bytes) -> None:
    proof = proofread(word, paper)
    assert proof.findings == ()
    assert proof.kept == proof.bound > 50
    assert (proof.gone, proof.is_another) == ((), False)


def test_a_changed_figure_is_told_with_what_the_release_has_and_where_it_comes_from(
    paper: Document, word: bytes
) -> None:
    found = one(proofread(put(word, "chiếm 24,1%", "chiếm 25,1%"), paper))
    assert (found.verdict, found.numbers) == ("differs", (("25,1", "24,1"),))
    assert "25,1%" in found.text
    assert "24,1%" in found.expected
    assert found.key == f"value:{WOMEN}|{PROVINCE.key}|2026-H1||value"


@pytest.mark.parametrize(("old", "new"), [("1.234 lớp", "1234 lớp"), ("24,1%", "24,10%"), ("24,1%", "24,1 %")])
def test_another_spelling_of_the_same_number_holds(paper: Document, word: bytes, old: str, new: str) -> None:
    assert proofread(put(word, old, new), paper).findings == ()


def test_words_changed_around_a_figure_do_not_hide_that_it_is_another(paper: Document, word: bytes) -> None:
    held = put(word, "Tổ chức 1.234 lớp tập huấn về giới", "Trong kỳ đã mở được 1.243 lớp tập huấn về giới")
    found = one(proofread(held, paper))
    assert (found.verdict, found.numbers) == ("differs", (("1.243", "1.234"),))


def test_words_changed_around_figures_that_hold_are_nobodys_business(paper: Document, word: bytes) -> None:
    assert proofread(put(word, "Tổ chức 1.234 lớp", "Toàn tỉnh đã tổ chức 1.234 lớp"), paper).findings == ()


def test_a_clause_taken_out_is_no_wrong_figure(paper: Document, word: bytes) -> None:
    def edit(file: Any) -> None:
        found = next(one for one in file.paragraphs if "chiếm 24,1%" in one.text)
        found.text = found.text.split("; ")[0] + "."

    assert proofread(edited(word, edit), paper).findings == ()


def test_a_sentence_taken_out_is_named_and_one_in_other_words_is_not(paper: Document, word: bytes) -> None:
    def without(file: Any) -> None:
        found = next(one for one in file.paragraphs if "1.234 lớp" in one.text)
        found._p.getparent().remove(found._p)

    (gone,) = proofread(edited(word, without), paper).gone
    assert "1.234 lớp" in gone
    assert proofread(put(word, "1.234 lớp", "1.235 lớp"), paper).gone == ()
    assert proofread(put(word, "Tổ chức 1.234 lớp", "Trong kỳ tổ chức 1.234 lớp"), paper).gone == ()


def test_a_figure_in_several_runs_is_one_figure(paper: Document, word: bytes) -> None:
    def split(file: Any) -> None:
        run = next(run for one in file.paragraphs for run in one.runs if run.text == "1.234")
        run.text = "1."
        for text in ("5", "23"):
            new = copy.deepcopy(run._r)
            run._r.addnext(new)
            Run(new, run._parent).text = text

    assert one(proofread(edited(word, split), paper)).numbers == (("1.235", "1.234"),)


def test_another_report_is_said_to_be_another(paper: Document) -> None:
    file = docx.Document()
    file.add_paragraph("Báo cáo khác có 24 lớp tập huấn.")
    made = io.BytesIO()
    file.save(made)
    assert proofread(made.getvalue(), paper).is_another


def test_two_figures_that_changed_places_are_two_wrong_figures(paper: Document, word: bytes) -> None:
    found = one(proofread(put(word, "581/2.406", "2.406/581"), paper))
    assert found.numbers == (("2.406", "581"), ("581", "2.406"))


def test_a_figure_that_stands_nowhere_in_the_release_is_told(paper: Document, word: bytes) -> None:
    found = one(proofread(added(word, "Toàn tỉnh có 987.654 phụ nữ."), paper))
    assert (found.verdict, found.numbers) == ("unknown", (("987.654", ""),))


def test_own_words_with_figures_of_the_release_are_left_to_be_looked_at(paper: Document, word: bytes) -> None:
    found = one(proofread(added(word, "Con số 1.234 nói lên nhiều điều với chúng ta."), paper))
    assert found.verdict == "elsewhere"


def test_own_words_without_a_figure_are_nobodys_business(paper: Document, word: bytes) -> None:
    assert proofread(added(word, "Ban Thường vụ đánh giá cao kết quả này."), paper).findings == ()


def test_what_units_wrote_holds_and_is_told_when_its_number_is_changed(paper: Document, word: bytes) -> None:
    def edit(file: Any) -> None:
        found = next(one for one in file.paragraphs if "Còn 17 thôn" in one.text)
        found.text = found.text.replace("17", "71")

    assert one(proofread(edited(word, edit), paper)).numbers == (("71", "17"),)


def test_a_rise_that_became_a_fall_is_told(paper: Document, word: bytes) -> None:
    sentence = next(line for line in paper.lines() if "tăng" in line and "so với cùng kỳ" in line)
    clause = sentence[sentence.index("tăng") :][:12]
    found = one(proofread(put(word, clause, clause.replace("tăng", "giảm", 1)), paper))
    assert (found.verdict, found.numbers) == ("differs", (("giảm", "tăng"),))


def test_a_figure_in_a_table_is_held_against_the_row_of_the_same_name(paper: Document, word: bytes) -> None:
    def edit(file: Any) -> None:
        rows = (row for table in file.tables for row in table.rows if row.cells[1].text.startswith("Xã Mây 05"))
        cell = next(iter(rows)).cells[2]
        cell.text = cell.text.replace(cell.text.strip().split(",")[0], "777", 1)

    found = one(proofread(edited(word, edit), paper))
    assert found.verdict == "differs"
    assert found.numbers[0][0].startswith("777")
    assert "Xã Mây 05" in found.expected


def test_rows_and_headings_may_be_numbered_anew(paper: Document, word: bytes) -> None:
    def edit(file: Any) -> None:
        heading = next(one for one in file.paragraphs if one.text.startswith("2. "))
        heading.text = heading.text.replace("2. ", "3. ", 1)
        numbered = (table for table in file.tables if [c.text.strip() for c in table.columns[0].cells[1:2]] == ["1"])
        table = next(numbered)
        table.rows[1].cells[0].text = "99"

    assert proofread(edited(word, edit), paper).findings == ()


def test_number_and_day_of_the_paper_are_filled_in_without_a_word(paper: Document, word: bytes) -> None:
    held = put(put(word, "Số:        /BC", "Số: 245/BC"), "ngày      tháng      năm 2026", "ngày 20 tháng 7 năm 2026")
    assert proofread(held, paper).findings == ()


def test_tracked_changes_are_read_as_they_would_be_accepted(paper: Document, word: bytes) -> None:
    def edit(file: Any) -> None:
        found = next(one for one in file.paragraphs if "chiếm 24,1%" in one.text)
        before, _mark, after = found.text.partition("24,1%")
        found.text = before
        kept = "".join(f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' for text in (after,))
        for piece in (
            f'<w:del {nsdecls("w")} w:id="1" w:author="x"><w:r><w:delText>24,1%</w:delText></w:r></w:del>',
            f'<w:ins {nsdecls("w")} w:id="2" w:author="x"><w:r><w:t>42,1%</w:t></w:r></w:ins>',
            kept.replace("<w:r>", f"<w:r {nsdecls('w')}>", 1),
        ):
            found._p.append(parse_xml(piece))

    assert one(proofread(edited(word, edit), paper)).numbers == (("42,1", "24,1"),)


def test_a_footnote_is_read_too(paper: Document) -> None:
    changed = set_value(COMMUNES, 1234)._replace(units_reported=11)
    noted = report(changed=[changed])
    made = docx_bytes(noted)
    assert proofread(made, noted).findings == ()
    source = zipfile.ZipFile(io.BytesIO(made))
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/footnotes.xml":
                assert b">11<" in content
                content = content.replace(b">11<", b">10<", 1)
            target.writestr(name, content)
    assert one(proofread(saved.getvalue(), noted)).numbers == (("10", "11"),)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1.234", "1234"), ("1,234", "1234"), ("1.234.567", "1234567"), ("27,30", "27,3"), ("27.3", "27,3"),
        ("07", "7"), ("0", "0"), ("0,0", "0"), ("1.234,50", "1234,5"), ("12.3", "12,3"),
    ],
)  # fmt: skip
def test_a_number_has_one_spelling(text: str, same: str) -> None:
    assert value(text) == value(same)


@pytest.mark.parametrize(("text", "other"), [("27,3", "273"), ("1,2", "1,02"), ("15.12.2025", "15122025")])
def test_different_numbers_stay_different(text: str, other: str) -> None:
    assert value(text) != value(other)


def _zip(**parts: bytes) -> bytes:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return saved.getvalue()


ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><w:document xmlns:w="x">&a;</w:document>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "proofread.not_word"),
        (b"%PDF-1.7", "proofread.not_word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "proofread.broken"),
        (b"PK\x03\x04 not a package", "proofread.broken"),
        (_zip(xl__workbook_xml=b"<a/>"), "proofread.not_word"),
        (_zip(word__document_xml=b"<w:document"), "proofread.broken"),
        (_zip(word__document_xml=ENTITY), "proofread.broken"),
        (_zip(word__document_xml=bytes(64 * 2**20 + 1)), "proofread.too_large"),
    ],
)
def test_what_is_no_word_file_is_refused_in_words(paper: Document, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        proofread(content, paper)
    (fault,) = refused.value.faults
    assert fault.code == code
    assert fault.sentence()


def test_half_a_file_is_refused(word: bytes) -> None:
    with pytest.raises(Refused):
        list(docx_sentences(word[: len(word) // 2]))
