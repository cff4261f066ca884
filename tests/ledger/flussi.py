"""Invented Ri.Ba. flows, written by the library itself."""

from datetime import date

import cbi
from tests.ledger.sala import PARTITA_IVA, SIA

ABI = "03069"
CREATED = date(2026, 3, 2)
DEBTOR = "77665540017"


def order(
    numero,
    importo=123450,
    *,
    causale="30000",
    scadenza=date(2026, 4, 30),
    debitore="Officine Finte srl",
    codice_fiscale=DEBTOR,
    conto="000000012345",
    abi=ABI,
):
    recall = causale == "30100"
    return [
        (
            "14/richiamo" if recall else "14",
            {
                "data_pagamento": scadenza,
                "importo": importo,
                "abi_banca_assuntrice": abi,
                "cab_banca_assuntrice": "01234",
                "conto_banca_assuntrice": conto,
                "abi_banca_domiciliataria": "02008",
                "cab_banca_domiciliataria": "05678",
                "codice_cliente_debitore": f"CL{numero}",
            },
        ),
        ("20", {"descrizione_creditore_1": "FERRAMENTA PROVA SRL"}),
        ("30", {"descrizione_debitore_1": debitore.upper(), "codice_fiscale_cliente": codice_fiscale}),
        (
            "40",
            {"indirizzo": "VIA DELLE PROVE 1", "cap": "00100", "comune_e_sigla_provincia": "ROMA                   RM"},
        ),
        ("50", {"riferimenti_al_debito_1": f"FATT {numero}", "codifica_fiscale_creditore": PARTITA_IVA}),
        ("51", {"numero_ricevuta": numero, "denominazione_creditore": "FERRAMENTA PROVA"}),
        ("70", {}),
    ]


def riba(*orders, nome="SUPPORTO1", mittente=SIA, abi=ABI, created=CREATED):
    """A Ri.Ba. flow; with no orders given, three of them."""
    header = {"mittente": mittente, "ricevente": abi, "data_creazione": created, "nome_supporto": nome}
    return cbi.compose("RIBA", "to_bank", header, orders or [order(n, abi=abi) for n in (1, 2, 3)])


def faulty(**kwargs):
    """A flow whose trailer does not add up."""
    data = riba(**kwargs)
    total = b"%015d" % 370350
    assert data.count(total) == 1
    return data.replace(total, b"%015d" % 370351)
