"""The rules of transfers abroad beyond single fields.

Source: the public implementations of the flow, and the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cbi.flows import pe
from cbi.validators.comuni import QUALIFICATORE, all_or_none, fields
from cbi.validators.parziali import uncertain
from cbi.validators.rules import NONE, Conti, Finding, Ruleset, Valori, echo, not_empty, order_count, plus, record_count


@dataclass
class ContiPe(Conti):
    """The sum of the amounts, whatever their currencies and decimals."""

    total: int | None = 0

    def accept(self, start: str, valori: Valori) -> None:
        if start in pe.PE.starts:
            self.total = plus(self.total, valori.get("rP1_moa_5004"))


def totale(v: Valori, c: ContiPe) -> Sequence[Finding]:
    """EF sums the amounts, whatever their currencies."""
    raw = v.get("rEF_totale_importi")
    if raw is None or c.total is None or int(raw) == c.total:
        return NONE
    return (Finding("PE-EF-050", "EF", "totale_importi", f"{c.total:018d}", "testa"),)


def cambio(v: Valori, c: ContiPe) -> Sequence[Finding]:
    """A rate of exchange that was not agreed is blank, not zero."""
    raw = v.get("rP1_cux_5402_addebito")
    if raw is None or raw.strip(b"0") or not raw.strip():
        return NONE
    return (Finding("PE-P1-036", "P1", "cux_5402_addebito", ""),)


def importo(v: Valori, c: ContiPe) -> Sequence[Finding]:
    """A transfer is of something."""
    raw = v.get("rP1_moa_5004")
    return NONE if raw is None or raw.strip(b" 0") else (Finding("PE-P1-141", "P1", "moa_5004", "> 0"),)


PE = Ruleset(
    conti=ContiPe,
    needs=fields(
        rPE=" ".join(QUALIFICATORE),
        rP1="moa_5004 cux_5402_addebito",
        rEF="mittente ricevente data_creazione nome_supporto numero_disposizioni totale_importi numero_record",
    ),
    rules={
        "PE": (all_or_none("PE-PE-037", "PE", QUALIFICATORE, "105, 106 e 107-111"),),
        "H1": (importo, cambio),
        "EF": (echo, not_empty, order_count("numero_disposizioni"), totale, record_count),
    },
    forgive=uncertain(pe.PE),
)
