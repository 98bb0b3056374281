"""What a person has to decide about a site, and what holds until then (questions.yaml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from tienbo.catalogue.definitions import Shape, Text
from tienbo.project.site import Site


class Question(Shape):
    """`settings`: those of tienbo.toml that hold its answer; none where the answer is a document alone."""

    code: str
    settings: tuple[str, ...]
    who: Text
    asked: Text
    until: Text

    def answer(self, site: Site) -> str:
        """What was decided; "" where nothing was."""
        said = [str(getattr(site, name)) for name in self.settings]
        told = "; ".join(text for text in said if text) if all(said) else ""
        return "; ".join(part for part in (told, str(site.decided.get(self.code, ""))) if part)


@cache
def questions() -> tuple[Question, ...]:
    path = Path(__file__).with_name("questions.yaml")
    held = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    return tuple(TypeAdapter(list[Question]).validate_python(held))
