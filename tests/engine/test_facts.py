"""Segments are wholly there or not at all, and their rows are the same however they lie."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import PROOF
from tests.engine.small import Said, numbers, rows, said

import tienbo
from tienbo.engine.facts import SCHEMA, FactSet, FactStore, as_table, row_hash

SOURCE = Path(tienbo.__file__).parent

facts_said = st.lists(
    st.builds(
        said,
        st.integers(1, 5),
        st.sampled_from(["2025-H1", "2025-H2"]),
        st.sampled_from(["a", "b[sex=f]"]),
        st.none() | st.decimals(0, 10**9, places=4),
        st.sampled_from(["exact", "at_least", "estimate"]),
        counts=st.booleans(),
        revision=st.integers(1, 3),
        cell=st.sampled_from(["Biểu 01!C5", "Biểu 02!D14", ""]),
        cut_off=st.none() | st.dates(date(2025, 1, 1), date(2025, 12, 14)),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda one: (one.unit, one.period, one.series, one.revision, one.cell),
)


def kept(store: FactStore, dealt: list[list[Said]], measures: dict[str, int]) -> FactSet:
    written = [store.write(as_table(rows(part, measures))) for part in dealt if part]
    return FactSet(tuple(store.path(segment.name) for segment in written))


@settings(max_examples=25 if not PROOF else 400)
@given(facts_said, st.randoms(use_true_random=False), st.integers(1, 4))
def test_rows_split_permuted_and_compacted_have_one_hash(facts: list[Said], chance: object, parts: int) -> None:
    measures = numbers(facts)
    shuffled = list(facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    with TemporaryDirectory() as folder:
        store = FactStore(Path(folder))
        whole = kept(store, [facts], measures)
        dealt = kept(store, [shuffled[start::parts] for start in range(parts)], measures)
        compacted = FactSet((store.path(store.compact(dealt).name),))
        assert row_hash(whole) == row_hash(dealt) == row_hash(compacted)


@settings(max_examples=25 if not PROOF else 400)
@given(facts_said, st.data())
def test_any_change_to_a_fact_changes_the_hash(facts: list[Said], data: st.DataObject) -> None:
    measures = numbers(facts)
    at = data.draw(st.integers(0, len(facts) - 1))
    one = facts[at]
    changed = data.draw(
        st.sampled_from(
            [
                one._replace(value=None if one.value is not None else said(1, "2025-H1", "a", 0).value),
                one._replace(unit=one.unit + 7),
                one._replace(counts=not one.counts),
                one._replace(qualifier="exact" if one.qualifier != "exact" else "estimate"),
                one._replace(cut_off=date(2024, 1, 1)),
                one._replace(cell=one.cell + "x"),
                one._replace(revision=one.revision + 9),
                one._replace(origin="nil"),
            ]
        )
    )
    with TemporaryDirectory() as folder:
        store = FactStore(Path(folder))
        before = row_hash(kept(store, [facts], measures))
        after = row_hash(kept(store, [[*facts[:at], changed, *facts[at + 1 :]]], measures))
    assert before != after


def test_the_hash_is_of_the_columns_as_bytes(tmp_path: Path) -> None:
    """Worked out here from what the docstring says: papers name this hash, so it may not change by the way."""
    told = [
        said(1, "2025-H1", "a", "0.1", "estimate", cut_off=date(2025, 5, 31), cell="Biểu 01!C5"),
        said(2, "2025-H1", "a", None, counts=False, revision=2, origin="unchanged", cell="D6"),
    ]
    epoch = date(1970, 1, 1)
    columns = [
        struct.pack("<2i", 1, 1),  # measure
        struct.pack("<2h", 4050, 4050),  # 2025 * 2
        struct.pack("<2i", 1, 2),  # unit
        (1000).to_bytes(16, "little") + (0).to_bytes(16, "little"),  # in ten-thousandths
        bytes([0, 1]),  # no value
        bytes([0, 1]),  # status
        bytes([2, 0]),  # qualifier
        struct.pack("<2i", (date(2025, 5, 31) - epoch).days, (date(1, 1, 1) - epoch).days),
        bytes([1, 0]),  # counts
        bytes([0, 2]),  # origin
        struct.pack("<2i", 1, 2),  # revision
        "Biểu 01!C5\nD6\n".encode(),
    ]
    by_hand = hashlib.sha256(b"".join(hashlib.sha256(column).digest() for column in columns)).hexdigest()
    assert row_hash(kept(FactStore(tmp_path), [told], numbers(told))) == by_hand


def test_revisions_that_do_not_count_are_not_in_the_hash_and_not_in_what_is_compacted(tmp_path: Path) -> None:
    told = [said(1, "2025-H1", "a", 1, revision=1), said(2, "2025-H1", "a", 2, revision=2)]
    measures = numbers(told)
    store = FactStore(tmp_path)
    both = kept(store, [told], measures)
    less = FactSet(both.paths, frozenset({2}))
    only = kept(store, [told[:1]], measures)
    assert row_hash(less) == row_hash(only) != row_hash(both)
    assert store.compact(less).rows == 1


def test_a_segment_is_named_by_its_bytes_and_keeps_the_schema(tmp_path: Path) -> None:
    told = [said(1, "2025-H1", "a", "12345678901234.5678")]
    store = FactStore(tmp_path)
    first, second = (store.write(as_table(rows(told, numbers(told)))) for _ in range(2))
    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == [first.name]
    table = pq.read_table(store.path(first.name))
    assert table.schema.names == SCHEMA.names
    assert table["value"].to_pylist() == [told[0].value]
    with pytest.raises(pa.ArrowInvalid):
        as_table(rows([said(1, "2025-H1", "a", "123456789012345")], {"a": 1}))


KILLED = """
    import os, signal
    from pathlib import Path
    import tienbo.engine.facts as facts
    from tests.engine.small import rows, said
    store = facts.FactStore(Path({folder!r}))
    table = facts.as_table(rows([said(1, "2025-H1", "a", 1)], {{"a": 1}}))
    def killed(self, temporary, sha256, rows):
        assert temporary.exists()
        os.kill(os.getpid(), signal.SIGKILL)
    facts.FactStore._named = killed
    store.write(table)
"""


def test_killed_between_writing_and_naming_leaves_no_segment_and_the_rest_is_swept(tmp_path: Path) -> None:
    told = [said(1, "2025-H1", "a", 1)]
    store = FactStore(tmp_path)
    good = store.write(as_table(rows(told, {"a": 1})))
    root = Path(__file__).parents[2]
    script = textwrap.dedent(KILLED).format(folder=str(tmp_path))
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=root, check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    left = {path.name for path in tmp_path.iterdir()}
    assert {name for name in left if name.endswith(".parquet")} == {good.name}
    assert len(left) == 2, "what was being written has no name that anybody reads"
    assert store.sweep([good.name]) == sorted(left - {good.name})
    assert {path.name for path in tmp_path.iterdir()} == {good.name}


def test_sweeping_deletes_what_the_manifest_does_not_name(tmp_path: Path) -> None:
    store = FactStore(tmp_path)
    first = store.write(as_table(rows([said(1, "2025-H1", "a", 1)], {"a": 1})))
    second = store.write(as_table(rows([said(2, "2025-H1", "a", 1)], {"a": 1})))
    assert store.sweep([second.name]) == [first.name]
    assert store.sweep([second.name]) == []
    assert store.path(second.name).exists()


def test_evaluate_and_explain_are_the_only_readers_of_facts() -> None:
    """Segment files are named by the engine and by the manifest that lists them; nobody else opens one."""
    allowed = {"engine", "collection/manifest.py"}
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        if name.partition("/")[0] in allowed or name in allowed:
            continue
        text = path.read_text(encoding="utf-8")
        for mark in ("read_parquet", "to_arrow", "pyarrow", "duckdb.connect", "FactSet(", "facts.source("):
            assert mark not in text, f"{name} reads segments itself ({mark})"
