"""What strangers brought is worked on apart: it ends no other work, opens nothing, and takes so much and no more."""

from __future__ import annotations

import pickle
import subprocess
from datetime import date
from pathlib import Path

import pytest
from tests.core.pieces import Odd

from tienbo.core.apart import FAILED, Apart, Overrun, _Reader


def apart(name: str, **more: float) -> Apart:
    return Apart(f"tests.core.pieces:{name}", size=1, trusted=(), **more)  # type: ignore[arg-type]


def test_it_answers_in_order_and_a_piece_that_overruns_is_alone_in_that() -> None:
    made = apart("plain")
    said = list(made.each((number,) for number in range(20)))
    assert said == [(date(2026, 1, 1), [number] * 3) for number in range(20)]
    made.close()
    for name, why, seconds in (("greedy", "memory", 5.0), ("crashes", "died", 5.0), ("asleep", "time", 0.1)):
        made = apart(name, seconds=seconds)
        for _ in range(2):  # the next one has a process of its own
            with pytest.raises(Overrun) as found:
                made.ask(1)
            assert found.value.why == why
        made.close()


def test_a_process_that_fails_by_itself_is_told_apart_from_what_is_heavy_and_says_why_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, start, cause in (
        ("leaves", "", "hỏng ở đây"),
        ("plain", "tests.core.pieces:wrong", "KeyError: 'thiếu'"),
        ("none_such", "", "has no attribute 'none_such'"),
    ):
        made = Apart(f"tests.core.pieces:{name}", size=1, trusted=(), start=start, given=(1,) if start else ())
        caplog.clear()
        with pytest.raises(Overrun) as found:
            made.ask(1)
        assert found.value.code("too heavy") == FAILED
        assert cause in caplog.text
    assert Overrun("died").code("too heavy") == Overrun("time").code("too heavy") == "too heavy"


def test_no_process_to_be_had_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise BlockingIOError("no more processes")

    made = apart("plain")
    with monkeypatch.context() as held:
        held.setattr(subprocess, "Popen", refused)
        with pytest.raises(Overrun) as found:
            made.ask(1)
    assert found.value.why == "failed"
    assert made.ask(1)
    assert made._idle.queue[0] is not None
    made._idle.queue[0].process.kill()  # while nobody asks it anything
    made._idle.queue[0].process.wait()
    assert made.ask(1)
    made.close()


def test_a_piece_that_fails_leaves_the_others_in_peace(caplog: pytest.LogCaptureFixture) -> None:
    made = apart("odd_ones_fail")
    said = list(made.each((number,) for number in range(4)))
    made.close()
    assert [one.why if isinstance(one, Overrun) else one for one in said] == [0, "raised", 2, "raised"]
    assert "KeyError: 'số lẻ'" in caplog.text


def test_a_processor_is_not_taken_for_long() -> None:
    made = apart("slow", seconds=0.5)
    with pytest.raises(Overrun):
        made.ask(1)


def test_it_opens_no_file_and_no_connection_and_what_comes_back_is_data() -> None:
    made = apart("breaks_out")
    assert [made.ask(number) for number in range(5)] == [""] * 5
    made.close()
    made = apart("odd")
    with pytest.raises(Exception, match="system"):
        made.ask(1)
    made.close()
    assert not Path("/tmp/should-not-be").exists()
    made = apart("wrong")
    with pytest.raises(RuntimeError, match="KeyError: 'thiếu'"):
        made.ask(1)
    made.close()


def test_a_trusted_module_answers_with_its_own_classes_and_not_with_what_it_imports_or_does() -> None:
    def short(text: str) -> bytes:
        return b"\x8c" + bytes([len(text)]) + text.encode()

    def answer(name: str) -> bytes:
        """A call of a name of the module, as a pickle."""
        return b"\x80\x04" + short("tests.core.pieces") + short(name) + b"\x93)R."

    trusted = ("tests.core.pieces",)
    assert isinstance(_Reader(answer("Odd"), trusted).load(), Odd)
    for name in ("os.getpid", "socket.socket", "Path", "plain", "Odd.__reduce__"):
        with pytest.raises(pickle.UnpicklingError, match=name):
            _Reader(answer(name), trusted).load()
