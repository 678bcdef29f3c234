"""From array equations to NumPy: the text that is shown, and functions made of the text that runs.

    emitted = emit(program)
    emitted.source                                            the text, for readers
    emitted.value(parameters, inputs)                         the loss
    emitted.value_and_grad(parameters, inputs, gradients)     the loss; the gradients are written into arrays
    emitted.outputs(parameters, inputs)                       the predictions, a tuple of arrays

`parameters` and `inputs` are arrays in the order of the program's, all of float32 or all of float64, and
of int64 for an index. `gradients` are as many arrays as there are parameters, of the same shapes, each in
one piece (C-contiguous); those of parameters that the loss does not depend on are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..equations import Equations, needed_for
from ..numpy_code import for_gradients, listed
from .functions import Function, function

Numbers = Any  # an array


def emit(program: Equations) -> Emitted:
    """The text and the functions of a program, each made when it is first asked for."""
    return Emitted(program)


class Emitted:
    """What a program is in NumPy."""

    def __init__(self, program: Equations) -> None:
        self._program = program
        self._batched = next((k for k, array in enumerate(program.inputs) if array.batched), None)
        self._typed = next((k for k, array in enumerate(program.inputs) if array.kind != "index"), None)
        wanted = [program.gradients.get(parameter) for parameter in program.parameters]
        numbers = [k for k, array in enumerate(wanted) if array is not None]
        self._filled = [k for k in numbers if wanted[k] not in wanted[:k]]
        self._same = [(k, wanted.index(wanted[k])) for k in numbers if wanted[k] in wanted[:k]]
        self._all = self._filled == list(range(len(wanted)))

    # --- texts ---

    @cached_property
    def source(self) -> str:
        """The text that is shown."""
        return listed(self._program)[0]

    @property
    def running(self) -> str:
        """The text that runs for value_and_grad."""
        return self._gradients.text

    # --- functions ---

    def value(self, parameters: Sequence[Numbers], inputs: Sequence[Numbers]) -> float:
        """The loss."""
        return float(self._run(self._value, parameters, inputs, ()))

    def value_and_grad(
        self, parameters: Sequence[Numbers], inputs: Sequence[Numbers], gradients: Sequence[Numbers]
    ) -> float:
        """The loss, and its gradients in the arrays given."""
        filled = gradients if self._all else [gradients[k] for k in self._filled]
        loss = float(self._run(self._gradients, parameters, inputs, filled))
        for k, same in self._same:
            gradients[k][...] = gradients[same]
        return loss

    def outputs(self, parameters: Sequence[Numbers], inputs: Sequence[Numbers]) -> tuple[Numbers, ...]:
        """The predictions; only what they need is computed."""
        found = self._run(self._outputs, parameters, inputs, ())
        return found if len(self._program.outputs) > 1 else (found,)

    def _run(
        self,
        function: Function,
        parameters: Sequence[Numbers],
        inputs: Sequence[Numbers],
        filled: Sequence[Numbers],
    ) -> Any:
        samples = 1 if self._batched is None else len(inputs[self._batched])
        if parameters:
            dtype = parameters[0].dtype
        else:
            dtype = np.dtype(float) if self._typed is None else inputs[self._typed].dtype
        return function(samples, dtype, parameters, (*inputs, *filled))

    @cached_property
    def _value(self) -> Function:
        program = self._program
        return function(program, "value", needed_for([program.loss], program.forward), [program.loss], [])

    @cached_property
    def _gradients(self) -> Function:
        program = self._program
        given = [program.gradients[program.parameters[k]] for k in self._filled]
        return function(program, "value_and_grad", for_gradients(program), [program.loss], given)

    @cached_property
    def _outputs(self) -> Function:
        program = self._program
        return function(program, "predict", needed_for(program.outputs, program.forward), program.outputs, [])
