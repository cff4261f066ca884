"""Statements drawn for the tests: accounts and movements as few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import cbi
from banksim.dati import SIA, conto
from cbi import Supporto
from cbi.flows.estratti import LETTURE
from ledger import movimenti, outcomes
from ledger.movimenti import Voce
from ledger.ricerca import Filtro
from reconcile.conto import Arrivo, Conto
from reconcile.movimenti import store_rapporti
from tests.reconcile.banco import Banco, supporto

ABI = "03069"
LUNEDI = date(2026, 11, 16)
ACCOUNT = conto(ABI, "02477", "100000004711")


@dataclass(frozen=True)
class Mossa:
    """A movement: signed cents, day of booking and of value, causale, reference of the bank, words, more 63s."""

    cents: int
    giorno: date = LUNEDI
    valuta: date | None = None
    causale: str = "48"
    riferimento: str | None = None
    testo: str = ""
    altro: dict[str, Any] = field(default_factory=dict)
    dettagli: tuple[tuple[str, dict[str, Any]], ...] = ()


def statement(
    tipo: str, nome: str, giorno: date, mosse: Sequence[Mossa], *, inizio: date | None = None, saldo: int = 0
) -> Supporto:
    """An RH of a day, or an EC from `inizio` to it, of one account that begins with a balance."""
    final = saldo + sum(m.cents for m in mosse)
    days = {"data_inizio_periodo": inizio} if tipo == "EC" else {"data_contabile": giorno}
    head = {
        "causale": "93003" if tipo == "EC" else "93001",
        "cin": ACCOUNT["cin"],
        "codice_abi_banca": ABI,
        "cab_banca": ACCOUNT["cab"],
        "conto_corrente": ACCOUNT["numero"],
        "codice_divisa": "EUR",
        "codice_paese": "IT",
        "check_digit": ACCOUNT["check_digit"],
        **_balance("segno", "saldo_iniziale", saldo),
        **days,
    }
    end = {"codice_divisa": "EUR", **_balance("segno_saldo_contabile", "saldo_contabile", final)}
    end |= {"data_fine_periodo" if tipo == "EC" else "data_contabile": giorno}
    body = [record for n, m in enumerate(mosse, 1) for record in _records(n, m)]
    header = {"mittente": ABI, "ricevente": SIA, "data_creazione": giorno, "nome_supporto": nome}
    return supporto(cbi.compose(tipo, "from_bank", header, [[("61", head), *body, ("64", end)]]))


def _balance(sign: str, name: str, cents: int) -> dict[str, Any]:
    return {sign: "D" if cents < 0 else "C", name: abs(cents)}


def _records(n: int, mossa: Mossa) -> list[tuple[str, dict[str, Any]]]:
    number = {"progressivo_movimento": (n - 1) % 999 + 1}
    values = {
        **number,
        "data_valuta": mossa.valuta or mossa.giorno,
        "data_contabile": mossa.giorno,
        **_balance("segno_movimento", "importo_movimento", mossa.cents),
        "causale_cbi": mossa.causale,
        "riferimento_banca": mossa.riferimento,
        **mossa.altro,
    }
    words = [("63/free", {**number, "descrizione": mossa.testo})] if mossa.testo else []
    return [("62", values), *words, *((key, {**number, **more}) for key, more in mossa.dettagli)]


def keep(b: Banco, flow: Supporto) -> Conto:
    """Keeps a statement as if a file had brought it."""
    b.files += 1
    file_id = outcomes.add_file(
        b.conn, b.home.ports, azienda=1, abi=ABI, nome=f"{b.files}.cbi", sha256=f"{b.files:064x}", dimensione=1
    )
    items = LETTURE[flow.flow].leggi(flow)
    return store_rapporti(b.conn, b.home.ports, Arrivo(1, ABI, file_id, f"{b.files}.cbi"), flow, items)


def shown(b: Banco, filtro: Filtro | None = None) -> list[Voce]:
    """The movements that a filter finds: all of them unless told otherwise."""
    return list(movimenti.each(b.conn, filtro or Filtro(spuntati=None)))


def told(b: Banco) -> list[tuple[Any, ...]]:
    """The movements as they are shown but for their numbers: what must not depend on which file came first."""
    found = [
        (v.data_contabile, v.data_valuta, v.importo_con_segno, v.causale, v.descrizione, v.stato, dict(v.corretti))
        for v in shown(b)
    ]
    return sorted(found, key=repr)


__all__ = ["ABI", "LUNEDI", "Mossa", "keep", "shown", "statement", "told"]
