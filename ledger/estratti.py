"""What can be taken out of the books, as tables: what each is called, its columns, its rows as a stream.

A column is a line of an extract below, and its words and its kind are in `PAROLE`. Rows come in the order in which they
came into the books, by a number that only grows: what has a greater one was not there before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, and_, case, exists, func, not_, null, or_, select

from ledger import messaggi
from ledger.home import Home
from ledger.messaggi import INTERO, Messaggio, Taglio
from ledger.movimenti import CORREGGIBILI
from ledger.outcomes import BANCA_, GIA_APPLICATO
from ledger.ports import ROME
from ledger.schema import DISPOSIZIONE, DISTINTA, ECCEZIONE, ESITO, FILE, MOVIMENTO, RAPPORTO

INSOLUTO, DARE = "unpaid", "D"  # the effect of an outcome, and the sign of a movement


class Tipo(StrEnum):
    """The kind of a column: what its cells are, None apart."""

    TESTO = "testo"  # str
    CONTO = "conto"  # str, an account number
    INTERO = "intero"  # int
    IMPORTO = "importo"  # int, cents
    GIORNO = "giorno"  # date
    ISTANTE = "istante"  # datetime, UTC


class Parola(NamedTuple):
    """What a column is called, in Italian and in English, and its kind."""

    it: str
    en: str
    tipo: Tipo = Tipo.TESTO


PAROLE: Mapping[str, Parola] = {
    "abi": Parola("ABI controparte", "Counterparty ABI"),
    "banca": Parola("Banca", "Bank"),
    "cab": Parola("CAB controparte", "Counterparty CAB"),
    "causale": Parola("Causale", "Reason code"),
    "causale_interna": Parola("Causale interna", "Internal reason code"),
    "chiave": Parola("Chiave", "Key"),
    "codice_cliente": Parola("Codice cliente", "Customer code"),
    "codice_fiscale": Parola("Codice fiscale", "Fiscal code"),
    "conto": Parola("Conto", "Account", Tipo.CONTO),
    "conto_controparte": Parola("Conto controparte", "Counterparty account", Tipo.CONTO),
    "controparte": Parola("Controparte", "Counterparty"),
    "contropartita": Parola("Contropartita", "Contra account"),
    "data_contabile": Parola("Data contabile", "Booking date", Tipo.GIORNO),
    "data_creazione": Parola("Data creazione", "Creation date", Tipo.GIORNO),
    "data_valuta": Parola("Data valuta", "Value date", Tipo.GIORNO),
    "descrizione": Parola("Descrizione", "Description"),
    "dimensione": Parola("Byte", "Bytes", Tipo.INTERO),
    "disposizione": Parola("Disposizione", "Order", Tipo.INTERO),
    "distinta": Parola("Distinta", "Distinta", Tipo.INTERO),
    "divisa": Parola("Divisa", "Currency"),
    "effetto": Parola("Effetto", "Effect"),
    "end_to_end": Parola("EndToEndId", "EndToEndId"),
    "etichetta": Parola("Etichetta", "Label"),
    "file": Parola("File", "File"),
    "flusso": Parola("Flusso", "Flow"),
    "id": Parola("N.", "No.", Tipo.INTERO),
    "importo": Parola("Importo", "Amount", Tipo.IMPORTO),
    "importo_con_segno": Parola("Importo con segno", "Signed amount", Tipo.IMPORTO),
    "letto": Parola("Letto", "Read"),
    "messaggio": Parola("Messaggio", "Message"),
    "motivo": Parola("Motivo", "Reason"),
    "msg_id": Parola("MsgId", "MsgId"),
    "nome_supporto": Parola("Supporto", "Supporto"),
    "numero": Parola("Progressivo", "Number", Tipo.INTERO),
    "numero_disposizioni": Parola("Disposizioni", "Orders", Tipo.INTERO),
    "origine": Parola("Origine", "Origin"),
    "quando": Parola("Quando", "When", Tipo.ISTANTE),
    "riferimento": Parola("Riferimento", "Reference"),
    "riferimento_banca": Parola("Riferimento banca", "Bank reference"),
    "riferimento_promemoria": Parola("Riferimento promemoria", "Memo reference"),
    "riga": Parola("Riga", "Line", Tipo.INTERO),
    "scadenza": Parola("Scadenza", "Due", Tipo.GIORNO),
    "segno": Parola("Segno", "Sign"),
    "sha256": Parola("SHA-256", "SHA-256"),
    "spese": Parola("Spese", "Fees", Tipo.IMPORTO),
    "spuntato_da": Parola("Spuntato da", "Ticked by"),
    "stato": Parola("Stato", "State"),
    "testo": Parola("Testo", "Text"),
    "tipo_riferimento": Parola("Tipo riferimento", "Reference type"),
    "totale": Parola("Totale", "Total", Tipo.IMPORTO),
    "verdetto": Parola("Verdetto", "Verdict"),
}


@dataclass(frozen=True)
class Scelta:
    """Which rows: those after a number and up to another (None: the last), of the days from one to another (None: no
    end), and with exactly these values in these columns; of messages, which part of their lines."""

    dopo: int = 0
    fino: int | None = None
    dal: date | None = None
    al: date | None = None
    solo: Mapping[str, Any] | None = None
    taglio: Taglio = INTERO


class Riga(NamedTuple):
    """A row: its number, its cells, and where its records stand: a content of the archive and a line in it, from 1;
    None for the whole content, or for none at all."""

    id: int
    celle: tuple[Any, ...]
    sha256: str | None
    line: int | None


class Fonte(Protocol):
    """Where the rows of an extract come from: its columns, the one that `Scelta.dal` and `al` are about, those that may
    change after the row is there."""

    @property
    def colonne(self) -> Sequence[str]: ...

    @property
    def giorno(self) -> str: ...

    @property
    def mutano(self) -> Sequence[str]: ...

    def righe(
        self, home: Home, conn: Connection, azienda_id: int, nomi: Sequence[str], scelta: Scelta
    ) -> Iterator[Riga]:
        """The rows of a company, with the columns of those names, one after the other in constant memory."""
        ...


@dataclass(frozen=True)
class Interrogazione:
    """Rows that a query gives: what it is from, whose they are, its columns by name, where the records of a row stand
    (a digest, a line), and what else must hold."""

    da: Any
    azienda: Any
    campi: Mapping[str, Any]
    giorno: str
    prova: tuple[Any, Any]
    mutano: Sequence[str] = ()
    dove: Sequence[Any] = ()

    @property
    def colonne(self) -> Sequence[str]:
        return tuple(self.campi)

    def righe(
        self, _home: Home, conn: Connection, azienda_id: int, nomi: Sequence[str], scelta: Scelta
    ) -> Iterator[Riga]:
        numero = self.campi["id"]
        query = select(numero, *self.prova, *(self.campi[nome].label(f"c_{nome}") for nome in nomi))
        # Not by the index on companies: rows come as they stand, and none waits for the others to be sorted.
        query = query.select_from(self.da).where(self.azienda + 0 == azienda_id, numero > scelta.dopo, *self.dove)
        query = query.where(*self._within(scelta)).order_by(numero)
        for row in conn.execute(query.execution_options(yield_per=1000)):
            yield Riga(row[0], tuple(row[3:]), row[1], row[2])

    def _within(self, scelta: Scelta) -> Iterator[Any]:
        giorno = self.campi[self.giorno]
        instants = PAROLE[self.giorno].tipo is Tipo.ISTANTE
        if scelta.fino is not None:
            yield self.campi["id"] <= scelta.fino
        if scelta.dal is not None:
            yield giorno >= (_midnight(scelta.dal) if instants else scelta.dal)
        if scelta.al is not None:
            yield giorno < _midnight(scelta.al + timedelta(days=1)) if instants else giorno <= scelta.al
        for nome, value in (scelta.solo or {}).items():
            yield self.campi[nome] == value


@dataclass(frozen=True)
class Testi:
    """The lines of the messages received, a row each; the number of a row is that of the event which tells that the
    message came."""

    giorno: str = "quando"
    mutano: Sequence[str] = ("letto",)
    colonne: Sequence[str] = ("messaggio", "quando", "banca", "file", "nome_supporto", "letto", "riga", "testo")

    def righe(
        self, home: Home, conn: Connection, azienda_id: int, nomi: Sequence[str], scelta: Scelta
    ) -> Iterator[Riga]:
        for each in messaggi.all_(conn, azienda_id, scelta.dopo):
            day = each.at.astimezone(ROME).date()
            within = (scelta.dal is None or day >= scelta.dal) and (scelta.al is None or day <= scelta.al)
            if within and (scelta.fino is None or each.evento <= scelta.fino):
                yield from self._lines(home, each, nomi, scelta)

    def _lines(self, home: Home, each: Messaggio, nomi: Sequence[str], scelta: Scelta) -> Iterator[Riga]:
        told = {"messaggio": each.id, "quando": each.at, "banca": each.banca, "file": each.file}
        told |= {"nome_supporto": each.nome_supporto, "letto": each.letto}
        for line in scelta.taglio.of(messaggi.lines(home, each)):
            cells = {**told, "riga": line.numero, "testo": line.testo}
            if all(cells[nome] == value for nome, value in (scelta.solo or {}).items()):
                yield Riga(each.evento, tuple(cells[nome] for nome in nomi), each.sha256, line.line)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ROME)


@dataclass(frozen=True)
class Estratto:
    """A table that can be taken out: its name, its two letters in names of files, what it is called, its rows."""

    nome: str
    sigla: str
    it: str
    en: str
    fonte: Fonte


_DISTINTE = Interrogazione(
    da=DISTINTA,
    azienda=DISTINTA.c.azienda_id,
    campi={
        "id": DISTINTA.c.id,
        "quando": DISTINTA.c.at,
        "flusso": DISTINTA.c.flusso,
        "banca": DISTINTA.c.abi,
        "nome_supporto": DISTINTA.c.nome_supporto,
        "data_creazione": DISTINTA.c.data_creazione,
        "conto": DISTINTA.c.nostro_conto,
        "divisa": DISTINTA.c.divisa,
        "numero_disposizioni": DISTINTA.c.numero_disposizioni,
        "totale": DISTINTA.c.totale,
        "origine": DISTINTA.c.origine,
        "stato": DISTINTA.c.stato,
        "sha256": DISTINTA.c.sha256,
    },
    giorno="quando",
    prova=(DISTINTA.c.sha256, null()),
    mutano=(
        "nome_supporto",
        "data_creazione",
        "conto",
        "divisa",
        "numero_disposizioni",
        "totale",
        "stato",
        "sha256",
    ),
)

_DISPOSIZIONI_CAMPI = {
    "id": DISPOSIZIONE.c.id,
    "distinta": DISPOSIZIONE.c.distinta_id,
    "flusso": DISPOSIZIONE.c.flusso,
    "banca": DISPOSIZIONE.c.banca,
    "nome_supporto": DISTINTA.c.nome_supporto,
    "numero": DISPOSIZIONE.c.numero,
    "causale": DISPOSIZIONE.c.causale,
    "importo": DISPOSIZIONE.c.importo,
    "segno": DISPOSIZIONE.c.segno,
    "scadenza": DISPOSIZIONE.c.scadenza,
    "chiave": DISPOSIZIONE.c.chiave,
    "controparte": DISPOSIZIONE.c.controparte,
    "codice_fiscale": DISPOSIZIONE.c.codice_fiscale,
    "codice_cliente": DISPOSIZIONE.c.codice_cliente,
    "riferimento": DISPOSIZIONE.c.riferimento,
    "abi": DISPOSIZIONE.c.abi,
    "cab": DISPOSIZIONE.c.cab,
    "conto_controparte": DISPOSIZIONE.c.conto,
    "conto": DISPOSIZIONE.c.nostro_conto,
    "stato": DISPOSIZIONE.c.stato,
}

_DISPOSIZIONI = Interrogazione(
    da=DISPOSIZIONE.outerjoin(DISTINTA, DISTINTA.c.id == DISPOSIZIONE.c.distinta_id),
    azienda=DISPOSIZIONE.c.azienda_id,
    campi=_DISPOSIZIONI_CAMPI,
    giorno="scadenza",
    prova=(DISTINTA.c.sha256, DISPOSIZIONE.c.line),
    mutano=tuple(nome for nome in _DISPOSIZIONI_CAMPI if nome not in ("id", "flusso", "banca")),
)

_ESITI = Interrogazione(
    da=ESITO.join(FILE, FILE.c.id == ESITO.c.file_id).outerjoin(
        DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id
    ),
    azienda=ESITO.c.azienda_id,
    campi={
        "id": ESITO.c.id,
        "quando": ESITO.c.at,
        "banca": ESITO.c.abi,
        "flusso": ESITO.c.flusso,
        "nome_supporto": ESITO.c.nome_supporto,
        "data_creazione": ESITO.c.data_creazione,
        "causale": ESITO.c.causale,
        "effetto": ESITO.c.effetto,
        "chiave": ESITO.c.chiave,
        "importo": ESITO.c.importo,
        "scadenza": ESITO.c.scadenza,
        "controparte": ESITO.c.controparte,
        "spese": ESITO.c.spese,
        "data_valuta": ESITO.c.data_valuta,
        "riferimento_promemoria": ESITO.c.riferimento_promemoria,
        "disposizione": ESITO.c.disposizione_id,
        "distinta": DISPOSIZIONE.c.distinta_id,
        "codice_fiscale": DISPOSIZIONE.c.codice_fiscale,
        "codice_cliente": DISPOSIZIONE.c.codice_cliente,
        "riferimento": DISPOSIZIONE.c.riferimento,
        "verdetto": ESITO.c.verdetto,
        "file": FILE.c.nome,
        "riga": ESITO.c.line,
    },
    giorno="data_creazione",
    prova=(FILE.c.sha256, ESITO.c.line),
    mutano=("disposizione", "distinta", "codice_fiscale", "codice_cliente", "riferimento", "verdetto"),
)

_INSOLUTI = replace(_ESITI, dove=(and_(ESITO.c.effetto == INSOLUTO, ESITO.c.verdetto != GIA_APPLICATO),))

# A movement that several statements say is one row, the first of them that came; it says what the last one says.
_ANCORA, _ALTRO, _SUO = (MOVIMENTO.alias(name) for name in ("dice_ancora", "altro", "suo"))
_DOVE = RAPPORTO.alias("rapporto_altro")
_ULTIMO = (
    select(_ALTRO.c.id)
    .join(_DOVE, _DOVE.c.id == _ALTRO.c.rapporto_id)
    .where(_ALTRO.c.gemello_id == MOVIMENTO.c.id)
    .order_by(_DOVE.c.data.desc(), _DOVE.c.nome_supporto.desc(), _ALTRO.c.line.desc())
    .limit(1)
    .correlate(MOVIMENTO)
    .scalar_subquery()
)
_DETTO = {nome: case((_ANCORA.c.id.is_(None), MOVIMENTO.c[nome]), else_=_ANCORA.c[nome]) for nome in CORREGGIBILI}
_SAME = func.coalesce(MOVIMENTO.c.gemello_id, MOVIMENTO.c.id)

_MOVIMENTI = Interrogazione(
    da=MOVIMENTO.join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
    .join(FILE, FILE.c.id == RAPPORTO.c.file_id)
    .outerjoin(_ANCORA, _ANCORA.c.id == _ULTIMO),
    azienda=RAPPORTO.c.azienda_id,
    campi={
        "id": MOVIMENTO.c.id,
        "banca": RAPPORTO.c.abi,
        "conto": RAPPORTO.c.conto,
        "divisa": RAPPORTO.c.divisa,
        "data_contabile": MOVIMENTO.c.data_contabile,
        "data_valuta": _DETTO["data_valuta"],
        "segno": _DETTO["segno"],
        "importo": _DETTO["importo"],
        "importo_con_segno": case((_DETTO["segno"] == DARE, -_DETTO["importo"]), else_=_DETTO["importo"]),
        "causale": _DETTO["causale"],
        "causale_interna": _DETTO["causale_interna"],
        "riferimento_banca": _DETTO["riferimento_banca"],
        "tipo_riferimento": _DETTO["tipo_riferimento"],
        "riferimento": _DETTO["riferimento"],
        "descrizione": _DETTO["descrizione"],
        "msg_id": func.coalesce(_ANCORA.c.msg_id, MOVIMENTO.c.msg_id),
        "end_to_end": func.coalesce(_ANCORA.c.end_to_end, MOVIMENTO.c.end_to_end),
        "spuntato_da": func.coalesce(MOVIMENTO.c.spuntato_da, _ANCORA.c.spuntato_da),
        "etichetta": MOVIMENTO.c.etichetta,
        "contropartita": MOVIMENTO.c.contropartita,
        "flusso": RAPPORTO.c.tipo,
        "nome_supporto": RAPPORTO.c.nome_supporto,
        "file": FILE.c.nome,
        "riga": MOVIMENTO.c.line,
    },
    giorno="data_contabile",
    prova=(FILE.c.sha256, MOVIMENTO.c.line),
    mutano=(*CORREGGIBILI, "importo_con_segno", "msg_id", "end_to_end", "spuntato_da", "etichetta", "contropartita"),
    dove=(
        or_(MOVIMENTO.c.gemello_id.is_(None), MOVIMENTO.c.gemello_id > MOVIMENTO.c.id),
        not_(exists().where(_SUO.c.gemello_id == _SAME, _SUO.c.id < MOVIMENTO.c.id).correlate(MOVIMENTO)),
    ),
)

_ECCEZIONI = Interrogazione(
    da=ECCEZIONE.outerjoin(FILE, FILE.c.id == ECCEZIONE.c.file_id).outerjoin(ESITO, ESITO.c.id == ECCEZIONE.c.esito_id),
    azienda=ECCEZIONE.c.azienda_id,
    campi={
        "id": ECCEZIONE.c.id,
        "quando": ECCEZIONE.c.at,
        "motivo": ECCEZIONE.c.motivo,
        "banca": FILE.c.abi,
        "flusso": ESITO.c.flusso,
        "causale": ESITO.c.causale,
        "effetto": ESITO.c.effetto,
        "chiave": ESITO.c.chiave,
        "importo": ESITO.c.importo,
        "scadenza": ESITO.c.scadenza,
        "controparte": ESITO.c.controparte,
        "distinta": ECCEZIONE.c.distinta_id,
        "file": FILE.c.nome,
        "riga": ESITO.c.line,
    },
    giorno="quando",
    prova=(FILE.c.sha256, ESITO.c.line),
)

_RICEVUTI = Interrogazione(
    da=FILE,
    azienda=FILE.c.azienda_id,
    campi={
        "id": FILE.c.id,
        "quando": FILE.c.at,
        "banca": FILE.c.abi,
        "file": FILE.c.nome,
        "dimensione": FILE.c.dimensione,
        "sha256": FILE.c.sha256,
    },
    giorno="quando",
    prova=(FILE.c.sha256, null()),
    dove=(FILE.c.origine == BANCA_,),
)

ESTRATTI: Mapping[str, Estratto] = {
    each.nome: each
    for each in (
        Estratto("distinte", "DI", "Distinte", "Distinte", _DISTINTE),
        Estratto("disposizioni", "OR", "Disposizioni", "Orders", _DISPOSIZIONI),
        Estratto("esiti", "ES", "Esiti", "Outcomes", _ESITI),
        Estratto("insoluti", "IN", "Insoluti", "Unpaid", _INSOLUTI),
        Estratto("movimenti", "MO", "Movimenti", "Movements", _MOVIMENTI),
        Estratto("eccezioni", "EC", "Eccezioni", "Exceptions", _ECCEZIONI),
        Estratto("ricevuti", "RI", "File ricevuti", "Files received", _RICEVUTI),
        Estratto("messaggi", "ME", "Messaggi", "Messages", Testi()),
    )
}
