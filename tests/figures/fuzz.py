"""Figure 14: 5,000 random structured programs, compiled: loss and gradients are the scalar graph's."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as al
from tests.compiler.random_array_programs import Drawn
from tests.compiler.random_nets import Model, flat

TOLERANCE = 1e-9  # relative to the largest gradient
SAMPLES = 3
Source = Any  # a Drawn or a Model: a loss of x and k, with parameters
Samples = list[tuple[Any, Any]]


def main(quick: bool = False) -> int:
    """The exit status: 0 where every program agrees."""
    count = 300 if quick else 5000
    wrong, gathered, looped, started = 0, 0, 0, time.perf_counter()
    for seed in range(count):
        what, program = fault(seed)
        gathered += program is not None and program.report().gathers > 1  # one gather is the picked row
        looped += program is not None and "for t" in program.equations()
        if what:
            wrong += 1
            print(f"seed {seed}: {what}")
    seconds = f"{time.perf_counter() - started:.0f} s"
    print(f"{wrong} wrong of {count:,} programs; {gathered:,} with gathers, {looped:,} with loops; {seconds}")
    return int(wrong > 0)


def fault(seed: int) -> tuple[str, Any]:
    """What is wrong with the compiled program of a seed, "" for nothing; and the compiled program."""
    source, way, samples = drawn(seed)
    try:
        compiled, batch = WAYS[way](source, samples)
        loss, gradients = compiled.value_and_grad(*batch)
    except Exception as error:
        return f"{type(error).__name__}: {error} ({way})", None
    total = total_of(source.exact, samples, al.sum if way == "summed" else al.mean)
    what = difference(source, total, compiled.values, loss, gradients)
    what = what or (
        outputs_apart(source, samples, compiled.predict(*batch)) if gives_outputs(source, batch) else ""
    )
    return what and f"{what} ({way})", compiled


def drawn(seed: int) -> tuple[Source, str, Samples]:
    """A program of arrays or a net, how it is to be compiled, and data."""
    source: Source = Model(seed) if seed % 2 else Drawn(seed)
    rng = random.Random(seed)
    return source, rng.choice(list(WAYS)), [source.sample(rng) for _ in range(SAMPLES)]


def total_of(loss: Callable[[Any, Any], Any], samples: Samples, reduce: Callable[[list[Any]], Any]) -> Any:
    """The loss over all samples as one graph, the tokens being plain ints."""
    return reduce([loss_of(loss(x, k)) for x, k in samples])


def loss_of(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) else result


def difference(source: Source, total: Any, values: list[Any], loss: float, gradients: dict[str, Any]) -> str:
    """Where a program and the scalar graph of the samples part; "" where they do not."""
    if not abs(total.data - loss) <= TOLERANCE * max(1.0, abs(total.data)):
        return f"loss {loss!r}, by the graph {total.data!r}"
    expected, known = iter(al.grad(total, values)), {id(v) for v in flat(list(source.parameters.values()))}
    place = iter(values)
    for name, got in gradients.items():
        own = np.array([next(expected) for _ in range(got.size)]).reshape(got.shape)
        there = np.array([id(next(place)) in known for _ in range(got.size)]).reshape(got.shape)
        wrong = ~(np.abs(got - own) <= TOLERANCE * max(1.0, float(np.abs(own).max(initial=0.0))))
        if (wrong & there).any():  # what `detach` gave in a finished graph is a leaf of its own
            return f"gradient of {name}\n{got}\nby the graph\n{own}"
    return ""


def gives_outputs(source: Source, batch: Any) -> bool:
    """Whether a program of a sample gives more than its loss; a finished loss is alone."""
    return bool(batch) and bool(source.outputs)


def outputs_apart(source: Source, samples: Samples, found: Any) -> str:
    """Where the predictions are not what the function gives; "" where they are."""
    for number, (x, k) in enumerate(samples):
        for place, (got, value) in enumerate(zip(found[number], source.exact(x, k)[1], strict=True)):
            expected = value.data if isinstance(value, al.Value) else value
            if not abs(expected - got) <= TOLERANCE * max(1.0, abs(expected)):
                return f"output {place} of sample {number}: {got!r}, by the graph {expected!r}"
    return ""


# --- how a loss is compiled: each gives a program and the batch to call it with --------------------------


def _named(source: Source, samples: Samples, reduce: str = "mean") -> tuple[Any, Any]:
    (x, k), *_ = samples
    return al.compile(source, source.parameters, reduce=reduce, x=x, k=k), batch_of(samples)


def _summed(source: Source, samples: Samples) -> tuple[Any, Any]:
    return _named(source, samples, "sum")


def _found(source: Source, samples: Samples) -> tuple[Any, Any]:
    (x, k), *_ = samples
    return al.compile(source, x=x, k=k), batch_of(samples)


def _listed(source: Source, samples: Samples) -> tuple[Any, Any]:
    """As one flat list of parameters, in an order of its own."""
    (x, k), *_ = samples
    values = [v for nested in reversed(source.parameters.values()) for v in flat(nested)]
    return al.compile(source, values, x=x, k=k), batch_of(samples)


def _finished(source: Source, samples: Samples) -> tuple[Any, Any]:
    return al.compile(total_of(source, samples, al.mean), source.parameters), ()


def _finished_found(source: Source, samples: Samples) -> tuple[Any, Any]:
    return al.compile(total_of(source, samples, lambda losses: sum(losses) / len(losses))), ()


def batch_of(samples: Samples) -> tuple[Any, Any]:
    return np.array([x for x, _ in samples]), np.array([k for _, k in samples])


WAYS = {
    "named": _named,
    "summed": _summed,
    "found": _found,
    "listed": _listed,
    "finished": _finished,
    "finished, found": _finished_found,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 programs")
    parser.add_argument("--seed", type=int, help="one program alone, with its text")
    options = parser.parse_args()
    if options.seed is not None:
        what, compiled = fault(options.seed)
        print("\n".join(drawn(options.seed)[0].text), compiled and compiled.source, what or "right", sep="\n")
        sys.exit(bool(what))
    sys.exit(main(options.quick))
