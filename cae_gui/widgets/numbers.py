"""Numbers as people write them: both decimal signs, exponents, and the digits of all scripts."""

from __future__ import annotations

import re
import unicodedata

from PySide6.QtCore import QLocale

_SIGNS = {
    **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\uff0d\ufe63", "-"),
    **dict.fromkeys("\uff0b\ufe62", "+"),
    **dict.fromkeys("\u066b\uff0e", "."),
    **dict.fromkeys("\u060c\uff0c", ","),
    **dict.fromkeys("\u066c\u2019\u02bc\uff07`\u00b4", "'"),
}
_POWER = re.compile(r"[x\u00d7*\u00b7]10(?:\^|\*\*)", re.IGNORECASE)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_GROUPED = r"[+-]?[1-9]\d{{0,2}}(?:{0}\d{{3}})+"


WINDOW_LOCALE = QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)
"""How the window writes numbers: as its texts do. Reading takes other ways of writing, too."""


def counted(count: int, one: str, more: str = "") -> str:
    """Return how many there are of something: “1 face”, “1,000 faces”."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def read_number(text: str, locale: QLocale) -> float | None:
    """Return the number that a text means, or None where it means none or could mean two.

    The locale's own decimal sign always is one. The other of “.” and “,” is one as well, unless
    it could part thousands there, as in “1,234” in English.
    """
    plain = _as_ascii(text, locale)
    body, exponent = re.fullmatch(r"([^eE]*)([eE].*)?", plain, re.DOTALL).groups("")  # type: ignore[union-attr]
    body = _with_point(body, _decimal_sign(locale), locale)
    if not _PLAIN.fullmatch(body + exponent):
        return None
    number = float(body + exponent)
    return number if abs(number) < float("inf") else None


def _as_ascii(text: str, locale: QLocale) -> str:
    """Return the text with ASCII digits and signs; spaces within it become one sign each."""
    kept = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()
    own = "".join(sign for sign in locale.exponential() if unicodedata.category(sign) != "Cf")
    if own.lower() not in ("e", ""):
        kept = kept.replace(own, "e")
    signs = []
    for sign in kept:
        digit = unicodedata.decimal(sign, None)
        other = "_" if sign == "_" else " " if sign.isspace() else _SIGNS.get(sign, sign)
        signs.append(other if digit is None else str(digit))
    joined = "".join(signs)
    # Spaces around signs part nothing: “3 · 10^-3”, “- 5”, “3 e-3”.
    joined = re.sub(r" ?([eE^*x\u00d7\u00b7+-]) ?", r"\1", joined)
    return _POWER.sub("e", joined)


def _decimal_sign(locale: QLocale) -> str:
    return _SIGNS.get(locale.decimalPoint(), locale.decimalPoint())


def _group_sign(locale: QLocale) -> str:
    sign = locale.groupSeparator()
    return " " if sign.isspace() else _SIGNS.get(sign, sign)


def _with_point(body: str, own: str, locale: QLocale) -> str:
    """Return the part before an exponent with “.” for the decimal sign, and without groups."""
    points = [sign for sign in body if sign in ".,"]
    if len(set(points)) == 2 and points.count(points[-1]) == 1:  # “1.234,5”, “1,234.5”
        whole, _, rest = body.rpartition(points[-1])
        return _ungrouped(whole) + "." + rest
    if len(points) != 1:
        return _ungrouped(body)
    [sign] = points
    whole, _, rest = body.partition(sign)
    if sign != own and _may_part_thousands(sign, own, locale) and _is_grouped(body, sign):
        return ""  # two meanings
    return _ungrouped(whole) + "." + rest


def _may_part_thousands(sign: str, own: str, locale: QLocale) -> bool:
    return sign == "," or (own == "," and _group_sign(locale) == sign)


def _is_grouped(text: str, sign: str) -> bool:
    return re.fullmatch(_GROUPED.format(re.escape(sign)), text, re.ASCII) is not None


def _ungrouped(text: str) -> str:
    """Return the text without the signs between groups of three digits, if all are the same."""
    parting = {sign for sign in text if sign in " '.,"}
    if len(parting) == 1 and _is_grouped(text, *parting):
        return text.replace(parting.pop(), "")
    return text
