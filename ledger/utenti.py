"""Users: who they are, what they may do, how they prove it is them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Row, bindparam, select

from ledger import codici, journal, parole, poteri
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.poteri import Potere
from ledger.profilo import Funzione, Profilo
from ledger.profilo import check as check_profilo
from ledger.schema import ACCESSO, AZIENDA, CONTO, UTENTE

ATTIVO, SOSPESO, DISABILITATO = "attivo", "sospeso", "disabilitato"
AMMESSO = "ammesso"
CHI = "init"
MOST_ATTEMPTS = 7
HASHER = PasswordHasher()  # argon2id, with the parameters its library recommends
OPERATIVO = Profilo()
# Asked at every step: made once.
_BY_ID = select(UTENTE).where(UTENTE.c.id == bindparam("id"))
_BY_LOGIN = select(UTENTE).where(UTENTE.c.azienda_id == bindparam("azienda_id"), UTENTE.c.login == bindparam("login"))
_ACCESSO = ACCESSO.insert()
_PROVED = (
    UTENTE.update().where(UTENTE.c.id == bindparam("utente")).values(tentativi=0, totp_ultimo=bindparam("totp_ultimo"))
)


@dataclass(frozen=True)
class Utente:
    """A user of a company."""

    id: int
    azienda_id: int
    login: str
    stato: str
    profilo: Profilo = OPERATIVO

    def can(self, funzione: Funzione | None) -> bool:
        """Whether the user may do that; None is what every user may: look after their own password."""
        return funzione is None or self.profilo.allows(funzione)


@dataclass(frozen=True)
class Prova:
    """How somebody shows who they are: a password, and a code where there is a second factor.

    `di` is the person of the capogruppo, as SIA and login, whose they are, when they act as a user that it shares. A
    code serves one proof: with the same one, not with its like, several things can be done one after the other; nor is
    the password tried twice against the same digest (`provate`), which takes long on purpose.
    """

    password: str = field(repr=False)
    codice: str = field(default="", repr=False)
    di: tuple[str, str] | None = None
    accolti: dict[int, int | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    provate: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, segreto: Segreto) -> Prova:
        return cls(segreto) if isinstance(segreto, str) else segreto


Segreto: TypeAlias = "str | Prova"  # a bare text is a password


# --- who there is -----------------------------------------------------------------------------------------------------


def find(conn: Connection, azienda_id: int, login: str) -> Utente | None:
    """The user of that login in a company, if there is one."""
    row = _row(conn, azienda_id, login)
    return None if row is None else _utente(row)


def named(conn: Connection, azienda_id: int, login: str) -> Utente:
    """The user of that login in a company; Refused (UTENTE-007) when there is none."""
    utente = find(conn, azienda_id, login)
    if utente is None:
        raise Refused("UTENTE-007", f"L'utente {login} non è in archivio.", f"The user {login} is not in this home.")
    return utente


def list_(conn: Connection, azienda_id: int) -> list[Utente]:
    """The users of a company, by login."""
    rows = conn.execute(select(UTENTE).where(UTENTE.c.azienda_id == azienda_id).order_by(UTENTE.c.login))
    return [_utente(row) for row in rows]


def expiring(conn: Connection, azienda_id: int, before: datetime) -> list[tuple[str, datetime]]:
    """The active users of a company whose password does not last until an instant, by login, and when it ends."""
    rows = conn.execute(select(UTENTE).where(UTENTE.c.azienda_id == azienda_id, UTENTE.c.stato == ATTIVO))
    ends = [(row.login, _ends(row, Profilo.read(row.profilo))) for row in rows]
    return sorted((login, end) for login, end in ends if end is not None and end < before)


def active(conn: Connection, ports: Ports, utente_id: int, funzione: Funzione | None = None) -> Utente:
    """The user as it is now; Refused when no longer active (UTENTE-006, UTENTE-008), out of hours (UTENTE-009) or not
    allowed to do that (UTENTE-010)."""
    row, at = conn.execute(_BY_ID, {"id": utente_id}).one(), ports.clock.now()
    for admits, _, refused in _BEFORE:
        if not admits(row, at):
            raise refused(row)
    utente = _utente(row)
    if not utente.can(funzione):
        raise _not_allowed(utente.login, funzione)
    return utente


# --- how they come to be, and change ----------------------------------------------------------------------------------


def create(
    conn: Connection,
    ports: Ports,
    azienda_id: int,
    *,
    login: str,
    peso: int,
    password: str,
    profilo: Profilo = OPERATIVO,
) -> int:
    """Register a user with a password of their own, whose signature weighs `peso` (1..100); returns the id.

    Raises Refused as `insert` does, and for a password that will not do (UTENTE-003, PASSWORD-001, PASSWORD-002).
    """
    check(login=login, peso=peso)
    impronta = digest(conn, ports, azienda_id, login, password)
    return insert(conn, ports, azienda_id, login=login, potere=Potere(peso), profilo=profilo, impronta=impronta)


def insert(
    conn: Connection,
    ports: Ports,
    azienda_id: int,
    *,
    login: str,
    potere: Potere,
    profilo: Profilo,
    impronta: str,
    da_cambiare: bool = False,
    chi: str = CHI,
) -> int:
    """Register a user whose password has that digest, to be changed at first use when somebody else chose it.

    Raises Refused as `check_login`, `poteri.check` and `profilo.check` do, or when the login is taken (UTENTE-004).
    """
    check_login(login)
    check_profilo(profilo, _conti(conn, azienda_id))
    if find(conn, azienda_id, login) is not None:
        raise Refused("UTENTE-004", f"L'utente {login} c'è già.", f"The user {login} is already there.")
    at = ports.clock.now()
    told = {"profilo": profilo.text, "da_cambiare": int(da_cambiare), "password_at": at, "totp_at": None}
    values = {"azienda_id": azienda_id, "login": login, "hash": impronta, "stato": ATTIVO, "tentativi": 0, "at": at}
    utente_id = int(conn.execute(UTENTE.insert().values(**told, **values).returning(UTENTE.c.id)).scalar_one())
    _note(conn, ports, azienda_id, "utente_creato", login, chi=chi, **told)
    poteri.assign(conn, ports, azienda_id, utente_id, potere, chi=chi)
    return utente_id


def check(*, login: str, peso: int) -> None:
    """Refused as `check_login` does, or for a weight outside 1..100 (UTENTE-002)."""
    check_login(login)
    if not 1 <= peso <= 100:
        raise Refused(
            "UTENTE-002",
            f"Il peso di firma di {login} è {peso}: deve essere da 1 a 100.",
            f"The signature weight of {login} is {peso}: it must be from 1 to 100.",
        )


def check_login(login: str) -> None:
    """Refused (UTENTE-001) for a login that is blank, cannot be printed, or reads as one user acting as another."""
    if not login.strip() or not login.isprintable() or login != login.strip() or journal.COME in login:
        raise Refused("UTENTE-001", f"Il nome utente «{login}» non è valido.", f'The login "{login}" is not valid.')


def digest(conn: Connection, ports: Ports, azienda_id: int, login: str, password: str) -> str:
    """What a password is checked by, and the database keeps; Refused as `parole.check` does."""
    azienda = conn.execute(select(AZIENDA.c.nome).where(AZIENDA.c.id == azienda_id)).scalar_one()
    parole.check(password, login, azienda)
    return HASHER.hash(password, salt=bytes.fromhex(ports.random.token()))


def nobodys(ports: Ports) -> str:
    """The digest of a password that nobody knows: of users who are not to come in."""
    return HASHER.hash(ports.random.token(), salt=bytes.fromhex(ports.random.token()))


def set_profilo(conn: Connection, ports: Ports, azienda_id: int, login: str, profilo: Profilo, *, chi: str) -> None:
    """Give a user other rights; Refused as `profilo.check` does, or for a user who is not there (UTENTE-007)."""
    check_profilo(profilo, _conti(conn, azienda_id))
    _change(conn, ports, azienda_id, login, chi, told={"profilo": profilo.text})


def set_stato(conn: Connection, ports: Ports, azienda_id: int, login: str, stato: str, *, chi: str) -> None:
    """Suspend a user (`sospeso`), or let them in again (`attivo`), their wrong passwords forgotten.

    Refused for another state (UTENTE-012) or no such user (UTENTE-007).
    """
    if stato not in (ATTIVO, SOSPESO):
        raise Refused("UTENTE-012", f"Nessuno è messo {stato}.", f"Nobody is made {stato}.")
    _change(conn, ports, azienda_id, login, chi, told={"stato": stato}, kept={"tentativi": 0})


def set_password(conn: Connection, ports: Ports, azienda_id: int, login: str, impronta: str, *, chi: str) -> None:
    """Give a user another password, by its digest; one that is not their own choice is to be changed at first use."""
    told = {"da_cambiare": int(chi != login), "password_at": ports.clock.now()}
    _change(conn, ports, azienda_id, login, chi, told=told, kept={"hash": impronta})


def change_password(home: Home, azienda_id: int, login: str, segreto: Segreto, nuova: str) -> None:
    """Change one's own password, also one that has expired or was given by somebody else.

    Raises Refused as `authenticate` does, for a password that will not do (UTENTE-003, PASSWORD-001, PASSWORD-002)
    or that is the one there is (PASSWORD-003).
    """
    utente = authenticate(home, azienda_id, login, segreto, None)
    with home.begin() as conn:
        active(conn, home.ports, utente.id)
        impronta = digest(conn, home.ports, azienda_id, login, nuova)
        if nuova == Prova.of(segreto).password:
            raise Refused("PASSWORD-003", "È la password di prima.", "It is the password that was there.")
        set_password(conn, home.ports, azienda_id, login, impronta, chi=login)


def enrol(home: Home, azienda_id: int, login: str, segreto: Segreto, totp: str, codice: str) -> None:
    """Give oneself a second factor, by its secret (`codici.new_secret`) and a code that shows that it was kept.

    Raises Refused as `authenticate` does, or for a wrong code (CODICE-001).
    """
    utente = authenticate(home, azienda_id, login, segreto, None)
    with home.begin() as conn:
        active(conn, home.ports, utente.id)
        at = home.ports.clock.now()
        interval = codici.interval(totp, codice, at, None)
        if interval is None:
            raise Refused(
                "CODICE-001",
                "Il codice non corrisponde: il secondo fattore non è stato attivato.",
                "The code does not match: the second factor was not set up.",
                hint_it="Controllare l'ora del telefono e del computer, e riprovare con un altro codice.",
                hint_en="Check the time of the phone and of the computer, and try again with another code.",
            )
        kept = {"totp": totp, "totp_ultimo": interval}
        _change(conn, home.ports, azienda_id, login, login, told={"totp_at": at}, kept=kept)


def drop_totp(conn: Connection, ports: Ports, azienda_id: int, login: str, *, chi: str) -> None:
    """Take the second factor off a user who has lost it; Refused (UTENTE-007) for no such user."""
    _change(conn, ports, azienda_id, login, chi, told={"totp_at": None}, kept={"totp": None, "totp_ultimo": None})


def enrolled(conn: Connection, login: str) -> bool:
    """Whether a user of that login, of some company, has a second factor."""
    return (
        conn.scalar(select(UTENTE.c.id).where(UTENTE.c.login == login, UTENTE.c.totp.is_not(None)).limit(1)) is not None
    )


def _change(
    conn: Connection,
    ports: Ports,
    azienda_id: int,
    login: str,
    chi: str,
    *,
    told: dict[str, Any],
    kept: dict[str, Any] | None = None,
) -> None:
    """Change columns of a user; the journal is told all but what is `kept` from it."""
    utente = named(conn, azienda_id, login)
    conn.execute(UTENTE.update().where(UTENTE.c.id == utente.id).values(**told, **(kept or {})))
    _note(conn, ports, azienda_id, "utente_cambiato", login, chi=chi, **told)


# --- how they prove that it is them -----------------------------------------------------------------------------------


def authenticate(home: Home, azienda_id: int, login: str, segreto: Segreto, funzione: Funzione | None = None) -> Utente:
    """The user, proved by the password, for a function; in a transaction of its own, so that a wrong one is counted.

    Raises Refused when login or password is wrong (UTENTE-005), the user is disabled (UTENTE-006), which happens at the
    seventh wrong password in a row, suspended (UTENTE-008) or out of hours (UTENTE-009), may not do that (UTENTE-010),
    or has a password that must be changed first (UTENTE-011).
    """
    with home.begin() as conn:
        verdict = _judge(conn, home.ports, azienda_id, login, Prova.of(segreto), funzione)
    if isinstance(verdict, Refused):
        raise verdict
    return verdict


def _judge(
    conn: Connection, ports: Ports, azienda_id: int, login: str, prova: Prova, funzione: Funzione | None
) -> Utente | Refused:
    # The password is tried inside the write transaction: were it outside, many processes at once could make
    # more than seven guesses before the first is counted.
    row, at = _row(conn, azienda_id, login), ports.clock.now()
    told = partial(record, conn, ports, azienda_id, login, funzione=funzione)
    if row is None:
        told("sconosciuto")
        return _wrong()
    for admits, motivo, refused in _BEFORE:
        if not admits(row, at):
            told(motivo or row.stato)
            return refused(row)
    interval = _interval(row, prova, at)
    wrong = _unproved(row, prova, interval)
    if wrong:
        told(wrong, tentativi=row.tentativi + 1)
        return _counted(conn, ports, row)
    conn.execute(_PROVED, {"utente": row.id, "totp_ultimo": interval})
    prova.accolti[row.id] = interval
    utente = _utente(row)
    if funzione is not None and _stale(row, utente.profilo, at):
        told("password da cambiare")
        return _to_change(login)
    if not utente.can(funzione):
        told("funzione")
        return _not_allowed(login, funzione)
    told()
    return utente


def record(
    conn: Connection,
    ports: Ports,
    azienda_id: int,
    login: str,
    motivo: str = "",
    *,
    funzione: Funzione | None,
    di: str | None = None,
    **dati: int,
) -> None:
    """Keep that somebody tried to come in as a user (`di`, the person of the capogruppo who did), and what kept them
    out, "" for nothing. Only refusals are in the journal: to come in changes nothing."""
    row = {"azienda_id": azienda_id, "login": login, "di": di, "funzione": funzione, "at": ports.clock.now()}
    conn.execute(_ACCESSO, {**row, "esito": motivo or AMMESSO})
    if motivo:
        _note(conn, ports, azienda_id, "accesso_negato", login, motivo=motivo, **dati)


def _counted(conn: Connection, ports: Ports, row: Row[Any]) -> Refused:
    """One more wrong answer; the seventh in a row disables."""
    mine, tentativi = UTENTE.update().where(UTENTE.c.id == row.id), row.tentativi + 1
    if tentativi < MOST_ATTEMPTS:
        conn.execute(mine.values(tentativi=tentativi))
        return _wrong(row.totp is not None)
    conn.execute(mine.values(tentativi=tentativi, stato=DISABILITATO))
    _note(conn, ports, row.azienda_id, "utente_disabilitato", row.login, tentativi=tentativi)
    return _disabled(row.login)


def _unproved(row: Row[Any], prova: Prova, interval: int | None) -> str:
    """What of a proof is wrong; "" for nothing."""
    if not _matches(row.hash, prova):
        return "password"
    return "codice" if row.totp is not None and interval is None else ""


def _interval(row: Row[Any], prova: Prova, at: datetime) -> int | None:
    """The interval of the code of a proof, if it is right: of a code not used yet, or used by this very proof."""
    if row.totp is None:
        return None
    last = row.totp_ultimo
    if last is not None and prova.accolti.get(row.id) == last:
        return int(last)
    return codici.interval(row.totp, prova.codice, at, last)


def _matches(hashed: str, prova: Prova) -> bool:
    """Whether a digest is of that password; what it was once found to be of, it is of."""
    if hashed not in prova.provate:
        try:
            HASHER.verify(hashed, prova.password)
        except VerificationError:
            return False
        prova.provate.add(hashed)
    return True


def _stale(row: Row[Any], profilo: Profilo, at: datetime) -> bool:
    """Whether the password was given by somebody else, or has lasted its days."""
    end = _ends(row, profilo)
    return bool(row.da_cambiare) or (end is not None and at >= end)


def _ends(row: Row[Any], profilo: Profilo) -> datetime | None:
    """When the password has lasted its days; None for never."""
    since: datetime = row.password_at or row.at
    return None if profilo.scadenza is None else since + timedelta(days=profilo.scadenza)


def _row(conn: Connection, azienda_id: int, login: str) -> Row[Any] | None:
    return conn.execute(_BY_LOGIN, {"azienda_id": azienda_id, "login": login}).one_or_none()


def _utente(row: Row[Any]) -> Utente:
    return Utente(row.id, row.azienda_id, row.login, row.stato, Profilo.read(row.profilo))


def _conti(conn: Connection, azienda_id: int) -> list[str]:
    return list(conn.scalars(select(CONTO.c.iban).where(CONTO.c.azienda_id == azienda_id).order_by(CONTO.c.id)))


def _note(conn: Connection, ports: Ports, azienda_id: int, tipo: str, login: str, **dati: Any) -> None:
    journal.append(
        conn,
        azienda_id=azienda_id,
        tipo=tipo,
        soggetto=f"utente:{login}",
        dati=dati,
        at=ports.clock.now(),
    )


# --- the refusals -----------------------------------------------------------------------------------------------------


def _wrong(with_code: bool = False) -> Refused:
    return Refused(
        "UTENTE-005",
        "Utente, password o codice errati." if with_code else "Utente o password errati.",
        "Wrong user, password or code." if with_code else "Wrong user or password.",
        hint_it=f"Dopo {MOST_ATTEMPTS} password errate di seguito l'utente viene disabilitato."
        + (" Un codice si usa una volta sola." if with_code else ""),
        hint_en=f"After {MOST_ATTEMPTS} wrong passwords in a row the user is disabled."
        + (" A code can be used once." if with_code else ""),
    )


def _disabled(login: str) -> Refused:
    return Refused(
        "UTENTE-006",
        f"L'utente {login} è disabilitato: troppe password errate.",
        f"The user {login} is disabled: too many wrong passwords.",
        hint_it=f"Un amministratore lo riammette con: cbi utenti enable {login}",
        hint_en=f"An administrator lets them in again with: cbi utenti enable {login}",
    )


def _suspended(login: str) -> Refused:
    return Refused(
        "UTENTE-008",
        f"L'utente {login} è sospeso.",
        f"The user {login} is suspended.",
        hint_it=f"Un amministratore lo riammette con: cbi utenti enable {login}",
        hint_en=f"An administrator lets them in again with: cbi utenti enable {login}",
    )


def _out_of_hours(row: Row[Any]) -> Refused:
    profilo = Profilo.read(row.profilo)
    hours = f"{profilo.dalle}-{profilo.alle}" if profilo.dalle else "00:00-24:00"
    festivi_it, festivi_en = ("", "") if profilo.festivi else (", nei giorni lavorativi", ", on banking days")
    return Refused(
        "UTENTE-009",
        f"L'utente {row.login} non può entrare ora: solo {hours}, ora di Roma{festivi_it}.",
        f"The user {row.login} may not enter now: only {hours}, time of Rome{festivi_en}.",
    )


def _not_allowed(login: str, funzione: Funzione | None) -> Refused:
    return Refused(
        "UTENTE-010",
        f"L'utente {login} non ha la funzione {funzione}.",
        f"The user {login} has not the function {funzione}.",
        hint_it=f"Un amministratore può darla con: cbi utenti change {login}",
        hint_en=f"An administrator can give it with: cbi utenti change {login}",
    )


def _to_change(login: str) -> Refused:
    return Refused(
        "UTENTE-011",
        f"La password di {login} va cambiata prima di ogni altra cosa.",
        f"The password of {login} must be changed before anything else.",
        hint_it=f"Si cambia con: cbi password --user {login}",
        hint_en=f"Change it with: cbi password --user {login}",
    )


_CLOSED: dict[str, Callable[[str], Refused]] = {DISABILITATO: _disabled, SOSPESO: _suspended}

# What keeps a user out before the password is looked at: when it does not, the reason in the journal (none: the state
# itself), the refusal.
_BEFORE: tuple[tuple[Callable[[Row[Any], datetime], bool], str | None, Callable[[Row[Any]], Refused]], ...] = (
    (lambda row, _at: row.stato not in _CLOSED, None, lambda row: _CLOSED[row.stato](row.login)),
    (lambda row, at: Profilo.read(row.profilo).open_at(at), "orario", _out_of_hours),
)
