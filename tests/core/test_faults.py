"""Every fault that any room registers can be said, with its fields, in one sentence."""

from __future__ import annotations

import importlib
import pkgutil
import string
from datetime import date
from decimal import Decimal

import pytest

from tienbo.core import faults
from tienbo.core.faults import SENTENCES, Fault, Level, Refused, errors, worded
from tienbo.core.messages import speaking


def everything_worded() -> dict[str, str]:
    """The sentences of every room that knows no Django; the rooms above have their own tests."""
    for room in ("core", "catalogue", "engine", "papers"):
        package = importlib.import_module(f"tienbo.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"tienbo.{room}."):
            importlib.import_module(module.name)
    return dict(SENTENCES)


WORDED = everything_worded()


def places(sentence: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]


@pytest.mark.parametrize("code", sorted(WORDED))
def test_every_registered_fault_has_a_sentence_whose_places_are_plain_fields(code: str) -> None:
    room, _, name = code.partition(".")
    assert room
    assert name
    sentence = WORDED[code]
    assert sentence.strip() == sentence != ""
    assert all(place.isidentifier() for place in places(sentence))


@pytest.mark.parametrize("code", sorted(WORDED))
def test_every_registered_fault_can_be_said(code: str) -> None:
    fields = {name: f"«{name}»" for name in places(WORDED[code])}
    with speaking("en"):
        said = Fault(code, fields.pop("place", ""), fields).sentence()
    for value in fields.values():
        assert value in said


def test_fields_of_any_kind_are_told() -> None:
    fields = {"as_of": date(2026, 6, 20), "start": Decimal("1.5"), "end": 3}
    with speaking("en"):
        said = Fault("return.cut_off_outside_period", "", fields).sentence()
    assert said == "The figures are as of 20/6/2026, outside the period 1.5 – 3."


def test_figures_and_days_are_told_as_their_reader_writes_them() -> None:
    figures = {"label": "A", "text": Decimal("1234.50")}
    with speaking("vi"):
        assert "1.234,5" in Fault("workbook.number_out_of_range", "", figures).sentence()
        days = {"as_of": date(2026, 6, 5), "start": "x", "end": "y"}
        assert "05/6/2026" in Fault("return.cut_off_outside_period", "", days).sentence()
    with speaking("en"):
        assert "1,234.5" in Fault("workbook.number_out_of_range", "", figures).sentence()


def test_a_fault_nobody_worded_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        Fault("nobody.worded_this").sentence()


def test_a_code_is_worded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SENTENCES", dict(SENTENCES))
    worded({"test.once": "One sentence."})
    worded({"test.once": "One sentence."})
    with pytest.raises(ValueError, match=r"test\.once is worded twice"):
        worded({"test.once": "Another sentence."})


def test_only_errors_keep_a_thing_out() -> None:
    found = [Fault("a.b", level=level) for level in (Level.WARNING, Level.ERROR, Level.NOTE)]
    assert errors(found) == [found[1]]


def test_a_fault_in_json_carries_its_words_and_its_data() -> None:
    fault = Fault("core.unreadable_period", "Biểu 01!C3", {"text": "quý I"}, Level.WARNING)
    with speaking("en"):
        assert fault.as_json() == {
            "code": "core.unreadable_period",
            "level": "warning",
            "place": "Biểu 01!C3",
            "fields": {"text": "quý I"},
            "sentence": "quý I is not a period; write 2026-H1, 2026-H2 or 2026.",
        }


def test_a_refusal_carries_every_fault() -> None:
    refused = Refused(Fault("a.b", "here"), Fault("c.d"))
    assert [fault.code for fault in refused.faults] == ["a.b", "c.d"]
    assert str(refused) == "a.b here; c.d"
