"""Whatever people and banks do, in whatever order, the ledger is as the reference model says, step by step.

Hypothesis looks for the shortest way to a difference; a walk at random goes further in less time. `make soak` walks
until there have been a million steps, over as many runs as it takes: `KEPT` says how many, by the code they were of.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from inspect import signature
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from cbi.validators import prove
from cbi.validators.rules import Ruleset
from ledger import (
    archivio,
    aziende,
    distinte,
    firme,
    home,
    journal,
    operazioni,
    partenze,
    replica,
    ricostruzione,
    stati,
    utenti,
)
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.stati import Evento, Stato
from tests.console import ROOT
from tests.ledger.flussi import order, riba
from tests.ledger.memoria import give_back, memory, raw
from tests.ledger.modello import DA_BUTTARE, DISTINTA, IN_BANCA, PAROLE, PESI, PRIMA, Modello, No, dove
from tests.ledger.sala import PARTITA_IVA, PASSWORD, SIA, StillClock

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GIORNO = "261123"
WHO = ("anna", PASSWORD)
PICK = st.integers(0, 1 << 16)
PICKS = st.lists(PICK, min_size=1, max_size=3)
SOME = st.lists(PICK, max_size=2)
SCADENZE = ("", "2027-07-30")
LOGINS = ("anna", "bruno", "carla", "carla")
ON_A_DISTINTA = [*DISTINTA]
FILES = {name: (ROOT / "fixtures" / f"{name}.cbi").read_bytes() for name in ("riba", "mav", "rid", "pc", "f24")}
FILES["una"] = riba(order(77), nome="UNA")
FILES["uguale"] = riba(order(77), order(78), nome="UGUALE")
EDITS = (
    {"nome": "UNA"},
    {"nome": "ALTRO NOME"},
    {"importo": "7.00"},
    {"scadenza": "2027-06-30"},
    {"codice_fiscale": "00000000000"},
    {"codice_fiscale": "77665540017"},
)
WORDS = [str(each) for each in Evento if each not in {Evento.SEGNALA, Evento.CONVALIDA, Evento.MODIFICA, Evento.AGGREGA,
         Evento.DISAGGREGA, Evento.ELIMINA, Evento.FIRMA, Evento.INOLTRA, Evento.RICEVI, Evento.ELABORA, Evento.STAMPA,
         Evento.ACQUISISCI, Evento.CHIEDI_RICHIAMO, Evento.RESPINGI, Evento.AZZERA, Evento.SCIOGLI}]  # fmt: skip
ORDERS = """
SELECT id, azienda_id, distinta_id, flusso, stato, numero, chiave, importo, scadenza, causale,
       nostro_abi || nostro_cab || nostro_conto, coalesce(codice_fiscale, controparte)
FROM disposizione ORDER BY distinta_id, numero
"""
DISTINTE = """
SELECT id, stato, revisione, nome_supporto, numero_disposizioni, (
    SELECT coalesce(sum(peso), 0) FROM firma
    WHERE distinta_id = distinta.id AND firma.revisione = distinta.revisione AND firma.sha256 = distinta.sha256
) FROM distinta
"""


@cache
def template():
    made = memory(StillClock(MORNING))
    with made.begin() as conn:
        home._upgrade(conn)
        azienda = aziende.create(conn, made.ports, sia=SIA, nome="Prova", codice_fiscale=PARTITA_IVA)
        for login, peso in PESI.items():
            utenti.create(conn, made.ports, azienda, login=login, peso=peso, password=PASSWORD)
    return made


def made_otherwise(home, conn):
    """The distinte that could leave, or did, and are not made again byte for byte."""
    libri = ricostruzione.fold(conn, 1)
    for key, row in libri.tabelle["distinta"].items():
        if row["stato"] not in (Stato.CON_ERRORI, Stato.ELIMINATA):
            sent = {"stato": "compiuto", "sha256": row["sha256"], "abi": row["abi"], "nome_file": key}
            libri.tabelle["intento"][f"{key} 1"] = sent
    found = partenze.again(libri, SIA, lambda each: archivio.load(home, each))
    return [each for each in found if each.diversa is not None]


class Vita(RuleBasedStateMachine):
    """The engine and the model, side by side."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.home = memory(StillClock(MORNING), template())
        self.modello = Modello()

    def teardown(self) -> None:
        with self.home.read() as conn:
            assert journal.verify(conn, 1) is None
            assert ricostruzione.check(conn, 1) == []
            for each in distinte.list_(conn):
                distinte.payload(self.home, conn, each.id)
            assert made_otherwise(self.home, conn) == []
        assert all(each.sound for each in replica.check(self.home))
        give_back(self.home)

    def both(self, act, model):
        """The step taken by both, or refused by both with one code; then they must be alike."""
        type(self).steps += 1
        trial = self.modello.copia()
        try:
            model(trial)
            wanted = ""
        except No as no:
            wanted = str(no)
        try:
            act()
            got = ""
        except Refused as refused:
            got = refused.code
        assert got == wanted, (got, wanted)
        if not wanted:
            self.modello = trial
        self.compare()

    def compare(self):
        conn = raw(self.home)
        found = {row[0]: row[1:] for row in conn.execute(DISTINTE)}
        inside, loose = {number: [] for number in found}, {}
        for each, _, where, _, stato, numero, *_ in conn.execute(ORDERS):
            if where is None:
                loose[each] = stato
            else:
                inside[where].append((numero, each, stato))
        model = self.modello
        assert sorted(found) == sorted(model.distinte)
        for number, (stato, revisione, nome, quante, firmato) in found.items():
            mine = model.distinte[number]
            told = (mine["stato"], mine["revisione"], mine["nome"], model.firmato(number))
            assert (stato, revisione, nome, firmato) == told
            assert inside[number] == [
                (n, each, model.ordini[each]["stato"]) for n, each in enumerate(mine["ordini"], 1)
            ]
            assert quante == len(mine["ordini"]) or not mine["ordini"]
        assert loose == {each: row["stato"] for each, row in model.ordini.items() if row["distinta"] is None}

    # A pick is any number: of a distinta in one of those states if there is one, three times in four; else of any, or
    # now and then of one that is not there.

    def number(self, pick, *stati):
        fit = [n for n, each in self.modello.distinte.items() if each["stato"] in stati] if pick % 4 else []
        if fit:
            return fit[pick % len(fit)]
        return 1 + pick % (len(self.modello.distinte) + (pick % 16 == 0))

    def orders(self, picks, number=0):
        """Orders of a distinta, if it has any, or of all."""
        there = (number and self.modello.distinte.get(number, {}).get("ordini")) or sorted(self.modello.ordini)
        return list(dict.fromkeys(0 if pick % 32 == 0 else there[pick % len(there)] for pick in picks))

    @initialize(file=st.sampled_from(sorted(FILES)))
    def begin(self, file):
        self.bring(file)

    @rule(file=st.sampled_from(sorted(FILES)))
    def bring(self, file):
        type(self).steps += 1
        verdetto = import_file(self.home, FILES[file], file, 1).verdetti[0]
        born = [
            {"flusso": row[3], "chiave": row[6], "importo": row[7], "scadenza": row[8], "causale": row[9],
             "conto": row[10], "codice_fiscale": row[11], "richiamo": False}
            for row in raw(self.home).execute(ORDERS)
            if row[0] > len(self.modello.ordini)
        ]  # fmt: skip
        nome = verdetto.nome_supporto or next(e["nome"] for e in self.modello.distinte.values() if e["file"] == file)
        assert self.modello.importa(file, verdetto.flusso, nome, born) == verdetto.codice
        self.compare()

    @rule(picks=PICKS, pick=PICK)
    def create(self, picks, pick):
        ids = self.orders(picks, self.number(pick, *PRIMA) if pick % 3 else 0)
        self.both(lambda: operazioni.create(self.home, ids, *WHO), lambda m: m.create(ids, GIORNO))

    @rule(pick=PICK, other=PICK, picks=PICKS)
    def add(self, pick, other, picks):
        number, alike = self.number(pick, *PRIMA), self.number(other, *PRIMA)
        ids = self.orders(picks, alike) if pick % 3 else self.orders(picks)
        self.both(lambda: operazioni.add(self.home, number, ids, *WHO), lambda m: m.add(number, ids))

    @rule(pick=PICK, picks=PICKS)
    def take_out(self, pick, picks):
        number = self.number(pick, *PRIMA)
        ids = self.orders(picks, number)
        self.both(lambda: operazioni.take_out(self.home, number, ids, *WHO), lambda m: m.take_out(number, ids))

    @rule(pick=PICK, some=SOME, campi=st.sampled_from(EDITS))
    def edit(self, pick, some, campi):
        number = self.number(pick, *PRIMA)
        ids = self.orders(some, number)
        if self.modello.distinte.get(number, {"flusso": "RIBA"})["flusso"] != "RIBA":
            campi = EDITS[0]
        act = lambda: operazioni.edit(self.home, number, campi, *WHO, ordini=ids)  # noqa: E731
        self.both(act, lambda m: m.edit(number, campi, ids))

    @rule(pick=PICK)
    def copy(self, pick):
        number = self.number(pick)
        self.both(lambda: operazioni.copy(self.home, number, *WHO), lambda m: m.copy(number, GIORNO))

    @rule(pick=PICK)
    def delete(self, pick):
        number = self.number(pick, *DA_BUTTARE)
        self.both(lambda: operazioni.delete(self.home, number, *WHO), lambda m: m.delete(number))

    @rule(pick=PICK)
    def delete_order(self, pick):
        loose = [each for each, row in self.modello.ordini.items() if row["distinta"] is None]
        each = loose[pick % len(loose)] if loose and pick % 4 else pick % (len(self.modello.ordini) + 2)
        self.both(lambda: operazioni.delete_order(self.home, each, *WHO), lambda m: m.delete_order(each))

    @rule(pick=PICK, some=SOME)
    def recall(self, pick, some):
        number = self.number(pick, *IN_BANCA)
        ids = self.orders(some, number)
        act = lambda: operazioni.recall(self.home, number, *WHO, ordini=ids)  # noqa: E731
        self.both(act, lambda m: m.recall(number, ids, GIORNO))

    @rule(pick=PICK, picks=PICKS, scadenza=st.sampled_from(SCADENZE))
    def resend(self, pick, picks, scadenza):
        number = self.number(pick, *IN_BANCA, "Elaborata", "Scartata")
        ids = self.orders(picks, number)
        campi = {"scadenza": scadenza} if scadenza else {}
        act = lambda: operazioni.resend(self.home, number, ids, campi, *WHO)  # noqa: E731
        self.both(act, lambda m: m.resend(number, ids, scadenza, GIORNO))

    @rule(pick=PICK, some=SOME)
    def revoke(self, pick, some):
        number = self.number(pick, *IN_BANCA)
        ids = self.orders(some, number)
        act = lambda: operazioni.revoke(self.home, number, *WHO, ordini=ids)  # noqa: E731
        self.both(act, lambda m: m.revoke(number, ids))

    @rule(pick=PICK)
    def approve(self, pick):
        number = self.number(pick, "Inserita")
        self.both(lambda: firme.approve(self.home, number, *WHO), lambda m: m.approve(number))

    @rule(pick=PICK, login=st.sampled_from(LOGINS))
    def sign(self, pick, login):
        number = self.number(pick, "Da spedire", "Firmata")
        self.both(lambda: firme.sign(self.home, number, login, PASSWORD), lambda m: m.sign(number, login))

    @rule(pick=PICK, login=st.sampled_from(LOGINS))
    def refuse(self, pick, login):
        number = self.number(pick, "Da spedire", "Firmata")
        self.both(lambda: firme.refuse(self.home, number, "no", login, PASSWORD), lambda m: m.refuse(number))

    @rule(pick=PICK, login=st.sampled_from(LOGINS))
    def zero(self, pick, login):
        number = self.number(pick, "Firmata")
        self.both(lambda: firme.zero(self.home, number, login, PASSWORD), lambda m: m.zero(number))

    @rule(pick=PICK)
    def leave(self, pick):
        number = self.number(pick, "Firmata")
        self.both(lambda: self.apply(number, Evento.INOLTRA), lambda m: m.inoltra(number))

    @rule(pick=PICK, parola=st.sampled_from(ON_A_DISTINTA))
    def hear(self, pick, parola):
        number = self.number(pick, *IN_BANCA)
        self.both(lambda: self.apply(number, Evento(parola)), lambda m: m.banca(number, parola))

    @rule(pick=PICK, evento=st.sampled_from(WORDS))
    def hear_of_an_order(self, pick, evento):
        never = ("Inserita", "Con errori", "Da spedire", "Firmata", "Eliminata")
        gone = [n for n, row in self.modello.ordini.items() if row["stato"] not in never]
        each = gone[pick % len(gone)] if gone and pick % 8 else pick % (len(self.modello.ordini) + 2)
        if pick % 3 and each in self.modello.ordini:  # a word that its kind knows
            words = PAROLE[self.modello.ordini[each]["flusso"]]
            evento = words[pick % len(words)]
        self.both(lambda: self.apply_order(each, Evento(evento)), lambda m: m.parola(each, evento))

    def apply(self, number, evento):
        with self.home.begin() as conn:
            return distinte.apply(conn, self.home.ports, number, evento, chi="prova")

    def apply_order(self, each, evento):
        with self.home.begin() as conn:
            return distinte.apply_order(conn, self.home.ports, each, evento, chi="prova")


def test_the_ledger_is_as_the_model_says():
    Vita.steps = 0
    run_state_machine_as_test(
        Vita,
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=[*HealthCheck],
        ),
    )
    assert Vita.steps > 50


# --- further, at random -----------------------------------------------------------------------------------------------

# How often each verb is tried: those that lead on more than those that lead back.
VERBS = {
    "bring": 4,
    "create": 3,
    "add": 3,
    "take_out": 3,
    "edit": 4,
    "copy": 2,
    "delete": 2,
    "delete_order": 1,
    "recall": 4,
    "resend": 3,
    "revoke": 2,
    "approve": 3,
    "sign": 8,
    "refuse": 1,
    "zero": 1,
    "leave": 8,
    "hear": 5,
    "hear_of_an_order": 10,
}
LIFE = 60
MILLION = 1_000_000
KEPT = ROOT / ".soak" / "modello.json"


def live(number: int) -> int:
    """A whole life of a home, always the same for a number; how many steps it took."""
    draw = Random(number)
    picks = {
        "pick": lambda: draw.randrange(1 << 16),
        "other": lambda: draw.randrange(1 << 16),
        "picks": lambda: [draw.randrange(1 << 16) for _ in range(draw.randint(1, 3))],
        "some": lambda: [draw.randrange(1 << 16) for _ in range(draw.randint(0, 2))],
        "file": lambda: draw.choice(sorted(FILES)),
        "campi": lambda: draw.choice(EDITS),
        "scadenza": lambda: draw.choice(SCADENZE),
        "login": lambda: draw.choice(LOGINS),
        "evento": lambda: draw.choice(WORDS),
        "parola": lambda: draw.choice(ON_A_DISTINTA),
    }
    vita = Vita()
    before = Vita.steps
    vita.begin(file=picks["file"]())
    for verb in draw.choices([*VERBS], [*VERBS.values()], k=LIFE):
        wanted = signature(getattr(Vita, verb)).parameters
        getattr(vita, verb)(**{name: picks[name]() for name in wanted if name in picks})
    vita.teardown()
    return Vita.steps - before


def test_the_ledger_is_as_the_model_says_further_on():
    assert [live(number) for number in range(3)] == [LIFE + 1] * 3


def once(function):
    """What the checks make anew for each file, made once for all of them; what it is made of is kept with it."""
    known = {}

    def made(*of):
        key = tuple(each if isinstance(each, bytes) else id(each) for each in of)
        if key not in known:
            known[key] = of, function(*of)
        return known[key][1]

    return made


@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="hours: make soak")
def test_a_million_steps(monkeypatch):
    for where, name in (prove, "groups_of"), (prove, "crossings_of"), (Ruleset, "for_sending"):
        monkeypatch.setattr(where, name, once(getattr(where, name)))
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    code = sha256(b"".join(path.read_bytes() for path in sorted((ROOT / "ledger").rglob("*.py")))).hexdigest()[:12]
    mine = kept.setdefault(code, {"lives": 0, "steps": 0})
    KEPT.parent.mkdir(exist_ok=True)
    while mine["steps"] < MILLION:
        mine["steps"] += live(sum(each["lives"] for each in kept.values()))
        mine["lives"] += 1
        fresh = KEPT.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(KEPT)


# --- every pair of the tables -----------------------------------------------------------------------------------------

GRUPPI = {**{gruppo: flusso for flusso, gruppo in stati.GRUPPI.items()}, "BOLLETTINO": "BOLLETTINI"}
PAIRS = [*product(Stato, Evento)]


@pytest.fixture
def one(monkeypatch):
    """One distinta with one order, signed for 100; `place` puts both in a state."""
    monkeypatch.setitem(stati.GRUPPI, "BOLLETTINI", "BOLLETTINO")
    vita = Vita()
    vita.bring(file="una")
    vita.sign(pick=0, login="carla")
    yield vita
    vita.home.close()


def place(vita, flusso, stato, ordine):
    conn = raw(vita.home)
    conn.execute("UPDATE distinta SET stato = ?, flusso = ?", (stato, flusso))
    conn.execute("UPDATE disposizione SET stato = ?, flusso = ?", (ordine, flusso))


def states(vita):
    conn = raw(vita.home)
    return [conn.execute(f"SELECT stato FROM {table}").fetchone()[0] for table in ("distinta", "disposizione")]


def came(act, *args):
    try:
        return act(*args)
    except Refused as refused:
        assert refused.code == "STATO-001"
        return refused.hint_en


@pytest.mark.parametrize("gruppo", stati.VITE)
def test_every_pair_of_state_and_event_is_reached_or_refused_with_what_is_allowed(one, gruppo):
    flusso, reached, refused = GRUPPI[gruppo], 0, 0
    for table, whole in ((stati.di_distinta(flusso), True), (stati.di_disposizione(flusso), False)):
        for stato, evento in PAIRS:
            place(one, flusso, *((stato, Stato.INSERITA) if whole else (Stato.INOLTRATA, stato)))
            found = came(one.apply if whole else one.apply_order, 1, evento)
            after = table.get((stato, evento))
            if after is None:
                refused += 1
                allowed = [each for each in Evento if (stato, each) in table]
                assert all(each in found for each in allowed) and ("final" in found) == (not allowed)
            else:
                reached += 1
                assert found == after
            assert states(one)[not whole] == (stato if after is None else after)
    assert reached == len(stati.DISTINTA[gruppo]) + len(stati.DISPOSIZIONE[gruppo])
    assert reached + refused == 2 * len(PAIRS) == 2 * 22 * 28


@pytest.mark.parametrize("flusso", PAROLE)
def test_an_event_of_a_distinta_moves_the_orders_of_which_nothing_was_said(one, flusso):
    """In every pair of states of a distinta and of its order."""
    for evento in ON_A_DISTINTA:
        for da, ordine in product(dove(flusso, evento), Stato):
            place(one, flusso, Stato(da), ordine)
            one.apply(1, Evento(evento))
            model = Modello()
            model.distinte[1] = {"stato": da, "flusso": flusso, "ordini": [1]}
            model.ordini[1] = {"stato": str(ordine), "flusso": flusso}
            model.banca(1, evento)
            assert states(one) == [model.distinte[1]["stato"], model.ordini[1]["stato"]]


@pytest.mark.parametrize("flusso", PAROLE)
def test_the_tables_are_those_of_the_model(flusso):
    for stato, evento in product(Stato, [*map(Evento, WORDS), Evento.CHIEDI_RICHIAMO]):
        wanted = Modello._dopo({"stato": str(stato), "flusso": flusso}, str(evento))
        assert stati.di_disposizione(flusso).get((stato, evento)) == wanted
    for evento in DISTINTA:
        table = {da: a for (da, each), a in stati.di_distinta(flusso).items() if each == evento}
        assert table == dove(flusso, evento)
