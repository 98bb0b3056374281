"""Papers drafted from a record: no holes, brackets that come and go, words by whom they address, what tasks became."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.catalogue.loading import load
from tienbo.core.messages import speaking
from tienbo.core.tasks import Act, Standing, standing
from tienbo.papers.letter import Sender
from tienbo.papers.record_paper import (
    Charge,
    Followed,
    RowTold,
    TaskLine,
    Told,
    charge_words,
    filled,
    followed_words,
    lacking,
    record_paper,
    writer_name,
)

EDITION = load("vn")
MADE, DUE, ON = date(2026, 3, 2), date(2026, 4, 15), date(2026, 6, 14)


def sender(profile: str, unit: str, province: str = "Tỉnh Vĩnh An") -> Sender:
    return Sender(profile=EDITION.signing_profiles[profile], unit=unit, province=province, place="Vĩnh An")


def test_a_text_is_written_where_its_places_say_something_and_brackets_stand_for_themselves() -> None:
    text = "Ngày {on}[, tại {place}][ ({post})]."
    assert filled(text, {"on": "2/3/2026", "place": "Hội trường"}) == "Ngày 2/3/2026, tại Hội trường."
    assert filled(text, {"on": "2/3/2026", "post": "Trưởng Ban"}) == "Ngày 2/3/2026 (Trưởng Ban)."
    assert filled(text, {"place": "Hội trường"}) is None
    assert filled("{on}.", {"on": "Kết thúc."}) == "Kết thúc."


@pytest.mark.parametrize(
    ("profile", "unit", "said"),
    [
        ("ban", "Tỉnh Vĩnh An", "Ban Vì sự tiến bộ của phụ nữ tỉnh Vĩnh An"),
        ("so", "Tỉnh Vĩnh An", "Sở Nội vụ tỉnh Vĩnh An"),
        ("ubnd_xa", "Xã Đồng Tâm", "Ủy ban nhân dân xã Đồng Tâm"),
        ("ban_xa", "Xã Đồng Tâm", "Ban Vì sự tiến bộ của phụ nữ xã Đồng Tâm"),
    ],
)
def test_who_writes_is_named_as_in_a_sentence(profile: str, unit: str, said: str) -> None:
    assert writer_name(sender(profile, unit)) == said


def test_units_are_told_and_the_front_is_asked_each_in_words_of_their_own() -> None:
    text = "Rà soát quy hoạch cán bộ nữ."
    with speaking("vi"):
        both = Charge(text, "", "dated", DUE, told=("Sở Nội vụ",), asked=("Hội LHPN tỉnh",))
        assert charge_words(both) == (
            "Giao Sở Nội vụ: rà soát quy hoạch cán bộ nữ. Đề nghị Hội LHPN tỉnh phối hợp: rà soát quy hoạch cán bộ nữ. "
            "Thời hạn hoàn thành: ngày 15/4/2026."
        )
        led = Charge(text, "", "standing", None, asked=("Hội LHPN tỉnh",), helped_by=("Sở Y tế",), has_lead=True)
        assert charge_words(led) == (
            "Đề nghị Hội LHPN tỉnh phối hợp với Sở Y tế: rà soát quy hoạch cán bộ nữ. Thực hiện thường xuyên; nêu kết "
            "quả trong báo cáo 6 tháng, năm."
        )
        asked = Charge(text, "", "dated", DUE, asked=("Hội LHPN tỉnh",))
        assert charge_words(asked).endswith("Thời gian đề nghị: trước hết ngày 15/4/2026.")
        assert charge_words(Charge(text, "", "orientation", None)) == text


def nine() -> Followed:
    """Six done on the last day, one a day after it, two with time left; one the Front was asked and did not answer."""

    def at(reported: date | None, due: date, is_asked: bool = False) -> Standing:
        acts = [Act("made", MADE, due)]
        if reported is not None:
            acts += [Act("reported", reported), Act("accepted", date(2026, 4, 20))]
        found = standing(acts, is_asked=is_asked, on=ON)
        assert found is not None
        return found

    held = [*[at(DUE, DUE)] * 6, at(date(2026, 4, 16), DUE), *[at(None, date(2026, 6, 30))] * 2, at(None, DUE, True)]
    return Followed(MADE, ON, tuple(TaskLine("Sở Nội vụ", "Việc", one) for one in held))


def test_what_became_of_the_conclusions_before_is_said_in_one_sentence() -> None:
    with speaking("vi"):
        said = followed_words(nine())
    assert said == [
        "07/09 nhiệm vụ hoàn thành, trong đó 06 đúng hạn, 01 sau thời hạn; 02 trong hạn.",
        "Đã đề nghị Mặt trận Tổ quốc, các đoàn thể và cơ quan Đảng phối hợp thực hiện 01 nội dung.",
    ]


def test_what_a_paper_needs_is_told_once_with_its_row_and_the_letter_is_one_row_s() -> None:
    kind = EDITION.registers["meeting"]
    rows = {
        "talks": [RowTold("a", {"organisation": "Sở Y tế", "subject": "Y tế"}, {}),
                  RowTold("b", {"organisation": "Sở Nội vụ"}, {})],
        "delegates": [RowTold("c", {"organisation": "Sở Y tế", "persons": "02"}, {"persons": "2"})],
    }  # fmt: skip
    said = {"name": "Họp Ban", "held_on": "02/3/2026", "talks_due": "25/02/2026", "place": "Hội trường"}
    told = Told(kind, said, {"held_on": MADE}, rows, "held", MADE, followed=nine())  # type: ignore[arg-type]
    letter, minutes, report = (kind.paper(code) for code in ("talk", "minutes", "follow_up"))
    assert letter
    assert minutes
    assert report
    with speaking("vi"):
        assert [one.label for one in lacking(letter, told, rows["talks"][1])] == ["Chuyên đề"]
        assert lacking(letter, told, rows["talks"][0]) == []
        missing = [(one.label, one.row) for one in lacking(minutes, told)]
        assert missing[:2] == [("Giờ bắt đầu", 0), ("Giờ kết thúc", 0)]
        assert missing[-1] == ("Đại biểu theo cơ quan, đơn vị: Trong đó: nữ", 1)
        made = record_paper(letter, told, sender("ban", "Tỉnh Vĩnh An"), rows["talks"][0])
        assert (made.front.kind, made.front.number) == ("", "Số:        /BVSTBPN")
        assert made.front.subject == "V/v đề nghị chuẩn bị tham luận tại họp Ban"
        assert made.front.addressees == ("Kính gửi: Sở Y tế",)
        opened = record_paper(report, told, sender("ban", "Tỉnh Vĩnh An"))
        assert (opened.front.kind, opened.front.number) == ("BÁO CÁO", "Số:        /BC-BVSTBPN")
        lines = "\n".join(opened.lines())
        assert "tính đến hết ngày 14/6/2026: 07/09 nhiệm vụ hoàn thành" in lines
        assert lines.count("Đang phối hợp") == 1
