"""A disk that remembers what is durable, and every other disk that a loss of power could leave in its place.

What was written and not made durable may be there, or be empty, cut short or zeros. A name that was made, changed or
taken away is as it was before or as it is now, each by itself, until its folder is made durable; only that a file is
never in a place to which it came after one where it is not known to have been, a name that came to be twice comes to
be in that order, and a folder that is not there holds nothing. What the database committed is durable: that is
SQLite's own word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from ledger.ports import PUBLIC, real_ports

FOLDER = None
LONG_AGO = 1_793_000_000  # October 2026
Albero = dict[str, bytes | None]  # by path from the root; None for a folder


@dataclass
class File:
    """What a file holds; `kept` when all of it is known to be durable."""

    data: bytes
    kept: bool

    def versions(self) -> tuple[bytes, ...]:
        """What may be found in it after the power went."""
        if self.kept:
            return (self.data,)
        size = len(self.data)
        return tuple(dict.fromkeys((self.data, b"", self.data[: size // 2], bytes(size))))


Files = dict[str, File | None]


@dataclass
class Atto:
    """A change of names: `come` is make, move or take; `after` are those without which it cannot have happened."""

    come: str
    path: str
    where: tuple[str, ...]  # the folders in which a name changes
    to: str = ""
    what: File | None = FOLDER
    after: set[int] = field(default_factory=set)
    kept: bool = False


class Killed(BaseException):
    """The process was killed here: whatever it would still do is not done."""


class Disco:
    """The real disk under a root; `moment` is called before and after each change of it. Whoever makes the change
    `last`, if there is one, is killed after it."""

    def __init__(self, root: Path, moment: Callable[[Disco], None], last: int = 0) -> None:
        self.root, self.moment, self.real, self.changes, self.last = root, moment, real_ports().disk, 0, last
        self.begin: Files = {path: FOLDER if data is FOLDER else File(data, True) for path, data in tree(root).items()}
        self.files, self.acts = dict(self.begin), list[Atto]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    # --- what changes it: each in as many steps as the machine takes --------------------------------------------------

    def write_new(self, path: Path, data: bytes, mode: int = PUBLIC) -> None:
        self._write(path, data, lasting=True, mode=mode)

    def write_parts(self, path: Path, parts: Iterable[bytes]) -> None:
        self._write(path, b"".join(parts), lasting=True)

    def write_soon(self, path: Path, data: bytes) -> None:
        self._write(path, data, lasting=False)

    def _write(self, path: Path, data: bytes, *, lasting: bool, mode: int = PUBLIC) -> None:
        made = File(b"", False)
        with self._step():
            self.real.write_new(path, data, mode)
            self._act(Atto("make", self._name(path), (self._name(path.parent),), what=made))
        with self._step():
            made.data = data
        if lasting:
            with self._step():
                made.kept = True

    def rename(self, source: Path, target: Path) -> None:
        with self._step():
            self.real.rename(source, target)
            folders = (self._name(source.parent), self._name(target.parent))
            self._act(Atto("move", self._name(source), folders, self._name(target)))

    def mkdir(self, path: Path) -> None:
        if not path.exists():
            self.mkdir(path.parent)
            with self._step():
                self.real.mkdir(path)
                self._act(Atto("make", self._name(path), (self._name(path.parent),)))

    def remove(self, path: Path) -> None:
        with self._step():
            self.real.remove(path)
            self._act(Atto("take", self._name(path), (self._name(path.parent),)))

    def remove_dir(self, path: Path) -> None:
        with self._step():
            self.real.remove_dir(path)
            self._act(Atto("take", self._name(path), (self._name(path.parent),)))

    def fsync_dir(self, path: Path) -> None:
        with self._step():
            name = self._name(path)
            for n, act in enumerate(self.acts):
                if name in act.where:
                    self._keep(n)

    def sync(self) -> None:
        with self._step():
            for act in self.acts:
                act.kept = True
            for file in self.files.values():
                if file is not FOLDER:
                    file.kept = True

    @contextmanager
    def _step(self) -> Iterator[None]:
        if self.last and self.changes >= self.last:
            raise Killed
        self.changes += 1
        self.moment(self)
        yield
        self.moment(self)
        if self.changes == self.last:
            raise Killed

    def _name(self, path: Path) -> str:
        return os.path.normpath(path.relative_to(self.root))

    def _act(self, act: Atto) -> None:
        """Keep an act, and after which others it comes: those of the same file, of the same names, of its folders."""
        touched = {act.path, act.to, *act.where} - {""}
        what = act.what if act.come == "make" else self.files.get(act.path)
        act.after = {
            n
            for n, other in enumerate(self.acts)
            if touched & {other.path, other.to}
            or act.path in other.where
            or (what is not FOLDER and what is other.what)
        }
        act.what = what
        self.acts.append(act)
        _apply(self.files, act)

    def _keep(self, n: int) -> None:
        if not self.acts[n].kept:
            self.acts[n].kept = True
            for before in self.acts[n].after:
                self._keep(before)

    # --- what may be left of it ---------------------------------------------------------------------------------------

    def left(self) -> Iterator[Albero]:
        """Every disk that may be found when the power comes back, each once."""
        seen = set()
        for happened in self._subsets():
            files = dict(self.begin)
            for n in happened:
                _apply(files, self.acts[n])
            names = sorted(files)
            for contents in product(*(_versions(files[name]) for name in names)):
                key = tuple(zip(names, contents, strict=True))
                if key not in seen:
                    seen.add(key)
                    yield dict(key)

    def _subsets(self) -> Iterator[list[int]]:
        """The acts that may have happened: those kept, and any others with all those that come before them."""
        chosen: list[list[int]] = [[]]
        for n, act in enumerate(self.acts):
            if act.kept:
                chosen = [[*each, n] for each in chosen]
            else:
                chosen += [[*each, n] for each in chosen if act.after <= set(each)]
        yield from chosen


def dark(make: Callable[[], Path], work: Callable[[Path, Disco], None]) -> Iterator[Albero]:
    """Every disk that may be found when a piece of work, each time on a folder made anew, is killed after one of its
    changes and done again, and the power goes meanwhile; each once."""
    seen: dict[tuple[tuple[str, bytes | None], ...], None] = {}
    last, killed = 0, True
    while killed:
        last, killed = last + 1, False
        root = make()
        disco = Disco(root, lambda disco: seen.update((tuple(each.items()), None) for each in disco.left()), last)
        try:
            work(root, disco)
        except Killed:
            disco.last, killed = 0, True
            work(root, disco)
    return map(dict, seen)


def _apply(files: Files, act: Atto) -> None:
    if act.come == "make":
        files[act.path] = act.what
    elif act.come == "take":
        files.pop(act.path, None)
    else:
        for path in [each for each in files if each == act.path or each.startswith(f"{act.path}/")]:
            files[act.to + path[len(act.path) :]] = files.pop(path)


def _versions(file: File | None) -> tuple[bytes | None, ...]:
    return (FOLDER,) if file is FOLDER else file.versions()


def tree(root: Path) -> Albero:
    """All that lies under a root, but for the database."""
    found: Albero = {}
    for path in sorted(root.rglob("*")):
        if not path.name.startswith("cbi.db"):
            found[str(path.relative_to(root))] = FOLDER if path.is_dir() else path.read_bytes()
    return found


def lay(root: Path, albero: Albero) -> None:
    """Make a disk what it may have been left; every file is of the same day."""
    for name in sorted(albero):
        data, path = albero[name], root / name
        if data is FOLDER:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.write_bytes(data)
            os.utime(path, (LONG_AGO, LONG_AGO))
