"""One byte form for structured data, so that the same facts always hash the same."""

import json
from datetime import date, datetime
from typing import Any

from ledger.schema import instant


def canonical(value: Any) -> str:
    """JSON in ASCII with sorted keys and no blanks: text, integers, booleans, null, lists, objects; days and
    instants as ISO text (instants in UTC). TypeError for anything else, floats first of all."""
    return _ENCODER.encode(_plain(value))


def is_canonical(text: str) -> bool:
    """Whether a text is the canonical form of what it says. Raises ValueError, TypeError or RecursionError for one
    that is no structured data, or holds floats."""
    return _ENCODER.encode(_DECODER.decode(text)) == text


def _no_float(text: str) -> Any:
    raise TypeError(f"no canonical form for {text}")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)


def _plain(value: Any) -> Any:
    match value:
        case str() | int() | None:  # a bool is an int
            return value
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            return {_key(key): _plain(item) for key, item in value.items()}
    raise TypeError(f"no canonical form for {type(value).__name__}")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key must be text, not {type(key).__name__}")
    return key
