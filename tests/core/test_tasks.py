"""On time, late, within time: worked out by hand, to the last day."""

from __future__ import annotations

from datetime import date

import pytest

from tienbo.core.tasks import PARTS, Act, Standing, standing, tally

MADE, DUE, MORE = date(2026, 3, 2), date(2026, 4, 15), date(2026, 5, 4)
EVE, LAST, NEXT = date(2026, 4, 14), date(2026, 4, 15), date(2026, 4, 16)
BEGUN = Act("made", MADE, DUE)


def stood(*acts: Act, on: date, is_asked: bool = False, period: str = "") -> tuple[str, str]:
    found = standing((BEGUN, *acts), is_asked=is_asked, on=on, period=period)
    assert found is not None
    return found.state, found.time


@pytest.mark.parametrize(
    ("acts", "on", "expected"),
    [
        ((), EVE, ("open", "within")),
        ((), LAST, ("open", "within")),  # the last day belongs to the time there was
        ((), NEXT, ("open", "late")),
        # Reported on the last day and received three weeks later: nobody is late by the office's own time.
        ((Act("reported", LAST),), NEXT, ("waiting", "within")),
        ((Act("reported", LAST), Act("accepted", MORE)), MORE, ("done", "on_time")),
        ((Act("reported", NEXT),), NEXT, ("waiting", "late")),
        ((Act("reported", NEXT), Act("accepted", NEXT)), MORE, ("done", "after")),
        # Reported in time, found wanting, reported again too late: the report that was received counts.
        ((Act("reported", EVE), Act("asked", LAST)), LAST, ("asked", "within")),
        ((Act("reported", EVE), Act("asked", LAST)), NEXT, ("asked", "late")),
        ((Act("reported", EVE), Act("asked", LAST), Act("reported", NEXT)), NEXT, ("waiting", "late")),
        # More time: what was late is within time again from the day it was given; before that day it was late.
        ((Act("extended", NEXT, MORE),), NEXT, ("open", "within")),
        ((Act("extended", date(2026, 4, 20), MORE),), date(2026, 4, 19), ("open", "late")),
        ((Act("extended", NEXT, MORE), Act("reported", MORE), Act("accepted", MORE)), MORE, ("done", "on_time")),
        # More time that comes after the report does not make it a report in time.
        ((Act("reported", NEXT), Act("asked", NEXT), Act("extended", NEXT, MORE)), NEXT, ("asked", "within")),
        ((Act("withdrawn", NEXT),), MORE, ("withdrawn", "")),
        # What is still to come on the day that is asked about has not happened.
        ((Act("reported", NEXT), Act("accepted", NEXT)), LAST, ("open", "within")),
    ],
)
def test_a_task_stands_as_its_acts_say_on_a_day(acts: tuple[Act, ...], on: date, expected: tuple[str, str]) -> None:
    assert stood(*acts, on=on) == expected


def test_who_is_asked_to_cooperate_is_never_late() -> None:
    for on in (EVE, NEXT, MORE):
        assert stood(on=on, is_asked=True) == ("open", "")
    assert stood(Act("reported", NEXT), Act("accepted", NEXT), on=MORE, is_asked=True) == ("done", "")


def test_a_standing_task_says_one_sentence_of_each_half_year() -> None:
    acts = [
        Act("made", MADE),
        Act("said", EVE, text="hai lượt", period="2026-H1"),
        Act("said", LAST, text="ba lượt", period="2026-H1"),
    ]
    held = standing(acts, is_asked=False, on=NEXT, period="2026-H1")
    assert held is not None
    assert (held.state, held.said) == ("standing", "ba lượt")
    later = standing(acts, is_asked=False, on=NEXT, period="2026-H2")
    assert later is not None
    assert later.said == ""
    assert standing(acts, is_asked=False, on=date(2026, 3, 1)) is None


def test_seven_of_nine_are_done_six_of_them_on_time_and_two_are_within_time() -> None:
    """ "07/09 nhiệm vụ hoàn thành, trong đó 06 đúng hạn; 02 trong hạn": 9 = 7 + 2 + 0, 7 = 6 + 1. What was withdrawn,
    stands without a day or was asked of the Front is none of the nine."""
    every = [
        *[Standing("done", "on_time", False)] * 6,
        Standing("done", "after", False),
        Standing("open", "within", False),
        Standing("waiting", "within", False),
        Standing("withdrawn", "", False),
        Standing("standing", "", False, said="đã làm"),
        Standing("standing", "", False),
        Standing("done", "", True),
        Standing("open", "", True),
    ]
    found = tally(every)
    assert {part: found[part] for part in PARTS} == {
        "all": 9,
        "done": 7,
        "on_time": 6,
        "after": 1,
        "within": 2,
        "late": 0,
        "waiting": 1,
        "cooperation": 2,
        "cooperation_done": 1,
        "standing": 2,
        "standing_said": 1,
    }
