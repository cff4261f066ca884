"""The journal: the same facts hash the same for ever, and whoever touches them is found out."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger import journal
from ledger.canonico import canonical, is_canonical
from ledger.journal import GENESIS, Guasto
from ledger.ports import ROME
from ledger.schema import instant

pytestmark = pytest.mark.ovunque
AT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)

# Frozen: a change in any of these breaks the chains of every home there is.
VECTORS = [
    (
        {
            "azienda_id": 1,
            "numero": 1,
            "at": "2026-03-02T09:30:15.123456Z",
            "tipo": "azienda_creata",
            "soggetto": "azienda:A1B2C",
            "dati": '{"nome":"Ferramenta Prova srl"}',
            "prima": GENESIS,
        },
        "bbe833ded2ac38a9e02b62e5b7f9286228a6e123446a98701180a188cd59fbe3",
    ),
    (
        {
            "azienda_id": 7,
            "numero": 42,
            "at": "2026-10-25T00:30:00.000000Z",
            "tipo": "distinta_stato",
            "soggetto": "distinta:3",
            "dati": '{"chi":"nicol\\u00f2","dati":{"doppi":[1,2],"totale":123450,"vuoto":null},"si":true}',
            "prima": "ab" * 32,
        },
        "6d89ea1c0e38391bd90c1a033dd9f0f70f666532da94d3a0d5fcb388f40629a5",
    ),
]


def add(conn, azienda_id, n=1):
    return [
        journal.append(conn, azienda_id=azienda_id, tipo="prova", soggetto=f"cosa:{i}", dati={"i": i}, at=AT)
        for i in range(n)
    ]


def without_guards(conn):
    """What someone who owns the database could do."""
    for trigger in ("journal_no_update", "journal_no_delete", "journal_in_order"):
        of = "" if conn.dialect.name == "sqlite" else "ON journal"
        conn.execute(text(f"DROP TRIGGER {trigger} {of}"))


@pytest.mark.parametrize(("event", "digest"), VECTORS)
def test_the_hash_of_an_event_is_frozen(event, digest):
    assert journal.event_hash(event) == digest


def test_the_hash_is_sha256_of_canonical_json_with_its_version():
    _event, digest = VECTORS[0]
    body = (
        '{"at":"2026-03-02T09:30:15.123456Z","azienda_id":1,"dati":{"nome":"Ferramenta Prova srl"},'
        f'"numero":1,"prima":"{GENESIS}","soggetto":"azienda:A1B2C","tipo":"azienda_creata","v":1}}'
    )
    assert hashlib.sha256(body.encode()).hexdigest() == digest


def test_canonical_form_of_all_that_has_one():
    rome = timezone(timedelta(hours=2))
    value = {
        "z": (1, "è", None, True),
        "a": {"giorno": date(2026, 3, 2), "ora": datetime(2026, 3, 2, 11, 30, 15, 5, tzinfo=rome)},
    }
    assert canonical(value) == (
        '{"a":{"giorno":"2026-03-02","ora":"2026-03-02T09:30:15.000005Z"},"z":[1,"\\u00e8",null,true]}'
    )


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, [b"x"], {1: "a"}, {None: 1}, object()])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=4), some, max_size=4),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None)
@given(JSON, st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}]), st.booleans(), st.booleans())
def test_a_text_is_canonical_when_it_is_the_form_of_what_it_says(value, spaces, ascii_, sort):
    text = json.dumps(value, ensure_ascii=ascii_, sort_keys=sort, **spaces)
    assert is_canonical(canonical(value))
    assert is_canonical(text) == (canonical(value) == text)


@pytest.mark.parametrize("text", ["1.5", '{"a":1e3}', "[NaN]", "-Infinity"])
def test_a_text_with_floats_has_no_canonical_form(text):
    with pytest.raises(TypeError):
        is_canonical(text)


@given(st.datetimes(datetime(1970, 1, 2), timezones=st.sampled_from([UTC, ROME, timezone(timedelta(hours=-9))])))
def test_an_instant_is_written_in_utc_with_all_its_digits(at):
    assert instant(at) == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_an_instant_needs_its_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 3, 2))


def test_each_event_holds_the_hash_of_the_one_before(sala):
    with sala.home.begin() as conn:
        digests = add(conn, sala.azienda_id, 3)
        rows = conn.execute(text("SELECT numero, prima, hash FROM journal ORDER BY numero")).all()
    assert [row.numero for row in rows] == list(range(1, len(rows) + 1))
    assert [row.hash for row in rows][-3:] == digests
    assert [row.prima for row in rows] == [GENESIS, *(row.hash for row in rows[:-1])]


def test_every_company_has_its_own_chain(sala):
    from ledger import aziende

    with sala.home.begin() as conn:
        other = aziende.create(conn, sala.home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="77665540017")
        add(conn, other, 2)
        rows = conn.execute(
            text("SELECT numero, prima FROM journal WHERE azienda_id = :a ORDER BY numero"), {"a": other}
        ).all()
        assert [row.numero for row in rows] == [1, 2, 3]
        assert rows[0].prima == GENESIS
        assert journal.verify(conn, other) is None
        assert journal.verify(conn, sala.azienda_id) is None


def test_a_chain_that_nobody_touched_holds(sala):
    with sala.home.begin() as conn:
        add(conn, sala.azienda_id, 5)
    with sala.home.read() as conn:
        assert journal.verify(conn, sala.azienda_id) is None
        assert journal.verify(conn, 999) is None


BEYOND = (
    "INSERT INTO journal SELECT azienda_id, numero + 100, at, tipo, soggetto, dati, prima, hash "
    "FROM journal WHERE numero = 2"
)
AGAIN = "INTO journal SELECT * FROM journal WHERE numero = 2"


def is_refused(sala, statement):
    with pytest.raises(IntegrityError, match="append-only"), sala.home.begin() as conn:
        conn.exec_driver_sql(statement)


@pytest.mark.parametrize("statement", ["UPDATE journal SET dati = dati", "DELETE FROM journal", BEYOND])
def test_the_database_refuses_to_rewrite_the_journal(sala, statement):
    is_refused(sala, statement)


@pytest.mark.sqlite
def test_a_file_refuses_to_replace_an_event(sala):
    is_refused(sala, f"INSERT OR REPLACE {AGAIN}")


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE journal",
        "TRUNCATE azienda CASCADE",
        f"INSERT {AGAIN} ON CONFLICT (azienda_id, numero) DO UPDATE SET dati = ''",
    ],
)
def test_a_server_refuses_to_empty_the_journal_or_to_replace_an_event(sala, statement):
    is_refused(sala, statement)


@pytest.mark.parametrize(
    ("statement", "guasto"),
    [
        ("UPDATE journal SET dati = '{\"i\":9}' WHERE numero = 3", Guasto(3, "hash")),
        ("UPDATE journal SET dati = '{ }' WHERE numero = 3", Guasto(3, "dati")),
        ("UPDATE journal SET dati = '{\"i\":1.5}' WHERE numero = 3", Guasto(3, "dati")),
        ("UPDATE journal SET dati = 'rotto' WHERE numero = 3", Guasto(3, "dati")),
        ("UPDATE journal SET at = '2026-03-02T09:30:15.123457Z' WHERE numero = 3", Guasto(3, "hash")),
        ("UPDATE journal SET tipo = 'altro' WHERE numero = 3", Guasto(3, "hash")),
        ("UPDATE journal SET soggetto = 'altro' WHERE numero = 3", Guasto(3, "hash")),
        ("UPDATE journal SET hash = prima WHERE numero = 3", Guasto(3, "hash")),
        ("UPDATE journal SET prima = hash WHERE numero = 3", Guasto(3, "prima")),
        ("DELETE FROM journal WHERE numero = 3", Guasto(3, "numero")),
        ("DELETE FROM journal WHERE numero = 1", Guasto(1, "numero")),
        ("UPDATE journal SET numero = numero + 100 WHERE numero = 3", Guasto(3, "numero")),
    ],
)
def test_tampering_is_found_and_the_first_bad_event_named(sala, statement, guasto):
    with sala.home.begin() as conn:
        add(conn, sala.azienda_id, 5)
        without_guards(conn)
        conn.exec_driver_sql(statement)
        found = journal.verify(conn, sala.azienda_id)
        assert found == guasto and found.dopo == 0  # no checkpoint answers for what came before


def test_two_events_that_swapped_places_are_found(sala):
    with sala.home.begin() as conn:
        add(conn, sala.azienda_id, 3)
        without_guards(conn)
        for old, new in ((2, 99), (3, 2), (99, 3)):
            conn.execute(text(f"UPDATE journal SET numero = {new} WHERE numero = {old}"))
        assert journal.verify(conn, sala.azienda_id) == Guasto(2, "prima")


def test_an_event_rehashed_after_a_change_breaks_at_the_next(sala):
    with sala.home.begin() as conn:
        add(conn, sala.azienda_id, 3)
        without_guards(conn)
        row = conn.execute(text("SELECT * FROM journal WHERE numero = 2")).one()
        event = {k: v for k, v in row._mapping.items() if k != "hash"} | {"soggetto": "altro"}
        conn.execute(
            text("UPDATE journal SET soggetto = 'altro', hash = :h WHERE numero = 2"),
            {"h": journal.event_hash(event)},
        )
        assert journal.verify(conn, sala.azienda_id) == Guasto(3, "prima")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_changed_character_is_found(sala, data):
    column = data.draw(st.sampled_from(["at", "tipo", "soggetto", "dati", "prima", "hash"]))
    numero = data.draw(st.integers(1, 4))
    with sala.home.begin() as conn:
        add(conn, sala.azienda_id, 4)
        without_guards(conn)
        old = conn.scalar(text(f"SELECT {column} FROM journal WHERE numero = {numero}"))
        at = data.draw(st.integers(0, len(old) - 1))
        barred = old[at] if conn.dialect.name == "sqlite" else f"{old[at]}\0"  # no server keeps it
        new = old[:at] + data.draw(st.characters(exclude_characters=barred, codec="ascii")) + old[at + 1 :]
        conn.execute(text(f"UPDATE journal SET {column} = :v WHERE numero = {numero}"), {"v": new})
        found = journal.verify(conn, sala.azienda_id)
        conn.rollback()
    assert found is not None
    assert found.numero == numero


def test_what_is_kept_reads_back_as_it_was(sala):
    dati = {"importo": 123450, "scadenza": date(2026, 3, 31), "nota": "però"}
    with sala.home.begin() as conn:
        journal.append(conn, azienda_id=sala.azienda_id, tipo="t", soggetto="s", dati=dati, at=AT)
        row = conn.execute(text("SELECT at, dati FROM journal ORDER BY numero DESC")).first()
    assert row.at == "2026-03-02T09:30:15.123456Z"
    assert json.loads(row.dati) == {"importo": 123450, "scadenza": "2026-03-31", "nota": "però"}


def test_an_event_that_cannot_be_written_leaves_nothing(sala):
    with pytest.raises(TypeError), sala.home.begin() as conn:
        add(conn, sala.azienda_id, 1)
        journal.append(conn, azienda_id=sala.azienda_id, tipo="t", soggetto="s", dati={"x": 1.5}, at=AT)
    with sala.home.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM journal WHERE tipo = 'prova'")) == 0
