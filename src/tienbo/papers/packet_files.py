"""A packet's paper → Word and PDF. The title stands in the body, so that Lao in it is written as Lao."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tienbo.papers.blocks import Document, Heading, Paragraph
from tienbo.papers.docx import docx_bytes
from tienbo.papers.pdf import pdf_bytes

TEMPLATE = Path(__file__).parent / "templates" / "packet.docx"


def packet_docx(document: Document) -> bytes:
    front = document.front
    title = (
        Paragraph((front.issuer,), "centred"),
        Heading(1, front.kind),
        Paragraph((front.subject,), "centred"),
        Paragraph((front.place_and_date,), "centred"),
    )
    return docx_bytes(replace(document, body=(*title, *document.body)), TEMPLATE)


def packet_pdf(document: Document) -> bytes:
    return pdf_bytes(document, "packet.typ")
