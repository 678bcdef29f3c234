"""The nets of S4 on PyTorch and JAX, where they are there: float64, one thread, loss and all gradients."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .nets import Arrays, Case

Result = tuple[float, Arrays]
Work = Callable[[], Result]


def torch_work(case: Case, weights: Arrays, X: Any, Y: Any) -> Work:
    """Eager autograd."""
    torch = import_module("torch")
    torch.set_num_threads(1)
    linear, cross_entropy = torch.nn.functional.linear, torch.nn.functional.cross_entropy
    hidden = {"relu": torch.relu, "tanh": torch.tanh}[case.hidden]
    parameters = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in weights]
    *layers, last = zip(parameters[::2], parameters[1::2], strict=True)
    x, y = torch.tensor(X, dtype=torch.float64), torch.tensor(Y)

    def work() -> Result:
        for p in parameters:
            p.grad = None
        h = x
        for w, b in layers:
            h = hidden(linear(h, w, b))
        loss = cross_entropy(linear(h, *last), y)
        loss.backward()
        return loss.item(), [p.grad for p in parameters]

    return work


def jax_work(case: Case, weights: Arrays, X: Any, Y: Any) -> Work:
    """value_and_grad, compiled by jit; the first call, which compiles, is done."""
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    hidden = {"relu": jax.nn.relu, "tanh": jnp.tanh}[case.hidden]

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        *layers, (w, b) = zip(parameters[::2], parameters[1::2], strict=True)
        for weight, bias in layers:
            x = hidden(x @ weight.T + bias)
        logits = x @ w.T + b
        picked = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(logits, axis=1) - picked)

    function = jax.jit(jax.value_and_grad(loss))
    inputs = [jnp.asarray(array) for array in weights], jnp.asarray(X), jnp.asarray(Y)

    def work() -> Result:
        value, gradients = function(*inputs)
        return float(value), gradients  # of one run: they are there when the loss is

    jax.block_until_ready(work()[1])
    return work


PEERS = {"torch": torch_work, "jax": jax_work}
