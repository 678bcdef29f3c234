"""A recurrence: equations that come again and again, alike but for the step, each block after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from ..equations import Array, Equation, Equations, Sum, View, is_inside, zero_equation
from .templates import Slots, between, signature, slots_of, views_in, with_slots

LEAST, LONGEST = 3, 200  # blocks in a loop, and equations in a block
ROTATIONS = 12  # of the places where a block could begin, how many are tried


class Read(NamedTuple):
    """What a slot of a block's equation reads: an array outside with a stride a step, or that of a block."""

    slot: int
    stride: tuple[int, ...] | None = None  # of an array outside, an axis each
    position: int = -1  # of the equation in the block that writes it
    earlier: bool = False  # whether that of the block before is read


class Recurrence(NamedTuple):
    """Blocks of equations, one after the other: `times` many from `start` on, of `period` equations each."""

    equations: list[Equation]
    start: int
    period: int
    times: int
    reads: list[list[Read]]  # for each equation of the block
    initial: dict[int, Array]  # by position: what stands for the block before the first

    def blocks(self) -> list[list[Equation]]:
        return _blocks(self.equations, self.start, self.period, self.times)


def _blocks(equations: list[Equation], start: int, period: int, count: int) -> list[list[Equation]]:
    return [equations[start + k * period : start + (k + 1) * period] for k in range(count)]


def find(program: Equations, equations: list[Equation]) -> Recurrence | None:
    """The longest repetition that is a recurrence."""
    inside = {id(e) for loop in program.loops for e in between(equations, loop)}
    keys: list[Any] = [id(e) if id(e) in inside else signature(e) for e in equations]
    numbers: dict[Any, int] = {}
    line = [numbers.setdefault(key, len(numbers)) for key in keys]
    best = None
    for start, period, length in sorted(_repetitions(line), key=lambda c: (-c[2], c[1])):
        # A block can begin anywhere in it, and the first may be unlike the others in what it reads.
        for at in (*range(start, start + min(period, ROTATIONS)), start + period):
            found = _recurrence(program, equations, at, period, (length - at + start) // period)
            found = found and _completed(program, found)
            if found is not None and (best is None or found.times > best.times):
                best = found
        if best is not None:
            return best
    return None


def _repetitions(line: list[int]) -> Iterator[tuple[int, int, int]]:
    """(start, period, length) wherever a stretch of the line is followed by its like, LEAST times in all."""
    for period in range(1, min(LONGEST, len(line) // LEAST) + 1):
        run = 0
        for i in range(len(line) - period, -1, -1):
            same = i < len(line) - period and line[i] == line[i + period]
            if same:
                run += 1
            if not same or i == 0:
                start = i if same else i + 1
                if run // period + 1 >= LEAST:
                    yield start, period, run + period
                run = 0


def _recurrence(
    program: Equations, equations: list[Equation], start: int, period: int, count: int
) -> Recurrence | None:
    """The repetition as a recurrence, if the blocks read each other, and all else, in step."""
    if count < LEAST:
        return None
    blocks = _blocks(equations, start, period, count)
    written: list[dict[Array, int]] = [{} for _ in blocks]  # by array: the first equation that sets it
    for k, block in enumerate(blocks):
        for position, equation in enumerate(block):
            written[k].setdefault(equation.target.array, position)
    if not _own(program, equations, start, period * count, written):
        return None
    reads: list[list[Read]] = []
    initial: dict[int, Array] = {}
    for position in range(period):
        own = []
        for slot, views in enumerate(zip(*(slots_of(block[position]) for block in blocks), strict=True)):
            read = _read(slot, views, written)
            if read is None:
                return None
            if read.earlier and initial.setdefault(read.position, views[0].array) is not views[0].array:
                return None
            own.append(read)
        reads.append(own)
    if len({*initial.values()}) < len(initial):
        return None  # one array cannot be the first of two stacks
    if not all(can_begin(program, array, blocks[0][p]) for p, array in initial.items()):
        return None
    found = Recurrence(equations, start, period, count, reads, initial)
    if initial and not parted(blocks[0], found)[1]:
        return None  # it only seems so, for the block begins in the middle
    return found


def _own(
    program: Equations, equations: list[Equation], start: int, length: int, written: list[dict[Array, int]]
) -> bool:
    """Whether the arrays of the blocks are theirs alone: set nowhere else, and no result of the program."""
    arrays = {array for block in written for array in block}
    if len(arrays) != sum(map(len, written)) or len({tuple(block.values()) for block in written}) != 1:
        return False
    if arrays & _results(program):
        return False
    others = [*equations[:start], *equations[start + length :]]
    return not any(equation.target.array in arrays for equation in others)


def _read(slot: int, views: tuple[View, ...], written: list[dict[Array, int]]) -> Read | None:
    arrays = [view.array for view in views]
    bases = [tuple(step.base for step in view.steps) for view in views]
    if arrays[0] not in written[0] and len(set(arrays)) == 1:
        stride = tuple(b - a for a, b in zip(bases[0], bases[1], strict=True))
        walk = [tuple(a + k * d for a, d in zip(bases[0], stride, strict=True)) for k in range(len(bases))]
        return Read(slot, stride) if bases == walk else None
    if len(set(bases)) != 1:
        return None
    position = written[1].get(arrays[1], -1)
    if position >= 0 and all(w.get(array) == position for w, array in zip(written, arrays, strict=True)):
        return Read(slot, None, position)
    position = written[0].get(arrays[1], -1)
    if position >= 0 and all(w.get(array) == position for w, array in zip(written, arrays[1:], strict=False)):
        return Read(slot, None, position, earlier=True)
    return None


def _results(program: Equations) -> set[Array]:
    return {program.loss, *program.gradients.values(), *program.outputs}


def can_begin(program: Equations, array: Array, equation: Equation) -> bool:
    """Whether an array can be the first of the stack that the equation's target goes into."""
    target = equation.target.array
    computed = array.kind == "computed" and array not in _results(program)
    return computed and array.shape == target.shape and array.batched == target.batched


# --- a first step that lacks what there is not yet ------------------------------------------------------


def _completed(program: Equations, found: Recurrence) -> Recurrence:
    """With the step before the first, if it only lacks the terms that read a step before: zeros, for it."""
    equations, start, period = found.equations, found.start, found.period
    if start < period or not found.initial:
        return found
    before, block = equations[start - period : start], equations[start : start + period]
    zeros = {position: _like(block[position].target.array) for position in found.initial}
    completed = []
    for own, model, reads in zip(before, block, found.reads, strict=True):
        equation = _one_step_before(own, model, reads, before, zeros)
        if equation is None:
            return found
        completed.append(equation)
    begin: list[Equation] = [zero_equation(array) for array in zeros.values()]
    longer = [*equations[: start - period], *begin, *completed, *equations[start:]]
    again = _recurrence(program, longer, start - period + len(begin), period, found.times + 1)
    return found if again is None else again


def _one_step_before(
    own: Equation, model: Equation, reads: list[Read], before: list[Equation], zeros: dict[int, Array]
) -> Equation | None:
    """The model's equation for the step before, if that is what there is but for what reads the zeros."""
    if own.target.array.batched != model.target.array.batched:
        return None
    slots: Slots = []
    for view, read in zip(slots_of(model), reads, strict=True):
        if read.stride is not None:
            steps = [s._replace(base=s.base - d) for s, d in zip(view.steps, read.stride, strict=True)]
            slots.append(View(view.array, tuple(steps)))
        else:
            array = zeros[read.position] if read.earlier else before[read.position].target.array
            slots.append(View(array, view.steps))
    built = with_slots(model, slots)
    reduced = built
    if isinstance(built, Sum):
        terms = [term for term in built.terms if not any(v.array in zeros.values() for v in views_in(term))]
        reduced = replace(built, terms=tuple(terms))
    alike = signature(reduced) == signature(own) and _places(reduced) == _places(own)
    return built if alike and is_inside(built) else None


def _places(equation: Equation) -> list[tuple[Array, list[int]]]:
    return [(view.array, [step.base for step in view.steps]) for view in slots_of(equation)]


def _like(array: Array) -> Array:
    return Array(array.name, array.shape, "computed", array.batched, array.path)


# --- parts of a block --------------------------------------------------------------------------------


def parted(body: list[Equation], found: Recurrence) -> tuple[list[Equation], list[Equation], list[Equation]]:
    """What needs no step before it, for all steps at once; what does; and what no step after it needs."""
    arrays = [equation.target.array for equation in body]
    reads = [{view.array for view in slots_of(equation)[1:]} for equation in body]
    tied, feeding = _closed(arrays, reads, found), set()
    wanted = {arrays[position] for position in found.initial}
    for array, own in zip(reversed(arrays), reversed(reads), strict=True):
        if array in wanted:
            feeding.add(array)
            wanted |= own
    core = tied & feeding
    late = [a in tied and a not in core for a in arrays]
    parts: tuple[list[Equation], list[Equation], list[Equation]] = ([], [], [])
    for equation, array, is_late in zip(body, arrays, late, strict=True):
        parts[1 if array in core else 2 if is_late else 0].append(equation)
    return parts


def _closed(arrays: list[Array], reads: list[set[Array]], found: Recurrence) -> set[Array]:
    """The arrays that hang on a step before."""
    tied: set[Array] = set()
    for position, array in enumerate(arrays):
        if any(read.earlier for read in found.reads[position]) or reads[position] & tied:
            tied.add(array)
    return tied
