"""erf and erfc of arrays, to a few units in the last place: NumPy has neither."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = Any  # an array

# Polynomials, the highest power first, through the values at Chebyshev's points, in 60 digits:
# of erf(x) / x in 2x² - 1, for x² up to 1; of (1 + 2x) exp(x²) erfc(x) in u, for x from ½ to 28,
# where t = (x - 3) / (x + 3) is brought from its range to -1 ... 1.
NEAR = (
    1.4543887079465116e-14,
    -3.8078824063194953e-13,
    9.167619596865806e-12,
    -2.035228405815769e-10,
    4.115800583208149e-09,
    -7.511569286591727e-08,
    1.223382738359897e-06,
    -1.7537169441124866e-05,
    0.00021751715604159932,
    -0.0022854855611441132,
    0.019852496688983708,
    -0.1405360890227171,
    0.9654687386698673,
)
FAR = (
    -1.0436526110193503e-11,
    -4.7741356850876056e-11,
    9.095956173331466e-11,
    6.856325192645769e-10,
    -2.5665483934703323e-10,
    -6.518753911473054e-09,
    -2.0274959330051783e-09,
    5.8211761265415675e-08,
    3.707856419862568e-08,
    -5.618822921787218e-07,
    -2.6432387710754704e-07,
    6.11566523728438e-06,
    -2.6884125011095026e-06,
    -6.912737445638317e-05,
    0.0001739993079564173,
    0.00046509896907601437,
    -0.0044157877173262175,
    0.015722391448707778,
    -0.034858448572138316,
    0.04794607053092502,
    -0.017977041184294586,
    -0.10586152790091503,
    1.2466693962002773,
)
LOWEST, HIGHEST = (0.5 - 3.0) / (0.5 + 3.0), (28.0 - 3.0) / (28.0 + 3.0)  # of t


def erf(x: Numbers) -> Numbers:
    """The error function."""
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    near = np.minimum(size, 1.0)
    value = np.where(size < 1.0, near * _polynomial(NEAR, 2.0 * near * near - 1.0), 1.0 - _tail(size))
    return _like(np.copysign(value, wide), x)


def erfc(x: Numbers) -> Numbers:
    """1 - erf(x), without the loss of digits."""
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    near = np.clip(wide, -0.5, 0.5)
    tail = _tail(size)
    far = np.where(wide < 0.0, 2.0 - tail, tail)
    value = np.where(size < 0.5, 1.0 - near * _polynomial(NEAR, 2.0 * near * near - 1.0), far)
    return _like(value, x)


def _like(value: Numbers, x: Numbers) -> Numbers:
    """Of float32 the function is float32; between, all is in float64."""
    return value.astype(getattr(x, "dtype", np.float64), copy=False)


def _tail(size: Numbers) -> Numbers:
    """erfc(x) for x of at least ½. exp(-x²) is taken in two factors, the square in the first being exact."""
    x = np.clip(size, 0.5, 28.0)
    coarse = x.astype(np.float32).astype(np.float64)
    bell = np.exp(-coarse * coarse) * np.exp((coarse - x) * (coarse + x))
    t = (x - 3.0) / (x + 3.0)
    u = (2.0 * t - (LOWEST + HIGHEST)) / (HIGHEST - LOWEST)
    return bell * _polynomial(FAR, u) / (1.0 + 2.0 * x)


def _polynomial(coefficients: tuple[float, ...], u: Numbers) -> Numbers:
    value = np.full_like(u, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= u
        value += coefficient
    return value
