"""Races: two processes at once on one home, in a file and on a server, again and again.

Each race has its own distinta for every round, and a barrier before each. Whatever comes first, in the end no flow has
left twice, no signature is lost, no weight is more than it had to be, and the journal and the books agree.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from ledger import distinte, firme, intenti, journal, operazioni, ricostruzione
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import ROME, Ports, real_ports
from ledger.schema import DISTINTA, FIRMA, INTENTO, JOURNAL, UTENTE
from ledger.stati import MAI_PARTITE, Stato
from ledger.verdetti import Codice
from spool.dispatch import COMPLETATA, GIA_INOLTRATA, INOLTRATA, dispatch_ready
from tests.console import by_fucina
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD, Sala, StillClock, furnish

pytestmark = pytest.mark.ovunque
ROUNDS = 200 if "CBI_SOAK" in os.environ else 8
PATIENCE = 120
SENT = {INOLTRATA, COMPLETATA, GIA_INOLTRATA}
PESI = {"anna": 50, "bruno": 50, "carla": 100}
FORK = multiprocessing.get_context("fork")
Turno = Callable[[Home, int], object]


# --- the course -------------------------------------------------------------------------------------------------------


@pytest.fixture
def rounds(tmp_path, url):
    """A home with a distinta for each round, to be signed; of 1,234.50 each."""
    room = furnish(tmp_path / "home", PESI, url=url)
    flows = b"".join(riba(order(n), nome=f"GARA-{n}") for n in range(1, ROUNDS + 1))
    import_file(room.home, flows, "gare.cbi", room.azienda_id)
    room.home.close()
    return room


def race(room: Sala, *turns: Turno, clocks: tuple[StillClock | None, ...] = ()) -> list[tuple[object, ...]]:
    """Each turn in a process of its own, round after round, all let go at once: what came of each round, in order.

    A refusal comes back as its code. A process that breaks down breaks the barrier for the others, and the test.
    """
    numbers = range(1, ROUNDS + 1)
    barrier, results = FORK.Barrier(len(turns), timeout=PATIENCE), FORK.Queue()
    clocks = clocks or (None,) * len(turns)

    def run(lane: int, turn: Turno, clock: StillClock | None) -> None:
        home = Home.open(room.home.path, _ports(clock))
        try:
            for number in numbers:
                barrier.wait()
                results.put((number, lane, _outcome(turn, home, number)))
        except BaseException:
            results.put((0, lane, traceback.format_exc()))
            barrier.abort()
        finally:
            home.close()

    lanes = [
        FORK.Process(target=run, args=(*lane, clock)) for lane, clock in zip(enumerate(turns), clocks, strict=True)
    ]
    for process in lanes:
        process.start()
    came: dict[int, dict[int, object]] = defaultdict(dict)
    for _ in range(len(numbers) * len(turns)):
        number, lane, outcome = results.get(timeout=PATIENCE)
        assert number, outcome
        came[number][lane] = outcome
    for process in lanes:
        process.join(PATIENCE)
    return [tuple(came[number][lane] for lane in range(len(turns))) for number in numbers]


def _ports(clock: StillClock | None) -> Ports:
    real = real_ports()
    return Ports(clock or real.clock, real.disk, real.random)


def _outcome(turn: Turno, home: Home, number: int) -> object:
    try:
        return turn(home, number)
    except Refused as refused:
        return refused.code


def sign(login: str) -> Turno:
    return lambda home, number: firme.sign(home, number, login, PASSWORD).total_weight


def edit(home: Home, number: int) -> str:
    return str(operazioni.edit(home, number, {"importo": f"{number}.00"}, "anna", PASSWORD).stato)


def dispatch(home: Home, _number: int) -> list[str]:
    return [each.verdetto for each in dispatch_ready(home)]


def weight_due(login: str, _totale: int, _giorno: int, _mese: int) -> int:
    """What a signature had to weigh, for who has signed so much (cents) that day and that month, this one included."""
    return PESI[login]


def settled(room: Sala) -> tuple[dict[int, distinte.Distinta], dict[str, bytes]]:
    """What is true after any race; the distinte by id and what lies in the spool, by name."""
    home = Home.open(room.home.path, real_ports())
    with home.read() as conn:
        assert journal.verify(conn, room.azienda_id) is None
        assert ricostruzione.check(conn, room.azienda_id) == []
        found = {each.id: each for each in distinte.list_(conn)}
        firmate = conn.execute(
            select(FIRMA, UTENTE.c.login, DISTINTA.c.revisione.label("oggi"))
            .join(UTENTE, UTENTE.c.id == FIRMA.c.utente_id)
            .join(DISTINTA, DISTINTA.c.id == FIRMA.c.distinta_id)
            .order_by(FIRMA.c.id)
        ).all()
        sent = conn.execute(select(INTENTO).where(INTENTO.c.stato == intenti.COMPIUTO)).all()
        told = Counter(conn.scalars(select(JOURNAL.c.soggetto).where(JOURNAL.c.tipo == "inoltro_compiuto")))
        left = {path.name: path.read_bytes() for path in home.spool_dir.glob("*/*/out/*/*")}
        for each in sent:
            assert left[each.nome_file] == distinte.payload(home, conn, each.distinta_id)
    home.close()
    assert sorted(left) == sorted(each.nome_file for each in sent)
    assert set(told.values()) <= {1} and sorted(told) == sorted(f"distinta:{each.distinta_id}" for each in sent)
    assert {each.distinta_id for each in sent} == {each.id for each in found.values() if each.stato not in MAI_PARTITE}
    by_day, by_month = Counter(), Counter()
    signed = defaultdict(list)
    for each in firmate:
        giorno = each.at.astimezone(ROME).date()
        by_day[each.login, giorno] += each.totale
        by_month[each.login, giorno.replace(day=1)] += each.totale
        totals = by_day[each.login, giorno], by_month[each.login, giorno.replace(day=1)]
        assert each.peso == weight_due(each.login, each.totale, *totals)
        signed[each.distinta_id, each.revisione].append(each)
    for (number, revisione), given in signed.items():
        assert len({each.login for each in given}) == len(given)
        assert sum(each.peso for each in given[:-1]) < 100  # who comes after the last that was needed is refused
        if revisione == found[number].revisione:
            assert found[number].firmato == sum(each.peso for each in given)
    return found, left


# --- the races --------------------------------------------------------------------------------------------------------


def test_two_signers_at_once_neither_lose_a_signature(rounds):
    assert {tuple(sorted(each)) for each in race(rounds, sign("anna"), sign("bruno"))} == {(50, 100)}
    found, _ = settled(rounds)
    assert {(each.firmato, each.stato) for each in found.values()} == {(100, Stato.FIRMATA)}


def test_one_signer_twice_at_once_signs_once(rounds):
    assert {frozenset(each) for each in race(rounds, sign("anna"), sign("anna"))} == {frozenset({50, "FIRMA-003"})}
    assert {each.firmato for each in settled(rounds)[0].values()} == {50}


def test_of_more_signers_than_are_needed_the_last_are_refused(rounds):
    for outcomes in race(rounds, *map(sign, PESI)):
        weights = sorted(each for each in outcomes if each != "FIRMA-002")
        assert weights in ([100], [50, 100], [50, 150])
    settled(rounds)


def test_a_signature_and_an_edit_at_once_never_leave_a_signature_on_other_bytes(rounds):
    came = race(rounds, sign("carla"), edit)
    found, _ = settled(rounds)
    assert [signed for signed, _ in came] == [100] * ROUNDS
    assert {edited for _, edited in came} == {str(Stato.DA_SPEDIRE)}
    for number, each in found.items():
        assert each.revisione == 2 and each.totale == number * 100
        assert (each.stato, each.firmato) in ((Stato.FIRMATA, 100), (Stato.DA_SPEDIRE, 0))


def test_a_dispatch_and_an_edit_at_once_send_the_bytes_signed_or_nothing(rounds):
    def turn(home: Home, number: int) -> object:
        firme.sign(home, number, "carla", PASSWORD)
        return dispatch(home, number)

    race(rounds, turn, edit)
    found, left = settled(rounds)
    gone = [each for each in found.values() if each.stato is Stato.INOLTRATA]
    assert len(gone) == len(left)
    assert all(each.firmato == 100 for each in gone)
    assert {each.stato for each in found.values()} <= {Stato.INOLTRATA, Stato.DA_SPEDIRE, Stato.FIRMATA}


def test_two_processes_that_dispatch_at_once_send_each_flow_once(rounds):
    def turn(home: Home, number: int) -> object:
        if number == 1:
            return dispatch(home, number)  # all of them are ready
        _outcome(sign("carla"), home, number)  # one of the two makes it ready, both try to send it
        return dispatch(home, number)

    home = Home.open(rounds.home.path, real_ports())
    for number in range(1, ROUNDS + 1, 2):
        firme.sign(home, number, "carla", PASSWORD)
    home.close()
    came = race(rounds, turn, turn)
    assert {verdetto for outcome in came for said in outcome for verdetto in said} <= SENT
    found, left = settled(rounds)
    assert {each.stato for each in found.values()} == {Stato.INOLTRATA}
    assert len(left) == ROUNDS


def test_the_same_file_twice_at_once_is_imported_once(rounds):
    def bring(home: Home, number: int) -> object:
        data = riba(order(1000 + number), nome=f"FILE-{number}")
        return import_file(home, data, f"{os.getpid()}.cbi", rounds.azienda_id).verdetti[0].codice

    expected = {Codice.IMPORTATA, Codice.FILE_GIA_IMPORTATO}
    assert {frozenset(each) for each in race(rounds, bring, bring)} == {frozenset(expected)}
    assert len(settled(rounds)[0]) == 2 * ROUNDS


def test_two_files_with_the_same_supporto_at_once_make_one_distinta(rounds):
    def bring(home: Home, number: int) -> object:
        data = riba(order(1000 * os.getpid() + number), nome=f"NOME-{number}")
        return import_file(home, data, "x.cbi", rounds.azienda_id).verdetti[0].codice

    expected = {Codice.IMPORTATA, Codice.SUPPORTO_GIA_PRESENTE}
    assert {frozenset(each) for each in race(rounds, bring, bring)} == {frozenset(expected)}
    assert len(settled(rounds)[0]) == 2 * ROUNDS


@pytest.mark.parametrize(
    "midnight",
    [
        datetime(2026, 3, 10, 23, 0, tzinfo=UTC),  # of an ordinary day, in Rome
        datetime(2026, 3, 31, 22, 0, tzinfo=UTC),  # and of a month, which in UTC ends two hours later
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),  # the hour that is not there
    ],
)
def test_signatures_at_midnight_are_all_there_each_on_its_day(rounds, midnight):
    clocks = tuple(StillClock(midnight - timedelta(seconds=ROUNDS + lane)) for lane in range(2))
    assert {tuple(sorted(each)) for each in race(rounds, sign("anna"), sign("bruno"), clocks=clocks)} == {(50, 100)}
    found, _ = settled(rounds)
    assert {each.firmato for each in found.values()} == {100}
    home = Home.open(rounds.home.path, real_ports())
    with home.read() as conn:
        given = conn.scalars(select(FIRMA.c.at).order_by(FIRMA.c.at)).all()
    home.close()
    assert len(given) == 2 * ROUNDS
    assert any(before < midnight <= after for before, after in pairwise(given))


# --- two commands at once ---------------------------------------------------------------------------------------------


def start(room: Sala, *args: object) -> subprocess.Popen[bytes]:
    """A command begun, with the password as its input."""
    words = ["--home", str(room.home.path), *map(str, args)]
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    started = subprocess.Popen(by_fucina(*words), env={**os.environ, "CBI_LANG": "en"}, **streams)
    assert started.stdin is not None
    started.stdin.write(f"{PASSWORD}\n".encode())
    started.stdin.flush()
    return started


def test_two_commands_at_once_on_one_home(rounds):
    numbers = range(1, 2 if ROUNDS < 100 else 21)
    for number in numbers:
        commands = [start(rounds, "sign", number, "--user", who, "--password-fd", 0) for who in ("anna", "bruno")]
        commands.append(start(rounds, "dispatch"))
        said = [each.communicate(timeout=PATIENCE) for each in commands]
        assert [each.returncode for each in commands] == [0] * 3, said
    found, left = settled(rounds)
    assert {found[number].stato for number in numbers} == {Stato.INOLTRATA}
    assert len(left) == len(numbers)
