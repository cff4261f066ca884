"""Balances and statements as prints and the morning read them, from files that banks left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import cbi
from banksim.dati import SIA, conto
from ledger import aziende, estratto_conto, mattino
from ledger.errors import Refused
from ledger.home import Home
from ledger.mattino import ANDAMENTO
from spool.albero import ramo
from spool.receive import receive
from tests.ledger.sala import furnish

AT = datetime(2026, 4, 20, 7, tzinfo=UTC)
OGGI = date(2026, 4, 20)
FIRST, SECOND = "100000004711", "100000004712"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = furnish(tmp_path / "home").home
    with made.begin() as conn:
        for abi, nome in (("03069", "Banca Finta"), ("02008", "")):
            aziende.add_banca(conn, made.ports, 1, abi, nome)
    receive(made)  # which makes the folders
    return made


def told(
    home: Home, giorno: date, saldo: int, *moves: int, abi: str = "03069", numero: str = FIRST, tipo: str = "RH"
) -> None:
    """A bank leaves a statement that ends with a balance, after those movements."""
    where, before = conto(abi, "02477", numero), saldo - sum(moves)
    head = {"causale": "93003" if tipo == "EC" else "93001", "cin": where["cin"], "codice_abi_banca": abi}
    head |= {"cab_banca": "02477", "conto_corrente": numero, "codice_divisa": "EUR", "codice_paese": "IT"}
    head |= {"check_digit": where["check_digit"], "segno": sign(before), "saldo_iniziale": abs(before)}
    head["data_inizio_periodo" if tipo == "EC" else "data_contabile"] = giorno
    body = []
    for n, cents in enumerate(moves, 1):
        days = {"data_valuta": giorno, "data_contabile": giorno, "segno_movimento": sign(cents), "causale_cbi": "48"}
        body.append(("62", {"progressivo_movimento": n, "importo_movimento": abs(cents), **days}))
        body.append(("63/free", {"progressivo_movimento": n, "descrizione": f"MOSSA {n}"}))
    end = {"codice_divisa": "EUR", "segno_saldo_contabile": sign(saldo), "saldo_contabile": abs(saldo)}
    end["data_fine_periodo" if tipo == "EC" else "data_contabile"] = giorno
    name = f"{tipo}{giorno:%d%m%y}{numero[-1]}{saldo}"
    header = {"mittente": abi, "ricevente": SIA, "data_creazione": giorno, "nome_supporto": name}
    flow = cbi.compose(tipo, "from_bank", header, [[("61", head), *body, ("64", end)]])
    (ramo(home.spool_dir, SIA, abi).into("new") / f"{name}.cbi").write_bytes(flow)
    (found,) = receive(home)
    assert found.verdetto == "fatto", found


def sign(cents: int) -> str:
    return "D" if cents < 0 else "C"


def test_the_balance_of_a_bank_is_what_was_told_last_of_each_account(home: Home) -> None:
    told(home, OGGI - timedelta(days=40), 700, numero=SECOND)
    told(home, OGGI - timedelta(days=10), 100)
    told(home, OGGI - timedelta(days=2), 250)
    told(home, OGGI - timedelta(days=2), 300)
    told(home, OGGI, -50, abi="02008")
    told(home, OGGI + timedelta(days=1), 999)
    with home.read() as conn:
        other, mine = mattino.read(conn, aziende.get(conn, 1), AT).saldi
    assert (other.abi, other.nome, other.saldo, mine.nome, mine.saldo) == ("02008", "", -50, "Banca Finta", 1000)
    assert [(each.conto, each.data) for each in mine.conti] == [
        (FIRST, OGGI - timedelta(days=2)),
        (SECOND, OGGI - timedelta(days=40)),
    ]
    days = ANDAMENTO.days
    assert mine.andamento == (700,) * (days - 10) + (800,) * 8 + (1000,) * 3
    assert other.andamento == (None,) * days + (-50,)


def test_a_statement_is_read_one_day_after_the_other(home: Home) -> None:
    told(home, OGGI, 130, 50, -20)
    told(home, OGGI - timedelta(days=1), 100, 100)
    told(home, OGGI, 131, 131, tipo="EC")
    told(home, OGGI, 5, 5, numero=SECOND, tipo="EC")
    with home.read() as conn:
        mine = estratto_conto.find(conn, 1, "4711")
        assert (mine.iban, mine.conto) == (conto("03069", "02477", FIRST)["iban"], FIRST)
        rows = list(estratto_conto.statements(conn, mine, None, None))
        assert [(each.saldo_iniziale, each.saldo_finale) for each in rows] == [(0, 100), (100, 130)]
        assert [[voce.importo for voce in each.voci] for each in rows] == [[100], [50, -20]]
        assert rows[1].voci[0].descrizione == "MOSSA 1"
        assert [each.data for each in estratto_conto.statements(conn, mine, OGGI, OGGI)] == [OGGI]
        assert estratto_conto.many(conn, mine, OGGI, None) == 2
        periodic = estratto_conto.find(conn, 1, "4712")
        assert [each.saldo_finale for each in estratto_conto.statements(conn, periodic, None, None)] == [5]
        for which, code in (("8", "ESTRATTO-001"), (None, "ESTRATTO-002")):
            with pytest.raises(Refused) as found:
                estratto_conto.find(conn, 1, which)
            assert found.value.code == code
