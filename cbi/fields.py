"""What a field of a CBI record is: where it stands, what it may hold, how it is read and written.

Positions are 1-based and inclusive, as the standard prints them. Each class below is a *kind* of field and knows
four things about its content: the regular expression of a flawless one, how to decode and encode it, and how to
tell what is wrong with a bad one. Records (`cbi.layout`) are made of these and of nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, Self, TypeVar, overload

T = TypeVar("T")

M, O, C = "M", "O", "C"  # noqa: E741 - obligation as the standard prints it: mandatory, optional, conditional

# Characters admitted by the standard (rules common to every flow).
MARKS = b"\"$%&'()*+,-./:;<=>?@[]_"
ADMITTED = b" ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + MARKS
BARRED = b"/;"  # admitted, but not in every flow


def _class_of(marks: bytes) -> bytes:
    """The regular expression of a character: blank, letter, digit or one of the marks."""
    return b"[ A-Za-z0-9%b]" % re.escape(marks)


# GGMMAA that exist: every year read as 1980-2079, so that every fourth one is a leap year.
_DATE = (
    rb"(?:(?:0[1-9]|1\d|2[0-8])(?:0[1-9]|1[0-2])\d\d|(?:29|30)(?:0[13-9]|1[0-2])\d\d"
    rb"|31(?:0[13578]|1[02])\d\d|2902(?:[02468][048]|[13579][26]))"
)
FIRST_YEAR = 1980


class ValoreErrato(ValueError):
    """The bytes of a field do not hold a value of its kind (reading), or a value does not fit (writing)."""

    def __init__(self, field: str, raw: object, it: str, en: str) -> None:
        super().__init__(f"{field}: {raw!r} is not {en}")
        self.field, self.raw, self.it, self.en = field, raw, it, en


class Fault(NamedTuple):
    """One defect of one field, over the columns `start`-`end` of the record.

    `kind` is the number that the banks' own diagnostics (ER flows) use where they have one: 031 mandatory and not
    valued, 032 not one of the coded values, 033 not in the format, 034 a date that does not exist; and beside them 035
    not the constant, 036 not blank, 038 text not left-aligned, 039 number not zero-filled, 042 zeros where a bank or a
    branch should be, CAR characters outside the set of the standard, BAR characters of that set which the field bars.
    """

    kind: str
    start: int
    end: int
    expected: str


def _unnumbered(name: str) -> str:
    return re.sub(r"_\d+$", "", name)


class HasRaw(Protocol):
    """What fields are read from: a record."""

    raw: bytes


class Field(Generic[T]):
    """A field of a record. As an attribute of a record it is the decoded value, or None when it is not valued.

    `confidence` is "high", "medium" or "low" where the field is known better or worse than its record, "" elsewhere.
    """

    kind: ClassVar[str]

    def __init__(self, start: int, end: int, obligation: str, description: str, *, confidence: str = "") -> None:
        if not 1 <= start <= end <= 120 or obligation not in (M, O, C):
            raise TypeError(f"impossible field {start}-{end} {obligation}")
        self.confidence = confidence
        self.start, self.end, self.obligation, self.description = start, end, obligation, description
        self.size = end - start + 1
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def name_it(self) -> str:
        """The name in the tables of the standard; fillers share one."""
        return self.name

    @property
    def mandatory(self) -> bool:
        return self.obligation == M

    @overload
    def __get__(self, record: None, owner: type) -> Self: ...
    @overload
    def __get__(self, record: HasRaw, owner: type) -> T | None: ...
    def __get__(self, record: HasRaw | None, owner: type) -> Self | T | None:
        return self if record is None else self.decode(record.raw[self.start - 1 : self.end])

    def cut(self, raw: bytes) -> bytes:
        """The bytes of this field in the 120 of its record."""
        return raw[self.start - 1 : self.end]

    def paste(self, raw: bytes, content: bytes) -> bytes:
        """The 120 of a record with other bytes in this field."""
        return raw[: self.start - 1] + content + raw[self.end :]

    # --- what each kind says of itself -------------------------------------------------------------------

    def pattern(self) -> bytes:
        """The regular expression that exactly the flawless contents match."""
        raise NotImplementedError

    def faults(self, raw: bytes) -> Iterator[Fault]:
        """What is wrong with content that `pattern` does not match."""
        raise NotImplementedError

    def decode(self, raw: bytes) -> T | None:
        """The value of the bytes, leniently (alignment is forgiven). Raises `ValoreErrato`."""
        raise NotImplementedError

    def encode(self, value: Any) -> bytes:
        """The bytes of a value, exactly `size` of them. Raises `ValoreErrato`."""
        raise NotImplementedError

    def to_text(self, raw: bytes) -> str | None:
        """The value as the JSON exchange format prints it."""
        value = self.decode(raw)
        return None if value is None else str(value)

    def from_text(self, text: str | None) -> bytes:
        """The inverse of `to_text`. Raises `ValoreErrato`."""
        return self.encode(text)

    # --- shared by the kinds -----------------------------------------------------------------------------

    def fault(self, kind: str, expected: str, first: int = 0, last: int | None = None) -> Fault:
        """A fault over the whole field, or over its bytes `first`-`last` (0-based)."""
        return Fault(kind, self.start + first, self.end if last is None else self.start + last, expected)

    def blank_pattern(self, pattern: bytes) -> bytes:
        return pattern if self.mandatory else b"(?:%b| {%d})" % (pattern, self.size)

    def fit(self, content: bytes) -> bytes:
        if len(content) > self.size:
            raise ValoreErrato(
                self.name, content.decode("latin-1"), f"al più {self.size} caratteri", f"at most {self.size} characters"
            )
        return content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name} {self.start}-{self.end} {self.obligation})"


class Filler(Field[None]):
    """Columns that carry nothing. What a bank leaves there stays in the raw bytes."""

    kind = "filler"

    def __init__(
        self, start: int, end: int, obligation: str = M, description: str = "Spazi", *, confidence: str = ""
    ) -> None:
        super().__init__(start, end, obligation, description, confidence=confidence)

    @property
    def name_it(self) -> str:
        return _unnumbered(self.name)

    def pattern(self) -> bytes:
        return b" {%d}" % self.size

    def faults(self, raw: bytes) -> Iterator[Fault]:
        inner = raw.strip(b" ")
        if inner:
            first = raw.index(inner)
            yield self.fault("036", "spazi", first, first + len(inner) - 1)

    def decode(self, raw: bytes) -> None:
        return None

    def encode(self, value: Any) -> bytes:
        return b" " * self.size


class Text(Field[str]):
    """Left-aligned, blank-filled text. Trailing blanks are padding; leading ones are kept, so nothing is lost."""

    kind = "alnum"
    marks: ClassVar[bytes] = MARKS
    char: ClassVar[bytes] = _class_of(MARKS)
    refused: ClassVar[re.Pattern[bytes]] = re.compile(b"[^" + char[1:])

    def pattern(self) -> bytes:
        solid = self.char.replace(b"[ ", b"[")
        return self.blank_pattern(solid + self.char + b"{%d}" % (self.size - 1))

    def faults(self, raw: bytes) -> Iterator[Fault]:
        for match in self.refused.finditer(raw):
            at = match.start()
            kind = "CAR" if match[0] not in BARRED else "BAR"
            yield self.fault(kind, f"A-Z a-z 0-9 {self.marks.decode()}", at, at)
        if not raw.strip(b" "):
            if self.mandatory:
                yield self.fault("031", self.description)
        elif raw[:1] == b" ":
            yield self.fault("038", "testo dalla prima colonna", 0, len(raw) - len(raw.lstrip(b" ")) - 1)

    def decode(self, raw: bytes) -> str | None:
        return raw.decode("latin-1").rstrip(" ") or None

    def encode(self, value: Any) -> bytes:
        text = "" if value is None else str(value)
        content = text.encode("latin-1", "strict") if text.isascii() else self._latin1(text)
        if self.refused.search(content):
            raise ValoreErrato(self.name, text, "solo i caratteri ammessi", "made of the admitted characters")
        return self.fit(content).ljust(self.size)

    def _latin1(self, text: str) -> bytes:
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError as error:
            raise ValoreErrato(
                self.name, text, "solo i caratteri ammessi", "made of the admitted characters"
            ) from error


class NarrowText(Text):
    """Text that bars two characters which others admit, `/` and `;`."""

    marks = MARKS.translate(None, BARRED)
    char = _class_of(marks)
    refused = re.compile(b"[^" + char[1:])


class FreeText(Text):
    """A slice of a longer text cut every so many characters: a leading blank belongs to it."""

    def pattern(self) -> bytes:
        if not self.mandatory:
            return self.char + b"{%d}" % self.size
        return b"(?! {%d})%b{%d}" % (self.size, self.char, self.size)

    def faults(self, raw: bytes) -> Iterator[Fault]:
        yield from (fault for fault in super().faults(raw) if fault.kind != "038")


class Undocumented(FreeText):
    """Columns whose content no public document explains. They are read as they stand and never written."""

    def __init__(self, start: int, end: int, obligation: str = O, description: str = "Non documentato") -> None:
        super().__init__(start, end, obligation, description, confidence="low")

    @property
    def name_it(self) -> str:
        return _unnumbered(self.name)


class Choice(Text):
    """A coded field. `values` maps each code to its Italian meaning; blank is allowed unless mandatory.

    With `open_list` the list is known not to be closed (tables outside the record, bilateral agreements): a code
    that is not in it is not a fault of the field.
    """

    kind = "code"

    def __init__(
        self,
        start: int,
        end: int,
        obligation: str,
        description: str,
        values: Mapping[str, str],
        *,
        open_list: bool = False,
        confidence: str = "",
    ) -> None:
        super().__init__(start, end, obligation, description, confidence=confidence)
        self.values, self.open_list = dict(values), open_list

    def pattern(self) -> bytes:
        if self.open_list:
            return super().pattern()
        codes = b"|".join(re.escape(code.encode().ljust(self.size)) for code in self.values)
        return self.blank_pattern(b"(?:%b)" % codes)

    def faults(self, raw: bytes) -> Iterator[Fault]:
        found = list(super().faults(raw))
        yield from found
        if not found and not self.open_list and raw.strip(b" ") and raw.decode("latin-1").rstrip() not in self.values:
            yield self.fault("032", ", ".join(self.values))


CREDITO_DEBITO: Mapping[str, str] = {"C": "credito", "D": "debito"}


class Sign(Choice):
    """The sign of an amount: of a statement, unless other `values` are given."""

    kind = "sign"

    def __init__(
        self,
        start: int,
        end: int,
        obligation: str,
        description: str,
        values: Mapping[str, str] = CREDITO_DEBITO,
        *,
        confidence: str = "",
    ) -> None:
        super().__init__(start, end, obligation, description, values, confidence=confidence)


class Const(Field[str]):
    """Always the same characters."""

    kind = "const"

    def __init__(
        self, start: int, end: int, value: str, description: str, obligation: str = M, *, confidence: str = ""
    ) -> None:
        super().__init__(start, end, obligation, description, confidence=confidence)
        self.value = value

    def pattern(self) -> bytes:
        return self.blank_pattern(re.escape(self.value.encode().ljust(self.size)))

    def faults(self, raw: bytes) -> Iterator[Fault]:
        if raw.strip(b" ") or self.mandatory:
            yield self.fault("035", self.value)

    def decode(self, raw: bytes) -> str | None:
        return raw.decode("latin-1").rstrip(" ") or None

    def encode(self, value: Any) -> bytes:
        if value is None and not self.mandatory:
            return b" " * self.size
        if value not in (None, self.value):
            raise ValoreErrato(self.name, value, repr(self.value), repr(self.value))
        return self.value.encode().ljust(self.size)


class Digits(Field[str]):
    """A numeric code whose leading zeros matter (ABI, CAB, CAP): as many digits as columns."""

    kind = "num"

    def pattern(self) -> bytes:
        return self.blank_pattern(rb"\d{%d}" % self.size)

    def faults(self, raw: bytes) -> Iterator[Fault]:
        stripped = raw.strip(b" ")
        if not stripped:
            if self.mandatory:
                yield self.fault("031", self.description)
        elif not (stripped.isdigit() and stripped.isascii()):
            yield self.fault("033", f"{self.size} cifre")
        else:
            yield self.fault("039", stripped.decode("latin-1").zfill(self.size))

    def decode(self, raw: bytes) -> str | None:
        return raw.decode("latin-1").strip(" ") or None

    def encode(self, value: Any) -> bytes:
        if value is None:
            return b" " * self.size
        text = str(value)
        if not (text.isdigit() and text.isascii()):
            raise ValoreErrato(self.name, value, f"{self.size} cifre", f"{self.size} cifre")
        return self.fit(text.encode()).rjust(self.size, b"0")


class Coordinate(Digits):
    """The code of a bank or of a branch (ABI, CAB) that must be there: nobody's is made of zeros."""

    def pattern(self) -> bytes:
        return b"%b(?<!%b)" % (super().pattern(), b"0" * self.size)

    def faults(self, raw: bytes) -> Iterator[Fault]:
        if raw == b"0" * self.size:
            yield self.fault("042", self.description)
        else:
            yield from super().faults(raw)


class Number(Field[int]):
    """A count or a progressive: right-aligned, zero-filled."""

    kind = "num"

    pattern = Digits.pattern
    faults = Digits.faults

    def decode(self, raw: bytes) -> int | None:
        stripped = raw.strip(b" ")
        if not stripped:
            return None
        if not stripped.isdigit():
            raise ValoreErrato(self.name, raw.decode("latin-1"), f"{self.size} cifre", f"{self.size} cifre")
        return int(stripped)

    def encode(self, value: Any) -> bytes:
        if value is None:
            return b" " * self.size
        if isinstance(value, bool) or not str(value).isdigit() or not str(value).isascii():
            raise ValoreErrato(
                self.name, value, f"un numero di al più {self.size} cifre", f"a number of at most {self.size} digits"
            )
        return self.fit(b"%d" % int(value)).rjust(self.size, b"0")


class Amount(Field[int]):
    """An amount, however written: an integer number of cents, "1234.50" in JSON."""

    def to_text(self, raw: bytes) -> str | None:
        value = self.decode(raw)
        return None if value is None else decimal_text(value)

    def from_text(self, text: str | None) -> bytes:
        return self.encode(None if text is None else cents(text, self.name))


class Cents(Amount, Number):
    """An amount in euro cents, without separator."""

    kind = "amount_cents"


class CommaAmount(Amount):
    """An amount of a statement: digits, comma, two decimals; zero-filled. The value is in cents, unsigned."""

    kind = "amount_comma"
    decimals = 2
    _LENIENT = re.compile(rb"(\d+),(\d\d)")

    def pattern(self) -> bytes:
        return self.blank_pattern(rb"\d{%d},\d{%d}" % (self.size - self.decimals - 1, self.decimals))

    def faults(self, raw: bytes) -> Iterator[Fault]:
        stripped = raw.strip(b" ")
        if not stripped:
            if self.mandatory:
                yield self.fault("031", self.description)
        elif self._LENIENT.fullmatch(stripped):
            yield self.fault("039", stripped.decode("latin-1").zfill(self.size))
        else:
            yield self.fault("033", f"{self.size - self.decimals - 1} cifre, virgola, {self.decimals} cifre")

    def decode(self, raw: bytes) -> int | None:
        stripped = raw.strip(b" ")
        if not stripped:
            return None
        match = self._LENIENT.fullmatch(stripped)
        if match is None:
            raise ValoreErrato(
                self.name,
                raw.decode("latin-1"),
                f"cifre, una virgola, {self.decimals} cifre",
                f"digits, a comma, {self.decimals} digits",
            )
        return int(match[1] + match[2])

    def encode(self, value: Any) -> bytes:
        if value is None:
            return b" " * self.size
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValoreErrato(self.name, value, self._unit, self._unit_en)
        whole, part = divmod(value, 10**self.decimals)
        return self.fit(b"%d,%0*d" % (whole, self.decimals, part)).rjust(self.size, b"0")

    _unit, _unit_en = "un numero di centesimi", "a number of cents"


class Quantity(CommaAmount):
    """A quantity of securities: digits, comma, three decimals; zero-filled. The value is in thousandths, unsigned."""

    decimals = 3
    _LENIENT = re.compile(rb"(\d+),(\d{3})")
    _TEXT = re.compile(r"(\d+)\.(\d{3})", re.ASCII)
    _unit, _unit_en = "un numero di millesimi", "a number of thousandths"

    def to_text(self, raw: bytes) -> str | None:
        value = self.decode(raw)
        return None if value is None else f"{value // 1000}.{value % 1000:03d}"

    def from_text(self, text: str | None) -> bytes:
        match = self._TEXT.fullmatch(text) if isinstance(text, str) else None
        if text is not None and match is None:
            raise ValoreErrato(self.name, text, 'una quantità come "1234.500"', 'a quantity like "1234.500"')
        return self.encode(None if match is None else int(match[1] + match[2]))


class Date(Field[date]):
    """GGMMAA. Years 80-99 are of the twentieth century. Where the date is optional, zeros mean none."""

    kind = "date_ddmmyy"
    _cache: ClassVar[dict[bytes, date]] = {}

    def pattern(self) -> bytes:
        return _DATE if self.mandatory else b"(?:%b| {6}|0{6})" % _DATE

    def faults(self, raw: bytes) -> Iterator[Fault]:
        if not raw.strip(b" "):
            if self.mandatory:
                yield self.fault("031", self.description)
        elif not raw.isdigit():
            yield self.fault("033", "GGMMAA")
        else:
            yield self.fault("034", "GGMMAA")

    def decode(self, raw: bytes) -> date | None:
        known = self._cache.get(raw)
        if known is not None:
            return known
        if not raw.strip(b" ") or (not self.mandatory and raw == b"000000"):
            return None
        try:
            value = _date(raw)
        except ValueError as error:
            raise ValoreErrato(self.name, raw.decode("latin-1"), "una data GGMMAA", "a date GGMMAA") from error
        if len(self._cache) < 40_000:  # all the days of a century: the cache cannot grow further
            self._cache[raw] = value
        return value

    def encode(self, value: Any) -> bytes:
        if value is None:
            return b" " * self.size
        if not isinstance(value, date) or not FIRST_YEAR <= value.year < FIRST_YEAR + 100:
            raise ValoreErrato(
                self.name,
                value,
                f"una data fra {FIRST_YEAR} e {FIRST_YEAR + 99}",
                f"a date of {FIRST_YEAR}-{FIRST_YEAR + 99}",
            )
        return value.strftime("%d%m%y").encode()

    def from_text(self, text: str | None) -> bytes:
        try:
            return self.encode(None if text is None else date.fromisoformat(text))
        except ValueError as error:
            raise ValoreErrato(self.name, text, "una data AAAA-MM-GG", "a date AAAA-MM-GG") from error


# AAAAMMGG that exist, from year 1.
_FULL_DATE = (
    rb"(?:(?!0000)(?:\d{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)"
    rb"|(?:0[13578]|1[02])31)|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)0229))"
)


class FullDate(Field[date]):
    """AAAAMMGG, of any year. Where the date is optional, zeros mean none."""

    kind = "date_yyyymmdd"

    def pattern(self) -> bytes:
        return _FULL_DATE if self.mandatory else b"(?:%b| {8}|0{8})" % _FULL_DATE

    def faults(self, raw: bytes) -> Iterator[Fault]:
        if not raw.strip(b" "):
            if self.mandatory:
                yield self.fault("031", self.description)
        elif not raw.isdigit():
            yield self.fault("033", "AAAAMMGG")
        else:
            yield self.fault("034", "AAAAMMGG")

    def decode(self, raw: bytes) -> date | None:
        if not raw.strip(b" ") or (not self.mandatory and raw == b"00000000"):
            return None
        try:
            return _full_date(raw)
        except ValueError as error:
            raise ValoreErrato(self.name, raw.decode("latin-1"), "una data AAAAMMGG", "a date AAAAMMGG") from error

    def encode(self, value: Any) -> bytes:
        if value is None:
            return b" " * self.size
        if not isinstance(value, date):
            raise ValoreErrato(self.name, value, "una data", "a date")
        return b"%04d%02d%02d" % (value.year, value.month, value.day)

    from_text = Date.from_text


@lru_cache(maxsize=1 << 12)
def _full_date(raw: bytes) -> date:
    if not raw.isdigit() or len(raw) != 8:
        raise ValueError(raw)
    return date(int(raw[:4]), int(raw[4:6]), int(raw[6:]))


def _date(raw: bytes) -> date:
    if not raw.isdigit() or len(raw) != 6:
        raise ValueError(raw)
    year = int(raw[4:6])
    return date(year + (2000 if year < FIRST_YEAR - 1900 else 1900), int(raw[2:4]), int(raw[:2]))


def decimal_text(value: int) -> str:
    """1234 cents -> "12.34"."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    return f"{sign}{value // 100}.{value % 100:02d}"


_DECIMAL = re.compile(r"(\d+)\.(\d\d)", re.ASCII)


def cents(text: str, field: str = "importo") -> int:
    """ "12.34" -> 1234. Raises `ValoreErrato`: two decimals, always, so that no rounding is ever ours."""
    match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValoreErrato(field, text, 'un importo come "1234.50"', 'an amount like "1234.50"')
    return int(match[1] + match[2])


Reader = Callable[[bytes], dict[str, "str | None"]]
