"""The matrix equations of five nets that were written over scalars: found in their graphs, by no one's hand.

Every net is a loss out of Values, a sum over samples and neurons and all. The compiler is handed that one
number, and finds the matrices again. Prints for each of the nets of the lecture notes its equations, forward
and backward, and how many scalars they stand for. Draws those of one net, from their LaTeX.
"""

import random
from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite.checking import lecture_notes as notes


def main(argv=None):
    args = arguments(__doc__, argv, seed=0)
    programs = {}
    for letter, build in notes.SYSTEMS.items():
        system = build(random.Random(args.seed))
        programs[letter] = program = compiled(system)
        print(f"\n{letter}. {system.title}: {len(al.order(system.loss))} scalars\n\n{program.equations()}")
    draw(args.out, {"equations_net.png": partial(formulas, programs["D"].equations("latex"))})


def compiled(system):
    """The program of a finished loss. What the notes have a name for is called so on the page."""
    named = {name: leaves(nest) for name, nest in system.quantities.items()}
    for name, values in named.items():
        for value in values:
            value.label = name
    own = [name for name in system.equations if all(value.op is None for value in named[name])]
    return al.compile(system.loss, {name: system.quantities[name] for name in own})


def leaves(nest):
    """The Values of nested lists."""
    if isinstance(nest, al.Value):
        return [nest]
    return [value for item in nest for value in leaves(item)] if isinstance(nest, list | tuple) else []


def formulas(latex, path):
    """A picture of the rows of LaTeX, with room between the layers."""
    from matplotlib.figure import Figure

    rows = latex.splitlines()[1:-1]
    gaps = [1.0 + 0.5 * row.endswith("[1ex]") for row in rows]
    figure = Figure(figsize=(4, 0.32 * sum(gaps) + 0.3), dpi=130)
    height = 1.0
    for row, before in zip(rows, [1.0, *gaps], strict=False):
        height -= before / (sum(gaps) + 1)
        left, _, right = row.split(r" \\")[0].partition(" &= ")
        figure.text(0.25, height, f"${left} =$", ha="right", va="baseline", size=12)
        figure.text(0.27, height, f"${right}$", va="baseline", size=12)
    figure.savefig(path)


if __name__ == "__main__":
    main()
