"""What makes drawn delegations break no rule beyond the fields: codes that exist, totals that square."""

from __future__ import annotations

from datetime import date
from typing import Any

from cbi.flows.f24 import ELIDE, SEZIONI

Given = dict[str, Any]
PARTITA_IVA = "12345678903"
GIORNO = date(2079, 12, 31)
CODICI: dict[str, Given] = {
    "40-01": {"codice_tributo": "1001", "rateazione": "0011", "codice_ufficio": None, "codice_atto": None},
    "40-07": {"codice_tributo": "3918", "rateazione": "0101", "codice_ente": "F205"},
    "40-17": {"codice_tributo": "1500", "codice_ufficio": None},
}
LINES = {sezione.riga.TIPO: sezione for sezione in (*SEZIONI, ELIDE)}
TOTALS = {sezione.totali.TIPO for sezione in (*SEZIONI, ELIDE)}
CONTO: Given = {
    "abi_banca_di_addebito_passiva": "03069",
    "cab_banca_di_addebito": "01600",
    "numero_conto_di_addebito": "000000012345",
    "cin": "O",
}


def settle(ordini: list[list[tuple[str, Given]]]) -> None:
    """Goes over the delegations of one flow."""
    for number, ordine in enumerate(ordini, 1):
        _delega(number, ordine)


def _delega(number: int, ordine: list[tuple[str, Given]]) -> None:
    section = total = lines = 0
    for key, given in ordine:
        if key == "10":
            given |= {"numero_protocollo_delega": number, "codice_fiscale_contribuente": PARTITA_IVA}
        elif key == "20":
            given |= {"data_di_pagamento": GIORNO, "secondo_codice_fiscale": None, "codice_identificativo": None}
        elif key in LINES:
            lines += 1
            amount = given["importo_a_debito"] % 10**11 + 1
            section += amount
            given |= {**CODICI[key], LINES[key].numero: lines, "importo_a_debito": amount, "importo_a_credito": 0}
            given |= {"anno_di_riferimento": f"{GIORNO.year}"}
        elif key in TOTALS:
            given |= {"totale_importi_a_debito": section, "totale_importi_a_credito": 0}
            given |= {"segno_sezione": "P", "saldo_sezione": section}
            total, section, lines = total + section, 0, 0
        elif key == "50-01":
            given |= {**CONTO, "saldo_finale_delega": total, "totale_importi_a_credito_compensati": 0}
            given |= {"titolare_pagamento": "2", "codice_fiscale_titolare_conto": PARTITA_IVA}
            given |= {"data_di_pagamento": GIORNO, "flag_firmatario": "0"}
        elif key == "50-02":
            there = any(other == "50-03" for other, _ in ordine)
            given |= {"codice_fiscale_mittente": PARTITA_IVA, "destinatario_stampa": "2" if there else "1"}
        elif key == "70":
            given |= {"totale_delega": total, "data_pagamento": GIORNO, "descrizione_rifiuto": "RIFIUTATA"}
