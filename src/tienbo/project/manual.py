"""The options of every command as Markdown tables, from the parser itself: python -m tienbo.project.manual

Writes the tables into docs/commands.md (English) and docs/lenh.md (Vietnamese), between the marks
<!-- command: receive --> and <!-- end -->; what stands outside the marks is written by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tienbo.core.messages import language, speaking
from tienbo.project.cli import commands as commands_of
from tienbo.project.cli import parser

PAGES = {"en": "commands.md", "vi": "lenh.md"}
HEADS = {"en": ("Option", "Meaning", "required"), "vi": ("Tham số", "Ý nghĩa", "bắt buộc")}
_MARKED = re.compile(r"(<!-- command: ([a-z -]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_EVERYWHERE = {"help", "site", "json", "lang"}
"""Options of every command, said once at the head of the page."""


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that does something, in the order of help."""
    yield from commands_of(parser())


def table(command: argparse.ArgumentParser) -> str:
    """What a command takes, a row an argument: how it is written, what it means, whether it must be there."""
    option, meaning, required = HEADS[language()]
    rows = [f"| {option} | {meaning} |", "|---|---|"]
    for action in command._actions:
        if action.dest in _EVERYWHERE:
            continue
        value = r"\|".join(map(str, action.choices)) if action.choices else str(action.metavar or "")
        taken = [*([", ".join(action.option_strings)] if action.option_strings else []), *([value] if value else [])]
        must = required if action.required and action.option_strings else ""
        rows.append(f"| `{' '.join(taken)}` | {action.help or ''}{f' ({must})' if must else ''} |")
    return "\n".join(rows) + "\n" if len(rows) > 2 else ""


def page(text: str, lang: str) -> str:
    """The page with its tables as the parser has them now; ValueError for a mark of a command there is none of."""
    with speaking(lang):
        held = dict(commands())

        def filled(found: re.Match[str]) -> str:
            if found[2] not in held:
                raise ValueError(f"there is no command {found[2]}")
            return found[1] + table(held[found[2]]) + found[3]

        return _MARKED.sub(filled, text)


def marked(text: str) -> list[str]:
    """The commands a page has marks for."""
    return [found[2] for found in _MARKED.finditer(text)]


def main() -> int:
    docs = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for lang, name in PAGES.items():
        path = docs / name
        path.write_text(page(path.read_text(encoding="utf-8"), lang), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
