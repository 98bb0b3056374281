"""tienbo outlook …: ages of the law, the pipeline, vacancies, projections; forecasts and lists. Counts only: what is
typed for a question is kept nowhere, but for the tasks that somebody makes of a plan."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import day_of, print_options, site_options, site_path
from tienbo.project.commands import outlook_figures
from tienbo.project.commands.explain import CONFIDENCE
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

if TYPE_CHECKING:
    from tienbo.catalogue.loading import Edition
    from tienbo.outlook.eligibility import Bar, Between, Month, Sex
    from tienbo.outlook.pipeline import Answer
    from tienbo.outlook.vacancies import Way
    from tienbo.processes.vacancy_tasks import Made
    from tienbo.units.models import Unit

worded(
    {
        "outlook.not_a_percent": N_("{text} is not a percentage; write 30 or 33,3."),
        "outlook.no_rules": N_("There are no age rules {text}. There are: {known}."),
        "outlook.no_ages": N_("There are no retirement ages {text}. There are: {known}."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    outlook = groups.add_parser("outlook", help=_("what it would take: ages, pipeline, vacancies, projections, lists"))
    group = outlook.add_subparsers(required=True)
    _add_ages(group)
    _add_plans(group)
    outlook_figures.add(group)


def _add_ages(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    retirement = group.add_parser("retirement", help=_("when somebody retires, by month or year of birth"))
    retirement.add_argument(
        "births", nargs="*", metavar=_("BIRTH"), help=_("9/1971 or 1971; without any, the ages year by year")
    )
    retirement.add_argument("--ages", default="nd135_2020", metavar=_("CODE"), help=_("which retirement ages"))
    retirement.add_argument(
        "--later", type=int, default=0, metavar=_("MONTHS"), help=_("months by which a text moves it (senior posts)")
    )
    print_options(retirement)
    retirement.set_defaults(run=run_retirement)
    eligibility = group.add_parser("eligibility", help=_("who may stand by age, and women's shorter time to do so"))
    eligibility.add_argument("births", nargs="*", metavar=_("BIRTH"), help=_("9/1971 or 1971: may they stand"))
    eligibility.add_argument("--rules", default="", metavar=_("CODE"), help=_("only the rules of this cycle"))
    print_options(eligibility)
    eligibility.set_defaults(run=run_eligibility)


def _add_plans(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    way = group.add_parser("pipeline", help=_("how many women to plan for and train now for a share by a month"))
    way.add_argument(
        "file", type=Path, metavar=_("FILE"),
        help=_("counts as CSV, XLSX or YAML: group, stage, sex, born, count; nothing is kept"),
    )  # fmt: skip
    way.add_argument("--share", required=True, metavar=_("PERCENT"), help=_("women among the holders of posts"))
    way.add_argument("--by", required=True, metavar=_("MONTH"), help=_("until the beginning of this month: 1/2031"))
    way.add_argument("--now", metavar=_("MONTH"), help=_("counted from this month (default: this one)"))
    way.add_argument(
        "--lost", default="50,20,25", metavar=_("PERCENTS"),
        help=_("lost before planning, before training, before appointment (default: 50,20,25)"),
    )  # fmt: skip
    way.add_argument("--pipeline", default="", metavar=_("CODE"), help=_("which pipeline of the pack"))
    way.add_argument(
        "--rules", metavar=_("CODE"), help=_("only who may still stand by the rules of this cycle: cycle_2030")
    )
    way.add_argument("--occasion", default="province", metavar=_("CODE"), help=_("with --rules: at which occasion"))
    way.add_argument("--standing", default="first_time", metavar=_("CODE"), help=_("with --rules: standing how"))
    way.add_argument("--each", action="store_true", help=_("in every title group, not in all together"))
    print_options(way)
    way.set_defaults(run=run_pipeline)
    posts = group.add_parser("vacancies", help=_("which units' vacancies suffice for a target, as a plan"))
    posts.add_argument(
        "file", type=Path, metavar=_("FILE"),
        help=_("units as CSV, XLSX or YAML: unit, posts, women, men, women_leaving, men_leaving, opens_on"),
    )  # fmt: skip
    posts.add_argument("--until", required=True, metavar=_("DAY"), help=_("what opens until the end of this day"))
    posts.add_argument("--persons", metavar=_("PERCENT"), help=_("women among the holders of posts"))
    posts.add_argument("--bodies", metavar=_("PERCENT"), help=_("bodies with at least one woman (target 1.1)"))
    posts.add_argument(
        "--way", choices=("even", "fewest"), default="even", help=_("spread evenly, or in the fewest units")
    )
    posts.add_argument("--format", choices=("table", "csv"), default="table", help=_("how to print (default: table)"))
    posts.add_argument(
        "--make-tasks", action="store_true", help=_("make a task of the site's unit for each unit that changes a post")
    )
    site_options(posts)
    posts.set_defaults(run=run_vacancies)


def percent_of(text: str) -> Fraction:
    """A percentage as people type it (33,3 or 33.3 %), as a share; Refused when it is none."""
    try:
        return Fraction(text.strip().rstrip("%").strip().replace(",", ".")) / 100
    except (ValueError, ZeroDivisionError) as wrong:
        raise Refused(Fault("outlook.not_a_percent", "", {"text": text})) from wrong


def edition_of_pack() -> Edition:
    from tienbo.catalogue.loading import load

    return load("vn")


def heeded(say: Say, faults: Iterable[Fault]) -> list[Fault]:
    """Refused with every error among the faults of a table; its warnings and notes are said and given back."""
    told = list(faults)
    if errors(told):
        raise Refused(*told)
    say.faults(told)
    return told


def _known_rules(edition: Edition, code: str) -> None:
    if code and code not in edition.age_rules:
        raise Refused(Fault("outlook.no_rules", "", {"text": code, "known": ", ".join(edition.age_rules)}))


def _say_source(say: Say, name: str, document: str, confidence: str, note: object) -> None:
    told = f"{name}: {document}" if document else name
    if confidence != "confirmed":
        told += f" ({_(CONFIDENCE[confidence])})"
    say.line(told)
    if note:
        say.line(str(note))


def _cited(edition: Edition, document: str | None) -> str:
    return edition.documents[document].cited if document else ""


def _sex_words(sex: Sex) -> str:
    return _("women") if sex == "f" else _("men")


# ------------------------------------------------------------------------------------------------ ages of the law


def run_retirement(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.outlook.eligibility import SEXES, age_words, retires
    from tienbo.outlook.pipeline import Born

    edition = edition_of_pack()
    ages = edition.retirement_ages.get(arguments.ages)
    if ages is None:
        known = ", ".join(edition.retirement_ages)
        raise Refused(Fault("outlook.no_ages", "", {"text": arguments.ages, "known": known}))
    rows: list[dict[str, Any]] = []
    if arguments.births:
        heads = [_("Born"), _("Sex"), _("Retires"), _("At the age of")]
        for text in arguments.births:
            born = Born.parse(text, _this_month())
            for sex in SEXES:
                first, last = (retires(ages, sex, one, later=arguments.later) for one in (born.first, born.last))
                rows.append(
                    {"born": text, "sex": sex, "first": first.last_day, "last": last.last_day,
                     "months": [first - born.first, last - born.last]}
                )  # fmt: skip
        told: list[tuple[Any, ...]] = [
            (row["born"], _sex_words(row["sex"]), _span(day_words(row["first"]), day_words(row["last"])),
             _span(*map(age_words, row["months"])))
            for row in rows
        ]  # fmt: skip
    else:
        heads = [_("Year"), _("women"), _("men")]
        rows = [{"year": year, "women": women, "men": men} for year, (women, men) in ages.months.items()]
        told = [(str(row["year"]), age_words(row["women"]), age_words(row["men"])) for row in rows]
    say.table(heads, told)
    say.line()
    _say_source(say, _("Retirement ages"), _cited(edition, ages.document), ages.confidence.value, ages.note)
    say.data({"ages": ages.code, "document": ages.document, "confidence": ages.confidence.value, "rows": rows})
    return 0


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} – {last}"


def _this_month() -> Month:
    from tienbo.outlook.eligibility import Month

    today = date.today()
    return Month(today.year, today.month)


def run_eligibility(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.outlook.eligibility import SEXES, age_words, bars, length_words
    from tienbo.outlook.pipeline import Born

    edition = edition_of_pack()
    _known_rules(edition, arguments.rules)
    held = list(bars(edition, arguments.rules))
    data: list[dict[str, Any]] = []
    for one in held:
        row: dict[str, Any] = {
            "rules": one.rules.code, "occasion": one.occasion.code, "standing": one.standing.code,
            "month": one.occasion.month, "months_left": one.standing.months_left, "confidence": one.confidence.value,
            "oldest": {sex: str(one.oldest(sex)) for sex in SEXES},
            "oldest_age": {sex: one.oldest_age(sex) for sex in SEXES},
            "shorter_for_women": one.shorter_for_women,
        }  # fmt: skip
        for text in arguments.births:
            born = Born.parse(text, one.at)
            row.setdefault("may_stand", {})[text] = {sex: _may(born.standing(one, sex)) for sex in SEXES}
        data.append(row)
    if arguments.births:
        heads = [
            _("Occasion"),
            _("Standing how"),
            *(f"{text}, {_sex_words(sex)}" for text in arguments.births for sex in SEXES),
        ]
        say.table(
            heads,
            [
                (_occasion(one), str(one.standing.name),
                 *(_MAY[row["may_stand"][text][sex]]() for text in arguments.births for sex in SEXES))
                for one, row in zip(held, data, strict=True)
            ],
        )  # fmt: skip
    else:
        heads = [
            _("Occasion"),
            _("Standing how"),
            _("women born from"),
            _("men born from"),
            _("women's time is shorter by"),
        ]
        say.table(
            heads,
            [
                (_occasion(one), str(one.standing.name),
                 *(f"{one.oldest(sex)} ({age_words(one.oldest_age(sex))})" for sex in SEXES),
                 length_words(one.shorter_for_women))
                for one in held
            ],
        )  # fmt: skip
    say.line()
    for rules in dict.fromkeys(one.rules.code for one in held):
        made = edition.age_rules[rules]
        _say_source(say, str(made.name), _cited(edition, made.document), made.confidence.value, made.note)
    say.data(data)
    return 0


def _occasion(one: Bar) -> str:
    return f"{one.occasion.name}, {one.at}"


def _may(told: tuple[bool, bool]) -> str:
    return "yes" if told[0] else "depends" if told[1] else "no"


_MAY = {"yes": lambda: _("yes"), "no": lambda: _("no"), "depends": lambda: _("depends on the month")}


# ------------------------------------------------------------------------------------------------------ pipeline


def run_pipeline(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.outlook.eligibility import Month, bar, length_words
    from tienbo.outlook.pipeline import Question, pipeline_called, plan, read, vacancies_ahead
    from tienbo.papers.pipeline import answers, between, heads, rows, sentence

    edition = edition_of_pack()
    way = pipeline_called(edition.pipelines, arguments.pipeline)
    now = Month.parse(arguments.now) if arguments.now else _this_month()
    counts, faults = read(arguments.file, way, now)
    told = heeded(say, faults)
    standing = None
    if arguments.rules:
        _known_rules(edition, arguments.rules)
        try:
            standing = bar(edition, arguments.rules, arguments.occasion, arguments.standing)
        except KeyError as wrong:
            rules = edition.age_rules[arguments.rules]
            known = ", ".join([*(one.code for one in rules.occasions), *(one.code for one in rules.standings)])
            text = f"{arguments.rules} {arguments.occasion} {arguments.standing}"
            raise Refused(Fault("outlook.no_rules", "", {"text": text, "known": known})) from wrong
    question = Question(
        way,
        edition.retirement_ages[way.retirement],
        tuple(counts),
        percent_of(arguments.share),
        now,
        Month.parse(arguments.by),
        tuple(percent_of(text) for text in arguments.lost.split(",")),
        standing,
        arguments.each,
    )
    made = plan(question)
    years = vacancies_ahead(question)
    say.line(_("Posts that open by retirement"))
    say.table(
        [_("Year"), _("women"), _("men")],
        [(str(one.year), between(one.women), between(one.men)) for one in years],
        right=(1, 2),
    )
    for name, answer in answers(made):
        say.line()
        say.line(sentence(name, answer))
        say.table(heads(made), rows(answer), right=range(1, len(heads(made))))
    say.line()
    if standing is not None:
        words = _(
            "Who may stand: {standing}, {occasion}. A woman's time to stand is shorter than a man's by {shorter}."
        )
        shorter = length_words(standing.shorter_for_women)
        say.line(words.format(standing=standing.standing.name, occasion=_occasion(standing), shorter=shorter))
    _say_source(say, str(way.name), _cited(edition, way.document), way.confidence.value, way.note)
    say.faults([*made.warnings, *question.suppositions])
    say.data(
        {
            "cautious": _answer_data(made.cautious), "kind": _answer_data(made.kind),
            "years": [{"year": one.year, "women": _pair(one.women), "men": _pair(one.men)} for one in years],
            "faults": faults_json([*told, *made.warnings, *question.suppositions]),
        }
    )  # fmt: skip
    return 0 if made.cautious.reached else 1


def _answer_data(answer: Answer) -> dict[str, Any]:
    return {
        "target": answer.target, "posts": answer.posts, "women_then": answer.women_then, "short": answer.short,
        "groups": [
            {"group": one.stock.group, "posts": one.stock.posts, "women": one.stock.women,
             "women_leaving": one.stock.women_leaving, "men_leaving": one.stock.men_leaving,
             "opening": one.stock.opening, "appointed": one.appointed, "more": list(one.more)}
            for one in answer.steps
        ],
    }  # fmt: skip


def _pair(told: Between) -> list[int]:
    return [told.least, told.most]


# ----------------------------------------------------------------------------------------------------- vacancies

COLUMNS = ("unit", "posts", "women_now", "women_then", "posts_to_women", "changes", "by")


def run_vacancies(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.outlook.vacancies import plan, read

    bodies, faults = read(arguments.file)
    heeded(say, faults)
    until = day_of(arguments.until)
    assert until is not None  # noqa: S101 - the option is required, and what is no day was refused
    made = plan(
        bodies,
        until=until,
        persons=percent_of(arguments.persons) if arguments.persons else None,
        with_woman=percent_of(arguments.bodies) if arguments.bodies else None,
    )
    way = made.even if arguments.way == "even" else made.fewest
    rows = [
        (row.body.unit, row.body.posts, row.body.women, row.women_then, row.appointed, row.changes, row.by)
        for row in way.asked
    ]
    given = _make_tasks(Desk.open(site_path(arguments)), way, until) if arguments.make_tasks else None
    if arguments.format == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows((*row[:-1], row[-1].isoformat() if row[-1] else "") for row in rows)
        return 0
    heads = [
        _("Unit"),
        _("Posts"),
        _("women now"),
        _("women then"),
        _("posts to women"),
        _("of them changed"),
        _("By when"),
    ]
    say.table(heads, [(*row[:-1], day_words(row[-1]) if row[-1] else _("now")) for row in rows], right=range(1, 6))
    say.line()
    words = _(
        "Posts that change: {changes}, in units: {units}. Then {women} women on {posts} posts; bodies with a woman: "
        "{with_woman} of {bodies}."
    )
    counts = {"changes": way.changes, "units": way.units_changed, "women": way.women, "posts": made.posts}
    say.line(words.format(**counts, with_woman=way.with_woman, bodies=sum(one.posts > 0 for one in made.bodies)))
    other = made.fewest if way is made.even else made.even
    words = _("Units that change a post: {even} when spread evenly, {fewest} at the least.")
    say.line(words.format(even=made.even.units_changed, fewest=made.fewest.units_changed))
    if given is not None:
        words = _("Tasks made: {made}; {there} units had theirs already.")
        say.line(words.format(made=len(given.tasks), there=given.there))
    say.faults(made.suppositions)
    say.data(
        {
            **counts, "with_woman": way.with_woman, "women_asked": made.women_asked, "bodies_asked": made.bodies_asked,
            "other_way_units": other.units_changed, "tasks": len(given.tasks) if given else 0,
            "tasks_there": given.there if given else 0,
            "rows": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
            "faults": faults_json(made.suppositions),
        }
    )  # fmt: skip
    return 0


def _make_tasks(desk: Desk, way: Way, until: date) -> Made:
    """A task of the site's own unit for each unit that changes a post, all of them or none; who has an open one of the
    same day keeps it, so that a plan is not given out twice."""
    from tienbo.processes.vacancy_tasks import vacancy_tasks_make

    owners: dict[str, Unit] = {}
    faults: list[Fault] = []
    for row in (row for row in way.rows if row.changes):
        try:
            owners[row.body.unit] = desk.unit(row.body.unit)
        except Refused as unknown:
            faults += [Fault(one.code, row.body.place, one.fields) for one in unknown.faults]
    if faults:
        raise Refused(*faults)
    return vacancy_tasks_make(way=way, until=until, owners=owners, issuer=desk.home, actor=desk.actor, today=desk.today)
