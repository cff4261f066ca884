"""Which flow a header begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cbi.flows import al, altre_rendicontazioni, av, cornice, ep, f24, mav, pc, pe, rendicontazione, riba, rid
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
    pe.PE,
    ep.EP,
    av.AV,
    cornice.AP,
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
    cornice.SL,
    cornice.SL_BANCA,
    cornice.CN,
    cornice.ER,
)


@dataclass(frozen=True)
class Registry:
    """The flows that a reader knows."""

    flows: tuple[Flow, ...]

    @cached_property
    def teste(self) -> frozenset[str]:
        """The types of their headers."""
        return frozenset(flow.tipo for flow in self.flows)

    def is_header(self, tipo: str) -> bool:
        """Whether a record of that type begins a supporto."""
        return tipo in self.teste

    def find(self, name: str, direction: str) -> Flow:
        """A flow by name and direction. Raises `KeyError`."""
        for flow in self.flows:
            if (flow.name, flow.direction) == (name, direction):
                return flow
        raise KeyError(f"{name} {direction}")

    def recognise(self, header: bytes, following: bytes = b"") -> Flow:
        """The flow of a header record. Raises `ValueError` for one that begins none.

        Types that travel both ways are told by their codes: an ABI is all digits and a SIA seldom is. When that does
        not settle it, the flow is the one whose records the first order (`following`) fits best.
        """
        tipo = raw_type(header)
        candidates = [flow for flow in self.flows if flow.tipo == tipo]
        if len(candidates) == 1:
            return candidates[0]
        from_company, to_company = (not cut.isdigit() for cut in (IB.mittente.cut(header), IB.ricevente.cut(header)))
        if from_company or to_company:
            direction = TO_BANK if from_company else FROM_BANK
            candidates = [flow for flow in candidates if flow.direction == direction] or candidates
        line = following.partition(b"\n")[0].rstrip(b"\r").ljust(LENGTH)
        return min(candidates, key=lambda flow: _misfit(flow, line))

    def completed(self, flows: tuple[Flow, ...]) -> Registry:
        """The same with other declarations, in the place of those of the same name and direction if there are."""
        named = {(flow.name, flow.direction): flow for flow in (*self.flows, *flows)}
        return Registry(tuple(named.values()))


def _misfit(flow: Flow, record: bytes) -> int:
    """How many faults a record has, as the one of the flow that it resembles most."""
    tipo = flow.tipo_di(record)
    faults = (len(cls.faults(record)) for key, cls in flow.records.items() if tipo_of(key) == tipo)
    return min(faults, default=LENGTH)


BUILT_IN = Registry(DECLARED)
find, recognise, is_header = BUILT_IN.find, BUILT_IN.recognise, BUILT_IN.is_header
