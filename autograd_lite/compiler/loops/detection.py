"""Recurrences found again: equations that come step after step, alike but for the step, become a loop.

An unrolled recurrence is a block of equations again and again, each block reading the one before. The
arrays of all blocks are stacked into one with an axis for the step, h[t], and one block is left, with
the step for a label: h[n,t,i] = tanh(a[n,t,i]). What reads the blocks from outside reads the stack, so that
sums over the steps, ∇W = Σ_t ..., fold into one term with t for a label like any other.
"""

from __future__ import annotations

from ..equations import Array, Equation, Equations, Label, Loop, Step, Sum, View, is_whole, zero_equation
from .recurrences import Read, Recurrence, can_begin, find, parted
from .templates import Slots, fold, signature, slots_of, with_slots

LABEL = "t"
Places = dict[Array, tuple[Array, int]]  # of every array that is a step of a stack: which stack, and where


def find_loops(program: Equations) -> Equations:
    """Rewrites recurrences, forward and backward, as loops. Gives the program."""
    places: Places = {}
    for name in ("forward", "backward"):
        while True:
            found = find(program, _results_last(getattr(program, name)))
            if found is None:
                break
            _rewrite(program, name, found, places)
            fold(program)
    for array in {equation.target.array for equation in program.backward}:
        if array.owner in places:  # the gradient of one step alone
            array.owner, array.relation = (
                places[array.owner][0],
                "part" if array.relation == "gradient" else array.relation,
            )
    return program


def _results_last(equations: list[Equation]) -> list[Equation]:
    """What no other equation reads comes last: the gradients of parameters do not stand between the steps."""
    read = {view.array for equation in equations for view in slots_of(equation)[1:]}
    return sorted(equations, key=lambda equation: equation.target.array not in read)


# --- rewriting ---------------------------------------------------------------------------------------


def _rewrite(program: Equations, name: str, found: Recurrence, places: Places) -> None:
    equations, start, period, count = found.equations, found.start, found.period, found.times
    blocks = found.blocks()
    begun = _beginnings(program, equations[:start], blocks[0], found)
    backward = _goes_back(found)
    stacks, place = _stacks(blocks, begun, backward)
    places |= place
    for stack in stacks:
        _own(stack, [(array, at) for array, (other, at) in place.items() if other is stack], places)
    label = _fresh_label(blocks[0])
    body = [
        _in_step(e, reads, place, label, found, backward)
        for e, reads in zip(blocks[0], found.reads, strict=True)
    ]
    ahead, core, after = parted(body, found)
    made: list[Equation] = [zero_equation(stack) for stack in stacks if not _filled(stack, ahead + after)]
    before = [e for e in equations[:start] if e.target.array not in place or not is_nothing(e)]
    first = min((k for k, e in enumerate(before) if e.target.array in place), default=len(before))
    rest = equations[start + period * count :]
    setattr(program, name, [*before[:first], *made, *before[first:], *ahead, *core, *after, *rest])
    kept = {*map(id, body), *map(id, made)}
    for side in ("forward", "backward"):
        moved = [e if id(e) in kept else _elsewhere(program, e, place) for e in getattr(program, side)]
        setattr(program, side, moved)
    if core:
        begin = next(step.base for step in core[0].target.steps if (label, 1) in step.strides)
        program.loops.append(Loop(label, count, core[0], core[-1], begin, backward))
    program.hints |= {place[a][0]: hint for a, hint in program.hints.items() if a in place}


def _filled(stack: Array, equations: list[Equation]) -> bool:
    """Whether one equation fills the whole stack, for all steps at once."""
    return any(e.target.array is stack and is_whole(e.target, e.sizes) for e in equations)


def is_nothing(equation: Equation) -> bool:
    return isinstance(equation, Sum) and not equation.terms and not equation.add


def _goes_back(found: Recurrence) -> bool:
    """Whether the steps walk backward through what is outside of them."""
    return sum(sum(read.stride or ()) for reads in found.reads for read in reads) < 0


def _beginnings(
    program: Equations, before: list[Equation], block: list[Equation], found: Recurrence
) -> dict[int, Array]:
    """By position, the array that is the first of its stack: what the recurrence begins with, and the
    arrays that this was made of by the same equations."""
    begun = dict(found.initial)
    by_target = {equation.target.array: equation for equation in before}
    waiting = list(begun)
    while waiting:
        position = waiting.pop()
        equation, own = by_target.get(begun[position]), block[position]
        if equation is None or signature(equation) != signature(own):
            continue
        for view, read in zip(slots_of(equation), found.reads[position], strict=True):
            inner = read.position
            if inner < 0 or read.earlier or inner in begun or view.array in begun.values():
                continue
            if view.array in by_target and can_begin(program, view.array, block[inner]):
                begun[inner] = view.array
                waiting.append(inner)
    return begun


def _stacks(
    blocks: list[list[Equation]], begun: dict[int, Array], backward: bool
) -> tuple[list[Array], Places]:
    """The stacks, and for every array that goes into one, which and where."""
    stacks: list[Array] = []
    place: Places = {}
    size = len(blocks) + bool(begun)
    for position, equation in enumerate(blocks[0]):
        array = equation.target.array
        if array in place:
            continue
        there = size if position in begun else len(blocks)
        named = blocks[-1 if backward else 0][
            position
        ].target.array  # so that a gradient's goes with its owner's
        stack = Array(
            named.name,
            (there, *array.shape),
            "computed",
            array.batched,
            array.path,
            None,
            named.owner,
            named.relation,
        )
        stacks.append(stack)
        inside = [block[position].target.array for block in blocks]
        every = [begun[position], *inside] if position in begun else inside
        for k, own in enumerate(every):
            place[own] = (stack, there - 1 - k if backward else k)
    return stacks, place


def _own(stack: Array, members: list[tuple[Array, int]], places: Places) -> None:
    """Sets the owner of a stack: the stack of the owners of its members. Place t need not be that of place t.

    It begins with a place before its first step, a 0 perhaps; and da[t] may be the gradient of a[t+1].
    """
    if stack.owner is None:
        return
    stack.owner, _ = places.get(stack.owner, (stack.owner, 0))
    count = stack.owner.shape[0] if stack.owner.shape else 0
    for array, at in members:
        there = at >= count if array.owner is None else places.get(array.owner) == (stack.owner, at)
        if stack.relation == "gradient" and not there:
            stack.relation = "part"


def _in_step(
    equation: Equation,
    reads: list[Read],
    place: Places,
    label: Label,
    found: Recurrence,
    backward: bool,
) -> Equation:
    """An equation of the first block, for every step; a loop that goes back counts from the end."""
    slots: Slots = []
    last = found.times - 1
    for view, read in zip(slots_of(equation), reads, strict=True):
        if read.stride is not None:
            steps = [
                _walking(s, d, label, last, backward) for s, d in zip(view.steps, read.stride, strict=True)
            ]
            outside = [Step(place[view.array][1])] if view.array in place else []  # what the loop begins with
            slots.append(View(place[view.array][0] if outside else view.array, (*outside, *steps)))
            continue
        stack, at = place[view.array]
        first = _walking(Step(at), -1 if backward else 1, label, last, backward)
        slots.append(View(stack, (first, *view.steps)))
    result = with_slots(equation, slots)
    result.sizes[label] = found.times
    return result


def _walking(step: Step, stride: int, label: Label, last: int, backward: bool) -> Step:
    if not stride:
        return step
    if backward:
        return step._replace(base=step.base + stride * last, strides=(*step.strides, (label, -stride)))
    return step._replace(strides=(*step.strides, (label, stride)))


def _elsewhere(program: Equations, equation: Equation, place: Places) -> Equation:
    """An equation outside of the loop, perhaps in an earlier one, reading and writing the stacks."""
    views = slots_of(equation)
    if not any(view.array in place for view in views):
        return equation
    slots = [
        View(place[view.array][0], (Step(place[view.array][1]), *view.steps)) if view.array in place else view
        for view in views
    ]
    moved = with_slots(equation, slots)
    for loop in program.loops:
        loop.first = moved if loop.first is equation else loop.first
        loop.last = moved if loop.last is equation else loop.last
    return moved


def _fresh_label(block: list[Equation]) -> Label:
    """The name of the step, t unless these equations have a t of their own."""
    used = {label for equation in block for label in equation.sizes}
    return next(label for label in (LABEL, *(f"{LABEL}{k}" for k in range(1, 1000))) if label not in used)
