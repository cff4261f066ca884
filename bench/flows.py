"""Big flows to measure with: a small sound one gives the shape of the orders, and every order gets its own contents.

Counterparties, amounts, codes and coordinates all differ and all have the right check characters, so that nothing
remembered from one order helps with the next; what a company repeats in every order (its name, its own account) is
repeated.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

import cbi
from cbi.flows.f24 import ELIDE, SEZIONI
from cbi.flows.model import Flow
from cbi.flows.registry import find
from cbi.layout import Record
from cbi.validators.coordinates import check_letter, codice_fiscale_expected
from fixtures import disposizioni as d
from fixtures import f24, make, rendicontazioni
from fixtures.comune import ABI, EOL

Differ = Callable[[int, Random], bytes]
Luogo = tuple[str, str, str, str, str]


class Kind(NamedTuple):
    """A flow to measure.

    `model` is a sound one, whose orders take turns; `settle` gives an order its amounts; `conti` are the places where
    an account at the bank `abi` stands: type of record, then the fields of check digits, CIN, CAB and number, or "".
    """

    name: str
    direction: str
    model: bytes
    settle: Callable[[Ordine, Random], None]
    conti: Sequence[Luogo] = ()
    abi: str = d.LORO[1]
    megabytes: int = 50

    @property
    def flow(self) -> Flow:
        return find(self.name, self.direction)


class Linea(NamedTuple):
    """A record to be overwritten; its fields are read and written as bytes."""

    tipo: str
    cls: type[Record]
    raw: bytearray

    def get(self, name: str) -> bytes:
        return self.cls.BY_NAME[name].cut(bytes(self.raw))

    def put(self, name: str, content: bytes) -> None:
        spec = self.cls.BY_NAME[name]
        self.raw[spec.start - 1 : spec.end] = content.ljust(spec.size)


class Ordine:
    """The lines of an order (or account); `plus` and `minus` are what EF sums of it, in cents."""

    def __init__(self, records: tuple[Record, ...]) -> None:
        self.lines = [Linea(record.tipo, type(record), bytearray(record.raw + EOL)) for record in records]
        self.different = [
            (line, name, DIFFERENT[name])
            for line in self.lines
            for name in line.cls.BY_NAME
            if name in DIFFERENT and line.get(name).strip()
        ]
        self.numbered = [line for line in self.lines if "numero_progressivo" in line.cls.BY_NAME]
        self.plus = self.minus = 0

    def renew(self, kind: Kind, number: int, rng: Random) -> bytes:
        """The order with other contents."""
        for line in self.numbered:
            line.raw[3:10] = b"%07d" % number
        for line, name, differ in self.different:
            line.put(name, differ(number, rng))
        if kind.conti:
            self._account(kind, rng)
        kind.settle(self, rng)
        return b"".join([line.raw for line in self.lines])

    def _account(self, kind: Kind, rng: Random) -> None:
        parts = conto(kind.abi.encode(), rng)
        for line in self.lines:
            for tipo, *names in kind.conti:
                if tipo == line.tipo:
                    for name, part in zip(names, parts, strict=True):
                        if name:
                            line.put(name, part)


def write(kind: Kind, megabytes: float, seed: int = 7) -> Iterator[bytes]:
    """A flow of about that size, order by order."""
    (supporto,) = cbi.read_supporti(io.BytesIO(kind.model))
    rng, models = Random(seed), [Ordine(ordine.records) for ordine in supporto.ordini]
    orders = size = plus = minus = 0
    records = 2
    yield supporto.header.raw + EOL
    while size < megabytes * 1_000_000:
        model = models[orders % len(models)]
        orders += 1
        piece = model.renew(kind, orders, rng)
        records, size = records + len(model.lines), size + len(piece)
        plus, minus = plus + model.plus, minus + model.minus
        yield piece
    counts = {"numero_disposizioni": orders, "numero_rendicontazioni": orders, "numero_record": records}
    counts |= {"tot_importi_positivi": plus, "tot_importi_negativi": minus}
    coda = kind.flow.records["EF"]((supporto.coda or supporto.header).raw)
    yield coda.replace(**{name: value for name, value in counts.items() if name in coda.BY_NAME}).raw + EOL


# --- contents ----------------------------------------------------------------------------------------------


def partita_iva(number: int, rng: Random) -> bytes:
    """The VAT number of a company."""
    return codice_fiscale_expected(b"%010d0" % rng.randrange(10**10)).encode()


def fiscale(number: int, rng: Random) -> bytes:
    """The VAT number of a company or the fiscal code of a person, by turns."""
    if number % 2:
        return partita_iva(number, rng)
    code = b"%b%02dA%02dH%03d" % (
        bytes(rng.choices(b"BCDFGLMNPRSTVZ", k=6)),
        rng.randrange(100),
        rng.randrange(10, 29),
        rng.randrange(1000),
    )
    return code + bytes((check_letter(code),))


def conto(abi: bytes, rng: Random) -> tuple[bytes, bytes, bytes, bytes]:
    """Check digits, CIN, CAB and number of an account."""
    cab, number = b"%05d" % rng.randrange(1, 10**5), b"%012d" % rng.randrange(1, 10**12)
    cin = bytes((check_letter(abi + cab + number),))
    whole = "".join(str(int(chr(char), 36)) for char in cin + abi + cab + number + b"IT00")
    return b"%02d" % (98 - int(whole) % 97), cin, cab, number


def _called(text: bytes) -> Differ:
    return lambda number, rng: b"%b %d" % (text, number)


def _once(number: int, rng: Random) -> bytes:
    """Ten digits that come once only, in no order."""
    return b"%010d" % (number * 104_729 % 10**10)


# What differs from order to order, wherever the model has it.
DIFFERENT: Mapping[str, Differ] = {
    **dict.fromkeys(("descrizione_debitore_1", "descrizione_sottoscrittore_1", "intestatario_conto"), _called(b"SIG.")),
    **dict.fromkeys(("segmento_1", "riferimenti_al_debito_1", "riferimenti_originari"), _called(b"FATTURA N.")),
    **dict.fromkeys(("codice_fiscale_cliente", "codifica_fiscale_sottoscrittore"), fiscale),
    **dict.fromkeys(("codice_fiscale_contribuente", "codice_fiscale_titolare_conto"), partita_iva),
    **dict.fromkeys(("codice_cliente_debitore", "codice_cliente_beneficiario", "codice_individuale"), _called(b"CLI")),
    **dict.fromkeys(("numero_ricevuta", "numero_disposizione"), _once),
    **dict.fromkeys(("codice_univoco", "codice_di_riferimento", "codice_riferimento"), _called(b"RIF")),
    **dict.fromkeys(("riferimento_banca", "descrizione"), _called(b"CRO")),
    **dict.fromkeys(("saldo_attuale", "quantita_trattata"), lambda number, rng: b"%014d,000" % rng.randrange(1, 10**8)),
    "codice_isin": lambda number, rng: b"IT%010d" % rng.randrange(10**10),
    "saldo_finale_pratica": lambda number, rng: _comma(_amount(rng)),
    "numero_protocollo_delega": lambda number, rng: b"%07d" % number,
    "indirizzo": lambda number, rng: b"VIA DELLE NUVOLE %d" % rng.randrange(1, 500),
}


# --- amounts -----------------------------------------------------------------------------------------------


def _amount(rng: Random) -> int:
    return rng.randrange(1, 10**8)


def somme(o: Ordine, rng: Random) -> None:
    """An order has one amount, in its first record."""
    amount, first = _amount(rng), o.lines[0]
    first.put("importo", b"%013d" % amount)
    plus = first.get("segno") == b"+"
    o.plus, o.minus = (amount, 0) if plus else (0, amount)


def nessuna(o: Ordine, rng: Random) -> None:
    """Orders without amounts."""


_LINES = {sezione.riga.TIPO for sezione in (*SEZIONI, ELIDE)}
_TOTALS = {sezione.totali.TIPO for sezione in (*SEZIONI, ELIDE)}


def delega(o: Ordine, rng: Random) -> None:
    """The lines of a delegation, the totals of its sections, its balance."""
    section = total = 0
    for line in o.lines:
        if line.tipo in _LINES:
            amount = _amount(rng)
            section, total = section + amount, total + amount
            line.put("importo_a_debito", b"%015d" % amount)
        elif line.tipo in _TOTALS:
            line.put("totale_importi_a_debito", b"%015d" % section)
            line.put("saldo_sezione", b"%015d" % section)
            section = 0
        elif line.tipo == "50-01":
            line.put("saldo_finale_delega", b"%015d" % total)
        elif line.tipo == "70":
            line.put("totale_delega", b"%015d" % total)
    o.plus = total


def quadratura(o: Ordine, rng: Random) -> None:
    """The movements of an account, its closing balance, and its liquid one where there is one."""
    balance = 0
    for line in o.lines:
        if line.tipo == "61":
            line.put("segno", b"C")
            line.put("saldo_iniziale", _comma(0))
        elif line.tipo == "62":
            amount = _amount(rng)
            balance += -amount if line.get("segno_movimento") == b"D" else amount
            line.put("importo_movimento", _comma(amount))
        elif line.tipo == "64":
            line.put("segno_saldo_contabile", b"D" if balance < 0 else b"C")
            line.put("saldo_contabile", _comma(abs(balance)))


def _comma(cents: int) -> bytes:
    """As statements write it."""
    return b"%012d,%02d" % divmod(cents, 100)


# --- the flows ---------------------------------------------------------------------------------------------

_IBAN = ("check_digit", "cin", "codice_cab", "numero_conto")
_DIFFERENT_BANK: Sequence[Luogo] = (("14", "", "", "cab_banca_domiciliataria", ""),)
_CORRENTE: Sequence[Luogo] = (("61", "check_digit", "cin", "cab_banca", "conto_corrente"),)
_RAPPORTO: Sequence[Luogo] = (("61", "check_digit", "cin", "cab_banca", "rapporto"),)
_ADDEBITO: Sequence[Luogo] = (("50-01", "", "cin", "cab_banca_di_addebito", "numero_conto_di_addebito"),)
_ESATTRICE: Sequence[Luogo] = (("14", "", "", "cab_banca_esattrice", ""),)
_RID: Sequence[Luogo] = (("17", *_IBAN), ("10", "", "", "cab_banca_domiciliataria", ""))
_PC: Sequence[Luogo] = (("17", *_IBAN), ("10", "", "", "codice_cab_banca_destinataria", "conto_destinatario"))
_AL: Sequence[Luogo] = (("12", "check_digit", "cin", "cab_addebito", "conto_addebito"),)
_AL_IBAN: Sequence[Luogo] = (("12", "", "", "cab_addebito", "conto_addebito"),)
_MOSSO = (make.INCASSO, make.BONIFICO, make.ESTERO, make.GIROCONTO, make.INCASSO, make.SPESE, make.RIBA_ACCREDITATE)


def _ec() -> bytes:
    account = make.rapporto(0, _MOSSO, flow="EC")
    return cbi.compose("EC", "from_bank", make.testa_banca("EC20112601"), [account])


# What an account, an order or a delegation of each flow looks like is told by the fixtures.
KINDS: Sequence[Kind] = (
    Kind("RIBA", "to_bank", make.TRE, somme, _DIFFERENT_BANK, megabytes=100),
    Kind("RIBA", "from_bank", make.esiti(make.esito(make.LUNA, "30010", importo_spese=150)), somme),
    Kind("MAV", "to_bank", d.mav(d.mav_ordine(d.LUNA), d.mav_ordine(d.VIVAIO, lunga=3)), somme),
    Kind("MAV", "from_bank", d.mav_esiti(d.mav_esito(d.LUNA), d.mav_esito(d.SARTO, "07010")), somme, _ESATTRICE),
    Kind("RID", "to_bank", d.rid(d.rid_ordine(d.LUNA), d.rid_ordine(d.VIVAIO, lunga=2)), somme, _RID),
    Kind(
        "RID",
        "from_bank",
        d.rid_esiti(d.rid_esito(d.LUNA, "50010"), d.rid_esito(d.SARTO, "50007", "AC")),
        somme,
        (("10", "", "", "cab_banca_domiciliataria", ""),),
    ),
    Kind("PC", "to_bank", d.pc(d.pc_ordine(d.LUNA), d.pc_ordine(d.VIVAIO, lunga=2, dove=True)), somme, _PC),
    Kind("AL", "to_bank", d.al(d.richiesta(d.LUNA), d.richiesta(d.SARTO, **d.RATE)), nessuna, _AL),
    Kind(
        "AL",
        "from_bank",
        d.al_risposte(d.mandato(d.LUNA, "90212", d.ORIGINE), d.mandato(d.SARTO, "90420")),
        nessuna,
        _AL,
    ),
    Kind("AL_IBAN", "to_bank", d.al_iban(d.LUNA, d.SARTO), nessuna, _AL_IBAN),
    Kind("F4", "to_bank", f24.f4(f24.SEMPLICE, f24.COMPLETA), delega, _ADDEBITO, ABI),
    Kind("I4", "to_bank", f24.i4(f24.VEICOLO, f24.VEICOLO), delega, _ADDEBITO, ABI),
    Kind("Q4", "from_bank", f24.q4(f24.COMPLETA), delega, _ADDEBITO, ABI),
    Kind("RH", "from_bank", make.rh(*(make.INCASSO,) * 10), quadratura, _CORRENTE, ABI, megabytes=100),
    Kind("EC", "from_bank", _ec(), quadratura, _CORRENTE, ABI),
    Kind("RA", "from_bank", rendicontazioni.ra(2), nessuna),
    Kind("RP", "from_bank", rendicontazioni.rp(), quadratura, _RAPPORTO, ABI),
    Kind("DT", "from_bank", rendicontazioni.dt(), nessuna),
)
