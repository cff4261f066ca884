"""Accounts that enter the register by themselves, what people choose for them and do with movements; and all of it
made again from the journal and the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fixtures import make
from fixtures.rendicontazioni import dt, ra, rp
from ledger import esporta, journal, movimenti, rapporti, replica, richieste, ricostruzione, spunta, utenti
from ledger.errors import Refused
from ledger.esportazioni import Modo, export
from ledger.home import Home
from ledger.ports import real_ports
from ledger.profilo import Funzione, Profilo
from ledger.ricerca import Filtro
from ledger.schema import JOURNAL, MOVIMENTO
from ledger.spunta import Segno
from ledger.varco import macchina
from reconcile import regole
from spool.receive import FATTO, plant_all, receive
from spool.rilettura import reread
from tests.spool import casa
from tests.spool.casa import PASSWORD

FILES = {"rh": make.FILES["rh"], "ec": make.FILES["ec"], "ra": ra(2), "rp": rp(), "dt": dt()}
USER = ("bianchi", PASSWORD)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that received a statement of every kind."""
    home = casa.build(tmp_path_factory.mktemp("conti") / "casa", [])
    plant_all(home)
    for name, data in FILES.items():
        casa.drop(home, f"{name}.cbi", data)
    assert {file.verdetto for file in receive(home)} == {FATTO}
    home.close()
    return home.path


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Iterator[Home]:
    found = casa.copy(template, tmp_path / "casa")
    yield found
    found.close()


def cards(home: Home) -> list[rapporti.Scheda]:
    with home.read() as conn:
        return rapporti.list_(conn)


def card(home: Home, genere: str) -> rapporti.Scheda:
    return next(each for each in cards(home) if each.genere == genere)


def shown(home: Home, **filtro: Any) -> list[movimenti.Voce]:
    with home.read() as conn:
        return list(movimenti.each(conn, Filtro(**filtro)))


def events(home: Home, *tipi: str) -> list[dict[str, Any]]:
    with home.read() as conn:
        return [json.loads(each["dati"]) for each in journal.events(conn, 1, tipi)]


def differences(home: Home) -> list[Any]:
    with home.read() as conn:
        return ricostruzione.check(conn, 1)


# --- the register -----------------------------------------------------------------------------------------------------


def test_every_kind_of_statement_brings_its_account(home: Home) -> None:
    assert sorted(each.genere for each in cards(home)) == ["anticipi", "conto", "conto", "portafoglio", "titoli"]
    assert all(each.ultimo for each in cards(home))
    assert events(home, "rapporto_scelto") == []


def test_an_account_has_the_last_balances_and_those_of_the_days_to_come(home: Home) -> None:
    conto = next(each for each in cards(home) if each.ultimo and each.ultimo.liquidita)
    assert conto.ultimo is not None
    assert conto.ultimo.tipo == "RH"
    assert conto.ultimo.saldo == conto.ultimo.saldo_liquido
    assert all(day > conto.ultimo.data for day, _ in conto.ultimo.liquidita)
    assert card(home, "titoli").ultimo.saldo is None  # type: ignore[union-attr]


def test_an_account_that_is_silent_counts_as_closed_until_it_is_fed_again(home: Home) -> None:
    conto = card(home, "conto")
    last = conto.ultimo.data  # type: ignore[union-attr]
    assert conto.open_on(last + timedelta(days=rapporti.SILENZIO - 1))
    assert not conto.open_on(last + timedelta(days=rapporti.SILENZIO))
    never = rapporti.choose(home, conto.id, *USER, {"silenzio": 0})
    assert never.open_on(last + timedelta(days=4_000))


def test_what_a_person_chooses_is_an_event_and_decides_the_order(home: Home) -> None:
    first, last = cards(home)[0], cards(home)[-1]
    told = rapporti.choose(home, last.id, *USER, {"in_evidenza": True, "descrizione": "CASSA", "estero": True})
    assert (told.descrizione, told.estero) == ("CASSA", True)
    assert [each.id for each in cards(home)][:2] == [last.id, first.id]
    (event,) = events(home, "rapporto_scelto")
    assert event["scelte"] == {"in_evidenza": True, "descrizione": "CASSA", "estero": True}
    assert differences(home) == []


def test_nothing_changes_in_a_dry_run_nor_when_the_choice_is_what_it_was(home: Home) -> None:
    rapporti.choose(home, 1, *USER, {"chiuso": True}, dry_run=True)
    rapporti.choose(home, 1, *USER, {"chiuso": False})
    assert events(home, "rapporto_scelto") == []
    assert not cards(home)[0].scelte.chiuso


def test_an_account_that_a_bank_does_not_feed_is_entered_by_hand_once(home: Home) -> None:
    which = {"genere": "conto", "abi": "02008", "cab": "", "conto": "77", "divisa": "EUR"}
    entered = rapporti.enter(home, 1, *USER, which, {"descrizione": "CASSA"})
    assert entered.scelte.a_mano and entered.ultimo is None
    with pytest.raises(Refused, match="RAPPORTO-002"):
        rapporti.enter(home, 1, *USER, which, {})
    assert differences(home) == []


# --- ticks ------------------------------------------------------------------------------------------------------------


def test_what_is_ticked_leaves_the_default_view_and_comes_back(home: Home) -> None:
    everything = {each.id for each in shown(home)}
    some = sorted(everything)[:3]
    assert spunta.segna(home, 1, *USER, some, Segno(True, etichetta="incassi")) == 3
    assert {each.id for each in shown(home)} == everything - set(some)
    assert {each.id for each in shown(home, spuntati=True)} == set(some)
    assert spunta.segna(home, 1, *USER, some, Segno(True)) == 0
    assert spunta.segna(home, 1, *USER, some[:1], Segno(False)) == 1
    assert {each.id for each in shown(home, spuntati=True)} == set(some[1:])
    told = events(home, "movimenti_segnati")
    assert [sum(len(lines) for _, lines in each["righe"]) for each in told] == [3, 1]
    assert {each["chi"] for each in told} == {"bianchi"}
    assert differences(home) == []


def test_a_filter_ticks_what_it_finds_and_nothing_else(home: Home) -> None:
    debits = {each.id for each in shown(home, segno="D")}
    assert spunta.segna(home, 1, *USER, Filtro(segno="D"), Segno(True)) == len(debits) > 0
    assert {each.id for each in shown(home, spuntati=True)} == debits


def test_what_says_a_ticked_movement_again_is_ticked_with_it(home: Home) -> None:
    with home.read() as conn:
        twin = conn.execute(select(MOVIMENTO).where(MOVIMENTO.c.gemello_id.is_not(None))).first()
    assert twin is not None
    with home.begin() as conn:
        at = home.ports.clock.now()
        line, file = twin.line, next(row.file_id for row in _statements(conn) if row.id == twin.rapporto_id)
        spunta.marked(conn, {"chi": "x", "da": "", "segno": {"spunta": True}, "righe": [[file, [line]]]}, at)
    assert twin.gemello_id not in {each.id for each in shown(home)}
    assert [each.id for each in shown(home, spuntati=True)] == [twin.gemello_id]
    assert spunta.segna(home, 1, *USER, [twin.gemello_id], Segno(False)) == 1
    assert shown(home, spuntati=True) == []


def _statements(conn: Any) -> list[Any]:
    return [each for scheda in rapporti.list_(conn) for each in rapporti.statements(conn, scheda.id)]


def test_a_movement_that_is_not_there_is_refused_and_nothing_is_ticked(home: Home) -> None:
    with pytest.raises(Refused, match="MOVIMENTO-001"):
        spunta.segna(home, 1, *USER, [shown(home)[0].id, 9_999], Segno(True))
    assert shown(home, spuntati=True) == []


def test_who_sees_one_account_ticks_only_that_and_who_may_not_reconcile_ticks_nothing(home: Home) -> None:
    mine = casa.CONTI["03069"]["iban"]
    with home.begin() as conn:
        for login, profilo in (("verdi", Profilo(conti=(mine,))), ("neri", Profilo(funzioni=(Funzione.SIGN,)))):
            utenti.create(conn, home.ports, 1, login=login, peso=100, password=PASSWORD, profilo=profilo)
    assert spunta.segna(home, 1, "verdi", PASSWORD, Filtro(), Segno(True)) == 0
    with pytest.raises(Refused, match="MOVIMENTO-001"):
        spunta.segna(home, 1, "verdi", PASSWORD, [shown(home)[0].id], Segno(True))
    with pytest.raises(Refused, match="RAPPORTO-001"):
        rapporti.choose(home, 1, "verdi", PASSWORD, {"chiuso": True})
    with pytest.raises(Refused, match="UTENTE-010"):
        spunta.segna(home, 1, "neri", PASSWORD, Filtro(), Segno(True))


def test_what_leaves_is_ticked_with_the_event_that_tells_of_it(home: Home) -> None:
    debits, open_ones = {each.id for each in shown(home, segno="D")}, shown(home)
    asked = richieste.of(cosa="movimenti", solo={"segno": "D"}, spunta=True)
    tried = export(home, 1, asked, BytesIO(), Modo(dry_run=True))
    assert (tried.righe, tried.spuntati) == (len(debits), len(debits)) and shown(home) == open_ones
    assert export(home, 1, asked, BytesIO()).spuntati == len(debits) > 0
    ticked = shown(home, spuntati=True)
    assert {each.id for each in ticked} == debits and {each.spuntato_da for each in ticked} == {"esportazione"}
    assert [each["tipo"] for each in told_of(home)][-2:] == ["righe_esportate", "movimenti_segnati"]
    assert export(home, 1, asked, BytesIO()).spuntati == 0
    assert spunta.segna(home, 1, *USER, Filtro(segno="D", spuntati=True), Segno(False)) == len(debits)
    assert {each.id for each in shown(home)} == {each.id for each in open_ones} and differences(home) == []


def test_what_a_profile_takes_once_more_is_not_ticked_once_more(home: Home) -> None:
    richieste.save(home, "studio", richieste.of(cosa="movimenti", spunta=True))
    modo = Modo("studio", nuove=True)
    asked = richieste.profile(home, "studio")
    assert export(home, 1, asked, BytesIO(), modo).spuntati == len(shown(home, spuntati=True)) > 0
    assert {each.spuntato_da for each in shown(home, spuntati=True)} == {"esportazione studio"}
    spunta.segna(home, 1, *USER, Filtro(spuntati=True), Segno(False))
    assert export(home, 1, asked, BytesIO(), Modo("studio", ancora=True)).righe > 0
    assert shown(home, spuntati=True) == []


def test_nothing_is_ticked_when_the_file_cannot_be_put_in_its_place(home: Home, tmp_path: Path) -> None:
    disk = casa.Disk(4, error=lambda: OSError(28, "No space left on device"))
    broken = replace(home, ports=replace(home.ports, disk=disk))
    with pytest.raises(OSError, match="No space"):
        export(broken, 1, richieste.of(cosa="movimenti", spunta=True), tmp_path / "movimenti.csv")
    assert disk.calls[3] == "rename"
    assert shown(home, spuntati=True) == [] and not events(home, "righe_esportate", "movimenti_segnati")


def test_who_sees_some_accounts_does_not_tick_what_is_exported_of_all(home: Home) -> None:
    with home.begin() as conn:
        mine = Profilo(conti=(casa.CONTI["03069"]["iban"],))
        utenti.create(conn, home.ports, 1, login="verdi", peso=100, password=PASSWORD, profilo=mine)
    out = BytesIO()
    with pytest.raises(Refused, match="ESPORTA-012"):
        export(home, 1, richieste.of(cosa="movimenti", spunta=True), out, Modo(chi=("verdi", PASSWORD)))
    assert out.getvalue() == b"" and shown(home, spuntati=True) == []
    with pytest.raises(Refused, match="ESPORTA-003"):
        richieste.of(cosa="esiti", spunta=True)


def told_of(home: Home) -> list[Any]:
    with home.read() as conn:
        return list(journal.events(conn, 1, ("righe_esportate", "movimenti_segnati")))


def test_a_mark_that_the_journal_does_not_tell_is_found(home: Home) -> None:
    with home.begin() as conn:
        conn.execute(MOVIMENTO.update().where(MOVIMENTO.c.id == 1).values(etichetta="di nascosto"))
    assert [(each.tabella, each.campo) for each in differences(home)] == [("movimento", "")]


def test_a_home_made_again_has_the_same_accounts_and_the_same_marks(home: Home, tmp_path: Path) -> None:
    rapporti.choose(home, cards(home)[1].id, *USER, {"descrizione": "VENDITE", "ordine": -1})
    which = {"genere": "conto", "abi": "02008", "cab": "", "conto": "77", "divisa": "EUR"}
    rapporti.enter(home, 1, *USER, which, {"estero": True})
    spunta.segna(home, 1, *USER, Filtro(segno="C"), Segno(True, etichetta="incassi"))
    spunta.segna(home, 1, *USER, [shown(home, spuntati=True)[0].id], Segno(False, contropartita="68.05"))
    export(home, 1, richieste.of(cosa="movimenti", solo={"causale": "16"}, spunta=True), BytesIO())
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    again = Home.open(tmp_path / "nuova", real_ports())
    assert shown(again, spuntati=None) == shown(home, spuntati=None)
    assert [_chosen(each) for each in cards(again)] == [_chosen(each) for each in cards(home)]
    assert differences(again) == []
    again.close()


def _chosen(scheda: rapporti.Scheda) -> Any:
    return (rapporti.key(vars(scheda)), scheda.scelte, scheda.ultimo and scheda.ultimo.saldo)


# --- rules ------------------------------------------------------------------------------------------------------------

RULES = """
[[movimenti.A1B2C]]
nome = "bonifici"
causali = ["48"]
testo = "bonifico*lunapiena"
etichetta = "clienti"
contropartita = "14.01"

[[movimenti.A1B2C]]
nome = "uscite"
segno = "D"
minimo = "0.01"
massimo = "600.00"
spunta = true
"""


def run(home: Home, text: str, *, dry_run: bool = False) -> list[tuple[str, int, int]]:
    (home.path / regole.FILE).write_text(text)
    rules = regole.read(home)["A1B2C"]
    with macchina(home, 1, regole.CHI, dry_run=dry_run) as lavoro:
        return [(each.nome, each.quanti, each.totale) for each in regole.apply(lavoro, rules)]


def test_rules_mark_what_fits_once_and_a_dry_run_says_the_same_and_does_nothing(home: Home) -> None:
    small = [each for each in shown(home, segno="D") if each.importo <= 60_000]
    expected = [("bonifici", 1, 125_000), ("uscite", len(small), -sum(each.importo for each in small))]
    assert run(home, RULES, dry_run=True) == expected
    assert shown(home, spuntati=True) == []
    assert run(home, RULES) == expected
    assert run(home, RULES) == [("bonifici", 0, 0), ("uscite", 0, 0)]
    marked = [each for each in shown(home) if each.etichetta]
    assert [(each.etichetta, each.contropartita, each.importo) for each in marked] == [("clienti", "14.01", 125_000)]
    assert {each.spuntato_da for each in shown(home, spuntati=True)} == {"regola uscite"}
    assert {each["da"] for each in events(home, "movimenti_segnati")} == {"regola bonifici", "regola uscite"}
    assert differences(home) == []


def test_the_first_rule_that_fits_decides(home: Home) -> None:
    all_of_them = '[[movimenti.A1B2C]]\nnome = "tutto"\nminimo = "0.00"\netichetta = "x"\n'
    assert [many for _, many, _ in run(home, all_of_them + RULES)] == [len(shown(home)), 0, 0]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[[movimenti.A1B2C", "REGOLA-001", "TOML"),
        ('[[movimenti.A1B2C]]\nnome = "x"\n', "REGOLA-002", "A1B2C 1: serve almeno una condizione"),
        ('[[movimenti.A1B2C]]\nnome = "x"\nminimo = "1"\nspunta = true', "REGOLA-002", "A1B2C 1 minimo"),
        ('[[movimenti.A1B2C]]\nnome = "x"\nregex = "a"\nspunta = true', "REGOLA-002", "regex"),
        (RULES + RULES, "REGOLA-002", "stesso nome"),
    ],
)
def test_rules_that_mean_nothing_are_told(home: Home, text: str, code: str, words: str) -> None:
    with pytest.raises(Refused) as found:
        run(home, text)
    assert found.value.code == code
    assert words in found.value.it


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("rossi", "BONIFICO ROSSI", True),
        ("bon*ssi", "BONIFICO ROSSI", True),
        ("rossi*bon", "BONIFICO ROSSI", False),
        ("ab*ab", "AB", False),
        ("*", "", True),
    ],
)
def test_a_star_stands_for_anything(pattern: str, text: str, found: bool) -> None:
    assert regole.found_in(pattern, text) is found


def test_the_journal_is_whole_after_all_this(home: Home) -> None:
    spunta.segna(home, 1, *USER, Filtro(), Segno(True))
    with home.read() as conn:
        assert journal.verify(conn, 1) is None
        assert conn.scalars(select(JOURNAL.c.tipo).order_by(JOURNAL.c.numero.desc())).first() == "movimenti_segnati"
