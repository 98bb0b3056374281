"""The small world after a day's work in it, done through the pages themselves by both offices: files dropped, one
refused, a report made, recorded and signed, an annex filled in. And every address there is, with what it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from tests.posts.test_forecasts import BEFORE, DAY, HELD, LISTS, council
from tests.registers.test_registers import CLASS
from tests.web.annex import SHEET, annex
from tests.web.world import BEGAN, CANARY, PERIOD, World, points_give

from tienbo.accounts.actors import operator
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure, layout
from tienbo.collection.models import Revision
from tienbo.ground.files import FileStore
from tienbo.ground.jobs import job_do, job_take
from tienbo.ground.keys import new_key
from tienbo.outlook.lists import Lists, outcome
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.posts.contests import contests_stored, elections_offered
from tienbo.posts.election_services import constituency_tell, election_call, list_tell, result_tell
from tienbo.posts.forecasts import forecast_keep
from tienbo.posts.told import Read
from tienbo.registers.evidence import evidence_brought, evidence_list
from tienbo.registers.kind_rows import rows_begun
from tienbo.registers.kinds import kind_begin
from tienbo.registers.models import RegisterIntake
from tienbo.registers.norm_decisions import Typed, norm_decision_add
from tienbo.registers.plan_models import Plan
from tienbo.registers.services import record_add, record_attach, record_change
from tienbo.registers.tasks import task_make, task_report
from tienbo.release.models import Release
from tienbo.release.packet_models import Packet
from tienbo.release.packets import packet_approve, packet_link, packet_version
from tienbo.units.models import Unit
from tienbo.units.services import unit_label
from tienbo.web.access import View
from tienbo.web.office import office

CODE = "training.classes"
REGISTER = "training.class"
NORM = "committee.local"
NOTHING = {"unit": "", "data": {}, "seen": 1, "move": "", "reason": "", "what": "withdrawn", "text": ""}
"""What says nothing, in the shape of all that programs send."""
PARTS = {"packet_part": "partner", "kind_write": "fields"}
"""Which part of a thing an address is asked for; of all others its targets."""
NUMBERS = {
    "unit_original": "revision",
    "unit_signed": "revision",
    "release_signed": "record",
    "intake_job_workbook": "refused",
}
"""What the number in an address counts, where it is not 1."""
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6390cd760500017600cee17835af"
    "0000000049454e44ae426082"
)
"""One dot."""


@dataclass(frozen=True)
class Place:
    """One address: its method's view, whose unit or thing it names, and the name it goes by."""

    address: str
    view: View
    whose: str
    """"" where it names none; a key of World.units; "own_thing" or "other_thing" of a province's office."""
    name: str

    @property
    def methods(self) -> tuple[str, ...]:
        return getattr(self.view, "methods", ("GET", "POST"))

    def need(self, method: str) -> str:
        """What it declares that a method needs; the last of them for a method it has not."""
        said = self.view.declared  # type: ignore[attr-defined]
        return str(said.get(method, [*said.values()][-1]) if isinstance(said, Mapping) else said)

    @property
    def is_program(self) -> bool:
        """Whether it is of the JSON door, which tells everything in JSON and leads nobody to a page."""
        return self.name.startswith("api_")

    def ask(self, client: Client, method: str) -> HttpResponse:
        """Ask it; what a program sends has the shape that is wanted, and changes nothing."""
        if not self.is_program or method == "GET":
            return client.generic(method, self.address)
        return client.generic(method, self.address, json.dumps(NOTHING), content_type="application/json")


@dataclass(frozen=True)
class Furnished:
    """What was made, by whose it is: the things that addresses name beside units."""

    world: World
    things: Mapping[str, Mapping[str, str]]

    def sit(self, seat: str, **more: bool) -> Client:
        """A client signed in as whoever holds a seat."""
        client = Client(**more)
        client.force_login(self.world.users[seat])
        return client

    def places(self) -> Iterator[Place]:
        """Every address of the pages, with each unit and each thing it can name."""
        for pattern in patterns(get_resolver().url_patterns):
            converters = set(pattern.pattern.converters)
            fixed = {
                "period": PERIOD,
                "code": CODE,
                "register": REGISTER,
                "register_code": REGISTER,
                "number": 1,
                "copy": 1,
                "lang": "lo",
                "paper": "notice",
                "pk": 1,
                "provider_id": "oidc",
                "norm": NORM,
            }
            fixed["part"] = PARTS.get(pattern.name, "targets")
            number = NUMBERS.get(pattern.name)
            if converters & set(self.things["own_thing"]) and "key" not in converters:
                named = [(whose, {**held, **_numbered(held, number)}) for whose, held in self.things.items()]
            elif "key" in converters:
                units = self.world.units.items()
                named = [(whose, {"key": unit.key, **self._of(whose, number)}) for whose, unit in units]
            else:
                named = [("", {})]
            for whose, held in named:
                given = {name: value for name, value in {**fixed, **held}.items() if name in converters}
                missing = converters - set(given)
                assert not missing, f"{pattern.name} names something this test does not know: {missing}"
                yield Place(reverse(pattern.name, kwargs=given), pattern.callback, whose, pattern.name)

    def _of(self, whose: str, number: str | None) -> Mapping[str, str]:
        held = self.things["own_thing" if whose in ("own", "child", "sibling") else "other_thing"]
        return {"token": held["token"], **_numbered(held, number)}


def _numbered(held: Mapping[str, str], number: str | None) -> Mapping[str, str]:
    return {"number": held[number]} if number else {}


def patterns(held: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in held:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        else:
            yield one


def furnish(world: World) -> Furnished:
    """Both provinces do their day's work, and their communes have points."""
    made = Furnished(world, {})
    points_give(world)
    own = _work(world.communes[0], world.communes[1], made.sit("office"), made.sit("preparer"), start=21)
    other = _work(
        world.other_communes[0],
        world.other_communes[1],
        made.sit("other_office"),
        made.sit("other_preparer"),
        start=CANARY,
    )
    # Whoever has a link reads what is behind it: it is nobody's in particular.
    return Furnished(world, {"own_thing": own, "other_thing": {**other, "link": own["link"]}})


def _work(commune: Unit, beside: Unit, desk: Client, preparer: Client, *, start: int) -> dict[str, str]:
    period = PERIOD.code
    files = [_file("tốt.xlsx", book(commune, start=start)), _file("lỗi.xlsx", book(commune, start=start, faulty=True))]
    _draft(commune, preparer, start)
    job = _last(desk.post(f"/{period}/intake/send/", {"files": [*files, _file("ảnh.xlsx", b"no workbook")]}))
    while (held := job_take(worker="thợ")) is not None:
        job_do(held)
    release = _last(desk.post(f"/{period}/report/release/", {}))
    days = {"figures_from": "15/12/2025", "figures_to": "14/6/2026", "due_said": "25/6/2026"}
    desk.post(f"/{PERIOD}/campaign/letter/", {**days, "file": _file("cv.pdf", PDF)})
    record = {"number": "12/BC-UBND", "dated": "20/07/2026", "signed": _file("ky.pdf", PDF)}
    assert desk.post(f"/{period}/report/{release}/record/", record).status_code == 302
    assert desk.post(f"/{period}/report/{release}/send/").status_code == 302
    said = {"place": "", "text": "Đề nghị kiểm tra lại"}
    desk.post(f"/{period}/intake/{commune.key}/comments/", said)  # the other province's desk is not this site's
    for unit in (commune, beside):
        rows = {"rows": "Tập huấn lồng ghép giới; 12/3/2026; Nhà văn hóa thôn Đông"}
        assert desk.post(f"/unit/{unit.key}/{period}/classes/", rows).status_code == 302
    opened = desk.post(f"/{period}/rounds/", {"name": "Phụ lục của Bộ", "file": _file("phụ lục.xlsx", annex())})
    round_ = _last(opened)
    said = {"sheet": "0", "cell": "C6", "quantity": f"indicator:{CODE}", "part": "value", "when": "this", "unit": ""}
    mapped = desk.post(f"/{period}/rounds/{round_}/cell/", said)
    assert mapped.status_code == 302, mapped.content.decode()
    filled = _last(desk.post(f"/{period}/rounds/{round_}/fill/", {}))
    at = f"/unit/{commune.key}/{period}"
    refused = preparer.post(f"{at}/send/", {"file": _file("lỗi.xlsx", book(commune, start=start, faulty=True))})
    assert refused.status_code == 422, refused.status_code
    token = refused.content.decode().partition(f"{at}/marked/")[2].partition("/")[0]
    assert token
    revision = Revision.objects.filter(of__unit=commune, of__campaign__period_code=period).order_by("-number").first()
    assert revision is not None
    signing = {"number": revision.number, "sha256": revision.sha256, "file": _file("ky.pdf", PDF)}
    assert preparer.post(f"{at}/sign/", signing).status_code == 302
    packet, link = _packet(Release.objects.get(key=release), desk)
    kept = Release.objects.get(key=release).records.get()
    numbers = {"revision": str(revision.number), "record": str(kept.pk), "refused": "2"}
    return {
        "job": job,
        "release": release,
        "round": round_,
        "filled": filled,
        "token": token,
        **_record(beside, start, office().stores.files),
        **_plan(desk),
        **_task(beside, start, office().stores.files),
        **_forecast(Unit.objects.get(placed_under__unit=beside), beside),
        "decision": _decision(beside, start),
        "own": _kind(start),
        "packet": packet,
        "link": link,
        "election": _election(commune, start),
        **numbers,
    }


def _kind(start: int) -> str:
    """A register of the site's own, as its administrator drafts it: the other province has nothing to do with it."""
    if start == CANARY:
        return new_key("kind")
    held = office()
    rows = {**rows_begun(), "name_vi": "Sổ theo dõi câu lạc bộ"}
    return kind_begin(edition=held.edition, home=held.home, rows=rows, actor=operator("quản trị")).key


def _packet(release: Release, desk: Client) -> tuple[str, str]:
    """A packet for a partner with something in every part, approved, its link open. (key, secret)"""
    at = f"/{PERIOD.code}/exchange/"
    assert desk.post(f"{at}new/", {"release": release.key, "partner": "Xiêng Khoảng"}).status_code == 302
    packet = Packet.objects.get(release=release)
    theirs = {"name": "Số lớp", "value": "5", "unit": "count", "beside": CODE, "source": "Xiêng Khoảng"}
    for part, data in (
        ("words", {"partner_vi": "Xiêng Khoảng", "own_name_vi": "Vĩnh An", "shared_vi": "1", "shared_lo": "1"}),
        ("practices", {"blank": "1"}),
        ("figures", {"indicator": CODE}),
        ("partner", {f"r1_{code}": text for code, text in theirs.items()}),
        ("terms", {"term": ["gender_equality", "member"]}),
    ):
        saved = desk.post(f"{at}{packet.key}/write/{part}/", {"seen": str(packet_version(packet).number), **data})
        assert saved.status_code == 302, saved.content.decode()
    mark, chair = packet_version(packet).fingerprint, operator("Trưởng ban")
    last_day = timezone.localdate() + timedelta(days=30)
    packet_approve(packet=packet, seen=mark, last_day=last_day, post="Trưởng ban", actor=chair)
    return packet.key, packet_link(packet=packet, actor=chair)


def _record(unit: Unit, start: int, store: FileStore) -> dict[str, str]:
    """A class in a register of a unit, planned, changed once, with a picture attached."""
    edition = load("vn")
    given = {"edition": edition, "kind": edition.registers[REGISTER], "actor": operator("thử nghiệm")}
    typed = CLASS | {"attendances": str(start), "attendances_women": "1", "place": unit_label(unit, BEGAN)}
    made = record_add(unit=unit, typed=typed, **given)  # type: ignore[arg-type]
    made = record_change(record=made, seen=1, typed={"persons": "31"}, **given)  # type: ignore[arg-type]
    shown = record_attach(record=made, content=PNG, name=f"kế hoạch {start}.png", store=store, **given)  # type: ignore[arg-type]
    taken = RegisterIntake.objects.create(
        key=new_key("intake"), kind=REGISTER, unit=unit, book=new_key("book"), name="sổ.xlsx", sha256="0" * 64,
        added=1, changed=0, moved=0, untouched=0, by="thử nghiệm",
    )  # fmt: skip
    return {"item": made.key, "file": shown.key, "taken": taken.key}


def _election(commune: Unit, start: int) -> str:
    """An election of a province's, with the list and the result of one constituency."""
    province = Unit.objects.get(placed_under__unit=commune)
    by = {"actor": operator("thử nghiệm")}
    read = Read("Biên bản tổng kết (số liệu minh họa)")
    made = election_call(kind="council.province", unit=province, term="2026-2031", day=BEGAN, source="NQ", **by)
    part = constituency_tell(election=made, unit=province, number="1", seats=start, read=read, **by)
    list_tell(constituency=part, stage="official", candidates=start, women=1, read=read, **by)
    result_tell(constituency=part, elected=start, women=1, read=read, **by)
    return made.key


def _plan(desk: Client) -> dict[str, str]:
    """A plan of a province, being drafted: a target, a task, money."""
    head = {"title": "Kế hoạch công tác năm 2026", "first_year": "2026", "last_year": "2026"}
    plan = _last(desk.post(f"/{PERIOD}/plans/", head))
    at = f"/{PERIOD}/plans/{plan}"
    lines = {
        "targets": {"indicator": "hdnd.commune.women_share", "value_2026": "36"},
        "items": {"words": "Hội nghị sơ kết", "lead": "Sở Nội vụ", "due": "30/6/2026"},
        "budget": {"use": "Tập huấn", "source": "state", "amount": "120"},
    }
    lines["items"]["lead"] = unit_label(Plan.objects.get(key=plan).unit, BEGAN)
    key = ""
    for part, typed in reversed(lines.items()):
        key = new_key("line")
        seen = Plan.objects.get(key=plan).version
        answer = desk.post(f"{at}/{part}/", {**typed, "key": key, "seen": str(seen)})
        assert answer.status_code == 302, answer.content.decode()
    return {"plan": plan, "line": key}


def _task(unit: Unit, start: int, store: FileStore) -> dict[str, str]:
    """A task of a unit, made by the one above it, reported done with a picture."""
    above = Unit.objects.get(placed_under__unit=unit)
    held = {"actor": operator("thử nghiệm"), "on": BEGAN}
    made = task_make(issuer=above, owner=unit, text=f"Việc số {start}", due_on=BEGAN, **held)  # type: ignore[arg-type]
    said = {"text": f"Đã làm {start}", "evidence": unit_label(unit, BEGAN)}
    brought = [evidence_brought(content=PNG, name=f"việc {start}.png", store=store)]
    task_report(task=made, seen=1, brought=brought, **said, **held)  # type: ignore[arg-type]
    (proof,) = evidence_list(holder=made.key)
    return {"task": made.key, "proof": proof.key}


def _forecast(province: Unit, commune: Unit) -> dict[str, str]:
    """A forecast of an election of a province, learnt from the one before it."""
    council(province, [commune], BEFORE, HELD, decided=True)
    council(province, [commune], DAY, LISTS, decided=True)
    held = {one.day: one for one in elections_offered(province, DAY, edition=load("vn"))}
    earlier, lists = (tuple(contests_stored(held[day], stage="", decided=True)[0]) for day in (BEFORE, DAY))
    made = outcome(Lists(lists, (earlier,), slope=False)).made
    kept = forecast_keep(stored=held[DAY], made=made, learnt_from=["thử"], actor=operator("thử nghiệm"))
    return {"forecast": kept.key}


def _decision(unit: Unit, start: int) -> str:
    """What the unit above decided: that its communes have committees."""
    above, edition = Unit.objects.get(placed_under__unit=unit), load("vn")
    typed = Typed(f"{start}/QĐ-UBND", "1/7/2025", "1/7/2025", kinds=("commune",))
    held = {"edition": edition, "norm": edition.norms[NORM], "actor": operator("thử nghiệm")}
    return norm_decision_add(unit=above, typed=typed, **held).key  # type: ignore[arg-type]


def _draft(commune: Unit, preparer: Client, start: int) -> None:
    """A draft with a cell that two devices typed differently; then workbooks are sent past it."""
    cell = "figure/members:women"
    for device, text in (("máy 1", str(start - 2)), ("máy 2", str(start - 3))):
        one = {"key": f"{commune.key}-{device[-1]}", "changes": {cell: ["", text]}}
        data = {"device": device, "since": -1, "saves": [one]}
        address = f"/entry/{commune.key}/{PERIOD.code}/save/"
        answer = preparer.post(address, data, content_type="application/json")
        assert answer.status_code == 200, answer.content.decode()


def book(unit: Unit, *, start: int, faulty: bool = False) -> bytes:
    """The workbook of a commune, every whole of which is `start`; a faulty one has a part larger than its whole."""
    edition = load("vn")
    form = edition.form_for(unit.kind, PERIOD)
    assert form is not None
    shape = layout(edition, form.code, PERIOD)
    said = {}
    for address, slot in shape.slots.items():
        depth = len(slot.column.members) + slot.line.indent
        said[address] = Figure(Decimal(1 if slot.line.answer == "yes_no" else start - depth))
    if faulty:
        part, whole = next(pair for pair in shape.nested if not pair[1].column.members)
        said[part.address] = Figure(said[whole.address].value + 1)
    content = Content(form.code, fingerprint(edition), unit.key, PERIOD, figures=said, prepared_by="Lê Thị Mây")
    out = BytesIO()
    header = UnitHeader(unit.key, "Xã", "", "")
    seal = office().settings.seal
    workbook_write(out, edition=edition, form=form.code, period=PERIOD, unit=header, seal=seal, content=content)
    return out.getvalue()


def _file(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def _last(answer: HttpResponse) -> str:
    """The last key of the address an act leads to."""
    assert answer.status_code == 302, (answer.status_code, answer.content.decode()[-3000:])
    return urlsplit(answer.headers["Location"]).path.strip("/").split("/")[-1]


__all__ = ["CODE", "SHEET", "Furnished", "Place", "book", "furnish", "patterns"]
