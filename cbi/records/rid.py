"""R.I.D.: the records of orders, orders of non-residents, and outcomes with their promemoria.

Source: the public implementations of the flow. The records of non-residents are by analogy with Ri.Ba.; of record 70
of the outcomes only some columns are known.
"""

from __future__ import annotations

from cbi.fields import C, Cents, Choice, Const, Coordinate, Date, Digits, Filler, M, Number, O, Text, Undocumented
from cbi.layout import Record
from cbi.records import riba
from cbi.records.mav import PAESI, SEGNI_PROMEMORIA, TIPI_CODICE

SOURCE = "implementazioni pubbliche del R.I.D."

CAUSALI_ESITO = {
    "50001": "stornata: conto estinto",
    "50002": "resa al carico: presentata oltre i termini dell'accordo",
    "50003": "stornata: insufficienza di fondi",
    "50004": "stornata: opposizione o contestazione del debitore",
    "50006": "resa al carico: irregolare o non idonea al trattamento",
    "50007": "stornata: motivi tecnici o mancato allineamento degli archivi",
    "50008": "richiamata",
    "50009": "stornata o contestata: motivi generici",
    "50010": "pagata",
}
CAUSALI_PROMEMORIA = {"16000": "spese e commissioni"}  # and the others: two characters of causale ABI, and 000
SEGNI_ESITO = {"+": "pagata", "-": "non pagata"}
TIPI_RID = {"U": "R.I.D. utenze", "V": "R.I.D. veloce"}  # blank: R.I.D. commerciale
TIPO_DEBITORE = {"B": "il debitore è una banca"}
SEQUENZE = {"RCUR": "addebito ricorrente"}
FACOLTA_STORNO = {
    "1": "entro il quinto giorno dopo la scadenza",
    "2": "entro la scadenza",
    "3": "nessuna, per opposizione del debitore",
    "4": "nessuna, per la banca domiciliataria",
    "8": "entro otto settimane",
    "9": "nessuna: mandato di importo prefissato",
}


class IR(riba.IB, source=SOURCE):
    """Testa di un flusso R.I.D. verso la banca."""

    tipo_record = Const(2, 3, "IR", "Tipo record")
    filler_112 = Filler(112, 112)
    tipo_incasso_rid = Choice(113, 113, O, "Tipo di R.I.D., uno per flusso; in bianco, commerciale", TIPI_RID)


class IREsiti(IR):
    """Testa di un flusso di esiti R.I.D.: mittente e ricevente scambiati."""

    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente", confidence="medium")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda", confidence="medium")


class EF(riba.EF, source=SOURCE):
    """Coda: ripete la testa, conta le disposizioni e i record, somma gli importi."""

    filler_90 = Filler(90, 112)
    tipo_incasso_rid = Choice(113, 113, O, "Come in testa", TIPI_RID)


class EFEsiti(EF):
    """Coda di un flusso di esiti."""

    mittente = Coordinate(4, 8, M, "Come in testa")
    ricevente = Text(9, 13, M, "Come in testa")


class Record10(Record, source=SOURCE):
    """Disposizione: scadenza, importo, banche e mandato."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1")
    data_decorrenza_garanzia = Date(11, 16, C, "Data della prima rata, dopo un allineamento chiesto dall'azienda")
    filler_17 = Filler(17, 22)
    data_scadenza = Date(23, 28, M, "Data dell'addebito al debitore")
    causale = Const(29, 33, "50000", "Causale: disposizione d'incasso")
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Const(47, 47, "-", "Segno")
    abi_banca_assuntrice = Coordinate(48, 52, M, "ABI della banca assuntrice, come in testa")
    cab_banca_assuntrice = Coordinate(53, 57, M, "CAB della banca assuntrice")
    conto_ordinante = Text(58, 69, M, "Conto di accredito, con zeri davanti")
    abi_banca_domiciliataria = Coordinate(70, 74, M, "ABI della banca domiciliataria")
    cab_banca_domiciliataria = Coordinate(75, 79, M, "CAB della banca domiciliataria")
    filler_80 = Filler(80, 91)
    codice_azienda_creditrice = Text(92, 96, M, "SIA del creditore: con tipo e codice è la chiave del mandato")
    tipo_codice_individuale = Choice(97, 97, M, "Tipo del codice individuale", TIPI_CODICE)
    codice_cliente_debitore = Text(98, 113, M, "Codice individuale del mandato")
    flag_tipo_debitore = Choice(114, 114, O, "Tipo di debitore", TIPO_DEBITORE)
    filler_115 = Filler(115, 118)
    tipo_incasso_rid = Choice(119, 119, O, "Tipo di R.I.D., come in testa", TIPI_RID)
    codice_divisa = Const(120, 120, "E", "Divisa: come in testa")


class Record10Esito(Record, source=SOURCE):
    """Esito di una disposizione: le banche sono scambiate rispetto all'ordine."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero dell'esito nel flusso, da 1")
    filler_11 = Filler(11, 16)
    data_scadenza_effettiva = Date(17, 22, O, "Data effettiva dell'addebito", confidence="medium")
    data_scadenza_originaria = Date(23, 28, M, "Scadenza della disposizione")
    causale = Choice(29, 33, M, "Causale dell'esito", CAUSALI_ESITO)
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Choice(47, 47, M, "Segno", SEGNI_ESITO, confidence="medium")
    abi_banca_domiciliataria = Digits(48, 52, C, "ABI della banca domiciliataria")
    cab_banca_domiciliataria = Digits(53, 57, C, "CAB della banca domiciliataria")
    filler_58 = Filler(58, 69)
    abi_banca_assuntrice = Coordinate(70, 74, M, "ABI della banca assuntrice, come in testa")
    cab_banca_assuntrice = Digits(75, 79, O, "CAB della banca assuntrice")
    conto_ordinante = Text(80, 91, O, "Conto di accredito, con zeri davanti")
    codice_azienda_creditrice = Text(92, 96, M, "SIA del creditore: con tipo e codice è la chiave del mandato")
    tipo_codice_individuale = Choice(97, 97, M, "Tipo del codice individuale", TIPI_CODICE)
    codice_cliente_debitore = Text(98, 113, M, "Codice individuale del mandato")
    filler_114 = Filler(114, 118)
    tipo_incasso_rid = Choice(119, 119, O, "Tipo di R.I.D., come in testa", TIPI_RID)
    codice_divisa = Const(120, 120, "E", "Divisa: come in testa")


class Record16(Record, source=SOURCE):
    """IBAN del conto di accredito e identificativo del creditore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "16", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    codice_paese = Choice(11, 12, M, "Paese dell'IBAN", PAESI)
    check_digit = Digits(13, 14, M, "Cifre di controllo dell'IBAN")
    cin = Text(15, 15, M, "CIN")
    codice_abi = Coordinate(16, 20, M, "ABI, come nel record 10")
    codice_cab = Coordinate(21, 25, M, "CAB, come nel record 10")
    numero_conto = Text(26, 37, M, "Numero del conto, con zeri davanti")
    filler_38 = Filler(38, 44)
    creditor_identifier = Text(45, 79, O, "Identificativo SEPA del creditore")
    filler_80 = Filler(80, 120)


class Record17(Record, source=SOURCE):
    """IBAN del debitore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "17", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    codice_paese = Choice(11, 12, M, "Paese dell'IBAN", PAESI)
    check_digit = Digits(13, 14, M, "Cifre di controllo dell'IBAN")
    cin = Text(15, 15, M, "CIN")
    codice_abi = Coordinate(16, 20, M, "ABI, come nel record 10 pos. 70-74")
    codice_cab = Coordinate(21, 25, M, "CAB, come nel record 10 pos. 75-79")
    numero_conto = Text(26, 37, M, "Numero del conto, con zeri davanti")
    tipo_sequenza = Choice(38, 41, O, "Sequenza SEPA, per accordo con la banca", SEQUENZE, confidence="medium")
    data_sottoscrizione_mandato = Date(42, 47, O, "Data in cui il mandato è stato firmato")
    filler_48 = Filler(48, 120)


class Record20(Record, source=SOURCE):
    """Descrizione del creditore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "20", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    descrizione_creditore_1 = Text(11, 40, M, "Creditore, prima riga")
    descrizione_creditore_2 = Text(41, 70, O, "Creditore, seconda riga")
    descrizione_creditore_3 = Text(71, 100, O, "Creditore, terza riga")
    filler_101 = Filler(101, 120)


class Record30(Record, source=SOURCE):
    """Descrizione del debitore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "30", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    descrizione_debitore_1 = Text(11, 40, M, "Debitore, prima riga")
    descrizione_debitore_2 = Text(41, 70, O, "Debitore, seconda riga")
    descrizione_debitore_3 = Text(71, 100, O, "Debitore, terza riga")
    filler_101 = Filler(101, 120)


class Record40(Record, source=SOURCE):
    """Indirizzo del debitore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    indirizzo = Text(11, 40, O, "Via, numero civico o frazione")
    cap = Text(41, 45, O, "Codice di avviamento postale")
    comune_e_sigla_provincia = Text(46, 70, O, "Comune e, per uso, sigla della provincia in 69-70")
    filler_71 = Filler(71, 120, O, confidence="medium")


class Record50(Record, source=SOURCE):
    """Riferimenti al debito, quando bastano 90 caratteri; altrimenti i record 60."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    riferimenti_al_debito_1 = Text(11, 55, M, "Riferimenti al debito")
    riferimenti_al_debito_2 = Text(56, 100, O, "Seguito dei riferimenti")
    filler_101 = Filler(101, 120)


class Record50Esito(Record50, confidence="medium"):
    """Riferimenti al debito, in un esito."""


class Record60(Record50):
    """Riferimenti al debito in lungo: da 2 a 5 record, al posto del 50."""

    tipo_record = Const(2, 3, "60", "Tipo record")


class Record70(Record, source=SOURCE):
    """Riferimento del mittente, facoltà di storno, chiavi di controllo."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    codice_di_riferimento = Text(11, 25, O, "Riferimento dato dal mittente")
    filler_26 = Filler(26, 94)
    campo_a_disposizione_1 = Text(95, 95, O, "Per accordo con la banca")
    flag_facolta_storno_addebito = Choice(96, 96, O, "Facoltà di storno del debitore", FACOLTA_STORNO)
    campo_a_disposizione_2 = Text(97, 97, O, "Per accordo con la banca")
    filler_98 = Filler(98, 100)
    chiavi_di_controllo_1 = Text(101, 110, O, "Chiavi di controllo, per accordo con la banca")
    filler_111 = Filler(111, 111)
    chiavi_di_controllo_2 = Text(112, 120, O, "Chiavi di controllo, per accordo con la banca")


class Record70Esito(Record, source=SOURCE, confidence="medium"):
    """Riferimento del mittente e motivo dello storno; il resto non è documentato."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    codice_di_riferimento = Text(11, 25, O, "Riferimento dato dal mittente", confidence="high")
    non_documentato_26 = Undocumented(26, 63)
    causale_storno = Choice(64, 65, C, "Motivo dello storno, con causale 50007", {}, open_list=True)
    non_documentato_66 = Undocumented(66, 94)
    campo_a_disposizione_1 = Text(95, 95, O, "Per accordo con la banca", confidence="low")
    flag_facolta_storno_addebito = Choice(
        96, 96, O, "Facoltà di storno del debitore", FACOLTA_STORNO, confidence="high"
    )
    campo_a_disposizione_2 = Text(97, 97, O, "Per accordo con la banca", confidence="low")
    non_documentato_98 = Undocumented(98, 120)


class Record70NonResidente(Record, variante="non_residente", source=SOURCE, confidence="low"):
    """Dati di accredito di un R.I.D. di non residente."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    stato_di_residenza = Text(11, 13, O, "Stato di residenza, codice UIC")
    stato_di_accredito = Text(14, 16, O, "Stato di accredito, codice UIC")
    banca_di_accredito = Text(17, 51, O, "Banca di accredito")
    conto_di_accredito = Text(52, 66, O, "Conto di accredito")
    titolare_conto_di_accredito = Text(67, 81, O, "Titolare del conto di accredito")
    flag_rid_estera = Choice(82, 82, O, "R.I.D. di non residente", {"1": "sì"})
    filler_83 = Filler(83, 94)
    campo_a_disposizione_1 = Text(95, 95, O, "Per accordo con la banca")
    flag_facolta_storno_addebito = Choice(96, 96, O, "Facoltà di storno del debitore", FACOLTA_STORNO)
    campo_a_disposizione_2 = Text(97, 97, O, "Per accordo con la banca")
    filler_98 = Filler(98, 100)
    chiavi_di_controllo_1 = Text(101, 110, O, "Chiavi di controllo, per accordo con la banca")
    filler_111 = Filler(111, 111)
    chiavi_di_controllo_2 = Text(112, 120, O, "Chiavi di controllo, per accordo con la banca")


class Record10Promemoria(Record, variante="promemoria", source=SOURCE, confidence="low"):
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
    riferimento = Text(58, 69, O, "Riferimento ripetuto negli esiti che riassume")
    filler_70 = Filler(70, 79)
    numero_conto_movimentato = Text(80, 91, O, "Conto movimentato")
    filler_92 = Filler(92, 120)
