"""How movements are shown: tables for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from commands.common import Ctx
from commands.tables import account, amount, day, euro, print_json, print_table, say, warn
from ledger.movimenti import STATI, Totali, Voce
from ledger.ricerca import Posto
from reconcile.legami import COME, Regolamento
from reconcile.regole import Applicata

_IN_A_PAGE = 60  # characters of a description that a table shows


@dataclass(frozen=True)
class Pagina:
    """Movements; if asked, the sums of all there are and how the distinta that they speak of was settled; where the
    next ones begin, if there are."""

    movimenti: Sequence[Voce]
    totali: Totali | None
    regolamento: Regolamento | None
    continua: Posto | None


def print_movements(ctx: Ctx, pagina: Pagina, form: str, *, in_chiaro: bool) -> None:
    """A page of movements, each with what it speaks of."""
    found, sums, settled, more = pagina.movimenti, pagina.totali, pagina.regolamento, pagina.continua
    if form == "json":
        print_json(
            {
                "movimenti": [movement_json(each, in_chiaro=in_chiaro) for each in found],
                "totali": _totals_json(sums),
                "regolamento": None if settled is None else _settled_json(settled),
                "continua": str(more) if more else None,
            }
        )
        return
    if found:
        headings = (">N.", "Contabile", "Valuta", "Banca", "Conto", ">Importo", "Parla di", "Stato", "Descrizione")
        print_table(ctx, ctx.say("Movimenti", "Movements"), headings, [_cells(ctx, each, in_chiaro) for each in found])
    else:
        say(ctx, "Nessun movimento.", "No movement.")
    if sums is not None:
        credit, debit, balance = (euro(cents, ctx.lang) for cents in (sums.avere, sums.dare, sums.saldo))
        say(
            ctx,
            f"{sums.numero} movimenti: avere {credit}, dare {debit}, saldo {balance}",
            f"{sums.numero} movements: credit {credit}, debit {debit}, balance {balance}",
        )
    if settled is not None:
        parts = (settled.totale, settled.regolato, settled.spese, settled.esiti)
        whole, done, fees, rest = (euro(cents, ctx.lang) for cents in parts)
        it, en = COME[settled.come]
        say(
            ctx,
            f"Distinta {it}: totale {whole}, movimenti {done}, spese {fees}; sui suoi esiti {rest}",
            f"Distinta {en}: total {whole}, movements {done}, fees {fees}; about its outcomes {rest}",
        )
    if more is not None:
        warn(ctx, f"Ce ne sono altri: --after {more}", f"There are more: --after {more}")


def _cells(ctx: Ctx, voce: Voce, in_chiaro: bool) -> tuple[str, ...]:
    words = " ".join((voce.descrizione or _apart(voce)).split())
    return (
        str(voce.id),
        day(voce.data_contabile),
        day(voce.data_valuta),
        voce.abi,
        account(voce.conto, in_chiaro) or "",
        euro(voce.importo_con_segno, ctx.lang),
        _link(ctx, voce),
        _state(ctx, voce),
        words[:_IN_A_PAGE],
    )


def _apart(voce: Voce) -> str:
    """What the structured records say, when there is no free text."""
    return " ".join(value for each in voce.strutture for name, value in each.items() if name in _SAID)


_SAID = ("cliente_ordinante", "descrizione_ordinante", "ordinante_del_pagamento", "beneficiario")


def _link(ctx: Ctx, voce: Voce) -> str:
    if voce.distinta:
        return f"distinta {voce.distinta}"
    if voce.esiti:
        return f"{voce.esiti} {ctx.say('esiti', 'outcomes')}, {voce.riferimento}"
    return f"{voce.tipo_riferimento} {voce.riferimento}" if voce.tipo_riferimento else ""


def _state(ctx: Ctx, voce: Voce) -> str:
    said = ctx.say(*STATI[voce.stato])
    marks = [each for each in (voce.etichetta, voce.contropartita) if each]
    ticked = [ctx.say("spuntato", "ticked")] if voce.spuntato_at else []
    return "; ".join([said, *ticked, *marks])


def print_movement(ctx: Ctx, voce: Voce, lines: Sequence[str], form: str, *, in_chiaro: bool) -> None:
    """A movement with every part of it, and the records it came from: whole, if account numbers may be."""
    told = movement_json(voce, in_chiaro=in_chiaro)
    if form == "json":
        print_json({**told, "record": list(lines) if in_chiaro else None})
        return
    rows = [(name, _plain(value)) for name, value in told.items() if value not in (None, "", [], {})]
    print_table(ctx, ctx.say(f"Movimento {voce.id}", f"Movement {voce.id}"), ("Campo", "Dati"), rows)
    if in_chiaro:
        for number, line in enumerate(lines, voce.line):
            say(ctx, f"{voce.file}:{number}: {line}", f"{voce.file}:{number}: {line}")
    else:
        say(
            ctx,
            f"{voce.file}, righe {voce.line}-{voce.line + len(lines) - 1}: i record, con --in-chiaro",
            f"{voce.file}, lines {voce.line}-{voce.line + len(lines) - 1}: the records, with --in-chiaro",
        )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return str(value)


def _totals_json(sums: Totali | None) -> dict[str, Any] | None:
    if sums is None:
        return None
    told = {name: amount(getattr(sums, name)) for name in ("avere", "dare", "saldo")}
    return {"numero": sums.numero, **told}


def _settled_json(settled: Regolamento) -> dict[str, Any]:
    told = {name: amount(getattr(settled, name)) for name in ("totale", "regolato", "spese", "esiti")}
    return {**told, "come": settled.come}


_NUMBERS = ("iban_ordinante", "identificativo_rapporto")  # of accounts, in the structured records


def movement_json(voce: Voce, *, in_chiaro: bool) -> dict[str, Any]:
    """A movement as a plain object: amounts as decimal text with their sign, days and instants as ISO text."""
    return {
        "id": voce.id,
        "rapporto": voce.scheda_id,
        "sia": voce.sia,
        "genere": voce.genere,
        "abi": voce.abi,
        "cab": voce.cab,
        "conto": account(voce.conto, in_chiaro),
        "divisa": voce.divisa,
        "data_contabile": voce.data_contabile.isoformat(),
        "data_valuta": voce.data_valuta.isoformat() if voce.data_valuta else None,
        "importo": amount(voce.importo_con_segno),
        "causale": voce.causale,
        "causale_interna": voce.causale_interna,
        "riferimento_banca": voce.riferimento_banca,
        "tipo_riferimento": voce.tipo_riferimento,
        "riferimento": voce.riferimento,
        "msg_id": voce.msg_id,
        "end_to_end": voce.end_to_end,
        "descrizione": voce.descrizione,
        "strutture": [_masked(each, in_chiaro) for each in voce.strutture],
        "distinta": voce.distinta,
        "promemoria": voce.promemoria,
        "esiti": voce.esiti,
        "stato": voce.stato,
        "corretti": {name: _correction(voce, name, before) for name, before in voce.corretti.items()},
        "spuntato_at": voce.spuntato_at.isoformat() if voce.spuntato_at else None,
        "spuntato_da": voce.spuntato_da,
        "etichetta": voce.etichetta,
        "contropartita": voce.contropartita,
        "disposizione": voce.disposizione_id,
        "riscontrato_da": voce.riscontrato_da,
        "tipo": voce.tipo,
        "nome_supporto": voce.nome_supporto,
        "file": voce.file,
        "line": voce.line,
    }


def _masked(struttura: Mapping[str, str], in_chiaro: bool) -> dict[str, str]:
    return {name: (account(value, in_chiaro) or "") if name in _NUMBERS else value for name, value in struttura.items()}


def _correction(voce: Voce, name: str, before: Any) -> dict[str, Any]:
    """What a field was before the periodic statement, and what it is."""
    return {"era": _value(name, before), "ora": _value(name, getattr(voce, name))}


def _value(name: str, value: Any) -> Any:
    if name == "importo":
        return amount(value)
    return value.isoformat() if isinstance(value, date) else value


def print_rules(ctx: Ctx, done: Mapping[str, Sequence[tuple[str, Applicata]]], form: str) -> None:
    """What each rule did, or would do: by what it is about (a key of `_RULES`), with the SIA of its company."""
    if form == "json":
        told = [
            {
                "sia": sia,
                "regola": each.nome,
                what: each.quanti,
                "totale": amount(each.totale),
                "primi": list(each.primi),
                "riscontri": list(each.riscontri),
            }
            for what, rules in done.items()
            for sia, each in rules
        ]
        print_json(told)
        return
    for what, rules in done.items():
        rows = [
            (sia, each.nome, str(each.quanti), euro(each.totale, ctx.lang), _first_ones(each)) for sia, each in rules
        ]
        title, many = _RULES[what]
        if rows:
            print_table(ctx, ctx.say(*title), ("SIA", "Regola", many, ">Totale", "I primi"), rows)
    if not any(done.values()):
        say(ctx, "Nessuna regola in regole.toml.", "No rule in regole.toml.")


_RULES = {
    "esiti": (("Regole degli esiti", "Rules of outcomes"), ">Esiti"),
    "movimenti": (("Regole", "Rules"), ">Movimenti"),
}


def _first_ones(done: Applicata) -> str:
    """The numbers of the first movements; what each is of, beside it."""
    if not done.riscontri:
        return " ".join(map(str, done.primi))
    return ", ".join(f"{each} {of}" for each, of in zip(done.primi, done.riscontri, strict=True))
