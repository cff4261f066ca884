"""The frame every flow shares: header and trailer, and the flows of which the public knows nothing else.

AP (bills to be paid or refused), SL (free text), CN (acknowledgement) and ER (refusal) are frames: their bodies are
not public and stay raw. Source: the rules common to every flow, and public implementations of the headers.
"""

from __future__ import annotations

from cbi.fields import Const, Date, Digits, Filler, FreeText, M, O, Text, Undocumented
from cbi.layout import Record

SOURCE = "regole comuni a tutti i flussi"


class Testa(Record, source=SOURCE, confidence="low"):
    """Testa di un flusso il cui corpo non è dichiarato."""

    filler_1 = Filler(1, 1)
    tipo_record = Text(2, 3, M, "Tipo record")
    mittente = Text(4, 8, M, "Codice SIA o ABI del mittente")
    ricevente = Text(9, 13, M, "Codice ABI o SIA del ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    non_documentato_1 = Undocumented(46, 120)


class EF(Testa):
    """Coda di un flusso il cui corpo non è dichiarato: solo i campi comuni."""

    tipo_record = Const(2, 3, "EF", "Tipo record")


class Corpo(Record, source=SOURCE, confidence="low"):
    """Record di un corpo non dichiarato, tenuto com'è."""

    filler_1 = Filler(1, 1, O)
    tipo_record = FreeText(2, 3, O, "Tipo record")
    non_documentato_1 = Undocumented(4, 120)


class AP(Testa, source="implementazioni pubbliche", confidence="medium"):
    """Testa di un flusso di disposizioni di pagamento o rifiuto di effetti; il corpo non è pubblico."""

    tipo_record = Const(2, 3, "AP", "Tipo record")
    mittente = Text(4, 8, M, "Codice SIA dell'azienda mittente")
    ricevente = Digits(9, 13, M, "Codice ABI della banca ricevente")


class SL(AP):
    """Testa di un testo libero dell'azienda alla banca."""

    tipo_record = Const(2, 3, "SL", "Tipo record")


class SLBanca(SL):
    """Testa di un testo libero della banca all'azienda."""

    mittente = Digits(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda")


class Testo(Record, source="implementazioni pubbliche", confidence="low"):
    """Riga di un testo libero, tenuta com'è."""

    non_documentato_1 = Undocumented(1, 120)


class CN(SLBanca, confidence="low"):
    """Testa di una conferma di ricezione; il corpo non è pubblico."""

    tipo_record = Const(2, 3, "CN", "Tipo record")


class ER(SLBanca, confidence="low"):
    """Testa di un flusso di diagnostici: dice che un flusso è stato scartato; il corpo non è pubblico."""

    tipo_record = Const(2, 3, "ER", "Tipo record")
