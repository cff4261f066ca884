from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.home import Home
from spool.dispatch import dispatch_ready
from tests.spool import casa

FLOW = casa.flow("RIBA-A", range(1, 13))
OTHER = casa.flow("RIBA-B", range(13, 17), "02008")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a distinta sent to each of two banks. Look, and roll back."""
    home = casa.build(tmp_path_factory.mktemp("reconcile") / "home", [FLOW, OTHER])
    dispatch_ready(home)
    home.close()
    return home.path


@pytest.fixture
def home(template: Path) -> Iterator[Home]:
    """The shared home: a test that writes to it rolls back (see `banco.Banco`)."""
    home = Home.open(template, casa.ports())
    yield home
    home.close()
