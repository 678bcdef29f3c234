"""Random array programs, forward, of every kind: what the adjoint and the rules are tried on."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from autograd_lite.compiler.equations.ir import (
    BATCH,
    Array,
    Call,
    Equation,
    Equations,
    Label,
    Reduce,
    Step,
    Sum,
    Term,
    View,
)
from autograd_lite.compiler.equations.ir import whole as whole_view

Numbers = Any
SIZES = (1, 2, 2, 3)
COEFFICIENTS = (1.0, 1.0, -1.0, 0.5, 2.0)
OF_ONE = ("sigmoid", "tanh", "relu", "softplus", "sin", "abs", "exp", "neg", "detach", "gelu", "sqrt", "log")
OF_TWO = ("max", "min", "mul", "div", "hypot", "greater", "and", "logsumexp", "norm", "prod", "pow", "elu")
LISTS = ("logsumexp", "max", "min", "prod", "norm")


class Example:
    """A random program, with numbers for its parameters and inputs; `wild` ones meet 1/0 and log(-1)."""

    def __init__(self, seed: Any, wild: bool = False) -> None:
        self.draw, self.wild = random.Random(f"array program {seed}"), wild
        self.count = self.draw.choice((1, 2, 3))
        self.batch = self.draw.random() < 0.7  # a finished loss has none
        self.forward: list[Equation] = []
        self.numbers: dict[Array, Numbers] = {}
        self.arrays: list[Array] = []
        self.program = self.build()

    def build(self) -> Equations:
        parameters = [self.leaf(f"w{k}", "parameter") for k in range(self.draw.randint(1, 3))]
        inputs = [self.leaf("x", "input" if self.batch else "constant"), self.leaf("t", "index")]
        self.leaf("c", "constant")
        kinds = (self.sum,) * 3 + (self.apply,) * 3 + (self.reduce, self.pieces, self.scatter, self.copy)
        kinds += (self.softmax,)
        for _ in range(self.draw.randint(1, 6)):
            self.begin()
            self.draw.choice(kinds)()
        inputs = [array for array in inputs if array.kind != "constant"]
        return Equations(self.forward, self.loss(), [], parameters, inputs)

    # --- arrays ---

    def leaf(self, name: str, kind: str) -> Array:
        axes = self.draw.choice((0, 1) if kind == "index" else (0, 1, 1, 2))
        shape = tuple(self.draw.choice(SIZES) for _ in range(axes))
        array = Array(name, shape, kind, self.batch and kind in ("input", "index"))
        full = (self.count,) * array.batched + shape
        meet = self.wild or self.draw.random() < 0.3
        numbers = [self.number(kind, meet) for _ in range(int(np.prod(full)))]
        data = np.array(numbers).reshape(full)
        if kind == "constant":
            array.data = data
        else:
            self.numbers[array] = data
        self.arrays += [array] * (kind != "index")
        return array

    def number(self, kind: str, meet: bool) -> float:
        """A number, of few if they are to be equal and 0 now and then."""
        if kind == "index":
            return self.draw.randrange(2)
        return self.draw.choice((-1.0, 0.0, 1.0)) if meet else self.draw.uniform(-1.5, 1.5)

    def computed(self, labels: tuple[Label, ...], batched: bool) -> View:
        """A new array with an axis for every label."""
        shape = tuple(self.sizes[label] for label in labels)
        return whole_view(Array(f"v{len(self.forward)}", shape, "computed", batched), labels)

    # --- views ---

    def begin(self) -> None:
        self.letters = iter([*"ijklmopqrstuvwabcdefgh", *(f"i{k}" for k in range(99))])
        self.sizes = dict[Label, int]()

    def label(self, size: int, new: bool = False) -> Label:
        """A label of this size: one that is there already, or a new one."""
        there = [label for label, own in self.sizes.items() if own == size]
        if there and not new and self.draw.random() < 0.6:
            return self.draw.choice(there)
        label = next(self.letters)
        self.sizes[label] = size
        return label

    def view(self, index: bool = True) -> View:
        array = self.draw.choice(self.arrays)
        return View(array, tuple(self.step(size, index) for size in array.shape))

    def step(self, size: int, index: bool) -> Step:
        kind = self.draw.choice(("label",) * 6 + ("place", "backward", "window", "table", "index", "part"))
        if kind == "place":
            return Step(self.draw.randrange(size))
        if kind == "backward":
            return Step(size - 1, ((self.label(size), -1),))
        if kind == "window" and size > 1:
            reach = self.draw.randint(1, size)
            return Step(0, ((self.label(reach), 1), (self.label(size + 1 - reach, new=True), 1)))
        if kind == "table":
            return self.table(size)
        if kind == "part" and size > 1:
            return Step(self.draw.randrange(2), ((self.label(size - 1), 1),))
        if kind == "index" and index and size > 1:
            return Step(index=self.chosen())
        return Step(0, ((self.label(size), 1),))

    def table(self, size: int) -> Step:
        axes = range(self.draw.choice((1, 1, 2)))
        labels = tuple(dict.fromkeys(self.label(self.draw.choice(SIZES)) for _ in axes))
        shape = tuple(self.sizes[label] for label in labels)
        places = [self.draw.randrange(size) for _ in range(int(np.prod(shape)))]
        return Step(0, (), np.array(places).reshape(shape), labels)

    def chosen(self) -> View:
        array = next(array for array in self.numbers if array.kind == "index")
        return View(array, tuple(Step(0, ((self.label(size), 1),)) for size in array.shape))

    # --- calls ---

    def call(self, depth: int) -> Call:
        """A call whose values stay of a size."""
        if self.draw.random() < (0.4 if self.wild else 0.15):
            condition = Call("greater", (self.operand(depth), self.operand(depth)))
            condition = self.draw.choice((condition, condition, self.view()))
            return Call("select", (condition, self.view(), self.operand(depth)))
        if self.draw.random() < 0.5:
            row = self.draw.choice(OF_ONE)
            return Call(row, (self.within(row, self.view()),))
        row = self.draw.choice(OF_TWO)
        first, second = self.view(), self.operand(depth)
        if row in ("div", "pow"):
            tame = Call("sigmoid", (second,))
            second = 2.0 if isinstance(second, float) else second if self.wild else tame
        return Call(row, (self.within(row, first), 1.0 if row == "elu" else second))

    def within(self, row: str, view: View) -> View | Call:
        """The view, brought into the domain of a row."""
        if self.wild:
            return view
        inner = {"sqrt": "softplus", "log": "softplus", "pow": "softplus", "exp": "tanh"}.get(row)
        return Call(inner, (view,)) if inner else view

    def operand(self, depth: int) -> Any:
        kind = self.draw.random()
        if kind < 0.2:
            return self.draw.choice((0.0, 1.0, 2.0, -0.5))
        return self.call(depth - 1) if kind < 0.35 and depth > 1 else self.view()

    # --- equations ---

    def write(self, target: View, terms: list[Term], add: bool = False) -> None:
        self.forward.append(Sum(target, tuple(terms), dict(self.sizes), add))
        if target.array not in self.arrays:
            self.arrays.append(target.array)

    def target(self, factors: list[Any], summed: bool = False) -> View:
        """A new array over the labels of the factors, or over some of them."""
        labels = list(dict.fromkeys(label for factor in factors for label in factor.labels))
        batched = BATCH in labels and not (summed and self.draw.random() < 0.15)
        own = [label for label in labels if label != BATCH]
        if summed:
            own = [label for label in own if self.draw.random() < 0.6][:3]
        self.draw.shuffle(own)
        return self.computed(tuple(own), batched)

    def sum(self) -> None:
        terms = [self.term() for _ in range(self.draw.choice((1, 1, 2, 3)))]
        if self.draw.random() < 0.1:
            terms.append(Term(0.5))
        self.write(self.target([factor for term in terms for factor in term.factors], summed=True), terms)

    def term(self) -> Term:
        factors: list[Any] = [self.view() for _ in range(self.draw.choice((1, 1, 2, 2, 3)))]
        if self.draw.random() < 0.2:
            factors.append(self.draw.choice(factors))
        if self.draw.random() < 0.15:
            factors.append(self.call(1))
        power = self.draw.choice((0, 0, 0, -1, 1))
        return Term(self.draw.choice(COEFFICIENTS), tuple(factors), power)

    def apply(self) -> None:
        """A call, now and then with a coefficient, or with another call beside it."""
        calls = [self.call(self.draw.choice((1, 1, 2))) for _ in range(self.draw.choice((1, 1, 1, 2)))]
        numbers = [(self.draw.choice(COEFFICIENTS), self.draw.choice((0, 0, 0, -1))) for _ in calls]
        terms = [Term(number, (call,), power) for call, (number, power) in zip(calls, numbers, strict=True)]
        self.write(self.target(calls, summed=self.draw.random() < 0.2), terms)

    def copy(self) -> None:
        """A plain copy of a view: a transpose, a part, a gather."""
        view = self.view()
        self.write(self.target([view]), [Term(1.0, (view,))])

    def reduce(self) -> None:
        source = self.view(index=False)
        own = [label for label in source.labels if label != BATCH]
        if own:
            over = tuple(self.draw.sample(own, self.draw.randint(1, len(own))))
            kept = tuple(label for label in own if label not in over)
            target = self.computed(kept, source.array.batched)
            self.forward.append(Reduce(target, self.draw.choice(LISTS), source, over, dict(self.sizes)))
            self.arrays.append(target.array)

    def softmax(self) -> None:
        """Logits less their logsumexp, and perhaps probabilities, and the logarithm of one that is picked."""
        arrays = [array for array in self.arrays if array.shape]
        if not arrays:
            return
        array = self.draw.choice(arrays)
        x = whole_view(array, tuple(self.label(size, new=True) for size in array.shape))
        over = x.labels[-1]
        z = self.computed(tuple(label for label in x.labels if label not in (over, BATCH)), array.batched)
        self.forward.append(Reduce(z, "logsumexp", x, (over,), dict(self.sizes)))
        s = self.set(x.labels, Term(1.0, (x,)), Term(-1.0, (z,)))
        p = self.set(x.labels, Term(1.0, (Call("exp", (s,)),)))
        if array.shape[-1] > 1:
            pick = View(p.array, (*p.steps[:-1], Step(index=self.chosen())))
            if self.draw.random() < 0.5:
                pick = self.set(pick.labels, Term(1.0, (pick,)))
            self.set(pick.labels, Term(1.0, (Call("log", (pick,)),)))

    def set(self, labels: tuple[Label, ...], *terms: Term) -> View:
        """A new array over these labels, as a view."""
        target = self.computed(tuple(label for label in labels if label != BATCH), BATCH in labels)
        self.write(target, list(terms))
        return target

    def pieces(self) -> None:
        """An array that is set part by part, or to 0 and then added to, where parts may overlap."""
        view = self.view()
        own = [label for label in view.labels if label != BATCH][:2]
        shape = tuple(self.sizes[label] for label in own)
        array = Array(f"v{len(self.forward)}", (4, *shape), "computed", BATCH in view.labels)
        parts = tuple(Step(0, ((label, 1),)) for label in own)
        add = self.draw.random() < 0.5
        if add:
            self.sizes["z"] = 4
            self.write(View(array, (Step(0, (("z", 1),)), *parts)), [])
        for place in range(4):
            at = self.draw.randrange(4) if add else place
            factor = view if place % 2 else Call(self.draw.choice(("sigmoid", "neg", "relu")), (view,))
            self.write(
                View(array, (Step(at), *parts)), [Term(self.draw.choice(COEFFICIENTS), (factor,))], add
            )

    def scatter(self) -> None:
        """A view that is added along a walk on which places come again."""
        view = self.view()
        own = [label for label in view.labels if label != BATCH][:1]
        inner = self.label(2, new=True)
        size = sum(self.sizes[label] - 1 for label in (*own, inner)) + 1
        array = Array(f"v{len(self.forward)}", (size,), "computed", BATCH in view.labels)
        self.sizes["z"] = size
        self.write(whole_view(array, ("z",)), [])
        walk = Step(0, tuple((label, 1) for label in (*own, inner)))
        self.write(View(array, (walk,)), [Term(self.draw.choice(COEFFICIENTS), (view,))], add=True)

    def loss(self) -> Array:
        """The sum of some arrays, squared or not, over samples or their mean."""
        self.begin()
        loss, terms = Array("L", ()), []
        read = self.draw.sample(self.arrays, min(len(self.arrays), 3))
        for array in dict.fromkeys([self.arrays[-1], *read]):
            view = whole_view(array, tuple(self.label(size, new=True) for size in array.shape))
            factors = (view,) * self.draw.choice((1, 2))
            terms.append(Term(self.draw.choice(COEFFICIENTS), factors, -1 if array.batched else 0))
        self.write(View(loss), terms)
        return loss
