"""What people do to distinte before they leave, and to orders that have left: each a verb, through the gate.

Each is one transaction, in the name of a user proved by a password, told in the iter and in the journal; with
`dry_run` it only says what would come of it. Whatever changes the bytes of a distinta has them checked as an import
does, and voids the signatures given. All raise Refused: as the gate does (UTENTE-005 to UTENTE-011), when what they
lead to is of an account that the user may not see (CONTO-002), when a state does not allow it (STATO-001), when what is
named is not there (DISTINTA-001, DISPOSIZIONE-001, DISPOSIZIONE-002), when a value does not fit its field
(MODIFICA-001), and as each one says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO, RICHIAMI
from ledger import aziende, composizione, deposito, distinte
from ledger.distinte import Disposizione
from ledger.errors import Refused
from ledger.home import Home
from ledger.modifiche import Campi, Modifica
from ledger.omogenee import require_alike
from ledger.ports import today
from ledger.profilo import Funzione
from ledger.rifacimento import (
    A_MANO,
    COPIATA,
    LIBERA,
    Fatto,
    Testata,
    apply_order,
    changeable,
    copied,
    fact,
    freely_named,
    judged,
    loosened,
    made_again,
    named,
    readable,
    some,
    taken_out,
    telling,
)
from ledger.stati import Evento, Stato, di_disposizione
from ledger.utenti import Segreto
from ledger.varco import Lavoro, varco, varco_di
from ledger.visibili import require_order

COMPONE = Funzione.COMPOSE
NESSUNO: Mapping[str, str] = {}
RIPRESENTABILI = (Stato.INSOLUTA, Stato.STORNATA, Stato.SCARTATA, Stato.RICHIAMATA)
SENZA_FLUSSO = {
    "RID": (
        "del richiamo dei R.I.D. non c'è un tracciato pubblico: è segnato qui, va chiesto alla banca per altra via",
        "no public document tells how a R.I.D. is recalled: it is noted here, ask the bank by other means",
    ),
    "F24": (
        "del flusso R4 non c'è un tracciato pubblico: la revoca è segnata qui, va chiesta alla banca per altra via",
        "no public document tells what an R4 holds: the revocation is noted here, ask the bank by other means",
    ),
}


def create(
    home: Home,
    ordini: Sequence[int],
    utente: str,
    password: Segreto,
    *,
    testata: Testata = LIBERA,
    dry_run: bool = False,
) -> Fatto:
    """A distinta of these orders, loose or taken out of theirs, in this order.

    Raises Refused when they are not all of a kind, a bank and an account (OMOGENEITA-001), the name is taken
    (SUPPORTO-001), or one is in a request of recall (RICHIAMO-003).
    """
    with home.read() as conn:
        azienda_id = distinte.order(conn, some(ordini)[0]).azienda_id
    with varco(home, azienda_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        mine = loosened(lavoro, ordini)
        require_alike(mine)
        first, sia = mine[0], aziende.get(lavoro.conn, azienda_id).sia
        nome, data = testata.of(lavoro, first.flusso)
        testa = composizione.new_header(first.flusso, sia, first.banca, data, nome, first.raw)
        testa = testa if testata.nome else freely_named(lavoro, testa)
        composta = composizione.compose(testa, first.flusso, [o.raw for o in mine], oggi=today(lavoro.ports))
        deposito.require_free_name(lavoro, composta)
        ids = [ordine.id for ordine in mine]
        return judged(lavoro, deposito.gathered(lavoro, composta, ids, origine=A_MANO), composta, ids)


def add(
    home: Home, distinta_id: int, ordini: Sequence[int], utente: str, password: Segreto, *, dry_run: bool = False
) -> Fatto:
    """Put orders, loose or taken out of theirs, at the end of a distinta; those it has stay where they are.

    Raises Refused when they are not of its kind, bank and account (OMOGENEITA-001), or one is in a request of recall
    (RICHIAMO-003).
    """
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        distinta, there = changeable(lavoro, distinta_id), readable(lavoro, distinta_id)
        already = {ordine.id for ordine in there}
        mine = loosened(lavoro, [each for each in some(ordini) if each not in already])
        require_alike([there[0], *mine])
        return made_again(lavoro, distinta, [*there, *mine], entered=[ordine.id for ordine in mine])


def take_out(
    home: Home, distinta_id: int, ordini: Sequence[int], utente: str, password: Segreto, *, dry_run: bool = False
) -> Fatto:
    """Take orders out of a distinta: they are loose, Inserita. One left without orders is Eliminata.

    Raises Refused when it is a request of recall (RICHIAMO-003).
    """
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        return taken_out(lavoro, distinta_id, some(ordini))


def copy(
    home: Home,
    distinta_id: int,
    utente: str,
    password: Segreto,
    *,
    testata: Testata = LIBERA,
    campi: Campi = NESSUNO,
    dry_run: bool = False,
) -> Fatto:
    """A distinta like another, whatever its state, under a name and a date of its own; with other properties, if any.

    Raises Refused when the name is taken (SUPPORTO-001), and as `edit` for the properties.
    """
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        mine = readable(lavoro, distinta_id)
        modifica = Modifica.of(mine[0].flusso, campi)
        dati = {"copia_di": distinta_id, "campi": dict(campi)}
        return copied(lavoro, distinta_id, mine, testata, modifica, origine=COPIATA, dati=dati)


def edit(
    home: Home,
    distinta_id: int,
    campi: Campi,
    utente: str,
    password: Segreto,
    *,
    ordini: Sequence[int] = (),
    dry_run: bool = False,
) -> Fatto:
    """Change properties of some orders of a distinta, or of all of them and of its header.

    Raises Refused when a name is not one of the kind's (MODIFICA-002), when the orders would be of several accounts
    (OMOGENEITA-001), or the name is taken (SUPPORTO-001).
    """
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        distinta, there = changeable(lavoro, distinta_id), readable(lavoro, distinta_id)
        mine = named(lavoro, distinta_id, ordini) if ordini else there
        for ordine in mine if ordini else ():
            apply_order(lavoro, ordine.id, Evento.MODIFICA, {"campi": dict(campi)})
        modifica, ids = Modifica.of(distinta.flusso, campi), [ordine.id for ordine in mine]
        return made_again(lavoro, distinta, there, modifica=modifica, changed=ids, dati={"campi": dict(campi)})


def delete(home: Home, distinta_id: int, utente: str, password: Segreto, *, dry_run: bool = False) -> Fatto:
    """Throw away a distinta that nobody has signed, with its orders: rows and bytes stay, as evidence, and count no
    more. If it was a request of recall, the orders are no longer asked back."""
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro:
        distinte.apply(lavoro.conn, lavoro.ports, distinta_id, Evento.ELIMINA, chi=lavoro.chi)
        distinte.give_up_recall(lavoro.conn, lavoro.ports, distinta_id, chi=lavoro.chi)
        return fact(lavoro, distinta_id)


def delete_order(home: Home, disposizione_id: int, utente: str, password: Segreto, *, dry_run: bool = False) -> Fatto:
    """Throw away a loose order. Raises Refused when it is in a distinta (DISPOSIZIONE-003)."""
    with home.read() as conn:
        azienda_id = distinte.order(conn, disposizione_id).azienda_id
    with varco(home, azienda_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro:
        ordine = distinte.order(lavoro.conn, disposizione_id)
        require_order(lavoro.conn, lavoro.profilo, ordine)
        _require_loose(ordine)
        return Fatto(None, apply_order(lavoro, disposizione_id, Evento.ELIMINA, {}), ordini=(disposizione_id,))


def recall(
    home: Home,
    distinta_id: int,
    utente: str,
    password: Segreto,
    *,
    ordini: Sequence[int] = (),
    testata: Testata = LIBERA,
    dry_run: bool = False,
) -> Fatto:
    """Ask orders back from the bank, some or all those still open: a distinta of their recalls, to be signed.

    Where no request can be written (R.I.D.) the orders are only marked, and a notice says so. Raises Refused when
    none can be asked back (RICHIAMO-001), one is a recall itself (RICHIAMO-002), or the name is taken (SUPPORTO-001).
    """
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        mine = named(lavoro, distinta_id, ordini) if ordini else _still_open(lavoro, distinta_id)
        _require_no_recalls(mine)
        ids = [ordine.id for ordine in mine]
        for each in ids:
            apply_order(lavoro, each, Evento.CHIEDI_RICHIAMO, {})
        if mine[0].flusso not in RICHIAMI:
            return fact(lavoro, distinta_id, ids, SENZA_FLUSSO[mine[0].flusso])
        dati = {distinte.RICHIAMO_DI: ids}
        return copied(lavoro, distinta_id, mine, testata, origine=A_MANO, dati=dati, back=True)


def resend(
    home: Home,
    distinta_id: int,
    ordini: Sequence[int],
    campi: Campi,
    utente: str,
    password: Segreto,
    *,
    testata: Testata = LIBERA,
    dry_run: bool = False,
) -> Fatto:
    """Present again R.I.D. that came back, with other coordinates or another due date: a distinta of their copies.

    Raises Refused for a kind that is not presented again so (RIPRESENTA-001), an order that did not come back
    (RIPRESENTA-002), and as `edit` for the properties.
    """
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro, telling():
        mine = named(lavoro, distinta_id, some(ordini))
        _require_came_back(mine)
        modifica = Modifica.of(mine[0].flusso, campi)
        dati = {"ripresenta": [ordine.id for ordine in mine], "campi": dict(campi)}
        return copied(lavoro, distinta_id, mine, testata, modifica, origine=A_MANO, dati=dati)


def revoke(
    home: Home, distinta_id: int, utente: str, password: Segreto, *, ordini: Sequence[int] = (), dry_run: bool = False
) -> Fatto:
    """Mark delegations of F24, some or all of a distinta, as revoked: the flow that asks for it cannot be written."""
    with varco_di(home, distinta_id, utente, password, funzione=COMPONE, dry_run=dry_run) as lavoro:
        mine = named(lavoro, distinta_id, ordini) if ordini else readable(lavoro, distinta_id)
        for ordine in mine:
            apply_order(lavoro, ordine.id, Evento.REVOCA, {})
        return fact(lavoro, distinta_id, [ordine.id for ordine in mine], SENZA_FLUSSO["F24"])


def _require_loose(ordine: Disposizione) -> None:
    if ordine.distinta_id is not None:
        where = f"{ordine.distinta_id}:{ordine.numero}"
        raise Refused(
            "DISPOSIZIONE-003",
            f"La disposizione {ordine.id} è nella distinta {ordine.distinta_id}.",
            f"Order {ordine.id} is in distinta {ordine.distinta_id}.",
            hint_it=f"Prima va tolta: cbi distinte take-out {ordine.distinta_id} {where}",
            hint_en=f"Take it out first: cbi distinte take-out {ordine.distinta_id} {where}",
        )


def _still_open(lavoro: Lavoro, distinta_id: int) -> list[Disposizione]:
    """The orders of a distinta that can be asked back; Refused (RICHIAMO-001) when there are none."""
    table = di_disposizione(distinte.get(lavoro.conn, distinta_id).flusso)
    there = distinte.orders(lavoro.conn, distinta_id)
    found = [ordine for ordine in there if (ordine.stato, Evento.CHIEDI_RICHIAMO) in table]
    if not found:
        raise Refused(
            "RICHIAMO-001",
            f"Nessuna disposizione della distinta {distinta_id} si può richiamare.",
            f"No order of distinta {distinta_id} can be recalled.",
            hint_it="Si richiamano Ri.Ba., M.Av. e R.I.D. inoltrati e ancora senza esito.",
            hint_en="Ri.Ba., M.Av. and R.I.D. can be recalled when they were sent and have no outcome yet.",
        )
    return found


def _require_no_recalls(ordini: Sequence[Disposizione]) -> None:
    for ordine in ordini:
        if ordine.causale in CAUSALI_DI_RICHIAMO:
            raise Refused(
                "RICHIAMO-002",
                f"La disposizione n. {ordine.numero} è già un richiamo: un richiamo non si richiama.",
                f"Order no. {ordine.numero} is a recall itself: a recall cannot be recalled.",
                hint_it="Per incassare lo stesso, presentare di nuovo l'ordine: cbi distinte copy",
                hint_en="To collect all the same, present the order again: cbi distinte copy",
            )


def _require_came_back(ordini: Sequence[Disposizione]) -> None:
    for ordine in ordini:
        if ordine.flusso != "RID":
            raise Refused(
                "RIPRESENTA-001",
                f"Il flusso {ordine.flusso} non si ripresenta così: solo i R.I.D.",
                f"Flow {ordine.flusso} is not presented again so: only R.I.D. are.",
                hint_it="Per fare una distinta uguale: cbi distinte copy",
                hint_en="To make a distinta like this one: cbi distinte copy",
            )
        if ordine.stato not in RIPRESENTABILI:
            raise Refused(
                "RIPRESENTA-002",
                f"La disposizione n. {ordine.numero} è {ordine.stato}: non è tornata indietro.",
                f"Order no. {ordine.numero} is {ordine.stato}: it did not come back.",
                hint_it=f"Si ripresentano quelle {', '.join(RIPRESENTABILI)}.",
                hint_en=f"Those that are {', '.join(RIPRESENTABILI)} can be presented again.",
            )
