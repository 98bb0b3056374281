"""The words that stand in cells and are read back. They are part of the file's format, not of its translation:
a workbook handed out today must still be readable when somebody has found better words for the page."""

from __future__ import annotations

from collections.abc import Mapping

from tienbo.catalogue.definitions import Block, Text
from tienbo.catalogue.returns import Qualifier, Statement
from tienbo.core.words import fold

STATEMENT_WORDS: Mapping[Statement, Text] = {
    "nil": Text(vi="không phát sinh", en="none occurred"),
    "unchanged": Text(vi="không thay đổi", en="unchanged"),
    "not_applicable": Text(vi="không áp dụng", en="not applicable"),
}
QUALIFIER_WORDS: Mapping[Qualifier, Text] = {
    "estimate": Text(vi="ước", en="estimate"),
    "at_least": Text(vi="trên", en="at least"),
}
YES_NO_WORDS = (Text(vi="Không", en="No"), Text(vi="Có", en="Yes"))
"""By figure: 0 and 1."""

STATEMENTS_READ: Mapping[str, Statement] = {
    **{fold(word): statement for statement, text in STATEMENT_WORDS.items() for word in (text.vi, text.en)},
    fold("không thay đổi so với kỳ trước"): "unchanged",
}
QUALIFIERS_READ: Mapping[str, Qualifier] = {
    **{fold(word): qualifier for qualifier, text in QUALIFIER_WORDS.items() for word in (text.vi, text.en)},
    fold("ước tính"): "estimate",
    fold("ước thực hiện"): "estimate",
    fold("hơn"): "at_least",
    fold("chính thức"): "exact",
}


def statements_allowed(block: Block) -> tuple[Statement, ...]:
    """What a block may say instead of figures."""
    may: Mapping[Statement, bool] = {
        "nil": block.may_be_nil,
        "unchanged": block.may_be_unchanged,
        "not_applicable": block.may_not_apply,
    }
    return tuple(statement for statement, allowed in may.items() if allowed)
