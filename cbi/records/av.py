"""AV: the records of notices of bills to be paid, as far as a sample of one and a bank's page let them be known.

Source: a public importer, and the fields that a bank's portal shows.
"""

from __future__ import annotations

from cbi.fields import Cents, Choice, Const, Date, Digits, Filler, M, Number, O, Text, Undocumented
from cbi.layout import Record

SOURCE = "un lettore pubblico e le pagine di un portale"


class AV(Record, source=SOURCE, confidence="low"):
    """Testa di un flusso di avvisi di effetti."""

    filler_1 = Filler(1, 1, O, confidence="medium")
    tipo_record = Const(2, 3, "AV", "Tipo record", confidence="medium")
    mittente = Digits(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    non_documentato_40 = Undocumented(40, 120)


class Record10(Record, source=SOURCE, confidence="medium"):
    """Avviso: date, importo e banca domiciliataria."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero dell'avviso nel flusso, da 1")
    filler_11 = Filler(11, 16, O)
    data_creazione_avviso = Date(17, 22, M, "Data di creazione dell'avviso")
    data_scadenza = Date(23, 28, M, "Scadenza dell'effetto")
    causale = Choice(29, 33, M, "Causale", {"33000": "avviso di effetto"})
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Const(47, 47, "+", "Segno: sempre positivo")
    codice_abi_mittente = Digits(48, 52, M, "ABI della banca domiciliataria")
    codice_cab_mittente = Digits(53, 57, M, "CAB della banca domiciliataria")
    non_documentato_58 = Undocumented(58, 91)
    codice_azienda = Text(92, 96, M, "Codice SIA dell'azienda debitrice", confidence="low")
    non_documentato_97 = Undocumented(97, 97)
    non_documentato_98 = Undocumented(98, 113)
    non_documentato_114 = Undocumented(114, 119)
    codice_divisa = Const(120, 120, "E", "Divisa: euro")


class Record30(Record, source=SOURCE, confidence="low"):
    """Creditore."""

    filler_1 = Filler(1, 1, O, confidence="medium")
    tipo_record = Const(2, 3, "30", "Tipo record", confidence="medium")
    numero_progressivo = Number(4, 10, M, "Come nel record 10", confidence="medium")
    creditore_1_segmento = Text(11, 34, O, "Creditore, primo segmento")
    creditore_2_segmento = Text(35, 58, O, "Creditore, secondo segmento")
    creditore_3_segmento = Text(59, 82, O, "Creditore, terzo segmento")
    creditore_4_segmento = Text(83, 106, O, "Creditore, quarto segmento")
    non_documentato_107 = Undocumented(107, 120)


class Record50(Record, source=SOURCE, confidence="medium"):
    """Riferimenti dell'operazione e codice fiscale del creditore."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    riferimento_operazione_1 = Text(11, 50, O, "Riferimenti dell'operazione", confidence="low")
    riferimento_operazione_2 = Text(51, 90, O, "Riferimenti dell'operazione, seguito", confidence="low")
    non_documentato_91 = Undocumented(91, 100)
    codifica_fiscale_creditore = Text(101, 116, O, "Codice fiscale o partita IVA del creditore")
    non_documentato_117 = Undocumented(117, 120)


class Record70(Record, source=SOURCE, confidence="low"):
    """Chiude l'avviso; numero dell'avviso e tipo dell'effetto stanno in colonne che non si conoscono."""

    filler_1 = Filler(1, 1, O, confidence="medium")
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    non_documentato_11 = Undocumented(11, 120)


class EF(Record, source=SOURCE, confidence="low"):
    """Coda."""

    filler_1 = Filler(1, 1, O, confidence="medium")
    tipo_record = Const(2, 3, "EF", "Tipo record")
    non_documentato_4 = Undocumented(4, 120)
