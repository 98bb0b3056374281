"""What kinds of units are called, by the first word of their dotted kind."""

from __future__ import annotations

from collections.abc import Mapping

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.tree import family

FAMILIES: Mapping[str, str] = {
    "province": N_("Provinces"),
    "department": N_("Departments and agencies"),
    "front": N_("The Front and mass organisations"),
    "party": N_("Party bodies"),
    "force": N_("Armed forces"),
    "district": N_("Districts"),
    "commune": N_("Communes, wards, special zones"),
}
"""What units of a family are called together, in the order they are printed."""

KINDS: Mapping[str, str] = {
    "nation": N_("The nation"),
    "province": N_("Province or city"),
    "department": N_("Department"),
    "front": N_("The Front or a mass organisation"),
    "party": N_("Party body"),
    "force": N_("Armed force"),
    "district": N_("District"),
    "commune": N_("Commune, ward or special zone"),
}
"""What one unit of a family is."""


def kind_words(kind: str) -> str:
    """What a unit of this kind is; the kind itself where it has no words."""
    return _(KINDS[family(kind)]) if family(kind) in KINDS else kind


def family_words(kind: str) -> str:
    """What the units of this kind's family are called together; the kind itself where they have no words."""
    return _(FAMILIES[family(kind)]) if family(kind) in FAMILIES else kind
