"""A curve through noisy points: regression with one input, one output, and no formula given.

The points are sin(2x) + x/2 and noise. Prints loss and R² now and then, and at the end both on points held
out, beside what the noise alone makes. Draws the curve through the points held out, and the loss curve.
"""

from functools import partial

from common import arguments, draw

import autograd_lite as al
from autograd_lite import data, nn, optim, plots


def main(argv=None):
    args = arguments(__doc__, argv, samples=200, noise=0.2, hidden=16, epochs=200, batch=16, lr=0.02, seed=3)
    X, y = data.curve(args.samples, noise=args.noise, seed=args.seed)
    X, X_held_out, y, y_held_out = data.split(X, y, validation=0.25, seed=args.seed)
    net = nn.MLP(1, [args.hidden, args.hidden, 1], activation="silu", seed=args.seed)
    optimizer = optim.Adam(net.parameters(), lr=args.lr)
    print(net.summary())

    history = al.fit(
        net,
        X,
        y,
        loss="mse",
        optimizer=optimizer,
        epochs=args.epochs,
        batch_size=args.batch,
        validation=(X_held_out, y_held_out),
        metrics=["r2"],
        schedule=optim.CosineAnnealingLR(optimizer, args.epochs),
        seed=args.seed,
    )
    figures = al.evaluate(net, X_held_out, y_held_out, loss="mse", metrics=["r2"])
    print(f"on {len(X_held_out)} points held out: mse {figures['loss']:.4f}, R² {figures['r2']:.3f}")
    print(f"the noise alone has a mean square of {args.noise**2:.4f}")

    fit = partial(plots.regression_curve, net, X_held_out, y_held_out)
    loss = partial(plots.loss_curve, {name: history.history[name] for name in ("loss", "val_loss")})
    draw(args.out, {"regression_curve.png": fit, "regression_loss.png": loss})


if __name__ == "__main__":
    main()
