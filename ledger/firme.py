"""What people do to a distinta: accept its doubles, sign it.

A signature covers the SHA-256 of the exact bytes that leave, their number of orders and their total; change
any of them and it no longer counts (see `distinte.Distinta.firmato`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ledger import distinte, visibili
from ledger.canonico import canonical
from ledger.distinte import SOGLIA, Distinta
from ledger.errors import Refused
from ledger.home import Home
from ledger.profilo import Funzione
from ledger.schema import FIRMA
from ledger.stati import Evento, Stato, di_distinta, next_state
from ledger.utenti import Segreto, Utente
from ledger.varco import varco_di

REGOLE_VERSION = 1


@dataclass(frozen=True)
class SignResult:
    """What a signature led to: the weight reached, whether it is enough, and what is missing to 100."""

    total_weight: int
    complete: bool
    missing: int


def sign(home: Home, distinta_id: int, utente: str, password: Segreto, *, dry_run: bool = False) -> SignResult:
    """Sign a distinta as the user of that login, proved by the password; with `dry_run` only say what would
    come of it.

    Everything is looked at, and the signature recorded, in one transaction. Raises Refused when there is no
    such distinta (DISTINTA-001), the gate stays shut (UTENTE-005 to UTENTE-011), the state does not
    allow it (STATO-001), the signatures are already enough (FIRMA-002), the user has signed before
    (FIRMA-003), or bytes or orders are not those imported (ARCHIVIO-001, ARCHIVIO-002, FIRMA-004).
    """
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.SIGN, dry_run=dry_run) as lavoro:
        conn, firmatario = lavoro.conn, lavoro.utente
        distinta = distinte.get(conn, distinta_id)
        next_state(di_distinta(distinta.flusso), distinta.stato, Evento.FIRMA)
        _require_room(conn, distinta, firmatario)
        _require_untouched(home, conn, distinta)
        _record(home, conn, distinta, firmatario)
        signed = distinte.get(conn, distinta_id)
    return SignResult(signed.firmato, signed.completa, max(0, SOGLIA - signed.firmato))


def approve(home: Home, distinta_id: int, utente: str, password: Segreto, *, dry_run: bool = False) -> Stato:
    """Let a distinta that waits because of orders seen before go on to the signatures, in the name of a user;
    with `dry_run` only say what would come of it.

    Raises Refused as `sign` does for the user and the state.
    """
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.COMPOSE, dry_run=dry_run) as lavoro:
        dati = {"doppi": len(distinte.doubles(lavoro.conn, distinta_id))}
        return distinte.apply(lavoro.conn, lavoro.ports, distinta_id, Evento.CONVALIDA, chi=lavoro.chi, dati=dati)


def libro(conn: Connection, utente: Utente) -> list[Distinta]:
    """The distinte that await the signature of a user: of accounts that they see, not enough signed, not by them."""
    given = select(FIRMA.c.distinta_id, FIRMA.c.revisione).where(FIRMA.c.utente_id == utente.id)
    mine = {(row.distinta_id, row.revisione) for row in conn.execute(given)}
    return [
        distinta
        for distinta in distinte.list_(conn, azienda_id=utente.azienda_id)
        if (distinta.stato, Evento.FIRMA) in di_distinta(distinta.flusso)
        and not distinta.completa
        and (distinta.id, distinta.revisione) not in mine
        and visibili.sees(conn, utente.profilo, distinta.id)
    ]


def _require_room(conn: Connection, distinta: Distinta, firmatario: Utente) -> None:
    if distinta.completa:
        raise Refused(
            "FIRMA-002",
            f"La distinta {distinta.id} ha già tutte le firme che servono.",
            f"Distinta {distinta.id} already has all the signatures it needs.",
        )
    mine = select(FIRMA.c.id).where(
        FIRMA.c.distinta_id == distinta.id,
        FIRMA.c.utente_id == firmatario.id,
        FIRMA.c.revisione == distinta.revisione,
    )
    if conn.scalar(mine) is not None:
        raise Refused(
            "FIRMA-003",
            f"{firmatario.login} ha già firmato la distinta {distinta.id}.",
            f"{firmatario.login} has already signed distinta {distinta.id}.",
            hint_it="Serve la firma di un'altra persona.",
            hint_en="Another person's signature is needed.",
        )


def _require_untouched(home: Home, conn: Connection, distinta: Distinta) -> None:
    data = distinte.payload(home, conn, distinta.id)
    orders = list(distinte.orders(conn, distinta.id))
    here = _covered(distinta)
    counted = {**here, "numero_disposizioni": len(orders), "totale": sum(order.importo for order in orders)}
    inside = b"".join(order.raw for order in orders) in data
    if not inside or not here == counted == distinte.composed(conn, distinta.id):
        raise Refused(
            "FIRMA-004",
            f"La distinta {distinta.id} non è più quella registrata: i dati in archivio sono stati alterati.",
            f"Distinta {distinta.id} is not the one recorded any more: the data kept were altered.",
            hint_it="Non firmare: avvisare chi amministra l'archivio e importare di nuovo il file.",
            hint_en="Do not sign: tell whoever administers this home, and import the file again.",
        )


def _covered(distinta: Distinta) -> dict[str, str | int]:
    return {
        "sha256": distinta.sha256,
        "numero_disposizioni": distinta.numero_disposizioni,
        "totale": distinta.totale,
    }


def _record(home: Home, conn: Connection, distinta: Distinta, firmatario: Utente) -> None:
    covered = {**_covered(distinta), "revisione": distinta.revisione}
    regole = {"versione": REGOLE_VERSION, "soglia": SOGLIA, "peso": firmatario.peso}
    at = home.ports.clock.now()
    row = {"distinta_id": distinta.id, "utente_id": firmatario.id, "peso": firmatario.peso, "at": at, **covered}
    insert = FIRMA.insert().values(**row, regole=canonical(regole)).returning(FIRMA.c.id)
    firma_id = int(conn.execute(insert).scalar_one())
    distinte.apply(
        conn,
        home.ports,
        distinta.id,
        Evento.FIRMA,
        chi=firmatario.login,
        dati={**covered, "regole": regole, "firma": {"id": firma_id, "utente_id": firmatario.id, "at": at}},
    )
