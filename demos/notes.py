"""Five nets of lecture notes, and the equations that were derived for them by hand, held against the graph.

Prints, net by net, a verdict on every equation, and what is said of an equation with a slip in it; at the
end a table of the nets. Draws the activations of the notes and their derivatives.
"""

import random
import sys
from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite import plots
from autograd_lite.checking import lecture_notes as notes


def main(argv=None):
    args = arguments(__doc__, argv, seed=0)
    rows = []
    for letter, build in notes.SYSTEMS.items():
        system = build(random.Random(args.seed))
        report = al.check_derivation(system.loss, system.quantities, system.equations)
        print(f"\n{letter}. {system.title}\n{report}")
        name, slip = system.slip
        wrong = al.check_derivation(system.loss, system.quantities, system.equations | {name: slip})
        print(f"with a slip in {name}: {wrong[name].verdict}")
        right = sum(report[name].ok for name in system.equations)
        rows.append((f"{letter}. {system.title}", right, len(system.equations)))

    print(f"\n{'net':50}  equations  right")
    for title, right, count in rows:
        print(f"{title:50}  {count:9}  {right:5}")
    names = ["sigmoid", "tanh", "relu"]
    draw(args.out, {"notes_activations.png": partial(plots.activation_functions, names)})
    return all(right == count for _, right, count in rows)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
