"""Two moons, told apart by a small net: the classic picture of what hidden layers are for.

Prints the net, then loss and accuracy now and then, on the points it learns from and on points held out, and
at the end the accuracy on the latter. Draws the boundary that the net has found, and the loss curve.
"""

from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite import data, nn, optim, plots


def main(argv=None):
    args = arguments(__doc__, argv, samples=200, noise=0.1, hidden=16, epochs=60, batch=16, lr=0.01, seed=0)
    points, classes = data.moons(args.samples, noise=args.noise, seed=args.seed)
    X, X_held_out, y, y_held_out = data.split(points, classes, 0.25, seed=args.seed, stratify=True)
    net = nn.MLP(2, [args.hidden, args.hidden, 1], activation="relu", seed=args.seed)
    print(net.summary())

    history = al.fit(
        net,
        X,
        y,
        loss="bce_with_logits",
        optimizer=optim.Adam(net.parameters(), lr=args.lr),
        epochs=args.epochs,
        batch_size=args.batch,
        validation=(X_held_out, y_held_out),
        metrics=["accuracy"],
        seed=args.seed,
    )
    print(f"accuracy on {len(X_held_out)} points held out: {history.history['val_accuracy'][-1]:.1%}")

    boundary = partial(plots.decision_boundary, net, points, classes)
    draw(args.out, {"moons_boundary.png": boundary, "moons_loss.png": partial(plots.loss_curve, history)})


if __name__ == "__main__":
    main()
