"""Rules that several flows of orders share, made for each by the code they raise and the fields they look at.

Source: the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from cbi.fields import decimal_text
from cbi.records.riba import Record14
from cbi.validators.calendari import Calendario, is_banking_day, next_banking_day
from cbi.validators.coordinates import (
    cin_expected,
    cin_ok,
    codice_fiscale_expected,
    codice_fiscale_ok,
    iban_ok,
)
from cbi.validators.rules import NONE, Conti, Declared, Finding, Rule, Valori, plus

QUALIFICATORE = ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore")
PROMEMORIA = "10"  # the record that begins an accounting memo
ITALIANI = frozenset((b"IT", b"SM"))  # countries whose BBAN has CIN, ABI, CAB and account
_IBAN = ("codice_paese", "check_digit", "cin", "codice_abi", "codice_cab", "numero_conto")
IBAN_NEEDS = " ".join(_IBAN)
_SUMMED = {start: (f"r{start}_importo", f"r{start}_segno") for start in ("14", PROMEMORIA)}
_day = Record14.data_pagamento.decode


def fields(**by_record: str) -> frozenset[str]:
    """Fields as rules name them: `fields(r14="causale importo")` is r14_causale and r14_importo."""
    return frozenset(f"{record}_{name}" for record, names in by_record.items() for name in names.split())


def reads(
    names: Collection[str] = (), *, valued: Collection[str] = (), counted: Collection[str] = ()
) -> Callable[[Rule], Declared]:
    """Declares what a rule depends on: `@reads(fields(r14="causale segno"), valued=fields(r14="importo"))`."""
    return lambda rule: Declared(rule, frozenset(names), frozenset(valued), frozenset(counted))


EF_NEEDS = fields(
    rEF="mittente ricevente data_creazione nome_supporto numero_disposizioni numero_record"
    " tot_importi_negativi tot_importi_positivi"
)


@dataclass
class ContiDisposizioni(Conti):
    """The sums of orders and of memos, by sign, how many memos, and the first order. Amounts in cents."""

    ORDINE: ClassVar[str] = "10"  # the record that begins an order

    memos: int = 0
    memo_negative: int | None = 0
    memo_positive: int | None = 0
    first: Valori = field(default_factory=dict)

    def accept(self, start: str, valori: Valori) -> None:
        summed = _SUMMED.get(start)
        if summed is None:
            return
        sign = valori.get(summed[1])
        amount = None if sign is None else valori.get(summed[0])
        if self.is_memo(start, valori):
            self.memos += 1
            if sign != b"-":
                self.memo_positive = plus(self.memo_positive, amount)
            if sign != b"+":
                self.memo_negative = plus(self.memo_negative, amount)
            return
        if not self.first:
            self.first = dict(valori)
        if sign != b"-":
            self.positive = plus(self.positive, amount)
        if sign != b"+":
            self.negative = plus(self.negative, amount)

    def is_memo(self, start: str, valori: Valori) -> bool:
        """Whether a group of records is an accounting memo and not an order."""
        return start != self.ORDINE


# --- header and trailer ------------------------------------------------------------------------------------


def all_or_none(code: str, record: str, names: Sequence[str], expected: str) -> Rule:
    """Fields that are all there or all blank."""
    keys = [f"r{record}_{name}" for name in names]

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        there = [part is None or bool(part.strip()) for part in map(v.get, keys)]
        return NONE if all(there) or not any(there) else (Finding(code, record, names[0], expected),)

    return Declared(rule, frozenset(keys))


def as_head(code: str, record: str, name: str, head: str = "") -> Rule:
    """A field repeats one of the header, of the same name unless another is given."""
    key, other = f"r{record}_{name}", head or name

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        value, expected = v.get(key), c.head.get(other)
        if value is None or expected is None or value == expected:
            return NONE
        return (Finding(code, record, name, expected.decode("latin-1"), "testa"),)

    return Declared(rule, frozenset((key,)))


def sender(code: str, record: str, name: str) -> Rule:
    """The company of an order may be another than the sender: seldom on purpose."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        value, expected = (v.get(key) or b"").strip(), c.head.get("mittente", b"").strip()
        if not value or not expected or value == expected:
            return NONE
        return (Finding(code, record, name, expected.decode("latin-1"), "testa"),)

    return Declared(rule, frozenset((key,)))


def total(code: str, name: str, sums: Callable[[ContiDisposizioni], tuple[int | None, int | None]]) -> Rule:
    """A total of EF: `sums` are those of the orders and of the memos, which the total may hold or not. What cannot be
    summed is not checked: the amount that cannot be read has its own defect."""

    def rule(v: Valori, c: ContiDisposizioni) -> Sequence[Finding]:
        raw = v.get(f"rEF_{name}")
        orders, memos = sums(c)
        if raw is None or orders is None or memos is None or int(raw) in (orders, orders + memos):
            return NONE
        return (Finding(code, "EF", name, decimal_text(orders + memos), "testa"),)

    return rule


def totals(negative: str, positive: str) -> tuple[Rule, Rule]:
    """The totals of EF, with the codes that they raise."""
    return (
        total(negative, "tot_importi_negativi", lambda c: (c.negative, c.memo_negative)),
        total(positive, "tot_importi_positivi", lambda c: (c.positive, c.memo_positive)),
    )


# --- orders ------------------------------------------------------------------------------------------------


def not_zero(code: str, record: str, name: str, expected: str = "> 0") -> Rule:
    """A number or code of zeros only is a missing value written as if it were there."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        raw = v.get(key)
        if raw is None or raw.strip(b"0"):
            return NONE
        return (Finding(code, record, name, expected),)

    return Declared(rule, frozenset(), valued=frozenset((key,)))


def one_per_flow(code: str, record: str, name: str) -> Rule:
    """All the orders of a flow have the value of the first."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: ContiDisposizioni) -> Sequence[Finding]:
        value, first = v.get(key), c.first.get(key)
        if value is None or first is None or value == first:
            return NONE
        return (Finding(code, record, name, first.decode("latin-1"), "testa"),)

    return rule


def sign(code: str, record: str, plus: Collection[bytes]) -> Rule:
    """The sign goes with the causale: `+` for those in `plus`, `-` for the others."""

    keys = f"r{record}_causale", f"r{record}_segno"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        causale, found = map(v.get, keys)
        if causale is None or found is None or (found == b"+") == (causale in plus):
            return NONE
        return (Finding(code, record, "segno", "+" if causale in plus else "-"),)

    return Declared(rule, frozenset(keys))


def not_past(code: str, record: str, name: str) -> Rule:
    """A date that came before the flow was made."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        raw = v.get(key)
        if raw is None or c.created is None or not raw.strip(b" 0"):
            return NONE
        day = _day(raw)
        if day is None or day >= c.created:
            return NONE
        return (Finding(code, record, name, f">= {c.created:%d%m%y}", "testa"),)

    return Declared(rule, frozenset((key,)))


def past_on_sending(code: str, record: str, name: str) -> Rule:
    """A date that came before the flow is sent, though not before it was made: each day is told once."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        day = _new_day(v, c, key)
        if day is None or c.on is None or day >= c.on or (c.created is not None and day < c.created):
            return NONE
        return (Finding(code, record, name, f">= {c.on:%d%m%y}"),)

    return rule


def closed_day(code: str, record: str, name: str, calendario: Calendario = Calendario.ITALIA) -> Rule:
    """A date still to come on which banks are closed: what they do on the next day that they are open, told once."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        day = _new_day(v, c, key)
        if day is None or c.on is None or day < c.on or is_banking_day(day, calendario):
            return NONE
        return (Finding(code, record, name, f"{next_banking_day(day, calendario=calendario):%d%m%y}"),)

    return rule


def _new_day(v: Valori, c: Conti, key: str) -> date | None:
    """The day in a field, unless an order before had the same."""
    raw = v.get(key)
    return None if raw is None or not raw.strip(b" 0") or (key, raw) in c.told else _day(raw)


def unless(record: str, causale: bytes, *rules: Rule) -> tuple[Rule, ...]:
    """Rules that orders of one causale are spared: a recall is of an order whose day may have passed."""

    def spared(rule: Rule) -> Rule:
        return lambda v, c: NONE if v.get(f"r{record}_causale") == causale else rule(v, c)

    return tuple(map(spared, rules))


def fiscal_code(code: str, record: str, name: str) -> Rule:
    """The check character of a fiscal code or VAT number, where there is one."""
    key = f"r{record}_{name}"

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        raw = v.get(key)
        if raw is None or not raw.strip() or codice_fiscale_ok(raw):
            return NONE
        return (Finding(code, record, name, codice_fiscale_expected(raw)),)

    return Declared(rule, frozenset((key,)))


# --- coordinates -------------------------------------------------------------------------------------------


def iban(mod97: str, cin: str, record: str, names: Sequence[str] = _IBAN) -> Declared:
    """The check digits of an Italian IBAN and its CIN, each with its code: a wrong CIN can pass mod 97.

    What is not known (blank, or check digits of zeros) is not checked.
    """
    keys = [f"r{record}_{name}" for name in names]

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        country, digits, letter, abi, cab, account = parts = tuple(map(v.get, keys))
        if None not in parts and iban_ok(*parts) and cin_ok(*parts[2:]):  # type: ignore[arg-type]
            return NONE
        if letter is None or not (abi and cab and account and abi.strip() and cab.strip() and account.strip()):
            return NONE
        if country is not None and country.strip() and country not in ITALIANI:
            return NONE
        found = []
        country, digits = (country or b"").strip(), (digits or b"").strip(b" ")
        if country and digits.strip(b"0") and not iban_ok(country, digits, letter, abi, cab, account):
            found.append(Finding(mod97, record, names[1], "mod 97"))
        if letter.strip() and not cin_ok(letter, abi, cab, account):
            found.append(Finding(cin, record, names[2], cin_expected(abi, cab, account)))
        return found

    return Declared(rule, frozenset(keys))


def coordinates(code: str, record: str, same: Mapping[str, str]) -> Rule:
    """ABI, CAB and account of an IBAN are those of the order, where it has them: `same` maps one's to the other's."""
    names, mine, others = list(same), [f"r{record}_{name}" for name in same], list(same.values())

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        found, wanted = [*map(v.get, mine)], [*map(v.get, others)]
        if found == wanted:
            return NONE
        return [
            Finding(code, record, name, expected.strip().decode("latin-1"), "inizio")
            for name, value, expected in zip(names, found, wanted, strict=True)
            if value is not None
            and expected is not None
            and expected.strip(b" 0")
            and value.strip().lstrip(b"0") != expected.strip().lstrip(b"0")
        ]

    return Declared(rule, frozenset((*mine, *others)))
