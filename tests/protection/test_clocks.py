"""Due dates and hours, against a second calculation that shares no step with the first (T43)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.conftest import PROOF

from tienbo.catalogue.loading import load
from tienbo.protection.clocks import acknowledge_by, answer_by, clocks, kept_until, notices_due

COUNT = 3_000 if PROOF else 400
RULES = {  # written down by hand from the security design, LR-03: days, with others, one extension at most
    "view": (10, 15, 10), "correct": (10, 15, 10), "provide": (10, 15, 10), "withdraw": (15, 20, 15),
    "restrict": (15, 20, 15), "object": (15, 20, 15), "delete": (20, 30, 20), "protect": (15, 15, 15),
}  # fmt: skip
FILE = Path(__file__).parents[2] / "src/tienbo/packs/vn/calendars/days_off.yaml"


def closed_days() -> set[int]:
    """Day numbers on which offices are closed from 2024 to 2028: read from the file by hand, a list and no rule."""
    held = yaml.safe_load(FILE.read_text(encoding="utf-8"))["days_off"]
    closed = set()
    for number in range(date(2024, 1, 1).toordinal(), date(2029, 1, 1).toordinal()):
        day = date.fromordinal(number)
        if number % 7 in (0, 6) or any((day.month, day.day) == (f["month"], f["day"]) for f in held[0]["each_year"]):
            closed.add(number)
    for year in held[1:]:
        for away in year["days"]:
            first, last = (date.fromisoformat(away[name]).toordinal() for name in ("from", "to"))
            closed |= set(range(first, last + 1))
        closed -= {date.fromisoformat(text).toordinal() for text in year.get("worked", ())}
    return closed


def test_the_rules_are_those_written_down_by_hand() -> None:
    said = {rule.code: (rule.days, rule.days_with_others, rule.extension) for rule in clocks().requests}
    assert said == RULES
    assert {rule.code: (rule.when, rule.hours) for rule in clocks().notices} == {
        "cyber_first": ("serious", 24), "cyber_report": ("serious", 72), "personal": ("personal", 72),
    }  # fmt: skip
    assert clocks().acknowledge.working_days == 2
    assert clocks().kept_years.years == 5


def test_generated_due_dates_agree_with_an_independent_calculation() -> None:
    working, closed, dice = load("vn").working_days, closed_days(), random.Random(43)  # noqa: S311
    opened = sorted(set(range(date(2024, 1, 1).toordinal(), date(2029, 1, 1).toordinal())) - closed)
    first, moved = date(2025, 12, 1).toordinal(), 0
    for _ in range(COUNT):
        kind = dice.choice(list(RULES))
        received, others = first + dice.randrange(560), dice.random() < 0.4
        extended = dice.choice([0, 0, dice.randint(1, RULES[kind][2])])
        asked = date.fromordinal(received)
        told = answer_by(kind, asked, working, with_others=others, extended=extended)
        last = received + RULES[kind][int(others)] + extended
        assert told.counted.toordinal() == last
        assert told.day.toordinal() == next(day for day in opened if day >= last), (kind, asked, others, extended)
        later = [day for day in opened if day > received]
        assert acknowledge_by(asked, working).day.toordinal() == later[1], asked
        moved += told.day != told.counted
    assert moved > COUNT / 5, "days off were met"


@pytest.mark.parametrize(
    ("kind", "received", "acknowledge", "answer"),
    [
        # 10/2/2026 is a Tuesday, the week before Tết (16–20/2): two working days on is Thursday 12/2; ten days on is
        # Friday 20/2, a day off, so Monday 23/2.
        ("view", date(2026, 2, 10), date(2026, 2, 12), date(2026, 2, 23)),
        # Friday 13/2/2026: the two working days are Monday 23/2 and Tuesday 24/2, behind nine closed days.
        ("correct", date(2026, 2, 13), date(2026, 2, 24), date(2026, 2, 23)),
        # Friday 21/8/2026: Saturday 22/8 is worked in exchange, Monday 24/8 the second working day; twenty days on is
        # Thursday 10/9.
        ("delete", date(2026, 8, 21), date(2026, 8, 24), date(2026, 9, 10)),
        # Sunday 16/8/2026: fifteen days on is Monday 31/8, off until 2/9: Thursday 3/9.
        ("object", date(2026, 8, 16), date(2026, 8, 18), date(2026, 9, 3)),
    ],
)
def test_due_dates_worked_out_by_hand(kind: str, received: date, acknowledge: date, answer: date) -> None:
    working = load("vn").working_days
    assert acknowledge_by(received, working).day == acknowledge
    assert answer_by(kind, received, working).day == answer


def test_a_year_nobody_announced_says_so() -> None:
    working = load("vn").working_days
    assert answer_by("view", date(2026, 12, 30), working).known == "foreseen"
    assert answer_by("delete", date(2027, 12, 20), working).known == "unknown"


def test_three_clocks_of_an_incident_run_apart_and_through_days_off() -> None:
    signal = datetime(2026, 2, 14, 9, 30, tzinfo=UTC)  # the Saturday before Tết
    day, three = signal + timedelta(days=1), signal + timedelta(days=3)
    both = notices_due(signal, serious="yes", personal="yes")
    assert both == {"cyber_first": day, "cyber_report": three, "personal": three}
    assert notices_due(signal, serious="no", personal="yes") == {"personal": three}
    assert notices_due(signal, serious="yes", personal="no") == {"cyber_first": day, "cyber_report": three}
    assert notices_due(signal, serious="unknown", personal="unknown") == both, "unknown is no “no”"
    assert notices_due(signal, serious="no", personal="no") == {}
    assert notices_due(signal, serious="yes", personal="no", grave=True)["cyber_first"] == signal


def test_a_record_is_kept_five_years_from_a_leap_day_too() -> None:
    assert kept_until(date(2026, 11, 29)) == date(2031, 11, 29)
    assert kept_until(date(2028, 2, 29)) == date(2033, 3, 1)
