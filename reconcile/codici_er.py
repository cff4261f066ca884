"""The diagnostic codes of a refused flow (ER), and how they are found in a body whose layout is not public."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cbi.validators.tables import er_codes

_TOKEN = re.compile(rb"(?<![0-9A-Za-z])(?:\d{3}|XXX)(?![0-9A-Za-z])")


def codes_in(lines: Iterable[bytes]) -> list[str]:
    """The known codes that stand alone in the body records of an ER frame, each once, in the order met."""
    found = (token.decode() for line in lines for token in _TOKEN.findall(line))
    return [code for code in dict.fromkeys(found) if code in er_codes()]


def meaning(code: str) -> tuple[str, str]:
    """What a code means, in Italian and English; empty for one that the table does not hold."""
    row = er_codes().get(code, {})
    return row.get("meaning_it", ""), row.get("meaning_en", "")
