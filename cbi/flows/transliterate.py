"""Letters that the standard does not admit, as the plain ones that banks put in their place."""

from __future__ import annotations

import unicodedata
from functools import cache

from cbi.fields import ADMITTED

_PLAIN = ADMITTED.decode()
# What has no decomposition and yet an obvious look-alike: quotes and dashes of word processors, Nordic letters.
_ALIKE = dict(zip("‘’´`“”«»–—ØøÆæŒœĐđŁłß", "''''\"\"\"\"--OoAaOoDdLls", strict=True))


@cache
def plain(char: str) -> str:
    """The admitted character that stands for another: the same letter without accent, or a blank."""
    if char in _PLAIN:
        return char
    if char in _ALIKE:
        return _ALIKE[char]
    parts = unicodedata.normalize("NFKD", char)
    return parts[0] if parts[0] in _PLAIN and all(map(unicodedata.combining, parts[1:])) else " "


def plain_bytes(content: bytes) -> bytes:
    """The same for the bytes of a record, as Windows writes them; as many as there were."""
    return "".join(map(plain, content.decode("cp1252", "replace"))).encode("ascii")
