from __future__ import annotations

from pathlib import Path

import pytest

from ledger.home import Home
from spool.dispatch import dispatch_ready
from tests.spool import casa


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one signed distinta, not yet sent. Copy it."""
    path = tmp_path_factory.mktemp("signed") / "home"
    casa.build(path, [casa.flow("RIBA-A", range(1, 5))]).close()
    return path


@pytest.fixture(scope="session")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one distinta sent to each of two banks. Copy it."""
    path = tmp_path_factory.mktemp("sent") / "home"
    flows = [casa.flow("RIBA-A", range(1, 25)), casa.flow("RIBA-B", range(25, 37), "02008")]
    home = casa.build(path, flows)
    dispatch_ready(home)
    home.close()
    return path


@pytest.fixture
def home(sent: Path, tmp_path: Path) -> Home:
    """A fresh copy of a home with one distinta sent to each of two banks."""
    return casa.copy(sent, tmp_path / "home")
