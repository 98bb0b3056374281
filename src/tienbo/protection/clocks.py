"""By when: clocks of requests about one's own data, and of incidents. Pure functions over data (clocks.yaml).

Source: LR-03, LR-04 of the security design. What was not seen in its text is marked there and on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import Field

from tienbo.catalogue.definitions import Shape, Text
from tienbo.core.working_days import Known, WorkingDays

Answer = Literal["yes", "no", "unknown"]
"""What is known of an incident. Unknown is no "no": until somebody rules it out, its clock runs."""


class Basis(Shape):
    """A text, and how far it was seen."""

    text: str
    seen: Literal["confirmed", "partly", "secondary", "unconfirmed"]


class Acknowledge(Shape):
    working_days: int = Field(ge=1)
    basis: Basis


class Counting(Shape):
    basis: Basis


class RequestRule(Shape):
    """What may be asked for, and how long an answer may take (days after the day it came)."""

    code: str
    days: int = Field(ge=1)
    days_with_others: int = Field(ge=1)
    extension: int = Field(ge=1)
    name: Text


class Ground(Shape):
    code: str
    name: Text
    basis: Basis


class NoticeRule(Shape):
    """A notice of an incident, due so many hours after its first signal."""

    code: str
    when: Literal["serious", "personal"]
    hours: int = Field(ge=1)
    name: Text
    to: Text
    basis: Basis


class Kept(Shape):
    years: int = Field(ge=1)
    basis: Basis


class Clocks(Shape):
    """The file."""

    acknowledge: Acknowledge
    counting: Counting
    requests: tuple[RequestRule, ...]
    requests_basis: Basis
    grounds: tuple[Ground, ...]
    notices: tuple[NoticeRule, ...]
    kept_years: Kept

    @cached_property
    def of_request(self) -> Mapping[str, RequestRule]:
        return {rule.code: rule for rule in self.requests}

    @cached_property
    def of_ground(self) -> Mapping[str, Ground]:
        return {ground.code: ground for ground in self.grounds}

    @cached_property
    def of_notice(self) -> Mapping[str, NoticeRule]:
        return {rule.code: rule for rule in self.notices}


@cache
def clocks() -> Clocks:
    path = Path(__file__).with_name("clocks.yaml")
    return Clocks.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class Due(NamedTuple):
    """The last day of a time, the day it would be if offices never closed, and how far the days off are known."""

    day: date
    counted: date
    known: Known


def acknowledge_by(received: date, working: WorkingDays) -> Due:
    """The last day to say that a request came and what happens next."""
    day = working.counted(received, clocks().acknowledge.working_days)
    return Due(day, day, working.known((received, day)))


def answer_by(kind: str, received: date, working: WorkingDays, *, with_others: bool = False, extended: int = 0) -> Due:
    """The last day to have done what was asked, or to have refused it."""
    rule = clocks().of_request[kind]
    counted = received + timedelta(days=(rule.days_with_others if with_others else rule.days) + extended)
    day = working.moved(counted)
    return Due(day, counted, working.known((counted, day)))


def notices_due(detected: datetime, *, serious: Answer, personal: Answer, grave: bool = False) -> dict[str, datetime]:
    """Notice → when it is due at the latest. `grave`: national security or a serious outage, where the first notice is
    due at once. Each runs for itself: one that was given does not stand for another."""
    answers: Mapping[str, Answer] = {"serious": serious, "personal": personal}
    due = {rule.code: detected + timedelta(hours=rule.hours) for rule in clocks().notices if answers[rule.when] != "no"}
    if grave and "cyber_first" in due:
        due["cyber_first"] = detected
    return due


def kept_until(closed: date) -> date:
    """The last day before which an incident's record is never taken away."""
    years = clocks().kept_years.years
    try:
        return closed.replace(year=closed.year + years)
    except ValueError:  # 29 February
        return date(closed.year + years, 3, 1)
