"""What the compiler writes: NumPy for a net and for attention, and the equations of the five lecture notes.

Each loss is written over scalars. Prints, as Markdown, the loss, the text that was found for it, and the same
as equations; writes it all to compiled.md in --out. That of this folder is kept as it is written today.
"""

import inspect
import random

from common import arguments

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.checking import lecture_notes as notes


def net_loss():
    net = nn.MLP(2, [16, 16, 1], activation="relu", seed=0)

    def loss(x, y):
        return al.hinge_loss(net(x), y)

    return al.compile(loss, net, x=[0.5, -1.0], y=1)


def attention_loss():
    width, positions = 4, 6
    query, key, value = (nn.Layer(width, width, bias=False, seed=k) for k in range(3))

    def loss(x, y):
        q, k, v = ([layer(xi) for xi in x] for layer in (query, key, value))
        total = 0.0
        for t in range(positions):  # each position looks at itself and at those before it
            p = al.softmax([al.dot(q[t], k[s]) * width**-0.5 for s in range(t + 1)])
            seen = [al.dot(p, [v[s][j] for s in range(t + 1)]) for j in range(width)]
            total = total + al.sse_loss(seen, y[t])
        return total

    named = {"Wq": query.weight, "Wk": key.weight, "Wv": value.weight}
    example = [[0.1 * (t + j) for j in range(width)] for t in range(positions)]
    return al.compile(loss, named, x=example, y=example)


def recurrent_loss():
    width, steps = 8, 20
    cell, out = nn.Layer(2 + width, width, "tanh", seed=0), nn.Layer(width, 3, seed=1)

    def loss(x, y):
        h = [0.0] * width
        total = 0.0
        for t in range(steps):
            h = cell([*x[t], *h])
            total = total + al.cross_entropy(out(h), y[t])
        return total

    named = {"W": cell.weight, "b": cell.bias, "V": out.weight, "c": out.bias}
    return al.compile(loss, named, x=[[0.5, -0.5]] * steps, y=[0, 1] * (steps // 2))


def of_notes(build):
    """The program of one of the notes' nets, a finished loss, with the names of the notes."""
    system = build(random.Random(0))
    for name, nest in system.quantities.items():
        for v in leaves(nest):
            v.label = name
    own = {n: system.quantities[n] for n in system.equations if leaves(system.quantities[n])[0].op is None}
    return system.title, al.compile(system.loss, own)


def leaves(nest):
    if isinstance(nest, al.Value):
        return [nest]
    return [v for item in nest for v in leaves(item)] if isinstance(nest, list | tuple) else []


def fenced(text, kind="text"):
    return ["", f"```{kind}", *text.splitlines(), "```"]


def page():
    """The lines of the page."""
    lines = ["# What the compiler writes", "", "Made by `python demos/compiled.py --out demos`."]
    for title, make in {
        "A net of 2-16-16-1": net_loss,
        "Attention, each position over those before it": attention_loss,
        "A recurrent net over 20 steps": recurrent_loss,
    }.items():
        program = make()
        body = inspect.getsource(make).split("\n", 1)[1]
        lines += [
            "",
            f"## {title}",
            *fenced(inspect.cleandoc(f"\n{body}"), "python"),
            "",
            f"{program.report()}.",
        ]
        lines += fenced(program.source, "python") + fenced(program.equations())
    lines += ["", "## The five lecture notes", "", "Each from one number, the loss of all samples."]
    for letter, build in notes.SYSTEMS.items():
        title, program = of_notes(build)
        lines += ["", f"### {letter}: {title}", *fenced(program.equations())]
    return lines


def main(argv=None):
    args = arguments(__doc__, argv)
    text = "\n".join(page()) + "\n"
    print(text)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "compiled.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
