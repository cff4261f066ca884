"""Ri.Ba.: the records of orders, recalls, orders of non-residents, and outcomes with their promemoria.

Source: CBI-RIB-001 6.02.
"""

from __future__ import annotations

from cbi.fields import C, Cents, Choice, Const, Coordinate, Date, Digits, Filler, M, Number, O, Text
from cbi.layout import Record

SOURCE = "CBI-RIB-001 6.02"

CAUSALI_ESITO = {
    "30006": "ricevuta resa al carico",
    "30007": "ricevuta non correttamente domiciliata",
    "30008": "ricevuta richiamata",
    "30009": "ricevuta resa al carico, presentata oltre i limiti dell'accordo",
    "30010": "ricevuta pagata",
    "42010": "ricevuta impagata",
}
TIPO_DOCUMENTO = {"1": "ricevuta bancaria", "2": "conferma d'ordine di bonifico", "0": "accordo con la banca"}
RICHIESTA_ESITO = {"1": "notificare il pagato", "2": "non notificare il pagato", "0": "accordo con la banca"}
STAMPA_AVVISO = {"4": "avvisi preparati e spediti dalla banca domiciliataria", "0": "accordo con la banca"}


class IB(Record, source=SOURCE):
    """Testa di un flusso Ri.Ba. verso la banca."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "IB", "Tipo record")
    mittente = Text(4, 8, M, "Codice SIA dell'azienda mittente")
    ricevente = Coordinate(9, 13, M, "Codice ABI della banca assuntrice")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 104)
    tipo_flusso = Choice(105, 105, O, "Tipo di flusso", {"1": "operazione generata da Market Place"})
    qualificatore_flusso = Choice(106, 106, C, "Qualificatore, se 105 è presente", {"$": "presente"})
    soggetto_veicolatore = Digits(107, 111, C, "Codice ABI del soggetto veicolatore, se 105 è presente")
    filler_112 = Filler(112, 113)
    codice_divisa = Const(114, 114, "E", "Divisa: euro")
    filler_115 = Filler(115, 115)
    campo_non_disponibile = Text(116, 120, O, "Non utilizzabile")


class IBEsiti(IB):
    """Testa di un flusso di esiti Ri.Ba.: mittente e ricevente scambiati."""

    mittente = Coordinate(4, 8, M, "Codice ABI della banca assuntrice")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda")


class EF(Record, source=SOURCE):
    """Coda: ripete la testa, conta le disposizioni e i record, somma gli importi."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Text(4, 8, M, "Come in testa")
    ricevente = Coordinate(9, 13, M, "Come in testa")
    data_creazione = Date(14, 19, M, "Come in testa")
    nome_supporto = Text(20, 39, M, "Come in testa")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    numero_disposizioni = Number(46, 52, M, "Numero delle disposizioni")
    tot_importi_negativi = Cents(53, 67, M, "Somma degli importi di segno -")
    tot_importi_positivi = Cents(68, 82, M, "Somma degli importi di segno +")
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 113)
    codice_divisa = Const(114, 114, "E", "Divisa: come in testa")
    campo_non_disponibile = Text(115, 120, O, "Non utilizzabile")


class EFRichiamo(EF, variante="richiamo"):
    """Coda di un flusso di richiami: le somme stanno nei positivi."""


class EFEsiti(EF):
    """Coda di un flusso di esiti."""

    mittente = Coordinate(4, 8, M, "Come in testa")
    ricevente = Text(9, 13, M, "Come in testa")


class Record14(Record, source=SOURCE):
    """Disposizione: scadenza, importo, banche e debitore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "14", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1")
    filler_11 = Filler(11, 22)
    data_pagamento = Date(23, 28, M, "Scadenza della ricevuta")
    causale = Const(29, 33, "30000", "Causale: disposizione d'incasso")
    importo = Cents(34, 46, M, "Importo della ricevuta in centesimi")
    segno = Const(47, 47, "-", "Segno")
    abi_banca_assuntrice = Coordinate(48, 52, M, "ABI della banca assuntrice, come in testa")
    cab_banca_assuntrice = Coordinate(53, 57, M, "CAB della banca assuntrice")
    conto_banca_assuntrice = Text(58, 69, O, "Conto di accredito presso la banca assuntrice")
    abi_banca_domiciliataria = Coordinate(70, 74, M, "ABI della banca domiciliataria")
    cab_banca_domiciliataria = Digits(75, 79, O, "CAB della banca domiciliataria")
    filler_80 = Filler(80, 91)
    codice_azienda_creditrice = Text(92, 96, O, "Codice SIA dell'azienda ordinante")
    tipo_codice = Const(97, 97, "4", "Tipo codice: codice cliente")
    codice_cliente_debitore = Text(98, 113, O, "Codice con cui il creditore conosce il debitore")
    flag_tipo_debitore = Choice(114, 114, O, "Tipo di debitore", {"B": "il debitore è una banca"})
    filler_115 = Filler(115, 119)
    codice_divisa = Const(120, 120, "E", "Divisa: come in testa")


class Record14Richiamo(Record14, variante="richiamo"):
    """Richiamo di una Ri.Ba. ancora presso la banca assuntrice."""

    causale = Const(29, 33, "30100", "Causale: richiamo di disposizione d'incasso")
    segno = Const(47, 47, "+", "Segno")


class Record14Esito(Record, source=SOURCE):
    """Esito di una disposizione: le banche sono scambiate rispetto all'ordine."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "14", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero dell'esito nel flusso, da 1")
    filler_11 = Filler(11, 22)
    data_pagamento = Date(23, 28, M, "Scadenza della ricevuta")
    causale = Choice(29, 33, M, "Causale dell'esito", CAUSALI_ESITO)
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Choice(47, 47, M, "Segno", {"-": "non pagata", "+": "pagata"})
    abi_banca_domiciliataria = Coordinate(48, 52, M, "ABI della banca domiciliataria")
    cab_banca_domiciliataria = Coordinate(53, 57, M, "CAB della banca domiciliataria")
    riferimento_debitore = Text(58, 69, O, "Riferimento del debitore")
    abi_banca_assuntrice = Coordinate(70, 74, M, "ABI della banca assuntrice, come in testa")
    cab_banca_assuntrice = Coordinate(75, 79, M, "CAB della banca assuntrice")
    conto_banca_assuntrice = Text(80, 91, O, "Conto presso la banca assuntrice")
    codice_azienda_creditrice = Text(92, 96, O, "Codice SIA dell'azienda ordinante")
    tipo_codice = Const(97, 97, "4", "Tipo codice: codice cliente", O)
    codice_cliente_debitore = Text(98, 113, O, "Codice con cui il creditore conosce il debitore")
    filler_114 = Filler(114, 119)
    codice_divisa = Const(120, 120, "E", "Divisa")


class Record20(Record, source=SOURCE):
    """Descrizione del creditore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "20", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    descrizione_creditore_1 = Text(11, 34, M, "Creditore, prima riga")
    descrizione_creditore_2 = Text(35, 58, O, "Creditore, seconda riga")
    descrizione_creditore_3 = Text(59, 82, O, "Creditore, terza riga")
    descrizione_creditore_4 = Text(83, 106, O, "Creditore, quarta riga")
    filler_107 = Filler(107, 120)


class Record30(Record, source=SOURCE):
    """Descrizione del debitore e suo codice fiscale."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "30", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    descrizione_debitore_1 = Text(11, 40, M, "Debitore, prima riga")
    descrizione_debitore_2 = Text(41, 70, O, "Debitore, seconda riga")
    codice_fiscale_cliente = Text(71, 86, M, "Codice fiscale o partita IVA del debitore")
    filler_87 = Filler(87, 120)


class Record30Esito(Record30):
    """Descrizione del debitore in un esito: il codice fiscale è facoltativo."""

    codice_fiscale_cliente = Text(71, 86, O, "Codice fiscale o partita IVA del debitore, non controllato")


class Record40(Record, source=SOURCE):
    """Indirizzo del debitore e banca domiciliataria in chiaro."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    indirizzo = Text(11, 40, M, "Via, numero civico o frazione")
    cap = Digits(41, 45, M, "Codice di avviamento postale")
    comune_e_sigla_provincia = Text(46, 70, M, "Comune e, per uso, sigla della provincia in 69-70")
    banca_sportello_domiciliataria = Text(71, 120, O, "Banca e sportello domiciliatari in chiaro")


class Record50(Record, source=SOURCE):
    """Riferimenti al debito e codice fiscale del creditore."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    riferimenti_al_debito_1 = Text(11, 50, M, "Numero, data e importo della fattura")
    riferimenti_al_debito_2 = Text(51, 90, O, "Seguito dei riferimenti")
    filler_91 = Filler(91, 100)
    codifica_fiscale_creditore = Text(101, 116, M, "Codice fiscale o partita IVA del creditore")
    filler_117 = Filler(117, 120)


class Record50Esito(Record50):
    """Riferimenti al debito in un esito."""

    codifica_fiscale_creditore = Text(101, 116, O, "Codice fiscale o partita IVA del creditore, non controllato")


class Record50NonResidente(Record, variante="non_residente", source=SOURCE):
    """Riferimenti al debito in una Ri.Ba. di non residente: 51-90 resta in bianco."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    riferimenti_al_debito_1 = Text(11, 50, M, "Numero, data e importo della fattura")
    filler_51 = Filler(51, 90)
    filler_91 = Filler(91, 100)
    codifica_fiscale_creditore = Text(101, 116, M, "Codice fiscale del creditore; manca se 70 pos. 82 = 1")
    filler_117 = Filler(117, 120)


class Record51(Record, source=SOURCE):
    """Numero della ricevuta e bollo virtuale."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "51", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    numero_ricevuta = Number(11, 20, M, "Numero dato dal creditore: la chiave con cui torna l'esito")
    denominazione_creditore = Text(21, 40, M, "Denominazione abbreviata del creditore")
    bollo_provincia = Text(41, 55, O, "Bollo virtuale: provincia dell'ufficio")
    bollo_numero_autorizzazione = Digits(56, 65, O, "Bollo virtuale: numero dell'autorizzazione")
    bollo_data_autorizzazione = Date(66, 71, O, "Bollo virtuale: data dell'autorizzazione")
    filler_72 = Filler(72, 120)


class Record51Esito(Record, source=SOURCE):
    """Numero della ricevuta, spese e valuta dell'addebito."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "51", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    numero_ricevuta = Number(11, 20, M, "Numero dato dal creditore nell'ordine")
    denominazione_creditore = Text(21, 40, M, "Denominazione abbreviata del creditore")
    bollo_provincia = Text(41, 55, O, "Bollo virtuale: provincia dell'ufficio")
    bollo_numero_autorizzazione = Digits(56, 65, O, "Bollo virtuale: numero dell'autorizzazione")
    bollo_data_autorizzazione = Date(66, 71, O, "Bollo virtuale: data dell'autorizzazione")
    filler_72 = Filler(72, 86)
    importo_spese = Cents(87, 91, O, "Spese e commissioni in centesimi")
    data_valuta = Date(92, 97, O, "Valuta dell'addebito")
    riferimento_promemoria = Text(98, 109, O, "Riferimento del promemoria contabile che la comprende")
    filler_110 = Filler(110, 120)


class Record70(Record, source=SOURCE):
    """Indicatori e chiavi di controllo."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    filler_11 = Filler(11, 88)
    indicatori_di_circuito = Text(89, 100, O, "Indicatori di circuito")
    tipo_documento_per_debitore = Choice(101, 101, O, "Documento per il debitore", TIPO_DOCUMENTO)
    flag_richiesta_esito = Choice(102, 102, O, "Richiesta dell'esito di pagato", RICHIESTA_ESITO)
    flag_stampa_avviso = Choice(103, 103, O, "Stampa dell'avviso", STAMPA_AVVISO)
    chiavi_di_controllo = Text(104, 120, O, "Chiavi di controllo, per accordo con la banca")


class Record70NonResidente(Record, variante="non_residente", source=SOURCE):
    """Dati di accredito di una Ri.Ba. di non residente."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 14")
    stato_di_residenza = Text(11, 13, O, "Stato di residenza, codice UIC")
    stato_di_accredito = Text(14, 16, O, "Stato di accredito, codice UIC")
    banca_di_accredito = Text(17, 51, O, "Banca di accredito")
    conto_di_accredito = Text(52, 66, O, "Conto di accredito")
    titolare_conto_di_accredito = Text(67, 81, O, "Titolare del conto di accredito")
    flag_riba_estera = Choice(82, 82, O, "Ri.Ba. di non residente", {"1": "sì"})
    filler_83 = Filler(83, 88)
    indicatori_di_circuito = Text(89, 100, O, "Indicatori di circuito")
    tipo_documento_per_debitore = Choice(101, 101, O, "Documento per il debitore", TIPO_DOCUMENTO)
    flag_richiesta_esito = Choice(102, 102, O, "Richiesta dell'esito di pagato", RICHIESTA_ESITO)
    flag_stampa_avviso = Choice(103, 103, O, "Stampa dell'avviso", STAMPA_AVVISO)
    chiavi_di_controllo = Text(104, 120, O, "Chiavi di controllo, per accordo con la banca")


class Record10Promemoria(Record, variante="promemoria", source=SOURCE):
    """Promemoria contabile: l'addebito che riassume più esiti."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero nel flusso, di seguito agli esiti")
    data_creazione = Date(11, 16, M, "Data di creazione")
    data_valuta = Date(17, 22, M, "Valuta dell'addebito")
    filler_23 = Filler(23, 28)
    causale = Choice(
        29,
        33,
        M,
        "Causale dell'addebito",
        {"16000": "spese e commissioni", "37000": "riaddebito di Ri.Ba. insolute già accreditate"},
    )
    importo = Cents(34, 46, M, "Importo in centesimi")
    segno = Const(47, 47, "-", "Segno")
    codice_divisa = Const(48, 48, "E", "Divisa")
    filler_49 = Filler(49, 57)
    riferimento = Text(58, 69, M, "Riferimento ripetuto nel record 51 pos. 98-109 degli esiti che riassume")
    filler_70 = Filler(70, 79)
    conto_del_creditore = Text(80, 91, M, "Conto addebitato")
    filler_92 = Filler(92, 120)


class Record70Promemoria(Record, variante="promemoria", source=SOURCE):
    """Chiusura del promemoria contabile."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 10")
    filler_11 = Filler(11, 88)
    indicatori_di_circuito = Text(89, 100, O, "Indicatori di circuito")
    chiavi_di_controllo = Text(101, 120, O, "Chiavi di controllo, per accordo con la banca")
