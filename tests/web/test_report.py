"""The report on the screen: preview, merge desk, words by hand, releases, records, an edited file brought back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import CANARY_NAME, PERIOD, World, points_give

from tienbo.papers.blocks import Chart, Table
from tienbo.release.models import DocumentRecord, Release, ReportDraft, ReportEntry, ReportParagraph
from tienbo.release.services import deck_of, paper_of

REPORT = "/2026-H1/report/"
TEXTS, WORDS, MAKE = f"{REPORT}texts/", f"{REPORT}words/", f"{REPORT}release/"
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"

Sit = Callable[[str], Client]


@pytest.fixture
def office(world: World, sit: Sit) -> Client:
    return sit("office")


def body(client: Client, address: str, **asked: str) -> str:
    answer = client.get(address, asked)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def codes(client: Client, heading: str, **asked: str) -> list[str]:
    return re.findall(r'name="group" value="(\w+)"', body(client, TEXTS, heading=heading, **asked))


def made(client: Client, **asked: str) -> Release:
    answer = client.post(MAKE, asked)
    assert answer.status_code == 302, answer.content.decode()
    return Release.objects.get(key=answer.headers["Location"].split("/")[-2])


def at(name: str, release: Release, **more: object) -> str:
    return reverse(name, kwargs={"period": PERIOD, "release": release.key, **more})


# ----------------------------------------------------------------------------------------------------- preview


def test_the_preview_says_who_is_missing_and_every_figure_leads_to_its_explanation(
    office: Client, world: World
) -> None:
    shown = body(office, REPORT)
    assert "3/4" in shown, "three communes of the four units that owe a return"
    assert "Sở Nội vụ" in shown
    # 13 + 20 + 27: the documents of the three communes (see tests.web.world).
    link = f"/2026-H1/indicator/direction.documents/?unit={world.province.key}&amp;map="
    assert f'<a class="tb-bound" href="{link}">60</a> văn bản lãnh đạo' in shown


def test_annexes_and_charts_are_parts_of_their_own(office: Client) -> None:
    shown = body(office, REPORT)
    annexes = re.findall(r'hx-get="([^"]+)"', shown)
    assert annexes
    for address in annexes:
        answer = office.get(address.replace("&amp;", "&"), headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert b"<table" in answer.content or b"<img" in answer.content
        assert b"<html" not in answer.content
    pictures = re.findall(r'src="(/2026-H1/report/chart/[^"]+)"', shown)
    for address in pictures:
        answer = office.get(address.replace("&amp;", "&"))
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.content.startswith(b"<svg")
    assert office.get(f"{REPORT}annex/99/").status_code == office.get(f"{REPORT}chart/99.svg").status_code == 404


def test_the_annex_draws_the_communes_and_never_without_their_heat_table(office: Client, world: World) -> None:
    def drawn() -> str:
        addresses = re.findall(r'hx-get="([^"]*annex/[^"]*)"', body(office, REPORT))
        return body(office, addresses[-1].replace("&amp;", "&"))

    assert "không phải bản đồ địa giới" not in drawn(), "no place is known: bars"
    points_give(world)
    shown = drawn()
    assert "Tỷ lệ nữ tham gia cấp ủy cấp xã (sơ đồ, không phải bản đồ địa giới)" in shown
    table = shown[shown.index("(sơ đồ, không phải bản đồ địa giới)") :]
    for commune in ("Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc"):
        assert commune in table
    release = made(office)
    blocks = paper_of(release).annex[-1].blocks
    (at,) = (index for index, one in enumerate(blocks) if isinstance(one, Chart) and one.needs_table)
    assert isinstance(blocks[at + 1], Table)
    assert not any("bản đồ địa giới" in slide.title for slide in deck_of(release).slides)


def test_the_year_is_asked_for_at_its_second_half(office: Client) -> None:
    shown = body(office, "/2026-H2/report/", kind="year_province")
    assert "năm 2026" in shown
    assert "kind=year_province" in shown


def test_whoever_reads_the_unit_reads_its_report_and_only_the_office_writes_it(world: World, sit: Sit) -> None:
    for seat in ("chair", "inspector"):
        shown = body(sit(seat), REPORT)
        assert "tb-bound" in shown
        assert MAKE not in shown
        assert "tb-paper-add" not in shown
        assert sit(seat).post(MAKE).status_code == sit(seat).get(TEXTS).status_code == 404
    assert sit("partner").get(REPORT).status_code == 404
    assert Release.objects.count() == 0


def test_a_commune_reads_its_own_report(sit: Sit, world: World) -> None:
    shown = body(sit("preparer"), REPORT)
    assert "Xã Đồng Tâm" in shown
    assert "Xã Hòa Lạc" not in shown


# -------------------------------------------------------------------------------------------------------- desk


def test_what_all_units_wrote_is_side_by_side_with_who_wrote_it(office: Client, world: World) -> None:
    shown = body(office, TEXTS, heading="limitation")
    for unit in world.communes:
        assert f"Nội dung của {unit.key[-6:]}" in shown
    assert len(codes(office, "limitation")) == 3
    assert CANARY_NAME not in shown
    # Proposals go to three addressees each.
    assert len(codes(office, "proposal")) == 9
    assert len(codes(office, "proposal", q="hoa lac")) == 3


def test_texts_are_picked_joined_worded_addressed_and_cited_in_the_paper(office: Client, world: World) -> None:
    first, second, _third = codes(office, "limitation")
    office.post(TEXTS, {"heading": "limitation", "act": "join", "group": [first, second]})
    (row,) = ReportEntry.objects.all()
    assert len(row.units) == 2
    assert {source["unit"] for source in row.sources} == set(row.units)
    edit = {"heading": "limitation", "act": "edit", "entry": row.entry, "seen": row.pk, "unit": row.units[:1]}
    assert office.post(TEXTS, {**edit, "text": "Cán bộ cấp xã kiêm nhiệm nhiều việc"}).status_code == 302
    proposals = codes(office, "proposal")
    office.post(TEXTS, {"heading": "proposal", "act": "pick", "group": proposals[:1]})
    proposal = ReportEntry.objects.get(heading="proposal")
    said = {"heading": "proposal", "act": "edit", "entry": proposal.entry, "seen": proposal.pk, "unit": proposal.units}
    office.post(TEXTS, {**said, "text": "Bố trí kinh phí", "addressee": "Bộ Nội vụ"})
    shown = body(office, REPORT)
    names = {unit.key: name for unit, name in zip(world.communes, ("Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc"), strict=True)}  # fmt: skip # noqa: E501
    assert f"Cán bộ cấp xã kiêm nhiệm nhiều việc ({names[row.units[0]]})." in shown
    assert "Đối với Bộ Nội vụ" in shown
    assert "Bố trí kinh phí (" in shown


def test_a_wording_is_in_the_report_once_however_often_the_form_is_sent(office: Client) -> None:
    first, second, _third = codes(office, "limitation")
    pick = {"heading": "limitation", "act": "pick"}
    assert office.post(TEXTS, {**pick, "group": [first]}).status_code == 302
    assert office.post(TEXTS, {**pick, "group": [first]}).status_code == 422
    assert office.post(TEXTS, {**pick, "group": [first, second]}).status_code == 302
    assert ReportEntry.objects.count() == 2


def test_whom_a_text_is_addressed_to_is_said_in_the_papers_language_and_not_the_pages(office: Client) -> None:
    vietnamese = codes(office, "proposal")
    office.cookies["tienbo_lang"] = "en"
    assert codes(office, "proposal") == vietnamese
    office.post(TEXTS, {"heading": "proposal", "act": "pick", "group": vietnamese[:1]})
    assert ReportEntry.objects.get().addressee in ("UBND tỉnh", "Sở Nội vụ", "Hội LHPN tỉnh")


def test_a_form_sent_twice_puts_nothing_over_and_says_so(office: Client) -> None:
    office.post(TEXTS, {"heading": "next", "act": "add", "text": "Một"})
    row = ReportEntry.objects.get()
    edit = {"heading": "next", "act": "edit", "entry": row.entry, "seen": row.pk}
    assert office.post(TEXTS, {**edit, "text": "Hai"}).status_code == 302
    again = office.post(TEXTS, {**edit, "text": "Ba của người kia"})
    assert again.status_code == 422
    shown = again.content.decode()
    assert "Ba của người kia" in shown, "what was typed is not lost"
    assert "Hai" in shown


ASTRAY: tuple[dict[str, object], ...] = (
    {"act": "pick"},
    {"act": "pick", "group": ["0000000000000000"]},
    {"act": "add", "text": "  "},
    {"act": "drop", "entry": "entry_" + "0" * 26},
    {"act": "up", "entry": "khác"},
    {"act": "edit", "entry": "", "seen": "x", "text": "Một"},
)


def test_a_form_that_asks_for_what_is_not_there_is_refused_in_words(office: Client) -> None:
    for sent in ASTRAY:
        answer = office.post(TEXTS, {"heading": "next", **sent})
        assert answer.status_code == 422, sent
        assert 'role="alert"' in answer.content.decode(), sent
    part = office.post(TEXTS, {"heading": "next", **ASTRAY[0]}, headers={"HX-Request": "true"})
    assert part.content.decode().startswith('<div id="desk">')
    assert not ReportDraft.objects.exists(), "nothing was begun"


def test_an_act_nobody_knows_is_no_page(office: Client) -> None:
    assert office.post(TEXTS, {"heading": "next", "act": "explode"}).status_code == 404


# ----------------------------------------------------------------------------------------------- words by hand


def sections(client: Client) -> dict[str, str]:
    """Title of a section → its mark."""
    return {title: mark for mark, title in re.findall(r'<h2 id="(s\w{12})-title">([^<]*)</h2>', body(client, WORDS))}


def test_a_paragraph_by_hand_stands_in_the_paper_and_its_figures_are_marked_on_the_screen(office: Client) -> None:
    mark = sections(office)["Công tác lãnh đạo, chỉ đạo, kiện toàn tổ chức"]
    sent = {"section": mark, "text_before": "Toàn tỉnh có 55 Ban.", "seen_before": "0"}
    answer = office.post(WORDS, sent)
    assert answer.headers["Location"].endswith(f"#{mark}")
    assert '<mark class="tb-by-hand">55</mark>' in body(office, REPORT)
    again = office.post(WORDS, {**sent, "text_before": "Lời của người kia."})
    assert again.status_code == 422
    assert "Lời của người kia." in again.content.decode()
    row = ReportParagraph.objects.get()
    office.post(WORDS, {**sent, "text_before": "", "seen_before": str(row.pk)})
    assert "tb-by-hand" not in body(office, REPORT)


def test_words_for_a_section_that_is_not_there_are_refused(office: Client) -> None:
    assert office.post(WORDS, {"text_before": "Lời."}).status_code == 404
    gone = office.post(WORDS, {"gone": "Không có", "text_before": "Lời.", "seen_before": "0"})
    assert gone.status_code == 422
    assert office.post(WORDS, {"section": next(iter(sections(office).values())), "seen_before": "0"}).status_code == 302
    assert not ReportDraft.objects.exists(), "nothing was begun"


# ---------------------------------------------------------------------------------------------------- releases


def test_figures_are_frozen_once_and_written_again_with_the_same_bytes(office: Client) -> None:
    first, second = made(office), made(office)
    assert first.key == second.key
    shown = body(office, REPORT)
    assert first.fingerprint[:12] in shown
    assert first.made_by in shown
    for suffix, start in (("docx", b"PK"), ("pdf", b"%PDF-"), ("pptx", b"PK")):
        answers = [office.get(at(f"release_{suffix}", first)) for _again in range(2)]
        assert answers[0].content.startswith(start)
        assert answers[0].content == answers[1].content
        assert f'.{suffix}"' in answers[0].headers["Content-Disposition"]
    assert body(office, at("release", first)).count("<dt>.docx</dt>") == 1


def test_a_release_is_nobodys_but_its_units(world: World, sit: Sit, office: Client) -> None:
    release = made(office)
    names = ("release", "release_docx", "release_pdf", "release_pptx")
    for seat in ("other_office", "other_preparer", "preparer", "department", "partner"):
        for name in names:
            assert sit(seat).get(at(name, release)).status_code == 404, (seat, name)
        for name in ("release_proof", "release_record"):
            assert sit(seat).post(at(name, release)).status_code == 404, (seat, name)
    assert sit("chair").get(at("release", release)).status_code == 200
    inspector = sit("inspector")  # the paper tells how many victims were detected, which the matrix shows no inspector
    assert "chỉ dành cho cơ quan thường trực" in body(inspector, at("release", release))
    assert [inspector.get(at(name, release)).status_code for name in names[1:]] == [404, 404, 404]
    assert sit("chair").get(at("release_docx", release)).status_code == 200
    assert office.get(at("release", release).replace("2026-H1", "2025-H2")).status_code == 404


def test_number_day_and_signed_file_are_recorded(office: Client, sit: Sit) -> None:
    release = made(office)
    sent = {"number": "245/BC-BVSTBPN", "dated": "2026-07-20", "signed": SimpleUploadedFile("ky.pdf", PDF)}
    assert office.post(at("release_record", release), sent).status_code == 302
    shown = body(office, at("release", release))
    assert "245/BC-BVSTBPN" in shown
    assert "20/7/2026" in shown
    row = DocumentRecord.objects.get()
    signed = sit("chair").get(at("release_signed", release, number=row.pk))
    assert signed.content == PDF
    assert signed.headers["Content-Type"] == "application/pdf"
    assert "245/BC-BVSTBPN, 20/7/2026" in body(office, REPORT)


def test_a_wrong_record_is_told_and_what_was_typed_is_kept(office: Client) -> None:
    release = made(office)
    sent = {"number": "245/BC", "dated": "31/02/2026", "signed": SimpleUploadedFile("ky.pdf", b"MZ")}
    answer = office.post(at("release_record", release), sent)
    assert answer.status_code == 422
    assert 'value="245/BC"' in answer.content.decode()
    sent = {"number": "", "dated": "20/07/2026", "signed": SimpleUploadedFile("ky.exe", b"MZ")}
    answer = office.post(at("release_record", release), sent)
    assert answer.status_code == 422
    assert answer.content.decode().count("<li") >= 2
    assert DocumentRecord.objects.count() == 0


# ------------------------------------------------------------------------------------------------ proof-reading


def proofed(office: Client, release: Release, content: bytes) -> str:
    sent = {"file": SimpleUploadedFile("da-sua.docx", content)}
    answer = office.post(at("release_proof", release), sent)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_edited_file_is_held_against_its_release(office: Client) -> None:
    release = made(office)
    content = office.get(at("release_docx", release)).content
    assert "tb-bad" not in proofed(office, release, content)
    file = docx.Document(io.BytesIO(content))
    line = next(one for one in file.paragraphs if "60 văn bản" in one.text)
    line.text = line.text.replace("60 văn bản", "61 văn bản")
    saved = io.BytesIO()
    file.save(saved)
    shown = proofed(office, release, saved.getvalue())
    assert '<span class="tb-tag tb-bad">61</span>' in shown
    assert "indicator/direction.documents/" in shown
    line._p.getparent().remove(line._p)
    file.save(saved := io.BytesIO())
    assert "60 văn bản" in proofed(office, release, saved.getvalue()).partition("<summary>")[2]


def test_a_word_file_that_is_not_the_report_is_not_said_to_hold(office: Client) -> None:
    file = docx.Document()
    file.add_paragraph("Tổ chức 60 lớp tập huấn cho cán bộ.")
    file.save(saved := io.BytesIO())
    shown = proofed(office, made(office), saved.getvalue())
    assert "tb-good" not in shown
    assert "alert-warning" in shown


def test_a_wrong_file_is_told_in_words(office: Client) -> None:
    release = made(office)
    for content in (b"", b"%PDF-1.7", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0" + bytes(100)):
        sent = {"file": SimpleUploadedFile("x.docx", content)} if content else {}
        answer = office.post(at("release_proof", release), sent)
        assert answer.status_code == 422, content
        assert 'role="alert"' in answer.content.decode(), content


# --------------------------------------------------------------------------------------------------- in Chromium


PAGES = (REPORT, f"{TEXTS}?heading=proposal", WORDS, f"{REPORT}annex/0/")


@pytest.mark.browser
def test_an_office_chooses_words_by_keyboard_and_takes_the_papers_away(
    tab: Page, served: Served, tmp_path: Path
) -> None:
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}{TEXTS}?heading=limitation")
    box = tab.locator("input[name=group]").first
    box.focus()
    tab.keyboard.press("Space")
    tab.locator("button[value=pick]").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".tb-desk-chosen li")
    assert "/texts/" in tab.url
    tab.locator(".tb-desk-chosen details summary").first.click()
    tab.locator(".tb-desk-chosen textarea").first.fill("Lời do cơ quan thường trực viết lại")
    tab.locator(".tb-desk-chosen button[value=edit]").first.click()
    tab.wait_for_selector("text=Lời do cơ quan thường trực viết lại.")
    tab.goto(f"{served.address}{REPORT}")
    assert tab.get_by_text("Lời do cơ quan thường trực viết lại (").is_visible()
    annex = tab.locator("details.tb-paper-annex").first
    annex.locator("summary").click()
    annex.locator("table").first.wait_for()
    tab.locator(f"form[action='{MAKE}'] button").click()
    tab.wait_for_url("**/report/release_*/")
    for name in ("docx", "pdf", "pptx"):
        with tab.expect_download() as download:
            tab.locator(f"a[href$='/{name}']").first.click()
        held = tmp_path / f"paper.{name}"
        download.value.save_as(held)
        assert held.stat().st_size > 5_000
    tab.set_input_files("#file", tmp_path / "paper.docx")
    tab.locator("form[action*='/proof/'] button").click()
    tab.wait_for_selector("#proof .tb-good")
    assert serious(tab) == []
    # The site is other journeys' too: the report reads as it did before.
    tab.goto(f"{served.address}{TEXTS}?heading=limitation")
    tab.locator("button[value=drop]").first.click()
    tab.wait_for_selector(".tb-desk-chosen li", state="detached")


@pytest.mark.browser
def test_the_merge_desk_is_worked_by_keyboard_and_the_place_is_kept(tab: Page, served: Served) -> None:
    """Written, moved and taken out with keys alone; after each, one is where one was, not at the top."""

    def pressed(selector: str) -> str:
        tab.evaluate("document.getElementById('desk').setAttribute('data-old', '')")
        tab.locator(selector).first.focus()
        tab.keyboard.press("Enter")
        tab.wait_for_selector("#desk:not([data-old])")
        tab.wait_for_selector("#desk :focus", state="attached")
        return str(tab.evaluate("document.activeElement.id"))

    sign_in(tab, served, "office")
    tab.goto(f"{served.address}{TEXTS}?heading=proposal")
    for text in ("Đề nghị thứ nhất", "Đề nghị thứ hai"):
        tab.locator(".tb-desk-own summary").focus()
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        tab.keyboard.type(text)
        assert pressed("button[value=add]") == "chosen-title"
    mine = [str(one.get_attribute("id")) for one in tab.locator(".tb-desk-chosen > li").all()][-2:]
    assert pressed(f"#up-{mine[1]}") in (mine[1], f"up-{mine[1]}")
    assert [one.get_attribute("id") for one in tab.locator(".tb-desk-chosen > li").all()][-2:] == mine[::-1]
    tab.locator(f"#{mine[0]} > .tb-desk-acts > details > summary").focus()
    tab.keyboard.press("Enter")
    tab.locator(f"#t-{mine[0]}").fill("Đề nghị thứ nhất, đã sửa")
    assert pressed(f"#{mine[0]} button[value=edit]") == mine[0]
    assert "đã sửa" in tab.locator(f"#{mine[0]}").inner_text()
    for entry in mine:
        assert pressed(f"#{entry} button[value=drop]") == "chosen-title"


@pytest.mark.browser
@pytest.mark.proof
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_pages_of_the_report_are_accessible_and_fit_a_phone(tab: Page, served: Served, lang: str) -> None:
    sign_in(tab, served, "office", lang=lang)
    for size in (WIDE, NARROW):
        tab.set_viewport_size(size)  # type: ignore[arg-type]
        for address in PAGES:
            tab.goto(served.address + address)
            assert serious(tab) == [], address
            assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"], address
