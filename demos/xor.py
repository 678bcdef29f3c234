"""XOR, which no single neuron can learn, and two hidden neurons can; with the training loop in full.

Prints the loss now and then, and at the end the truth table beside what the net says. From some seeds two
hidden neurons get stuck; four (--hidden 4) hardly ever do. Draws the boundary, and the net with its weights.
"""

from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite import nn, optim, plots

INPUTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
TARGETS = [0, 1, 1, 0]


def main(argv=None):
    args = arguments(__doc__, argv, hidden=2, epochs=200, lr=0.1, seed=1)
    net = nn.MLP(2, [args.hidden, 1], activation="tanh", seed=args.seed)
    optimizer = optim.Adam(net.parameters(), lr=args.lr)
    print(net.summary())

    for epoch in range(1, args.epochs + 1):
        logits = [net(x) for x in INPUTS]  # forward
        loss = al.bce_with_logits(logits, TARGETS)
        optimizer.zero_grad()
        loss.backward()  # backward
        optimizer.step()  # downhill
        if epoch % max(1, args.epochs // 10) == 0:
            print(f"epoch {epoch:4d}  loss {loss.data:.4f}")

    print("x1 x2  xor  net")
    for (x1, x2), target in zip(INPUTS, TARGETS, strict=True):
        print(f" {x1}  {x2}   {target}   {al.sigmoid(net([x1, x2])).data:.3f}")

    boundary = partial(plots.decision_boundary, net, INPUTS, TARGETS, class_names=["false", "true"])
    draw(args.out, {"xor_boundary.png": boundary, "xor_net.png": partial(plots.net_picture, net)})


if __name__ == "__main__":
    main()
