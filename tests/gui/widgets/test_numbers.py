from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale

from cae_gui.widgets.numbers import read_number

LANGUAGES = ["en", "de", "fr", "ru", "ar"]
DIGITS = {
    "ASCII": "0123456789",
    "Arabic": "٠١٢٣٤٥٦٧٨٩",
    "Persian": "۰۱۲۳۴۵۶۷۸۹",
    "Devanagari": "०१२३४५६७८९",
    "fullwidth": "".join(chr(0xFF10 + digit) for digit in range(10)),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.003", 0.003),
        ("0,003", 0.003),
        (".5", 0.5),
        (",5", 0.5),
        ("5.", 5.0),
        ("3e-3", 0.003),
        ("3E-3", 0.003),
        ("3,5e-3", 0.0035),
        ("3.5e+2", 350.0),
        ("3·10^-3", 0.003),
        ("3 × 10^−3", 0.003),
        ("−1", -1.0),
        ("+1,5", 1.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1’234.5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1,234,567", 1234567.0),
        ("12.3456", 12.3456),
        ("\u200e0.25\u200f ", 0.25),
        ("٠٫٠٠٣", 0.003),
    ],
)
def test_numbers_with_one_meaning_are_read_in_every_language(
    text: str, number: float, language: str
) -> None:
    assert read_number(text, QLocale(language)) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.2.3", "1,2,3", "1 2", "0x10", "1_000", "e5", "3e", "--1", "nan", "inf", "1e999",
     "10³", "½", "1,23,456.7,8", "0.5 or 1", "5e1.5", "."],
)  # fmt: skip
def test_anything_else_is_no_number(text: str, language: str) -> None:
    assert read_number(text, QLocale(language)) is None


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("1,234", "en", None),
        ("1.234", "en", 1.234),
        ("1.234", "de", None),
        ("1,234", "de", 1.234),
        ("1,234", "fr", 1.234),
        ("1.234", "fr", 1.234),
        ("0,234", "en", 0.234),
        ("1,2345", "en", 1.2345),
        ("1,234", "ar", None),
    ],
)
def test_what_could_be_two_numbers_is_none(text: str, language: str, number: float | None) -> None:
    assert read_number(text, QLocale(language)) == number


@pytest.mark.parametrize("script", DIGITS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_digits_of_all_scripts(script: str, language: str) -> None:
    digits = DIGITS[script]
    own = str.maketrans("0123456789", digits)
    assert read_number("0.0625".translate(own), QLocale(language)) == 0.0625
    assert read_number("987".translate(own), QLocale(language)) == 987
