"""Statements of every kind as accounts: how each is read, and what kind of account it speaks of.

Source: CBI-RND-001 v6.05, sections 2 to 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from cbi.flows.model import Ordine, Supporto
from cbi.flows.rendicontazione import Movimento, Rapporto, movement, need, rapporti
from cbi.layout import Record
from cbi.records import ra

CONTO, ANTICIPI, PORTAFOGLIO, TITOLI = "conto", "anticipi", "portafoglio", "titoli"


def anticipi(supporto: Supporto) -> Iterator[Rapporto]:
    """The accounts of a statement of advances. Balances are as the bank writes them, without a sign; each movement has
    its case as its reference and among its structures. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        head, tail = need(ordine, "61"), ordine.get("65")
        cases = [record.values() for record in ordine.records if record.tipo == "62"]
        total = sum(case["saldo_finale_pratica"] or 0 for case in cases)
        yield Rapporto(
            line=ordine.line,
            abi=head["codice_abi_banca"],
            cab=head["cab_banca"],
            conto=head["conto_corrente"],
            iban=None,
            divisa=head["codice_divisa"],
            data=head["data_contabile"],
            saldo_iniziale=head["saldo_iniziale_del_conto"],
            saldo_finale=total if tail is None else tail.values()["saldo_contabile"],
            saldo_liquido=None,
            movimenti=tuple(_of_cases(ordine)),
            descrizione=head["descrizione"],
        )


def _of_cases(ordine: Ordine) -> Iterator[Movimento]:
    case: Record | None = None
    current: Record | None = None
    details: list[Record] = []
    for record in ordine.records:
        if record.tipo == "64":
            details.append(record)
            continue
        if current is not None:
            yield _of_case(case, current, details)
        case = record if record.tipo == "62" else case
        current, details = (record, []) if record.tipo == "63" else (None, [])


def _of_case(case: Record | None, record: Record, details: list[Record]) -> Movimento:
    values = record.values()
    told = {} if case is None else {name: value for name, value in case.fields().items() if value}
    if values["riferimento_cliente"]:
        told["riferimento_cliente"] = values["riferimento_cliente"]
    text = b"".join(ra.Record64.descrizione.cut(each.raw) for each in details).decode("latin-1").rstrip()
    return movement(
        record,
        values,
        tipo_riferimento="NRPRATICA",
        riferimento=str(values["numero_pratica"]),
        descrizione=" ".join(each for each in (values["descrizione"], text) if each),
        strutture=({"struttura": "pratica", **told},),
        dettagli=tuple(details),
    )


def dossier(supporto: Supporto) -> Iterator[Rapporto]:
    """The securities accounts that a flow speaks of, each once for each day, at its first position: what is in them is
    not money, and stays in the records. Raises `ValoreErrato` where a field does not decode."""
    seen: set[tuple[str, str, str, date]] = set()
    for ordine in supporto.ordini:
        head = need(ordine, "10")
        which = (head["codice_abi_banca"], head["cab_banca"], head["numero_dossier"], head["data_del_saldo"])
        if which not in seen:
            seen.add(which)
            abi, cab, conto, data = which
            yield Rapporto(ordine.line, abi, cab, conto, None, "", data, None, None, None, ())


@dataclass(frozen=True)
class Lettura:
    """How a statement is read, of what kind of account it is, and whether each has balances without which it says
    nothing."""

    leggi: Callable[[Supporto], Iterator[Rapporto]]
    genere: str
    saldi: bool = True


LETTURE: Mapping[str, Lettura] = {
    "RH": Lettura(rapporti, CONTO),
    "EC": Lettura(rapporti, CONTO),
    "RA": Lettura(anticipi, ANTICIPI, saldi=False),
    "RP": Lettura(rapporti, PORTAFOGLIO),
    "DT": Lettura(dossier, TITOLI, saldi=False),
}
