"""Each bench runs at a tiny size and both sides give the same answers, so that what it compares is the same work."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.__main__ import BEGIN, END, table, written
from bench.measure import Row, UnequalAnswersError, child, median_ratio, same

from bench import journal, measure, nation, outlook, recast, registers, report, visible, whole, workbooks

SCALE = 3 / nation.COMMUNES
"""Three communes of one province."""


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(autouse=True)
def _apart(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests make lies in their own folder, also for the processes they start."""
    monkeypatch.setenv("BENCH_BUILD", str(build))
    for module in (journal, measure, nation, registers, report, visible, whole, workbooks):
        if hasattr(module, "BUILD"):
            monkeypatch.setattr(module, "BUILD", build)


@pytest.mark.proof  # each run of the bench holds both ways to the same as well
def test_values_by_evaluate_by_hand_and_by_pandas_are_the_same() -> None:
    folder = str(nation.site(SCALE))
    by_hand = child("bench.values:against_sql", folder=folder, times=1).answer
    for which in ("one", "all"):
        assert by_hand[which]["sums"] == by_hand[which]["sums_by_hand"]
    by_pandas = child("bench.values:pandas", folder=folder, which="all").answer
    assert by_pandas == child("bench.values:ours", folder=folder, which="all").answer == by_hand["all"]["sums"]


@pytest.mark.proof
def test_what_evaluate_answers_is_what_the_returns_say() -> None:
    """Three communes, 52 half-years, one owing its last: rows of one share of women at three levels."""
    rows, women, people, reported = child("bench.values:ours", folder=str(nation.site(SCALE)), which="one").answer
    assert rows == (3 * 52 - 1) + 52 + 52
    assert reported == 3 * (3 * 52 - 1)
    assert 0 < women < people


@pytest.mark.proof
def test_a_return_is_visible_at_the_top_and_a_rebuild_changes_no_row() -> None:
    (row,) = visible.rows(SCALE, times=3)
    assert row.measured > 0


@pytest.mark.proof  # each run of the bench holds both ways to the same as well
def test_values_on_another_map_by_evaluate_by_hand_and_by_pandas_are_the_same() -> None:
    found = recast.rows(60 / recast.OLD, times=1)
    assert [row.unit for row in found] == ["s", "×", "× faster", "ms"]


@pytest.mark.proof
def test_women_on_councils_added_up_are_those_drawn() -> None:
    units = [row.unit for row in outlook.rows(0.02, times=1)]
    assert units == ["s", "s", "× faster", "× faster", "s", "ms", "ms", "s", "s"]


@pytest.mark.proof
def test_workbooks_received_and_the_script_keep_and_refuse_the_same() -> None:
    found = workbooks.rows(SCALE, times=1, faulty=2)
    assert [row.unit for row in found] == ["×", "× faster"]


@pytest.mark.proof
def test_both_reports_hold_the_same_tables_figures_and_pictures() -> None:
    found = report.rows(SCALE)
    assert [row.unit for row in found] == ["×", "s"]


def test_two_answers_that_differ_stop_a_bench() -> None:
    assert same("sums", [1, 2], [1, 2]) == [1, 2]
    with pytest.raises(UnequalAnswersError, match="sums"):
        same("sums", [1, 2], [1, 3])


def test_a_ratio_is_the_median_of_neighbouring_runs() -> None:
    assert median_ratio([2.0, 30.0, 4.0], [1.0, 10.0, 4.0]) == 2.0


def test_a_gate_holds_on_its_own_side_only() -> None:
    slow = Row("work", "other", 1.31, "×", gate=1.3, goal=1.1)
    fast = Row("work", "other", 6.0, "× faster", "at_least", 6, 8)
    assert (slow.holds(slow.gate), fast.holds(fast.gate), fast.holds(fast.goal)) == (False, True, False)
    assert slow.holds(None) is None


def test_a_share_of_memory_is_written_as_a_fraction() -> None:
    row = Row("work", "pandas", 0.125, "of the memory", gate=1 / 6)
    assert row.shown(row.measured) == "1/8.0 of the memory"
    assert row.shown(row.gate, limit=True) == "≤ 1/6.0 of the memory"


def test_the_table_has_one_line_a_row_and_columns_that_line_up() -> None:
    lines = table([("a", "b", "1 ×", "–", "–", "gate", "x"), ("aa", "b", "22 ×", "–", "–", "goal", "y")]).split("\n")
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1


def test_rows_of_some_benches_replace_their_own_and_leave_the_others() -> None:
    page = f"Trước\n{BEGIN}\n{table([row('a', '1 ×'), row('b', '2 ×')])}\n\nMáy cũ.\n{END}\nSau\n"
    once = written(page, [row("b", "3 ×"), row("c", "4 ×")], "Máy mới.", ["registers"])
    again = written(once, [row("b", "5 ×")], "Máy khác.", ["registers"])
    lines = [line for line in again.splitlines() if line.startswith("| ")]
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["a", "b", "c"]
    assert ("5 ×" in again, "3 ×" in again, "1 ×" in again) == (True, False, True)
    assert ("Máy cũ." in again, "registers: Máy khác." in again, "Máy mới." in again) == (True, True, False)
    assert (again.startswith("Trước\n"), again.endswith("Sau\n")) == (True, True)
    whole = written(again, [row("z", "9 ×")], "Máy.", [])
    assert ("Máy cũ." in whole, "| a " in whole) == (False, False)


def row(work: str, measured: str) -> tuple[str, ...]:
    return (work, "đồng hồ", measured, "–", "–", "", "")


@pytest.mark.proof
def test_whole_returns_are_sent_each_once_and_every_receipt_and_sum_stands(build: Path) -> None:
    told = whole.measured(clients=3, returns=12)
    assert whole.holds(told), told
    assert told["sent"] == 12


@pytest.mark.proof
def test_a_register_that_is_measured_is_found_counted_and_written_whole() -> None:
    told, exports = registers.measured(100)
    found = {name: words for name, (_milliseconds, words) in told.items()}
    assert found["of all times"] == "100 mục"
    assert found["of all times, in a state"] == "10 mục"
    assert found["searched: words of one in fifty"] == "2 mục"
    assert found["searched: words of none"] == ""
    assert [one.answer[0] for one in exports][1] == 101


@pytest.mark.proof  # a site of its own, for a figure that the tests of the journal hold by other means
def test_a_journal_that_was_put_in_holds() -> None:
    (row,) = journal.rows(1 / 1000, times=1)
    assert row.detail.startswith("1000 events")
