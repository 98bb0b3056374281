"""T33 on paper: what units write stands in Word, PDF and page as they wrote it, and does nothing."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pypdf
import pytest
from lxml import html
from tests.fuzz.payloads import PAYLOADS
from tests.papers.a_province import report, said

from tienbo.core.words import clean
from tienbo.papers.docx import docx_bytes
from tienbo.papers.html import Addresses, body_html
from tienbo.papers.pdf import pdf_bytes

UNITS = 6
"""Of which so many are printed in one paragraph of a report."""
NOWHERE = Addresses(figure=lambda _key: "", chart=lambda _number: "")


def close(text: str) -> str:
    """Without blanks and marks that a line may break or change at."""
    return re.sub(r"[\s\u00ad\u200b-]+", "", text)


@pytest.mark.proof
def test_what_units_wrote_is_text_in_word_pdf_and_page() -> None:
    assert len(PAYLOADS) == 300
    groups = [PAYLOADS[n::UNITS] for n in range(UNITS)]
    harmless = report(texts=tuple(said("highlight", f"Xã {n}", f"Chữ {n}") for n in range(UNITS)))
    paper = report(texts=tuple(said("highlight", f"Xã {n}", " ¦ ".join(one)) for n, one in enumerate(groups)))
    word, pdf, page = docx_bytes(paper), pdf_bytes(paper), body_html(paper, NOWHERE)
    told = close(" ".join(one.text for one in docx.Document(io.BytesIO(word)).element.body.iter() if one.text))
    printed = close("".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages))
    shown = html.fromstring(page)
    read = close(" ".join(shown.itertext()))
    for text in PAYLOADS:
        wanted = close(clean(text))
        assert wanted in told, text
        assert wanted in read, text
        assert wanted in printed, text
    with zipfile.ZipFile(io.BytesIO(word)) as package, zipfile.ZipFile(io.BytesIO(docx_bytes(harmless))) as other:
        assert package.namelist() == other.namelist()
        for name in package.namelist():
            if name.endswith(".rels"):
                assert package.read(name) == other.read(name), name
    for mark in (b"/JavaScript", b"/JS", b"/Launch", b"/SubmitForm", b"/EmbeddedFile", b"/URI"):
        assert mark not in pdf or mark in pdf_bytes(harmless), mark
    plain = html.fromstring(body_html(harmless, NOWHERE))
    assert {(one.tag, *sorted(one.attrib)) for one in shown.iter()} == {
        (one.tag, *sorted(one.attrib)) for one in plain.iter()
    }
