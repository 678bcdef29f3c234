"""A printed page computed line by line, and every array held against the interpreter's."""

import re
from contextlib import contextmanager

import numpy as np

from autograd_lite.compiler.equations.ir import BATCH, View, reads
from autograd_lite.compiler.mathematics import page as printed
from autograd_lite.compiler.mathematics.formula import Hot, negative
from autograd_lite.compiler.mathematics.index_form import SUMMED, Indexed
from autograd_lite.compiler.mathematics.script import Text

from ..interpreter import run
from .formula_evaluator import Indices, Matrices
from .formula_parser import parsed

COUNT = 11  # samples: no other size, so that the axis of the samples can be told


def numbers_for(program, seed=0):
    """Numbers for the parameters and the inputs of a program: positive data, whole numbers from 0 to 1."""
    rng = np.random.default_rng(seed)
    numbers = {array: rng.normal(size=array.shape) for array in program.parameters}
    for array in program.inputs:
        shape = (COUNT,) * array.batched + array.shape
        index = array.kind == "index"
        numbers[array] = rng.integers(0, 2, shape) if index else rng.uniform(0.1, 1.0, shape)
    constants = {view.array for e in (*program.forward, *program.backward) for view in reads(e)}
    return numbers | {array: array.data for array in constants if array.kind == "constant"}


def recite(program, numbers=None):
    """The lines of the page; AssertionError where what they say is not what the program computes."""
    numbers = numbers_for(program) if numbers is None else numbers
    page, script = printed._Page(program, Text()), Text()
    true = {array: np.array(x, dtype=float) for array, x in run(program, numbers, count=COUNT).items()}
    known = {array: array.data for array in page.names if array.data is not None} | true
    texts = {array: script.name(name).text for array, name in page.names.items()}
    env = {text: np.asarray(known[array], dtype=float) for array, text in texts.items() if array in known}
    made, lines = {}, []
    for line in page.lines:
        left, right, remark = page._written(line)
        lines.append(f"{left.text} {printed._sign(line)} {right.text}{remark}")
        array, name = line.target.array, texts[line.target.array]
        unset = 0.0 if line.add else np.nan
        made.setdefault(name, np.full((COUNT,) * array.batched + array.shape, unset))
        for step in _steps(page, line, left.text):
            with _naming(lines[-1]):
                _compute(page, line, (left.text, right.text), env, made[name], step)
        env.setdefault(name, made[name])  # what only the page has: the probabilities
    tolerance = 1e-5 if any(re.search(r"\d\.\d{5}", line) for line in lines) else 1e-9  # numbers are cut
    for name, array in made.items():
        same = np.allclose(array, env[name], rtol=tolerance, atol=1e-12, equal_nan=True)
        assert same, f"{name} is {array.tolist()}, not {env[name].tolist()}, by\n" + "\n".join(lines)
    return lines


@contextmanager
def _naming(line):
    """What cannot be computed is said with its line."""
    try:
        yield
    except (ValueError, IndexError, KeyError) as error:
        raise AssertionError(f"{line}: {error!r}") from error


def _steps(page, line, left):
    """The steps for which a line is meant."""
    if line.loop is not None:
        return range(line.loop.start, line.loop.start + line.loop.count)
    of_a_stack = page.matrices.line(line) is not None and page.matrices.at and f"[{page.step}" in left
    return range(max(line.sizes[label] for label in page.matrices.at)) if of_a_stack else [None]


def _compute(page, line, text, env, into, step):
    """What a line says, put where it says so."""
    left, right = text
    sign = -1.0 if printed._sign(line) == "-=" else 1.0
    if page.matrices.line(line) is not None:
        reader = Matrices(env, COUNT, _one_hot(page, line, env), step, page.step)
        reader.width = into.shape[-1] if into.shape else 0
        reader.steps = max((line.sizes[label] for label in page.matrices.at), default=0)
        value = np.asarray(reader.value(parsed(right)), dtype=float)
        here = _part(into, parsed(left), reader, line.target.array.batched)
        here[...] = value.reshape(here.shape) if value.size == here.size else value
        return
    noting = _Noting(Text(), page.names.__getitem__, page.indexed.taken, page.step)
    shown = line._replace(formula=negative(line.formula)) if sign < 0.0 else line
    assert [piece.text for piece in noting.line(shown)] == [left, right]
    outside = noting.scopes.pop(0) if set(line.target.labels) - {BATCH, line.loop and line.loop.label} else {}
    reader = Indices(env, COUNT, outside, noting.scopes, step, page.step)
    value = np.asarray(reader.value(parsed(right)), dtype=float)
    target = parsed(left)
    if target[0] == "name":
        into[()] = sign * value.sum() + (into if line.add else 0.0)
        return
    reader.within += 1
    places = [np.asarray(reader.value(place)).astype(int) for place in target[2]]
    value, *places = np.broadcast_arrays(value, *places)
    if line.add:
        np.add.at(into, tuple(places), sign * value)
    else:
        into[tuple(places)] = value


def _part(array, tree, reader, batched):
    """What a line sets of an array: all of it, h[t], W[:,2:] or h[t][:,2:]."""
    if tree[0] == "part":
        return reader.part(_part(array, tree[1], reader, batched), tree[2])
    if tree[0] == "places" and len(tree[2]) > 1:
        return reader.part(array, tree[2])
    if tree[0] == "places":
        return array[(slice(None),) * batched + (reader.place(tree[2][0]), ...)]
    return array


class _Noting(Indexed):
    """Writes as `Indexed` does, and notes every time that labels get letters: those, with their sizes."""

    def __init__(self, *given):
        super().__init__(*given)
        self.scopes = []

    def fresh(self, labels, letters=SUMMED):
        found = super().fresh(labels, letters)
        if found:
            self.scopes.append({letter: range(self.sizes[label]) for label, letter in found.items()})
        return found


def _one_hot(page, line, env):
    """What the remark says of whole numbers: rows with a 1 in that place."""
    found = {}
    for hot in _hot(line.formula):
        name = Text().name(page.names[hot.chosen.array]).text
        index = env[name].astype(int)
        labelled = [bool(step.labels) for step in hot.chosen.steps]
        batch = index.ndim - len(labelled)
        if batch >= 0:  # without the axes of one place
            kept = (slice(None),) * batch + tuple(slice(None) if own else 0 for own in labelled)
            index = index[kept] if 1 in index.shape[batch:] else index
        found[name] = np.eye(line.sizes[hot.label])[index]
    return found


def _hot(part):
    if isinstance(part, Hot):
        return [part] if isinstance(part.chosen, View) else []
    if not isinstance(part, tuple) or isinstance(part, View):
        return []
    return [hot for inner in part for hot in _hot(inner)]
