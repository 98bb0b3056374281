"""Small rules over a whole edition, in one tuple; each finds every fault of its kind, with a place."""

from __future__ import annotations

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules import forms, leaving, measured, norms, posts, printed, registers, targets, written
from tienbo.catalogue.rules.walk import Rule
from tienbo.core.faults import Fault

RULES: tuple[Rule, ...] = (
    *measured.RULES,
    *targets.RULES,
    *forms.RULES,
    *registers.RULES,
    *norms.RULES,
    *posts.RULES,
    *printed.RULES,
    *written.RULES,
    *leaving.RULES,
)
"""Every rule there is. A rule that is not here is not kept; the tests break each one once."""


def lint(edition: Edition) -> list[Fault]:
    """Every fault that every rule finds: errors keep the edition from loading, warnings are told by `tienbo check`."""
    return [fault for rule in RULES for fault in rule(edition)]
