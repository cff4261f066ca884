"""What the simulated bank answers to a flow of Ri.Ba.: receipt, refusal, outcomes with promemoria, statement.

Pure functions of the flow, a day and a seed: the same in, the same bytes out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import cbi
from cbi.flows.riba import Disposizione, disposizioni
from cbi.records import cornice

SPESE_PAGATA = 45
SPESE_INSOLUTA = 450
"""Fees of the simulated bank for a paid and for an unpaid Ri.Ba., in cents."""

ECHO = ("20", "30", "40", "50")
"""The records of an order that its outcome repeats."""

Records = Sequence[tuple[str, Mapping[str, object]]]


@dataclass(frozen=True)
class Esito:
    """The outcome that the bank has decided for an order; `causale` as in the standard, `spese` in cents."""

    ordine: cbi.Ordine
    disposizione: Disposizione
    causale: str
    spese: int


@dataclass(frozen=True)
class Decisione:
    """All that the bank has decided of a flow; `riferimenti` by causale, that of its promemoria."""

    supporto: cbi.Supporto
    esiti: tuple[Esito, ...]
    riferimenti: Mapping[str, str] = field(default_factory=dict)

    def of(self, causale: str) -> list[Esito]:
        """The outcomes with that causale."""
        return [e for e in self.esiti if e.causale == causale]


def decide(supporto: cbi.Supporto, seed: int, unpaid_percent: int = 10) -> Decisione:
    """Which orders of the flow are paid and which come back unpaid. By the receipt number and the seed
    alone."""
    esiti = []
    for ordine, d in zip(supporto.ordini, disposizioni(supporto), strict=True):
        unpaid = _draw(seed, d.numero_ricevuta) < unpaid_percent
        esiti.append(Esito(ordine, d, "42010" if unpaid else "30010", SPESE_INSOLUTA if unpaid else SPESE_PAGATA))
    riferimenti = {causale: _reference(supporto, causale) for causale in ("30010", "42010")}
    return Decisione(supporto, tuple(esiti), riferimenti)


def conferma(supporto: cbi.Supporto, oggi: date) -> bytes:
    """A CN frame: the flow is received. Its nome supporto is that of the flow."""
    return _frame("CN", supporto, oggi, [])


def scarto(supporto: cbi.Supporto, oggi: date, codici: Iterable[str]) -> bytes:
    """An ER frame: the flow is refused, with the diagnostic codes, one a record."""
    return _frame("ER", supporto, oggi, [f"{n:07d} {codice}" for n, codice in enumerate(codici, 1)])


def ricevuta(name: str, data: bytes) -> bytes:
    """A sidecar receipt for the file `name` holding `data`; it is to be called `name` + ".ack"."""
    return json.dumps({"file": name, "sha256": hashlib.sha256(data).hexdigest()}, sort_keys=True).encode() + b"\n"


def flusso_esiti(decisione: Decisione, causale: str, oggi: date, extra: Sequence[Esito] = ()) -> bytes:
    """The outcome flow of one causale, with its promemoria at the end. `extra` outcomes are added as they
    are."""
    supporto, riferimento = decisione.supporto, decisione.riferimenti[causale]
    esiti = [*decisione.of(causale), *extra]
    ordini = [_order(supporto, esito, oggi, riferimento) for esito in esiti]
    for memo, importo in promemoria(decisione, causale):
        ordini.append(_memo(esiti[0].disposizione, memo, importo, oggi, riferimento))
    header = _header(supporto, oggi, f"E{causale}{riferimento[-8:]}")
    return cbi.compose("RIBA", "from_bank", header, ordini)


def promemoria(decisione: Decisione, causale: str) -> list[tuple[str, int]]:
    """The promemoria of the outcomes with that causale: (causale, cents), fees and, when unpaid, charge-back."""
    esiti = decisione.of(causale)
    spese = [("16000", sum(e.spese for e in esiti))]
    unpaid = [("37000", sum(e.disposizione.importo for e in esiti))] if causale == "42010" else []
    return [(memo, cents) for memo, cents in unpaid + spese if cents]


def stray(esito: Esito, *, numero_ricevuta: str | None = None, importo: int | None = None) -> Esito:
    """The same outcome with a receipt number or an amount that the order never had."""
    d = esito.disposizione
    changed = replace(d, numero_ricevuta=numero_ricevuta or d.numero_ricevuta, importo=importo or d.importo)
    return replace(esito, disposizione=changed)


def rendiconto(decisioni: Sequence[Decisione], oggi: date, conto: Mapping[str, str], before: int) -> bytes:
    """The RH of one bank and day: the flows credited (NROSUPCBI), charge-backs and fees (RIFESICBI), a
    transfer.

    `conto` has paese, check_digit, cin, abi, cab, numero; `before` is the balance before, in cents. The
    closing balance is the opening one plus the movements, and so squares.
    """
    movements = [m for d in decisioni for m in _movements(d)]
    movements.append(("48", "C", 123_456, "", "", "BONIFICO DA CLIENTE FRUTTA E VERDURA SIMULATA SRL"))
    after = before + sum(cents if sign == "C" else -cents for _, sign, cents, *_ in movements)
    records: list[tuple[str, Mapping[str, object]]] = [("61", opening(conto, oggi, before))]
    for number, each in enumerate(movements, 1):
        records += movement(number, oggi, *each)
    records.append(("64", closing(oggi, after)))
    header = _header(decisioni[0].supporto, oggi, f"RH{oggi:%y%m%d}{conto['abi']}")
    return cbi.compose("RH", "from_bank", header, [records])


# --- the pieces -------------------------------------------------------------------------------------------


def _draw(seed: int, key: str) -> int:
    """A number from 0 to 99 that depends on the seed and the key only."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:4]) % 100


def _reference(supporto: cbi.Supporto, causale: str) -> str:
    digest = hashlib.sha256(f"{supporto.identita}{causale}".encode()).hexdigest().upper()
    return f"PM{digest[:10]}"


def _header(supporto: cbi.Supporto, oggi: date, nome: str) -> dict[str, object]:
    sender, receiver = supporto.identita[:2]
    return {"mittente": receiver, "ricevente": sender, "data_creazione": oggi, "nome_supporto": nome[:20]}


def _order(supporto: cbi.Supporto, esito: Esito, oggi: date, riferimento: str) -> Records:
    d = esito.disposizione
    head: dict[str, object] = {
        "data_pagamento": d.scadenza,
        "causale": esito.causale,
        "importo": d.importo,
        "segno": "+" if esito.causale == "30010" else "-",
        "abi_banca_domiciliataria": d.abi,
        "cab_banca_domiciliataria": d.cab,
        "abi_banca_assuntrice": d.abi_assuntrice,
        "cab_banca_assuntrice": d.cab_assuntrice,
        "conto_banca_assuntrice": d.conto_assuntrice,
        "codice_azienda_creditrice": supporto.identita[0],
        "tipo_codice": "4",
        "codice_cliente_debitore": d.codice_cliente,
    }
    receipt = {
        "numero_ricevuta": d.numero_ricevuta,
        "denominazione_creditore": _values(esito.ordine, "51")["denominazione_creditore"],
        "importo_spese": esito.spese,
        "data_valuta": oggi,
        "riferimento_promemoria": riferimento,
    }
    echo = [(tipo, _values(esito.ordine, tipo)) for tipo in ECHO]
    return [("14", head), *echo, ("51", receipt), ("70", {})]


def _memo(d: Disposizione, causale: str, importo: int, oggi: date, riferimento: str) -> Records:
    values = {
        "data_creazione": oggi,
        "data_valuta": oggi,
        "causale": causale,
        "importo": importo,
        "riferimento": riferimento,
        "conto_del_creditore": d.conto_assuntrice,
    }
    return [("10/promemoria", values), ("70/promemoria", {})]


def _values(ordine: cbi.Ordine, tipo: str) -> dict[str, Any]:
    record = ordine.get(tipo)
    values = {} if record is None else record.values()
    return {name: value for name, value in values.items() if name not in ("tipo_record", "numero_progressivo")}


def _movements(d: Decisione) -> list[tuple[str, str, int, str, str, str]]:
    """(causale, segno, cents, reference type, reference, description) of what a flow did on the account."""
    name = d.supporto.identita[3]
    total = sum(e.disposizione.importo for e in d.esiti)
    found = [("30", "C", total, "NROSUPCBI", name, f"ACCREDITO RI.BA. SBF PRESENTAZIONE {name}")]
    words = {"37000": ("37", "INSOLUTI RI.BA. RIADDEBITO"), "16000": ("16", "COMMISSIONI SU RI.BA.")}
    for causale, riferimento in d.riferimenti.items():
        for memo, cents in promemoria(d, causale):
            kind, text = words[memo]
            found.append((kind, "D", cents, "RIFESICBI", riferimento, text))
    return found


def movement(
    number: int, oggi: date, causale: str, segno: str, cents: int, kind: str, reference: str, text: str
) -> list[tuple[str, Mapping[str, object]]]:
    """The records of a movement of account: `cents` in cents, `kind` and `reference` what it refers to, or ""."""
    values = {
        "progressivo_movimento": number,
        "data_valuta": oggi,
        "data_contabile": oggi,
        "segno_movimento": segno,
        "importo_movimento": cents,
        "causale_cbi": causale,
        "riferimento_banca": f"SIM{oggi:%y%m%d}{number:05d}",
        "tipo_riferimento_cliente": kind or None,
        "riferimento_cliente": reference or None,
    }
    return [("62", values), ("63/free", {"progressivo_movimento": number, "descrizione": text})]


def opening(conto: Mapping[str, str], oggi: date, balance: int) -> dict[str, object]:
    """The first record of an account, with its balance in cents."""
    return {
        "causale": "93001",
        "descrizione": "C/C ORDINARIO",
        "tipo_conto": "CC",
        "cin": conto["cin"],
        "codice_abi_banca": conto["abi"],
        "cab_banca": conto["cab"],
        "conto_corrente": conto["numero"],
        "codice_divisa": "EUR",
        "data_contabile": oggi,
        "segno": _sign(balance),
        "saldo_iniziale": abs(balance),
        "codice_paese": conto["paese"],
        "check_digit": conto["check_digit"],
    }


def closing(oggi: date, balance: int) -> dict[str, object]:
    """The last record of an account, with its balance in cents."""
    return {
        "codice_divisa": "EUR",
        "data_contabile": oggi,
        "segno_saldo_contabile": _sign(balance),
        "saldo_contabile": abs(balance),
        "segno_saldo_liquido": _sign(balance),
        "saldo_liquido": abs(balance),
    }


def _sign(balance: int) -> str:
    return "D" if balance < 0 else "C"


def _frame(tipo: str, supporto: cbi.Supporto, oggi: date, body: Sequence[str]) -> bytes:
    header = _header(supporto, oggi, supporto.identita[3])
    records = [
        cornice.Testa.build(tipo_record=tipo, **header),
        *(cornice.Corpo.build(tipo_record="00", non_documentato_1=text) for text in body),
        cornice.EF.build(tipo_record="EF", **header),
    ]
    return b"".join(record.raw + b"\r\n" for record in records)
