"""Records what torch computes for small nets and losses, in float64, into nn_torch.json.

Run by hand where torch is installed: python tests/recorded/nn_torch.py. The tests read the file only.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def net(sizes: list[int], activation: type[torch.nn.Module]) -> torch.nn.Sequential:
    steps: list[torch.nn.Module] = []
    for n, m in pairwise(sizes):
        steps += [torch.nn.Linear(n, m), activation()]
    return torch.nn.Sequential(*steps[:-1])


def record_net(seed: int, sizes: list[int], name: str, activation: type[torch.nn.Module]) -> dict:
    torch.manual_seed(seed)
    model = net(sizes, activation)
    x = torch.randn(5, sizes[0])
    y = torch.randint(0, sizes[-1], (5,))
    outputs = model(x)
    loss = F.cross_entropy(outputs, y)
    loss.backward()
    return {
        "sizes": sizes,
        "activation": name,
        "x": x.tolist(),
        "y": y.tolist(),
        "state": {key: p.detach().tolist() for key, p in model.named_parameters()},
        "outputs": outputs.tolist(),
        "loss": loss.item(),
        "gradients": {key: p.grad.tolist() for key, p in model.named_parameters()},
    }


def record_loss(name: str, function, prediction, target, **options) -> dict:
    p = torch.tensor(prediction, requires_grad=True)
    loss = function(p, torch.tensor(target), **options)
    loss.backward()
    case = {"loss": name, "prediction": prediction, "target": target, "options": options}
    return {**case, "value": loss.item(), "gradient": p.grad.tolist()}


def losses() -> list[dict]:
    numbers, targets = [[0.5, -1.25, 3.0], [2.0, 0.0, -0.75]], [[0.0, 1.5, 2.5], [-1.0, 0.25, -0.75]]
    logits, signs = [[1.0, -2.0, 0.5], [30.0, 0.0, -40.0]], [[0.0, 1.0, 0.25], [1.0, 0.5, 0.0]]
    shares = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]
    cases = []
    for reduction in ("mean", "sum"):
        cases.append(record_loss("mse_loss", F.mse_loss, numbers, targets, reduction=reduction))
        for delta in (0.5, 1.0, 2.5):
            options = {"reduction": reduction, "delta": delta}
            cases.append(record_loss("huber_loss", F.huber_loss, numbers, targets, **options))
        with_logits = F.binary_cross_entropy_with_logits
        cases.append(record_loss("bce_with_logits", with_logits, logits, signs, reduction=reduction))
        probabilities = [[0.1, 0.9, 0.5], [0.75, 0.25, 0.001]]
        cases.append(
            record_loss("bce_loss", F.binary_cross_entropy, probabilities, signs, reduction=reduction)
        )
        for smoothing in (0.0, 0.1, 1.0):
            options = {"reduction": reduction, "label_smoothing": smoothing}
            cases += [
                record_loss("cross_entropy", F.cross_entropy, logits, target, **options)
                for target in ([2, 0], shares)
            ]
    return cases


def main() -> None:
    activations = {
        "relu": torch.nn.ReLU,
        "tanh": torch.nn.Tanh,
        "sigmoid": torch.nn.Sigmoid,
        "leaky_relu": torch.nn.LeakyReLU,
        "elu": torch.nn.ELU,
        "softplus": torch.nn.Softplus,
        "silu": torch.nn.SiLU,
        "gelu": torch.nn.GELU,
    }
    nets = [record_net(i, [3, 5, 4, 3], *item) for i, item in enumerate(activations.items())]
    path = Path(__file__).with_name("nn_torch.json")
    content = {"torch": torch.__version__, "nets": nets, "losses": losses()}
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(nets)} nets, {len(content['losses'])} losses, by torch {torch.__version__}")


if __name__ == "__main__":
    main()
