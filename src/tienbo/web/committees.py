"""Committees and lists: what is typed for a question is answered and kept nowhere.

The answer is the paper's own blocks, so that page and annex say the same. It is asked with POST: counts of a committee
stand in no address, no log and no history of a browser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import clean, number
from tienbo.outlook.committees import Question, answer, bodies_pasted, comparable_odds, congress_odds, target_of
from tienbo.outlook.eligibility import Bar, bars, standing_by_year
from tienbo.outlook.nomination import Committee
from tienbo.outlook.urn import Fit
from tienbo.papers.blocks import Block, Chart
from tienbo.papers.committee_paper import (
    CommitteeTold,
    chances_title,
    committee_blocks,
    committee_paper,
    odds_words,
)
from tienbo.papers.html import Addresses, blocks_html
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.chances import Drawing, drawing
from tienbo.web.definition import unchecked
from tienbo.web.office import office
from tienbo.web.taking import ways
from tienbo.web.typed import Typed, posted

MOST = 500
"""Seats and persons on a list: no body of the country has more."""
LONGEST = 20_000
"""Letters of pasted rows: some hundred bodies."""
NOWHERE = Addresses(figure=lambda _key: "", chart=lambda _number: "")
OTHERS = "others"
AGAIN = "again"
"""The standing of who is elected a second time, in the pack's age rules."""
_YEAR = re.compile(r"(?P<year>(?:19|20)\d\d)\s*[:=]\s*(?P<count>\d{1,3})")

LABELS: Mapping[str, str] = {
    "body": N_("What the committee is called"),
    "occasion": N_("Congress or election"),
    "seats": N_("Seats of the committee"),
    "women": N_("Women on it now"),
    "women_leaving": N_("Women who may not stand again by age"),
    "men_leaving": N_("Men who may not stand again by age"),
    "women_years": N_("Women now on it, by year of birth"),
    "men_years": N_("Men now on it, by year of birth"),
    "again": N_("Of those who stand again, elected again (%)"),
    "on_list": N_("Persons on the list of new members"),
    "odds": N_("Odds of a woman against a man beside her"),
    "odds_from": N_("Where these odds come from, or why bodies are comparable"),
    "before_candidates": N_("New members' list of the last congress: persons"),
    "before_women": N_("Women on that list"),
    "before_elected": N_("Elected from it"),
    "before_women_elected": N_("Women elected from it"),
    "others": N_("Comparable bodies at their last congress, a row each"),
    "target": N_("Target: a number of women, or a share with %"),
    "assurance": N_("Assurance wanted (%)"),
    "lost_to_nomination": N_("Planned, but not nominated (%)"),
    "lost_in_training": N_("Trained, but not planned for (%)"),
}
EXAMPLE: Mapping[str, str] = {
    "seats": "50",
    "women": "8",
    "women_leaving": "3",
    "men_leaving": "15",
    "again": "95",
    "on_list": "26",
    "odds": "0,5",
    "target": "10",
    "assurance": "80",
    "lost_to_nomination": "25",
    "lost_in_training": "20",
}
"""The worked example, to see how a question is typed: no committee there is."""

worded(
    {
        "committee.not_years": N_("{label}: {text} is no year with a number; write 1968: 2, 1971: 1."),
        "committee.years_sum": N_("{label}: {told} persons by year of birth, {members} are on the committee."),
        "committee.by_month": N_(
            "{label}: by years of birth {least} to {most}; it depends on the months of birth. Type the number."
        ),
        "committee.other_by_year": N_("{label}: {text} is typed; by years of birth it is {least} to {most}."),
        "committee.odds_twice": N_(
            "Give one of these: the odds, the list of the last congress, or comparable bodies; not two."
        ),
        "committee.why_comparable": N_("Say why these bodies are comparable: of the same level, size, congress."),
    }
)


class Field(NamedTuple):
    """A field of the form as it is shown."""

    name: str
    label: str
    value: str
    help: str
    is_wrong: bool


class Ask(NamedTuple):
    """A group of fields."""

    title: str
    fields: list[Field]


class Way(NamedTuple):
    value: str
    words: str
    is_chosen: bool


@dataclass
class Asking:
    """A committee as it was typed; `faults` fill up while it is read."""

    edition: Edition
    typed: Typed

    @property
    def occasion(self) -> tuple[Bar, ...]:
        """The bars of the congress or election that was chosen; the next one's where none was."""
        wanted = self.typed.text("occasion")
        held = occasions(self.edition)
        return held.get(wanted) or next(reversed(held.values()), ())

    def question(self) -> tuple[Question, str] | None:
        """What was asked and in words where its odds come from; None where something is wrong."""
        read = self.typed
        seats = read.count("seats", most=MOST)
        women = read.count("women", most=MOST)
        leaving = [
            self._leaving(name, sex, members)
            for name, sex, members in (
                ("women", "f", women),
                ("men", "m", None if seats is None or women is None else seats - women),
            )
        ]
        again, on_list = read.share("again"), read.count("on_list", most=MOST)
        odds, odds_from = self._odds()
        target = self._target(seats)
        assurance = read.share("assurance", missing=0.0)
        lost = [read.share(name, missing=0.0) for name in ("lost_to_nomination", "lost_in_training")]
        given = (seats, women, *leaving, again, on_list, odds, target, assurance, *lost)
        if read.faults or any(one is None for one in given):
            return None
        committee = Committee(seats, women, leaving[0], leaving[1], on_list, again, odds)  # type: ignore[arg-type]
        asked = Question(committee, target, assurance or None, *lost)  # type: ignore[arg-type]
        read.faults += asked.faults()
        return None if read.faults else (asked, odds_from)

    def _target(self, seats: int | None) -> int | None:
        text = self.typed.text("target")
        if not text.endswith("%"):
            return self.typed.count("target", most=MOST)
        share = self.typed.share_of("target", text)
        return None if share is None or seats is None else target_of(seats, share)

    def _odds(self) -> tuple[float | None, str]:
        read = self.typed
        names = ("before_candidates", "before_women", "before_elected", "before_women_elected")
        is_before, is_others = any(read.text(name) for name in names), bool(read.text("others"))
        if bool(read.text("odds")) + is_before + is_others > 1:
            read.fault("committee.odds_twice", "odds" if read.text("odds") else "others")
            return None, ""
        if is_others:
            return self._comparable()
        return self._before(names) if is_before else self._typed_odds()

    def _typed_odds(self) -> tuple[float | None, str]:
        return self.typed.decimal("odds"), self.typed.text("odds_from") or _("typed for this question")

    def _before(self, names: Sequence[str]) -> tuple[float | None, str]:
        read = self.typed
        counts = [read.count(name, most=MOST) for name in names]
        if any(one is None for one in counts):
            return None, ""
        try:
            learnt = congress_odds(*counts)  # type: ignore[arg-type]
        except Refused as refused:
            read.faults += [_placed(fault, "before_candidates") for fault in refused.faults]
            return None, ""
        words = _(
            "learnt from the last congress: {women} of {candidates} on the list, {women_elected} of {elected} "
            "elected; two times in three between {low} and {high}"
        )
        told = dict(zip(("candidates", "women", "elected", "women_elected"), counts, strict=True))
        return learnt.odds(), words.format(**_about(learnt), **told)

    def _comparable(self) -> tuple[float | None, str]:
        """From comparable bodies' last results, with why they are comparable."""
        read, why = self.typed, self.typed.text("odds_from")
        bodies, faults = bodies_pasted(read.given.get("others", "")[:LONGEST], _("row"))
        read.faults += [_placed(fault, "others") for fault in faults]
        if not why:
            read.fault("committee.why_comparable", "odds_from")
        if faults or not why:
            return None, ""
        try:
            learnt = comparable_odds(bodies)
        except Refused as refused:
            read.faults += [_placed(fault, "others") for fault in refused.faults]
            return None, ""
        words = ngettext(
            "estimated from the last congress of {count} comparable body ({why}): {women} of {candidates} on its list, "
            "{women_elected} of {elected} elected; two times in three between {low} and {high}",
            "estimated from the last congresses of {count} comparable bodies ({why}): {women} of {candidates} on their "
            "lists, {women_elected} of {elected} elected; two times in three between {low} and {high}",
            len(bodies),
        )
        totals = {
            name: number(sum(getattr(one, name) for one in bodies))
            for name in ("candidates", "women", "elected", "women_elected")
        }
        return learnt.odds(), words.format(count=number(len(bodies)), why=why, **_about(learnt), **totals)

    def _leaving(self, who: str, sex: str, members: int | None) -> int | None:
        """Who may not stand again: typed, or counted from years of birth where these decide it."""
        read, name, years = self.typed, f"{who}_leaving", f"{who}_years"
        if not read.text(years):
            return read.count(name, most=MOST)
        counts = self._years(years)
        bar = next((one for one in self.occasion if one.standing.code == AGAIN), None)
        if counts is None or members is None or bar is None:
            return None
        if sum(counts.values()) != members:
            read.fault("committee.years_sum", years, told=sum(counts.values()), members=members)
            return None
        staying = standing_by_year(bar, sex, counts)  # type: ignore[arg-type]
        bounds = {"least": members - staying.most, "most": members - staying.least}
        if read.text(name):
            typed = read.count(name, most=MOST)
            if typed is not None and not bounds["least"] <= typed <= bounds["most"]:
                read.fault("committee.other_by_year", name, text=typed, **bounds)
            return typed
        if bounds["least"] != bounds["most"]:
            read.fault("committee.by_month", name, **bounds)
            return None
        return bounds["least"]

    def _years(self, name: str) -> dict[int, int] | None:
        found: dict[int, int] = {}
        for part in re.split(r"[;,\n]", self.typed.given.get(name, "")):
            text = clean(part)
            told = _YEAR.fullmatch(text)
            if text and told is None:
                self.typed.fault("committee.not_years", name, text=text)
                return None
            if told is not None:
                found[int(told["year"])] = found.get(int(told["year"]), 0) + int(told["count"])
        return found


def _about(learnt: Fit) -> dict[str, str]:
    """Between which odds the true one lies two times in three."""
    error, middle = learnt.errors[0], learnt.odds()
    low, high = (odds_words(middle * math.exp(way * error)) for way in (-1, 1))
    return {"low": low, "high": high}


def _placed(fault: Fault, name: str) -> Fault:
    return Fault(fault.code, fault.place, {**fault.fields, "field": name}, fault.level)


def occasions(edition: Edition) -> dict[str, tuple[Bar, ...]]:
    """ "cycle_2030/province" → its bars, in the order of the months they count at."""
    found: dict[str, list[Bar]] = {}
    for one in sorted(bars(edition), key=lambda one: (one.at, one.occasion.code)):
        found.setdefault(f"{one.rules.code}/{one.occasion.code}", []).append(one)
    return {code: tuple(held) for code, held in found.items()}


def occasion_words(bar: Bar) -> str:
    return f"{bar.at}: {bar.occasion.name}"


def told_of(asking: Asking, question: Question, odds_from: str, *, marks: bool) -> CommitteeTold:
    held = asking.occasion
    said = [unchecked(one.confidence) for one in held] if marks else []
    lead = _("How far these rules were seen: {words}.")
    notes = [str(held[0].ages.note)] if marks and held and held[0].ages.note is not None else []
    return CommitteeTold(
        answer=answer(question),
        odds_from=odds_from,
        bars=held,
        documents=asking.edition.documents,
        body=asking.typed.text("body")[:120],
        marks=[*notes, lead.format(words="; ".join(dict.fromkeys(filter(None, said))))] if any(said) else notes,
    )


@page("elections", methods=("GET", "POST"))
def committees(request: Asked, period: Period) -> HttpResponse:
    """The form; with POST also the answer. `?example=1` fills in the worked example."""
    asks = request.method == "POST"
    given = posted(request) if asks else dict(EXAMPLE) if "example" in request.GET else {}
    asking = Asking(office().edition, Typed(given, LABELS))
    told = None
    if asks:
        found = asking.question()
        told = None if found is None else told_of(asking, *found, marks=True)
    blocks = [] if told is None else list(committee_blocks(told))
    context = {
        "asked": period,
        "ways": ways("committees", period),
        "groups": _groups(asking.typed),
        "others": (_(LABELS[OTHERS]), asking.typed.given.get("others", "")),
        "others_wrong": any(fault.fields.get("field") == "others" for fault in asking.typed.faults),
        "occasions": [
            Way(code, occasion_words(held[0]), held == asking.occasion)
            for code, held in occasions(asking.edition).items()
        ],
        "faults": [(fault, str(fault.fields.get("field", ""))) for fault in asking.typed.faults],
        "paper": blocks_html(_readable(blocks), NOWHERE) if blocks else "",
        "drawn": [] if told is None else [_drawn(told)],
    }
    return render(request, "web/committees.html", context, status=422 if asking.typed.faults else 200)


def _drawn(told: CommitteeTold) -> Drawing:
    made, target = told.answer.shown.then, told.answer.question.target
    return drawing(chances_title(told.answer), made, target=target)


def _readable(blocks: list[Block]) -> list[Block]:
    return [one for one in blocks if not isinstance(one, Chart)]


def _groups(typed: Typed) -> list[Ask]:
    wrong = {str(fault.fields.get("field", "")) for fault in typed.faults}
    helps = {
        "again": _("From congresses before; 95 where nothing is known."),
        "on_list": _("More persons than open seats."),
        "odds": _("1: women fare as men do; 0,5: half as well. In the elections of 2016 and 2021 it was 0,33 to 0,38."),
        "target": _("10, or 20%"),
        "assurance": _("Empty: on average only, no better than a coin."),
        "women_years": _("1968: 2; 1971: 1"),
        "men_years": _("1968: 2; 1971: 1"),
    }
    held = (
        (_("The committee now"), ("body", "seats", "women", "women_leaving", "men_leaving")),
        (_("Or reckon from years of birth who may not stand again"), ("women_years", "men_years")),
        (_("The congress"), ("again", "on_list", "odds", "odds_from")),
        (
            _("Or learn the odds from the last congress"),
            ("before_candidates", "before_women", "before_elected", "before_women_elected"),
        ),
        (_("What is wanted"), ("target", "assurance", "lost_to_nomination", "lost_in_training")),
    )
    return [
        Ask(
            title,
            [
                Field(name, _(LABELS[name]), typed.given.get(name, ""), helps.get(name, ""), name in wrong)
                for name in names
            ],
        )
        for title, names in held
    ]


@page("elections", methods=("POST",))
def committee_annex(request: Asked, period: Period, suffix: Suffix) -> HttpResponseBase:
    """The answer as an annex. What cannot be answered is answered by the page, with its faults."""
    asking = Asking(office().edition, Typed(posted(request), LABELS))
    found = asking.question()
    if found is None:
        return committees(request, period=period)
    told = told_of(asking, *found, marks=False)
    paper = committee_paper(
        sender_of(request.seat.unit, period), told, year=office().edition.calendar.last_day(period).year
    )
    return written(paper, "phu-luc-cap-uy", suffix)
