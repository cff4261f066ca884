"""M.Av.: the records of orders, recalls and outcomes with their promemoria.

Source: the public implementations of the flow, which agree but for the signs of recalls and outcomes.
"""

from __future__ import annotations

from cbi.fields import C, Cents, Choice, Const, Coordinate, Date, Digits, Filler, M, Number, O, Text
from cbi.layout import Record
from cbi.records import riba

SOURCE = "implementazioni pubbliche del M.Av."

CAUSALI = {"07000": "disposizione d'incasso", "07100": "richiamo di una disposizione"}
CAUSALI_ESITO = {
    "07000": "disposizione pagata",
    "07006": "disposizione resa al carico",
    "07008": "disposizione richiamata",
    "07010": "disposizione radiata",
    "07011": "disposizione pagata dopo la radiazione",
}
CAUSALI_PROMEMORIA = {"16000": "spese e commissioni"}  # and the others: two characters of causale ABI, and 000
SEGNI = {"-": "disposizione d'incasso", "+": "richiamo"}
SEGNI_ESITO = {"+": "pagata", "-": "non pagata"}
SEGNI_PROMEMORIA = {"+": "accredito", "-": "addebito"}
PAESI = {"IT": "Italia", "SM": "San Marino"}
TIPI_CODICE = {
    "1": "utenza",
    "2": "matricola",
    "3": "codice fiscale",
    "4": "codice cliente",
    "5": "codice fornitore",
    "6": "portafoglio commerciale",
    "9": "altri",
}
TIPO_BOLLETTINO = {"P": "postale", "B": "bancario"}


class IM(riba.IB, source=SOURCE):
    """Testa di un flusso M.Av. verso la banca."""

    tipo_record = Const(2, 3, "IM", "Tipo record")


class IMEsiti(IM):
    """Testa di un flusso di esiti M.Av.: mittente e ricevente scambiati."""

    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda")


class EF(riba.EF, source=SOURCE):
    """Coda: ripete la testa, conta le disposizioni e i record, somma gli importi."""


class EFEsiti(EF):
    """Coda di un flusso di esiti."""

    mittente = Coordinate(4, 8, M, "Come in testa")
    ricevente = Text(9, 13, M, "Come in testa")


class Record14(Record, source=SOURCE):
    """Disposizione o richiamo: scadenza, importo, banca e debitore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "14", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1")
    filler_11 = Filler(11, 22)
    data_pagamento = Date(23, 28, M, "Scadenza del bollettino")
    causale = Choice(29, 33, M, "Causale", CAUSALI, confidence="medium")
    importo = Cents(34, 46, M, "Importo del bollettino in centesimi")
    segno = Choice(47, 47, M, "Segno", SEGNI, confidence="medium")
    abi_banca_assuntrice = Coordinate(48, 52, M, "ABI della banca assuntrice, come in testa")
    cab_banca_assuntrice = Coordinate(53, 57, M, "CAB della banca assuntrice")
    conto_ordinante = Text(58, 69, M, "Conto di accredito presso la banca assuntrice")
    filler_70 = Filler(70, 91)
    codice_azienda = Text(92, 96, O, "Codice SIA dell'azienda ordinante")
    tipo_codice = Choice(97, 97, C, "Tipo del codice del debitore", TIPI_CODICE)
    codice_cliente_debitore = Text(98, 113, O, "Codice con cui il creditore conosce il debitore")
    filler_114 = Filler(114, 119)
    codice_divisa = Const(120, 120, "E", "Divisa: come in testa")


class Record14Esito(Record, source=SOURCE):
    """Esito di una disposizione: la banca esattrice sta dove l'ordine ha l'assuntrice."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "14", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero dell'esito nel flusso, da 1")
    filler_11 = Filler(11, 22)
    data_pagamento = Date(23, 28, M, "Scadenza del bollettino")
    causale = Choice(29, 33, M, "Causale dell'esito", CAUSALI_ESITO)
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Choice(47, 47, M, "Segno", SEGNI_ESITO, confidence="medium")
    abi_banca_esattrice = Digits(48, 52, C, "ABI della banca esattrice; zero se non si conosce")
    cab_banca_esattrice = Digits(53, 57, C, "CAB della banca esattrice")
    filler_58 = Filler(58, 69)
    abi_banca_assuntrice = Coordinate(70, 74, M, "ABI della banca assuntrice, come in testa")
    cab_banca_assuntrice = Digits(75, 79, O, "CAB della banca assuntrice")
    conto_ordinante = Text(80, 91, O, "Conto presso la banca assuntrice")
    codice_azienda = Text(92, 96, O, "Codice SIA dell'azienda ordinante")
    tipo_codice = Choice(97, 97, O, "Tipo del codice del debitore", TIPI_CODICE)
    codice_cliente_debitore = Text(98, 113, O, "Codice con cui il creditore conosce il debitore")
    filler_114 = Filler(114, 119)
    codice_divisa = Const(120, 120, "E", "Divisa: euro")


class Record16(Record, source=SOURCE):
    """IBAN del conto di accredito."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "16", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    codice_paese = Choice(11, 12, M, "Paese dell'IBAN", PAESI)
    check_digit = Digits(13, 14, M, "Cifre di controllo dell'IBAN")
    cin = Text(15, 15, M, "CIN")
    codice_abi = Coordinate(16, 20, M, "ABI, come nel record 14")
    codice_cab = Coordinate(21, 25, M, "CAB, come nel record 14")
    numero_conto = Text(26, 37, M, "Numero del conto, con zeri davanti")
    filler_38 = Filler(38, 44)
    filler_45 = Filler(45, 120)


class Record16Esito(Record16, confidence="low"):
    """IBAN del conto di accredito, in un esito."""


class Record20(riba.Record20, source=SOURCE):
    """Descrizione del creditore."""


class Record30(Record, source=SOURCE):
    """Descrizione del debitore e suo codice fiscale."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "30", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    descrizione_debitore_1 = Text(11, 40, M, "Debitore, prima riga")
    descrizione_debitore_2 = Text(41, 70, O, "Debitore, seconda riga")
    codice_fiscale_cliente = Text(71, 86, O, "Codice fiscale o partita IVA del debitore")
    filler_87 = Filler(87, 120)


class Record40(Record, source=SOURCE):
    """Indirizzo del debitore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    indirizzo = Text(11, 40, M, "Via, numero civico o frazione")
    cap = Text(41, 45, M, "Codice di avviamento postale")
    comune_e_sigla_provincia = Text(46, 70, M, "Comune e, per uso, sigla della provincia in 69-70")
    completamento_indirizzo = Text(71, 98, O, "Seguito dell'indirizzo")
    codice_paese = Text(99, 100, O, "Paese, ISO 3166")
    filler_101 = Filler(101, 120)


class Record50(Record, source=SOURCE):
    """Riferimenti al debito, quando bastano 80 caratteri; altrimenti i record 59."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    riferimenti_al_debito_1 = Text(11, 50, M, "Riferimenti al debito, prima riga")
    riferimenti_al_debito_2 = Text(51, 90, O, "Riferimenti al debito, seconda riga")
    filler_91 = Filler(91, 120)


class Record51(Record, source=SOURCE):
    """Numero della disposizione e del bollettino."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "51", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    numero_disposizione = Number(11, 20, M, "Numero dato dal creditore")
    filler_21 = Filler(21, 74)
    codice_identificativo_univoco = Number(75, 86, O, "Numero del bollettino, se lo dà il creditore")
    filler_87 = Filler(87, 120)


class Record51Esito(Record, source=SOURCE):
    """Numero della disposizione, spese, valuta e data del pagamento."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "51", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    numero_disposizione = Number(11, 20, M, "Numero dato dal creditore nell'ordine")
    filler_21 = Filler(21, 74)
    codice_identificativo_univoco = Number(75, 86, O, "Numero stampato sul bollettino")
    importo_spese_commissioni = Cents(87, 91, O, "Spese e commissioni in centesimi")
    valuta_di_addebito = Date(92, 97, O, "Valuta della banca")
    riferimento_riepilogativo = Text(98, 109, O, "Riferimento del promemoria contabile che lo comprende")
    data_effettiva_di_pagamento = Date(110, 115, O, "Data in cui il debitore ha pagato")
    campo_non_disponibile = Text(116, 120, O, "Non utilizzabile", confidence="medium")


class Record59(Record, source=SOURCE):
    """Riferimenti al debito in lungo: da 1 a 20 record, dopo il 51."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "59", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    riferimenti_al_debito_1 = Text(11, 65, M, "Riferimenti al debito, prima riga")
    riferimenti_al_debito_2 = Text(66, 120, O, "Riferimenti al debito, seconda riga")


class Record70(Record, source=SOURCE):
    """Tipo di bollettino e chiavi di controllo."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    filler_11 = Filler(11, 93)
    tipo_bollettino = Choice(
        94, 94, O, "Tipo di bollettino; in bianco, secondo gli accordi", TIPO_BOLLETTINO, open_list=True
    )
    filler_95 = Filler(95, 95)
    campo_a_disposizione = Text(96, 100, O, "A disposizione del mittente")
    chiavi_di_controllo = Text(101, 120, O, "Chiavi di controllo, per accordo con la banca")


class Record10Promemoria(Record, variante="promemoria", source=SOURCE):
    """Promemoria contabile: il movimento che riassume più esiti."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero nel flusso, di seguito agli esiti")
    data_creazione = Date(11, 16, O, "Data di creazione")
    data_valuta = Date(17, 22, O, "Valuta")
    filler_23 = Filler(23, 28)
    causale = Choice(29, 33, M, "Causale del movimento", CAUSALI_PROMEMORIA, open_list=True, confidence="medium")
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Choice(47, 47, M, "Segno", SEGNI_PROMEMORIA)
    codice_divisa = Const(48, 48, "E", "Divisa: euro")
    filler_49 = Filler(49, 57)
    riferimento = Text(58, 69, O, "Riferimento ripetuto nel record 51 pos. 98-109 degli esiti che riassume")
    filler_70 = Filler(70, 79)
    numero_conto_movimentato = Text(80, 91, O, "Conto movimentato")
    filler_92 = Filler(92, 120)
