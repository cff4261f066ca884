"""A line by folders of this machine: a share of the bank's, or what its own program reads and writes."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from ledger.ports import Ports
from spool.albero import free
from spool.lettura import read_foreign
from spool.linee import Linea
from spool.trasporti.protocollo import Changed, Voce, require_size


class Cartella:
    """Both folders must be there: one that is not is a share that is not mounted. Raises ConnectionError."""

    def __init__(self, linea: Linea, ports: Ports) -> None:
        self._disk = ports.disk
        self._out, self._in = linea.local(linea.come.consegna), linea.local(linea.come.ritiro)
        self._archive = None if linea.come.archivio is None else linea.local(linea.come.archivio)
        for folder in filter(None, (self._out, self._in, self._archive)):
            if not folder.is_dir():
                raise ConnectionError(f"{folder}: cartella che non c'è / no such folder")

    def same(self, name: str, data: bytes) -> bool | None:
        path = self._out / name
        try:
            there = self._disk.size(path) == len(data) and self._disk.read(path) == data
        except FileNotFoundError:
            return None
        self._disk.fsync_dir(self._out)  # it may have been put there by who was stopped before this
        return there

    def put(self, name: str, data: bytes) -> None:
        path = self._out / name
        try:
            self._disk.write_new(path, data)
            if self._disk.read(path) != data:
                raise OSError(f"{path}: riletto, non è ciò che è stato scritto / read back, not what was written")
            self._disk.fsync_dir(self._out)
        except OSError:
            with suppress(OSError):
                self._disk.remove(path)
            raise

    def rename(self, name: str, other: str) -> None:
        hidden, given = self._out / name, self._out / other
        self._disk.rename(hidden, given)
        try:
            self._disk.fsync_dir(self._out)
        except OSError:  # what the disk does not confirm is done anew, unless the bank has it already
            with suppress(OSError):
                self._disk.rename(given, hidden)
            raise

    def discard(self, name: str) -> None:
        self._disk.remove(self._out / name)

    def waiting(self) -> list[Voce]:
        found = (_entry(self._in / name) for name in self._disk.listdir(self._in))
        return [voce for voce in found if voce]

    def fetch(self, voce: Voce) -> bytes:
        require_size(voce)
        self._require_same(voce)
        data = read_foreign(self._in / voce.nome)
        self._require_same(voce)
        if len(data) != voce.dimensione:
            raise Changed(voce.nome)
        return data

    def take_away(self, voce: Voce) -> None:
        self._require_same(voce)
        source = self._in / voce.nome
        if self._archive is None:
            self._disk.remove(source)
        else:
            self._disk.rename(source, free(self._disk, self._archive, voce.nome))

    def close(self) -> None:
        pass

    def _require_same(self, voce: Voce) -> None:
        if _entry(self._in / voce.nome) != voce:
            raise Changed(voce.nome)


def _entry(path: Path) -> Voce | None:
    """A regular file, as it is; None for anything else, or nothing."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return Voce(path.name, found.st_size, int(found.st_mtime)) if stat.S_ISREG(found.st_mode) else None
