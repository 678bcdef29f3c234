"""The page that steps backward: a graph, its numbers forward, then the chain rule, edge by edge.

What is where comes from `scene` and `layout`, what happens from `steps`; the scripts in web draw it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from .. import arguments
from ..engine import Value, order, recording
from ..engine.functions import sum as total
from ..errors import ArgumentTypeError, ArgumentValueError, GraphError
from ..pictures import FITS, LIMIT, Scene, called, looks, number, scene
from . import backward_steps as steps
from .html_page import Page, assemble, asset
from .open_groups import opening, picture

LARGEST_GROUP = 200  # nodes in a group that can be opened
STYLES = ("shared/player.css", "stepper/explore.css", "stepper/explore-picture.css")
SCRIPTS = (
    "shared/player.js", "stepper/explore-view.js", "stepper/explore-numbers.js",
    "stepper/explore-picture.js", "stepper/explore-pan.js", "stepper/explore.js",
)  # fmt: skip


def explore(
    value: Any,
    x: Any = None,
    y: Any = None,
    *,
    loss: Callable[[Any, Any], Any] | None = None,
    by: str | None = None,
    title: str = "",
) -> Page:
    """A page on which the graph of a Value is computed forward, then backward, step by step.

    explore(net, x) is the page of a net on a sample, its neurons closed until they are clicked; of several
    outputs it is the sum. explore(net, x, y, loss=al.mse_loss) goes on to a loss, and explore(recorder) shows
    a training. `by` says what is closed at first: "op" (nothing), "sum", "neuron" or "layer". Nothing in
    the graph or the net is changed; gradients start from 0.
    """
    arguments.text("explore", "title", title)
    if by is not None:
        arguments.choice("explore", "by", by, ("op", "sum", "neuron", "layer"))
    if isinstance(value, Value):
        _refuse_all(x=x, y=y, loss=loss)
        return _page(value, (), by, title or _title(value))
    recorder = _recorder(value)
    if recorder is not None:
        _refuse_all(x=x, y=y, loss=loss, by=by)
        return recorder(title)
    if not callable(value) or isinstance(value, type):
        raise ArgumentTypeError("explore", "value", value, "a Value, a net with its input, or a Recorder")
    root, inputs = _result(value, x, y, loss)
    name = root.label or ("out" if loss is None else "loss")
    return _page(root, inputs, by or "neuron", title or f"{type(value).__name__}: {_title(root, name)}", name)


# --- what is shown -----------------------------------------------------------------------------------


def _refuse_all(**given: Any) -> None:
    for argument, got in given.items():
        if got is not None:
            raise ArgumentValueError("explore", argument, got, "left out: it goes with a net")


def _recorder(value: Any) -> Callable[[str], Page] | None:
    """What makes the page of a recorded training; None for anything else."""
    if callable(value) or not hasattr(value, "frames"):  # NumPy is not imported for a net
        return None
    from .replay import Recorder, replay

    if not isinstance(value, Recorder):
        return None
    return lambda title: replay(value, title) if title else replay(value)


def _result(
    net: Any, x: Any, y: Any, loss: Callable[[Any, Any], Any] | None
) -> tuple[Value, Sequence[Value]]:
    """The one Value to go backward from, and the inputs."""
    if x is None:
        raise ArgumentValueError("explore", "x", x, "the input that the net is called with")
    if loss is not None and not callable(loss):
        raise ArgumentTypeError("explore", "loss", loss, "a function of (output, y), such as al.mse_loss")
    if (y is None) != (loss is None):
        missing = "y" if y is None else "loss"
        raise ArgumentValueError("explore", missing, None, "given where the other of y and loss is")
    outputs, inputs = called("explore", net, x)
    with recording():
        single = outputs[0] if len(outputs) == 1 else None
        if loss is not None:
            result = loss(outputs if single is None else single, y)
        else:
            result = total(outputs) if single is None else single
    if not isinstance(result, Value):
        raise ArgumentValueError("explore", "loss", loss, "a function that gives a Value")
    return result, inputs


def _title(root: Value, name: str = "out") -> str:
    return f"{root.label or name} = {number(root.data)}"


def _page(root: Value, inputs: Sequence[Value], by: str | None, title: str, name: str = "out") -> Page:
    line = looks.visible(" ".join(title.split()))
    data = contents(root, inputs, by, name)
    body = asset("stepper/explore.html").format(title=escape(line), note=escape(data["note"]))
    return Page(assemble(line, body, STYLES, SCRIPTS, data))


# --- the data of the page ----------------------------------------------------------------------------


def contents(
    root: Value, inputs: Iterable[Value] = (), by: str | None = None, name: str = "out"
) -> dict[str, Any]:
    """All that the scripts show: nodes, steps forward and backward, the picture, and what opens in it."""
    _refuse_larger(root)
    nodes, given = order(root), tuple(inputs)
    names = steps.names_of(nodes, {} if root.label else {root: name})
    back = steps.backward(nodes, names, root)
    last = {step.parent: step.after for step in back}
    top = looks.largest(last.values())

    def drawn(opened: Sequence[str] = ()) -> Scene:
        found = scene(root, level, None, inputs=given, opened=opened, function="explore")
        return _labelled(found, names, back)

    level = _level(root, given, by)
    base = drawn()
    closed = [node for node in base.nodes if node.kind == "group" and node.members <= LARGEST_GROUP]
    shown = picture(base)
    return {
        "note": f"{len(nodes):,} nodes, closed by {level}: a click on a group opens it" if closed else "",
        "nodes": [
            [name, number(v.data), int(v.op is None), v.op.name if v.op else ""]
            for name, v in zip(names, nodes, strict=True)
        ],
        "forward": [list(step) for step in steps.forward(nodes, names)],
        "backward": [_row(step, top) for step in back],
        "view": shown.data(),
        "openings": {node.id: opening(shown, node.id, drawn([node.id])) for node in closed},
    }


def _level(root: Value, inputs: Sequence[Value], by: str | None) -> str:
    """How the picture is collapsed at first: a net of many neurons by layer."""
    found = scene(root, by, None, inputs=inputs, function="explore")
    return "layer" if by == "neuron" and len(found.nodes) > FITS else found.by


def _refuse_larger(root: Value) -> None:
    seen, stack = {root}, [root]
    while stack and len(seen) <= LIMIT:
        fresh = set(stack.pop().parents) - seen
        seen |= fresh
        stack.extend(fresh)
    if len(seen) > LIMIT:
        raise GraphError(
            f"explore: the graph has more than {LIMIT:,} nodes, too many to step through: explore a part of "
            "it, which is any Value inside, or a smaller net or batch of the same kind"
        )


def _labelled(found: Scene, names: Sequence[str], back: Sequence[steps.Backward]) -> Scene:
    """Every node under its name, and as wide as its gradient ever gets on the way."""
    widest: dict[int, float] = {}
    for step in back:
        if len(number(step.after)) >= len(number(widest.get(step.parent))):
            widest[step.parent] = step.after
    nodes = []
    for node in found.nodes:
        i = int(node.id[1:].partition("_")[0])
        if node.kind in ("leaf", "op"):
            node = replace(node, label=names[i], grad=widest.get(i))
        elif node.kind == "group" and node.data is not None:
            title, does = (names[i], "Σ, ") if found.by == "sum" else (node.label, f"{names[i]}: ")
            node = replace(node, label=title, op=does + node.op, grad=widest.get(i))
        nodes.append(node)
    return replace(found, nodes=nodes)


def _row(step: steps.Backward, top: float) -> list[Any]:
    numbers = (step.slope, step.gradient, step.term, step.before, step.after)
    return [*step[:4], *map(number, numbers), _tone(step.after, top), _tone(step.term, top)]


def _tone(gradient: float, top: float) -> int | str:
    """The sign and strength of a gradient's colour, from -100 to 100."""
    if gradient != gradient:
        return "nan"
    if gradient == 0:
        return 0
    size = max(1, round(100 * looks.strength(gradient, top)))
    return size if gradient > 0 else -size
