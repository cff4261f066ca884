"""How the road to the bank and back is shown: tables for people, plain objects for JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import amount, day, euro, print_json, print_json_list, print_table, say, warn
from ledger.ports import ROME
from reconcile.abbinamento import MOTIVI, Classe
from reconcile.codici_er import in_words
from reconcile.conto import Conto
from reconcile.somiglianza import Grado
from spool.receive import ATTESA, FATTO, GIA_RICEVUTO

if TYPE_CHECKING:
    from sqlalchemy import Row

    from spool.albero import Ramo
    from spool.dispatch import Inoltro
    from spool.orari import Ritardo
    from spool.receive import FileRicevuto

SHOWN_REASONS = 5
SHOWN_FILES = 200

VERDETTI = {
    "inoltrata": ("inoltrata", "sent"),
    "completata": ("completata, era a metà", "completed, was halfway"),
    "gia_inoltrata": ("già inoltrata", "already sent"),
    "ritirata": ("ritirata", "withdrawn"),
    "attende": ("attende il suo giorno", "waits for its day"),
    "fallita": ("non riuscita, si può ripetere", "failed, may be repeated"),
    "incerta": ("incerta, da decidere", "uncertain, to be decided"),
    "fatto": ("letto", "read"),
    "gia_ricevuto": ("già ricevuto", "already received"),
    "quarantena": ("in quarantena", "in quarantine"),
    "fallito": ("non letto, si riprova", "not read, to be tried again"),
    "attesa": ("in attesa, qualcuno ci scrive", "waits, somebody is writing"),
}


# --- dispatch -------------------------------------------------------------------------------------------


def print_inoltri(ctx: Ctx, inoltri: Sequence[Inoltro], form: str) -> None:
    """What became of the distinte that were ready, and what to do about those that stay."""
    from ledger.errors import Refused

    if form == "json":
        print_json([_inoltro_json(ctx, inoltro) for inoltro in inoltri])
    elif inoltri:
        rows = [
            (str(i.distinta_id), ctx.say(*VERDETTI[i.verdetto]), str(i.path or i.nome_file), _error(ctx, i))
            for i in inoltri
        ]
        headings = ("Distinta", "Verdetto", "File", "Perché")
        print_table(ctx, ctx.say("Inoltri", "Dispatches"), headings, rows)
        for i in inoltri:
            if isinstance(i.error, Refused) and i.error.hint_it:
                warn(ctx, f"  = {i.error.hint_it}", f"  = {i.error.hint_en}")
    else:
        say(ctx, "Nessuna distinta da inoltrare.", "No distinta to be sent.")


def _inoltro_json(ctx: Ctx, inoltro: Inoltro) -> dict[str, Any]:
    return {
        "distinta": inoltro.distinta_id,
        "verdetto": inoltro.verdetto,
        "file": inoltro.nome_file,
        "path": str(inoltro.path) if inoltro.path else None,
        "dal": inoltro.dal.isoformat() if inoltro.dal else None,
        "ritardo": ritardo_json(inoltro.ritardo),
        "errore": _error(ctx, inoltro) or None,
    }


def _error(ctx: Ctx, inoltro: Inoltro) -> str:
    from ledger.errors import Refused

    if inoltro.ritardo is not None and inoltro.error is None:
        return ctx.say(*late(inoltro.ritardo))
    if inoltro.dal is not None:
        day = f"{inoltro.dal:%d/%m/%Y}"
        return ctx.say(f"la banca la accetta dal {day}", f"the bank takes it from {day} on")
    error = inoltro.error
    return error.message(ctx.lang) if isinstance(error, Refused) else str(error or "")


def late(ritardo: Ritardo) -> tuple[str, str]:
    """That a distinta is late, and what becomes of it, in Italian and in English."""
    hour, dal = ritardo.limite, day(ritardo.dal)
    if ritardo.attende:
        past = (
            (f"dopo le {hour}", f"after {hour}") if hour else ("oggi le banche sono chiuse", "banks are closed today")
        )
        return f"{past[0]}: parte il giorno bancario dopo, {dal}", f"{past[1]}: goes the next banking day, {dal}"
    it, en = "il giorno di pagamento è passato", "the day of payment is past"
    if hour:
        it, en = f"sono passate le {hour} del giorno di pagamento", f"it is past {hour} of the day of payment"
    return (
        f"{it}: parte subito, ma la banca può trattarla il {dal} o rifiutarla",
        f"{en}: it leaves at once, but the bank may see to it on {dal}, or refuse it",
    )


def ritardo_json(ritardo: Ritardo | None) -> dict[str, Any] | None:
    """How late a distinta is; None when it is in time."""
    if ritardo is None:
        return None
    return {"limite": ritardo.limite or None, "dal": ritardo.dal.isoformat(), "attende": ritardo.attende}


# --- receive --------------------------------------------------------------------------------------------


def print_waiting(ctx: Ctx, waiting: Iterable[tuple[Ramo, str]], form: str) -> None:
    """The files that would be read."""
    rows = [(branch.sia, branch.abi, name) for branch, name in waiting]
    if form == "json":
        print_json([{"sia": sia, "abi": abi, "file": name} for sia, abi, name in rows])
    else:
        print_table(ctx, ctx.say("Da leggere", "To be read"), ("SIA", "Banca", "File"), rows)


def print_files(ctx: Ctx, files: Iterable[FileRicevuto], form: str) -> bool:
    """What became of each file, with its sums and, below, why something was refused; whether nothing was.

    However many files there are, few are held at once: those after the first ones are told by their sums and, as they
    come, by what was refused in them.
    """
    seen = _Visti()
    if form == "json":
        print_json_list(_file_json(file) for file in seen.each(files))
        return seen.read
    for file in seen.each(files):
        if len(seen.shown) < SHOWN_FILES:
            seen.shown.append(file)
        else:
            _print_refusals(ctx, file)
    if seen.shown:
        _print_sums(ctx, seen)
        for file in seen.shown:
            _print_refusals(ctx, file)
    else:
        say(ctx, "Nessun file nuovo dalle banche.", "No new file from the banks.")
    return seen.read


@dataclass
class _Visti:
    """How many files there were, the first of them, their sums, and whether all was read or waits."""

    many: int = 0
    shown: list[FileRicevuto] = field(default_factory=list)
    conto: Conto = field(default_factory=Conto)
    read: bool = True

    def each(self, files: Iterable[FileRicevuto]) -> Iterator[FileRicevuto]:
        for file in files:
            self.many += 1
            self.conto += file.conto
            self.read = self.read and file.verdetto in (FATTO, ATTESA)
            yield file


def _print_sums(ctx: Ctx, seen: _Visti) -> None:
    headings = (
        "Banca",
        "File",
        "Verdetto",
        ">Ricev.",
        ">= appl.",
        ">+ già appl.",
        ">+ ecc.",
        ">Prom.",
        ">Mov.",
    )
    rows = [(f.abi, f.nome, ctx.say(*VERDETTI[_verdict(f)]), *_figures(f.conto)) for f in seen.shown]
    more = seen.many - len(seen.shown)
    if more:
        rest = [""] * len(_figures(seen.conto))
        rows.append(("", ctx.say(f"e altri {more} file", f"and {more} more files"), "", *rest))
    if seen.many > 1:
        rows.append(("", ctx.say("Totale", "Total"), "", *_figures(seen.conto)))
    print_table(ctx, ctx.say("File ricevuti", "Files received"), headings, rows)


def _print_refusals(ctx: Ctx, file: FileRicevuto) -> None:
    for supporto in file.supporti:
        name = supporto.nome_supporto
        for code in supporto.codici:
            it, en = in_words([code], "it"), in_words([code], "en")
            say(ctx, f"{name} scartato dalla banca {file.abi}: {it}", f"{name} refused by bank {file.abi}: {en}")
        if supporto.codici:
            say(ctx, f"  = Quali righe: cbi scarto {file.path}", f"  = Which lines: cbi scarto {file.path}")
    for motivo in file.motivi[:SHOWN_REASONS]:
        where = f"{file.nome}:{motivo['line']}: {motivo['code']}:"
        warn(ctx, f"{where} {motivo['message_it']}", f"{where} {motivo['message_en']}")
    more = len(file.motivi) - SHOWN_REASONS
    if more > 0:
        warn(ctx, f"  e altri {more}: {file.path}.diagnostica.json", f"  and {more} more: {file.path}.diagnostica.json")


def _verdict(file: FileRicevuto) -> str:
    known = bool(file.supporti) and all(s.verdetto == GIA_RICEVUTO for s in file.supporti)
    return GIA_RICEVUTO if known and file.verdetto == FATTO else file.verdetto


def _figures(conto: Conto) -> tuple[str, ...]:
    movimenti = str(conto.movimenti)
    if conto.movimenti_gia_presenti:
        movimenti += f" (+{conto.movimenti_gia_presenti})"
    figures = (conto.ricevuti, conto.applicati, conto.gia_applicati, conto.eccezioni, conto.promemoria)
    return (*map(str, figures), movimenti)


def _file_json(file: FileRicevuto) -> dict[str, Any]:
    return {
        "file": file.nome,
        "sia": file.sia,
        "abi": file.abi,
        "sha256": file.sha256 or None,
        "verdetto": _verdict(file),
        "path": str(file.path) if file.path else None,
        "conto": asdict(file.conto),
        "supporti": [asdict(supporto) for supporto in file.supporti],
        "motivi": list(file.motivi),
    }


# --- exceptions -----------------------------------------------------------------------------------------


def print_eccezioni(ctx: Ctx, found: Sequence[Row[Any]], form: str, oggi: date) -> None:
    """What a person has to look at, and how many days it has been waiting."""
    if form == "json":
        print_json([_eccezione_json(ctx, row, oggi) for row in found])
    elif found:
        headings = (
            ">Esito",
            "Banca",
            "Chiave",
            ">Importo",
            "Scadenza",
            "Controparte",
            "Perché",
            "File e riga",
            ">Giorni",
        )
        rows = [_eccezione_cells(ctx, row, oggi) for row in found]
        print_table(ctx, ctx.say("Eccezioni", "Exceptions"), headings, rows)
    else:
        say(ctx, "Nessuna eccezione.", "No exception.")


def _eccezione_cells(ctx: Ctx, row: Row[Any], oggi: date) -> tuple[str, ...]:
    return (
        "-" if row.esito is None else str(row.esito),
        row.abi or "",
        row.chiave or "",
        "" if row.importo is None else euro(row.importo, ctx.lang),
        day(row.scadenza),
        row.controparte or "",
        f"{_why(ctx, row)}{_seen(ctx, row)}{_likely(ctx, row)}",
        f"{row.file}:{row.line or 1}",
        str(_age(row, oggi)),
    )


def _age(row: Row[Any], oggi: date) -> int:
    since: date = row.at.astimezone(ROME).date()
    return (oggi - since).days


def _likely(ctx: Ctx, row: Row[Any]) -> str:
    """That one order is likely, and what of it the outcome does not say the same."""
    if row.classe != Classe.PROBABILE:
        return ""
    prove = json.loads(row.prove)
    wrong = ", ".join(name for name, grado in prove.items() if grado in (Grado.DIVERSO, Grado.SIMILE))
    it, en = ("insieme", "together") if "insieme" in prove else (wrong or "-", wrong or "-")
    return ctx.say(f"; probabile la prima, non uguale in: {it}", f"; the first is likely, not the same in: {en}")


def _why(ctx: Ctx, row: Row[Any]) -> str:
    codes = json.loads(row.dati).get("codici")
    said = f": {in_words(codes, ctx.lang)}" if codes else ""
    return f"{ctx.say(*MOTIVI[row.motivo])}{said}"


def _seen(ctx: Ctx, row: Row[Any]) -> str:
    """The orders that were looked at: what the accountant would go and look up."""
    found, due = json.loads(row.dati).get("candidate", []), ctx.say("al", "due")
    orders = [
        f"{c['disposizione']}: {euro(c['importo'], ctx.lang)} {due} {day(_day(c['scadenza']))}, {c['stato']}"
        for c in found
    ]
    return f" ({'; '.join(orders)})" if orders else ""


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _eccezione_json(ctx: Ctx, row: Row[Any], oggi: date) -> dict[str, Any]:
    return {
        "id": row.id,
        "esito": row.esito,
        "giorni": _age(row, oggi),
        "motivo": row.motivo,
        "perche": _why(ctx, row),
        "at": row.at.isoformat(),
        "file": row.file,
        "abi": row.abi,
        "line": row.line,
        "causale": row.causale,
        "effetto": row.effetto,
        "flusso": row.flusso,
        "chiave": row.chiave,
        "importo": None if row.importo is None else amount(row.importo),
        "scadenza": row.scadenza and row.scadenza.isoformat(),
        "controparte": row.controparte,
        "classe": row.classe,
        "prove": row.prove and json.loads(row.prove),
        "dati": json.loads(row.dati),
    }
