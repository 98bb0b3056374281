"""Vietnamese letters, names and numbers. The dictionary order below was worked out by hand, word by word."""

from __future__ import annotations

import random
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.core import words
from tienbo.core.messages import speaking

VOWELS = "aăâeêioôơuưy"
CONSONANTS = "bcdđghklmnpqrstvx"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
TONED = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES]
LETTERS = [*TONED, *CONSONANTS]
ALPHABET = LETTERS + [letter.upper() for letter in LETTERS]


def test_the_alphabet_has_every_letter_once() -> None:
    assert len(TONED) == 72
    assert len(ALPHABET) == len(set(ALPHABET)) == 2 * (72 + 17)
    assert all(len(letter) == 1 for letter in ALPHABET)


@pytest.mark.parametrize("letter", ALPHABET)
def test_every_letter_folds_to_one_plain_letter_composed_or_not(letter: str) -> None:
    folded = words.fold(letter)
    assert folded in set("abcdeghiklmnopqrstuvxy")
    assert words.fold(unicodedata.normalize("NFD", letter)) == folded
    assert words.sort_key(unicodedata.normalize("NFD", letter)) == words.sort_key(letter)
    assert words.nfc(unicodedata.normalize("NFD", letter)) == letter


def in_order(texts: list[str], seed: int = 7) -> list[str]:
    """The texts sorted by their key, after shuffling."""
    shuffled = random.Random(seed).sample(texts, len(texts))  # noqa: S311 - an order, not a secret
    return sorted(shuffled, key=words.sort_key)


def test_letters_sort_as_the_alphabet_and_tones_as_the_dictionary() -> None:
    expected = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
    assert in_order(expected) == expected
    assert in_order(TONED) == TONED


DICTIONARY = [
    "1A",
    "An Giang",
    "An Nhơn",
    "Anh Sơn",
    "ao",
    "áo",
    "ăn",
    "âm",
    "Bà Rịa",  # the letters of the whole name decide before any tone: r before v
    "Ba Vì",
    "Bắc Kạn",
    "Bắc Ninh",
    "Cà Mau",
    "Cao Bằng",
    "da",
    "dạ",
    "Duy Xuyên",
    "Dương Minh Châu",
    "Đà Lạt",
    "Đà Nẵng",
    "Đak Đoa",
    "Đắk Lắk",
    "Đắk Nông",
    "Điện Biên",
    "Đồng Nai",
    "Đồng Tháp",
    "Khu phố 1",
    "Khu phố 2",
    "ma",
    "mà",
    "mả",
    "mã",
    "má",
    "mạ",
    "mai",
    "mang",
    "măng",
    "mâm",
    "mâu",
    "mẫu",
    "mậu",
    "me",
    "mê",
    "mệ",
    "mo",
    "mô",
    "mơ",
    "mua",
    "mùa",
    "mưa",
    "Quảng Nam",
    "Quảng Ngãi",
    "Quảng Ninh",
    "Quỳ Châu",
    "Quy Nhơn",
    "Thái Bình",
    "Thanh Chương",
    "Thành Nam",
    "Thu Cúc",
    "Thừa Thiên",
    "Vĩnh Long",
    "Yên Bái",
]


@pytest.mark.parametrize("seed", range(5))
def test_hard_words_sort_as_in_a_vietnamese_dictionary(seed: int) -> None:
    assert in_order(DICTIONARY, seed) == DICTIONARY


def test_a_tone_without_a_vowel_is_no_letter() -> None:
    assert in_order(["bb", "b\u0300", "b"]) == ["b", "b\u0300", "bb"]


def test_case_blanks_and_composition_do_not_change_the_order() -> None:
    assert words.sort_key("  ĐÀ  NẴNG ") == words.sort_key(unicodedata.normalize("NFD", "đà nẵng"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Quỳnh Lưu", "quynh luu"),
        ("ĐẶNG Thị Ngọc Thịnh", "dang thi ngoc thinh"),
        ("Ðồng Nai", "dong nai"),  # U+00D0, as old fonts type it
        ("  Thừa\u00a0Thiên\u200b Huế ", "thua thien hue"),
        ("Đắk Lắk", "dak lak"),
    ],
)
def test_a_search_key_has_no_vietnamese_marks(text: str, key: str) -> None:
    assert words.fold(text) == key
    assert words.fold(unicodedata.normalize("NFD", text)) == key


@pytest.mark.parametrize("text", ["ແມ່ຍິງ", "ຄວາມກ້າວໜ້າ", "ຂ່າ", "ຊຽງຂວາງ"])
def test_lao_keeps_its_tone_marks_in_a_search_key(text: str) -> None:
    assert words.fold(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hoà Bình", "Hòa Bình"),
        ("Thuỷ Nguyên", "Thủy Nguyên"),
        ("HOÁ SƠN", "hóa sơn"),
        ("Ðức  Thọ", "Đức Thọ"),
        ("Khoái Châu", unicodedata.normalize("NFD", "khoái châu")),
        ("Quỳ Hợp", "Qùy Hợp"),
    ],
)
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert words.same_name(one) == words.same_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hòa", "Hóa"), ("Hoa", "Hòa"), ("Lê", "Le"), ("Tân An", "Tấn An"), ("Dương", "Đương"), ("Hòa An", "Hoa Àn")],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert words.same_name(one) != words.same_name(other)


@given(st.text(alphabet=[*ALPHABET, " ", "-", "1", "\u00a0"]))
def test_keys_are_stable_under_composition_and_cleaning(text: str) -> None:
    for key in (words.fold, words.same_name, words.sort_key):
        assert key(unicodedata.normalize("NFD", text)) == key(text) == key(words.clean(text))  # type: ignore[operator]
    assert words.fold(words.fold(text)) == words.fold(text)


@pytest.mark.parametrize(
    ("value", "places", "vi", "en"),
    [
        (Decimal("1234.5"), None, "1.234,5", "1,234.5"),
        (2450, None, "2.450", "2,450"),
        (Decimal("1234567"), None, "1.234.567", "1,234,567"),
        (Decimal("41.50"), None, "41,5", "41.5"),
        (Decimal("100"), None, "100", "100"),
        (Decimal("1E+3"), None, "1.000", "1,000"),
        (0.1, None, "0,1", "0.1"),
        (Decimal("27.25"), 1, "27,3", "27.3"),
        (Decimal("27.35"), 1, "27,4", "27.4"),
        (Decimal("2.5"), 0, "3", "3"),
        (Decimal("-2.5"), 0, "-3", "-3"),
        (Decimal("0.5"), 0, "1", "1"),
        (Decimal("-0.04"), 1, "0,0", "0.0"),
        (Decimal("-0.4"), 0, "0", "0"),
        (Decimal("-0.00"), None, "0", "0"),
        (Decimal("999.95"), 1, "1.000,0", "1,000.0"),
        (3, 1, "3,0", "3.0"),
    ],
)
def test_a_number_is_written_as_its_reader_writes_it(value: Decimal, places: int | None, vi: str, en: str) -> None:
    with speaking("vi"):
        assert words.number(value, places) == vi
    with speaking("en"):
        assert words.number(value, places) == en


def test_three_of_eleven_is_27_3_per_cent() -> None:
    with speaking("vi"):
        assert words.percent(Decimal(3) / Decimal(11)) == "27,3%"
        assert words.percent(Decimal(1), 0) == "100%"


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4), st.integers(0, 3))
def test_rounding_is_never_further_than_half_a_unit_and_goes_away_from_zero(value: Decimal, places: int) -> None:
    unit = Decimal(1).scaleb(-places)
    rounded = words.rounded(value, places)
    assert abs(rounded - value) <= unit / 2
    if abs(rounded - value) == unit / 2:
        assert abs(rounded) > abs(value)
    assert words.rounded(-value, places) == -rounded


@pytest.mark.parametrize(
    ("on", "written"),
    [
        (date(2026, 2, 5), "05/02/2026"),
        (date(2026, 6, 5), "05/6/2026"),
        (date(2025, 7, 1), "01/7/2025"),
        (date(2026, 11, 20), "20/11/2026"),
        (date(2026, 1, 31), "31/01/2026"),
        (None, ""),
    ],
)
def test_a_day_is_written_as_official_papers_write_it(on: date | None, written: str) -> None:
    for lang in ("vi", "en"):
        with speaking(lang):
            assert words.day_words(on) == written


def test_a_moment_is_its_time_and_its_day() -> None:
    assert words.moment_words(datetime(2026, 6, 5, 9, 7)) == "09:07 05/6/2026"
    assert words.moment_words(None) == ""


def test_no_other_room_writes_days_its_own_way() -> None:
    rooms = Path(words.__file__).parents[1]
    files = [path for path in rooms.rglob("*") if path.suffix in (".py", ".html") and "formats" not in path.parts]
    own = re.compile(r"%d/%m|\|date:.[^Y]*d/m|\.month:02d")
    assert [path.name for path in files if own.search(path.read_text("utf-8"))] == ["words.py"]


def test_a_day_is_read_day_first_and_nothing_is_guessed() -> None:
    for text in ("5/6/2026", "05/06/2026", "05.6.2026", "5-06-2026", " 05/6/2026 ", "2026-06-05"):
        assert words.day_of(text) == date(2026, 6, 5), text
    for text in ("", "31/6/2026", "5/6/26", "6/2026", "5/6/2026 8:00", "٥/٦/٢٠٢٦", "2026-6-5", "hôm nay"):
        assert words.day_of(text) is None, text


def test_roman_numerals_number_as_many_annexes_as_there_are() -> None:
    told = {1: "I", 4: "IV", 9: "IX", 13: "XIII", 19: "XIX", 40: "XL", 48: "XLVIII", 99: "XCIX", 140: "CXL"}
    assert {count: words.roman(count) for count in told} == told
    with pytest.raises(ValueError, match="0"):
        words.roman(0)
