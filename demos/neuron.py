"""One neuron, forward and backward: every number by the chain rule, and its derivative as a formula.

Prints the neuron y = tanh(w1 x1 + w2 x2 + b) forward; then backward, with the chain rule for each input; then
dy/dw1 as Python and as LaTeX, and the second derivative. Draws the activation functions of the package, each
with its derivative.
"""

from common import arguments, draw

import autograd_lite as al
from autograd_lite import plots


def main(argv=None):
    args = arguments(__doc__, argv, x1=1.0, x2=2.0, w1=0.5, w2=-1.0, b=1.25)
    x1, x2, w1, w2, b = (al.Value(getattr(args, name), name) for name in ("x1", "x2", "w1", "w2", "b"))
    a = w1 * x1 + w2 * x2 + b
    y = al.tanh(a)

    print("forward")
    print(f"  a = {al.text(a)} = {a.data:.4f}")
    print(f"  y = tanh(a) = {y.data:.4f}")

    y.backward()
    print("backward")
    print(f"  dy/da  = 1 - y²       = {a.grad:.4f}")
    for v, local in ((w1, x1), (w2, x2), (x1, w1), (x2, w2)):
        print(f"  dy/d{v.label} = dy/da · {local.label}   = {a.grad:.4f} · {local.data:g} = {v.grad:.4f}")
    print(f"  dy/db  = dy/da · 1    = {b.grad:.4f}")

    slope = al.grad(y, w1, create_graph=True)  # a graph again: it prints, and has derivatives of its own
    print("as formulas")
    print(f"  dy/dw1 = {al.text(slope)}")
    print(f"  in LaTeX: {al.latex(slope)}")
    print(f"  d²y/dw1² = {al.grad(slope, w1):.4f}")

    draw(args.out, {"activations.png": plots.activation_functions})


if __name__ == "__main__":
    main()
