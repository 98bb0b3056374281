"""Why a file or folder could not be used, in words: the operating system says it in English only."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass

from tienbo.core.messages import N_, gettext

_REASONS: Mapping[int, str] = {
    errno.EACCES: N_("you may not read or write here"),
    errno.EPERM: N_("you may not read or write here"),
    errno.EROFS: N_("this disk can only be read"),
    errno.ENOENT: N_("there is no such file or folder"),
    errno.ENOTDIR: N_("this is not a folder"),
    errno.EISDIR: N_("this is a folder, not a file"),
    errno.EEXIST: N_("there is something of this name already"),
    errno.ENOSPC: N_("there is no space left on the disk"),
    errno.EDQUOT: N_("there is no space left on the disk"),
    errno.EFBIG: N_("the file may not grow any larger"),
    errno.EIO: N_("the disk reports an error"),
    errno.ENAMETOOLONG: N_("the name is too long"),
}


@dataclass(frozen=True, slots=True)
class DiskReason:
    """A field of a fault that is put into words when it is shown; what nobody worded is told as it came."""

    code: int
    told: str

    @classmethod
    def of(cls, broken: OSError) -> DiskReason:
        return cls(broken.errno or 0, broken.strerror or str(broken))

    def __str__(self) -> str:
        known = _REASONS.get(self.code)
        return gettext(known) if known else self.told
