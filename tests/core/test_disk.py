"""A file that cannot be used says why in the reader's language."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tienbo.core.disk import DiskReason
from tienbo.core.messages import speaking


def test_a_file_that_is_not_there_is_told_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as broken:
        (tmp_path / "none").read_bytes()
    reason = DiskReason.of(broken.value)
    with speaking("vi"):
        assert str(reason) == "không có tệp hoặc thư mục này"
    with speaking("en"):
        assert str(reason) == "there is no such file or folder"


def test_a_reason_nobody_worded_is_told_as_it_came() -> None:
    assert str(DiskReason.of(OSError(errno.ELOOP, "Too many levels of symbolic links"))).startswith("Too many")
    assert str(DiskReason.of(OSError("the tape is torn"))) == "the tape is torn"
