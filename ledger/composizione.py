"""From orders to the bytes of a distinta, and what the checks say of the bytes that would leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import Any

import cbi
from cbi.flows import registry
from cbi.flows.disposizione import Disposizione
from cbi.flows.model import TO_BANK, Flow
from cbi.flows.ordini import chiave, ordini
from cbi.flows.rework import composed, whole
from cbi.flows.rework import records_of as records
from cbi.flows.writer import EOL
from cbi.validators.catalogue import Profilo
from cbi.validators.diagnostics import INFO, Diagnostic
from ledger.archivio import digest

EURO = {"E": "EUR"}
_ACCOUNT = ("nostro_abi", "nostro_cab", "nostro_conto")
# Columns of an order that are attributes of a cbi order; those that it cannot lack come first.
# What is early is not wrong: it waits for its day (see `distinte.not_before`).
PROFILO = Profilo(regole={"F24-20-222": INFO})
_NEEDED = ("causale", "importo", "segno", "controparte", "raw")
_MAY_LACK = ("scadenza", "codice_fiscale", "codice_cliente", "riferimento", "abi", "cab", "conto", *_ACCOUNT)


@dataclass(frozen=True)
class Composta:
    """A supporto as it would leave (`data`), with what the checks say of it (`note`)."""

    supporto: cbi.Supporto
    data: bytes
    note: tuple[Diagnostic, ...]

    @property
    def errori(self) -> int:
        return errors(self.note)

    @cached_property
    def sha256(self) -> str:
        return digest(self.data)

    @cached_property
    def ordini(self) -> tuple[dict[str, Any], ...]:
        """The orders as columns of the ledger; none of them when there are some that cannot be told."""
        try:
            return tuple(_columns(self.supporto))
        except cbi.ValoreErrato:
            return ()

    @property
    def totale(self) -> int:
        """Cents of all its orders."""
        return sum(ordine["importo"] for ordine in self.ordini)

    def colonne(self) -> dict[str, Any]:
        """The columns of a distinta that its bytes decide."""
        _, banca, creata, nome = self.supporto.identita
        accounts = {tuple(ordine[name] for name in _ACCOUNT) for ordine in self.ordini}
        account = accounts.pop() if len(accounts) == 1 else (None,) * len(_ACCOUNT)
        return {
            "flusso": self.supporto.flow,
            "tipo": self.supporto.tipo,
            "abi": banca,
            "nome_supporto": nome,
            "data_creazione": creata,
            "divisa": EURO.get(self.supporto.header.fields().get("codice_divisa") or "", ""),
            **dict(zip(_ACCOUNT, account, strict=True)),
            "sha256": self.sha256,
            "numero_disposizioni": len(self.supporto.ordini),
            "totale": self.totale,
        }


def errors(note: Iterable[Diagnostic]) -> int:
    """How many of the diagnostics are errors."""
    return sum(each.severity == "error" for each in note)


def compose(
    testa: cbi.Record, flusso: str, gruppi: Sequence[bytes], coda: cbi.Record | None = None, *, oggi: date
) -> Composta:
    """A supporto of a header and of orders given as the bytes of their records: numbered from 1, counted, summed.

    `coda` is a trailer to be like; without it one is made. Nothing else of the orders changes. The checks are those of
    a flow sent on the day `oggi`.
    """
    flow = registry.find(flusso, TO_BANK)
    supporto = composed(flow, testa, parts(testa.raw + EOL + b"".join(gruppi)).ordini, coda)
    return Composta(supporto, supporto.raw, tuple(checked(supporto.raw, supporto.identita[3], oggi)))


def again(data: bytes, *, as_before: bool) -> bytes:
    """The bytes of a supporto made again from its header and its orders: with a trailer like the one it has, as when a
    distinta is changed (`as_before`), or with a new one. Raises `ValoreErrato`."""
    like = parts(data)
    flow = registry.find(like.flow, TO_BANK)
    return composed(flow, like.header, like.ordini, like.coda if as_before else None).raw


def checked(data: bytes, nome: str, oggi: date) -> Iterator[Diagnostic]:
    """What the checks say of bytes called `nome` that may leave from the day `oggi` on."""
    return cbi.lint(BytesIO(data), nome, PROFILO, on=oggi)


def parts(data: bytes) -> cbi.Supporto:
    """The supporto that some bytes, which once were one, hold."""
    return next(cbi.read_supporti(BytesIO(data)))


def records_of_order(flusso: str, mittente: str, banca: str, raw: bytes) -> tuple[cbi.Record, ...]:
    """The records of one order of a kind, from its bytes alone, read as the only one of a supporto.

    Raises `ValoreErrato` for bytes that never were an order.
    """
    testa = new_header(flusso, mittente, banca, date(2000, 1, 1), flusso, raw)
    return parts(testa.raw + EOL + raw).ordini[0].records


def new_header(flusso: str, mittente: str, banca: str, data: date, nome: str, raw: bytes) -> cbi.Record:
    """A header of a kind, with the marks that it shares with the first record of an order (`raw`).

    Raises `ValoreErrato` for a value that does not fit.
    """
    flow = registry.find(flusso, TO_BANK)
    cls = flow.records[flow.tipo]
    first = _first_class(flow)(raw[: raw.index(EOL)])
    shared = {name: value for name, value in first.values().items() if name in cls.BY_NAME and name not in _OF_EACH}
    divisa = {"codice_divisa": "E"} if "codice_divisa" in cls.BY_NAME else {}
    own = {"mittente": mittente, "ricevente": banca, "data_creazione": data, "nome_supporto": nome}
    return cls.build(**{**divisa, **shared, **own})


_OF_EACH = ("tipo_record", "numero_progressivo")


def _first_class(flow: Flow) -> type[cbi.Record]:
    if flow.free:
        raise cbi.ValoreErrato("records", flow.name, "di un tracciato con disposizioni", "of a layout that has orders")
    (start,) = flow.starts
    return flow.records[start]


def _columns(supporto: cbi.Supporto) -> Iterator[dict[str, Any]]:
    """The orders of a supporto as columns. Raises `ValoreErrato` unless each can be told from the others and read."""
    flow = registry.find(supporto.flow, TO_BANK)
    if supporto.coda is None if flow.free else not whole(flow, records(supporto)):
        raise cbi.ValoreErrato("records", supporto.numero, "tutti, e in ordine", "all there, and in order")
    line = 2
    for numero, (letto, ordine) in enumerate(zip(supporto.ordini, ordini(supporto), strict=True), 1):
        yield {"numero": numero, "line": line, **_of_order(supporto, ordine)}
        line += len(letto.records)


def _of_order(supporto: cbi.Supporto, ordine: Disposizione) -> Mapping[str, Any]:
    needed = {name: getattr(ordine, name) for name in _NEEDED}
    for name, value in needed.items():
        if value is None:
            raise cbi.ValoreErrato(name, ordine.numero, "valorizzato", "valued")
    return {
        "flusso": supporto.flow,
        "banca": supporto.identita[1],
        "chiave": chiave(supporto.flow, ordine),
        **needed,
        **{name: getattr(ordine, name) for name in _MAY_LACK},
    }
