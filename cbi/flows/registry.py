"""Which flow a header begins."""

from __future__ import annotations

from cbi.flows import al, altre_rendicontazioni, cornice, f24, mav, pc, rendicontazione, riba, rid
from cbi.flows.model import FROM_BANK, TO_BANK, Flow, tipo_of
from cbi.flows.physical import raw_type
from cbi.layout import LENGTH
from cbi.records.riba import IB

DECLARED: tuple[Flow, ...] = (
    riba.ORDINI,
    riba.ESITI,
    mav.ORDINI,
    mav.ESITI,
    rid.ORDINI,
    rid.ESITI,
    pc.PC,
    al.RICHIESTE,
    al.RISPOSTE,
    al.IBAN,
    f24.F4,
    f24.I4,
    f24.Q4,
    f24.A4,
    f24.R4,
    rendicontazione.RH,
    rendicontazione.EC,
    altre_rendicontazioni.RA,
    altre_rendicontazioni.RP,
    altre_rendicontazioni.DT,
)
TESTE = frozenset(flow.tipo for flow in DECLARED) | frozenset(cornice.FRAMES)


def is_header(tipo: str) -> bool:
    """Whether a record of that type begins a supporto."""
    return tipo in TESTE


def find(name: str, direction: str) -> Flow:
    """A flow by name and direction. Raises `KeyError`."""
    for flow in (*DECLARED, *cornice.FRAMES.values()):
        if (flow.name, flow.direction) == (name, direction):
            return flow
    raise KeyError(f"{name} {direction}")


def recognise(header: bytes, following: bytes = b"") -> Flow:
    """The flow of a header record.

    Types that travel both ways are told by their codes: an ABI is all digits and a SIA seldom is. When that does not
    settle it, the flow is the one whose records the first order (`following`) fits best.
    """
    tipo = raw_type(header)
    candidates = [flow for flow in DECLARED if flow.tipo == tipo] or [cornice.FRAMES[tipo]]
    if len(candidates) == 1:
        return candidates[0]
    from_company, to_company = (not cut.isdigit() for cut in (IB.mittente.cut(header), IB.ricevente.cut(header)))
    if from_company or to_company:
        direction = TO_BANK if from_company else FROM_BANK
        candidates = [flow for flow in candidates if flow.direction == direction] or candidates
    line = following.partition(b"\n")[0].rstrip(b"\r").ljust(LENGTH)
    return min(candidates, key=lambda flow: _misfit(flow, line))


def _misfit(flow: Flow, record: bytes) -> int:
    """How many faults a record has, as the one of the flow that it resembles most."""
    tipo = flow.tipo_di(record)
    faults = (len(cls.faults(record)) for key, cls in flow.records.items() if tipo_of(key) == tipo)
    return min(faults, default=LENGTH)
