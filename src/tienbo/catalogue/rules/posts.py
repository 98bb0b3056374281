"""Rules about bodies, posts, counts and elections: what they name is defined."""

from __future__ import annotations

from collections.abc import Iterator

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, found
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_

worded(
    {
        "lint.unknown_body_kind": N_("{definition} is of bodies of the kind {body}, which is not defined."),
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


RULES: tuple[Rule, ...] = (bodies_are_of_a_kind, counts_are_divided_by_what_is_known)
