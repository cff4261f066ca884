"""Books, as the journal tells them (see `ricostruzione`), written as the rows of a database that has none.

This is the one place that writes every table; only of a home that comes to be again (see `replica`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Table

from ledger import archivio, journal, utenti
from ledger.composizione import Composta, parts
from ledger.home import Home
from ledger.ricostruzione import Libri, Riga
from ledger.schema import DISPOSIZIONE, METADATA, Giorno, Istante

BATCH = 1000


@dataclass(frozen=True)
class _Chi:
    """Who there is, by company and login and by SIA.login, and the companies by SIA: the ids that rows refer to."""

    utenti: Mapping[tuple[int, str], int]
    persone: Mapping[str, int]
    aziende: Mapping[str, int]

    @classmethod
    def of(cls, libri: Mapping[tuple[int, str], Libri]) -> _Chi:
        """Ids in the order in which they came to be, in all the companies: the journal does not tell them."""
        sia = dict(libri.keys())
        born = sorted(
            (row["at"], azienda, n, login)
            for (azienda, _), told in libri.items()
            for n, (login, row) in enumerate(told.tabelle["utente"].items())
        )
        known = {(azienda, login): each for each, (_, azienda, _, login) in enumerate(born, 1)}
        people = {f"{sia[azienda]}.{login}": each for (azienda, login), each in known.items()}
        return cls(known, people, {each: azienda for azienda, each in sia.items()})

    def person(self, azienda_id: int, chi: str) -> tuple[int, int]:
        """The user in whose name somebody acted, and the person that they are."""
        user = self.utenti[azienda_id, journal.login_of(chi)]
        return user, self.persone[chi.partition(journal.COME)[0]] if journal.COME in chi else user


def write(archive: Home, conn: Connection, libri: Mapping[tuple[int, str], Libri], impronta: str) -> None:
    """Write the books of every company, by id and SIA, into tables that are empty; `impronta` is the digest of the
    password of every user. What a row refers to may be written after it.

    Raises Refused when a content of `archive` is not there (ARCHIVIO-001, ARCHIVIO-002), and KeyError, ValueError,
    TypeError or what the database says for books that do not hold together.
    """
    chi = _Chi.of(libri)
    for (azienda_id, _), told in libri.items():
        for name, of in ROWS.items():
            table = METADATA.tables[name]
            rows = ({**row, **of(chi, azienda_id, key, row)} for key, row in told.tabelle[name].items())
            insert(conn, table, [_typed(table, row) for row in rows])
        insert(conn, METADATA.tables["utente"], _users(chi, azienda_id, told, impronta))
        rest = orders(archive, azienda_id, told)
        while batch := list(islice(rest, BATCH)):
            insert(conn, DISPOSIZIONE, batch)


def _users(chi: _Chi, azienda_id: int, told: Libri, impronta: str) -> list[Riga]:
    table = METADATA.tables["utente"]
    fixed = {"azienda_id": azienda_id, "hash": impronta, "tentativi": 0, "totp": None, "totp_ultimo": None}
    unsaid = {"profilo": utenti.OPERATIVO.text, "da_cambiare": 0, "password_at": None, "totp_at": None}
    return [
        _typed(table, {**fixed, **unsaid, "id": chi.utenti[azienda_id, login], "login": login, **row})
        for login, row in told.tabelle["utente"].items()
    ]


def _vote(chi: _Chi, azienda: int, key: str, _row: Riga) -> Riga:
    cambio, _, who = key.partition(" ")
    user, person = chi.person(azienda, who)
    return {"cambio_id": int(cambio), "utente_id": user, "persona_id": person, "chi": who}


def _signature(chi: _Chi, azienda: int, key: str, _row: Riga) -> Riga:
    distinta, _, rest = key.partition(" ")
    login, _, revisione = rest.rpartition(" ")
    return {"distinta_id": int(distinta), "utente_id": chi.utenti[azienda, login], "revisione": int(revisione)}


def _share(chi: _Chi, azienda: int, key: str, row: Riga) -> Riga:
    return {"azienda_id": azienda, "utente_id": chi.utenti[azienda, row["login"]], "persona_id": chi.persone[key]}


# What the key of a row of the books, and what it says of others, are in its table; a user is more than that.
ROWS: Mapping[str, Callable[[_Chi, int, str, Riga], Riga]] = {
    "azienda": lambda _chi, azienda, key, _row: {"id": azienda, "sia": key},
    "banca": lambda _chi, azienda, key, _row: {"azienda_id": azienda, "abi": key},
    "conto": lambda _chi, azienda, key, _row: {"azienda_id": azienda, "iban": key},
    "opzione": lambda _chi, azienda, key, _row: {"azienda_id": azienda, "nome": key},
    "potere": lambda chi, azienda, key, _row: {"utente_id": chi.utenti[azienda, key]},
    "gruppo": lambda chi, azienda, _key, row: {"azienda_id": azienda, "capogruppo_id": chi.aziende[row["sia"]]},
    "condivisione": _share,
    "cambio": lambda _chi, azienda, key, _row: {"id": int(key), "azienda_id": azienda, "segreto": None},
    "approvazione": _vote,
    "file": lambda _chi, azienda, key, _row: {"id": int(key), "azienda_id": azienda},
    "distinta": lambda _chi, azienda, key, _row: {"id": int(key), "azienda_id": azienda},
    "firma": _signature,
    "abbinamento": lambda _chi, azienda, _key, _row: {"azienda_id": azienda},
    "intento": lambda _chi, _azienda, key, _row: {"distinta_id": int(key.partition(" ")[0])},
}


def _typed(table: Table, row: Riga) -> Riga:
    """A row as the journal writes values, as its table takes them."""
    return {column.name: _value(column.type, row[column.name]) for column in table.c if column.name in row}


def _value(kind: Any, value: Any) -> Any:
    if value is not None and isinstance(kind, Istante | Giorno):
        return (datetime if isinstance(kind, Istante) else date).fromisoformat(value)
    return value


def orders(archive: Home, azienda_id: int, libri: Libri) -> Iterator[Riga]:
    """The orders of a company as rows, read again in the bytes that the journal names: those of each distinta in the
    order in which it was born, then those that are in none."""
    for distinta, ranges in libri.file_di.items():
        ids = [each for first, last in ranges for each in range(first, last + 1)]
        if ids:
            told = _read(archive, libri.tabelle["distinta"][str(distinta)]["sha256"])
            for each, columns in zip(ids, told, strict=True):
                stato = libri.singoli.get(each, libri.ordini[distinta])
                yield {**columns, "id": each, "azienda_id": azienda_id, "distinta_id": distinta, "stato": stato}
    loose = [(*libri.sciolti[each], each) for each in sorted(libri.dentro[None])]
    for sha256, mine in groupby(loose, key=lambda each: each[0]):
        told = _read(archive, sha256)
        for _, numero, each in mine:
            where = {"id": each, "azienda_id": azienda_id, "distinta_id": None, "stato": libri.singoli[each]}
            yield {**told[numero - 1], **where}


def _read(archive: Home, sha256: str) -> tuple[Riga, ...]:
    data = archivio.load(archive, sha256)
    return Composta(parts(data), data, ()).ordini


def insert(conn: Connection, table: Table, rows: list[Any]) -> None:
    """Rows of a table, as they are."""
    if rows:  # of none SQLAlchemy would make one
        conn.execute(table.insert(), rows)
