"""Movements looked for: each filter finds what it says, page by page or all at once."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from fixtures.rendicontazioni import ra, rp
from ledger import detti, distinte, movimenti, rapporti, ricerca
from ledger.home import Home
from ledger.movimenti import Voce
from ledger.ricerca import Filtro, Posto
from ledger.schema import MOVIMENTO, RAPPORTO
from reconcile.legami import settle, settlement
from tests.reconcile.banco import Banco, bench, supporto
from tests.reconcile.conti import LUNEDI, Mossa, keep, shown, statement

DAY = timedelta(days=1)
CAUSALI = ("48", "26", "16")


def filled(b: Banco) -> list[Voce]:
    """Sixty movements of three days, many alike, some without words."""
    draw = Random(7)
    for n in range(3):
        day = LUNEDI + n * DAY
        mosse = [
            Mossa(
                draw.choice((-1, 1)) * draw.randrange(1, 6) * 1_000,
                day,
                day + draw.randrange(-1, 3) * DAY,
                draw.choice(CAUSALI),
                testo=draw.choice(("", "BONIFICO", "INCASSO 100%")),
            )
            for _ in range(20)
        ]
        keep(b, statement("RH", f"RH{n}", day, mosse))
    return shown(b)


FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda v: True),
    ({"contabile_dal": LUNEDI + DAY, "contabile_al": LUNEDI + DAY}, lambda v: v.data_contabile == LUNEDI + DAY),
    ({"valuta_dal": LUNEDI + DAY}, lambda v: v.data_valuta >= LUNEDI + DAY),
    ({"valuta_al": LUNEDI + DAY, "causali": ("48",)}, lambda v: v.data_valuta <= LUNEDI + DAY and v.causale == "48"),
    ({"importo_da": 2_000, "importo_a": 3_000}, lambda v: 2_000 <= v.importo <= 3_000),
    ({"segno": "D", "causali": ("26", "16")}, lambda v: v.segno == "D" and v.causale in ("26", "16")),
    ({"testo": "100%"}, lambda v: "100%" in v.descrizione),
    ({"testo": "incasso"}, lambda v: "INCASSO" in v.descrizione),
    ({"supporto": "RH1"}, lambda v: v.nome_supporto == "RH1"),
    ({"azienda_id": 2}, lambda v: False),
    ({"conti": frozenset({("03069", "02477", "100000004711")})}, lambda v: True),
    ({"conti": frozenset({("03069", "02477", "1")})}, lambda v: False),
]


def test_each_filter_finds_what_it_says_and_pages_put_together_are_all_of_it(home: Home) -> None:
    with bench(home) as b:
        everything = filled(b)
        for values, wanted in FILTERS:
            filtro = Filtro(**values)
            expected = {v.id for v in everything if wanted(v)}
            assert {v.id for v in shown(b, filtro)} == expected, values
            pages, after = list[Voce](), None
            while found := movimenti.page(b.conn, filtro, after, limit=7):
                pages += found
                after = Posto.read(str(found[-1].place(filtro)))
            assert [v.id for v in pages] == [v.id for v in shown(b, filtro)], values
            assert set(ricerca.ids(b.conn, filtro)) == expected
            totali = movimenti.totals(b.conn, filtro)
            assert (totali.numero, totali.saldo) == (len(expected), sum(v.importo_con_segno for v in pages))


ALONG_AN_INDEX: list[dict[str, Any]] = [
    {},
    {"scheda_id": 1, "causali": ("48", "26")},
    {"azienda_id": 1, "spuntati": None},
    {"conti": frozenset({("03069", "02477", "1")}), "spuntati": None},
    {"scheda_id": 1, "spuntati": None},
    {"causali": ("48",), "spuntati": None},
    {"scheda_id": 1, "causali": ("48",), "contabile_dal": LUNEDI, "spuntati": None},
    {"scheda_id": 1, "valuta_dal": LUNEDI, "valuta_al": LUNEDI + DAY, "segno": "D"},
    {"scheda_id": 1, "importo_da": 1, "importo_a": 2, "causali": ("48",), "spuntati": None},
]


@pytest.mark.parametrize("values", ALONG_AN_INDEX, ids=str)
def test_a_page_is_a_stretch_of_an_index_and_sorts_nothing(home: Home, values: dict[str, Any]) -> None:
    with bench(home) as b:
        steps = plan(b, ricerca.in_order(select(MOVIMENTO.c.id), Filtro(**values)).limit(100))
        assert not [each for each in steps if "TEMP B-TREE" in each]
        assert any("movimento USING INDEX" in each for each in steps)


def test_whether_a_period_covers_a_day_is_asked_of_periods_alone(home: Home) -> None:
    with bench(home) as b:
        covered = select(MOVIMENTO.c.id, detti.covered()).join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
        (step,) = [each for each in plan(b, covered) if "copre" in each]
        assert "tipo=? " in step and "data>?" in step  # not of every daily statement that came later


def plan(b: Banco, query: Any) -> list[str]:
    """How the database goes about a query; what it is asked for does not matter."""
    compiled = query.compile(b.conn, compile_kwargs={"render_postcompile": True})
    asked = b.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", (1,) * len(compiled.positiontup or ()))
    return [row.detail for row in asked]


def test_pages_come_by_what_is_looked_for(home: Home) -> None:
    with bench(home) as b:
        filled(b)
        by_amount = [v.importo for v in shown(b, Filtro(importo_da=1))]
        by_value = [v.data_valuta for v in shown(b, Filtro(valuta_dal=LUNEDI - DAY))]
        assert by_amount == sorted(by_amount)
        assert by_value == sorted(by_value, key=str)


def test_a_text_is_also_looked_for_in_what_is_said_apart(home: Home) -> None:
    yyy = ("63/YYY", {"data_ordine": "16112026", "cliente_ordinante": "ROSSI MARIO", "localita": "ANCONA"})
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, [Mossa(1, dettagli=(yyy,)), Mossa(2)]))
        (voce,) = shown(b, Filtro(testo="rossi mario"))
        (said,) = voce.strutture
        assert (said["struttura"], said["cliente_ordinante"], said["localita"]) == ("YYY", "ROSSI MARIO", "ANCONA")
        assert said["testo_41_120"].startswith("ROSSI MARIO")


def test_free_text_is_put_together_as_it_was_cut(home: Home) -> None:
    words = "X" * 100 + " PAROLA " + "Y" * 60
    slices = tuple(("63/free", {"descrizione": words[at : at + 107]}) for at in range(0, len(words), 107))
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, [Mossa(1, dettagli=slices)]))
        assert shown(b)[0].descrizione == words


# --- what they speak of -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["RIBA-A", "NIENTE"])
def test_a_message_names_the_distinta_that_was_sent(home: Home, name: str) -> None:
    id1 = ("63/ID1", {"identificativo_univoco_messaggio": name, "identificativo_end_to_end": "E2E-1"})
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, [Mossa(1, dettagli=(id1,))]))
        (voce,) = shown(b)
        assert (voce.msg_id, voce.end_to_end) == (name, "E2E-1")
        assert voce.distinta == (1 if name == "RIBA-A" else None)
        assert len(shown(b, Filtro(distinta_id=1))) == (1 if name == "RIBA-A" else 0)


def test_a_portfolio_names_the_flow_presented_and_an_advance_its_case(home: Home) -> None:
    with bench(home) as b:
        keep(b, supporto(rp()))
        keep(b, supporto(ra(2)))
        references = {(v.genere, v.tipo_riferimento, v.riferimento) for v in shown(b) if v.riferimento}
        assert references == {("portafoglio", "NROSUPCBI", "RIBA20112601"), ("anticipi", "NRPRATICA", "77")}
        (advance,) = shown(b, Filtro(scheda_id=next(c.id for c in rapporti.list_(b.conn) if c.genere == "anticipi")))
        assert advance.descrizione.count("ANTICIPO FATTURA 1001") == 2
        assert advance.strutture[0]["data_scadenza_pratica"]


def named(cents: int, *more: int) -> list[Mossa]:
    reference = {"tipo_riferimento_cliente": "NROSUPCBI", "riferimento_cliente": "RIBA-A"}
    return [Mossa(each, causale="26", altro=reference) for each in (cents, *more)]


def test_a_distinta_is_settled_by_one_movement_or_by_several(home: Home) -> None:
    with bench(home) as b:
        totale = distinte.get(b.conn, 1).totale
        assert settlement(b.conn, 1).come == "nessuno"
        keep(b, statement("RH", "UNO", LUNEDI, named(totale - 700)))
        assert settlement(b.conn, 1).come == "parziale"
        keep(b, statement("RH", "DUE", LUNEDI + DAY, [Mossa(m.cents, LUNEDI + DAY, altro=m.altro) for m in named(700)]))
        done = settlement(b.conn, 1)
        assert (done.come, done.regolato, done.totale) == ("lordo", totale, totale)


class _Mosso:
    tipo_riferimento = "NROSUPCBI"
    disposizione_id = None

    def __init__(self, cents: int) -> None:
        self.importo_con_segno = cents


@pytest.mark.parametrize(
    ("spese", "found", "come"),
    [
        (0, [10_000], "lordo"),
        (350, [9_650], "netto"),
        (350, [-10_350], "netto"),
        (350, [-9_650], "parziale"),
        (0, [-4_000, -6_000], "lordo"),
        (0, [10_001], "oltre"),
        (0, [], "nessuno"),
    ],
)
def test_fees_are_taken_from_a_credit_and_added_to_a_debit(spese: int, found: list[int], come: str) -> None:
    assert settle(10_000, spese, [_Mosso(each) for each in found]).come == come  # type: ignore[misc]


def test_the_account_of_another_bank_is_not_spoken_of(home: Home) -> None:
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, named(1)))
        assert shown(b, Filtro(distinta_id=2)) == []
