"""`python -m bench [NAME …]`: runs the benches one after the other and prints what holds. Exits 1 if a gate does not.

`--scale 0.1` does a tenth of the work (no gate is meant for it); `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version

from bench import outlook, pages, recast, registers, report, values, visible, workbooks
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
    if asked.write and (asked.names or asked.scale != 1):
        parser.error("--write wants every bench at full size")
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
        _write(lines)
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


def _write(lines: Sequence[Sequence[str]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(lines)}\n\n{machine()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
