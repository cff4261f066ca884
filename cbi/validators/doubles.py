"""Doubles in constant memory: a filter that never misses one, and a second look that accuses nobody wrongly."""

from __future__ import annotations

from mmap import mmap
from zlib import crc32

_MASK = (1 << 26) - 1  # eight megabytes of bits, for a file of any size
LIMIT = 10_000


class Doubles:
    """Keys met so far. `add` is true when a key may have been met before; `suspects` are those keys.

    With a quarter of a million keys about one in a million is suspected wrongly: a second pass over the file
    settles it. Past `LIMIT` suspects no more are kept, and `overflow` says so.
    """

    def __init__(self) -> None:
        self._bits = mmap(-1, (_MASK + 1) // 8)  # of zeros; a page is there when it is touched: few, for few keys
        self.suspects: set[bytes] = set()
        self.overflow = False

    def add(self, key: bytes) -> bool:
        bits = self._bits
        one, two = crc32(key) & _MASK, crc32(key[::-1]) & _MASK
        one_mask, two_mask = 1 << (one & 7), 1 << (two & 7)
        if bits[one >> 3] & one_mask and bits[two >> 3] & two_mask:
            self._suspect(key)
            return True
        bits[one >> 3] |= one_mask
        bits[two >> 3] |= two_mask
        return False

    def _suspect(self, key: bytes) -> None:
        if len(self.suspects) < LIMIT:
            self.suspects.add(key)
        else:
            self.overflow = True
