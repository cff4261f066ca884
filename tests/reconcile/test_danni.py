"""Damaged outcomes of a portfolio: none on the wrong order, each in one place, whatever the order of the files."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.event import listen

from banksim.danni import INSOLUTA, PAGATA, Detto, esiti, portafoglio, presentazione, risposta
from banksim.dati import partita_iva
from ledger import aziende, distinte, esporta, outcomes, replica, ricostruzione
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import real_ports
from ledger.schema import ABBINAMENTO, DISPOSIZIONE, ECCEZIONE, ESITO
from ledger.varco import macchina
from reconcile import accettate
from reconcile.a_mano import unmatch
from reconcile.regole import CHI
from spool.dispatch import dispatch_ready
from spool.receive import receive
from spool.rilettura import reread
from spool.stato import status
from tests.reconcile.banco import bench, supporto
from tests.spool import casa

ABI = "03069"
CONTO = casa.CONTI[ABI]
SEED, QUANTI = 7, 120
ORDINI = portafoglio(SEED, QUANTI)
DAY = date(2027, 5, 4)
ONE = next(each for each in ORDINI if each.scadenza == date(2026, 11, 30))
TWO, THREE = [replace(ONE, numero=5_000_000 + n, importo=ONE.importo + 1_000 * n) for n in (1, 2)]
MINE = [*ORDINI, TWO, THREE]
LIKELY = Detto(replace(ONE, scadenza=ONE.scadenza + timedelta(12)), PAGATA, frozenset({ONE.numero}))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    flow = presentazione("RIBA-A", CONTO, MINE, casa.OGGI)
    home = casa.build(tmp_path_factory.mktemp("danni") / "casa", [flow])
    dispatch_ready(home)
    home.close()
    return home.path


@pytest.fixture(scope="module")
def shared(template):
    """The home, to look at and roll back."""
    found = Home.open(template, casa.ports())
    yield found
    found.close()


@pytest.fixture
def home(template, tmp_path):
    made = casa.copy(template, tmp_path / "casa")
    yield made
    made.close()


def test_a_portfolio_is_the_same_made_in_pieces():
    assert ORDINI[:50] + portafoglio(SEED, QUANTI - 50, 50) == ORDINI


def accept(home):
    with home.begin() as conn:
        aziende.set_option(conn, home.ports, 1, aziende.ABBINA_PROBABILI, aziende.SI, chi="bianchi")


def flows(seed=SEED):
    """The flows of outcomes of the portfolio, by name, and who each outcome is really of."""
    found, labels = {}, {}
    for day, said in zip((DAY, DAY + timedelta(1)), esiti(seed, ORDINI), strict=True):
        for causale in (PAGATA, INSOLUTA):
            some = [each for each in said if each.causale == causale]
            name = f"E{causale}{day:%d%m%y}"
            if some:
                found[name] = risposta(name, CONTO, some, day)
                labels |= {(name, place): each.di for place, each in enumerate(some)}
    return found, labels


def give(home, *detti, day=DAY, nome="ESITI"):
    """What a bank says, received: the rows of the esiti, in order."""
    before = len(rows(home, ESITO))
    casa.drop(home, f"{nome}.cbi", risposta(nome, CONTO, detti, day))
    (file,) = receive(home)
    assert file.verdetto == "fatto", file.motivi
    return rows(home, ESITO)[before:]


def rows(home, table, *left):
    with home.read() as conn:
        return [
            row if not left else {name: value for name, value in row._mapping.items() if name not in left}
            for row in conn.execute(table.select().order_by(table.c.id))
        ]


def states(home):
    return {row.chiave: row.stato for row in rows(home, DISPOSIZIONE)}


def stato(home, ordine):
    return states(home)[f"{ordine.numero:010d}"]


def matched(home):
    """By supporto and place, the numbers of the orders that each esito was matched with."""
    numbers = {row.id: int(row.chiave) for row in rows(home, DISPOSIZIONE)}
    several = {}
    for row in rows(home, ABBINAMENTO):
        several.setdefault((row.file_id, row.line), set()).add(numbers[row.disposizione_id])
    found, place = {}, {}
    for row in sorted(rows(home, ESITO), key=lambda row: (row.file_id, row.line)):
        n = place[row.nome_supporto] = place.get(row.nome_supporto, -1) + 1
        own = {numbers[row.disposizione_id]} if row.disposizione_id is not None else set()
        found[row.nome_supporto, n] = several.get((row.file_id, row.line), own)
    return found


def test_no_damaged_outcome_is_put_on_the_wrong_order_and_each_lies_in_one_place(home):
    accept(home)
    said, labels = flows()
    for name, data in said.items():
        casa.drop(home, f"{name}.cbi", data)
    receive(home)
    found = matched(home)
    assert found.keys() == labels.keys()
    assert all(orders in (set(), labels[which]) for which, orders in found.items())
    with home.read() as conn:
        waiting = [row.esito for row in outcomes.eccezioni(conn)]
    assert len(waiting) == len(set(waiting))
    for row, orders in zip(sorted(rows(home, ESITO), key=lambda r: (r.file_id, r.line)), found.values(), strict=True):
        assert (row.id in waiting) == (
            row.verdetto == "eccezione" and (not orders or stato_of(home, row) == "Inoltrata")
        )
    assert {row.classe for row in rows(home, ESITO)} >= {"esatto", "regola"}
    assert status(home, DAY).torna


def stato_of(home, row):
    with home.read() as conn:
        return str(distinte.order(conn, row.disposizione_id).stato)


def test_whatever_the_order_of_the_files_the_orders_end_the_same(template, tmp_path):
    said, _ = flows()
    ends = set()
    for n, some in enumerate((list(said), list(reversed(said)))):
        home = casa.copy(template, tmp_path / f"casa{n}")
        accept(home)
        for name in some:
            casa.drop(home, f"{name}.cbi", said[name])
            receive(home)
        ends.add(
            (
                tuple(sorted(states(home).items())),
                tuple(sorted((k, tuple(sorted(v))) for k, v in matched(home).items())),
            )
        )
        home.close()
    assert len(ends) == 1


SOME = [each for each in MINE if (each.codice_fiscale, each.scadenza) == (ONE.codice_fiscale, ONE.scadenza)]
WHOLE = Detto(replace(ONE, importo=sum(each.importo for each in SOME)), PAGATA, frozenset())
WORDS = {
    "cumulated": [WHOLE],
    "again": [WHOLE],
    "without its number": [Detto(replace(TWO, numero=0), INSOLUTA, frozenset())],
    "likely": [LIKELY, Detto(replace(TWO, scadenza=TWO.scadenza + timedelta(12)), PAGATA, frozenset())],
    "likely unpaid": [Detto(replace(THREE, scadenza=THREE.scadenza + timedelta(12)), INSOLUTA, frozenset())],
    "late": [Detto(replace(THREE, scadenza=THREE.scadenza + timedelta(3)), PAGATA, frozenset())],
    "a part": [Detto(replace(TWO, importo=1_000), PAGATA, frozenset())],
    "the rest": [Detto(replace(TWO, importo=TWO.importo - 1_000), PAGATA, frozenset())],
    "unpaid": [Detto(ONE, INSOLUTA, frozenset())],
}
"""What a bank says of three orders of a debtor that fall due together, each in a file of its own."""


@settings(max_examples=20)
@given(st.permutations(sorted(WORDS)), st.booleans())
def test_cumulated_likely_and_partial_outcomes_lead_to_the_same_states_in_any_order(shared, order, accetta):
    with bench(shared) as b:
        if accetta:
            aziende.set_option(b.conn, shared.ports, 1, aziende.ABBINA_PROBABILI, aziende.SI, chi="bianchi")
        for word in order:
            b.apply(supporto(risposta(f"E{sorted(WORDS).index(word)}", CONTO, WORDS[word], DAY)))
        found = [b.states()[f"{each.numero:010d}"] for each in SOME]
    assert found == (["Insoluta"] * 3 if accetta else ["Insoluta", "Insoluta", "Pagata"])


def test_likely_matches_wait_unless_the_company_takes_them(home):
    (row,) = give(home, LIKELY)
    assert (row.verdetto, row.classe, row.disposizione_id) == ("eccezione", "probabile", None)
    with home.read() as conn:
        (waiting,) = outcomes.eccezioni(conn)
    assert (waiting.esito, waiting.motivo, waiting.classe) == (row.id, "scadenza_diversa", "probabile")
    accept(home)
    (row,) = give(home, LIKELY, day=DAY + timedelta(1), nome="ANCORA")
    assert (row.verdetto, row.classe) == ("applicato", "probabile")
    assert stato(home, ONE) == "Pagata"


def parts(*importi, numero=ONE.numero):
    return [Detto(replace(ONE, importo=each), PAGATA, frozenset({numero})) for each in importi]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_order_paid_in_parts_is_paid_by_the_last_of_them_in_any_order(home, order):
    half = ONE.importo // 2
    said = parts(half, 1_000, ONE.importo - half - 1_000)
    for n, which in enumerate(order):
        assert stato(home, ONE) == "Inoltrata"
        give(home, said[which], nome=f"PARTE{which}", day=DAY + timedelta(n))
    assert stato(home, ONE) == "Pagata"
    with home.read() as conn:
        assert outcomes.eccezioni(conn) == []


def test_a_part_said_twice_counts_once(home):
    half = ONE.importo // 2
    (part,) = parts(half)
    give(home, part, nome="PARTE")
    again = risposta("PARTE", CONTO, [part], DAY) + b"\r\n"  # the same supporto in other bytes
    casa.drop(home, "ancora.cbi", again)
    receive(home)
    assert stato(home, ONE) == "Inoltrata"
    give(home, *parts(ONE.importo - half), nome="RESTO")
    assert stato(home, ONE) == "Pagata"


def test_one_outcome_for_all_the_orders_of_a_debtor_moves_them_all(home):
    together = [each for each in MINE if (each.codice_fiscale, each.scadenza) == (ONE.codice_fiscale, ONE.scadenza)]
    whole = Detto(replace(ONE, importo=sum(each.importo for each in together)), PAGATA, frozenset())
    (row,) = give(home, whole)
    assert (row.verdetto, row.classe, row.disposizione_id) == ("applicato", "regola", None)
    assert {stato(home, each) for each in together} == {"Pagata"}
    (row,) = give(home, whole, day=DAY + timedelta(1), nome="ANCORA")
    assert row.verdetto == "gia_applicato"


def test_what_was_matched_otherwise_than_by_its_keys_is_read_again_as_it_was(home, tmp_path):
    said, _ = flows()
    for n, (name, data) in enumerate(said.items()):
        if n == 1:
            accept(home)
        casa.drop(home, f"{name}.cbi", data)
        receive(home)
    give(home, *parts(1_000), nome="PARTE")
    (likely,) = give(home, LIKELY, nome="TARDI")
    assert likely.classe == "probabile"
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    again = Home.open(tmp_path / "nuova", real_ports())
    assert rows(again, ESITO, "at") == rows(home, ESITO, "at")
    assert rows(again, ABBINAMENTO, "at") == rows(home, ABBINAMENTO, "at")
    assert rows(again, ECCEZIONE, "at", "dati") == rows(home, ECCEZIONE, "at", "dati")
    again.close()


def take(home, *rules, dry_run=False):
    """What the company's rules of outcomes take of what waits: by rule, the outcomes and the orders."""
    (home.path / "regole.toml").write_text("".join(f"[[esiti.A1B2C]]\n{rule}\n" for rule in rules))
    with macchina(home, 1, CHI, dry_run=dry_run) as lavoro:
        return {
            each.nome: (each.primi, each.riscontri) for each in accettate.apply(lavoro, accettate.read(home)["A1B2C"])
        }


def test_the_company_says_which_likely_matches_it_takes(home):
    (row,) = give(home, LIKELY)
    euro = f"{ONE.importo // 100}.{ONE.importo % 100:02d}"
    less = f"{ONE.importo // 100 - 1}.00"
    for none in ('flussi = ["MAV"]', 'banche = ["02008"]', f'massimo = "{less}"', "punti = 200"):
        assert take(home, f'nome = "no"\n{none}') == {"no": ((), ())}
    all_of_it = f'nome = "si"\nflussi = ["RIBA"]\nbanche = ["{ABI}"]\nmassimo = "{euro}"\npunti = 60'
    taken = {"si": ((row.id,), (f"disposizione:{MINE.index(ONE) + 1}",))}
    assert take(home, all_of_it, dry_run=True) == taken
    assert stato(home, ONE) == "Inoltrata"
    assert take(home, all_of_it) == taken
    assert stato(home, ONE) == "Pagata"
    assert take(home, all_of_it) == {"si": ((), ())}
    with home.read() as conn:
        assert outcomes.eccezioni(conn) == []
        assert ricostruzione.check(conn, 1) == []


def test_what_a_rule_took_a_person_undoes_and_no_rule_takes_it_again(home, tmp_path):
    (row,) = give(home, LIKELY)
    assert take(home, 'nome = "tutti"')["tutti"][0] == (row.id,)
    unmatch(home, row.id, "bianchi", casa.PASSWORD)
    assert stato(home, ONE) == "Inoltrata"
    assert take(home, 'nome = "tutti"') == {"tutti": ((), ())}
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]


def test_a_likely_match_that_a_stronger_word_contradicts_goes_on_waiting(home):
    give(home, Detto(ONE, INSOLUTA, frozenset()), nome="INSOLUTI")
    give(home, LIKELY, day=DAY + timedelta(1))
    assert take(home, 'nome = "tutti"') == {"tutti": ((), ())}
    assert stato(home, ONE) == "Insoluta"


@pytest.mark.parametrize("rule", ['nome = "x"\npunti = 59', 'nome = "x"\nbanche = ["3069"]', 'nome = "x"\ntesto = "x"'])
def test_rules_of_outcomes_that_mean_nothing_are_told(home, rule):
    with pytest.raises(Refused, match="REGOLA-002"):
        take(home, rule)


def test_no_question_about_one_outcome_reads_all_the_orders_of_a_kind(home):
    asked = {}
    listen(home.engine, "before_cursor_execute", lambda *a: asked.setdefault(a[2], a[3]))
    give(home, *(Detto(replace(each, numero=0), PAGATA, frozenset()) for each in (ONE, TWO)))
    raw = home.engine.raw_connection()
    plans = {
        text: [row[3] for row in raw.cursor().execute(f"EXPLAIN QUERY PLAN {text}", given)]
        for text, given in asked.items()
        if text.startswith("SELECT") and "FROM disposizione" in text and "LIMIT" in text
    }
    raw.close()
    assert any("ix_disposizione_importo" in plan[0] for plan in plans.values())
    assert not any("SCAN" in plan[0] or plan[0].endswith("(azienda_id=? AND flusso=?)") for plan in plans.values())


def test_a_part_of_an_order_that_is_paid_whole_otherwise_goes_on_waiting(home):
    give(home, *parts(1_000), nome="PARTE")
    give(home, Detto(ONE, PAGATA, frozenset()), nome="INTERO", day=DAY + timedelta(1))
    assert stato(home, ONE) == "Pagata"
    with home.read() as conn:
        assert [row.motivo for row in outcomes.eccezioni(conn)] == ["parziale"]


def test_the_keys_of_an_order_of_another_debtor_do_not_move_it(home):
    """Fees of a school: one amount and one day for all, numbers that follow one another."""
    mine, other = (
        replace(ONE, numero=7_000_000 + n, nome=nome, codice_fiscale=partita_iva(8_000 + n), cliente=f"S{n}")
        for n, nome in enumerate(("FAMIGLIA PRIMA", "FAMIGLIA SECONDA"))
    )
    casa.extend(home.path, presentazione("RIBA-S", CONTO, [mine, other], casa.OGGI))
    dispatch_ready(home)
    (row,) = give(home, Detto(replace(mine, numero=other.numero), PAGATA, frozenset({mine.numero})))
    assert (row.verdetto, row.classe) == ("eccezione", "probabile")
    assert (stato(home, mine), stato(home, other)) == ("Inoltrata", "Inoltrata")
    with home.read() as conn:
        assert [each.motivo for each in outcomes.eccezioni(conn)] == ["debitore_diverso"]


def test_less_than_the_amount_of_an_order_that_is_paid_already_is_for_a_person_to_see(home):
    give(home, Detto(ONE, PAGATA, frozenset()), nome="INTERO")
    give(home, *parts(1_000), nome="PARTE", day=DAY + timedelta(1))
    assert stato(home, ONE) == "Pagata"
    with home.read() as conn:
        assert [row.motivo for row in outcomes.eccezioni(conn)] == ["importo_diverso"]
