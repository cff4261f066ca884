"""Changes to users, powers, companies and rules: asked for by who administers, applied when enough of them approve.

What a change does is a row of `TIPI`: a function, called in the transaction of the approval that completes it. Who asks
approves: one whose right is individual needs nobody else, of those whose right is joint it takes two, different people.
Each change keeps the rules in force when it was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, or_, select

from ledger import aziende, gruppi, journal, poteri, utenti
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.poteri import Potere
from ledger.profilo import SERVONO, VALE, Funzione, Profilo
from ledger.schema import APPROVAZIONE, CAMBIO, UTENTE
from ledger.utenti import Segreto
from ledger.varco import Mandato, varco

RICHIESTO, APPLICATO, RIFIUTATO, SCADUTO = "richiesto", "applicato", "rifiutato", "scaduto"
REGOLE = {"versione": 1, "servono": SERVONO, "vale": {str(right): vale for right, vale in VALE.items()}, "giorni": 30}
Dati: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Cambio:
    """A change: what it does (`tipo`, a key of `TIPI`, on `dati`), who asked for it and when, and by which rules.

    `raggiunti` is what the rights of those who approved it (`approvato`) reach, of the `servono` of its rules.
    """

    id: int
    azienda_id: int
    tipo: str
    dati: Dati
    regole: Dati
    chi: str
    stato: str
    at: datetime
    approvato: tuple[str, ...] = ()
    raggiunti: int = 0

    @property
    def scade(self) -> datetime:
        """When nobody can approve it any more."""
        return self.at + timedelta(days=self.regole["giorni"])


@dataclass(frozen=True)
class Opera:
    """A change as the function that applies it sees it; `segreto` is the digest of a password, "" for none."""

    lavoro: Mandato
    chi: str
    dati: Dati
    segreto: str

    @property
    def where(self) -> tuple[Connection, Ports, int]:
        """The connection, the ports and the company, as most functions of the ledger take them."""
        return self.lavoro.conn, self.lavoro.ports, self.lavoro.azienda_id


# --- what a change can be ---------------------------------------------------------------------------------------------


def _user(opera: Opera) -> None:
    """login, potere, profilo; a password, to be changed at first use."""
    utenti.insert(
        *opera.where,
        login=opera.dati["login"],
        potere=Potere.of(opera.dati["potere"]),
        profilo=Profilo.of(opera.dati["profilo"]),
        impronta=opera.segreto,
        da_cambiare=True,
        chi=opera.chi,
    )


def _profile(opera: Opera) -> None:
    """login, profilo"""
    utenti.set_profilo(*opera.where, opera.dati["login"], Profilo.of(opera.dati["profilo"]), chi=opera.chi)


def _state(opera: Opera) -> None:
    """login, stato"""
    utenti.set_stato(*opera.where, opera.dati["login"], opera.dati["stato"], chi=opera.chi)


def _password(opera: Opera) -> None:
    """login; a password, to be changed at first use."""
    utenti.set_password(*opera.where, opera.dati["login"], opera.segreto, chi=opera.chi)


def _power(opera: Opera) -> None:
    """login, potere"""
    utente = utenti.named(opera.lavoro.conn, opera.lavoro.azienda_id, opera.dati["login"])
    poteri.assign(*opera.where, utente.id, Potere.of(opera.dati["potere"]), chi=opera.chi)


def _option(opera: Opera) -> None:
    """nome, valore"""
    aziende.set_option(*opera.where, opera.dati["nome"], opera.dati["valore"], chi=opera.chi)


def _bank(opera: Opera) -> None:
    """abi, nome"""
    aziende.add_banca(*opera.where, opera.dati["abi"], opera.dati["nome"])


def _account(opera: Opera) -> None:
    """iban"""
    aziende.add_conto(*opera.where, opera.dati["iban"])


def _without_code(opera: Opera) -> None:
    """login"""
    utenti.drop_totp(*opera.where, opera.dati["login"], chi=opera.chi)


def _group(opera: Opera) -> None:
    """capogruppo: its SIA, "" for none"""
    gruppi.join(*opera.where, opera.dati["capogruppo"], chi=opera.chi)


def _share(opera: Opera) -> None:
    """persona: a login of the capogruppo; login: the user as which they act"""
    gruppi.share(*opera.where, opera.dati["persona"], opera.dati["login"], chi=opera.chi)


def _unshare(opera: Opera) -> None:
    """persona: SIA.login"""
    gruppi.unshare(*opera.where, opera.dati["persona"], chi=opera.chi)


TIPI: Mapping[str, Callable[[Opera], None]] = {
    "utente": _user,
    "profilo": _profile,
    "stato": _state,
    "password": _password,
    "senza_codice": _without_code,
    "potere": _power,
    "opzione": _option,
    "banca": _bank,
    "conto": _account,
    "capogruppo": _group,
    "condivisione": _share,
    "condivisione_tolta": _unshare,
}
CON_PASSWORD = ("utente", "password")  # those that come with a password, whose digest the journal is not told


# --- asking, approving, refusing --------------------------------------------------------------------------------------


def ask(
    home: Home,
    azienda_id: int,
    tipo: str,
    dati: Dati,
    utente: str,
    segreto: Segreto,
    *,
    password: str = "",
    dry_run: bool = False,
) -> Cambio:
    """Ask for a change, in the name of who administers: applied at once when their word is enough, else pending.

    `password` is that of the user whom the change is about, where it gives one. It is tried out before it is kept, so
    that what could not be applied is refused now. Raises Refused as the gate does, as the function of its kind does,
    and when nobody could administer any more (CAMBIO-003).
    """
    with varco(home, azienda_id, utente, segreto, funzione=Funzione.ADMINISTER, dry_run=dry_run) as lavoro:
        chi, at, digest = lavoro.chi, lavoro.ports.clock.now(), None
        if tipo in CON_PASSWORD:
            digest = utenti.digest(lavoro.conn, lavoro.ports, azienda_id, dati["login"], password)
        told = {"tipo": tipo, "dati": canonical(dict(dati)), "regole": canonical(REGOLE), "chi": chi}
        row = {**told, "azienda_id": azienda_id, "segreto": digest, "stato": RICHIESTO, "at": at}
        cambio_id = int(lavoro.conn.execute(CAMBIO.insert().values(**row).returning(CAMBIO.c.id)).scalar_one())
        _note(lavoro, "cambio_richiesto", cambio_id, {**told, "dati": dict(dati), "regole": REGOLE})
        _try_out(lavoro, cambio_id)
        return _approved(lavoro, cambio_id)


def approve(home: Home, cambio_id: int, utente: str, segreto: Segreto, *, dry_run: bool = False) -> Cambio:
    """Approve a change that waits, applying it when that is enough; by one who approved it before, nothing changes.

    One that waited for too long is `scaduto`, and says so. Raises Refused as `ask` does, and when there is no such
    change (CAMBIO-001) or it does not wait any more (CAMBIO-002).
    """
    with _waiting(home, cambio_id, utente, segreto, dry_run) as lavoro:
        return _expired(lavoro, cambio_id) or _approved(lavoro, cambio_id)


def reject(home: Home, cambio_id: int, utente: str, segreto: Segreto, *, dry_run: bool = False) -> Cambio:
    """Refuse a change that waits: one who administers is enough, also who asked for it. Raises Refused as `approve`."""
    with _waiting(home, cambio_id, utente, segreto, dry_run) as lavoro:
        return _expired(lavoro, cambio_id) or _concluded(lavoro, cambio_id, RIFIUTATO)


def get(conn: Connection, cambio_id: int) -> Cambio:
    """The change of that id; Refused (CAMBIO-001) when there is none."""
    row = conn.execute(select(CAMBIO).where(CAMBIO.c.id == cambio_id)).one_or_none()
    if row is None:
        raise Refused(
            "CAMBIO-001",
            f"Il cambio {cambio_id} non esiste.",
            f"There is no change {cambio_id}.",
            hint_it="L'elenco: cbi cambi",
            hint_en="The list: cbi cambi",
        )
    return _cambio(conn, row)


def list_(conn: Connection, azienda_id: int) -> list[Cambio]:
    """The changes of a company, in the order in which they were asked for."""
    query = select(CAMBIO).where(CAMBIO.c.azienda_id == azienda_id).order_by(CAMBIO.c.id)
    return [_cambio(conn, row) for row in conn.execute(query).all()]


@contextmanager
def _waiting(home: Home, cambio_id: int, utente: str, segreto: Segreto, dry_run: bool) -> Iterator[Mandato]:
    """The gate to a change of one's own company that waits."""
    with home.read() as conn:
        azienda_id = get(conn, cambio_id).azienda_id
    with varco(home, azienda_id, utente, segreto, funzione=Funzione.ADMINISTER, dry_run=dry_run) as lavoro:
        cambio = get(lavoro.conn, cambio_id)
        if cambio.stato != RICHIESTO:
            raise Refused(
                "CAMBIO-002",
                f"Il cambio {cambio_id} è già {cambio.stato}.",
                f"Change {cambio_id} is {cambio.stato} already.",
            )
        yield lavoro


def _expired(lavoro: Mandato, cambio_id: int) -> Cambio | None:
    late = lavoro.ports.clock.now() >= get(lavoro.conn, cambio_id).scade
    return _concluded(lavoro, cambio_id, SCADUTO) if late else None


def _approved(lavoro: Mandato, cambio_id: int) -> Cambio:
    """A change with the approval of who is at work, applied if it is enough."""
    conn, chi = lavoro.conn, lavoro.chi
    who = {"utente_id": lavoro.utente.id, "persona_id": lavoro.persona_id}
    same = or_(*(APPROVAZIONE.c[column] == each for column, each in who.items()))
    if conn.scalar(select(APPROVAZIONE.c.id).where(APPROVAZIONE.c.cambio_id == cambio_id, same)) is not None:
        return get(conn, cambio_id)
    row = {"cambio_id": cambio_id, "chi": chi, "at": lavoro.ports.clock.now()}
    conn.execute(APPROVAZIONE.insert().values(**who, **row))
    _note(lavoro, "cambio_approvato", cambio_id, {"chi": chi})
    cambio = get(conn, cambio_id)
    if cambio.raggiunti < cambio.regole["servono"]:
        return cambio
    _apply(lavoro, cambio_id)
    return _concluded(lavoro, cambio_id, APPLICATO)


def _apply(lavoro: Mandato, cambio_id: int) -> None:
    row = lavoro.conn.execute(select(CAMBIO).where(CAMBIO.c.id == cambio_id)).one()
    TIPI[row.tipo](Opera(lavoro, row.chi, json.loads(row.dati), row.segreto or ""))
    _require_governed(lavoro)


def _try_out(lavoro: Mandato, cambio_id: int) -> None:
    """Apply a change and take it back: whatever would refuse it refuses it."""
    with lavoro.conn.begin_nested() as attempt:
        _apply(lavoro, cambio_id)
        attempt.rollback()


def _concluded(lavoro: Mandato, cambio_id: int, stato: str) -> Cambio:
    """A change in its last state; the digest of the password that it came with is kept no longer."""
    lavoro.conn.execute(CAMBIO.update().where(CAMBIO.c.id == cambio_id).values(stato=stato, segreto=None))
    _note(lavoro, "cambio_concluso", cambio_id, {"chi": lavoro.chi, "stato": stato})
    return get(lavoro.conn, cambio_id)


def _require_governed(lavoro: Mandato) -> None:
    """Refused (CAMBIO-003) when the rights of those who administer would no longer be enough for any change."""
    users = utenti.list_(lavoro.conn, lavoro.azienda_id)
    if sum(utente.profilo.vale for utente in users if utente.stato == utenti.ATTIVO) < SERVONO:
        raise Refused(
            "CAMBIO-003",
            "Così nessuno potrebbe più amministrare l'azienda.",
            "Nobody could administer the company any more.",
            hint_it="Serve un utente attivo con diritto individuale, o due con diritto congiunto.",
            hint_en="It takes an active user with an individual right, or two with a joint one.",
        )


def _cambio(conn: Connection, row: Row[Any]) -> Cambio:
    found = {**row._mapping, "dati": json.loads(row.dati), "regole": json.loads(row.regole)}
    del found["segreto"]
    query = select(APPROVAZIONE.c.chi, UTENTE.c.stato, UTENTE.c.profilo).join(
        UTENTE, UTENTE.c.id == APPROVAZIONE.c.utente_id
    )
    votes = conn.execute(query.where(APPROVAZIONE.c.cambio_id == row.id).order_by(APPROVAZIONE.c.id)).all()
    vale = found["regole"]["vale"]
    # Who is no longer active, or no longer administers, no longer counts.
    reached = sum(vale[Profilo.read(vote.profilo).amministra] for vote in votes if vote.stato == utenti.ATTIVO)
    return Cambio(**found, approvato=tuple(vote.chi for vote in votes), raggiunti=reached)


def _note(lavoro: Mandato, tipo: str, cambio_id: int, dati: Dati) -> None:
    journal.append(
        lavoro.conn,
        azienda_id=lavoro.azienda_id,
        tipo=tipo,
        soggetto=f"cambio:{cambio_id}",
        dati=dati,
        at=lavoro.ports.clock.now(),
    )
