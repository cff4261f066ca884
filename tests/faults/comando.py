"""A command typed in this very process, with the clock that it is given."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass
class Clock:
    """Goes on by a second each time it is looked at."""

    at: datetime

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class Chance:
    """Tokens drawn as by chance, always the same ones in the same order."""

    drawn: int = 0

    def token(self) -> str:
        self.drawn += 1
        return hashlib.sha256(str(self.drawn).encode()).hexdigest()[:32]


def typed(words: str, root: Path, at: datetime, *secrets: str, disk: Any = None, chance: Chance | None = None) -> int:
    """Type a command, or several with semicolons between them, on the home below `root` ({} in it is the root), with
    secrets on a descriptor when they are asked for, through another disk if there is one, and then with names drawn
    from `chance`; the last exit code. What it leaves open is closed, as at the end of a process."""
    from ledger import ports

    real = ports.real_ports()
    mine = replace(real, clock=Clock(at))
    if disk is not None:
        mine = replace(mine, disk=disk, random=chance or Chance())
    ports.real_ports = lambda: mine
    os.environ["CBI_HOME"] = str(root / "home")
    try:
        return [_run(each.replace("{}", str(root)).split(), secrets) for each in words.split(";")][-1]
    finally:
        ports.real_ports = lambda: real
        gc.collect()


def _run(argv: list[str], secrets: Sequence[str]) -> int:
    from cli import cbi
    from commands import failures

    if "--utente" in argv or "--user" in argv:
        argv += ["--password-fd", str(_descriptor(*secrets))]
    sys.argv = ["cbi", *argv]
    try:
        return failures.run(cbi)
    except Exception:
        traceback.print_exc()
        return failures.BUG


def _descriptor(*lines: str) -> int:
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{each}\n" for each in lines).encode())
    os.close(writing)
    return reading
