"""Every kind of flow towards the bank lives in the ledger: imported, signed, sent, and found by its key."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cbi
from cbi.flows.ordini import GENERI, chiave
from cbi.flows.registry import find
from fixtures import disposizioni as made
from fixtures import f24 as made_f24
from fixtures.comune import SIA
from ledger import aziende, distinte, firme, intenti, operazioni, replica, rifacimento, utenti
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.stati import Evento, Stato
from ledger.verdetti import Codice
from tests.console import ROOT
from tests.ledger.sala import PARTITA_IVA, PASSWORD, StillClock, blank, ports

SENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a day on which the fixtures can be sent

# One file of each kind, and the key of its first order.
FILES = {
    "RIBA": ("riba", None),
    "MAV": ("mav", "0000001001"),
    "RID": ("rid", f"{SIA}-4-CLI000001"),
    "PC": ("pc", f"{SIA}20112026001001"),
    "AL": ("al", None),
    "AL_IBAN": ("al_iban", None),
    "F4": ("f24", None),
    "I4": ("f24_elide", None),
    "SL": ("sl", None),
}


def flow(name: str) -> bytes:
    return (ROOT / "fixtures" / f"{FILES[name][0]}.cbi").read_bytes()


@pytest.fixture
def home(tmp_path):
    made = blank(tmp_path / "casa", ports(clock=StillClock(SENT)))
    with made.begin() as conn:
        azienda = aziende.create(conn, made.ports, sia=SIA, nome="Prova srl", codice_fiscale=PARTITA_IVA)
        utenti.create(conn, made.ports, azienda, login="carla", peso=100, password=PASSWORD)
    yield made
    made.close()


def test_there_is_a_file_of_every_kind():
    assert set(FILES) == set(GENERI)


@pytest.mark.parametrize("name", FILES)
def test_a_flow_of_any_kind_is_made_again_as_it_left_imported_or_composed(home, name):
    import_file(home, flow(name), f"{name}.cbi", 1)
    operazioni.copy(home, 1, "carla", PASSWORD, testata=rifacimento.Testata("COPIA"))
    with home.begin() as conn:
        for each in (1, 2):
            intenti.intend(conn, home.ports, distinte.get(conn, each), f"{each}.cbi")
    (found,) = replica.check(home)
    assert (found.differenze, found.fuori, found.partiti) == ((), (), 2)


def test_a_message_can_be_copied_and_says_the_same(home):
    import_file(home, flow("SL"), "sl.cbi", 1)
    operazioni.copy(home, 1, "carla", PASSWORD, testata=rifacimento.Testata("COPIA"))
    with home.read() as conn:
        sent, copied = (distinte.payload(home, conn, each).split(b"\r\n") for each in (1, 2))
    assert copied[1:-2] == sent[1:-2] and b"COPIA" in copied[0] and b"COPIA" in copied[-2]


def test_a_message_that_says_nothing_is_not_taken(home):
    header, *_, trailer = flow("SL").splitlines(keepends=True)
    [verdetto] = import_file(home, header + trailer, "vuoto.cbi", 1).verdetti
    assert verdetto.codice is Codice.NON_GESTITO


def test_two_messages_do_not_become_one(home):
    import_file(home, flow("SL"), "uno.cbi", 1)
    import_file(home, flow("SL").replace(b"NOVEMBRE", b"DICEMBRE").replace(b"SL2011", b"SL2012"), "due.cbi", 1)
    with home.read() as conn:
        both = [next(distinte.orders(conn, each)).id for each in (1, 2)]
    with pytest.raises(Refused):
        operazioni.create(home, both, "carla", PASSWORD, testata=rifacimento.Testata("INSIEME"))
    with pytest.raises(Refused):
        operazioni.add(home, 1, both[1:], "carla", PASSWORD)


@pytest.mark.parametrize("name", FILES)
def test_a_flow_of_any_kind_is_imported_signed_and_may_leave(home, name):
    data = flow(name)
    [verdetto] = import_file(home, data, f"{name}.cbi", 1).verdetti
    assert verdetto.codice is Codice.IMPORTATA
    firme.sign(home, 1, "carla", PASSWORD)
    with home.begin() as conn:
        found = distinte.get(conn, 1)
        orders = list(distinte.orders(conn, 1))
        assert distinte.apply(conn, home.ports, 1, Evento.INOLTRA, chi="spool") is Stato.INOLTRATA
        assert {each.stato for each in distinte.orders(conn, 1)} == {Stato.INOLTRATA}
    supporto = next(cbi.read_supporti(io.BytesIO(data)))
    assert (found.flusso, found.origine, found.revisione) == (name, "I", 1)
    assert found.numero_disposizioni == len(orders) == len(supporto.ordini)
    assert found.totale == sum(each.importo for each in orders)
    assert [each.raw for each in orders] == [each.raw for each in supporto.ordini]
    assert [each.line for each in orders] == [each.line for each in supporto.ordini]
    assert {each.banca for each in orders} == {found.abi} == {supporto.identita[1]}
    assert FILES[name][1] in (None, orders[0].chiave)
    assert all(each.chiave for each in orders)
    assert found.divisa == ("" if name in ("AL", "AL_IBAN", "SL") else "EUR")


@pytest.mark.parametrize("name", FILES)
def test_a_distinta_knows_its_account(home, name):
    import_file(home, flow(name), "f", 1)
    with home.read() as conn:
        found, orders = distinte.get(conn, 1), list(distinte.orders(conn, 1))
    account = (found.nostro_abi, found.nostro_cab, found.nostro_conto)
    several = {(each.nostro_abi, each.nostro_cab, each.nostro_conto) for each in orders}
    assert several == {account} if len(several) == 1 else account == (None, None, None)


@pytest.mark.parametrize("name", FILES)
def test_orders_of_any_kind_seen_before_are_told(home, name):
    data = flow(name)
    import_file(home, data, "f", 1)
    old = next(cbi.read_supporti(io.BytesIO(data))).identita[3].encode()
    [verdetto] = import_file(home, data.replace(old, b"ALTRO".ljust(len(old))), "g", 1).verdetti
    assert verdetto.codice is Codice.ORDINI_GIA_VISTI
    assert [doppio.numero for doppio in verdetto.doppi] == list(range(1, verdetto.numero_disposizioni + 1))


def test_the_same_key_in_another_kind_is_another_order(home):
    with home.read() as conn:
        assert distinte.find_orders(conn, 1, "MAV", "0000001001", 125_000, None, causale="07000") == []
    import_file(home, flow("MAV"), "f", 1)
    with home.read() as conn:
        first = next(distinte.orders(conn, 1))
        key = (first.chiave, first.importo, first.scadenza)
        assert [each.id for each in distinte.find_orders(conn, 1, "MAV", *key, causale="07000")] == [first.id]
        assert distinte.find_orders(conn, 1, "RIBA", *key, causale="07000") == []


@pytest.mark.parametrize(("flusso", "orders", "outcomes"), [("MAV", "mav", "mav_esiti"), ("RID", "rid", "rid_esiti")])
def test_an_outcome_bears_the_key_of_its_order(flusso, orders, outcomes):
    from cbi.flows import mav, rid
    from cbi.flows.disposizione import Promemoria

    module = {"MAV": mav, "RID": rid}[flusso]
    (sent,) = cbi.read_supporti(io.BytesIO(made.FILES[orders]))
    (back,) = cbi.read_supporti(io.BytesIO(made.FILES[outcomes]))
    keys = {chiave(flusso, each) for each in module.disposizioni(sent)}
    said = [each for each in module.esiti(back) if not isinstance(each, Promemoria)]
    assert {chiave(flusso, each) for each in said} & keys


def test_a_receipt_of_a_delegation_bears_its_key():
    from cbi.flows import f24

    (sent,) = cbi.read_supporti(io.BytesIO(made_f24.FILES["f24"]))
    (back,) = cbi.read_supporti(io.BytesIO(made_f24.FILES["f24_quietanze"]))
    keys = {chiave("F4", each) for each in f24.deleghe(sent)}
    assert {chiave("F4", each) for each in f24.quietanze(back)} & keys


def test_a_kind_whose_orders_cannot_be_told_has_no_key():
    with pytest.raises(KeyError):
        chiave("R4", None)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), name=st.sampled_from(sorted(FILES)))
def test_whatever_column_is_spoilt_the_import_ends_and_what_it_keeps_is_what_it_says(tmp_path_factory, data, name):
    raw = bytearray(flow(name))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(122, len(raw) - 3).filter(lambda i: i % 122 < 120))
        raw[at] = data.draw(st.sampled_from(b" 0A9-\x80"))
    made = blank(tmp_path_factory.mktemp("casa") / "home", ports(clock=StillClock(SENT)))
    with made.begin() as conn:
        aziende.create(conn, made.ports, sia=SIA, nome="Prova srl", codice_fiscale=PARTITA_IVA)
    for verdetto in import_file(made, bytes(raw), "f", 1).verdetti:
        if verdetto.distinta_id is None:
            continue
        with made.read() as conn:
            found = distinte.get(conn, verdetto.distinta_id)
            orders = list(distinte.orders(conn, found.id))
        errors = [each for each in cbi.lint(io.BytesIO(bytes(raw)), on=SENT.date()) if each.severity == "error"]
        assert (found.stato is Stato.CON_ERRORI) == bool(errors)
        assert found.totale == sum(each.importo for each in orders)
        assert not orders or len(orders) == found.numero_disposizioni
    made.close()


def test_every_kind_has_a_flow():
    assert {find(name, "to_bank").name for name in GENERI} == set(GENERI)
