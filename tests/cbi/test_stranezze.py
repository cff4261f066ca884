"""The oddities of files met in the wild: what the check says of each, what is read, what is kept, what is cured."""

from __future__ import annotations

import codecs
import io
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

import cbi
from cbi.anonymize import Chiave, anonymize
from cbi.flows.fix import fix
from cbi.validators.diagnostics import ERROR, INFO, WARNING
from fixtures import make
from fixtures.comune import EOL, Change, become, counted, line, put, then

DUE, TRE = make.DUE, make.TRE


@dataclass(frozen=True)
class Strana:
    """An odd file and the sound one it stands for.

    `told` counts the defects by code and severity, `cures` the cures by kind; `values` are those read otherwise than in
    the sound file, by line and field; `lost` bytes are of no supporto; `left` are the defects without a cure.
    """

    sound: bytes
    told: dict[tuple[str, str], int]
    cures: dict[str, int]
    values: dict[tuple[int, str], Any] | None = None
    lost: int = 0
    left: tuple[str, ...] = ()


LINES = DUE.count(EOL)
TRIMMED = sum(line != line.rstrip() for line in DUE.splitlines())
HEADER = len(DUE.splitlines()[0] + EOL)

STRANE = {
    "riba_lf": Strana(DUE, {("CBI-FILE-102", INFO): 1}, {"line end": 1}),
    "riba_senza_fine_riga": Strana(DUE, {("CBI-FILE-102", INFO): 1}, {"line end": 1}),
    "riba_righe_accorciate": Strana(DUE, {("CBI-RIGA-100", WARNING): TRIMMED}, {"short line": TRIMMED}),
    "riba_spazi_in_fondo": Strana(DUE, {("CBI-RIGA-103", WARNING): LINES}, {"long line": LINES}),
    "riba_senza_primo_spazio": Strana(DUE, {("CBI-RIGA-101", ERROR): LINES}, {"lost blank": LINES}),
    "riba_fine_file": Strana(DUE, {("CBI-FILE-101", INFO): 1}, {"blank line": 1, "end of file": 1}, lost=1),
    "riba_righe_vuote": Strana(DUE, {("CBI-FILE-103", WARNING): 1}, {"blank line": 2}, lost=124),
    "riba_bom": Strana(DUE, {("CBI-FILE-100", WARNING): 1}, {"bom": 1}, lost=len(codecs.BOM_UTF8)),
    "riba_numeri_a_sinistra": Strana(DUE, {("CBI-CAMPO-039", ERROR): 1}, {"number": 1}),
    "riba_dati_nei_filler": Strana(DUE, {("CBI-CAMPO-036", WARNING): 1}, {}, left=("CBI-CAMPO-036",)),
    "riba_testa_ripetuta": Strana(TRE, {("CBI-TES-023", ERROR): 1}, {"repeated header": 1}, lost=HEADER),
    "riba_testa_a_ogni_ordine": Strana(TRE, {("CBI-TES-023", ERROR): 2}, {"repeated header": 2}, lost=2 * HEADER),
    "riba_latin1": Strana(
        DUE,
        {("CBI-CAR-032", ERROR): 1},
        {"character": 1},
        values={(4, "descrizione_debitore_1"): "CAFFÈ LUNAPIENA SNC"},
    ),
    "riba_utf8": Strana(
        DUE,
        {("CBI-RIGA-102", ERROR): 1, ("CBI-CAR-032", ERROR): 1},
        {"utf-8": 1, "character": 1},
        values={(4, "descrizione_debitore_1"): "CAFFÈ LUNAPIENA SNC"},
    ),
}
each_odd = pytest.mark.parametrize("name", sorted(STRANE))


def odd(name: str) -> bytes:
    return (make.HERE / f"{name}.cbi").read_bytes()


def counts(data: bytes, profile: str | None = None) -> Counter[tuple[str, str]]:
    return Counter((found.code, found.severity) for found in cbi.lint(io.BytesIO(data), "x.cbi", profile))


def cured(data: bytes) -> tuple[bytes, Counter[str]]:
    pieces = list(fix(io.BytesIO(data)))
    return b"".join(piece.data for piece in pieces), Counter(cura.kind for piece in pieces for cura in piece.cures)


def records(data: bytes) -> list[dict[str, str | None]]:
    """What is read of the supporti of a file."""
    return [letto.record.fields() for letto in cbi.read_records(io.BytesIO(data)) if letto.flow is not None]


@each_odd
def test_the_check_says_so_and_nothing_else(name: str) -> None:
    assert counts(odd(name)) == STRANE[name].told


@each_odd
def test_what_is_read_is_what_the_sound_file_says(name: str) -> None:
    wanted = records(STRANE[name].sound)
    for (number, field), value in (STRANE[name].values or {}).items():
        wanted[number - 1][field] = value
    assert records(odd(name)) == wanted


@each_odd
def test_the_bytes_that_came_are_kept(name: str) -> None:
    data = odd(name)
    supporti = list(cbi.read_supporti(io.BytesIO(data)))
    kept = b"".join(supporto.raw for supporto in supporti)
    assert len(supporti) == 1 and len(kept) == len(data) - STRANE[name].lost
    remaining = iter(data)
    assert all(byte in remaining for byte in kept)  # those kept stand in the file, in that order


@each_odd
def test_what_can_be_cured_is_and_each_cure_is_told(name: str) -> None:
    strana = STRANE[name]
    made, cures = cured(odd(name))
    assert cures == strana.cures
    assert tuple(code for code, _ in counts(made)) == strana.left
    if not strana.values and not strana.left:
        assert made == strana.sound
    assert cured(made) == (made, Counter())


def test_every_odd_file_of_the_fixtures_is_in_the_table() -> None:
    defective = {name for name, data in make.FILES.items() if name.startswith("riba") and counts(data)}
    assert defective == set(STRANE)


# --- from the bank, where nothing is refused for it ----------------------------------------------------------

ESITI = make.PAGATE


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        (put("51", "numero_ricevuta", "1001"), "CBI-CAMPO-039", INFO),
        (put("EF", "filler_90", "03069"), "CBI-CAMPO-036", INFO),
        (become(make.con_teste(ESITI, 2)), "CBI-TES-023", WARNING),
        (line("51", bytes.lstrip), "CBI-RIGA-101", WARNING),
        (line("51", bytes.rstrip), "CBI-RIGA-100", INFO),
        (line("51", lambda raw: raw + b" "), "CBI-RIGA-103", INFO),
        (put("30", "descrizione_debitore_1", "CAFFÈ LUNAPIENA SNC"), "CBI-CAR-032", WARNING),
    ],
)
def test_outcomes_with_oddities_are_read_all_the_same(change: Change, code: str, severity: str) -> None:
    data = change(ESITI)
    assert counts(data) == {(code, severity): 1}
    (supporto,), (sound,) = (list(cbi.read_supporti(io.BytesIO(one))) for one in (data, ESITI))
    assert [ordine.numero for ordine in supporto.ordini] == [ordine.numero for ordine in sound.ordini]
    assert [one.get("51").fields() for one in supporto.ordini if one.get("51")] == [  # type: ignore[union-attr]
        one.get("51").fields()  # type: ignore[union-attr]
        for one in sound.ordini
        if one.get("51")
    ]


# --- repeated headers ----------------------------------------------------------------------------------------


def test_the_trailer_may_count_the_repeated_headers_or_not_but_nothing_else() -> None:
    twice = odd("riba_testa_a_ogni_ordine")
    told = {("CBI-TES-023", ERROR): 2}
    assert counts(counted(25)(twice)) == told == counts(counted(23)(twice))
    for wrong in (22, 24, 26):
        assert counts(counted(wrong)(twice)) == {**told, ("CBI-EF-051", ERROR): 1}


def test_a_header_with_another_name_begins_another_supporto() -> None:
    other = make.con_teste(TRE, 2).split(EOL)
    at = next(number for number, text in enumerate(other) if number and text[:3] == b" IB")
    other[at] = other[at].replace(b"RIBA20112601", b"RIBA20112602")
    assert ("CBI-REC-027", ERROR) in counts(EOL.join(other))
    assert len(list(cbi.read_supporti(io.BytesIO(EOL.join(other))))) == 2


def test_the_same_header_after_the_trailer_is_a_double_also_when_it_was_repeated_before() -> None:
    twice = make.con_teste(DUE, 2) + DUE
    found = [found for found in cbi.lint(io.BytesIO(twice)) if found.code == "CBI-FILE-999"]
    assert [(one.line, one.related and one.related.line) for one in found] == [(LINES + 2, 1)]


def test_a_header_repeated_in_the_middle_of_an_order_does_not_break_it() -> None:
    lines = TRE.split(EOL)
    data = EOL.join([*lines[:4], lines[0], *lines[4:]])
    assert counts(data) == {("CBI-TES-023", ERROR): 1}
    assert cured(data)[0] == TRE
    (supporto,) = cbi.read_supporti(io.BytesIO(data))
    assert [len(ordine.records) for ordine in supporto.ordini] == [7, 7, 7]


def test_a_header_that_says_something_else_under_the_same_name_is_told_and_not_taken_away() -> None:
    data = make.con_teste(TRE, 2)
    lines = data.split(EOL)
    at = next(number for number, text in enumerate(lines) if number and text[:3] == b" IB")
    lines[at] = lines[at][:39] + b"NOTA 2" + lines[at][45:]
    data = EOL.join(lines)
    assert counts(data) == {("CBI-TES-023", ERROR): 1}
    assert cured(data) == (data, Counter())


def test_a_repeated_header_is_read_as_one_and_hidden_as_the_first_is() -> None:
    twice = odd("riba_testa_a_ogni_ordine")
    again = [letto.record for letto in cbi.read_records(io.BytesIO(twice)) if letto.flow is None]
    first = next(cbi.read_records(io.BytesIO(twice))).record
    assert [record.fields() for record in again] == [first.fields()] * 2
    hidden = b"".join(parte.data for parte in anonymize(io.BytesIO(twice), Chiave(b"una chiave di prova")))
    assert b"A1B2C" not in hidden and counts(hidden) == counts(twice)


def test_a_trimmed_header_repeated_is_taken_away_like_a_whole_one() -> None:
    data = then(become(make.con_teste(TRE, 2)), lambda raw: b"".join(text.rstrip() + EOL for text in raw.splitlines()))
    made, cures = cured(data(b""))
    assert made == TRE and cures["repeated header"] == 1


def test_a_figure_above_the_line_is_not_a_digit() -> None:
    """Latin-1 has three, and Python counts them among the digits."""
    data = DUE.replace(b" 140000001", b" 14000000\xb2")
    first, second = next(cbi.read_supporti(io.BytesIO(data))).ordini
    assert (first.numero, second.numero) == (None, 2)
    assert ("CBI-CAMPO-033", 2) in {(found.code, found.line) for found in cbi.lint(io.BytesIO(data))}


def test_several_end_of_file_characters_are_one_habit_and_not_a_line_too_long() -> None:
    whole = make.FILES["riba"]
    for data in (whole + b"\x1a\x1a", whole.rstrip(b"\r\n") + b"\x1a\x1a\x1a"):
        assert {found.code for found in cbi.lint(io.BytesIO(data))} == {"CBI-FILE-101"}
