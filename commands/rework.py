"""`cbi describe`, `diff`, `split`, `merge`, `fix`, `anonymize`: what a file carries, and files made of other files."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from commands.common import Ctx, dry_run_option, format_option, pass_ctx, read_password
from commands.failures import OK, REFUSED, UNREADABLE, USAGE
from commands.opening import Progress, open_input, open_output, why_not
from commands.profiles import profile_option

if TYPE_CHECKING:
    from cbi import Supporto
    from cbi.flows.fix import Cura
    from cbi.flows.registry import Registry
    from cbi.flows.rework import NonRiscrivibile
    from cbi.validators.catalogue import Profilo

SPOOLED = 1 << 26  # bytes of a new file that stay in memory before it is checked
_EURO = re.compile(r"(\d{1,13})(?:[.,](\d\d))?", re.ASCII)


class _Stop(Exception):
    """What ends a command, already told: its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _until_stopped(work: Callable[[], int]) -> int:
    try:
        return work()
    except _Stop as stop:
        return stop.code


def _stop(ctx: Ctx, code: int, it: str, en: str) -> _Stop:
    click.echo(ctx.say(it, en), err=True)
    return _Stop(code)


def _refused(ctx: Ctx, name: str, error: NonRiscrivibile, code: int = REFUSED) -> _Stop:
    return _stop(ctx, code, f"{name}:{error.line}: {error.it}", f"{name}:{error.line}: {error.en}")


@contextmanager
def _opened(ctx: Ctx, name: str) -> Iterator[BinaryIO]:
    try:
        with open_input(name) as stream, Progress(ctx, name, stream) as watched:
            yield watched
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = why_not(ctx, error)
        raise _stop(ctx, UNREADABLE, *[f"{name}: {reason}"] * 2) from error


def _unrecognised(ctx: Ctx, name: str) -> _Stop:
    it = f"{name}: nessun supporto CBI riconosciuto; `cbi lint` dice perché"
    return _stop(ctx, UNREADABLE, it, f"{name}: no CBI supporto recognised; `cbi lint` tells why")


def _whole(ctx: Ctx, name: str, flows: Registry, code: int = REFUSED) -> list[Supporto]:
    """The supporti of a file of which nothing is lost; ends the command with `code` when something would be."""
    from cbi.flows.rework import NonRiscrivibile, read_whole

    with _opened(ctx, name) as stream:
        try:
            found = list(read_whole(stream, flows))
        except NonRiscrivibile as error:
            raise _refused(ctx, name, error, code) from error
    if not found:
        raise _unrecognised(ctx, name)
    return found


@click.command("describe")
@click.argument("file")
@format_option
@profile_option
@pass_ctx
def describe_cmd(ctx: Ctx, file: str, form: str, profile: Profilo) -> int:
    """Tells what FILE carries: for each supporto its kind, from whom to whom, how many orders and of how much.

    Whether the trailer agrees with its orders; totals by bank, by due date and by causale.
    """
    return _until_stopped(lambda: _describe(ctx, file, form, profile.flows))


def _describe(ctx: Ctx, file: str, form: str, flows: Registry) -> int:
    from cbi import read_supporti
    from cbi.flows.describe import describe
    from commands.rework_text import print_descriptions

    with _opened(ctx, file) as stream:
        if not print_descriptions(ctx, file, map(describe, read_supporti(stream, flows)), form):
            raise _unrecognised(ctx, file)
    return OK


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@format_option
@profile_option
@pass_ctx
def diff_cmd(ctx: Ctx, a: str, b: str, form: str, profile: Profilo) -> int:
    """Compares two flow files order by order, wherever each stands: what was added, removed, changed.

    Orders are matched by the number with which their outcome comes back, then by amount, due date and debtor, then by
    position. Exit code 0: the same; 3: different; 8: a file cannot be read.
    """
    return _until_stopped(lambda: _diff(ctx, a, b, form, profile.flows))


def _diff(ctx: Ctx, a: str, b: str, form: str, flows: Registry) -> int:
    from cbi.flows.diff import diff
    from commands.rework_text import print_differences

    old, new = _whole(ctx, a, flows, UNREADABLE), _whole(ctx, b, flows, UNREADABLE)
    return REFUSED if print_differences(ctx, diff(old, new), form) else OK


@click.command("split")
@click.argument("file")
@click.option("-d", "--dir", "folder", required=True, help="The folder of the new files; made if it is not there.")
@click.option(
    "--by",
    type=click.Choice(["flow", "bank", "supporto"]),
    default="supporto",
    show_default=True,
    help="A file for each kind of flow, for each bank, or for each supporto.",
)
@click.option("--max-orders", type=click.IntRange(min=1), help="No file with more orders than these.")
@click.option("--max-total", metavar="EURO", help="No file worth more than this, like 100000 or 100000.00.")
@click.option("--force", is_flag=True, help="Overwrite the files that are there.")
@dry_run_option
@format_option
@profile_option
@pass_ctx
def split_cmd(
    ctx: Ctx,
    file: str,
    folder: str,
    by: str,
    max_orders: int | None,
    max_total: str | None,
    force: bool,
    dry_run: bool,
    form: str,
    profile: Profilo,
) -> int:
    """Makes several files of one, each with whole supporti.

    A supporto that exceeds the limits is cut: each part has a header, a name and a trailer of its own. One with
    defects is not cut, because the cut would hide them. Files that are there already are not overwritten.
    """
    limits, flows = (max_orders, max_total), profile.flows
    return _until_stopped(
        lambda: _split(ctx, file, Path(folder), by, limits, flows, force=force, dry_run=dry_run, form=form)
    )


def _split(
    ctx: Ctx,
    file: str,
    folder: Path,
    by: str,
    limits: tuple[int | None, str | None],
    flows: Registry,
    *,
    force: bool,
    dry_run: bool,
    form: str,
) -> int:
    from cbi import ValoreErrato
    from cbi.flows.rework import NonRiscrivibile
    from cbi.flows.split import Limits, split
    from commands.rework_text import print_pieces

    orders, total = limits
    within = Limits(orders, None if total is None else _cents(ctx, total))
    try:
        pieces = list(split(_whole(ctx, file, flows), by, within))
    except NonRiscrivibile as error:
        raise _refused(ctx, file, error) from error
    except ValoreErrato as error:
        raise _stop(ctx, REFUSED, f"{file}: {error}", f"{file}: {error}") from error
    names = dict.fromkeys(piece.file for piece in pieces)
    there = [name for name in names if (folder / name).exists()]
    if there and not force:
        which = folder / there[0]
        raise _stop(ctx, REFUSED, f"{which}: c'è già; usare --force", f"{which}: is there already; use --force")
    if not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            with open_output(str(folder / name)) as out:
                out.writelines(piece.supporto.canonical for piece in pieces if piece.file == name)
    print_pieces(ctx, pieces, form)
    return OK


def _cents(ctx: Ctx, text: str) -> int:
    match = _EURO.fullmatch(text)
    if match is None or not int(match[1] + (match[2] or "00")):
        raise _stop(ctx, USAGE, f"--max-total: {text!r} non è un importo", f"--max-total: {text!r} is not an amount")
    return int(match[1] + (match[2] or "00"))


@click.command("merge")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", required=True, help="The flow file to make; `-` for standard output.")
@dry_run_option
@format_option
@profile_option
@pass_ctx
def merge_cmd(ctx: Ctx, files: tuple[str, ...], output: str, dry_run: bool, form: str, profile: Profilo) -> int:
    """Makes one file of several: supporti of one kind, sender, receiver and date become one, the others follow.

    Orders are renumbered, counted and summed anew; recalls are never joined to new orders, nor is anything that has
    a defect. The same supporto twice is refused.
    """
    return _until_stopped(lambda: _merge(ctx, files, output, profile.flows, dry_run=dry_run, form=form))


def _merge(ctx: Ctx, files: Sequence[str], output: str, flows: Registry, *, dry_run: bool, form: str) -> int:
    from cbi import ValoreErrato
    from cbi.flows.merge import merge
    from cbi.flows.rework import NonRiscrivibile
    from commands.rework_text import print_unions

    _refuse_overwriting(ctx, files, output)
    supporti: list[Supporto] = []
    source: dict[int, str] = {}
    for name in files:
        found = _whole(ctx, name, flows)
        source |= {id(supporto): name for supporto in found}
        supporti += found
    try:
        unions = merge(supporti)
    except NonRiscrivibile as error:
        raise _refused(ctx, source.get(id(error.supporto), files[0]), error) from error
    except ValoreErrato as error:
        raise _stop(ctx, REFUSED, str(error), str(error)) from error
    if not dry_run:
        with open_output(output) as out:
            out.writelines(union.supporto.canonical for union in unions)
    print_unions(ctx, unions, source, form, err=output == "-")
    return OK


def _refuse_overwriting(ctx: Ctx, files: Sequence[str], output: str) -> None:
    """What was read is never what is written."""
    path = Path(output)
    if path.exists() and any(name != "-" and Path(name).exists() and path.samefile(name) for name in files):
        it = f"{output}: è uno dei file da leggere; indicarne un altro"
        raise _stop(ctx, USAGE, it, f"{output}: is one of the files to read; name another")


@click.command("fix")
@click.argument("file")
@click.option("-o", "--output", required=True, help="The cured file; `-` for standard output.")
@dry_run_option
@format_option
@profile_option
@pass_ctx
def fix_cmd(ctx: Ctx, file: str, output: str, dry_run: bool, form: str, profile: Profilo) -> int:
    """Does the cures of FILE that change no meaning, and lists each one: line, column, before, after.

    Line ends and lengths, letters that are not admitted, zeros of numbers, progressives, the trailer. Amounts, dates,
    codes and missing records are left as they are. The new file is then checked: exit code 0 when no error is left,
    3 when some are (the file is there all the same); a clean file comes out as it was.
    """
    return _until_stopped(lambda: _fix(ctx, file, output, profile, dry_run=dry_run, form=form))


def _fix(ctx: Ctx, file: str, output: str, profile: Profilo, *, dry_run: bool, form: str) -> int:
    from cbi import lint
    from commands.lint import summary
    from commands.rework_text import print_cures

    _refuse_overwriting(ctx, [file], output)
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spooled:
        made = cast("BinaryIO", spooled)
        with _opened(ctx, file) as stream:
            cures = _cured(ctx, file, stream, made, profile.flows)
        made.seek(0)
        left = Counter(diagnostic.severity for diagnostic in lint(made, output, profile))
        if not dry_run:
            made.seek(0)
            with open_output(output) as out:
                shutil.copyfileobj(made, out)
    print_cures(ctx, file, cures, form, err=output == "-")
    count = ctx.say(f"{len(cures)} cure", f"{len(cures)} cures") if len(cures) != 1 else ctx.say("1 cura", "1 cure")
    rest = ctx.say("restano", "left") if left else ctx.say("resta", "left")
    click.echo(f"{output}: {count}; {rest}: {summary(ctx, left)}", err=True)
    return REFUSED if left["error"] else OK


def _cured(ctx: Ctx, file: str, stream: BinaryIO, made: BinaryIO, flows: Registry) -> list[Cura]:
    from cbi.flows.fix import fix
    from cbi.flows.rework import NonRiscrivibile

    cures: list[Cura] = []
    supporti = 0
    try:
        for curato in fix(stream, flows):
            supporti += curato.supporto
            made.write(curato.data)
            cures += curato.cures
    except NonRiscrivibile as error:
        raise _refused(ctx, file, error) from error
    if not supporti:
        raise _unrecognised(ctx, file)
    return cures


# --- anonymize -------------------------------------------------------------------------------------------

LEAST = 12  # bytes of a secret that cannot be found by trying


@click.command("anonymize")
@click.argument("file")
@click.option("-o", "--output", required=True, help="The new file; `-` for standard output.")
@click.option("--key-file", metavar="PATH", help="A file whose contents are the key.")
@click.option("--key-fd", type=int, help="Reads the key from this file descriptor, one line.")
@click.option("--ask-key", is_flag=True, help="Asks for the key at the terminal.")
@pass_ctx
def anonymize_cmd(ctx: Ctx, file: str, output: str, key_file: str | None, key_fd: int | None, ask_key: bool) -> int:
    """Makes a copy of FILE that says neither who nor how much, and is otherwise the same: to be shown to others.

    Names, addresses, codes, accounts, references and texts are invented, amounts are others; dates, banks, kinds,
    public codes and the order of records stay. What was sound is still sound (check characters, totals, balances),
    what was faulty mostly still is. The same value always becomes the same, also in other files made with the same
    key; without a key one is drawn and forgotten. What cannot be understood is covered, letters and digits, and
    listed. Sums over several orders that other files state by themselves no longer agree with them.
    """
    return _until_stopped(lambda: _anonymize(ctx, file, output, _secret(ctx, key_file, key_fd, ask=ask_key)))


def _secret(ctx: Ctx, key_file: str | None, key_fd: int | None, *, ask: bool) -> bytes:
    """32 bytes made of what the user gives as a key, or drawn."""
    from ledger.ports import real_ports

    if sum((key_file is not None, key_fd is not None, ask)) > 1:
        it, en = "una chiave sola: --key-file, --key-fd o --ask-key", "one key only: --key-file, --key-fd or --ask-key"
        raise _stop(ctx, USAGE, it, en)
    if key_file is not None:
        with _opened(ctx, key_file) as stream:
            given = stream.read().strip()
    elif key_fd is not None or ask:
        given = read_password(key_fd, ctx.say("Chiave", "Key")).encode()
    else:
        return bytes.fromhex(real_ports().random.token())
    if len(given) < LEAST:
        it, en = f"la chiave è troppo corta: almeno {LEAST} byte", f"the key is too short: at least {LEAST} bytes"
        raise _stop(ctx, USAGE, it, en)
    return hashlib.scrypt(given, salt=b"cbi anonymize", n=1 << 14, r=8, p=1, dklen=32)


def _anonymize(ctx: Ctx, file: str, output: str, secret: bytes) -> int:
    from cbi.anonymize import Chiave, anonymize
    from cbi.flows.rework import NonRiscrivibile
    from commands.rework_text import print_covered

    _refuse_overwriting(ctx, [file], output)
    covered: dict[tuple[str, str], list[int]] = {}
    with tempfile.TemporaryFile() as made:
        supporti = False
        with _opened(ctx, file) as stream:
            try:
                for part in anonymize(stream, Chiave(secret)):
                    supporti |= part.supporto
                    made.write(part.data)
                    for found in part.covered:
                        covered.setdefault((found.record, found.field), []).append(found.line)
            except NonRiscrivibile as error:
                raise _refused(ctx, file, error) from error
        if not supporti:
            raise _unrecognised(ctx, file)
        made.seek(0)
        with open_output(output) as out:
            shutil.copyfileobj(made, out)
    print_covered(ctx, file, covered)
    return OK
