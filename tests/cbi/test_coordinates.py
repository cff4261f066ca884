"""Check characters, against python-stdnum and schwifty, which share no code with ours."""

from __future__ import annotations

import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import luhn
from stdnum.eu import at_02
from stdnum.it import codicefiscale, iva

import cbi
from cbi.flows.rendicontazione import rapporti
from cbi.validators.coordinates import (
    check_letter,
    cin_ok,
    codice_fiscale_expected,
    codice_fiscale_ok,
    creditore_ok,
    iban_ok,
)
from fixtures import disposizioni, make

MONTHS = "ABCDEHLMPRST"
OMOCODIA = str.maketrans("0123456789", "LMNPQRSTUV")  # a digit becomes its letter when two people share a code
DIGIT_PLACES = (6, 7, 9, 10, 12, 13, 14)
UPPER = string.ascii_uppercase
BLANKS = st.integers(0, 5)

digits = st.text("0123456789", min_size=1, max_size=1)


def number(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


def letters(size: int) -> st.SearchStrategy[str]:
    return st.text(UPPER, min_size=size, max_size=size)


@st.composite
def codici_fiscali(draw: st.DrawFn) -> str:
    """Sixteen characters with the right shape, the check character by the oracle, at times with letters for digits."""
    day = draw(st.integers(1, 28)) + draw(st.sampled_from((0, 40)))
    body = draw(letters(6)) + draw(number(2)) + draw(st.sampled_from(MONTHS)) + f"{day:02d}" + draw(letters(1))
    chars = list(body + draw(number(3)))
    for place in draw(st.sets(st.sampled_from(DIGIT_PLACES))):
        chars[place] = chars[place].translate(OMOCODIA)
    code = "".join(chars)
    return code + codicefiscale.calc_check_digit(code)


@st.composite
def partite_iva(draw: st.DrawFn) -> str:
    """Eleven digits; also those of provisional fiscal codes, whose office part no partita IVA bears."""
    body = draw(number(10).filter(lambda digits: digits.strip("0")))
    return body + luhn.calc_check_digit(body)


@st.composite
def ibans(draw: st.DrawFn) -> IBAN:
    account = draw(st.text("0123456789" + UPPER, min_size=12, max_size=12))
    return IBAN.generate(draw(st.sampled_from(("IT", "SM"))), draw(number(5)), account, draw(number(5)))


def field(code: str) -> bytes:
    """As it stands in a record: left-aligned in sixteen columns."""
    return code.encode().ljust(16)


def parts(iban: str) -> tuple[bytes, ...]:
    """Country, check digits, CIN, ABI, CAB, account."""
    raw = iban.encode()
    return raw[:2], raw[2:4], raw[4:5], raw[5:10], raw[10:15], raw[15:]


# --- codice fiscale and partita IVA ------------------------------------------------------------------------


@given(codici_fiscali())
def test_a_codice_fiscale_with_the_right_check_character_is_accepted_also_when_omocodic(code: str) -> None:
    assert codice_fiscale_ok(field(code))


@given(codici_fiscali(), st.sampled_from(UPPER))
def test_a_codice_fiscale_with_another_check_character_is_refused_and_the_right_one_told(code: str, last: str) -> None:
    assert codice_fiscale_ok(field(code[:15] + last)) == (last == code[15])
    assert codice_fiscale_expected(field(code[:15] + last)) == code


@given(codici_fiscali(), st.integers(0, 15), st.sampled_from(UPPER + string.digits))
def test_one_character_of_a_codice_fiscale_mistyped_is_judged_as_the_oracle_judges_it(
    code: str, place: int, char: str
) -> None:
    mistyped = code[:place] + char + code[place + 1 :]
    assert codice_fiscale_ok(field(mistyped)) == _shaped_and_checked(mistyped)


def _shaped_and_checked(code: str) -> bool:
    """By stdnum's check character alone: it also rejects dates and towns that the banks do not look at."""
    shape = "LLLLLLDDLDDLDDDL"
    fits = all(
        char in UPPER if kind == "L" else char in string.digits or char in "LMNPQRSTUV"
        for char, kind in zip(code, shape, strict=True)
    )
    return fits and code[8] in MONTHS and codicefiscale.calc_check_digit(code[:15]) == code[15]


@given(partite_iva())
def test_eleven_digits_with_the_right_check_digit_are_accepted_provisional_codes_among_them(code: str) -> None:
    assert luhn.is_valid(code)
    assert codice_fiscale_ok(field(code))


@pytest.mark.parametrize("after", [b"\t", b"\n", b"\0", b" X"])
def test_a_code_is_followed_by_blanks_and_nothing_else(after: bytes) -> None:
    identifier = disposizioni.IDENTIFICATIVO.encode()
    assert codice_fiscale_ok(b"99900010127") and creditore_ok(identifier)
    assert not codice_fiscale_ok(b"99900010127" + after) and not creditore_ok(identifier + after)
    assert codice_fiscale_expected(b"99900010121" + after) != codice_fiscale_expected(b"99900010121")


@pytest.mark.parametrize("body", ["9990001012", "9000001012", "1000000000"])
def test_a_provisional_numeric_code_is_accepted_whether_or_not_it_is_also_a_partita_iva(body: str) -> None:
    assert codice_fiscale_ok(field(body + luhn.calc_check_digit(body)))


def test_eleven_zeros_are_nobodys_code() -> None:
    assert not codice_fiscale_ok(b"0" * 11)


@given(partite_iva(), st.integers(0, 10), digits)
def test_a_wrong_digit_anywhere_in_a_partita_iva_is_noticed(code: str, place: int, digit: str) -> None:
    mistyped = code[:place] + digit + code[place + 1 :]
    assert codice_fiscale_ok(field(mistyped)) == (mistyped == code)


@given(partite_iva(), digits)
def test_the_right_partita_iva_is_told(code: str, last: str) -> None:
    assert codice_fiscale_expected(field(code[:10] + last)) == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "1234567890",
        "999000101270",
        "xqzwyk80a01h501e",
        "XQZWYK80A01H501",
        "XQZ WYK80A01H501",
        " 99900010127",
        "²" * 11,
    ],
)
def test_what_has_not_the_shape_of_a_code_is_refused_with_the_shape_that_was_expected(code: str) -> None:
    raw = code.encode("latin-1").ljust(16)
    assert not codice_fiscale_ok(raw)
    expected = codice_fiscale_expected(raw)
    assert "16" in expected and "11" in expected


# --- CIN and IBAN ------------------------------------------------------------------------------------------


@given(ibans())
def test_the_cin_and_the_check_digits_of_an_iban_are_those_of_the_oracle(iban: IBAN) -> None:
    country, check, cin, abi, cab, account = parts(iban)
    assert check_letter(abi + cab + account) == cin[0]
    assert cin_ok(cin, abi, cab, account)
    assert iban_ok(country, check, cin, abi, cab, account)


@st.composite
def mistyped_ibans(draw: st.DrawFn) -> str:
    """An IBAN with one character changed for another that its column admits."""
    iban, place = draw(ibans()), draw(st.integers(2, 26))
    admitted = UPPER if place == 4 else string.digits if place < 15 else UPPER + string.digits
    return iban[:place] + draw(st.sampled_from(admitted)) + iban[place + 1 :]


@given(mistyped_ibans())
def test_one_character_of_an_iban_mistyped_is_judged_as_the_oracle_judges_it(mistyped: str) -> None:
    try:
        IBAN(mistyped, validate_bban=True)
        sound = True
    except SchwiftyException:
        sound = False
    country, check, *bban = parts(mistyped)
    assert (iban_ok(country, check, *bban) and cin_ok(*bban)) == sound


@given(ibans(), st.sampled_from(UPPER))
def test_a_wrong_cin_is_noticed_even_under_check_digits_that_agree_with_it(iban: IBAN, cin: str) -> None:
    forged = IBAN.from_bban(iban.country_code, cin + iban.bban[1:])
    country, check, *bban = parts(forged)
    assert iban_ok(country, check, *bban)
    assert cin_ok(*bban) == (cin == iban[4])


@given(number(9), BLANKS)
def test_an_account_padded_with_blanks_counts_as_one_padded_with_zeros(account: str, before: int) -> None:
    iban = IBAN.generate("IT", "03069", account.zfill(12), "01600")
    country, check, cin, abi, cab, _ = parts(iban)
    padded = (b" " * min(before, 3) + account.encode()).ljust(12)
    assert cin_ok(cin, abi, cab, padded) and iban_ok(country, check, cin, abi, cab, padded)


@pytest.mark.parametrize("account", [b"12345/67    ", b"caratteri   ", b"\xc8           "])
def test_an_account_that_is_not_letters_and_digits_is_wrong_and_not_a_crash(account: bytes) -> None:
    assert not iban_ok(b"IT", b"35", b"O", b"03069", b"01600", account)


# --- the SEPA identifier of the creditor -------------------------------------------------------------------

SOLID = UPPER + string.digits


@st.composite
def identificativi(draw: st.DrawFn) -> str:
    """An Italian identifier or a foreign one, the check digits by the oracle."""
    country, size = draw(st.sampled_from((("IT", 16), ("DE", 11), ("FR", 6))))
    rest = draw(st.text(SOLID, min_size=3, max_size=3)) + draw(st.text(SOLID, min_size=size, max_size=size))
    return f"{country}{at_02.calc_check_digits(f'{country}00{rest}')}{rest}"


@given(identificativi())
def test_an_identifier_with_the_right_check_digits_is_accepted(code: str) -> None:
    assert creditore_ok(code.encode().ljust(35))


@given(identificativi(), st.text(SOLID, min_size=3, max_size=3))
def test_the_business_code_of_an_identifier_is_the_companys_own_affair(code: str, business: str) -> None:
    assert creditore_ok((code[:4] + business + code[7:]).encode())


@given(identificativi(), st.integers(2, 29), st.sampled_from(SOLID))
def test_one_character_of_an_identifier_mistyped_is_judged_as_the_oracle_judges_it(
    code: str, place: int, char: str
) -> None:
    place = place if place < len(code) else 2
    mistyped = code[:place] + char + code[place + 1 :]
    assert creditore_ok(mistyped.encode()) == (at_02.is_valid(mistyped) and mistyped[2:4].isdigit())


@pytest.mark.parametrize(
    "code",
    [
        "",
        "IT72ZZZ000009990001012",
        "IT72ZZZ00000999000101270",
        "it72zzz0000099900010127",
        "IT72ZZZ0000099900010 27",
        " IT72ZZZ0000099900010127",
        "1T72ZZZ0000099900010127",
    ],
)
def test_what_has_not_the_shape_of_an_identifier_is_refused(code: str) -> None:
    assert not creditore_ok(code.encode().ljust(35))


@pytest.mark.parametrize("digits", ["00", "01", "99"])
def test_check_digits_of_an_identifier_that_are_never_computed_are_refused_though_the_remainder_agrees(
    digits: str,
) -> None:
    codes = (f"IT{digits}ZZZ{number:016d}" for number in range(200))
    agreeing = [code for code in codes if at_02.is_valid(code)]
    assert agreeing and not any(creditore_ok(code.encode()) for code in agreeing)


# --- the fixtures themselves -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [make.IVA_CREDITORE, make.LUNA.fiscale, make.VIVAIO.fiscale])
def test_the_partite_iva_of_the_fixtures_are_sound_by_the_oracle(code: str) -> None:
    assert iva.is_valid(code)


def test_the_codice_fiscale_of_the_fixtures_is_sound_by_the_oracle() -> None:
    assert codicefiscale.is_valid(make.SARTO.fiscale)


def test_the_creditor_of_the_fixtures_has_a_sound_identifier_by_the_oracle() -> None:
    assert at_02.is_valid(disposizioni.IDENTIFICATIVO)


@pytest.mark.parametrize("name", ["rh", "ec"])
def test_the_accounts_of_the_fixtures_are_sound_by_the_oracle(name: str) -> None:
    supporto = next(cbi.read_supporti(io.BytesIO(make.FILES[name])))
    accounts = list(rapporti(supporto))
    assert len(accounts) == 2
    for account in accounts:
        assert IBAN(account.iban or "", validate_bban=True).bank_code == account.abi
