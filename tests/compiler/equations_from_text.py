"""Array equations out of text, as they are printed, so that tests can be read:

a[n,j] = x[n,k]·W[j,k] + b[j]        a sum; what the target does not have is summed over
h[n,j] = tanh(a[n,j])                a call
z[n] = logsumexp_j h[n,j]            a reduction
d[n,y[n]] += -1·n^-1                 a place that the data tell
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from autograd_lite.compiler.equations.ir import (
    BATCH,
    Array,
    Call,
    Equation,
    Equations,
    Reduce,
    Step,
    Sum,
    Term,
    View,
)

LISTS = "logsumexp|max|min|prod|norm"


def parameter(*shape: int) -> Array:
    return Array("", shape, "parameter")


def samples(*shape: int) -> Array:
    return Array("", shape, "input", batched=True)


def index(*shape: int) -> Array:
    return Array("", shape, "index", batched=True)


def constant(data: Any) -> Array:
    data = np.array(data)
    return Array("", data.shape, "constant", data=data)


def computed(*shape: int, batched: bool = False) -> Array:
    """One that no single equation sets as a whole."""
    return Array("", shape, "computed", batched)


def written(text: str, sizes: dict[str, int] | None = None, **arrays: Array) -> Equations:
    """The forward equations of a text. The loss is L; arrays are known before or made by the text.

    `sizes` are those of labels that the shapes of arrays do not give, in x[n,i+k].
    """
    for name, array in arrays.items():
        array.name = name
    lines = [_Line(line.strip(), arrays, sizes or {}) for line in text.strip().splitlines()]
    kinds = {kind: [a for a in arrays.values() if a.kind == kind] for kind in ("parameter", "input", "index")}
    inputs = [*kinds["input"], *kinds["index"]]
    return Equations([line.equation for line in lines], arrays["L"], [], kinds["parameter"], inputs)


class _Line:
    def __init__(self, line: str, arrays: dict[str, Array], sizes: dict[str, int]) -> None:
        self.arrays = arrays
        self.sizes = {label: size for label, size in sizes.items() if re.search(rf"\b{label}\b", line)}
        line = re.sub(r"\b(and|or)\(", r"\1_(", line)  # names that Python takes
        line = re.sub(r"Σ_[\w,]+ ", "", line).replace("·", "*").replace("^", "**").replace("[]", "[()]")
        left, sign, right = re.split(r" (\+?=) ", line, maxsplit=1)
        reduced = re.fullmatch(rf"({LISTS})_([\w,]+) (.*)", right)
        self.equation: Equation
        if reduced:
            source = self.view(_parsed(reduced[3]))
            over = tuple(reduced[2].split(","))
            self.equation = Reduce(self.target(_parsed(left)), reduced[1], source, over, self.sizes)
        else:
            terms = tuple(self.terms(_parsed(right), 1.0)) if right != "0" else ()
            self.equation = Sum(self.target(_parsed(left)), terms, self.sizes, sign == "+=")

    def target(self, node: Any) -> View:
        """What is on the left; an array that is not known has the shape that the right side gives."""
        name = node.value.id
        if name not in self.arrays:
            parts = [part for part in _parts(node.slice) if isinstance(part, ast.Name)]
            labels = [part.id for part in parts if part.id != BATCH]
            batched = any(part.id == BATCH for part in parts)
            shape = tuple(self.sizes[label] for label in labels)
            self.arrays[name] = Array(name, shape, "computed", batched)
        return self.view(node)

    def terms(self, node: Any, sign: float) -> list[Term]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            other = -sign if isinstance(node.op, ast.Sub) else sign
            return self.terms(node.left, sign) + self.terms(node.right, other)
        return [self.term(node, sign)]

    def term(self, node: Any, sign: float) -> Term:
        term = Term(sign)
        for part in _product(node):
            if isinstance(part, ast.BinOp):  # n ** power
                term = term._replace(power=term.power + int(ast.literal_eval(part.right)))
            elif isinstance(part, ast.Subscript | ast.Call):
                term = term._replace(factors=(*term.factors, self.factor(part)))
            else:
                term = term._replace(coefficient=term.coefficient * float(ast.literal_eval(part)))
        return term

    def factor(self, node: Any) -> Any:
        if isinstance(node, ast.Subscript):
            return self.view(node)
        if isinstance(node, ast.Call):
            return Call(node.func.id.rstrip("_"), tuple(self.factor(x) for x in node.args))  # type: ignore[attr-defined]
        return float(ast.literal_eval(node))

    def view(self, node: Any) -> View:
        array = self.arrays[node.value.id]
        parts = _parts(node.slice)[array.batched :]
        assert len(parts) == len(array.shape), ast.unparse(node)
        return View(array, tuple(map(self.step, parts, array.shape)))

    def step(self, node: Any, size: int) -> Step:
        if isinstance(node, ast.Name):  # the only place where a size is seen
            self.sizes.setdefault(node.id, size)
        step = Step()
        for part in _addends(node):
            if isinstance(part, ast.Subscript):
                step = step._replace(index=self.view(part))
            elif isinstance(part, ast.Constant | ast.UnaryOp):
                step = step._replace(base=step.base + int(ast.literal_eval(part)))
            else:
                stride, label = (1, part) if isinstance(part, ast.Name) else _strided(part)
                step = step._replace(strides=(*step.strides, (label.id, stride)))
        return step


def _parsed(text: str) -> Any:
    return ast.parse(text.strip(), mode="eval").body


def _parts(node: Any) -> list[Any]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _product(node: Any) -> list[Any]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_product(node.left), *_product(node.right)]
    return [node]


def _addends(node: Any) -> list[Any]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_addends(node.left), *_addends(node.right)]
    return [node]


def _strided(node: Any) -> tuple[int, Any]:
    return int(ast.literal_eval(node.left)), node.right
