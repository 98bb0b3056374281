"""The page of a unit: what it is, what it sent, where it stands; its forms and papers; sending, approving, signing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import BEFORE, BEGAN, PERIOD, World, say

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure, layout
from tienbo.collection.manifest import fact_set
from tienbo.collection.models import Approval, Decision, Return, Revision, SignedCopy, Upload
from tienbo.core.periods import Period
from tienbo.ground.files import sha256
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.release.models import Release
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give, unit_end, unit_place
from tienbo.web.office import office

Sit = Callable[[str], Client]
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


@pytest.fixture
def home(world: World) -> Unit:
    """Xã Đồng Tâm, of which everything whole is 13 in the first half of 2026 and was 10 in the half-year before."""
    return world.communes[0]


def at(unit: Unit, what: str = "", period: Period = PERIOD) -> str:
    """An address of a unit's page; without more the page itself."""
    return (
        f"/unit/{unit.key}/{period}/{what}/".replace("xlsx/", "xlsx").replace("pdf/", "pdf")
        if what
        else (f"/unit/{unit.key}/?period={period}")
    )


def words(response: HttpResponse) -> str:
    """What a page says, without its marks."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def rows(response: HttpResponse) -> Iterator[list[str]]:
    """The rows of every table on a page, cell by cell."""
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", response.content.decode(), flags=re.S):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)
        yield [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", cell))).strip() for cell in cells]


def book(unit: Unit, period: Period = PERIOD, *, start: int = 20, name: str = "Xã Đồng Tâm", **figures: int) -> bytes:
    """The unit's workbook, every whole of which is `start`, but for the figures named ("members__women")."""
    edition = load("vn")
    form = edition.form_for(unit.kind, period)
    assert form is not None
    said = {}
    for address, slot in layout(edition, form.code, period).slots.items():
        depth = len(slot.column.members) + slot.line.indent
        said[address] = Figure(Decimal(1 if slot.line.answer == "yes_no" else start - depth))
    said |= {address.replace("__", ":"): Figure(Decimal(value)) for address, value in figures.items()}
    content = Content(form.code, fingerprint(edition), unit.key, period, figures=said, prepared_by="Lê Thị Mây")
    made = BytesIO()
    header = UnitHeader(unit.key, name, "Tỉnh Vĩnh An", "")
    seal = office().settings.seal
    workbook_write(made, edition=edition, form=form.code, period=period, unit=header, seal=seal, content=content)
    return made.getvalue()


def file(content: bytes, name: str = "bieu.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def send(client: Client, unit: Unit, content: bytes, period: Period = PERIOD, **more: object) -> HttpResponse:
    made: HttpResponse = client.post(at(unit, "send", period), {"file": file(content)}, **more)  # type: ignore[arg-type]
    return made


def latest(unit: Unit, period: Period = PERIOD) -> Revision:
    found = Return.objects.get(unit=unit, campaign__period_code=period.code).latest
    assert found is not None
    return found


def named(revision: Revision) -> dict[str, object]:
    return {"number": revision.number, "sha256": revision.sha256}


# --------------------------------------------------------------------------------------------------- what it says


def test_the_page_says_what_the_unit_is_and_under_whom_it_stands(world: World, home: Unit, sit: Sit) -> None:
    said = words(sit("office").get(at(home)))
    assert "Xã Đồng Tâm từ ngày 01/7/2025" in said
    assert "Tỉnh Vĩnh An từ ngày 01/7/2025" in said
    under = words(sit("office").get(at(world.province)))
    assert "Phường Bến Thóc" in under
    assert "Sở Nội vụ" in under


def test_a_unit_that_ended_says_its_last_day(world: World, sit: Sit) -> None:
    unit_end(unit=world.communes[1], on=date(2026, 3, 1))
    assert "từ ngày 01/7/2025 đến hết ngày 28/02/2026" in words(sit("office").get(f"/unit/{world.communes[1].key}/"))


def test_the_page_says_what_was_sent_and_decided_by_whom(home: Unit, sit: Sit) -> None:
    said = words(sit("preparer").get(at(home)))
    for expected in ("Đã tiếp nhận", latest(home).receipt.code, "thử nghiệm"):
        assert expected in said, expected


def test_its_figures_stand_beside_those_of_the_period_before(home: Unit, sit: Sit) -> None:
    # 12 women of 13 members are 92,3 %; half a year before 9 of 10 were 90,0 %.
    found = [row for row in rows(sit("preparer").get(at(home))) if row[1:2] == ["Tỷ lệ nữ trong Ban VSTBPN"]]
    # 92,3077 less 90 are 2,3 points.
    assert [row[3:6] for row in found] == [["92,3", "90,0", "+2,3 điểm phần trăm"]]


def test_what_waits_for_a_decision_does_not_count_yet(world: World, home: Unit, sit: Sit) -> None:
    say(world, world.province, home, PERIOD, start=50, accept=False)
    found = [row for row in rows(sit("preparer").get(at(home))) if row[1:2] == ["Số thành viên Ban VSTBPN"]]
    assert [row[3] for row in found] == ["13"]


def test_what_is_asked_to_be_supplemented_stands_first(home: Unit, sit: Sit) -> None:
    revision = latest(home)
    Decision.objects.create(
        revision=revision, revision_sha256=revision.sha256, act="ask_supplement", actor="Văn phòng Ban",
        note="Bổ sung số lớp tập huấn <b>quý II</b>",
    )  # fmt: skip
    page = sit("preparer").get(at(home))
    assert "Đề nghị bổ sung" in words(page)
    assert "Bổ sung số lớp tập huấn &lt;b&gt;quý II&lt;/b&gt;" in page.content.decode()


def test_a_unit_that_sent_nothing_says_so_and_has_its_blank_workbook(world: World, sit: Sit) -> None:
    page = sit("department").get(at(world.department))
    assert at(world.department, "blank.xlsx") in page.content.decode()
    assert at(world.department, "filled.xlsx") not in page.content.decode()
    for missing in ("filled.xlsx", "form.pdf"):
        assert sit("department").get(at(world.department, missing)).status_code == 404


def test_a_period_that_was_not_opened_is_not_there(home: Unit, sit: Sit) -> None:
    client = sit("office")
    for period in ("abc", "2019-H1", "2031-H1", "0000", "2026-H3"):
        assert client.get(f"/unit/{home.key}/?period={period}").status_code == 404, period


def test_a_year_is_looked_at_in_its_last_half(home: Unit, sit: Sit) -> None:
    assert latest(home, BEFORE).receipt.code in words(sit("office").get(f"/unit/{home.key}/?period=2025"))


def test_what_a_unit_sent_to_another_province_before_it_moved_is_not_shown(world: World, sit: Sit) -> None:
    moved = world.other_communes[1]
    receipt = latest(moved, BEFORE).receipt.code
    unit_place(unit=moved, parent=world.province, on=date(2026, 1, 1))
    page = sit("office").get(f"/unit/{moved.key}/")
    assert page.status_code == 200
    assert receipt not in page.content.decode()
    assert sit("office").get(at(moved, period=BEFORE)).status_code == 404
    for what in ("filled.xlsx", "form.pdf", "1/original"):
        assert sit("office").get(at(moved, what, BEFORE)).status_code == 404


def test_the_return_of_a_unit_that_ended_within_the_period_is_still_read(world: World, sit: Sit) -> None:
    ended = world.communes[1]
    unit_end(unit=ended, on=date(2026, 3, 1))
    assert latest(ended).receipt.code in words(sit("office").get(at(ended)))
    assert sit("office").get(at(ended, "form.pdf")).status_code == 200


# ------------------------------------------------------------------------------------------------ forms and papers


def test_the_blank_workbook_is_the_units_own_and_has_last_periods_figures_beside(
    world: World, home: Unit, sit: Sit
) -> None:
    say(world, world.province, home, BEFORE, start=70_010)
    say(world, world.province, home, PERIOD, start=60_010)
    answer = sit("preparer").get(at(home, "blank.xlsx"))
    assert "2026-H1_xa-dong-tam_" in answer.headers["Content-Disposition"]
    sheets = openpyxl.load_workbook(BytesIO(answer.content)).worksheets
    cells = [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert any("Xã Đồng Tâm" in str(value) for value in cells)
    assert 70_010 in cells  # a whole of the half-year before
    assert 60_010 not in cells  # one of this half-year


def test_the_filled_workbook_sent_again_has_no_effect(home: Unit, sit: Sit) -> None:
    client = sit("preparer")
    send(client, home, book(home))
    before = Revision.objects.count()
    again = client.get(at(home, "filled.xlsx")).content
    assert send(client, home, again, follow=True).status_code == 200
    assert Revision.objects.count() == before


def test_the_filled_form_for_signature_has_what_was_sent(home: Unit, sit: Sit) -> None:
    send(sit("preparer"), home, book(home, members__women=17))
    answer = sit("head").get(at(home, "form.pdf"))
    assert answer.headers["Content-Type"] == "application/pdf"
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(answer.content)).pages))
    assert "Xã Đồng Tâm" in text
    assert "Thành viên Ban VSTBPN 20 17" in text
    assert "Lê Thị Mây" in text


def test_the_bytes_that_were_sent_are_handed_out_as_they_came(home: Unit, sit: Sit) -> None:
    sent = book(home)
    send(sit("preparer"), home, sent)
    for who in ("preparer", "office", "chair"):
        answer = sit(who).get(at(home, f"{latest(home).number}/original"))
        assert answer.content == sent
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_units_own_report_is_a_release_and_the_same_one_again(home: Unit, sit: Sit) -> None:
    client = sit("preparer")
    for suffix, begins in (("docx", b"PK"), ("pdf", b"%PDF"), ("docx", b"PK")):
        answer = client.post(at(home, "report"), {"format": suffix})
        assert answer.content.startswith(begins), suffix
    assert list(Release.objects.values_list("unit__key", "basis", "made_by")) == [
        (home.key, "submitted", "Người giữ ghế preparer")
    ]


def test_a_report_of_nothing_or_in_no_known_format_is_not_there(world: World, home: Unit, sit: Sit) -> None:
    assert sit("department").post(at(world.department, "report"), {"format": "pdf"}).status_code == 404
    assert sit("preparer").post(at(home, "report"), {"format": "exe"}).status_code == 404


def test_two_levels_up_one_reads_values_but_not_the_return_itself(world: World, home: Unit, sit: Sit) -> None:
    send(sit("preparer"), home, book(home))
    say(world, world.province, home, BEFORE, start=70_010)
    nation = Unit.objects.get(kind="nation")
    grant_give(user=world.users["nobody"], unit=nation, role=Role.OFFICE, begins=BEGAN)
    client = sit("nobody")
    page = client.get(at(home))
    assert page.status_code == 200
    number = latest(home).number
    for what in ("filled.xlsx", "form.pdf", f"{number}/original"):
        assert at(home, what) not in page.content.decode()
        assert client.get(at(home, what)).status_code == 404, what
    assert client.post(at(home, "report"), {"format": "pdf"}).status_code == 404
    sheets = openpyxl.load_workbook(BytesIO(client.get(at(home, "blank.xlsx")).content)).worksheets
    assert 70_010 not in [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row]


# ---------------------------------------------------------------------------------------------------------- sending


def test_a_preparer_sends_the_workbook_and_gets_a_receipt_and_it_waits(world: World, home: Unit, sit: Sit) -> None:
    accepted = fact_set(world.stores.facts, "accepted").version
    page = send(sit("preparer"), home, book(home), follow=True)
    revision = latest(home)
    assert (revision.number, revision.upload.received_by) == (2, "Người giữ ghế preparer")  # type: ignore[union-attr]
    assert revision.receipt.code in words(page)
    acts = revision.decisions.values_list("act", "actor")
    assert list(acts) == [("submit", "Người giữ ghế preparer")]
    assert (
        fact_set(world.stores.facts, "accepted").version != accepted
        or Return.objects.get(unit=home, campaign__period_code=PERIOD.code).accepted_id != revision.pk
    )


def test_the_workbook_of_another_unit_is_refused_and_not_even_named(world: World, home: Unit, sit: Sit) -> None:
    for other in (world.communes[1], world.other_communes[0]):
        before = Revision.objects.count()
        page = send(sit("preparer"), home, book(other, name="Xã Khác Hẳn"))
        assert page.status_code == 422
        assert "Xã Khác Hẳn" not in page.content.decode()
        assert "Xã Hòa Lạc" not in page.content.decode()
        assert Revision.objects.count() == before


def test_bytes_that_another_unit_sent_do_not_tell_its_receipt(world: World, home: Unit, sit: Sit) -> None:
    other = world.communes[1]
    grant_give(user=world.users["nobody"], unit=other, role=Role.PREPARER, begins=BEGAN)
    sent = book(other, name="Xã Hòa Lạc")
    send(sit("nobody"), other, sent)
    page = send(sit("preparer"), home, sent)
    assert page.status_code == 422
    assert latest(other).receipt.code not in page.content.decode()


def test_the_workbook_of_another_period_is_refused(home: Unit, sit: Sit) -> None:
    page = send(sit("preparer"), home, book(home, BEFORE), PERIOD)
    assert page.status_code == 422
    assert latest(home, BEFORE).number == 1


def test_faults_stand_with_their_cells_and_the_corrected_workbook_comes_in(home: Unit, sit: Sit) -> None:
    client = sit("preparer")
    page = send(client, home, book(home, members__women=33))
    assert page.status_code == 422
    found = re.search(r"<strong>(Biểu [0-9-]+!\w+)</strong>: ([^<]+)", page.content.decode())
    assert found is not None
    assert "33" in found[2]
    link = re.search(r'href="([^"]+/marked/[^"]+)"', page.content.decode())
    assert link is not None
    back = openpyxl.load_workbook(BytesIO(client.get(link[1]).content))
    sheet, _sep, cell = found[1].partition("!")
    assert "33" in back[sheet][cell].comment.text
    back[sheet][cell].value = 3
    made = BytesIO()
    back.save(made)
    send(client, home, made.getvalue(), follow=True)
    assert Content.from_json(latest(home).content).figures["members:women"].value == 3


def test_a_refused_workbook_is_handed_back_to_its_sender_only(world: World, home: Unit, sit: Sit) -> None:
    page = send(sit("preparer"), home, book(home, members__women=33))
    link = re.search(r'href="([^"]+/marked/[^"]+)"', page.content.decode())
    assert link is not None
    grant_give(user=world.users["nobody"], unit=home, role=Role.PREPARER, begins=BEGAN)
    assert sit("nobody").get(link[1]).status_code == 404
    assert sit("preparer").get(link[1].replace(PERIOD.code, BEFORE.code)).status_code == 404
    assert sit("preparer").get(link[1][:-3] + "xx/").status_code == 404


def test_what_is_no_workbook_is_refused_in_words_and_the_page_stands(home: Unit, sit: Sit) -> None:
    client = sit("preparer")
    for content in (b"", b"\x00" * 100, b"PK\x03\x04" + b"x" * 50, PDF, "chữ".encode()):
        page = send(client, home, content)
        assert page.status_code == 422, content
        assert 'id="send-faults"' in page.content.decode(), content
        assert latest(home).receipt.code in words(page)
    assert latest(home).number == 1


def test_sending_nothing_is_told(home: Unit, sit: Sit) -> None:
    for what in ("send", "sign"):
        page = sit("preparer").post(at(home, what), named(latest(home)))
        assert page.status_code == 422
        assert 'role="alert"' in page.content.decode()


def test_only_who_fills_in_for_the_unit_sends_for_it(home: Unit, sit: Sit) -> None:
    given = book(home)
    for who in ("head", "office", "chair", "inspector", "administrator", "department", "partner"):
        assert send(sit(who), home, given).status_code == 404, who
    assert latest(home).number == 1


# ---------------------------------------------------------------------------------------------- approving, signing


def test_the_head_approves_what_was_sent_and_everybody_reads_it(home: Unit, sit: Sit) -> None:
    answer = sit("head").post(at(home, "approve"), named(latest(home)))
    assert answer.status_code == 302
    assert [one.approved_by for one in Approval.objects.all()] == ["Người giữ ghế head"]
    assert "Người giữ ghế head" in words(sit("office").get(at(home)))


def test_a_newer_return_is_not_approved_by_the_form_of_the_older(home: Unit, sit: Sit) -> None:
    seen = named(latest(home))
    send(sit("preparer"), home, book(home))
    for given in (seen, {"number": 2, "sha256": seen["sha256"]}, {"number": "²"}, {"number": "9" * 30}, {}):
        assert sit("head").post(at(home, "approve"), given).status_code == 422, given
    assert Approval.objects.count() == 0


def test_nobody_approves_in_the_place_of_the_head(home: Unit, sit: Sit) -> None:
    for who in ("preparer", "office", "inspector", "chair"):
        assert sit(who).post(at(home, "approve"), named(latest(home))).status_code == 404, who
    assert Approval.objects.count() == 0


def test_the_signed_paper_is_kept_and_handed_out_byte_for_byte(home: Unit, sit: Sit) -> None:
    papers = {"preparer": PDF, "head": PDF.replace(b"1.7", b"1.6")}
    for who, paper in papers.items():
        given = {**named(latest(home)), "file": file(paper, "bản ký.pdf"), "signed_on": "20/06/2026"}
        assert sit(who).post(at(home, "sign"), given).status_code == 302
    client = sit("office")
    page = client.get(at(home))
    assert words(page).count("20/6/2026") == 2
    for number, paper in enumerate(papers.values(), 1):
        assert sha256(paper) in page.content.decode()
        answer = client.get(at(home, f"1/signed/{number}"))
        assert (answer.content, answer.headers["Content-Type"]) == (paper, "application/pdf")
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get(at(home, "1/signed/3")).status_code == 404
    asked = client.get(f"/2026-H1/intake/{home.key}/")  # where the office decides, it sees the paper as well
    assert "Bản đã ký 1 (PDF) , ký ngày 20/6/2026" in words(asked)
    assert f'href="{at(home, "1/signed/2")}"' in asked.content.decode()


def test_a_paper_that_is_none_is_refused_beside_its_form(home: Unit, sit: Sit) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    before = Upload.objects.count()
    wrong: list[dict[str, object]] = [
        {"file": file(b"<html>", "x.pdf")},
        {"file": file(b"MZ" + b"0" * 99, "x.pdf")},
        {"file": file(b"", "x.pdf")},
        {"file": file(b"%PDF-1.7" + b"0" * 21 * 2**20 + b"%%EOF", "x.pdf"), "signed_on": "5-6-2026"},
        {"file": file(PDF), "signed_on": "hôm qua"},
        {"file": file(PDF), "signed_on": "31/02/2026"},
        {"file": file(PDF), "signed_on": tomorrow},
    ]
    for given in wrong:
        page = sit("preparer").post(at(home, "sign"), {**named(latest(home)), **given})
        assert page.status_code == 422
        told = page.content.decode().partition('id="sign-faults"')[2].partition("</div>")[0]
        assert told
        assert told.count("x.pdf") <= 1, "what is wrong is said once, of a file named once"
        typed = given.get("signed_on", "")
        assert f'value="{typed}"' in page.content.decode().partition('id="signed-on"')[2].partition(">")[0]
    assert (Upload.objects.count(), SignedCopy.objects.count()) == (before, 0)


def test_who_only_reads_does_not_sign(home: Unit, sit: Sit) -> None:
    for who in ("office", "chair", "inspector"):
        given = {**named(latest(home)), "file": file(PDF)}
        assert sit(who).post(at(home, "sign"), given).status_code == 404
    assert SignedCopy.objects.count() == 0


# ------------------------------------------------------------------------------------------------------ in Chromium


@pytest.mark.browser
def test_a_preparer_is_told_what_is_wrong_and_keeps_the_signed_copy(tab: Page, served: Served, tmp_path: Path) -> None:
    sign_in(tab, served, "preparer")
    tab.goto(f"{served.address}/unit/{served.units['commune0']}/?period=2026-H1")
    wrong, paper = tmp_path / "ảnh.xlsx", tmp_path / "bản ký.pdf"
    wrong.write_bytes(b"not a workbook")
    paper.write_bytes(PDF)
    tab.set_input_files("#send-file", wrong)
    tab.get_by_role("button", name="Send").or_(tab.get_by_role("button", name="Gửi", exact=True)).click()
    assert tab.locator("#send-faults").is_visible()
    assert serious(tab) == []
    tab.set_input_files("#sign-file", paper)
    tab.locator("#signed-copy button").click()
    tab.wait_for_url("**/unit/*/?period=2026-H1")
    assert tab.locator("main [role=status]").is_visible()
    with tab.expect_download() as got:
        tab.locator("a[href*='/signed/']").first.click()
    assert Path(got.value.path()).read_bytes() == PDF


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "lang"),
    [
        pytest.param(NARROW, "vi", id="narrow-vi"),
        pytest.param(WIDE, "vi", id="wide-vi", marks=pytest.mark.proof),
        pytest.param(NARROW, "en", id="narrow-en", marks=pytest.mark.proof),
        pytest.param(WIDE, "en", id="wide-en", marks=pytest.mark.proof),
    ],
)
def test_the_pages_of_units_are_accessible(tab: Page, served: Served, lang: str, size: dict[str, int]) -> None:
    tab.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(tab, served, "office", lang=lang)
    unit, province = served.units["commune0"], served.units["province"]
    for address in (f"/unit/{unit}/?period=2026-H1", f"/unit/{province}/", "/2026-H1/units/", "/receipt/"):
        tab.goto(f"{served.address}{address}")
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert serious(tab) == [], address
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"], address
