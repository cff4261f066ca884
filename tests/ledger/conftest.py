import pytest

from ledger import utenti
from tests.ledger.sala import QUICK_HASHER, furnish


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """argon2id at its lowest cost: tests hash many passwords."""
    monkeypatch.setattr(utenti, "HASHER", QUICK_HASHER)


@pytest.fixture
def sala(tmp_path):
    room = furnish(tmp_path / "home", {"anna": 50, "bruno": 50, "carla": 100})
    yield room
    room.home.close()
