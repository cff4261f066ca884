"""The second factor: codes of six digits that change every thirty seconds (TOTP, RFC 6238)."""

from __future__ import annotations

from base64 import b32encode
from datetime import datetime

import pyotp

from ledger.ports import Random

PERIOD = 30  # seconds
SECRET_BYTES = 20
LATE = (-1, 0, 1)  # a clock may be half a minute off, and a person slow to type


def new_secret(random: Random) -> str:
    """A secret of 160 bits, in base 32."""
    return b32encode(bytes.fromhex(random.token() + random.token())[:SECRET_BYTES]).decode("ascii")


def uri(secret: str, login: str, sia: str) -> str:
    """What an application that gives codes reads, as an image or as text: otpauth://..."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{login}@{sia}", issuer_name="CBI")


def interval(secret: str, code: str, at: datetime, after: int | None) -> int | None:
    """The interval of which a code is, if it is of this one or of the one before or next, and comes after the last
    interval used; None when it is not."""
    now, codes = int(at.timestamp()) // PERIOD, pyotp.TOTP(secret)
    near = [now + late for late in LATE if after is None or now + late > after]
    return next((each for each in near if pyotp.utils.strings_equal(codes.generate_otp(each), code)), None)
