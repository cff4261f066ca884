"""Sorting what was read: each supporto to what it does, everything in it checked and decoded beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

import cbi
from cbi.flows.disposizione import Promemoria
from cbi.flows.estratti import LETTURE
from ledger import intenti, outcomes
from ledger.outcomes import APPLICATO, ECCEZIONE_, GIA_APPLICATO
from ledger.ports import Ports
from reconcile.conto import Arrivo, Conto
from reconcile.esiti import apply_esiti
from reconcile.movimenti import store_rapporti
from reconcile.ricevute import confirm, receipt, refusal_codes, reject, unexplained
from reconcile.risposte import LETTORI, SENZA_SCADENZA, Esito
from spool.albero import Ramo
from spool.nomi import ACK

TOO_MANY = "CBI-FILE-200"
"""The diagnostic that says that others were left out: then nothing in the file can be taken for flawless."""

RICEVUTE = ("CN", "ER", "A4", ACK)  # what is received of them is one word on a whole flow, and no outcome is kept

Reason = dict[str, Any]
Action = Callable[[Connection, Ports, Arrivo], Conto]


@dataclass(frozen=True)
class Letto:
    """One supporto as read, not yet applied: either `motivi` say why not, or `action` does it."""

    numero: int
    tipo: str
    nome_supporto: str
    motivi: tuple[Reason, ...] = ()
    action: Action | None = None
    codici: tuple[str, ...] = ()


def sort(branch: Ramo, name: str, data: bytes) -> list[Letto]:
    """What a file of a branch says: one `Letto` for each supporto (or the sidecar), and one, numbered 0, for what
    lies outside any. Never raises for what the bytes hold."""
    return [_read_ack(name, data)] if name.endswith(ACK) else _read_flows(branch, name, data)


def _read_flows(branch: Ramo, name: str, data: bytes) -> list[Letto]:
    errors: dict[int, list[Reason]] = {}
    everywhere: list[Reason] = []
    for diagnostic in cbi.lint(BytesIO(data), name):
        if diagnostic.severity == "error":
            errors.setdefault(diagnostic.distinta or 0, []).append(diagnostic.to_dict())
            everywhere += [diagnostic.to_dict()] if diagnostic.code == TOO_MANY else []
    supporti = cbi.read_supporti(BytesIO(data))
    letti = [_read_supporto(branch, s, errors.pop(s.numero, everywhere)) for s in supporti]
    stray = [each for found in errors.values() for each in found]
    if not letti:
        stray = stray or [reason("RIC-003", "nessun flusso CBI nel file", "no CBI flow in the file")]
    return letti + ([Letto(0, "?", "", tuple(stray))] if stray else [])


def _read_supporto(branch: Ramo, supporto: cbi.Supporto, errors: list[Reason]) -> Letto:
    tipo, nome = supporto.tipo, supporto.identita[3]
    motivi = errors or _not_for_us(branch, supporto)
    if motivi:
        return Letto(supporto.numero, tipo, nome, tuple(motivi))
    try:
        codici = refusal_codes(supporto) if tipo == "ER" else ()
        return Letto(supporto.numero, tipo, nome, action=_action(supporto), codici=tuple(codici))
    except cbi.ValoreErrato as error:
        why = reason("RIC-006", f"valore che non si legge: {error}", f"unreadable value: {error}")
        return Letto(supporto.numero, tipo, nome, (why,))


def _not_for_us(branch: Ramo, supporto: cbi.Supporto) -> list[Reason]:
    if (supporto.flow, supporto.direction) not in _KINDS:
        it = f"flusso {supporto.tipo} di un genere che non si riceve da una banca"
        return [reason("RIC-004", it, f"flow {supporto.tipo} of a kind not received from a bank", supporto.line)]
    sender, receiver = supporto.identita[0], supporto.identita[1]
    if (sender, receiver) != (branch.abi, branch.sia):
        it = f"mittente {sender} e ricevente {receiver}: questa è la cartella da {branch.abi} a {branch.sia}"
        en = f"sender {sender}, receiver {receiver}: this is the folder from {branch.abi} to {branch.sia}"
        return [reason("RIC-005", it, en, supporto.line)]
    return []


def _action(supporto: cbi.Supporto) -> Action:
    """What the supporto does, everything in it decoded beforehand. Raises `ValoreErrato`."""
    return _KINDS[supporto.flow, supporto.direction](supporto)


def _esiti(supporto: cbi.Supporto) -> Action:
    items = list(LETTORI[supporto.flow](supporto))
    for item in items:
        _require(supporto, item.line, item.importo, *_days(supporto, item))
    return lambda conn, ports, arrivo: apply_esiti(conn, ports, arrivo, supporto, items)


def _days(supporto: cbi.Supporto, item: Esito | Promemoria) -> tuple[date | None, ...]:
    if isinstance(item, Promemoria):
        return (item.data_valuta,)
    return () if supporto.flow in SENZA_SCADENZA else (item.scadenza,)


def _require(supporto: cbi.Supporto, line: int, *values: object) -> None:
    """Raises `ValoreErrato` when values are missing without which an order or a movement cannot be told."""
    if None in values:
        raise cbi.ValoreErrato(f"line {line} of supporto {supporto.numero}", None, "valorizzato", "valued")


def _rapporti(supporto: cbi.Supporto) -> Action:
    lettura = LETTURE[supporto.flow]
    items = list(lettura.leggi(supporto))
    for item in items:
        _require(supporto, item.line, item.data, *((item.saldo_iniziale, item.saldo_finale) if lettura.saldi else ()))
        for m in item.movimenti:
            _require(supporto, m.line, m.data_contabile, m.segno, m.importo)
    return lambda conn, ports, arrivo: store_rapporti(conn, ports, arrivo, supporto, items)


def _messaggio(supporto: cbi.Supporto) -> Action:
    """A message does nothing: that it came is in the journal, and its lines are in the file."""
    return lambda conn, ports, arrivo: Conto()


def _conferma(supporto: cbi.Supporto) -> Action:
    return lambda conn, ports, arrivo: _one(confirm(conn, ports, arrivo, supporto))


def _scarto(supporto: cbi.Supporto) -> Action:
    return lambda conn, ports, arrivo: _one(reject(conn, ports, arrivo, supporto))


def _cornice(supporto: cbi.Supporto) -> Action:
    return lambda conn, ports, arrivo: _one(unexplained(conn, ports, arrivo, supporto))


_KINDS: Mapping[tuple[str, str], Callable[[cbi.Supporto], Action]] = {
    **{(flow, "from_bank"): _esiti for flow in LETTORI},
    **{(flow, "from_bank"): _rapporti for flow in LETTURE},
    ("CN", "from_bank"): _conferma,
    ("ER", "from_bank"): _scarto,
    ("A4", "from_bank"): _cornice,
    ("SL", "from_bank"): _messaggio,
}


class Ack(BaseModel):
    """A receipt beside the file that was sent: its name, and the SHA-256 of what arrived."""

    file: str
    sha256: str | None = None


def _read_ack(name: str, data: bytes) -> Letto:
    """A sidecar: `{"file": NAME, "sha256": HEX}`, as the file that was sent."""
    sent = name.removesuffix(ACK)
    try:
        ack = Ack.model_validate_json(data)
    except ValidationError:
        ack = None
    if ack is None or ack.file != sent:
        it, en = "non è una ricevuta del file che il suo nome dice", "not a receipt of the file in its name"
        return Letto(1, ACK, sent, (reason("RIC-007", it, en),))
    sha256 = ack.sha256
    return Letto(1, ACK, sent, action=lambda conn, ports, arrivo: _ack(conn, ports, arrivo, sent, sha256))


def _ack(conn: Connection, ports: Ports, arrivo: Arrivo, sent: str, sha256: object) -> Conto:
    intento = intenti.sent_as(conn, arrivo.azienda_id, arrivo.abi, sent)
    if intento is None or intento.sha256 != sha256:
        dati = {"file": sent, "sha256": str(sha256)}
        outcomes.add_eccezione(
            conn,
            ports,
            azienda=arrivo.azienda_id,
            file_id=arrivo.file_id,
            motivo="file_sconosciuto",
            dati=dati,
        )
        return _one(ECCEZIONE_)
    return _one(receipt(conn, ports, arrivo, intento.distinta_id))


def _one(verdetto: str) -> Conto:
    """A receipt is one thing received, with its verdict."""
    return Conto(
        ricevuti=1,
        applicati=int(verdetto == APPLICATO),
        gia_applicati=int(verdetto == GIA_APPLICATO),
        eccezioni=int(verdetto == ECCEZIONE_),
    )


def reason(code: str, it: str, en: str, line: int = 0) -> Reason:
    return {"code": code, "severity": "error", "line": line, "message_it": it, "message_en": en}
