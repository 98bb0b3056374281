"""`python -m bench [NAME …]`: runs the benches one after the other and prints what holds. Exits 1 if a gate does not.

`--scale 0.1` does a tenth of the work (no gate is meant for it); `--write` puts the table into docs/performance.md, of
some benches only their rows, and below the table when they were run.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version

from bench import journal, outlook, pages, recast, registers, report, values, visible, workbooks
from bench.measure import ROOT, Row, say

BENCHES: dict[str, Callable[[float], list[Row]]] = {
    "workbooks": workbooks.rows,
    "values": values.rows,
    "recast": recast.rows,
    "visible": visible.rows,
    "report": report.rows,
    "pages": pages.rows,
    "registers": registers.rows,
    "outlook": outlook.rows,
    "journal": journal.rows,
}
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- table: python -m bench --write -->", "<!-- end of table -->"
HEAD = ("work", "against", "measured", "gate", "goal", "", "in figures")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the nation's size")
    parser.add_argument("--write", action="store_true", help="rewrite the table of docs/performance.md")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench is called {', '.join(unknown)}")
    if asked.write and asked.scale != 1:
        parser.error("--write wants the full size")
    found: list[Row] = []
    for name in asked.names or BENCHES:
        say(f"{name}:")
        made = BENCHES[name](asked.scale)
        for row in made:
            say(f"  {row.work} against {row.against}: {row.shown(row.measured)} ({row.detail})")
        found += made
    lines = [_line(row) for row in found]
    print(table(lines))
    print(machine())
    if asked.write:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(written(text, lines, machine(), asked.names), encoding="utf-8")
    failed = [row for row in found if row.holds(row.gate) is False]
    for row in failed:
        print(f"gate not held: {row.work} against {row.against}: {row.shown(row.measured)}", file=sys.stderr)
    return 1 if failed and asked.scale == 1 else 0


def _line(row: Row) -> tuple[str, ...]:
    gate, goal = row.holds(row.gate), row.holds(row.goal)
    word = (
        "gate not held"
        if gate is False
        else "goal"
        if goal
        else "gate"
        if gate
        else ""
        if goal is None
        else "goal not held"
    )
    return (
        row.work,
        row.against,
        row.shown(row.measured),
        row.shown(row.gate, limit=True),
        row.shown(row.goal, limit=True),
        word,
        row.detail,
    )


def table(lines: Sequence[Sequence[str]]) -> str:
    """The rows as a Markdown table whose columns line up."""
    widths = [max(len(line[column]) for line in (HEAD, *lines)) for column in range(len(HEAD))]
    rule = [("-" * width) for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (HEAD, rule, *lines)
    )


def machine() -> str:
    """What it was measured on."""
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "python-calamine", "pandas", "openpyxl", "typst")
    )
    load = os.getloadavg()[0]
    return (
        f"{date.today():%d/%m/%Y}, {os.cpu_count()} cores (load {load:.1f} at the end), "
        f"Python {platform.python_version()}, {versions}."
    )


def written(text: str, lines: Sequence[Sequence[str]], machine: str, names: Sequence[str] = ()) -> str:
    """The page with the table of a run. Of some benches (`names`) rows of the same work against the same are replaced,
    new ones follow at the end, and a line of its own says when those were run."""
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    if names:
        mark = f"{', '.join(names)}: "
        kept = [cells for cells in map(_cells, old.splitlines()) if len(cells) == len(HEAD)][2:]
        new = {tuple(line[:2]): line for line in lines}
        lines = [new.pop(tuple(cells[:2]), cells) for cells in kept] + list(new.values())
        told = [line for line in old.splitlines() if line and not line.startswith(("|", mark))]
        machine = "\n".join([*told, mark + machine])
    return f"{before}{BEGIN}\n{table(lines)}\n\n{machine}\n{END}{after}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []


if __name__ == "__main__":
    sys.exit(main())
