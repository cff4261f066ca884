"""Invented companies, debtors and orders whose check characters are right: nobody here exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import cbi

CREDITORE = ("CONSERVE INVENTATE SRL", "VIA DELLE PROVE 12", "40100 BOLOGNA BO")
SIA = "A1B2C"

_NOMI = (
    "FERRAMENTA IMMAGINARIA",
    "TESSUTI FITTIZI",
    "OFFICINA DI PROVA",
    "PANIFICIO SIMULATO",
    "VETRERIA APPARENTE",
    "CARTOLERIA ESEMPIO",
    "LIBRERIA FINTA",
    "SALUMIFICIO IPOTETICO",
    "TRASPORTI SUPPOSTI",
    "MOBILI PRESUNTI",
)
_FORME = ("SRL", "SPA", "SNC", "SAS")
_CITTA = (
    ("00184", "ROMA                   RM"),
    ("20121", "MILANO                 MI"),
    ("35129", "PADOVA                 PD"),
    ("50122", "FIRENZE                FI"),
    ("80133", "NAPOLI                 NA"),
)
_DOMICILIATARIE = (("03069", "09606"), ("02008", "05364"), ("08327", "03211"), ("05034", "11750"))


def partita_iva(number: int) -> str:
    """The partita IVA of the invented company `number` (0..9999), with its right check digit."""
    base = f"{9_000_000 + number * 37 % 900_000:07d}036"
    odd = sum(int(c) for c in base[::2])
    even = sum(sum(divmod(2 * int(c), 10)) for c in base[1::2])
    return base + str(-(odd + even) % 10)


def conto(abi: str, cab: str, numero: str) -> dict[str, str]:
    """An account with its CIN and IBAN check digits: paese, check_digit, cin, abi, cab, numero, iban."""
    bban = f"{abi}{cab}{numero:0>12}"
    cin = _cin(bban)
    digits = "".join(str(int(c, 36)) for c in f"{cin}{bban}IT00")
    check = f"{98 - int(digits) % 97:02d}"
    parts = {
        "paese": "IT",
        "check_digit": check,
        "cin": cin,
        "abi": abi,
        "cab": cab,
        "numero": f"{numero:0>12}",
    }
    return parts | {"iban": f"IT{check}{cin}{bban}"}


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""Weight of a digit (or of the letter at that place of the alphabet) in the odd positions of a BBAN."""


def _cin(bban: str) -> str:
    values = [int(c) if c.isdigit() else ord(c) - ord("A") for c in bban]
    total = sum(_ODD[v] if i % 2 == 0 else v for i, v in enumerate(values))
    return chr(ord("A") + total % 26)


def ordine(number: int, account: Mapping[str, str], scadenza: date) -> list[tuple[str, dict[str, object]]]:
    """The records of the invented order `number`, presented on `account`, due on `scadenza`."""
    name = f"{_NOMI[number % len(_NOMI)]} {_FORME[number % len(_FORME)]}"
    cap, citta = _CITTA[number % len(_CITTA)]
    abi, cab = _DOMICILIATARIE[number % len(_DOMICILIATARIE)]
    return [
        (
            "14",
            {
                "data_pagamento": scadenza,
                "causale": "30000",
                "importo": 12_000 + number * 137_911 % 1_450_000,
                "segno": "-",
                "abi_banca_assuntrice": account["abi"],
                "cab_banca_assuntrice": account["cab"],
                "conto_banca_assuntrice": account["numero"],
                "abi_banca_domiciliataria": abi,
                "cab_banca_domiciliataria": cab,
                "codice_azienda_creditrice": SIA,
                "tipo_codice": "4",
                "codice_cliente_debitore": f"CLI{number:05d}",
            },
        ),
        ("20", {f"descrizione_creditore_{n}": text for n, text in enumerate(CREDITORE, 1)}),
        ("30", {"descrizione_debitore_1": name, "codice_fiscale_cliente": partita_iva(number)}),
        ("40", {"indirizzo": f"VIA DI FANTASIA {number}", "cap": cap, "comune_e_sigla_provincia": citta}),
        (
            "50",
            {
                "riferimenti_al_debito_1": f"FATT. N. {number} DEL {scadenza - timedelta(60):%d/%m/%Y}",
                "codifica_fiscale_creditore": partita_iva(9_999),
            },
        ),
        ("51", {"numero_ricevuta": 4_000_000 + number, "denominazione_creditore": CREDITORE[0][:20]}),
        ("70", {"tipo_documento_per_debitore": "1", "flag_richiesta_esito": "1"}),
    ]


def presentazione(
    nome: str, account: Mapping[str, str], numbers: Sequence[int], oggi: date, scadenze: Sequence[date]
) -> bytes:
    """A Ri.Ba. supporto with the orders of those numbers, their due dates taken in turn."""
    header = {"mittente": SIA, "ricevente": account["abi"], "data_creazione": oggi, "nome_supporto": nome}
    return cbi.compose("RIBA", "to_bank", header, list(_orders(account, numbers, scadenze)))


def _orders(
    account: Mapping[str, str], numbers: Sequence[int], scadenze: Sequence[date]
) -> Iterator[list[tuple[str, dict[str, object]]]]:
    for n, number in enumerate(numbers):
        yield ordine(number, account, scadenze[n % len(scadenze)])
