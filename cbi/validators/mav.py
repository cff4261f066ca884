"""The rules of M.Av. beyond single fields.

Source: the public implementations of the flow, and the rules common to every flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cbi.flows.mav import RICHIAMO
from cbi.validators.comuni import (
    EF_NEEDS,
    IBAN_NEEDS,
    QUALIFICATORE,
    ContiDisposizioni,
    all_or_none,
    as_head,
    closed_day,
    coordinates,
    fields,
    fiscal_code,
    iban,
    not_past,
    not_zero,
    one_per_flow,
    past_on_sending,
    sender,
    sign,
    totals,
    unless,
)
from cbi.validators.rules import Ruleset, Valori, echo, not_empty, order_count, record_count

PAGATE = frozenset((b"07000", b"07011"))


@dataclass
class ContiMav(ContiDisposizioni):
    """The sums of M.Av.; the creditor's number is not to be used twice."""

    ORDINE: ClassVar[str] = "14"

    def key(self, valori: Valori) -> bytes | None:
        number: bytes | None = valori.get("r51_numero_disposizione")
        return number if number and number.strip(b"0") else None


_EF = (
    echo,
    not_empty,
    order_count("numero_disposizioni"),
    record_count,
    *totals("MAV-EF-050", "MAV-EF-051"),
)
_ENTRAMBI = (
    not_zero("MAV-14-141", "14", "importo"),
    fiscal_code("MAV-30-034", "30", "codice_fiscale_cliente"),
    iban("MAV-16-034", "MAV-16-035", "16"),
    coordinates(
        "MAV-16-037",
        "16",
        {
            "codice_abi": "r14_abi_banca_assuntrice",
            "codice_cab": "r14_cab_banca_assuntrice",
            "numero_conto": "r14_conto_ordinante",
        },
    ),
)
_TESTA = (all_or_none("MAV-IM-037", "IM", QUALIFICATORE, "105, 106 e 107-111"),)
_NEEDS = EF_NEEDS | fields(
    rIM=" ".join(QUALIFICATORE),
    r14="causale importo segno abi_banca_assuntrice cab_banca_assuntrice conto_ordinante",
    r16=IBAN_NEEDS,
    r30="codice_fiscale_cliente",
)
_VARY = fields(r14="importo", r30="codice_fiscale_cliente", r51="numero_disposizione")
_TROPPI = {"59": "MAV-59-023"}

ORDINI = Ruleset(
    conti=ContiMav,
    needs=_NEEDS | fields(r14="data_pagamento codice_azienda", r51="numero_disposizione"),
    rules={
        "IM": _TESTA,
        "14": (
            as_head("MAV-14-037", "14", "abi_banca_assuntrice", "ricevente"),
            sender("MAV-14-038", "14", "codice_azienda"),
            one_per_flow("MAV-14-032", "14", "causale"),
            sign("MAV-14-047", "14", frozenset((RICHIAMO.encode(),))),
            not_past("MAV-14-034", "14", "data_pagamento"),
            not_zero("MAV-51-031", "51", "numero_disposizione"),
            *_ENTRAMBI,
        ),
        "EF": _EF,
    },
    sending={
        "14": unless(
            "14",
            RICHIAMO.encode(),
            past_on_sending("MAV-14-221", "14", "data_pagamento"),
            closed_day("MAV-14-220", "14", "data_pagamento"),
        )
    },
    days=("r14_data_pagamento",),
    double=("MAV-51-999", "51", "numero_disposizione"),
    group="14",
    too_many=_TROPPI,
    vary=_VARY,
)

ESITI = Ruleset(
    conti=ContiMav,
    needs=_NEEDS | fields(r10="importo segno"),
    rules={
        "IM": _TESTA,
        "14": (
            as_head("MAV-14-037", "14", "abi_banca_assuntrice", "mittente"),
            sign("MAV-14-047", "14", PAGATE),
            *_ENTRAMBI,
        ),
        "EF": _EF,
    },
    too_many=_TROPPI,
    vary=_VARY,
)
