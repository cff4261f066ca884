"""Files that say neither who nor how much, and are otherwise what they were."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cbi
from cbi.anonymize import Chiave, Coperto, anonymize
from cbi.anonymize.campi import BY_NAME, KEPT, MASKED, SIDES, account, coded, fiscal, iban, kept, mask_of, text
from cbi.anonymize.keyed import covered
from cbi.anonymize.legami import COORDINATE
from cbi.fields import Amount, Choice, Const, Date, Field, Filler, FullDate, Undocumented, ValoreErrato
from cbi.flows.chiave import due_of, key_of
from cbi.flows.coda import amount_of, wrong
from cbi.flows.registry import DECLARED, find
from cbi.flows.rework import NonRiscrivibile, flow_of
from cbi.records.cornice import Corpo
from cbi.validators.coordinates import cin_ok, codice_fiscale_ok, iban_check, iban_ok
from cbi.validators.lint import lint
from tests import strategies
from tests.cbi.test_flows import each_kind, flow_bytes, relaxed
from tests.console import ROOT
from tests.shared_facts import FACTS, needs_facts

few = settings(relaxed, max_examples=relaxed.max_examples // 3)
KEY = Chiave(b"a key of the tests")
FIXTURES = sorted((ROOT / "fixtures").rglob("*.cbi"))
LONG = "CBI-FILE-200.rotta"  # as many defects as are listed: a letter fewer in a text, and others are
SURVIVING = 4  # characters from which a value that survived would tell something


def fixture(name: str) -> bytes:
    return (ROOT / "fixtures" / f"{name}.cbi").read_bytes()


def made(raw: bytes, key: Chiave = KEY) -> tuple[bytes, list[Coperto]]:
    parts = list(anonymize(io.BytesIO(raw), key))
    return b"".join(part.data for part in parts), [found for part in parts for found in part.covered]


def hidden(raw: bytes, key: Chiave = KEY) -> bytes:
    return made(raw, key)[0]


def defects(raw: bytes) -> list[tuple[object, ...]]:
    found = lint(io.BytesIO(raw))
    return [(d.code, d.severity, d.line, d.record, d.field, d.disposizione, d.distinta) for d in found]


def letti(raw: bytes) -> list[cbi.Letto]:
    return list(cbi.read_records(io.BytesIO(raw)))


def supporti(raw: bytes) -> list[cbi.Supporto]:
    return list(cbi.read_supporti(io.BytesIO(raw)))


def same_file(raw: bytes) -> None:
    """Sound where it was sound, faulty where it was faulty, of the same records and days."""
    out = hidden(raw)
    assert defects(out) == defects(raw)
    pairs = list(zip(letti(raw), letti(out), strict=True))
    assert [(b.flow, type(b.record), b.riga.number) for b, _ in pairs] == [
        (a.flow, type(a.record), a.riga.number) for _, a in pairs
    ]
    for before, after in pairs:
        for field in before.record.FIELDS:
            if isinstance(field, Date | FullDate) and field.name != "data_di_nascita" and clean(before):
                assert field.cut(before.record.raw) == field.cut(after.record.raw)


def clean(letto: cbi.Letto) -> bool:
    return type(letto.record).check(letto.record.raw)


def values(raw: bytes) -> Iterator[tuple[int, Field[Any], bytes]]:
    """What fields that are not kept hold, zeros and blanks around it left out: line, field, content."""
    for letto in letti(raw):
        for field in letto.record.FIELDS:
            direction = letto.flow.direction if letto.flow else ""
            content = field.cut(letto.record.raw).strip().lstrip(b"0,")
            if (
                mask_of(field, direction) not in (kept, coded)
                and len(content) >= SURVIVING
                and covered(content) != content
            ):
                yield letto.riga.number, field, content


def no_value_survives(raw: bytes) -> None:
    out = hidden(raw)
    before, after = ({(line, field.name): content for line, field, content in values(each)} for each in (raw, out))
    assert [place for place, content in before.items() if after.get(place) == content] == []
    for _, field, content in values(raw):
        if mask_of(field, "") in (text, fiscal, account, iban) and len(content) > 2 * SURVIVING:
            assert content not in out, field.name


# --- the files there are -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [path for path in FIXTURES if path.stem != LONG], ids=lambda path: path.stem)
def test_a_file_of_the_fixtures_is_as_sound_or_as_faulty_as_it_was(path: Path) -> None:
    same_file(path.read_bytes())


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_nothing_of_a_file_of_the_fixtures_survives(path: Path) -> None:
    no_value_survives(path.read_bytes())


@needs_facts
@pytest.mark.parametrize("path", sorted((FACTS / "golden").glob("*.cbi")), ids=lambda path: path.stem)
def test_a_golden_file_stays_sound_and_nothing_of_it_survives(path: Path) -> None:
    same_file(path.read_bytes())
    no_value_survives(path.read_bytes())


# --- any flow ----------------------------------------------------------------------------------------------


@each_kind
@few
@given(data=st.data())
def test_a_sound_flow_is_still_sound_and_still_squares(kind: tuple[str, str], data: Any) -> None:
    name = "RIBA" if kind[0] == "RICHIAMO" else kind[0]
    flow = find(name, kind[1])
    head = data.draw(strategies.headers(flow))
    head |= {"mittente" if kind[1] == "from_bank" else "ricevente": "03069"}
    head |= {key: None for key in ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore") if key in head}
    raw = strategies.compose(name, kind[1], head, data.draw(strategies.sound(flow, head, strategies.SHAPES[kind][:1])))
    before = defects(raw)
    assume(all(severity == "info" for _, severity, *_ in before))  # that a body is not declared
    out = hidden(raw, Chiave(data.draw(st.binary(min_size=16, max_size=16))))
    assert defects(out) == before
    assert [wrong(flow_of(supporto), supporto) for supporto in supporti(out)] == [{}]


@each_kind
@few
@given(data=st.data())
def test_a_damaged_flow_is_made_anew_line_by_line(kind: tuple[str, str], data: Any) -> None:
    raw = bytearray(flow_bytes(data, kind))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        bad = data.draw(st.sampled_from([b"", b"0", b" ", b"A", b"9", b"\xe0", b"\xc3\xa8", b"\r\n", b"\x1a"]))
        raw[at : at + data.draw(st.integers(0, 1))] = bad
    out = hidden(bytes(raw))
    assert out.count(b"\n") == bytes(raw).count(b"\n")
    assert [letto.riga.number for letto in letti(out)] == [letto.riga.number for letto in letti(bytes(raw))]


@pytest.mark.parametrize(
    "form",
    [
        lambda raw: raw.replace(b"\r\n", b"\n"),
        lambda raw: raw.replace(b"\r\n", b""),
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: b"\r\n" + raw + b"\r\n \r\n",
        lambda raw: raw + b"\x1a",
        lambda raw: raw.removesuffix(b"\r\n"),
    ],
)
def test_the_physical_form_stays(form: Any) -> None:
    raw = fixture("riba")
    assert hidden(form(raw)) == form(hidden(raw))


def test_a_line_that_is_too_long_to_be_read_is_not_made_up() -> None:
    with pytest.raises(NonRiscrivibile, match="line 2"):
        made(fixture("riba").replace(b"E\r\n 20", b"E" + b"X" * 9000 + b"\r\n 20", 1))


# --- what is what ------------------------------------------------------------------------------------------

FIELDS = {
    (field.name_it, field.kind): (field, flow)
    for flow in DECLARED
    for cls in (*flow.records.values(), Corpo)
    for field in cls.FIELDS
}


def test_every_field_that_can_say_something_is_hidden_or_kept_for_a_reason() -> None:
    by_kind = Const | Choice | Filler | Undocumented | Amount | Date | FullDate
    free = {name for (name, _), (field, _) in FIELDS.items() if not isinstance(field, by_kind)}
    assert free - BY_NAME.keys() - SIDES.keys() == set()


def test_no_field_is_decided_twice_and_only_fields_are() -> None:
    named = [name for names in (*KEPT.values(), *MASKED.values()) for name in names.split()]
    assert len(named) == len(set(named))
    assert set(named) - {name for name, _ in FIELDS} == set()


def test_a_field_that_nobody_decided_is_hidden_all_the_same() -> None:
    class Nuovo(cbi.Record):
        parola = cbi.fields.Text(1, 60, "O", "")
        cifre = cbi.fields.Digits(61, 120, "O", "")

    raw = b"MARIO DELLE NUVOLE".ljust(60) + b"1234567890" * 6
    for field in Nuovo.FIELDS:
        content = field.cut(raw)
        assert mask_of(field, "to_bank")(KEY, field, content) != content


def test_every_cin_is_that_of_coordinates_of_its_record() -> None:
    for flow in DECLARED:
        for cls in flow.records.values():
            for name in {"cin", "cin_var"} & cls.BY_NAME.keys():
                assert any(names[2] == name and set(names[3:]) <= cls.BY_NAME.keys() for names in COORDINATE), cls


def test_which_side_is_the_company_depends_on_the_way() -> None:
    for name in ("riba", "riba_esiti", "cn"):
        (before,), (after,) = supporti(fixture(name)), supporti(hidden(fixture(name)))
        assert [side == "03069" for side in after.identita[:2]] == [side == "03069" for side in before.identita[:2]]
        assert "A1B2C" not in after.identita


# --- the same for the same ---------------------------------------------------------------------------------


def links(one: bytes, two: bytes) -> set[tuple[int, int]]:
    """Which orders of two files are the same: key of the outcome, amount and due date; by their lines."""

    def known(raw: bytes) -> list[tuple[int, tuple[object, ...]]]:
        return [
            (ordine.line, (key_of(ordine), amount_of(flow_of(supporto), ordine), due_of(ordine)))
            for supporto in supporti(raw)
            for ordine in supporto.ordini
        ]

    return {(a, b) for a, first in known(one) for b, second in known(two) if first == second and first[0]}


@pytest.mark.parametrize(("sent", "answered"), [("riba", "riba_esiti"), ("mav", "mav_esiti"), ("rid", "rid_esiti")])
def test_outcomes_still_find_their_orders(sent: str, answered: str) -> None:
    before = links(fixture(sent), fixture(answered))
    assert before and links(hidden(fixture(sent)), hidden(fixture(answered))) == before


def test_a_movement_still_names_the_flow_it_is_about() -> None:
    name = supporti(hidden(fixture("riba")))[0].identita[3]
    found = [letto.record.fields() for letto in letti(hidden(fixture("rh"))) if letto.riga.tipo == "62"]
    assert [values["riferimento_cliente"] for values in found if values["tipo_riferimento_cliente"]] == [name]


def test_a_receipt_still_is_that_of_its_delegation() -> None:
    delegations, receipts = (hidden(fixture(name)) for name in ("f24", "f24_quietanze"))
    wanted = {
        letto.record.fields()["numero_protocollo_delega"]
        for letto in letti(delegations)
        if clean(letto)
        if letto.riga.tipo == "10"
    }
    found = [letto.record.fields() for letto in letti(receipts)]
    assert {values["numero_protocollo_delega"] for values in found if "numero_protocollo_delega" in values} <= wanted
    names = {values.get("nome_supporto_flusso_originario") for values in found} - {None}
    assert names == {supporti(delegations)[0].identita[3]}


def test_the_same_key_gives_the_same_and_another_key_something_else() -> None:
    raw = fixture("pc")
    assert hidden(raw, Chiave(b"one")) == hidden(raw, Chiave(b"one")) != hidden(raw, Chiave(b"two"))


@given(st.lists(st.text("AZ09-", min_size=1, max_size=6), unique=True), st.binary(max_size=4))
def test_codes_that_differ_still_differ_and_keep_their_shape(texts: list[str], secret: bytes) -> None:
    key = Chiave(secret)
    made = [key.code(code.encode()) for code in texts]
    assert len(set(made)) == len(made)
    assert [covered(code) for code in made] == [covered(code.encode()) for code in texts]


@given(st.from_regex(r"\A[1-9][0-9]{3,11}\Z"), st.binary(max_size=4))
def test_an_account_is_the_same_with_or_without_zeros_before_it(number: str, secret: bytes) -> None:
    key = Chiave(secret)
    made = {key.account(form).strip(b" ").lstrip(b"0") for form in (number.encode(), number.zfill(12).encode())}
    assert len(made) == 1 and made == {key.account(number.ljust(12).encode()).rstrip()}


@given(st.integers(0, 10**15), st.binary(max_size=4))
def test_an_amount_becomes_another_and_zero_stays(cents: int, secret: bytes) -> None:
    other = Chiave(secret).amount(cents)
    assert (other == cents) == (cents == 0) and (other == 0) == (cents == 0)
    assert len(str(other)) <= len(str(cents)) or cents >= 10**5


@pytest.mark.parametrize("code", ["12345678903", "00743110157", "RSSMRA80A01H501U", "RSSMRA80A41H501Y"])
def test_a_fiscal_code_becomes_a_sound_one_wherever_it_stands(code: str) -> None:
    raw = code.encode()
    other = KEY.code(raw)
    assert codice_fiscale_ok(raw) and codice_fiscale_ok(other) and other != raw and len(other) == len(raw)
    assert KEY.code(b"  " + raw + b" ") == b"  " + other + b" "
    if len(code) == 16:
        assert (other[9] >= ord("4")) == (code[9] >= "4")


def test_a_name_says_nothing_of_the_true_one_but_its_columns_that_were_full() -> None:
    assert len({len(KEY.name(name, 40)) for name in (b"ROSSI", b"ROSSI MARIO", b"FERRAMENTA LUNAPIENA SNC")}) == 1
    assert len(KEY.name(b"OFFICINE LAGHETTO SR", 20)) == 20 and not KEY.name(b"OFFICINE LAGHETTO SR", 20).endswith(b" ")
    assert len(KEY.name(b"MI", 2)) == 2 and KEY.name(b"Rossi", 40).istitle() and KEY.name(b"ROSSI", 40).isupper()


@pytest.mark.parametrize(("char", "left"), [("/", b"/"), (";", b";"), ("#", b"\xc0"), ("È", b"\xc0"), (".", None)])
def test_a_character_that_may_not_be_admitted_is_still_one(char: str, left: bytes | None) -> None:
    field = next(field for (name, _), (field, _) in FIELDS.items() if name == "indirizzo")
    made = text(KEY, field, f"VIA {char} NUVOLE".encode("latin-1").ljust(field.size)).rstrip()
    assert made.endswith(left) if left else made.replace(b" ", b"").isalpha()


# --- what follows from other fields ------------------------------------------------------------------------


def put(raw: bytes, tipo: str, **content: str) -> bytes:
    """A flow with other bytes in fields of the first record of a type."""
    record = next(letto.record for letto in letti(raw) if letto.record.tipo == tipo)
    new = record.raw
    for name, value in content.items():
        new = record.BY_NAME[name].paste(new, value.encode().ljust(record.BY_NAME[name].size))
    return raw.replace(record.raw, new, 1)


def first(raw: bytes, tipo: str) -> dict[str, Any]:
    return next(letto.record for letto in letti(raw) if letto.record.tipo == tipo).values()


def coordinates(raw: bytes, tipo: str) -> tuple[bytes, ...]:
    found = first(raw, tipo)
    names = ("codice_paese", "check_digit", "cin", "codice_abi", "codice_cab", "numero_conto")
    return tuple(str(found[name] or "").encode() for name in names)


def test_an_account_has_new_check_characters_and_the_bank_it_had() -> None:
    before, after = (coordinates(raw, "17") for raw in (fixture("pc"), hidden(fixture("pc"))))
    assert iban_ok(*after) and cin_ok(*after[2:])
    assert before[3] == after[3] and before[4:] != after[4:]


def test_check_characters_that_were_wrong_or_blank_are_wrong_or_blank() -> None:
    raw = fixture("pc")
    cin = first(raw, "17")["cin"]
    wrong_cin = put(raw, "17", cin="A" if cin != "A" else "B", check_digit="99")
    after = coordinates(hidden(wrong_cin), "17")
    assert not iban_ok(*after) and not cin_ok(*after[2:])
    blank = first(hidden(put(raw, "17", cin="", check_digit="00")), "17")
    assert (blank["cin"], blank["check_digit"]) == (None, "00")


def test_a_total_that_was_wrong_is_still_wrong_and_not_by_as_much() -> None:
    raw = put(fixture("riba"), "EF", tot_importi_negativi="000000000264050")
    (supporto,), (after,) = supporti(raw), supporti(hidden(raw))
    (name,) = wrong(flow_of(supporto), supporto)
    found = wrong(flow_of(after), after)
    assert name in found and abs(found[name] - first(hidden(raw), "EF")[name]) != 1


def test_a_balance_moves_with_its_movements_and_the_others_with_it() -> None:
    raw = fixture("rh")
    found = [letto.record.values() for letto in letti(hidden(raw)) if letto.riga.tipo in ("61", "62", "64")]

    def signed(values: dict[str, Any], sign: str, amount: str) -> int:
        return int(values[amount]) * (-1 if values[sign] == "D" else 1)

    balance = 0
    for values in found:
        if "saldo_iniziale" in values:
            balance = signed(values, "segno", "saldo_iniziale")
        elif "importo_movimento" in values:
            balance += signed(values, "segno_movimento", "importo_movimento")
        else:
            assert signed(values, "segno_saldo_contabile", "saldo_contabile") == balance
            assert signed(values, "segno_saldo_liquido", "saldo_liquido") == balance


def delegation(debits: list[int], credits: list[int]) -> bytes:
    """An F24 of one section, with a line for each amount in cents, that squares."""
    line = {"codice_tributo": "1001", "rateazione": "0011", "anno_di_riferimento": "2023"}
    amounts = [(cents, 0) for cents in debits] + [(0, cents) for cents in credits]
    lines = [
        (
            "40-01",
            {**line, "progressivo_tributo": number, "importo_a_debito": debit, "importo_a_credito": credit},
        )
        for number, (debit, credit) in enumerate(amounts, 1)
    ]
    debit, credit = sum(debits), sum(credits)
    taxpayer = next(cbi.read_supporti(io.BytesIO(fixture("f24")))).ordini[0]
    given = {record.tipo: record.values() for record in taxpayer.records}
    day = date(2024, 6, 17)
    ordine = [
        ("10", given["10"]),
        ("20", {**given["20"], "data_di_pagamento": day}),
        *lines,
        (
            "40-02",
            {
                "totale_importi_a_debito": debit,
                "totale_importi_a_credito": credit,
                "segno_sezione": "P" if debit >= credit else "N",
                "saldo_sezione": abs(debit - credit),
            },
        ),
        (
            "50-01",
            {
                **given["50-01"],
                "saldo_finale_delega": debit - credit,
                "totale_importi_a_credito_compensati": credit,
                "data_di_pagamento": day,
                "titolare_pagamento": "1" if debit == credit else "2",
            },
        ),
        ("50-02", given["50-02"]),
    ]
    header = {"mittente": "A1B2C", "ricevente": "03069", "data_creazione": date(2024, 6, 3), "nome_supporto": "F24"}
    return cbi.compose("F4", "to_bank", header, [ordine])


@few
@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=3),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=3),
    st.sampled_from(["less", "equal"]),
    st.binary(max_size=4),
)
def test_credits_are_never_more_than_the_debits_when_they_were_not(
    debits: list[int], credits: list[int], how: str, secret: bytes
) -> None:
    lack = sum(credits) - sum(debits)
    if how == "equal":
        (debits if lack > 0 else credits).extend([abs(lack)] if lack else [])
    elif lack >= 0:
        debits.append(lack + 1)
    raw = delegation(debits, credits)
    out = hidden(raw, Chiave(secret))
    assert defects(out) == defects(raw)
    balances = [first(each, "50-01")["saldo_finale_delega"] for each in (raw, out)]
    assert (balances[0] == 0) == (balances[1] == 0)


@pytest.mark.parametrize("national", [b"12345678903", b"0000012345678903", b"RSSMRA80A01H501U", b"DE98ZZZ"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_creditor_identifier_is_that_of_another_company(national: bytes, sound: bool) -> None:
    field = next(field for (name, _), (field, _) in FIELDS.items() if name == "creditor_identifier")
    check = iban_check(b"IT", national) if sound else b"01"
    other = mask_of(field, "to_bank")(KEY, field, (b"IT" + check + b"ZZZ" + national).ljust(field.size)).rstrip()
    assert other[:2] == b"IT" and other[4:7] == b"ZZZ" and other[7:] == KEY.code(national) != national
    assert (other[2:4] == iban_check(b"IT", other[7:])) == sound


def test_whole_ibans_and_bbans_move_with_their_check_characters() -> None:
    by_name = {name: field for (name, _), (field, _) in FIELDS.items()}
    field = by_name["iban_ordinante"]
    other = mask_of(field, "")(KEY, field, b"IT91H0306902477100000004711".ljust(field.size)).rstrip()
    assert other[5:10] == b"03069" and iban_ok(other[:2], other[2:4], other[4:5], other[5:10], other[10:15], other[15:])
    field = by_name["identificativo_rapporto"]
    other = mask_of(field, "")(KEY, field, b"0306902477100000004711H")
    assert other[:5] == b"03069" and cin_ok(other[22:], other[:5], other[5:10], other[10:22])


# --- what is not understood --------------------------------------------------------------------------------


def test_data_where_none_belong_are_covered_and_told() -> None:
    raw = put(fixture("riba"), "30", filler_87="NOTE di Mario 12")
    out, told = made(raw)
    record = next(letto.record for letto in letti(out) if letto.riga.tipo == "30")
    assert record.BY_NAME["filler_87"].cut(record.raw).rstrip() == b"XXXX xx Xxxxx 99"
    assert told == [Coperto(4, "30", "filler")]


@pytest.mark.parametrize(
    ("tipo", "content", "left"),
    [
        ("14", {"importo": "12A4567890123"}, "99X9999999999"),
        ("14", {"abi_banca_domiciliataria": "O3O69"}, "X9X99"),
        ("14", {"data_pagamento": "ROSSI1"}, "XXXXX9"),
        ("14", {"causale": "PIPPO"}, "XXXXX"),
        ("30", {"codice_fiscale_cliente": "RSSMRA80A01H501X"}, "XXXXXX99X99X999X"),
        ("40", {"cap": "20 12"}, "99 99"),
        ("70", {"flag_richiesta_esito": "M"}, "X"),
    ],
)
def test_what_cannot_be_decoded_is_covered(tipo: str, content: dict[str, str], left: str) -> None:
    raw = put(fixture("riba"), tipo, **content)
    (name,) = content
    out, told = made(raw)
    record = next(letto.record for letto in letti(out) if letto.riga.tipo == tipo)
    assert record.BY_NAME[name].cut(record.raw).decode() == left
    assert [found.field for found in told] == [name]


def test_bodies_that_are_not_declared_and_lines_outside_any_supporto_are_covered() -> None:
    out, told = made(b" 99DEBITORE ROSSI 1234".ljust(120) + b"\r\n" + fixture("er"))
    assert b"ROSSI" not in out and b"RIBA2011" not in out
    assert {found.line for found in told} == {1, 3}


def test_a_number_that_was_not_zero_filled_still_is_not_and_is_still_the_same() -> None:
    raw = put(fixture("riba_esiti"), "51", numero_ricevuta="1001")
    before, after = fixture("riba_esiti"), hidden(raw)
    assert first(before, "51")["numero_ricevuta"] == 1001
    assert first(after, "51")["numero_ricevuta"] == first(hidden(before), "51")["numero_ricevuta"]
    record = next(letto.record for letto in letti(after) if letto.riga.tipo == "51")
    assert record.BY_NAME["numero_ricevuta"].cut(record.raw).endswith(b" ")


def test_a_mask_says_what_it_does_not_understand() -> None:
    field = next(field for (name, _), (field, _) in FIELDS.items() if name == "tipo_riferimento_cliente")
    with pytest.raises(ValoreErrato):
        mask_of(field, "from_bank")(KEY, field, b"ROSSI MAR")
    assert mask_of(field, "from_bank")(KEY, field, b"NROSUPCBI") == b"NROSUPCBI"
