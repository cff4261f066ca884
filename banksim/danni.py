"""A portfolio of invented orders, and outcomes of it as careless banks write them: each with the orders that it is of.

What goes wrong, and how often, is a table. Pure: of a seed, the same orders and the same damage.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import cbi
from banksim.dati import CREDITORE, SIA, partita_iva
from cbi.validators.calendari import is_banking_day, next_banking_day

DANNI: Mapping[str, int] = {
    "numero_mancante": 80,
    "numero_storpiato": 20,
    "nome_troncato": 150,
    "cliente_mancante": 50,
    "data_spostata": 500,  # of those that fall due when banks are closed
    "data_sbagliata": 15,
    "al_netto": 30,
    "due_volte": 30,
    "in_due_parti": 10,
    "cumulato": 150,  # of those of a debtor that fall due together
    "di_nessuno": 10,  # of an order that went to the bank by another way
}
"""What goes wrong, and in how many outcomes of a thousand."""

INSOLUTI = 80  # of a thousand
SPESE = 350  # cents
PER_DEBITORE = 5
SCADENZE = tuple(date(2026 + (10 + n) // 12, (10 + n) % 12 + 1, day) for n, day in enumerate((30, 31, 31, 28, 31, 30)))
PAGATA, INSOLUTA = "30010", "42010"

_PRIMO = ("FERRAMENTA", "TESSITURA", "OFFICINA", "PANIFICIO", "VETRERIA", "CARTOLERIA", "MACELLERIA", "SALUMIFICIO")
_SECONDO = ("DI PROVA", "SIMULATA", "INVENTATA", "IPOTETICA", "D'ESEMPIO", "PRESUNTA", "FITTIZIA")
_TERZO = ("E FIGLI", "DI ROSSI MARIO E C.", "FRATELLI BIANCHI", "DELLA VALLE INESISTENTE", "NUOVA SOCIETÀ", "")
_FORMA = ("S.R.L.", "SRL", "S.P.A.", "SNC", "")
_BANCHE = (("03069", "09606"), ("02008", "05364"), ("08327", "03211"), ("05034", "11750"))


@dataclass(frozen=True)
class Ordine:
    """An invented Ri.Ba.; `importo` in cents. `numero` 0 and `cliente` "" are left blank by a careless bank."""

    numero: int
    importo: int
    scadenza: date
    nome: str
    codice_fiscale: str
    cliente: str
    abi: str
    cab: str


@dataclass(frozen=True)
class Detto:
    """What a bank says of an order: its words, the causale, and the numbers of the orders that it is really of."""

    ordine: Ordine
    causale: str
    di: frozenset[int]
    spese: int = 0


def draw(seed: int, *what: object, of: int = 1000) -> int:
    """A number from 0 up to `of` that depends on the seed and on what it is for, and nothing else."""
    text = ":".join(map(str, (seed, *what)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % of


def portafoglio(seed: int, quanti: int, dopo: int = 0) -> list[Ordine]:
    """So many orders, of debtors who owe several; some of them the same amount every month. `dopo`: those that come
    after so many others."""
    return [_ordine(seed, n) for n in range(dopo, dopo + quanti)]


def _ordine(seed: int, n: int) -> Ordine:
    debitore, which = divmod(n, PER_DEBITORE)
    monthly = draw(seed, "fisso", debitore, of=10) < 3
    amount = draw(seed, "importo", debitore if monthly else n, of=2_000_000) + 5_000
    month = which if monthly else draw(seed, "scadenza", n, of=len(SCADENZE))
    parts = (_PRIMO, _SECONDO, _TERZO, _FORMA)
    words = (some[draw(seed, "nome", k, debitore, of=len(some))] for k, some in enumerate(parts))
    abi, cab = _BANCHE[draw(seed, "banca", debitore, of=len(_BANCHE))]
    return Ordine(
        numero=4_000_000 + n,
        importo=amount,
        scadenza=SCADENZE[month],
        nome=" ".join(filter(None, words)),
        codice_fiscale=partita_iva(debitore),
        cliente=f"CLI{debitore:06d}",
        abi=abi,
        cab=cab,
    )


def esiti(seed: int, ordini: Sequence[Ordine], quanti: int | None = None) -> tuple[list[Detto], list[Detto]]:
    """What a bank says of the first so many orders, or of all: what it says, and what it says again the day after."""
    first = list(_said(seed, ordini[:quanti]))
    again = [_damaged(seed, each, "ancora") for each in first if _hit(seed, "due_volte", each.ordine.numero)]
    return [_damaged(seed, each, "prima") for each in first], again


def _said(seed: int, ordini: Sequence[Ordine]) -> Iterator[Detto]:
    """The outcomes, before anything is left out of them: one for each order, or for some together, or for a part."""
    together: dict[tuple[str, date], list[Ordine]] = defaultdict(list)
    for each in ordini:
        together[each.codice_fiscale, each.scadenza].append(each)
    for (debitore, scadenza), some in together.items():
        if len(some) > 1 and _hit(seed, "cumulato", debitore, scadenza):
            whole = replace(some[0], importo=sum(each.importo for each in some))
            yield Detto(whole, PAGATA, frozenset(each.numero for each in some), SPESE)
            continue
        for each in some:
            yield from _of_one(seed, each)


def _of_one(seed: int, ordine: Ordine) -> Iterator[Detto]:
    mine = frozenset({ordine.numero})
    if _hit(seed, "di_nessuno", ordine.numero):
        other = {"numero": 9_900_000_000 + ordine.numero, "scadenza": _elsewhere(seed, ordine)}
        yield Detto(replace(ordine, **other), PAGATA, frozenset(), SPESE)  # type: ignore[arg-type]
    if draw(seed, "insoluto", ordine.numero) < INSOLUTI:
        yield Detto(ordine, INSOLUTA, mine, SPESE)
    elif _hit(seed, "in_due_parti", ordine.numero):
        part = ordine.importo * (20 + draw(seed, "parte", ordine.numero, of=60)) // 100
        yield Detto(replace(ordine, importo=part), PAGATA, mine, SPESE)
        yield Detto(replace(ordine, importo=ordine.importo - part), PAGATA, mine, SPESE)
    else:
        yield Detto(ordine, PAGATA, mine, SPESE)


def _elsewhere(seed: int, ordine: Ordine) -> date:
    """The due date of an order like this one that the company does not have: another month of the same rent."""
    return ordine.scadenza + timedelta(days=365 + 30 * draw(seed, "altrove", ordine.numero, of=6))


def _damaged(seed: int, said: Detto, when: str) -> Detto:
    """An outcome with some of what goes wrong; of those in parts and together, only what a part can bear."""
    o, key = said.ordine, (said.ordine.numero, said.ordine.importo, when)

    def hit(what: str) -> bool:
        return _hit(seed, what, *key)

    part = o.numero in said.di and len(said.di) == 1 and said.causale == PAGATA
    if hit("numero_mancante"):
        o = replace(o, numero=0)
    elif hit("numero_storpiato"):
        o = replace(o, numero=o.numero + 10 ** draw(seed, "cifra", *key, of=6))
    if hit("nome_troncato"):
        o = replace(o, nome=o.nome[: 14 + draw(seed, "taglio", *key, of=16)])
    if hit("cliente_mancante"):
        o = replace(o, cliente="")
    if not is_banking_day(o.scadenza) and hit("data_spostata"):
        o = replace(o, scadenza=next_banking_day(o.scadenza))
    elif hit("data_sbagliata"):
        o = replace(o, scadenza=o.scadenza + timedelta(days=1 + draw(seed, "giorni", *key, of=9)))
    if part and hit("al_netto") and o.importo > said.spese:
        o = replace(o, importo=o.importo - said.spese)
    return replace(said, ordine=o)


def _hit(seed: int, what: str, *key: object) -> bool:
    return draw(seed, what, *key) < DANNI[what]


# --- as flows ---------------------------------------------------------------------------------------------------------

Records = list[tuple[str, Mapping[str, object]]]


def presentazione(nome: str, account: Mapping[str, str], ordini: Iterable[Ordine], oggi: date) -> bytes:
    """The flow towards the bank."""
    header = {"mittente": SIA, "ricevente": account["abi"], "data_creazione": oggi, "nome_supporto": nome}
    return cbi.compose("RIBA", "to_bank", header, [_presented(each, account) for each in ordini])


def risposta(nome: str, account: Mapping[str, str], detti: Iterable[Detto], oggi: date) -> bytes:
    """The flow of outcomes, in the order in which they are given."""
    header = {"mittente": account["abi"], "ricevente": SIA, "data_creazione": oggi, "nome_supporto": nome}
    return cbi.compose("RIBA", "from_bank", header, [_answered(each, account, oggi) for each in detti])


def _presented(o: Ordine, account: Mapping[str, str]) -> Records:
    return [
        ("14", _head(o, account, "30000", "-")),
        *_echo(o),
        ("51", {"numero_ricevuta": o.numero, "denominazione_creditore": CREDITORE[0][:20]}),
        ("70", {"tipo_documento_per_debitore": "1", "flag_richiesta_esito": "1"}),
    ]


def _answered(detto: Detto, account: Mapping[str, str], oggi: date) -> Records:
    o = detto.ordine
    receipt = {
        "numero_ricevuta": o.numero,
        "denominazione_creditore": CREDITORE[0][:20],
        "importo_spese": detto.spese,
        "data_valuta": oggi,
        "riferimento_promemoria": f"PM{oggi:%d%m%y}{detto.causale[-3:]}",
    }
    sign = "+" if detto.causale == PAGATA else "-"
    return [("14", _head(o, account, detto.causale, sign)), *_echo(o), ("51", receipt), ("70", {})]


def _head(o: Ordine, account: Mapping[str, str], causale: str, segno: str) -> dict[str, object]:
    return {
        "data_pagamento": o.scadenza,
        "causale": causale,
        "importo": o.importo,
        "segno": segno,
        "abi_banca_assuntrice": account["abi"],
        "cab_banca_assuntrice": account["cab"],
        "conto_banca_assuntrice": account["numero"],
        "abi_banca_domiciliataria": o.abi,
        "cab_banca_domiciliataria": o.cab,
        "codice_azienda_creditrice": SIA,
        "tipo_codice": "4",
        "codice_cliente_debitore": o.cliente or None,
    }


def _echo(o: Ordine) -> Records:
    name = o.nome.replace("À", "A")
    street = {"indirizzo": "VIA DI FANTASIA 1", "cap": "00184", "comune_e_sigla_provincia": "ROMA                   RM"}
    return [
        ("20", {f"descrizione_creditore_{n}": text for n, text in enumerate(CREDITORE, 1)}),
        (
            "30",
            {
                "descrizione_debitore_1": name[:30].strip(),
                "descrizione_debitore_2": name[30:60].strip() or None,
                "codice_fiscale_cliente": o.codice_fiscale,
            },
        ),
        ("40", street),
        ("50", {"riferimenti_al_debito_1": "FATTURA", "codifica_fiscale_creditore": partita_iva(9_999)}),
    ]
