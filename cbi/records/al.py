"""AL: the records of mandates (allineamento elettronico archivi) and of requests of IBAN.

Source: the public implementations of the flow.
"""

from __future__ import annotations

from cbi.fields import C, Choice, Const, Coordinate, Date, Digits, Filler, M, NarrowText, Number, O
from cbi.layout import Record
from cbi.records.mav import TIPI_CODICE

SOURCE = "implementazioni pubbliche dell'allineamento archivi"

CAUSALI = {
    "90211": "richiesta di autorizzazione all'addebito",
    "90218": "revoca su iniziativa del sottoscrittore",
    "90219": "proposta di revoca dell'azienda",
    "90309": "storno di una autorizzazione: facoltà di storno non accettabile",
    "90310": "storno di una autorizzazione ricevuta dalla banca",
    "90440": "variazione delle coordinate dell'azienda",
    "90450": "proposta di revoca per cessazione del contratto",
    "90520": "storno di una revoca",
    "90530": "storno di una variazione di coordinate bancarie",
    "91211": "richiesta di informazioni per la migrazione a SDD",
}
CAUSALI_RISPOSTA = {
    "90210": "autorizzazione acquisita dalla banca",
    "90212": "richiesta accettata",
    "90311": "diniego generico",
    "90312": "diniego: CAB errato",
    "90313": "diniego: conto errato",
    "90314": "diniego: il sottoscrittore non può trarre sul conto",
    "90315": "diniego: facoltà di storno non accettabile",
    "90316": "storno: autorizzazione già in archivio",
    "90318": "storno della revoca del sottoscrittore",
    "90319": "storno della proposta di revoca dell'azienda",
    "90420": "revoca dell'intestatario del conto",
    "90421": "revoca della banca domiciliataria",
    "90430": "variazione delle coordinate di addebito",
    "90540": "storno della variazione di coordinate dell'azienda",
    "90550": "storno della revoca per cessazione del contratto",
    "90560": "storno della revoca: trasferimento in corso",
    "90600": "diniego: la banca domiciliataria non ha risposto",
    "90830": "variazione di coordinate per trasferimento",
    "90840": "storno della variazione dell'azienda: trasferimento in corso",
    "91210": "informazioni per la migrazione a SDD",
    "91311": "diniego delle informazioni per la migrazione a SDD",
    "99999": "causale fittizia",
}
RICHIESTA_IBAN = "90717"
FACOLTA_STORNO = {
    "1": "entro il quinto giorno dopo la scadenza",
    "2": "entro la scadenza",
    "3": "nessuna",
    "8": "entro otto settimane",
    "9": "nessuna, per natura del mandato",
}


class AL(Record, source=SOURCE):
    """Testa di un flusso di allineamento verso la banca: non ha divisa."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "AL", "Tipo record")
    mittente = NarrowText(4, 8, M, "Codice SIA dell'azienda mittente")
    ricevente = Coordinate(9, 13, M, "Codice ABI della banca di allineamento")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = NarrowText(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = NarrowText(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 115)
    campo_non_disponibile = Filler(116, 120, M, "Non utilizzabile")


class ALRisposte(AL):
    """Testa di un flusso di allineamento dalla banca: mittente e ricevente scambiati."""

    mittente = Coordinate(4, 8, M, "Codice ABI della banca mittente")
    ricevente = NarrowText(9, 13, M, "Codice SIA dell'azienda")


class EF(Record, source=SOURCE):
    """Coda: ripete la testa, conta le disposizioni e i record; non ha totali."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = NarrowText(4, 8, M, "Come in testa")
    ricevente = Coordinate(9, 13, M, "Come in testa")
    data_creazione = Date(14, 19, M, "Come in testa")
    nome_supporto = NarrowText(20, 39, M, "Come in testa")
    campo_a_disposizione = NarrowText(40, 45, O, "A disposizione del mittente")
    numero_disposizioni = Number(46, 52, M, "Numero delle disposizioni")
    filler_53 = Filler(53, 82)
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 114)
    campo_non_disponibile = Filler(115, 120, M, "Non utilizzabile")


class EFRisposte(EF):
    """Coda di un flusso di allineamento dalla banca."""

    mittente = Coordinate(4, 8, M, "Come in testa")
    ricevente = NarrowText(9, 13, M, "Come in testa")


class Record12(Record, source=SOURCE):
    """Disposizione: causale, coordinate di addebito e chiave del mandato."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "12", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1")
    data_creazione_disposizione = Date(11, 16, C, "Data della disposizione; in bianco nelle richieste di IBAN")
    data_creazione_flusso_originario = Date(17, 22, C, "Data del flusso a cui la banca risponde", confidence="medium")
    filler_23 = Filler(23, 28)
    causale = Choice(29, 33, M, "Causale", CAUSALI)
    filler_34 = Filler(34, 43)
    codice_paese = NarrowText(44, 45, O, "Paese dell'IBAN")
    check_digit = Digits(46, 47, O, "Cifre di controllo dell'IBAN; 00 se non si conoscono")
    abi_banca_allineamento = Coordinate(48, 52, M, "ABI della banca di allineamento, come in testa")
    filler_53 = Filler(53, 68)
    cin = NarrowText(69, 69, O, "CIN")
    abi_addebito = Coordinate(70, 74, M, "ABI del conto di addebito")
    cab_addebito = Coordinate(75, 79, M, "CAB del conto di addebito; manca solo con causale 91211")
    conto_addebito = NarrowText(80, 91, M, "Conto di addebito; manca solo con causale 91211")
    codice_azienda = NarrowText(92, 96, M, "Codice SIA dell'azienda creditrice")
    tipo_codice_individuale = Choice(97, 97, M, "Tipo del codice individuale", TIPI_CODICE)
    codice_individuale = NarrowText(98, 113, M, "Codice individuale: con SIA e tipo è la chiave del mandato")
    filler_114 = Filler(114, 120)


class Record12Risposta(Record12):
    """Disposizione della banca, o risposta a una dell'azienda."""

    causale = Choice(29, 33, M, "Causale", CAUSALI_RISPOSTA)


class Record30(Record, source=SOURCE):
    """Sottoscrittore del mandato."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "30", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 12")
    descrizione_sottoscrittore_1 = NarrowText(11, 40, M, "Sottoscrittore: nome")
    descrizione_sottoscrittore_2 = NarrowText(41, 70, O, "Sottoscrittore: indirizzo e CAP")
    descrizione_sottoscrittore_3 = NarrowText(71, 84, O, "Sottoscrittore: comune e provincia")
    codifica_fiscale_sottoscrittore = NarrowText(85, 100, M, "Codice fiscale del sottoscrittore")
    codifica_fiscale_intestatario = NarrowText(
        101, 116, O, "Codice fiscale dell'intestatario del conto", confidence="medium"
    )
    filler_117 = Filler(117, 120)


class Record40(Record, source=SOURCE):
    """Indirizzo del sottoscrittore e intestatario del conto."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "40", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 12")
    indirizzo = NarrowText(11, 40, O, "Via, numero civico o frazione")
    cap = Digits(41, 45, O, "Codice di avviamento postale")
    comune_e_sigla_provincia = NarrowText(46, 70, O, "Comune e, per uso, sigla della provincia in 69-70")
    intestatario_conto = NarrowText(71, 120, M, "Intestatario del conto")


class Record45(Record, source=SOURCE):
    """Valori nuovi, nelle variazioni."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "45", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 12")
    cab_var = Digits(11, 15, O, "CAB nuovo")
    conto_var = NarrowText(16, 27, O, "Conto nuovo")
    codice_individuale_var = NarrowText(28, 43, O, "Codice individuale nuovo")
    codice_azienda_var = NarrowText(44, 48, O, "Codice SIA nuovo")
    tipo_codice_individuale_var = Choice(49, 49, O, "Tipo del codice individuale nuovo", TIPI_CODICE)
    abi_var = Digits(50, 54, O, "ABI nuovo")
    codice_paese_var = NarrowText(55, 56, O, "Paese dell'IBAN nuovo")
    check_digit_var = Digits(57, 58, O, "Cifre di controllo dell'IBAN nuovo")
    cin_var = NarrowText(59, 59, O, "CIN nuovo")
    filler_60 = Filler(60, 120)


class Record50(Record, source=SOURCE):
    """Riferimenti della disposizione a cui si risponde."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "50", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 12")
    riferimenti_originari = NarrowText(11, 100, O, "Riferimenti della disposizione a cui si risponde")
    filler_101 = Filler(101, 120)


class Record70(Record, source=SOURCE):
    """Riferimento dell'azienda e dati delle rate."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 12")
    codice_riferimento = NarrowText(11, 25, O, "Riferimento dell'azienda, restituito nelle risposte")
    carattere_speciale = Choice(26, 26, C, "Segno che precede i dati della rata", {"%": "presente"})
    numero_rate = Number(27, 30, C, "Numero delle rate; 0000 senza limite")
    importo_massimo_rata = Number(31, 39, C, "Importo massimo della rata, nella misura concordata; zeri senza limite")
    scadenza_prima_rata = Date(40, 45, C, "Scadenza della prima rata")
    scadenza_ultima_rata = Date(46, 51, C, "Scadenza dell'ultima rata")
    descrizione = NarrowText(52, 95, O, "Descrizione")
    facolta_di_storno = Choice(96, 96, C, "Facoltà di storno", FACOLTA_STORNO)
    codice_divisa = Choice(97, 97, C, "Divisa: euro", {"E": "euro"})
    filler_98 = Filler(98, 100)
    codice_autorizzazione = NarrowText(101, 120, O, "Codice dell'autorizzazione", confidence="medium")


class ALIban(AL):
    """Testa di un flusso di richieste di IBAN."""


class EFIban(EF):
    """Coda di un flusso di richieste di IBAN."""


class Record12Iban(Record12):
    """Richiesta di un IBAN: ABI, CAB e conto di cui si chiede."""

    data_creazione_disposizione = Filler(11, 16, M, "In bianco nelle richieste di IBAN")
    data_creazione_flusso_originario = Filler(17, 22, M, "In bianco nelle richieste di IBAN")
    causale = Choice(29, 33, M, "Causale", {RICHIESTA_IBAN: "richiesta di IBAN"})


class Record30Iban(Record30):
    """Intestatario del conto di cui si chiede."""

    codifica_fiscale_sottoscrittore = NarrowText(85, 100, O, "Codice fiscale del sottoscrittore")
    codifica_fiscale_intestatario = Filler(101, 116, O, "In bianco nelle richieste di IBAN", confidence="medium")


class Record70Iban(Record, source=SOURCE):
    """Riferimento dell'azienda."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "70", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record 12")
    codice_riferimento = NarrowText(11, 25, O, "Riferimento dell'azienda, restituito nelle risposte")
    descrizione = NarrowText(26, 100, O, "Descrizione")
    filler_101 = Filler(101, 120)
