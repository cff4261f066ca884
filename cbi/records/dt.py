"""DT: the records of the statement of securities (dossier titoli).

Source: CBI-RND-001 v6.05, section 5.
"""

from __future__ import annotations

from cbi.fields import Choice, Const, Coordinate, Date, Digits, Filler, M, Number, O, Quantity, Sign, Text
from cbi.layout import Record
from cbi.records.rh import DIVISE


class DT(Record, source="CBI-RND-001 v6.05 §5.2"):
    """Testa del flusso dei dossier titoli."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "DT", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 115, O)
    campo_non_disponibile = Filler(116, 120, O, "Non utilizzabile")


class EF(Record, source="CBI-RND-001 v6.05 §5.3"):
    """Coda: ripete la testa, conta i record."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 82, O)
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 114, O)
    campo_non_disponibile = Filler(115, 120, O, "Non utilizzabile")


class Record10(Record, source="CBI-RND-001 v6.05 §5.4"):
    """Posizione: un titolo di un dossier e la sua quantità."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    saldo_attuale = Quantity(11, 28, M, "Quantità, valore nominale o quote, con tre decimali")
    causale = Choice(
        29,
        33,
        M,
        "Causale del flusso",
        {"95000": "trasmissione ordinaria", "95010": "recupero di una trasmissione"},
        open_list=True,
    )
    codice_isin = Text(34, 45, M, "Codice ISIN")
    descrizione_del_titolo = Text(46, 65, M, "Descrizione del titolo")
    codice_divisa = Choice(66, 68, M, "Divisa", DIVISE, open_list=True)
    codice_abi_banca = Coordinate(69, 73, M, "ABI della banca, come in testa")
    cab_banca = Coordinate(74, 78, M, "CAB della banca")
    numero_dossier = Text(79, 91, M, "Numero del dossier")
    data_del_saldo = Date(92, 97, M, "Data del saldo")
    data_scadenza_titolo = Date(98, 103, O, "Data di scadenza del titolo")
    data_godimento_1 = Digits(104, 107, O, "Giorno e mese della cedola 1, GGMM")
    data_godimento_2 = Digits(108, 111, O, "Giorno e mese della cedola 2, GGMM")
    data_godimento_3 = Digits(112, 115, O, "Giorno e mese della cedola 3, GGMM")
    data_godimento_4 = Digits(116, 119, O, "Giorno e mese della cedola 4, GGMM")
    filler_120 = Filler(120, 120, O)


class Record20(Record, source="CBI-RND-001 v6.05 §5.5"):
    """Movimento di una posizione."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "20", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    codice_isin = Text(11, 22, M, "Codice ISIN")
    descrizione_del_titolo = Text(23, 42, M, "Descrizione del titolo")
    codice_divisa = Choice(43, 45, M, "Divisa", DIVISE, open_list=True)
    quantita_trattata = Quantity(46, 63, M, "Quantità trattata, con tre decimali")
    segno_operazione = Sign(64, 64, M, "Segno dell'operazione")
    data_del_movimento = Date(65, 70, M, "Data del movimento")
    causale_movimento = Choice(71, 74, M, "Causale del movimento", {}, open_list=True)
    cab_giro = Digits(75, 79, O, "CAB della filiale di provenienza o destinazione")
    numero_dossier_giro = Text(80, 92, O, "Dossier di provenienza o destinazione")
    numero_riferimento = Text(93, 110, O, "Numero di riferimento, per esempio il fissato bollato")
    filler_111 = Filler(111, 120, O)
