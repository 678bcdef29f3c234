"""A GPT over scalars: it reads a list of names, letter by letter, and then invents its own.

Every number in it is a Value. The model is GPT-2 in small: embeddings of letter and position, causal
attention in several heads, an MLP; with RMSNorm in place of LayerNorm, and without biases.

It is written over scalars and trained as a program: al.compile finds the matrices.

Prints the size of the model; epoch by epoch the loss on the names it learns from and on names held out, where
guessing has log(27), about 3.30; how fast it was, and how fast it is without the program; then new names.
Draws the two losses.
"""

import random
import time
from functools import partial
from pathlib import Path

import numpy as np
from common import arguments, draw

import autograd_lite as al
from autograd_lite import nn, optim, plots

END = "."  # before the first letter of a word, and after the last
LETTERS = END + "abcdefghijklmnopqrstuvwxyz"


def add(x, y):
    return [a + b for a, b in zip(x, y, strict=True)]


def rmsnorm(x):
    """x, scaled so that the mean of its squares is 1."""
    scale = (al.dot(x, x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


class Attention(nn.Module):
    """Each position gathers what it looks for from itself and the positions before it."""

    def __init__(self, width, heads, linear):
        self.query, self.key, self.value, self.mix = (linear(width, width) for _ in range(4))
        size = -(-width // heads)
        self.heads = [slice(start, start + size) for start in range(0, width, size)]

    def forward(self, xs):
        queries, keys, values = ([part(x) for x in xs] for part in (self.query, self.key, self.value))
        return [self.mix(self.look(q, keys[: t + 1], values[: t + 1])) for t, q in enumerate(queries)]

    def look(self, query, keys, values):
        """The values, weighted by how well their keys fit the query: what all heads find, side by side."""
        found = []
        for head in self.heads:
            q = query[head]
            weights = al.softmax([al.dot(q, key[head]) * len(q) ** -0.5 for key in keys])
            found += [al.dot(weights, column) for column in zip(*(v[head] for v in values), strict=True)]
        return found


class Block(nn.Module):
    """Attention, then a small net for each position; both add to what is there."""

    def __init__(self, width, heads, linear):
        self.attention = Attention(width, heads, linear)
        self.widen, self.narrow = linear(width, 4 * width, "relu"), linear(4 * width, width)

    def forward(self, xs):
        found = self.attention([rmsnorm(x) for x in xs])
        xs = [add(x, seen) for x, seen in zip(xs, found, strict=True)]
        return [add(x, self.narrow(self.widen(rmsnorm(x)))) for x in xs]


class GPT(nn.Module):
    """From tokens to logits: for each position a score for every token that may come next."""

    def __init__(self, positions, width, heads, layers, seed):
        linear = partial(nn.Layer, bias=False, seed=random.Random(seed))
        self.token = linear(width, len(LETTERS)).weight
        self.position = linear(width, positions).weight
        self.blocks = [Block(width, heads, linear) for _ in range(layers)]
        self.score = linear(width, len(LETTERS))

    def forward(self, tokens):
        xs = [rmsnorm(add(al.take(self.token, k), self.position[t])) for t, k in enumerate(tokens)]
        for block in self.blocks:
            xs = block(xs)
        return [self.score(x) for x in xs]


def loss_of(gpt, tokens, targets, weights):
    """The mean cross entropy of every letter, and of the end, given what comes before it."""
    scores = gpt(tokens)
    return al.dot(weights, [al.cross_entropy(x, target) for x, target in zip(scores, targets, strict=True)])


def encode(words, positions):
    """Tokens, those that come next, and what each counts: what fills a short word up counts nothing."""
    tokens, targets = np.zeros((2, len(words), positions), int)
    weights = np.zeros((len(words), positions))
    for row, word in enumerate(words):
        letters = [LETTERS.index(letter) for letter in END + word + END]
        count = len(letters) - 1
        tokens[row, :count], targets[row, :count], weights[row, :count] = letters[:-1], letters[1:], 1 / count
    return tokens, targets, weights


def compiled(gpt, data):
    """The loss as a program: traced over scalars, on one word, and run over arrays, on many."""
    tokens, targets, weights = (array[0].tolist() for array in data)
    return al.compile(partial(loss_of, gpt), gpt, tokens=tokens, targets=targets, weights=weights)


def train(program, data, optimizer, order, batch):
    """One pass over the words; gives the mean loss on the way."""
    total = 0.0
    for some in (order[start : start + batch] for start in range(0, len(order), batch)):
        total += program.step(optimizer, *(array[some] for array in data)) * len(some)
    return total / len(order)


def eager_speed(gpt, data, words=3):
    """Tokens a second, forward and backward, with a scalar graph for every word."""
    started, count = time.perf_counter(), 0
    for tokens, targets, weights in zip(*(array[:words].tolist() for array in data), strict=True):
        length = sum(weight > 0 for weight in weights)
        loss_of(gpt, tokens[:length], targets[:length], weights[:length]).backward()
        count += length
    return count / (time.perf_counter() - started)


def write(gpt, rng, temperature):
    """A word, each letter drawn by its probability after the letters before it."""
    word = ""
    with al.no_grad():
        while len(END + word) < len(gpt.position):
            logits = gpt([LETTERS.index(letter) for letter in END + word])[-1]
            chances = al.softmax([logit.data / temperature for logit in logits])
            letter = rng.choices(LETTERS, chances)[0]
            if letter == END:
                break
            word += letter
    return word


def main(argv=None):
    sizes = {"epochs": 10, "words": 1000, "batch": 8, "width": 16, "heads": 4, "layers": 1, "names": 20}
    args = arguments(__doc__, argv, **sizes, lr=0.01, temperature=0.7, seed=0)
    rng = random.Random(args.seed)
    known = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
    words = rng.sample(known, min(args.words, len(known)))
    held_out = [words.pop() for _ in range(max(1, len(words) // 10))]
    gpt = GPT(max(map(len, known)) + 1, args.width, args.heads, args.layers, args.seed)
    print(f"{gpt}: {len(words)} names to learn from, {len(held_out)} held out")

    data, unseen = encode(words, len(gpt.position)), encode(held_out, len(gpt.position))
    started = time.perf_counter()
    program = compiled(gpt, data)
    print(f"compiled in {time.perf_counter() - started:.1f} s: {str(program.report()).splitlines()[0]}")
    optimizer = optim.Adam(gpt.parameters(), args.lr)
    schedule = optim.LinearLR(optimizer, 1.0, 0.0, args.epochs)
    losses = {"loss": [], "val_loss": []}
    order, seconds = list(range(len(words))), 0.0
    for epoch in range(1, args.epochs + 1):
        rng.shuffle(order)
        started = time.perf_counter()
        losses["loss"].append(train(program, data, optimizer, order, args.batch))
        seconds += time.perf_counter() - started
        losses["val_loss"].append(program(*unseen))
        schedule.step()
        print(f"epoch {epoch:3d}  loss {losses['loss'][-1]:.3f}  held out {losses['val_loss'][-1]:.3f}")
    program.push()
    fast, slow = args.epochs * np.count_nonzero(data[2]) / seconds, eager_speed(gpt, data)
    print(f"{fast:,.0f} tokens a second compiled, {slow:,.0f} over scalar graphs")

    for word in (write(gpt, rng, args.temperature) for _ in range(args.names)):
        print(f"{word} (in the list)" if word in known else word)
    draw(args.out, {"gpt_loss.png": partial(plots.loss_curve, losses)})


if __name__ == "__main__":
    main()
