"""RP: the records of the statement of portfolios (portafoglio).

Source: CBI-RND-001 v6.05, section 6.
"""

from __future__ import annotations

from cbi.fields import (
    C,
    Cents,
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
from cbi.records.rh import DIVISE, PAESI


class RP(Record, source="CBI-RND-001 v6.05 §6.2"):
    """Testa del flusso di rendicontazione del portafoglio."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "RP", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    filler_40 = Filler(40, 115, O)
    campo_non_disponibile = Filler(116, 120, O, "Non utilizzabile")


class EF(Record, source="CBI-RND-001 v6.05 §6.3"):
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


class Record61(Record, source="CBI-RND-001 v6.05 §6.4"):
    """Rapporto di portafoglio e saldo iniziale."""

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
        {"93004": "trasmissione ordinaria", "93014": "recupero di una trasmissione"},
        open_list=True,
    )
    descrizione = Text(34, 49, O, "Descrizione")
    tipo_conto = Text(50, 51, O, "Tipo di conto, codice della banca")
    cin = Text(52, 52, M, "CIN")
    codice_abi_banca = Coordinate(53, 57, M, "ABI della banca, come in testa")
    cab_banca = Coordinate(58, 62, M, "CAB della banca")
    rapporto = Text(63, 74, M, "Numero del rapporto")
    codice_divisa = Choice(75, 77, M, "Divisa", DIVISE, open_list=True)
    data_contabile = Date(78, 83, M, "Data contabile")
    segno = Sign(84, 84, M, "Segno del saldo iniziale")
    saldo_iniziale = CommaAmount(85, 99, M, "Saldo del 64 meno i movimenti: un saldo di quadratura")
    codice_paese = Choice(100, 101, C, "Paese dell'IBAN", PAESI)
    check_digit = Digits(102, 103, C, "Cifre di controllo dell'IBAN")
    filler_104 = Filler(104, 120, O)


class Record62(Record, source="CBI-RND-001 v6.05 §6.5"):
    """Movimento: la data valuta viene prima della data contabile."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "62", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    progressivo_movimento = Number(11, 13, M, "Numero del movimento, da 001")
    data_valuta = Date(14, 19, M, "Data valuta")
    data_contabile = Date(20, 25, M, "Data contabile")
    segno_movimento = Sign(26, 26, M, "Segno del movimento")
    importo_movimento = CommaAmount(27, 41, M, "Importo del movimento in valore assoluto")
    causale_cbi = Choice(42, 43, M, "Causale CBI del movimento", {}, open_list=True)
    causale_interna = Text(44, 45, O, "Causale interna della banca")
    filler_46 = Filler(46, 61, O)
    riferimento_banca = Text(62, 77, O, "Riferimento dell'operazione dato dalla banca")
    riferimento_cliente = Text(78, 86, O, "Riferimento del cliente")
    descrizione_movimento = Text(87, 120, O, "Descrizione libera")


class Record63First(Record, variante="first", source="CBI-RND-001 v6.05 §6.6"):
    """Primo dettaglio: il flusso che l'azienda aveva presentato."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    progressivo_movimento = Number(11, 13, M, "Numero del movimento, da 001")
    data_creazione = Date(14, 19, O, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, O, "Nome del supporto, unico per data, mittente e ricevente")
    numero_disposizioni = Number(40, 46, O, "Numero delle disposizioni del flusso presentato")
    importo = Cents(47, 60, O, "Totale del flusso presentato, in centesimi")
    descrizione_movimento = Text(61, 120, O, "Descrizione libera")


class Record63Free(Record, variante="free", source="CBI-RND-001 v6.05 §6.6"):
    """Dettagli seguenti: descrizione libera."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    progressivo_movimento = Number(11, 13, M, "Numero del movimento, da 001")
    descrizione = FreeText(14, 120, O, "Descrizione")


class Record64(Record, source="CBI-RND-001 v6.05 §6.7"):
    """Saldo contabile finale."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "64", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della rendicontazione nel flusso, da 1")
    codice_divisa = Choice(11, 13, O, "Divisa", DIVISE, open_list=True)
    data_contabile = Date(14, 19, M, "Data contabile")
    segno_saldo_contabile = Sign(20, 20, M, "Segno del saldo contabile")
    saldo_contabile = CommaAmount(21, 35, M, "Saldo contabile")
    filler_36 = Filler(36, 120, O)
