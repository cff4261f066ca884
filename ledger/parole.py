"""What a password must not be: short, known to everybody, or made of names that stand beside it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ledger.errors import Refused

SHORTEST = 12
LONG_LOGIN, LONG_WORD = 4, 6  # letters of a login, and of a word of a company's name, that a password may not hold
_REPEATED = re.compile(r"(.{1,4}?)\1+.{0,3}")


def check(password: str, login: str, azienda: str = "") -> None:
    """Refused for a password shorter than 12 characters (UTENTE-003), that anybody would try (PASSWORD-001), or that
    holds the login, unless very short, or a long word of the name of the company (PASSWORD-002)."""
    if len(password) < SHORTEST:
        raise Refused(
            "UTENTE-003",
            f"La password di {login} è più corta di {SHORTEST} caratteri.",
            f"The password of {login} is shorter than {SHORTEST} characters.",
        )
    bare = _bare(password)
    if bare in vietate() or _REPEATED.fullmatch(bare):
        raise Refused(
            "PASSWORD-001",
            f"La password di {login} è fra le prime che chiunque proverebbe.",
            f"The password of {login} is among the first that anybody would try.",
            hint_it="Tre o quattro parole che non vanno insieme sono facili da ricordare e difficili da indovinare.",
            hint_en="Three or four words that do not go together are easy to remember and hard to guess.",
        )
    if any(name in bare for name in _names(login, azienda)):
        raise Refused(
            "PASSWORD-002",
            f"La password di {login} contiene il nome dell'utente o dell'azienda.",
            f"The password of {login} holds the name of the user or of the company.",
        )


@cache
def vietate() -> frozenset[str]:
    """The passwords that anybody would try, without case, blanks and signs."""
    text = Path(__file__).with_name("parole_vietate.toml").read_text(encoding="utf-8")
    return frozenset(map(_bare, tomllib.loads(text)["parole"]))


def _bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _names(login: str, azienda: str) -> Iterator[str]:
    yield from (bare for bare in (_bare(login),) if len(bare) >= LONG_LOGIN)
    yield from (bare for word in azienda.split() if len(bare := _bare(word)) >= LONG_WORD)
