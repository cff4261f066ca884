"""EP: the records of outcomes of transfers, many of whose columns are only guessed from those of the orders (PC).

Source: public implementations.
"""

from __future__ import annotations

from cbi.fields import C, Cents, Choice, Const, Date, Digits, Filler, M, Number, O, Sign, Text, Undocumented
from cbi.layout import Record
from cbi.records.pc import CAUSALI, MODALITA, QUALIFICATORE, TIPO_FLUSSO

SOURCE = "implementazioni pubbliche"

EURO = {"E": "euro"}
CAUSALI_ESITO = {
    **{code: CAUSALI[code] for code in ("48000", "48015", "27000", "27010", "27020", "34000", "79000")},
    "68000": "storno",
    "31000": "ritiro di effetti",
    "31100": "rifiuto di effetti",
}


class EP(Record, source=SOURCE, confidence="medium"):
    """Testa di un flusso di esiti di bonifici."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "EP", "Tipo record")
    mittente = Digits(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    non_documentato_46 = Undocumented(46, 104)
    tipo_flusso = Choice(105, 105, C, "Tipo di flusso", TIPO_FLUSSO, confidence="low")
    qualificatore_flusso = Choice(106, 106, C, "Qualificatore, se 105 è presente", QUALIFICATORE, confidence="low")
    soggetto_veicolatore = Digits(
        107, 111, C, "Codice ABI del soggetto veicolatore, se 105 è presente", confidence="low"
    )
    non_documentato_112 = Undocumented(112, 113)
    codice_divisa = Choice(114, 114, O, "Divisa: euro", EURO, confidence="low")
    non_documentato_115 = Undocumented(115, 120)


class Record10(Record, source=SOURCE, confidence="low"):
    """Esito di una disposizione; causale e importo stanno dove li mette l'ordine, per analogia."""

    filler_1 = Filler(1, 1, confidence="medium")
    tipo_record = Const(2, 3, "10", "Tipo record", confidence="medium")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1", confidence="medium")
    non_documentato_11 = Undocumented(11, 28)
    causale = Choice(29, 33, M, "Causale, quella dell'ordine o di storno", CAUSALI_ESITO)
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Sign(47, 47, M, "Segno", {"+": "positivo", "-": "negativo"})
    non_documentato_48 = Undocumented(48, 101)
    tipo_flusso = Choice(102, 102, C, "Tipo di flusso", TIPO_FLUSSO, confidence="high")
    qualificatore_flusso = Choice(103, 103, C, "Qualificatore, se 102 è presente", QUALIFICATORE, confidence="high")
    soggetto_veicolatore = Digits(
        104, 108, C, "Codice ABI del soggetto veicolatore, se 102 è presente", confidence="high"
    )
    codice_mp = Text(109, 113, C, "Codice del Market Place", confidence="high")
    modalita_di_pagamento = Choice(114, 114, O, "Modo di pagamento", MODALITA)
    non_documentato_115 = Undocumented(115, 119)
    codice_divisa = Choice(120, 120, O, "Divisa: euro", EURO)


class EF(Record, source=SOURCE, confidence="medium"):
    """Coda: ripete la testa, conta le disposizioni e i record."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Digits(4, 8, M, "Come in testa")
    ricevente = Text(9, 13, M, "Come in testa")
    data_creazione = Date(14, 19, M, "Come in testa")
    nome_supporto = Text(20, 39, M, "Come in testa")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    numero_disposizioni = Number(46, 52, M, "Numero delle disposizioni")
    non_documentato_53 = Undocumented(53, 82)
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    non_documentato_90 = Undocumented(90, 113)
    codice_divisa = Choice(114, 114, O, "Divisa: euro", EURO, confidence="low")
    non_documentato_115 = Undocumented(115, 120)
