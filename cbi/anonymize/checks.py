"""Check characters made anew: right where they were right, wrong where they were wrong, blank where there were none."""

from __future__ import annotations

import re

from cbi.validators.coordinates import cin_expected, cin_ok, iban_check, iban_ok

_SOLID = re.compile(rb"[0-9A-Z]+")
Parti = tuple[bytes, bytes, bytes]  # ABI, CAB, account


def cin_as(cin: bytes, old: Parti, new: Parti) -> bytes:
    """The CIN of new coordinates: as right as `cin` was of the old ones."""
    if not cin.isalpha():
        return cin
    right = cin_expected(*new)
    return right.encode() if cin_ok(cin, *old) else another(right.encode())


def another(letter: bytes) -> bytes:
    """A letter that is not this one."""
    return b"B" if letter == b"A" else b"A"


def digits_as(country: bytes, digits: bytes, old: tuple[bytes, Parti], new: tuple[bytes, Parti]) -> bytes:
    """The check digits of a new IBAN, of which the CIN and the coordinates are given: as right as `digits` were."""
    (cin, (abi, cab, account)), account_12 = new, new[1][2].strip(b" ").rjust(12, b"0")
    bban = cin + abi + cab + account_12
    known = _SOLID.fullmatch(country + bban) and account.strip(b" ")
    if not (known and digits.strip(b" 0").isdigit()):
        return digits
    return check_as(iban_ok(country, digits, old[0], *old[1]), iban_check(country, bban))


def check_as(sound: bool, right: bytes) -> bytes:
    """The two check digits that are right, or two others."""
    return right if sound else b"%02d" % ((int(right) - 1) % 97 + 2)
