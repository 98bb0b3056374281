"""A class C0–C3 on every field; a table without one fails the check."""

from __future__ import annotations

import pytest
from django.apps.registry import Apps
from django.db import models

from tienbo.catalogue.definitions import Sensitivity
from tienbo.ground.checks import check_field_classes
from tienbo.ground.fields import classes, field_class, unclassified
from tienbo.ground.triggers import own_models


def made(**declared: object) -> type[models.Model]:
    meta = type("Meta", (), {"app_label": "ground", "apps": Apps()})
    body = {"text": models.TextField(), "Meta": meta, "__module__": __name__, **declared}
    return type("Made", (models.Model,), body)


def test_every_field_of_every_room_has_a_class() -> None:
    assert check_field_classes() == []
    assert len(list(own_models())) >= 7


def test_a_field_without_a_class_is_found() -> None:
    assert list(unclassified(made())) == ["text"]


def test_a_class_without_a_field_is_found() -> None:
    assert list(unclassified(made(sensitivity=classes(C1="text", C2="gone")))) == ["gone"]


def test_a_password_is_very_sensitive_and_a_row_number_is_not() -> None:
    from tienbo.accounts.models import User

    assert field_class(User, "password") is Sensitivity.C3
    assert field_class(User, "id") is Sensitivity.C0


def test_a_field_in_two_classes_or_an_unknown_class_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="two classes"):
        classes(C0="text", C1="text")
    with pytest.raises(ValueError, match="C4"):
        classes(C4="text")
