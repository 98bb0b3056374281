"""Rules about what may leave: bounds toward the tiers of readers, clusters of communes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, found
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_

TIERS = ("government", "partner", "public")
"""From those who read most to everybody."""

worded(
    {
        "lint.looser_outside": N_(
            "The rule {definition} lets smaller counts leave than the rule {other} further inside."
        ),
        "lint.no_release_rule": N_("There are rules of release, and none toward {missing}."),
        "lint.in_two_clusters": N_("{member} is in the clusters {definition} and {other} on one day."),
    }
)


def nothing_is_looser_outside(edition: Edition) -> Iterator[Fault]:
    """Where there are rules of release, each tier has one, and the further out the stricter."""
    rules = edition.release_rules
    if not rules:
        return
    for tier in TIERS:
        if tier not in rules:
            yield found(edition, "release_rules", next(iter(rules)), "lint.no_release_rule", missing=tier)
    for inside, outside in pairwise(one for one in TIERS if one in rules):
        if rules[outside].k < rules[inside].k or rules[outside].least_base < rules[inside].least_base:
            yield found(edition, "release_rules", outside, "lint.looser_outside", other=inside)


def a_commune_is_in_one_cluster(edition: Edition) -> Iterator[Fault]:
    """On no day a commune is in two clusters: their counts could be taken from each other."""
    for one, other in combinations(edition.clusters.values(), 2):
        day = max(one.first, other.first)
        if one.holds(day) and other.holds(day):
            for member in sorted(set(one.members) & set(other.members)):
                yield found(edition, "clusters", other.code, "lint.in_two_clusters", other=one.code, member=member)


RULES: tuple[Rule, ...] = (nothing_is_looser_outside, a_commune_is_in_one_cluster)
