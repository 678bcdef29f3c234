"""An autoencoder: four numbers squeezed through two, and back, with no labels given.

It learns to copy irises, and the two numbers in the middle become a map of them. A single layer, the only
part that is told the species, then learns to read them off that map. Prints the error of the copies beside
that of the mean flower, and how often the reader is right. Draws the map with its borders, and the error.
"""

from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite import data, nn, optim, plots


def main(argv=None):
    args = arguments(__doc__, argv, hidden=8, epochs=100, batch=16, lr=0.01, seed=0)
    iris = data.iris()
    X, X_held_out, y, y_held_out = iris.split(validation=1 / 3, seed=args.seed)
    net = nn.Autoencoder(4, [args.hidden, 2], activation="tanh", seed=args.seed)
    print(net.summary())

    history = al.fit(
        net,
        X,
        X,  # the target is the input itself
        loss="mse",
        optimizer=optim.Adam(net.parameters(), lr=args.lr),
        epochs=args.epochs,
        batch_size=args.batch,
        validation=(X_held_out, X_held_out),
        seed=args.seed,
    )
    error = history.history["val_loss"][-1]
    print(f"mean squared error on flowers held out: {error:.3f}")
    print(f"that of the mean flower: {((X_held_out - X.mean(axis=0)) ** 2).mean():.3f}")

    code, code_held_out = (al.predict(net.encode, flowers) for flowers in (X, X_held_out))
    reader = nn.MLP(2, [3], seed=args.seed)
    adam = optim.Adam(reader.parameters(), lr=0.1)
    al.fit(reader, code, y, loss="cross_entropy", optimizer=adam, epochs=args.epochs, progress=False)
    accuracy = al.evaluate(reader, code_held_out, y_held_out, metrics=["accuracy"])["accuracy"]
    print(f"species read off the two numbers: {accuracy:.1%} right")

    names = {"feature_names": ["code 1", "code 2"], "class_names": iris.class_names}
    chart = partial(plots.decision_boundary, reader, code, y, **names)
    loss = partial(plots.loss_curve, history)
    draw(args.out, {"autoencoder_code.png": chart, "autoencoder_loss.png": loss})


if __name__ == "__main__":
    main()
