"""The whole road in one go: `python -m banksim.demo [--home DIR] [--lang it|en]`.

In a scratch home an invented company writes Ri.Ba. for its banks, cures what `cbi lint` finds, signs,
sends; the simulator answers; everything is reconciled. Every line after a `$` is run as printed, by the
shell, with the real `cbi`.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import cbi
from banksim import SIMULATORE
from banksim.dati import CREDITORE, SIA, conto, partita_iva, presentazione
from cbi.flows.riba import disposizioni

OGGI = date(2026, 11, 2)
SCADENZE = (date(2026, 11, 30), date(2026, 12, 31))
LONTANA = date(2027, 2, 28)
RICEVUTE, ESITI, RENDICONTO = "2026-11-03", "2027-03-02", "2027-03-03"

CONTI = (
    conto("03069", "02477", "100000004711"),
    conto("02008", "02430", "000103456789"),
    conto("05034", "02400", "000000008150"),
)
NOMI = ("RIBA-NOV-A", "RIBA-NOV-B", "RIBA-NOV-C")
ERRATA, LONTANA_DEL = 7, 21
"""The orders whose fiscal code and whose due date are spoilt."""

MARKER = ".demo"
PASSWORDS = {"bianchi": "una-frase-lunga-di-prova", "verdi": "altra-frase-lunga-di-prova"}


@dataclass(frozen=True)
class Scena:
    """What is said, in Italian and in English, and the commands typed: each with the exit codes it may end
    with."""

    it: str
    en: str
    commands: tuple[tuple[str, tuple[int, ...]], ...] = ()


def flows() -> dict[str, bytes]:
    """The files of the company by name: the presentation with its three faults, the cured one, a third
    bank's."""
    first = _first()
    second = presentazione(NOMI[1], CONTI[1], range(35, 61), OGGI, SCADENZE)
    third = presentazione(NOMI[2], CONTI[2], range(61, 64), OGGI, SCADENZE)
    return {
        "presentazione.cbi": spoil(first, second),
        "presentazione-corretta.cbi": first + second,
        "terza-banca.cbi": third,
    }


def _first() -> bytes:
    scadenze = [LONTANA if n == LONTANA_DEL else SCADENZE[n % 2] for n in range(1, 35)]
    return presentazione(NOMI[0], CONTI[0], range(1, 35), OGGI, scadenze)


def spoil(first: bytes, second: bytes) -> bytes:
    """The two supporti with three faults: a fiscal code's check digit, a date that does not exist, a total
    of EF."""
    good = partita_iva(ERRATA)
    bad = good[:-1] + str((int(good[-1]) + 1) % 10)
    first = _replace_once(first, good.encode(), bad.encode())
    first = _replace_once(first, f"{LONTANA:%d%m%y}30000".encode(), b"30022730000")
    total = sum(d.importo for s in cbi.read_supporti(BytesIO(second)) for d in disposizioni(s))
    return first + _replace_once(second, b"%015d" % total, b"%015d" % (total + 100))


def _replace_once(data: bytes, old: bytes, new: bytes) -> bytes:
    if data.count(old) != 1:
        raise ValueError(f"{old!r} stands {data.count(old)} times, not once")
    return data.replace(old, new)


def scenes(home: Path) -> list[Scena]:
    """What happens, in order; `home` as it is typed."""
    here = shlex.quote(str(home))
    flussi, spool = f"{here}/flussi", f"{here}/spool"
    conti = " ".join(f"--conto {c['iban']}" for c in CONTI)
    init = (
        f'cbi init --sia {SIA} --nome "{CREDITORE[0]}" --codice-fiscale {partita_iva(9_999)} {conti}'
        f" --utente bianchi:50 --utente verdi:50 --password-fd 3 3< {flussi}/password-di-prova"
    )
    sign = "cbi sign 1 2 3 --user {0} --password-fd 3 3< " + flussi + "/password-{0}"
    return [
        Scena(
            "La contabilità ha prodotto 60 Ri.Ba. per due banche, in un file. Qualcosa non va: cosa, e dove?",
            "Accounting made 60 Ri.Ba. for two banks, in one file. Something is wrong: what, and where?",
            ((f"cbi lint {flussi}/presentazione.cbi", (3,)),),
        ),
        Scena(
            "Corretti i tre difetti, il file passa.",
            "With the three defects cured, the file passes.",
            ((f"cbi lint {flussi}/presentazione-corretta.cbi", (0,)),),
        ),
        Scena(
            "L'archivio dell'azienda: tre conti, due persone che firmano insieme (50 + 50).",
            "The company's home: three accounts, two people who sign together (50 + 50).",
            ((init, (0,)),),
        ),
        Scena(
            "Importare: una distinta per ogni supporto.",
            "Import: one distinta for each supporto.",
            (
                (f"cbi import {flussi}/presentazione-corretta.cbi {flussi}/terza-banca.cbi", (0,)),
                ("cbi libro-firma --user bianchi", (0,)),
            ),
        ),
        Scena(
            "Firma Bianchi: non basta. Firma Verdi: si parte.",
            "Bianchi signs: not enough. Verdi signs: off they go.",
            (
                (sign.format("bianchi"), (0,)),
                (sign.format("verdi"), (0,)),
                (f"ls {spool}/{SIA}/*/out/new", (0,)),
            ),
        ),
        Scena(
            "Il giorno dopo le banche (simulate) rispondono: due ricevute, e un rifiuto.",
            "The day after the (simulated) banks answer: two receipts, and one refusal.",
            (
                (_simulate(spool, "receipts", RICEVUTE, f"--refuse {NOMI[2]} --ack {CONTI[1]['abi']}"), (0,)),
                ("cbi reconcile", (0,)),
                ("cbi distinte", (0,)),
            ),
        ),
        Scena(
            "Passate le scadenze arrivano gli esiti, pagate e insolute. Due non corrispondono a nulla.",
            "Once due, the outcomes arrive, paid and unpaid. Two of them match nothing.",
            (
                (_simulate(spool, "outcomes", ESITI, "--strays"), (0,)),
                ("cbi reconcile", (0,)),
            ),
        ),
        Scena(
            "L'indomani, la rendicontazione: accrediti, insoluti riaddebitati, spese, ognuno col suo flusso.",
            "Next day, the statements: credits, charge-backs, fees, each with its flow.",
            (
                (_simulate(spool, "statement", RENDICONTO, ""), (0,)),
                ("cbi reconcile", (0,)),
                ("cbi movements", (0,)),
            ),
        ),
        Scena(
            "Come sta ogni distinta, e ciò che una persona deve guardare.",
            "Where every distinta is, and what a person has to look at.",
            (("cbi distinte", (0,)), ("cbi exceptions", (0,))),
        ),
    ]


def _simulate(spool: str, scene: str, day: str, options: str) -> str:
    return f"python -m banksim {spool} {scene} --date {day} {options}".rstrip()


def prepare(home: Path) -> None:
    """An empty demo home with the files of the company. Raises `SystemExit` rather than touch a folder
    which is not a demo home."""
    if home.exists() and not (home / MARKER).is_file():
        raise SystemExit(f"{home}: non è un archivio della demo, non lo tocco / not a demo home, left alone")
    shutil.rmtree(home, ignore_errors=True)
    flussi = home / "flussi"
    flussi.mkdir(parents=True)
    (home / MARKER).write_text("cbi demo\n")
    for name, data in flows().items():
        (flussi / name).write_bytes(data)
    (flussi / "password-di-prova").write_text("".join(f"{p}\n" for p in PASSWORDS.values()))
    for login, password in PASSWORDS.items():
        (flussi / f"password-{login}").write_text(f"{password}\n")


def play(home: Path, lang: str) -> None:
    """Every scene in turn. Raises `SystemExit` when a command ends as it should not."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CBI_HOME": str(home),
        "CBI_LANG": lang,
        "COLUMNS": os.environ.get("COLUMNS", "130"),
    }
    _say(SIMULATORE, f"$ export CBI_HOME={home} CBI_LANG={lang}")
    for scena in scenes(home):
        _say("", f"## {scena.en if lang == 'en' else scena.it}")
        for command, expected in scena.commands:
            _say("", f"$ {command}")
            code = subprocess.run(["/bin/sh", "-c", command], env=environment).returncode  # noqa: S603
            if code not in expected:
                raise SystemExit(f"{command}: exit {code}")


def _farewell(home: Path, lang: str) -> None:
    if lang == "en":
        _say(
            "",
            f"Everything is in {home}: spool/ (what left, what arrived), archive/ (every file by its digest).",
        )
        _say("Try next (export PATH=$PWD/.venv/bin:$PATH and CBI_HOME as above):")
    else:
        _say("", f"È tutto in {home}: spool/ (partenze e arrivi), archive/ (ogni file col suo digest).")
        _say("Da provare adesso (export PATH=$PWD/.venv/bin:$PATH, e CBI_HOME come sopra):")
    _say(
        f"  cbi context {home}/flussi/presentazione.cbi 45",
        "  cbi distinte show 1",
        "  cbi exceptions --format json",
        f"  cbi parse {home}/flussi/terza-banca.cbi --format ndjson",
        f"  cp {home}/spool/{SIA}/03069/in/done/* {home}/spool/{SIA}/03069/in/new/ && cbi reconcile",
    )


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="banksim.demo", description=SIMULATORE)
    parser.add_argument("--home", type=Path, default=Path("demo-home"), help="scratch folder, made anew")
    lang = "en" if os.environ.get("CBI_LANG", "it").startswith("en") else "it"
    parser.add_argument("--lang", choices=("it", "en"), default=lang)
    args = parser.parse_args(arguments)
    prepare(args.home)
    play(args.home, args.lang)
    _farewell(args.home, args.lang)


if __name__ == "__main__":
    main()
