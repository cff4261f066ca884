"""What left for the banks, made again: byte for byte, or the first byte that differs.

A distinta that left as it was imported is cut again from the file that was given, as the import cut it. One that was
composed here, or changed after its import, is put together again of its header and its orders: numbered, counted,
summed. What it is to be like are the bytes of the archive, whose digest was signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

import cbi
from ledger import composizione
from ledger.importa import as_it_left
from ledger.intenti import RITIRATO
from ledger.ricostruzione import Libri, Riga

IMPORTED = "I"
SHOWN = 20  # bytes of what differs
Load = Callable[[str], bytes]


@dataclass(frozen=True)
class Diversa:
    """Where what was made again first differs from what left: line and column from 1, what stood there and what was
    found, at most 20 bytes of that line."""

    line: int
    column: int
    atteso: str
    trovato: str


@dataclass(frozen=True)
class Partenza:
    """A file that left, or was about to: for which distinta and bank, under what name, what was made (`data`), and the
    first difference, if there is one."""

    distinta_id: int
    abi: str
    nome_file: str
    data: bytes
    diversa: Diversa | None


def again(libri: Libri, sia: str, load: Load) -> Iterator[Partenza]:
    """Make again every file that left company `sia`, as its books tell them; those of one imported file together.

    `load` gives the content of a digest. Raises what it raises, and KeyError or ValueError for books that do not hold
    together.
    """
    gone = [(distinta, _source(libri, distinta), row) for distinta, row in _left(libri)]
    for source, mine in groupby(sorted(gone, key=lambda each: (each[1], each[0])), key=lambda each: each[1]):
        if source:
            yield from _cut(libri, sia, load, load(source), [each[::2] for each in mine])
        else:
            yield from (_composed(libri, distinta, row, load) for distinta, _, row in mine)


def first_difference(expected: bytes, found: bytes) -> Diversa | None:
    """Where two contents first differ; None when they do not."""
    if expected == found:
        return None
    ends = min(len(expected), len(found))
    at = next((n for n in range(ends) if expected[n] != found[n]), ends)
    start = expected.rfind(b"\n", 0, at) + 1
    return Diversa(expected.count(b"\n", 0, at) + 1, at - start + 1, _piece(expected, at), _piece(found, at))


def _piece(data: bytes, at: int) -> str:
    return data[at : at + SHOWN].partition(b"\r\n")[0].decode("latin-1")


def _left(libri: Libri) -> Iterator[tuple[int, Riga]]:
    """The intents that were not withdrawn, with their distinta."""
    for key, row in libri.tabelle["intento"].items():
        if row["stato"] != RITIRATO:
            yield int(key.partition(" ")[0]), row


def _source(libri: Libri, distinta: int) -> str:
    """The digest of the file of which a distinta left as it was cut; "" for one composed here."""
    row = libri.tabelle["distinta"][str(distinta)]
    if row["origine"] != IMPORTED or distinta in libri.ricomposte:
        return ""
    return str(libri.tabelle["file"][str(row["file_id"])]["sha256"])


def _cut(libri: Libri, sia: str, load: Load, data: bytes, wanted: list[tuple[int, Riga]]) -> Iterator[Partenza]:
    places = {libri.tabelle["distinta"][str(distinta)]["numero_supporto"]: distinta for distinta, _ in wanted}
    made = {}
    for supporto in cbi.read_supporti(BytesIO(data)):
        if supporto.numero in places:
            distinta = places[supporto.numero]
            made[distinta] = as_it_left(supporto, sia, libri.tabelle["distinta"][str(distinta)]["nome_supporto"])
    for distinta, row in wanted:
        yield _partenza(distinta, row, load, made.get(distinta, b""))


def _composed(libri: Libri, distinta: int, row: Riga, load: Load) -> Partenza:
    try:
        made = composizione.again(load(row["sha256"]), as_before=distinta in libri.ricomposte)
    except (cbi.ValoreErrato, LookupError, StopIteration):
        made = b""  # they do not make a flow any more: the first byte differs
    return _partenza(distinta, row, load, made)


def _partenza(distinta: int, row: Riga, load: Load, made: bytes) -> Partenza:
    diversa = first_difference(load(row["sha256"]), made)
    return Partenza(distinta, row["abi"], row["nome_file"], made, diversa)
