"""The runs of jobs, on a file and on a server: one at a time for each company, the last ones kept."""

from datetime import timedelta

import pytest

from ledger import attese, giacenze, lavori, silenzio
from ledger.errors import Refused
from ledger.lavori import FALLITO, IN_CORSO, INTERROTTO, RIUSCITO, Chiave
from ledger.ports import today

pytestmark = pytest.mark.ovunque


def ran(conn, sala, nome, azienda_id=None, esito=RIUSCITO):
    corsa_id = lavori.begin(conn, sala.home.ports, Chiave(nome, azienda_id), "qui:1")
    return lavori.end(conn, sala.home.ports, corsa_id, esito, {"conti": {"file": 2}})


def test_a_run_is_begun_and_ended_and_found_as_the_last(sala):
    with sala.home.begin() as conn:
        first = ran(conn, sala, "receive")
        second = ran(conn, sala, "receive", esito=FALLITO)
        assert (first.fine > first.inizio, first.seconds) == (True, 1.0)
        assert lavori.last(conn) == {"receive": second}
        assert lavori.last_done(conn, "receive", "reconcile") == first.fine
        assert lavori.last_done(conn, "dispatch") is None
        assert lavori.counts(conn) == {("receive", RIUSCITO): 1, ("receive", FALLITO): 1}
        assert dict(second.dati) == {"conti": {"file": 2}}


def test_the_same_job_is_not_begun_twice_unless_for_another_company_or_bank(sala):
    with sala.home.begin() as conn:
        for chiave in (
            Chiave("presume"),
            Chiave("presume", sala.azienda_id),
            Chiave("presume", sala.azienda_id, "03069"),
        ):
            lavori.begin(conn, sala.home.ports, chiave, "qui:1")
            with pytest.raises(Refused, match="LAVORO-002"):
                lavori.begin(conn, sala.home.ports, chiave, "qui:2")
        reaped = lavori.reap(conn, sala.home.ports, "qui:3", is_gone=lambda chi: chi == "qui:1")
        assert [each.esito for each in reaped] == [INTERROTTO] * 3
        lavori.begin(conn, sala.home.ports, Chiave("presume"), "qui:2")
        assert lavori.reap(conn, sala.home.ports, "qui:3", is_gone=lambda _chi: False) == []
        assert lavori.counts(conn)["presume", IN_CORSO] == 1


def test_the_last_run_of_each_company_is_never_forgotten(sala):
    with sala.home.begin() as conn:
        for azienda_id in (None, sala.azienda_id, sala.azienda_id):
            ran(conn, sala, "checkpoint", azienda_id)
        after = sala.home.ports.clock.now() + timedelta(days=1)
        assert [lavori.purge(conn, after) for _ in range(2)] == [1, 0]
        assert [each.azienda_id for each in lavori.last_of_each(conn)] == [None, sala.azienda_id]


def test_a_home_with_nothing_in_it_awaits_nothing(sala):
    with sala.home.read() as conn:
        oggi = today(sala.home.ports)
        assert [*silenzio.silent(conn, sala.azienda_id, "03069", "RIBA", 1, oggi), *attese.overdue(conn, oggi)] == []
        assert giacenze.signed(conn) == {}
