"""One `cbi run` a home: a file in it that one process at a time can hold, and that says which.

The machine lets go of the file when the process dies, however it dies: there is nothing to clean up after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import gone, here
from ledger.ports import ROME
from ledger.schema import instant

FILE = "run.lock"


@dataclass(frozen=True)
class DiTurno:
    """Who runs the jobs of a home, `HOST:PID`, and since when (ISO, UTC)."""

    chi: str
    dal: str


@contextmanager
def turno(home: Home) -> Iterator[DiTurno]:
    """Be the one who runs the jobs of a home. Refused (LAVORO-001) when another process is."""
    mine = DiTurno(here(), instant(home.ports.clock.now()))
    held = home.ports.disk.hold(home.path / FILE, json.dumps(asdict(mine)).encode())
    if held is None:
        raise _taken(home)
    with held:
        yield mine


def of(home: Home) -> DiTurno | None:
    """Who runs the jobs of a home, as far as can be told without disturbing them; None when nobody does."""
    found = _told(home)
    return None if found is None or gone(found.chi) else found


def _told(home: Home) -> DiTurno | None:
    path, disk = home.path / FILE, home.ports.disk
    try:
        return DiTurno(**json.loads(disk.read(path))) if disk.exists(path) else None
    except (ValueError, TypeError):  # it is being written, or is not ours
        return None


def _taken(home: Home) -> Refused:
    who = _told(home)
    name = who.chi if who else "?"
    since = f"{datetime.fromisoformat(who.dal).astimezone(ROME):%d/%m/%Y %H:%M:%S}" if who else "?"
    return Refused(
        "LAVORO-001",
        f"I lavori di questo archivio li fa già {name} (macchina:processo), dal {since}.",
        f"The jobs of this home are already run by {name} (machine:process), since {since}.",
        hint_it="Lasciarlo lavorare, o fermarlo prima (kill PROCESSO); una volta sola: cbi run --once",
        hint_en="Let it work, or stop it first (kill PROCESS); once only: cbi run --once",
    )
