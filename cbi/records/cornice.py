"""The frame every flow shares: header and trailer, read as such when the body of a flow is not declared here.

CN (acknowledgement) and ER (refusal) are frames: their bodies are not public and stay raw.
Source: the rules common to every flow.
"""

from __future__ import annotations

from cbi.fields import Date, Filler, FreeText, M, O, Text, Undocumented
from cbi.layout import Record

SOURCE = "regole comuni a tutti i flussi"

# Header type -> what the flow is. Those with a module of their own are not in this list.
TIPI = {
    "EP": "esiti di bonifici",
    "PE": "bonifici esteri",
    "AV": "avvisi di effetti",
    "AP": "disposizioni di pagamento effetti",
    "SL": "struttura libera",
    "CN": "conferma di ricezione",
    "ER": "flusso scartato",
}


class Testa(Record, source=SOURCE, confidence="low"):
    """Testa di un flusso il cui corpo non è dichiarato."""

    filler_1 = Filler(1, 1)
    tipo_record = Text(2, 3, M, "Tipo record")
    mittente = Text(4, 8, M, "Codice SIA o ABI del mittente")
    ricevente = Text(9, 13, M, "Codice ABI o SIA del ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    non_documentato_1 = Undocumented(46, 120, O, "Non documentato")


class EF(Testa):
    """Coda di un flusso il cui corpo non è dichiarato: solo i campi comuni."""


class Corpo(Record, source=SOURCE, confidence="low"):
    """Record di un corpo non dichiarato, tenuto com'è."""

    filler_1 = Filler(1, 1, O)
    tipo_record = FreeText(2, 3, O, "Tipo record")
    non_documentato_1 = Undocumented(4, 120, O, "Non documentato")
