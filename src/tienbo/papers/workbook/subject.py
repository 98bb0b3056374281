"""What one workbook is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from tienbo.catalogue.definitions import Block
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, Row
from tienbo.core.spans import Span
from tienbo.papers.workbook.design import Design
from tienbo.papers.workbook.styles import Styles


class UnitHeader(NamedTuple):
    """The unit a workbook is for, as its head names it."""

    key: str
    name: str
    parent_name: str
    code: str


@dataclass
class Writing:
    """What the rows of one workbook need to know."""

    edition: Edition
    form: Design
    unit: UnitHeader
    span: Span
    before: Content | None
    content: Content | None
    illustrative: bool
    book: Any
    styles: Styles

    def figure(self, address: str) -> Figure | None:
        return self.content.figures.get(address) if self.content else None

    def figure_before(self, address: str) -> Figure | None:
        return self.before.figures.get(address) if self.before else None

    def restated(self, address: str) -> Figure | None:
        return self.content.restated.get(address) if self.content else None

    def asks_official(self, address: str) -> bool:
        """Whether the period before only had an estimate here, so that the official figure is still owed."""
        last = self.figure_before(address)
        return (last is not None and last.qualifier == "estimate") or self.restated(address) is not None

    def row(self, content: Content | None, block: Block, index: int) -> Row | None:
        key = f"r{index:02d}"
        return next((row for row in content.rows.get(block.code, ()) if row.key == key), None) if content else None
