"""Canaries in every field of class C2 and C3, as the code declares them: elements of the catalogue in facts, returns,
drafts and reports; counts of people; fields of registers; columns of tables. Each is planted in both provinces, each is
its own, and who may see it is worked out from the grant alone. A field that is declared and not planted fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pypdf.errors import PdfReadError
from tests.web.annex import annex
from tests.web.world import BEFORE, BEGAN, FAR, PASSWORD, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.catalogue.loading import Edition, load
from tienbo.catalogue.returns import layout
from tienbo.core.periods import Period
from tienbo.ground.keys import new_key
from tienbo.ground.processing import processing_rows
from tienbo.ground.whose import OfKey, OfParent, OfUnit, whose
from tienbo.outlook.elections import Contest
from tienbo.outlook.lists import Lists, outcome
from tienbo.posts.contests import contests_stored, elections_offered
from tienbo.posts.counts import Coord, counts_tell, groups_of
from tienbo.posts.election_models import Election
from tienbo.posts.election_services import constituency_tell, election_call, list_tell
from tienbo.posts.forecasts import forecast_keep
from tienbo.posts.services import Attested, holding_tell, post_tell, titles_for
from tienbo.posts.told import Read
from tienbo.protection.models import Breach, BreachNotice, BreachSaid, RequestAct, Spill, SubjectRequest
from tienbo.registers.services import record_add, record_attach
from tienbo.release.models import ReportDraft, ReportEntry, ReportParagraph
from tienbo.units.models import Placement, Role, Unit
from tienbo.units.services import grant_give, unit_create

NARROW = ("C2", "C3")
WIDTH, APART = 100, 200
"""Numbers of one canary: from just below its mark on. What others tell beside it, where it is summed, is less; what it
is more than they told lies between two canaries."""
FIRST = {True: 50_037, False: 80_037}
"""The first mark of the first province, and of the other. Nothing else in this world is of these runs."""
YEARS = {True: 1903, False: 1904}
YEAR = re.compile(r"(?<![0-9A-Za-z])(190[34])(?![0-9A-Za-z])")
LOW = 3
NUMBER = re.compile(r"(?<![0-9A-Za-z])([58]\d)[.,\u00a0\u202f]?(\d{3})(?![0-9A-Za-z])")
TEXT = re.compile(r"chim[ -]?(\d{3})z", re.IGNORECASE)
FLOWER = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6360f8cf0000030201018f4f1a2d"
    "0000000049454e44ae426082"
)

NOT_SHOWN = {
    "accounts", "sessions", "account", "mfa", "socialaccount",
    # Before and after of every row: all the other canaries stand in it too.
    "ground",
}  # fmt: skip
"""Rooms whose narrow fields nobody is shown: what is stored in them is looked for as it is."""
HELD_BY_OTHERS = {
    # A container holds what elements, registers and texts planted in it say: the class is theirs.
    *("Revision.content", "Draft.cells", "DraftSave.changes", "DraftSave.aside", "Prepared.content"),
    *("Record.data", "Record.words", "RecordVersion.changes", "RecordMeasure.value", "PostCount.persons"),
    "Evidence.name",
    *("Release.values_json", "Release.context_json", "RoundFilled.cells_json"),
}
ELSEWHERE = {
    # A forecast tells what its lists tell, which are planted; a share is told where numbers are not.
    *("ListStage.women", "ListStage.percent"),
    *(f"Forecast.{name}" for name in ("lists", "seats", "mean", "sd", "low", "high", "low_95", "high_95")),
    # A partner's packet is for whoever has the link; what left and how it was protected: tests/web/test_gate.py
    *("PacketVersion.content", "Departure.table_json", "Departure.plan_json"),
    # Points, marks, moments and names of who works here; a picture's mark.
    *("PacketStep.secret_sha256", "Evidence.draft", "Evidence.upload", "Evidence.format", "Evidence.added_by"),
    *("Evidence.added_at", "Evidence.pictures", "Prepared.proofs"),
}


@dataclass(frozen=True)
class Mask:
    """A narrow field with a canary in it. `unit`: the row id of whose it is."""

    name: str
    level: str
    unit: int
    room: str


@dataclass
class Planted:
    """What was planted: marks of numbers and of texts."""

    edition: Edition
    numbers: dict[int, Mask] = field(default_factory=dict)
    texts: dict[int, Mask] = field(default_factory=dict)
    years: dict[int, Mask] = field(default_factory=dict)
    returns: list[tuple[Unit, Unit, Period, dict[str, int]]] = field(default_factory=list)
    """What was sent: province, unit, half-year, element → mark."""
    addresses: list[str] = field(default_factory=list)
    election: Election | None = None
    forecast: str = ""
    """A coming election of the first province, and where its forecast stands."""
    secrets: list[str] = field(default_factory=list)
    rounds: list[str] = field(default_factory=list)
    """Where an annex filled in with figures of class C3 stands."""

    def mark(self, mask: Mask, own: bool) -> int:
        mark = FIRST[own] + APART * sum(own == (one < FIRST[False]) for one in self.numbers)
        self.numbers[mark] = mask
        return mark

    def text(self, mask: Mask) -> str:
        self.texts[len(self.texts) + 1] = mask
        return f"Chim{len(self.texts):03d}Z"

    def found(self, said: str) -> set[Mask]:
        """The fields whose canaries stand in a text."""
        numbers = {int(a + b) for a, b in NUMBER.findall(said)}
        marks = {mark for one in numbers for mark in self.numbers if mark - 10 <= one < mark + WIDTH - 10}
        texts = {int(one) for one in TEXT.findall(said)}
        years = {self.years[int(one)] for one in YEAR.findall(said) if int(one) in self.years}
        return {self.numbers[one] for one in marks} | {self.texts[one] for one in texts if one in self.texts} | years

    def around(self, said: str, masks: Iterable[Mask]) -> str:
        """Where the first of these stands."""
        for pattern in (NUMBER, TEXT, YEAR):
            for one in pattern.finditer(said):
                if self.found(one[0]) & set(masks):
                    return " ".join(said[max(0, one.start() - 160) : one.end() + 60].split())
        return ""

    @property
    def masks(self) -> list[Mask]:
        return [*self.numbers.values(), *self.texts.values(), *self.years.values()]


# ------------------------------------------------------------------------------------------------ what is declared


def declared() -> dict[str, str]:
    """Every field of class C2 or C3 that the code declares: name → class."""
    edition = load("vn")
    found = {f"element {one.code}": one.sensitivity.value for one in edition.elements.values()}
    found |= {f"count {one.code}": one.sensitivity.value for one in edition.count_groups.values()}
    found |= {
        f"register {kind.code}/{one.code}": kind.level(one).value
        for kind in edition.registers.values()
        for one in kind.asked
    }
    found |= {f"{row.table}.{row.field}": row.level.value for row in processing_rows()}
    return {name: level for name, level in found.items() if level in NARROW}


def narrow_indicators() -> list[str]:
    from tienbo.engine.terms import sensitivity

    edition = load("vn")
    return [code for code, one in edition.indicators.items() if sensitivity(edition, one).value in NARROW]


# -------------------------------------------------------------------------------------------------------- planting


def plant(world: World) -> Planted:
    """Figures, counts and records of both provinces, before either of them does its day's work."""
    made = Planted(load("vn"))
    for own, province, commune in (
        (True, world.province, world.communes[1]),
        (False, world.other, world.other_communes[0]),
    ):
        units = {"commune": commune}
        _elements(made, world, province, units, own)
        _counts(made, units, own)
        _records(made, world, commune, own)
        _holder(made, next(one for kind, one in units.items() if kind != "commune"), own)
        _pages_of(made, units.values())
    made.addresses += [f"/{PERIOD}/report/", f"/{PERIOD}/report/annex/1/"]  # the second of what the first worked out
    _people(world)
    return made


def _elements(made: Planted, world: World, province: Unit, units: dict[str, Unit], own: bool) -> None:
    """Every narrow element in a return of a unit that is asked it."""
    marks: dict[tuple[str, Period], dict[str, int]] = {}
    for code, element in made.edition.elements.items():
        if element.sensitivity.value not in NARROW:
            continue
        kind, period = _asked_of(made.edition, code)
        if kind not in units:
            units[kind] = unit_create(
                kind=kind, name=f"Cơ quan {len(units)} {province.pk}", begins=BEGAN, parent=province
            )
        mask = Mask(f"element {code}", element.sensitivity.value, units[kind].pk, "collection")
        marks.setdefault((kind, period), {})[code] = made.mark(mask, own)
    for (kind, period), hidden in marks.items():
        say(world, province, units[kind], period, start=31, hidden=hidden)
        made.returns.append((province, units[kind], period, hidden))


def say_again(made: Planted, world: World, *, low: bool) -> None:
    """The same returns once more, with one more in all that is open; `low`: with other numbers of class C3."""
    for province, unit, period, hidden in made.returns:
        narrow = {code for code in hidden if made.edition.elements[code].sensitivity.value == "C3"}
        told = {code: LOW if low and code in narrow else mark for code, mark in hidden.items()}
        say(world, province, unit, period, start=32, hidden=told)


def _asked_of(edition: Edition, element: str) -> tuple[str, Period]:
    """The kind of unit and the half-year in which an element is asked; a commune first."""
    found = []
    for period in (PERIOD, BEFORE):
        for form in edition.forms.values():
            if not form.is_used(period):
                continue
            if any(slot.element.code == element for slot in layout(edition, form.code, period).slots.values()):
                found += [(kind, period) for kind in form.for_kinds if edition.form_for(kind, period) == form]
    assert found, f"no form asks {element}: it cannot be planted"
    return min(found, key=lambda one: (one[0] != "commune", one[1] != PERIOD, one[0]))


def _counts(made: Planted, units: Mapping[str, Unit], own: bool) -> None:
    day = date(2026, 5, 31)
    told = {"day": day, "actor": operator("thử"), "edition": made.edition}
    attested = Attested("Trưởng Ban Tổ chức", "15/CV-BTC", date(2026, 6, 2))
    done = set()
    for unit in units.values():
        for group in groups_of(unit, day, made.edition):
            if group.sensitivity.value not in NARROW or group.code in done:
                continue
            done.add(group.code)
            mark = made.mark(Mask(f"count {group.code}", group.sensitivity.value, unit.pk, "posts"), own)
            cells = {Coord(): mark + 40, Coord(sex="f"): mark + 15}
            read = Read("Báo cáo 12/BC-BTC", date(2026, 6, 1))
            counts_tell(unit=unit, group=group.code, cells=cells, read=read, attested=attested, **told)  # type: ignore[arg-type]


def _records(made: Planted, world: World, commune: Unit, own: bool) -> None:
    """A record with something in every narrow field of each register."""
    for kind in made.edition.registers.values():
        narrow = [one for one in kind.asked if kind.level(one).value in NARROW]
        if not narrow:
            continue
        level = max(kind.level(one).value for one in narrow)
        mask = Mask(f"register {kind.code}", level, commune.pk, "registers")
        mark, typed = made.mark(mask, own), {}
        for one in kind.asked:
            if one.is_number:
                typed[one.code] = str(mark + 40 - 10 * (one.part_of is not None))
            elif one.kind in ("text", "long_text"):
                typed[one.code] = f"Quý I {made.text(mask)}"
            elif one.kind == "date":
                typed[one.code] = "31/3/2026"
            else:
                typed[one.code] = (one.answers() or ("",))[0]
        given = {"edition": made.edition, "kind": kind, "actor": operator("thử")}
        record = record_add(unit=commune, typed=typed, **given)  # type: ignore[arg-type]
        assert all(record.data.get(one.code) not in (None, "") for one in narrow), (kind.code, record.data)
        name = f"{made.text(mask)}.png"
        record_attach(record=record, content=FLOWER, name=name, store=world.stores.files, **given)  # type: ignore[arg-type]
        if own:
            for period in (PERIOD, BEFORE):
                at = f"/{period}/registers/{kind.code}/"
                made.addresses += [at, f"{at}records.csv", f"{at}workbook.xlsx", f"{at}{record.key}/"]
            made.addresses += [f"/api/v1/registers/{kind.code}", f"/api/v1/registers/{kind.code}/records"]
            made.addresses += [f"/api/v1/registers/{kind.code}/records/{record.key}"]
            made.addresses += [f"/{PERIOD}/tasks/new/?record={record.key}"]


def _holder(made: Planted, unit: Unit, own: bool) -> None:
    """Who holds a post, with a year of birth that nobody else has."""
    read = {"read": Read("Quyết định 1/QĐ"), "actor": operator("thử")}
    title = next(one for one in titles_for(unit, BEGAN, edition=made.edition) if one.units)
    post = post_tell(unit=unit, title=title.code, begins=BEGAN, **read)  # type: ignore[arg-type]
    mask = Mask("Holding.birth_year", "C2", unit.pk, "posts")
    made.years[YEARS[own]] = mask
    told = {"begins": BEGAN, "birth_year": YEARS[own], **read}
    holding_tell(post=post, name="Nguyễn Văn A", sex="m", **told)  # type: ignore[arg-type]


def _pages_of(made: Planted, units: Iterable[Unit]) -> None:
    """Pages of units that this world has beside the usual ones: of the other province they are not there."""
    for unit in units:
        at = f"/unit/{unit.key}/"
        made.addresses += [at, f"{at}posts/", f"{at}posts.csv", f"{at}counts/", f"/counts/book.xlsx?unit={unit.key}"]
        for period in (PERIOD, BEFORE):
            made.addresses += [f"/{period}/intake/{unit.key}/", f"/{period}/intake/{unit.key}/workbook/"]
            made.addresses += [
                f"/entry/{unit.key}/{period}/{name}" for name in ("", "state/", "file/", "paper.pdf", "send/")
            ]
            made.addresses += [f"{at}{period}/{name}" for name in ("report/", "filled.xlsx", "form.pdf", "1/original/")]


MORE_SEATS = ("data_officer", "sibling_preparer", "sibling_head")


def _people(world: World) -> None:
    seats = {
        "data_officer": (world.province, Role.DATA_OFFICER),
        "sibling_preparer": (world.communes[1], Role.PREPARER),
        "sibling_head": (world.communes[1], Role.HEAD),
        "other_sibling": (world.other_communes[0], Role.PREPARER),
    }
    for name, (unit, role) in seats.items():
        user = User.objects.create_user(name, f"Người giữ ghế {name}", PASSWORD)
        grant_give(user=user, unit=unit, role=role, begins=BEGAN, ends=FAR)
        world.users[name] = user


def plant_election(made: Planted, world: World) -> None:
    """An election of the province that is to come, with its list and a forecast of it, open."""
    by, read = operator("thử nghiệm"), Read("Biên bản hiệp thương (số liệu minh họa)")
    day = timezone.localdate()
    told = election_call(kind="council.province", unit=world.province, term="2031-2036", day=day, source="NQ", actor=by)
    part = constituency_tell(election=told, unit=world.province, number="1", seats=4, read=read, actor=by)
    mark = made.mark(Mask("ListStage.candidates", "C2", world.province.pk, "elections"), True) + 20
    list_tell(constituency=part, stage="official", candidates=mark, women=mark - 3, read=read, actor=by)
    held = {one.key: one for one in elections_offered(world.province, day, edition=made.edition)}
    lists, _faults = contests_stored(held[told.key], stage="official")
    before = [
        Contest("", str(n), 3, 5, women, 3, won) for n, (women, won) in enumerate(((2, 1), (3, 1), (2, 0), (1, 1)))
    ]
    foretold = outcome(Lists(tuple(lists), (tuple(before),), slope=False)).made
    kept = forecast_keep(stored=held[told.key], made=foretold, learnt_from=["thử"], actor=by)
    made.election, made.forecast = told, reverse("forecast", args=[PERIOD, kept.key])
    made.addresses += [reverse(name, args=[PERIOD, told.key]) for name in ("election", "election_csv")]
    made.addresses += [reverse("elections", args=[PERIOD]), made.forecast]


HELD_IN_CELLS = {
    (0, "C6"): "indicator:gbv.victims_detected",
    (0, "C7"): "indicator:gbv.perpetrators_detected",
    (1, "C2"): "series:gbv.victims.helped",
    (1, "C3"): "series:gbv.perpetrators.counselled",
    (1, "C4"): "series:gbv.victims.served",
}
"""(sheet, cell) of the annex of these tests → what it is filled with, of a unit directly below."""


def plant_round(made: Planted, world: World, office: Client) -> None:
    """An annex whose cells are figures of class C3 of a unit, filled in by the office that may see them."""

    def done(address: str, data: Mapping[str, Any]) -> str:
        answer = office.post(address, data)
        assert answer.status_code == 302, answer.content.decode()
        return urlsplit(answer.headers["Location"]).path

    at = done(f"/{PERIOD}/rounds/", {"name": "Phụ lục hẹp", "file": SimpleUploadedFile("hẹp.xlsx", annex())})
    unit = world.communes[1].key
    for (sheet, cell), quantity in HELD_IN_CELLS.items():
        done(f"{at}cell/", {"sheet": str(sheet), "cell": cell, "quantity": quantity, "unit": unit})
    filled = done(f"{at}fill/", {})
    made.rounds += [at, f"{at}?sheet=1", f"{at}?sheet=0&cell=C6", filled, f"{filled.rstrip('/')}.xlsx"]
    made.addresses += [*made.rounds, f"{at}proposals/", f"{at}annex.xlsx"]


def plant_texts(made: Planted, world: World) -> None:
    """Drafts, and a text in every narrow column of a table: after the day's work, past the laws that keep rows as they
    are."""
    for seat, unit in (("sibling_preparer", world.communes[1]), ("other_sibling", world.other_communes[0])):
        _draft(made, world, seat, unit)
    for province in (world.province, world.other):
        _rows(made, province)
    for model, column, level in _columns({one.name for one in made.masks}):
        for unit, pks in _by_unit(model).items():
            mask = Mask(f"{model.__name__}.{column.name}", level, unit, model._meta.app_label)
            _written(model, column, pks, made.text(mask))
    made.secrets = list(_secrets())


def _draft(made: Planted, world: World, seat: str, unit: Unit) -> None:
    form = made.edition.form_for(unit.kind, PERIOD)
    assert form is not None
    slots = layout(made.edition, form.code, PERIOD).slots
    changes = {}
    for mark, mask in made.numbers.items():
        code = mask.name.removeprefix("element ")
        for address, slot in slots.items():
            if mask.unit == unit.pk and slot.element.code == code:
                changes[f"figure/{address}"] = ["", str(mark + 50)]
    client = Client()
    client.force_login(world.users[seat])
    at = f"/entry/{unit.key}/{PERIOD}/save/"
    for device, delta in (("a", 1), ("b", 2)):  # two devices: what lost is kept aside
        one = {key: [seen, str(int(text) + delta)] for key, (seen, text) in changes.items()}
        data = {"device": device, "since": -1, "saves": [{"key": f"{unit.key}{device}", "changes": one}]}
        client.post(at, data, content_type="application/json")


def _rows(made: Planted, province: Unit) -> None:
    """What nobody's day had: a request, an incident, a spill, words in a report."""
    now = timezone.now()
    said = dict.fromkeys(("subject", "answer_to", "proved_by", "text"), "chữ")
    request = SubjectRequest.objects.create(
        key=new_key("request"), unit=province, kind="view", channel="letter", received_on=date(2026, 6, 1),
        noted_by="thử", **said,
    )  # fmt: skip
    RequestAct.objects.create(request=request, act="acknowledge", on=date(2026, 6, 2), reason="chữ", actor="thử")
    breach = Breach.objects.create(key=new_key("breach"), unit=province, detected_at=now, signal="chữ", noted_by="thử")
    kept = dict.fromkeys(("data", "happened", "harm", "measures"), "chữ")
    BreachSaid.objects.create(breach=breach, kind="leak", serious="yes", personal="yes", by="thử", **kept)
    notices = {"notice": "cyber_first", "sent_at": now, "to": "Công an tỉnh", "late": True, "why_late": "chữ"}
    BreachNotice.objects.create(breach=breach, by="thử", **notices)
    Spill.objects.create(key=new_key("spill"), breach=breach, why="chữ", by="thử")
    draft, _made = ReportDraft.objects.get_or_create(
        unit=province, period_code=PERIOD.code, outline="six_month_province",
        defaults={"key": new_key("draft"), "opened_by": "thử"},
    )  # fmt: skip
    ReportEntry.objects.create(
        draft=draft, entry=new_key("entry"), heading="highlight", text="chữ", position=1, said_by="thử"
    )
    ReportParagraph.objects.create(draft=draft, section="Kết quả thực hiện", place="before", text="chữ", said_by="thử")
    of_request, of_breach = f"/protection/request/{request.key}/", f"/protection/incident/{breach.key}/"
    made.addresses += [of_request, f"{of_request}acknowledge.docx", of_breach]
    made.addresses += [f"{of_breach}{part}.docx" for part in ("record", "cyber_first")]


def _columns(planted: set[str]) -> Iterator[tuple[type[models.Model], models.Field[Any, Any], str]]:
    """Columns with texts of class C2 and C3 that somebody is shown."""
    left = HELD_BY_OTHERS | ELSEWHERE | planted
    for row in processing_rows():
        if row.level.value in NARROW and row.room not in NOT_SHOWN and f"{row.table}.{row.field}" not in left:
            model = next(one for one in apps.get_app_config(row.room).get_models() if one.__name__ == row.table)
            yield model, model._meta.get_field(row.field), row.level.value  # type: ignore[misc]


def _by_unit(model: type[models.Model]) -> dict[int, list[int]]:
    """Rows of a table by the unit they are of."""
    found: dict[int, list[int]] = {}
    for row in model._default_manager.all():
        found.setdefault(_unit_of(row), []).append(row.pk)
    return found


def _unit_of(row: models.Model) -> int:
    said = whose(type(row))
    if isinstance(said, OfUnit):
        return int(getattr(row, f"{said.columns[-1]}_id"))
    if isinstance(said, OfParent):
        return _unit_of(getattr(row, said.column))
    if isinstance(said, OfKey):
        tables = {one._meta.db_table: one for one in apps.get_models()}
        for table in said.tables:
            above = tables[table]._default_manager.filter(key=getattr(row, said.column)).first()
            if above is not None:
                return _unit_of(above)
    return 0  # nobody's: of no unit


def _written(model: type[models.Model], column: models.Field[Any, Any], pks: list[int], text: str) -> None:
    """Put a canary into a column, past the database's laws; a number takes the place of one."""
    table = model._meta.db_table
    value: Any = text
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        marks = ", ".join(["%s"] * len(pks))
        cursor.execute(f'UPDATE "{table}" SET "{column.column}" = %s WHERE id IN ({marks})', [value, *pks])
        for _name, sql in triggers:
            cursor.execute(sql.replace("%", "%%"))


def _secrets() -> Iterator[str]:
    """What is stored in rooms of which nobody is shown anything: passwords, keys, sessions."""
    for row in processing_rows():
        if row.level.value == "C3" and row.room in NOT_SHOWN - {"ground"}:
            model = next(
                one for one in apps.get_models() if one.__name__ == row.table and one._meta.app_label == row.room
            )
            values = model._default_manager.values_list(row.field, flat=True)
            yield from (str(one) for one in values if len(str(one)) > 12)


# --------------------------------------------------------------------------------------------------- who may see it


def may(world: World, seat: str, mask: Mask) -> bool:
    """Whether a seat is shown a narrow field, worked out from its grant: the matrix of the security design (§4.5), by
    hand. C3: own unit of who works for it, directly below of the office and its chair. C2: below, and inspectors."""
    above = _above(mask.unit)
    held = {
        ("own" if grant.unit_id == mask.unit else "direct" if grant.unit_id == above else "below", grant.role)
        for grant in (world.users[seat].grants.all() if seat in world.users else ())
        if grant.unit_id in (mask.unit, above, _above(above))
    }
    allowed = SHOWN[mask.room if mask.room in SHOWN else mask.level]
    return not mask.unit or any(role in allowed.get(where, ()) for where, role in held)


SHOWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "elections": {"own": ("elections",)},
    "protection": {"own": ("office", "chair", "inspector", "data_officer")},
    "C3": {"own": ("preparer", "head", "office", "chair"), "direct": ("office", "chair")},
    "C2": {
        "own": ("preparer", "head", "office", "chair", "inspector"),
        "direct": ("office", "chair", "inspector"),
        "below": ("office", "chair", "inspector"),
    },
}
"""Room or class → where a grant is → roles."""


def is_figure(mask: Mask) -> bool:
    """Whether it is a figure of class C3 (violence, planning), whose every reading is an event."""
    return mask.level == "C3" and mask.name.partition(" ")[0] in ("element", "count", "register")


def _above(unit: int | None) -> int | None:
    return Placement.objects.filter(unit=unit).values_list("parent_id", flat=True).first() if unit else None


# --------------------------------------------------------------------------------------------------------- channels


def channel(response: HttpResponse) -> str:
    """By which way an answer goes."""
    if response.status_code >= 400:
        return "error"
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    name = response.headers.get("Content-Disposition", "").rpartition(".")[2].strip('"; ')
    return {"text/html": "html", "application/json": "json", "image/svg+xml": "svg"}.get(kind) or name or kind or "none"


def said(response: HttpResponse) -> str:
    """What an answer says: a page, JSON, CSV as it is; a workbook, a Word file, slides by their parts; a PDF by its
    text; and its headers."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[arg-type]
    heads = " ".join(f"{name}: {value}" for name, value in response.headers.items() if name != "Content-Length")
    return f"{_text(body)}\n{heads}"


PATH = re.compile(r"\sd=\"[^\"]*\"")
"""How a picture is drawn."""
DRAWN = re.compile(r"theme|styles|fontTable")
"""Parts of files that say how they look."""


def _text(body: bytes) -> str:
    if body[:2] == b"PK":
        with ZipFile(BytesIO(body)) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".xml") and not DRAWN.search(name))
            return " ".join(archive.read(name).decode(errors="replace") for name in names)
    if body[:4] == b"%PDF":
        try:
            return " ".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)
        except PdfReadError:  # the signed copy of these tests is none that could be read
            return ""
    return PATH.sub("", body.decode(errors="replace"))


SAME = (
    (re.compile(r"[a-z]+_[0-9A-Z]{26}"), "KEY"),
    (re.compile(r"[0-9a-f]{12,64}"), "HASH"),
    (re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b"), "RECEIPT"),
    (re.compile(r'(data-token|value)="\w{64}"'), "TOKEN"),
    (re.compile(r"\d{1,2}:\d{2}(:\d{2})?(\.\d+)?"), "TIME"),
    (re.compile(r"ETag: \S+|Content-Length: \d+|Content-Security-Policy: .*"), ""),
)


def alike(text: str) -> str:
    """A text without what is new every time: keys, marks, tokens, times of day."""
    for pattern, word in SAME:
        text = pattern.sub(word, text)
    return text


def unplanted(made: Planted) -> list[str]:
    """Fields that are declared narrow and hold no canary."""
    held = {one.name for one in made.masks} | HELD_BY_OTHERS | ELSEWHERE
    hidden = {f"{row.table}.{row.field}" for row in processing_rows() if row.room in NOT_SHOWN}
    return sorted(name for name in declared() if name not in held | hidden and name.partition("/")[0] not in held)
