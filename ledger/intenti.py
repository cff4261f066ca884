"""The intents of dispatch: written, and journaled, before the disk is touched; closed once with what came
of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from ledger import journal
from ledger.errors import Refused
from ledger.ports import Ports
from ledger.schema import AZIENDA, DISTINTA, INTENTO
from ledger.stati import Stato

APERTO, COMPIUTO, RITIRATO = "aperto", "compiuto", "ritirato"

FOLDERS = {Stato.RICEVUTA_BANCA: "confirmed", Stato.ELABORATA: "confirmed", Stato.SCARTATA: "rejected"}
"""The folder of `out` where a flow belongs once its fate is known."""


@dataclass(frozen=True)
class Intento:
    """To send the payload of a distinta (digest `sha256`) of company `sia` to bank `abi` as `nome_file`."""

    id: int
    distinta_id: int
    azienda_id: int
    sia: str
    abi: str
    nome_file: str
    sha256: str


def _intenti() -> Select[Any]:
    return (
        select(
            INTENTO.c.id,
            INTENTO.c.distinta_id,
            DISTINTA.c.azienda_id,
            AZIENDA.c.sia,
            INTENTO.c.abi,
            INTENTO.c.nome_file,
            INTENTO.c.sha256,
        )
        .join(DISTINTA, DISTINTA.c.id == INTENTO.c.distinta_id)
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .order_by(INTENTO.c.id)
    )


def pending(conn: Connection) -> list[Intento]:
    """Every open intent, oldest first."""
    return [Intento(*row) for row in conn.execute(_intenti().where(INTENTO.c.stato == APERTO))]


def pending_of(conn: Connection, distinta_id: int) -> Intento | None:
    """The open intent of a distinta, if there is one."""
    query = _intenti().where(INTENTO.c.distinta_id == distinta_id, INTENTO.c.stato == APERTO)
    row = conn.execute(query).first()
    return Intento(*row) if row else None


def require_not_leaving(conn: Connection, distinta_id: int) -> None:
    """Refused (DISTINTA-003) when a distinta may already be on its way."""
    if pending_of(conn, distinta_id) is not None:
        raise Refused(
            "DISTINTA-003",
            f"La distinta {distinta_id} sta partendo: non si può più cambiare.",
            f"Distinta {distinta_id} is about to leave: it can no longer be changed.",
            hint_it="Completare o ritirare l'inoltro: cbi dispatch",
            hint_en="Complete or withdraw the dispatch: cbi dispatch",
        )


def is_pending(conn: Connection, intento_id: int) -> bool:
    """Whether the intent is still open."""
    return bool(conn.scalar(select(INTENTO.c.stato == APERTO).where(INTENTO.c.id == intento_id)))


def intend(conn: Connection, ports: Ports, distinta_id: int, nome_file: str) -> Intento:
    """Records and journals the intent; it counts once the transaction of `conn` is committed."""
    distinta = conn.execute(select(DISTINTA).where(DISTINTA.c.id == distinta_id)).one()
    conn.execute(
        insert(INTENTO).values(
            distinta_id=distinta_id,
            abi=distinta.abi,
            nome_file=nome_file,
            sha256=distinta.sha256,
            stato=APERTO,
            at=ports.clock.now(),
        )
    )
    (intento,) = [each for each in pending(conn) if each.distinta_id == distinta_id]
    _journal(conn, ports, "intento_inoltro", intento)
    return intento


def done(conn: Connection, ports: Ports, intento: Intento) -> None:
    """Closes the intent: the file has left."""
    _close(conn, intento, COMPIUTO)
    _journal(conn, ports, "inoltro_compiuto", intento)


def withdraw(conn: Connection, ports: Ports, intento: Intento, *, why: str) -> None:
    """Closes the intent: the file has not left and will not under it."""
    _close(conn, intento, RITIRATO)
    _journal(conn, ports, "inoltro_ritirato", intento, motivo=why)


def sent_as(conn: Connection, azienda_id: int, abi: str, nome_file: str) -> Intento | None:
    """The completed intent of the file that left under this name, for this company and bank."""
    query = _intenti().where(
        DISTINTA.c.azienda_id == azienda_id,
        INTENTO.c.abi == abi,
        INTENTO.c.nome_file == nome_file,
        INTENTO.c.stato == COMPIUTO,
    )
    row = conn.execute(query).first()
    return Intento(*row) if row else None


def folder_of(conn: Connection, sia: str, abi: str, nome_file: str) -> str | None:
    """The folder of `out` where a sent file belongs by the state of its distinta; None: where it is."""
    query = (
        select(DISTINTA.c.stato)
        .join(INTENTO, INTENTO.c.distinta_id == DISTINTA.c.id)
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .where(AZIENDA.c.sia == sia, INTENTO.c.abi == abi, INTENTO.c.nome_file == nome_file)
        .where(INTENTO.c.stato == COMPIUTO)
    )
    stato = conn.scalar(query)
    return FOLDERS.get(Stato(stato)) if stato else None


def _close(conn: Connection, intento: Intento, stato: str) -> None:
    conn.execute(update(INTENTO).where(INTENTO.c.id == intento.id).values(stato=stato))


def _journal(conn: Connection, ports: Ports, tipo: str, intento: Intento, **dati: str) -> None:
    journal.append(
        conn,
        azienda_id=intento.azienda_id,
        tipo=tipo,
        soggetto=f"distinta:{intento.distinta_id}",
        dati={"id": intento.id, "file": intento.nome_file, "sha256": intento.sha256, "abi": intento.abi, **dati},
        at=ports.clock.now(),
    )
