"""What pages need to know of the site. Knows no Django model, so that settings may hold it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OfficeSettings:
    """`name` and `place` as shown; folders of the site; `seal` is the secret its workbooks are sealed with."""

    name: str
    files: Path
    facts: Path
    out: Path
    pack: str
    home_unit: str
    seal: bytes
    signing: str
    place: str
    illustrative: bool
    trial: bool = False
    """Whether it is tried and not used in earnest: pages say so."""
    heads: Path | None = None
    """Where heads of the journal are kept."""
    mail_server: bool = False
    """Whether e-mail goes out; otherwise messages are written to `letters`."""

    connected: tuple[tuple[str, str], ...] = ()
    """Kind of connection, and the machine or folder it leads to, without secrets."""
    terms: tuple[tuple[str, str], ...] = ()
    """Terms of keeping other than the program's own, by code."""

    @property
    def letters(self) -> Path:
        """Messages as files, to be sent by hand from whatever program an office uses."""
        return self.out / "mail"

    @property
    def noted(self) -> Path:
        """Notes on their way to the journal."""
        return self.files.parent / "noted"

    @property
    def staging(self) -> Path:
        """Files that were sent and wait for a worker to take them in."""
        return self.files.parent / "staging"
