"""RH and EC: statements of current accounts as flows, and as typed values; those of portfolios (RP) have their shape.

Source: CBI-RND-001 v6.05, sections 2, 3 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cbi.fields import ValoreErrato
from cbi.flows.model import FROM_BANK, Context, Flow, Ordine, Supporto, Unit, tipo_of
from cbi.layout import Record
from cbi.records import ec, rh

STRUTTURE = ("KKK", "YYY", "YY2", "ZZ1", "ZZ2", "ZZ3", "ID1", "RI1", "RI2")
_FLAG = rh.Record63KKK.flag_struttura
_ZZ4 = rh.Record63ZZ4.marcatore
_YYY_SPLIT_FROM = 2014  # the year from which YYY tells the orderer from the town

_TRANSITIONS = {
    "61": {"62": "62", "64": "64"},
    "62": {"62": "62", "63": "63", "64": "64"},
    "63": {"62": "62", "63": "63", "64": "64"},
    "65": {"61": "61", "EF": "EF"},
}


def _units(variants: Sequence[str], *singles: str) -> tuple[Unit, ...]:
    details = "|".join(f"63/{variant}" for variant in variants)
    structured = b"|".join(re.escape(flag.encode()) for flag in (*STRUTTURE, _ZZ4.value))
    free = b".{%d}(?:%b)" % (_FLAG.start - 1, structured)
    return (Unit((("62", ""), (details, "{0,5}")), {"63/free": free}), *(Unit(((single, ""),)) for single in singles))


def _classify(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
    return [_detail(raw, context) if key == "63" else key for key, raw in zip(keys, raws, strict=True)]


def _detail(raw: bytes, context: Context) -> str:
    flag = _FLAG.cut(raw).decode("latin-1")
    if flag == "YYY" and context.name == "RH" and context.created and context.created.year < _YYY_SPLIT_FROM:
        return "63/YYY_pre2014"
    if flag in STRUTTURE and (flag != "YY2" or context.name == "RH"):
        return f"63/{flag}"
    return "63/ZZ4" if _ZZ4.cut(raw) == _ZZ4.value.encode() else "63/free"


def _records(module: Any, *tipi: str) -> dict[str, type[Record]]:
    """The records of a module by key: type, or type and variant."""
    found: list[type[Record]] = [
        cls
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, Record) and cls.__module__ == module.__name__
    ]
    by_key = {f"{cls.TIPO}/{cls.VARIANTE}".rstrip("/"): cls for cls in found}
    return {key: cls for key, cls in by_key.items() if tipo_of(key) in tipi}


RH = Flow(
    name="RH",
    direction=FROM_BANK,
    title="Rendicontazione di conto corrente",
    records=_records(rh, "RH", "61", "62", "63", "64", "65", "EF"),
    transitions={
        "RH": {"61": "61", "EF": "EF"},
        **_TRANSITIONS,
        "64": {"65": "65", "61": "61", "EF": "EF"},
    },
    units=_units(("free", *STRUTTURE, "ZZ4"), "61", "64", "65"),
    starts=frozenset({"61"}),
    classify=_classify,
)

EC = Flow(
    name="EC",
    direction=FROM_BANK,
    title="Estratto conto periodico",
    records=_records(ec, "EC", "61", "62", "63", "64", "EF"),
    transitions={
        "EC": {"61": "61", "EF": "EF"},
        **{state: arrows for state, arrows in _TRANSITIONS.items() if state != "65"},
        "64": {"61": "61", "EF": "EF"},
    },
    units=_units(("free", *(flag for flag in STRUTTURE if flag != "YY2"), "ZZ4"), "61", "64"),
    starts=frozenset({"61"}),
    classify=_classify,
)


@dataclass(frozen=True, slots=True)
class Movimento:
    """A movement of an account. `importo` in cents, absolute; `segno` C credit, D debit.

    `descrizione` is its free text, `strutture` what its other records say: the name of the layout under `struttura`,
    then each field by name, as text. `dettagli` are those records.
    """

    line: int
    numero: int
    data_valuta: date
    data_contabile: date
    segno: str
    importo: int
    causale: str
    causale_interna: str | None
    riferimento_banca: str | None
    tipo_riferimento: str | None
    riferimento: str | None
    descrizione: str
    strutture: tuple[dict[str, str], ...]
    dettagli: tuple[Record, ...]

    @property
    def importo_con_segno(self) -> int:
        return self.importo if self.segno == "C" else -self.importo

    @property
    def msg_id(self) -> str | None:
        """The message of payment that the movement comes from."""
        return self._told("ID1", "identificativo_univoco_messaggio")

    @property
    def end_to_end(self) -> str | None:
        """The payment that it is, as who ordered it named it."""
        return self._told("ID1", "identificativo_end_to_end")

    def _told(self, struttura: str, name: str) -> str | None:
        return next((each.get(name) for each in self.strutture if each["struttura"] == struttura), None)


@dataclass(frozen=True, slots=True)
class Rapporto:
    """An account and its movements. Balances in cents, signed, None where the statement has none; `data` is that of
    the closing balance, `data_inizio` that of the opening one, of a period. `liquidita` are the balances available at
    days to come."""

    line: int
    abi: str
    cab: str
    conto: str
    iban: str | None
    divisa: str
    data: date
    saldo_iniziale: int | None
    saldo_finale: int | None
    saldo_liquido: int | None
    movimenti: tuple[Movimento, ...]
    descrizione: str | None = None
    data_inizio: date | None = None
    liquidita: tuple[tuple[date, int], ...] = ()


def rapporti(supporto: Supporto) -> Iterator[Rapporto]:
    """The accounts of a statement flow. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield _rapporto(ordine)


def _rapporto(ordine: Ordine) -> Rapporto:
    head, tail = need(ordine, "61"), need(ordine, "64")
    closing = tail["data_contabile"] if "data_contabile" in tail else tail["data_fine_periodo"]
    liquid = tail.get("saldo_liquido")
    account = head["rapporto"] if "rapporto" in head else head["conto_corrente"]
    iban = (
        head["codice_paese"],
        head["check_digit"],
        head["cin"],
        head["codice_abi_banca"],
        head["cab_banca"],
    )
    return Rapporto(
        line=ordine.line,
        abi=head["codice_abi_banca"],
        cab=head["cab_banca"],
        conto=account,
        iban="".join((*iban, account.rjust(12, "0"))) if all((*iban, account)) else None,
        divisa=head["codice_divisa"],
        data=closing,
        saldo_iniziale=_signed(head["segno"], head["saldo_iniziale"]),
        saldo_finale=_signed(tail["segno_saldo_contabile"], tail["saldo_contabile"]),
        saldo_liquido=None if liquid is None else _signed(tail["segno_saldo_liquido"], liquid),
        movimenti=tuple(_movimenti(ordine)),
        descrizione=head["descrizione"],
        data_inizio=head.get("data_inizio_periodo"),
        liquidita=tuple(_liquidita(ordine)),
    )


def _liquidita(ordine: Ordine) -> Iterator[tuple[date, int]]:
    record = ordine.get("65")
    values = {} if record is None else record.values()
    for each in ("primo", "secondo", "terzo", "quarto", "quinto") if values else ():
        parts = (values[f"{each}_saldo_liquido_{name}"] for name in ("data_liquidita", "segno", "importo"))
        day, sign, amount = parts
        if day is not None and amount is not None:
            yield day, _signed(sign, amount)


def _movimenti(ordine: Ordine) -> Iterator[Movimento]:
    details: list[Record] = []
    current: Record | None = None
    for record in ordine.records:
        if record.tipo == "63":
            details.append(record)
            continue
        if current is not None:
            yield _movimento(current, details)
        current, details = (record, []) if record.tipo == "62" else (None, [])


def movement(record: Record, values: Mapping[str, Any], **told: Any) -> Movimento:
    """The movement of a record, whose values are given: what every statement says alike, and what else is `told`."""
    return Movimento(
        line=record.line,
        numero=values["progressivo_movimento"],
        data_valuta=values["data_valuta"],
        data_contabile=values["data_contabile"],
        segno=values["segno_movimento"],
        importo=values["importo_movimento"],
        causale=values["causale_cbi"],
        causale_interna=values["causale_interna"],
        riferimento_banca=values["riferimento_banca"],
        **told,
    )


def _movimento(record: Record, details: list[Record]) -> Movimento:
    values = record.values()
    more = structures(details)
    presented = next((each.get("nome_supporto") for each in more if each["struttura"] == PRESENTATO), None)
    words = (values.get("descrizione_movimento"), description(details))
    return movement(
        record,
        values,
        tipo_riferimento="NROSUPCBI" if presented else values.get("tipo_riferimento_cliente"),
        riferimento=presented or values["riferimento_cliente"],
        descrizione=" ".join(each for each in words if each),
        strutture=more,
        dettagli=tuple(details),
    )


PRESENTATO = "first"  # the layout of the 63 of a portfolio that names the flow presented
_FREE = {"free": "descrizione", PRESENTATO: "descrizione_movimento"}
_FRAME = ("tipo_record", "numero_progressivo", "progressivo_movimento", "flag_struttura", "marcatore")
_ORDERER = slice(40, 120)


def description(details: Sequence[Record]) -> str:
    """The free text of a movement: the slices of its free 63s put together as they were cut."""
    named = ((record, _FREE.get(record.variante)) for record in details)
    return b"".join(record.BY_NAME[name].cut(record.raw) for record, name in named if name).decode("latin-1").rstrip()


def structures(details: Sequence[Record]) -> tuple[dict[str, str], ...]:
    """What the other 63s say, each field that has something, as text; of YYY also 41-120 as they are, which banks write
    by two layouts and follow neither."""
    return tuple(_structure(record) for record in details if record.variante != "free")


def _structure(record: Record) -> dict[str, str]:
    told = {name: value for name, value in record.fields().items() if value and name not in _FRAME}
    if record.variante.startswith("YYY"):
        told["testo_41_120"] = record.raw[_ORDERER].decode("latin-1").rstrip()
    return {"struttura": record.variante, **told}


def _signed(sign: str | None, amount: Any) -> Any:
    """A balance with its sign; a bank may have left it blank."""
    return -amount if sign == "D" and amount is not None else amount


def need(ordine: Ordine, tipo: str) -> dict[str, Any]:
    """The values of the first record of a type. Raises `ValoreErrato` when there is none."""
    record = ordine.get(tipo)
    if record is None:
        raise ValoreErrato(tipo, ordine.numero, "presente nella rendicontazione", "present in the statement")
    return record.values()
