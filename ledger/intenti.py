"""The intents of dispatch: written, and journaled, before the disk is touched; closed once with what came of them.

One whose file may not last, because the disk said so, is uncertain: nothing completes or withdraws it but a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from ledger import journal
from ledger.distinte import Distinta
from ledger.errors import Refused
from ledger.ports import ROME, Ports
from ledger.schema import AZIENDA, DISTINTA, INTENTO
from ledger.stati import Stato

APERTO, COMPIUTO, RITIRATO, INCERTO = "aperto", "compiuto", "ritirato", "incerto"
CHUNK = 500  # names asked for at once

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
    return _in(conn, APERTO)


def uncertain(conn: Connection) -> list[Intento]:
    """Every uncertain intent, oldest first."""
    return _in(conn, INCERTO)


def _in(conn: Connection, stato: str) -> list[Intento]:
    return [Intento(*row) for row in conn.execute(_IN, {"stato": stato})]


def standing(conn: Connection, distinta_id: int) -> tuple[str, Intento] | None:
    """The intent of a distinta that was not withdrawn, if there is one, and what has become of it."""
    row = conn.execute(_STANDING, {"distinta_id": distinta_id}).one_or_none()
    return (row.stato, Intento(*row[:-1])) if row else None


def done_of(conn: Connection, distinta_id: int) -> Intento | None:
    """The completed intent of a distinta, if it has left."""
    return _of(conn, distinta_id, COMPIUTO)


def uncertain_of(conn: Connection, distinta_id: int) -> Intento | None:
    """The uncertain intent of a distinta, if there is one."""
    return _of(conn, distinta_id, INCERTO)


def _of(conn: Connection, distinta_id: int, stato: str) -> Intento | None:
    found, intento = standing(conn, distinta_id) or ("", None)
    return intento if found == stato else None


def require_uncertain(conn: Connection, distinta_id: int) -> Intento:
    """The uncertain intent of a distinta. Refused (INOLTRO-003) when there is none."""
    if (intento := uncertain_of(conn, distinta_id)) is None:
        raise Refused(
            "INOLTRO-003",
            f"Né l'inoltro né la consegna della distinta {distinta_id} sono incerti: non c'è nulla da decidere.",
            f"Neither dispatch nor delivery of distinta {distinta_id} is uncertain: there is nothing to decide.",
            hint_it="Gli inoltri incerti: cbi spool status. Le consegne interrotte: cbi deliver",
            hint_en="The uncertain dispatches: cbi spool status. The deliveries that were cut: cbi deliver",
        )
    return intento


def in_doubt(intento: Intento) -> Refused:
    """Why a distinta stays where it is, and who can move it (INOLTRO-002)."""
    which = f"cbi spool resolve {intento.distinta_id}"
    return Refused(
        "INOLTRO-002",
        f"Distinta {intento.distinta_id}, inoltro incerto: il disco non ha confermato il file {intento.nome_file}.",
        f"Distinta {intento.distinta_id}, uncertain dispatch: the disk did not confirm file {intento.nome_file}.",
        hint_it=f"Sentire la banca, poi decidere: {which} --left se l'ha, {which} --not-left se non l'ha",
        hint_en=f"Ask the bank, then decide: {which} --left if it has it, {which} --not-left if it has not",
    )


def require_not_leaving(conn: Connection, distinta_id: int) -> None:
    """Refused when a distinta may already be on its way (DISTINTA-003), or nobody knows (INOLTRO-002)."""
    if (doubtful := uncertain_of(conn, distinta_id)) is not None:
        raise in_doubt(doubtful)
    if _of(conn, distinta_id, APERTO) is not None:
        raise Refused(
            "DISTINTA-003",
            f"La distinta {distinta_id} sta partendo: non si può più cambiare.",
            f"Distinta {distinta_id} is about to leave: it can no longer be changed.",
            hint_it="Completare o ritirare l'inoltro: cbi dispatch",
            hint_en="Complete or withdraw the dispatch: cbi dispatch",
        )


def state(conn: Connection, intento_id: int) -> str:
    """What has become of an intent: one of the four words above."""
    return str(conn.scalar(_STATE, {"id": intento_id}))


def sequence(conn: Connection, distinta: Distinta) -> int:
    """Which time it is, from 1, that these bytes are meant for this bank: those withdrawn, and those that the bank
    refused, have a name that is not to be used again."""
    same = {"azienda_id": distinta.azienda_id, "abi": distinta.abi, "sha256": distinta.sha256}
    return 1 + int(conn.scalar(_USED, same) or 0)


def intend(conn: Connection, ports: Ports, distinta: Distinta, nome_file: str) -> Intento:
    """Records and journals the intent; it counts once the transaction of `conn` is committed."""
    of = {"distinta_id": distinta.id, "abi": distinta.abi, "nome_file": nome_file, "sha256": distinta.sha256}
    new = {**of, "stato": APERTO, "at": ports.clock.now(), "azienda": distinta.azienda_id}
    id_, sia = conn.execute(_NEW, new).one()
    intento = Intento(id_, distinta.id, distinta.azienda_id, sia, distinta.abi, nome_file, distinta.sha256)
    _journal(conn, ports, "intento_inoltro", intento)
    return intento


def done(conn: Connection, ports: Ports, intento: Intento, **perche: str) -> None:
    """Closes the intent: the file has left. `perche` is who said so, when it was a person."""
    _close(conn, intento, COMPIUTO)
    _journal(conn, ports, "inoltro_compiuto", intento, **perche)


def withdraw(conn: Connection, ports: Ports, intento: Intento, *, why: str, **perche: str) -> None:
    """Closes the intent: the file has not left and will not under it. `perche` as in `done`."""
    _close(conn, intento, RITIRATO)
    _journal(conn, ports, "inoltro_ritirato", intento, motivo=why, **perche)


def doubt(conn: Connection, ports: Ports, intento: Intento, *, errno: str) -> None:
    """Leaves the intent to a person: the disk failed to make its file durable (`errno`, by name)."""
    _close(conn, intento, INCERTO)
    _journal(conn, ports, "inoltro_incerto", intento, errno=errno)


def delivered(conn: Connection, ports: Ports, intento: Intento, *, esito: str, chi: str) -> None:
    """A person has asked the bank about a delivery that was cut at the very end; what has left has left either way."""
    _journal(conn, ports, "consegna_decisa", intento, esito=esito, chi=chi)


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


def last_sent(conn: Connection, azienda_id: int, abi: str, nome_supporto: str, by: date | None) -> int | None:
    """The distinta of that nome supporto that left last for a bank, of those that had left by a day of Rome (any, for
    none): what the bank speaks of on that day, when it names it so. None when none had."""
    named: dict[str, Any] = {"azienda_id": azienda_id, "abi": abi, "nome_supporto": nome_supporto}
    if by is None:
        return conn.scalar(_LAST_SENT, named)
    after = datetime.combine(by + timedelta(1), time.min, ROME).astimezone(UTC)
    return conn.scalar(_LAST_SENT_BEFORE, {**named, "after": after})


def folders_of(conn: Connection, sia: str, abi: str, names: Iterable[str]) -> dict[str, str]:
    """The folder of `out` where each of these sent files belongs by the state of its distinta; those that are not here
    stay where they are."""
    wanted, found = sorted(names), dict[str, str]()
    for start in range(0, len(wanted), CHUNK):
        here = {"sia": sia, "abi": abi, "names": wanted[start : start + CHUNK]}
        found |= {name: FOLDERS[Stato(stato)] for name, stato in conn.execute(_FATES, here)}
    return found


def _close(conn: Connection, intento: Intento, stato: str) -> None:
    conn.execute(_CLOSE, {"intento": intento.id, "stato": stato})


def _journal(conn: Connection, ports: Ports, tipo: str, intento: Intento, **dati: str) -> None:
    journal.append(
        conn,
        azienda_id=intento.azienda_id,
        tipo=tipo,
        soggetto=f"distinta:{intento.distinta_id}",
        dati={"id": intento.id, "file": intento.nome_file, "sha256": intento.sha256, "abi": intento.abi, **dati},
        at=ports.clock.now(),
    )


# Asked at every step: made once.
_IN = _intenti().where(INTENTO.c.stato == bindparam("stato"))
_STANDING = (
    _intenti()
    .add_columns(INTENTO.c.stato)
    .where(INTENTO.c.distinta_id == bindparam("distinta_id"), INTENTO.c.stato != RITIRATO)
)
_STATE = select(INTENTO.c.stato).where(INTENTO.c.id == bindparam("id"))
_CLOSE = update(INTENTO).where(INTENTO.c.id == bindparam("intento")).values(stato=bindparam("stato"))
_SAME = (DISTINTA.c.azienda_id == bindparam("azienda_id"), DISTINTA.c.abi == bindparam("abi"))
_LAST_SENT = (
    select(DISTINTA.c.id)
    .join(INTENTO, INTENTO.c.distinta_id == DISTINTA.c.id)
    .where(DISTINTA.c.azienda_id == bindparam("azienda_id"), DISTINTA.c.nome_supporto == bindparam("nome_supporto"))
    .where(INTENTO.c.abi == bindparam("abi"), INTENTO.c.stato == COMPIUTO)
    .order_by(INTENTO.c.id.desc())
    .limit(1)
)
_LAST_SENT_BEFORE = _LAST_SENT.where(INTENTO.c.at < bindparam("after"))
_WITHDRAWN = (
    select(func.count(INTENTO.c.id))
    .join(DISTINTA, DISTINTA.c.id == INTENTO.c.distinta_id)
    .where(*_SAME, INTENTO.c.stato == RITIRATO, INTENTO.c.sha256 == bindparam("sha256"))
)
_REFUSED = select(func.count(DISTINTA.c.id)).where(
    *_SAME, DISTINTA.c.stato == Stato.SCARTATA, DISTINTA.c.sha256 == bindparam("sha256")
)
_USED = select(_WITHDRAWN.scalar_subquery() + _REFUSED.scalar_subquery())
_SIA = select(AZIENDA.c.sia).where(AZIENDA.c.id == bindparam("azienda")).scalar_subquery()
_NEW = (
    insert(INTENTO)
    .values({each.name: bindparam(each.name) for each in INTENTO.c if each.name != "id"})
    .returning(INTENTO.c.id, _SIA)
)
_FATES = (
    select(INTENTO.c.nome_file, DISTINTA.c.stato)
    .join(DISTINTA, DISTINTA.c.id == INTENTO.c.distinta_id)
    .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
    .where(AZIENDA.c.sia == bindparam("sia"), INTENTO.c.abi == bindparam("abi"), INTENTO.c.stato == COMPIUTO)
    .where(DISTINTA.c.stato.in_(FOLDERS), INTENTO.c.nome_file.in_(bindparam("names", expanding=True)))
)
