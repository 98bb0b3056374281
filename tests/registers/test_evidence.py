"""What bears a record out: kept once by its bytes, shown only as pictures we drew, told in the history, never lost."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
import typst
from django.db import DatabaseError, transaction
from PIL import Image
from tests.registers.test_registers import CLASS, DOER, add, commune, kind, move, person, refused, withdraw

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RegisterKind
from tienbo.catalogue.loading import load
from tienbo.core.messages import speaking
from tienbo.ground.files import FileStore
from tienbo.papers import pictures as drawing
from tienbo.papers.pictures import pictures
from tienbo.registers import evidence as keeping
from tienbo.registers.evidence import evidence_lacking, evidence_list
from tienbo.registers.models import Evidence, Record
from tienbo.registers.services import data_at, record_attach, record_change, record_detach
from tienbo.units.models import Role


def pdf(pages: int = 1) -> bytes:
    source = "#set page(width: 21cm, height: 29.7cm)\n" + "#pagebreak()\n".join(f"trang {n}\n" for n in range(pages))
    made = typst.compile(source.encode(), format="pdf")
    assert isinstance(made, bytes)
    return made


def photograph() -> bytes:
    """1200 × 900, taken with the camera held upright, and with a note of where."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at 21.03,105.85"
    out = BytesIO()
    Image.new("RGB", (1200, 900), (29, 107, 69)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def attach(record: Record, content: bytes, store: FileStore, sort: str = "", actor: Actor = DOER) -> Evidence:
    return record_attach(
        edition=load("vn"),
        kind=kind(record.kind),
        record=record,
        content=content,
        name="kế hoạch.pdf",
        sort=sort,
        actor=actor,
        store=store,
    )


def detach(record: Record, held: Evidence, reason: str = "nhầm tệp") -> None:
    record_detach(edition=load("vn"), kind=kind(record.kind), record=record, evidence=held, reason=reason, actor=DOER)


def test_what_is_shown_was_drawn_by_us() -> None:
    """Four pages are shown as three; a photograph stands upright and says no more where it was taken; what cannot be
    opened is not shown, and harms nothing."""
    drawn = [Image.open(BytesIO(one)) for one in pictures(pdf(4), "pdf")]
    assert [one.size for one in drawn] == [(800, 1131)] * 3
    (made,) = pictures(photograph(), "jpg")
    assert Image.open(BytesIO(made)).size == (800, 1067)
    assert b"105.85" in photograph()
    assert b"105.85" not in made
    assert pictures(b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n", "pdf") == []


def test_what_wants_more_than_it_may_have_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    side = 40_000  # a picture of 1,600 million dots in two hundred kilobytes
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes((side // 8 + 1) * side))),
        (b"IEND", b""),
    )
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(said)) + name + said + struct.pack(">I", zlib.crc32(name + said)) for name, said in parts
    )
    assert len(bomb) < 250_000
    assert pictures(bomb, "png") == []
    monkeypatch.setattr(drawing, "PATIENCE", 0.001)
    assert pictures(pdf(), "pdf") == []


@pytest.mark.database
@pytest.mark.django_db
def test_a_document_is_attached_once_told_in_the_history_and_taken_away_with_a_reason(store: FileStore) -> None:
    record, content = move(add(commune()), "hold"), pdf()
    assert [fault.code for fault in evidence_lacking(kind(), "held", [])] == ["evidence.lacking"]
    held = attach(record, content, store, "decision")
    assert attach(record, content, store) == held
    assert (held.size, held.format, len(held.pictures)) == (len(content), "pdf", 1)
    assert store.get(held.sha256) == content
    assert evidence_lacking(kind(), "held", evidence_list(holder=record.key)) == []
    assert [code.code for code in refused(lambda: detach(record, held, " "))] == ["record.no_reason"]
    detach(record, held)
    assert evidence_list(holder=record.key) == []
    assert [code.code for code in refused(lambda: detach(record, held))] == ["evidence.not_there"]
    told = [(one.number, one.act, one.evidence, one.reason) for one in record.versions.order_by("number")]
    assert told[2:] == [(3, "attached", held, ""), (4, "detached", held, "nhầm tệp")]
    assert attach(record, content, store) != held
    assert store.get(held.sha256) == content
    # What a record says is untouched by it: who had opened it before goes on as if nothing had been.
    changed = record_change(
        edition=load("vn"), kind=kind(), record=record, seen=2, typed=CLASS | {"place": "Nhà văn hóa"}, actor=DOER
    )
    assert (changed.version, changed.data["place"]) == (6, "Nhà văn hóa")
    assert data_at(changed, 5) == data_at(changed, 1)
    for broken in (lambda: Evidence.objects.update(sort="khác"), lambda: Evidence.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            broken()


@pytest.mark.django_db
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    record = add(commune())

    def codes(content: bytes = b"", sort: str = "", actor: Actor = DOER, of: Record = record) -> list[str]:
        faults = refused(lambda: attach(of, content or pdf(), store, sort, actor))
        with speaking("vi"):
            assert all(fault.sentence() for fault in faults)
        return [fault.code for fault in faults]

    assert codes(b"<html><script>%PDF- %%EOF") == ["scan.not_a_paper"]
    assert codes(b"PK\x03\x04 a document") == ["scan.not_a_paper"]
    assert codes(pdf()[:400]) == ["scan.cut_off"]
    assert codes(sort="participants") == ["evidence.kept_by_unit"]
    assert codes(sort="khác") == ["evidence.no_such_sort"]
    assert codes(actor=person(record.unit, Role.HEAD)) == ["units.no_access"]
    monkeypatch.setattr(keeping, "MOST", 1)
    attach(record, pdf(), store)
    assert codes(pdf(2)) == ["evidence.too_many"]
    withdraw(record)
    assert codes(of=record) == ["record.is_withdrawn"]
    assert Evidence.objects.count() == 1


def test_sentences_of_editions_of_before_are_what_units_keep() -> None:
    said = kind().model_dump(mode="json", by_alias=True)
    said["evidence"] = [{"vi": "Kế hoạch", "en": "Plan"}]
    (one,) = RegisterKind.model_validate(said).evidence
    assert (one.kept_by_unit, one.required_in, one.label.vi) == (True, (), "Kế hoạch")
