"""Bytes as received, kept under their SHA-256. Written once, never overwritten, read back only when intact."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_

worded(
    {
        "files.not_found": N_("There is no stored file with the hash {sha}."),
        "files.damaged": N_("The stored file {sha} is damaged: its bytes no longer have this hash."),
    }
)

FEW = 4
"""So many files or folders are waited for one by one."""

_SHA = re.compile(r"^[0-9a-f]{64}$")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class FileStore:
    """A folder of files named by SHA-256: `ab/abcdef…`. Putting the same bytes twice has one effect."""

    root: Path

    def path(self, sha: str) -> Path:
        """Where the bytes of a hash are, or would be. ValueError for what is not a hash."""
        if not _SHA.match(sha):
            raise ValueError(f"not a SHA-256: {sha!r}")
        return self.root / sha[:2] / sha

    def __contains__(self, sha: str) -> bool:
        return self.path(sha).exists()

    def put(self, content: bytes) -> str:
        """Keep bytes and return their hash; on return they are on the disk, whole."""
        with self.batch() as batch:
            return batch.put(content)

    def get(self, sha: str) -> bytes:
        """The bytes of a hash; Refused when they are missing or no longer what they were."""
        try:
            content = self.path(sha).read_bytes()
        except FileNotFoundError as missing:
            raise Refused(Fault("files.not_found", "", {"sha": sha})) from missing
        if sha256(content) != sha:
            raise Refused(Fault("files.damaged", "", {"sha": sha}))
        return content

    def sweep(self) -> list[str]:
        """Delete what interrupted writes left. Only while nobody writes. Returns the names."""
        left = sorted(path for path in self.root.glob("*/.*.part") if path.is_file())
        for path in left:
            path.unlink()
        return [path.name for path in left]

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Several files with one wait for the disk: none has its name before all of them are on the disk.

        A batch left by an exception keeps nothing.
        """
        batch = Batch(self)
        try:
            yield batch
            batch.commit()
        finally:
            batch.drop()


@dataclass
class Batch:
    """Files written under temporary names, waiting for `commit`."""

    store: FileStore
    waiting: dict[str, Path] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)
    """Those that are there: not asked about for every file."""

    def put(self, content: bytes) -> str:
        sha = sha256(content)
        target = self.store.path(sha)
        if sha in self.waiting or (target.exists() and sha256(target.read_bytes()) == sha):
            return sha
        if target.exists():
            raise Refused(Fault("files.damaged", str(target), {"sha": sha}))
        if target.parent not in self.folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.folders.add(target.parent)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
        self.waiting[sha] = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o440)
        return sha

    def commit(self) -> None:
        _sync(self.waiting.values())
        for sha, temporary in self.waiting.items():
            # A link refuses to replace what stands there, as a rename would not.
            with suppress(FileExistsError):
                os.link(temporary, self.store.path(sha))
        folders = {temporary.parent for temporary in self.waiting.values()}
        _sync((*folders, *{folder.parent for folder in folders}))

    def drop(self) -> None:
        for temporary in self.waiting.values():
            temporary.unlink(missing_ok=True)
        self.waiting.clear()


def _sync(paths: Collection[Path]) -> None:
    """Wait until files or folders are on the disk: once for all of them where they are many."""
    if len(paths) > FEW and hasattr(os, "sync"):
        os.sync()
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
