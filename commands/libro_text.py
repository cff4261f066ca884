"""How the libro firma is shown, and what came of signing: tables for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.ledger_text import DISTINTA_HEADINGS, distinta_cells, distinta_json, print_refused
from commands.tables import account, amount, day, euro, print_table, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.errors import Refused
    from ledger.firme import SignResult
    from ledger.libro import Libro, Novita, Voce
    from ledger.poteri import Potere

SHOWN_NEWS = 5
OLTRE = {
    "distinta": ("oltre {} per distinta", "above {} for a distinta"),
    "giorno": ("oltre {} nel giorno", "above {} in the day"),
    "mese": ("oltre {} nel mese", "above {} in the month"),
}
PERIODI = {
    "distinta": ("per distinta", "for a distinta"),
    "giorno": ("oggi", "today"),
    "mese": ("nel mese", "this month"),
}
MOTIVI = {
    "nuovo": ("mai pagato prima", "never paid before"),
    "conto": ("su un conto mai usato prima", "on an account never used before"),
    "nome": ("nome nuovo per un conto già usato", "a new name for an account used before"),
}


def print_libro(ctx: Ctx, libro: Libro, in_chiaro: bool) -> None:
    """What awaits a user's signature, a line a distinta; what they cannot sign, and why; what they have signed."""
    login = libro.penna.utente.login
    barred = [voce for voce in libro.voci if voce.rifiuto is not None]
    if libro.firmabili:
        title = ctx.say(f"In attesa della firma di {login}", f"Awaiting the signature of {login}")
        headings = (*DISTINTA_HEADINGS, "Scadenze", "Firmata da", "Manca")
        print_table(ctx, title, headings, [_cells(ctx, voce) for voce in libro.firmabili])
    else:
        say(ctx, "Niente da firmare.", "Nothing to sign.")
    if barred:
        title = ctx.say(f"{login} non può firmare", f"{login} cannot sign")
        print_table(ctx, title, (*DISTINTA_HEADINGS, "Manca", "Perché"), [_barred(ctx, voce) for voce in barred])
    for voce in libro.voci:
        _print_news(ctx, voce, in_chiaro)
    it, en = _signed_so_far(libro, "it"), _signed_so_far(libro, "en")
    say(ctx, f"{login}: {it}", f"{login}: {en}")


def _cells(ctx: Ctx, voce: Voce) -> tuple[str, ...]:
    due = dict.fromkeys(day(each) for each in voce.scadenze)
    signed = ", ".join(f"{login} ({peso})" for login, peso in voce.firme.items())
    return (*distinta_cells(ctx, voce.distinta), " - ".join(due), signed or "-", _missing(voce, ctx.lang))


def _barred(ctx: Ctx, voce: Voce) -> tuple[str, ...]:
    why = voce.rifiuto.message(ctx.lang) if voce.rifiuto else ""
    return (*distinta_cells(ctx, voce.distinta), _missing(voce, ctx.lang), why)


def _missing(voce: Voce, lang: str) -> str:
    """What is missing, and who could give it: "50/100: bianchi, or verdi and neri"."""
    also, either = ("e", "o") if lang == "it" else ("and", "or")
    sets = [f" {also} ".join(filter(None, [", ".join(each[:-1]), each[-1]])) for each in voce.bastano]
    nobody = "nessuno può completarla" if lang == "it" else "nobody can complete it"
    return f"{voce.manca}/100: {f', {either} '.join(sets) or nobody}"


def _print_news(ctx: Ctx, voce: Voce, in_chiaro: bool) -> None:
    for novita in voce.novita[:SHOWN_NEWS]:
        it, en = MOTIVI[novita.motivo]
        who = " ".join(filter(None, [novita.controparte, account(novita.conto, in_chiaro)]))
        say(ctx, f"distinta {voce.distinta.id}: {who}: {it}", f"distinta {voce.distinta.id}: {who}: {en}")
    more = len(voce.novita) - SHOWN_NEWS
    if more > 0:
        say(
            ctx,
            f"distinta {voce.distinta.id}: e altri {more} (tutti con --format json)",
            f"distinta {voce.distinta.id}: and {more} more (all of them with --format json)",
        )


def _signed_so_far(libro: Libro, lang: str) -> str:
    firmato, at = libro.penna.firmato, 0 if lang == "it" else 1
    told = ("firmati oggi {}, nel mese {}", "signed today {}, this month {}")[at]
    parts = [in_words(libro.penna.potere, lang), told.format(euro(firmato.giorno, lang), euro(firmato.mese, lang))]
    left = [f"{euro(cents, lang)} {PERIODI[periodo][at]}" for periodo, cents in libro.residui.items()]
    if left:
        parts.append(("sotto le soglie restano ", "left below the thresholds: ")[at] + ", ".join(left))
    return "; ".join(parts)


def in_words(potere: Potere, lang: str) -> str:
    """A power of signature, for people: "weight 60, 30 above 10,000.00 in the month"."""
    at = 0 if lang == "it" else 1
    if potere.peso == 0:
        return ("nessun potere di firma", "no power of signature")[at]
    above = [f"{soglia.peso} {OLTRE[each][at].format(euro(soglia.importo, lang))}" for each, soglia in potere.soglie]
    return ", ".join([f"{('peso', 'weight')[at]} {potere.peso}", *above])


def libro_json(libro: Libro, lang: str, in_chiaro: bool) -> dict[str, Any]:
    """The libro firma of a user."""
    firmato = libro.penna.firmato
    return {
        "utente": libro.penna.utente.login,
        "potere": libro.penna.potere.dati,
        "firmato": {"giorno": amount(firmato.giorno), "mese": amount(firmato.mese)},
        "residui": {periodo: amount(cents) for periodo, cents in libro.residui.items()},
        "distinte": [_voce_json(voce, lang, in_chiaro) for voce in libro.voci],
    }


def _voce_json(voce: Voce, lang: str, in_chiaro: bool) -> dict[str, Any]:
    first, last = voce.scadenze
    return {
        **distinta_json(voce.distinta),
        "prima_scadenza": first and first.isoformat(),
        "ultima_scadenza": last and last.isoformat(),
        "firme": dict(voce.firme),
        "manca": voce.manca,
        "bastano": [list(each) for each in voce.bastano],
        "peso": voce.peso,
        "rifiuto": voce.rifiuto and refusal_json(voce.rifiuto, lang),
        "beneficiari": [_news_json(novita, in_chiaro) for novita in voce.novita],
    }


def _news_json(novita: Novita, in_chiaro: bool) -> dict[str, Any]:
    return {**vars(novita), "conto": account(novita.conto, in_chiaro)}


def refusal_json(error: Refused, lang: str) -> dict[str, str]:
    """A refusal: its code, and its words."""
    return {"codice": error.code, "messaggio": error.message(lang), "rimedio": error.hint(lang)}


def print_signed(ctx: Ctx, results: Mapping[int, SignResult | Refused]) -> None:
    """What came of signing each distinta; refusals on standard error."""
    from ledger.errors import Refused

    for each, result in results.items():
        if isinstance(result, Refused):
            print_refused(ctx, result, f"distinta {each}")
        else:
            weight = result.total_weight
            say(ctx, f"distinta {each}: firmata, {weight} su 100", f"distinta {each}: signed, {weight} of 100")


def signed_json(conn: Connection, distinta_id: int, result: SignResult | Refused, lang: str) -> dict[str, Any]:
    """What came of signing a distinta, and where it is now."""
    from ledger import distinte
    from ledger.errors import Refused

    if isinstance(result, Refused):
        return {"distinta": distinta_id, "firmata": False, "rifiuto": refusal_json(result, lang)}
    stato = distinte.get(conn, distinta_id).stato
    return {"distinta": distinta_id, "firmata": True, "firmato": result.total_weight, "stato": stato}
