"""Properties are tried on other cases at every run; in CI always on the same ones, so that a run can be repeated."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from ledger import utenti
from tests.ledger.sala import QUICK_HASHER
from tests.server import NoServer, Server, started

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

utenti.HASHER = QUICK_HASHER  # tests hash many passwords

# Hundreds of commands are run, each in a process of its own: what the first one compiles is kept for the others.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all the tests of a process; those that want it are skipped, saying why, where there is none."""
    try:
        with started() as running:
            yield running
    except NoServer as why:
        pytest.skip(str(why))
