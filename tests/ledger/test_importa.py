"""Import: what becomes of a file of the company, whatever is in it."""

import hashlib
import json
import multiprocessing
import os
import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from ledger import archivio, aziende, deposito, distinte, importa, journal
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import real_ports
from ledger.stati import Evento, Stato, di_distinta, next_state
from ledger.verdetti import Codice
from tests.ledger.flussi import ABI, CREATED, DEBTOR, faulty, order, riba
from tests.ledger.sala import FailingDisk, Fault, furnish, ports

TABLES = ("file", "distinta", "disposizione", "iter", "diagnostica", "banca", "journal")


def bring(sala, data, nome="flusso.cbi", **kwargs):
    return import_file(sala.home, data, nome, sala.azienda_id, **kwargs)


def codes(report):
    return [verdetto.codice for verdetto in report.verdetti]


def rows(sala, table):
    with sala.home.read() as conn:
        return conn.execute(text(f"SELECT * FROM {table}")).all()


def distinta(sala, number=1):
    with sala.home.read() as conn:
        return distinte.get(conn, number)


def archived(sala):
    return sorted(path.name for path in sala.home.archive_dir.rglob("*") if path.is_file())


def move(sala, number, *events):
    """Take a distinta along its table, the gate of the signatures left out."""
    with sala.home.begin() as conn:
        for event in events:
            state = conn.scalar(text("SELECT stato FROM distinta WHERE id = :d"), {"d": number})
            following = next_state(di_distinta("RIBA"), state, event)
            conn.execute(text("UPDATE distinta SET stato = :s WHERE id = :d"), {"s": following, "d": number})
            conn.execute(
                text("UPDATE disposizione SET stato = :s WHERE distinta_id = :d"),
                {"s": following, "d": number},
            )


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 4, 30, 21, 59, tzinfo=UTC), []),
        (datetime(2026, 4, 30, 22, 1, tzinfo=UTC), ["RIBA-14-221"]),  # in Rome it is already 1 May
    ],
)
def test_a_due_date_past_on_the_day_of_the_import_is_a_warning_and_the_distinta_is_made(sala, now, told):
    sala.home.ports.clock.at = now
    report = bring(sala, riba(order(1), order(2)))
    assert codes(report) == [Codice.IMPORTATA]
    assert [(each.code, each.severity) for each in report.diagnostiche] == [(code, "warning") for code in told]


def test_a_clean_file_becomes_a_distinta_to_be_signed(sala):
    data = riba()
    report = bring(sala, data)
    assert report.clean
    [verdetto] = report.verdetti
    assert (verdetto.codice, verdetto.numero_disposizioni, verdetto.totale) == (Codice.IMPORTATA, 3, 370350)
    found = distinta(sala)
    assert found.stato is Stato.DA_SPEDIRE
    assert (found.abi, found.nome_supporto, found.tipo, found.flusso) == (ABI, "SUPPORTO1", "IB", "RIBA")
    assert (found.data_creazione, found.line, found.numero_supporto) == (CREATED, 1, 1)
    assert found.sha256 == hashlib.sha256(data).hexdigest() == report.sha256
    assert archived(sala) == [found.sha256]


@pytest.mark.ovunque
def test_its_orders_are_kept_with_what_they_say_and_their_records(sala):
    data = riba(order(7, 100), order(8, 2_500_000, debitore="Altra Finta spa"))
    bring(sala, data)
    with sala.home.read() as conn:
        first, second = distinte.orders(conn, 1)
        [found] = distinte.find_orders(
            conn, sala.azienda_id, "RIBA", "0000000008", 2_500_000, second.scadenza, causale="30000"
        )
    assert (first.numero, first.line, first.importo, first.chiave) == (1, 2, 100, "0000000007")
    assert (second.numero, second.line, second.controparte) == (2, 9, "ALTRA FINTA SPA")
    assert (second.abi, second.cab, second.nostro_conto) == ("02008", "05678", "000000012345")
    assert (second.codice_fiscale, second.codice_cliente, second.riferimento) == (DEBTOR, "CL8", "FATT 8")
    assert first.raw + second.raw in data
    assert len(first.raw) == 7 * 122
    assert {first.stato, second.stato} == {Stato.DA_SPEDIRE}
    assert found == second


@pytest.mark.ovunque
def test_every_step_is_in_the_iter_and_in_the_journal(sala):
    bring(sala, riba())
    with sala.home.read() as conn:
        steps = [(row.chi, row.evento, row.da, row.a) for row in distinte.iter_of(conn, 1)]
        kinds = conn.scalars(text("SELECT tipo FROM journal ORDER BY numero")).all()
        assert journal.verify(conn, sala.azienda_id) is None
    assert steps == [
        ("import", "importa", "", "Inserita"),
        ("import", "convalida", "Inserita", "Da spedire"),
    ]
    assert kinds[-4:] == ["distinta_stato", "banca_aggiunta", "distinta_stato", "file_importato"]


def test_the_same_file_again_changes_nothing(sala):
    bring(sala, riba())
    before = {table: rows(sala, table) for table in TABLES}
    report = bring(sala, riba(), "altro nome.cbi")
    assert codes(report) == [Codice.FILE_GIA_IMPORTATO]
    assert report.verdetti[0].distinta_id == 1
    assert not report.clean
    assert {table: rows(sala, table) for table in TABLES} == before


@pytest.mark.ovunque
def test_another_supporto_of_the_same_name_is_refused(sala):
    bring(sala, riba())
    report = bring(sala, riba(order(9)))
    [verdetto] = report.verdetti
    assert (verdetto.codice, verdetto.distinta_id) == (Codice.SUPPORTO_GIA_PRESENTE, 1)
    assert not report.clean
    assert len(rows(sala, "distinta")) == 1
    assert len(rows(sala, "file")) == 2


@pytest.mark.parametrize("other", [{"nome": "SUPPORTO2"}, {"abi": "05034"}])
def test_another_name_or_another_bank_is_another_supporto(sala, other):
    bring(sala, riba())
    abi = other.get("abi", ABI)
    assert codes(bring(sala, riba(order(9, abi=abi), **other))) == [Codice.IMPORTATA]


def test_a_refused_supporto_gives_its_name_and_its_orders_back(sala):
    bring(sala, riba())
    move(sala, 1, Evento.FIRMA, Evento.INOLTRA, Evento.SCARTA)
    report = bring(sala, riba(order(1), order(2), order(3), order(4)))
    assert codes(report) == [Codice.IMPORTATA]
    with sala.home.read() as conn:
        assert distinte.find_by_supporto(conn, sala.azienda_id, ABI, "SUPPORTO1").id == 2
        assert distinte.find_by_supporto(conn, sala.azienda_id, ABI, "SUPPORTO1", "IB", CREATED).id == 2
        assert distinte.find_by_supporto(conn, sala.azienda_id, ABI, "SUPPORTO1", "RH") is None
        assert distinte.find_by_supporto(conn, sala.azienda_id, ABI, "MAI VISTO") is None


def test_of_several_dead_supporti_the_latest_is_found(sala):
    for amount in (100, 200):
        bring(sala, riba(order(amount)))
        number = len(rows(sala, "distinta"))
        move(sala, number, Evento.FIRMA, Evento.INOLTRA, Evento.SCARTA)
    with sala.home.read() as conn:
        assert distinte.find_by_supporto(conn, sala.azienda_id, ABI, "SUPPORTO1").id == 2


@pytest.mark.ovunque
def test_a_faulty_supporto_is_kept_aside_with_its_diagnostics(sala):
    data = faulty()
    report = bring(sala, data)
    [verdetto] = report.verdetti
    assert (verdetto.codice, verdetto.errori, verdetto.totale) == (Codice.CON_ERRORI, 1, 370350)
    assert not report.clean
    found = distinta(sala)
    assert (found.stato, found.numero_disposizioni, found.totale) == (Stato.CON_ERRORI, 3, 370350)
    assert not found.alive
    with sala.home.read() as conn:
        assert distinte.payload(sala.home, conn, 1) == data
        [diagnostic] = distinte.diagnostics(conn, 1)
        assert [found.stato for found in distinte.orders(conn, 1)] == [Stato.CON_ERRORI] * 3
    assert (diagnostic.codice, diagnostic.gravita, diagnostic.line) == ("RIBA-EF-050", "error", 23)
    assert json.loads(diagnostic.dati)["field"] == "tot_importi_negativi"


def test_a_cured_file_takes_the_name_of_the_faulty_one(sala):
    bring(sala, faulty())
    assert codes(bring(sala, riba())) == [Codice.IMPORTATA]


def test_the_same_faulty_file_again_is_known(sala):
    bring(sala, faulty())
    assert codes(bring(sala, faulty())) == [Codice.FILE_GIA_IMPORTATO]


def test_good_supporti_go_on_beside_faulty_ones(sala):
    data = faulty(nome="PRIMO") + riba(order(50), nome="SECONDO", abi=ABI) + faulty(nome="TERZO")
    report = bring(sala, data)
    assert codes(report) == [Codice.CON_ERRORI, Codice.IMPORTATA, Codice.CON_ERRORI]
    assert [distinta(sala, n).stato for n in (1, 2, 3)] == [
        Stato.CON_ERRORI,
        Stato.DA_SPEDIRE,
        Stato.CON_ERRORI,
    ]
    assert [distinta(sala, n).numero_supporto for n in (1, 2, 3)] == [1, 2, 3]
    assert distinta(sala, 2).line == 24
    with sala.home.read() as conn:
        assert distinte.payload(sala.home, conn, 2) == riba(order(50), nome="SECONDO")


def test_two_supporti_of_the_same_name_in_one_file(sala):
    report = bring(sala, riba(order(1)) + riba(order(2)))
    assert codes(report) == [Codice.IMPORTATA, Codice.SUPPORTO_GIA_PRESENTE]


@pytest.mark.ovunque
def test_orders_seen_before_stop_the_distinta_and_are_named(sala):
    bring(sala, riba())
    report = bring(sala, riba(order(9), order(2), nome="SUPPORTO2"))
    [verdetto] = report.verdetti
    assert verdetto.codice is Codice.ORDINI_GIA_VISTI
    assert not report.clean
    [doppio] = verdetto.doppi
    assert (doppio.numero, doppio.chiave, doppio.distinta_id, doppio.prima) == (2, "0000000002", 1, 2)
    assert distinta(sala, 2).stato is Stato.INSERITA


def test_an_order_twice_in_one_supporto_is_seen(sala):
    report = bring(sala, riba(order(1), order(2), order(1)))
    assert codes(report) == [Codice.ORDINI_GIA_VISTI]
    assert [(d.numero, d.distinta_id, d.prima) for d in report.verdetti[0].doppi] == [(3, 1, 1)]
    assert distinta(sala).stato is Stato.INSERITA


def test_an_order_twice_in_one_file_is_seen(sala):
    report = bring(sala, riba(order(1), nome="UNO") + riba(order(1), nome="DUE"))
    assert codes(report) == [Codice.IMPORTATA, Codice.ORDINI_GIA_VISTI]


@pytest.mark.parametrize(
    "other",
    [
        {"importo": 123451},
        {"codice_fiscale": "12121210152"},
        {"causale": "30100"},
        {"scadenza": CREATED.replace(month=5)},
    ],
)
def test_an_order_that_differs_in_what_identifies_it_is_another(sala, other):
    bring(sala, riba(order(1)))
    assert codes(bring(sala, riba(order(1, **other), nome="SUPPORTO2"))) == [Codice.IMPORTATA]


def test_what_does_not_identify_an_order_does_not_hide_a_double(sala):
    bring(sala, riba(order(1)))
    report = bring(sala, riba(order(1, debitore="OFFICINE FINTE", conto="000000054321"), nome="SUPPORTO2"))
    assert codes(report) == [Codice.ORDINI_GIA_VISTI]


def test_the_orders_of_another_company_are_no_doubles(sala):
    with sala.home.begin() as conn:
        other = aziende.create(conn, sala.home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="12121210152")
    bring(sala, riba())
    report = import_file(sala.home, riba(mittente="Z9Y8X"), "altra.cbi", other)
    assert codes(report) == [Codice.IMPORTATA]


@pytest.mark.ovunque
def test_a_recall_is_not_a_double_and_is_not_found_as_an_order(sala):
    bring(sala, riba(order(1)))
    assert codes(bring(sala, riba(order(1, causale="30100"), nome="RICHIAMO"))) == [Codice.IMPORTATA]
    with sala.home.read() as conn:
        first = next(distinte.orders(conn, 1))
        key = (sala.azienda_id, "RIBA", first.chiave, first.importo, first.scadenza)
        assert [found.distinta_id for found in distinte.find_orders(conn, *key, causale="30000")] == [1]
        assert [found.distinta_id for found in distinte.find_orders(conn, *key, causale="30100")] == [2]


def test_the_sender_of_another_company_is_refused(sala):
    report = bring(sala, riba(mittente="Z9Y8X"))
    assert codes(report) == [Codice.MITTENTE_ALTRUI]
    assert not report.clean
    assert rows(sala, "distinta") == []
    assert [row.nome for row in rows(sala, "file")] == ["flusso.cbi"]
    assert archived(sala) == [report.sha256]


def test_a_file_that_gave_nothing_may_be_tried_again(sala):
    data = riba(mittente="Z9Y8X")
    assert codes(bring(sala, data)) == codes(bring(sala, data)) == [Codice.MITTENTE_ALTRUI]
    assert len(rows(sala, "file")) == 1


def without_sender(data):
    return data.replace(b" IBA1B2C", b" IB     ").replace(b" EFA1B2C", b" EF     ")


def test_a_blank_sender_is_filled_in_and_both_files_are_kept(sala):
    data = without_sender(riba())
    report = bring(sala, data)
    [verdetto] = report.verdetti
    assert verdetto.codice is Codice.IMPORTATA
    assert verdetto.mittente_aggiunto
    with sala.home.read() as conn:
        assert distinte.payload(sala.home, conn, 1) == riba()
    assert archived(sala) == sorted(hashlib.sha256(each).hexdigest() for each in (data, riba()))


def test_the_second_supporto_of_a_file_without_sender_is_filled_in_where_it_stands(sala):
    data = riba(nome="PRIMO") + without_sender(faulty(nome="SECONDO"))
    report = bring(sala, data)
    assert codes(report) == [Codice.IMPORTATA, Codice.CON_ERRORI]
    [error] = [found for found in report.diagnostiche if found.severity == "error"]
    assert (error.line, error.distinta) == (46, 2)
    assert not report.verdetti[1].mittente_aggiunto


def test_a_blank_sender_in_a_trailer_that_cannot_be_rewritten(sala):
    data = without_sender(riba())
    broken = data[:-122] + data[-122:].replace(b"0000003000000000370350", b"00000A3000000000370350")
    report = bring(sala, broken)
    assert codes(report) == [Codice.CON_ERRORI]
    with sala.home.read() as conn:
        assert distinte.payload(sala.home, conn, 1) == broken


def test_a_sender_that_could_not_be_filled_in_never_leaves_blank(sala, monkeypatch):
    monkeypatch.setattr(importa, "_rewritten", lambda *_, **__: None)
    report = bring(sala, without_sender(riba()))
    assert codes(report) == [Codice.CON_ERRORI]
    assert report.verdetti[0].errori == 1


def test_a_flow_without_its_trailer(sala):
    report = bring(sala, without_sender(riba())[:-122])
    assert codes(report) == [Codice.CON_ERRORI]


@pytest.mark.parametrize(
    "habit",
    [
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.replace(b"\r\n", b""),
        lambda data: b"\r\n".join(line.rstrip() for line in data.splitlines()) + b"\r\n",
    ],
    ids=["LF only", "no line ends", "trimmed lines"],
)
def test_whatever_the_habits_of_the_file_what_leaves_is_canonical(sala, habit):
    report = bring(sala, habit(riba()))
    assert codes(report) == [Codice.IMPORTATA]
    with sala.home.read() as conn:
        assert distinte.payload(sala.home, conn, 1) == riba()
        assert next(iter(distinte.orders(conn, 1))).raw in riba()


def test_errors_beyond_the_end_of_the_list_do_not_pass_for_sound(sala, monkeypatch):
    from cbi.validators import lint

    monkeypatch.setattr(lint, "LIMIT", 1)
    report = bring(sala, faulty(nome="PRIMO") + faulty(nome="SECONDO"))
    assert codes(report) == [Codice.CON_ERRORI, Codice.CON_ERRORI]


def outcome_flow():
    import cbi

    values = {
        "data_pagamento": CREATED,
        "causale": "30010",
        "importo": 100,
        "segno": "+",
        "abi_banca_domiciliataria": "02008",
        "cab_banca_domiciliataria": "05678",
        "abi_banca_assuntrice": ABI,
        "cab_banca_assuntrice": "01234",
    }
    rest = [(key, values) for key, values in order(1) if key in ("20", "30", "40", "50", "51", "70")]
    header = {"mittente": ABI, "ricevente": "A1B2C", "data_creazione": CREATED, "nome_supporto": "ESITI"}
    return cbi.compose("RIBA", "from_bank", header, [[("14", values), *rest]])


def test_a_flow_from_a_bank_is_pointed_to_receive(sala):
    report = bring(sala, outcome_flow())
    assert codes(report) == [Codice.DA_BANCA]
    assert "cbi receive" in report.verdetti[0].message("it")
    assert rows(sala, "distinta") == []


def test_a_flow_whose_orders_cannot_be_told_is_refused_and_kept(sala):
    header = f" R4A1B2C{ABI}020326REVOCHE".ljust(113) + "E" + " " * 6
    trailer = f" EFA1B2C{ABI}020326REVOCHE".ljust(45) + "0000000" + "0" * 30 + "0000002"
    data = (header + "\r\n" + trailer.ljust(113) + "E" + " " * 6 + "\r\n").encode()
    report = bring(sala, data)
    assert codes(report) == [Codice.NON_GESTITO]
    assert archived(sala) == [report.sha256]
    assert rows(sala, "distinta") == []


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 500, b"ciao\n", os.urandom(5000)])
def test_what_is_not_a_flow_is_told_and_kept(sala, data):
    report = bring(sala, data)
    assert report.verdetti == ()
    assert any(found.severity == "error" for found in report.diagnostiche)
    assert not report.clean
    assert [row.gravita for row in rows(sala, "diagnostica")].count("error") >= 1
    assert all(row.distinta_id is None for row in rows(sala, "diagnostica"))


def test_every_verdict_has_its_words_in_both_languages(sala):
    from ledger.verdetti import Verdetto

    for code in Codice:
        verdetto = Verdetto(1, code, "PC", "NOME", ABI, 12, mittente="Z9Y8X", errori=3)
        assert verdetto.message("it") != verdetto.message("en")
        for lang in ("it", "en"):
            assert "{" not in verdetto.message(lang)
    assert "Z9Y8X" in Verdetto(1, Codice.MITTENTE_ALTRUI, mittente="Z9Y8X").message("en")


def test_a_path_is_read(sala, tmp_path):
    path = tmp_path / "flusso.cbi"
    path.write_bytes(riba())
    assert codes(bring(sala, path)) == [Codice.IMPORTATA]


@pytest.mark.parametrize("what", ["missing", "directory"])
def test_what_cannot_be_read_is_told(sala, tmp_path, what):
    path = tmp_path / what
    if what == "directory":
        path.mkdir()
    with pytest.raises(Refused) as refused:
        bring(sala, path)
    assert (refused.value.code, refused.value.exit_code) == ("IMPORTA-001", 8)
    assert archived(sala) == []


def test_a_file_too_large_is_refused(sala, tmp_path, monkeypatch):
    monkeypatch.setattr(importa, "LARGEST_FILE", 100)
    path = tmp_path / "grande.cbi"
    path.write_bytes(riba())
    with pytest.raises(Refused) as refused:
        bring(sala, path)
    assert (refused.value.code, refused.value.exit_code) == ("IMPORTA-002", 8)
    path.write_bytes(b"x" * 100)
    assert bring(sala, path).verdetti == ()


def test_a_name_that_is_not_text(sala):
    assert codes(bring(sala, riba(), "cattivo\udcff.cbi")) == [Codice.IMPORTATA]


@pytest.mark.ovunque
def test_a_dry_run_tells_the_same_and_changes_nothing(sala):
    bring(sala, riba())
    before = {table: rows(sala, table) for table in TABLES}, archived(sala)
    data = faulty(nome="A") + riba(order(1), nome="B") + riba(order(7), nome="C")
    dry = bring(sala, data, dry_run=True)
    assert ({table: rows(sala, table) for table in TABLES}, archived(sala)) == before
    wet = bring(sala, data)
    assert codes(dry) == codes(wet) == [Codice.CON_ERRORI, Codice.ORDINI_GIA_VISTI, Codice.IMPORTATA]


def test_the_list_of_diagnostics_kept_has_an_end(sala, monkeypatch):
    monkeypatch.setattr(deposito, "MOST_DIAGNOSTICS", 2)
    data = riba().replace(b"PROVA", b"PR\x80VA")
    report = bring(sala, data)
    [verdetto] = report.verdetti
    assert verdetto.errori > 2
    assert len(rows(sala, "diagnostica")) == 2


def test_many_orders_go_in_by_batches(sala, monkeypatch):
    monkeypatch.setattr(deposito, "BATCH", 2)
    report = bring(sala, riba(*(order(n, n) for n in range(1, 6))))
    assert report.verdetti[0].totale == 15
    assert [row.numero for row in rows(sala, "disposizione")] == [1, 2, 3, 4, 5]


def consistent(path):
    """Nothing half-written: what the database says is in the archive, and the journal holds."""
    home = Home.open(path, real_ports())
    with home.read() as conn:
        for found in distinte.list_(conn):
            distinte.payload(home, conn, found.id)
            assert found.stato is not Stato.INSERITA
            assert len(list(distinte.orders(conn, found.id))) == found.numero_disposizioni
        for row in conn.execute(text("SELECT sha256 FROM file")).all():
            archivio.load(home, row.sha256)
        assert conn.scalar(text("SELECT count(*) FROM file")) == len(distinte.list_(conn))
        for azienda in aziende.list_(conn):
            assert journal.verify(conn, azienda.id) is None
        count = len(distinte.list_(conn))
    home.close()
    return count


def test_whatever_call_of_the_disk_fails_the_home_is_whole_and_the_import_can_be_done_again(tmp_path):
    data = without_sender(riba())  # two contents: the file, and what leaves
    counter = FailingDisk()
    sala = furnish(tmp_path / "conta", disk=counter)
    counter.calls = 0
    bring(sala, data)
    calls = counter.calls
    assert calls > 8
    for n in range(1, calls + 1):
        path = tmp_path / f"casa{n}"
        disk = FailingDisk()
        sala = furnish(path, disk=disk)
        disk.calls, disk.fail_at = 0, n
        with pytest.raises(Fault):
            bring(sala, data)
        sala.home.close()
        assert consistent(path) == 0
        again = Home.open(path, real_ports())
        assert codes(import_file(again, data, "f", sala.azienda_id)) == [Codice.IMPORTATA]
        again.close()
        assert consistent(path) == 1


def test_a_disk_that_fails_while_reading_is_told_as_such(sala, tmp_path):
    disk = FailingDisk(1)
    broken = Home(sala.home.path, ports(disk), sala.home.engine)
    with pytest.raises(Refused) as refused:
        import_file(broken, tmp_path / "x", "x", sala.azienda_id)
    assert refused.value.exit_code == 8


@pytest.mark.sqlite
def test_a_database_that_refuses_the_last_write_leaves_nothing(sala):
    with sala.home.begin() as conn:
        conn.execute(
            text(
                "CREATE TRIGGER full_disk BEFORE INSERT ON journal WHEN NEW.tipo = 'file_importato' "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )
    with pytest.raises(Exception, match="disk full"):
        bring(sala, riba())
    assert rows(sala, "file") == rows(sala, "distinta") == rows(sala, "disposizione") == []
    with sala.home.begin() as conn:
        conn.execute(text("DROP TRIGGER full_disk"))
    assert codes(bring(sala, riba())) == [Codice.IMPORTATA]


def import_and_die(path, data, azienda_id, after):
    """Import in a process of its own that kills itself at the n-th statement of the database."""
    from sqlalchemy import event

    home = Home.open(path, real_ports())
    seen = 0

    def count(*_):
        nonlocal seen
        seen += 1
        if seen >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(home.engine, "before_cursor_execute", count)
    import_file(home, data, "f", azienda_id)


def test_a_process_killed_at_any_moment_leaves_all_or_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    data = riba()
    after, survived = 0, False
    while not survived:
        after += 2
        path = tmp_path / f"casa{after}"
        sala = furnish(path)
        sala.home.close()
        process = context.Process(target=import_and_die, args=(path, data, sala.azienda_id, after))
        process.start()
        process.join(60)
        survived = process.exitcode == 0
        assert survived or process.exitcode == -signal.SIGKILL
        assert consistent(path) == (1 if survived else 0)
    assert after > 10


def import_at_once(path, data, azienda_id, barrier, queue):
    home = Home.open(path, real_ports())
    barrier.wait()
    queue.put([verdetto.codice for verdetto in import_file(home, data, "f", azienda_id).verdetti])


def test_two_processes_with_the_same_file_import_it_once(tmp_path):
    context = multiprocessing.get_context("fork")
    sala = furnish(tmp_path / "casa")
    sala.home.close()
    barrier, queue = context.Barrier(2), context.Queue()
    args = (tmp_path / "casa", riba(), sala.azienda_id, barrier, queue)
    processes = [context.Process(target=import_at_once, args=args) for _ in range(2)]
    for process in processes:
        process.start()
    found = sorted(code for _ in processes for code in queue.get(timeout=60))
    for process in processes:
        process.join(60)
    assert found == [Codice.FILE_GIA_IMPORTATO, Codice.IMPORTATA]
    assert consistent(tmp_path / "casa") == 1
