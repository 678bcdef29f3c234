"""Reads a printed formula as a person does, and computes it: the oracle for what `equations` prints.

`Matrices` computes it as products of matrices, where rows are samples and a vector is a column;
`Indices` number by number, with a range for every letter.
"""

import numpy as np

from autograd_lite.engine.ops import TABLE

LISTS = {
    "softmax": lambda x, axis: (
        np.exp(x - x.max(axis, keepdims=True))
        / np.exp(x - x.max(axis, keepdims=True)).sum(axis, keepdims=True)
    ),
    "logsumexp": lambda x, axis: np.log(np.exp(x - x.max(axis, keepdims=True)).sum(axis)) + x.max(axis),
    "max": lambda x, axis: x.max(axis),
    "min": lambda x, axis: x.min(axis),
    "prod": lambda x, axis: x.prod(axis),
    "norm": lambda x, axis: np.sqrt((x * x).sum(axis)),
}
COMPARED = {">": np.greater, "≥": np.greater_equal, "<": np.less, "≤": np.less_equal, "=": np.equal}


class Reader:
    """What the two ways to read have in common."""

    def __init__(self, env, n):
        self.env, self.n = {**env, "n": np.float64(n)}, n

    def value(self, tree):
        with np.errstate(all="ignore"):
            if tree[0] in COMPARED:
                return COMPARED[tree[0]](*self.pair(*tree[1:])).astype(float)
            return getattr(self, "of_" + tree[0])(*tree[1:])

    def of_number(self, x):
        return np.float64(x)

    def pair(self, x, y):
        return self.alike(self.value(x), self.value(y))

    def of_add(self, x, y):
        x, y = self.pair(x, y)
        return x + y

    def of_sub(self, x, y):
        x, y = self.pair(x, y)
        return x - y

    def of_neg(self, x):
        return -self.value(x)

    def of_by(self, x, y):
        x, y = self.pair(x, y)
        return x * y

    def of_over(self, x, y):
        x, y = self.pair(x, y)
        return x / y

    def of_power(self, x, y):
        return self.value(x) ** self.value(y)

    def of_one(self, x):
        return (self.value(x) != 0.0).astype(float)

    def of_and(self, x, y):
        return self.value(x) * self.value(y)

    def of_or(self, x, y):
        return np.maximum(self.value(x), self.value(y))

    def of_call(self, row, operands):
        values = [self.value(x) for x in operands]
        sizes = {np.shape(v) for v in values if np.ndim(v) == 1}
        values = [
            v[:, 0] if np.ndim(v) == 2 and v[:, 0].shape in sizes and v.shape[1] == 1 else v for v in values
        ]
        if row in LISTS and len(values) == 1:
            return self.over_last(row, values[0])
        if row == "sign":
            return np.sign(values[0])
        op = TABLE["select" if row == "where" else row]
        values += [op.defaults[name] for name in op.inputs[len(values) :] if not op.variadic]
        return np.vectorize(lambda *xs: float(op.value(*map(float, xs))), otypes=[float])(*values)

    def of_slope(self, row, operands):
        op = TABLE[row]
        others = [float(self.value(x)) for x in operands[1:]]
        others += [op.defaults[name] for name in op.inputs[len(operands) :]]

        def slope(x):
            return float(op.partial(0, op.value(float(x), *others), (float(x), *others)))

        return np.vectorize(slope, otypes=[float])(self.value(operands[0]))


class Matrices(Reader):
    """Rows are samples; a vector is a column, and repeated along rows where it is added to a matrix."""

    width = 0  # of a unit vector
    steps = 0  # that there are to sum over

    def __init__(self, env, n, hot=None, at=None, step="t"):
        super().__init__(env, n)
        self.step = step  # the letter for the step of a loop
        self.hot, self.at = hot or {}, at  # whole numbers that are rows with a 1; the step of a loop

    def of_unit(self, place):
        return np.eye(self.width)[place]

    def alike(self, x, y):
        """A column is a vector, beside a vector."""
        x, y = (v[:, 0] if v.shape == (w.size, 1) and w.ndim == 1 else v for v, w in ((x, y), (y, x)))
        return x, y

    def of_name(self, name):
        if name in self.hot:
            return self.hot[name]
        if name in self.env:
            return self.env[name]
        array, _, index = name.rpartition("_")
        if array in self.env and index in self.env:
            return self.picked(self.env[array], self.env[index].astype(int))
        return self.env[name]

    def picked(self, array, index):
        """p_y: of each row the place y."""
        index = index[..., 0] if index.ndim == array.ndim else index
        return np.take_along_axis(array, index[..., None], -1)[..., 0]

    def of_places(self, name, places):
        if len(places) > 1:  # W[0,1], a number
            return self.part(self.env[name], places)
        (place,) = places
        array = self.hot.get(name, self.env[name])
        if place[0] == "places" or (place[0] == "name" and place[1] in self.env):
            return array[self.whole(place)]  # E[t]: the rows t
        place = self.place(place)
        return array[:, place] if array.shape[0] == self.n else array[place]

    def of_part(self, tree, places):
        return self.part(self.value(tree), places)

    def part(self, array, places):
        """W[:,2:]: what is there along each axis, the samples' among them."""
        assert len(places) == np.ndim(array), (places, np.shape(array))
        return array[(*map(self.slice, places), ...)]

    def slice(self, place):
        if place[0] != "slice":
            return self.place(place)
        return slice(*(None if end is None else self.place(end) for end in place[1:]))

    def whole(self, tree):
        """Whole numbers that say where."""
        if tree[0] == "places":
            return self.whole(("name", tree[1]))[self.whole(tree[2][0])]
        return self.env[tree[1]].astype(int)

    def place(self, tree):
        """Where t + 1 is, at a step."""
        return int(Indices({}, self.n, {self.step: range(1)}, [], self.at, self.step).value(tree))

    def of_T(self, x):
        value = self.value(x)
        return value[None, :] if value.ndim == 1 else np.swapaxes(value, -1, -2)

    def of_beside(self, x, y):
        x, y = self.value(x), self.value(y)
        if np.size(x) == 1 or np.size(y) == 1:
            x, y = (np.reshape(v, ()) if np.size(v) == 1 else v for v in (x, y))
            return x * y
        x = x[:, None] if x.ndim == 1 else x
        if y.ndim == 1:
            y = y[:, None]
        found = x @ y
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found  # a column is a vector

    def of_total(self, letters, x):
        if self.step in letters:
            others = letters.replace(self.step, "")
            x = ("total", others, x) if others else x
            return sum(Matrices.stepped(self, x, t) for t in range(self.steps))
        value = self.value(x)
        if not letters:
            return value.sum()
        names = self.names_of(value)
        return value.sum(tuple(names.index(letter) for letter in letters))

    def stepped(self, x, t):
        before, self.at = self.at, t
        try:
            return self.value(x)
        finally:
            self.at = before

    def names_of(self, value):
        batched = value.shape[0] == self.n
        return "n" * batched + "ijklm"[: value.ndim - batched]

    def of_list(self, row, letters, x):
        value = self.value(x)
        return LISTS[row](value, tuple(self.names_of(value).index(letter) for letter in letters))

    def over_last(self, row, value):
        return LISTS[row](value, -1)


class Indices(Reader):
    """Every letter is an axis; what stands side by side is multiplied."""

    def __init__(self, env, n, ranges, scopes, at=None, step="t"):
        """`scopes` are the ranges of the letters of every Σ, in the order of reading."""
        super().__init__(env, n)
        self.ranges, self.scopes = {"n": range(n), **ranges}, iter(scopes)
        self.letters = list(dict.fromkeys(letter for own in (self.ranges, *scopes) for letter in own))
        self.at, self.step = at, step

    def alike(self, x, y):
        return x, y

    def axis(self, letter):
        shape = [1] * len(self.letters)
        shape[self.letters.index(letter)] = -1
        return np.array(self.ranges[letter]).reshape(shape)

    within = 0  # of how many [ ]

    def of_name(self, name):
        if name == self.step and self.at is not None:
            return np.float64(self.at)
        if self.within and name in self.ranges:
            return self.axis(name)
        return self.env[name]

    def of_number(self, x):
        return int(x) if self.within else np.float64(x)

    def of_places(self, name, places):
        self.within += 1
        found = [np.asarray(self.value(place)).astype(int) for place in places]
        self.within -= 1
        return self.env[name][tuple(found)]

    def of_one(self, x):
        if x[0] == "=":  # 1[y[n] = k]
            self.within += 1
            hit = self.value(x)
            self.within -= 1
            return hit
        return super().of_one(x)

    def of_beside(self, x, y):
        return self.value(x) * self.value(y)

    def scoped(self, letters, x):
        """What stands behind letters, of which some are new, and the axes of the letters."""
        before = self.ranges
        if set(letters) - before.keys():
            self.ranges = before | next(self.scopes)
        value = np.asarray(self.value(x), dtype=float)
        axes = tuple(self.letters.index(letter) for letter in letters)
        shape = list(value.shape) or [1] * len(self.letters)
        for axis in axes:
            shape[axis] = len(self.ranges[self.letters[axis]])
        self.ranges = before
        return np.broadcast_to(value, shape), axes

    def of_total(self, letters, x):
        value, axes = self.scoped(letters, x)
        return value.sum(axes, keepdims=True)

    def of_list(self, row, letters, x):
        value, axes = self.scoped(letters, x)
        found = LISTS[row](value, axes)
        return found if row == "softmax" else np.expand_dims(found, axes)

    def over_last(self, row, value):
        raise AssertionError(f"{row} without letters")
