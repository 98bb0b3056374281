"""System checks: every field has a class; every declared law stands in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from tienbo.ground import triggers
from tienbo.ground.fields import unclassified
from tienbo.ground.processing import processing_faults
from tienbo.ground.whose import missing_policies, unsaid


def check_field_classes(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{model._meta.label}.{name} has no class C0–C3, or is classed and does not exist.",
            hint="Name it in the model's `sensitivity`.",
            obj=model,
            id="tienbo.E001",
        )
        for model in triggers.own_models()
        for name in unclassified(model)
    ]


def check_processing(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The register of processing is not whole: {fault}.",
            hint="Name the table in its room's processing.yaml: for what, on which ground, for how long.",
            id="tienbo.E004",
        )
        for fault in processing_faults()
    ]


def check_whose(**_kwargs: Any) -> list[CheckMessage]:
    """Default deny: a model that does not say whose its rows are does not start."""
    return [
        Error(
            f"{model._meta.label} {reason}.",
            hint="Say it in the model's `whose` (tienbo.ground.whose).",
            obj=model,
            id="tienbo.E005",
        )
        for model in triggers.own_models()
        if (reason := unsaid(model))
    ]


def check_triggers(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        models = list(triggers.own_models())
        policies = [f"{table} {name}".strip() for table, name in missing_policies(models, connection)]
        laws = [*triggers.missing(models, connection), *triggers.missing_exclusions(models, connection)]
        for name in [*laws, *policies]:
            found.append(
                Error(
                    f"The database does not hold the law {name}.",
                    hint="Run: migrate --skip-checks",
                    id="tienbo.E002",
                )
            )
    return found
