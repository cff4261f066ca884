"""The books made again from the journal alone, and compared with those in the tables.

The journal is folded event by event: each type of event is a row of `PASSI`. What the journal does not tell is not made
up: wrong passwords since the last right one, diagnostics, and what is in the files of the banks (outcomes, accounts,
movements) but for what people do with it. The same fold makes a home again elsewhere (see `replica`): rows have more
columns than are compared here, `at` above all, which is the instant of the event and may come a moment after that of
the row.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from sys import intern
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, func, or_, select

from ledger import abbinamenti, aziende, gruppi, journal, rapporti, spunta
from ledger.aziende import PROPRIA
from ledger.cambi import RICHIESTO
from ledger.canonico import canonical
from ledger.distinte import NASCITE
from ledger.distinte import list_ as distinte_of
from ledger.journal import Event
from ledger.outcomes import A_MANO, SCIOLTO
from ledger.profilo import Diritto, Profilo
from ledger.schema import (
    APPROVAZIONE,
    AZIENDA,
    BANCA,
    CAMBIO,
    CONTO,
    DISPOSIZIONE,
    DISTINTA,
    FILE,
    FIRMA,
    INTENTO,
    MOVIMENTO,
    OPZIONE,
    POTERE,
    RAPPORTO,
    SCHEDA,
    UTENTE,
    total,
)
from ledger.stati import Evento, Stato
from ledger.utenti import ATTIVO, DISABILITATO

Riga: TypeAlias = dict[str, Any]
PLACE = ("id", "azienda_id", "stato", "at")  # of a distinta: not among the columns that its birth tells as they are
NATE = tuple(column.name for column in DISTINTA.c if column.name not in PLACE)
IDENTITA = ("flusso", "tipo", "abi", "nome_supporto", "data_creazione")
MAKES = (*NASCITE, Evento.MODIFICA)  # the steps that make the bytes of a distinta
APPLIED = "elaborato"  # the verdict on a supporto of a bank that did something
COPERTI = ("sha256", "numero_disposizioni", "totale")
AZIENDE = ("nome", "codice_fiscale", "natura")
ABBINATI = ("file_id", "line", "disposizione_id", "classe", "chi", "nota", "at", "sciolto_at")
SENT = ("id", "nome_file", "sha256", "abi", "stato")
UTENTI = ("stato", "profilo", "da_cambiare", "password_at", "totp_at")
RIGHTS_SINCE = "0003"  # the version of the tables from which users have a profile


@dataclass(frozen=True)
class Differenza:
    """Where the books and the journal disagree: the table, the row, the column ("" for the whole row), and the two
    values (None for none)."""

    tabella: str
    chiave: str
    campo: str
    giornale: Any
    libri: Any


@dataclass
class Libri:
    """Rows by table and key: as the journal tells them, or as the tables have them.

    `ordini` are the states of the orders of a distinta that have had no word of their own, `singoli` those of the
    orders that have, `dove` the distinta that each of these was in at its last word (None: loose) and `dentro` the same
    by distinta; `vuote` are the distinte left without orders, whose bytes and figures stay as they were; `sconosciuti`
    the types of events that this program does not know how to follow.

    `file_di` are the ids of the orders of each distinta in the order of its bytes, as ranges, and `sciolti` the digest
    and the progressive by which the records of one that was taken out are found; `ricomposte` the distinte whose bytes
    were made again after their birth; `contenuti` the digests that events name, with the subject of the first;
    `intenti` how many each distinta has had; `quando` the instant of the event that is being followed.
    """

    tabelle: dict[str, dict[str, Riga]] = field(default_factory=lambda: defaultdict(dict))
    ordini: dict[int, str] = field(default_factory=dict)
    singoli: dict[int, str] = field(default_factory=dict)
    dove: dict[int, int | None] = field(default_factory=dict)
    dentro: dict[int | None, set[int]] = field(default_factory=lambda: defaultdict(set))
    vuote: set[int] = field(default_factory=set)
    sconosciuti: set[str] = field(default_factory=set)
    file_di: dict[int, list[list[int]]] = field(default_factory=dict)
    sciolti: dict[int, tuple[str, int]] = field(default_factory=dict)
    ricomposte: set[int] = field(default_factory=set)
    contenuti: dict[str, str] = field(default_factory=dict)
    intenti: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    quando: str = ""


def check(conn: Connection, azienda_id: int) -> list[Differenza]:
    """Every difference between the journal of a company and its tables. The journal is taken at its word: verify it
    first."""
    return compare(conn, azienda_id, fold(conn, azienda_id))


def compare(conn: Connection, azienda_id: int, told: Libri) -> list[Differenza]:
    """Every difference between the books of a company as they were told, and its tables."""
    kept = Libri()
    for name, rows in _tables(conn, azienda_id):
        kept.tabelle[name] = rows
    return [*unknown(told), *_compared(told, kept), *_orders(conn, azienda_id, told)]


def unknown(told: Libri) -> list[Differenza]:
    """The types of events that the books were told and could not follow."""
    return [Differenza("journal", tipo, "", None, None) for tipo in sorted(told.sconosciuti)]


def fold(conn: Connection, azienda_id: int) -> Libri:
    """The books of a company as its journal tells them."""
    libri = Libri()
    for event in journal.events(conn, azienda_id):
        follow(libri, event, json.loads(event["dati"]))
    return libri


def follow(libri: Libri, event: Event, dati: Riga) -> None:
    """Take one more event, with its data already read, into the books."""
    passo = PASSI.get(event["tipo"])
    if passo is None:
        libri.sconosciuti.add(event["tipo"])
    else:
        libri.quando = event["at"]
        passo(libri, event["soggetto"].partition(":")[2], dati)


# --- the fold ---------------------------------------------------------------------------------------------------------


def _born(tabella: str, *campi: str) -> Callable[[Libri, str, Riga], None]:
    """A row that an event makes, once, from some of its data."""

    def passo(libri: Libri, chiave: str, dati: Riga) -> None:
        libri.tabelle[tabella].setdefault(chiave, {campo: dati[campo] for campo in campi})

    return passo


def _given(libri: Libri, chiave: str, dati: Riga) -> None:
    """A file of the company; given again after it came to nothing, it keeps its first name."""
    row = _file(libri, chiave, dati, "azienda")
    row |= {"abi": None, "dati": canonical(dati), "at": libri.quando}


def _received(libri: Libri, chiave: str, dati: Riga) -> None:
    """A file of a bank: what each of its supporti brought, the first time that it did anything."""
    row = _file(libri, chiave, dati, "banca")
    before = json.loads(row["dati"])["supporti"] if "dati" in row else []
    done = {each["numero"]: each for each in before}
    for each in dati["supporti"]:
        if each["verdetto"] == APPLIED:
            done[each["numero"]] = {name: value for name, value in each.items() if name != "verdetto"}
    row |= {"abi": dati["abi"], "dati": canonical({"supporti": [done[numero] for numero in sorted(done)]})}


def _file(libri: Libri, chiave: str, dati: Riga, origine: str) -> Riga:
    libri.contenuti.setdefault(dati["sha256"], f"file:{chiave}")
    born = {campo: dati[campo] for campo in ("nome", "sha256", "dimensione")}
    return libri.tabelle["file"].setdefault(chiave, {**born, "origine": origine, "at": libri.quando})


def _company(libri: Libri, chiave: str, dati: Riga) -> None:
    told = {campo: dati[campo] for campo in AZIENDE if campo in dati}
    libri.tabelle["azienda"][chiave] = {"natura": PROPRIA, "at": libri.quando, **told}


def _user(libri: Libri, chiave: str, dati: Riga) -> None:
    """A user; before powers had events of their own, with the weight of their signature; before version 0003 of the
    tables, without rights of their own."""
    told = {campo: dati[campo] for campo in UTENTI if campo in dati}
    libri.tabelle["utente"].setdefault(chiave, {"stato": ATTIVO, "at": told.get("password_at") or libri.quando, **told})
    if "peso" in dati:
        _power(libri, chiave, {"peso": dati["peso"], "soglie": {}})


def _user_changed(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["utente"][chiave] |= {campo: dati[campo] for campo in UTENTI if campo in dati}


def _power(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["potere"][chiave] = {"peso": dati["peso"], "soglie": canonical(dati["soglie"])}


def _option(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["opzione"][chiave] = {"valore": dati["valore"]}


def _disabled(libri: Libri, chiave: str, _dati: Riga) -> None:
    libri.tabelle["utente"][chiave]["stato"] = DISABILITATO


def _group(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["gruppo"] = {chiave: {"sia": dati["capogruppo"]}} if dati["capogruppo"] else {}


def _share(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["condivisione"][dati["persona"]] = {"login": chiave}


def _unshare(libri: Libri, _chiave: str, dati: Riga) -> None:
    del libri.tabelle["condivisione"][dati["persona"]]


def _change(libri: Libri, chiave: str, dati: Riga) -> None:
    told = {**dati, "dati": canonical(dati["dati"]), "regole": canonical(dati["regole"])}
    libri.tabelle["cambio"][chiave] = {**told, "stato": RICHIESTO, "at": libri.quando}


def _approval(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["approvazione"][f"{chiave} {dati['chi']}"] = {"at": libri.quando}


def _conclusion(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["cambio"][chiave]["stato"] = dati["stato"]


def _upgraded(libri: Libri, _chiave: str, dati: Riga) -> None:
    """The rights that users of an older home were given with the columns that hold them (see the migration)."""
    if dati["da"] < RIGHTS_SINCE:
        users = libri.tabelle["utente"].values()
        right = Diritto.INDIVIDUALE if len(users) == 1 else Diritto.CONGIUNTO
        for row in users:
            row |= {"profilo": Profilo(amministra=right).text, "da_cambiare": 0, "password_at": None, "totp_at": None}


def _distinta(libri: Libri, chiave: str, dati: Riga) -> None:
    rows, why = libri.tabelle["distinta"], dati["dati"]
    if not dati["da"]:
        rows[chiave] = {"revisione": 1, "at": libri.quando}
        libri.ordini[int(chiave)] = str(Stato.INSERITA)
    made = dati["evento"] in MAKES  # of any other step `line` and `file_id` are of the file that said so
    told = {campo: why[campo] for campo in (NATE if made else (*IDENTITA, *COPERTI, "revisione")) if campo in why}
    rows[chiave] |= {**told, "stato": dati["a"]}
    if made:
        _bytes(libri, int(chiave), why)
        libri.ricomposte |= {int(chiave)} if dati["da"] else set()
    ways = dict(dati.get("ordini", ()))
    libri.ordini[int(chiave)] = ways.get(libri.ordini[int(chiave)], libri.ordini[int(chiave)])
    for order in libri.dentro[int(chiave)]:
        libri.singoli[order] = ways.get(libri.singoli[order], libri.singoli[order])
    if dati["evento"] == Evento.ELIMINA and "tolte" in why:
        libri.vuote.add(int(chiave))
        libri.file_di[int(chiave)] = []
    if dati["evento"] == Evento.FIRMA:
        covered = {campo: why[campo] for campo in COPERTI}
        libri.tabelle["firma"][f"{chiave} {journal.login_of(dati['chi'])} {why.get('revisione', 1)}"] = {
            **covered,
            "peso": why["regole"]["peso"],
            "regole": canonical(why["regole"]),
            "at": why["firma"]["at"] if "firma" in why else libri.quando,
        }


def _bytes(libri: Libri, distinta: int, why: Riga) -> None:
    """The bytes that a distinta has from now on, and the orders in them."""
    if "ordini" in why:
        libri.file_di[distinta] = why["ordini"]
    if "sha256" in why:
        libri.contenuti.setdefault(why["sha256"], f"distinta:{distinta}")


def _disposizione(libri: Libri, chiave: str, dati: Riga) -> None:
    order, why = int(chiave), dati["dati"]
    libri.singoli[order] = intern(dati["a"])  # orders are many, their states few
    libri.dentro[libri.dove.get(order)].discard(order)
    libri.dove[order] = why["distinta"] if "distinta" in why else dati.get("distinta")
    libri.dentro[libri.dove[order]].add(order)
    if dati["evento"] == Evento.DISAGGREGA:
        libri.sciolti[order] = (why["sha256"], why["numero"])


def _intento(stato: str) -> Callable[[Libri, str, Riga], None]:
    """An intent that begins, or the last one of a distinta that ends so."""

    def passo(libri: Libri, chiave: str, dati: Riga) -> None:
        libri.intenti[chiave] += stato == "aperto"
        begun = {"id": dati["id"], "nome_file": dati["file"], "sha256": dati["sha256"], "abi": dati["abi"]}
        row = {**begun, "at": libri.quando}
        libri.tabelle["intento"].setdefault(f"{chiave} {libri.intenti[chiave]}", row)["stato"] = stato

    return passo


def _chosen(libri: Libri, chiave: str, dati: Riga) -> None:
    libri.tabelle["scheda"][chiave] = {"scelte": canonical(dati["scelte"])}


def _marked(libri: Libri, _chiave: str, dati: Riga) -> None:
    """Movements, by file and line; those of which nothing is left to say are not told."""
    rows, told = libri.tabelle["movimento"], spunta.columns(dati, libri.quando)
    for file, lines in dati["righe"]:
        for line in lines:
            row = {**dict.fromkeys(spunta.MARKS), **rows.pop(f"{file} {line}", {}), **told}
            if any(row.values()):
                rows[f"{file} {line}"] = row


def _matched(libri: Libri, chiave: str, dati: Riga) -> None:
    for order in dati["disposizioni"]:
        _match(libri, chiave, order, dati, A_MANO)


def _unmatched(libri: Libri, chiave: str, dati: Riga) -> None:
    """What a person matched is closed; what the program did is marked."""
    for order in dati["disposizioni"]:
        rows = libri.tabelle["abbinamento"]
        mine = [rows[each] for each in _matches(libri, f"{chiave} {order}") if rows[each]["sciolto_at"] is None]
        if mine:
            mine[0]["sciolto_at"] = libri.quando
        else:
            _match(libri, chiave, order, dati, SCIOLTO, sciolto_at=libri.quando)


def _match(libri: Libri, chiave: str, order: int, dati: Riga, classe: str, sciolto_at: str | None = None) -> None:
    file, _, line = chiave.partition(":")
    which = f"{chiave} {order}"
    libri.tabelle["abbinamento"][f"{which} {len(list(_matches(libri, which))) + 1}"] = {
        "file_id": int(file),
        "line": int(line),
        "disposizione_id": order,
        "classe": classe,
        "chi": dati["chi"],
        "nota": dati["nota"],
        "at": libri.quando,
        "sciolto_at": sciolto_at,
    }


def _matches(libri: Libri, which: str) -> Iterator[str]:
    """The keys of the matches of an esito with an order, in the order in which they were made."""
    n = 1
    while f"{which} {n}" in libri.tabelle["abbinamento"]:
        yield f"{which} {n}"
        n += 1


def _nothing(_libri: Libri, _chiave: str, _dati: Riga) -> None:
    """An event that leaves nothing in the tables that the fold makes."""


PASSI: Mapping[str, Callable[[Libri, str, Riga], None]] = {
    "azienda_creata": _company,
    "banca_aggiunta": _born("banca", "id", "nome"),
    "conto_aggiunto": _born("conto", "id", "abi", "cab", "numero"),
    "opzione_impostata": _option,
    "utente_creato": _user,
    "utente_cambiato": _user_changed,
    "potere_assegnato": _power,
    "utente_disabilitato": _disabled,
    "gruppo_impostato": _group,
    "utente_condiviso": _share,
    "condivisione_tolta": _unshare,
    "cambio_richiesto": _change,
    "cambio_approvato": _approval,
    "cambio_concluso": _conclusion,
    "accesso_negato": _nothing,
    "distinta_stato": _distinta,
    "disposizione_stato": _disposizione,
    "file_importato": _given,
    "file_ricevuto": _received,
    "intento_inoltro": _intento("aperto"),
    "inoltro_compiuto": _intento("compiuto"),
    "inoltro_ritirato": _intento("ritirato"),
    "inoltro_incerto": _intento("incerto"),
    "consegna_decisa": _nothing,
    "rapporto_scelto": _chosen,
    "movimenti_segnati": _marked,
    "esito_abbinato": _matched,
    "esito_sciolto": _unmatched,
    "checkpoint": _nothing,
    "righe_esportate": _nothing,
    "messaggio_letto": _nothing,
    "archivio_aggiornato": _upgraded,
}


# --- the tables -------------------------------------------------------------------------------------------------------


def _tables(conn: Connection, azienda_id: int) -> Iterator[tuple[str, dict[str, Riga]]]:
    """The tables that the fold makes, in the same shape."""
    yield "azienda", _rows(conn, AZIENDA, "sia", AZIENDE, AZIENDA.c.id == azienda_id)
    for table, key, columns in (
        (BANCA, "abi", ("id", "nome")),
        (CONTO, "iban", ("id", "abi", "cab", "numero")),
        (OPZIONE, "nome", ("valore",)),
        (UTENTE, "login", UTENTI),
        (CAMBIO, "id", ("tipo", "dati", "regole", "chi", "stato")),
        (FILE, "id", ("nome", "sha256", "dimensione", "origine", "abi", "dati")),
        (DISTINTA, "id", (*NATE, "stato")),
    ):
        yield table.name, _rows(conn, table, key, columns, table.c.azienda_id == azienda_id)
    touched = select(SCHEDA).where(SCHEDA.c.azienda_id == azienda_id, SCHEDA.c.scelte.is_not(None))
    yield "scheda", {rapporti.key(dict(row._mapping)): _plain(row, ("scelte",)) for row in conn.execute(touched)}
    yield "movimento", {f"{row.file_id} {row.line}": _plain(row, spunta.MARKS) for row in _marks(conn, azienda_id)}
    powers = select(POTERE, UTENTE.c.login).join(UTENTE, UTENTE.c.id == POTERE.c.utente_id)
    mine = conn.execute(powers.where(UTENTE.c.azienda_id == azienda_id).order_by(UTENTE.c.id))
    yield "potere", {row.login: _plain(row, ("peso", "soglie")) for row in mine}
    head, sia = gruppi.capogruppo(conn, azienda_id), aziende.get(conn, azienda_id).sia
    yield "gruppo", {} if head is None else {sia: {"sia": head.sia}}
    yield "condivisione", {each.persona: {"login": each.login} for each in gruppi.shares(conn, azienda_id)}
    votes = select(APPROVAZIONE).join(CAMBIO, CAMBIO.c.id == APPROVAZIONE.c.cambio_id)
    rows = conn.execute(votes.where(CAMBIO.c.azienda_id == azienda_id).order_by(APPROVAZIONE.c.id))
    yield "approvazione", {f"{row.cambio_id} {row.chi}": {} for row in rows}
    firme = select(FIRMA, UTENTE.c.login).join(UTENTE, UTENTE.c.id == FIRMA.c.utente_id)
    yield (
        "firma",
        {
            f"{row.distinta_id} {row.login} {row.revisione}": _plain(row, (*COPERTI, "peso", "regole"))
            for row in conn.execute(_of_company(firme, FIRMA, azienda_id))
        },
    )
    numbers: dict[int, int] = defaultdict(int)
    intenti = {}
    for row in conn.execute(_of_company(select(INTENTO), INTENTO, azienda_id)):
        numbers[row.distinta_id] += 1
        intenti[f"{row.distinta_id} {numbers[row.distinta_id]}"] = _plain(
            row, ("id", "nome_file", "sha256", "abi", "stato")
        )
    yield "intento", intenti
    abbinati: dict[str, Riga] = {}
    for each in abbinamenti.rows(conn, azienda_id):
        which = f"{each['file_id']}:{each['line']} {each['disposizione_id']}"
        n = next(n for n in count(1) if f"{which} {n}" not in abbinati)
        abbinati[f"{which} {n}"] = dict(json.loads(canonical({column: each[column] for column in ABBINATI})))
    yield "abbinamento", abbinati


def _marks(conn: Connection, azienda_id: int) -> Iterator[Any]:
    """The movements of a company with which something was done."""
    any_of = or_(*(MOVIMENTO.c[name].is_not(None) for name in spunta.MARKS))
    query = select(MOVIMENTO, RAPPORTO.c.file_id).join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
    mine = query.where(RAPPORTO.c.azienda_id == azienda_id, any_of).order_by(MOVIMENTO.c.id)
    yield from conn.execute(mine.execution_options(yield_per=1000))


def _rows(conn: Connection, table: Table, key: str, columns: tuple[str, ...], mine: Any) -> dict[str, Riga]:
    query = select(table).where(mine).order_by(table.c.id)
    return {str(row._mapping[key]): _plain(row, columns) for row in conn.execute(query)}


def _of_company(query: Any, table: Table, azienda_id: int) -> Any:
    mine = query.join(DISTINTA, DISTINTA.c.id == table.c.distinta_id).where(DISTINTA.c.azienda_id == azienda_id)
    return mine.order_by(table.c.id)


def _plain(row: Any, columns: tuple[str, ...]) -> Riga:
    """Some columns of a row, as the journal writes values."""
    return dict(json.loads(canonical({column: row._mapping[column] for column in columns})))


# --- the comparison ---------------------------------------------------------------------------------------------------


def _compared(told: Libri, kept: Libri) -> Iterator[Differenza]:
    for name in kept.tabelle:
        here, there = told.tabelle[name], kept.tabelle[name]
        for key in [*here, *(key for key in there if key not in here)]:
            if key not in here or key not in there:
                yield Differenza(name, key, "", here.get(key), there.get(key))
                continue
            for column, value in there[key].items():
                if column in here[key] and here[key][column] != value:
                    yield Differenza(name, key, column, here[key][column], value)


def _orders(conn: Connection, azienda_id: int, told: Libri) -> Iterator[Differenza]:
    """Orders: each in the state that the journal leads it to, as many and for as much as was composed."""
    singoli = dict(told.singoli)
    query = select(DISPOSIZIONE.c.id, DISPOSIZIONE.c.distinta_id, DISPOSIZIONE.c.stato)
    mine = query.where(DISPOSIZIONE.c.azienda_id == azienda_id).order_by(DISPOSIZIONE.c.id)
    for row in conn.execute(mine.execution_options(yield_per=1000)):
        stato = singoli.pop(row.id, told.ordini.get(row.distinta_id))
        if stato != row.stato:
            yield Differenza("disposizione", str(row.id), "stato", stato, row.stato)
    for gone, stato in sorted(singoli.items()):
        yield Differenza("disposizione", str(gone), "", {"stato": stato}, None)
    whole = (func.count(DISPOSIZIONE.c.id), total(DISPOSIZIONE.c.importo))
    for distinta in distinte_of(conn, azienda_id=azienda_id):
        born = told.tabelle["distinta"].get(str(distinta.id))
        if born is None or born["stato"] == Stato.CON_ERRORI:
            continue  # said already, or its orders were not kept
        found = conn.execute(select(*whole).where(DISPOSIZIONE.c.distinta_id == distinta.id)).one()
        for column, value in zip(("numero_disposizioni", "totale"), found, strict=True):
            expected = 0 if distinta.id in told.vuote else born[column]
            if expected != value:
                yield Differenza("disposizione", f"distinta {distinta.id}", column, expected, value)
