"""The diagnostic codes of a refused flow (ER), and how they are found in a body whose layout is not
public."""

from __future__ import annotations

import re
from collections.abc import Iterable

CODICI = {
    "001": ("file input vuoto", "empty input file"),
    "021": ("record omesso", "record missing"),
    "022": ("record non ammesso", "record not allowed"),
    "023": ("record in eccesso", "too many records"),
    "024": ("errore di sequenza numero progressivo", "order-number sequence error"),
    "031": ("dato/i omesso/i", "mandatory data missing"),
    "032": ("dato/i non ammesso/i", "data not allowed"),
    "033": ("formato dato/i errato", "wrong data format"),
    "034": ("valore dato/i errato", "wrong data value"),
    "037": ("no corrispondenza dati", "data mismatch"),
    "042": ("soggetto non aderente", "party not a member"),
    "043": ("errore struttura dati", "data structure error"),
    "044": ("supporto senza dati dispositivi/informativi", "flow without data"),
    "050": ("mancata quadratura", "totals do not balance"),
    "053": ("chiave di controllo errata", "wrong control key"),
    "055": (
        "mittente fisico non coerente con anagrafica aderenti",
        "physical sender not consistent with members",
    ),
    "058": (
        "banca proponente non coerente con anagrafica aderenti",
        "proposing bank not consistent with members",
    ),
    "059": ("mittente e ricevente entrambi imprese", "sender and receiver both companies"),
    "064": ("mittente e ricevente entrambi banche", "sender and receiver both banks"),
    "065": ("tipologia di servizio/flusso non gestita dal ricevente", "flow type not handled by receiver"),
    "066": ("cliente non riconosciuto da Banca Passiva", "customer unknown to passive bank"),
    "067": ("cliente non riconosciuto da Banca Proponente", "customer unknown to proposing bank"),
    "140": ("codice divisa errato", "wrong currency code"),
    "141": ("importo formalmente errato", "amount formally wrong"),
    "999": ("supporto doppio", "duplicate flow"),
    "XXX": ("errori rilevati in numero superiore a 12", "more than 12 errors found"),
}

_TOKEN = re.compile(rb"(?<![0-9A-Za-z])(?:\d{3}|XXX)(?![0-9A-Za-z])")


def codes_in(lines: Iterable[bytes]) -> list[str]:
    """The known codes that stand alone in the body records of an ER frame, each once, in the order met."""
    found = (token.decode() for line in lines for token in _TOKEN.findall(line))
    return [code for code in dict.fromkeys(found) if code in CODICI]
