"""Banking days: the table against the library, against known days and against an Easter computed otherwise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbi.validators.calendari import (
    DAY,
    Calendario,
    festivi,
    from_library,
    is_banking_day,
    next_banking_day,
    previous_banking_day,
)
from cbi.validators.tables import tabella
from tables import make

ITALIA, TARGET = Calendario
YEARS = range(make.FIRST, make.LAST + 1)
CALENDARS = st.sampled_from(list(Calendario))
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
FIXED = {
    ITALIA: [(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)],
    TARGET: [(1, 1), (5, 1), (12, 25), (12, 26)],
}


def easter(year: int) -> date:
    """The Sunday after the paschal full moon, which the golden number and the centuries move: Gauss's rule."""
    century = year // 100
    moon = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    moon -= moon // 28 * (1 - 29 // (moon + 1) * ((21 - year % 19) // 11))
    full = date(year, 3, 21) + moon * DAY
    return full + timedelta(days=6 - full.weekday() or 7)


@pytest.mark.parametrize(
    "known",
    [date(2015, 4, 5), date(2016, 3, 27), date(2019, 4, 21), date(2024, 3, 31), date(2026, 4, 5), date(2038, 4, 25)],
)
def test_the_easter_of_this_test_is_that_of_the_almanacs(known: date) -> None:
    assert easter(known.year) == known


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("calendario", Calendario)
def test_the_table_says_what_the_library_says(calendario: Calendario, year: int) -> None:
    assert festivi(calendario, year) == frozenset(from_library(calendario, year))


def test_the_table_is_the_one_that_its_maker_writes() -> None:
    from cbi.validators.calendari import rows

    written = [(row["day"], row["calendar"], row["name"]) for row in tabella("festivi").rows]
    assert written == [(day, str(calendario), name) for day, calendario, name in rows(make.FIRST, make.LAST)]


@pytest.mark.parametrize("year", YEARS)
def test_the_working_days_that_are_lost_are_those_of_the_law(year: int) -> None:
    feasts = {date(year, month, day) for month, day in FIXED[ITALIA]} | {easter(year) + DAY}
    feasts |= {date(year, 10, 4)} if year >= 2026 else set()
    closed = {day for day in festivi(ITALIA, year) if day.weekday() < 6}
    assert closed == {day for day in feasts if day.weekday() < 6}


@pytest.mark.parametrize("year", YEARS)
def test_target_closes_on_six_days_and_no_other(year: int) -> None:
    fixed = {date(year, month, day) for month, day in FIXED[TARGET]}
    assert festivi(TARGET, year) == fixed | {easter(year) - 2 * DAY, easter(year) + DAY}


def test_saint_francis_is_a_holiday_again_from_2026() -> None:
    assert is_banking_day(date(2024, 10, 4))
    assert [date(year, 10, 4) in festivi(ITALIA, year) for year in (2024, 2025, 2026, 2027)] == [
        False,
        False,
        True,
        True,
    ]
    assert not is_banking_day(date(2027, 10, 4))
    assert is_banking_day(date(2027, 10, 4), TARGET)


def test_beyond_the_table_the_library_answers() -> None:
    assert not is_banking_day(date(make.LAST + 12, 12, 25))  # a Wednesday
    assert not is_banking_day(date(make.FIRST - 1, 12, 26), TARGET)  # a Friday
    assert is_banking_day(date(make.FIRST - 1, 12, 24))


def test_the_two_calendars_differ_where_they_should() -> None:
    good_friday, liberation = date(2026, 4, 3), date(2028, 4, 25)
    assert (is_banking_day(good_friday), is_banking_day(good_friday, TARGET)) == (True, False)
    assert (is_banking_day(liberation), is_banking_day(liberation, TARGET)) == (False, True)


@given(DAYS, CALENDARS)
def test_the_next_banking_day_is_open_and_none_lies_between(day: date, calendario: Calendario) -> None:
    following = next_banking_day(day, calendario=calendario)
    assert following > day and is_banking_day(following, calendario)
    between = [day + n * DAY for n in range(1, (following - day).days)]
    assert not any(is_banking_day(each, calendario) for each in between)
    assert following - day <= 6 * DAY
    before = previous_banking_day(following, calendario=calendario)
    assert before <= day and next_banking_day(before, calendario=calendario) == following


@given(DAYS, st.integers(1, 40), CALENDARS)
def test_so_many_days_forward_and_as_many_back_is_where_one_was(day: date, n: int, calendario: Calendario) -> None:
    start = next_banking_day(day, calendario=calendario)
    assert previous_banking_day(next_banking_day(start, n, calendario), n, calendario) == start
    once = start
    for _ in range(n):
        once = next_banking_day(once, 1, calendario)
    assert next_banking_day(start, n, calendario) == once


@given(DAYS, CALENDARS)
def test_saturdays_and_sundays_are_closed(day: date, calendario: Calendario) -> None:
    assert not is_banking_day(day, calendario) or day.weekday() < 5


@pytest.mark.parametrize("n", [0, -1])
def test_no_days_at_all_are_not_counted(n: int) -> None:
    with pytest.raises(ValueError, match="banking days"):
        next_banking_day(date(2026, 11, 20), n)
