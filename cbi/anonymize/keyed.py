"""Invented values in the place of true ones: whoever has the key gets the same for the same, nobody gets them back.

Everything follows from a keyed hash (HMAC-SHA256) of the value, so that two files made with one key agree. Codes are
shuffled among the codes of their shape, one to one: two that differed still differ. Amounts are in cents.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from functools import lru_cache

from cbi.validators.coordinates import codice_fiscale_expected, codice_fiscale_ok

ROUNDS = 8
LARGE = 6  # digits from which an amount no longer tells how many it has

_DIGITS, _UPPER, _LOWER = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_CONSONANTS, _VOWELS = b"BCDFGLMNPRSTVZ", b"AEIOU"
STRANGE = "À".encode("latin-1")  # stands for whatever the standard does not admit
_CORE = re.compile(rb"([ 0]*)(.*?)( *)", re.DOTALL)
_FEMALE = frozenset(b"4567QRST")  # first digit of the day of birth of a woman, also where a letter stands for it
_PADDING = b"00000"  # before a partita IVA where a codice fiscale has room
_PERSON = (*[_CONSONANTS] * 6, *[_DIGITS] * 2, b"ABCDEHLMPRST", b"012", b"123456789", b"ABCDEFGHIL", *[_DIGITS] * 3)


def _class(char: int) -> int:
    if char in _DIGITS:
        return ord("9")
    return ord("X") if char in _UPPER else ord("x") if char in _LOWER else char


_CLASSES = bytes(_class(char) if char < 0x80 else ord(STRANGE) for char in range(256))


def covered(raw: bytes) -> bytes:
    """What cannot be understood, with every letter and digit hidden: only its outline is left."""
    return raw.translate(_CLASSES)


class Chiave:
    """A secret, and the invented values that follow from it. What is blank or zero is left as it is by all of them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.code = lru_cache(maxsize=1 << 16)(self._code)
        self.account = lru_cache(maxsize=1 << 16)(self._account)
        self.name = lru_cache(maxsize=1 << 14)(self._name)
        self.amount = lru_cache(maxsize=1 << 14)(self._amount)

    def number(self, what: str, value: bytes, below: int) -> int:
        """A number from 0 that depends on the value and on what it is for."""
        digest = hmac.digest(self._secret, what.encode() + b"\0" + value, "sha256")
        return int.from_bytes(digest) % below

    def _name(self, value: bytes, size: int) -> bytes:
        """Two invented words for a text; as many as fill the `size` bytes of its columns, for one that fills them."""
        number = self.number("name", value, 1 << 128)
        made = bytearray()
        while len(made) < 12:
            number, letter = divmod(number, len(_CONSONANTS))
            number, vowel = divmod(number, len(_VOWELS))
            made += bytes((_CONSONANTS[letter], _VOWELS[vowel]))
        words = bytes(made[:6] + b" " + made[6:])
        if value != value.upper():
            words = words.title()
        if len(value) < size:
            return words[:size].rstrip(b" ")
        filling = (words + b" ") * (size // len(words) + 1)
        return filling[:size] if filling[size - 1 : size] != b" " else filling[: size - 1] + made[-1:]

    def _amount(self, cents: int) -> int:
        """Another amount: of as many digits when it is small, of six to eight when it has six or more."""
        if not cents:
            return 0
        value, digits = b"%d" % cents, len(str(cents))
        if digits >= LARGE:
            digits = LARGE + self.number("digits", value, 3)
        low: int = 10 ** (digits - 1)
        made = self.number("amount", value, 9 * low)
        return low + (made if low + made != cents else (made + 1) % (9 * low))

    def fiscal(self, code: bytes) -> bytes:
        """A codice fiscale or a partita IVA, sound, for one that is."""
        if len(code) == 11:
            made = b"%010d" % (1 + self._shuffled("iva", int(code[:10]) - 1, 10**10 - 1))
            return codice_fiscale_expected(made + b"0").encode()
        letters = [alphabet[self.number(f"cf{at}", code, len(alphabet))] for at, alphabet in enumerate(_PERSON)]
        letters[9] += 4 * (code[9] in _FEMALE)
        return codice_fiscale_expected(bytes(letters) + b"A").encode()

    def _code(self, raw: bytes) -> bytes:
        """A code of the same shape, in the same columns; a fiscal code for a fiscal code, wherever it stands."""
        for known in (raw.strip(b" "), raw.strip(b" ").removeprefix(_PADDING)):
            if codice_fiscale_ok(known):
                return raw.replace(known, self.fiscal(known))
        return self._account(raw)

    def _account(self, raw: bytes) -> bytes:
        """An account of the same shape, in the same columns, and the same with or without zeros before it."""
        match = _CORE.fullmatch(raw)
        if match is None:
            raise TypeError(raw)
        before, core, after = match.groups()
        number, size = 0, 1
        for char, alphabet in _alphabets(core):
            number, size = number * len(alphabet) + alphabet.index(char), size * len(alphabet)
        number = self._shuffled(f"code {covered(core).decode('latin-1')}", number, size)
        made = bytearray(covered(core))
        for at, (_, alphabet) in reversed(list(enumerate(_alphabets(core)))):
            number, digit = divmod(number, len(alphabet))
            if len(alphabet) > 1:
                made[at] = alphabet[digit]
        return b"".join((before, bytes(made), after))

    def _shuffled(self, what: str, number: int, size: int) -> int:
        """A number below `size`, one to one: a Feistel network, walked until it falls within."""
        if size < 2:
            return number
        half = ((size - 1).bit_length() + 1) // 2
        while True:
            left, right = divmod(number, 1 << half)
            for turn in range(ROUNDS):
                left, right = right, left ^ self.number(f"{turn} {size} {what}", b"%d" % right, 1 << half)
            number = left << half | right
            if number < size:
                return number


def _alphabets(core: bytes) -> Iterator[tuple[int, bytes]]:
    """Each character of a code with those that may take its place; a first digit is never zero."""
    for at, char in enumerate(core):
        if char in _DIGITS:
            yield char, _DIGITS if at else _DIGITS[1:]
        else:
            yield char, _UPPER if char in _UPPER else _LOWER if char in _LOWER else bytes((char,))
