"""What is public: every callable, method and setter by its name, and what is left out, with the reason."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import autograd_lite as al
from autograd_lite import data, nn, notation, ops, optim, plots, storage

MODULES = (al, nn, optim, data, plots, storage, notation, ops)

LEFT_OUT = {
    "Callback.on_epoch_end": "a hook, which fit calls with its run",
    "Callback.on_train_begin": "a hook, which fit calls with its run",
    "Callback.on_train_end": "a hook, which fit calls with its run",
    "Checkpoint.on_epoch_end": "a hook, which fit calls with its run",
    "EarlyStopping.on_epoch_end": "a hook, which fit calls with its run",
    "EarlyStopping.on_train_end": "a hook, which fit calls with its run",
    "History.record": "fit calls it with its own figures",
    "Program": "made by compile",
    "Program.batch": "checks what the others are called with, under their names",
    "Program.flat_gradient": "for a batch that has been checked",
    "Program.move": "for a gradient of its own, by step",
    "Program.order_of": "what step asks of its optimizer",
    "Program.outputs": "for a batch that has been checked",
    "Program.value": "for a batch that has been checked",
    "Recorder.on_epoch_end": "a hook, which fit calls with its run",
    "Recorder.on_train_begin": "a hook, which fit calls with its run",
    "Recorder.on_train_end": "a hook, which fit calls with its run",
    "data.Dataset": "made by the functions of data",
    "nn.Module.forward": "for a module of one's own to write; those there are are in the table",
    "notation.display": "what a notebook calls with anything; it never raises",
    "ops.Op": "made by ops.row, which is in the table; calls of rows are, too",
    "ops.Op.all_partials": "the engine calls it with operands that it has checked",
    "ops.Op.partial": "the engine calls it with operands that it has checked",
    "ops.Op.refusal": "makes the error for whatever came",
    "ops.Select": "the class of one row, which is in the table",
    "optim.Adagrad.rule": "update calls it with arrays that it has checked",
    "optim.Adam.rule": "update calls it with arrays that it has checked",
    "optim.AdamW.decayed": "update calls it with arrays that it has checked",
    "optim.Optimizer.decayed": "update calls it with arrays that it has checked",
    "optim.Optimizer.kept": "for rules, which update calls",
    "optim.Optimizer.rule": "update calls it with arrays that it has checked",
    "optim.RMSProp.rule": "update calls it with arrays that it has checked",
    "optim.SGD.rule": "update calls it with arrays that it has checked",
    "optim.Schedule.lr_at": "what a schedule must have of its own; those there are are in the table",
    "storage.checked_path": "what save and load ask of their path",
}
LEFT_OUT_ARGUMENTS = {
    ("ops.row", "kind"): "a class of rows, for the table itself",
    ("Program.predict", "data"): "by name in the table, as x and y",
    ("Program.predict", "named"): "by name in the table, as x and y",
    ("Program.step", "data"): "by name in the table, as x and y",
    ("Program.step", "named"): "by name in the table, as x and y",
    ("Program.value_and_grad", "data"): "by name in the table, as x and y",
    ("Program.value_and_grad", "named"): "by name in the table, as x and y",
    ("compile", "example"): "numbers of any shape, for the function of one's own",
    ("data.load", "options"): "those of the data set's own function",
}


def public() -> dict[str, Any]:
    """Every public callable by the shortest name under which it is reached."""
    return {name: thing for module in MODULES for name, thing in _callables(module)}


def _callables(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name in _names(module):
        thing = getattr(module, name)
        if not callable(thing) or (isinstance(thing, type) and issubclass(thing, Exception)):
            continue  # an error carries whatever came
        if isinstance(thing, ops.Op) and module is ops:
            continue  # a row goes by its name in the table
        prefix = "" if getattr(al, name, None) is thing else module.__name__.rpartition(".")[2] + "."
        yield prefix + name, thing
        if isinstance(thing, type):
            yield from _members(prefix + name, thing)


def _names(module: ModuleType) -> list[str]:
    listed = getattr(module, "__all__", None)
    homes = [module.__name__] + ["autograd_lite.engine.operation"] * (module is ops)  # which ops hands on
    own = [name for name, x in vars(module).items() if getattr(x, "__module__", "") in homes]
    return [name for name in (listed or own) if not name.startswith("_")]


def _members(name: str, kind: type) -> Iterator[tuple[str, Any]]:
    """Methods and setters of a class that are not inherited."""
    for member, x in vars(kind).items():
        if not member.startswith("_") and (callable(x) or _settable(kind, member, x)):
            yield f"{name}.{member}", x


def _settable(kind: type, member: str, x: Any) -> bool:
    """Whether a property can be assigned to; a compiled one is asked."""
    if type(x).__name__ != "getset_descriptor":
        return isinstance(x, property) and x.fset is not None
    try:
        setattr(kind(1.0), member, None)
    except AttributeError:
        return False
    except TypeError:
        pass
    return True


def parameters(thing: Any) -> list[str]:
    """The names of its arguments, where Python can say; `self` and those without a name left out."""
    if isinstance(thing, ops.Op):
        return []
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):  # of a compiled one, or of a property
        return []
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in found if p.kind in named and p.name != "self"]
