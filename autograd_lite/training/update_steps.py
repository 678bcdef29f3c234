"""One update of the parameters from one batch: compiled where the net can be, else over scalar graphs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..engine import Value, mode, no_grad
from ..errors import ArgumentTypeError, ArgumentValueError, AutogradLiteError, GraphError
from ..nn import losses
from ..optim import optimizers as optim
from .samples import Row

Loss = Callable[[Any, Any], Any]
Samples = tuple[list[Row], list[Any]]
STEPS = ("auto", "compiled", "scalar")


class UpdateStep(Protocol):
    """How `fit` trains. Between `load` and `store` a step may keep the parameters' numbers to itself."""

    kind: str

    def is_outdated(self) -> bool:
        """Whether net or loss are not any more what the step was made of."""

    def load(self) -> None:
        """Before an epoch: the numbers are in the net."""

    def run(self, batch: Sequence[int], predict: bool) -> tuple[float, Sequence[Any]]:
        """The mean loss over these samples and, if asked for, the predictions, from before the update."""

    def store(self) -> None:
        """After an epoch: the numbers go back into the net."""

    def prepared(self, samples: Samples) -> Any:
        """Samples to be measured, checked."""

    def measure(self, prepared: Any, predict: bool) -> tuple[float, Sequence[Any]]:
        """The mean loss, without a penalty, over prepared samples and, where asked for, the predictions."""


def step_for(
    wanted: str, net: Any, loss: Loss, optimizer: Any, samples: Samples, **limits: Any
) -> tuple[UpdateStep, str]:
    """The step that is wanted, and in one line why it is not the compiled one, or ""."""
    if wanted == "scalar":
        return ScalarStep(net, loss, optimizer, samples, **limits), "asked for"
    try:
        return CompiledStep(net, loss, optimizer, samples, **limits), ""
    except Exception as error:  # what is wrong with net, loss or targets, the scalar step will say
        if wanted == "compiled":
            raise
        name = "" if isinstance(error, AutogradLiteError) else f"{type(error).__name__}: "
        why = name + str(error)
    return ScalarStep(net, loss, optimizer, samples, **limits), (why.splitlines() or [""])[0]


# --- over scalar graphs ------------------------------------------------------------------------------


class ScalarStep:
    """One sample's graph at a time, freed when its gradients are in."""

    kind = "scalar"

    def __init__(
        self,
        net: Any,
        loss: Loss,
        optimizer: Any,
        samples: Samples,
        penalty: float = 0.0,
        clip: float | None = None,
    ) -> None:
        self.net, self.loss, self.optimizer = net, loss, optimizer
        self.rows, self.targets = samples
        self.penalty, self.clip = penalty, clip
        self.params = net.parameters()

    def is_outdated(self) -> bool:
        """Never: net and loss are called for every sample."""
        return False

    def load(self) -> None:
        """Nothing to do: the net itself is trained."""

    def store(self) -> None:
        """Nothing to do."""

    def run(self, batch: Sequence[int], predict: bool) -> tuple[float, Sequence[Any]]:
        self.optimizer.zero_grad()
        for p in self.params:  # the optimiser may have some of them alone
            p.grad = 0.0
        share = 1.0 / len(batch)
        mean, predictions = 0.0, []
        for i in batch:
            output = self.net(self.rows[i])
            loss = self.loss(output, self.targets[i])
            if not isinstance(loss, Value):
                raise ArgumentTypeError("fit", "loss", loss, "a function that gives one Value")
            loss.backward(share)
            mean += loss.data * share
            if predict:
                predictions.append(numbers(output))
        if self.penalty:
            penalty = losses.l2_penalty(self.net, self.penalty)
            penalty.backward()
            mean += penalty.data
        if math.isfinite(mean):  # else the parameters stay as they are, and fit stops
            if self.clip is not None:
                optim.clip_grad_norm(self.params, self.clip)
            self.optimizer.step()
        return mean, predictions

    def prepared(self, samples: Samples) -> Samples:
        return samples

    def measure(self, prepared: Samples, predict: bool) -> tuple[float, Sequence[Any]]:
        return measured(self.net, self.loss, prepared)


def measured(net: Any, loss: Loss | None, samples: Samples) -> tuple[float, list[Any]]:
    """The mean loss, nan where none is given, and the outputs as floats."""
    rows, targets = samples
    with no_grad():
        outputs = [net(row) for row in rows]
        losses = (
            [numbers(loss(output, y)) for output, y in zip(outputs, targets, strict=True)]
            if loss
            else [math.nan]
        )
    return sum(losses) / len(losses), [numbers(output) for output in outputs]


def numbers(output: Any) -> Any:
    """An output without its graph: a float, or a list of floats."""
    if isinstance(output, Value):
        return output.data
    return [numbers(x) for x in output] if isinstance(output, list | tuple) else output


# --- compiled ----------------------------------------------------------------------------------------


class CompiledStep:
    """All samples of a batch at once, as array equations; the optimiser moves one flat array."""

    kind = "compiled"

    def __init__(
        self,
        net: Any,
        loss: Loss,
        optimizer: Any,
        samples: Samples,
        penalty: float = 0.0,
        clip: float | None = None,
    ) -> None:
        from ..compiler import compile, others, program_of, trace

        if mode.strict is not None:
            raise GraphError("fit: al.strict looks at every scalar")
        if getattr(optimizer.step, "__func__", None) is not optim.Optimizer.step:
            raise ArgumentTypeError(
                "fit", "optimizer", optimizer, "one of optim's, or with their step, for a compiled step"
            )
        self.net, self.loss, self.optimizer, self.clip = net, loss, optimizer, clip

        def of_sample(x: Any, y: Any) -> Any:
            output = net(x)
            return loss(output, y), output

        parameters = net if hasattr(type(net), "named_parameters") else list(net.parameters())
        traced = trace(of_sample, parameters, {"x": samples[0][0], "y": samples[1][0]})
        if others(traced):
            raise GraphError("fit: net and loss hold Values that are no parameters of the net")
        self.program = program_of(traced)
        self.program.order_of(optimizer)
        self.sample = samples[0][0], samples[1][0]
        self.penalty = compile(losses.l2_penalty(net, penalty), parameters) if penalty else None
        self.data = self.prepared(samples)

    def prepared(self, samples: Samples) -> list[Any]:
        """The samples as arrays, every target once held against what the loss allows."""
        import numpy as np

        try:
            data = self.program.batch("fit", np.array(samples[0]), np.array(samples[1]))
        except ValueError as error:
            raise ArgumentValueError(
                "fit", "y", samples[1], "targets of one shape, for a compiled step"
            ) from error
        with no_grad():
            output = self.net(samples[0][0])
            for target in {repr(target): target for target in samples[1]}.values():
                self.loss(output, target)
        return data

    def measure(self, prepared: list[Any], predict: bool) -> tuple[float, Sequence[Any]]:
        self.program.pull()
        return self.program.value(prepared), self._predictions(prepared) if predict else []

    def _predictions(self, data: list[Any]) -> Any:
        return self.program.outputs(data)[0].tolist()

    def is_outdated(self) -> bool:
        """A weight of the loss that a callback has changed, say: one sample tells."""
        x, y = self.sample
        with no_grad():
            now = numbers(self.loss(self.net(x), y))
        self.program.pull()
        compiled = self.program.value([array[:1] for array in self.data])
        return not math.isclose(now, compiled, rel_tol=1e-8, abs_tol=1e-8) and math.isfinite(now)

    def load(self) -> None:
        self.program.pull()

    def store(self) -> None:
        self.program.push()

    def run(self, batch: Sequence[int], predict: bool) -> tuple[float, Sequence[Any]]:
        data = self.data if len(batch) == len(self.data[0]) else [array[list(batch)] for array in self.data]
        predictions = self._predictions(data) if predict else []
        loss, gradient = self.program.flat_gradient(data)
        if self.penalty is not None:
            self.penalty.theta[:] = self.program.theta
            amount, more = self.penalty.flat_gradient([])
            loss, gradient = loss + amount, gradient + more
        if math.isfinite(loss):  # else the parameters stay as they are, and fit stops
            if self.clip is not None:
                gradient = optim.clipped(gradient, self.clip)
            self.program.move(self.optimizer, gradient)
        return loss, predictions
