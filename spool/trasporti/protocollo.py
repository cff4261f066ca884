"""What a transport is: the far end of a line, seen as two folders of the bank.

Others may be written: a class with these methods, a row in `spool.trasporti.TIPI`, a model of its settings in
`spool.linee`, and the suite of tests/spool/test_trasporti.py run on it.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import Refused
from ledger.ports import Ports
from spool.lettura import MAX_FILE, Hostile


@dataclass(frozen=True)
class Voce:
    """A regular file that the bank has left: its name as it came, its size in bytes, the second (since 1970, UTC) in
    which it was last changed."""

    nome: str
    dimensione: int
    modificato: int


class Trasporto(Protocol):
    """Every method raises OSError when it did not succeed: one that is `down` may be asked again, on a new line.
    `Chiusa` says that nobody passes until a person sees to it."""

    def same(self, name: str, data: bytes) -> bool | None:
        """Whether a file in the folder of what is delivered holds these bytes; None when it is not there."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Writes a new file into the folder of what is delivered, to last under that name as far as this end can see to
        it, and reads it back. Whatever goes wrong, it tries to leave nothing there."""
        ...

    def rename(self, name: str, other: str) -> None:
        """Gives a file of that folder another name, which nothing should have."""
        ...

    def discard(self, name: str) -> None:
        """Removes a file of that folder."""
        ...

    def waiting(self) -> list[Voce]:
        """The regular files that the bank has left, by name."""
        ...

    def fetch(self, voce: Voce) -> bytes:
        """The bytes of a file as it was listed. Raises `Changed` when it is no longer, `Hostile` when it is larger than
        `MAX_FILE`."""
        ...

    def take_away(self, voce: Voce) -> None:
        """Puts a fetched file into the archive of the bank's end, or removes it. Raises `Changed` as `fetch` does."""
        ...

    def close(self) -> None:
        """Lets go of the line, whatever state it is in."""
        ...


class Changed(OSError):
    """A file is not what it was when it was listed."""

    def __init__(self, name: str) -> None:
        super().__init__(errno.EAGAIN, "cambiato mentre si prendeva / changed while being fetched", name)


class Chiusa(Refused):
    """The line refuses, and would at every attempt: its settings, its keys or the bank's end must change."""


_DOWN = {
    getattr(errno, name)
    for name in (
        *("EIO", "ESTALE", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ENETRESET"),
        *("EADDRNOTAVAIL", "ENOTSOCK", "ENODEV", "ENXIO"),
    )
    if hasattr(errno, name)
}


def down(error: BaseException) -> bool:
    """Whether it is the line that fails, and not what was asked of it: what is worth trying again."""
    if isinstance(error, (ConnectionError, TimeoutError, socket.gaierror)):
        return True
    return isinstance(error, OSError) and error.errno in _DOWN


def in_words(error: Refused | Hostile | OSError) -> tuple[str, str]:
    """What went wrong, in Italian and in English; an error of the machine has its own words."""
    if isinstance(error, (Refused, Hostile)):
        return error.it, error.en
    text = error.strerror or str(error) or type(error).__name__
    told = f"{text}: {error.filename}" if error.filename else text
    return told, told


def scratch_name(ports: Ports, name: str) -> str:
    """The name under which a file is written before it has its own: hidden, and no other writer's."""
    return f".{name}.{ports.random.token()[:12]}.tmp"


def require_size(voce: Voce) -> None:
    """Raises `Hostile` for a file larger than is ever accepted."""
    if voce.dimensione > MAX_FILE:
        raise Hostile(f"supera {MAX_FILE} byte", f"larger than {MAX_FILE} bytes")


def other_bytes(name: str) -> Refused:
    """The refusal to write over a file of the bank."""
    return Refused(
        "LINEA-009",
        f"Dalla banca c'è già un file {name} con un altro contenuto: non viene sostituito.",
        f"The bank already has a file {name} with other contents: it is not replaced.",
        hint_it="Chiedere alla banca da dove viene; quando l'ha tolto, ripetere: cbi deliver",
        hint_en="Ask the bank where it comes from; once it is removed, repeat: cbi deliver",
    )
