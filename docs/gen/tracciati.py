"""The pages of the tracciati: of each flow the order of its records, and each record column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import Any

import cbi
from cbi.fields import Choice, Const, Field, Filler, Undocumented
from cbi.flows.model import Flow, tipo_of
from cbi.flows.registry import DECLARED
from cbi.layout import RAW, Record
from docs.gen.disegno import automaton
from docs.gen.lingua import LINGUE, TENS, Lingua, heading, table, text_block
from docs.gen.luoghi import page_of, way
from docs.gen.regole import prefixes

ROOT = Path(__file__).parents[2]
KINDS = {
    "filler": ("spazi", "blanks"),
    "const": ("costante", "constant"),
    "alnum": ("testo", "text"),
    "num": ("numerico", "numeric"),
    "code": ("codice", "code"),
    "sign": ("segno", "sign"),
    "amount_cents": ("importo in centesimi", "amount in cents"),
    "amount_comma": ("importo con virgola", "amount with comma"),
    "date_ddmmyy": ("data GGMMAA", "date DDMMYY"),
    "date_yyyymmdd": ("data AAAAMMGG", "date YYYYMMDD"),
}
LET_BY = (
    "Fra testa e coda possono stare record di altri tipi (`*`): non sono documentati e si tengono come vengono.",
    "Between header and trailer records of other types (`*`) may stand: not documented, they are kept as they come.",
)
TEXT = (
    "Fra testa e coda sta un testo libero: le sue righe (`*`) si tengono come vengono.",
    "Between header and trailer stands a free text: its lines (`*`) are kept as they come.",
)
UNDOCUMENTED = ("non documentato", "undocumented")
SURE = ("affidabilità", "confidence")
CONFIDENCE = {"high": ("alta", "high"), "medium": ("media", "medium"), "low": ("bassa", "low")}


def pages() -> Iterator[tuple[str, str]]:
    """The path of each page under docs/, and its text; drawings are shared by the two languages."""
    for flow in DECLARED:
        yield f"disegni/{page_of(flow)}.svg", _drawing(flow)
    for lingua in LINGUE:
        yield f"{lingua.folder}tracciati/index.md", "\n".join(_index(lingua))
        for flow in DECLARED:
            yield f"{lingua.folder}tracciati/{page_of(flow)}.md", "\n".join(_tracciato(flow, lingua))


def _index(lingua: Lingua) -> Iterator[str]:
    yield from heading(lingua.say("Tracciati", "Tracciati: the layout of each flow"), lingua, "tracciati/index.md")
    yield lingua.say(
        "I flussi che la libreria conosce. Di quelli con `*` non tutti i record sono documentati: gli altri restano "
        "come vengono, e chi ha il documento della sua banca li può [aggiungere](../../profili.md).",
        "The flows that the library knows. Those with `*` are documented in part: their other records are left as they "
        "stand, and whoever holds the bank's document may [add them](../profili.md). Descriptions of records and "
        "fields are in Italian, the language of the standard.",
    )
    yield ""
    head = lingua.say("flusso testa verso record", "flow header direction records").split()
    yield from table(
        ["", *head],
        (
            (f"[{flow.title}]({page_of(flow)}.md)", f"`{flow.name}`", f"`{flow.tipo}`", way(flow, lingua), _types(flow))
            for flow in DECLARED
        ),
    )


def _types(flow: Flow) -> str:
    return " ".join(dict.fromkeys(tipo_of(key) for key in flow.records))


def _tracciato(flow: Flow, lingua: Lingua) -> Iterator[str]:
    yield from heading(flow.title, lingua, f"tracciati/{page_of(flow)}.md")
    header = lingua.say("testa `{}`, coda `EF`.", "header `{}`, trailer `EF`.").format(flow.tipo)
    yield from (f"{lingua.say('Flusso', 'Flow')} `{flow.name}`, {way(flow, lingua)}; {header}", "")
    rules = ", ".join(f"[{name}]({lingua.up}{lingua.folder}regole/index.md#{name.lower()})" for name in prefixes(flow))
    yield from (f"{lingua.say('Regole', 'Rules')}: {rules}", "") if rules else ()
    yield lingua.say(
        "Le colonne si contano da 1. M obbligatorio, O facoltativo, C condizionato. Nel righello `|` è dove comincia "
        "un campo, `.` sta sugli spazi e `?` su ciò che nessun documento pubblico spiega.",
        "Columns count from 1. M mandatory, O optional, C conditional. In the ruler `|` is where a field begins, `.` "
        "is over blanks and `?` over what no public document explains.",
    )
    yield from ("", f"## {lingua.say('Ordine dei record', 'Order of the records')}", "")
    yield from (f"![{flow.title}]({lingua.up}disegni/{page_of(flow)}.svg)", "")
    yield from table(
        (lingua.say("dopo", "after"), lingua.say("può venire", "may come")),
        ((f"`{state}`", " ".join(f"`{key}`" for key in arrows.values())) for state, arrows in flow.transitions.items()),
    )
    yield from (lingua.say(*(TEXT if flow.free else LET_BY)), "") if RAW in flow.records else ()
    for key, cls in flow.records.items():
        yield from _record(flow, key, cls, lingua)


def _drawing(flow: Flow) -> str:
    arrows = {(state, key): "" for state, following in flow.transitions.items() for key in following.values()}
    return automaton([*flow.transitions, "EF"], arrows)


def _record(flow: Flow, key: str, cls: type[Record], lingua: Lingua) -> Iterator[str]:
    yield from (f"## Record {tipo_of(key)} {cls.VARIANTE}".rstrip(), "", cleandoc(cls.__doc__ or ""), "")
    source, sure = lingua.say("Fonte", "Source"), lingua.say(*SURE)
    yield from (f"{source}: {cls.SOURCE} · {sure}: {lingua.say(*CONFIDENCE[cls.CONFIDENCE])}", "")
    example = _example(flow, cls)
    yield from text_block([TENS, _map(cls), *([] if example is None else [example[0].raw.decode("latin-1").rstrip()])])
    if example is None:
        yield lingua.say("Nessun file d'esempio ha questo record.", "No example file has this record.")
    else:
        record, file = example
        yield f"{lingua.say('Esempio', 'Example')}: `{file}`, {lingua.say('riga', 'line')} {record.line}."
    yield ""
    head = lingua.say("colonne campo tipo obbl. descrizione esempio", "columns field kind obl. description example")
    yield from table(head.split(), (_row(cls, field, example and example[0], lingua) for field in cls.FIELDS))


def _map(cls: type[Record]) -> str:
    """The record drawn in its columns: `|` where a field begins, `.` over fillers, `?` over what is undocumented."""
    signs = {Filler: ".", Undocumented: "?"}
    return "".join("|" + signs.get(type(field), "-") * (field.size - 1) for field in cls.FIELDS)


def _row(cls: type[Record], field: Field[Any], record: Record | None, lingua: Lingua) -> tuple[str, ...]:
    kind = lingua.say(*(UNDOCUMENTED if isinstance(field, Undocumented) else KINDS[field.kind]))
    example = "" if record is None else _value(field, record)
    text = field.description + _values(field) + _confidence(cls, field, lingua)
    return _span(field), f"`{field.name_it}`", kind, field.obligation, text, example


def _confidence(cls: type[Record], field: Field[Any], lingua: Lingua) -> str:
    """How sure a field is, where it is known better or worse than its record."""
    sure = cls.confidence_of(field)
    return "" if sure == cls.CONFIDENCE else f" · *{lingua.say(*SURE)} {lingua.say(*CONFIDENCE[sure])}*"


def _span(field: Field[Any]) -> str:
    return str(field.start) if field.size == 1 else f"{field.start}-{field.end}"


def _values(field: Field[Any]) -> str:
    if isinstance(field, Const):
        return f" · `{field.value}`"
    if isinstance(field, Choice):
        more = ", …" if field.open_list else ""
        return " · " + ", ".join(f"`{code}` {meaning}" for code, meaning in field.values.items()) + more
    return ""


def _value(field: Field[Any], record: Record) -> str:
    """What the field holds in the example, decoded."""
    value = None if isinstance(field, Filler) else field.to_text(field.cut(record.raw))
    if value is None:
        return ""
    meaning = field.values.get(value) if isinstance(field, Choice) else None
    return f"`{value.strip()}`" + (f" {meaning}" if meaning else "")


def _example(flow: Flow, cls: type[Record]) -> tuple[Record, str] | None:
    """A record of that kind and the fixture it is in; failing that, one of another flow that is flawless here too."""
    found = _examples()
    own, other = found.get((flow.name, flow.direction, cls)), found.get((cls.TIPO, cls.VARIANTE))
    if own is not None or other is None or not cls.check(other[0].raw):
        return own
    return cls(other[0].raw, other[0].line), other[1]


@cache
def _examples() -> Mapping[tuple[object, ...], tuple[Record, str]]:
    """The first record of each kind in the sound fixtures, of each flow and of any."""
    found: dict[tuple[object, ...], tuple[Record, str]] = {}
    for path in (*sorted(ROOT.glob("fixtures/*.cbi")), *sorted(ROOT.glob("fixtures/regole/*.sana.cbi"))):
        file = path.relative_to(ROOT).as_posix()
        with path.open("rb") as stream:
            for _, flow, record, _ in cbi.read_records(stream):
                if flow is not None:
                    found.setdefault((flow.name, flow.direction, type(record)), (record, file))
                    found.setdefault((record.TIPO, record.VARIANTE), (record, file))
    return found
