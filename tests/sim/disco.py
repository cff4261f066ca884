"""A disk in memory that a machine can stop on: what was not synced is there afterwards, or not, or in half.

What POSIX allows is drawn name by name: each one that changed since its folder was last synced is as it was or as it
is, whatever became of the others; a file that was renamed is under the old name, the new one or both, never under none.
Bytes that were not synced are cut anywhere.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from ledger.ports import PUBLIC, FsyncFailed

FOLDER = None  # what a name leads to, when not to a file


class File:
    """Bytes as they read now; `kept` are those that a stop leaves, None when only part of them may be there."""

    __slots__ = ("data", "kept")

    def __init__(self, data: bytes) -> None:
        self.data: bytes = data
        self.kept = False


Node = File | None
ABSENT = File(b"")  # what a name led to that was not there


class Disco:
    """Folders of names; `pending` is, by folder, what each name that changed since the last sync led to before."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, Node]] = {"": {}}
        self.pending: dict[str, dict[str, Node]] = {}

    def copy(self) -> Disco:
        """Another disk with all that is here, durably."""
        other = Disco()
        other.folders = {folder: {**names} for folder, names in self.folders.items()}
        return other

    # --- what a file system does --------------------------------------------------------------------------------------

    def read(self, path: Path) -> bytes:
        return self._file(path).data

    def create(self, path: Path, data: bytes, *, synced: bool) -> None:
        folder, name = _split(path)
        if name in self._names(folder, path):
            raise FileExistsError(errno.EEXIST, "File exists", str(path))
        self._set(folder, name, file := File(data))
        file.kept = synced

    def rename(self, source: Path, target: Path) -> None:
        (here, name), (there, new) = _split(source), _split(target)
        file = self._file(source)
        self._names(there, target)
        self._set(there, new, file)
        self._set(here, name, ABSENT)

    def sync(self, path: Path) -> None:
        self._names(str(path), path)
        pending = self.pending.pop(str(path), {}).values()
        gone = {id(was) for was in pending if was is not FOLDER and was is not ABSENT}
        if not gone:
            return
        for folder, names in self.pending.items():  # who knows that a file is no longer here knows where it went
            for name in [each for each in names if id(self._node(folder, each)) in gone]:
                del names[name]

    def names(self, path: Path) -> list[str]:
        return sorted(self._names(str(path), path))

    def exists(self, path: Path) -> bool:
        folder, name = _split(path)
        return name in self.folders.get(folder, ())

    def mkdir(self, path: Path) -> None:
        folder, name = _split(path)
        if folder not in self.folders:
            self.mkdir(path.parent)
        if name not in self.folders[folder]:
            self._set(folder, name, FOLDER)
            self.folders[str(path)] = {}

    def remove(self, path: Path) -> None:
        self._file(path)
        self._set(*_split(path), ABSENT)

    def cut(self, path: Path, draw: Random) -> None:
        """Whoever was writing a file is no more: only some of it was written."""
        folder, name = _split(path)
        file = self._node(folder, name)
        if file is not None and not file.kept:
            file.data = file.data[: draw.randint(0, len(file.data))]

    def files(self, under: str = "") -> Iterator[tuple[str, bytes]]:
        """Every file below a folder, by its path."""
        for folder in sorted(self.folders):
            if folder.startswith(under):
                yield from (
                    (f"{folder}/{n}", f.data) for n, f in sorted(self.folders[folder].items()) if f is not FOLDER
                )

    # --- what a stop leaves -------------------------------------------------------------------------------------------

    def stop(self, draw: Random) -> None:
        """The machine stops and starts again."""
        changed = [(folder, name, was) for folder, names in self.pending.items() for name, was in names.items()]
        now = {id(node): (folder, name, node) for folder, name, _ in changed if (node := self._node(folder, name))}
        durable = {id(was) for _, _, was in changed if was is not FOLDER and was is not ABSENT}
        for folder, name, was in changed:
            if draw.random() < 0.5:
                self._put(folder, name, was)
        there = {id(node) for folder, name, _ in changed if (node := self._node(folder, name))}
        for key, (folder, name, node) in now.items():
            if key in durable and key not in there:
                self._put(folder, name, node)
        self.pending.clear()
        self._prune()
        for folder, name, _ in changed:
            if (node := self._node(folder, name)) and not node.kept:
                node.data, node.kept = node.data[: draw.randint(0, len(node.data))], True

    def _prune(self) -> None:
        """A folder that is not there holds nothing."""
        for folder in sorted(self.folders):
            above, _, name = folder.rpartition("/")
            if folder and (above not in self.folders or name not in self.folders[above]):
                del self.folders[folder]

    def _node(self, folder: str, name: str) -> File | None:
        return self.folders.get(folder, {}).get(name)

    def _put(self, folder: str, name: str, node: Node) -> None:
        if node is ABSENT:
            self.folders[folder].pop(name, None)
        else:
            self.folders[folder][name] = node

    def _set(self, folder: str, name: str, node: Node) -> None:
        self.pending.setdefault(folder, {}).setdefault(name, self.folders[folder].get(name, ABSENT))
        self._put(folder, name, node)

    def _file(self, path: Path) -> File:
        folder, name = _split(path)
        file = self.folders.get(folder, {}).get(name)
        if file is FOLDER:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(path))
        return file

    def _names(self, folder: str, path: Path) -> dict[str, Node]:
        if folder not in self.folders:
            raise FileNotFoundError(errno.ENOENT, "No such folder", str(path))
        return self.folders[folder]


class Porta:
    """The port of the engine to a disk. `point` is told of each call that changes something before it is made, with its
    name and its path: it may raise, or let others in first."""

    def __init__(self, disco: Disco, point: Callable[[str, Path], None]) -> None:
        self.disco, self.point = disco, point
        self.read, self.exists, self.listdir = disco.read, disco.exists, disco.names

    def write_new(self, path: Path, data: bytes, mode: int = PUBLIC) -> None:
        self.point("write_new", path)
        self.disco.create(path, data, synced=False)
        self.point("fsync", path)
        self.disco._file(path).kept = True

    def rename(self, source: Path, target: Path) -> None:
        self.point("rename", target)
        self.disco.rename(source, target)

    def fsync_dir(self, path: Path) -> None:
        self.point("fsync", path)
        self.disco.sync(path)

    def mkdir(self, path: Path) -> None:
        if str(path) not in self.disco.folders:
            self.point("mkdir", path)
            self.disco.mkdir(path)

    def remove(self, path: Path) -> None:
        self.point("remove", path)
        self.disco.remove(path)

    def size(self, path: Path) -> int:
        return len(self.disco.read(path))


def _split(path: Path) -> tuple[str, str]:
    folder, _, name = str(path).rpartition("/")
    return folder, name


__all__ = ["Disco", "File", "FsyncFailed", "Porta"]
