"""How a file is left at the bank, whole, under its name, and once, whatever stops on the way.

It is put there under a hidden name; that name is noted, durably, on this side; then the file gets its own. Who finds
the note of one that was stopped asks for both names: the file under its own has been delivered, one still hidden has
not. If neither is there, the bank has most likely carried it away in between, and a person has to ask.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Refused
from ledger.intenti import Intento
from ledger.ports import Ports, put
from spool.albero import Ramo
from spool.trasporti.protocollo import Trasporto, down, other_bytes, scratch_name

SUFFIX = ".consegna"
"""Added to the name of a file, in `out/tmp`, where the note about it is."""


class Altrui(Exception):
    """Another run is leaving this file at the bank, or has just done so."""


@dataclass(frozen=True)
class Nota:
    """The note (at `path`) about a file of a distinta on its way (`file`, in `out/new`): the hidden name under which
    the bank has all of it. There is one for each file, and so one run that gives it its name."""

    ports: Ports
    path: Path
    file: Path
    distinta_id: int

    def read(self) -> str | None:
        """The hidden name; None when there is no note, or it was not finished: then nothing followed."""
        try:
            text = self.ports.disk.read(self.path).decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        return text[:-1] if text.endswith("\n") else None

    def write(self, hidden: str) -> None:
        """Notes a hidden name, durably. Raises Altrui."""
        disk = self.ports.disk
        if disk.exists(self.path) and self.read() is None:
            disk.remove(self.path)
        try:
            disk.write_new(self.path, f"{hidden}\n".encode())
        except FileExistsError:
            raise Altrui from None
        disk.fsync_dir(self.path.parent)
        if not disk.exists(self.file):  # whoever had the note before has delivered it
            self.forget()
            raise Altrui

    def keep(self, hidden: str) -> None:
        """Makes it last: whoever wrote it may have been stopped before it did."""
        put(self.ports, self.path, f"{hidden}\n".encode())

    def forget(self) -> None:
        """The note is of no more use."""
        with suppress(FileNotFoundError):
            self.ports.disk.remove(self.path)


def nota_di(ports: Ports, branch: Ramo, intento: Intento) -> Nota:
    """The note about the file of an intent, which there may be or not."""
    path = branch.out("tmp") / f"{intento.nome_file}{SUFFIX}"
    return Nota(ports, path, branch.out("new") / intento.nome_file, intento.distinta_id)


def entrust(far: Trasporto, nota: Nota, name: str, data: bytes) -> None:
    """Leaves a file at the bank, under that name, once: the same bytes there already are as good.

    Raises Refused when the name is that of other bytes (LINEA-009) or nobody can tell whether it was delivered
    (LINEA-015), Altrui when it is another's to do, OSError when it was not delivered.
    """
    if _has(far, name, data):
        return
    hidden = _put_before(far, nota, name, data) or _put(far, nota, name, data)
    try:
        far.rename(hidden, name)
    except OSError as error:
        if down(error):
            raise
        if far.same(hidden, data) is not None:  # the bank will not have it under its name
            far.discard(hidden)
            nota.forget()
        if not _has(far, name, data):  # unless another run was quicker
            raise
    # What is no longer there the bank has taken already: it was read back before it had its name.
    _has(far, name, data)


def _put_before(far: Trasporto, nota: Nota, name: str, data: bytes) -> str | None:
    """The name under which the bank has these bytes, of a run that was stopped; None when they have to be put there.
    Raises Refused (LINEA-015) when it had them, and has no more."""
    hidden = nota.read()
    if hidden is None:
        return None
    there = far.same(hidden, data)
    if there is None:
        if _has(far, name, data):  # since a moment ago
            raise Altrui
        raise _uncertain(name, nota)
    if there:
        nota.keep(hidden)
        return hidden
    far.discard(hidden)  # another envelope of the same file: it never had its name
    nota.forget()
    return None


def _put(far: Trasporto, nota: Nota, name: str, data: bytes) -> str:
    """Puts a file at the bank under a hidden name, which is noted; that name."""
    hidden = scratch_name(nota.ports, name)
    far.put(hidden, data)
    try:
        nota.write(hidden)
    except Altrui:
        far.discard(hidden)
        raise
    except OSError:  # a note that may not last is no note
        nota.forget()
        far.discard(hidden)
        raise
    return hidden


def _has(far: Trasporto, name: str, data: bytes) -> bool:
    """Whether a file is at the bank. Raises Refused (LINEA-009) when it holds other bytes."""
    there = far.same(name, data)
    if there is False:
        raise other_bytes(name)
    return there is True


def _uncertain(name: str, nota: Nota) -> Refused:
    which = f"cbi spool resolve {nota.distinta_id}"
    return Refused(
        "LINEA-015",
        f"{name}: consegna interrotta sul finire; dalla banca non c'è più, forse l'ha già ritirato.",
        f"{name}: its delivery was cut at the very end; the bank no longer has it, perhaps it has collected it.",
        hint_it=f"Sentire la banca, poi decidere: {which} --left se l'ha, {which} --not-left se non l'ha",
        hint_en=f"Ask the bank, then decide: {which} --left if it has it, {which} --not-left if it has not",
    )
