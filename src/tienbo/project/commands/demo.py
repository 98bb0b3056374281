"""tienbo demo: a site to look at, with an invented province, and one with the published figures of 2014."""

from __future__ import annotations

import argparse
from pathlib import Path

from tienbo.core.messages import gettext as _
from tienbo.project.saying import Say


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = groups.add_parser("demo", help=_("make a demonstration site with its returns and reports"))
    demo.add_argument("dir", type=Path, metavar=_("DIR"))
    demo.add_argument("--what", choices=("quynh-luu",), default="quynh-luu", help=_("which demonstration"))
    demo.add_argument("--json", action="store_true", help=_("print JSON"))
    demo.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.project.demonstration import demonstrate

    made = demonstrate(path=arguments.dir, what=arguments.what, say=say)
    say.data({"site": str(arguments.dir), "files": [str(path) for path in made]})
    return 0
