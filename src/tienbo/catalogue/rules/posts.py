"""Rules about bodies, posts, counts and elections: what they name is defined."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, found
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_

worded(
    {
        "lint.unknown_body_kind": N_("{definition} is of bodies of the kind {body}, which is not defined."),
        "lint.unknown_election_kind": N_("{definition} names the election {election}, which is not defined."),
        "lint.unknown_counting_rule": N_("{definition} is counted by the rule {rule}, which is not defined."),
        "lint.unknown_reconciled": N_("{definition} names {part}, which is not defined."),
        "lint.unknown_pipeline_part": N_("{definition} names {part} of the pipeline, which is not defined."),
        "lint.unknown_count_group": N_("{definition} elects {group}, a group of persons that is not defined."),
        "lint.unknown_post_breakdown": N_("{definition} is divided by {dimension}, which is not defined."),
    }
)


def bodies_are_of_a_kind(edition: Edition) -> Iterator[Fault]:
    """Titles, groups, rules and elections are of bodies whose kind is defined."""
    named = [
        *(("post_titles", one.code, body) for one in edition.post_titles.values() for body in one.bodies),
        *(("count_groups", one.code, body) for one in edition.count_groups.values() for body in one.bodies),
        *(("counting_rules", one.code, body) for one in edition.counting_rules.values() for body in one.of),
        *(("election_kinds", one.code, one.body) for one in edition.election_kinds.values()),
    ]
    for kind, code, body in named:
        if body not in edition.body_kinds:
            yield found(edition, kind, code, "lint.unknown_body_kind", body=body)


def counts_are_divided_by_what_is_known(edition: Edition) -> Iterator[Fault]:
    """What a group's counts are divided by is a breakdown of posts."""
    for group in edition.count_groups.values():
        for dimension in group.by:
            if dimension not in edition.post_breakdowns:
                yield found(edition, "count_groups", group.code, "lint.unknown_post_breakdown", dimension=dimension)


def shares_are_counted_by_a_rule(edition: Edition) -> Iterator[Fault]:
    """The rule by which a group's published shares are counted is defined."""
    for group in edition.count_groups.values():
        if group.rule is not None and group.rule not in edition.counting_rules:
            yield found(edition, "count_groups", group.code, "lint.unknown_counting_rule", rule=group.rule)


def election_days_are_of_elections(edition: Edition) -> Iterator[Fault]:
    """A day of election names the terms of elections that are defined."""
    for day in edition.election_days.values():
        for kind in day.terms:
            if kind not in edition.election_kinds:
                yield found(edition, "election_days", day.code, "lint.unknown_election_kind", election=kind)


def what_is_reconciled_is_defined(edition: Edition) -> Iterator[Fault]:
    """What is held against a figure of forms, and the figure itself, are defined."""
    for one in edition.reconciliations.values():
        named: list[tuple[str | None, Collection[str]]] = [
            (one.indicator, edition.indicators),
            (one.rows, edition.elements),
            (one.group, edition.count_groups),
            (one.elected, edition.election_kinds),
            (one.listed, edition.election_kinds),
            *((code, edition.post_titles) for code in one.titles),
            *((code, edition.count_groups) for code in one.shares),
        ]
        for code, held in named:
            if code is not None and code not in held:
                yield found(edition, "reconciliations", one.code, "lint.unknown_reconciled", part=code)


def counts_of_the_pipeline_are_of_its_stages(edition: Edition) -> Iterator[Fault]:
    """A group that is counted for the pipeline names a stage and a group of titles of it, and each age group is one."""
    stages = {stage.code for way in edition.pipelines.values() for stage in way.stages}
    titles = {group.code for way in edition.pipelines.values() for group in way.groups}
    for group in edition.count_groups.values():
        for code, held in ((group.stage, stages), (group.titles, titles)):
            if code is not None and code not in held:
                yield found(edition, "count_groups", group.code, "lint.unknown_pipeline_part", part=code)
    ages = edition.post_breakdowns["age"].members if "age" in edition.post_breakdowns else {}
    for way in edition.pipelines.values():
        for code in set(way.ages) - set(ages):
            yield found(edition, "pipelines", way.code, "lint.unknown_pipeline_part", part=code)


def elections_elect_a_group(edition: Edition) -> Iterator[Fault]:
    """The group of persons that an election elects is one that is counted."""
    for kind in edition.election_kinds.values():
        if kind.deputies is not None and kind.deputies not in edition.count_groups:
            yield found(edition, "election_kinds", kind.code, "lint.unknown_count_group", group=kind.deputies)


RULES: tuple[Rule, ...] = (
    bodies_are_of_a_kind,
    counts_are_divided_by_what_is_known,
    counts_of_the_pipeline_are_of_its_stages,
    what_is_reconciled_is_defined,
    shares_are_counted_by_a_rule,
    election_days_are_of_elections,
    elections_elect_a_group,
)
