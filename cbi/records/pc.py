"""PC: the records of transfers, salaries and cheques.

Source: the public implementations of the flow.
"""

from __future__ import annotations

from cbi.fields import C, Cents, Choice, Const, Coordinate, Date, Digits, Filler, M, Number, O, Sign, Text
from cbi.layout import Record
from cbi.records import riba
from cbi.records.mav import TIPI_CODICE

SOURCE = "implementazioni pubbliche dei bonifici"

CAUSALI = {
    "48000": "bonifico",
    "48015": "bonifico per la previdenza complementare",
    "27000": "emolumenti",
    "27010": "pensioni",
    "27020": "stipendi",
    "34000": "giroconto",
    "79000": "girofondi",
    "ZZ000": "bonifico di emittenti di carte di credito a esercenti",
    "ZV000": "rimborso a utenti R.I.D.",
}
SEGNI = {"+": "sempre positivo"}
PRIORITA = {"U": "urgente"}
MODALITA = {
    "1": "bonifico o giro",
    "2": "assegno circolare trasferibile",
    "3": "assegno circolare non trasferibile",
    "4": "assegno di quietanza",
}
RICHIESTA_ESITO = {"1": "eseguito", "2": "stornato", "3": "eseguito e stornato", "4": "nessun esito positivo"}
TIPO_FLUSSO = {"1": "operazione generata da Market Place"}
QUALIFICATORE = {"$": "presente"}


class PC(riba.IB, source=SOURCE):
    """Testa di un flusso di bonifici."""

    tipo_record = Const(2, 3, "PC", "Tipo record")
    ricevente = Coordinate(9, 13, M, "Codice ABI della banca dell'ordinante")
    tipo_flusso = Choice(105, 105, C, "Tipo di flusso", {"1": "operazione generata da Market Place"})
    filler_112 = Filler(112, 112)
    flag_priorita_trattamento_bonifico = Choice(
        113, 113, O, "Priorità, una per flusso; in bianco, ordinario", PRIORITA, confidence="medium"
    )
    campo_non_disponibile = Filler(116, 120, M, "Non utilizzabile")


class EF(riba.EF, source=SOURCE):
    """Coda: ripete la testa, conta le disposizioni e i record, somma gli importi."""

    tot_importi_negativi = Cents(53, 67, M, "Zeri")
    tot_importi_positivi = Cents(68, 82, M, "Somma degli importi")
    filler_90 = Filler(90, 112)
    flag_priorita_trattamento_bonifico = Choice(113, 113, O, "Come in testa", PRIORITA, confidence="medium")
    campo_non_disponibile = Filler(115, 120, M, "Non utilizzabile")


class Record10(Record, source=SOURCE):
    """Disposizione: date, importo, conti e beneficiario."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1")
    filler_11 = Filler(11, 16)
    data_esecuzione_disposizione = Date(17, 22, O, "Data di esecuzione richiesta")
    data_valuta_banca_beneficiario = Date(23, 28, O, "Valuta per la banca del beneficiario")
    causale = Choice(29, 33, M, "Causale", CAUSALI)
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Sign(47, 47, M, "Segno", SEGNI)
    codice_abi_banca_ordinante = Coordinate(48, 52, M, "ABI della banca dell'ordinante, come in testa")
    codice_cab_banca_ordinante = Coordinate(53, 57, M, "CAB della banca dell'ordinante")
    conto_ordinante = Text(58, 69, O, "Conto di addebito")
    codice_abi_banca_destinataria = Digits(70, 74, C, "ABI della banca del beneficiario")
    codice_cab_banca_destinataria = Digits(75, 79, C, "CAB della banca del beneficiario")
    conto_destinatario = Text(80, 91, C, "Conto del beneficiario")
    codice_azienda = Text(92, 96, C, "Codice SIA dell'azienda ordinante")
    tipo_codice = Choice(97, 97, C, "Tipo del codice del beneficiario", TIPI_CODICE)
    codice_cliente_beneficiario = Text(98, 113, O, "Codice con cui l'ordinante conosce il beneficiario")
    modalita_di_pagamento = Choice(114, 114, O, "Modalità di pagamento; in bianco, bonifico", MODALITA)
    filler_115 = Filler(115, 118)
    flag_priorita_trattamento_bonifico = Choice(119, 119, O, "Priorità, come in testa", PRIORITA, confidence="medium")
    codice_divisa = Const(120, 120, "E", "Divisa: come in testa")


class Record16(Record, source=SOURCE):
    """IBAN dell'ordinante."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "16", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    codice_paese = Text(11, 12, M, "Paese dell'IBAN")
    check_digit = Digits(13, 14, M, "Cifre di controllo dell'IBAN")
    cin = Text(15, 15, M, "CIN")
    codice_abi = Coordinate(16, 20, M, "ABI, come nel record 10")
    codice_cab = Coordinate(21, 25, M, "CAB, come nel record 10")
    numero_conto = Text(26, 37, M, "Numero del conto, come nel record 10")
    filler_38 = Filler(38, 44)
    filler_45 = Filler(45, 120)


class Record17(Record16):
    """IBAN del beneficiario."""

    tipo_record = Const(2, 3, "17", "Tipo record")


class Record20(Record, source=SOURCE):
    """Descrizione dell'ordinante."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "20", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    denominazione_azienda = Text(11, 40, M, "Denominazione dell'ordinante")
    indirizzo = Text(41, 70, O, "Indirizzo")
    localita = Text(71, 100, O, "Località, con il CAP per uso")
    codifica_fiscale = Text(101, 116, O, "Codice fiscale o partita IVA dell'ordinante")
    filler_117 = Filler(117, 120)


class Record30(Record, source=SOURCE):
    """Descrizione del beneficiario."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "30", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    segmento_1 = Text(11, 40, M, "Beneficiario, prima riga")
    segmento_2 = Text(41, 70, O, "Beneficiario, seconda riga")
    segmento_3 = Text(71, 100, O, "Beneficiario, terza riga")
    codice_fiscale_cliente = Text(101, 116, O, "Codice fiscale o partita IVA del beneficiario")
    filler_117 = Filler(117, 120)


class Record40(Record, source=SOURCE):
    """Indirizzo del beneficiario: serve per gli assegni, facoltativo per i bonifici."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    indirizzo = Text(11, 40, C, "Via, numero civico o frazione")
    cap = Digits(41, 45, C, "Codice di avviamento postale")
    comune_e_sigla_provincia = Text(46, 70, C, "Comune e, per uso, sigla della provincia in 69-70")
    banca_sportello_beneficiario = Text(71, 120, O, "Banca e sportello del beneficiario in chiaro")


class Record50(Record, source=SOURCE):
    """Causale del pagamento, quando bastano 90 caratteri; altrimenti i record 60."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    segmento_1 = Text(11, 40, M, "Causale del pagamento, prima riga")
    segmento_2 = Text(41, 70, O, "Causale del pagamento, seconda riga")
    segmento_3 = Text(71, 100, O, "Causale del pagamento, terza riga")
    filler_101 = Filler(101, 120)


class Record60(Record50):
    """Causale del pagamento in lungo: da 2 a 5 record, al posto del 50."""

    tipo_record = Const(2, 3, "60", "Tipo record")


class Record70(Record, source=SOURCE):
    """Richiesta di esito e riferimento dell'ordinante."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    filler_11 = Filler(11, 25)
    campo_non_disponibile = Filler(26, 30, M, "Non utilizzabile")
    tipo_flusso = Choice(31, 31, C, "Tipo di flusso", TIPO_FLUSSO)
    qualificatore_flusso = Choice(32, 32, C, "Qualificatore, se 31 è presente", QUALIFICATORE)
    soggetto_veicolatore = Digits(33, 37, C, "Codice ABI del soggetto veicolatore, se 31 è presente")
    codice_mp = Text(38, 42, C, "Codice Market Place, con il qualificatore")
    filler_43 = Filler(43, 69)
    flag_richiesta = Choice(70, 70, O, "Richiesta dell'esito", RICHIESTA_ESITO)
    codice_univoco = Text(71, 100, O, "Riferimento dell'ordinante, restituito nell'esito")
    filler_101 = Filler(101, 110)
    cin_coordinate_bancaria = Text(111, 111, O, "CIN delle coordinate del beneficiario, superato dal record 17")
    filler_112 = Filler(112, 112)
    chiavi_di_controllo = Text(113, 120, O, "Chiavi di controllo, per accordo con la banca")
