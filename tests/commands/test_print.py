"""What is printed, and the morning report, as people ask for them: each PDF is read again."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from cbi import read_supporti
from cbi.flows.f24 import deleghe, quietanze
from cli import cbi
from commands.tables import amount
from fixtures import f24
from ledger import ports as real
from ledger.errors import Refused, euro
from ledger.importa import import_file
from ledger.ports import Ports, real_ports
from ledger.schema import DISPOSIZIONE, ESITO, MOVIMENTO, RAPPORTO
from spool import posta
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.console import ROOT
from tests.spool import casa
from tests.stampe.lettore import is_seen_whole, is_whole, text

AT = datetime(2027, 1, 5, 7, 30, tzinfo=UTC)
F24 = ROOT / "fixtures" / "f24.cbi"
QUIETANZE = ROOT / "fixtures" / "f24_quietanze.cbi"


class Still:
    def now(self):
        return AT


@pytest.fixture(autouse=True)
def still(monkeypatch):
    machine = real_ports()
    monkeypatch.setattr(real, "real_ports", lambda: Ports(Still(), machine.disk, machine.random))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two distinte sent, what the banks said of them, and a distinta of F24 (the third)."""
    made = casa.build(
        tmp_path_factory.mktemp("print") / "home",
        [casa.flow("RIBA-A", range(1, 25)), casa.flow("RIBA-B", range(25, 37), "02008")],
    )
    dispatch_ready(made)
    casa.answers(made)
    receive(made)
    import_file(made, F24, "f24.cbi", 1)
    yield made
    made.close()


@pytest.fixture
def printed(home, tmp_path):
    """The bytes of a print; what refuses it is raised."""

    def printed(*words, lang="it", name="a.pdf"):
        out = tmp_path / name
        asked = ["--home", str(home.path), "--lang", lang, "print", *map(str, words), "--to", str(out)]
        done = CliRunner().invoke(cbi, asked)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        assert [each.suffix for each in tmp_path.iterdir()] == [".pdf"] * len([*tmp_path.iterdir()])
        return out.read_bytes()

    return printed


def scalar(home, query):
    with home.read() as conn:
        return conn.execute(query).scalar_one()


def joined(data):
    return " ".join(text(data))


IBAN = casa.CONTI["03069"]["iban"]
PRINTS = (
    "distinta 1",
    "distinta 1 --long",
    "disposizione 1:2",
    f"estratto --conto {IBAN}",
    "insoluti --dal 2027-01-01",
    "delega 3",
    f"quietanza {QUIETANZE}",
    "diritti",
)


@pytest.mark.parametrize("words", PRINTS)
def test_a_print_is_whole_and_the_same_each_time(printed, words):
    first = printed(*words.split())
    is_whole(first)
    assert first == printed(*words.split(), name="b.pdf")
    assert "05/01/2027 08:30:00" in joined(first)


@pytest.mark.parametrize("words", [*PRINTS, f"estratto --conto {IBAN} --al 2020-01-01", "insoluti --al 2020-01-01"])
def test_a_print_is_seen_whole(printed, words):
    is_seen_whole(printed(*words.split()))


@pytest.mark.parametrize("words", [*PRINTS[:4], "delega 3", f"quietanza {QUIETANZE}"])
def test_accounts_are_told_in_part_unless_asked_for(printed, words):
    number = "000000012345" if "delega" in words or "quietanza" in words else "100000004711"
    assert number not in joined(printed(*words.split())).replace(" ", "")
    assert number in joined(printed(*words.split(), "--in-chiaro")).replace(" ", "")


def test_a_distinta_has_every_order_and_their_sum(home, printed):
    said = joined(printed("distinta", 1))
    mine = DISPOSIZIONE.c.distinta_id == 1
    with home.read() as conn:
        rows = conn.execute(select(DISPOSIZIONE.c.chiave, DISPOSIZIONE.c.importo).where(mine)).all()
    assert len(rows) == 24
    assert all(chiave in said and euro(importo, "it") in said for chiave, importo in rows)
    assert f"Totale {euro(sum(importo for _, importo in rows), 'it')}" in said
    assert "bianchi 100" in said and "Codice fiscale" not in said
    assert joined(printed("distinta", 1, "--long")).count("Codice fiscale: ") == 24


def test_an_order_says_what_its_records_say_and_where_it_has_been(home, printed):
    said = joined(printed("disposizione", "1:2", lang="en"))
    debtor = scalar(
        home, select(DISPOSIZIONE.c.controparte).where(DISPOSIZIONE.c.distinta_id == 1, DISPOSIZIONE.c.numero == 2)
    )
    assert said.count(debtor.split()[0]) >= 2  # as the ledger knows it, and as its records have it
    assert "As it is written" in said and "inoltra Inoltrata" in said and "Numero ricevuta" in said


def test_a_statement_goes_from_balance_to_balance(home, printed):
    said = joined(printed("estratto", "--conto", IBAN))
    mine = RAPPORTO.c.iban == IBAN
    first, last = (
        scalar(home, select(column).where(mine).order_by(order).limit(1))
        for column, order in (
            (RAPPORTO.c.saldo_iniziale, RAPPORTO.c.data),
            (RAPPORTO.c.saldo_finale, RAPPORTO.c.data.desc()),
        )
    )
    sums = {
        segno: scalar(
            home, select(func.sum(MOVIMENTO.c.importo)).join(RAPPORTO).where(mine, MOVIMENTO.c.segno == segno)
        )
        for segno in "DC"
    }
    assert f"Saldo iniziale {euro(first, 'it')}" in said
    assert f"Totale {euro(sums['D'], 'it')} {euro(sums['C'], 'it')} {euro(last, 'it')}" in said
    assert "altro saldo" not in said
    assert "Nessun estratto" in joined(printed("estratto", "--conto", IBAN, "--al", "2026-01-01"))


def test_what_came_back_adds_up(home, printed):
    back = ESITO.c.effetto.in_(("unpaid", "rejected"))
    total, many = (
        scalar(home, select(each).where(back, ESITO.c.verdetto == "applicato"))
        for each in (func.sum(ESITO.c.importo), func.count(ESITO.c.id))
    )
    said = joined(printed("insoluti"))
    assert many > 1 and said.count("insoluto 42010") + said.count("respinto 300") == many
    assert f"{euro(total, 'it')} Stampato" in said or said.rstrip().endswith(euro(total, "it"))
    assert "Niente è tornato indietro" in joined(printed("insoluti", "--al", "2026-01-01"))


def test_a_delegation_has_its_sections_their_lines_and_its_balance(printed):
    (supporto,) = read_supporti(BytesIO(F24.read_bytes()))
    found, pages = list(deleghe(supporto)), text(printed("delega", 3))
    said = " ".join(pages)
    assert len(found) == 2
    for delega in found:
        assert f"Saldo finale delega {euro(delega.importo, 'it')}" in said
        for tributo in delega.tributi:
            assert f"Sezione {tributo.sezione}" in said and tributo.codice in said
            assert euro(tributo.debito or tributo.credito, "it") in said
    assert sum("Delega 1" in page for page in pages) == 1
    only = joined(printed("delega", "3:2"))
    assert "Delega 2" in only and "Delega 1" not in only


def test_a_receipt_bears_its_identifier(printed):
    (supporto,) = read_supporti(BytesIO(QUIETANZE.read_bytes()))
    (found,) = quietanze(supporto)
    said = joined(printed("quietanza", QUIETANZE))
    assert found.iud and f"IUD {found.iud}" in said and f"Totale delega {euro(found.importo, 'it')}" in said


@pytest.fixture(scope="module")
def paid(tmp_path_factory):
    """A distinta of two F24, sent in its days; the bank has sent the receipt of the first."""
    made = casa.build(tmp_path_factory.mktemp("f24") / "home", [f24.f4(f24.COMPLETA, f24.SEMPLICE)])
    made.ports.clock.at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    dispatch_ready(made)
    casa.drop(made, "q4.cbi", f24.q4(f24.COMPLETA))
    assert receive(made)[0].conto.applicati == 1
    yield made
    made.close()


def test_the_receipts_of_a_distinta_are_printed_from_the_books(paid, tmp_path):
    def said(which, *words):
        asked = ["--home", str(paid.path), "--lang", "it", "print", "quietanza", which, "--to", str(tmp_path / "q.pdf")]
        assert CliRunner().invoke(cbi, [*asked, *words]).exit_code == 0
        data = (tmp_path / "q.pdf").read_bytes()
        is_whole(data)
        return joined(data)

    (found,) = quietanze(next(read_supporti(BytesIO(f24.q4(f24.COMPLETA)))))
    for which in ("1", "1:1"):
        assert f"IUD {found.iud}" in said(which) and "CONSERVE INVENTATE SRL" in said(which)
        assert "Delega 1" in said(which) and "Delega 2" not in said(which)
    assert found.nostro_conto not in said("1").replace(" ", "") and found.nostro_conto in said("1", "--in-chiaro")
    assert "Nessuna quietanza ricevuta." in said("1:2")


def test_the_rights_of_people_are_on_paper(printed):
    said = joined(printed("diritti"))
    assert "bianchi" in said and "attivo" in said and "sign" in said


def test_what_cannot_be_printed_is_told(printed, tmp_path):
    wrong = tmp_path.parent / "altro.cbi"
    wrong.write_bytes((ROOT / "fixtures" / "riba.cbi").read_bytes())
    asked = {
        "DISTINTA-001": ("distinta", 99),
        "DISPOSIZIONE-001": ("delega", "3:9"),
        "STAMPA-001": ("delega", 1),
        "STAMPA-002": ("quietanza", wrong),
        "ESTRATTO-001": ("estratto", "--conto", "0000"),
        "ESTRATTO-002": ("estratto",),
    }
    for code, words in asked.items():
        with pytest.raises(Refused) as found:
            printed(*words)
        assert found.value.code == code
    assert not [*tmp_path.iterdir()]


def test_without_its_library_nothing_is_left_half_made(printed, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "reportlab.lib", None)
    with pytest.raises(Refused, match="REPORT-001"):
        printed("diritti")
    assert not [*tmp_path.iterdir()]


# --- the morning report -----------------------------------------------------------------------------------------------


def day(home, *words):
    done = CliRunner().invoke(cbi, ["--home", str(home.path), "--lang", "it", "report", "day", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_the_morning_for_programs_adds_up(home):
    found = json.loads(day(home, "--format", "json").stdout)
    with home.read() as conn:
        latest = select(RAPPORTO.c.abi, RAPPORTO.c.saldo_finale).order_by(RAPPORTO.c.data, RAPPORTO.c.id)
        balances = dict(map(tuple, conn.execute(latest)))
    assert {each["abi"]: each["saldo"] for each in found["saldi"]} == {a: amount(c) for a, c in balances.items()}
    assert found["saldi"][0]["andamento"][-1] == found["saldi"][0]["saldo"]
    assert [each["id"] for each in found["firme"]] == [3] and found["firme"][0]["chi"] == ["bianchi"]
    assert "100000004711" not in str(found)


def test_the_morning_on_paper_is_whole(home, tmp_path):
    day(home, "--format", "pdf", "-o", str(tmp_path / "m.pdf"))
    data = (tmp_path / "m.pdf").read_bytes()
    is_whole(data)
    is_seen_whole(data)
    assert "BANCA 03069" in joined(data) and "In attesa di firma" in joined(data)


def test_a_letter_needs_somebody_to_go_to(home, monkeypatch):
    for words in (["--mail"], ["--format", "eml"]):
        with pytest.raises(Refused, match="POSTA-001"):
            day(home, *words)
    settings, sent = home.path / posta.FILE, []
    settings.write_text('da = "cbi@example.com"\na = ["x@example.com"]\n[server]\nhost = "h"\n', encoding="utf-8")
    monkeypatch.setattr(posta.PerSmtp, "send", lambda self, server, password, letter: sent.append(letter))
    written = message_from_bytes(day(home, "--format", "eml").stdout_bytes, policy=policy.default)
    assert day(home, "--mail", "--dry-run").stdout == "Scriverei a x@example.com.\n" and not sent
    assert day(home, "--mail").stdout == "Mandata a x@example.com.\n"
    settings.unlink()
    for each in (written, *sent):
        assert each.get_body(("plain",)).get_content().startswith("Il mattino del 05/01/2027")
        assert each.get_body(("html",)).get_content().startswith("<!doctype html>")
