"""EC, estratto conto periodico: i record dell'RH, con il periodo al posto della data e senza liquidità.

Source: CBI-RND-001 v6.05, section 3.
"""

from __future__ import annotations

from cbi.fields import Choice, CommaAmount, Const, Coordinate, Date, Digits, Filler, M, Number, O, Sign, Text
from cbi.layout import Record
from cbi.records import rh

SOURCE = "CBI-RND-001 v6.05 §3"
DETTAGLI = "CBI-RND-001 v6.05 §3.6"


class EC(rh.RH, source="CBI-RND-001 v6.05 §3.2"):
    """Testa del flusso di estratti conto."""

    tipo_record = Const(2, 3, "EC", "Tipo record")


class EF(rh.EF, source="CBI-RND-001 v6.05 §3.3"):
    """Coda: ripete la testa, conta gli estratti conto e i record."""


class Record61(Record, source="CBI-RND-001 v6.05 §3.4"):
    """Rapporto, inizio del periodo e saldo iniziale."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "61", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero dell'estratto conto nel flusso, da 1")
    filler_11 = Filler(11, 23, O)
    codice_abi_originario_banca = Digits(24, 28, O, "ABI della banca incorporata, dopo una fusione")
    causale = Choice(
        29,
        33,
        M,
        "Causale del flusso",
        {"93003": "trasmissione ordinaria", "93013": "recupero di una trasmissione"},
        open_list=True,
    )
    descrizione = Text(34, 49, O, "Descrizione del conto")
    tipo_conto = Text(50, 51, O, "Tipo di conto, codice della banca")
    cin = Text(52, 52, M, "CIN")
    codice_abi_banca = Coordinate(53, 57, M, "ABI della banca, come in testa")
    cab_banca = Coordinate(58, 62, M, "CAB della banca")
    conto_corrente = Text(63, 74, M, "Numero del conto")
    codice_divisa = Choice(75, 77, M, "Divisa del conto", rh.DIVISE, open_list=True)
    data_inizio_periodo = Date(78, 83, M, "Data contabile del saldo iniziale")
    segno = Sign(84, 84, M, "Segno del saldo iniziale")
    saldo_iniziale = CommaAmount(85, 99, M, "Saldo all'inizio del periodo")
    codice_paese = Choice(100, 101, M, "Paese dell'IBAN", rh.PAESI)
    check_digit = Digits(102, 103, M, "Cifre di controllo dell'IBAN")
    filler_104 = Filler(104, 120, O)


class Record62(rh.Record62, source="CBI-RND-001 v6.05 §3.5"):
    """Movimento: la data valuta viene prima della data contabile."""


class Record63(rh.Record63, source=DETTAGLI):
    """Descrizione libera: 107 caratteri di un testo che continua nei 63 seguenti."""


class Record63KKK(rh.Record63KKK, source=DETTAGLI):
    """Giroconto e cash pooling: il rapporto di contropartita."""


class Record63YYY(rh.Record63YYYPre2014, variante="YYY", source=DETTAGLI):
    """Bonifico ricevuto: una sola descrizione dell'ordinante."""


class Record63ZZ1(Record, variante="ZZ1", source=DETTAGLI):
    """Bonifico estero: importi, divise, cambio e spese; il paese non c'è."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "ZZ1", "Struttura")
    importo_originario_pagamento = rh.Record63ZZ1.importo_originario_pagamento
    codice_divisa_importo_originario = rh.Record63ZZ1.codice_divisa_importo_originario
    importo_regolato = rh.Record63ZZ1.importo_regolato
    codice_divisa_regolamento = rh.Record63ZZ1.codice_divisa_regolamento
    importo_negoziato = rh.Record63ZZ1.importo_negoziato
    codice_divisa_importo_negoziato = rh.Record63ZZ1.codice_divisa_importo_negoziato
    cambio_applicato = rh.Record63ZZ1.cambio_applicato
    importo_commissioni = rh.Record63ZZ1.importo_commissioni
    importo_spese = rh.Record63ZZ1.importo_spese
    filler_118 = Filler(118, 120, O)


class Record63ZZ2(rh.Record63ZZ2, source=DETTAGLI):
    """Bonifico estero: l'ordinante."""


class Record63ZZ3(rh.Record63ZZ3, source=DETTAGLI):
    """Bonifico estero: beneficiario e motivazione."""


class Record63ZZ4(rh.Record63ZZ4, source=DETTAGLI, confidence="medium"):
    """Bonifico estero: resto della motivazione."""


class Record63ID1(rh.Record63ID1, source=DETTAGLI):
    """Identificativi del messaggio e del pagamento."""


class Record63RI1(rh.Record63RI1, source=DETTAGLI):
    """Informazioni di riconciliazione, primi 104 caratteri."""


class Record63RI2(rh.Record63RI2, source=DETTAGLI):
    """Informazioni di riconciliazione, gli ultimi 36 caratteri."""


class Record64(Record, source="CBI-RND-001 v6.05 §3.7"):
    """Fine del periodo e saldo finale."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "64", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    codice_divisa = Choice(11, 13, M, "Divisa, come nel record 61", rh.DIVISE, open_list=True)
    data_fine_periodo = Date(14, 19, M, "Data contabile del saldo finale")
    segno_saldo_contabile = Sign(20, 20, M, "Segno del saldo contabile")
    saldo_contabile = CommaAmount(21, 35, M, "Saldo iniziale più i movimenti")
    filler_36 = Filler(36, 105, O)
    filler_106 = Filler(106, 120, O)
