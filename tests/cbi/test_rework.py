"""Files made of other files: split, merged, compared, described, cured."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cbi
from cbi.fields import Choice, Field, Filler, Text
from cbi.flows.describe import describe
from cbi.flows.diff import diff
from cbi.flows.fix import Cura, fix
from cbi.flows.merge import merge
from cbi.flows.model import Ordine, Supporto
from cbi.flows.registry import find
from cbi.flows.rework import NonRiscrivibile, flow_of, read_whole, records_of
from cbi.flows.split import Limits, split
from cbi.flows.transliterate import plain
from cbi.validators.lint import lint
from tests import strategies
from tests.cbi.test_flows import KINDS, each_kind, flow_bytes, relaxed
from tests.console import ROOT

few = settings(relaxed, max_examples=relaxed.max_examples // 3)
FIXTURES = ROOT / "fixtures"


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.cbi").read_bytes()


def whole(raw: bytes) -> list[Supporto]:
    return list(read_whole(io.BytesIO(raw)))


def cured(raw: bytes) -> tuple[bytes, list[Cura]]:
    found = list(fix(io.BytesIO(raw)))
    return b"".join(part.data for part in found), [cura for part in found for cura in part.cures]


def codes(raw: bytes) -> list[str]:
    return [diagnostic.code for diagnostic in lint(io.BytesIO(raw))]


def orders(supporti: list[Supporto]) -> list[str]:
    """What every order says, but for its number in the flow."""
    every = [ordine for supporto in supporti for ordine in supporto.ordini]
    return sorted(repr([{**r.fields(), "numero_progressivo": ""} for r in ordine.records]) for ordine in every)


def put(raw: bytes, tipo: str, name: str, content: bytes, nth: int = 0) -> bytes:
    """The bytes of one field changed, whatever its kind."""
    records = [letto.record for letto in cbi.read_records(io.BytesIO(raw)) if letto.riga.tipo == tipo]
    record, lines = records[nth], raw.split(b"\r\n")
    spec = record.BY_NAME[name]
    lines[record.line - 1] = spec.paste(record.raw, content.ljust(spec.size))
    return b"\r\n".join(lines)


def without(raw: bytes, line: int) -> bytes:
    lines = raw.split(b"\r\n")
    return b"\r\n".join(lines[: line - 1] + lines[line:])


# --- split and merge -------------------------------------------------------------------------------------


def known_at_both_ends(kind: tuple[str, str]) -> bool:
    """Whether a header and a trailer of that flow can be made."""
    flow = find("RIBA" if kind[0] == "RICHIAMO" else kind[0], kind[1])
    return flow.records[flow.tipo].documented() and flow.records["EF"].documented()


CUT = [kind for kind in KINDS if known_at_both_ends(kind)]
each_that_can_be_cut = pytest.mark.parametrize("kind", CUT, ids="-".join)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in CUT], ids="-".join)
@few
@given(data=st.data())
def test_a_supporto_whose_header_or_trailer_is_known_in_part_is_not_cut(kind: tuple[str, str], data: Any) -> None:
    one = whole(flow_bytes(data, kind))
    assert [piece.supporto for piece in split(one, "supporto", Limits(orders=len(one[0].ordini)))] == one
    with pytest.raises(NonRiscrivibile):
        list(split(one, "supporto", Limits(orders=len(one[0].ordini) - 1)))


@each_that_can_be_cut
@few
@given(data=st.data(), most=st.integers(1, 3))
def test_what_is_split_and_merged_again_has_the_same_orders(kind: tuple[str, str], data: Any, most: int) -> None:
    before = whole(flow_bytes(data, kind, most=5))
    pieces = list(split(before, "supporto", Limits(orders=most)))
    assert all(len(piece.supporto.ordini) <= most for piece in pieces)
    assert len({piece.supporto.identita for piece in pieces}) == len(pieces)
    again = whole(b"".join(piece.supporto.canonical for piece in pieces))
    assert orders(again) == orders(before)
    joined = [union.supporto for union in merge(again)]
    assert orders(whole(b"".join(supporto.canonical for supporto in joined))) == orders(before)


@each_that_can_be_cut
@few
@given(data=st.data())
def test_every_part_of_a_clean_supporto_is_clean_and_so_are_the_parts_put_together(
    kind: tuple[str, str], data: Any
) -> None:
    name = "RIBA" if kind[0] == "RICHIAMO" else kind[0]
    flow = find(name, kind[1])
    head = data.draw(strategies.headers(flow))
    head |= {"mittente" if kind[1] == "from_bank" else "ricevente": "03069"}
    head |= {key: None for key in ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore") if key in head}
    raw = strategies.compose(name, kind[1], head, data.draw(strategies.sound(flow, head, strategies.SHAPES[kind][:1])))
    assume(codes(raw) == [])
    pieces = list(split(whole(raw), "supporto", Limits(orders=1)))
    assert [codes(piece.supporto.canonical) for piece in pieces] == [[]] * len(pieces)
    assert codes(b"".join(union.supporto.canonical for union in merge(piece.supporto for piece in pieces))) == []


def test_whole_supporti_keep_their_bytes_and_go_by_kind_by_bank_or_one_by_one() -> None:
    raw = fixture("due_banche") + fixture("rh")
    assert {p.file for p in split(whole(raw), "flow")} == {"riba_to_bank.cbi", "rh_from_bank.cbi"}
    assert [p.file for p in split(whole(raw), "bank")] == ["03069.cbi", "05387.cbi", "03069.cbi"]
    pieces = list(split(whole(raw)))
    assert len({piece.file for piece in pieces}) == 3
    assert b"".join(piece.supporto.canonical for piece in pieces) == raw


def test_a_file_that_is_full_is_followed_by_another() -> None:
    pieces = list(split(whole(fixture("riba") + fixture("due_banche").replace(b"RIBA", b"ALTR")), "flow", Limits(2)))
    assert [(piece.file, len(piece.supporto.ordini)) for piece in pieces] == [
        ("riba_to_bank.cbi", 2),
        ("riba_to_bank.2.cbi", 1),
        ("riba_to_bank.2.cbi", 1),
        ("riba_to_bank.3.cbi", 1),
    ]


def test_a_limit_in_euro_cuts_before_it_is_passed() -> None:
    pieces = list(split(whole(fixture("riba")), limits=Limits(total=223_050)))
    assert [len(piece.supporto.ordini) for piece in pieces] == [2, 1]
    assert [describe(piece.supporto).negative for piece in pieces] == [223_050, 40_999]
    with pytest.raises(NonRiscrivibile, match="line 2: the order exceeds"):
        list(split(whole(fixture("riba")), limits=Limits(total=100_000)))


def test_the_name_of_a_part_fits_its_columns_and_is_nobody_elses() -> None:
    long = fixture("riba").replace(b"RIBA20112601        ", b"SUPPORTO-DI-VENTI-20")
    taken = fixture("riba").replace(b"RIBA20112601        ", b"SUPPORTO-DI-VENTI--1").replace(b"00010", b"00020")
    names = [piece.supporto.identita[3] for piece in split(whole(long + taken), limits=Limits(2))]
    assert len(set(names)) == 4 and all(len(name) <= 20 for name in names)
    assert names[:2] == ["SUPPORTO-DI-VENTI--2", "SUPPORTO-DI-VENTI--3"]


def test_names_of_files_are_made_of_safe_characters_only() -> None:
    names = [b"../../ETC/X 1", b"..:..:ETC:X 1", b".."]
    raw = b"".join(fixture("riba").replace(b"RIBA20112601 ".ljust(20), name.ljust(20)) for name in names)
    files = [piece.file for piece in split(whole(raw))]
    assert files == ["riba_03069_______ETC_X_1.cbi", "riba_03069_______ETC_X_1-2.cbi", "riba_03069___.cbi"]


@pytest.mark.parametrize(
    "defect",
    [
        lambda raw: put(raw, "EF", "numero_record", b"0000099"),
        lambda raw: put(raw, "EF", "nome_supporto", b"ALTRO"),
        lambda raw: without(raw, 3),
        lambda raw: without(raw, len(raw.split(b"\r\n")) - 1),
    ],
    ids=["wrong count", "wrong echo", "lost record", "no trailer"],
)
def test_a_supporto_with_defects_is_not_cut_and_goes_whole(defect: Any) -> None:
    raw = defect(fixture("riba"))
    (piece,) = split(whole(raw))
    assert piece.supporto.canonical == raw
    with pytest.raises(NonRiscrivibile, match="line 1"):
        list(split(whole(raw), limits=Limits(1)))


def test_what_no_supporto_holds_is_never_dropped() -> None:
    raw = fixture("riba")
    for bad, line in ((raw + b" 700000001\r\n", 24), (raw.replace(b"\r\n", b"X\r\n", 1), 1)):
        with pytest.raises(NonRiscrivibile, match=f"line {line}:"):
            whole(bad)


def test_totals_that_leave_out_the_promemoria_go_on_doing_so() -> None:
    raw = put(fixture("riba_insoluti"), "EF", "tot_importi_negativi", b"000000000125000")
    (supporto,) = whole(raw)
    assert describe(supporto).wrong == {} and describe(supporto).negative == 125_000
    assert [describe(p.supporto).negative for p in split([supporto], limits=Limits(1))] == [125_000, 0, 0]


def test_recalls_are_not_joined_to_new_orders_nor_banks_nor_days_to_each_other() -> None:
    recall = fixture("riba_richiamo")
    later = fixture("riba").replace(b"201126RIBA20112601", b"211126RIBA21112601")
    files = [*whole(fixture("due_banche")), *whole(recall), *whole(later)]
    assert [len(union.origins) for union in merge(files)] == [1] * 4


def test_what_is_joined_has_one_name_and_says_where_it_comes_from() -> None:
    other = fixture("riba").replace(b"RIBA20112601", b"RIBA20112609")
    for nth in range(3):
        other = put(other, "51", "numero_ricevuta", b"000000200%d" % nth, nth)
    files = [*whole(fixture("riba")), *whole(fixture("rh")), *whole(other)]
    first, second = merge(files)
    assert [origin.identita[3] for origin in first.origins] == ["RIBA20112601", "RIBA20112609"]
    assert len(first.supporto.ordini) == 6 and describe(first.supporto).wrong == {}
    assert second.supporto.raw == fixture("rh")
    assert codes(first.supporto.canonical) == []


def test_the_same_receipt_twice_keeps_two_supporti_apart() -> None:
    other = fixture("riba").replace(b"RIBA20112601", b"RIBA20112609")
    assert [len(union.origins) for union in merge([*whole(fixture("riba")), *whole(other)])] == [1, 1]


def test_the_same_supporto_twice_is_refused() -> None:
    with pytest.raises(NonRiscrivibile, match="RIBA20112601 is there twice"):
        merge([*whole(fixture("riba")), *whole(fixture("riba"))])


# --- diff ------------------------------------------------------------------------------------------------


@each_kind
@few
@given(data=st.data())
def test_nothing_differs_from_itself_and_any_one_changed_field_is_found(kind: tuple[str, str], data: Any) -> None:
    (before,) = whole(flow_bytes(data, kind))
    assert list(diff([before], [before])) == []
    records = records_of(before)
    at = data.draw(st.integers(0, len(records) - 1))
    named = [f for f in records[at].FIELDS if not isinstance(f, Filler) and f.name != "tipo_record"]
    field = data.draw(st.sampled_from(named))
    made = records[at].replace(**{field.name: data.draw(strategies.value(field))})
    assume(made.fields() != records[at].fields())
    records[at] = made
    (after,) = whole(b"".join(record.raw + b"\r\n" for record in records))
    differences = list(diff([before], [after]))
    changed = {(campo.record, campo.field) for found in differences for campo in found.fields}
    # An order made equal to another may be paired with that one: then what it was is gone, and what it is has come.
    swapped = {found.what for found in differences} >= {"removed", "added"}
    assert (made.tipo or made.raw[1:3].decode(), field.name) in changed or swapped


def test_an_order_that_moved_has_not_changed() -> None:
    (before,) = whole(fixture("riba"))
    (after,) = (piece.supporto for piece in split([replace(before, ordini=before.ordini[::-1])]))
    moved = [replace_number(ordine, number) for number, ordine in enumerate(after.ordini, 1)]
    assert list(diff([before], [replace(after, ordini=tuple(moved))])) == []


def replace_number(ordine: Ordine, number: int) -> Ordine:
    return Ordine(number, ordine.line, tuple(record.replace(numero_progressivo=number) for record in ordine.records))


def test_what_was_added_removed_and_changed_is_told_by_receipt() -> None:
    (before,) = whole(fixture("riba"))
    raw = put(fixture("riba"), "14", "importo", b"0000000000100", nth=1)
    raw = put(raw, "51", "numero_ricevuta", b"0000009999", nth=0)
    raw = put(raw, "14", "importo", b"0000000077777", nth=0)
    raw = put(raw, "30", "descrizione_debitore_1", b"UN ALTRO DEBITORE", nth=0)
    found = list(diff([before], [replace(whole(raw)[0], coda=before.coda)]))
    assert [(d.what, d.ordine) for d in found] == [("changed", "1001"), ("changed", "1002")]
    assert [(c.field, c.old, c.new) for c in found[1].fields] == [("importo", "980.50", "1.00")]
    gone = list(diff([before], [replace(before, ordini=before.ordini[1:])]))
    assert [(d.what, d.ordine, d.line_b) for d in gone if d.what == "removed"] == [("removed", "1001", None)]


def test_a_supporto_that_only_one_file_has_is_told_with_its_orders() -> None:
    both = whole(fixture("riba") + fixture("rh"))
    assert [(d.what, d.supporto, d.ordine is None) for d in diff(both[:1], both)] == [
        ("added", "RH20112602", True),
        ("added", "RH20112602", False),
        ("added", "RH20112602", False),
    ]


# --- describe --------------------------------------------------------------------------------------------


def test_a_supporto_in_figures() -> None:
    (supporto,) = whole(fixture("riba"))
    found = describe(supporto)
    assert (found.orders, found.records, found.negative, found.positive, found.wrong) == (3, 23, 264_049, 0, {})
    assert {key: (s.orders, s.total) for key, s in found.banks["abi_banca_domiciliataria"].items()} == {
        "02008": (2, 165_999),
        "01030": (1, 98_050),
    }
    assert {key: s.total for key, s in found.due.items()} == {date(2027, 1, 31): 223_050, date(2027, 2, 28): 40_999}
    assert list(found.causali) == ["30000"]


def test_a_trailer_that_does_not_agree_is_described_with_what_it_should_be() -> None:
    raw = put(put(fixture("riba"), "EF", "numero_record", b"0000099"), "EF", "mittente", b"Z9Y8X")
    assert describe(whole(raw)[0]).wrong == {"numero_record": 23, "mittente": "A1B2C"}


def test_a_frame_is_described_by_its_header_alone() -> None:
    found = describe(whole(fixture("cn"))[0])
    assert (found.flow, found.negative, found.wrong, found.records) == ("CN", None, None, 3)


def test_amounts_that_cannot_be_read_make_no_total() -> None:
    found = describe(whole(put(fixture("riba"), "14", "importo", b"00000000012X0"))[0])
    assert found.negative is None and found.wrong == {}


# --- fix -------------------------------------------------------------------------------------------------


def protected(field: Field[Any]) -> bool:
    """Amounts, dates, codes; not the progressives, nor the words of a description."""
    if field.name in ("numero_progressivo", "progressivo_movimento") or isinstance(field, Filler):
        return False
    words = ("descrizione", "denominazione", "indirizzo", "comune", "localita", "riferimenti", "banca", "titolare")
    others = ("motivazione", "beneficiario", "cliente", "ordinante", "cognome", "intestatario", "segmento")
    more = ("informazioni", "completamento")
    text = isinstance(field, Text) and not isinstance(field, Choice)
    return not (text and field.name.startswith((*words, *others, *more)))


def readable(raw: bytes) -> list[dict[str, str | None]]:
    """The protected fields of every record but trailers, as they are read."""
    return [
        {f.name: letto.record.fields().get(f.name) for f in letto.record.FIELDS if protected(f)}
        for letto in cbi.read_records(io.BytesIO(raw))
        if letto.riga.tipo != "EF" and letto.flow is not None
    ]


@each_kind
@relaxed
@given(data=st.data())
def test_fix_is_idempotent_and_changes_no_amount_date_or_code(kind: tuple[str, str], data: Any) -> None:
    raw = bytearray(flow_bytes(data, kind))
    assert cured(bytes(raw)) == (raw, [])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        damage = data.draw(st.sampled_from([b"", b"0", b" ", b"A", b"9", b"\xe0", b"\xc3\xa0", b"#", "€".encode()]))
        raw[at : at + data.draw(st.integers(0, 2))] = damage
    try:
        once, cures = cured(bytes(raw))
    except NonRiscrivibile:
        return
    assert cured(once) == (once, [])
    assert bool(cures) == (once != raw)
    assert readable(once) == readable(bytes(raw))


def test_words_of_mandates_lose_the_marks_that_are_barred_there_and_codes_keep_them() -> None:
    raw = put(fixture("al"), "40", "intestatario_conto", b"C/O LUNA; PIENA")
    made, cures = cured(raw)
    assert [(cura.field, cura.after) for cura in cures] == [("intestatario_conto", "C O LUNA  PIENA")]
    assert codes(made) == []
    coded = put(fixture("al"), "12", "codice_individuale", b"CLI/1")
    assert cured(coded) == (coded, []) and codes(coded) == ["AL-CAR-032"]
    elsewhere = put(fixture("riba"), "30", "descrizione_debitore_1", b"C/O LUNA; PIENA")
    assert cured(elsewhere) == (elsewhere, []) and codes(elsewhere) == []


def test_a_blank_line_of_a_text_is_made_as_long_as_the_others_and_told() -> None:
    raw = fixture("sl")
    header = raw[:122]
    damaged = header + b" " * 7 + b"\r\n" + raw[122:]
    made, cures = cured(damaged)
    assert made == header + b" " * 120 + b"\r\n" + raw[122:]
    assert [(cura.kind, cura.line, cura.before, cura.after) for cura in cures] == [
        ("short line", 2, "7 byte", "120 byte")
    ]
    assert cured(made) == (made, [])


def test_a_field_with_nothing_but_a_letter_that_no_byte_is_keeps_it() -> None:
    raw = fixture("riba")
    at = raw.index(b" 700000001") + 20  # a 70 with something there is read as that of a non-resident
    damaged = raw[:at] + "€".encode() + raw[at + 1 :]
    assert cured(damaged) == (damaged, [])


@each_kind
@few
@given(data=st.data())
def test_whatever_its_physical_form_a_flow_comes_out_as_it_should_be(kind: tuple[str, str], data: Any) -> None:
    raw = flow_bytes(data, kind)
    lines = raw.split(b"\r\n")
    for form in (
        raw.replace(b"\r\n", b"\n"),
        raw.replace(b"\r\n", b""),
        raw[:-2],
        b"\r\n".join(line.rstrip() for line in lines),
        b"\r\n".join(line + b"  " for line in lines if line),
        b"\xef\xbb\xbf" + raw + b"\x1a",
        b"\r\n" + raw + b"\r\n\r\n",
    ):
        made, cures = cured(form)
        assert made == raw and cures


ODDITIES = ["FILE-100", "FILE-101", "FILE-102", "FILE-103", "RIGA-100", "RIGA-101", "RIGA-102", "RIGA-103"]


@pytest.mark.parametrize(
    "name",
    [
        *(f"regole/CBI-{kind}.rotta" for kind in ODDITIES),
        *("riba_lf", "riba_senza_fine_riga", "riba_righe_accorciate", "riba_latin1", "riba_utf8"),
    ],
)
def test_each_physical_oddity_is_cured(name: str) -> None:
    made, cures = cured(fixture(name))
    assert cures and codes(made) == []


@pytest.mark.parametrize(
    "code", ["CBI-CAR-032", "CBI-CAMPO-039", "CBI-PROG-024", "CBI-EF-037", "CBI-EF-050", "CBI-EF-051", "RIBA-EF-050"]
)
def test_each_safe_defect_is_cured(code: str) -> None:
    made, cures = cured(fixture(f"regole/{code}.rotta"))
    assert cures and codes(made) == []


@pytest.mark.parametrize(
    "code",
    [
        *("CBI-REC-021", "CBI-REC-022", "CBI-REC-023", "CBI-REC-025", "CBI-REC-027", "CBI-REC-020", "CBI-RIGA-043"),
        *("CBI-CAMPO-031", "CBI-CAMPO-032", "CBI-CAMPO-033", "CBI-CAMPO-034", "CBI-CAMPO-035", "CBI-CAMPO-036"),
        *("RIBA-30-034", "RIBA-14-141", "RIBA-51-031", "CC-64-050", "CC-61-034", "CBI-IMP-141"),
    ],
)
def test_what_changes_meaning_is_left_as_it_is(code: str) -> None:
    raw = fixture(f"regole/{code}.rotta")
    assert cured(raw) == (raw, [])


def test_orders_are_renumbered_and_the_trailer_counts_them_again() -> None:
    lines = fixture("riba").split(b"\r\n")
    made, cures = cured(b"\r\n".join(lines[:8] + lines[15:]))
    assert codes(made) == []
    assert [cura.kind for cura in cures] == ["progressive"] * 7 + ["trailer"] * 3
    assert cures[0] == Cura("progressive", 9, 4, 10, "14", "numero_progressivo", "0000003", "0000002")


def test_movements_are_renumbered_with_their_details() -> None:
    lines = fixture("rh").split(b"\r\n")
    raw = put(b"\r\n".join(lines), "62", "progressivo_movimento", b"007")
    made, cures = cured(put(raw, "63", "progressivo_movimento", b"007"))
    assert made == fixture("rh") and [cura.kind for cura in cures] == ["progressive"] * 2


def test_a_supporto_that_lacks_a_record_is_neither_renumbered_nor_counted_again() -> None:
    raw = put(without(fixture("riba"), 3), "EF", "numero_record", b"0000099")
    assert cured(raw) == (raw, [])


def test_letters_are_made_plain_in_words_and_left_in_codes() -> None:
    raw = put(fixture("riba"), "30", "descrizione_debitore_1", "D’ANGELO & C° «PIÙ»".encode("cp1252"))
    raw = put(raw, "14", "codice_cliente_debitore", "CLIÈ".encode("latin-1"))
    made, (cura,) = cured(raw)
    assert (cura.field, cura.after) == ("descrizione_debitore_1", 'D\'ANGELO & C  "PIU"')
    assert "CLIÈ".encode("latin-1") in made


def test_a_field_that_would_be_left_empty_is_not_cured() -> None:
    raw = put(fixture("riba"), "30", "descrizione_debitore_1", b"###")
    assert cured(raw) == (raw, [])


def test_a_line_too_long_to_be_kept_ends_the_cure() -> None:
    with pytest.raises(NonRiscrivibile, match="line 2"):
        cured(fixture("riba").replace(b"\r\n", b"\r\n" + b"X" * 5000 + b"\r\n", 1))


def test_a_file_whose_first_line_end_is_lost_is_not_cut_at_random() -> None:
    raw = fixture("riba").replace(b"\r\n", b"", 1)
    for work in (cured, whole):
        with pytest.raises(NonRiscrivibile, match="across two lines"):
            work(raw)


def test_the_body_of_a_frame_is_only_made_of_the_right_length() -> None:
    raw = fixture("cn")
    accented = put(raw, "00", "non_documentato_1", "PERCHÉ".encode("latin-1"))
    assert cured(accented) == (accented, [])
    assert cured(b"\n".join(line.rstrip() for line in raw.split(b"\r\n")))[0] == raw


@pytest.mark.parametrize(
    ("char", "expected"),
    [("È", "E"), ("ç", "c"), ("ß", "s"), ("’", "'"), ("–", "-"), ("€", " "), ("#", " "), ("½", " ")],
)
def test_a_letter_becomes_the_plain_one_or_a_blank(char: str, expected: str) -> None:
    assert plain(char) == expected


def test_every_flow_of_a_file_is_found_by_its_declaration() -> None:
    assert [flow_of(supporto).name for supporto in whole(fixture("riba") + fixture("cn"))] == ["RIBA", "CN"]
