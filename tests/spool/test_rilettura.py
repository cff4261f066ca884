"""What the banks said, read again from their files into a home made again: the rows there were."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen, remove

from ledger import esporta, replica
from ledger.home import Home
from ledger.outcomes import APPLICATO
from ledger.ports import real_ports
from ledger.schema import ECCEZIONE, ESITO, MOVIMENTO, PROMEMORIA, RAPPORTO
from spool.dispatch import dispatch_ready
from spool.receive import receive
from spool.rilettura import reread
from tests.spool.casa import answers, build, flow, recall

TABLES = (ESITO, PROMEMORIA, ECCEZIONE, RAPPORTO, MOVIMENTO)


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """A home that was answered twice over, with outcomes that are nobody's, and its archive."""
    at = tmp_path_factory.mktemp("ricevuta")
    home = build(at / "casa", [flow("PRIMO", range(1, 8)), flow("SECONDO", range(8, 12), "02008")])
    dispatch_ready(home)
    answers(home, strays=True)
    receive(home)
    answers(home, strays=True, seed=2)
    receive(home)
    esporta.archive(home, at / "copia")
    yield home
    home.close()


@pytest.fixture(scope="module")
def again(received):
    at = received.path.parent
    found = replica.replay(at / "copia", at / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    home = Home.open(at / "nuova", real_ports())
    yield home
    home.close()


def rows(home, table):
    """The rows of a table but for their instant, and the states of the end in the evidence of exceptions."""
    with home.read() as conn:
        return [_plain(row) for row in conn.execute(select(table).order_by(table.c.id))]


def _plain(row):
    kept = {name: value for name, value in row._mapping.items() if name != "at"}
    if "motivo" in kept:
        kept["dati"] = [each.pop("stato") and each for each in json.loads(kept["dati"]).get("candidate", [])]
    return kept


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_the_banks_said_is_kept_as_it_was(received, again, table):
    assert rows(received, table)
    assert rows(again, table) == rows(received, table)


def test_no_order_moves_because_it_is_read_again(received, again):
    with received.read() as one, again.read() as two:
        steps = [conn.exec_driver_sql("SELECT count(*) FROM iter").scalar() for conn in (one, two)]
    assert steps[0] == steps[1]


def test_orders_are_looked_for_only_where_the_journal_tells_none(received, again):
    asked = []

    def note(_conn, _cursor, statement, parameters, *_):
        if "disposizione.chiave IN" in statement:
            asked.extend(each for each in parameters if str(each).isdecimal() and len(str(each)) == 10)

    with again.begin() as conn:
        for table in (ECCEZIONE, ESITO, PROMEMORIA, MOVIMENTO, RAPPORTO):
            conn.execute(table.delete())
        listen(again.engine, "before_cursor_execute", note)
        assert not list(reread(again, conn, 1))
        remove(again.engine, "before_cursor_execute", note)
        unmoved = set(conn.scalars(select(ESITO.c.chiave).where(ESITO.c.verdetto != APPLICATO)))
        conn.rollback()
    assert unmoved
    assert set(asked) == unmoved


def test_sums_that_are_not_those_of_the_journal_are_told(received, again):
    with again.begin() as conn:
        for table in (ECCEZIONE, ESITO, PROMEMORIA, MOVIMENTO, RAPPORTO):
            conn.execute(table.delete())
        conn.exec_driver_sql("DELETE FROM iter WHERE disposizione_id IS NOT NULL")
        told = list(reread(again, conn, 1))
        assert told
        assert all((each.tabella, each.campo) == ("file", "conto") for each in told)
        assert any(each.giornale["applicati"] > each.libri["applicati"] for each in told)
        conn.rollback()


def test_the_request_of_a_recall_is_not_taken_for_the_order_it_asks_back(tmp_path):
    home = build(tmp_path / "casa", [flow("PRIMO", range(1, 4)), recall("INDIETRO", range(1, 2))])
    dispatch_ready(home)
    answers(home)
    receive(home)
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    again = Home.open(tmp_path / "nuova", real_ports())
    assert rows(again, ESITO) == rows(home, ESITO)
    again.close()
    home.close()
