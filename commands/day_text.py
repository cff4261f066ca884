"""How the morning report is shown on a terminal and in the text of a mail, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.ledger_text import distinta_json
from commands.tables import account, amount, print_table, say
from ledger.celle import printable
from stampe.lingua import Lingua, moment
from stampe.mattino import parts, title
from stampe.tavola import shown, totals

if TYPE_CHECKING:
    from ledger.mattino import Mattino, SaldoBanca
    from ledger.ritorni import Somma

MAIL_WIDTH = 100  # columns of the text of a mail


def print_day(ctx: Ctx, mattino: Mattino, *, in_chiaro: bool) -> None:
    """The report, a table a part."""
    lingua = Lingua(ctx.lang, in_chiaro)
    head = f"{title(mattino, lingua)}, {mattino.azienda.nome} ({mattino.azienda.sia})"
    say(ctx, *(f"{printable(head)} · {moment(mattino.at)}\n",) * 2)
    for parte in parts(mattino, lingua):
        if not parte.righe:
            say(ctx, *(f"{parte.titolo}: {lingua.say(*parte.vuota)}\n",) * 2)
            continue
        carried = totals(parte.colonne, parte.righe)
        last = [] if set(carried) == {None} else [[lingua("Totale"), *(shown(each, lingua) for each in carried[1:])]]
        rows = [[printable(lingua.text(shown(cella, lingua))) for cella in riga.celle] for riga in parte.righe]
        heads = [f"{'>' if each.right else ''}{lingua(each.titolo)}" for each in parte.colonne]
        print_table(ctx, ". ".join(filter(None, (parte.titolo, parte.nota))), heads, [*rows, *last])
        for each in parte.grafici:
            say(ctx, *("\n".join([each.titolo, *each.lines(), ""]),) * 2)


def as_text(ctx: Ctx, mattino: Mattino, *, in_chiaro: bool) -> str:
    """The same, as a text."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    other = Ctx(lang=ctx.lang)
    other.console = Console(file=out, width=MAIL_WIDTH)
    print_day(other, mattino, in_chiaro=in_chiaro)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def day_json(mattino: Mattino, in_chiaro: bool) -> dict[str, Any]:
    """The report, amounts as decimal text."""
    return {
        "azienda": mattino.azienda.sia,
        "giorno": mattino.oggi.isoformat(),
        "at": mattino.at.isoformat(),
        "saldi": [_saldo_json(banca, in_chiaro) for banca in mattino.saldi],
        "scadenze": [
            {"giorno": each.giorno.isoformat(), "flusso": each.flusso, "incasso": each.incasso, **_sum_json(each.somma)}
            for each in mattino.scadenze
        ],
        "ritorni": {
            **_sum_json(mattino.ritornati),
            "ultimi": [
                {
                    **vars(each),
                    "giorno": each.giorno and each.giorno.isoformat(),
                    "scadenza": each.scadenza and each.scadenza.isoformat(),
                    "importo": amount(each.importo),
                    "spese": None if each.spese is None else amount(each.spese),
                }
                for each in mattino.ritorni
            ],
        },
        "firme": [
            {**distinta_json(each.distinta), "giorni": mattino.giorni(each.distinta.at), "chi": each.chi}
            for each in mattino.firme
        ],
        "eccezioni": [{"motivo": each.motivo, "fasce": list(each.fasce)} for each in mattino.eccezioni],
    }


def _saldo_json(banca: SaldoBanca, in_chiaro: bool) -> dict[str, Any]:
    return {
        "abi": banca.abi,
        "nome": banca.nome,
        "divisa": banca.divisa,
        "saldo": amount(banca.saldo),
        "conti": [
            {
                "conto": account(each.conto, in_chiaro),
                "iban": account(each.iban, in_chiaro),
                "saldo": amount(each.saldo),
                "data": each.data.isoformat(),
            }
            for each in banca.conti
        ],
        "andamento": [None if each is None else amount(each) for each in banca.andamento],
    }


def _sum_json(somma: Somma) -> dict[str, Any]:
    return {"numero": somma.numero, "importo": amount(somma.importo)}
