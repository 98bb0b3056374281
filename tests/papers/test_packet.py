"""What is exchanged with a partner: definitions compared by tables worked by hand, no Lao invented, Lao on paper."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import docx
import pypdf
import pytest

from tienbo.catalogue.definitions import Unit
from tienbo.catalogue.loading import Edition, load
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.papers import fonts, lao
from tienbo.papers.blocks import Back, Cell, Column, Document, Front, Heading, Paragraph, Table
from tienbo.papers.packet import LANGS, PartnerFigure, Spoken, Tongue, compare, verdict
from tienbo.papers.packet_files import packet_docx, packet_pdf
from tienbo.papers.packet_rows import Reading, csv_rows, row_of

HALF = Span(date(2014, 1, 1), date(2014, 7, 1))


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load("vn")


def theirs(**said: object) -> PartnerFigure:
    held = {"name": Spoken(vi="Nữ có việc làm mới"), "value": "55", "unit": Unit.PERCENT, "numerator": "Nữ",
            "base": "job", "denominator": "Lao động", "first": date(2014, 1, 1), "last": date(2014, 6, 30),
            "direction": "up", "same_numerator": "same", "same_denominator": "same"}  # fmt: skip
    return PartnerFigure(**{**held, **said})  # type: ignore[arg-type]


# Worked by hand for jobs.women_share: women with new jobs over all new jobs, counted in jobs, per cent, the half-year
# 01/01-30/6/2014; no target sets a direction, so that aspect is never known.
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "= = = = = ?"),
        ({"last": date(2014, 6, 29)}, "= = = = ≠ ?"),
        ({"unit": Unit.PER_1000, "base": "person"}, "= = ≠ ≠ = ?"),
        ({"same_numerator": "", "same_denominator": "differs"}, "? ≠ = = = ?"),
        ({"denominator": "", "same_denominator": ""}, "= ? = = = ?"),
        ({"base": "", "first": None}, "= = ? = ? ?"),
    ],
)
def test_two_definitions_are_compared_aspect_by_aspect(
    edition: Edition, said: dict[str, object], expected: str
) -> None:
    aspects = compare(
        edition, edition.indicators["jobs.women_share"], HALF, theirs(**said), Tongue("vi", edition.terms)
    )
    signs = {"same": "=", "differs": "≠", "unknown": "?"}
    assert " ".join(signs[one.state] for one in aspects) == expected


def test_the_verdict_names_what_differs_and_what_is_not_known(edition: Edition) -> None:
    tongue, indicator = Tongue("vi", edition.terms), edition.indicators["jobs.women_share"]
    asked = compare(edition, indicator, HALF, theirs(base="person", unit=Unit.PER_1000), tongue)
    assert verdict(asked, tongue) == (
        "Hai số liệu không so sánh được với nhau. Khác nhau về: đối tượng tính, đơn vị tính."
    )
    asked = compare(edition, indicator, HALF, theirs(), tongue)
    assert verdict(asked, tongue).endswith("Chưa nêu hoặc chưa đối chiếu: chiều phấn đấu.")


def test_no_lao_is_invented(edition: Edition) -> None:
    tongue = Tongue("lo", edition.terms, {"Figure": "ຄຳຂອງຜູ້ຂຽນ", "figures released by {name}": "{nome}"})
    assert tongue.say("Figure") == "ຄຳຂອງຜູ້ຂຽນ"
    assert tongue.say("gender equality") == "ຄວາມສະເໝີພາບຍິງ-ຊາຍ"
    assert tongue.say("Indicator") == "ຕົວຊີ້ວັດ"
    assert tongue.say("Numerator") == "Numerator"
    assert tongue.say("figures released by {name}", name="X") == "figures released by X"
    assert (list(tongue.missing), tongue.unconfirmed) == (["Numerator"], {"Indicator": "ຕົວຊີ້ວັດ"})
    assert [Tongue(one, {}).number(Decimal("1234.5")) for one in LANGS] == ["1.234,5", "1,234.5", "1.234,5"]


def test_every_term_in_lao_is_lao_and_says_how_far_it_was_checked(edition: Edition) -> None:
    held = [term for term in edition.terms.values() if term.lo is not None]
    assert len(held) == 38
    assert sum(term.is_confirmed for term in held) == 20
    assert [term.code for term in held if re.search(r"[A-Za-z\u00c0-\u024f\u1ea0-\u1ef9]", term.lo or "")] == []
    assert not any(term.is_confirmed for term in edition.terms.values() if term.lo is None)


# ------------------------------------------------------------------------------------------------- their figures


def reading(edition: Edition) -> Reading:
    return Reading(edition, ["jobs.women_share", "training.classes"])


def test_a_file_is_read_in_either_language_and_with_any_separator(edition: Edition) -> None:
    head = "Tên chỉ tiêu (tiếng Việt);Số liệu;Đơn vị tính;Chỉ tiêu của đơn vị đặt bên cạnh"
    semicolons = f"{head}\nSố lớp;1.250;số đếm;Số lớp tập huấn\n"
    commas = 'name,value,unit,beside\r\nSố lớp,"1.250",count,training.classes\r\n,,,\r\n'
    with speaking("vi"):
        made = [reading(edition).read(csv_rows(text.encode("utf-8-sig"))) for text in (semicolons, commas)]
    assert [one.faults for one in made] == [[], []]
    assert made[0].figures == made[1].figures
    (figure,) = made[0].figures
    assert (figure.value, figure.unit, figure.beside) == ("1250", Unit.COUNT, "training.classes")
    assert reading(edition).read([row_of(figure)]).figures == [figure]


def test_every_fault_of_a_row_has_its_row_and_column(edition: Edition) -> None:
    rows = [
        {"name": "A", "value": "trên 3.000", "unit": "count"},
        {"name": "B", "value": "1.2.3", "unit": "dặm", "first": "1/7/2014", "last": "30/6/2014"},
        {"value": "-5", "unit": "count", "last": "31/6/2014"},
    ]
    made = reading(edition).read(rows)
    assert [(figure.value, figure.qualifier) for figure in made.figures] == [("3000", "at_least")]
    assert [(one.code, one.fields["row"], one.fields["column"]) for one in made.faults] == [
        ("partner.unknown", 2, "unit"),
        ("partner.not_a_number", 2, "value"),
        ("partner.ends_before", 2, "last"),
        ("partner.blank", 3, "name"),
        ("partner.negative", 3, "value"),
        ("partner.not_a_day", 3, "last"),
    ]
    for broken in (b"\xff\xfe", b"a;b\n1;2\n", b""):
        with pytest.raises(Refused):
            csv_rows(broken)


# ------------------------------------------------------------------------------------------------- Lao on paper


@pytest.fixture(scope="module")
def paper(edition: Edition) -> Document:
    said = [edition.terms[code].lo or "" for code in ("committee", "protection_centre", "national_strategy")]
    front = Front("", "Huyện Quỳnh Lưu", "", "", "", "02/7/2014", said[0], "Xiêng Khoảng")
    cells = ((Cell((said[1],), bold=True), Cell(("21",))),)
    body = (
        Heading(1, said[2]),
        Paragraph((f"{''.join(said)} (21/33) {''.join(said)}",)),
        Paragraph(("ແມ່\u200bຍິງ",)),
        Table("", (Column(said[0], 60), Column("Số", 20)), cells),
    )
    return Document(front, body, Back((), "", "", ()), lang="lo", made_on="2014-07-02")


def test_lao_in_a_word_file_says_what_it_is_and_brings_its_font(paper: Document) -> None:
    made = packet_docx(paper)
    assert made == packet_docx(paper)
    word = docx.Document(io.BytesIO(made))
    assert "ແມ່\u200bຍິງ" in [one.text for one in word.paragraphs]
    document = zipfile.ZipFile(io.BytesIO(made))
    xml = document.read("word/document.xml").decode()
    runs = re.findall(r"<w:r>.*?</w:r>", xml)
    lao_runs = [one for one in runs if re.search("[\u0e80-\u0eff]", one)]
    assert len(lao_runs) >= 6
    assert all('w:bidi="lo-LA"' in one and f'w:cs="{fonts.LAO}"' in one for one in lao_runs)
    assert not any(re.search(r"[A-Za-z\u00c0-\u024f\u1ea0-\u1ef9]", re.sub("<[^>]*>", "", one)) for one in lao_runs)
    assert not any("lo-LA" in one for one in runs if one not in lao_runs)
    # ECMA-376: the first 32 bytes of an embedded font are mixed with the key that the table of fonts names.
    keys = re.findall(r'w:fontKey="\{([0-9A-F-]+)\}"', document.read("word/fontTable.xml").decode())
    for number, (key, name) in enumerate(zip(keys, fonts.LAO_FILES, strict=True), 1):
        mixed, mask = document.read(f"word/fonts/font{number}.odttf"), UUID(key).bytes[::-1]
        plain = bytes(byte ^ mask[at % 16] for at, byte in enumerate(mixed[:32])) + mixed[32:]
        assert plain == (fonts.FONTS / name).read_bytes()


def test_lao_in_a_pdf_is_drawn_with_its_font_and_breaks_where_words_end(paper: Document) -> None:
    made = packet_pdf(paper)
    page = pypdf.PdfReader(io.BytesIO(made)).pages[0]
    used = {str(font["/BaseFont"]) for font in page["/Resources"]["/Font"].get_object().values()}  # type: ignore[union-attr]
    assert {name.partition("+")[2].partition("-")[0] for name in used} == {"Tinos", "NotoSansLao"}
    # Lines of text as they stand on the page: none begins with a mark that belongs to the letter before it.
    lines = [line for line in page.extract_text().splitlines() if line.strip()]
    assert len(lines) > 8
    assert [line for line in lines if re.match("[\u0eb0-\u0ebd\u0ec8-\u0ecd]", line.strip())] == []


@pytest.mark.documents
def test_libreoffice_draws_the_lao_of_the_word_file_with_the_font_it_brought(paper: Document, tmp_path: Path) -> None:
    (tmp_path / "lao.docx").write_bytes(packet_docx(paper))
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    words = [
        "soffice",
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "lao.docx"),
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=180)
    told = subprocess.run(["pdffonts", str(tmp_path / "lao.pdf")], check=True, capture_output=True, text=True).stdout
    assert "NotoSansLao-Regular" in told
    assert "NotoSansLao-Bold" in told


def test_pieces_of_a_text_are_lao_or_not() -> None:
    assert list(lao.pieces("Ban: ແມ່-ເດັກ, 21")) == [(False, "Ban: "), (True, "ແມ່-ເດັກ"), (False, ", 21")]
    assert not lao.holds("Quỳnh Lưu")


def test_a_period_is_that_of_its_regime(edition: Edition) -> None:
    """The half of 2014 that the tables above compare with."""
    assert edition.calendar.span(Period.parse("2014-H1")) == HALF
