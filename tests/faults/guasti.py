"""What goes wrong, and when: a machine that stops or fails at the n-th call that touches the disk, made by whoever
makes it, Python or SQLite. The calls are counted by a library loaded before libc (`shim.c`), compiled when it is
wanted."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
GCC = shutil.which("gcc") or shutil.which("cc")

WRITE, SYNC, ENTRY, LOOK, DATABASE, COMMITS = 1, 2, 4, 8, 16, 32
CHANGES = WRITE | SYNC | ENTRY
MODES = {"conta": 0, "uccisa": 1, "troncata": 2, "errore": 3, "corta": 4}


@dataclass(frozen=True)
class Genere:
    """A kind of fault: what the shim does (`come`), to which calls, with which errors; `sempre` for one that lasts from
    the n-th call on too."""

    come: str
    calls: int
    errori: tuple[int, ...] = (0,)
    sempre: tuple[bool, ...] = (False,)


ONCE_AND_FOR_EVER = (False, True)
GENERI = {
    "uccisa": Genere("uccisa", CHANGES | DATABASE),
    "troncata": Genere("troncata", WRITE | DATABASE),
    "scrittura": Genere(
        "errore",
        WRITE | ENTRY | DATABASE,
        (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT),
        ONCE_AND_FOR_EVER,
    ),
    "lettura": Genere("errore", LOOK | DATABASE, (errno.EIO, errno.EACCES), ONCE_AND_FOR_EVER),
    "corta": Genere("corta", WRITE | DATABASE, (errno.ENOSPC, errno.EDQUOT), ONCE_AND_FOR_EVER),
    "fsync": Genere("errore", SYNC | DATABASE, (errno.EIO, errno.ENOSPC, errno.EDQUOT), ONCE_AND_FOR_EVER),
}
"""After a kill the machine has done call n, but half of it if it was a write and the kind is `troncata`; the other
kinds are calls that fail. One that is only looked at cannot be told from a kill after the change before it."""

RARE = CHANGES | COMMITS
"""The calls of a second fault: every change of a file, and of the database those that make it durable."""


@dataclass(frozen=True)
class Guasto:
    """One fault: `n` is the call, from 1; `errore` an errno; with `sempre` every call from there on fails."""

    come: str
    calls: int
    n: int
    errore: int = 0
    sempre: bool = False

    def arm(self, root: Path) -> None:
        """From now on the calls of this process below the root are counted, and the n-th fails."""
        shim().fault_arm(str(root).encode(), MODES[self.come], self.calls, self.n, self.errore, int(self.sempre))

    @property
    def kills(self) -> bool:
        """Whether the process ends there."""
        return self.come in ("uccisa", "troncata")

    @property
    def lasting(self) -> bool:
        """Whether some of what was to be durable may not be."""
        return self.come == "errore" and bool(self.calls & SYNC)

    def __str__(self) -> str:
        name = errno.errorcode.get(self.errore, "")
        return " ".join(filter(None, (self.come, f"alla chiamata {self.n}", name, "e poi sempre" * self.sempre)))


def count(root: Path, calls: int) -> None:
    """From now on the calls below the root are counted, and nothing fails."""
    Guasto("conta", calls, 0).arm(root)


def counted() -> list[str]:
    """What was called since, in order; the counting is over."""
    lib = shim()
    return [f"{lib.fault_call(n).decode()} {lib.fault_path(n).decode()}" for n in range(1, lib.fault_calls() + 1)]


def faults(genere: str, total: int, every: int = 1, *, crossed: bool = False) -> Iterator[Guasto]:
    """The faults of a kind at every call, or at one in so many. Each call fails in one of the ways of the kind, by
    turns; `crossed`, in every one."""
    kind = GENERI[genere]
    ways = [(errore, sempre) for sempre in kind.sempre for errore in kind.errori]
    for turn, n in enumerate(range(1 + (every - 1) // 2, total + 1, every)):
        for errore, sempre in ways if crossed else [ways[turn % len(ways)]]:
            yield Guasto(kind.come, kind.calls, n, errore, sempre)


@cache
def shim() -> ctypes.CDLL:
    """The library, in a process that was started with it."""
    lib = ctypes.CDLL(None)
    lib.fault_arm.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_int)
    for name in ("fault_call", "fault_path"):
        getattr(lib, name).argtypes, getattr(lib, name).restype = (ctypes.c_long,), ctypes.c_char_p
    lib.fault_calls.restype = ctypes.c_long
    return lib


def preloaded() -> bool:
    """Whether this process was started with the library."""
    return hasattr(ctypes.CDLL(None), "fault_arm")


def compiled() -> Path:
    """The library, compiled unless it already is. Raises CalledProcessError; there must be a compiler (`GCC`)."""
    name = f"cbi-shim-{os.getuid()}-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    path = Path(tempfile.gettempdir()) / name
    if not path.exists():
        made = path.with_suffix(f".{os.getpid()}")
        subprocess.run([str(GCC), "-shared", "-fPIC", "-O1", "-o", made, SOURCE, "-ldl"], check=True)
        made.replace(path)
    return path
