"""Which flow a header begins."""

from __future__ import annotations

from cbi.flows import cornice, rendicontazione, riba
from cbi.flows.model import FROM_BANK, TO_BANK, Flow
from cbi.records.riba import CAUSALI_ESITO, IB, Record14

DECLARED: tuple[Flow, ...] = (riba.ORDINI, riba.ESITI, rendicontazione.RH, rendicontazione.EC)
FRAME_NAMES = frozenset(cornice.FRAMES)
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

    Types that travel both ways are told by their codes: an ABI is all digits and a SIA seldom is; when both are,
    the causale of the first order (`following`) decides.
    """
    tipo = header[1:3].decode("latin-1")
    candidates = [flow for flow in DECLARED if flow.tipo == tipo] or [cornice.FRAMES[tipo]]
    if len(candidates) == 1:
        return candidates[0]
    direction = _direction(IB.mittente.cut(header), IB.ricevente.cut(header), Record14.causale.cut(following))
    return next(flow for flow in candidates if flow.direction == direction)


def _direction(sender: bytes, receiver: bytes, causale: bytes) -> str:
    if sender.isdigit() and receiver.isdigit():
        return FROM_BANK if causale.decode("latin-1") in CAUSALI_ESITO else TO_BANK
    return FROM_BANK if sender.isdigit() else TO_BANK
