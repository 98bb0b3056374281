"""tienbo demo: a site to look at, with an invented province, and one with the published figures of 2014."""

from __future__ import annotations

import argparse
from pathlib import Path

from tienbo.core.messages import gettext as _
from tienbo.project.cli import print_options
from tienbo.project.demonstration import SEED, WHAT, Wish, demonstrate
from tienbo.project.saying import Say


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = groups.add_parser("demo", help=_("make a demonstration site with its returns and reports"))
    demo.add_argument("dir", type=Path, metavar=_("DIR"), help=_("a new folder for the site"))
    demo.add_argument("--what", choices=WHAT, default=WHAT[0], help=_("which demonstration"))
    demo.add_argument("--seed", type=int, default=SEED, metavar="N", help=_("figures are drawn from this number"))
    demo.add_argument(
        "--districts", type=int, metavar="N", help=_("only the first districts of each old province (smaller, quicker)")
    )
    print_options(demo)
    demo.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    wish = Wish(arguments.what, arguments.seed, arguments.districts)
    made = demonstrate(path=arguments.dir, wish=wish, say=say)
    say.data({"site": str(arguments.dir), "files": [str(path) for path in made]})
    return 0
