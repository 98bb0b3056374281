"""`tienbo`: the command line, in Vietnamese or English."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from tienbo import __version__
from tienbo.core import words
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import LANGUAGES, N_, gettext, ngettext, speaking
from tienbo.core.messages import gettext as _
from tienbo.ground.acting import acting_as, narrow_noted
from tienbo.ground.reach import reaching_everywhere
from tienbo.ground.troubles import trouble
from tienbo.project.leaving import leaving_noted
from tienbo.project.saying import Say, faults_json

worded({"units.unreadable_date": N_("{text} is not a day; write it as 2025-07-01 or 01/7/2025.")})

COMMANDS = (
    "site", "demo", "units", "campaign", "workbook", "receive", "register", "tasks", "norms", "posts", "election",
    "decide", "values", "explain", "report", "outlook", "disclosure", "facts", "users", "access", "processing", "serve",
    "settings", "check", "journal", "backup", "spill", "protection",
    "retention",
)  # fmt: skip
"""Modules of tienbo.project.commands, in the order help shows them."""

# argparse speaks through these; its words are in our catalogue like everybody else's.
argparse._ = gettext  # type: ignore[attr-defined]
argparse.ngettext = ngettext  # type: ignore[attr-defined]
ARGPARSE_WORDS = (
    N_("usage: "),
    N_("options"),
    N_("positional arguments"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)"),
    N_("unknown parser %(parser_name)r (choices: %(choices)s)"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("ignored explicit argument %r"),
    N_("not allowed with argument %s"),
    N_("one of the arguments %s is required"),
    N_("%(heading)s:"),
    N_("expected at most one argument"),
    N_("expected one argument"),
    N_("expected at least one argument"),
)
"""What argparse of Python 3.11 to 3.14 may say to people at the command line; not what it says to programmers."""


def parser() -> argparse.ArgumentParser:
    """The whole command line, in the language being spoken."""
    made = argparse.ArgumentParser(
        prog="tienbo",
        description=_(
            "Returns, indicators, targets and the six-month report of a Committee for the Advancement of Women."
        ),
    )
    made.add_argument(
        "--version",
        action="version",
        version=f"tienbo {__version__}",
        help=_("show program's version number and exit"),  # argparse marks this one from Python 3.13 on only
    )
    made.add_argument("--lang", choices=LANGUAGES, help=_("language of what is printed (default: vi, or TIENBO_LANG)"))
    groups = made.add_subparsers(dest="command", metavar=_("COMMAND"), required=True)
    for name in COMMANDS:
        import_module(f"tienbo.project.commands.{name}").add(groups)
    for called, command in commands(made):
        command.set_defaults(words=called)
    return made


def commands(of: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """("workbook blank", its parser) of every command that does something, in the order of help."""
    groups = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield path, of
    for group in groups:
        for name, below in group.choices.items():
            yield from commands(below, f"{path} {name}".strip())


def site_options(command: argparse.ArgumentParser) -> None:
    """The options every command on a site takes."""
    command.add_argument("--site", type=Path, metavar=_("DIR"), help=_("the site's folder (default: TIENBO_SITE)"))
    print_options(command)


def print_options(command: argparse.ArgumentParser) -> None:
    """The options every command takes."""
    command.add_argument("--json", action="store_true", help=_("print JSON"))
    # Said again here, so that it may stand anywhere; without a default, so that it does not undo the one before.
    command.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=_("language of what is printed"))


def unit_option(command: argparse.ArgumentParser, name: str = "--unit", **more: Any) -> None:
    """A unit, named as people name it."""
    help_ = _("the unit: “Quỳnh Lưu, Nghệ An”, a key, or scheme:code@day")
    command.add_argument(name, metavar=_("UNIT"), **{"help": help_, **more})


def period_option(command: argparse.ArgumentParser, **more: Any) -> None:
    """A half-year or a year."""
    command.add_argument("--period", metavar=_("PERIOD"), **{"help": _("2026-H1, 2026-H2 or 2026"), **more})


def basis_option(command: argparse.ArgumentParser) -> None:
    """Which returns count."""
    command.add_argument(
        "--basis",
        choices=("accepted", "submitted"),
        default="accepted",
        help=_("which returns count: accepted (the default) or all that were submitted"),
    )


def map_option(command: argparse.ArgumentParser) -> None:
    """On the units of which day figures are read."""
    command.add_argument(
        "--map-date",
        metavar=_("DAY"),
        help=_("on the units of this day: 2025-07-01 or 1/7/2025 (default: those of the period's last day)"),
    )


def day_of(text: str | None) -> date | None:
    """A day as people type it; Refused when it is none."""
    day = words.day_of(text) if text else None
    if text and day is None:
        raise Refused(Fault("units.unreadable_date", "", {"text": text}))
    return day


def site_path(arguments: argparse.Namespace) -> Path | None:
    if arguments.site:
        return Path(arguments.site)
    named = os.environ.get("TIENBO_SITE")
    return Path(named) if named else None


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 something stands against it (said on stderr), 2 the words are off,
    130 stopped from the keyboard."""
    words = list(sys.argv[1:] if argv is None else argv)
    with speaking(_language(words)):
        arguments = parser().parse_args(words)
        say = Say(as_json=getattr(arguments, "json", False))
        try:
            return _run(arguments, say)
        except BrokenPipeError:  # the reader of our output has left; nothing is wrong with the site
            _forget_output()
            return 0
        except KeyboardInterrupt as stopped:
            _against(say, [trouble(stopped)])
            return 130
        except Exception as broken:
            if os.environ.get("TIENBO_TRACE"):
                raise
            return _against(say, [trouble(broken)])


def _run(arguments: argparse.Namespace, say: Say) -> int:
    try:
        operators = reaching_everywhere("who runs a command holds the site's files and database anyway")
        acting = acting_as(f"operator:{getpass.getuser()}", f"command:{arguments.words}")
        with acting, operators, narrow_noted() as narrow:
            status: int = arguments.run(arguments, say)
            leaving_noted(arguments, narrow)
        sys.stdout.flush()
    except Refused as refused:
        return _against(say, refused.faults)
    return status


def _against(say: Say, faults: Sequence[Fault]) -> int:
    """Say what stands against a command, on stderr, and in the JSON that was asked for."""
    try:
        say.faults(faults)
        say.data({"faults": faults_json(faults)})
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
    return 1


def _forget_output() -> None:
    """What is still to be flushed when the process ends goes nowhere, in silence."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())


def _language(words: Sequence[str]) -> str:
    """The language must be known before the parser can speak it."""
    for number, word in enumerate(words):
        if word.startswith("--lang="):
            wanted = word.removeprefix("--lang=")
        elif word == "--lang" and number + 1 < len(words):
            wanted = words[number + 1]
        else:
            continue
        if wanted in LANGUAGES:
            return wanted
    named = os.environ.get("TIENBO_LANG", "")
    return named if named in LANGUAGES else "vi"


if __name__ == "__main__":
    sys.exit(main())
