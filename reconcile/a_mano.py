"""What a person decides: which orders an esito speaks of, or does not after all; where an order is without any esito.

Each is one transaction through the gate, an event of the journal, and steps of the orders; nothing is deleted. All
raise Refused as the gate does, and when there is no such esito (ESITO-001).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from ledger import abbinamenti, distinte, journal
from ledger.errors import Refused
from ledger.home import Home
from ledger.outcomes import A_MANO, already_applied
from ledger.profilo import Funzione
from ledger.stati import MAI_PARTITE, Evento, Stato, di_disposizione, vita
from ledger.utenti import Segreto
from ledger.varco import Lavoro, varco
from ledger.visibili import require_order
from reconcile.abbinamento import EVENTO
from reconcile.esiti import end
from reconcile.risposte import parla_di


@dataclass(frozen=True)
class Deciso:
    """An esito (None: there is none) and the orders that were matched with it, or taken off it, each in the state that
    it is now in."""

    esito_id: int | None
    stati: Mapping[int, Stato]


def match(
    home: Home,
    esito_id: int,
    ordini: Sequence[int],
    utente: str,
    password: Segreto,
    *,
    nota: str = "",
    dry_run: bool = False,
) -> Deciso:
    """Say which orders an esito speaks of: each goes where the esito leads it, if its state allows it; if not, the
    match is noted and the order stays.

    Raises Refused when the esito has orders already (ABBINA-001), an order is of a kind that it does not speak of
    (ABBINA-002), never left (ABBINA-003), or is not there (DISPOSIZIONE-001).
    """
    with varco(
        home, _company(home, esito_id), utente, password, funzione=Funzione.RECONCILE, dry_run=dry_run
    ) as lavoro:
        esito = abbinamenti.esito(lavoro.conn, esito_id)
        _require_free(lavoro.conn, esito)
        ids = list(dict.fromkeys(ordini))
        for each in ids:
            _require_answered(lavoro, esito, each)
        return matched(lavoro, esito, ids, nota)


def matched(lavoro: Lavoro, esito: Row[Any], ordini: Sequence[int], nota: str) -> Deciso:
    """Keep that an esito speaks of some orders, and move each where it leads, if its state allows it."""
    at = lavoro.ports.clock.now()
    where = {"azienda_id": esito.azienda_id, "file_id": esito.file_id, "line": esito.line}
    abbinamenti.add(lavoro.conn, **where, ordini=ordini, classe=A_MANO, chi=lavoro.chi, at=at, nota=nota)
    _note(lavoro, esito, "esito_abbinato", ordini, nota, at)
    return Deciso(esito.id, {each: _moved(lavoro, esito, each, nota) for each in ordini})


def admits(lavoro: Lavoro, esito: Row[Any], ordini: Sequence[int]) -> bool:
    """Whether the state of one order at least allows what an esito says, or all of them have had that word already."""
    evento, at = EVENTO.get(esito.effetto), lavoro.ports.clock.now()
    if evento is None:
        return False
    found = [distinte.order(lavoro.conn, each) for each in ordini]
    free = any((each.stato, evento) in di_disposizione(each.flusso) for each in found)
    return free or all(already_applied(lavoro.conn, each, esito.effetto, at) for each in ordini)


def unmatch(
    home: Home, esito_id: int, utente: str, password: Segreto, *, nota: str = "", dry_run: bool = False
) -> Deciso:
    """Say that an esito does not speak of the orders that it was applied to, by the program or by hand: each is as if
    the bank had not said it, and the esito waits for a person again.

    Raises Refused when it is applied to none (ABBINA-004).
    """
    with varco(
        home, _company(home, esito_id), utente, password, funzione=Funzione.RECONCILE, dry_run=dry_run
    ) as lavoro:
        esito, at = abbinamenti.esito(lavoro.conn, esito_id), lavoro.ports.clock.now()
        ids = abbinamenti.linked(lavoro.conn, esito)
        if not ids:
            raise _no_match(esito_id)
        for each in ids:
            require_order(lavoro.conn, lavoro.profilo, distinte.order(lavoro.conn, each))
        abbinamenti.undo(lavoro.conn, esito, ids, chi=lavoro.chi, at=at, nota=nota)
        _note(lavoro, esito, "esito_sciolto", ids, nota, at)
        return Deciso(esito_id, {each: _said_again(lavoro, esito, each, nota) for each in ids})


def mark(
    home: Home,
    ordini: Sequence[int],
    stato: Stato,
    utente: str,
    password: Segreto,
    *,
    nota: str,
    dry_run: bool = False,
) -> dict[int, Stato]:
    """Put orders in a state that the bank's word would lead to, when it is known otherwise; any later word of the bank
    takes its place. The state of each.

    Raises Refused when the bank does not say that of the kind (ABBINA-005), or has said something already (ABBINA-006).
    """
    with home.read() as conn:
        azienda_id = distinte.order(conn, ordini[0]).azienda_id
    with varco(home, azienda_id, utente, password, funzione=Funzione.RECONCILE, dry_run=dry_run) as lavoro:
        return {each: _marked(lavoro, each, stato, nota) for each in dict.fromkeys(ordini)}


def _marked(lavoro: Lavoro, disposizione_id: int, stato: Stato, nota: str) -> Stato:
    conn, order = lavoro.conn, distinte.order(lavoro.conn, disposizione_id)
    if order.azienda_id != lavoro.azienda_id:
        raise distinte.no_order(str(disposizione_id))
    require_order(conn, lavoro.profilo, order)
    words = {led: evento for evento, led in vita(order.flusso).parole if led is not Stato.SCARTATA}
    if stato not in words:
        raise _no_such_word(order.flusso, stato, [*words])
    by_hand = abbinamenti.by_hand(conn, disposizione_id)
    if order.stato in vita(order.flusso).dette and not by_hand:
        raise _bank_has_said(disposizione_id, order.stato)
    for evento in (Evento.SCIOGLI, words[stato]) if by_hand else (words[stato],):
        dati = {A_MANO: True, "nota": nota}
        distinte.apply_order(conn, lavoro.ports, disposizione_id, evento, chi=lavoro.chi, dati=dati)
    if order.distinta_id is not None and stato in vita(order.flusso).finali:
        end(conn, lavoro.ports, order.flusso, [order.distinta_id], chi=lavoro.chi, dati={"nota": nota})
    return stato


def _no_such_word(flusso: str, stato: Stato, words: Sequence[Stato]) -> Refused:
    return Refused(
        "ABBINA-005",
        f"Una disposizione {flusso} non può essere {stato} per parola della banca.",
        f"No word of the bank makes an order of {flusso} {stato}.",
        hint_it=f"Stati ammessi: {', '.join(words)}.",
        hint_en=f"States that it may have: {', '.join(words)}.",
    )


def _bank_has_said(disposizione_id: int, stato: Stato) -> Refused:
    return Refused(
        "ABBINA-006",
        f"La disposizione {disposizione_id} è {stato} perché l'ha detto la banca.",
        f"Order {disposizione_id} is {stato} because the bank said so.",
        hint_it="Se quell'esito non è suo: cbi unmatch ESITO --user UTENTE",
        hint_en="If that outcome is not of it: cbi unmatch OUTCOME --user USER",
    )


def _company(home: Home, esito_id: int) -> int:
    with home.read() as conn:
        return int(abbinamenti.esito(conn, esito_id).azienda_id)


def _note(lavoro: Lavoro, esito: Row[Any], tipo: str, ids: Sequence[int], nota: str, at: Any) -> None:
    journal.append(
        lavoro.conn,
        azienda_id=esito.azienda_id,
        tipo=tipo,
        soggetto=f"esito:{esito.file_id}:{esito.line}",
        dati={"chi": lavoro.chi, "disposizioni": list(ids), "nota": nota},
        at=at,
    )


def _moved(lavoro: Lavoro, esito: Row[Any], disposizione_id: int, nota: str) -> Stato:
    """Where an order is after what an esito says of it, if its state allows it."""
    order, evento = distinte.order(lavoro.conn, disposizione_id), EVENTO.get(esito.effetto)
    if evento is not None and abbinamenti.by_hand(lavoro.conn, disposizione_id):
        _step(lavoro, esito, disposizione_id, Evento.SCIOGLI, nota)
        order = distinte.order(lavoro.conn, disposizione_id)
    if evento is None or (order.stato, evento) not in di_disposizione(order.flusso):
        return order.stato
    stato = _step(lavoro, esito, disposizione_id, evento, nota)
    if order.distinta_id is not None and stato in vita(order.flusso).finali:
        end(lavoro.conn, lavoro.ports, order.flusso, [order.distinta_id], chi=lavoro.chi, dati=_why(esito, nota))
    return stato


def _said_again(lavoro: Lavoro, esito: Row[Any], disposizione_id: int, nota: str) -> Stato:
    """Where an order is by what the other esiti say of it: what it has had is taken back, and they are applied again.
    Nothing is, where they lead where it is already."""
    order = distinte.order(lavoro.conn, disposizione_id)
    table = di_disposizione(order.flusso)
    others = [EVENTO[each.effetto] for each in abbinamenti.said_of(lavoro.conn, disposizione_id)]
    stato, again = Stato.INOLTRATA, []
    for evento in others:
        if (stato, evento) in table:
            stato = table[stato, evento]
            again.append(evento)
    if stato is order.stato or (order.stato, Evento.SCIOGLI) not in table:
        return order.stato
    _step(lavoro, esito, disposizione_id, Evento.SCIOGLI, nota)
    if order.distinta_id is not None and distinte.get(lavoro.conn, order.distinta_id).stato is Stato.RICEVUTA_BANCA:
        again.insert(0, Evento.RICEVI)
    for evento in again:
        _step(lavoro, esito, disposizione_id, evento, nota)
    return distinte.order(lavoro.conn, disposizione_id).stato


def _step(lavoro: Lavoro, esito: Row[Any], disposizione_id: int, evento: Evento, nota: str) -> Stato:
    dati = _why(esito, nota)
    return distinte.apply_order(lavoro.conn, lavoro.ports, disposizione_id, evento, chi=lavoro.chi, dati=dati)


def _why(esito: Row[Any], nota: str) -> dict[str, Any]:
    """Not by `file_id` and `line`: those are of what a file did by itself, and are read again from it."""
    return {"esito": f"{esito.file_id}:{esito.line}", "causale": esito.causale, "nota": nota}


def _require_free(conn: Connection, esito: Row[Any]) -> None:
    found = abbinamenti.linked(conn, esito)
    if found:
        which = ", ".join(map(str, found))
        raise Refused(
            "ABBINA-001",
            f"L'esito {esito.id} è già abbinato: disposizione {which}.",
            f"Outcome {esito.id} is matched already: order {which}.",
            hint_it=f"Prima va sciolto: cbi unmatch {esito.id} --user UTENTE",
            hint_en=f"Undo that first: cbi unmatch {esito.id} --user USER",
        )


def _require_answered(lavoro: Lavoro, esito: Row[Any], disposizione_id: int) -> None:
    """Refused unless an order is one that the esito may speak of."""
    order = distinte.order(lavoro.conn, disposizione_id)
    if order.azienda_id != esito.azienda_id:
        raise distinte.no_order(str(disposizione_id))
    require_order(lavoro.conn, lavoro.profilo, order)
    if order.flusso not in parla_di(esito.flusso):
        raise Refused(
            "ABBINA-002",
            f"Un esito {esito.flusso} non parla di una disposizione {order.flusso}.",
            f"An outcome of {esito.flusso} does not speak of an order of {order.flusso}.",
        )
    if order.stato in MAI_PARTITE:
        raise Refused(
            "ABBINA-003",
            f"La disposizione {disposizione_id} è {order.stato}: non è mai partita.",
            f"Order {disposizione_id} is {order.stato}: it never left.",
        )


def _no_match(esito_id: int) -> Refused:
    return Refused(
        "ABBINA-004",
        f"L'esito {esito_id} non è abbinato a nessuna disposizione.",
        f"Outcome {esito_id} is matched with no order.",
        hint_it=f"Per abbinarlo: cbi match {esito_id} DISPOSIZIONE --user UTENTE",
        hint_en=f"To match it: cbi match {esito_id} ORDER --user USER",
    )
