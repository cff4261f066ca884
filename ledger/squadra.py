"""The queue of those who share the jobs of a home: tables of the library procrastinate, in a schema of their own of the
home's database. They are not of the books: what was missed is told by the runs, and so a queue may be thrown away."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ledger.errors import Refused

SCHEMA = "squadra"

SILENT_SECONDS = 30
"""Whoever has given no sign of life for so long is taken for dead."""


def set_up(conn: Connection, version: str, tables: str) -> None:
    """Make the tables of the queue with `tables`, the statements of that version of the library, unless they are there.

    Those of another version are made anew; Refused (LAVORO-006) while somebody is using them.
    """
    found = conn.scalar(text("SELECT obj_description(to_regnamespace(:schema), 'pg_namespace')"), {"schema": SCHEMA})
    if found == version:
        return
    if at_work(conn):
        raise _other_version(found or "?", version)
    for statement in (
        f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
        f"CREATE SCHEMA {SCHEMA}",
        f"COMMENT ON SCHEMA {SCHEMA} IS '{version}'",
        f"SET LOCAL search_path TO {SCHEMA}",
        tables.replace("%", "%%"),  # a percent sign is the driver's
    ):
        conn.exec_driver_sql(statement)


def at_work(conn: Connection) -> int:
    """How many processes share the jobs now: those that have lately given a sign of life."""
    if conn.dialect.name != "postgresql":
        return 0
    workers = f"{SCHEMA}.procrastinate_workers"
    if conn.scalar(text("SELECT to_regclass(:workers)"), {"workers": workers}) is None:
        return 0
    alive = f"SELECT count(*) FROM {workers} WHERE last_heartbeat > now() - make_interval(secs => :silent)"  # noqa: S608
    return int(conn.scalar(text(alive), {"silent": SILENT_SECONDS}) or 0)


def _other_version(found: str, mine: str) -> Refused:
    return Refused(
        "LAVORO-006",
        f"I lavori li dividono processi con procrastinate {found}; qui c'è la {mine}.",
        f"The jobs are shared by processes with procrastinate {found}; here it is {mine}.",
        hint_it="Fermarli tutti, aggiornare ogni macchina, e avviarli di nuovo.",
        hint_en="Stop them all, bring every machine to one version, and start them again.",
    )
