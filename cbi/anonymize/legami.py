"""What follows from other fields: check characters, the sums of F24, balances of statements, trailers.

After every field has been hidden by itself these are made anew, so that what was right still is and what was wrong
by something still is wrong. Amounts in cents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cbi.anonymize.campi import flawless
from cbi.anonymize.checks import Parti, another, cin_as, digits_as
from cbi.anonymize.keyed import Chiave
from cbi.fields import ValoreErrato
from cbi.flows.coda import TOTAL, TOTALS, Conteggio, sums_memos
from cbi.layout import Record


@dataclass
class Coppia:
    """A record as it was, and its bytes as they will be."""

    record: Record
    raw: bytes

    @property
    def made(self) -> Record:
        return type(self.record)(self.raw, self.record.line)

    def has(self, *names: str) -> bool:
        """Whether the record has these fields."""
        return all(name in self.record.BY_NAME for name in names)

    def cut(self, name: str) -> tuple[bytes, bytes]:
        """The bytes of a field as they were and as they are; of one that the record has not, none."""
        spec = self.record.BY_NAME.get(name)
        return (b"", b"") if spec is None else (spec.cut(self.record.raw), spec.cut(self.raw))

    def values(self, name: str) -> tuple[Any, Any]:
        """What a field said and says; None for what it does not, and for what could not be read."""
        spec = self.record.BY_NAME.get(name)
        if spec is None or not flawless(spec, spec.cut(self.record.raw)):
            return None, None
        before, after = self.cut(name)
        return spec.decode(before), spec.decode(after)

    def put(self, name: str, value: Any) -> None:
        """Says something else in a field that was flawless; one that was not, or has no room, stays as it is."""
        spec = self.record.BY_NAME[name]
        if not flawless(spec, spec.cut(self.record.raw)):
            return
        try:
            self.raw = spec.paste(self.raw, spec.encode(value))
        except ValoreErrato:
            return

    def paste(self, name: str, content: bytes) -> None:
        """Other bytes in a field."""
        self.raw = self.record.BY_NAME[name].paste(self.raw, content)


Legame = Callable[[Chiave, Sequence[Coppia]], None]
"""Makes anew what follows from other fields, in the records of one order."""


def _moved(chiave: Chiave, value: int, old: int, new: int) -> int:
    """What should have been `old` and must now be `new`: as right as it was, or as far from it."""
    gap = value - old
    return new + (chiave.amount(gap) if gap >= 0 else -chiave.amount(-gap))


# --- coordinates -------------------------------------------------------------------------------------------

COORDINATE = (  # country, check digits, CIN, ABI, CAB, account
    ("codice_paese", "check_digit", "cin", "codice_abi", "codice_cab", "numero_conto"),
    ("codice_paese", "check_digit", "cin", "abi_addebito", "cab_addebito", "conto_addebito"),
    ("codice_paese", "check_digit", "cin", "codice_abi_banca", "cab_banca", "conto_corrente"),
    ("codice_paese", "check_digit", "cin", "codice_abi_banca", "cab_banca", "rapporto"),
    ("codice_paese_var", "check_digit_var", "cin_var", "abi_var", "cab_var", "conto_var"),
    ("", "", "cin", "abi_banca_di_addebito_passiva", "cab_banca_di_addebito", "numero_conto_di_addebito"),
)
CIN_RIPETUTO = "cin_coordinate_bancaria"  # that of the beneficiary's IBAN, in record 17


def coordinate(chiave: Chiave, order: Sequence[Coppia]) -> None:
    """CIN and check digits of the new accounts."""
    cin_of_17: tuple[bytes, bytes] = (b"", b"")
    for pair in order:
        for country, digits, cin, *rest in COORDINATE:
            if pair.has(cin, *rest):
                _check(pair, country, digits, cin, rest)
        if pair.record.tipo == "17":
            cin_of_17 = pair.cut("cin")
        if pair.has(CIN_RIPETUTO) and cin_of_17[1].isalpha() and pair.cut(CIN_RIPETUTO)[0].isalpha():
            same = pair.cut(CIN_RIPETUTO)[0] == cin_of_17[0]
            pair.paste(CIN_RIPETUTO, cin_of_17[1] if same else another(cin_of_17[1]))


def _check(pair: Coppia, country: str, digits: str, cin: str, rest: Sequence[str]) -> None:
    abi, cab, account = map(pair.cut, rest)
    old: Parti = abi[0], cab[0], account[0]
    new: Parti = abi[1], cab[1], account[1]
    letter = pair.cut(cin)[1]
    pair.paste(cin, cin_as(letter, old, new))
    if pair.has(country, digits):
        paese, (_, check) = pair.cut(country)[1], pair.cut(digits)
        pair.paste(digits, digits_as(paese, check, (letter, old), (pair.cut(cin)[1], new)))


# --- F24 ---------------------------------------------------------------------------------------------------


RIGA = ("importo_a_debito", "importo_a_credito")


def delega(chiave: Chiave, order: Sequence[Coppia]) -> None:
    """Totals and balances of the sections, and of the whole; never more credits than there were debits for."""
    lines = [pair for pair in order if pair.has(*RIGA)]
    if not lines:
        return
    _compensated(chiave, lines)
    whole, section = _Somme(), _Somme()
    for pair in order:
        if pair.has(*RIGA):
            whole.add(pair)
            section.add(pair)
        elif pair.has("saldo_sezione"):
            _sezione(chiave, pair, section)
            section = _Somme()
    for pair in order:
        for name, (old, new) in whole.named():
            was, _ = pair.values(name)
            if was is not None:
                pair.put(name, abs(_moved(chiave, was, old, new)))


class _Somme:
    """Debits and credits of some lines, as they were and as they are."""

    def __init__(self) -> None:
        self.debit, self.credit = (0, 0), (0, 0)

    def add(self, pair: Coppia) -> None:
        self.debit = _plus(self.debit, pair.values("importo_a_debito"))
        self.credit = _plus(self.credit, pair.values("importo_a_credito"))

    @property
    def balance(self) -> tuple[int, int]:
        return self.debit[0] - self.credit[0], self.debit[1] - self.credit[1]

    def named(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The fields that sum up a delegation, each with what it must say."""
        yield "saldo_finale_delega", self.balance
        yield "totale_delega", self.balance
        yield "totale_importi_a_credito_compensati", self.credit


def _plus(so_far: tuple[int, int], values: tuple[Any, Any]) -> tuple[int, int]:
    return so_far[0] + (values[0] or 0), so_far[1] + (values[1] or 0)


def _compensated(chiave: Chiave, lines: Sequence[Coppia]) -> None:
    """Adds to a debit, or to a credit, what is missing for their difference to be zero, or positive, where it was."""
    total = _Somme()
    for pair in lines:
        total.add(pair)
    old, new = total.balance
    if (old > 0) == (new > 0) and (old < 0) == (new < 0):
        return
    lack = _moved(chiave, old, 0, 0) - new
    name = "importo_a_debito" if lack > 0 else "importo_a_credito"
    first = next((pair for pair in lines if pair.values(name)[0]), None)
    if first is not None:
        first.put(name, first.values(name)[1] + abs(lack))


def _sezione(chiave: Chiave, pair: Coppia, section: _Somme) -> None:
    old, new = section.balance
    for name, (was, now) in (
        ("totale_importi_a_debito", section.debit),
        ("totale_importi_a_credito", section.credit),
        ("saldo_sezione", (abs(old), abs(new))),
    ):
        value, _ = pair.values(name)
        if value is not None:
            pair.put(name, abs(_moved(chiave, value, was, now)))
    sign, _ = pair.values("segno_sezione")
    if sign is not None:
        pair.put("segno_sezione", "P" if (sign == "P") == ((old >= 0) == (new >= 0)) else "N")


# --- statements --------------------------------------------------------------------------------------------

APERTURA = ("segno", "saldo_iniziale")
MOVIMENTO = ("segno_movimento", "importo_movimento")
CHIUSURA = ("segno_saldo_contabile", "saldo_contabile")
_ORDINALI = ("primo", "secondo", "terzo", "quarto", "quinto")
DISPONIBILI = (
    ("segno_saldo_liquido", "saldo_liquido"),
    *((f"{n}_saldo_liquido_segno", f"{n}_saldo_liquido_importo") for n in _ORDINALI),
)


def conto(chiave: Chiave, order: Sequence[Coppia]) -> None:
    """The closing balance of an account: opening plus movements; the others keep their distance from it."""
    balance: tuple[int, int] | None = None
    closing: tuple[int, int] | None = None
    for pair in order:
        if pair.has(*APERTURA):
            balance, closing = _signed(pair, *APERTURA), None
        movement = _signed(pair, *MOVIMENTO) if pair.has(*MOVIMENTO) else (0, 0)
        balance = None if balance is None or movement is None else (balance[0] + movement[0], balance[1] + movement[1])
        if balance is not None and pair.has(*CHIUSURA):
            _put_signed(chiave, pair, CHIUSURA, balance)
            closing = _signed(pair, *CHIUSURA)
        for names in DISPONIBILI if closing is not None else ():
            if closing is not None and pair.has(*names):
                _put_signed(chiave, pair, names, closing)


def _signed(pair: Coppia, sign: str, amount: str) -> tuple[int, int] | None:
    signs, amounts = pair.values(sign), pair.values(amount)
    if None in signs or None in amounts:
        return None
    old, new = (-cents if letter == "D" else cents for letter, cents in zip(signs, amounts, strict=True))
    return old, new


def _put_signed(chiave: Chiave, pair: Coppia, names: tuple[str, str], base: tuple[int, int]) -> None:
    found = _signed(pair, *names)
    if found is None:
        return
    value = _moved(chiave, found[0], *base)
    pair.put(names[1], abs(value))
    if value:
        pair.put(names[0], "D" if value < 0 else "C")


# --- trailers ----------------------------------------------------------------------------------------------


def coda(chiave: Chiave, pair: Coppia, old: Conteggio, new: Conteggio) -> None:
    """The totals of EF, of orders counted as they were and as they are."""
    if not old.sure:
        return
    memos = sums_memos(pair.record, old)
    were, are = (counted.values(type(pair.record), memos=memos) for counted in (old, new))
    for name in (*TOTALS.values(), TOTAL):
        value, _ = pair.values(name)
        if value is not None and name in were and name in are:
            pair.put(name, abs(_moved(chiave, value, were[name], are[name])))


LEGAMI: Sequence[Legame] = (coordinate, delega, conto)
