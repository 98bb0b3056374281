"""The report's first part as registers tell it: the demonstration's own records, counted by hand in what follows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import docx
import pytest
from tests.registers.test_registers import BEGAN, DOER, H1, H2, add, move
from tests.web.world import World, say

from tienbo.catalogue.loading import load
from tienbo.collection.manifest import Stores
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Audience
from tienbo.engine.facts import FactStore
from tienbo.engine.values import FrozenValues
from tienbo.ground.files import FileStore
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Document, Table, plain
from tienbo.papers.context import Context, RegisterTold, UnitRef
from tienbo.papers.record_paper import followed_words
from tienbo.papers.report import compose
from tienbo.project.invented_records import Keepers, records_invent
from tienbo.project.invented_work import work_invent
from tienbo.registers.models import Record
from tienbo.registers.papers import followed
from tienbo.registers.rows import row_keys
from tienbo.release.frozen import Office
from tienbo.release.reading import Reader
from tienbo.release.services import documents_write, release_make
from tienbo.release.tallied import registers_told
from tienbo.units.frames import tree_on
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

OFFICES = {
    "department.home_affairs": "Sở Nội vụ",
    "department.justice": "Sở Tư pháp",
    "department.health": "Sở Y tế",
    "department.statistics": "Thống kê tỉnh",
    "front.women": "Hội Liên hiệp Phụ nữ tỉnh",
    "front.committee": "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh",
}


@pytest.fixture
def province(db: None) -> Unit:
    """A province, two communes and three offices, with what the demonstration writes into their registers."""
    made = unit_create(kind="province", name="Tỉnh Bình Yên", begins=BEGAN)
    names = ("Xã Một", "Xã Hai", "Xã Ba", "Xã Bốn")
    for name in names:
        unit_create(kind="commune", name=name, begins=BEGAN, parent=made)
    for kind, name in OFFICES.items():
        unit_create(kind=kind, name=name, begins=BEGAN, parent=made)
    records_invent(edition=load("vn"), keepers=keepers(made), actor=DOER)
    return made


def keepers(province: Unit) -> Keepers:
    one, other, *more = Unit.objects.filter(kind="commune").order_by("pk")
    return Keepers(province, one, other, (more[0], more[1]), load("vn").calendar.last_day(H1))


def told(unit: Unit, period: Period, outline: str = "six_month_province") -> dict[str, RegisterTold]:
    edition = load("vn")
    units = tuple(tree_on(edition.calendar.last_day(period)).subtree(unit.pk))
    found = registers_told(edition=edition, unit=unit, period=period, outline=edition.outlines[outline], units=units)
    return {one.register: one for one in found}


def context(unit: Unit, period: Period) -> Context:
    edition = load("vn")
    return Context(
        unit=UnitRef(unit.key, "Tỉnh Bình Yên", "province"),
        profile=edition.signing_profiles["ban"],
        place="Bình Yên",
        period=period.code,
        span=edition.calendar.span(period),
        registers=tuple(told(unit, period).values()),
    )


def paper(unit: Unit, period: Period) -> Document:
    edition = load("vn")
    with speaking("vi"):
        return compose(
            edition=edition,
            outline=edition.outlines["six_month_province"],
            values=FrozenValues.of([]),
            context=context(unit, period),
        )


def words(document: Document) -> str:
    return "\n".join(document.lines())


@pytest.mark.database
def test_every_kind_is_invented_and_the_sentences_say_what_was_counted_by_hand(province: Unit) -> None:
    """Of the demonstration's records: documents issued that direct the work 2, one of them a plan (the third is a
    draft); the decision of 20/8/2025 is of the half-year before; one meeting of the committee; a workshop with
    42 + 18 + 60 delegates, 24 + 13 + 33 of them women, a partner from abroad, three conclusions, one of them dated,
    and eight of the committee's meeting, six of them dated: 11 and 7; two drafts appraised, one of them
    for gender and asked to add, one needing none; one proposal; a kit in Mông, 400 + 350 copies sent, to one of the
    four priority areas that reads it and one that does not; three inspections planned, one held, one finding not
    satisfied yet, one recommendation; 116 500 + 80 000 thousand spent."""
    assert {record.kind for record in Record.objects.all()} == set(load("vn").registers)
    said = words(paper(province, H1))
    for sentence in (
        "Theo sổ văn bản đi, Ban Vì sự tiến bộ của phụ nữ tỉnh Bình Yên đã tham mưu, ban hành 2 văn bản lãnh đạo, "
        "chỉ đạo, hướng dẫn, trong đó 1 kế hoạch, chương trình (danh mục tại phụ lục).",
        "họp 1 cuộc trong kỳ; đã ban hành 11 kết luận, trong đó 7 kết luận có thời hạn.",
        "Theo sổ theo dõi của 1 cơ quan, đã thẩm định về lồng ghép vấn đề bình đẳng giới đối với 1 đề nghị xây dựng",
        "đối với 1 dự thảo văn bản quy phạm pháp luật; đề nghị bổ sung nội dung bình đẳng giới đối với 1 dự thảo.",
        "có 1 dự thảo được thẩm định, xác định không cần lồng ghép.",
        "hoàn thành 1 bộ tài liệu, trong đó 1 bộ bằng tiếng dân tộc thiểu số; gửi 750 bản đến các đơn vị.",
        "đã tổ chức 1 lớp tập huấn",
        "số người dự (tính theo từng lớp) là 70 người, trong đó 41 nữ.",
        "có 28 người được đào tạo nghề, trong đó 19 nữ.",
        "tổ chức 1 hoạt động y tế với 120 lượt người, trong đó 104 lượt nữ.",
        "có 2 mô hình phòng ngừa, ứng phó với bạo lực trên cơ sở giới đang hoạt động; "
        "trong kỳ thành lập mới 1 mô hình.",
        "có 1 mô hình thí điểm đang hoạt động.",
        "chủ trì 1 hội nghị, hội thảo, cuộc trao đổi kinh nghiệm với 120 đại biểu, trong đó 70 đại biểu nữ; "
        "có 1 lượt đối tác nước ngoài, quốc tế tham gia phối hợp.",
        "có 3 cuộc trong kỳ; đã tiến hành 1 cuộc, trong đó 1 cuộc theo kế hoạch; qua đó nêu 1 kiến nghị.",
        "Còn 2 cuộc kiểm tra theo kế hoạch của kỳ chưa tiến hành.",
        "Có 1 cuộc kiểm tra đã có thông báo kết luận; nêu 1 nội dung chưa đáp ứng.",
        "Trong 4 địa bàn ưu tiên (theo địa giới hành chính tại ngày 14/6/2026), 1 địa bàn đã nhận tài liệu truyền "
        "thông bằng ngôn ngữ người dân đọc, nghe hiểu; 1 địa bàn mới nhận tài liệu bằng ngôn ngữ khác; 2 địa bàn chưa "
        "nhận tài liệu trong kỳ (chi tiết tại phụ lục).",
        "chủ trì 1 cuộc giám sát, kiểm tra",
        "đã chi 196.500 nghìn đồng từ ngân sách nhà nước.",
    ):
        assert sentence in said, sentence
    assert "hoạt động giáo dục" not in said  # a register that is kept and counts none of it


def annexed(made: Document, title: str) -> list[list[list[str]]]:
    """The tables of an annex, cell by cell."""
    found = [block for annex in made.annex if title in annex.title for block in annex.blocks]
    return [[[plain(cell.runs) for cell in row] for row in one.rows] for one in found if isinstance(one, Table)]


def test_models_areas_visits_and_fields_of_law_are_annexes(province: Unit) -> None:
    made = paper(province, H1)
    by_sort, standing = annexed(made, "Danh mục mô hình")
    assert [row[1:] for row in by_sort] == [
        ["Câu lạc bộ Gia đình phát triển bền vững", "1", "0", "0"],
        ["Mô hình ngăn ngừa, giảm thiểu tác hại của bạo lực trên cơ sở giới", "1", "1", "0"],
        ["Tất cả", "2", "1", "0"],
    ]
    assert [row[1] for row in standing] == ["Xã Hai", "Xã Một"]
    (areas,) = annexed(made, "Địa bàn ưu tiên")
    assert [(row[1], row[5]) for row in areas] == [
        ("Xã Ba", "Chưa được tiếp cận"),
        ("Xã Bốn", "Chưa được tiếp cận"),
        ("Xã Hai", "Mới tiếp cận bằng ngôn ngữ khác"),
        ("Xã Một", "Đã tiếp cận bằng ngôn ngữ người dân đọc, nghe hiểu"),
    ]
    (visits,) = annexed(made, "kiểm tra, giám sát")
    assert visits[0][1:5] == [
        "Xã Một", "Kiểm tra của Ban Vì sự tiến bộ của phụ nữ", "20/5/2026", "21/5/2026",
    ]  # fmt: skip
    assert len(visits) == 4
    proposals, drafts, plans = annexed(made, "theo lĩnh vực")
    assert [row[1:] for row in proposals] == [["Công thương, doanh nghiệp, hợp tác xã", "1", "0", "0"]]
    assert [row[1:3] for row in drafts][-1] == ["Tất cả", "1"]
    assert len(plans) == 1


def test_the_list_of_documents_is_an_annex_and_every_number_leads_back(province: Unit) -> None:
    made = paper(province, H1)
    (rows,) = annexed(made, "Danh mục văn bản")
    assert [row[1:3] for row in rows] == [["06/KH-BVSTBPN", "22/01/2026"], ["41/BVSTBPN-SNV", "10/02/2026"]]
    binder = Binder(load("vn"), FrozenValues.of([]), context(province, H1))
    keys = {bound.key: bound.text for bound in made.bounds() if bound.key.startswith("register:")}
    assert keys["register:committee.budget|state|own"] == "196.500"
    for key, text in keys.items():
        number = binder.resolve(key)
        assert number is not None, key
        assert f"{number:,.0f}".replace(",", ".") == text, key


def test_a_register_that_nobody_kept_is_not_said_to_be_empty(province: Unit) -> None:
    """In the second half of 2026 nothing was entered: only what stands, and what falls due then, is told."""
    assert "document.issued" not in told(province, H2)
    said = words(paper(province, H2))
    assert "có 2 mô hình phòng ngừa" in said
    assert "Theo sổ văn bản đi" not in said
    assert "địa bàn ưu tiên" not in said
    assert "theo sổ" not in said.lower().replace("theo sổ mô hình", "")


ROW = row_keys(1)[0]


@pytest.mark.django_db
def test_a_district_reports_its_year(tmp_path: Path, settings: object) -> None:
    """By hand: what is counted is 20 in the first half of 2014 and 30 in the second. Classes, attendances and jobs are
    50 in the year; committees of communes (a part: one less) and models are those of its end, 29 of 30 and 30. Two
    conferences were led, one in each half."""
    began, year = date(2014, 1, 1), Period(2014)
    stores = Stores(FileStore(tmp_path / "files"), FactStore(tmp_path / "facts"))
    district = unit_create(kind="district", name="Huyện Yên Bình", begins=began)
    for half, start, day in zip(year.halves, (20, 30), ("4/3/2014", "3/9/2014"), strict=True):
        say(World(stores, district, district, district, [], [], district), district, district, half, start=start)
        meeting = {"name": "Hội nghị", "sort": "conference", "held_on": day, "leads": "yes", "place": "Huyện",
                   "chair": "Trưởng Ban",
                   f"delegates/{ROW}/organisation": "Các xã", f"delegates/{ROW}/persons": "3",
                   f"delegates/{ROW}/women": "1"}  # fmt: skip
        move(add(district, "meeting", **meeting), "hold")
    reader = Reader(stores, load("vn"), Audience("statutory", district.pk), district.pk)
    with speaking("vi"):
        made = release_make(
            reader=reader, unit=district, period=year, kind="year", office=Office("ban", "Yên Bình", ""), actor=DOER
        )
        documents_write(release=made, paths=[tmp_path / "nam.docx"])
    assert made.outline == "year_district"
    said = [one.text for one in docx.Document(tmp_path / "nam.docx").paragraphs]
    for words in (
        "Ban Vì sự tiến bộ của phụ nữ huyện Yên Bình báo cáo kết quả hoạt động năm 2014 như sau:",
        "Có 29/30 xã, thị trấn đã thành lập, kiện toàn Ban Vì sự tiến bộ của phụ nữ, đạt 96,7%.",
        "Tổ chức 50 lớp tập huấn với 50 lượt người tham gia.",
        "Có 30 mô hình phòng ngừa, ứng phó với bạo lực trên cơ sở giới đang triển khai (kể cả thí điểm).",
    ):
        assert words in said, (words, said)
    assert any(one.startswith("Ban Vì sự tiến bộ của phụ nữ huyện Yên Bình chủ trì 2 hội nghị") for one in said), said
    assert any(one.startswith("Tạo 50 việc làm mới") for one in said), said


def test_the_next_meeting_s_papers_open_with_what_became_of_what_was_concluded(province: Unit) -> None:
    """Of the committee's meeting of 27/3 and the workshop of 16/4, on 12/6/2026. By a day, told: two done, one of them
    after its day; one extended, one reported that day, one due next year; one past its day. Standing, told: of
    two one spoke. Asked by a day: one."""
    edition = load("vn")
    work_invent(edition=edition, keepers=keepers(province), actor=DOER)
    review = Record.objects.get(data__name="Hội nghị sơ kết 6 tháng đầu năm 2026")
    held = followed(edition, review, on=date(2026, 6, 12))
    assert held is not None
    assert " ".join(followed_words(held)) == (
        "02/06 nhiệm vụ hoàn thành, trong đó 01 đúng hạn, 01 sau thời hạn; 03 trong hạn; 01 quá hạn. "
        "01/02 nhiệm vụ thường xuyên đã có báo cáo kết quả. "
        "Đã đề nghị Mặt trận Tổ quốc, các đoàn thể và cơ quan Đảng phối hợp thực hiện 01 nội dung."
    )
    assert {one.text for one in held.lines if one.standing.state == "open" and one.standing.time == "late"} == {
        "Lập danh sách địa chỉ tin cậy ở cộng đồng"
    }
