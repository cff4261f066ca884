"""The commands that are interrupted: every one that writes, each on a home where it has something to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tests.faults.case import ADMIN, MARZO
from tests.spool.casa import PASSWORD

NOVEMBRE, FIXTURES = datetime(2026, 11, 2, 8, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)
DOPO = datetime(2028, 3, 1, 8, tzinfo=UTC)  # fifteen months later
SIGN, SIGN_TWO = "sign 1 --user bianchi", "sign 1 2 --user bianchi"
NUOVA = "quattro tazze vuote"
IBAN, ALTRO_IBAN = "IT91H0306902477100000004711", "IT60X0542811101000000123456"


@dataclass(frozen=True)
class Passo:
    """A command (`argv`, where {} is the folder of the case) on a home of that kind.

    After a fault the operator types it again, or `ancora` when that is what one does; with `guarda`, only after having
    looked whether it was done, because twice would be twice. `segreti` are the lines that it is given on a descriptor,
    `esce` its exit code when nothing goes wrong; `ritirano` are the banks that collect meanwhile; `cambia`, whether
    anything that is looked at changes; `ogni`, of one that takes long, how many calls there are for one at which it is
    stopped; `diverso` is what may be other than without the fault.
    """

    nome: str
    case: str
    argv: str
    ancora: str = ""
    guarda: bool = False
    segreti: tuple[str, ...] = ()
    at: datetime = NOVEMBRE
    ritirano: tuple[str, ...] = ("02008", "03069")
    esce: int = 0
    cambia: bool = True
    ogni: int = 1
    diverso: frozenset[str] = frozenset()


def _person(nome: str, case: str, argv: str, *more: str, who: str = "bianchi", at: datetime = NOVEMBRE) -> Passo:
    return Passo(nome, case, f"{argv} --user {who}", guarda=True, segreti=(PASSWORD, *more), at=at)


def _admin(nome: str, argv: str, *more: str) -> Passo:
    return _person(nome, "libri", argv, *more, who=ADMIN)


def _file(nome: str, argv: str) -> Passo:
    return Passo(nome, "libri", argv)


PASSI = {
    each.nome: each
    for each in (
        Passo(
            "init",
            "nulla",
            "init --sia A1B2C --nome PROVA --codice-fiscale 93699630369 --banca 02008:BANCA "
            f"--conto {IBAN} --utente bianchi:100",
            guarda=True,
            segreti=(PASSWORD,),
        ),
        Passo("upgrade", "vecchia", "upgrade", ogni=3),
        Passo("import", "libri", "import {}/files/due.cbi", guarda=True),
        _person("import di una persona", "libri", "import {}/files/due.cbi"),
        Passo("sign", "libri", SIGN, f"{SIGN};dispatch", True, (PASSWORD,)),
        Passo("sign in due", "libri", SIGN_TWO, f"{SIGN_TWO};dispatch", True, (PASSWORD,)),
        _person("refuse", "firmata", "refuse 1 --reason no"),
        _person("unsign", "firmata", "unsign 1"),
        _person("distinte edit", "libri", "distinte edit 1 importo=1.00 --ordine 1"),
        _person("distinte copy", "libri", "distinte copy 1 --nome COPIA scadenza=2027-01-31"),
        _person("distinte take-out", "libri", "distinte take-out 1 1"),
        _person("distinte create", "libri", "distinte create 1:1 --nome NUOVA"),
        _person("distinte add", "libri", "distinte add 1 3:1"),
        _person("distinte discard", "sciolta", "distinte discard 5"),
        _person("distinte approve", "sciolta", "distinte approve 4"),
        _person("distinte delete", "libri", "distinte delete 3"),
        _person("distinte recall", "partita", "distinte recall 1 --nome RICHIAMO"),
        _person("distinte revoke", "delega", "distinte revoke 1", at=FIXTURES),
        _person(
            "distinte resend",
            "tornata",
            f"distinte resend 1 --nome ANCORA --ordine 1 conto_controparte={ALTRO_IBAN} scadenza=2027-03-31",
            at=FIXTURES,
        ),
        _admin("utenti create", "utenti create nuovo --peso 10", NUOVA),
        _admin("utenti change", "utenti change bianchi --no-festivi"),
        _admin("utenti power", "utenti power bianchi --peso 60"),
        _admin("utenti suspend", "utenti suspend bianchi"),
        _person("utenti enable", "sospesa", "utenti enable bianchi", who=ADMIN),
        _admin("utenti reset-password", "utenti reset-password bianchi", NUOVA),
        _person("utenti reset-code", "codice", "utenti reset-code bianchi", who=ADMIN),
        _person("password", "libri", "password", NUOVA),
        _person("cambi approve", "cambio", "cambi approve 1", who="verdi"),
        _person("cambi reject", "cambio", "cambi reject 1", who="verdi"),
        _admin("aziende add-account", f"aziende add-account {ALTRO_IBAN}"),
        _admin("aziende add-bank", "aziende add-bank 05428:BANCA"),
        _admin("aziende option", "aziende option quattro_occhi si"),
        Passo("dispatch", "firmata", "dispatch"),
        Passo("deliver", "linea", "deliver", "lines test A1B2C 03069;deliver", ritirano=("02008",)),
        Passo("fetch", "linea", "fetch", "lines test A1B2C 03069;fetch", ritirano=("02008",)),
        Passo("lines test", "linea", "lines test A1B2C 03069", ritirano=("02008",), cambia=False),
        Passo("receive", "risposte", "receive", esce=3),
        Passo("reconcile", "risposte", "reconcile", esce=3),
        _person("spool resolve --left", "incerta", "spool resolve 1 --left"),
        replace(_person("spool resolve --not-left", "incerta", "spool resolve 1 --not-left"), ritirano=()),
        replace(_person("spool resolve --left, consegna", "dubbia", "spool resolve 1 --left"), ritirano=("02008",)),
        replace(_person("spool resolve --not-left, consegna", "dubbia", "spool resolve 1 --not-left"), ritirano=()),
        Passo("run --once", "risposte", "run --once --metrics-file {}/fatti/misure", ogni=3),
        Passo("run --once dispatch", "firmata", "run --once dispatch"),
        Passo("run --once archive", "finita", "run --once archive", at=MARZO),
        Passo("run --once archive, poco", "poca", "run --once archive", at=MARZO),
        Passo("run --once archive, un mese", "riposta", "run --once archive", at=DOPO),
        _person("accounts set", "finita", "accounts set 1 --in-evidenza"),
        _person("accounts add", "finita", "accounts add --genere conto --abi 05428 --cab 11101 --conto 000000123456"),
        _person("tick", "finita", "tick 1 2"),
        _person("untick", "spuntata", "untick 1"),
        Passo("rules", "spuntata", "rules", guarda=True),
        _person("match", "spuntata", "match 1 1"),
        _person("unmatch", "finita", "unmatch 1"),
        _person("mark", "partita", "mark 1 --stato Pagata"),
        _person("messages mark", "scritta", "messages mark 4:1"),
        Passo("export", "finita", "export disposizioni --force --to {}/fatti/fuori.csv", guarda=True),
        Passo("audit checkpoint", "partita", "audit checkpoint", "run --once checkpoint"),
        Passo("audit key", "partita", "audit key", cambia=False),
        Passo("audit export", "finita", "audit export --into {}/fatti/esporto", guarda=True),
        # a checkpoint is kept, and is true, also when the journal could not name it: then no other is taken
        Passo("evidence", "finita", "evidence 1 -o {}/fatti/prova.zip", diverso=frozenset({"libri", "specie"})),
        Passo("replay", "esportata", "replay {}/esporto --into {}/fatti/rifatto", guarda=True, ogni=4),
        _file("write", "write {}/files/uno.ndjson -o {}/fatti/scritto.cbi"),
        _file("split", "split {}/files/due.cbi --dir {}/fatti --force"),
        _file("merge", "merge {}/files/due.cbi {}/files/altro.cbi -o {}/fatti/unito.cbi"),
        _file("fix", "fix {}/files/due.cbi -o {}/fatti/curato.cbi"),
        _file("report", "report rights --format csv -o {}/fatti/diritti.csv"),
    )
}

NOT_HERE = {
    "lint": "reads",
    "explain": "reads",
    "tributi": "reads",
    "parse": "reads",
    "context": "reads",
    "describe": "reads",
    "diff": "reads",
    "scarto": "reads",
    "libro-firma": "reads",
    "distinte show": "reads",
    "distinte loose": "reads",
    "report accesses": "as report rights",
    "report activity": "as report rights",
    "spool status": "reads",
    "exceptions": "reads",
    "balances": "reads",
    "movements show": "reads",
    "movements match": "as tick: a mark of the same event",
    "movements unmatch": "as tick: a mark of the same event",
    "accounts statement": "reads",
    "accounts sent": "reads",
    "messages show": "reads",
    "insoluti": "as report rights",
    "report day": "as report rights",
    "esiti export": "as write: bytes that are there, in a file",
    "messages export": "as export",
    "messages write": "as write",
    **{
        f"print {each}": "as report rights, but for the instant that it bears"
        for each in ("distinta", "disposizione", "estratto", "insoluti", "delega", "quietanza", "diritti")
    },
    "jobs": "reads",
    "metrics": "reads",
    "audit verify": "reads",
    "audit rebuild": "reads",
    "anonymize": "as fix, but for a key that is another at every run",
    "totp": "draws a secret that has to be typed back",
    "aziende group": "as aziende option: one row, through the same gate",
    "aziende share": "as aziende option: one row, through the same gate",
    "aziende unshare": "as aziende option: one row, through the same gate",
}
"""The commands that are not interrupted, and why."""
