"""Document → PDF with embedded fonts, by typst; what is printed is passed as data, never as typst's own language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from tienbo.papers import fonts, lao
from tienbo.papers.blocks import Annex, Block, Bound, Chart, Document, Footnote, Heading, Paragraph, Run, Table, heads

TEMPLATES = Path(__file__).parent / "templates"


def write_pdf(document: Document, path: Path) -> None:
    """Write `document` to `path`. Refused when the fonts are not in place."""
    path.write_bytes(pdf_bytes(document))


def pdf_bytes(document: Document, template: str = "report.typ") -> bytes:
    """The PDF as bytes: PDF/A-2b, the same document gives the same bytes."""
    return compiled(template, json.dumps(_document(document), ensure_ascii=False), document.made_on)


def compiled(template: str, data: str, made_on: str, scale: float = 1) -> bytes:
    """A template filled with data (JSON) as PDF/A-2b; `made_on` (ISO) is the day in its properties, `scale` how large
    it is written."""
    made = datetime.fromisoformat(made_on).replace(tzinfo=UTC)
    parts = tuple(TEMPLATES / name for name in ("pieces.typ", template))
    compiler = typst.Compiler(
        input=_template(parts, tuple(part.stat().st_mtime_ns for part in parts)),
        font_paths=fonts.faces(fonts.folder()),
        ignore_system_fonts=True,
        sys_inputs={"document": data, "scale": str(scale)},
    )
    made_pdf = compiler.compile(format="pdf", pdf_standards="a-2b", timestamp=made)
    assert isinstance(made_pdf, bytes)  # noqa: S101 - one PDF is one file
    return made_pdf


def pictured(template: str, data: str, ppi: int) -> bytes:
    """A template of one page as a PNG picture."""
    parts = tuple(TEMPLATES / name for name in ("pieces.typ", template))
    compiler = typst.Compiler(
        input=_template(parts, tuple(part.stat().st_mtime_ns for part in parts)),
        font_paths=fonts.faces(fonts.folder()),
        ignore_system_fonts=True,
        sys_inputs={"document": data},
    )
    made = compiler.compile(format="png", ppi=ppi)
    assert isinstance(made, bytes)  # noqa: S101 - one page is one picture
    return made


def page_count(pdf: bytes) -> int:
    """Pages of a PDF that `compiled` made: their objects are never packed in PDF/A-2b as typst writes it."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@lru_cache(maxsize=4)
def _template(parts: tuple[Path, ...], _mtimes: tuple[int, ...]) -> bytes:
    return b"\n".join(part.read_bytes() for part in parts)


def blocks_data(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Blocks as a template reads them."""
    return [_block(block) for block in blocks]


def _document(document: Document) -> dict[str, Any]:
    return {
        "front": asdict(document.front),
        "back": asdict(document.back),
        "body": blocks_data(document.body),
        "annex": [_annex(annex) for annex in document.annex],
        "notice": document.notice,
        "lang": document.lang,
        "title": document.title,
    }


def _annex(annex: Annex) -> dict[str, Any]:
    return {
        "number": annex.number,
        "title": annex.title,
        "landscape": annex.landscape,
        "blocks": blocks_data(annex.blocks),
    }


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"is": "heading", "level": block.level, "number": block.number, "text": block.text}
    if isinstance(block, Paragraph):
        return {"is": "paragraph", "style": block.style, "runs": _runs(block.runs)}
    if isinstance(block, Chart):
        return {"is": "chart", "title": block.title, "svg": block.svg, "alt": block.alt, "note": block.note}
    return _table(block)


def _table(table: Table) -> dict[str, Any]:
    return {
        "is": "table",
        "title": table.title,
        "landscape": table.landscape,
        "columns": [{"label": column.label, "width": column.width} for column in table.columns],
        "rows": [{"heads": heads(row), "cells": _row(row, table)} for row in table.rows],
        "notes": [_runs(note) for note in table.notes],
    }


def _row(row: tuple[Any, ...], table: Table) -> list[dict[str, Any]]:
    made, at = [], 0
    for cell in row:
        made.append(
            {
                "text": "".join(_text(run) for run in cell.runs),
                "bold": cell.bold,
                "italic": cell.italic,
                "align": cell.align or table.columns[at].align,
                "span": cell.span,
            }
        )
        at += cell.span
    return made


def _runs(runs: tuple[Run, ...]) -> list[Any]:
    """Texts as they are; a footnote as the list of its texts."""
    return [[_text(part) for part in run.runs] if isinstance(run, Footnote) else _text(run) for run in runs]


def _text(run: str | Bound) -> str:
    return lao.printable(run.text if isinstance(run, Bound) else run)
