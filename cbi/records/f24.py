"""F24: the records of tax delegations (F4), of those with identifying elements (I4), of their receipts (Q4).

A4 (acceptance) and R4 (revocation) have a header and a trailer only: what stands between is not public.
Source: public implementations (writers of CBI-F24-001 6.17, readers of Q4).
"""

from __future__ import annotations

from cbi.fields import C, Cents, Choice, Const, Coordinate, Date, Digits, Filler, FullDate, M, Number, O, Sign, Text
from cbi.layout import Record

SOURCE = "implementazioni pubbliche di CBI-F24-001 6.17"

NO_SI = {"0": "no", "1": "sì"}
SEGNO = {"P": "positivo: debiti non minori dei crediti", "N": "negativo: crediti maggiori dei debiti"}
TIPO_FLUSSO = {"1": "operazione generata da Market Place", "2": "valore visto in flussi di un gestionale"}
FIRMATARIO = {"0": "il contribuente", "1": "erede, genitore, tutore o curatore fallimentare"}
TITOLARE = {
    "1": "nessun addebito: delega a saldo zero",
    "2": "conto intestato al contribuente",
    "3": "conto intestato all'azienda mittente",
}
STAMPA = {"1": "titolare del conto di addebito", "2": "destinatario del record 50-03"}
RENDICONTANTE = {"1": "ABI in 103-107; altrimenti quello del mittente, in testa"}
ELEMENTI = {
    "F": "registro e locazioni",
    "G": "autorità garante",
    "A": "autoveicoli",
    "M": "motoveicoli",
    "R": "rimorchi",
}
IDENTIFICATIVI = {
    "02": "genitore o tutore",
    "03": "curatore fallimentare",
    "07": "erede",
    "08": "defunto",
    "50": "obbligato solidale",
    "51": "intervento sostitutivo",
    "60": "garante o terzo datore",
    "61": "soggetto aderente al consolidato",
    "62": "soggetto diverso dal fruitore del credito",
    "63": "controparte",
    "70": "impresa assicuratrice estera fiscalmente rappresentata",
    "71": "soggetto che ha proposto l'atto introduttivo del giudizio",
    "72": "rappresentante fiscale",
    "73": "contribuente",
}


class F4(Record, source=SOURCE):
    """Testa di un flusso di deleghe."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "F4", "Tipo record")
    mittente = Text(4, 8, M, "Codice SIA dell'azienda mittente")
    ricevente = Coordinate(9, 13, M, "Codice ABI della banca ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 104)
    tipo_flusso = Choice(105, 105, O, "Tipo di flusso", TIPO_FLUSSO, confidence="medium")
    qualificatore_flusso = Choice(
        106, 106, C, "Qualificatore, se 105 è presente", {"$": "presente"}, confidence="medium"
    )
    soggetto_veicolatore = Text(107, 111, C, "Soggetto veicolatore, se 105 è presente", confidence="medium")
    filler_112 = Filler(112, 113)
    codice_divisa = Const(114, 114, "E", "Divisa: euro")
    filler_115 = Filler(115, 120)


class Record10(Record, source=SOURCE):
    """Il contribuente."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "10", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    codice_fiscale_contribuente = Text(11, 26, M, "Codice fiscale o partita IVA del contribuente")
    cognome_o_denominazione = Text(27, 50, M, "Cognome, o denominazione di chi non è persona fisica")
    nome = Text(51, 70, C, "Nome della persona fisica")
    sesso = Choice(71, 71, C, "Sesso della persona fisica", {"M": "maschio", "F": "femmina"})
    comune_o_stato_estero_di_nascita = Text(72, 96, C, "Comune o stato estero di nascita")
    provincia_di_nascita = Text(97, 98, C, "Sigla della provincia di nascita")
    data_di_nascita = FullDate(99, 106, C, "Data di nascita")
    numero_protocollo_delega = Number(107, 113, M, "Numero dato alla delega dal mittente")
    filler_114 = Filler(114, 120)


class Record20(Record, source=SOURCE):
    """Domicilio fiscale, data del pagamento, coobbligato."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "20", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    comune_domicilio_fiscale = Text(11, 35, M, "Comune del domicilio fiscale")
    provincia_domicilio_fiscale = Text(36, 37, M, "Sigla della provincia del domicilio fiscale")
    indirizzo_domicilio_fiscale = Text(38, 72, M, "Via e numero civico del domicilio fiscale")
    data_di_pagamento = FullDate(73, 80, M, "Data del pagamento")
    flag_anno_d_imposta_non_solare = Choice(
        81, 81, M, "Se l'anno d'imposta non è quello solare", {"0": "anno solare", "1": "anno d'imposta non solare"}
    )
    secondo_codice_fiscale = Text(82, 97, O, "Codice fiscale di coobbligato, erede, genitore, tutore o curatore")
    codice_identificativo = Choice(98, 99, C, "Chi è il secondo codice fiscale, se presente", IDENTIFICATIVI)
    filler_100 = Filler(100, 120)


class Record4001(Record, source=SOURCE):
    """Sezione Erario: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "01", "Sottotipo record")
    progressivo_tributo = Number(13, 14, M, "Numero della riga nella sezione, da 1")
    codice_tributo = Text(15, 18, M, "Codice tributo")
    rateazione = Text(19, 22, M, "Rateazione, mese o altro riferimento del tributo")
    anno_di_riferimento = Digits(23, 26, M, "Anno di riferimento")
    importo_a_debito = Cents(27, 41, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(42, 56, M, "Importo a credito, zero se la riga è a debito")
    codice_ufficio = Text(57, 59, C, "Codice dell'ufficio, se il tributo lo vuole")
    codice_atto = Digits(60, 70, C, "Codice dell'atto, se il tributo lo vuole")
    filler_71 = Filler(71, 120)


class Record4002(Record, source=SOURCE):
    """Sezione Erario: totali."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "02", "Sottotipo record")
    totale_importi_a_debito = Cents(13, 27, M, "Somma degli importi a debito della sezione")
    totale_importi_a_credito = Cents(28, 42, M, "Somma degli importi a credito della sezione")
    segno_sezione = Sign(43, 43, M, "Segno del saldo della sezione", SEGNO)
    saldo_sezione = Cents(44, 58, M, "Saldo della sezione, in valore assoluto")
    filler_59 = Filler(59, 120)


class Record4003(Record, source=SOURCE):
    """Sezione INPS: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "03", "Sottotipo record")
    progressivo_contributo = Number(13, 14, M, "Numero della riga nella sezione, da 1")
    codice_sede_inps = Text(15, 18, M, "Codice della sede INPS")
    causale_contributo = Text(19, 22, M, "Causale del contributo")
    matricola_inps = Text(23, 39, M, "Matricola, codice INPS o filiale")
    periodo_di_riferimento_inizio = Digits(40, 45, C, "Inizio del periodo di riferimento, MMAAAA")
    periodo_di_riferimento_fine = Digits(46, 51, C, "Fine del periodo di riferimento, MMAAAA")
    importo_a_debito = Cents(52, 66, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(67, 81, M, "Importo a credito, zero se la riga è a debito")
    filler_82 = Filler(82, 120)


class Record4004(Record4002):
    """Sezione INPS: totali."""

    sub_tipo_record = Const(11, 12, "04", "Sottotipo record")


class Record4005(Record, source=SOURCE):
    """Sezione Regioni: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "05", "Sottotipo record")
    codice_regione = Digits(13, 14, M, "Codice della regione")
    progressivo_tributo = Number(15, 16, M, "Numero della riga nella sezione, da 1")
    codice_tributo = Text(17, 20, M, "Codice tributo")
    rateazione = Text(21, 24, M, "Rateazione, mese o altro riferimento del tributo")
    anno_di_riferimento = Digits(25, 28, M, "Anno di riferimento")
    importo_a_debito = Cents(29, 43, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(44, 58, M, "Importo a credito, zero se la riga è a debito")
    filler_59 = Filler(59, 120)


class Record4006(Record, source=SOURCE):
    """Sezione Regioni: totali."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "06", "Sottotipo record")
    filler_13 = Filler(13, 14)
    totale_importi_a_debito = Cents(15, 29, M, "Somma degli importi a debito della sezione")
    totale_importi_a_credito = Cents(30, 44, M, "Somma degli importi a credito della sezione")
    segno_sezione = Sign(45, 45, M, "Segno del saldo della sezione", SEGNO)
    saldo_sezione = Cents(46, 60, M, "Saldo della sezione, in valore assoluto")
    filler_61 = Filler(61, 120)


class Record4007(Record, source=SOURCE):
    """Sezione IMU e altri tributi locali: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "07", "Sottotipo record")
    codice_ente = Text(13, 16, M, "Codice dell'ente: catastale del comune, o sigla della provincia")
    progressivo_tributo = Number(17, 18, M, "Numero della riga nella sezione, da 1")
    codice_tributo = Text(19, 22, M, "Codice tributo")
    rateazione = Text(23, 26, M, "Rateazione, mese o altro riferimento del tributo")
    anno_di_riferimento = Digits(27, 30, M, "Anno di riferimento")
    importo_a_debito = Cents(31, 45, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(46, 60, M, "Importo a credito, zero se la riga è a debito")
    ravvedimento = Choice(61, 61, M, "Ravvedimento", NO_SI)
    immobili_variati = Choice(62, 62, M, "Variazioni degli immobili", NO_SI)
    acconto = Choice(63, 63, M, "Versamento in acconto", NO_SI)
    saldo = Choice(64, 64, M, "Versamento a saldo", NO_SI)
    numero_immobili = Number(65, 67, M, "Numero degli immobili")
    detrazione = Cents(68, 82, M, "Detrazione")
    identificativo_operazione = Text(83, 100, O, "Identificativo dell'operazione, dato dal comune")
    filler_101 = Filler(101, 120)


class Record4008(Record, source=SOURCE):
    """Sezione IMU e altri tributi locali: totali."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "08", "Sottotipo record")
    filler_13 = Filler(13, 16)
    totale_importi_a_debito = Cents(17, 31, M, "Somma degli importi a debito della sezione")
    totale_importi_a_credito = Cents(32, 46, M, "Somma degli importi a credito della sezione")
    segno_sezione = Sign(47, 47, M, "Segno del saldo della sezione", SEGNO)
    saldo_sezione = Cents(48, 62, M, "Saldo della sezione, in valore assoluto")
    filler_63 = Filler(63, 120)


class Record4009(Record, source=SOURCE):
    """Sezione altri enti, INAIL: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "09", "Sottotipo record")
    progressivo_contributo = Number(13, 14, M, "Numero della riga nella sezione, da 1")
    codice_sede_inail = Digits(15, 19, M, "Codice della sede INAIL")
    posizione_assicurativa = Digits(20, 27, M, "Posizione assicurativa territoriale")
    codice_controllo = Digits(28, 29, M, "Codice di controllo della posizione")
    causale = Text(30, 30, M, "Causale")
    filler_31 = Filler(31, 34)
    numero_di_riferimento = Number(35, 40, M, "Numero di riferimento")
    importo_a_debito = Cents(41, 55, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(56, 70, M, "Importo a credito, zero se la riga è a debito")
    filler_71 = Filler(71, 120)


class Record4010(Record4002):
    """Sezione altri enti, INAIL: totali."""

    sub_tipo_record = Const(11, 12, "10", "Sottotipo record")


class Record4011(Record, source=SOURCE):
    """Sezione altri enti previdenziali e assicurativi: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "11", "Sottotipo record")
    progressivo_contributo = Number(13, 14, M, "Numero della riga nella sezione, da 1")
    codice_ente = Text(15, 18, M, "Codice dell'ente, uno per sezione")
    codice_sede = Text(19, 23, C, "Codice della sede dell'ente")
    causale_contributo = Text(24, 27, M, "Causale del contributo")
    codice_posizione = Digits(28, 36, C, "Codice della posizione")
    periodo_di_riferimento_inizio = Digits(37, 42, M, "Inizio del periodo di riferimento, MMAAAA")
    periodo_di_riferimento_fine = Digits(43, 48, C, "Fine del periodo di riferimento, MMAAAA")
    importo_a_debito = Cents(49, 63, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(64, 78, M, "Importo a credito, zero se la riga è a debito")
    filler_79 = Filler(79, 120)


class Record4012(Record, source=SOURCE):
    """Sezione altri enti previdenziali e assicurativi: totali."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "12", "Sottotipo record")
    codice_ente = Text(13, 16, M, "Codice dell'ente, uno per sezione")
    totale_importi_a_debito = Cents(17, 31, M, "Somma degli importi a debito della sezione")
    totale_importi_a_credito = Cents(32, 46, M, "Somma degli importi a credito della sezione")
    segno_sezione = Sign(47, 47, M, "Segno del saldo della sezione", SEGNO)
    saldo_sezione = Cents(48, 62, M, "Saldo della sezione, in valore assoluto")
    filler_63 = Filler(63, 120)


class Record4013(Record, source=SOURCE, confidence="medium"):
    """Sezione accise e monopoli: una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "13", "Sottotipo record")
    progressivo_tributo = Number(13, 14, M, "Numero della riga nella sezione, da 1")
    ente = Text(15, 16, M, "Ente impositore")
    provincia = Text(17, 18, C, "Sigla della provincia")
    codice_tributo = Text(19, 22, M, "Codice tributo")
    codice_identificativo = Text(23, 36, C, "Codice della ditta o altro identificativo")
    riferimento_tributo_mese_anno = Digits(37, 42, M, "Mese e anno di riferimento, MMAAAA")
    importo_a_debito = Cents(43, 57, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(58, 72, M, "Importo a credito, zero se la riga è a debito")
    codice_ufficio = Text(73, 75, C, "Codice dell'ufficio, se il tributo lo vuole")
    codice_atto = Digits(76, 86, C, "Codice dell'atto, se il tributo lo vuole")
    rateazione = Text(87, 92, C, "Rateazione, mese o altro riferimento del tributo", confidence="low")
    filler_93 = Filler(93, 120)


class Record4014(Record4002, confidence="medium"):
    """Sezione accise e monopoli: totali."""

    sub_tipo_record = Const(11, 12, "14", "Sottotipo record")


class Record4017(Record, source=SOURCE, confidence="medium"):
    """Sezione erario ed altro (ELIDE): una riga."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "17", "Sottotipo record")
    progressivo_tributo = Number(13, 14, M, "Numero della riga nella sezione, da 1")
    tipo_elemento = Choice(15, 15, M, "Tipo dell'elemento identificativo", ELEMENTI, open_list=True)
    elementi_identificativi = Text(16, 32, C, "Elementi identificativi")
    codice_tributo = Text(33, 36, M, "Codice tributo")
    anno_di_riferimento = Digits(37, 40, M, "Anno di riferimento")
    importo_a_debito = Cents(41, 55, M, "Importo a debito, zero se la riga è a credito")
    importo_a_credito = Cents(56, 70, M, "Importo a credito, zero se la riga è a debito")
    codice_ufficio = Text(71, 73, C, "Codice dell'ufficio, se il tributo lo vuole")
    codice_atto = Digits(74, 84, C, "Codice dell'atto, se il tributo lo vuole")
    filler_85 = Filler(85, 120)


class Record4018(Record4002, confidence="medium"):
    """Sezione erario ed altro (ELIDE): totali."""

    sub_tipo_record = Const(11, 12, "18", "Sottotipo record")
    totale_importi_a_debito = Cents(13, 27, M, "Somma degli importi a debito della sezione", confidence="low")
    totale_importi_a_credito = Cents(28, 42, M, "Somma degli importi a credito della sezione", confidence="low")


class Record5001(Record, source=SOURCE):
    """Estremi del versamento e firma."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "01", "Sottotipo record")
    abi_banca_di_addebito_passiva = Digits(13, 17, C, "ABI della banca del conto di addebito")
    cab_banca_di_addebito = Digits(18, 22, C, "CAB della banca del conto di addebito")
    numero_conto_di_addebito = Text(23, 34, C, "Numero del conto di addebito")
    cin = Text(35, 35, O, "CIN del conto di addebito")
    saldo_finale_delega = Cents(36, 50, M, "Saldo della delega: debiti meno crediti")
    flag_firmatario = Choice(51, 51, M, "Chi firma la delega", FIRMATARIO)
    filler_52 = Filler(52, 53)
    codice_fiscale_titolare_conto = Text(54, 69, M, "Codice fiscale del titolare del conto di addebito")
    titolare_pagamento = Choice(70, 70, M, "Di chi è il conto di addebito", TITOLARE)
    data_di_pagamento = FullDate(71, 78, M, "Data del pagamento")
    totale_importi_a_credito_compensati = Cents(79, 93, M, "Somma degli importi a credito di tutte le sezioni")
    filler_94 = Filler(94, 95)
    tipo_codice_individuale = Choice(96, 96, M, "Tipo del codice individuale", {"3": "codice fiscale"})
    filler_97 = Filler(97, 120)


class Record5002(Record, source=SOURCE):
    """Il mittente."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "02", "Sottotipo record")
    codice_fiscale_mittente = Text(13, 32, M, "Codice fiscale del mittente")
    abi_di_riferimento_mittente = Digits(33, 37, M, "ABI di riferimento del mittente")
    cab_di_riferimento_mittente = Digits(38, 42, M, "CAB di riferimento del mittente")
    codice_cliente_bancario = Text(43, 62, O, "Codice del cliente presso la banca")
    destinatario_stampa = Choice(63, 63, M, "A chi va la stampa della quietanza", STAMPA)
    denominazione_mittente = Text(64, 108, M, "Denominazione del mittente o del destinatario della stampa")
    filler_109 = Filler(109, 120)


class Record5003(Record, source=SOURCE, confidence="medium"):
    """Indirizzo del destinatario della stampa, se non è il titolare del conto."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Const(11, 12, "03", "Sottotipo record")
    cap = Digits(13, 17, M, "CAP")
    comune = Text(18, 42, M, "Comune")
    provincia = Text(43, 44, M, "Sigla della provincia")
    indirizzo = Text(45, 78, M, "Indirizzo")
    filler_79 = Filler(79, 120)


class Record70(Record, source=SOURCE):
    """Quietanza: l'esito della delega e gli estremi del protocollo telematico."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della delega nel flusso, da 1")
    sub_tipo_record = Choice(11, 12, M, "Sottotipo record", {}, open_list=True)
    data_creazione_flusso_originario = Date(13, 18, M, "Data di creazione del flusso di deleghe")
    nome_supporto_flusso_originario = Text(19, 38, M, "Nome del supporto del flusso di deleghe")
    data_pagamento = FullDate(39, 46, M, "Data del pagamento", confidence="medium")
    totale_delega = Cents(47, 61, M, "Saldo della delega")
    esito_quietanza = Choice(62, 62, M, "Esito, codice non documentato", {}, open_list=True, confidence="medium")
    descrizione_rifiuto = Text(63, 102, C, "Perché la delega non è stata pagata")
    abi_banca_passiva_rendicontante = Digits(103, 107, C, "ABI della banca che rendiconta")
    sportello_banca_passiva_cab = Digits(108, 112, C, "CAB dello sportello che rendiconta")
    progressivo_assoluto = Number(113, 119, C, "Progressivo assoluto della quietanza")
    flag_posizione_abi_rendicontante = Choice(
        120, 120, C, "Dove sta l'ABI di chi rendiconta", RENDICONTANTE, open_list=True
    )


class EF(Record, source=SOURCE):
    """Coda: ripete la testa, conta le deleghe e i record; i positivi vengono prima dei negativi, che sono zero."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Text(4, 8, M, "Come in testa")
    ricevente = Coordinate(9, 13, M, "Come in testa")
    data_creazione = Date(14, 19, M, "Come in testa")
    nome_supporto = Text(20, 39, M, "Come in testa")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    numero_disposizioni = Number(46, 52, M, "Numero delle deleghe")
    tot_importi_positivi = Cents(53, 67, M, "Somma dei saldi delle deleghe")
    tot_importi_negativi = Cents(68, 82, M, "Sempre zero")
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 113)
    codice_divisa = Const(114, 114, "E", "Divisa: come in testa")
    filler_115 = Filler(115, 120)


class I4(F4, confidence="medium"):
    """Testa di un flusso di deleghe con elementi identificativi."""

    tipo_record = Const(2, 3, "I4", "Tipo record")


class Record10I4(Record10, confidence="medium"):
    """Il contribuente, come in F4."""


class Record20I4(Record20, confidence="medium"):
    """Domicilio fiscale, data del pagamento, coobbligato, come in F4."""


class Record5001I4(Record5001, confidence="medium"):
    """Estremi del versamento e firma, come in F4."""


class Record5002I4(Record5002, confidence="medium"):
    """Il mittente, come in F4."""


class EFI4(EF, confidence="medium"):
    """Coda, come in F4."""


class Q4(Record, source=SOURCE):
    """Testa di un flusso di quietanze."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "Q4", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 104)
    filler_105 = Filler(105, 113, confidence="medium")
    codice_divisa = Const(114, 114, "E", "Divisa: euro")
    filler_115 = Filler(115, 120)


class EFQ4(EF):
    """Coda di un flusso che viene dalla banca."""

    mittente = Coordinate(4, 8, M, "Come in testa")
    ricevente = Text(9, 13, M, "Come in testa")


class A4(Q4, confidence="low"):
    """Testa di un flusso di accettazioni e rifiuti; il corpo non è pubblico."""

    tipo_record = Const(2, 3, "A4", "Tipo record")
    filler_105 = Filler(105, 113)


class EFA4(EFQ4, confidence="low"):
    """Coda di un flusso di accettazioni e rifiuti."""


class R4(F4, confidence="low"):
    """Testa di un flusso di revoche; il corpo non è pubblico."""

    tipo_record = Const(2, 3, "R4", "Tipo record")
    tipo_flusso = Choice(105, 105, O, "Tipo di flusso", TIPO_FLUSSO)
    qualificatore_flusso = Choice(106, 106, C, "Qualificatore, se 105 è presente", {"$": "presente"})
    soggetto_veicolatore = Text(107, 111, C, "Soggetto veicolatore, se 105 è presente")


class EFR4(EF, confidence="low"):
    """Coda di un flusso di revoche."""
