"""The rules of F24 beyond single fields.

Source: public implementations of CBI-F24-001 6.17; tables of tax codes of the Agenzia delle entrate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from cbi.fields import decimal_text
from cbi.flows.f24 import ELIDE, FINESTRA, SEZIONI, Sezione
from cbi.flows.model import needed_name
from cbi.records import f24 as r
from cbi.validators.calendari import is_banking_day, next_banking_day
from cbi.validators.comuni import fields, reads
from cbi.validators.coordinates import cin_expected, cin_ok, codice_fiscale_expected, codice_fiscale_ok
from cbi.validators.rules import (
    NONE,
    Conti,
    Finding,
    Rule,
    Ruleset,
    Valori,
    echo,
    not_empty,
    order_count,
    plus,
    record_count,
)

COMPENSAZIONI_VIETATE_DAL = b"20240701"
RAVVEDIMENTO_RATE = b"3912"  # IMU on the main residence: paid in numbered instalments
ERARIO, ALTRI_ENTI = "40-01", "40-11"
PERSONA_FISICA = 16  # characters of the fiscal code of a person
ALTRI = b"1"  # who signs is an heir, a parent, a guardian or a receiver


@dataclass
class ContiDelega(Conti):
    """The delegation being read, and the section. An amount is None when a line that it sums is faulty.

    `payment` is the day of payment of record 20 as it is written, `day` as it is understood; `named` are the office
    and the act once a line of the section has named them; `secondo` and `debit_abi` are the second fiscal code and
    the bank of the account debited, as bytes.
    """

    payment: bytes | None = None
    day: date | None = None
    secondo: bytes | None = None
    debit_abi: bytes | None = None
    named: frozenset[str] = frozenset()
    lines: dict[str, int] = field(default_factory=dict)
    debit: int | None = 0
    credit: int | None = 0
    past_debit: int | None = 0
    past_credit: int | None = 0
    balance: bytes | None = None
    ente: bytes | None = None

    def accept(self, start: str, valori: Valori) -> None:
        if start in _LINES:
            debit, credit = _AMOUNTS[start]
            self.lines[start] = self.lines.get(start, 0) + 1
            self.debit = plus(self.debit, valori.get(debit))
            self.credit = plus(self.credit, valori.get(credit))
            if start == ERARIO:
                for name, key in _NOMINATI:
                    if valori.get(key, b"1").strip(b" 0"):
                        self.named |= {name}
            elif start == ALTRI_ENTI:
                self.ente = valori.get("r4011_codice_ente")
        elif start in _TOTALS:
            self.past_debit, self.past_credit = self.all_debit, self.all_credit
            self.debit = self.credit = 0
            self.named = frozenset()
        elif start == "10":
            self.payment = valori.get("r20_data_di_pagamento")
            self.day = None if self.payment is None else _day(self.payment)
            self.named = frozenset()
            self.secondo = valori.get("r20_secondo_codice_fiscale")
            self.lines = {}
            self.past_debit = self.past_credit = self.debit = self.credit = 0
        elif start == "50-01":
            self.debit_abi = valori.get("r5001_abi_banca_di_addebito_passiva")
            self.balance = valori.get("r5001_saldo_finale_delega")
            self.positive = plus(self.positive, self.balance)

    @property
    def all_debit(self) -> int | None:
        """What the lines of the delegation debit, whatever their section."""
        return None if self.past_debit is None or self.debit is None else self.past_debit + self.debit

    @property
    def all_credit(self) -> int | None:
        """What they credit."""
        return None if self.past_credit is None or self.credit is None else self.past_credit + self.credit

    def key(self, valori: Valori) -> bytes | None:
        number: bytes | None = valori.get("r10_numero_protocollo_delega")
        return None if number is None or not number.strip(b"0") else number


_day = r.Record20.data_di_pagamento.decode
_UFFICIO_E_ATTO = {"codice_ufficio": "office_required", "codice_atto": "act_required"}
_NOMINATI = tuple((name, f"r4001_{name}") for name in _UFFICIO_E_ATTO)
_LINES = {sezione.riga.TIPO: sezione for sezione in (*SEZIONI, ELIDE)}
_TOTALS = {sezione.totali.TIPO: sezione for sezione in (*SEZIONI, ELIDE)}
_PREFIX = {tipo: f"r{tipo.replace('-', '')}" for tipo in (*_LINES, *_TOTALS)}
_AMOUNTS = {tipo: (f"{_PREFIX[tipo]}_importo_a_debito", f"{_PREFIX[tipo]}_importo_a_credito") for tipo in _LINES}


# --- header and taxpayer -----------------------------------------------------------------------------------


def qualificatore(head: str) -> Rule:
    """105, 106 and 107-111 are all there or all blank."""

    def rule(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        names = ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore")
        parts = [v.get(f"r{head}_{name}", b"x").strip() for name in names]
        if all(parts) or not any(parts):
            return NONE
        return (Finding("F24-F4-037", head, "qualificatore_flusso", "105, 106 e 107-111"),)

    return rule


@reads(fields(r10="codice_fiscale_contribuente"))
def contribuente(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The check character of the taxpayer's code."""
    return _fiscale(v, "10", "codice_fiscale_contribuente", "F24-10-034")


@reads(fields(r20="secondo_codice_fiscale"))
def secondo_codice(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The check character of the second fiscal code, where there is one."""
    if not v.get("r20_secondo_codice_fiscale", b"").strip():
        return NONE
    return _fiscale(v, "20", "secondo_codice_fiscale", "F24-20-034")


@reads(valued=fields(r20="secondo_codice_fiscale codice_identificativo"))
def identificativo(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """A second fiscal code says who it is; without one there is nothing to say."""
    second, who = v.get("r20_secondo_codice_fiscale"), v.get("r20_codice_identificativo")
    if second is None or who is None or bool(second.strip()) == bool(who.strip()):
        return NONE
    code = "F24-20-031" if second.strip() else "F24-20-032"
    return (Finding(code, "20", "codice_identificativo", "82-97 e 98-99"),)


def persona(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """A person has a name, a sex, a day and a place of birth; what is not a person has a denomination only."""
    code = v.get("r10_codice_fiscale_contribuente")
    if code is None or len(code.rstrip()) != PERSONA_FISICA:
        return NONE
    return [Finding("F24-10-031", "10", name) for name in _PERSONA if not v.get(f"r10_{name}", b"?").strip()]


_PERSONA = ("nome", "sesso", "comune_o_stato_estero_di_nascita", "data_di_nascita")


@reads(fields(r20="data_di_pagamento"))
def passata(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Nothing is paid before the flow was made. How early it may be sent is a matter of the day it is sent."""
    raw = v.get("r20_data_di_pagamento")
    if raw is None or c.created is None:
        return NONE
    day = _day(raw)
    if day is None or day >= c.created:
        return NONE
    return (Finding("F24-20-202", "20", "data_di_pagamento", f">= {c.created:%Y%m%d}", "testa"),)


# --- on the day of sending ---------------------------------------------------------------------------------


def finestra(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """A delegation is sent from 25 days before the day of payment to the day itself."""
    raw = v.get("r20_data_di_pagamento")
    day = None if raw is None else _day(raw)
    if day is None or c.on is None or (c.created is not None and day < c.created):
        return NONE
    if day < c.on:
        return (Finding("F24-20-221", "20", "data_di_pagamento", f">= {c.on:%Y%m%d}"),)
    if day - c.on > FINESTRA:
        return (Finding("F24-20-222", "20", "data_di_pagamento", f"<= {c.on + FINESTRA:%Y%m%d}"),)
    return NONE


def ultimo_giorno(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Of what is sent after 11:00 of the day of payment itself, the acceptance comes the next working day."""
    day = _first_told(v, c)
    if day is None or day != c.on:
        return NONE
    return (Finding("F24-20-223", "20", "data_di_pagamento", f"{next_banking_day(day):%Y%m%d}"),)


def giorno_chiuso(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Banks carry out no delegation on a day on which they are closed."""
    day = _first_told(v, c)
    if day is None or c.on is None or day < c.on or is_banking_day(day):
        return NONE
    return (Finding("F24-20-220", "20", "data_di_pagamento", f"{next_banking_day(day):%Y%m%d}"),)


_PAGAMENTO = "r20_data_di_pagamento"


def _first_told(v: Valori, c: ContiDelega) -> date | None:
    """The day of payment, unless a delegation before has the same."""
    raw = v.get(_PAGAMENTO)
    return None if raw is None or (_PAGAMENTO, raw) in c.told else _day(raw)


def _fiscale(v: Valori, tipo: str, name: str, code: str) -> Sequence[Finding]:
    raw = v.get(f"r{tipo.replace('-', '')}_{name}")
    if raw is None or codice_fiscale_ok(raw):
        return NONE
    return (Finding(code, tipo, name, codice_fiscale_expected(raw)),)


# --- lines -------------------------------------------------------------------------------------------------

_MESE = re.compile(rb"00(?:0[1-9]|1[0-2])")
_RATA = re.compile(rb"(?!00)\d\d(?!00)\d\d")
_FORMATI = {
    "00MM": _MESE,
    "NNRR": _RATA,
    "FFFF": re.compile(b"0000|" + _RATA.pattern),
    "0000": re.compile(b"0000"),
    "00T0": re.compile(rb"00(?!00)\d\d"),
    "00T2": re.compile(rb"00[A-Z]{2}"),
}
_ENTI = {"T4": re.compile(rb"[A-Z]\d{3}"), "T6": re.compile(rb"[A-Z]{2} *")}


def _righe(sezione: Sezione) -> tuple[Rule, ...]:
    """The rules of a line of a section."""
    tipo, prefix = sezione.riga.TIPO, _PREFIX[sezione.riga.TIPO]
    numbered = f"{prefix}_{sezione.numero}"

    @reads(valued=fields(**{prefix: "importo_a_debito importo_a_credito"}))
    def un_importo(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        debit, credit = v.get(f"{prefix}_importo_a_debito"), v.get(f"{prefix}_importo_a_credito")
        if debit is None or credit is None or bool(int(debit)) != bool(int(credit)):
            return NONE
        return (Finding("F24-40-141", tipo, "importo_a_debito", "debito oppure credito"),)

    @reads(valued=fields(**{prefix: "importo_a_credito"}))
    def solo_debito(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        if not sezione.solo_debito or not int(v.get(f"{prefix}_importo_a_credito", 0)):
            return NONE
        return (Finding("F24-40-210", tipo, "importo_a_credito", "0", ""),)

    def limite(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        if c.lines.get(tipo, 0) != sezione.limite:
            return NONE
        return (Finding("F24-40-023", tipo, "tipo_record", f"<= {sezione.limite}", "rapporto"),)

    def numero(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        raw, expected = v.get(numbered), c.lines.get(tipo, 0) + 1
        if raw is None or int(raw) == expected:
            return NONE
        return (Finding("F24-40-024", tipo, sezione.numero, f"{expected:02d}"),)

    @reads(fields(**{prefix: sezione.codice}))
    def codice(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        raw = v.get(f"{prefix}_{sezione.codice}")
        row = None if raw is None else c.tabelle.tributi.get(raw.strip())
        if raw is None or not sezione.tavola or (row is not None and row["section"] == sezione.tavola):
            return NONE
        if row is None:
            return (Finding("F24-40-204", tipo, sezione.codice, sezione.tavola),)
        return (Finding("F24-40-205", tipo, sezione.codice, row["section"]),)

    @reads(fields(**{prefix: sezione.codice}), valued=fields(**{prefix: "importo_a_debito importo_a_credito"}))
    def uso(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        row = _row(v, c, prefix, sezione.codice)
        if row["mode_D_E_R"] == "D" and not sezione.solo_debito and int(v.get(f"{prefix}_importo_a_credito", 0)):
            return (Finding("F24-40-206", tipo, "importo_a_credito", "a debito"),)
        if row["mode_D_E_R"] == "R" and int(v.get(f"{prefix}_importo_a_debito", 0)):
            return (Finding("F24-40-206", tipo, "importo_a_debito", "a credito"),)
        return NONE

    return (un_importo, solo_debito, limite, numero, codice, uso) if sezione.tavola else (un_importo, limite, numero)


_NO_ROW: Mapping[str, str] = dict.fromkeys(
    ("mode_D_E_R", "office_required", "act_required", "ref_1", "ref_year", "max_year_offset", "entity_or_format"), ""
)


def _row(v: Valori, c: ContiDelega, prefix: str, name: str = "codice_tributo") -> Mapping[str, str]:
    """What the table says of the code of a line."""
    return c.tabelle.tributi.get(v.get(f"{prefix}_{name}", b"").strip(), _NO_ROW)


@reads(fields(r4001="codice_tributo"), valued=fields(r4001="codice_ufficio codice_atto"), counted=("named",))
def ufficio_e_atto(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Some codes pay what an act of an office asks for: both are named, here or in a line before of the section."""
    row = _row(v, c, "r4001")
    return [
        Finding(code, "40-01", name)
        for code, name in (("F24-40-207", "codice_ufficio"), ("F24-40-208", "codice_atto"))
        if row[_UFFICIO_E_ATTO[name]] and name not in c.named and not v.get(f"r4001_{name}", b"1").strip(b" 0")
    ]


def ufficio(prefix: str, tipo: str) -> Rule:
    """An office is one of those of the table."""

    @reads(fields(**{prefix: "codice_ufficio"}))
    def rule(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        raw = v.get(f"{prefix}_codice_ufficio", b"").strip(b" 0")
        if not raw or v[f"{prefix}_codice_ufficio"] in c.tabelle.uffici:
            return NONE
        return (Finding("F24-40-219", tipo, "codice_ufficio", "tabella degli uffici"),)

    return rule


def anno(prefix: str, tipo: str, name: str = "anno_di_riferimento") -> Rule:
    """The year, in the last four columns: one where the table wants one, and not later than the table admits."""

    @reads(fields(**{prefix: f"codice_tributo {name}"}), counted=("day",))
    def rule(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        raw, row = v.get(f"{prefix}_{name}"), _row(v, c, prefix)
        if raw is None or row["ref_year"] not in ("AAAA", "0000"):
            return NONE
        year, last = int(raw[-4:]), None
        if row["ref_year"] == "AAAA" and row["max_year_offset"] and c.day is not None:
            last = c.day.year + int(row["max_year_offset"])
        if bool(year) == (row["ref_year"] == "AAAA") and (last is None or year <= last):
            return NONE
        return (Finding("F24-40-213", tipo, name, row["ref_year"] if last is None else f"AAAA <= {last}"),)

    return rule


def rateazione(prefix: str, tipo: str) -> Rule:
    """What stands in rateazione is what the table of tax codes says: a month, an instalment, zeros."""

    @reads(fields(**{prefix: "codice_tributo rateazione"}))
    def rule(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        raw, row = v.get(f"{prefix}_rateazione"), _row(v, c, prefix)
        wanted = _FORMATI.get(row["ref_1"])
        if raw is None or wanted is None or wanted.fullmatch(raw):
            return NONE
        return (Finding("F24-40-212", tipo, "rateazione", row["ref_1"]),)

    return rule


@reads(fields(r4007="codice_tributo rateazione"))
def rata_3912(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """3912 is paid in instalments, and says which."""
    if v.get("r4007_codice_tributo") != RAVVEDIMENTO_RATE or v.get("r4007_rateazione", b"1").strip(b" 0"):
        return NONE
    return (Finding("F24-40-209", "40-07", "rateazione", "NNRR"),)


@reads(fields(r4007="codice_tributo codice_ente"))
def ente_locale(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The municipality's code; the province's letters for the fees of chambers of commerce."""
    raw, kind = v.get("r4007_codice_ente"), _row(v, c, "r4007")["entity_or_format"]
    wanted = _ENTI.get(kind[:2])
    if raw is None or wanted is None or wanted.fullmatch(raw):
        return NONE
    return (Finding("F24-40-211", "40-07", "codice_ente", kind),)


@reads(fields(r4005="codice_regione"))
def regione(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """A region is one of those of the table."""
    raw = v.get("r4005_codice_regione")
    if raw is None or not c.tabelle.regioni or raw in c.tabelle.regioni:
        return NONE
    return (Finding("F24-40-224", "40-05", "codice_regione", "T0"),)


# --- contributions -----------------------------------------------------------------------------------------

_SEDE_INPS = re.compile(rb"\d{3,4} *")
_DAL = re.compile(r">=? ?(?:(\d{1,2})/)?(\d{4})")  # the first month, or the last year before it


class Periodo(NamedTuple):
    """What a column of the table of INPS admits: zeros, months from 1 to `last`, not before `least` (year, month)."""

    zeros: bool
    last: int
    least: tuple[int, int]
    until_payment: bool
    same_year: bool


@lru_cache(maxsize=64)
def periodo(text: str) -> Periodo | None:
    """The format of a reference in the words of the table; None where they say nothing that can be checked."""
    if text != "0" and not (text.startswith(("MM", "NN")) and "AAAA" in text):
        return None
    since = _DAL.search(text)
    least = (0, 0)
    if since is not None:
        least = (int(since[2]), int(since[1])) if since[1] else (int(since[2]) + 1, 0)
    return Periodo(
        zeros=text == "0" or "oppure 0" in text,
        last={"0": 0, "N": 4}.get(text[0], 12),
        least=least,
        until_payment="riscossione" in text.lower(),
        same_year="AAAA inizio" in text,
    )


def _fits(admitted: Periodo, raw: bytes, start: bytes, payment: date | None) -> bool:
    """Whether a period MMAAAA is one that the table admits; `start` is where it begins."""
    if not raw.strip(b" 0"):
        return admitted.zeros
    year, month = _month(raw)
    return (
        1 <= month <= admitted.last
        and (year, month) >= admitted.least
        and not (admitted.until_payment and payment is not None and (year, month) > (payment.year, payment.month))
        and not (admitted.same_year and start.strip(b" 0") and year != _month(start)[0])
    )


def _month(raw: bytes) -> tuple[int, int]:
    """Year and month of MMAAAA."""
    return int(raw[2:]), int(raw[:2])


@reads(fields(r4003="causale_contributo periodo_di_riferimento_inizio periodo_di_riferimento_fine"), counted=("day",))
def periodi_inps(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The period of a contribution is written as the table says for its code."""
    row = _row(v, c, "r4003", "causale_contributo")
    start = v.get("r4003_periodo_di_riferimento_inizio", b"")
    return [
        Finding(code, "40-03", name, row[column])
        for code, name, column in (
            ("F24-40-214", "periodo_di_riferimento_inizio", "ref_1"),
            ("F24-40-215", "periodo_di_riferimento_fine", "ref_year"),
        )
        if (raw := v.get(f"r4003_{name}")) is not None
        and (admitted := periodo(row[column])) is not None
        and not _fits(admitted, raw, start, c.day)
    ]


@reads(fields(r4003="codice_sede_inps"))
def sede_inps(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The office of INPS is three or four digits."""
    raw = v.get("r4003_codice_sede_inps")
    if raw is None or _SEDE_INPS.fullmatch(raw):
        return NONE
    return (Finding("F24-40-225", "40-03", "codice_sede_inps", "3-4 cifre"),)


def mese(prefix: str, tipo: str, name: str, *, zeros: bool = False) -> Rule:
    """A month and a year, MMAAAA."""

    @reads(fields(**{prefix: name}))
    def rule(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        raw = v.get(f"{prefix}_{name}")
        if raw is None or (zeros and not raw.strip(b" 0")) or 1 <= int(raw[:2]) <= 12:
            return NONE
        return (Finding("F24-40-216", tipo, name, "MMAAAA"),)

    return rule


def dopo_l_inizio(prefix: str, tipo: str) -> Rule:
    """A period does not end before it begins."""

    @reads(fields(**{prefix: "periodo_di_riferimento_inizio periodo_di_riferimento_fine"}))
    def rule(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        start = v.get(f"{prefix}_periodo_di_riferimento_inizio", b"")
        end = v.get(f"{prefix}_periodo_di_riferimento_fine", b"")
        if not start.strip(b" 0") or not end.strip(b" 0") or _month(end) >= _month(start):
            return NONE
        return (Finding("F24-40-217", tipo, "periodo_di_riferimento_fine", f">= {start.decode()}"),)

    return rule


_INAIL = ("codice_sede_inail", "posizione_assicurativa", "numero_di_riferimento")


@reads(valued=fields(r4009=" ".join(_INAIL)))
def inail(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Office, position and reference of INAIL are there: zeros are not."""
    return [Finding("F24-40-218", "40-09", name) for name in _INAIL if not v.get(f"r4009_{name}", b"1").strip(b"0")]


# --- totals ------------------------------------------------------------------------------------------------


def _totali(sezione: Sezione) -> tuple[Rule, ...]:
    """The rules of the totals of a section."""
    tipo, prefix = sezione.totali.TIPO, _PREFIX[sezione.totali.TIPO]
    debits, credits = f"{prefix}_totale_importi_a_debito", f"{prefix}_totale_importi_a_credito"
    balance, sign = f"{prefix}_saldo_sezione", f"{prefix}_segno_sezione"

    def somme(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        debit, credit = v.get(debits), v.get(credits)
        if debit and credit and int(debit) == c.debit and int(credit) == c.credit:
            return NONE
        return [
            Finding(code, tipo, name, decimal_text(total))
            for code, name, raw, total in (
                ("F24-40-050", "totale_importi_a_debito", debit, c.debit),
                ("F24-40-051", "totale_importi_a_credito", credit, c.credit),
            )
            if raw is not None and total is not None and int(raw) != total
        ]

    def saldo(v: Valori, c: ContiDelega) -> Sequence[Finding]:
        if c.debit is None or c.credit is None:
            return NONE
        net, raw, found = c.debit - c.credit, v.get(balance), v.get(sign)
        right = "P" if net >= 0 else "N"
        wrong = []
        if raw is not None and int(raw) != abs(net):
            wrong.append(Finding("F24-40-052", tipo, "saldo_sezione", decimal_text(abs(net))))
        if found is not None and found.decode() != right:
            wrong.append(Finding("F24-40-047", tipo, "segno_sezione", right))
        return wrong

    return somme, saldo


def un_ente(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The lines of other bodies and their totals name one body."""
    raw = v.get("r4012_codice_ente")
    if raw is None or c.ente is None or raw == c.ente:
        return NONE
    return (Finding("F24-40-037", "40-12", "codice_ente", c.ente.decode("latin-1")),)


# --- payment -----------------------------------------------------------------------------------------------


@reads(fields(r5001="data_di_pagamento"), counted=("payment",))
def data_pagamento(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """20 and 50-01 bear one payment date."""
    raw = v.get("r5001_data_di_pagamento")
    if raw is None or c.payment is None or raw == c.payment:
        return NONE
    return (Finding("F24-50-037", "50-01", "data_di_pagamento", c.payment.decode("latin-1"), "rapporto"),)


_CREDITI = ("credit", "past_credit")


def saldo_delega(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Debits minus credits, and never less than zero."""
    raw, debit, credit = v.get("r5001_saldo_finale_delega"), c.all_debit, c.all_credit
    if raw is None or debit is None or credit is None:
        return NONE
    balance = debit - credit
    if balance < 0:
        return (Finding("F24-50-052", "50-01", "saldo_finale_delega", decimal_text(debit)),)
    if int(raw) == balance:
        return NONE
    return (Finding("F24-50-050", "50-01", "saldo_finale_delega", decimal_text(balance)),)


@reads(fields(r5001="totale_importi_a_credito_compensati"), counted=_CREDITI)
def crediti(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The credits of all the sections."""
    raw = v.get("r5001_totale_importi_a_credito_compensati")
    if raw is None or c.all_credit is None or int(raw) == c.all_credit:
        return NONE
    expected = decimal_text(c.all_credit)
    return (Finding("F24-50-051", "50-01", "totale_importi_a_credito_compensati", expected),)


@reads(
    fields(r5001="data_di_pagamento totale_importi_a_credito_compensati"),
    valued=fields(r5001="saldo_finale_delega"),
    counted=_CREDITI,
)
def compensazione(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Since 1 July 2024 a bank may not carry a delegation with compensations or with nothing to pay."""
    day, balance = v.get("r5001_data_di_pagamento", b""), v.get("r5001_saldo_finale_delega")
    credit = c.all_credit or int(v.get("r5001_totale_importi_a_credito_compensati", 0))
    if day < COMPENSAZIONI_VIETATE_DAL or not (credit or (balance is not None and not int(balance))):
        return NONE
    name = "totale_importi_a_credito_compensati" if credit else "saldo_finale_delega"
    return (Finding("F24-50-201", "50-01", name, decimal_text(credit)),)


@reads(fields(r5001="titolare_pagamento"), valued=fields(r5001="saldo_finale_delega"))
def titolare(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """1 says that there is nothing to debit, 2 and 3 whose account is debited."""
    raw, balance = v.get("r5001_titolare_pagamento"), v.get("r5001_saldo_finale_delega")
    if raw is None or balance is None or (raw == b"1") == (int(balance) == 0):
        return NONE
    return (Finding("F24-50-032", "50-01", "titolare_pagamento", "2 / 3" if int(balance) else "1"),)


_CONTO = ("abi_banca_di_addebito_passiva", "cab_banca_di_addebito", "numero_conto_di_addebito")
_CHIAVI_CONTO = tuple(f"r5001_{name}" for name in _CONTO)


def conto(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """What is debited needs an account, and an account with a CIN the right one."""
    parts = [v.get(key, b"?") for key in _CHIAVI_CONTO]
    if not int(v.get("r5001_saldo_finale_delega", 0)) or b"?" in parts:
        return NONE
    if not all(part.strip(b" 0") for part in parts):
        blank = next(name for name, part in zip(_CONTO, parts, strict=True) if not part.strip(b" 0"))
        return (Finding("F24-50-031", "50-01", blank),)
    cin = v.get("r5001_cin", b" ")
    if cin_ok(cin, *parts) or not cin.strip():
        return NONE
    return (Finding("F24-50-053", "50-01", "cin", cin_expected(*parts)),)


@reads(fields(r5001="flag_firmatario"), counted=("secondo",))
def firmatario(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """An heir, a parent, a guardian or a receiver who signs is the second person of the delegation."""
    if v.get("r5001_flag_firmatario") != ALTRI or c.secondo is None or c.secondo.strip():
        return NONE
    return (Finding("F24-50-203", "50-01", "flag_firmatario", "82-97", "rapporto"),)


@reads(fields(r5001="codice_fiscale_titolare_conto"))
def intestatario(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The check character of the code of whose account is debited."""
    return _fiscale(v, "50-01", "codice_fiscale_titolare_conto", "F24-50-034")


@reads(fields(r5002="codice_fiscale_mittente"))
def mittente(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The check character of the sender's code."""
    return _fiscale(v, "50-02", "codice_fiscale_mittente", "F24-5002-034")


@reads(fields(r5002="destinatario_stampa", r5003="tipo_record"))
def destinatario(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The address of who gets the printed receipt is there when it is not the holder of the account, and only then."""
    raw, there = v.get("r5002_destinatario_stampa"), v.get("r5003_tipo_record") is not None
    if raw is None or (raw == b"2") == there:
        return NONE
    return (
        Finding("F24-50-022" if there else "F24-50-021", "50-02", "destinatario_stampa", "2" if there else "50-03"),
    )


# --- receipts ----------------------------------------------------------------------------------------------


def totale_quietanza(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The receipt is of the whole balance, on the day of the delegation."""
    total, day = v.get("r70_totale_delega"), v.get("r70_data_pagamento")
    found = []
    if total is not None and c.balance is not None and int(total) != int(c.balance):
        found.append(Finding("F24-70-037", "70", "totale_delega", decimal_text(int(c.balance)), "rapporto"))
    if day is not None and c.payment is not None and day != c.payment:
        found.append(Finding("F24-70-038", "70", "data_pagamento", c.payment.decode("latin-1"), "rapporto"))
    return found


_IUD = ("sportello_banca_passiva_cab", "progressivo_assoluto")


@reads(
    fields(r70="flag_posizione_abi_rendicontante"),
    valued=fields(r70=f"abi_banca_passiva_rendicontante descrizione_rifiuto {' '.join(_IUD)}"),
)
def protocollo(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """What the IUD is made of, for a delegation of which no refusal is told."""
    if v.get("r70_descrizione_rifiuto", b"x").strip():
        return NONE
    own = v.get("r70_flag_posizione_abi_rendicontante") == b"1"
    names = ("abi_banca_passiva_rendicontante", *_IUD) if own else _IUD
    missing = [name for name in names if not v.get(f"r70_{name}", b"1").strip(b" 0")]
    return [Finding("F24-70-031", "70", missing[0], "IUD")] if missing else NONE


@reads(
    fields(r70="flag_posizione_abi_rendicontante abi_banca_passiva_rendicontante"),
    valued=fields(r70="descrizione_rifiuto"),
    counted=("debit_abi",),
)
def banca_dello_iud(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The bank of the IUD, of 103-107 or of the sender as 120 says, is the one whose account is debited."""
    flag, own = v.get("r70_flag_posizione_abi_rendicontante"), v.get("r70_abi_banca_passiva_rendicontante")
    refused = v.get("r70_descrizione_rifiuto", b"x").strip()
    abi = own if flag == b"1" else c.head.get("mittente")
    if refused or flag is None or not abi or not c.debit_abi or not c.debit_abi.strip(b" 0") or abi == c.debit_abi:
        return NONE
    name = "abi_banca_passiva_rendicontante" if flag == b"1" else "flag_posizione_abi_rendicontante"
    return (Finding("F24-70-220", "70", name, c.debit_abi.decode("latin-1"), "rapporto"),)


# --- trailer -----------------------------------------------------------------------------------------------


def totale_positivo(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """The sum of the balances."""
    raw = v.get("rEF_tot_importi_positivi")
    if raw is None or c.positive is None or int(raw) == c.positive:
        return NONE
    return (Finding("F24-EF-050", "EF", "tot_importi_positivi", decimal_text(c.positive), "testa"),)


def totale_negativo(v: Valori, c: ContiDelega) -> Sequence[Finding]:
    """Zeros."""
    if not int(v.get("rEF_tot_importi_negativi", 0)):
        return NONE
    return (Finding("F24-EF-051", "EF", "tot_importi_negativi", "0.00", "testa"),)


_EF: tuple[Rule, ...] = (
    echo,
    not_empty,
    order_count("numero_disposizioni"),
    record_count,
    totale_positivo,
    totale_negativo,
)


def _needs(sezioni: tuple[Sezione, ...], head: str) -> frozenset[str]:
    """Every field of the records that have rules: the rules of a line read most of them."""
    classes = [cls for sezione in sezioni for cls in (sezione.riga, sezione.totali)]
    classes += [r.Record10, r.Record20, r.Record5001, r.Record5002, r.Record70, r.EF]
    names = {needed_name(cls, spec) for cls in classes for spec in cls.FIELDS if spec.name in _READ}
    heads = {f"r{head}_{name}" for name in ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore")}
    return frozenset(names | heads | {"r5003_tipo_record"})


_READ = frozenset(
    (
        *("importo_a_debito", "importo_a_credito", "progressivo_tributo", "progressivo_contributo", "codice_tributo"),
        *("causale_contributo", "rateazione", "codice_ufficio", "codice_atto", "codice_ente"),
        *("totale_importi_a_debito", "totale_importi_a_credito", "segno_sezione", "saldo_sezione"),
        *("codice_fiscale_contribuente", "numero_protocollo_delega", "data_di_pagamento", "secondo_codice_fiscale"),
        *("codice_identificativo", "saldo_finale_delega", "totale_importi_a_credito_compensati", "flag_firmatario"),
        *("anno_di_riferimento", "riferimento_tributo_mese_anno", "codice_regione", "codice_sede_inps", *_PERSONA),
        *("periodo_di_riferimento_inizio", "periodo_di_riferimento_fine", *_INAIL),
        *("titolare_pagamento", "cin", "codice_fiscale_titolare_conto", *_CONTO),
        *("codice_fiscale_mittente", "destinatario_stampa"),
        *("totale_delega", "data_pagamento", "descrizione_rifiuto", "flag_posizione_abi_rendicontante", *_IUD),
        *("abi_banca_passiva_rendicontante", "mittente", "ricevente", "data_creazione", "nome_supporto"),
        *("numero_disposizioni", "numero_record", "tot_importi_positivi", "tot_importi_negativi"),
    )
)
_VARY = frozenset(
    (
        *("importo_a_debito", "saldo_finale_delega", "codice_fiscale_contribuente"),
        *("codice_fiscale_titolare_conto",),
    )
)
_MORE: Mapping[str, tuple[Rule, ...]] = {
    "40-01": (ufficio_e_atto, ufficio("r4001", "40-01"), anno("r4001", "40-01"), rateazione("r4001", "40-01")),
    "40-03": (sede_inps, periodi_inps, dopo_l_inizio("r4003", "40-03")),
    "40-05": (regione, anno("r4005", "40-05"), rateazione("r4005", "40-05")),
    "40-07": (anno("r4007", "40-07"), rateazione("r4007", "40-07"), rata_3912, ente_locale),
    "40-09": (inail,),
    "40-11": (
        mese("r4011", "40-11", "periodo_di_riferimento_inizio"),
        mese("r4011", "40-11", "periodo_di_riferimento_fine", zeros=True),
        dopo_l_inizio("r4011", "40-11"),
    ),
    "40-13": (
        ufficio("r4013", "40-13"),
        mese("r4013", "40-13", "riferimento_tributo_mese_anno"),
        anno("r4013", "40-13", "riferimento_tributo_mese_anno"),
    ),
    "40-17": (ufficio("r4017", "40-17"), anno("r4017", "40-17")),
    "40-12": (un_ente,),
}


def _ruleset(head: str, sezioni: tuple[Sezione, ...], *, to_bank: bool) -> Ruleset:
    body: dict[str, tuple[Rule, ...]] = {}
    for sezione in sezioni:
        line, totals = sezione.riga.TIPO, sezione.totali.TIPO
        body[line] = (*_righe(sezione), *_MORE.get(line, ()))
        body[totals] = (*_totali(sezione), *_MORE.get(totals, ()))
    sent = (qualificatore(head),) if to_bank else ()
    return Ruleset(
        conti=ContiDelega,
        needs=_needs(sezioni, head),
        rules={
            head: sent,
            "10": (contribuente, persona, secondo_codice, identificativo, *((passata,) if to_bank else ())),
            **body,
            "50-01": (
                data_pagamento,
                saldo_delega,
                crediti,
                titolare,
                conto,
                firmatario,
                intestatario,
                mittente,
                destinatario,
                *((compensazione,) if to_bank else ()),
            ),
            "70": () if to_bank else (totale_quietanza, protocollo, banca_dello_iud),
            "EF": _EF,
        },
        sending={"10": (finestra, ultimo_giorno, giorno_chiuso)} if to_bank else {},
        days=(_PAGAMENTO,),
        double=("F24-10-999", "10", "numero_protocollo_delega") if to_bank else ("", "", ""),
        group="10" if to_bank else "",
        vary=frozenset(name for name in _needs(sezioni, head) if name.partition("_")[2] in _VARY),
    )


F4 = _ruleset("F4", SEZIONI, to_bank=True)
I4 = _ruleset("I4", (ELIDE,), to_bank=True)
Q4 = _ruleset("Q4", (*SEZIONI, ELIDE), to_bank=False)
