"""The entry page: a form a step a sheet, saved and sent with a script or without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.test_unit import book, words
from tests.web.world import BEGAN, CANARY, PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.collection.campaigns import campaign_close, reopening_confirm, reopening_propose
from tienbo.collection.comments import comment_say
from tienbo.collection.draft_models import Draft, DraftSave, Evidence, Prepared, Submission
from tienbo.collection.models import Approval, Revision, SignedCopy
from tienbo.collection.services import revision_ask_supplement
from tienbo.units.models import Grant, Role, Unit

pytestmark = pytest.mark.django_db
Sit = Callable[[str], Client]
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
MEMBERS, WOMEN = "figure/members:total", "figure/members:women"


@pytest.fixture
def home(world: World) -> Unit:
    return world.communes[0]


def at(unit: Unit, what: str = "1/") -> str:
    return f"/entry/{unit.key}/{PERIOD}/{what}"


def saved(client: Client, unit: Unit, key: str, changes: Mapping[str, Any], **more: Any) -> Any:
    data = {"device": "thử", "since": -1, "saves": [{"key": key, "changes": changes, **more}]}
    return client.post(at(unit, "save/"), json.dumps(data), content_type="application/json")


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found, name
    return found[1]


def test_a_step_shows_the_sheet_with_last_period_beside_and_what_was_sent(sit: Sit, home: Unit) -> None:
    page = sit("preparer").get(at(home))
    said = words(page)
    assert page.status_code == 200
    assert "Biểu 01" in said
    assert "kỳ trước 10" in said
    assert re.search(rf'name="{MEMBERS}" value="13"', page.content.decode())
    assert Draft.objects.count() == 0  # looking keeps nothing
    assert str(CANARY) not in page.content.decode()


def test_a_plain_form_saves_a_step_and_goes_on(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    page = client.get(at(home))
    sent = {"version": hidden(page, "version"), "save": hidden(page, "save"), MEMBERS: "1.250", WOMEN: "ước 600"}
    answer = client.post(at(home), sent)
    assert answer.headers["Location"] == at(home, "2/")
    held = Draft.objects.get()
    assert (held.cells[MEMBERS], held.cells[WOMEN]) == ("1250", "ước 600")
    client.post(at(home), sent)  # pressed twice
    assert DraftSave.objects.filter(how="typed").count() == 1


def test_a_plain_form_overwrites_nobody_and_shows_both_values(sit: Sit, home: Unit, world: World) -> None:
    first, second = sit("preparer"), sit("preparer")
    page = first.get(at(home))
    version, key = hidden(page, "version"), hidden(page, "save")
    saved(second, home, "khac", {MEMBERS: ["13", "15"]})
    answer = first.post(at(home), {"version": version, "save": key, MEMBERS: "17"})
    assert answer.headers["Location"] == at(home)
    page = first.get(at(home))
    assert "Giữ 15" in words(page)
    assert "Lấy 17" in words(page)
    assert Draft.objects.get().cells[MEMBERS] == "15"
    number = DraftSave.objects.exclude(aside={}).get().number
    choice = {"version": hidden(page, "version"), "save": "chon", "take": f"{number} {MEMBERS}"}
    first.post(at(home), choice)
    assert Draft.objects.get().cells[MEMBERS] == "17"
    assert "Một ô có hai giá trị" not in words(first.get(at(home))).replace(words(first.get(at(home, "shell/1/"))), "")


def test_a_script_saves_in_batches_and_is_told_what_others_changed(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    told = saved(client, home, "k1", {MEMBERS: ["13", "14"]}).json()
    assert told["kept"] == [{"key": "k1", "aside": 0, "refused": ""}]
    assert told["cells"][MEMBERS] == "14"
    data = {"device": "b", "since": told["version"], "saves": [{"key": "k2", "changes": {WOMEN: ["12", "11"]}}]}
    told = client.post(at(home, "save/"), json.dumps(data), content_type="application/json").json()
    assert told["cells"] == {WOMEN: "11"}
    assert told["sha256"] == Draft.objects.get().sha256
    whole = client.get(at(home, "state/")).json()
    assert (whole["cells"][MEMBERS], whole["before"][MEMBERS]) == ("14", "10")
    assert whole["token"]


@pytest.mark.parametrize("body", ["", "[]", '{"saves": 3}', '{"saves": [{"changes": {"a": 1}}]}', "\xff", "null"])
def test_what_no_script_of_ours_sends_is_refused_in_words(sit: Sit, home: Unit, body: str) -> None:
    answer = sit("preparer").post(at(home, "save/"), body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["faults"]


def test_only_whoever_fills_in_opens_it_and_its_head_the_sending(sit: Sit, home: Unit, world: World) -> None:
    for seat in ("office", "chair", "head", "partner", "inspector", "other_preparer", "department"):
        assert sit(seat).get(at(home)).status_code == 404, seat
        assert saved(sit(seat), home, "k", {MEMBERS: ["", "1"]}).status_code == 404, seat
    assert sit("head").get(at(home, "send/")).status_code == 200
    assert sit("office").get(at(home, "send/")).status_code == 404
    assert sit("preparer").get(at(world.other_communes[0])).status_code == 404
    assert Draft.objects.count() == 0


def test_a_shell_has_the_form_and_not_one_figure(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "1444"], "prepared_by": ["", "Lê Thị Mây"]})
    page = client.get(at(home, "shell/1/")).content.decode()
    assert f'name="{MEMBERS}" value=""' in page
    for figure in ("1444", "1.444", "kỳ trước 1", "Lê Thị Mây"):
        assert figure not in page
    assert 'id="state"' not in page


def test_the_preparer_hands_over_and_the_head_approves_and_sends(sit: Sit, home: Unit) -> None:
    preparer, head = sit("preparer"), sit("head")
    saved(preparer, home, "k1", {MEMBERS: ["13", "14"]})
    page = preparer.get(at(home, "send/"))
    assert "Trình thủ trưởng đơn vị" in words(page)
    before = Revision.objects.count()
    preparer.post(at(home, "send/"), {"act": "prepare", "key": "p1", "sha256": hidden(page, "sha256")})
    assert (Prepared.objects.count(), Revision.objects.count()) == (1, before)
    page = head.get(at(home, "send/"))
    assert "đang chờ phê duyệt" in words(page)
    assert head.get(at(home, "paper.pdf")).content.startswith(b"%PDF")
    form = {"act": "approve", "key": "a1", "prepared": hidden(page, "prepared")}
    assert head.post(at(home, "send/"), form).status_code == 302
    assert head.post(at(home, "send/"), form).status_code == 302
    assert (Revision.objects.count(), Submission.objects.count()) == (before + 1, 1)
    assert Approval.objects.get().approved_by == "Người giữ ghế head"
    assert Submission.objects.get().revision.receipt.code in words(preparer.get(at(home, "send/")))


def test_home_leads_to_the_page_and_tells_the_head_what_waits(sit: Sit, home: Unit) -> None:
    preparer, head = sit("preparer"), sit("head")
    first, sending = at(home), at(home, "send/")
    assert f'href="{first}"' not in preparer.get(f"/{PERIOD}/").content.decode()  # it is received: nothing to do
    last = Revision.objects.get(of__unit=home, of__campaign__period_code=PERIOD)
    revision_ask_supplement(revision=last, note="Bổ sung Biểu 02", actor=operator("thử"))
    assert f'href="{first}"' in preparer.get(f"/{PERIOD}/").content.decode()
    saved(preparer, home, "k1", {MEMBERS: ["13", "14"]})
    page = preparer.get(sending)
    preparer.post(sending, {"act": "prepare", "key": "p1", "sha256": hidden(page, "sha256")})
    assert "<h2>Trình thủ trưởng</h2>" not in preparer.get(sending).content.decode()  # it is handed over already
    theirs = head.get(f"/{PERIOD}/")
    assert "đang chờ phê duyệt" in words(theirs)
    assert f'href="{sending}"' in theirs.content.decode()
    assert f'href="{first}"' not in theirs.content.decode()
    assert "data-reads" in head.get(sending).content.decode()  # a browser of the head asks for no draft
    assert "data-reads" not in preparer.get(sending).content.decode()


def test_every_step_says_how_much_is_left_on_each(sit: Sit, home: Unit) -> None:
    client = sit("preparer")

    def left(what: str) -> list[str]:
        page = client.get(at(home, what)).content.decode()
        return [one.strip() for one in re.findall(r'data-left="\d">([^<]*)<', page)]

    before = left("1/")
    assert left("send/") == before
    assert before[0] == "✓" or "ô trống" in before[0]
    cells = Draft.objects.get().cells if Draft.objects.exists() else {}
    saved(client, home, "k1", {MEMBERS: [cells.get(MEMBERS, "13"), ""], WOMEN: [cells.get(WOMEN, ""), ""]})
    after = left("2/")
    count = [int(re.sub(r"\D", "", one) or 0) for one in (before[0], after[0])]
    assert count[1] == count[0] + 1
    assert after[1:] == before[1:]
    assert left("shell/1/") == [""] * len(before)


def test_what_the_office_asked_stands_where_the_figures_are_mended(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    assert "Nội dung được đề nghị bổ sung" not in words(client.get(at(home)))
    last = Revision.objects.get(of__unit=home, of__campaign__period_code=PERIOD)
    comment_say(revision=last, place="members:women", text="Xem lại số này", side="office", actor=operator("thử"))
    revision_ask_supplement(revision=last, note="Bổ sung Biểu 02", actor=operator("thử"))
    for step in ("1/", "2/", "send/"):
        page = client.get(at(home, step))
        assert "Bổ sung Biểu 02" in words(page)
        assert "Xem lại số này" in words(page)
        assert f'href="{at(home)}#{WOMEN}"' in page.content.decode()
    assert "Xem lại số này" not in words(client.get(at(home, "shell/1/")))  # a browser keeps nobody’s words


def test_a_preparer_cannot_send_alone_but_with_the_signed_copy(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    mark = hidden(client.get(at(home, "send/")), "sha256")
    before = Revision.objects.count()
    assert client.post(at(home, "send/"), {"act": "send", "key": "s1", "sha256": mark}).status_code == 422
    assert Revision.objects.count() == before
    paper = SimpleUploadedFile("bản ký.pdf", PDF)
    answer = client.post(at(home, "send/"), {"act": "sign", "key": "s1", "sha256": mark, "file": paper})
    assert answer.status_code == 302
    assert SignedCopy.objects.get().revision == Revision.objects.order_by("-pk")[0]


def test_the_office_reads_the_explanations_and_documents_of_what_was_sent(sit: Sit, home: Unit, world: World) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {"figure/plans:total": ["13", ""]})
    form = {"block": "committee", "save": "tl", "step": "1", "file": SimpleUploadedFile("quyết định.pdf", PDF)}
    client.post(at(home, "proof/"), form)
    page = client.get(at(home, "send/"))
    name = re.search(r'name="(why/return.not_filled_in@[^"]+)"', page.content.decode())
    assert name
    saved(client, home, "k2", {name[1]: ["", "Xã chưa thống kê số này."]})
    mark = hidden(client.get(at(home, "send/")), "sha256")
    paper = SimpleUploadedFile("bản ký.pdf", PDF)
    client.post(at(home, "send/"), {"act": "sign", "key": "s1", "sha256": mark, "file": paper})
    shown = words(sit("office").get(f"/unit/{home.key}/?period={PERIOD}"))
    assert "Giải trình: Xã chưa thống kê số này." in shown
    assert "quyết định.pdf" in shown
    assert "Giải trình: Xã chưa thống kê" in words(sit("office").get(f"/{PERIOD}/intake/{home.key}/"))


def test_in_english_a_field_shows_plain_digits_that_read_back_the_same(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    client.cookies["tienbo_lang"] = "en"
    saved(client, home, "k1", {MEMBERS: ["13", "1250"]})
    assert hidden(client.get(at(home)), MEMBERS) == "1250"
    client.cookies["tienbo_lang"] = "vi"
    assert hidden(client.get(at(home)), MEMBERS) == "1.250"


def test_one_person_in_both_roles_sends_in_one_press_and_a_script_gets_the_receipt(
    sit: Sit, home: Unit, world: World
) -> None:
    # Given before the two were kept apart: what was given stays until it is ended.
    Grant.objects.create(user=world.users["preparer"], unit=home, role=Role.HEAD, valid_from=BEGAN)
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    form = {"act": "send", "key": "s1", "sha256": hidden(client.get(at(home, "send/")), "sha256")}
    first = client.post(at(home, "send/"), form, headers={"Accept": "application/json"})
    again = client.post(at(home, "send/"), form, headers={"Accept": "application/json"})
    assert first.json()["receipt"] == again.json()["receipt"] != ""
    saved(client, home, "k2", {MEMBERS: ["14", "16"]})
    other = {**form, "sha256": Draft.objects.get().sha256}
    refused = client.post(at(home, "send/"), other, headers={"Accept": "application/json"})
    assert refused.status_code == 409
    (one,) = refused.json()["difference"]
    assert (one["seen"], one["here"]) == ("14", "16")


def test_errors_are_listed_with_the_way_to_their_cells_and_warnings_take_a_sentence(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {WOMEN: ["12", "99"], "figure/plans:total": ["13", ""]})
    page = client.get(at(home, "send/"))
    assert f'href="{at(home, "1/")}#{WOMEN}"' in page.content.decode()
    assert "Trình thủ trưởng đơn vị" not in words(page)
    name = re.search(r'name="(why/return.not_filled_in@[^"]+)"', page.content.decode())
    assert name
    form = {"version": hidden(page, "version"), "save": "vi-sao", "to": "send", name[1]: "Tính cả hoạt động phối hợp."}
    client.post(at(home, "1/"), form)
    assert "Tính cả hoạt động phối hợp." in client.get(at(home, "send/")).content.decode()


def test_versions_are_listed_looked_at_and_brought_back(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    saved(client, home, "k2", {MEMBERS: ["14", "15"]})
    page = client.get(at(home, "versions/") + "?at=2")
    assert "Lấy lại phiên bản này" in words(page)
    answer = client.post(at(home, "versions/"), {"number": "2", "seen": hidden(page, "seen"), "save": "ve"})
    assert answer.status_code == 302
    assert Draft.objects.get().cells[MEMBERS] == "14"


def test_a_workbook_sent_while_the_draft_is_open_is_shown_beside_it(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    sent = book(home, members__total=19, members__women=18)
    client.post(f"/unit/{home.key}/{PERIOD}/send/", {"file": SimpleUploadedFile("b.xlsx", sent)})
    page = client.get(at(home, "beside/"))
    assert "Báo cáo gửi ngoài bản nháp" in words(page)
    form = {"take": [WOMEN], "save": "lay", "revision": hidden(page, "revision"), "seen": hidden(page, "seen")}
    client.post(at(home, "beside/"), form)
    held = Draft.objects.get().cells
    assert (held[MEMBERS], held[WOMEN]) == ("14", "18")
    assert client.get(at(home, "beside/")).status_code == 302


def test_a_draft_goes_into_a_file_and_comes_back_from_it(sit: Sit, home: Unit, world: World) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    file = client.get(at(home, "file/")).content
    saved(client, home, "k2", {MEMBERS: ["14", "15"]})
    page = client.post(at(home, "file/"), {"file": SimpleUploadedFile("nhap.json", file)})
    assert "Trong tệp" in words(page)
    form = {"put": "1", "save": "tu-tep", "take": [MEMBERS], f"held {MEMBERS}": "15", f"want {MEMBERS}": "14"}
    client.post(at(home, "file/"), form)
    assert Draft.objects.get().cells[MEMBERS] == "14"
    for wrong in (b"", b"{}", b"PK\x03\x04", b"[1]", file.replace(home.key.encode(), b"unit_x")):
        answer = client.post(at(home, "file/"), {"file": SimpleUploadedFile("sai.json", wrong)})
        assert answer.status_code == 422, wrong[:10]


def test_a_document_is_attached_read_and_taken_off(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    form = {"block": "committee", "save": "tl", "step": "1", "file": SimpleUploadedFile("quyết định.pdf", PDF)}
    assert client.post(at(home, "proof/"), form).status_code == 302
    cell = next(cell for cell in Draft.objects.get().cells if cell.startswith("proof/committee/"))
    mark = cell.rpartition("/")[2]
    page = client.get(at(home))
    assert "quyết định.pdf" in words(page)
    got = client.get(at(home, "proof/") + f"?mark={mark}")
    assert (got.content, got.headers["Content-Type"]) == (PDF, "application/pdf")
    assert sit("office").get(at(home, "proof/") + f"?mark={mark}").status_code == 200
    assert sit("other_office").get(at(home, "proof/") + f"?mark={mark}").status_code == 404
    client.post(at(home, "proof/"), {"block": "committee", "save": "bo", "step": "1", "remove": cell})
    assert cell not in Draft.objects.get().cells
    assert Evidence.objects.count() == 1  # what was kept stays kept
    bad = {**form, "save": "x", "file": SimpleUploadedFile("a.pdf", b"MZ\x90")}
    assert client.post(at(home, "proof/"), bad).status_code == 422


def test_the_worker_is_served_from_its_own_scope(client: Client) -> None:
    answer = client.get("/entry/worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"self.ASSETS = [" in answer.content


def test_a_return_that_nobody_changed_since_is_said_to_be_as_sent(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    said = words(client.get(at(home, "send/")))
    assert "Bản nháp giống báo cáo đã gửi." in said
    assert "Bản nháp đã sửa sau đó" not in said
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    assert "Bản nháp đã sửa sau đó" in words(client.get(at(home, "send/")))


def test_a_document_for_a_block_that_is_not_there_is_not_kept(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    paper = SimpleUploadedFile("a.pdf", PDF)
    answer = client.post(at(home, "proof/"), {"block": "khong_co", "save": "p1", "file": paper})
    assert answer.status_code == 422
    assert Evidence.objects.count() == 0


def test_a_period_closed_while_somebody_types_takes_nothing_and_keeps_what_was_typed(sit: Sit, home: Unit) -> None:
    client = sit("preparer")
    saved(client, home, "k1", {MEMBERS: ["13", "14"]})
    campaign = Draft.objects.get().campaign
    campaign_close(campaign=campaign, actor=operator("office"), reason="hết hạn")
    answer = saved(client, home, "k2", {MEMBERS: ["14", "15"]})
    assert answer.status_code == 200
    assert "đã khóa đợt báo cáo" in answer.json()["locked"]
    assert [one["refused"] for one in answer.json()["kept"]] == ["entry.closed"]
    assert Draft.objects.get().cells[MEMBERS] == "14"
    assert DraftSave.objects.get(key="k2").changes == {MEMBERS: ["14", "15"]}
    mark, before = Draft.objects.get().sha256, Revision.objects.count()
    sent = client.post(at(home, "send/"), {"act": "prepare", "key": "p1", "sha256": mark})
    assert sent.status_code == 422
    assert "đã khóa đợt báo cáo" in words(sent)
    assert (Revision.objects.count(), Prepared.objects.count()) == (before, 0)
    told = "Đã giữ, chưa đưa vào bản nháp: 1 lần lưu"
    assert told in words(client.get(at(home)))  # wherever the officer comes back to
    reopening_propose(campaign=campaign, actor=operator("office"), reason="Bổ sung")
    reopening_confirm(campaign=campaign, actor=operator("chair"))
    assert told in words(client.get(at(home)))
    number = str(DraftSave.objects.get(key="k2").number)
    form = {"save": "put-1", "number": number, "seen": number}
    assert client.post(at(home, "versions/"), form).status_code == 302
    assert Draft.objects.get().cells[MEMBERS] == "15"
    assert "Đã giữ, chưa đưa vào bản nháp" not in words(client.get(at(home)))
