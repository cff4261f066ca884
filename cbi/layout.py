"""What a record is: fields that tile 1..120, and the reader, writer and checks made from that one declaration."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from cbi.fields import Const, Fault, Field, Filler, Reader, Undocumented, ValoreErrato

LENGTH = 120
RAW = "*"  # the type of lines that have none, and the key of the records that a flow does not declare
SUBTYPE = "sub_tipo_record"  # the field that tells apart records of one type, where it is a constant of the record


class TracciatoErrato(TypeError):
    """A record whose fields do not tile it: the field where it shows ("" for the record), and what is wrong."""

    def __init__(self, record: str, field: str, it: str, en: str) -> None:
        super().__init__(f"{record} {field}: {en}")
        self.record, self.field, self.it, self.en = record, field, it, en


class Record:
    """120 bytes seen through their layout: attributes decode on demand, the bytes are never changed.

    Subclasses declare fields as class attributes (a subclass of a record redeclares only what differs) and prove
    when declared that they tile 1..120 without gap or overlap, or raise `TracciatoErrato`. `line` is the physical
    line it came from, 0 if none.
    """

    __slots__ = ("line", "raw")

    TIPO: ClassVar[str]
    VARIANTE: ClassVar[str] = ""
    SOURCE: ClassVar[str] = ""
    CONFIDENCE: ClassVar[str] = "high"
    FIELDS: ClassVar[tuple[Field[Any], ...]] = ()
    BY_NAME: ClassVar[dict[str, Field[Any]]] = {}
    DOCUMENTED: ClassVar[bool] = True

    def __init_subclass__(
        cls, variante: str | None = None, source: str | None = None, confidence: str | None = None
    ) -> None:
        fields = {**cls.BY_NAME, **{n: f for n, f in vars(cls).items() if isinstance(f, Field)}}
        cls.FIELDS = tuple(sorted(fields.values(), key=lambda field: field.start))
        cls.BY_NAME = {field.name: field for field in cls.FIELDS}
        cls.VARIANTE = cls.VARIANTE if variante is None else variante
        cls.SOURCE = cls.SOURCE if source is None else source
        cls.CONFIDENCE = cls.CONFIDENCE if confidence is None else confidence
        _prove(cls)
        parts = (cls.BY_NAME.get(name) for name in ("tipo_record", SUBTYPE))
        cls.TIPO = "-".join(part.value for part in parts if isinstance(part, Const))
        cls.TIPO = cls.TIPO if "tipo_record" in cls.BY_NAME else RAW
        cls.DOCUMENTED = not any(isinstance(field, Undocumented) for field in cls.FIELDS)

    def __init__(self, raw: bytes, line: int = 0) -> None:
        if len(raw) != LENGTH:
            raise ValoreErrato("record", raw[:LENGTH].decode("latin-1"), f"lungo {LENGTH} byte", f"{LENGTH} bytes long")
        self.raw, self.line = raw, line

    @property
    def tipo(self) -> str:
        return self.TIPO

    @property
    def variante(self) -> str:
        return self.VARIANTE

    @classmethod
    def confidence_of(cls, field: Field[Any]) -> str:
        """How sure the columns of a field are: "high", "medium", "low"."""
        return field.confidence or cls.CONFIDENCE

    @classmethod
    def documented(cls) -> bool:
        """Whether all columns are known, so that the record may be written."""
        return cls.DOCUMENTED

    @classmethod
    def check(cls, raw: bytes) -> bool:
        """The fast checked reader: whether the 120 bytes are flawless, in one pass of generated code."""
        return _flawless(cls).fullmatch(raw) is not None

    @classmethod
    def faults(cls, raw: bytes) -> list[Fault]:
        """The diagnosing reader: every defect, with its columns. Empty exactly when `check` is true."""
        if cls.check(raw):
            return []
        found: list[Fault] = []
        for field, pattern in _field_patterns(cls):
            content = field.cut(raw)
            if not pattern.fullmatch(content):
                found += field.faults(content)
        return found

    def fields(self) -> dict[str, str | None]:
        """Every field that carries something, by `name_it`, as the JSON exchange format prints it.

        A content that does not decode is given as it stands, so that nothing is hidden.
        """
        return _reader(type(self))(self.raw)

    def values(self) -> dict[str, Any]:
        """Every field that carries something, decoded, by name. Raises `ValoreErrato`."""
        raw = self.raw
        return {name: decode(raw[start:end]) for name, start, end, decode in _decoders(type(self))}

    def text(self, name: str) -> str | None:
        """One field as `fields` gives it; None for one that the record does not have."""
        field = self.BY_NAME.get(name)
        return None if field is None else _lenient(field)(field.cut(self.raw))

    @classmethod
    def build(cls, line: int = 0, /, **values: Any) -> Self:
        """A record from typed values (int cents, `date`, str). Raises `ValoreErrato`."""
        _refuse_unknown(cls, values)
        given = values.get
        return cls(b"".join([encode(given(name)) if encode else fixed for name, encode, fixed in _encoders(cls)]), line)

    @classmethod
    def from_fields(cls, values: Mapping[str, str | None]) -> Self:
        """The inverse of `fields`. Raises `ValoreErrato`."""
        values = _apart(cls, values)
        _refuse_unknown(cls, values)
        return cls(b"".join(_from_text(field, values) for field in cls.FIELDS))

    def replace(self, **values: Any) -> Self:
        """The same record, byte for byte, but for these fields. Raises `ValoreErrato`."""
        _refuse_unknown(type(self), values)
        raw = self.raw
        for name, value in values.items():
            field = self.BY_NAME[name]
            raw = field.paste(raw, field.encode(value))
        return type(self)(raw, self.line)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} line {self.line}: {self.raw.decode('latin-1').rstrip()!r}>"


def _from_text(field: Field[Any], values: Mapping[str, str | None]) -> bytes:
    if isinstance(field, Filler):
        return field.encode(None)
    text = values.get(field.name)
    if text is not None and not isinstance(text, str):
        raise ValoreErrato(field.name, text, "una stringa o null", "a string or null")
    return field.from_text(text)


def _apart(cls: type[Record], values: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The undocumented columns that `fields` shows together, each by the name of its own field."""
    spans = [field for field in cls.FIELDS if isinstance(field, Undocumented)]
    if not spans:
        return values
    found = {name: value for name, value in values.items() if name != spans[0].name_it}
    text = values.get(spans[0].name_it) or ""
    for span in spans[:-1]:
        found[span.name], text = text[: span.size].rstrip(), text[span.size :]
    return {**found, spans[-1].name: text}


def _refuse_unknown(cls: type[Record], values: Mapping[str, Any]) -> None:
    unknown = values.keys() - cls.BY_NAME.keys()
    if unknown:
        raise ValoreErrato(
            sorted(unknown)[0], values[sorted(unknown)[0]], f"un campo di {cls.__name__}", f"a field of {cls.__name__}"
        )


def _prove(cls: type[Record]) -> None:
    at = 1
    for field in cls.FIELDS:
        if field.start != at:
            it = f"comincia alla colonna {field.start}, ma dopo il campo precedente viene la {at}"
            raise TracciatoErrato(cls.__name__, field.name, it, f"starts at column {field.start}, expected {at}")
        at = field.end + 1
    if at != LENGTH + 1:
        it, en = f"finisce alla colonna {at - 1}, non alla {LENGTH}", f"ends at column {at - 1}, not at {LENGTH}"
        raise TracciatoErrato(cls.__name__, cls.FIELDS[-1].name if cls.FIELDS else "", it, en)


_PATTERNS: dict[type[Any], re.Pattern[bytes]] = {}
_FIELD_PATTERNS: dict[type[Any], list[tuple[Field[Any], re.Pattern[bytes]]]] = {}
_READERS: dict[type[Any], Reader] = {}
_ENCODERS: dict[type[Any], list[tuple[str, Callable[[Any], bytes] | None, bytes]]] = {}
_DECODERS: dict[type[Any], list[tuple[str, int, int, Callable[[bytes], Any]]]] = {}


def _flawless(cls: type[Record]) -> re.Pattern[bytes]:
    """The regular expression of the whole record; compiled when first needed, so that importing stays cheap."""
    known = _PATTERNS.get(cls)
    if known is None:
        known = _PATTERNS[cls] = re.compile(b"".join(field.pattern() for field in cls.FIELDS), re.DOTALL)
    return known


def _field_patterns(cls: type[Record]) -> list[tuple[Field[Any], re.Pattern[bytes]]]:
    known = _FIELD_PATTERNS.get(cls)
    if known is None:
        known = [(field, re.compile(field.pattern(), re.DOTALL)) for field in cls.FIELDS]
        _FIELD_PATTERNS[cls] = known
    return known


def _decoders(cls: type[Record]) -> list[tuple[str, int, int, Callable[[bytes], Any]]]:
    known = _DECODERS.get(cls)
    if known is None:
        fields = (field for field in cls.FIELDS if not isinstance(field, Filler))
        known = _DECODERS[cls] = [(field.name, field.start - 1, field.end, field.decode) for field in fields]
    return known


def _encoders(cls: type[Record]) -> list[tuple[str, Callable[[Any], bytes] | None, bytes]]:
    """Of each field its name and its encoder, or what it always is."""
    known = _ENCODERS.get(cls)
    if known is None:
        known = _ENCODERS[cls] = [
            (field.name, None, field.encode(None)) if isinstance(field, Filler) else (field.name, field.encode, b"")
            for field in cls.FIELDS
        ]
    return known


def _reader(cls: type[Record]) -> Reader:
    known = _READERS.get(cls)
    if known is None:
        known = _READERS[cls] = _make_reader(cls)
    return known


def _make_reader(cls: type[Record]) -> Reader:
    """One dict display over constant slices: what a hand-written reader would be, made from the declaration."""
    scope: dict[str, Any] = {}
    items: dict[str, str] = {}
    for field in (field for field in cls.FIELDS if not isinstance(field, Filler)):
        columns = f"raw[{field.start - 1}:{field.end}]"
        if isinstance(field, Undocumented):  # what nobody can tell apart is shown together
            scope[field.name_it] = _lenient(field)
            items[field.name_it] = f"{items[field.name_it]} + {columns}" if field.name_it in items else columns
        else:
            scope[field.name] = _lenient(field)
            items[field.name] = columns
    display = ", ".join(f"{name!r}: {name}({columns})" for name, columns in items.items())
    return eval(f"lambda raw: {{{display}}}", scope)  # type: ignore[no-any-return]  # noqa: S307 - our own declarations


def _lenient(field: Field[Any]) -> Any:
    to_text = field.to_text

    def read(raw: bytes) -> str | None:
        try:
            return to_text(raw)
        except ValoreErrato:
            return raw.decode("latin-1")

    return read
