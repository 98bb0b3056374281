"""Both languages: nothing marked is without Vietnamese, and what is said is said in the words of the glossary."""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import pkgutil
import re
import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tienbo.catalogue.definitions import Text
from tienbo.catalogue.loading import PACKS, read
from tienbo.catalogue.rules.walk import definitions, parts
from tienbo.core.faults import SENTENCES
from tienbo.core.messages import LANGUAGES, LOCALE_DIR, gettext, speaking
from tienbo.project import cli

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "tienbo"

FORBIDDEN = {
    "trả lại": "đề nghị bổ sung",
    "chấp nhận": "tiếp nhận",
    "vi phạm": "chưa đáp ứng",
    "giao nhiệm vụ": "đề nghị phối hợp",
    "minh chứng": "tài liệu kiểm chứng",
    "phần trăm điểm": "điểm phần trăm",
    "dữ liệu mẫu": "số liệu minh họa",
}
"""Words the offices do not want to read (the glossary says why), beside those that are said instead."""

NEW_TONES = re.compile(
    r"\b\w*(?:o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])\b",
    re.IGNORECASE,
)
""" "hoà", "thuỷ": the pack and the catalogue write hòa, thủy."""


@cache
def catalogue() -> Catalog:
    with (LOCALE_DIR / "vi" / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale="vi")


def messages() -> list[tuple[str, str]]:
    """(id, Vietnamese text) of the catalogue; of a plural, every form."""
    found = []
    for message in catalogue():
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        found += [(ids[-1], text) for text in texts]
    return found


@cache
def script() -> Any:
    loader = SourceFileLoader("scripts_messages", str(ROOT / "scripts" / "messages"))
    spec = spec_from_loader("scripts_messages", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def pack_texts() -> Iterator[tuple[str, str]]:
    """(where, Vietnamese) for every text of the pack."""
    edition, _faults = read(PACKS / "vn")
    for kind, code, made in definitions(edition):
        for where, part in parts(made):
            if isinstance(part, Text):
                yield f"{kind} {code} {where}", part.vi


# ------------------------------------------------------------------------------------------- the catalogue


def test_every_marked_message_has_a_vietnamese_text() -> None:
    assert script().missing() == []


def test_the_catalogue_has_enough_messages_to_be_the_whole_programs() -> None:
    assert len(messages()) > 450


def test_no_text_is_a_guess_or_a_leftover() -> None:
    assert [message.id for message in catalogue() if message.fuzzy and message.id] == []
    assert list(catalogue().obsolete) == []


def fields(text: str) -> set[str]:
    """The places of a message: {name}, {0}, %(name)s, %s."""
    percent = set(re.findall(r"%\(\w+\)[a-z]|%[rsd]\b", text))
    braces = {f"{{{name}}}" for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return percent | braces


def test_a_text_has_the_places_of_its_message_and_no_others() -> None:
    assert [(one, text) for one, text in messages() if fields(one) != fields(text)] == []


def test_the_rule_of_places_finds_a_lost_one() -> None:
    assert fields("{count} of %(x)s, %s") == {"{count}", "%(x)s", "%s"}
    assert fields("{count} of 30%") == {"{count}"}


def test_a_text_is_a_sentence_where_its_message_is_one() -> None:
    """Stops, colons, and what stands before and after a message that is joined to others ("usage: ")."""
    wrong = [
        (one, text)
        for one, text in messages()
        if one != "No."  # the heading of a column of numbers, "TT"
        and (_stop(one) != _stop(text) or one[:1].isspace() != text[:1].isspace())
    ]
    assert wrong == []


def _stop(text: str) -> str:
    match = re.search(r"[.:]?\s*\Z", text)
    assert match is not None
    return match.group()


def test_a_text_is_not_the_english_again() -> None:
    names_of_formats = {"PDF", "JPEG", "PNG"}
    assert [one for one, text in messages() if one == text and _words(one) and one not in names_of_formats] == []


def _words(text: str) -> str:
    """What a message says beside its places."""
    return "".join(re.findall(r"[^\W\d_]", re.sub(r"\{\w*\}|%\(\w+\)s", "", text)))


@pytest.mark.parametrize("texts", [messages, lambda: list(pack_texts())], ids=["catalogue", "pack"])
class TestVietnameseTexts:
    def test_are_composed_letters(self, texts: Any) -> None:
        assert [text for _, text in texts() if not unicodedata.is_normalized("NFC", text)] == []

    def test_never_use_a_word_the_offices_do_not_want(self, texts: Any) -> None:
        found = [(word, where, text) for where, text in texts() for word in FORBIDDEN if word in text.casefold()]
        assert found == []

    def test_put_their_tones_in_one_place(self, texts: Any) -> None:
        assert [(where, match.group()) for where, text in texts() for match in NEW_TONES.finditer(text)] == []

    def test_have_single_blanks_and_no_foreign_letter(self, texts: Any) -> None:
        blanks = {"No.:        /{symbol}", "{place}, day      month      year {year}"}  # filled in by hand
        wrong = [
            text
            for where, text in texts()
            if where not in blanks
            and not re.match(r"Số: {2,}", text)
            and ("  " in text or "\u00a0" in text or ("Ð" in text and "U+00D0" not in text))
        ]
        assert wrong == []


def test_the_rule_of_tones_knows_both_ways_of_writing() -> None:
    assert [bool(NEW_TONES.search(word)) for word in ("hoà", "Thuỷ", "tuỳ", "xoá", "khoẻ")] == [True] * 5
    assert [bool(NEW_TONES.search(word)) for word in ("hòa", "toàn", "quý", "Quỳnh", "thuyết", "quỹ")] == [False] * 6


def test_the_words_of_the_glossary_are_those_that_are_said() -> None:
    said = {
        "supplement asked for": "đề nghị bổ sung",
        "received": "đã tiếp nhận",
        "not satisfied yet": "chưa đáp ứng",
        "not met yet": "chưa đạt",
        "met": "đạt",
        "% points": "điểm phần trăm",
        "not yet due for collection": "chưa đến kỳ thu thập",
        "not yet comparable": "chưa so sánh được",
        "none occurred": "không phát sinh",
        "unchanged since the last period": "không thay đổi so với kỳ trước",
        "not applicable": "không áp dụng",
        "not reported": "chưa báo cáo",
        "Illustrative figures": "Số liệu minh họa",
        "Person who prepares the return": "Người lập biểu",
        "Head of the unit": "Thủ trưởng đơn vị",
    }
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").casefold()
    with speaking("vi"):
        assert {message: gettext(message) for message in said} == said
    assert [word for word in said.values() if word.casefold() not in glossary] == []


def test_official_paper_has_the_words_of_decree_30_of_2020() -> None:
    """Appendix I of NĐ 30/2020/NĐ-CP: the national name and motto, the number left to the registry, place and date."""
    with speaking("vi"):
        assert gettext("SOCIALIST REPUBLIC OF VIET NAM") == "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
        assert gettext("Independence - Freedom - Happiness") == "Độc lập - Tự do - Hạnh phúc"
        assert re.fullmatch(r"Số: +/\{symbol\}", gettext("No.:        /{symbol}"))
        assert gettext("REPORT") == "BÁO CÁO"
        assert gettext("Recipients:") == "Nơi nhận:"
        assert gettext("Annex").upper() == "PHỤ LỤC"
        assert gettext("Part {number}") == "Phần {number}"
        dated = gettext("{place}, day {day} month {month} year {year}")
        assert dated.format(place="Vinh", day="05", month="6", year=2026) == "Vinh, ngày 05 tháng 6 năm 2026"


# ---------------------------------------------------------------------------------------------- the faults


def modules() -> list[str]:
    """Every module below Django; those above register when the project's apps are loaded."""
    import tienbo

    found = [module.name for module in pkgutil.walk_packages(tienbo.__path__, "tienbo.")]
    return [name for name in found if ".migrations" not in name]


def everything_worded() -> dict[str, str]:
    for name in modules():
        importlib.import_module(name)
    # Another test of this process may have worded codes of its own.
    return {code: sentence for code, sentence in SENTENCES.items() if not code.startswith("test.")}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def literals() -> dict[str, set[str]]:
    """Every text literal of the source → the files it stands in, the tables of sentences left out."""
    found: dict[str, set[str]] = {}
    for path, tree in trees():
        worded = {
            id(key)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "worded"
            for table in call.args
            if isinstance(table, ast.Dict)
            for key in table.keys
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in worded:
                found.setdefault(node.value, set()).add(path.name)
    return found


def raised() -> set[str]:
    """Literals given as the code of a fault."""
    codes = set()
    for _path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in {"Fault", "found", "doubted", "_fault", "_bad", "_refused"}:
                given = (one.value for one in node.args if isinstance(one, ast.Constant))
                codes |= {one for one in given if isinstance(one, str) and re.fullmatch(r"[a-z]+(\.[a-z_0-9]+)+", one)}
    return {code for code in codes if not code.endswith(".yaml")}  # the place of a fault


def test_every_fault_that_is_raised_has_a_sentence() -> None:
    codes = raised()
    assert len(codes) > 100
    assert sorted(codes - everything_worded().keys()) == []


def test_every_sentence_is_of_a_fault_that_can_be_raised() -> None:
    assert sorted(everything_worded().keys() - literals().keys()) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_can_be_said(lang: str) -> None:
    with speaking(lang):
        for code, sentence in everything_worded().items():
            names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
            made = gettext(sentence).format_map({name: f"«{name}»" for name in names})
            assert made.strip(), code
            assert all(f"«{name}»" in made for name in names), (code, made)


def test_every_sentence_is_marked_for_translation() -> None:
    known = {one for one, _text in messages()}
    assert sorted(sentence for sentence in everything_worded().values() if sentence not in known) == []


def test_every_choice_of_a_model_is_marked_for_translation() -> None:
    known = {one for one, _text in messages()}
    labels = []
    for path, tree in trees():
        for node in ast.walk(tree):
            bases = {getattr(base, "attr", getattr(base, "id", "")) for base in getattr(node, "bases", ())}
            if not isinstance(node, ast.ClassDef) or not bases & {"TextChoices", "IntegerChoices"}:
                continue
            for member in node.body:
                if not isinstance(member, ast.Assign):
                    continue
                assert isinstance(member.value, ast.Tuple), f"{path.name}: {ast.unparse(member)} has no label"
                label = member.value.elts[-1]
                assert isinstance(label, ast.Call), f"{path.name}: {ast.unparse(member)} is not marked"
                assert getattr(label.func, "id", "") in {"N_", "_"}
                labels.append(ast.literal_eval(label.args[0]))
    assert len(labels) >= 9
    assert [label for label in labels if label not in known] == []


# -------------------------------------------------------------------------------------------- the commands


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from commands(below)


def helps(lang: str) -> dict[str, str]:
    """Command and option → its help, in a language."""
    with speaking(lang):
        found = {}
        for command in commands(cli.parser()):
            assert command.format_help().startswith(gettext("usage: "))
            for action in command._actions:
                name = f"{command.prog} {action.option_strings or action.dest}"
                found[name] = action.help or ""
                if isinstance(action, argparse._SubParsersAction):
                    found |= {f"{command.prog} {one.dest}": one.help or "" for one in action._choices_actions}
        return found


def test_every_command_and_option_says_what_it_is_in_both_languages() -> None:
    vietnamese, english = helps("vi"), helps("en")
    assert vietnamese.keys() == english.keys()
    assert len(vietnamese) > 60
    unsaid = {name for name, words in vietnamese.items() if not words}
    assert {name for name in unsaid if not _is_plain(name)} == set()
    same = {
        name: words for name, words in vietnamese.items() if words == english[name] and re.search("[a-z]{4}", words)
    }
    assert {name: words for name, words in same.items() if words not in (".docx", ".docx, .pdf")} == {}


def _is_plain(name: str) -> bool:
    """A place that its name on the usage line explains: a folder, files, the group of commands itself."""
    return name.rsplit(" ", maxsplit=1)[-1] in {"dir", "files", "command", "==SUPPRESS=="}


PROGRAMMERS = re.compile(
    r"conflict|callable|positional|\.__call__|dest=|prefix_chars|merge actions|mutually|subparser|"
    r"unexpected option string|mode %r|can't open|deprecated|warning|default: %"
)
"""Of argparse's words, those that only who writes a command reads (and "positional arguments", a heading, below)."""


def test_what_argparse_of_this_python_says_to_people_is_in_the_catalogue() -> None:
    known = {one for one, _text in messages()}
    tree = ast.parse(inspect.getsource(argparse))
    said = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_" and isinstance(node.args[0], ast.Constant)
    }
    assert "positional arguments" in known
    assert "usage: " in said
    unknown = {words for words in said - known if not PROGRAMMERS.search(words) and words != "subcommands"}
    assert unknown == set()


@pytest.mark.parametrize("wrong", [["report", "--kind", "x"], ["values"], ["nothing"], ["check", "--json=1"], ["site"]])
def test_a_wrong_command_is_answered_in_vietnamese(
    wrong: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIENBO_LANG", raising=False)
    with pytest.raises(SystemExit) as left:
        cli.main(wrong)
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert said.startswith("cách dùng: ")
    assert "lỗi: " in said
    english = r"\b(usage|error|argument|required|invalid|choice|choose|unrecognized|ignored)\b"
    assert re.search(english, said) is None


def test_no_message_is_marked_inside_another_text() -> None:
    """What is marked inside an f-string is not collected, and would be said in English."""
    found = [
        (path.name, call.lineno)
        for path in SOURCE.rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "N_", "gettext")
        if any(isinstance(given, ast.Constant) for given in call.args)
    ]
    assert found == []
