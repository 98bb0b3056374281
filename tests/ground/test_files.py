"""Bytes are kept whole, once, and given back only intact."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tienbo.core.faults import Refused
from tienbo.ground.files import FileStore


def files(store: FileStore) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def test_bytes_come_back_under_their_sha256(store: FileStore) -> None:
    sha = store.put(b"Bi\xe1\xbb\x83u 01")
    assert sha == hashlib.sha256(b"Bi\xe1\xbb\x83u 01").hexdigest()
    assert store.get(sha) == b"Bi\xe1\xbb\x83u 01"
    assert sha in store
    assert store.path(sha).relative_to(store.root).as_posix() == f"{sha[:2]}/{sha}"


def test_the_same_bytes_twice_have_one_effect(store: FileStore) -> None:
    sha = store.put(b"x")
    before = store.path(sha).stat()
    assert store.put(b"x") == sha
    with store.batch() as batch:
        assert batch.put(b"x") == batch.put(b"x") == sha
    assert files(store) == [store.path(sha)]
    assert store.path(sha).stat().st_mtime_ns == before.st_mtime_ns


def test_a_batch_left_by_an_exception_keeps_nothing(store: FileStore) -> None:
    def torn() -> None:
        with store.batch() as batch:
            batch.put(b"one")
            raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        torn()
    assert files(store) == []


def test_a_large_batch_is_kept_whole(store: FileStore) -> None:
    with store.batch() as batch:
        shas = [batch.put(bytes([number])) for number in range(50)]
        assert not any(sha in store for sha in shas)
    assert [store.get(sha) for sha in shas] == [bytes([number]) for number in range(50)]
    assert len(files(store)) == 50


def test_damage_is_told_and_never_overwritten(store: FileStore) -> None:
    sha = store.put(b"true")
    os.chmod(store.path(sha), 0o640)
    store.path(sha).write_bytes(b"false")
    with pytest.raises(Refused) as refused:
        store.get(sha)
    assert refused.value.faults[0].code == "files.damaged"
    with pytest.raises(Refused):
        store.put(b"true")
    assert store.path(sha).read_bytes() == b"false"


def test_a_missing_file_is_told(store: FileStore) -> None:
    with pytest.raises(Refused) as refused:
        store.get("0" * 64)
    assert refused.value.faults[0].code == "files.not_found"


@pytest.mark.parametrize("wrong", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_what_is_not_a_hash_names_no_path(store: FileStore, wrong: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.path(wrong)


def test_a_sweep_takes_what_an_interrupted_write_left_and_nothing_else(store: FileStore) -> None:
    sha = store.put(b"whole")
    left = store.path(sha).with_name(".k3x.part")
    left.write_bytes(b"hal")
    assert store.sweep() == [".k3x.part"]
    assert files(store) == [store.path(sha)]
