"""Journeys through the real command line, each word typed as a person types it, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pytest
from tests.web.browser import AS_INSTALLED, ROOT

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure
from tienbo.core.periods import Period
from tienbo.papers.workbook import UnitHeader, workbook_write

UNITS = """
title: {vi: Một tỉnh để thử, en: A province for tests}
source: đặt ra để thử
confidence: confirmed
units:
  - {code: "98", kind: province, name: Tỉnh Sông Mây, begins: 2014-01-01}
  - {code: "99", kind: province, name: Tỉnh Núi Xanh, begins: 2014-01-01}
  - {code: "98001", kind: commune, name: Xã An Bình, begins: 2014-01-01, parent: "98"}
  - {code: "98002", kind: commune, name: Xã Bình Minh, begins: 2014-01-01, parent: "98"}
  - {code: "98003", kind: commune, name: Phường Cẩm Tú, begins: 2014-01-01, parent: "98"}
  - {code: "99001", kind: commune, name: Xã An Bình, begins: 2014-01-01, parent: "99"}
"""
H1 = Period.parse("2026-H1")


def preloaded(name: str, folder: Path) -> Path:
    """A C file beside this one, compiled so that a process can be made to load it first (LD_PRELOAD)."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler: apt-get install gcc")
    made = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", made, source, "-ldl"], check=True)
    return made


class Loaded:
    """The door to a process that has loaded what commands load, and becomes each of them in a process of its own."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair()
        self._door.settimeout(120)
        number = theirs.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.loaded", str(number)],
            env={**self.environ(), "PYTHONPATH": f"{AS_INSTALLED}{os.pathsep}{ROOT}"},
            pass_fds=[number], stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        theirs.close()

    def environ(self) -> dict[str, str]:
        """Of every command: nothing of the tests' own, and the packages that people have."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("TIENBO_", "DJANGO_", "COV_"))}
        clean.pop("PYTHONDONTWRITEBYTECODE", None)
        return {**clean, "PYTHONPATH": str(AS_INSTALLED)}

    def run(self, folder: Path, environment: Mapping[str, str], words: Sequence[object], *, each: bool = False) -> Done:
        """What a command says, or several (`each`) in one process, as JSON."""
        asked = {"words": words, "each": each, "folder": str(folder), "environment": dict(environment)}
        with TemporaryFile() as out, TemporaryFile() as err:
            written = json.dumps(asked).encode()
            assert socket.send_fds(self._door, [written], [out.fileno(), err.fileno()]) == len(written)
            try:
                code = int(self._door.recv(100))
            except TimeoutError:
                os.killpg(self._process.pid, signal.SIGKILL)
                raise
            return Done(code, *(_read(file) for file in (out, err)))

    def end(self) -> None:
        self._door.close()
        assert self._process.wait(60) == 0


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@dataclass
class Done:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Terminal:
    """A person at a terminal: `run` types a command and reads what it says."""

    folder: Path
    loaded: Loaded
    site: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        return {**self.loaded.environ(), "TIENBO_SITE": str(self.site), **self.environment}

    def words(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "tienbo.project.cli", *map(str, words)]

    def run(self, *words: object, code: int = 0, **environment: str) -> Done:
        """A command in a process of its own: forked from one that has loaded what commands load, or typed afresh where
        the environment is one that Python itself reads."""
        if all(name.startswith("TIENBO_") for name in environment):
            done = self.loaded.run(self.folder, {**self.environ(), **environment}, list(map(str, words)))
        else:
            done = self.run_afresh(*words, **environment)
        assert "Traceback" not in done.err, done.err
        assert done.code == code, f"{words}: {done.code}\n{done.out}\n{done.err}"
        return done

    def run_afresh(self, *words: object, **environment: str) -> Done:
        done = subprocess.run(
            self.words(*words),
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**self.environ(), **environment},
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run_each(self, commands: Sequence[Sequence[object]]) -> list[Done]:
        """Several commands on one site in one process, where a process for each would only take longer."""
        words = [[str(word) for word in one] for one in commands]
        done = self.loaded.run(self.folder, self.environ(), words, each=True)
        assert done.code == 0, done.err
        return [Done(*one) for one in json.loads(done.out)]

    def key(self, unit: str) -> str:
        (found,) = self.run("units", "find", unit, "--json").json
        return str(found["key"])

    def fill(self, name: str, unit: str, period: Period = H1, form: str = "xa", **figures: object) -> Path:
        """A workbook of the site as its unit fills it in: classes__total=3."""
        made = load("vn")
        seal = tomllib.loads((self.site / "tienbo.toml").read_text(encoding="utf-8"))["secret_key"].encode()
        more = {key: value for key, value in figures.items() if "__" not in key}
        content = Content(
            form=form,
            edition=fingerprint(made),
            unit=unit,
            period=period,
            figures={
                key.replace("__", ":"): value if isinstance(value, Figure) else Figure(Decimal(str(value)))
                for key, value in figures.items()
                if "__" in key
            },
            **more,  # type: ignore[arg-type]
        )
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header = UnitHeader(unit, name, "", "")
        workbook_write(path, edition=made, form=form, period=period, unit=header, seal=seal, content=content)
        return path


def shown(text: str) -> list[list[str]]:
    """The rows of a printed table, its cells by the double blanks between them."""
    lines = [line for line in text.splitlines() if line and not line.startswith("─")]
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


@pytest.fixture(scope="session")
def loaded() -> Iterator[Loaded]:
    made = Loaded()
    yield made
    made.end()


@pytest.fixture
def terminal(tmp_path: Path, loaded: Loaded) -> Terminal:
    """A terminal in an empty folder, with a site named that nobody made yet."""
    return Terminal(tmp_path, loaded, tmp_path / "kho")


@dataclass
class Road(Terminal):
    """A site of a province of three communes that have sent their returns, accepted."""

    units: dict[str, str] = field(default_factory=dict)
    books: list[Path] = field(default_factory=list)
    received: Any = None


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory, loaded: Loaded, new_database: Callable[[], str]) -> Road:
    folder = tmp_path_factory.mktemp("road")
    made = Road(folder, loaded, folder / "kho")
    address = new_database()
    made.run("site", "create", made.site, "--name", "Kho để thử", *(["--database", address] if address else []))
    (folder / "units.yaml").write_text(UNITS, encoding="utf-8")
    made.run("units", "load", folder / "units.yaml")
    made.run("site", "home", "Tỉnh Sông Mây", "--place", "Sông Mây")
    made.run("workbook", "blank", "--period", "2026-H1")
    found = made.run("units", "find", "Sông Mây", "--json").json
    made.units["Tỉnh Sông Mây"] = found[0]["key"]
    for name in ("Xã An Bình, Sông Mây", "Xã Bình Minh", "Phường Cẩm Tú"):
        made.units[name.partition(",")[0]] = made.key(name)
    figures: list[dict[str, object]] = [
        {"classes__total": 3, "attendances__total": 100, "attendances__women": 60, "jobs_new__total": 20,
         "jobs_new__women": 12, "village_heads__total": 10, "village_heads__women": 3,
         "texts": {"highlight": "Ra mắt câu lạc bộ."}},
        {"classes__total": 2, "attendances__total": 50, "attendances__women": 30, "jobs_new__total": 10,
         "jobs_new__women": 4, "village_heads__total": 8, "village_heads__women": 2},
        {"classes__total": 4, "attendances__total": 80, "attendances__women": 50, "jobs_new__total": 30,
         "jobs_new__women": 20, "village_heads__total": 12, "village_heads__women": 5},
    ]  # fmt: skip
    names = ("Xã An Bình", "Xã Bình Minh", "Phường Cẩm Tú")
    made.books = [
        made.fill(f"gửi/{number}.xlsx", made.units[name], **said)
        for number, (name, said) in enumerate(zip(names, figures, strict=True), start=1)
    ]
    made.received = made.run("receive", folder / "gửi", "--period", "2026-H1", "--json").json
    return made
