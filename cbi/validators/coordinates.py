"""Check characters: codice fiscale, partita IVA, CIN of the Italian BBAN, check digits of the IBAN and of the
SEPA creditor identifier.

Written over `bytes.translate` because they run on every order of large files; python-stdnum and schwifty are the
oracles of their tests.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# DM 23/12/1976, tables of the characters in odd and even position; the CIN of the BBAN uses the same two.
_ODD_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _table(letters: tuple[int, ...]) -> bytes:
    table = bytearray(256)
    for value, letter in enumerate(_LETTERS):
        table[letter] = letters[value]
        if value < 10:
            table[ord("0") + value] = letters[value]
    return bytes(table)


_ODD = _table(_ODD_VALUES)
_EVEN = _table(tuple(range(26)))
_LUHN_PLAIN = bytes((c - 48) if 48 <= c <= 57 else 0 for c in range(256))
_LUHN_DOUBLE = bytes(sum(divmod(2 * (c - 48), 10)) if 48 <= c <= 57 else 0 for c in range(256))
_NOBODY = b"0" * 11
_CODICE = re.compile(rb"[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z]")
_CREDITORE = re.compile(rb"IT\d\d[A-Z0-9]{19}|(?!IT)[A-Z]{2}\d\d[A-Z0-9]{4,31}")
_LETTER_NUMBERS = {letter: str(letter - 55).encode() for letter in _LETTERS} | {c: bytes((c,)) for c in b"0123456789"}


def check_letter(text: bytes) -> int:
    """The letter (its byte) that closes a codice fiscale or opens a BBAN, of the characters before or after it."""
    return _LETTERS[(sum(text[::2].translate(_ODD)) + sum(text[1::2].translate(_EVEN))) % 26]


@lru_cache(maxsize=1 << 13)
def codice_fiscale_ok(raw: bytes) -> bool:
    """Whether a field holds a codice fiscale (16 characters) or a partita IVA (11 digits) with the right check."""
    code = raw.rstrip(b" ")
    if len(code) == 11 and code.isdigit() and code != _NOBODY:
        return (sum(code[::2].translate(_LUHN_PLAIN)) + sum(code[1::2].translate(_LUHN_DOUBLE))) % 10 == 0
    return _CODICE.fullmatch(code) is not None and check_letter(code[:15]) == code[15]


def codice_fiscale_expected(raw: bytes) -> str:
    """What the check character should be, or what the code should look like: for a message."""
    code = raw.rstrip(b" ")
    if len(code) == 11 and code.isdigit():
        total = sum(code[:10:2].translate(_LUHN_PLAIN)) + sum(code[1:10:2].translate(_LUHN_DOUBLE))
        return f"{code[:10].decode()}{-total % 10}"
    if _CODICE.fullmatch(code):
        return f"{code[:15].decode()}{chr(check_letter(code[:15]))}"
    return "16 caratteri (codice fiscale) o 11 cifre (partita IVA)"


def cin_ok(cin: bytes, abi: bytes, cab: bytes, account: bytes) -> bool:
    """Whether the CIN agrees with ABI, CAB and the twelve characters of the account."""
    return len(cin) == 1 and cin[0] == check_letter(abi + cab + _account(account))


def cin_expected(abi: bytes, cab: bytes, account: bytes) -> str:
    """The CIN of ABI, CAB and account."""
    return chr(check_letter(abi + cab + _account(account)))


def iban_ok(country: bytes, digits: bytes, cin: bytes, abi: bytes, cab: bytes, account: bytes) -> bool:
    """Whether the check digits of an IBAN made of these parts are right (ISO 13616, mod 97)."""
    if not b"02" <= digits <= b"98":  # 00, 01 and 99 agree with the remainder too, and are never computed
        return False
    figures = abi + cab + _account(account)
    try:
        if not figures.isdigit():
            figures = _numbers(figures)
        return int(_numbers(cin) + figures + _numbers(country + digits)) % 97 == 1
    except KeyError:
        return False


def iban_check(country: bytes, bban: bytes) -> bytes:
    """The two check digits of a country and what follows them (ISO 13616, mod 97)."""
    return b"%02d" % (98 - int(b"".join([_LETTER_NUMBERS[c] for c in bban + country + b"00"])) % 97)


def creditore_ok(raw: bytes) -> bool:
    """Whether a field holds a SEPA creditor identifier (AT-02) with the right check digits.

    Country, two digits, the three characters of the business code (which the check skips), the national code; mod 97
    as in the IBAN. Source: ISO 7064, EPC262-08. An Italian one is 23 characters long.
    """
    code = raw.rstrip(b" ")
    if not _CREDITORE.fullmatch(code) or not b"02" <= code[2:4] <= b"98":
        return False
    return int(b"".join([_LETTER_NUMBERS[c] for c in code[7:] + code[:4]])) % 97 == 1


@lru_cache(maxsize=1 << 12)
def _numbers(text: bytes) -> bytes:
    """Letters as the numbers from 10 to 35 that stand for them. Raises `KeyError` for what is neither."""
    return b"".join([_LETTER_NUMBERS[c] for c in text])


def _account(raw: bytes) -> bytes:
    return raw.strip(b" ").rjust(12, b"0")
