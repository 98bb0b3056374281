"""A process that has loaded what commands load and becomes one each time it is asked: most of what a short command
takes is loading. python -m tests.journeys.loaded DOOR, the number of a socket.

It is forked before Django knows a site, so that each command reads the site's settings as it does when typed afresh.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import json
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any


def load() -> None:
    """What commands import that asks nothing of a site, and the pack."""
    import django.core.management
    import django.forms
    import django.template.loader  # noqa: F401
    import openpyxl  # noqa: F401
    import requests  # noqa: F401
    import sqlglot.dialects.duckdb  # noqa: F401
    import xlsxwriter  # noqa: F401

    from tienbo.catalogue.loading import load as pack
    from tienbo.core.messages import speaking
    from tienbo.engine import evaluate, explain, reconciliation  # noqa: F401
    from tienbo.papers import workbook  # noqa: F401
    from tienbo.project.cli import parser

    for lang in ("vi", "en"):
        with speaking(lang):
            parser()
    pack("vn")


def typed(asked: Mapping[str, Any]) -> int:
    """One command as it was typed, or several whose words and answers are JSON."""
    from tienbo.project.cli import main

    if not asked["each"]:
        return main(asked["words"])
    said = []
    for words in asked["words"]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code: object = main(words)
            except SystemExit as left:
                code = left.code
        said.append([code, out.getvalue(), err.getvalue()])
    print(json.dumps(said))
    return 0


def serve(door: socket.socket) -> Mapping[str, Any] | None:
    """Answer with the exit status of each command; in the process that is to become one, what was asked."""
    while True:
        written, files, _flags, _address = socket.recv_fds(door, 1 << 20, 2)
        if not written:
            return None
        asked: Mapping[str, Any] = json.loads(written)
        pid = os.fork()
        if not pid:
            door.close()
            for number, file in enumerate(files, start=1):
                os.dup2(file, number)
            os.chdir(asked["folder"])
            os.environ.clear()
            os.environ.update(asked["environment"])
            return asked
        for file in files:
            os.close(file)
        _, status = os.waitpid(pid, 0)
        door.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def ended(code: object) -> None:
    """Leave as a program does, but for freeing what was loaded: that would copy all of it first."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    load()
    gc.freeze()
    found = serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        left: object = typed(found) if found else 0
    except SystemExit as stopped:
        left = stopped.code
    ended(left)
