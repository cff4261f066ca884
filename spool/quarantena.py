"""Where what arrived ends: `in/done` when all of it was understood, `in/quarantine` with the reasons beside
it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ledger.ports import Disk
from spool.albero import Ramo, free
from spool.nomi import READY, harmless

NOTE = ".diagnostica.json"

MAX_NOTED = 1000
"""How many diagnostics the note carries; the rest are counted."""


def shelve(disk: Disk, branch: Ramo, name: str) -> Path:
    """Moves `in/new/name` to `in/done`; returns where it is now. Never over another file."""
    return _move(disk, branch, name, free(disk, branch.into("done"), name))


def quarantine(disk: Disk, branch: Ramo, name: str, reasons: Sequence[dict[str, Any]]) -> Path:
    """Moves `in/new/name` to `in/quarantine` under a harmless name, with `NAME.diagnostica.json` beside it.

    The note is written first, durably: after a crash the file is still in `in/new`, and the same happens again.
    """
    target = free(disk, branch.into("quarantine"), harmless(name))
    note = target.with_name(target.name + NOTE)
    text = {
        "file": name.encode("utf-8", "backslashreplace").decode(),
        "diagnostica": list(reasons[:MAX_NOTED]),
        "omesse": max(0, len(reasons) - MAX_NOTED),
    }
    if disk.exists(note):
        disk.remove(note)
    disk.write_new(note, json.dumps(text, ensure_ascii=False, indent=1).encode())
    disk.fsync_dir(note.parent)
    try:
        return _move(disk, branch, name, target)
    except FileNotFoundError:  # another process moved it first, with a note of its own
        disk.remove(note)
        raise


def _move(disk: Disk, branch: Ramo, name: str, target: Path) -> Path:
    _move_sidecar(disk, branch.into("new") / (name + READY), target.with_name(target.name + READY))
    disk.rename(branch.into("new") / name, target)
    disk.fsync_dir(target.parent)
    disk.fsync_dir(branch.into("new"))
    return target


def _move_sidecar(disk: Disk, ready: Path, target: Path) -> None:
    """The sidecar goes before its file, durably: left behind, it would say of the next file of that name that it is
    complete. One that has gone already was moved by who was stopped, perhaps before it lasted."""
    if disk.exists(ready):
        with suppress(FileNotFoundError):  # another process moved it
            disk.rename(ready, free(disk, target.parent, target.name))
            disk.fsync_dir(ready.parent)
    elif disk.exists(target):
        disk.fsync_dir(ready.parent)
