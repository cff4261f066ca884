"""RA: the records of the statement of advances (conti anticipi).

Source: CBI-RND-001 v6.05, section 4.
"""

from __future__ import annotations

from cbi.fields import (
    C,
    Choice,
    CommaAmount,
    Const,
    Coordinate,
    Date,
    Digits,
    Filler,
    FreeText,
    M,
    Number,
    O,
    Sign,
    Text,
)
from cbi.layout import Record
from cbi.records.rh import DIVISE


class RA(Record, source="CBI-RND-001 v6.05 §4.2"):
    """Testa del flusso dei conti anticipi."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "RA", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    filler_40 = Filler(40, 115, O)
    campo_non_disponibile = Filler(116, 120, O, "Non utilizzabile")


class EF(Record, source="CBI-RND-001 v6.05 §4.3"):
    """Coda: ripete la testa, conta le rendicontazioni e i record."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    filler_40 = Filler(40, 45, O)
    numero_rendicontazioni = Number(46, 52, M, "Numero dei record 61")
    filler_53 = Filler(53, 82, O)
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 114, O)
    campo_non_disponibile = Filler(115, 120, O, "Non utilizzabile")


class Record61(Record, source="CBI-RND-001 v6.05 §4.4"):
    """Conto anticipi e saldo iniziale complessivo."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "61", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    filler_11 = Filler(11, 23, O)
    codice_abi_originario_banca = Digits(24, 28, O, "ABI della banca incorporata, dopo una fusione")
    causale = Choice(
        29,
        33,
        M,
        "Causale del flusso",
        {"93002": "trasmissione ordinaria", "93012": "recupero di una trasmissione"},
        open_list=True,
    )
    descrizione = Text(34, 49, O, "Descrizione")
    tipo_conto = Text(50, 51, O, "Tipo di conto, codice della banca")
    cin = Text(52, 52, C, "CIN")
    codice_abi_banca = Coordinate(53, 57, M, "ABI della banca, come in testa")
    cab_banca = Coordinate(58, 62, M, "CAB della banca")
    conto_corrente = Text(63, 74, M, "Numero del conto")
    codice_divisa = Choice(75, 77, M, "Divisa", DIVISE, open_list=True)
    data_contabile = Date(78, 83, M, "Data contabile")
    filler_84 = Filler(84, 84, O)
    saldo_iniziale_del_conto = CommaAmount(85, 99, O, "Saldo iniziale complessivo del conto anticipi, senza segno")
    filler_100 = Filler(100, 120, O)


class Record62(Record, source="CBI-RND-001 v6.05 §4.5"):
    """Pratica di anticipo: date, tasso e saldi."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "62", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    progressivo_pratica = Number(11, 13, M, "Numero della pratica nel conto, da 001")
    data_accensione_pratica = Date(14, 19, O, "Data di accensione della pratica")
    data_scadenza_pratica = Date(20, 25, O, "Data di scadenza della pratica")
    tasso_della_pratica = Digits(26, 33, O, "Tasso della pratica: otto cifre, le ultime cinque decimali")
    data_scadenza_tasso = Date(34, 39, O, "Data di scadenza del tasso")
    numero_pratica = Number(40, 51, M, "Numero della pratica dato dalla banca")
    tipo_pratica = Choice(52, 52, O, "Tipo della pratica", {"I": "importazione", "E": "esportazione", "A": "altro"})
    filler_53 = Filler(53, 53, O)
    saldo_iniziale_pratica = CommaAmount(54, 68, O, "Saldo iniziale della pratica, senza segno")
    filler_69 = Filler(69, 69, O)
    saldo_finale_pratica = CommaAmount(70, 84, M, "Saldo finale della pratica, senza segno")
    filler_85 = Filler(85, 120, O)


class Record63(Record, source="CBI-RND-001 v6.05 §4.6"):
    """Movimento di una pratica."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    numero_pratica = Number(11, 22, M, "Numero della pratica dato dalla banca")
    progressivo_movimento = Number(23, 25, M, "Numero del movimento, da 001")
    data_valuta = Date(26, 31, M, "Data valuta")
    data_contabile = Date(32, 37, M, "Data contabile")
    segno_movimento = Sign(38, 38, M, "Segno del movimento")
    importo_movimento = CommaAmount(39, 53, M, "Importo del movimento in valore assoluto")
    causale_cbi = Choice(54, 55, M, "Causale CBI del movimento", {}, open_list=True)
    causale_interna = Text(56, 57, O, "Causale interna della banca")
    riferimento_banca = Text(58, 73, O, "Riferimento dell'operazione dato dalla banca")
    riferimento_cliente = Text(74, 82, O, "Riferimento del cliente")
    descrizione = Text(83, 120, O, "Descrizione")


class Record64(Record, source="CBI-RND-001 v6.05 §4.7"):
    """Descrizione di un movimento, fino a cinque volte."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "64", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    progressivo_pratica = Number(11, 13, M, "Numero della pratica nel conto, da 001")
    progressivo_movimento = Number(14, 16, M, "Numero del movimento, da 001")
    descrizione = FreeText(17, 120, M, "Descrizione")


class Record65(Record, source="CBI-RND-001 v6.05 §4.8"):
    """Saldo contabile complessivo del conto anticipi."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "65", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    filler_11 = Filler(11, 13, O)
    data_contabile = Date(14, 19, M, "Data contabile")
    filler_20 = Filler(20, 20, O)
    saldo_contabile = CommaAmount(21, 35, M, "Saldo contabile")
    filler_36 = Filler(36, 120, O)
