"""Programs drawn at random over arrays of Values, as people write them: products, slices, windows, softmaxes.

A program is a list of steps drawn from a seed. It runs on object arrays of Values, so that every number
in it is a scalar of the graph. The same seed gives the same program, on every run.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as al

Array = Any  # of Values and floats
Step = Callable[[Array, Array], Array]
MOST = 24  # numbers in an array, so that the graph stays small


class Drawn:
    """A random loss of x (numbers), k (a whole number) and parameters; `text` says what it does."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        shapes = [self._shape() for _ in range(self.rng.randint(1, 3))]
        self.parameters = {f"p{k}": self._values(shape) for k, shape in enumerate(shapes)}
        self.input = self._shape()
        self.choices = self.rng.randint(2, 4)
        self.text: list[str] = []
        self.steps: list[tuple[Step, int, int]] = []
        self._draw(self.rng.randint(2, 9))
        self.outputs = self._picked(random.Random(f"outputs {seed}"))

    def __call__(self, x: Array, k: Any) -> Any:
        pool = self._begun(x, k)
        for step, i, j in self.steps:
            pool.append(step(pool[i], pool[j]))
        outputs = [pool[k].reshape(-1)[place] for k, place in self.outputs]
        return (self._loss(pool), outputs) if outputs else self._loss(pool)

    exact = __call__

    def sample(self, rng: random.Random) -> tuple[Any, int]:
        x = np.array([rng.uniform(-1.0, 1.0) for _ in range(int(np.prod(self.input)))])
        return x.reshape(self.input), rng.randrange(self.choices)

    def _begun(self, x: Array, k: Any) -> list[Array]:
        """What a program begins with: the parameters, the input, and a number picked by a whole one."""
        parameters = [np.array(nest, object) for nest in self.parameters.values()]
        first = parameters[0].reshape(-1)
        rows = [first[i % len(first)] for i in range(self.choices)]
        return [*parameters, np.asarray(x, object), np.array([al.take(rows, k)], object)]

    def _loss(self, pool: list[Array]) -> Any:
        total = al.sum([al.tanh(v) if i % 2 else v * v for i, v in enumerate(pool[-1].flat)])
        for array in pool[-3:-1]:
            total = total + al.mean(list(array.flat))
        return total + al.sum([v * v for v in pool[0].flat]) * 0.1

    def _shape(self) -> tuple[int, ...]:
        return tuple(self.rng.randint(1, 4) for _ in range(self.rng.choice((1, 1, 2, 2, 3))))

    def _values(self, shape: tuple[int, ...]) -> Any:
        return over(lambda _: al.Value(self.rng.uniform(-1.0, 1.0)), np.empty(shape, object)).tolist()

    def _picked(self, rng: random.Random) -> list[tuple[int, int]]:
        """For one program in three: numbers that it gives beside its loss, out of one array or several."""
        if rng.random() < 0.67:
            return []
        arrays = rng.sample(range(len(self.sizes)), rng.choice((1, 1, 2)))
        places = [(k, place) for k in arrays for place in range(self.sizes[k])]
        rng.shuffle(places)
        return places[: rng.randint(1, 6)]

    def _draw(self, count: int) -> None:
        """Steps that fit: what comes out empty, too large or without a Value is drawn again."""
        x, k = self.sample(self.rng)
        pool = self._begun(over(al.Value, x), k)
        while len(self.steps) < count:
            name = self.rng.choice(list(STEPS))
            i, j = self.rng.randrange(len(pool)), self.rng.randrange(len(pool))
            step = STEPS[name](self.rng, pool[i], pool[j])
            result = None if step is None else _tried(step, pool[i], pool[j])
            if result is not None:
                self.text.append(f"v{len(pool)} = {name}(v{i}, v{j}) of shape {result.shape}")
                self.steps.append((step, i, j))
                pool.append(result)
        self.sizes = [array.size for array in pool]


def _tried(step: Step, a: Array, b: Array) -> Array | None:
    try:
        result = step(a, b)
    except (ValueError, IndexError):
        return None
    good = isinstance(result, np.ndarray) and 0 < result.size <= MOST and 0 < result.ndim <= 3
    return result if good and all(type(v) is al.Value and abs(v.data) < 50.0 for v in result.flat) else None


def over(function: Callable[[Any], Any], array: Array) -> Array:
    """The function of every number, one by one."""
    result = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        result[place] = function(array[place])
    return result


def along(function: Callable[[list[Any]], Any], array: Array) -> Array:
    """The function of every line along the last axis: a list gives a line, else a number."""
    lines = [function(list(line)) for line in array.reshape(-1, array.shape[-1])]
    shape = array.shape if isinstance(lines[0], list) else array.shape[:-1] or (1,)
    flat = np.empty(int(np.prod(shape)), object)
    flat[:] = [v for line in lines for v in line] if isinstance(lines[0], list) else lines
    return flat.reshape(shape)


# --- the steps: (rng, a, b) gives a function of (a, b), or None where it does not fit -------------------


def _matmul(rng: random.Random, a: Array, b: Array) -> Step | None:
    if a.ndim > 2 or b.ndim > 2 or a.shape[-1] != b.shape[0]:
        return None
    return lambda a, b: np.array(a @ b, object, ndmin=1)


def _matmul_turned(rng: random.Random, a: Array, b: Array) -> Step | None:
    return (lambda a, b: a @ b.T) if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[1] else None


def _gram(rng: random.Random, a: Array, b: Array) -> Step | None:
    return (lambda a, b: a @ a.T) if a.ndim == 2 else None


def _outer(rng: random.Random, a: Array, b: Array) -> Step | None:
    return (lambda a, b: np.multiply.outer(a, b)) if a.ndim + b.ndim <= 3 else None


def _two(rng: random.Random, a: Array, b: Array) -> Step:
    return rng.choice((
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: b - a * 2,
        lambda a, b: np.frompyfunc(al.hypot, 2, 1)(a, b), lambda a, b: np.frompyfunc(al.max, 2, 1)(a, b),
        lambda a, b: a / over(lambda v: v * v + 1.0, b),
    ))  # fmt: skip


def _one(rng: random.Random, a: Array, b: Array) -> Step:
    rows = (
        al.tanh,
        al.sigmoid,
        al.relu,
        al.softplus,
        al.sin,
        al.abs,
        al.atan,
        al.silu,
        al.elu,
        al.erf,
        al.gelu,
    )
    row = rng.choice((*rows, lambda v: al.exp(al.tanh(v)), lambda v: al.log(v * v + 0.1)))
    return lambda a, b: over(row, a)


def _power(rng: random.Random, a: Array, b: Array) -> Step:
    exponent = rng.choice((2, 3, 2.0, 1, 0.5, -1))
    return lambda a, b: over(lambda v: (v * v + 0.5) ** exponent, a)


def _with_numbers(rng: random.Random, a: Array, b: Array) -> Step:
    numbers = np.array([rng.choice((0.0, 0.5, 1.0, rng.uniform(-1, 1))) for _ in range(a.size)]).reshape(
        a.shape
    )
    return rng.choice(
        (lambda a, b: a * numbers + 1.0, lambda a, b: numbers + a, lambda a, b: a / 3.0 - numbers)
    )


def _sliced(rng: random.Random, a: Array, b: Array) -> Step:
    slices = tuple(slice(rng.randint(0, 1), rng.randint(1, 4), rng.choice((1, 1, 2))) for _ in a.shape)
    return lambda a, b: a[slices]


def _moved(rng: random.Random, a: Array, b: Array) -> Step:
    return rng.choice((
        lambda a, b: a[::-1], lambda a, b: a[..., ::-1], lambda a, b: np.roll(a, 1), lambda a, b: a.T,
        lambda a, b: a.reshape(-1), lambda a, b: a.reshape(-1, 2), lambda a, b: a[None],
    ))  # fmt: skip


def _joined(rng: random.Random, a: Array, b: Array) -> Step:
    axis = rng.randrange(a.ndim)
    return rng.choice((lambda a, b: np.concatenate([a, b], axis), lambda a, b: np.stack([a, b])))


def _gathered(rng: random.Random, a: Array, b: Array) -> Step:
    places = [rng.randrange(a.shape[0]) for _ in range(rng.randint(1, 4))]
    return lambda a, b: a[places]


def _diagonal(rng: random.Random, a: Array, b: Array) -> Step | None:
    return (lambda a, b: np.array(np.diagonal(a), object)) if a.ndim == 2 else None


def _reduced(rng: random.Random, a: Array, b: Array) -> Step:
    function = rng.choice((al.sum, al.mean, al.max, al.min, al.logsumexp, al.prod, al.norm))
    axis = rng.randrange(a.ndim)
    return lambda a, b: along(function, np.moveaxis(a, axis, -1))


def _softmax(rng: random.Random, a: Array, b: Array) -> Step:
    function = rng.choice((al.softmax, al.log_softmax, by_hand))
    return lambda a, b: along(function, a)


def by_hand(xs: list[Any]) -> list[Any]:
    """Softmax as it is written first."""
    exponentials = [al.exp(x) for x in xs]
    total = sum(exponentials)
    return [e / total for e in exponentials]


def _window(rng: random.Random, a: Array, b: Array) -> Step | None:
    if a.ndim != 1 or b.ndim != 1 or len(b) > len(a):
        return None

    def convolved(a: Array, b: Array) -> Array:
        return np.array(
            [sum(a[i + k] * b[k] for k in range(len(b))) for i in range(len(a) - len(b) + 1)], object
        )

    return convolved


def _running(rng: random.Random, a: Array, b: Array) -> Step | None:
    """Sums of unlike lengths."""
    return (
        (lambda a, b: np.array([al.sum(list(a[: t + 1])) for t in range(len(a))], object))
        if a.ndim == 1
        else None
    )


def _recurrent(rng: random.Random, a: Array, b: Array) -> Step | None:
    def run(a: Array, b: Array) -> Array:
        h, found = b[0], []
        for x in a:
            h = al.tanh(h * b[-1] + x)
            found.append(h)
        return np.array(found, object)

    return run if a.ndim == b.ndim == 1 else None


def _detached(rng: random.Random, a: Array, b: Array) -> Step:
    return lambda a, b: over(lambda v: (v.detach() if type(v) is al.Value else v) * 1.0, a) + a


def _chosen(rng: random.Random, a: Array, b: Array) -> Step:
    """A branch that hangs on the number, by `select`, which makes a node of its own only when traced."""
    return lambda a, b: over(lambda v: al.select(v > 0.1, v * 2.0, v * v), a)


STEPS: dict[str, Callable[[random.Random, Array, Array], Step | None]] = {
    "matmul": _matmul,
    "matmul_turned": _matmul_turned,
    "gram": _gram,
    "outer": _outer,
    "two": _two,
    "one": _one,
    "power": _power,
    "with_numbers": _with_numbers,
    "sliced": _sliced,
    "moved": _moved,
    "joined": _joined,
    "gathered": _gathered,
    "diagonal": _diagonal,
    "reduced": _reduced,
    "softmax": _softmax,
    "window": _window,
    "running": _running,
    "recurrent": _recurrent,
    "detached": _detached,
    "chosen": _chosen,
}
