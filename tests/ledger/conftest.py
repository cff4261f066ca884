import os

import pytest

from tests.ledger.sala import furnish


def pytest_generate_tests(metafunc):
    """What is marked `ovunque` runs on a file and on a server; in `make soak` all that can."""
    if "url" in metafunc.fixturenames:
        metafunc.parametrize("url", _databases(metafunc.definition.get_closest_marker), indirect=True)


def _databases(marked):
    if marked("sqlite") or marked("postgresql"):
        return ["sqlite"] if marked("sqlite") else ["postgresql"]
    return ["sqlite", "postgresql"] if marked("ovunque") or "CBI_SOAK" in os.environ else ["sqlite"]


@pytest.fixture
def url(request):
    """The address of a database with the tables of a home; "" for a file."""
    if request.param == "sqlite":
        yield ""
    else:
        server = request.getfixturevalue("server")
        made = server.database()
        yield made
        server.drop(made)


@pytest.fixture
def sala(tmp_path, url):
    room = furnish(tmp_path / "home", {"anna": 50, "bruno": 50, "carla": 100}, url=url)
    yield room
    room.home.close()
