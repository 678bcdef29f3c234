"""A GPT over scalars: it reads a list of names, letter by letter, and then invents its own.

Every number in it is a Value. The model is GPT-2 in small: embeddings of letter and position, causal
attention in several heads, an MLP; with RMSNorm in place of LayerNorm, and without biases.

Prints the size of the model; epoch by epoch the loss on the names it learns from and on names held out, where
guessing has log(27), about 3.30; then new names. Draws the two losses. The default size takes half a minute.
"""

import random
from functools import partial
from pathlib import Path

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
        xs = [rmsnorm(add(self.token[token], self.position[t])) for t, token in enumerate(tokens)]
        for block in self.blocks:
            xs = block(xs)
        return [self.score(x) for x in xs]


def loss_of(gpt, word):
    """The mean cross entropy of every letter, and of the end, given what comes before it."""
    tokens = [LETTERS.index(letter) for letter in END + word + END]
    return al.cross_entropy(gpt(tokens[:-1]), tokens[1:])


def train(gpt, words, optimizer, batch):
    """One pass over the words; gives the mean loss on the way."""
    total = 0.0
    for some in (words[start : start + batch] for start in range(0, len(words), batch)):
        optimizer.zero_grad()
        for word in some:  # one graph at a time: it is freed when its gradients are in
            loss = loss_of(gpt, word)
            loss.backward(1 / len(some))
            total += loss.data
        optimizer.step()
    return total / len(words)


def evaluate(gpt, words):
    with al.no_grad():
        return sum(loss_of(gpt, word).data for word in words) / len(words)


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

    optimizer = optim.Adam(gpt.parameters(), args.lr)
    schedule = optim.LinearLR(optimizer, 1.0, 0.0, args.epochs)
    losses = {"loss": [], "val_loss": []}
    for epoch in range(1, args.epochs + 1):
        rng.shuffle(words)
        losses["loss"].append(train(gpt, words, optimizer, args.batch))
        losses["val_loss"].append(evaluate(gpt, held_out))
        schedule.step()
        print(f"epoch {epoch:3d}  loss {losses['loss'][-1]:.3f}  held out {losses['val_loss'][-1]:.3f}")

    for word in (write(gpt, rng, args.temperature) for _ in range(args.names)):
        print(f"{word} (in the list)" if word in known else word)
    draw(args.out, {"gpt_loss.png": partial(plots.loss_curve, losses)})


if __name__ == "__main__":
    main()
