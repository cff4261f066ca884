"""RH, rendicontazione giornaliera di conto corrente: saldi, movimenti e loro dettagli.

Source: CBI-RND-001 v6.05, section 2.
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

SOURCE = "CBI-RND-001 v6.05 §2"

DIVISE = {"EUR": "euro"}  # ISO 4217: the list is not the record's
PAESI = {"IT": "Italia", "SM": "San Marino"}
TIPI_RIFERIMENTO = {
    "NROSUPCBI": "nome supporto del flusso CBI inviato dal cliente",
    "PAYORDREF": "identificativo del pagamento estero",
    "NRPRATICA": "numero della pratica",
    "NDISTINTA": "numero della distinta dato dal cedente",
    "RIFESICBI": "riferimento del promemoria di un flusso di esiti",
}


class RH(Record, source="CBI-RND-001 v6.05 §2.2"):
    """Testa del flusso di rendicontazione."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "RH", "Tipo record")
    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = Text(9, 13, M, "Codice SIA dell'azienda ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    filler_40 = Filler(40, 115, O)
    campo_non_disponibile = Filler(116, 120, O, "Non utilizzabile")


class EF(Record, source="CBI-RND-001 v6.05 §2.3"):
    """Coda: ripete la testa, conta le rendicontazioni e i record."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Coordinate(4, 8, M, "Come in testa")
    ricevente = Text(9, 13, M, "Come in testa")
    data_creazione = Date(14, 19, M, "Come in testa")
    nome_supporto = Text(20, 39, M, "Come in testa")
    filler_40 = Filler(40, 45, O)
    numero_rendicontazioni = Number(46, 52, M, "Numero dei record 61")
    filler_53 = Filler(53, 82, O)
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 114, O)
    campo_non_disponibile = Filler(115, 120, O, "Non utilizzabile")


class Record61(Record, source="CBI-RND-001 v6.05 §2.4"):
    """Rapporto e saldo iniziale di quadratura."""

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
        {"93001": "trasmissione ordinaria", "93011": "recupero di una trasmissione"},
        open_list=True,
    )
    descrizione = Text(34, 49, O, "Descrizione del conto")
    tipo_conto = Text(50, 51, O, "Tipo di conto, codice della banca")
    cin = Text(52, 52, M, "CIN")
    codice_abi_banca = Coordinate(53, 57, M, "ABI della banca, come in testa")
    cab_banca = Coordinate(58, 62, M, "CAB della banca")
    conto_corrente = Text(63, 74, M, "Numero del conto")
    codice_divisa = Choice(75, 77, M, "Divisa del conto", DIVISE, open_list=True)
    data_contabile = Date(78, 83, M, "Data contabile, come nel record 64")
    segno = Sign(84, 84, M, "Segno del saldo iniziale")
    saldo_iniziale = CommaAmount(85, 99, M, "Saldo del 64 meno i movimenti: un saldo di quadratura")
    codice_paese = Choice(100, 101, M, "Paese dell'IBAN", PAESI)
    check_digit = Digits(102, 103, M, "Cifre di controllo dell'IBAN")
    filler_104 = Filler(104, 120, O)


class Record62(Record, source="CBI-RND-001 v6.05 §2.5"):
    """Movimento: la data valuta viene prima della data contabile."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "62", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Numero del movimento, da 001; dopo 999 ricomincia")
    data_valuta = Date(14, 19, M, "Data valuta")
    data_contabile = Date(20, 25, M, "Data contabile")
    segno_movimento = Sign(26, 26, M, "Segno del movimento")
    importo_movimento = CommaAmount(27, 41, M, "Importo del movimento in valore assoluto")
    causale_cbi = Choice(42, 43, M, "Causale CBI del movimento", {}, open_list=True)
    causale_interna = Text(44, 45, O, "Causale interna della banca")
    numero_assegno = Text(46, 61, C, "Numero dell'assegno, solo con causale 13")
    riferimento_banca = Text(62, 77, O, "Riferimento dell'operazione dato dalla banca")
    tipo_riferimento_cliente = Choice(78, 86, C, "Tipo del riferimento del cliente", TIPI_RIFERIMENTO, open_list=True)
    riferimento_cliente = Text(87, 120, C, "Riferimento del cliente, secondo il tipo, o descrizione libera")


class Record63(Record, variante="free", source="CBI-RND-001 v6.05 §2.6"):
    """Descrizione libera: 107 caratteri di un testo che continua nei 63 seguenti."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    descrizione = FreeText(14, 120, M, "Descrizione libera")


class Record63KKK(Record, variante="KKK", source="CBI-RND-001 v6.05 §2.6"):
    """Giroconto e cash pooling: il rapporto di contropartita."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "KKK", "Struttura")
    identificativo_rapporto = Text(17, 39, M, "ABI, CAB, conto e CIN della contropartita")
    filler_40 = Filler(40, 120, O)


class Record63YYY(Record, variante="YYY", source="CBI-RND-001 v6.05 §2.6"):
    """Bonifico ricevuto: ordinante e località."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "YYY", "Struttura")
    data_ordine = Digits(17, 24, M, "Data dell'ordine, GGMMAAAA")
    codifica_fiscale_ordinante = Text(25, 40, O, "Codice fiscale o partita IVA dell'ordinante")
    cliente_ordinante = Text(41, 80, M, "Ordinante")
    localita = Text(81, 120, O, "Località")


class Record63YYYPre2014(Record, variante="YYY_pre2014", source="CBI-RND-001 v6.05 §2.6"):
    """Bonifico ricevuto, prima del 2014: una sola descrizione dell'ordinante."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "YYY", "Struttura")
    data_ordine = Digits(17, 24, M, "Data dell'ordine, GGMMAAAA")
    codifica_fiscale_ordinante = Text(25, 40, O, "Codice fiscale o partita IVA dell'ordinante")
    descrizione_ordinante = Text(41, 120, M, "Ordinante")


class Record63YY2(Record, variante="YY2", source="CBI-RND-001 v6.05 §2.6"):
    """Bonifico ricevuto: indirizzo e IBAN dell'ordinante."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "YY2", "Struttura")
    indirizzo_ordinante = Text(17, 66, O, "Indirizzo dell'ordinante")
    iban_ordinante = Text(67, 100, M, "IBAN dell'ordinante")
    filler_101 = Filler(101, 120, O)


class Record63ZZ1(Record, variante="ZZ1", source="CBI-RND-001 v6.05 §2.6"):
    """Bonifico estero: importi, divise, cambio e spese."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "ZZ1", "Struttura")
    importo_originario_pagamento = CommaAmount(17, 34, C, "Importo ordinato, al lordo delle spese")
    codice_divisa_importo_originario = Choice(35, 37, C, "Divisa dell'importo ordinato", DIVISE, open_list=True)
    importo_regolato = CommaAmount(38, 55, M, "Importo regolato fra le banche")
    codice_divisa_regolamento = Choice(56, 58, M, "Divisa del regolamento", DIVISE, open_list=True)
    importo_negoziato = CommaAmount(59, 76, O, "Controvalore nella divisa del movimento")
    codice_divisa_importo_negoziato = Choice(77, 79, C, "Divisa del controvalore", DIVISE, open_list=True)
    cambio_applicato = Digits(80, 91, O, "Cambio, con cinque decimali")
    importo_commissioni = CommaAmount(92, 104, O, "Commissioni, se non contabilizzate a parte")
    importo_spese = CommaAmount(105, 117, O, "Spese, se non contabilizzate a parte")
    codice_paese = Digits(118, 120, M, "Paese di provenienza o destinazione, codice UIC")


class Record63ZZ2(Record, variante="ZZ2", source="CBI-RND-001 v6.05 §2.6"):
    """Bonifico estero: l'ordinante."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "ZZ2", "Struttura")
    ordinante_del_pagamento = Text(17, 120, M, "Ordinante del pagamento")


class Record63ZZ3(Record, variante="ZZ3", source="CBI-RND-001 v6.05 §2.6"):
    """Bonifico estero: beneficiario e motivazione."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "ZZ3", "Struttura")
    beneficiario = Text(17, 66, M, "Beneficiario")
    motivazione_del_pagamento = Text(67, 120, M, "Motivazione; il resto in un 63 libero fra /ZZ4/")


class Record63ZZ4(Record, variante="ZZ4", source="CBI-RND-001 v6.05 §2.6", confidence="medium"):
    """Bonifico estero: resto della motivazione."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    marcatore = Const(14, 18, "/ZZ4/", "Marcatore")
    motivazione_residua = FreeText(19, 120, M, "Seguito della motivazione, chiuso da /ZZ4/")


class Record63ID1(Record, variante="ID1", source="CBI-RND-001 v6.05 §2.6"):
    """Identificativi del messaggio e del pagamento."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "ID1", "Struttura")
    identificativo_univoco_messaggio = Text(17, 51, C, "Identificativo del messaggio di pagamento originario")
    identificativo_end_to_end = Text(52, 86, C, "Identificativo end-to-end")
    filler_87 = Filler(87, 120, O)


class Record63RI1(Record, variante="RI1", source="CBI-RND-001 v6.05 §2.6"):
    """Informazioni di riconciliazione, primi 104 caratteri."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "RI1", "Struttura")
    informazioni_di_riconciliazione = FreeText(17, 120, M, "Informazioni di riconciliazione, dopo un ID1")


class Record63RI2(Record, variante="RI2", source="CBI-RND-001 v6.05 §2.6"):
    """Informazioni di riconciliazione, gli ultimi 36 caratteri."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "63", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    progressivo_movimento = Number(11, 13, M, "Come nel record 62")
    flag_struttura = Const(14, 16, "RI2", "Struttura")
    informazioni_di_riconciliazione = FreeText(17, 52, M, "Seguito delle informazioni, dopo un RI1")
    filler_53 = Filler(53, 120, O)


class Record64(Record, source="CBI-RND-001 v6.05 §2.7"):
    """Saldi finali, contabile e liquido."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "64", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    codice_divisa = Choice(11, 13, M, "Divisa, come nel record 61", DIVISE, open_list=True)
    data_contabile = Date(14, 19, M, "Data contabile")
    segno_saldo_contabile = Sign(20, 20, M, "Segno del saldo contabile")
    saldo_contabile = CommaAmount(21, 35, M, "Saldo contabile")
    segno_saldo_liquido = Sign(36, 36, O, "Segno del saldo liquido")
    saldo_liquido = CommaAmount(37, 51, O, "Saldo liquido")
    filler_52 = Filler(52, 105, O)
    filler_106 = Filler(106, 120, O)


class Record65(Record, source="CBI-RND-001 v6.05 §2.8"):
    """Liquidità future: fino a cinque saldi disponibili."""

    filler_1 = Filler(1, 1, O)
    tipo_record = Const(2, 3, "65", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 61")
    primo_saldo_liquido_data_liquidita = Date(11, 16, M, "Primo saldo: data")
    primo_saldo_liquido_segno = Sign(17, 17, M, "Primo saldo: segno")
    primo_saldo_liquido_importo = CommaAmount(18, 32, M, "Primo saldo disponibile a quella data")
    secondo_saldo_liquido_data_liquidita = Date(33, 38, O, "Secondo saldo: data")
    secondo_saldo_liquido_segno = Sign(39, 39, O, "Secondo saldo: segno")
    secondo_saldo_liquido_importo = CommaAmount(40, 54, O, "Secondo saldo disponibile")
    terzo_saldo_liquido_data_liquidita = Date(55, 60, O, "Terzo saldo: data")
    terzo_saldo_liquido_segno = Sign(61, 61, O, "Terzo saldo: segno")
    terzo_saldo_liquido_importo = CommaAmount(62, 76, O, "Terzo saldo disponibile")
    quarto_saldo_liquido_data_liquidita = Date(77, 82, O, "Quarto saldo: data")
    quarto_saldo_liquido_segno = Sign(83, 83, O, "Quarto saldo: segno")
    quarto_saldo_liquido_importo = CommaAmount(84, 98, O, "Quarto saldo disponibile")
    quinto_saldo_liquido_data_liquidita = Date(99, 104, O, "Quinto saldo: data")
    quinto_saldo_liquido_segno = Sign(105, 105, O, "Quinto saldo: segno")
    quinto_saldo_liquido_importo = CommaAmount(106, 120, O, "Quinto saldo disponibile")
