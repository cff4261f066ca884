"""The tables of the ledger, in one place.

Money is integer cents, a day is ISO text, an instant is ISO text in UTC with microseconds (so that text order
is time order), structured data is canonical JSON text. The same tables are made in SQLite and in PostgreSQL.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    cast,
    func,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

NONCHARACTER = "\ufdd0"  # Unicode keeps it for the inside of programs: no text to be exchanged has it
VERSION = "0007"
OLDER = ("0001", "0002", "0003", "0004", "0005", "0006")  # what `Home.upgrade` brings here
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Giorno(TypeDecorator[date]):
    """A calendar day, kept as YYYY-MM-DD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


class Istante(TypeDecorator[datetime]):
    """An instant, timezone-aware, kept as YYYY-MM-DDTHH:MM:SS.ffffffZ."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class SenzaNul(TypeDecorator[str]):
    """A text for a server, which keeps every character but NUL: files may hold it, and a noncharacter stands for it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace("\0", NONCHARACTER)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace(NONCHARACTER, "\0")


def instant(value: datetime) -> str:
    """An aware datetime as the ledger writes it; ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class as_bytes(FunctionElement[bytes]):
    """The bytes of a text as they are in the database, UTF-8 or not."""

    type = LargeBinary()
    inherit_cache = True


@compiles(as_bytes)
def _as_bytes(element: as_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


@compiles(as_bytes, "postgresql")
def _as_bytes_on_a_server(element: as_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f"convert_to({compiler.process(element.clauses, **options)}, 'UTF8')"


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of some integers, 0 of none: an integer, whatever the database would make of it."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


TESTO = Text().with_variant(SenzaNul(), "postgresql")
CENTS = BigInteger().with_variant(Integer(), "sqlite")


def _table(name: str, *parts: Any) -> Table:
    return Table(name, METADATA, *parts, sqlite_strict=True)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _to(table: str, *, nullable: bool = False) -> Column[Any]:
    return Column(f"{table}_id", Integer, ForeignKey(f"{table}.id"), nullable=nullable)


def _as(column: str, table: str) -> Column[Any]:
    """A reference under another name: the row of `table` in the part of `column`."""
    return Column(f"{column}_id", Integer, ForeignKey(f"{table}.id"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, TESTO, nullable=nullable)


def _exact(name: str) -> Column[Any]:
    """A text that goes into a hash: nothing stands for anything else in it."""
    return Column(name, Text, nullable=False)


def _int(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=nullable)


def _cents(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, CENTS, nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Giorno, nullable=nullable)


def _when(name: str = "at", *, nullable: bool = False) -> Column[Any]:
    return Column(name, Istante, nullable=nullable)


def _where(condition: str) -> dict[str, Any]:
    """Which rows an index is of."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


AZIENDA = _table(
    "azienda",
    _id(),
    Column("sia", Text, nullable=False, unique=True),
    _text("nome"),
    _text("codice_fiscale"),
    _text("natura"),  # propria | gestita: one's own, or that of a customer
    _when(),
)

GRUPPO = _table("gruppo", _id(), _to("azienda"), _as("capogruppo", "azienda"), UniqueConstraint("azienda_id"))

BANCA = _table("banca", _id(), _to("azienda"), _text("abi"), _text("nome"), UniqueConstraint("azienda_id", "abi"))

CONTO = _table(
    "conto",
    _id(),
    _to("azienda"),
    _text("iban"),
    _text("abi"),
    _text("cab"),
    _text("numero"),
    UniqueConstraint("azienda_id", "iban"),
)

UTENTE = _table(
    "utente",
    _id(),
    _to("azienda"),
    _text("login"),
    _text("hash"),  # argon2id, with its own salt and parameters
    _text("stato"),  # attivo | sospeso | disabilitato
    _int("tentativi"),  # wrong passwords since the last right one
    _text("profilo"),  # what the user may do, canonical JSON
    _int("da_cambiare"),  # 1: the password was given by somebody else
    _when("password_at", nullable=True),  # since when this password; none: it was there before that was noted
    _text("totp", nullable=True),  # the secret of the second factor; none: there is none
    _when("totp_at", nullable=True),  # since when
    _int("totp_ultimo", nullable=True),  # interval of the last code used
    _when(),
    UniqueConstraint("azienda_id", "login"),
)

POTERE = _table(
    "potere",
    _id(),
    Column("utente_id", Integer, ForeignKey("utente.id"), nullable=False, unique=True),
    _int("peso"),  # 0: no power
    _text("soglie"),  # threshold and second weight by period, canonical JSON
    CheckConstraint("peso BETWEEN 0 AND 100", name="peso"),
)

OPZIONE = _table(
    "opzione",
    _id(),
    _to("azienda"),
    _text("nome"),  # one of aziende.OPZIONI
    _text("valore"),
    UniqueConstraint("azienda_id", "nome"),
)

# A person of the capogruppo who may act as a user of this company; as one of them only, or they would sign twice.
CONDIVISIONE = _table(
    "condivisione",
    _id(),
    _to("azienda"),
    _to("utente"),
    _as("persona", "utente"),
    UniqueConstraint("azienda_id", "persona_id"),
)

# Who tried to come in; nobody changes nor deletes it (see the migration).
ACCESSO = _table(
    "accesso",
    _id(),
    _to("azienda"),
    _when(),
    _text("login"),  # as it was typed: there may be no such user
    _text("di", nullable=True),  # who acts as that user, SIA.login; none: the user
    _text("funzione", nullable=True),  # none: their own password
    _text("esito"),  # ammesso, or why not
    Index("ix_accesso_azienda", "azienda_id", "at"),
)

# A change of users, powers or rules, which needs the approval of who administers.
CAMBIO = _table(
    "cambio",
    _id(),
    _to("azienda"),
    _text("tipo"),  # a key of ledger.cambi.TIPI
    _text("dati"),  # what is to be applied, canonical JSON
    _text("segreto", nullable=True),  # the digest of a password, until it is concluded; not in the journal
    _text("regole"),  # those in force when it was asked for, canonical JSON
    _text("chi"),
    _text("stato"),  # richiesto | applicato | rifiutato | scaduto
    _when(),
    Index("ix_cambio_stato", "azienda_id", "stato"),
)

APPROVAZIONE = _table(
    "approvazione",
    _id(),
    _to("cambio"),
    _to("utente"),
    _as("persona", "utente"),  # another user, of the capogruppo, when a person of it acts as the user
    _text("chi"),
    _when(),
    UniqueConstraint("cambio_id", "persona_id"),
)

FILE = _table(
    "file",
    _id(),
    _to("azienda"),
    _text("origine"),  # azienda: given by the company; banca: received from a bank
    _text("abi", nullable=True),  # the bank a received file comes from
    _text("sha256"),
    _text("nome"),
    _int("dimensione"),
    _text("dati"),  # what became of it, canonical JSON
    _when(),
    UniqueConstraint("azienda_id", "origine", "sha256"),
)

# A supporto that never left (Con errori, Eliminata) or that the bank refused (Scartata) gives its name back.
_VIVA = "stato NOT IN ('Con errori', 'Scartata', 'Eliminata')"

DISTINTA = _table(
    "distinta",
    _id(),
    _to("azienda"),
    _to("file", nullable=True),  # none: it was not imported
    _text("origine"),  # I imported, C copied, M made by hand
    _int("numero_supporto"),  # ordinal in the file, from 1
    _int("line"),  # of the header in the file, from 1
    _text("flusso"),  # RIBA
    _text("tipo"),  # of the header: IB
    _text("abi"),
    _text("nome_supporto"),
    _day("data_creazione", nullable=True),  # a faulty header may hold none
    _text("divisa"),  # EUR; blank where the kind has none
    _text("nostro_abi", nullable=True),  # the account of the company; none where its orders are of several
    _text("nostro_cab", nullable=True),
    _text("nostro_conto", nullable=True),
    _text("sha256"),  # of the exact bytes that leave
    _int("numero_disposizioni"),
    _cents("totale"),
    _int("revisione"),  # how many times its bytes were made or its signatures voided, from 1
    _text("stato"),
    _when(),
    Index(
        "uq_distinta_supporto",
        "azienda_id",
        "abi",
        "tipo",
        "nome_supporto",
        unique=True,
        sqlite_where=text(_VIVA),
        postgresql_where=text(_VIVA),
    ),
    Index("ix_distinta_stato", "azienda_id", "stato"),
    Index("ix_distinta_nome", "azienda_id", "nome_supporto"),
)

DISPOSIZIONE = _table(
    "disposizione",
    _id(),
    _to("azienda"),
    _to("distinta", nullable=True),  # none: loose, waiting to be put into one
    _text("flusso"),  # RIBA
    _text("banca"),  # ABI of the bank it is for
    _int("numero"),  # progressive in the supporto
    _int("line"),  # its first record, counting those of the supporto from 1, the header
    _text("causale"),  # 30000 order, 30100 recall; blank where the kind has none
    _cents("importo"),
    _text("segno"),
    _day("scadenza", nullable=True),
    _text("chiave"),  # with which its outcome comes back (see cbi.flows.ordini); blank for none
    _text("controparte"),
    _text("codice_fiscale", nullable=True),
    _text("codice_cliente", nullable=True),
    _text("riferimento", nullable=True),
    _text("abi", nullable=True),  # of the counterparty
    _text("cab", nullable=True),
    _text("conto", nullable=True),
    _text("nostro_abi", nullable=True),  # of the company
    _text("nostro_cab", nullable=True),
    _text("nostro_conto", nullable=True),
    _text("stato"),
    Column("raw", LargeBinary, nullable=False),  # the records as they stand in the bytes of the distinta
    UniqueConstraint("distinta_id", "numero"),
    Index("ix_disposizione_chiave", "azienda_id", "flusso", "chiave", "importo", "scadenza"),
    Index("ix_disposizione_importo", "azienda_id", "importo", "scadenza"),
    Index("ix_disposizione_debitore", "azienda_id", "codice_fiscale", "scadenza"),
)

FIRMA = _table(
    "firma",
    _id(),
    _to("distinta"),
    _to("utente"),
    _int("peso"),
    _text("sha256"),  # of the exact bytes signed
    _int("numero_disposizioni"),
    _cents("totale"),
    _int("revisione"),  # of the distinta when it was given
    _text("regole"),  # those in force when it was given, canonical JSON
    _when(),
    UniqueConstraint("distinta_id", "utente_id", "revisione"),
    Index("ix_firma_utente", "utente_id", "at"),
)

ITER = _table(
    "iter",
    _id(),
    _to("distinta", nullable=True),  # none: an order that was loose
    _to("disposizione", nullable=True),  # none: the whole distinta
    _when(),
    _text("chi"),
    _text("evento"),
    _text("da"),
    _text("a"),
    _text("dati"),  # why, from which file: canonical JSON
    Index("ix_iter_distinta", "distinta_id"),
    Index("ix_iter_disposizione", "disposizione_id"),
)

JOURNAL = _table(
    "journal",
    Column("azienda_id", Integer, ForeignKey("azienda.id"), primary_key=True),
    Column("numero", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    _exact("at"),
    _exact("tipo"),
    _exact("soggetto"),
    _exact("dati"),
    _exact("prima"),  # hash of the event before; 64 zeros for the first
    _exact("hash"),
)

INTENTO = _table(
    "intento",
    _id(),
    _to("distinta"),
    _text("abi"),
    _text("nome_file"),
    _text("sha256"),
    _text("stato"),  # aperto | compiuto | ritirato | incerto
    _when(),
    Index("ix_intento_stato", "stato"),
    Index("ix_intento_nome", "nome_file"),
    Index(
        "uq_intento_distinta",
        "distinta_id",
        unique=True,
        sqlite_where=text("stato <> 'ritirato'"),
        postgresql_where=text("stato <> 'ritirato'"),
    ),
)

DIAGNOSTICA = _table(
    "diagnostica",
    _id(),
    _to("file", nullable=True),  # none: said of bytes made here
    _to("distinta", nullable=True),
    _text("codice"),
    _text("gravita"),  # error | warning | info
    _int("line"),
    _text("dati"),  # the whole diagnostic, canonical JSON
    Index("ix_diagnostica_file", "file_id"),
    Index("ix_diagnostica_distinta", "distinta_id"),
)

ESITO = _table(
    "esito",
    _id(),
    _to("azienda"),
    _to("file"),
    _to("disposizione", nullable=True),  # none: nothing matched, see eccezione
    _text("abi"),
    _text("nome_supporto"),
    _day("data_creazione", nullable=True),  # the day insoluti are booked
    _int("line"),
    _text("causale"),
    _text("effetto"),  # paid | unpaid | rejected | recalled
    _text("flusso"),
    _text("chiave"),
    _cents("importo"),
    _day("scadenza", nullable=True),
    _text("controparte"),
    _cents("spese", nullable=True),
    _day("data_valuta", nullable=True),
    _text("riferimento_promemoria", nullable=True),
    _text("verdetto"),  # applicato | gia_applicato | eccezione
    _text("classe", nullable=True),  # esatto | regola | probabile; none: no order was found
    _text("prove", nullable=True),  # what agreed and what did not, canonical JSON; none of an exact match
    _when(),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("file_id", "line"),
    Index("ix_esito_disposizione", "disposizione_id"),
    Index("ix_esito_promemoria", "azienda_id", "riferimento_promemoria"),
)

# The orders of an esito that speaks of several, and what people matched or undid. The esito is told by its file and
# line, because those are the same when the files are read again.
ABBINAMENTO = _table(
    "abbinamento",
    _id(),
    _to("azienda"),
    _to("file"),
    _int("line"),
    _to("disposizione"),
    _text("classe"),  # as in esito, or a_mano; sciolto: a match that the program made is undone
    _text("chi"),
    _text("nota"),
    _when(),
    _when("sciolto_at", nullable=True),  # since when it holds no more; none: it holds
    Index("ix_abbinamento_esito", "file_id", "line"),
    Index("ix_abbinamento_disposizione", "disposizione_id"),
)

PROMEMORIA = _table(
    "promemoria",
    _id(),
    _to("azienda"),
    _to("file"),
    _text("abi"),
    _text("nome_supporto"),
    _int("line"),
    _text("causale"),  # 16000 fees, 37000 charge-back
    _cents("importo"),
    _day("data_valuta", nullable=True),
    _text("riferimento", nullable=True),
    _text("conto", nullable=True),
    UniqueConstraint("file_id", "line"),
    Index("ix_promemoria_riferimento", "azienda_id", "riferimento"),
)

ECCEZIONE = _table(
    "eccezione",
    _id(),
    _to("azienda"),
    _to("file", nullable=True),
    _to("esito", nullable=True),
    _to("distinta", nullable=True),
    _text("motivo"),
    _text("dati"),  # evidence, canonical JSON
    _when(),
    Index("ix_eccezione_azienda", "azienda_id"),
)

# An account that a bank speaks of, or that somebody entered: it is there once, whatever flow names it.
SCHEDA = _table(
    "scheda",
    _id(),
    _to("azienda"),
    _text("genere"),  # conto (RH, EC) | anticipi (RA) | portafoglio (RP) | titoli (DT)
    _text("abi"),
    _text("cab"),
    _text("conto"),
    _text("divisa"),
    _text("scelte", nullable=True),  # what a person chose for it, canonical JSON; none: nobody has touched it
    _when(),
    UniqueConstraint("azienda_id", "genere", "abi", "cab", "conto", "divisa"),
)

# One statement of an account, as a flow brought it.
RAPPORTO = _table(
    "rapporto",
    _id(),
    _to("azienda"),
    _to("scheda"),
    _to("file"),
    _text("tipo"),  # RH | EC | RA | RP | DT
    _text("nome_supporto"),
    _int("line"),
    _text("abi"),
    _text("cab"),
    _text("conto"),
    _text("iban", nullable=True),
    _text("divisa"),
    _text("descrizione", nullable=True),  # that of the bank
    _day("data_inizio", nullable=True),  # of a period
    _day("data"),
    _cents("saldo_iniziale", nullable=True),  # what is not of money has none
    _cents("saldo_finale", nullable=True),
    _cents("saldo_liquido", nullable=True),
    _text("liquidita", nullable=True),  # days and cents to come, canonical JSON
    _text("impronta", nullable=True),  # of what it says: one that says the same again is the same
    _when(),
    UniqueConstraint("azienda_id", "tipo", "abi", "cab", "conto", "divisa", "data", "nome_supporto"),
    Index("ix_rapporto_scheda", "scheda_id", "data"),
    Index("ix_rapporto_file", "file_id"),
)

MOVIMENTO = _table(
    "movimento",
    _id(),
    _to("rapporto"),
    _to("scheda"),
    Column("gemello_id", Integer, ForeignKey("movimento.id")),  # the one that this says again: see reconcile.gemelli
    _int("numero", nullable=True),
    _int("line"),
    _day("data_valuta", nullable=True),
    _day("data_contabile"),
    _text("segno"),  # C | D
    _cents("importo"),
    _text("causale"),
    _text("causale_interna", nullable=True),
    _text("riferimento_banca", nullable=True),
    _text("tipo_riferimento", nullable=True),
    _text("riferimento", nullable=True),
    _text("msg_id", nullable=True),
    _text("end_to_end", nullable=True),
    _text("descrizione"),
    _text("dettagli", nullable=True),  # the structured ones, canonical JSON
    _when("spuntato_at", nullable=True),  # none: it is still to be handled
    _text("spuntato_da", nullable=True),  # a login, or what did it
    _text("etichetta", nullable=True),
    _text("contropartita", nullable=True),  # the account in the company's own books
    _to("distinta", nullable=True),  # what it is of, where it names nothing and a rule or a person said so
    _to("disposizione", nullable=True),
    _text("riscontrato_da", nullable=True),  # who said so, or said that it is of nothing
    UniqueConstraint("rapporto_id", "line"),
    Index("ix_movimento_riferimento", "riferimento"),
    Index("ix_movimento_data", "data_contabile", "id"),
    Index("ix_movimento_valuta", "data_valuta", "id"),
    Index("ix_movimento_importo", "importo", "id"),
    Index("ix_movimento_causale", "causale", "data_contabile", "id"),
    Index("ix_movimento_scheda", "scheda_id", "data_contabile", "id"),
    Index("ix_movimento_gemello", "gemello_id", **_where("gemello_id IS NOT NULL")),
    Index("ix_movimento_msg_id", "msg_id", **_where("msg_id IS NOT NULL")),
    Index("ix_movimento_end_to_end", "end_to_end", **_where("end_to_end IS NOT NULL")),
    Index("ix_movimento_distinta", "distinta_id", **_where("distinta_id IS NOT NULL")),
    Index("ix_movimento_disposizione", "disposizione_id", **_where("disposizione_id IS NOT NULL")),
    Index("ix_movimento_aperto", "data_contabile", "id", **_where("spuntato_at IS NULL AND gemello_id IS NULL")),
)

LAVORO = _table(
    "lavoro",
    _id(),
    _text("nome"),
    _to("azienda", nullable=True),  # none: of all of them
    _text("abi", nullable=True),  # none: of every bank
    _day("giorno"),  # of Rome
    _when("inizio"),
    _when("fine", nullable=True),  # none: being done, or never finished
    _text("esito"),  # in_corso | riuscito | fallito | interrotto
    _text("chi"),  # the machine and the process that did it
    _text("dati"),  # what it did, or why it could not: canonical JSON
    Index("ix_lavoro_nome", "nome", "inizio"),
    Index("ix_lavoro_esito", "esito"),
)

LINEA = _table(
    "linea",
    _id(),
    _to("azienda"),
    _text("abi"),
    _int("errori"),  # in a row, 0 since the last time it worked
    _when("riprova_dal", nullable=True),  # not before; none: now
    _text("errore"),  # the last one, "" for none
    _when(),
    UniqueConstraint("azienda_id", "abi"),
)
