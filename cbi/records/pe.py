"""PE: the records of transfers abroad. Their columns are those of an EDIFACT message (PAYORD 93A), and so their names.

Dates are AAAAMMGG. Source: public implementations; which records beyond these an order may hold is not known.
"""

from __future__ import annotations

from cbi.fields import C, Choice, Const, Date, Digits, Filler, FullDate, M, Number, O, Text
from cbi.layout import Record
from cbi.records.pc import QUALIFICATORE, TIPO_FLUSSO

SOURCE = "implementazioni pubbliche"

DATA_DI_ADDEBITO = {"203": "data di esecuzione dell'ordine", "228": "valuta di addebito"}
DATA_DI_ACCREDITO = {"140": "valuta di accredito", "227": "disponibilità richiesta"}
FORMA = {
    "23": "assegno della banca ordinante",
    "26": "assegno della banca del creditore",
    "8": "trattenere presso la banca",
}
SPESE = {"13": "a carico del beneficiario", "14": "ciascuno le proprie", "15": "a carico del debitore"}


class PE(Record, source=SOURCE):
    """Testa di un flusso di bonifici esteri."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "PE", "Tipo record")
    mittente = Text(4, 8, M, "Codice SIA dell'azienda mittente")
    ricevente = Digits(9, 13, M, "Codice ABI della banca ricevente")
    data_creazione = Date(14, 19, M, "Data di creazione del flusso")
    nome_supporto = Text(20, 39, M, "Nome del supporto, unico per data, mittente e ricevente")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    filler_46 = Filler(46, 104)
    tipo_flusso = Choice(105, 105, C, "Tipo di flusso", TIPO_FLUSSO)
    qualificatore_flusso = Choice(106, 106, C, "Qualificatore, se 105 è presente", QUALIFICATORE)
    soggetto_veicolatore = Digits(107, 111, C, "Codice ABI del soggetto veicolatore, se 105 è presente")
    filler_112 = Filler(112, 115)
    campo_non_disponibile = Filler(116, 120, M, "Non utilizzabile")


class RecordH1(Record, source=SOURCE, confidence="medium"):
    """Disposizione: riferimento e date."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "H1", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Numero della disposizione nel flusso, da 1")
    unh_0065 = Const(11, 16, "PAYORD", "Tipo di messaggio")
    unh_0052 = Const(17, 19, "D", "Versione del messaggio")
    unh_0054 = Const(20, 22, "93A", "Edizione del messaggio")
    unh_0051 = Const(23, 24, "UN", "Ente che cura il messaggio")
    bgm_1001 = Const(25, 27, "450", "Nome del messaggio: ordine di pagamento")
    bgm_1004 = Text(28, 61, M, "Riferimento dell'ordinante")
    filler_62 = Filler(62, 62)
    bgm_1225 = Const(63, 64, "9", "Funzione del messaggio: originale")
    dtm_2005_creazione = Choice(65, 67, M, "Che data segue", {"137": "data di creazione del messaggio"})
    creation_date = FullDate(68, 75, M, "Data di creazione")
    creation_date_formato = Const(76, 78, "102", "Formato della data: AAAAMMGG")
    dtm_2005_debitore = Choice(79, 81, M, "Che data segue", DATA_DI_ADDEBITO)
    debit_date = FullDate(82, 89, M, "Data di esecuzione, o valuta di addebito")
    debit_date_formato = Const(90, 92, "102", "Formato della data: AAAAMMGG")
    dtm_2005_beneficiario = Choice(93, 95, M, "Che data segue", DATA_DI_ACCREDITO)
    credit_date = FullDate(96, 103, M, "Valuta di accredito, o disponibilità richiesta")
    credit_date_formato = Const(104, 106, "102", "Formato della data: AAAAMMGG")
    bus_3279 = Const(107, 109, "IN", "Tipo di operazione: internazionale")
    bus_4487 = Choice(110, 112, M, "Tipo di pagamento", {"1": "come da standard"})
    filler_113 = Filler(113, 115)
    campo_non_disponibile = Filler(116, 120, M, "Non utilizzabile")


class RecordP0(Record, source=SOURCE, confidence="medium"):
    """Forma del pagamento e spese."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "P0", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record H1")
    pai_4461 = Choice(11, 13, O, "Forma del pagamento; in bianco, accredito sul conto", FORMA)
    fca_4471 = Choice(14, 16, M, "Spese", SPESE)
    fca_3434 = Digits(17, 21, O, "CAB del conto delle spese")
    fca_1131 = Const(22, 24, "25", "Lista di codici", O)
    fca_3055 = Const(25, 27, "119", "Ente che cura la lista", O)
    fca_3194 = Text(28, 44, O, "Conto delle spese")
    fca_cin = Text(45, 45, O, "CIN del conto delle spese")
    filler_46 = Filler(46, 120)


class RecordP1(Record, source=SOURCE, confidence="medium"):
    """Importo, divisa e cambi."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "P1", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record H1")
    moa_5025 = Const(11, 13, "9", "Tipo di importo")
    moa_5004 = Number(14, 31, M, "Importo; quanti decimali, non è certo")
    moa_6345 = Text(32, 34, M, "Divisa dell'importo, codice ISO 4217")
    cux_6347_addebito = Choice(35, 37, O, "Divisa di riferimento del cambio", {"2": "conto di addebito"})
    cux_6345_addebito = Text(38, 40, O, "Divisa del conto di addebito")
    cux_5402_addebito = Digits(41, 52, O, "Cambio di addebito; in bianco se non c'è, mai zeri", confidence="high")
    cux_6347_accredito = Choice(53, 55, O, "Divisa di riferimento del cambio", {"3": "conto di accredito"})
    cux_6345_accredito = Text(56, 58, O, "Divisa del conto di accredito")
    cux_5402_accredito = Digits(59, 70, O, "Cambio di accredito")
    filler_71 = Filler(71, 81)
    rff_1153 = Choice(82, 84, O, "Tipo di riferimento del contratto di cambio", {}, open_list=True)
    rff_1154 = Text(85, 119, O, "Riferimento del contratto di cambio")
    filler_120 = Filler(120, 120)


class RecordPH(Record, source=SOURCE, confidence="medium"):
    """Conti dell'ordinante e del beneficiario."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "PH", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record H1")
    iban_ordinante = Text(11, 44, M, "IBAN dell'ordinante")
    bic_ordinante = Text(45, 55, O, "BIC della banca dell'ordinante")
    filler_56 = Filler(56, 60)
    iban_beneficiario = Text(61, 94, O, "IBAN o conto del beneficiario")
    bic_beneficiario = Text(95, 105, O, "BIC della banca del beneficiario")
    filler_106 = Filler(106, 120)


class RecordP4(Record, source=SOURCE, confidence="low"):
    """Ordinante."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "P4", "Tipo record")
    numero_progressivo = Number(4, 10, M, "Come nel record H1")
    nad_3035 = Const(11, 13, "OY", "Chi è: l'ordinante")
    nad_3124_1 = Text(14, 48, M, "Nome")
    nad_3124_2 = Text(49, 83, M, "Indirizzo")
    nad_3124_3 = Text(84, 115, M, "Località")
    nad_3039 = Text(116, 120, O, "Codice SIA")


class RecordP5(RecordP4, confidence="medium"):
    """Beneficiario."""

    tipo_record = Const(2, 3, "P5", "Tipo record")
    nad_3035 = Const(11, 13, "BE", "Chi è: il beneficiario")


class EF(Record, source=SOURCE):
    """Coda: ripete la testa, conta le disposizioni e i record, somma gli importi qualunque sia la divisa."""

    filler_1 = Filler(1, 1)
    tipo_record = Const(2, 3, "EF", "Tipo record")
    mittente = Text(4, 8, M, "Come in testa")
    ricevente = Digits(9, 13, M, "Come in testa")
    data_creazione = Date(14, 19, M, "Come in testa")
    nome_supporto = Text(20, 39, M, "Come in testa")
    campo_a_disposizione = Text(40, 45, O, "A disposizione del mittente")
    numero_disposizioni = Number(46, 52, M, "Numero delle disposizioni")
    filler_53 = Filler(53, 64)
    totale_importi = Number(65, 82, M, "Somma degli importi, qualunque sia la divisa")
    numero_record = Number(83, 89, M, "Numero dei record, testa e coda comprese")
    filler_90 = Filler(90, 114)
    campo_non_disponibile = Filler(115, 120, M, "Non utilizzabile")
