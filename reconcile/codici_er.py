"""The diagnostic codes of a refused flow (ER), and how they are found in a body whose layout is not public."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cbi.validators.tables import er_codes

_TOKEN = re.compile(rb"(?<![0-9A-Za-z])(?:\d{3}|XXX)(?![0-9A-Za-z])")


def places(lines: Iterable[tuple[int, bytes]]) -> dict[str, int]:
    """The known codes that stand alone in the numbered body records of an ER frame, each with its first line."""
    found: dict[str, int] = {}
    for number, line in lines:
        for token in _TOKEN.findall(line):
            found.setdefault(token.decode(), number)
    return {code: number for code, number in found.items() if code in er_codes()}


def codes_in(lines: Iterable[bytes]) -> list[str]:
    """The same, without their lines, in the order met."""
    return list(places(enumerate(lines)))


def meaning(code: str) -> tuple[str, str]:
    """What a code means, in Italian and English; empty for one that the table does not hold."""
    row = er_codes().get(code, {})
    return row.get("meaning_it", ""), row.get("meaning_en", "")


def in_words(codes: Iterable[str], lang: str) -> str:
    """Codes with their meaning, in "it" or "en": `050 mancata quadratura; XXX ...`."""
    return "; ".join(f"{code} {meaning(code)[lang == 'en']}".rstrip() for code in codes)
