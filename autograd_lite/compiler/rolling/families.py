"""From canonical scalar equations to array equations: nodes of one colour are one array."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat, takewhile
from math import inf, prod
from typing import Any

import numpy as np

from ...errors import GraphError
from ..equations import (
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
    reads,
    whole,
)
from .canonical_graph import Canon
from .like_terms import Group, Groups, Key, Reading
from .member_order import Arrangement, arrange
from .ragged import Masks
from .scalar_list import LEAF
from .stable_exponentials import LISTS

NOTHING = {"logsumexp": -inf, "max": -inf, "min": inf, "prod": 1.0, "norm": 0.0}  # what changes nothing


def roll(canon: Canon, leaves: Sequence[Array], reduce: str, shapes: Sequence[tuple[int, ...]]) -> Equations:
    """The forward equations. The first root is a sample's loss, the others fill outputs of these shapes."""
    roller = _Roller(canon, leaves)
    for members in _families(canon):
        roller.add(members)
    program = Equations(roller.equations, roller.home(canon.roots[0]))
    roots = iter(canon.roots[1:])
    for number, shape in enumerate(shapes):
        nodes = [next(roots) for _ in range(int(np.prod(shape, dtype=int)))]
        program.outputs.append(roller.output(number, nodes, shape))
    program.loss = _over_samples(program, roller.place[canon.roots[0]], reduce)
    program.parameters = [array for array in leaves if array.kind == "parameter"]
    program.inputs = [array for array in leaves if array.kind in ("input", "index")]
    program.notes = roller.notes
    program.hints = roller.hints
    return program


def _families(canon: Canon) -> list[list[int]]:
    """The live nodes by colour; a colour comes after those that it is made of. Leaves are arrays already."""
    families: dict[int, list[int]] = {}
    for node in canon.live:
        if canon.rows[node] != LEAF:
            families.setdefault(canon.colours[node], []).append(node)
    return [families[colour] for colour in sorted(families)]


class _Roller:
    def __init__(self, canon: Canon, leaves: Sequence[Array]) -> None:
        self.canon = canon
        self.equations: list[Equation] = []
        self.notes: list[tuple[Array, str]] = []
        self.hints: dict[Array, str] = {}  # what the user called it
        self.leaves = leaves
        self.arrays: dict[int, Array] = {}  # by colour
        self.constants: dict[Any, Array] = {}
        self.masks = Masks()
        self.place = np.zeros(len(canon.rows), int)  # of each node in its array, counted flat
        own = [node for node in canon.live if canon.rows[node] == LEAF]
        self.place[own] = [canon.operands[node][1] for node in own]

    def home(self, node: int) -> Array:
        if self.canon.rows[node] == LEAF:
            return self.leaves[int(self.canon.operands[node][0])]
        return self.arrays[self.canon.colours[node]]

    # --- a family ---

    def add(self, members: list[int]) -> None:
        """The array of a family and the equations that fill it."""
        row = self.canon.rows[members[0]]
        groups = self._groups(row, members)
        found = arrange(groups, len(members))
        array = self._array(members, found, groups)
        target = whole(array, found.members)
        if found.tables:
            self.notes.append((array, f"{found.tables} of its operands are gathered by a table of places"))
        if row == "sum":
            terms = self.masks.difference(target, self._terms(groups, found), found.sizes)
            self._set(target, terms, found.sizes)
        elif row in LISTS:
            self._reduce(target, row, groups, found)
        elif row == "take":
            self._take(target, groups, found)
        else:
            self._apply(target, row, groups, found)

    def _groups(self, row: str, members: list[int]) -> list[Group]:
        canon = self.canon
        if canon.groups[members[0]] is not None:
            each: list[Groups] = [canon.groups[node] or {} for node in members]
            return [
                self._like(key, [groups[key] for groups in each], row in LISTS)
                for key in sorted(each[0], key=_written_order)
            ]
        operands = [canon.operands[node] for node in members]
        if row == "take":
            index, *rows = zip(*operands, strict=True)
            return [self._reading_group([[x] for x in index]), *self._picked(rows)]
        return [self._operand(column) for column in zip(*operands, strict=True)]

    def _like(self, key: Key, columns: list[list[list[Any]]], distinct: bool) -> Group:
        """A group of like terms: columns by member, a list of nodes for every factor, then constants."""
        sign, has_constant, colours = key
        counts = np.array([len(member[0]) for member in columns])
        count, mask = int(counts.max()), None
        if count != counts.min():
            mask = np.arange(count) < counts[:, None]
            columns = [[padded(column, count) for column in member] for member in columns]
        tables = [np.array([member[k] for member in columns]) for k in range(len(columns[0]))]
        readings = [self._reading(table) for table in tables[: len(colours)]]
        if mask is not None:
            readings = [Reading(r.array, continued(r, counts)) for r in readings]
        return Group(sign, readings, tables[-1] if has_constant else None, count, False, mask, distinct)

    def _operand(self, column: Sequence[Any]) -> Group:
        if type(column[0]) is float:
            return Group(1.0, [], np.array(column)[:, None])
        return self._reading_group([[x] for x in column])

    def _reading_group(self, nodes: Any, ordered: bool = False) -> Group:
        nodes = np.array(nodes)
        return Group(1.0, [self._reading(nodes)], None, nodes.shape[1], ordered, None, ordered)

    def _reading(self, nodes: Any) -> Reading:
        array = self.home(int(nodes.flat[0]))
        flat = self.place[nodes.reshape(-1)]  # NumPy's unravel_index errs on columns of more than 8,192
        tables = np.unravel_index(flat, array.shape) if array.shape else ()
        return Reading(array, [table.reshape(nodes.shape) for table in tables])

    def _picked(self, rows: Sequence[Sequence[Any]]) -> list[Group]:
        """What an index picks from: one group if all is in one array, else a copy of all in one."""
        homes = {self.home(x) if type(x) is int else None for row in rows for x in row}
        if None not in homes and len(homes) == 1:
            return [self._reading_group(np.transpose(rows), ordered=True)]
        return [self._operand(row) for row in rows]

    def _array(self, members: list[int], found: Arrangement, groups: list[Group]) -> Array:
        shape = tuple(found.sizes[label] for label in found.members)
        origins = [
            v for v in (self.canon.origins[members[0]], self.canon.origins[members[-1]]) if v is not None
        ]
        batched = any(reading.array.batched for group in groups for reading in group.readings)
        scope = _common(origins[0].scope, origins[-1].scope) if origins else ""
        array = Array(f"v{len(self.arrays)}", shape, "computed", batched, scope)
        if origins and origins[0].label:
            self.hints[array] = origins[0].label
        self.arrays[self.canon.colours[members[0]]] = array
        self.place[members] = found.places(len(members))
        return array

    # --- equations ---

    def _set(self, target: View, terms: list[Term], sizes: dict[Label, int], add: bool = False) -> None:
        self.equations.append(Sum(target, tuple(terms), dict(sizes), add))

    def _terms(self, groups: list[Group], found: Arrangement) -> list[Term]:
        terms = [self._term(group, found, k) for k, group in enumerate(groups)]
        return [term for term in terms if term.coefficient != 0.0]

    def _term(self, group: Group, found: Arrangement, k: int, nothing: float = 0.0) -> Term:
        """A coefficient times what is read; a term that comes several times counts as often.

        Where some members have fewer terms, `nothing` stands for those that are not there.
        """
        factors: list[Any] = list(found.views[k])
        coefficient = group.sign
        constants = found.constants[k]
        if constants is not None:
            values, labels = constants
            if labels:
                factors.append(self._constant(values, labels))
            else:
                coefficient *= float(values)
        mask = found.masks[k]
        if mask is not None and not (factors and self.masks.is_needless(factors[0], *mask, nothing)):
            there = self._constant(mask[0], mask[1])
            factors[:1] = [Call("select", (there, factors[0] if factors else 1.0, nothing))]
        kept = prod(found.sizes[label] for label in found.terms[k])
        return Term(coefficient * (group.terms // kept), tuple(factors))

    def _constant(self, values: Any, labels: tuple[Label, ...]) -> View:
        """A view of an array of numbers; equal arrays are one."""
        key = (values.shape, values.tobytes())
        if key not in self.constants:
            self.constants[key] = Array(f"c{len(self.constants) + 1}", values.shape, "constant", data=values)
        return whole(self.constants[key], labels)

    def _apply(self, target: View, row: str, groups: list[Group], found: Arrangement) -> None:
        terms = map(self._term, groups, repeat(found), range(len(groups)))
        operands = [term.factors[0] if term.factors else term.coefficient for term in terms]
        call = Call(row, tuple(operands))
        self.masks.applied(target, call)
        self._set(target, [Term(1.0, (call,))], found.sizes)

    def _reduce(self, target: View, row: str, groups: list[Group], found: Arrangement) -> None:
        """Over one view, where all that is reduced is one; else over a copy of it all side by side."""
        if len(groups) == 1 and found.constants[0] is None and found.masks[0] is None:
            source, over = found.views[0][0], found.terms[0]
            if over and set(over) <= set(source.labels):
                self.equations.append(Reduce(target, row, source, over, dict(found.sizes)))
                return
        side, sizes = self._side_by_side(target.array.path, found.members, groups, found, 0, NOTHING[row])
        if len(groups) == 1 and found.masks[0] is not None:
            self.masks.reduced(target.array, row, self.equations[-1].terms[0], side, sizes)  # type: ignore[union-attr]
        self.equations.append(Reduce(target, row, side, ("z",), sizes))

    def _side_by_side(
        self,
        path: str,
        members: tuple[Label, ...],
        groups: list[Group],
        found: Arrangement,
        first: int = 0,
        nothing: float = 0.0,
    ) -> tuple[View, dict[Label, int]]:
        """A copy of the terms of all groups from the first in one array; its last axis, z, is the term."""
        count = sum(group.terms for group in groups[first:])
        batched = any(reading.array.batched for group in groups[first:] for reading in group.readings)
        shape = (*(found.sizes[label] for label in members), count)
        array = Array(f"s{len(self.equations)}", shape, "computed", batched, path)
        every, sizes = whole(array, (*members, "z")), {**found.sizes, "z": count}
        alone = len(groups) == first + 1
        if not alone:
            self._set(every, [], sizes)
        start = 0
        for k, group in enumerate(groups[first:], first):
            strides, stride = [], group.terms
            for label in found.terms[k]:
                stride //= found.sizes[label]
                strides.append((label, stride))
            place = View(array, (*every.steps[:-1], Step(start, tuple(strides))))
            self._set(place, [self._term(group, found, k, nothing)], sizes, add=not alone)
            start += group.terms
        return every, sizes

    def _take(self, target: View, groups: list[Group], found: Arrangement) -> None:
        """The view with an index for the axis along which the choice goes."""
        index, (picks,) = found.views[0][0], groups[0].readings
        if index.array.kind not in ("input", "index"):
            raise GraphError("compile: al.take by a number that is no input; an index is a label, a token")
        index.array.kind = "index"
        if index.array.data is None:
            index.array.data = np.full(index.array.shape, np.iinfo(np.int64).max)
        count = sum(group.terms for group in groups[1:])
        np.minimum.at(index.array.data, tuple(table[:, 0] for table in picks.tables), count)
        view = self._chosen(groups, found, index)
        sizes = found.sizes
        if view is None:
            members = tuple(label for label in found.members if found.varies(label, 1))
            side, sizes = self._side_by_side(target.array.path, members, groups, found, 1)
            view = View(side.array, (*side.steps[:-1], Step(index=index)))
        self._set(target, [Term(1.0, (view,))], sizes)

    def _chosen(self, groups: list[Group], found: Arrangement, index: View) -> View | None:
        """The view of what is chosen from, where the choice walks along one axis of it, one by one."""
        if len(groups) != 2 or found.constants[1] is not None or len(found.terms[1]) != 1:
            return None
        label, steps = found.terms[1][0], list(found.views[1][0].steps)
        walking = [k for k, step in enumerate(steps) if label in step.labels]
        if len(walking) != 1:
            return None
        step = steps[walking[0]]
        if step.table is not None or dict(step.strides)[label] != 1:
            return None
        others = tuple((name, stride) for name, stride in step.strides if name != label)
        steps[walking[0]] = Step(step.base, others, index=index)
        return View(found.views[1][0].array, tuple(steps))

    # --- what the program gives ---

    def output(self, number: int, nodes: list[int], shape: tuple[int, ...]) -> Array:
        """An array of the nodes: the one that they are already, or a copy."""
        homes = list(dict.fromkeys(map(self.home, nodes)))
        first = homes[0]
        alone = len(homes) == 1 and first.shape == shape and first.kind == "computed"
        if alone and np.array_equal(self.place[nodes], np.arange(len(nodes))):
            return first
        array = Array(f"out{number + 1}", shape, "computed", any(self.home(node).batched for node in nodes))
        if len(homes) > 1:
            labels = tuple(f"i{k}" for k in range(len(shape)))
            self._set(whole(array, labels), [], dict(zip(labels, shape, strict=True)))
        for home in homes:
            there = [k for k, node in enumerate(nodes) if self.home(node) is home]
            target = Reading(array, _places(np.array(there), shape))
            source = self._reading(np.array([nodes[k] for k in there])[:, None])
            found = arrange([Group(1.0, [target]), Group(1.0, [source])], len(there), complete=False)
            (into,), (view,) = found.views
            self._set(into, [Term(1.0, (view,))], found.sizes, add=len(homes) > 1)
        return array


def _common(first: str, last: str) -> str:
    """The scope that two are both inside of."""
    both = zip(first.split("/"), last.split("/"), strict=False)
    return "/".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], both))


def padded(column: list[Any], count: int) -> list[Any]:
    return column + column[:1] * (count - len(column))


def continued(reading: Reading, counts: Any) -> list[Any]:
    """The tables with places for terms that are not there: where a longer member would have walked on."""
    tables = []
    for table, size in zip(reading.tables, reading.array.shape, strict=True):
        longest = table[counts.argmax()]
        walk = table[:, :1] + longest - longest[0]
        there = np.arange(table.shape[1]) < counts[:, None]
        fits = (walk >= 0) & (walk < size)
        tables.append(np.where(there | ~fits, table, walk))
    return tables


def _written_order(key: Key) -> tuple[Any, ...]:
    """Products before single addends before numbers, and what is added before what is taken away."""
    sign, has_constant, colours = key
    return sign < 0.0, -len(colours) - has_constant, key


def _places(flat: Any, shape: tuple[int, ...]) -> list[Any]:
    return [axis[:, None] for axis in np.unravel_index(flat, shape)] if shape else []


def _over_samples(program: Equations, place: int, reduce: str) -> Array:
    """The loss over all samples, from that of one: written in its terms if they serve nothing else."""
    loss = Array("L", ())
    one = program.loss
    steps = [Step(int(k)) for k in np.unravel_index(place, one.shape)] if one.shape else []
    terms: tuple[Term, ...] = (Term(1.0, (View(one, tuple(steps)),)),)
    own = [equation for equation in program.forward if equation.target.array is one]
    read = any(view.array is one for equation in program.forward for view in reads(equation))
    sizes: dict[Label, int] = {}
    if (
        not one.shape
        and len(own) == 1
        and isinstance(own[0], Sum)
        and not read
        and one not in program.outputs
    ):
        program.forward.remove(own[0])
        terms, sizes = own[0].terms, own[0].sizes
    powers = {"mean": (0, -1), "sum": (1, 0), "": (0, 0)}[reduce]
    terms = tuple(Term(t.coefficient, t.factors, powers[BATCH in t.labels]) for t in terms)
    program.forward.append(Sum(View(loss), terms, sizes))
    return loss
