"""What is gathered for a morning, against the rows that it comes from."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger import aziende, firme, mattino, outcomes, rendiconti, ritorni
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.mattino import ANDAMENTO
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD

AT = datetime(2026, 4, 20, 7, tzinfo=UTC)
OGGI = date(2026, 4, 20)


def told(sala, data, saldo, *, conto="000000000001", abi="03069", nome="S", tipo="RH", before=0, moves=(), iban=None):
    """A bank tells a closing balance."""
    home = sala.home
    with home.begin() as conn:
        sha = home.ports.random.token()
        file_id = outcomes.add_file(
            conn, home.ports, azienda=sala.azienda_id, abi=abi, nome=sha, sha256=sha, dimensione=1
        )
        values = {"azienda_id": sala.azienda_id, "file_id": file_id, "tipo": tipo, "nome_supporto": nome, "line": 2}
        values |= {"abi": abi, "cab": "01600", "conto": conto, "iban": iban, "divisa": "EUR", "data": data}
        rapporto = outcomes.add_rapporto(
            conn, home.ports, values | {"saldo_iniziale": before, "saldo_finale": saldo, "saldo_liquido": None}
        )
        rows = [
            {
                **dict.fromkeys(("numero", "causale_interna", "riferimento_banca", "tipo_riferimento", "riferimento")),
                "rapporto_id": rapporto,
                "line": line,
                "data_valuta": data,
                "data_contabile": data,
                "causale": "48",
                "segno": "C" if cents > 0 else "D",
                "importo": abs(cents),
                "descrizione": f"MOSSA {line}",
            }
            for line, cents in enumerate(moves, 3)
        ]
        outcomes.add_movimenti(conn, rows)


def morning(sala, at=AT):
    with sala.home.read() as conn:
        return mattino.read(conn, aziende.get(conn, sala.azienda_id), at)


def test_a_home_where_nothing_happened_has_a_morning(sala):
    found = morning(sala)
    assert (found.saldi, found.scadenze, found.ritorni, found.firme, found.eccezioni) == ((),) * 5
    assert (found.oggi, found.ritornati.numero) == (OGGI, 0)


@pytest.mark.ovunque
def test_the_balance_of_a_bank_is_what_was_told_last_of_each_account(sala):
    told(sala, OGGI - timedelta(days=40), 700, conto="2")
    told(sala, OGGI - timedelta(days=10), 100)
    told(sala, OGGI - timedelta(days=2), 250)
    told(sala, OGGI - timedelta(days=2), 300, nome="LATER")
    told(sala, OGGI, -50, abi="02008")
    told(sala, OGGI + timedelta(days=1), 999)
    with sala.home.begin() as conn:
        aziende.add_banca(conn, sala.home.ports, sala.azienda_id, "03069", "Banca Finta")
    other, mine = morning(sala).saldi
    assert (other.abi, other.saldo, mine.abi, mine.nome, mine.saldo) == ("02008", -50, "03069", "Banca Finta", 1000)
    assert {conto.conto: conto.data for conto in mine.conti} == {
        "2": OGGI - timedelta(days=40),
        "000000000001": OGGI - timedelta(days=2),
    }
    days = ANDAMENTO.days
    assert mine.andamento == (700,) * (days - 10) + (800,) * 8 + (1000,) * 3
    assert other.andamento == (None,) * days + (-50,)


@pytest.mark.ovunque
def test_what_falls_due_is_what_still_awaits_an_answer(sala):
    ahead = (OGGI, OGGI + timedelta(days=30), OGGI + timedelta(days=31), OGGI - timedelta(days=1))
    orders = [order(n, n * 1000, scadenza=day) for n, day in enumerate(ahead, 1)]
    import_file(sala.home, riba(*orders, order(5, 5000, scadenza=OGGI)), "a.cbi", sala.azienda_id)
    recall = order(9, 9000, causale="30100", scadenza=OGGI)
    import_file(sala.home, riba(recall, nome="RICHIAMO"), "b.cbi", sala.azienda_id)
    found = [
        (each.giorno, each.flusso, each.incasso, each.somma.numero, each.somma.importo)
        for each in morning(sala).scadenze
    ]
    assert found == [(ahead[0], "RIBA", True, 2, 6000), (ahead[1], "RIBA", True, 1, 2000)]


def test_what_awaits_signatures_says_since_when_and_whose(sala):
    import_file(sala.home, riba(), "a.cbi", sala.azienda_id)
    import_file(sala.home, riba(order(7), nome="SECONDA"), "b.cbi", sala.azienda_id)
    firme.sign(sala.home, 1, "anna", PASSWORD)
    first, second = morning(sala).firme
    assert (first.distinta.id, first.chi, first.firme) == (1, ["bruno", "carla"], {"anna": 50})
    assert (second.distinta.id, second.chi) == (2, ["anna", "bruno", "carla"])
    assert morning(sala).firmatari == ["anna", "bruno", "carla"]
    assert morning(sala).giorni(first.distinta.at) == (OGGI - first.distinta.at.date()).days
    firme.sign(sala.home, 1, "bruno", PASSWORD)
    assert [each.distinta.id for each in morning(sala).firme] == [2]


@pytest.mark.ovunque
def test_exceptions_are_counted_by_reason_and_age(sala):
    with sala.home.begin() as conn:
        for motivo in ("altra_banca", "altra_banca", "importo_diverso"):
            outcomes.add_eccezione(conn, sala.home.ports, azienda=sala.azienda_id, motivo=motivo, dati={})
    now = sala.home.ports.clock.now()
    for days, place in ((0, 0), (1, 1), (7, 1), (8, 2), (30, 2), (31, 3), (400, 3)):
        a, b = morning(sala, now + timedelta(days=days)).eccezioni
        assert (a.motivo, a.fasce[place], sum(a.fasce)) == ("altra_banca", 2, 2)
        assert (b.motivo, b.fasce[place], sum(b.fasce)) == ("importo_diverso", 1, 1)


@pytest.mark.ovunque
def test_a_statement_is_read_one_day_after_the_other(sala):
    iban = "IT60X0542811101000000123456"
    told(sala, OGGI, 130, before=100, moves=(50, -20), nome="B", iban=iban)
    told(sala, OGGI - timedelta(days=1), 100, moves=(100,), nome="A")
    told(sala, OGGI, 130, moves=(130,), tipo="EC", nome="C")
    told(sala, OGGI, 5, conto="9", tipo="EC", moves=(5,))
    with sala.home.read() as conn:
        mine = rendiconti.find(conn, sala.azienda_id, "3456")
        assert (mine.iban, rendiconti.find(conn, sala.azienda_id, "9").conto) == (iban, "9")
        rows = list(rendiconti.statements(conn, mine, None, None))
        assert [(each.saldo_iniziale, each.saldo_finale) for each in rows] == [(0, 100), (100, 130)]
        assert [[voce.importo for voce in each.voci] for each in rows] == [[100], [50, -20]]
        assert [each.data for each in rendiconti.statements(conn, mine, OGGI, OGGI)] == [OGGI]
        periodic = rendiconti.find(conn, sala.azienda_id, "9")
        assert [each.saldo_finale for each in rendiconti.statements(conn, periodic, None, None)] == [5]
        for which, code in (("8", "ESTRATTO-001"), (None, "ESTRATTO-002")):
            with pytest.raises(Refused) as found:
                rendiconti.find(conn, sala.azienda_id, which)
            assert found.value.code == code


def test_what_came_back_is_of_its_days_and_company(sala):
    import_file(sala.home, riba(), "a.cbi", sala.azienda_id)
    with sala.home.begin() as conn:
        file_id = outcomes.add_file(
            conn, sala.home.ports, azienda=sala.azienda_id, abi="03069", nome="x", sha256="0" * 64, dimensione=1
        )
        for n, (effetto, verdetto, day) in enumerate(
            [
                ("unpaid", "applicato", OGGI),
                ("rejected", "applicato", OGGI - timedelta(days=3)),
                ("paid", "applicato", OGGI),
                ("unpaid", "gia_applicato", OGGI),
                ("unpaid", "applicato", OGGI - timedelta(days=60)),
            ],
            1,
        ):
            values = {"azienda_id": sala.azienda_id, "file_id": file_id, "disposizione_id": 1, "abi": "03069"}
            values |= {"nome_supporto": "S", "data_creazione": day, "line": n, "causale": "42010", "effetto": effetto}
            values |= {"flusso": "RIBA", "chiave": str(n), "importo": n, "scadenza": OGGI, "controparte": ""}
            outcomes.add_esito(conn, sala.home.ports, values | {"verdetto": verdetto, "raw": b""})
    with sala.home.read() as conn:
        every = [each.importo for each in ritorni.returned(conn, sala.azienda_id, None, None)]
        some = list(ritorni.returned(conn, sala.azienda_id, OGGI - timedelta(days=7), OGGI))
        assert every == [1, 2, 5] and [each.importo for each in some] == [1, 2]
        assert some[0].controparte == "OFFICINE FINTE SRL" and some[0].giorno == OGGI
        assert ritorni.counted(conn, sala.azienda_id, OGGI, OGGI) == ritorni.Somma(1, 1)
        assert [each.importo for each in ritorni.returned(conn, sala.azienda_id, None, None, most=1)] == [1]
        assert not list(ritorni.returned(conn, sala.azienda_id + 1, None, None))
