"""What people do to a distinta: accept its doubles, sign it.

A signature covers the SHA-256 of the exact bytes that leave, their number of orders and their total; change
any of them and it no longer counts (see `distinte.Distinta.firmato`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ledger import distinte, utenti
from ledger.canonico import canonical
from ledger.distinte import SOGLIA, Distinta
from ledger.errors import Refused
from ledger.home import Home
from ledger.schema import FIRMA
from ledger.stati import DISTINTA, Evento, Stato, next_state
from ledger.utenti import Utente

REGOLE_VERSION = 1


@dataclass(frozen=True)
class SignResult:
    """What a signature led to: the weight reached, whether it is enough, and what is missing to 100."""

    total_weight: int
    complete: bool
    missing: int


def sign(home: Home, distinta_id: int, utente: str, password: str, *, dry_run: bool = False) -> SignResult:
    """Sign a distinta as the user of that login, proved by the password; with `dry_run` only say what would
    come of it.

    Everything is looked at, and the signature recorded, in one transaction. Raises Refused when there is no
    such distinta (DISTINTA-001), the user is not who they say (UTENTE-005, UTENTE-006), the state does not
    allow it (STATO-001), the signatures are already enough (FIRMA-002), the user has signed before
    (FIRMA-003), or bytes or orders are not those imported (ARCHIVIO-001, ARCHIVIO-002, FIRMA-004).
    """
    chi = _who(home, distinta_id, utente, password)
    with home.begin() as conn:
        firmatario = utenti.active(conn, chi.id)
        distinta = distinte.get(conn, distinta_id)
        next_state(DISTINTA, distinta.stato, Evento.FIRMA)
        _require_room(conn, distinta, firmatario)
        _require_untouched(home, conn, distinta)
        _record(home, conn, distinta, firmatario)
        signed = distinte.get(conn, distinta_id)
        if dry_run:
            conn.rollback()
    return SignResult(signed.firmato, signed.completa, max(0, SOGLIA - signed.firmato))


def approve(home: Home, distinta_id: int, utente: str, password: str, *, dry_run: bool = False) -> Stato:
    """Let a distinta that waits because of orders seen before go on to the signatures, in the name of a user;
    with `dry_run` only say what would come of it.

    Raises Refused as `sign` does for the user and the state.
    """
    chi = _who(home, distinta_id, utente, password)
    with home.begin() as conn:
        utenti.active(conn, chi.id)
        doppi = len(distinte.doubles(conn, distinta_id))
        stato = distinte.apply(conn, home.ports, distinta_id, Evento.CONVALIDA, chi=chi.login, dati={"doppi": doppi})
        if dry_run:
            conn.rollback()
    return stato


def libro(conn: Connection, utente: Utente) -> list[Distinta]:
    """The distinte that await the signature of a user: not enough signed yet, and not by them."""
    mine = set(conn.scalars(select(FIRMA.c.distinta_id).where(FIRMA.c.utente_id == utente.id)))
    return [
        distinta
        for distinta in distinte.list_(conn, azienda_id=utente.azienda_id)
        if (distinta.stato, Evento.FIRMA) in DISTINTA and not distinta.completa and distinta.id not in mine
    ]


def _who(home: Home, distinta_id: int, login: str, password: str) -> Utente:
    with home.read() as conn:
        azienda_id = distinte.get(conn, distinta_id).azienda_id
    return utenti.authenticate(home, azienda_id, login, password)


def _require_room(conn: Connection, distinta: Distinta, firmatario: Utente) -> None:
    if distinta.completa:
        raise Refused(
            "FIRMA-002",
            f"La distinta {distinta.id} ha già tutte le firme che servono.",
            f"Distinta {distinta.id} already has all the signatures it needs.",
        )
    mine = select(FIRMA.c.id).where(FIRMA.c.distinta_id == distinta.id, FIRMA.c.utente_id == firmatario.id)
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
    if not inside or not here == counted == distinte.imported(conn, distinta.id):
        raise Refused(
            "FIRMA-004",
            f"La distinta {distinta.id} non è più quella importata: i dati in archivio sono stati alterati.",
            f"Distinta {distinta.id} is not the one imported any more: the data kept were altered.",
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
    covered = _covered(distinta)
    regole = {"versione": REGOLE_VERSION, "soglia": SOGLIA, "peso": firmatario.peso}
    conn.execute(
        FIRMA.insert().values(
            distinta_id=distinta.id,
            utente_id=firmatario.id,
            peso=firmatario.peso,
            regole=canonical(regole),
            at=home.ports.clock.now(),
            **covered,
        )
    )
    distinte.apply(
        conn,
        home.ports,
        distinta.id,
        Evento.FIRMA,
        chi=firmatario.login,
        dati={**covered, "regole": regole},
    )
