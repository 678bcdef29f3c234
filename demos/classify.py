"""Irises: three species, told apart by four lengths; a real data set, small enough to look at.

Prints loss and accuracy now and then, and at the end the accuracy on flowers held out, with their confusion
table. Draws the net with its weights, and loss and accuracy by epoch.
"""

from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite import data, nn, optim, plots


def confusion_table(truth, found, names):
    """A row for each species, and how many of its flowers were taken for which."""
    yield f"{'':<12}" + "".join(f"{name:>12}" for name in names)
    for k, name in enumerate(names):
        counts = [sum((truth == k) & (found == j)) for j in range(len(names))]
        yield f"{name:<12}" + "".join(f"{count:>12}" for count in counts)


def main(argv=None):
    args = arguments(__doc__, argv, hidden=8, epochs=60, batch=16, lr=0.01, seed=0)
    iris = data.iris()
    X, X_held_out, y, y_held_out = iris.split(validation=1 / 3, seed=args.seed)
    net = nn.MLP(4, [args.hidden, 3], activation="tanh", seed=args.seed)
    print(iris)
    print(net.summary())

    history = al.fit(
        net,
        X,
        y,
        loss="cross_entropy",
        optimizer=optim.Adam(net.parameters(), lr=args.lr),
        epochs=args.epochs,
        batch_size=args.batch,
        validation=(X_held_out, y_held_out),
        metrics=["accuracy"],
        seed=args.seed,
    )
    found = al.predict(net, X_held_out).argmax(axis=1)
    print(f"accuracy on {len(found)} flowers held out: {(found == y_held_out).mean():.1%}")
    print("rows: the species; columns: what the net says")
    print("\n".join(confusion_table(y_held_out, found, iris.class_names)))

    names = {"feature_names": iris.feature_names, "class_names": iris.class_names}
    picture = partial(plots.net_picture, net, **names)
    draw(args.out, {"iris_net.png": picture, "iris_loss.png": partial(plots.loss_curve, history)})


if __name__ == "__main__":
    main()
