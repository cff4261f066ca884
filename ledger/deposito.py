"""A composed distinta in the tables: kept the first time, made again, judged. Each time the iter and the journal say
all that changed; the orders themselves are in the bytes, by digest and progressive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count, islice
from typing import Any

from sqlalchemy import bindparam, select

from cbi.validators.diagnostics import Diagnostic
from ledger import aziende, distinte
from ledger.canonico import canonical
from ledger.composizione import Composta
from ledger.distinte import Disposizione, Distinta
from ledger.errors import Refused
from ledger.schema import DIAGNOSTICA, DISPOSIZIONE, DISTINTA
from ledger.stati import Evento, Stato
from ledger.varco import Lavoro

BATCH = 1000
MOST_DIAGNOSTICS = 1000  # kept for each supporto; all are counted
_NAME_SIZE = 20
_ORDERS = (  # asked of every distinta: made once
    select(DISPOSIZIONE.c.id)
    .where(DISPOSIZIONE.c.distinta_id == bindparam("distinta_id"))
    .order_by(DISPOSIZIONE.c.numero)
)
Doppi = list[tuple[Disposizione, Disposizione]]


def new(
    lavoro: Lavoro, composta: Composta, *, origine: str, nascita: str, dati: Mapping[str, Any], **place: Any
) -> int:
    """Keep a distinta with orders of its own; its id. It is Inserita until it is judged.

    `place` tells where it came from: the columns file_id, numero_supporto and line.
    """
    distinta_id = _insert(lavoro, composta, origine, **place)
    owner = {"azienda_id": lavoro.azienda_id, "distinta_id": distinta_id, "stato": Stato.INSERITA}
    ordini = iter(composta.ordini)
    while batch := [{**owner, **ordine} for ordine in islice(ordini, BATCH)]:
        lavoro.conn.execute(DISPOSIZIONE.insert(), batch)
    _begin(lavoro, distinta_id, nascita, dati)
    _diagnostics(lavoro, distinta_id, place.get("file_id"), composta.note)
    return distinta_id


def gathered(lavoro: Lavoro, composta: Composta, ids: Sequence[int], *, origine: str) -> int:
    """Keep a distinta made of loose orders, in the order of its bytes; its id. It is Inserita until judged."""
    distinta_id = _insert(lavoro, composta, origine)
    _place(lavoro, distinta_id, ids, composta)
    _begin(lavoro, distinta_id, distinte.CREA, {})
    _say_moved(lavoro, distinta_id, ids)
    _diagnostics(lavoro, distinta_id, None, composta.note)
    return distinta_id


def again(
    lavoro: Lavoro,
    distinta: Distinta,
    composta: Composta,
    ids: Sequence[int],
    *,
    dati: Mapping[str, Any],
    entered: Sequence[int] = (),
) -> None:
    """Make the bytes of a distinta anew, of the orders `ids` (those in `entered` were loose): Inserita until judged.

    Every signature given before no longer counts.
    """
    values = {**composta.colonne(), "revisione": distinta.revisione + 1}
    why = {**values, "ordini": ranges(ids), **dati}
    lavoro.keep(composta.data)
    lavoro.conn.execute(DISTINTA.update().where(DISTINTA.c.id == distinta.id).values(**values))
    distinte.apply(lavoro.conn, lavoro.ports, distinta.id, Evento.MODIFICA, chi=lavoro.chi, dati=why)
    _place(lavoro, distinta.id, ids, composta)
    _say_moved(lavoro, distinta.id, entered)
    lavoro.conn.execute(DIAGNOSTICA.delete().where(DIAGNOSTICA.c.distinta_id == distinta.id))
    _diagnostics(lavoro, distinta.id, None, composta.note)


def judge(lavoro: Lavoro, distinta_id: int, errori: int) -> Doppi:
    """The first step of a distinta just made: aside with its errors, still because of doubles (which are returned), or
    on to the signatures."""
    if errori:
        _apply(lavoro, distinta_id, Evento.SEGNALA, {"errori": errori})
        return []
    aziende.add_banca(lavoro.conn, lavoro.ports, lavoro.azienda_id, distinte.get(lavoro.conn, distinta_id).abi, "")
    doppi = distinte.doubles(lavoro.conn, distinta_id)
    if not doppi:
        _apply(lavoro, distinta_id, Evento.CONVALIDA, {})
    return doppi


def standing(lavoro: Lavoro, composta: Composta, but: int | None = None) -> Distinta | None:
    """The distinta, other than `but`, that holds the name of a supporto, if there is one."""
    _, banca, _, nome = composta.supporto.identita
    found = distinte.find_by_supporto(lavoro.conn, lavoro.azienda_id, banca, nome, composta.supporto.tipo)
    return found if found is not None and found.alive and found.id != but else None


def require_free_name(lavoro: Lavoro, composta: Composta, but: int | None = None) -> None:
    """Refused (SUPPORTO-001) when another distinta holds the name of the supporto."""
    taken = standing(lavoro, composta, but)
    if taken is not None:
        nome = taken.nome_supporto
        raise Refused(
            "SUPPORTO-001",
            f"Il nome supporto {nome} è già della distinta {taken.id}, per la stessa banca.",
            f"The supporto name {nome} already belongs to distinta {taken.id}, for the same bank.",
            hint_it="Dare un altro nome.",
            hint_en="Give another name.",
        )


def free_name(lavoro: Lavoro, banca: str, tipo: str, wanted: str) -> str:
    """The name wanted, or that name with a number, that no distinta for that bank holds."""
    numbered = (f"{wanted[: _NAME_SIZE - len(str(n)) - 1]}-{n}" for n in count(2))
    return next(nome for nome in chain((wanted,), numbered) if not _held(lavoro, banca, tipo, nome))


def _held(lavoro: Lavoro, banca: str, tipo: str, nome: str) -> bool:
    found = distinte.find_by_supporto(lavoro.conn, lavoro.azienda_id, banca, nome, tipo)
    return found is not None and found.alive


def ranges(ids: Iterable[int]) -> list[list[int]]:
    """Ids in their order, those that follow one another as [first, last]."""
    found: list[list[int]] = []
    for each in ids:
        if found and each == found[-1][1] + 1:
            found[-1][1] = each
        else:
            found.append([each, each])
    return found


def _insert(lavoro: Lavoro, composta: Composta, origine: str, **place: Any) -> int:
    lavoro.keep(composta.data)
    values = {
        "azienda_id": lavoro.azienda_id,
        "origine": origine,
        "file_id": None,
        "numero_supporto": 1,
        "line": 1,
        **place,
        **composta.colonne(),
        "revisione": 1,
        "at": lavoro.ports.clock.now(),
    }
    return distinte.insert(lavoro.conn, values)


def _begin(lavoro: Lavoro, distinta_id: int, nascita: str, dati: Mapping[str, Any]) -> None:
    why = {"ordini": ranges(lavoro.conn.scalars(_ORDERS, {"distinta_id": distinta_id})), **dati}
    distinte.begin_iter(lavoro.conn, lavoro.ports, distinta_id, nascita=nascita, chi=lavoro.chi, dati=why)


def _place(lavoro: Lavoro, distinta_id: int, ids: Sequence[int], composta: Composta) -> None:
    """The orders as they stand in the bytes; first out of the way of one another's progressive."""
    here = DISPOSIZIONE.c.id.in_(bindparam("ids", expanding=True))
    for start in range(0, len(ids), BATCH):
        parked = DISPOSIZIONE.update().where(here).values(distinta_id=distinta_id, numero=-DISPOSIZIONE.c.id)
        lavoro.conn.execute(parked, {"ids": list(ids[start : start + BATCH])})
    rows = [{"order": each, **ordine} for each, ordine in zip(ids, composta.ordini, strict=True)]
    columns: dict[str, Any] = {name: bindparam(name) for name in composta.ordini[0]}
    lavoro.conn.execute(DISPOSIZIONE.update().where(DISPOSIZIONE.c.id == bindparam("order")).values(columns), rows)


def _say_moved(lavoro: Lavoro, distinta_id: int, ids: Iterable[int]) -> None:
    for each in ids:
        dati = {"distinta": distinta_id}
        distinte.apply_order(lavoro.conn, lavoro.ports, each, Evento.AGGREGA, chi=lavoro.chi, dati=dati)


def _diagnostics(lavoro: Lavoro, distinta_id: int, file_id: int | None, note: Iterable[Diagnostic]) -> None:
    rows = [diagnostic_row(each, file_id, distinta_id) for each in islice(note, MOST_DIAGNOSTICS)]
    if rows:
        lavoro.conn.execute(DIAGNOSTICA.insert(), rows)


def diagnostic_row(note: Diagnostic, file_id: int | None, distinta_id: int | None) -> dict[str, Any]:
    """A diagnostic as a row of its table."""
    return {
        "file_id": file_id,
        "distinta_id": distinta_id,
        "codice": note.code,
        "gravita": note.severity,
        "line": note.line,
        "dati": canonical(note.to_dict()),
    }


def _apply(lavoro: Lavoro, distinta_id: int, evento: Evento, dati: Mapping[str, Any]) -> None:
    distinte.apply(lavoro.conn, lavoro.ports, distinta_id, evento, chi=lavoro.chi, dati=dati)
