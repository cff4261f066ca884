"""What each field says: who, how much, or neither; and what takes the place of its content.

The kind of the field decides first, then its name. A field that no table names is hidden all the same: as a text or
as a code. What a mask does not understand it leaves to be covered, letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

from cbi.anonymize.checks import Parti, check_as, cin_as, digits_as
from cbi.anonymize.keyed import STRANGE, Chiave
from cbi.fields import ADMITTED, Amount, Choice, Const, Date, Field, Filler, FullDate, Text, Undocumented, ValoreErrato
from cbi.flows.model import FROM_BANK, TO_BANK
from cbi.validators.coordinates import codice_fiscale_ok, iban_check

Maschera = Callable[[Chiave, Field[Any], bytes], bytes]
"""What takes the place of a content that is not blank: as many bytes. Raises `ValoreErrato`: not understood."""

SHORT = 5  # columns of a coded field too few to name anybody
_BARRED = re.compile(rb"[/;]")  # in mandates
_WORD = re.compile(rb"[^ ]+")
_BBAN = re.compile(rb"(\d{5})(\d{5})([0-9A-Z]{12})([A-Z])")
_IBAN = re.compile(rb"(IT|SM)(\d\d)([A-Z])(\d{5})(\d{5})([0-9A-Z]{12})")
_CREDITORE = re.compile(rb"([A-Z]{2})(\d\d)([0-9A-Z]{3})([0-9A-Z]+)")


def _not_understood(field: Field[Any], raw: bytes) -> ValoreErrato:
    return ValoreErrato(field.name, raw.decode("latin-1"), "riconosciuto", "understood")


def flawless(field: Field[Any], raw: bytes) -> bool:
    """Whether a content is what its field may hold."""
    return _pattern(field).fullmatch(raw) is not None


@cache  # there are as many as there are declared fields
def _pattern(field: Field[Any]) -> re.Pattern[bytes]:
    return re.compile(field.pattern(), re.DOTALL)


def kept(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """The content itself, when it is what the field may hold."""
    if not flawless(field, raw):
        raise _not_understood(field, raw)
    return raw


def hidden(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Nothing: what stands here is not known, and is covered."""
    raise _not_understood(field, raw)


def coded(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """The content itself, when it is one of the codes, or too short to name anybody."""
    known = isinstance(field, Choice) and raw.decode("latin-1").rstrip() in field.values
    if not (known or field.size <= SHORT):
        raise _not_understood(field, raw)
    return kept(chiave, field, raw)


def text(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Invented words, from the column where the text began; what may not be admitted in it is still there."""
    lead = len(raw) - len(raw.lstrip(b" "))
    made = chiave.name(raw.strip(b" "), field.size - lead)
    if raw.translate(None, ADMITTED):
        made = made[:-1] + STRANGE
    elif match := _BARRED.search(raw):
        made = made[:-1] + match[0]
    return (b" " * lead + made).ljust(field.size)


def code(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Another code of its shape; words, for what is made of words."""
    if b" " not in raw.strip(b" "):
        return chiave.code(raw)
    if not isinstance(field, Text):
        raise _not_understood(field, raw)
    return text(chiave, field, raw)


def account(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Another account of its shape; words, for what is made of words."""
    return text(chiave, field, raw) if b" " in raw.strip(b" ") else chiave.account(raw)


def codes(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Several codes, with blanks between them."""
    return _WORD.sub(lambda match: chiave.code(match[0]), raw)


def fiscal(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """A sound fiscal code for a sound one."""
    if not codice_fiscale_ok(raw.strip(b" ")):
        raise _not_understood(field, raw)
    return chiave.code(raw)


def amount(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Another amount; one that was not zero-filled or right-aligned still is not. Raises `ValoreErrato`."""
    value = field.decode(raw)
    made = field.encode(chiave.amount(value or 0))
    if flawless(field, raw):
        return made
    made = made.lstrip(b"0")
    return made.rjust(field.size) if raw.startswith(b" ") else made.ljust(field.size)


def born(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Another day of birth. Raises `ValoreErrato`."""
    if field.decode(raw) is None:
        return raw
    year, month, day = (chiave.number(what, raw, below) for what, below in (("year", 60), ("month", 12), ("day", 28)))
    return field.encode(date(1940 + year, 1 + month, 1 + day))


def iban(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Another account of the same bank; what is not shaped like an Italian IBAN is a code."""
    match = _IBAN.fullmatch(raw.strip(b" "))
    if match is None:
        return code(chiave, field, raw)
    country, digits, cin, *rest = match.groups()
    old, new = _moved(chiave, *rest)
    letter = cin_as(cin, old, new)
    made = digits_as(country, digits, (cin, old), (letter, new))
    return b"".join((country, made, letter, *new)).ljust(field.size)


def bban(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """Another account of the same bank: ABI, CAB, account, CIN; what is not one is a code."""
    match = _BBAN.fullmatch(raw.strip(b" "))
    if match is None:
        return code(chiave, field, raw)
    *rest, cin = match.groups()
    old, new = _moved(chiave, *rest)
    return b"".join((*new, cin_as(cin, old, new))).ljust(field.size)


def _moved(chiave: Chiave, abi: bytes, cab: bytes, conto: bytes) -> tuple[Parti, Parti]:
    return (abi, cab, conto), (abi, chiave.code(cab), chiave.account(conto))


def creditor(chiave: Chiave, field: Field[Any], raw: bytes) -> bytes:
    """The creditor identifier of another company, of the same country; what is not one is a code."""
    match = _CREDITORE.fullmatch(raw.strip(b" "))
    if match is None:
        return code(chiave, field, raw)
    country, digits, business, national = match.groups()
    made = chiave.code(national)
    check = check_as(digits == iban_check(country, national), iban_check(country, made))
    return (country + check + business + made).ljust(field.size)


# --- by name: what text, code, number and date fields say --------------------------------------------------

KEPT: Mapping[str, str] = {
    "how the records stand and how many there are": """
        tipo_record numero_progressivo numero_disposizioni numero_record numero_rendicontazioni progressivo_movimento
        progressivo_pratica progressivo_tributo progressivo_contributo numero_rate numero_immobili""",
    "the banks, which everybody knows": """
        abi_addebito abi_banca_allineamento abi_banca_assuntrice abi_banca_di_addebito_passiva abi_banca_domiciliataria
        abi_banca_esattrice abi_banca_passiva_rendicontante abi_di_riferimento_mittente abi_var codice_abi
        bic_beneficiario bic_ordinante codice_abi_banca codice_abi_banca_destinataria codice_abi_banca_ordinante
        codice_abi_mittente codice_abi_originario_banca codice_mp soggetto_veicolatore""",
    "a country, or a whole province": """
        codice_paese codice_paese_var provincia provincia_di_nascita provincia_domicilio_fiscale stato_di_accredito
        stato_di_residenza""",
    "what is paid and to which public body, of the tables of the Agenzia delle entrate": """
        anno_di_riferimento causale causale_contributo codice_ente codice_regione codice_sede codice_sede_inail
        codice_sede_inps codice_tributo codice_ufficio ente periodo_di_riferimento_fine periodo_di_riferimento_inizio
        rateazione riferimento_tributo_mese_anno""",
    "codes of the bank's own tables": "causale_interna tipo_conto",
    "days, not written as dates": "data_ordine data_godimento_1 data_godimento_2 data_godimento_3 data_godimento_4",
    "what anybody can look up: a currency and its rate of exchange, a security": """
        cambio_applicato codice_isin cux_5402_accredito cux_5402_addebito cux_6345_accredito cux_6345_addebito
        moa_6345""",
    "made anew from the coordinates they check": """
        check_digit check_digit_var cin cin_coordinate_bancaria cin_var""",
}

MASKED: Mapping[Maschera, str] = {
    text: """
        banca_di_accredito banca_sportello_beneficiario banca_sportello_domiciliataria beneficiario
        bollo_provincia cliente_ordinante cognome_o_denominazione completamento_indirizzo comune
        comune_domicilio_fiscale comune_e_sigla_provincia comune_o_stato_estero_di_nascita creditore_1_segmento
        creditore_2_segmento creditore_3_segmento creditore_4_segmento denominazione_azienda
        denominazione_creditore denominazione_mittente descrizione descrizione_creditore_1 descrizione_creditore_2
        descrizione_creditore_3 descrizione_creditore_4 descrizione_debitore_1 descrizione_debitore_2
        descrizione_debitore_3 descrizione_del_titolo descrizione_movimento descrizione_ordinante
        descrizione_rifiuto descrizione_sottoscrittore_1 descrizione_sottoscrittore_2 descrizione_sottoscrittore_3
        indirizzo indirizzo_domicilio_fiscale indirizzo_ordinante informazioni_di_riconciliazione
        intestatario_conto localita motivazione_del_pagamento motivazione_residua nad_3124_1 nad_3124_2 nad_3124_3
        nome ordinante_del_pagamento riferimenti_al_debito_1 riferimenti_al_debito_2 riferimento_operazione_1
        riferimento_operazione_2 segmento_1 segmento_2 segmento_3 titolare_conto_di_accredito""",
    fiscal: """
        codice_fiscale_cliente codice_fiscale_contribuente codice_fiscale_mittente codice_fiscale_titolare_conto
        codifica_fiscale codifica_fiscale_creditore codifica_fiscale_intestatario codifica_fiscale_ordinante
        codifica_fiscale_sottoscrittore secondo_codice_fiscale""",
    code: """
        bgm_1004 codice_cab_mittente fca_3434 fca_cin nad_3039 rff_1154 bollo_numero_autorizzazione cab_addebito
        cab_banca cab_banca_assuntrice cab_banca_di_addebito cab_banca_domiciliataria cab_banca_esattrice
        cab_di_riferimento_mittente cab_giro cab_var campo_a_disposizione campo_a_disposizione_1
        campo_a_disposizione_2 campo_non_disponibile cap chiavi_di_controllo chiavi_di_controllo_1
        chiavi_di_controllo_2 codice_atto codice_autorizzazione codice_azienda codice_azienda_creditrice
        codice_azienda_var codice_cab codice_cab_banca_destinataria codice_cab_banca_ordinante
        codice_cliente_bancario codice_cliente_beneficiario codice_cliente_debitore codice_controllo
        codice_di_riferimento codice_identificativo codice_identificativo_univoco codice_individuale
        codice_individuale_var codice_posizione codice_riferimento codice_univoco elementi_identificativi
        identificativo_end_to_end identificativo_operazione identificativo_univoco_messaggio
        indicatori_di_circuito matricola_inps nome_supporto nome_supporto_flusso_originario numero_assegno
        numero_di_riferimento numero_disposizione numero_pratica numero_protocollo_delega numero_ricevuta
        numero_riferimento posizione_assicurativa progressivo_assoluto riferimento riferimento_banca
        riferimento_cliente riferimento_debitore riferimento_promemoria riferimento_riepilogativo
        sportello_banca_passiva_cab tasso_della_pratica""",
    account: """
        conto_addebito conto_banca_assuntrice conto_corrente conto_del_creditore conto_destinatario
        conto_di_accredito conto_ordinante conto_var fca_3194 numero_conto numero_conto_di_addebito
        numero_conto_movimentato numero_dossier numero_dossier_giro rapporto""",
    codes: "riferimenti_originari",
    amount: "importo_massimo_rata moa_5004 totale_importi",
    born: "data_di_nascita",
    iban: "iban_beneficiario iban_ordinante",
    bban: "identificativo_rapporto",
    creditor: "creditor_identifier",
}

SIDES = {"mittente": TO_BANK, "ricevente": FROM_BANK}  # each is the company in flows that travel that way
BY_NAME: Mapping[str, Maschera] = {
    **{name: kept for names in KEPT.values() for name in names.split()},
    **{name: mask for mask, names in MASKED.items() for name in names.split()},
}


def mask_of(field: Field[Any], direction: str) -> Maschera:
    """What hides the content of a field of a flow that travels in that direction."""
    if isinstance(field, Filler | Undocumented):
        return hidden
    if isinstance(field, Const | Choice):
        return kept if isinstance(field, Const) else coded
    if isinstance(field, Amount):
        return amount
    if field.name_it in SIDES:
        return code if SIDES[field.name_it] == direction else kept
    default = kept if isinstance(field, Date | FullDate) else text if isinstance(field, Text) else code
    return BY_NAME.get(field.name_it, default)
