"""Names: made here for what leaves, suspected when they come from outside."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from spool.albero import ramo
from spool.nomi import MAX_NAME, harmless, outgoing_name, why_hostile

PLAIN = re.compile(r"[A-Za-z0-9_.,+=@() -]+\Z")

HOSTILE = [
    "",
    ".",
    "..",
    ".hidden",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\x00b",
    "riga\nnuova",
    "tab\tolato",
    "\x1b[31mrosso",
    "‮gpj.exe",
    "zero​width",
    "\udcff\udcfe",
    "x" * (MAX_NAME + 1),
    "-rf",
    "$(reboot)",
    "`reboot`",
    "a;b",
    "a|b",
    "*",
    "~root",
    "nom\u00e8.cbi",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_and_replaced(name: str) -> None:
    assert why_hostile(name) is not None
    safe = harmless(name)
    assert PLAIN.match(safe)
    assert why_hostile(safe) is None


@pytest.mark.parametrize("name", ["RH.cbi", "esiti 03-12 (2).txt", "a_b=c,d+e@f", "1"])
def test_an_ordinary_name_is_kept(name: str) -> None:
    assert why_hostile(name) is None
    assert harmless(name) == name


@given(st.text(st.characters(blacklist_categories=()), max_size=300))
def test_whatever_the_name_what_replaces_it_is_a_plain_file_name(name: str) -> None:
    safe = harmless(name)
    assert PLAIN.match(safe)
    assert not safe.startswith(".")
    assert len(safe) <= MAX_NAME


@given(st.text(max_size=30), st.dates() | st.none())
def test_whatever_the_nome_supporto_what_leaves_has_a_plain_name(nome: str, creata: date | None) -> None:
    name = outgoing_name("RIBA", creata, nome, "ab" * 32)
    assert re.fullmatch(r"RIBA-[0-9]{8}-[A-Za-z0-9_-]+-(ab){8}\.cbi", name)
    assert name == outgoing_name("RIBA", creata, nome, "ab" * 32)


def test_other_bytes_leave_under_another_name() -> None:
    names = {outgoing_name("RIBA", date(2026, 11, 2), "X", digest * 64) for digest in "ab"}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("sia", "abi"), [("../..", "03069"), ("A1B2C", "..///"), ("a1b2c", "03069"), ("A1B2C", "3069")]
)
def test_a_code_that_could_lead_elsewhere_is_no_folder(sia: str, abi: str) -> None:
    with pytest.raises(Refused):
        ramo(Path("/spool"), sia, abi)
