"""The `cbi` command: global options, exit codes, and where each command lives. No rule of its own.

Exit codes: 0 done; 1 a fault of the program; 2 wrong usage; 3 errors found, or refused; 8 unreadable; 130 interrupted.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from pathlib import Path

import rich_click as click

from commands.common import LANGUAGE, Ctx

# Command -> module and attribute: imported only when it is the one that runs.
COMMANDS = {
    "lint": "commands.lint:lint_cmd",
    "explain": "commands.lint:explain_cmd",
    "tributi": "commands.tributi:tributi_cmd",
    "parse": "commands.files:parse_cmd",
    "write": "commands.files:write_cmd",
    "context": "commands.files:context_cmd",
    "describe": "commands.rework:describe_cmd",
    "diff": "commands.rework:diff_cmd",
    "split": "commands.rework:split_cmd",
    "merge": "commands.rework:merge_cmd",
    "fix": "commands.rework:fix_cmd",
    "anonymize": "commands.rework:anonymize_cmd",
    "init": "commands.ledger:init_cmd",
    "upgrade": "commands.ledger:upgrade_cmd",
    "aziende": "commands.aziende:aziende_cmd",
    "utenti": "commands.utenti:utenti_cmd",
    "password": "commands.utenti:password_cmd",
    "totp": "commands.utenti:totp_cmd",
    "cambi": "commands.utenti:cambi_cmd",
    "report": "commands.report:report_cmd",
    "print": "commands.print:print_cmd",
    "import": "commands.ledger:import_cmd",
    "distinte": "commands.distinte:distinte_cmd",
    "libro-firma": "commands.ledger:libro_firma_cmd",
    "sign": "commands.ledger:sign_cmd",
    "refuse": "commands.ledger:refuse_cmd",
    "unsign": "commands.ledger:unsign_cmd",
    "dispatch": "commands.path:dispatch_cmd",
    "deliver": "commands.lines:deliver_cmd",
    "fetch": "commands.lines:fetch_cmd",
    "lines": "commands.lines:lines_cmd",
    "receive": "commands.path:receive_cmd",
    "reconcile": "commands.path:reconcile_cmd",
    "spool": "commands.spool:spool_cmd",
    "scarto": "commands.scarto:scarto_cmd",
    "exceptions": "commands.path:exceptions_cmd",
    "accounts": "commands.accounts:accounts_cmd",
    "balances": "commands.accounts:balances_cmd",
    "movements": "commands.movements:movements_cmd",
    "tick": "commands.movements:tick_cmd",
    "untick": "commands.movements:untick_cmd",
    "rules": "commands.movements:rules_cmd",
    "match": "commands.esiti:match_cmd",
    "unmatch": "commands.esiti:unmatch_cmd",
    "mark": "commands.esiti:mark_cmd",
    "esiti": "commands.esiti:esiti_cmd",
    "insoluti": "commands.esiti:insoluti_cmd",
    "export": "commands.export:export_cmd",
    "messages": "commands.messages:messages_cmd",
    "run": "commands.jobs:run_cmd",
    "jobs": "commands.jobs:jobs_cmd",
    "metrics": "commands.jobs:metrics_cmd",
    "audit": "commands.audit:audit_cmd",
    "evidence": "commands.audit:evidence_cmd",
    "replay": "commands.replay:replay_cmd",
}


class LazyGroup(click.RichGroup):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """What a command returns is its exit code."""
        code = super().invoke(ctx)
        if isinstance(code, int):
            ctx.exit(code)
        return code


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cbi-engine", prog_name="cbi")
@click.option("--home", type=click.Path(path_type=Path), envvar="CBI_HOME", help="Where the ledger lives (CBI_HOME).")
@click.option("--lang", type=click.Choice(["it", "en"]), envvar="CBI_LANG", help="Language of messages (CBI_LANG).")
@click.pass_context
def cbi(ctx: click.Context, home: Path | None, lang: str | None) -> None:
    """CBI flows: check, read, write; import, sign, send; receive, reconcile."""
    ctx.obj = Ctx(home=home, lang=lang or _system_language())
    LANGUAGE.set(ctx.obj.lang)


def _system_language() -> str:
    """Italian unless the system asks for English."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if wanted.startswith("en") else "it"


def main() -> None:
    """Runs the command and turns whatever stops it into a message and an exit code."""
    from commands.failures import run

    # A command imports much and lives shortly: to look for garbage in that, and at its end, takes a fifth of its time.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)
    sys.exit(run(cbi))


if __name__ == "__main__":
    main()
