"""The form of what is kept for years, frozen: none of these files may change, in any version to come."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest

from docs import verifica
from ledger import checkpoint, journal
from ledger.canonico import canonical

FOLDER = Path(__file__).parent / "vettori"


def vectors(name):
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", vectors("canonico"), ids=lambda vector: vector["testo"][:30])
def test_the_canonical_form_of_data(vector):
    assert canonical(vector["valore"]) == vector["testo"]
    assert hashlib.sha256(vector["testo"].encode("ascii")).hexdigest() == vector["sha256"]


def test_the_chain_of_a_company():
    events = vectors("catena")
    assert journal.walk(events) == journal.Cammino(len(events), events[-1]["hash"])
    assert [journal.event_hash(event) for event in events] == [event["hash"] for event in events]
    assert [verifica.event_hash(event) for event in events] == [event["hash"] for event in events]


@pytest.mark.parametrize("vector", vectors("checkpoint"), ids=lambda vector: vector["riga"][:40])
def test_the_line_of_a_checkpoint(vector):
    seed = bytes.fromhex(vector["segreto"])
    key = checkpoint.public(seed)
    made = checkpoint.make(seed, vector["sia"], vector["numero"], vector["testa"], datetime.fromisoformat(vector["at"]))
    assert (made.riga, checkpoint.key_line(key)) == (vector["riga"], vector["chiave"])
    assert verifica.read_checkpoint(vector["riga"], verifica.read_keys([vector["chiave"]])) == (
        vector["sia"],
        vector["numero"],
        vector["testa"],
    )


@pytest.mark.parametrize("vector", vectors("ed25519"), ids=lambda vector: vector["pubblica"][:16])
def test_the_signatures_of_rfc_8032(vector):
    """Section 7.1 of the RFC, tests 1 to 3: what the example verifier computes is Ed25519, and nothing else."""
    key, message, signature = (bytes.fromhex(vector[name]) for name in ("pubblica", "messaggio", "firma"))
    assert checkpoint.public(bytes.fromhex(vector["segreto"])) == key
    assert verifica.signed(key, message, signature)
    for at in range(64):
        assert not verifica.signed(key, message, signature[:at] + bytes([signature[at] ^ 4]) + signature[at + 1 :])
    assert not verifica.signed(key, message + b"!", signature)
