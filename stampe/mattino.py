"""The morning report as parts, each a table with its charts: the same on a terminal, on a page and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ledger.mattino import ANDAMENTO, FASCE, ORIZZONTE, RECENTI
from reconcile.abbinamento import MOTIVI
from stampe.foglio import PASSO, Foglio
from stampe.grafici import ALTO, LARGO, Andamento, Barre, Grafico, draw
from stampe.insoluti import ESITI
from stampe.lingua import Lingua, day
from stampe.tavola import Colonna, Riga, add, table

if TYPE_CHECKING:
    from ledger.mattino import Mattino, SaldoBanca


@dataclass(frozen=True)
class Parte:
    """A part of the report; `vuota` is what is said (Italian, English) when it has no row, `nota` what is said of it in
    any case."""

    titolo: str
    colonne: Sequence[Colonna]
    righe: Sequence[Riga]
    vuota: tuple[str, str]
    nota: str = ""
    grafici: Sequence[Grafico] = ()


def title(mattino: Mattino, lingua: Lingua) -> str:
    """What the report is called."""
    return lingua.say(f"Il mattino del {day(mattino.oggi)}", f"The morning of {day(mattino.oggi)}")


def parts(mattino: Mattino, lingua: Lingua) -> Iterator[Parte]:
    """The report of a morning."""
    yield _balances(mattino, lingua)
    yield _due(mattino, lingua)
    yield _returned(mattino, lingua)
    yield _awaited(mattino, lingua)
    yield _awaiting(mattino, lingua)
    yield _exceptions(mattino, lingua)


def on_paper(foglio: Foglio, found: Mattino) -> None:
    """The report on a sheet."""
    for parte in parts(found, foglio.lingua):
        foglio.heading(parte.titolo)
        if parte.nota:
            foglio.paragraph(parte.nota)
        table(foglio, parte.colonne, parte.righe, vuota=parte.vuota)
        _charts(foglio, parte.grafici)


def _charts(foglio: Foglio, grafici: Sequence[Grafico]) -> None:
    for first in range(0, len(grafici), 2):
        foglio.need(ALTO + 2 * PASSO)
        for at, each in enumerate(grafici[first : first + 2]):
            left = foglio.left + at * (LARGO + 20)
            foglio.write(left, foglio.broken(each.titolo, LARGO)[0])
            foglio.y -= PASSO
            draw(foglio, each, left)
            foglio.y += PASSO
        foglio.y -= ALTO + 2 * PASSO


def _balances(mattino: Mattino, lingua: Lingua) -> Parte:
    righe = []
    for banca in mattino.saldi:
        whose = f"{banca.abi} {banca.nome}".rstrip()
        for conto in banca.conti:
            number = lingua.account(conto.iban or conto.conto)
            righe.append(Riga((whose, number, conto.data, banca.divisa, conto.saldo)))
        if len(banca.conti) > 1:
            righe.append(Riga((whose, lingua("Totale"), None, banca.divisa, banca.saldo), forte=True))
    return Parte(
        lingua.say("Saldi", "Balances"),
        (
            Colonna("Banca", 40),
            Colonna("Conto", 30),
            Colonna("Detto il", 16),
            Colonna("Divisa", 10),
            Colonna("Saldo", 24, destra=True),
        ),
        righe,
        ("Nessuna banca ha ancora mandato un estratto.", "No bank has sent a statement yet."),
        grafici=[_trend(banca, lingua) for banca in mattino.saldi],
    )


def _trend(banca: SaldoBanca, lingua: Lingua) -> Andamento:
    """How the balance with a bank went, and between what it was."""
    known = [each for each in banca.andamento if each is not None]
    days, low, high = ANDAMENTO.days, lingua.euro(min(known, default=0)), lingua.euro(max(known, default=0))
    words = lingua.say(f"{days} giorni, da {low} a {high}", f"{days} days, from {low} to {high}")
    return Andamento(f"{banca.abi} {banca.divisa}: {words}", banca.andamento)


def _due(mattino: Mattino, lingua: Lingua) -> Parte:
    days = ORIZZONTE.days
    every = [mattino.oggi + timedelta(days=ahead) for ahead in range(days + 1)]
    sides = [
        tuple(
            sum(s.somma.importo for s in mattino.scadenze if s.giorno == each and s.incasso is side) for each in every
        )
        for side in (True, False)
    ]
    words = lingua.say("Incassi (+) e pagamenti (-), giorno per giorno", "To collect (+) and to pay (-), day by day")
    return Parte(
        lingua.say(f"In scadenza nei prossimi {days} giorni", f"Due in the next {days} days"),
        (
            Colonna("Scadenza", 20),
            Colonna("Flusso", 20),
            Colonna("Disp.", 16, destra=True),
            Colonna("Incassi", 30, add),
            Colonna("Pagamenti", 30, add),
        ),
        [
            Riga(
                (
                    each.giorno,
                    each.flusso,
                    str(each.somma.numero),
                    *((each.somma.importo, None) if each.incasso else (None, each.somma.importo)),
                )
            )
            for each in mattino.scadenze
        ],
        ("Niente in scadenza.", "Nothing falls due."),
        grafici=[Barre(words, *sides)] if mattino.scadenze else [],
    )


def _returned(mattino: Mattino, lingua: Lingua) -> Parte:
    days, many = RECENTI.days, mattino.ritornati.numero
    total, shown = lingua.euro(mattino.ritornati.importo), len(mattino.ritorni)
    nota = lingua.say(f"In tutto {many}, per {total}", f"{many} in all, of {total}") if many else ""
    if shown < many:
        nota += lingua.say(f"; gli ultimi {shown}:", f"; the last {shown}:")
    return Parte(
        lingua.say(f"Tornato indietro negli ultimi {days} giorni", f"Came back in the last {days} days"),
        (
            Colonna("Giorno", 18),
            Colonna("Banca", 12),
            Colonna("Debitore", 44),
            Colonna("Scadenza", 18),
            Colonna("Esito", 18),
            Colonna("Stato", 20),
            Colonna("Importo", 22, destra=True),
        ),
        [
            Riga(
                (
                    each.giorno,
                    each.abi,
                    each.controparte,
                    each.scadenza,
                    f"{lingua.say(*ESITI[each.effetto])} {each.causale}",
                    each.stato,
                    each.importo,
                )
            )
            for each in mattino.ritorni
        ],
        ("Niente è tornato indietro.", "Nothing came back."),
        nota=nota,
    )


def _awaited(mattino: Mattino, lingua: Lingua) -> Parte:
    nobody = lingua.say("nessuno può completarla", "nobody can complete it")
    return Parte(
        lingua.say("In attesa di firma", "Awaiting signatures"),
        (
            Colonna("Distinta", 14, destra=True),
            Colonna("Banca", 12),
            Colonna("Supporto", 40),
            Colonna("Giorni", 14, destra=True),
            Colonna("Scadenza", 18),
            Colonna("Firmato", 14, destra=True),
            Colonna("Chi può firmare", 40),
            Colonna("Importo", 24, destra=True),
        ),
        [
            Riga(
                (
                    str(each.distinta.id),
                    each.distinta.abi,
                    each.distinta.nome_supporto,
                    str(mattino.giorni(each.distinta.at)),
                    each.scadenza,
                    str(each.distinta.firmato),
                    ", ".join(each.chi) or nobody,
                    each.distinta.totale,
                )
            )
            for each in mattino.firme
        ],
        ("Niente da firmare.", "Nothing to sign."),
    )


def _awaiting(mattino: Mattino, lingua: Lingua) -> Parte:
    mine = {login: [each for each in mattino.firme if login in each.chi] for login in mattino.firmatari}
    return Parte(
        lingua.say("Da chi è attesa", "Whose signature"),
        (
            Colonna("Chi", 40),
            Colonna("Distinte", 16, destra=True),
            Colonna("Da giorni", 30, destra=True),
            Colonna("Importo", 30, destra=True),
        ),
        [
            Riga(
                (
                    login,
                    str(len(some)),
                    str(max(mattino.giorni(each.distinta.at) for each in some)),
                    sum(each.distinta.totale for each in some),
                )
            )
            for login, some in mine.items()
        ],
        ("Da nessuno.", "Nobody's."),
    )


def _exceptions(mattino: Mattino, lingua: Lingua) -> Parte:
    return Parte(
        lingua.say("Eccezioni, per età", "Exceptions, by age"),
        (Colonna("Perché", 70), *(Colonna(name, 18, destra=True) for name in _ages(lingua))),
        [
            Riga((lingua.say(*MOTIVI.get(each.motivo, (each.motivo,) * 2)), *map(str, each.fasce)))
            for each in mattino.eccezioni
        ],
        ("Nessuna eccezione.", "No exception."),
    )


def _ages(lingua: Lingua) -> Iterator[str]:
    yield lingua.say("oggi", "today")
    for least, most in pairwise(FASCE):
        yield lingua.say(f"{least + 1}-{most} giorni", f"{least + 1}-{most} days")
    yield lingua.say(f"oltre {FASCE[-1]}", f"over {FASCE[-1]}")
