"""What makes drawn orders break no rule beyond the fields: the right banks, codes, signs and coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import count
from typing import Any

from hypothesis import strategies as st
from schwifty import IBAN

from cbi.flows.model import Flow, tipo_of

Given = dict[str, Any]
Ordine = list[tuple[str, Given]]
FAR = date(2079, 12, 31)
LORO = "02008"
CREDITORE = "IT72ZZZ0000099900010127"
FISCALI = ("12345678903", "RSSMRA80A01H501U")


@cache
def iban(abi: str) -> Given:
    """An account at a bank, as records 16 and 17 write it."""
    made = IBAN.generate("IT", bank_code=abi, branch_code="01600", account_code="000000123456")
    whole = {"codice_paese": "IT", "check_digit": made.checksum_digits, "cin": made[4]}
    return {**whole, "codice_abi": abi, "codice_cab": made[10:15], "numero_conto": made[15:]}


def _named(conto: Given, abi: str, cab: str, numero: str) -> Given:
    """The same coordinates under the names of another record."""
    return {abi: conto["codice_abi"], cab: conto["codice_cab"], numero: conto["numero_conto"]}


class Settler:
    """Goes over the orders of one flow; `numbers` are those that must not repeat."""

    def __init__(self, draw: st.DrawFn, flow: Flow, header: Given) -> None:
        self.draw, self.header = draw, header
        self.bank = header["ricevente" if flow.direction == "to_bank" else "mittente"]
        self.nostro, self.loro = iban(self.bank), iban(LORO)
        self.numbers: Iterator[int] = count(1)

    def fiscale(self) -> str:
        return str(self.draw(st.sampled_from(FISCALI)))

    def mav(self, key: str, given: Given) -> None:
        if key == "14":
            paid = given["causale"] in ("07000", "07011")
            given |= {"importo": given["importo"] or 1, "segno": "+" if paid else "-", "codice_azienda": None}
            given |= _named(self.nostro, "abi_banca_assuntrice", "cab_banca_assuntrice", "conto_ordinante")
        elif key == "16":
            given |= self.nostro
        elif key == "30":
            given |= {"codice_fiscale_cliente": self.fiscale()}
        elif key == "51":
            given |= {"numero_disposizione": next(self.numbers)}

    def mav_ordine(self, key: str, given: Given) -> None:
        self.mav(key, given)
        if key == "14":
            given |= {"causale": "07000", "segno": "-", "data_pagamento": FAR}

    def rid(self, key: str, given: Given) -> None:
        if key == "10":
            names = ("abi_banca_domiciliataria", "cab_banca_domiciliataria")
            given |= _named(self.nostro, "abi_banca_assuntrice", "cab_banca_assuntrice", "conto_ordinante")
            given |= {names[0]: LORO, names[1]: self.loro["codice_cab"], "importo": given["importo"] or 1}
            given |= {"codice_azienda_creditrice": "Z1234", "tipo_incasso_rid": self.header["tipo_incasso_rid"]}
        elif key in ("16", "17"):
            given |= {**self.nostro, "creditor_identifier": CREDITORE} if key == "16" else self.loro

    def rid_ordine(self, key: str, given: Given) -> None:
        self.rid(key, given)
        if key == "10":
            given |= {"data_scadenza": FAR}

    def rid_esito(self, key: str, given: Given) -> None:
        self.rid(key, given)
        if key == "10":
            given |= {"segno": "+" if given["causale"] == "50010" else "-"}
        elif key == "70":
            given |= {"causale_storno": "AC"}

    def pc(self, key: str, given: Given) -> None:
        if key == "10":
            ordinante = ("codice_abi_banca_ordinante", "codice_cab_banca_ordinante", "conto_ordinante")
            destinatario = ("codice_abi_banca_destinataria", "codice_cab_banca_destinataria", "conto_destinatario")
            given |= _named(self.nostro, *ordinante) | _named(self.loro, *destinatario)
            given |= {"importo": given["importo"] or 1, "causale": "48000", "codice_azienda": None}
            given |= {"data_esecuzione_disposizione": FAR, "data_valuta_banca_beneficiario": FAR, "tipo_codice": "5"}
            name = "flag_priorita_trattamento_bonifico"
            given |= {"modalita_di_pagamento": None, name: self.header[name]}
        elif key in ("16", "17"):
            given |= self.nostro if key == "16" else self.loro
        elif key == "20":
            given |= {"codifica_fiscale": self.fiscale()}
        elif key == "70":
            given |= dict.fromkeys(("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore"))
            given |= {"cin_coordinate_bancaria": None, "codice_univoco": f"N{next(self.numbers)}"}

    def al(self, key: str, given: Given) -> None:
        if key == "12":
            given |= _named(self.loro, "abi_addebito", "cab_addebito", "conto_addebito")
            given |= {name: self.loro[name] for name in ("codice_paese", "check_digit", "cin")}
            given |= {"abi_banca_allineamento": self.bank, "codice_azienda": self.header["mittente"]}
            given |= {"data_creazione_disposizione": date(2026, 1, 2)} if "data_creazione_disposizione" in given else {}
        elif key == "30":
            given |= {"codifica_fiscale_sottoscrittore": self.fiscale()}
            if "codifica_fiscale_intestatario" in given:
                given |= {"codifica_fiscale_intestatario": self.fiscale()}
        elif key == "45":
            given |= dict.fromkeys(("cin_var", "check_digit_var"))
        elif key == "70" and "carattere_speciale" in given:
            given |= {"carattere_speciale": "%", "scadenza_ultima_rata": None}

    def al_richiesta(self, key: str, given: Given) -> None:
        self.al(key, given)
        if key == "12":
            given |= {"causale": "90211"}

    def al_risposta(self, key: str, given: Given) -> None:
        self.al(key, given)
        if key == "12":
            given |= {"causale": "90212"}


SETTLED: dict[tuple[str, str], Callable[[Settler, str, Given], None]] = {
    ("MAV", "to_bank"): Settler.mav_ordine,
    ("MAV", "from_bank"): Settler.mav,
    ("RID", "to_bank"): Settler.rid_ordine,
    ("RID", "from_bank"): Settler.rid_esito,
    ("PC", "to_bank"): Settler.pc,
    ("AL", "to_bank"): Settler.al_richiesta,
    ("AL", "from_bank"): Settler.al_risposta,
    ("AL_IBAN", "to_bank"): Settler.al,
}


def settle(draw: st.DrawFn, flow: Flow, header: Given, found: list[Ordine]) -> None:
    """Makes the orders sound, in place."""
    settler, each = Settler(draw, flow, header), SETTLED[flow.name, flow.direction]
    for ordine in found:
        for key, given in ordine:
            each(settler, key if "/" in key else tipo_of(key), given)
