"""The head of a unit stands by what it sent; the signed paper is kept beside the revision it signs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from tests.collection.conftest import House

from tienbo.collection.intake import known_bytes
from tienbo.collection.models import Approval, Revision, SignedCopy, Upload
from tienbo.collection.signing import revision_approve, signed_copy_add
from tienbo.core.faults import Refused
from tienbo.ground import scans
from tienbo.ground.files import sha256
from tienbo.ground.scans import scan_format

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NAME = "Xã An Bình"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 40 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40 + b"IEND\xaeB`\x82"


def sent(house: House, **said: int) -> Revision:
    result = house.send(NAME, **(said or {"staff__total": 40}))
    return Revision.objects.get(pk=result.revision)


def add(house: House, revision: Revision, content: bytes = PDF, name: str = "bản ký.pdf", **more: date) -> SignedCopy:
    return signed_copy_add(
        revision=revision, content=content, name=name, actor=house.actor, store=house.stores.files, **more
    )


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    (fault,) = refused.value.faults
    assert fault.sentence()
    return fault.code


def test_a_signed_paper_is_kept_byte_for_byte_beside_the_revision_it_signs(house: House) -> None:
    revision = sent(house)
    copy = add(house, revision, signed_on=date(2026, 6, 20))
    assert (copy.revision, copy.format, copy.signed_on, copy.added_by) == (revision, "pdf", date(2026, 6, 20), "tester")
    assert copy.upload.sha256 == sha256(PDF)
    assert house.stores.files.get(copy.upload.sha256) == PDF


def test_the_same_paper_again_has_no_effect_and_another_revision_may_have_it_too(house: House) -> None:
    first = sent(house)
    assert add(house, first) == add(house, first, name="tên khác.pdf")
    second = sent(house, staff__total=41)
    assert add(house, second).revision == second
    assert (SignedCopy.objects.count(), Upload.objects.filter(sha256=sha256(PDF)).count()) == (2, 1)


def test_a_signed_paper_is_no_return(house: House) -> None:
    add(house, sent(house))
    assert sha256(PDF) not in known_bytes()


@pytest.mark.parametrize(("content", "made"), [(PDF, "pdf"), (JPEG, "jpg"), (PNG, "png"), (JPEG + b"\0" * 99, "jpg")])
def test_what_a_paper_is_follows_from_its_bytes_and_not_from_its_name(content: bytes, made: str) -> None:
    assert scan_format(content, "biểu.exe") == made


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "scan.empty"),
        (b"PK\x03\x04 a workbook", "scan.not_a_paper"),
        (b"<html>%PDF-1.7 %%EOF", "scan.not_a_paper"),
        (b"GIF89a...", "scan.not_a_paper"),
        (PDF[:20], "scan.cut_off"),
        (JPEG[:-2], "scan.cut_off"),
        (PNG[:20], "scan.cut_off"),
        (PDF + b" " * 4096, "scan.cut_off"),
    ],
)
def test_what_is_no_whole_paper_is_refused_and_nothing_is_kept(house: House, content: bytes, code: str) -> None:
    revision = sent(house)
    before = Upload.objects.count()
    with pytest.raises(Refused) as refused:
        add(house, revision, content)
    assert code_of(refused) == code
    assert (Upload.objects.count(), SignedCopy.objects.count()) == (before, 0)
    assert sha256(content) not in house.stores.files


def test_a_paper_may_be_so_large_and_no_larger(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "LARGEST", len(PDF))
    revision = sent(house)
    add(house, revision)
    with pytest.raises(Refused) as refused:
        add(house, revision, PDF + b"\n")
    assert code_of(refused) == "scan.too_large"


def test_nobody_signs_tomorrow(house: House) -> None:
    revision = sent(house)
    today = timezone.localdate()
    with pytest.raises(Refused) as refused:
        add(house, revision, signed_on=today + timedelta(days=1))
    assert code_of(refused) == "signing.in_the_future"
    assert add(house, revision, signed_on=today).signed_on == today


def test_the_head_approves_the_last_word_by_its_hash_and_once(house: House) -> None:
    revision = sent(house)
    approval = revision_approve(revision=revision, actor=house.actor)
    assert (approval.revision, approval.revision_sha256) == (revision, revision.sha256)
    assert revision_approve(revision=revision, actor=house.actor) == approval
    assert Approval.objects.count() == 1


def test_a_newer_word_is_looked_at_before_the_older_is_approved(house: House) -> None:
    first = sent(house)
    sent(house, staff__total=41)
    with pytest.raises(Refused) as refused:
        revision_approve(revision=first, actor=house.actor)
    assert code_of(refused) == "signing.not_the_last"
    assert Approval.objects.count() == 0


@pytest.mark.parametrize("table", [SignedCopy, Approval])
def test_what_was_signed_and_approved_stays(house: House, table: type[SignedCopy] | type[Approval]) -> None:
    revision = sent(house)
    add(house, revision)
    revision_approve(revision=revision, actor=house.actor)
    for change in (lambda: table.objects.all().delete(), lambda: table.objects.update(revision=revision)):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
