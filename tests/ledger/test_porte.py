"""No path goes around the gate: who may write which table, who opens a transaction, and what the gate asks for.

The sources are walked, not run: a new writer that is not listed here, with its reason, is a failure.
"""

import ast
import inspect
from functools import cache

import pytest

from ledger import cambi, firme, importa, operazioni, rapporti, spunta, varco
from spool import resolve
from tests.console import ROOT

ROOMS = ("ledger", "spool", "reconcile", "stampe", "commands", "banksim")

# The module that alone writes each table of people and rules.
WRITTEN_IN = {
    "UTENTE": {"ledger.utenti"},
    "ACCESSO": {"ledger.utenti"},
    "POTERE": {"ledger.poteri"},
    "OPZIONE": {"ledger.aziende"},
    "AZIENDA": {"ledger.aziende"},
    "BANCA": {"ledger.aziende"},
    "CONTO": {"ledger.aziende"},
    "GRUPPO": {"ledger.gruppi"},
    "CONDIVISIONE": {"ledger.gruppi"},
    "CAMBIO": {"ledger.cambi"},
    "APPROVAZIONE": {"ledger.cambi"},
    "FIRMA": {"ledger.firme"},
    "SCHEDA": {"ledger.rapporti"},
    "RAPPORTO": {"ledger.rapporti"},
    "MOVIMENTO": {"ledger.detti", "ledger.spunta"},
    "JOURNAL": {"ledger.journal"},
    "LINEA": {"ledger.linee"},
}

# What changes people and rules: called where a change is applied, and where a company comes to be.
CHANGES = {
    "insert": {"ledger.cambi", "ledger.utenti"},
    "set_profilo": {"ledger.cambi"},
    "set_stato": {"ledger.cambi"},
    "set_password": {"ledger.cambi", "ledger.utenti"},
    "drop_totp": {"ledger.cambi"},
    "assign": {"ledger.cambi", "ledger.utenti"},
    "set_option": {"ledger.cambi"},
    "join": {"ledger.cambi"},
    "share": {"ledger.cambi"},
    "unshare": {"ledger.cambi", "ledger.gruppi"},
    "add_conto": {"ledger.cambi", "commands.ledger"},
    "add_banca": {"ledger.cambi", "ledger.aziende", "ledger.deposito", "commands.ledger"},
    "create": {"commands.ledger"},
}
MODULES_OF_CHANGES = {"utenti", "poteri", "aziende", "gruppi"}

# Who opens a transaction that may write, and why it need not be the gate.
OPENS = {
    ("ledger.home", "create"): "a home that comes to be",
    ("ledger.home", "upgrade"): "a home that is brought up, all of it or nothing",
    ("ledger.replica", "_replayed"): "a home that comes to be again, of what its journal tells",
    ("ledger.varco", "macchina"): "the gate to jobs, which sign nothing and decide nothing",
    ("ledger.varco", "_opened"): "the gate",
    ("ledger.gruppi", "enter"): "the gate: who acts for the capogruppo is kept",
    ("ledger.utenti", "authenticate"): "the gate: wrong passwords are counted",
    ("ledger.utenti", "change_password"): "one's own password, proved by the one there is",
    ("ledger.utenti", "enrol"): "one's own second factor, proved by the password",
    ("ledger.sigilli", "public_key"): "the key that seals, made once",
    ("ledger.sigilli", "seal"): "a seal on what is given, and nothing in the database",
    ("ledger.sigilli", "take"): "a checkpoint, which changes nothing of what it seals",
    ("commands.ledger", "init_cmd"): "a company that comes to be, with its first administrators",
    ("spool.dispatch", "_intend"): "what has all its signatures leaves",
    ("spool.dispatch", "_complete"): "what has all its signatures leaves, or is in doubt",
    ("spool.lavori", "_once"): "what a job does is noted, outside the books",
    ("spool.lavori", "_retention"): "notes that are old, outside the books",
    ("spool.lavori", "reap"): "what a dead process was doing, outside the books",
    ("spool.squadra", "_app"): "the queue of those who share jobs, outside the books",
}
RECEIVES = ("spool.receive", "spool.smistamento", "spool.lettura", "reconcile")  # what banks say is received by a job


@cache
def sources():
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found[name] = ast.parse(path.read_text("utf-8"))
    return found


@cache
def functions():
    """Each module, the name of each of its functions ("" outside any), and each call in it."""
    return [(module, *found) for module, tree in sources().items() for found in calls(tree, "")]


def calls(node, inside):
    """The calls in a part of a module, and the innermost function that each is in."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.Call):
            yield inside, each
        yield from calls(each, each.name if isinstance(each, ast.FunctionDef) else inside)


def written():
    """Each table that the sources insert into, update or delete from, and where."""
    for module, _, call in functions():
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("insert", "update", "delete"):
            if isinstance(call.func.value, ast.Name):
                yield call.func.value.id, module
        elif isinstance(call.func, ast.Name) and call.func.id in ("insert", "update", "delete"):
            yield call.args[0].id, module


@pytest.mark.parametrize("table", WRITTEN_IN)
def test_a_table_of_people_or_rules_is_written_in_its_module_alone(table):
    assert {module for each, module in written() if each == table} == WRITTEN_IN[table]


def test_a_table_that_is_not_named_is_written_where_a_home_is_made_again():
    assert {module for each, module in written() if each == "table"} == {"ledger.riscrittura"}


def test_no_table_is_written_by_its_name_in_text():
    for module, _, call in functions():
        for each in call.args:
            if (
                isinstance(each, ast.Constant)
                and isinstance(each.value, str)
                and _name(call) in ("text", "exec_driver_sql")
            ):
                assert not each.value.upper().lstrip().startswith(("INSERT", "UPDATE", "DELETE", "REPLACE")), module


def _name(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("verb", CHANGES)
def test_people_and_rules_are_changed_where_changes_are_applied(verb):
    found = set()
    for module, _, call in functions():
        own = isinstance(call.func, ast.Name) and module.partition(".")[2] in MODULES_OF_CHANGES
        of = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") in MODULES_OF_CHANGES
        given = [each for each in call.args if isinstance(each, ast.Attribute)]  # as in partial(utenti.create, ...)
        passed = any(each.attr == verb and getattr(each.value, "id", "") in MODULES_OF_CHANGES for each in given)
        if (_name(call) == verb and (own or of)) or passed:
            found.add(module)
    assert found == CHANGES[verb]


def test_every_transaction_that_writes_is_opened_by_the_gate_or_has_its_reason():
    opened = {
        (module, function)
        for module, function, call in functions()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "begin" and _is_home(call.func.value)
    }
    outside = {each for each in opened if not each[0].startswith((*RECEIVES, "banksim"))}
    assert outside == set(OPENS)


def _is_home(node):
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in ("home", "cls", "self")


@pytest.mark.parametrize(
    ("module", "verbs"),
    [
        (operazioni, None),
        (cambi, {"ask", "approve", "reject"}),
        (firme, {"sign", "approve", "refuse", "zero"}),
        (importa, {"import_file"}),
        (resolve, {"resolve"}),
        (rapporti, {"choose", "enter"}),
        (spunta, {"segna"}),
    ],
)
def test_every_public_verb_goes_through_the_gate(module, verbs):
    tree = sources()[module.__name__]
    gates = {"varco", "varco_di", "varco_senza_password", "_gate", "_waiting"}
    public = {
        node.name: {_name(call) for call in ast.walk(node) if isinstance(call, ast.Call)}
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.args.args[:1]
        if node.args.args[0].arg == "home" and "dry_run" in {each.arg for each in node.args.kwonlyargs}
    }
    assert public
    assert verbs is None or set(public) == verbs
    assert all(calls & gates for calls in public.values()), public


def test_no_gate_opens_without_being_told_for_what():
    for gate in (varco.varco, varco.varco_di, varco.varco_senza_password):
        parameter = inspect.signature(gate).parameters["funzione"]
        assert parameter.default is inspect.Parameter.empty
