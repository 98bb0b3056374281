"""A province makes a register of its own without code: on the page, then with a sheet; what is wrong with one is told
at its field; what is in use is never taken out."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from tests.registers.test_book import filled
from tests.web.parsed import Parsed
from tests.web.test_registers import text
from tests.web.world import PERIOD, World

from tienbo.ground.jobs import job_do, job_take
from tienbo.ground.keys import new_key
from tienbo.registers.kind_models import OwnKind, OwnKindVersion
from tienbo.registers.kinds import kinds_in_use
from tienbo.registers.models import Record, RecordMeasure

AT = f"/{PERIOD}/kinds/"
Rows = Mapping[str, Sequence[Mapping[str, str]]]
HEAD = {
    "name_vi": "Sổ theo dõi câu lạc bộ nữ lãnh đạo trẻ",
    "record_vi": "Câu lạc bộ nữ lãnh đạo trẻ",
    "kept_by": "Xã, phường, đặc khu; Sở, ngành",
    "counted_in": "team",
    "section": "work.cadres",
    "paper_number": "15/KH-BVSTBPN",
    "paper_title": "Kế hoạch xây dựng câu lạc bộ nữ lãnh đạo trẻ",
    "paper_day": "5/1/2026",
}
FIELDS: Rows = {
    "fields": [
        {"label_vi": "Tên câu lạc bộ", "kind": "text", "required": "yes"},
        {"label_vi": "Ngày thành lập", "kind": "date", "required": "yes"},
        {"label_vi": "Ngày giải thể", "kind": "date", "not_before": "Ngày thành lập"},
        {"label_vi": "Hình thức", "kind": "choice", "list": "Hình thức sinh hoạt"},
        {"label_vi": "Số thành viên", "kind": "count", "measure": "person", "required_in": "Đang hoạt động"},
        {"label_vi": "Trong đó: dưới 35 tuổi", "kind": "count", "measure": "person", "part_of": "Số thành viên"},
    ],
    "lists": [
        {"list": "Hình thức sinh hoạt", "name_vi": "Trực tiếp"},
        {"list": "Hình thức sinh hoạt", "name_vi": "Trực tuyến"},
    ],
}
STATES: Rows = {
    "states": [{"name_vi": "Chuẩn bị"}, {"name_vi": "Đang hoạt động", "past": "yes"}],
    "moves": [{"name_vi": "Ghi nhận đã ra mắt", "begin": "Chuẩn bị", "to": "Đang hoạt động"}],
}
CLUBS = "Câu lạc bộ Thủ lĩnh của sự thay đổi"
COUNTS: Rows = {
    "counts": [
        {"series": CLUBS, "states": "Đang hoạt động", "until": "Ngày giải thể", "where": "Hình thức = Trực tiếp"},
        {
            "name_vi": "Thành viên câu lạc bộ nữ lãnh đạo trẻ",
            "states": "Đang hoạt động",
            "sum": "Số thành viên",
            "until": "Ngày giải thể",
        },
    ],
    "papers": [{"name_vi": "Quyết định thành lập", "required_in": "Đang hoạt động"}],
}


def cells(rows: Rows) -> dict[str, str]:
    """Rows as the fields of a form."""
    return {
        f"{part}/row_{index:026d}/{column}": said
        for part, some in rows.items()
        for index, row in enumerate(some)
        for column, said in row.items()
    }


def begin(client: Client, **typed: str) -> str:
    answer = client.post(AT, typed)
    assert answer.status_code == 302, text(answer)
    return answer.headers["Location"]


def put(client: Client, at: str, part: str, said: Mapping[str, str]) -> str:
    """Write a part; the page that answers, "" where the draft has nothing wrong in it."""
    answer = client.post(f"{at}write/{part}/", dict(said))
    assert answer.status_code in (302, 422)
    return text(answer) if answer.status_code == 422 else ""


def made(client: Client) -> str:
    """The register of clubs, written and checked. Its address."""
    at = begin(client, name="Sổ nháp")
    for part, said in (("head", HEAD), ("fields", cells(FIELDS)), ("states", cells(STATES)), ("counts", cells(COUNTS))):
        put(client, at, part, said)
    return at


def told(page: str) -> dict[str, str]:
    """Id of a field → what is said to be wrong with it."""
    parsed = Parsed(page)
    assert parsed.faults == []
    by_id = {one.attributes.get("id", ""): one for one in parsed.elements}
    return {at.removeprefix("e-"): " ".join(one.text.split()) for at, one in by_id.items() if at.startswith("e-")}


def worked() -> None:
    """The background does what waits."""
    while (held := job_take(worker="thợ")) is not None:
        job_do(held)
        held.job.refresh_from_db()
        assert held.job.state == "done", held.job.trace


@pytest.mark.django_db
def test_an_administrator_makes_a_register_on_the_page_and_a_commune_keeps_it(
    world: World, sit: Callable[[str], Client]
) -> None:
    admin, preparer, office = sit("administrator"), sit("preparer"), sit("office")
    assert office.get(AT).status_code == 404
    at = made(admin)
    page = text(admin.get(at))
    assert "Đã kiểm tra, không còn chỗ cần sửa" in page
    assert Parsed(page).faults == []
    place = f"/{PERIOD}/registers/own.so_theo_doi_cau_lac_bo_nu_lanh_dao_tre/"
    assert preparer.get(place).status_code == 404
    begins = {"begins": "hôm nay", "seen": "99"}
    assert "sau khi trang này được mở" in text(admin.post(f"{at}use/", begins))
    assert "ví dụ 1/7/2026" in text(admin.post(f"{at}use/", {"begins": "hôm nay"}))
    assert admin.post(f"{at}use/", {"begins": "1/1/2026"}).status_code == 302
    worked()
    # The commune finds it among its registers and enters a club.
    assert HEAD["name_vi"] in text(preparer.get(f"/{PERIOD}/registers/"))
    form = text(preparer.get(f"{place}new/"))
    names = [one.attributes.get("name") for one in Parsed(form).elements]
    assert {"ten_cau_lac_bo", "ngay_thanh_lap", "hinh_thuc", "so_thanh_vien"} <= set(names)
    club = {"ten_cau_lac_bo": "CLB Đồng Tâm", "ngay_thanh_lap": "3/2/2026", "hinh_thuc": "truc_tiep"}
    wrong = preparer.post(f"{place}new/", club | {"so_thanh_vien": "5", "trong_do_duoi_35_tuoi": "6"})
    assert "trong_do_duoi_35_tuoi" in str(told(text(wrong)))
    assert preparer.post(f"{place}new/", club | {"so_thanh_vien": "25"}).status_code == 302
    record = Record.objects.get()
    assert preparer.post(f"{place}{record.key}/move/", {"move": "ghi_nhan_da_ra_mat", "seen": "1"}).status_code == 302
    # The office sees it, sifted, and takes it along.
    listed = text(office.get(f"{place}?q=dong+tam&state=dang_hoat_dong"))
    assert "CLB Đồng Tâm" in listed
    assert "15/KH-BVSTBPN" in listed
    data = b"".join(office.get(f"{place}records.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "Xã Đồng Tâm;Đang hoạt động;CLB Đồng Tâm;03/02/2026" in data
    # Programs get its schema, read its records and enter one, as of any register.
    api = f"/api/v1{place.removeprefix(f'/{PERIOD}')}"
    schema = preparer.get(api.rstrip("/")).json()["record_schema"]
    assert set(schema["required"]) == {"ten_cau_lac_bo", "ngay_thanh_lap"}
    assert [one["const"] for one in schema["properties"]["hinh_thuc"]["oneOf"]] == ["truc_tiep", "truc_tuyen"]
    (line,) = office.get(f"{api}records", {"period": str(PERIOD)}).json()["records"]
    assert line["data"] | {"so_thanh_vien": 25, "hinh_thuc": "truc_tiep"} == line["data"]
    more = {"ten_cau_lac_bo": "CLB Hai", "ngay_thanh_lap": "2026-02-03", "so_thanh_vien": 5, "trong_do_duoi_35_tuoi": 6}
    sent = {"unit": world.communes[0].key, "data": more}
    answer = preparer.post(f"{api}records", sent, content_type="application/json")
    assert [one["place"] for one in answer.json()["faults"]] == ["Trong đó: dưới 35 tuổi"]
    assert sit("other_office").get(f"{api}records").json()["records"] == []
    book = filled(preparer.get(f"{place}workbook.xlsx").content, {(8, "ten_cau_lac_bo"): "CLB Hòa Lạc"})
    assert "Cần ghi mục này" in text(preparer.post(f"{place}workbook/", {"file": SimpleUploadedFile("s.xlsx", book)}))
    # Its count stands beside the cell of the form, though the period was opened before the register was made.
    pages = "".join(text(preparer.get(f"/entry/{world.communes[0].key}/{PERIOD}/{step}/")) for step in range(1, 5))
    beside = [one.text for one in Parsed(pages).elements if "clubs" in one.attributes.get("data-by", "")]
    assert [re.sub(r"\d+$", "…", one) for one in beside] == ["theo sổ 1 / báo cáo …"]
    # And the report tells its own count in the section of its line of work.
    report = " ".join(text(office.get(f"/{PERIOD}/report/")).split())
    said = "heo sổ theo dõi câu lạc bộ nữ lãnh đạo trẻ của 1 đơn vị: thành viên câu lạc bộ nữ lãnh đạo trẻ: 25"
    assert said in re.sub(r"<[^>]+>", "", report)


@pytest.mark.django_db
def test_a_later_version_adds_and_retires_and_takes_nothing_out(world: World, sit: Callable[[str], Client]) -> None:
    admin, preparer = sit("administrator"), sit("preparer")
    at = made(admin)
    counts = cells({"papers": COUNTS["papers"]})
    put(admin, at, "counts", counts)  # it counts nothing at first
    assert admin.post(f"{at}use/", {"begins": "1/1/2026"}).status_code == 302
    place = f"/{PERIOD}/registers/own.so_theo_doi_cau_lac_bo_nu_lanh_dao_tre/"
    club = {"ten_cau_lac_bo": "CLB Đồng Tâm", "ngay_thanh_lap": "3/2/2026", "hinh_thuc": "truc_tiep"}
    assert preparer.post(f"{place}new/", club | {"so_thanh_vien": "25"}).status_code == 302
    record = Record.objects.get()
    preparer.post(f"{place}{record.key}/move/", {"move": "ghi_nhan_da_ra_mat", "seen": "1"})
    assert not RecordMeasure.objects.exists()
    assert "Sổ đã có 1 mục" in text(admin.post(f"{at}withdraw/", {"reason": "thử"}))
    # A field gone, a field of another type, a state gone: each is told at its place.
    changed = {"fields": [dict(one) for one in FIELDS["fields"] if one["label_vi"] != "Ngày giải thể"]}
    changed["fields"][2] |= {"kind": "text", "list": ""}
    wrong = told(put(admin, at, "fields", cells({**FIELDS, **changed})))
    assert "“Ngày giải thể” đã dùng từ ngày 01/01/2026" in wrong["fields"]
    assert "không đổi kiểu được" in wrong[f"fields/row_{2:026d}/kind"]
    gone = {"states": [{"name_vi": "Đang hoạt động"}], "moves": []}
    assert "“Chuẩn bị” đã dùng" in told(put(admin, at, "states", cells(gone)))["states"]
    # Retired, and one added: old records keep what they say.
    changed = {"fields": [*(dict(one) for one in FIELDS["fields"]), {"label_vi": "Người hỗ trợ", "kind": "text"}]}
    changed["fields"][3] |= {"retired": "yes"}
    put(admin, at, "states", cells(STATES))
    put(admin, at, "counts", cells(COUNTS))
    assert put(admin, at, "fields", cells({**FIELDS, **changed})) == ""
    assert "không thể bắt đầu trước ngày đó" in text(admin.post(f"{at}use/", {"begins": "1/12/2025"}))
    assert admin.post(f"{at}use/", {"begins": "1/2/2026"}).status_code == 302
    worked()
    # The record of before is counted by what the register counts now; again it changes nothing.
    assert {one.series: one.value for one in RecordMeasure.objects.all()} == {
        "da8.clubs": 1,
        "own.so_theo_doi_cau_lac_bo_nu_lanh_dao_tre:thanh_vien_cau_lac_bo_nu_lanh_dao_tre": 25,
    }
    form = text(preparer.get(f"{place}{record.key}/change/"))
    assert 'name="hinh_thuc"' not in form
    assert 'name="nguoi_ho_tro"' in form
    assert preparer.post(f"{place}{record.key}/change/", {"seen": "2", "nguoi_ho_tro": "Hội LHPN"}).status_code == 302
    record.refresh_from_db()
    assert (record.data["hinh_thuc"], record.data["nguoi_ho_tro"]) == ("truc_tiep", "Hội LHPN")
    assert "Trực tiếp" in text(preparer.get(f"{place}{record.key}/"))
    assert [one.act for one in OwnKind.objects.get().versions.filter(act="used")] == ["used", "used"]


BAD: Mapping[str, tuple[str, Mapping[str, str], str, str]] = {
    "an element that no form asks for": (
        "counts",
        cells({"counts": [{"series": "clubs.of.the.moon", "states": "Chuẩn bị"}]}),
        f"counts/row_{0:026d}/series",
        "Không biểu nào có mục “clubs.of.the.moon”",
    ),
    "two fields of one name": (
        "fields",
        cells({**FIELDS, "fields": [*FIELDS["fields"], {"label_vi": "Hình thức", "kind": "text"}]}),
        f"fields/row_{6:026d}/label_vi",
        "“Hình thức” có ở hai dòng",
    ),
    "a state that nobody can reach": (
        "states",
        cells({**STATES, "states": [*STATES["states"], {"name_vi": "Giải thể"}]}),
        f"states/row_{2:026d}/name_vi",
        "Không có bước nào dẫn đến trạng thái “Giải thể”",
    ),
    "a type that does not exist": (
        "fields",
        cells({**FIELDS, "fields": [*FIELDS["fields"], {"label_vi": "Ảnh", "kind": "Hình ảnh"}]}),
        f"fields/row_{6:026d}/kind",
        "Không có kiểu “Hình ảnh”",
    ),
    "a code list that does not exist": (
        "fields",
        cells({"fields": FIELDS["fields"]}),
        f"fields/row_{3:026d}/list",
        "Không có danh mục “Hình thức sinh hoạt”",
    ),
    "a column that no field has": (
        "head",
        HEAD | {"columns": "Tên câu lạc bộ; Địa điểm"},
        "columns",
        "Không có trường nào tên “Địa điểm”",
    ),
    "a name that a register has": (
        "head",
        HEAD | {"name_vi": "Sổ theo dõi lớp tập huấn"},
        "name_vi",
        "Đã có sổ “Sổ theo dõi lớp tập huấn”",
    ),
    "the code of a register of the pack": ("head", HEAD | {"code": "training.class"}, "code", "Đã có sổ"),
    "a field that asks for what privacy forbids": (
        "fields",
        cells({**FIELDS, "fields": [*FIELDS["fields"], {"label_vi": "Họ và tên chủ nhiệm", "kind": "text"}]}),
        f"fields/row_{6:026d}/label_vi",
        "hệ thống không lưu nội dung này",
    ),
    "the same written without marks": (
        "fields",
        cells({**FIELDS, "fields": [*FIELDS["fields"], {"label_vi": "so dien thoai", "kind": "text"}]}),
        f"fields/row_{6:026d}/label_vi",
        "hệ thống không lưu nội dung này",
    ),
    "no document": ("head", {**HEAD, "paper_number": "", "paper_title": "", "paper_day": ""}, "cites", "căn cứ lập sổ"),
    "a count without a measure": (
        "fields",
        cells({**FIELDS, "fields": [*FIELDS["fields"], {"label_vi": "Số buổi", "kind": "count"}]}),
        f"fields/row_{6:026d}/measure",
        "phải có đơn vị tính",
    ),
    "a stock that never ends": (
        "counts",
        cells({"counts": [{"series": CLUBS, "states": "Đang hoạt động"}]}),
        f"counts/row_{0:026d}/until",
        "số hiện có đến cuối kỳ thì phải ghi trường",
    ),
    "a condition that is none": (
        "counts",
        cells({"counts": [{"name_vi": "Câu lạc bộ", "states": "Đang hoạt động", "where": "trực tiếp"}]}),
        f"counts/row_{0:026d}/where",
        "không phải điều kiện",
    ),
    "an answer that a list has not": (
        "counts",
        cells({"counts": [{"name_vi": "Câu lạc bộ", "states": "Đang hoạt động", "where": "Hình thức = Qua thư"}]}),
        f"counts/row_{0:026d}/where",
        "không phải điều kiện",
    ),
    "who keeps nothing": ("head", HEAD | {"kept_by": "Hợp tác xã"}, "kept_by", "Không có loại đơn vị nào"),
    "a move to nowhere": (
        "states",
        cells({**STATES, "moves": [*STATES["moves"], {"name_vi": "Bỏ", "begin": "Chuẩn bị", "to": "Đã bỏ"}]}),
        f"moves/row_{1:026d}/to",
        "Không có trạng thái nào tên “Đã bỏ”",
    ),
}


@pytest.mark.django_db
def test_every_fault_of_a_definition_stands_at_its_field_in_vietnamese(
    world: World, sit: Callable[[str], Client]
) -> None:
    admin = sit("administrator")
    at = made(admin)
    good = {"head": HEAD, "fields": cells(FIELDS), "states": cells(STATES), "counts": cells(COUNTS)}
    last = ""
    for what, (part, said, field, sentence) in sorted(BAD.items(), key=lambda one: one[1][0]):
        if last not in ("", part):
            put(admin, at, last, good[last])
        last, page = part, put(admin, at, part, said)
        wrong = told(page) if page else {}
        assert sentence in wrong.get(field, ""), (what, wrong)
        if what == "an element that no form asks for":
            shown = text(admin.get(at))
            assert "trước khi đưa vào sử dụng" in shown
            assert f"#f-{field}" in shown
            assert admin.post(f"{at}use/", {"begins": "1/1/2026"}).status_code == 422
    put(admin, at, last, good[last])
    assert "không còn chỗ cần sửa" in text(admin.get(at))
    assert "tên; giấy tờ dự thảo" not in text(admin.get(AT))
    assert "nhiệm vụ phát sinh từ các dòng; giấy tờ dự thảo từ một mục" in text(admin.get(AT))  # of meetings
    other = begin(admin, copy="training.class", name="Sổ lớp khác")
    assert "không có: phần đối chiếu với sổ của đơn vị khác" in text(admin.get(other))
    assert "đã được sổ" in text(admin.get(other))  # a series is fed once


@pytest.mark.django_db
def test_a_register_that_fits_no_more_is_not_called_in_use(
    world: World, sit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a newer pack has dropped what it counts."""
    admin = sit("administrator")
    at = made(admin)
    assert admin.post(f"{at}use/", {"begins": "1/1/2026"}).status_code == 302
    assert "không còn khớp" not in text(admin.get(at))
    monkeypatch.setattr("tienbo.registers.kinds._kept", OrderedDict())
    monkeypatch.setattr("tienbo.registers.kinds.with_kinds", lambda edition, _texts: edition)
    for page in (at, AT):
        assert "Không dùng được: không còn khớp với bộ định nghĩa hiện hành" in text(admin.get(page)), page


@pytest.mark.django_db
def test_of_two_versions_written_at_once_neither_is_forgotten() -> None:
    """The one with the lower number may come to stand after the other was read."""
    day = date(2026, 1, 1)

    def put_in_use(code: str, number: int) -> None:
        kind = OwnKind.objects.create(key=new_key("kind"), code=code, version=1)
        OwnKindVersion.objects.create(
            id=number,
            key=new_key("kindversion"),
            kind=kind,
            number=1,
            act="used",
            begins_on=day,
            definition="{}",
            by="a",
        )

    assert kinds_in_use(day) == ()
    put_in_use("own.b", 1002)
    assert [one.code for one in kinds_in_use(day)] == ["own.b"]
    put_in_use("own.a", 1001)
    assert {one.code for one in kinds_in_use(day)} == {"own.a", "own.b"}


@pytest.mark.django_db
def test_the_same_with_a_sheet_filled_in_offline(world: World, sit: Callable[[str], Client]) -> None:
    admin, preparer = sit("administrator"), sit("preparer")

    def sheet(said: Mapping[str, str], rows: Rows) -> SimpleUploadedFile:
        held = load_workbook(BytesIO(admin.get(f"{AT}blank.xlsx").content))
        first = held.worksheets[0]
        at = {first.cell(row, 1).value: row for row in range(1, 40)}
        for code, one in said.items():
            first.cell(at[code], 3).value = one
        for page in held.worksheets[1:]:
            part = str(page["A1"].value or "").removeprefix("tienbo_kind_rows|")
            columns = {page.cell(1, column).value: column for column in range(2, 20)}
            for row, one in enumerate(rows.get(part, ()), 5):
                for code, cell in one.items():
                    page.cell(row, columns[code]).value = cell
        out = BytesIO()
        held.save(out)
        return SimpleUploadedFile("sổ mới.xlsx", out.getvalue())

    said = {
        **HEAD,
        "name_vi": "Sổ theo dõi cán bộ nữ được cử đi học",
        "record_vi": "Đợt cử đi học",
        "counted_in": "Khoản, đợt",
        "section": "Công tác cán bộ nữ",
    }
    said |= {"paper_number": "16/KH-BVSTBPN"}
    rows: Rows = {
        "fields": [
            {"label_vi": "Lớp học", "kind": "Văn bản ngắn", "required": "Có"},
            {"label_vi": "Ngày nhập học", "kind": "Ngày", "required": "Có"},
            {"label_vi": "Lượt người", "kind": "Số đếm", "measure": "Lượt người"},
            {"label_vi": "Kết quả", "kind": "Bảng điểm"},
        ],
        "states": [{"name_vi": "Dự kiến"}, {"name_vi": "Đã thực hiện"}],
        "counts": [
            {
                "series": "Lượt cán bộ, công chức, viên chức được cử đào tạo, bồi dưỡng trong kỳ",
                "states": "Đã thực hiện",
                "sum": "Lượt người",
            }
        ],
    }
    assert "không phải bảng lập sổ" in text(
        admin.post(AT, {"sheet": "1", "file": SimpleUploadedFile("a.xlsx", preparer_book(preparer))})
    )
    at = begin(admin, sheet="1", file=sheet(said, rows))  # type: ignore[arg-type]
    brought = admin.post(f"{at}bring/", {"file": sheet(said, rows)})
    assert "Trường!C8 (Trường, dòng 4: Kiểu)" in text(brought)
    assert "Không có kiểu “Bảng điểm”" in text(brought)
    mended = {**rows, "fields": [*rows["fields"][:3], {"label_vi": "Kết quả", "kind": "Văn bản dài"}]}
    answer = admin.post(f"{at}bring/", {"file": sheet(said, mended)})
    assert answer.status_code == 302
    # What goes out comes back as it is.
    again = SimpleUploadedFile("lại.xlsx", admin.get(f"{at}sheet.xlsx").content)
    number = OwnKind.objects.get().version
    assert admin.post(f"{at}bring/", {"file": again}).status_code == 302
    assert OwnKind.objects.get().version == number
    assert admin.post(f"{at}use/", {"begins": "1/1/2026"}).status_code == 302
    place = f"/{PERIOD}/registers/own.so_theo_doi_can_bo_nu_duoc_cu_di_hoc/"
    one = {"lop_hoc": "Cao cấp lý luận", "ngay_nhap_hoc": "2/3/2026", "luot_nguoi": "4"}
    assert preparer.post(f"{place}new/", one).status_code == 302
    record = Record.objects.get()
    assert (
        preparer.post(f"{place}{record.key}/move/", {"move": "ghi_nhan_da_thuc_hien", "seen": "1"}).status_code == 302
    )
    assert [(one.series, one.value) for one in record.measures.all()] == [("cadres.trained", 4)]


def preparer_book(client: Client) -> bytes:
    return bytes(client.get(f"/{PERIOD}/registers/training.class/workbook.xlsx").content)
