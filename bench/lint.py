"""How fast a file is checked, as a ratio to a bare loop that slices every field of every line and does nothing else.

    python bench/lint.py [MEGABYTES]

Ratio and loop are measured on the same file in the same run, each in a process of its own, taking turns. Peak memory
is that of the checking process, for files of 10, 100 and 200 MB. No figure here is a test.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median

import cbi
from cbi.fields import CommaAmount, Field
from cbi.records import rh
from cbi.records.riba import EF, Record14, Record30, Record51
from cbi.validators.coordinates import check_letter, codice_fiscale_expected

ROUNDS = 3
HEAD = {"mittente": "A1B2C", "ricevente": "03069", "data_creazione": date(2026, 11, 20), "nome_supporto": "BENCH"}
BACK = {**HEAD, "mittente": "03069", "ricevente": "A1B2C"}

SLICE = """
import sys
spans = {spans}
for line in open(sys.argv[1], "rb"):
    for start, end in spans[line[1:3]]:
        line[start:end]
"""
LINT = """
import sys
from cbi.validators.lint import lint
found = [d.code for d in lint(open(sys.argv[1], "rb", buffering=0))]
if found:
    sys.exit(f"not clean: {found[:3]}")
"""


def put(line: bytearray, field: Field[object], content: bytes) -> None:
    """Overwrites a field in place."""
    line[field.start - 1 : field.end] = content


def partita_iva(number: int) -> bytes:
    return codice_fiscale_expected(b"%010d0" % number).encode()


def riba(size: int, rng: random.Random) -> Iterator[bytes]:
    """A Ri.Ba. flow of about `size` bytes: every order has its own debtor, amount and receipt."""
    values = {
        "14": {"data_pagamento": date(2027, 1, 31), "importo": 1, "abi_banca_assuntrice": "03069"}
        | {"cab_banca_assuntrice": "01600", "abi_banca_domiciliataria": "05387", "cab_banca_domiciliataria": "01600"}
        | {"codice_azienda_creditrice": "A1B2C", "codice_cliente_debitore": "CLI001"},
        "20": {"descrizione_creditore_1": "FORNITURE BENCH SRL"},
        "30": {"descrizione_debitore_1": "CLIENTE BENCH SPA", "codice_fiscale_cliente": "0"},
        "40": {"indirizzo": "VIA DELLA MISURA 1", "cap": "20121", "comune_e_sigla_provincia": "MILANO"},
        "50": {"riferimenti_al_debito_1": "FATT. 1", "codifica_fiscale_creditore": partita_iva(1234567).decode()},
        "51": {"numero_ricevuta": 1, "denominazione_creditore": "FORNITURE BENCH"},
        "70": {"flag_richiesta_esito": "1"},
    }
    lines = cbi.compose("RIBA", "to_bank", HEAD, [list(values.items())]).splitlines(keepends=True)
    yield lines[0]
    order = [bytearray(line) for line in lines[1:-1]]
    count, total = size // 854, 0
    for number in range(1, count + 1):
        amount = rng.randrange(1, 10**8)
        total += amount
        for line in order:
            put(line, Record14.numero_progressivo, b"%07d" % number)
        put(order[0], Record14.importo, b"%013d" % amount)
        put(order[2], Record30.codice_fiscale_cliente, partita_iva(rng.randrange(10**10)).ljust(16))
        put(order[5], Record51.numero_ricevuta, b"%010d" % (number * 104_729 % 10**10))
        yield b"".join(order)
    coda = bytearray(lines[-1])
    put(coda, EF.numero_disposizioni, b"%07d" % count)
    put(coda, EF.tot_importi_negativi, b"%015d" % total)
    put(coda, EF.numero_record, b"%07d" % (count * 7 + 2))
    yield bytes(coda)


def statements(size: int, rng: random.Random) -> Iterator[bytes]:
    """An RH flow of about `size` bytes: accounts of ten movements, one 63 each."""
    bban = "03069" + "01600" + "000000012345"
    cin = chr(check_letter(bban.encode()))
    digits = 98 - int("".join(str(int(char, 36)) for char in f"{cin}{bban}IT00")) % 97
    movement = {"data_valuta": date(2026, 11, 20), "data_contabile": date(2026, 11, 20), "causale_cbi": "48"}
    values = [
        ("61", {"causale": "93001", "cin": cin, "codice_abi_banca": "03069", "cab_banca": "01600", "segno": "C"}
         | {"conto_corrente": "000000012345", "codice_divisa": "EUR", "data_contabile": date(2026, 11, 20)}
         | {"saldo_iniziale": 0, "codice_paese": "IT", "check_digit": f"{digits:02d}"}),
        *([("62", {**movement, "segno_movimento": "C", "importo_movimento": 1, "riferimento_banca": "CRO1"}),
           ("63/free", {"descrizione": "BONIFICO A VOSTRO FAVORE"})] * 10),
        ("64", {"codice_divisa": "EUR", "data_contabile": date(2026, 11, 20), "segno_saldo_contabile": "C"}
         | {"saldo_contabile": 0}),
    ]  # fmt: skip
    lines = cbi.compose("RH", "from_bank", BACK, [values]).splitlines(keepends=True)
    yield lines[0]
    account = [bytearray(line) for line in lines[1:-1]]
    count = size // (122 * len(account))
    for number in range(1, count + 1):
        balance = 0
        for line in account:
            put(line, rh.Record61.numero_progressivo, b"%07d" % number)
            if line[1:3] == b"62":
                amount = rng.randrange(1, 10**8)
                balance += amount
                put(line, rh.Record62.importo_movimento, comma(rh.Record62.importo_movimento, amount))
        put(account[-1], rh.Record64.saldo_contabile, comma(rh.Record64.saldo_contabile, balance))
        yield b"".join(account)
    coda = bytearray(lines[-1])
    put(coda, rh.EF.numero_rendicontazioni, b"%07d" % count)
    put(coda, rh.EF.numero_record, b"%07d" % (count * len(account) + 2))
    yield bytes(coda)


def comma(field: CommaAmount, amount: int) -> bytes:
    return field.encode(amount)


def spans(name: str) -> dict[bytes, list[tuple[int, int]]]:
    """The slices of every field of every type of record of the flow."""
    from cbi.flows.model import tipo_of
    from cbi.flows.registry import DECLARED

    flow = next(flow for flow in DECLARED if flow.name == name)
    return {
        tipo_of(key).encode(): [(field.start - 1, field.end) for field in cls.FIELDS]
        for key, cls in reversed(flow.records.items())
    }


def run(code: str, path: Path) -> tuple[float, float]:
    """Processor seconds and peak MiB of a process that runs `code` on a file, its start included."""
    probe = f"import resource\n{code}\nu = resource.getrusage(resource.RUSAGE_SELF)\n"
    probe += "print(u.ru_utime + u.ru_stime, u.ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", probe, str(path)], check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak) / 1024


def make(kind: Callable[[int, random.Random], Iterator[bytes]], megabytes: int, path: Path) -> None:
    with path.open("wb") as stream:
        for piece in kind(megabytes * 1_000_000, random.Random(7)):
            stream.write(piece)


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in (("RIBA", riba), ("RH", statements)):
            path = Path(folder) / f"{name}.cbi"
            make(kind, megabytes, path)
            size = path.stat().st_size / 1e6
            bare = SLICE.format(spans=spans(name))
            pairs = [(run(bare, path)[0], run(LINT, path)[0]) for _ in range(ROUNDS)]
            loop, check = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
            ratio = median(pair[0] / pair[1] for pair in pairs)
            speeds = f"slice loop {size / loop:.0f} MB/s  lint {size / check:.0f} MB/s"
            print(f"{name}: {size:.0f} MB  {speeds}  ratio {ratio:.2f}")
            peaks = []
            for some in (10, megabytes, 2 * megabytes):
                make(kind, some, path)
                peaks.append(f"{some} MB: {run(LINT, path)[1]:.0f} MiB")
            print(f"{name}: peak memory {', '.join(peaks)}", flush=True)


if __name__ == "__main__":
    main()
