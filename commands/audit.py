"""What an auditor types: verify, checkpoint, key, export, rebuild; and the evidence of one distinta.

Arguments in, text or JSON out; the rules are in `ledger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import Ctx, busy, by_a_user, format_option, open_home, pass_ctx
from commands.failures import OK, REFUSED

if TYPE_CHECKING:
    from ledger.checkpoint import Checkpoint

_sia = click.option("--sia", help="Solo questa azienda / this company only.")


@click.group("audit")
def audit_cmd() -> None:
    """Il giornale: verifica, checkpoint, chiave, copia / the journal: verify, checkpoint, key, export."""


@audit_cmd.command("verify")
@click.option(
    "--checkpoint",
    "given",
    multiple=True,
    metavar="FILE|RIGA",
    help="Un checkpoint conservato altrove, o un file che ne ha / a checkpoint kept elsewhere, or a file of them.",
)
@_sia
@format_option
@pass_ctx
@by_a_user("audit")
def verify_cmd(ctx: Ctx, given: Sequence[str], sia: str | None, form: str) -> int:
    """Ripercorre il giornale e dice il primo evento che non torna / walks the journal, names the first bad event."""
    from commands.audit_text import print_verdetti
    from ledger import verifica

    checkpoints = [each for text in given for each in _checkpoints(text)]
    home = open_home(ctx)
    with busy(ctx, "verifico il giornale", "verifying the journal"):
        verdetti = verifica.verify(home, checkpoints, sia)
    home.close()
    print_verdetti(ctx, verdetti, form)
    return OK if all(verdetto.sound for verdetto in verdetti) else REFUSED


def _checkpoints(text: str) -> list[Checkpoint]:
    from ledger import checkpoint

    if text.strip().startswith(checkpoint.PREFIX):
        return checkpoint.lines(text)
    return checkpoint.lines(Path(text).read_text("utf-8", "replace"))


@audit_cmd.command("checkpoint")
@_sia
@pass_ctx
@by_a_user("audit")
def checkpoint_cmd(ctx: Ctx, sia: str | None) -> None:
    """Firma una riga da stampare o spedire: fin dove arriva il giornale / signs a line to print or mail."""
    from ledger import aziende, verifica

    home = open_home(ctx)
    with home.read() as conn:
        wanted = [aziende.find(conn, sia)] if sia else aziende.list_(conn)
    for azienda in wanted:
        click.echo(verifica.attest(home, azienda).riga)
    home.close()


@audit_cmd.command("key")
@pass_ctx
@by_a_user("audit")
def key_cmd(ctx: Ctx) -> None:
    """Le chiavi pubbliche dei checkpoint, l'ultima in uso / the public keys of checkpoints, the last in use."""
    from ledger import checkpoint, sigilli

    home = open_home(ctx)
    sigilli.public_key(home)
    for key in sigilli.public_keys(home).values():
        click.echo(checkpoint.key_line(key))
    home.close()


@audit_cmd.command("export")
@_sia
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Una cartella nuova, con il giornale e tutti i contenuti, per cbi replay / a new folder, with the journal and "
    "all the contents, for cbi replay.",
)
@pass_ctx
@by_a_user("audit")
def export_cmd(ctx: Ctx, sia: str | None, into: Path | None) -> None:
    """Il giornale com'è, un evento per riga, per docs/verifica.py / the journal as it is, an event a line."""
    from ledger import aziende, esporta

    home = open_home(ctx)
    if into is not None:
        if sia is not None:
            raise click.UsageError(ctx.say("--into è di tutte le aziende", "--into is of all the companies"))
        with busy(ctx, "copio l'archivio", "copying the archive"):
            contents = esporta.archive(home, into)
        home.close()
        click.echo(f"{into}: {ctx.say(f'contenuti {contents}', f'contents {contents}')}", err=True)
        return
    with home.read() as conn:
        wanted = [aziende.find(conn, sia)] if sia else aziende.list_(conn)
        for line in esporta.ndjson(conn, [azienda.id for azienda in wanted]):
            click.echo(line)
    home.close()


@audit_cmd.command("rebuild")
@click.option(
    "--check", is_flag=True, help="Confronta e non cambia nulla: altro non fa / compares, changes nothing: all it does."
)
@_sia
@format_option
@pass_ctx
@by_a_user("audit")
def rebuild_cmd(ctx: Ctx, check: bool, sia: str | None, form: str) -> int:
    """Rifà i libri dal giornale e li confronta con quelli che ci sono / makes the books again from the journal."""
    from commands.audit_text import print_differenze
    from ledger import aziende, ricostruzione

    if not check:
        raise click.UsageError(ctx.say("serve --check: i libri non si riscrivono", "--check is needed: no rewriting"))
    home = open_home(ctx)
    with home.read() as conn, busy(ctx, "rifaccio i libri dal giornale", "making the books again from the journal"):
        wanted = [aziende.find(conn, sia)] if sia else aziende.list_(conn)
        found = {azienda.sia: ricostruzione.check(conn, azienda.id) for azienda in wanted}
    home.close()
    print_differenze(ctx, found, form)
    return REFUSED if any(found.values()) else OK


@click.command("evidence")
@click.argument("distinta_id", metavar="ID", type=int)
@click.option(
    "-o", "--output", help="Lo zip da scrivere, altrimenti prova-ID.zip / the zip to write, else prova-ID.zip."
)
@pass_ctx
@by_a_user("audit")
def evidence_cmd(ctx: Ctx, distinta_id: int, output: str | None) -> None:
    """Le prove di una distinta in uno zip, per docs/verifica.py / the evidence of a distinta in one zip."""
    from commands.evidence_text import page
    from commands.opening import open_output
    from ledger import fascicolo

    home, name = open_home(ctx), output or f"prova-{distinta_id}.zip"
    with busy(ctx, "raccolgo le prove", "gathering the evidence"):
        found = fascicolo.collect(home, distinta_id)
        data = fascicolo.bundle(home, found, {f"pagina.{lang}.txt": page(found, lang) for lang in ("it", "en")})
    home.close()
    with open_output(name) as out:
        out.write(data)
    events, files = len(found.eventi), len(found.ricevuti)
    told = ctx.say(f"{events} eventi, {files} file ricevuti", f"{events} events, {files} files received")
    click.echo(f"{name}: {told}", err=True)
