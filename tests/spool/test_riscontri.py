"""Movements that name nothing: what the company's rules and its people say that they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from banksim.danni import INSOLUTA, PAGATA, Detto, Ordine, portafoglio, presentazione, risposta
from ledger import esporta, journal, movimenti, outcomes, replica, ricostruzione, spunta
from ledger.errors import Refused
from ledger.home import Home
from ledger.movimenti import Filtro, Voce
from ledger.ports import real_ports
from ledger.spunta import Segno
from ledger.varco import macchina
from reconcile import regole
from reconcile.legami import settlement
from spool.dispatch import dispatch_ready
from spool.receive import FATTO, receive
from spool.rilettura import reread
from tests.reconcile.conti import Mossa, statement
from tests.spool import casa
from tests.spool.casa import PASSWORD

ABI = "03069"
USER = ("bianchi", PASSWORD)
ORDINI = portafoglio(7, 6)
TOTALE = sum(each.importo for each in ORDINI)
GIORNO = casa.OGGI + timedelta(3)

EFFETTI = '[[movimenti.A1B2C]]\nnome = "effetti"\nsegno = "C"\ntesto = "effetti"\nabbina = "distinta"\n'
RITORNI = '[[movimenti.A1B2C]]\nnome = "ritorni"\nsegno = "D"\nabbina = "disposizione"\nspunta = true\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = casa.build(tmp_path_factory.mktemp("riscontri") / "casa", [flow("RIBA-A", ORDINI)])
    dispatch_ready(home)
    home.close()
    return home.path


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Iterator[Home]:
    found = casa.copy(template, tmp_path / "casa")
    yield found
    found.close()


def flow(nome: str, ordini: Sequence[Ordine]) -> bytes:
    return presentazione(nome, casa.CONTI[ABI], ordini, casa.OGGI)


def booked(home: Home, *mosse: Mossa, nome: str = "RH-A", giorno: date = GIORNO) -> list[Voce]:
    """The movements of a statement that came in."""
    given(home, nome, statement("RH", nome, giorno, mosse).raw)
    return [each for each in shown(home) if each.nome_supporto == nome]


def given(home: Home, nome: str, data: bytes) -> None:
    casa.drop(home, f"{nome}.cbi", data)
    (file,) = receive(home)
    assert file.verdetto == FATTO, file.motivi


def credit(cents: int, testo: str = "ACCREDITO EFFETTI SBF", giorno: date = GIORNO, **altro: Any) -> Mossa:
    return Mossa(cents, giorno, testo=testo, altro=altro)


def shown(home: Home) -> list[Voce]:
    with home.read() as conn:
        return list(movimenti.each(conn, Filtro(spuntati=None)))


def run(home: Home, text: str = EFFETTI, *, dry_run: bool = False) -> list[tuple[int, tuple[str, ...]]]:
    (home.path / regole.FILE).write_text(text)
    rules = regole.read(home)["A1B2C"]
    with macchina(home, 1, regole.CHI, dry_run=dry_run) as lavoro:
        return [(each.quanti, each.riscontri) for each in regole.apply(lavoro, rules)]


def test_a_credit_that_names_nothing_is_of_the_one_distinta_of_its_amount(home: Home) -> None:
    (one, other) = booked(home, credit(TOTALE), credit(1_234))
    assert run(home, dry_run=True) == [(1, ("distinta:1",))]
    assert [each.distinta for each in shown(home)] == [None, None]
    assert run(home) == [(1, ("distinta:1",))]
    assert run(home) == [(0, ())]
    found = {each.id: (each.distinta, each.riscontrato_da) for each in shown(home)}
    assert found == {one.id: (1, "regola effetti"), other.id: (None, None)}
    with home.read() as conn:
        assert settlement(conn, 1).come == "lordo"
        assert ricostruzione.check(conn, 1) == []


def test_one_net_of_the_fees_that_the_outcomes_tell_is_too(home: Home) -> None:
    detti = [Detto(each, PAGATA, frozenset(), 350) for each in ORDINI]
    given(home, "ESITI", risposta("ESITI", casa.CONTI[ABI], detti, date(2026, 11, 4)))
    booked(home, credit(TOTALE - 350 * len(ORDINI)))
    assert run(home) == [(1, ("distinta:1",))]
    with home.read() as conn:
        assert settlement(conn, 1).come == "netto"


@pytest.mark.parametrize(
    ("mossa", "text"),
    [
        (credit(TOTALE - 1), EFFETTI),
        (credit(TOTALE, "GIROCONTO"), EFFETTI),
        (credit(TOTALE, giorno=casa.OGGI - timedelta(1)), EFFETTI),
        (credit(TOTALE, giorno=casa.OGGI + timedelta(11)), EFFETTI),
        (credit(-TOTALE), EFFETTI.replace('"C"', '"D"')),
        (credit(TOTALE), EFFETTI.replace('"distinta"', '"disposizione"')),
    ],
)
def test_one_of_another_amount_text_day_or_sign_is_of_nothing(home: Home, mossa: Mossa, text: str) -> None:
    booked(home, mossa, giorno=mossa.giorno)
    assert run(home, text) == [(0, ())]


def test_a_rule_may_look_further_back(home: Home) -> None:
    booked(home, credit(TOTALE, giorno=casa.OGGI + timedelta(11)), giorno=casa.OGGI + timedelta(11))
    assert run(home, EFFETTI + "giorni = 11\n") == [(1, ("distinta:1",))]


def test_two_movements_or_two_distinte_that_are_as_good_are_two(home: Home, template: Path, tmp_path: Path) -> None:
    booked(home, credit(TOTALE), credit(TOTALE))
    assert run(home) == [(0, ())]
    other = casa.copy(template, tmp_path / "altra")
    casa.extend(other.path, flow("RIBA-B", ORDINI))
    dispatch_ready(other)
    booked(other, credit(TOTALE))
    assert run(other) == [(0, ())]
    other.close()


def test_what_a_movement_names_by_itself_is_not_said_otherwise(home: Home) -> None:
    reference = {"tipo_riferimento_cliente": "NROSUPCBI", "riferimento_cliente": "RIBA-A"}
    (one,) = booked(home, credit(TOTALE, **reference))
    assert run(home) == [(0, ())]
    with pytest.raises(Refused, match="MOVIMENTO-002"):
        spunta.segna(home, 1, *USER, [one.id], Segno(riscontro="distinta:1"))


def test_what_came_back_by_itself_is_of_its_order_and_does_not_make_the_distinta_less(home: Home) -> None:
    back = ORDINI[0]
    given(home, "ESITI", risposta("ESITI", casa.CONTI[ABI], [Detto(back, INSOLUTA, frozenset(), 350)], back.scadenza))
    day = back.scadenza + timedelta(2)
    booked(home, credit(TOTALE))
    (one,) = booked(home, credit(-back.importo, "INSOLUTO", day), nome="RH-B", giorno=day)
    assert run(home, EFFETTI + RITORNI) == [(1, ("distinta:1",)), (1, (f"disposizione:{order(home, back)}",))]
    (found,) = (each for each in shown(home) if each.id == one.id)
    assert (found.distinta, found.disposizione_id, found.spuntato_da) == (1, order(home, back), "regola ritorni")
    with home.read() as conn:
        found = settlement(conn, 1)
        assert (found.come, found.esiti) == ("lordo", -back.importo)


def order(home: Home, ordine: Ordine) -> int:
    with home.read() as conn:
        key = f"{ordine.numero:010d}"
        return outcomes.candidates(conn, 1, "RIBA", [key])[key][0].id


def test_a_person_says_what_it_is_of_or_that_it_is_of_nothing_and_no_rule_says_otherwise(home: Home) -> None:
    (one,) = booked(home, credit(TOTALE))
    assert run(home) == [(1, ("distinta:1",))]
    assert spunta.segna(home, 1, *USER, [one.id], Segno(riscontro="")) == 1
    assert run(home) == [(0, ())]
    assert spunta.segna(home, 1, *USER, [one.id], Segno(riscontro="disposizione:2")) == 1
    (found,) = shown(home)
    assert (found.distinta, found.disposizione_id, found.riscontrato_da) == (1, 2, "bianchi")
    with pytest.raises(Refused, match="DISTINTA-001"):
        spunta.segna(home, 1, *USER, [one.id], Segno(riscontro="distinta:99"))
    with home.read() as conn:
        assert [each["tipo"] for each in journal.events(conn, 1, ("movimenti_segnati",))] == ["movimenti_segnati"] * 3
        assert ricostruzione.check(conn, 1) == []


def test_a_home_made_again_says_the_same(home: Home, tmp_path: Path) -> None:
    _, two = booked(home, credit(TOTALE), credit(ORDINI[0].importo))
    run(home)
    spunta.segna(home, 1, *USER, [two.id], Segno(riscontro="disposizione:1"))
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    again = Home.open(tmp_path / "nuova", real_ports())
    assert shown(again) == shown(home)
    again.close()


def test_the_periodic_statement_says_again_what_is_of_a_distinta(home: Home) -> None:
    given(home, "EC-A", statement("EC", "EC-A", GIORNO, [credit(TOTALE)], inizio=casa.OGGI).raw)
    assert run(home) == [(1, ("distinta:1",))]
    (one,) = booked(home, credit(TOTALE))
    assert (one.stato, one.distinta, one.riscontrato_da) == ("confermato", 1, "regola effetti")
    with home.read() as conn:
        assert [each.id for each in movimenti.each(conn, Filtro(distinta_id=1))] == [one.id]
    assert spunta.segna(home, 1, *USER, [one.id], Segno(riscontro="")) == 1
    (one,) = shown(home)
    assert (one.distinta, one.riscontrato_da) == (None, "bianchi")
    assert run(home) == [(0, ())]
    assert spunta.segna(home, 1, *USER, [one.id], Segno(riscontro="disposizione:2")) == 1
    with home.read() as conn:
        assert [each.disposizione_id for each in movimenti.each(conn, Filtro(distinta_id=1))] == [2]
        assert ricostruzione.check(conn, 1) == []
