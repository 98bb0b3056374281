"""Facts, which lie in Parquet files, are read through `evaluate`, `explain` and `not_counting` alone, each of which is
told from where and for whom it reads. What looks at whole files of them outside the engine is named here, with why."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import tienbo
from tienbo.engine.evaluate import evaluate
from tienbo.engine.explain import explain
from tienbo.engine.reconciliation import not_counting

ROOMS = Path(tienbo.__file__).parent

READING = {
    *("evaluate", "explain", "not_counting"),
    *("ask", "ask_onto", "framed", "compile_sql", "engine", "alone", "read_parquet"),
    *("revisions_in", "counted_twice", "row_hash", "compact", "source"),
}
"""What has facts read, by its name; `source` is where a set of facts lies."""

ALLOWED = {
    ("release/reading.py", "evaluate"): "the one way from a door to values: a reader has a scope and an audience",
    ("release/reading.py", "explain"): "the same, for why a value is what it is",
    ("release/reading.py", "not_counting"): "the same, for what counts elsewhere",
    ("collection/manifest.py", "row_hash"): "whether facts derived again are the same, by a hash of all of them",
    ("collection/manifest.py", "compact"): "segments made one: no value leaves the file",
    ("processes/audit.py", "revisions_in"): "whether each revision has its facts, by number",
    ("processes/audit.py", "counted_twice"): "whether a fact stands twice; the operator's check of the whole site",
}


def touches(path: Path) -> set[str]:
    """What a module calls that has facts read."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    brought = {
        name.asname or name.name: name.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tienbo.engine")
        for name in node.names
    }
    found = {brought[name] for name in brought if brought[name] in READING}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = ast.unparse(node.func.value)
            if node.func.attr in ("source", "compact") and ("facts" in of or "store" in of or "FactSet" in of):
                found.add(node.func.attr)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "read_parquet" in node.value:
            found.add("read_parquet")
    return found


def test_nobody_outside_the_engine_reads_facts_past_scope_and_audience() -> None:
    modules = [path for path in ROOMS.rglob("*.py") if path.relative_to(ROOMS).parts[0] != "engine"]
    seen = {(path.relative_to(ROOMS).as_posix(), name) for path in modules for name in touches(path)}
    assert seen == ALLOWED.keys(), seen ^ ALLOWED.keys()
    for reads in (evaluate, explain):
        told = inspect.signature(reads).parameters
        assert all(told[name].default is inspect.Parameter.empty for name in ("scope", "audience", "basis"))
    assert inspect.signature(not_counting).parameters["audience"].default is inspect.Parameter.empty


def test_reading_past_them_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "page.py"
    module.write_text(
        "from tienbo.engine.engines import engine as runs\n"
        "def page(reader):\n    return runs().rows(f'SELECT * FROM {reader.facts.source()}')\n"
    )
    assert touches(module) == {"engine", "source"}
