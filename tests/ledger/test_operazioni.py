"""What people do to distinte: allowed, refused, and what it leaves behind."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from schwifty import IBAN
from sqlalchemy import text

import cbi
from cbi.validators.lint import lint
from fixtures.comune import SIA as SIA_FIXTURES
from ledger import aziende, distinte, firme, intenti, journal, libro, operazioni, ricostruzione, utenti
from ledger.errors import Refused
from ledger.importa import Opzioni, import_file
from ledger.rifacimento import Testata as Intestata
from ledger.stati import Evento, Stato
from ledger.verdetti import Codice, Finale
from tests.console import ROOT
from tests.ledger.flussi import ABI, faulty, order, riba
from tests.ledger.sala import PARTITA_IVA, PASSWORD, SIA, StillClock, blank, furnish, ports

WHO = ("anna", PASSWORD)


def iban(abi: str, cab: str = "01234", numero: str = "000000099999") -> str:
    return str(IBAN.generate("IT", bank_code=abi, branch_code=cab, account_code=numero))


OTHER_ACCOUNT = iban(ABI)
NEW_DEBTOR_ACCOUNT = iban("05428", "11101", "000000123456")


def bring(sala, data, **kwargs):
    return import_file(sala.home, data, "flusso.cbi", sala.azienda_id, **kwargs)


def look(sala, number=1):
    with sala.home.read() as conn:
        return distinte.get(conn, number)


def orders(sala, number=1):
    with sala.home.read() as conn:
        return list(distinte.orders(conn, number))


def ids(sala, number=1):
    return [each.id for each in orders(sala, number)]


def payload(sala, number=1):
    with sala.home.read() as conn:
        return distinte.payload(sala.home, conn, number)


def loose(sala):
    with sala.home.read() as conn:
        return distinte.loose(conn)


def steps(sala, number=1):
    with sala.home.read() as conn:
        return [(row.chi, row.evento, row.a) for row in distinte.iter_of(conn, number) if row.disposizione_id is None]


def refused(code, action, *args, **kwargs):
    with pytest.raises(Refused) as found:
        action(*args, **kwargs)
    assert found.value.code == code
    assert found.value.it != found.value.en
    return found.value


def clean(data):
    return [each.code for each in lint(io.BytesIO(data)) if each.severity == "error"] == []


def move(sala, number, *events):
    """The distinta on its way, as signatures and bank would move it."""
    firme.sign(sala.home, number, "carla", PASSWORD)
    with sala.home.begin() as conn:
        for event in events:
            distinte.apply(conn, sala.home.ports, number, event, chi="prova")


def outcome(sala, order_id, event):
    with sala.home.begin() as conn:
        distinte.apply_order(conn, sala.home.ports, order_id, event, chi="banca")


@pytest.fixture
def desk(sala):
    """A home with distinta 1, of three orders, to be signed."""
    bring(sala, riba())
    return sala


@pytest.fixture
def ready(tmp_path):
    """A home for the fixture flows of any kind, by name."""
    from tests.ledger.sala import Sala

    home = blank(tmp_path / "generi", ports(clock=StillClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))))
    with home.begin() as conn:
        azienda = aziende.create(conn, home.ports, sia=SIA_FIXTURES, nome="Prova", codice_fiscale=PARTITA_IVA)
        for login, peso in (("anna", 50), ("carla", 100)):
            utenti.create(conn, home.ports, azienda, login=login, peso=peso, password=PASSWORD)
    room = Sala(home, azienda)

    def load(name):
        report = bring(room, (ROOT / "fixtures" / f"{name}.cbi").read_bytes())
        assert report.verdetti[0].codice is Codice.IMPORTATA
        return room

    yield load
    home.close()


# --- out and in -------------------------------------------------------------------------------------------


def test_orders_taken_out_are_loose_and_the_rest_is_made_again(desk):
    fatto = operazioni.take_out(desk.home, 1, [2], *WHO)
    assert (fatto.distinta_id, fatto.stato) == (1, Stato.DA_SPEDIRE)
    assert payload(desk) == riba(order(1), order(3))
    found = look(desk)
    assert (found.numero_disposizioni, found.totale, found.revisione) == (2, 246900, 2)
    assert [each.numero for each in orders(desk)] == [1, 2]
    [out] = loose(desk)
    assert (out.id, out.stato, out.distinta_id, out.chiave) == (2, Stato.INSERITA, None, "0000000002")
    assert steps(desk)[-2:] == [("anna", "modifica", "Inserita"), ("anna", "convalida", "Da spedire")]


def test_the_last_order_taken_out_leaves_nothing_to_send_and_frees_the_name(desk):
    fatto = operazioni.take_out(desk.home, 1, ids(desk), *WHO)
    assert fatto.stato is Stato.ELIMINATA
    assert len(loose(desk)) == 3
    assert bring(desk, riba(order(9))).verdetti[0].codice is Codice.IMPORTATA


def test_a_distinta_is_created_of_loose_orders(desk):
    operazioni.take_out(desk.home, 1, [1, 3], *WHO)
    fatto = operazioni.create(desk.home, [3, 1], *WHO, testata=Intestata("NUOVA", date(2026, 3, 3)))
    assert (fatto.distinta_id, fatto.stato, fatto.ordini) == (2, Stato.DA_SPEDIRE, (3, 1))
    assert payload(desk, 2) == riba(order(3), order(1), nome="NUOVA", created=date(2026, 3, 3))
    found = look(desk, 2)
    assert (found.origine, found.file_id, found.nome_supporto, found.totale) == ("M", None, "NUOVA", 246900)
    assert loose(desk) == []
    assert [(each.id, each.numero, each.stato) for each in orders(desk, 2)] == [
        (3, 1, Stato.DA_SPEDIRE),
        (1, 2, Stato.DA_SPEDIRE),
    ]


def test_a_distinta_created_without_name_or_date_gets_them(desk):
    operazioni.take_out(desk.home, 1, [1], *WHO)
    operazioni.create(desk.home, [1], *WHO)
    operazioni.create(desk.home, [2], *WHO)
    assert [look(desk, n).nome_supporto for n in (2, 3)] == ["RIBA-260302", "RIBA-260302-2"]
    assert look(desk, 2).data_creazione == date(2026, 3, 2)


@pytest.mark.ovunque
def test_a_distinta_is_created_of_orders_of_others_which_are_made_again(desk):
    bring(desk, riba(order(7), order(8), nome="DUE"))
    operazioni.create(desk.home, [1, 5], *WHO)
    assert [each.chiave[-1] for each in orders(desk, 3)] == ["1", "8"]
    assert [len(orders(desk, n)) for n in (1, 2)] == [2, 1]
    assert all(clean(payload(desk, n)) for n in (1, 2, 3))


@pytest.mark.ovunque
def test_orders_are_added_at_the_end(desk):
    bring(desk, riba(order(7), order(8), nome="DUE"))
    fatto = operazioni.add(desk.home, 1, [5, 1, 5], *WHO)
    assert fatto.ordini == (5,)
    assert payload(desk) == riba(order(1), order(2), order(3), order(8))
    assert payload(desk, 2) == riba(order(7), nome="DUE")


@pytest.mark.parametrize(
    ("other", "differs"),
    [({"conto": "000000054321"}, "account"), ({"abi": "05034"}, "bank"), ({"causale": "30100"}, "causale")],
)
def test_a_distinta_is_of_one_bank_one_account_and_recalls_stay_apart(desk, other, differs):
    bring(desk, riba(order(9, **other), nome="DUE", abi=other.get("abi", ABI)))
    before = payload(desk), payload(desk, 2)
    error = refused("OMOGENEITA-001", operazioni.add, desk.home, 1, [4], *WHO)
    assert differs in error.en
    refused("OMOGENEITA-001", operazioni.create, desk.home, [1, 4], *WHO)
    assert (payload(desk), payload(desk, 2)) == before
    assert loose(desk) == []


def test_what_is_of_another_flow_does_not_go_in(ready):
    room = ready("riba")
    ready("mav")
    error = refused("OMOGENEITA-001", operazioni.add, room.home, 1, [ids(room, 2)[0]], *WHO)
    assert "flow" in error.en


def test_an_imported_flow_of_several_accounts_can_still_be_worked_on(sala):
    bring(sala, riba(order(1), order(2, conto="000000054321"), order(3)))
    operazioni.take_out(sala.home, 1, [3], *WHO)
    assert look(sala).nostro_conto is None
    operazioni.take_out(sala.home, 1, [2], *WHO)
    assert look(sala).nostro_conto == "000000012345"


def test_orders_that_are_not_there_or_not_named(desk):
    refused("DISPOSIZIONE-001", operazioni.take_out, desk.home, 1, [99], *WHO)
    refused("DISPOSIZIONE-001", operazioni.create, desk.home, [99], *WHO)
    refused("DISPOSIZIONE-002", operazioni.create, desk.home, [], *WHO)
    refused("DISPOSIZIONE-002", operazioni.take_out, desk.home, 1, [], *WHO)
    refused("DISTINTA-001", operazioni.take_out, desk.home, 9, [1], *WHO)


def test_the_orders_of_another_company_are_not_there(desk):
    with desk.home.begin() as conn:
        other = aziende.create(conn, desk.home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="12121210152")
    import_file(desk.home, riba(order(9), mittente="Z9Y8X"), "altra", other)
    refused("DISPOSIZIONE-001", operazioni.create, desk.home, [1, 4], *WHO)


def test_a_name_that_is_taken_is_refused(desk):
    operazioni.take_out(desk.home, 1, [1], *WHO)
    refused("SUPPORTO-001", operazioni.create, desk.home, [1], *WHO, testata=Intestata("SUPPORTO1"))
    assert [each.id for each in loose(desk)] == [1]


def test_a_name_that_does_not_fit_is_refused(desk):
    refused("MODIFICA-001", operazioni.create, desk.home, [1], *WHO, testata=Intestata("N" * 21))


# --- edits ------------------------------------------------------------------------------------------------


@pytest.mark.ovunque
def test_an_edit_of_one_order_is_in_the_bytes_the_totals_and_the_columns(desk):
    campi = {"importo": "10.00", "scadenza": "2026-05-31", "riferimento": "FATT. 99 DEL 01/03/2026 " + "X" * 30}
    fatto = operazioni.edit(desk.home, 1, campi, *WHO, ordini=[2])
    assert (fatto.stato, fatto.errori, fatto.ordini) == (Stato.DA_SPEDIRE, 0, (2,))
    first, second, third = orders(desk)
    assert (second.importo, second.scadenza) == (1000, date(2026, 5, 31))
    assert second.riferimento.replace(" ", "") == campi["riferimento"].replace(" ", "")
    assert (first.importo, third.importo) == (123450, 123450)
    assert look(desk).totale == 247900
    assert clean(payload(desk))
    assert b"".join(each.raw for each in orders(desk)) in payload(desk)


def test_an_edit_of_all_the_orders_and_of_the_header(desk):
    operazioni.edit(desk.home, 1, {"conto": OTHER_ACCOUNT, "data": "2026-03-09", "nome": "ALTRO NOME"}, *WHO)
    found = look(desk)
    assert (found.nostro_abi, found.nostro_cab, found.nostro_conto) == ("03069", "01234", "000000099999")
    assert (found.data_creazione, found.nome_supporto) == (date(2026, 3, 9), "ALTRO NOME")
    expected = [order(n, conto="000000099999") for n in (1, 2, 3)]
    assert payload(desk) == riba(*expected, nome="ALTRO NOME", created=date(2026, 3, 9))


def test_an_account_at_another_bank_takes_the_whole_distinta_there(desk):
    operazioni.edit(desk.home, 1, {"conto": iban("05034")}, *WHO)
    found = look(desk)
    assert (found.abi, found.nostro_abi, found.stato) == ("05034", "05034", Stato.DA_SPEDIRE)
    assert {each.banca for each in orders(desk)} == {"05034"}
    assert clean(payload(desk))


def test_one_order_alone_is_not_moved_to_another_account(desk):
    refused("OMOGENEITA-001", operazioni.edit, desk.home, 1, {"conto": OTHER_ACCOUNT}, *WHO, ordini=[1])


def test_any_field_can_be_changed_by_its_record(desk):
    operazioni.edit(desk.home, 1, {"51.numero_ricevuta": "77", "40.cap": "20121"}, *WHO, ordini=[1])
    assert orders(desk)[0].chiave == "0000000077"


@pytest.mark.parametrize(
    ("code", "campi"),
    [
        ("MODIFICA-002", {"colore": "rosso"}),
        ("MODIFICA-001", {"importo": "tanti"}),
        ("MODIFICA-001", {"scadenza": "31/05/2026"}),
        ("MODIFICA-001", {"controparte": "N" * 61}),
        ("MODIFICA-001", {"14.niente": "1"}),
        ("MODIFICA-001", {"59.riferimenti_al_debito_1": "X"}),
        ("MODIFICA-001", {"nome": "N" * 21}),
        ("CONTO-001", {"conto": "IT00"}),
    ],
)
def test_what_cannot_be_written_is_refused_and_changes_nothing(desk, code, campi):
    before = payload(desk), steps(desk)
    error = refused(code, operazioni.edit, desk.home, 1, campi, *WHO)
    assert error.hint_it or code == "CONTO-001"
    assert (payload(desk), steps(desk)) == before


def test_an_order_is_never_left_without_an_amount(desk):
    before = everything(desk)
    refused("MODIFICA-003", operazioni.edit, desk.home, 1, {"importo": ""}, *WHO, ordini=[1])
    refused("MODIFICA-003", operazioni.copy, desk.home, 1, *WHO, campi={"importo": ""})
    assert everything(desk) == before
    assert operazioni.edit(desk.home, 1, {"controparte": ""}, *WHO, ordini=[1]).stato is Stato.CON_ERRORI


def test_an_edit_that_breaks_a_rule_sets_the_distinta_aside_and_another_brings_it_back(desk):
    fatto = operazioni.edit(desk.home, 1, {"codice_fiscale": "00000000000"}, *WHO, ordini=[1])
    assert (fatto.stato, fatto.errori) == (Stato.CON_ERRORI, 1)
    with desk.home.read() as conn:
        assert [row.codice for row in distinte.diagnostics(conn, 1)] == ["RIBA-30-034"]
    assert {each.stato for each in orders(desk)} == {Stato.CON_ERRORI}
    refused("STATO-001", firme.sign, desk.home, 1, "carla", PASSWORD)
    fatto = operazioni.edit(desk.home, 1, {"codice_fiscale": "77665540017"}, *WHO, ordini=[1])
    assert (fatto.stato, fatto.errori) == (Stato.DA_SPEDIRE, 0)
    with desk.home.read() as conn:
        assert distinte.diagnostics(conn, 1) == []
    assert payload(desk) == riba()


def test_a_faulty_import_is_cured_by_an_edit(sala):
    bring(sala, riba(order(1, codice_fiscale="00000000000"), order(2)))
    assert look(sala).stato is Stato.CON_ERRORI
    operazioni.edit(sala.home, 1, {"codice_fiscale": "77665540017"}, *WHO)
    assert look(sala).stato is Stato.DA_SPEDIRE
    assert firme.sign(sala.home, 1, "carla", PASSWORD).complete


def test_a_faulty_trailer_is_cured_by_whatever_makes_the_bytes_again(sala):
    bring(sala, faulty())
    operazioni.take_out(sala.home, 1, [3], *WHO)
    assert look(sala).stato is Stato.DA_SPEDIRE
    assert payload(sala) == riba(order(1), order(2))


def test_a_cured_distinta_does_not_take_a_name_that_is_taken_in_the_meantime(sala):
    bring(sala, faulty())
    bring(sala, riba(order(9)))
    error = refused("SUPPORTO-001", operazioni.edit, sala.home, 1, {"scadenza": "2026-05-31"}, *WHO)
    assert "2" in error.en
    assert operazioni.edit(sala.home, 1, {"nome": "LIBERO"}, *WHO).stato is Stato.DA_SPEDIRE


def test_a_flow_whose_orders_cannot_be_read_can_only_be_thrown_away(sala):
    bring(sala, riba().replace(b"0000000123450", b"00000001234A0", 1))
    assert orders(sala) == []
    for action in (operazioni.edit, operazioni.copy):
        args = ({},) if action is operazioni.edit else ()
        refused("DISTINTA-002", action, sala.home, 1, *args, *WHO)
    refused("DISTINTA-002", operazioni.add, sala.home, 1, [1], *WHO)
    assert operazioni.delete(sala.home, 1, *WHO).stato is Stato.ELIMINATA


def test_an_edit_that_makes_a_double_waits_for_a_person(desk):
    fatto = operazioni.edit(desk.home, 1, {"51.numero_ricevuta": "1"}, *WHO, ordini=[2])
    assert (fatto.stato, fatto.doppi) == (Stato.INSERITA, 1)
    firme.approve(desk.home, 1, *WHO)
    assert look(desk).stato is Stato.DA_SPEDIRE


@pytest.mark.ovunque
def test_a_change_voids_the_signatures_and_bringing_the_same_bytes_back_does_not_restore_them(desk):
    firme.sign(desk.home, 1, "anna", PASSWORD)
    operazioni.edit(desk.home, 1, {"importo": "1.00"}, *WHO, ordini=[1])
    assert (look(desk).firmato, look(desk).stato) == (0, Stato.DA_SPEDIRE)
    operazioni.edit(desk.home, 1, {"importo": "1234.50"}, *WHO, ordini=[1])
    assert payload(desk) == riba()
    assert look(desk).firmato == 0
    with desk.home.read() as conn:
        assert [row.vale for row in distinte.signatures(conn, 1)] == [False]
        mine = utenti.named(conn, desk.azienda_id, "anna")
        found = libro.read(conn, mine, desk.home.ports.clock.now())
        assert [voce.distinta.id for voce in found.firmabili] == [1]
    assert firme.sign(desk.home, 1, "anna", PASSWORD).total_weight == 50
    assert firme.sign(desk.home, 1, "bruno", PASSWORD).complete
    with desk.home.read() as conn:
        assert [row.vale for row in distinte.signatures(conn, 1)] == [False, True, True]


@pytest.mark.parametrize("name", ["mav", "rid", "pc", "al", "al_iban", "f24", "f24_elide"])
def test_flows_of_every_kind_are_edited_taken_apart_and_put_together(ready, name):
    room = ready(name)
    data, mine = payload(room), ids(room)
    fatto = operazioni.edit(room.home, 1, {"nome": "ALTRO"}, *WHO)
    assert (fatto.stato, clean(payload(room))) == (Stato.DA_SPEDIRE, True)
    operazioni.take_out(room.home, 1, mine[:1], *WHO)
    fatto = operazioni.create(room.home, mine[:1], *WHO)
    assert (fatto.stato, clean(payload(room, 2))) == (Stato.DA_SPEDIRE, True)
    if mine[1:]:
        operazioni.add(room.home, 2, mine[1:], *WHO)
    assert sorted(ids(room, 2)) == mine
    original = next(cbi.read_supporti(io.BytesIO(data)))
    again = next(cbi.read_supporti(io.BytesIO(payload(room, 2))))
    assert [o.raw for o in again.ordini] == [o.raw for o in original.ordini]
    kept = {"data_creazione", "nome_supporto"}
    assert {k: v for k, v in again.coda.fields().items() if k not in kept} == {
        k: v for k, v in original.coda.fields().items() if k not in kept
    }


@pytest.mark.parametrize(
    ("name", "campi", "number", "expected"),
    [
        (
            "rid",
            {"conto_controparte": NEW_DEBTOR_ACCOUNT},
            1,
            {"abi": "05428", "cab": "11101", "conto": "000000123456"},
        ),
        ("pc", {"conto_controparte": NEW_DEBTOR_ACCOUNT}, 1, {"abi": "05428", "conto": "000000123456"}),
        ("pc", {"scadenza": "2027-01-29"}, 1, {"scadenza": date(2027, 1, 29)}),
        ("mav", {"controparte": "NOME NUOVO"}, 1, {"controparte": "NOME NUOVO"}),
        ("f24", {"scadenza": "2026-12-16"}, 1, {"scadenza": date(2026, 12, 16)}),
    ],
)
def test_properties_have_the_same_name_in_every_kind(ready, name, campi, number, expected):
    room = ready(name)
    operazioni.edit(room.home, 1, campi, *WHO, ordini=[ids(room)[number - 1]])
    found = orders(room)[number - 1]
    assert {key: getattr(found, key) for key in expected} == expected


def test_the_account_of_transfers_is_also_that_of_their_iban(ready):
    room = ready("pc")
    here = look(room)
    account = iban(here.nostro_abi, here.nostro_cab, "000000777777")
    assert operazioni.edit(room.home, 1, {"conto": account}, *WHO).errori == 0
    assert look(room).nostro_conto == "000000777777"
    assert account[2:4].encode() in payload(room)


# --- states that refuse -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["edit", "add", "take_out", "delete"])
def test_what_has_left_is_not_touched(desk, verb):
    bring(desk, riba(order(9), nome="DUE"))
    move(desk, 1, Evento.INOLTRA)
    args = {"edit": ({"nome": "X"},), "add": ([4],), "take_out": ([1],), "delete": ()}[verb]
    refused("STATO-001", getattr(operazioni, verb), desk.home, 1, *args, *WHO)
    refused("STATO-001", operazioni.create, desk.home, [1], *WHO)


def test_what_is_signed_is_not_thrown_away_but_can_be_changed(desk):
    firme.sign(desk.home, 1, "carla", PASSWORD)
    refused("STATO-001", operazioni.delete, desk.home, 1, *WHO)
    assert operazioni.take_out(desk.home, 1, [1], *WHO).stato is Stato.DA_SPEDIRE
    assert operazioni.delete(desk.home, 1, *WHO).stato is Stato.ELIMINATA


def test_what_is_about_to_leave_is_not_changed(desk):
    firme.sign(desk.home, 1, "carla", PASSWORD)
    with desk.home.begin() as conn:
        intenti.intend(conn, desk.home.ports, distinte.get(conn, 1), "file.cbi")
    refused("DISTINTA-003", operazioni.edit, desk.home, 1, {"nome": "X"}, *WHO)
    refused("DISTINTA-003", operazioni.take_out, desk.home, 1, [1], *WHO)


@pytest.mark.parametrize("who", [("anna", "sbagliata sbagliata"), ("zeno", PASSWORD)])
def test_nobody_passes_the_gate_without_a_password(desk, who):
    for verb, args in (
        ("edit", (1, {"nome": "X"})),
        ("take_out", (1, [1])),
        ("create", ([1],)),
        ("add", (1, [1])),
        ("copy", (1,)),
        ("delete", (1,)),
        ("recall", (1,)),
        ("resend", (1, [1], {})),
        ("revoke", (1,)),
    ):
        refused("UTENTE-005" if verb != "revoke" or who[0] else "", getattr(operazioni, verb), desk.home, *args, *who)
        if who[0] == "anna":
            with desk.home.begin() as conn:
                conn.execute(text("UPDATE utente SET tentativi = 0"))
    assert payload(desk) == riba()


# --- copies, and what is thrown away ----------------------------------------------------------------------


def test_a_copy_has_a_name_dates_and_orders_of_its_own(desk):
    move(desk, 1, Evento.INOLTRA)
    testata = Intestata("COPIA", date(2026, 4, 2))
    fatto = operazioni.copy(desk.home, 1, *WHO, testata=testata, campi={"scadenza": "2026-05-31"})
    assert (fatto.distinta_id, fatto.stato, fatto.ordini) == (2, Stato.DA_SPEDIRE, (4, 5, 6))
    assert look(desk, 2).origine == "C"
    expected = [order(n, scadenza=date(2026, 5, 31)) for n in (1, 2, 3)]
    assert payload(desk, 2) == riba(*expected, nome="COPIA", created=date(2026, 4, 2))
    assert payload(desk) == riba()


def test_a_copy_just_like_the_original_waits_for_a_person(desk):
    fatto = operazioni.copy(desk.home, 1, *WHO)
    assert (fatto.stato, fatto.doppi) == (Stato.INSERITA, 3)
    assert look(desk, 2).nome_supporto == "RIBA-260302"


@pytest.mark.ovunque
def test_what_is_thrown_away_stays_on_record_counts_no_more_and_may_come_again(desk):
    operazioni.delete(desk.home, 1, *WHO)
    assert {each.stato for each in orders(desk)} == {Stato.ELIMINATA}
    assert payload(desk) == riba()
    assert bring(desk, riba()).verdetti[0].codice is Codice.IMPORTATA


def test_a_loose_order_is_thrown_away_and_one_in_a_distinta_is_not(desk):
    refused("DISPOSIZIONE-003", operazioni.delete_order, desk.home, 1, *WHO)
    operazioni.take_out(desk.home, 1, [1], *WHO)
    fatto = operazioni.delete_order(desk.home, 1, *WHO)
    assert (fatto.distinta_id, fatto.stato) == (None, Stato.ELIMINATA)
    assert loose(desk) == []
    refused("STATO-001", operazioni.add, desk.home, 1, [1], *WHO)


# --- after it has left ------------------------------------------------------------------------------------


@pytest.mark.ovunque
def test_orders_asked_back_make_a_distinta_of_recalls(desk):
    move(desk, 1, Evento.INOLTRA)
    fatto = operazioni.recall(desk.home, 1, *WHO, ordini=[1, 3], testata=Intestata("RICHIAMO", date(2026, 3, 9)))
    assert (fatto.distinta_id, fatto.stato) == (2, Stato.DA_SPEDIRE)
    recalls = [order(n, causale="30100") for n in (1, 3)]
    assert payload(desk, 2) == riba(*recalls, nome="RICHIAMO", created=date(2026, 3, 9))
    assert [each.stato for each in orders(desk)] == [
        Stato.RICHIAMO_CHIESTO,
        Stato.INOLTRATA,
        Stato.RICHIAMO_CHIESTO,
    ]
    assert look(desk, 2).origine == "M"
    refused("STATO-001", operazioni.recall, desk.home, 1, *WHO, ordini=[1])


def test_all_that_is_still_open_is_asked_back(desk):
    move(desk, 1, Evento.INOLTRA, Evento.RICEVI)
    outcome(desk, 2, Evento.PAGA)
    assert operazioni.recall(desk.home, 1, *WHO).ordini == (4, 5)
    refused("RICHIAMO-001", operazioni.recall, desk.home, 1, *WHO)


def test_what_has_not_left_is_not_asked_back(desk):
    refused("RICHIAMO-001", operazioni.recall, desk.home, 1, *WHO)


@pytest.mark.parametrize("how", ["deleted", "refused"])
@pytest.mark.parametrize("receipt", [True, False])
def test_a_recall_that_never_got_there_gives_its_orders_back_to_what_they_were(desk, how, receipt):
    from reconcile.conto import Arrivo
    from reconcile.ricevute import _say

    move(desk, 1, Evento.INOLTRA, *[Evento.RICEVI] * receipt)
    outcome(desk, 2, Evento.PAGA)
    operazioni.recall(desk.home, 1, *WHO)
    outcome(desk, 3, Evento.PAGA)
    if how == "deleted":
        operazioni.delete(desk.home, 2, *WHO)
    else:
        move(desk, 2, Evento.INOLTRA)
        with desk.home.begin() as conn:
            _say(conn, desk.home.ports, Arrivo(desk.azienda_id, ABI, 1, "er.cbi"), 2, Evento.SCARTA, {})
    before = Stato.RICEVUTA_BANCA if receipt else Stato.INOLTRATA
    assert [each.stato for each in orders(desk)] == [before, Stato.PAGATA, Stato.PAGATA]


@pytest.mark.parametrize("named", [(), (4,)], ids=["all", "one"])
def test_a_recall_is_not_recalled(desk, named):
    move(desk, 1, Evento.INOLTRA)
    operazioni.recall(desk.home, 1, *WHO)
    move(desk, 2, Evento.INOLTRA)
    refused("RICHIAMO-002", operazioni.recall, desk.home, 2, *WHO, ordini=named)
    assert [each.stato for each in orders(desk)] == [Stato.RICHIAMO_CHIESTO] * 3


def test_mav_are_asked_back_too(ready):
    room = ready("mav")
    move(room, 1, Evento.INOLTRA)
    fatto = operazioni.recall(room.home, 1, *WHO)
    assert fatto.stato is Stato.DA_SPEDIRE
    assert {(each.causale, each.segno) for each in orders(room, 2)} == {("07100", "+")}
    assert clean(payload(room, 2))


@pytest.mark.parametrize("way", ["take_out", "create", "add"])
def test_a_request_of_recall_is_not_taken_apart(desk, way):
    move(desk, 1, Evento.INOLTRA)
    operazioni.recall(desk.home, 1, *WHO, ordini=[1, 3])
    operazioni.copy(desk.home, 1, *WHO)
    asked = ids(desk, 2)
    calls = {"take_out": (2, asked), "create": (asked[:1],), "add": (3, asked[:1])}
    refused("RICHIAMO-003", getattr(operazioni, way), desk.home, *calls[way], *WHO)
    assert ids(desk, 2) == asked
    assert [each.stato for each in orders(desk)] == [Stato.RICHIAMO_CHIESTO, Stato.INOLTRATA, Stato.RICHIAMO_CHIESTO]


def test_of_rid_the_recall_is_noted_and_said_to_be_all_that_can_be_done(ready):
    room = ready("rid")
    move(room, 1, Evento.INOLTRA)
    fatto = operazioni.recall(room.home, 1, *WHO)
    assert (fatto.distinta_id, len(fatto.avvisi)) == (1, 1)
    assert {each.stato for each in orders(room)} == {Stato.RICHIAMO_CHIESTO}


def test_other_kinds_are_not_asked_back(ready):
    room = ready("pc")
    move(room, 1, Evento.INOLTRA)
    refused("RICHIAMO-001", operazioni.recall, room.home, 1, *WHO)
    refused("STATO-001", operazioni.recall, room.home, 1, *WHO, ordini=ids(room)[:1])


def test_a_rid_that_came_back_is_presented_again_with_other_coordinates(ready):
    room = ready("rid")
    move(room, 1, Evento.INOLTRA)
    first = ids(room)[0]
    refused("RIPRESENTA-002", operazioni.resend, room.home, 1, [first], {}, *WHO)
    outcome(room, first, Evento.INSOLVI)
    campi = {"conto_controparte": NEW_DEBTOR_ACCOUNT, "scadenza": "2027-01-29"}
    fatto = operazioni.resend(room.home, 1, [first], campi, *WHO)
    [again] = orders(room, fatto.distinta_id)
    assert (again.abi, again.cab, again.conto, again.scadenza) == (
        "05428",
        "11101",
        "000000123456",
        date(2027, 1, 29),
    )
    assert (fatto.stato, again.chiave) == (Stato.DA_SPEDIRE, orders(room)[0].chiave)
    assert orders(room)[0].stato is Stato.INSOLUTA


def test_only_rid_are_presented_again_so(desk):
    move(desk, 1, Evento.INOLTRA)
    outcome(desk, 1, Evento.INSOLVI)
    refused("RIPRESENTA-001", operazioni.resend, desk.home, 1, [1], {}, *WHO)


def test_delegations_are_marked_as_revoked_and_nothing_is_said_to_have_been_sent(ready):
    room = ready("f24")
    refused("STATO-001", operazioni.revoke, room.home, 1, *WHO)
    move(room, 1, Evento.INOLTRA)
    first, *rest = ids(room)
    fatto = operazioni.revoke(room.home, 1, *WHO, ordini=[first])
    assert "R4" in fatto.avvisi[0][1]
    assert [each.stato for each in orders(room)] == [Stato.REVOCATA] + [Stato.INOLTRATA] * len(rest)


def test_orders_of_other_kinds_are_not_revoked(desk):
    move(desk, 1, Evento.INOLTRA)
    refused("STATO-001", operazioni.revoke, desk.home, 1, *WHO)


# --- dry runs, iter, journal ------------------------------------------------------------------------------


def everything(sala):
    tables = ("distinta", "disposizione", "iter", "journal", "diagnostica", "firma", "banca")
    with sala.home.read() as conn:
        rows = {table: conn.execute(text(f"SELECT * FROM {table}")).all() for table in tables}
    return rows, sorted(path.name for path in sala.home.archive_dir.rglob("*"))


def told(sala, fatto):
    """What an operation says; on a server but for new numbers: those that a dry run took are not given again."""
    server = sala.home.engine.dialect.name == "postgresql"
    return replace(fatto, distinta_id=None, ordini=()) if server else fatto


@pytest.mark.ovunque
def test_a_dry_run_of_anything_tells_the_same_and_changes_nothing(desk):
    bring(desk, riba(order(9), order(8), nome="DUE"))
    verbs = [
        (operazioni.take_out, (1, [1])),
        (operazioni.create, ([4],)),
        (operazioni.add, (1, [5])),
        (operazioni.edit, (1, {"importo": "5.00"})),
        (operazioni.copy, (1,)),
        (operazioni.delete, (1,)),
    ]
    for verb, args in verbs:
        before = everything(desk)
        dry = verb(desk.home, *args, *WHO, dry_run=True)
        assert everything(desk) == before
        done = verb(desk.home, *args, *WHO)
        assert told(desk, done) == told(desk, dry)
        assert everything(desk) != before


@pytest.mark.ovunque
def test_the_iter_of_an_order_follows_it_from_one_distinta_to_another(desk):
    bring(desk, riba(order(9), nome="DUE"))
    operazioni.edit(desk.home, 1, {"importo": "5.00"}, *WHO, ordini=[2])
    operazioni.take_out(desk.home, 1, [2], *WHO)
    operazioni.edit(desk.home, 1, {"nome": "NON LO RIGUARDA"}, *WHO)
    operazioni.add(desk.home, 2, [2], *WHO)
    firme.sign(desk.home, 2, "carla", PASSWORD)
    with desk.home.read() as conn:
        rows = distinte.iter_of_order(conn, 2)
    told = [(row.distinta_id, row.disposizione_id, row.evento) for row in rows]
    assert told == [
        (1, None, "importa"),
        (1, None, "convalida"),
        (1, 2, "modifica"),
        (1, None, "modifica"),
        (1, None, "convalida"),
        (1, 2, "disaggrega"),
        (2, 2, "aggrega"),
        (2, None, "convalida"),
        (2, None, "firma"),
    ]
    assert json.loads(rows[2].dati) == {"campi": {"importo": "5.00"}}
    assert set(json.loads(rows[5].dati)) == {"distinta", "sha256", "numero"}


def rebuilt(sala):
    """Distinte and orders as the journal alone, and the archive, tell them."""
    found, places = {}, {}
    with sala.home.read() as conn:
        events = [json.loads(row) for row in conn.scalars(text("SELECT dati FROM journal ORDER BY azienda_id, numero"))]
        subjects = conn.scalars(text("SELECT soggetto FROM journal ORDER BY azienda_id, numero")).all()
    for subject, event in zip(subjects, events, strict=True):
        kind, _, number = subject.partition(":")
        if kind == "distinta" and "evento" in event:
            row = found.setdefault(int(number), {})
            columns = set(event["dati"]) - {
                "file",
                "file_sha256",
                "ordini",
                "campi",
                "tolte",
                "regole",
                "firma",
                "errori",
                "motivo",
                "annullate",
            }
            row |= {name: event["dati"][name] for name in columns} | {"stato": event["a"]}
            if "ordini" in event["dati"]:
                spread = [each for first, last in event["dati"]["ordini"] for each in range(first, last + 1)]
                for n, each in enumerate(spread, 1):
                    old = places.get(each, (None, None, "Inserita"))
                    places[each] = (int(number), n, old[2] if old[0] == int(number) else "Inserita")
            for da, a in event.get("ordini", []):
                for each, (where, n, stato) in places.items():
                    if where == int(number) and stato == da:
                        places[each] = (where, n, a)
        elif kind == "disposizione":
            where, n, _ = places[int(number)]
            places[int(number)] = (event["dati"].get("distinta", where), n, event["a"])
    return found, places


def compare(sala):
    found, places = rebuilt(sala)
    with sala.home.read() as conn:
        for distinta in distinte.list_(conn):
            row = {key: str(value) for key, value in found[distinta.id].items() if hasattr(distinta, key)}
            assert row == {key: str(getattr(distinta, key)) for key in row}
            assert {"sha256", "totale", "nome_supporto", "nostro_conto", "stato", "origine"} <= set(row)
        for each in conn.execute(text("SELECT id, distinta_id, numero, stato FROM disposizione")):
            where, n, stato = places[each.id]
            assert (where, stato) == (each.distinta_id, each.stato)
            assert where is None or n == each.numero


@pytest.mark.ovunque
def test_the_journal_alone_tells_where_everything_is(desk):
    bring(desk, riba(order(9), nome="DUE") + faulty(nome="TRE"))
    operazioni.take_out(desk.home, 1, [2], *WHO)
    operazioni.create(desk.home, [2], *WHO)
    operazioni.edit(desk.home, 1, {"importo": "5.00", "nome": "ALTRO"}, *WHO)
    operazioni.add(desk.home, 1, [4], *WHO)
    firme.sign(desk.home, 1, "carla", PASSWORD)
    with desk.home.begin() as conn:
        distinte.apply(conn, desk.home.ports, 1, Evento.INOLTRA, chi="spool")
    operazioni.recall(desk.home, 1, *WHO, ordini=[1])
    compare(desk)


# --- options of an import ---------------------------------------------------------------------------------


def test_a_taken_name_is_changed_when_asked(desk):
    report = bring(desk, riba(order(9)), opzioni=Opzioni(rinomina=True))
    [verdetto] = report.verdetti
    assert (verdetto.codice, verdetto.nome_supporto, verdetto.nome_chiesto) == (
        Codice.IMPORTATA,
        "SUPPORTO1-2",
        "SUPPORTO1",
    )
    assert "SUPPORTO1" in verdetto.message("it")
    assert payload(desk, 2) == riba(order(9), nome="SUPPORTO1-2")
    assert report.finale is Finale.NON_BLOCCANTI
    bring(desk, riba(order(8)), opzioni=Opzioni(rinomina=True))
    assert look(desk, 3).nome_supporto == "SUPPORTO1-3"


def test_a_taken_name_in_a_header_that_cannot_be_rewritten_is_refused(desk):
    data = riba(order(9)).replace(b"0000001000000000123450", b"00000A1000000000123450")
    assert bring(desk, data, opzioni=Opzioni(rinomina=True)).verdetti[0].codice is Codice.SUPPORTO_GIA_PRESENTE


def test_nothing_is_made_of_what_has_errors_when_so_asked(sala):
    report = bring(sala, faulty() + riba(order(9), nome="DUE"), opzioni=Opzioni(con_errori=False))
    assert [v.codice for v in report.verdetti] == [Codice.NON_CREATA, Codice.IMPORTATA]
    assert report.finale is Finale.CON_ERRORI
    with sala.home.read() as conn:
        assert [each.nome_supporto for each in distinte.list_(conn)] == ["DUE"]
        assert conn.scalar(text("SELECT count(*) FROM diagnostica WHERE distinta_id IS NULL")) == 1


@pytest.mark.parametrize(("errors", "codice"), [(20, Codice.CON_ERRORI), (21, Codice.TROPPI_ERRORI)])
def test_more_than_twenty_errors_discard_a_distinta(sala, errors, codice):
    wrong = [order(n, codice_fiscale="00000000000") for n in range(1, errors + 1)]
    report = bring(sala, riba(*wrong, order(99)))
    assert [(v.codice, v.errori) for v in report.verdetti] == [(codice, errors)]
    assert report.finale is (Finale.CON_ERRORI if errors == 20 else Finale.FALLITO)


def test_how_an_import_ended(sala):
    assert bring(sala, riba(), dry_run=True).finale is Finale.VERIFICATO
    assert bring(sala, riba()).finale is Finale.ELABORATO
    assert bring(sala, riba()).finale is Finale.FALLITO
    assert bring(sala, riba(order(1), nome="DUE")).finale is Finale.NON_BLOCCANTI
    assert bring(sala, riba(order(7), nome="TRE").replace(SIA.encode(), b" " * 5)).finale is Finale.NON_BLOCCANTI
    assert bring(sala, faulty(nome="Q")).finale is Finale.CON_ERRORI
    assert bring(sala, riba(order(8), nome="CIN") + riba(order(9))).finale is Finale.CON_ERRORI
    assert bring(sala, b"niente").finale is Finale.FALLITO


# --- whatever is done, in whatever order ------------------------------------------------------------------


class Banco(RuleBasedStateMachine):
    """People at work on a few distinte; after each step everything must hold together."""

    numbers = Bundle("numbers")

    @initialize(target=numbers)
    def begin(self):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.sala = furnish(Path(self.folder.name) / "casa", {"anna": 50, "carla": 100})
        bring(self.sala, riba(*(order(n, n * 100) for n in range(1, 5))) + riba(order(7), nome="DUE"))
        self.signed = {}
        return 1

    def teardown(self):
        if hasattr(self, "sala"):
            self.sala.home.close()
            self.folder.cleanup()

    def attempt(self, verb, *args, **kwargs):
        """The result, or None when refused: then nothing has changed."""
        before = everything(self.sala)
        try:
            return getattr(operazioni, verb)(self.sala.home, *args, *WHO, **kwargs)
        except Refused:
            assert everything(self.sala) == before
            return None

    @rule(target=numbers, chosen=st.lists(st.integers(1, 8), min_size=1, max_size=3))
    def create(self, chosen):
        fatto = self.attempt("create", chosen)
        return fatto.distinta_id if fatto else 1

    @rule(number=numbers, chosen=st.lists(st.integers(1, 8), min_size=1, max_size=3))
    def add(self, number, chosen):
        self.attempt("add", number, chosen)

    @rule(number=numbers, chosen=st.lists(st.integers(1, 8), min_size=1, max_size=3))
    def take_out(self, number, chosen):
        self.attempt("take_out", number, chosen)

    @rule(
        number=numbers,
        chosen=st.lists(st.integers(1, 8), max_size=2),
        campi=st.sampled_from(
            [
                {"importo": "7.00"},
                {"codice_fiscale": "00000000000"},
                {"codice_fiscale": "77665540017"},
                {"nome": "DUE"},
                {"scadenza": "2026-06-30"},
                {"conto": OTHER_ACCOUNT},
                {"conto": "IT00"},
            ]
        ),
    )
    def edit(self, number, chosen, campi):
        self.attempt("edit", number, campi, ordini=chosen)

    @rule(target=numbers, number=numbers)
    def copy(self, number):
        fatto = self.attempt("copy", number)
        return fatto.distinta_id if fatto else number

    @rule(number=numbers)
    def delete(self, number):
        self.attempt("delete", number)

    @rule(target=numbers, number=numbers)
    def recall(self, number):
        fatto = self.attempt("recall", number)
        return fatto.distinta_id if fatto else number

    @rule(number=numbers, login=st.sampled_from(["anna", "carla"]))
    def sign(self, number, login):
        try:
            firme.sign(self.sala.home, number, login, PASSWORD)
        except Refused:
            return
        self.signed[number] = payload(self.sala, number)

    @rule(number=numbers, back=st.booleans())
    def unsign(self, number, back):
        before, was = everything(self.sala), look(self.sala, number)
        verb, args = (firme.refuse, ["non torna"]) if back else (firme.zero, [])
        try:
            stato = verb(self.sala.home, number, *args, *WHO)
        except Refused:
            assert everything(self.sala) == before
            return
        found = look(self.sala, number)
        assert found.stato is stato is (Stato.INSERITA if back else Stato.DA_SPEDIRE)
        assert (found.firmato, found.revisione, found.sha256) == (0, was.revisione + 1, was.sha256)

    @rule(number=numbers)
    def send(self, number):
        try:
            with self.sala.home.begin() as conn:
                distinte.apply(conn, self.sala.home.ports, number, Evento.INOLTRA, chi="spool")
        except Refused:
            return
        assert payload(self.sala, number) == self.signed[number]

    @invariant()
    def everything_holds_together(self):
        if not hasattr(self, "sala"):
            return
        with self.sala.home.read() as conn:
            found = distinte.list_(conn)
            every = {each.id: list(distinte.orders(conn, each.id)) for each in found}
            assert journal.verify(conn, self.sala.azienda_id) is None
            assert ricostruzione.check(conn, self.sala.azienda_id) == []
        names = [each.nome_supporto for each in found if each.alive]
        assert len(names) == len(set(names))
        for each in found:
            data, mine = payload(self.sala, each.id), every[each.id]
            if each.stato is Stato.ELIMINATA:
                continue
            assert clean(data) == (each.stato is not Stato.CON_ERRORI)
            assert (each.numero_disposizioni, each.totale) == (len(mine), sum(o.importo for o in mine))
            assert b"".join(o.raw for o in mine) in data
            assert [o.numero for o in mine] == list(range(1, len(mine) + 1))
            if each.firmato:
                assert self.signed[each.id] == data
        compare(self.sala)


Banco.TestCase.settings = settings(
    max_examples=300 if "CBI_SOAK" in os.environ else 8,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_whatever_people_do_in_whatever_order = Banco.TestCase
