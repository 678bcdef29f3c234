"""The kinds of nets that the fuzz draws: recurrent, convolutional, with attention, with norms and windows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import autograd_lite as al

from .random_array_programs import by_hand

if TYPE_CHECKING:
    from .random_nets import Model

Row = list[Any]
Rows = list[Any]
# The shape of x; how many tokens k there are, 0 for a number; how many choices it has; the loss.
Net = tuple[tuple[int, ...], int, int, Callable[[Any, Any], Any]]
TINY = 1e-5


def _mlp(m: Model) -> Net:
    sizes = [*(m.size(1) for _ in range(m.size(1, 3))), m.size(2)]
    layers = [(m.new(f"W{i}", b, a), m.new(f"b{i}", b)) for i, (a, b) in enumerate(itertools.pairwise(sizes))]
    act, loss, cut = m.activation(), m.classified(), m.rng.random() < 0.2

    def run(x: Row, k: Any) -> Any:
        for w, b in layers[:-1]:
            x = [act(a) for a in m.linear(w, x, b)]
        x = [v.detach() + v for v in x] if cut and len(layers) > 1 else x
        return loss(m.linear(*layers[-1][:1], x, layers[-1][1]), k)

    return (sizes[0],), 0, sizes[-1], run


def _tied(m: Model) -> Net:
    """An autoencoder that decodes by its own weights, turned."""
    inputs, hidden = m.size(), m.size(1)
    w, b, back = m.new("W", hidden, inputs), m.new("b", hidden), m.new("c", inputs)
    m.new("unused", 2)
    act = m.activation()

    def run(x: Row, k: Any) -> Any:
        h = [act(a) for a in m.linear(w, x, b)]
        y = m.linear([[w[j][i] for j in range(hidden)] for i in range(inputs)], h, back)
        return al.mse_loss(y, x)

    return (inputs,), 0, 2, run


def _recurrent(m: Model) -> Net:
    """h = g(W x + U h + b), once or twice over, and read at the end or at every step."""
    steps, inputs, hidden, classes = m.size(2, 6), m.size(1, 3), m.size(1, 3), m.size(2, 3)
    cell = m.rng.choice((elman, gru, lstm))
    layers = [cell(m, f"{i}", inputs if i == 0 else hidden, hidden) for i in range(m.size(1, 2))]
    out, loss, every = m.new("V", classes, hidden), m.classified(), m.rng.random() < 0.5
    turned = m.rng.random() < 0.3

    def run(xs: Rows, ks: Any) -> Any:
        states = list(xs)[::-1] if turned else list(xs)
        for layer in layers:
            states = layer(states)
        if every:
            return al.mean([loss(m.linear(out, h), k) for h, k in zip(states, ks, strict=True)])
        return loss(m.linear(out, states[-1]), ks[0])

    return (steps, inputs), steps, classes, run


def elman(m: Model, name: str, inputs: int, hidden: int) -> Callable[[Rows], Rows]:
    w, u, b = m.new(f"W{name}", hidden, inputs), m.new(f"U{name}", hidden, hidden), m.new(f"b{name}", hidden)
    begin = (
        m.rng.choice(([0.0] * hidden, m.new(f"h{name}", hidden))) if m.rng.random() < 0.7 else [1.0] * hidden
    )
    act = m.rng.choice((al.tanh, al.sigmoid, al.relu))

    def run(xs: Rows) -> Rows:
        h, found = begin, []
        for x in xs:
            h = [act(a + c) for a, c in zip(m.linear(w, x, b), m.linear(u, h), strict=True)]
            found.append(h)
        return found

    return run


def gru(m: Model, name: str, inputs: int, hidden: int) -> Callable[[Rows], Rows]:
    weights = [(m.new(f"W{g}{name}", hidden, inputs), m.new(f"U{g}{name}", hidden, hidden)) for g in "zrc"]

    def gate(g: int, x: Row, h: Row) -> Row:
        w, u = weights[g]
        return [a + c for a, c in zip(m.linear(w, x), m.linear(u, h), strict=True)]

    def run(xs: Rows) -> Rows:
        h, found = [0.0] * hidden, []
        for x in xs:
            z, r = (list(map(al.sigmoid, gate(g, x, h))) for g in (0, 1))
            c = list(map(al.tanh, gate(2, x, [a * b for a, b in zip(r, h, strict=True)])))
            h = [(1 - a) * b + a * d for a, b, d in zip(z, h, c, strict=True)]
            found.append(h)
        return found

    return run


def lstm(m: Model, name: str, inputs: int, hidden: int) -> Callable[[Rows], Rows]:
    weights = [(m.new(f"W{g}{name}", hidden, inputs + hidden), m.new(f"b{g}{name}", hidden)) for g in "ifog"]

    def run(xs: Rows) -> Rows:
        h, c, found = [0.0] * hidden, [0.0] * hidden, []
        for x in xs:
            i, f, o, g = (m.linear(w, [*x, *h], b) for w, b in weights)
            c = [
                al.sigmoid(p) * q + al.sigmoid(r) * al.tanh(s) for p, q, r, s in zip(f, c, i, g, strict=True)
            ]
            h = [al.sigmoid(p) * al.tanh(q) for p, q in zip(o, c, strict=True)]
            found.append(h)
        return found

    return run


def _attention(m: Model) -> Net:
    """A block of a transformer: embeddings, heads, perhaps causal, a skip, perhaps norms, a loss at all places."""  # noqa: E501
    steps, head, heads, vocabulary = m.size(2, 4), m.size(1, 2), m.size(1, 2), m.size(2, 4)
    width = head * heads
    tokens, places = m.new("E", vocabulary, width), m.new("P", steps, width)
    q, k, v, o = (m.new(name, width, width) for name in ("Q", "K", "V", "O"))
    out, causal, normed = (
        m.new("U", vocabulary, width),
        m.rng.random() < 0.7,
        m.rng.choice((None, _layer_norm, _rms)),
    )
    soft = m.rng.choice((al.softmax, by_hand))

    def attend(xs: Rows, a: int, last: int) -> Row:
        found = []
        for h in range(heads):
            part = slice(h * head, (h + 1) * head)
            query, keys, values = (
                xs[0][a][part],
                [r[part] for r in xs[1][:last]],
                [r[part] for r in xs[2][:last]],
            )
            shares = soft([al.dot(query, key) / head**0.5 for key in keys])
            found += [sum(s * r[j] for s, r in zip(shares, values, strict=True)) for j in range(head)]
        return found

    def run(_: Any, ks: Any) -> Any:
        xs = [
            [a + b for a, b in zip(al.take(tokens, t), p, strict=True)]
            for t, p in zip(ks, places, strict=True)
        ]
        ys = [normed(x) for x in xs] if normed else xs
        mixed = [[m.linear(w, y) for y in ys] for w in (q, k, v)]
        found = [m.linear(o, attend(mixed, a, a + 1 if causal else steps)) for a in range(steps)]
        xs = [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(xs, found, strict=True)]
        losses = [al.cross_entropy(m.linear(out, x), t) for x, t in zip(xs, [*ks[1:], ks[0]], strict=True)]
        return sum(losses) / steps

    return (1,), steps, vocabulary, run


def _layer_norm(x: Row) -> Row:
    mean = sum(x) / len(x)
    variance = sum((v - mean) ** 2 for v in x) / len(x)
    return [(v - mean) / (variance + TINY) ** 0.5 for v in x]


def _rms(x: Row) -> Row:
    scale = (sum(v * v for v in x) / len(x) + TINY) ** -0.5
    return [v * scale for v in x]


def _normed(m: Model) -> Net:
    inputs, hidden = m.size(), m.size()
    w, gain, shift, norm, loss = (
        m.new("W", hidden, inputs), m.new("g", hidden), m.new("s", hidden), m.rng.choice((_layer_norm, _rms)), m.squared()  # noqa: E501
    )  # fmt: skip

    def run(x: Row, k: Any) -> Any:
        y = norm(m.linear(w, x))
        return loss([al.tanh(g * v + s) for g, v, s in zip(gain, y, shift, strict=True)])

    return (inputs,), 0, 2, run


def _convolved(m: Model) -> Net:
    """A window over a line of several channels, pooled."""
    length, channels, filters, width = m.size(3, 6), m.size(1, 2), m.size(1, 3), m.size(1, 3)
    w, b, act, loss, stride = (
        m.new("W", filters, channels, width),
        m.new("b", filters),
        m.activation(),
        m.squared(),
        m.size(1, 2),
    )
    pool = m.rng.choice((al.max, al.mean, al.sum, al.logsumexp))

    def run(x: Rows, k: Any) -> Any:
        found = []
        for f in range(filters):
            line = []
            for i in range(0, length - width + 1, stride):
                a = b[f]
                for d in range(width):
                    for c in range(channels):
                        a = a + w[f][c][d] * x[c][i + d]
                line.append(act(a))
            found.append(pool(line))
        return loss(found)

    return (channels, length), 0, 2, run


def _image(m: Model) -> Net:
    """A window over a picture, then the largest of each 2 by 2."""
    height, width, filters, side, classes = (
        m.size(3, 4),
        m.size(3, 4),
        m.size(1, 2),
        m.size(1, 2),
        m.size(2, 3),
    )
    w, act, loss = m.new("W", filters, side, side), m.activation(), m.classified()
    rows, columns = (height - side + 1) // 2, (width - side + 1) // 2
    out, order = m.new("V", classes, filters * rows * columns), m.rng.random() < 0.5

    def run(x: Rows, k: Any) -> Any:
        pooled = []
        for f in range(filters):
            at = [
                [
                    act(sum(w[f][i][j] * x[r + i][c + j] for i in range(side) for j in range(side)))
                    for c in range(2 * columns)
                ]
                for r in range(2 * rows)
            ]
            places = [(r, c) for r in range(rows) for c in range(columns)]
            for r, c in places[::-1] if order else places:
                pooled.append(
                    al.max(
                        [
                            at[2 * r][2 * c],
                            at[2 * r][2 * c + 1],
                            at[2 * r + 1][2 * c],
                            at[2 * r + 1][2 * c + 1],
                        ]
                    )
                )
        return loss(m.linear(out, pooled), k)

    return (height, width), 0, classes, run


def _embedded(m: Model) -> Net:
    """A bag of words, or their order: rows that tokens pick, from one table or two."""
    vocabulary, width, count, classes = m.size(), m.size(1, 3), m.size(1, 3), m.size(2, 3)
    table, out, loss = m.new("E", vocabulary, width), m.new("V", classes, width), m.classified()
    second = table if m.rng.random() < 0.5 else m.new("F", vocabulary, width)
    smallest = min(vocabulary, classes)

    def run(_: Any, ks: Any) -> Any:
        rows = [al.take(table if i % 2 else second, t) for i, t in enumerate(ks)]
        return loss(m.linear(out, [al.tanh(sum(column)) for column in zip(*rows, strict=True)]), ks[0])

    return (1,), count, smallest, run


def _distances(m: Model) -> Net:
    """Radial functions about centres that are learned; and x'Wx."""
    inputs, centres = m.size(1, 3), m.size(1, 3)
    c, s, w, loss = m.new("C", centres, inputs), m.new("s", centres), m.new("W", inputs, inputs), m.squared()

    def run(x: Row, k: Any) -> Any:
        radial = [
            al.exp(-(p**2) * sum((a - b) ** 2 for a, b in zip(x, row, strict=True)))
            for p, row in zip(s, c, strict=True)
        ]
        form = sum(x[i] * w[i][j] * x[j] for i in range(inputs) for j in range(inputs))
        return loss([*radial, form, al.norm(radial)])

    return (inputs,), 0, 2, run


def _running(m: Model) -> Net:
    """Sums of unlike lengths, and what fades."""
    steps, loss, fade = m.size(2, 6), m.squared(), m.new("f", 1)
    w = m.new("W", steps)

    def run(x: Row, k: Any) -> Any:
        sums = [sum(a * b for a, b in zip(w[: t + 1], x[: t + 1], strict=True)) for t in range(steps)]
        mean, found = 0.0, []
        for v in x:
            mean = fade[0] * mean + (1.0 - fade[0]) * v
            found.append(mean)
        return loss([al.tanh(a) for a in sums]) + loss(found)

    return (steps,), 0, 2, run


def _chain(m: Model) -> Net:
    """Deep and narrow, with what can be chosen by a condition on the way."""
    depth, w = m.size(3, 12), m.new("w", 2)
    kinds = (
        [m.rng.randrange(4) for _ in range(depth)] if m.rng.random() < 0.5 else [m.rng.randrange(4)] * depth
    )

    def run(x: Any, k: Any) -> Any:
        for kind in kinds:
            x = (
                al.tanh(w[0] * x + w[1]) if kind == 0 else al.select(x > 0.1, x * w[0], x + w[1]) if kind == 1
                else al.min(x, w[0] * 0.5) if kind == 2 else (x - w[1].detach()) / 2
            )  # fmt: skip
        return x * x

    return (), 0, 2, run


KINDS: dict[str, Callable[[Model], Net]] = {
    "mlp": _mlp,
    "tied": _tied,
    "recurrent": _recurrent,
    "attention": _attention,
    "normed": _normed,
    "convolved": _convolved,
    "image": _image,
    "embedded": _embedded,
    "distances": _distances,
    "running": _running,
    "chain": _chain,
}
