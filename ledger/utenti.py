"""Users: who they are, how they prove it is them."""

from dataclasses import dataclass
from functools import partial

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, select

from ledger import journal, poteri
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.poteri import Potere
from ledger.schema import UTENTE

CHI = "init"
ATTIVO, DISABILITATO = "attivo", "disabilitato"
SHORTEST_PASSWORD = 12
MOST_ATTEMPTS = 7
HASHER = PasswordHasher()  # argon2id, with the parameters its library recommends


@dataclass(frozen=True)
class Utente:
    """A user of a company."""

    id: int
    azienda_id: int
    login: str
    stato: str


def create(conn: Connection, ports: Ports, azienda_id: int, *, login: str, peso: int, password: str) -> int:
    """Register a user whose signature weighs `peso` (1..100), whatever the amount; returns the id.

    Raises Refused as `check` does, when the password is shorter than 12 characters (UTENTE-003) or the login
    is taken (UTENTE-004).
    """
    check(login=login, peso=peso)
    check_password(login, password)
    if find(conn, azienda_id, login) is not None:
        raise Refused("UTENTE-004", f"L'utente {login} c'è già.", f"The user {login} is already there.")
    at = ports.clock.now()
    values = {
        "azienda_id": azienda_id,
        "login": login,
        "hash": HASHER.hash(password, salt=bytes.fromhex(ports.random.token())),
        "stato": ATTIVO,
        "tentativi": 0,
        "at": at,
    }
    utente_id = int(conn.execute(UTENTE.insert().values(**values).returning(UTENTE.c.id)).scalar_one())
    _note(conn, ports, azienda_id, "utente_creato", login)
    poteri.assign(conn, ports, azienda_id, utente_id, Potere(peso), chi=CHI)
    return utente_id


def check(*, login: str, peso: int) -> None:
    """Refused for a blank or unprintable login (UTENTE-001) or a weight outside 1..100 (UTENTE-002)."""
    if not login.strip() or not login.isprintable() or login != login.strip():
        raise Refused("UTENTE-001", f"Il nome utente «{login}» non è valido.", f'The login "{login}" is not valid.')
    if not 1 <= peso <= 100:
        raise Refused(
            "UTENTE-002",
            f"Il peso di firma di {login} è {peso}: deve essere da 1 a 100.",
            f"The signature weight of {login} is {peso}: it must be from 1 to 100.",
        )


def check_password(login: str, password: str) -> None:
    """Refused (UTENTE-003) for a password shorter than 12 characters."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(
            "UTENTE-003",
            f"La password di {login} è più corta di {SHORTEST_PASSWORD} caratteri.",
            f"The password of {login} is shorter than {SHORTEST_PASSWORD} characters.",
        )


def find(conn: Connection, azienda_id: int, login: str) -> Utente | None:
    """The user of that login in a company, if there is one."""
    row = conn.execute(select(UTENTE).where(UTENTE.c.azienda_id == azienda_id, UTENTE.c.login == login)).one_or_none()
    return None if row is None else Utente(row.id, row.azienda_id, row.login, row.stato)


def named(conn: Connection, azienda_id: int, login: str) -> Utente:
    """The user of that login in a company; Refused (UTENTE-007) when there is none."""
    utente = find(conn, azienda_id, login)
    if utente is None:
        raise Refused("UTENTE-007", f"L'utente {login} non è in archivio.", f"The user {login} is not in this home.")
    return utente


def list_(conn: Connection, azienda_id: int) -> list[Utente]:
    """The users of a company, by login."""
    rows = conn.execute(select(UTENTE).where(UTENTE.c.azienda_id == azienda_id).order_by(UTENTE.c.login))
    return [Utente(row.id, row.azienda_id, row.login, row.stato) for row in rows]


def authenticate(home: Home, azienda_id: int, login: str, password: str) -> Utente:
    """The user, proved by the password; in a transaction of its own, so that a wrong one is counted.

    Raises Refused when login or password is wrong (UTENTE-005) or the user is disabled (UTENTE-006), which
    happens at the seventh wrong password in a row.
    """
    with home.begin() as conn:
        verdict = _judge(conn, home.ports, azienda_id, login, password)
    if isinstance(verdict, Refused):
        raise verdict
    return verdict


def active(conn: Connection, utente_id: int) -> Utente:
    """The user as it is now; Refused (UTENTE-006) when disabled in the meantime."""
    row = conn.execute(select(UTENTE).where(UTENTE.c.id == utente_id)).one()
    if row.stato != ATTIVO:
        raise _disabled(row.login)
    return Utente(row.id, row.azienda_id, row.login, row.stato)


def _judge(conn: Connection, ports: Ports, azienda_id: int, login: str, password: str) -> Utente | Refused:
    # The password is tried inside the write transaction: were it outside, many processes at once could make
    # more than seven guesses before the first is counted.
    row = conn.execute(select(UTENTE).where(UTENTE.c.azienda_id == azienda_id, UTENTE.c.login == login)).one_or_none()
    note = partial(_note, conn, ports, azienda_id)
    if row is None:
        note("accesso_negato", login, motivo="sconosciuto")
        return _wrong()
    if row.stato != ATTIVO:
        note("accesso_negato", login, motivo=DISABILITATO)
        return _disabled(login)
    mine = UTENTE.update().where(UTENTE.c.id == row.id)
    if _matches(row.hash, password):
        if row.tentativi:
            conn.execute(mine.values(tentativi=0))
        return Utente(row.id, row.azienda_id, row.login, row.stato)
    tentativi = row.tentativi + 1
    conn.execute(mine.values(tentativi=tentativi))
    note("accesso_negato", login, motivo="password", tentativi=tentativi)
    if tentativi < MOST_ATTEMPTS:
        return _wrong()
    conn.execute(mine.values(stato=DISABILITATO))
    note("utente_disabilitato", login, tentativi=tentativi)
    return _disabled(login)


def _matches(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except VerificationError:
        return False


def _note(conn: Connection, ports: Ports, azienda_id: int, tipo: str, login: str, **dati: str | int) -> None:
    journal.append(
        conn,
        azienda_id=azienda_id,
        tipo=tipo,
        soggetto=f"utente:{login}",
        dati=dati,
        at=ports.clock.now(),
    )


def _wrong() -> Refused:
    return Refused(
        "UTENTE-005",
        "Utente o password errati.",
        "Wrong user or password.",
        hint_it=f"Dopo {MOST_ATTEMPTS} password errate di seguito l'utente viene disabilitato.",
        hint_en=f"After {MOST_ATTEMPTS} wrong passwords in a row the user is disabled.",
    )


def _disabled(login: str) -> Refused:
    return Refused(
        "UTENTE-006",
        f"L'utente {login} è disabilitato: troppe password errate.",
        f"The user {login} is disabled: too many wrong passwords.",
        hint_it="Rivolgersi a chi amministra l'archivio.",
        hint_en="Ask whoever administers this home.",
    )
