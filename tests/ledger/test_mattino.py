"""What is gathered for a morning, against the rows that it comes from."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger import aziende, firme, mattino, outcomes, ritorni
from ledger.importa import import_file
from ledger.schema import ABBINAMENTO
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD

AT = datetime(2026, 4, 20, 7, tzinfo=UTC)
OGGI = date(2026, 4, 20)


def morning(sala, at=AT):
    with sala.home.read() as conn:
        return mattino.read(conn, aziende.get(conn, sala.azienda_id), at)


def test_a_home_where_nothing_happened_has_a_morning(sala):
    found = morning(sala)
    assert (found.saldi, found.scadenze, found.ritorni, found.firme, found.eccezioni) == ((),) * 5
    assert (found.oggi, found.ritornati.numero) == (OGGI, 0)


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


def test_what_came_back_is_as_people_matched_it(sala):
    import_file(sala.home, riba(), "a.cbi", sala.azienda_id)
    with sala.home.begin() as conn:
        file_id = outcomes.add_file(
            conn, sala.home.ports, azienda=sala.azienda_id, abi="03069", nome="x", sha256="0" * 64, dimensione=1
        )
        origin = {"azienda_id": sala.azienda_id, "file_id": file_id}
        for line, verdetto, order_id in ((1, "applicato", 1), (2, "eccezione", None), (3, "applicato", None)):
            values = {**origin, "disposizione_id": order_id, "abi": "03069", "nome_supporto": "S", "line": line}
            values |= {"data_creazione": OGGI, "causale": "42010", "effetto": "unpaid", "flusso": "RIBA", "chiave": ""}
            values |= {"importo": 7, "scadenza": OGGI, "controparte": "", "classe": None, "prove": None}
            outcomes.add_esito(conn, sala.home.ports, values | {"verdetto": verdetto, "raw": b""})
        marks = [(1, 1, "sciolto"), (2, 2, "a_mano"), (3, 1, "regola"), (3, 3, "regola")]
        for line, order_id, classe in marks:
            values = {**origin, "line": line, "disposizione_id": order_id, "classe": classe, "chi": "anna", "nota": ""}
            conn.execute(ABBINAMENTO.insert().values(**values, at=AT))
    with sala.home.read() as conn:
        found = [(each.giorno, each.importo) for each in ritorni.returned(conn, sala.azienda_id, OGGI, OGGI)]
        # The first outcome was undone; the others speak of orders 2, 1 and 3, whose amounts are their own.
        assert found == [(OGGI, 123450)] * 3
        assert ritorni.counted(conn, sala.azienda_id, OGGI, OGGI) == ritorni.Somma(3, 3 * 123450)
