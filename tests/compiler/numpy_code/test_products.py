"""How sums of products are written: as a person would, and as one product of matrices where that can be."""

from __future__ import annotations

import pytest

from autograd_lite.compiler.execution.emitted import emit

from ..equations_from_text import parameter, samples, written
from ..run_both_texts import assert_emitted, body, ready


def program_of(line, *, batched=False, sizes=None, **arrays):
    """v as the line says, and a loss of it."""
    target = line.split(" = ")[0]
    loss = f"L[] = {'n^-1·' if batched else ''}{target}·{target}"
    return ready(written(f"{line}\n{loss}", sizes, **arrays))


@pytest.mark.parametrize(
    ("line", "shapes", "text"),
    [
        # products of matrices and vectors
        ("v[i,j] = a[i,k]·b[k,j]", {"a": (2, 3), "b": (3, 4)}, "a @ b"),
        ("v[i,j] = a[i,k]·b[j,k]", {"a": (2, 3), "b": (4, 3)}, "a @ b.T"),
        ("v[i,j] = a[k,i]·b[k,j]", {"a": (3, 2), "b": (3, 4)}, "a.T @ b"),
        ("v[j,i] = a[i,k]·b[k,j]", {"a": (2, 3), "b": (3, 4)}, "b.T @ a.T"),
        ("v[i] = a[i,k]·b[k]", {"a": (2, 3), "b": (3,)}, "a @ b"),
        ("v[i] = b[k]·a[k,i]", {"a": (3, 2), "b": (3,)}, "a.T @ b"),
        ("v[] = a[k]·b[k]", {"a": (3,), "b": (3,)}, "a @ b"),
        ("v[i,p,j] = a[i,p,k]·b[j,k]", {"a": (2, 5, 3), "b": (4, 3)}, "a @ b.T"),
        ("v[i,j] = a[i,p,k]·b[p,k,j]", {"a": (2, 5, 3), "b": (5, 3, 4)},
         "np.tensordot(a, b, ([1, 2], [0, 1]))"),
        ("v[p,i,j] = a[p,i,k]·b[p,k,j]", {"a": (5, 2, 3), "b": (5, 3, 4)}, "a @ b"),
        ("v[p,i,j] = a[p,i,k]·b[p,j,k]", {"a": (5, 2, 3), "b": (5, 4, 3)}, "a @ b.swapaxes(1, 2)"),
        ("v[p,q,i,j] = a[p,q,i,k]·b[p,q,k,j]", {"a": (2, 3, 2, 3), "b": (2, 3, 3, 4)},
         'np.einsum("ijkm,ijml->ijkl", a, b)'),
        ("v[p,i] = a[p,i,k]·b[p,k]", {"a": (5, 2, 3), "b": (5, 3)}, 'np.einsum("ijk,ik->ij", a, b)'),
        ("v[i] = a[i,k]·b[i,k]", {"a": (2, 3), "b": (2, 3)}, 'np.einsum("ij,ij->i", a, b)'),
        # element by element
        ("v[i,j] = a[i]·b[j]", {"a": (2,), "b": (3,)}, "a[:, None] * b"),
        ("v[i,j] = a[j,i]·b[j]", {"a": (3, 2), "b": (3,)}, "a.T * b"),
        ("v[i,j] = a[i,j]·a[i,j]", {"a": (2, 3)}, "a**2"),
        ("v[i,j] = a[i,j]·b[i]·c[j]", {"a": (2, 3), "b": (2,), "c": (3,)}, "a * b[:, None] * c"),
        # sums
        ("v[i] = a[i,j]", {"a": (2, 3)}, "a.sum(axis=1)"),
        ("v[j] = a[i,j]·b[i]", {"a": (2, 3), "b": (2,)}, "a.T @ b"),
        ("v[] = a[i,j]·b[i,j]", {"a": (2, 3), "b": (2, 3)}, "np.sum(a * b)"),
        ("v[i] = a[i,j]·b[k]", {"a": (2, 3), "b": (4,)}, "a.sum(axis=1) * b.sum()"),
        ("v[i,j] = a[i,k]·b[k]·c[k,j]", {"a": (2, 3), "b": (3,), "c": (3, 4)}, "(a * b) @ c"),
        ("v[i] = 0.5·a[i,j]", {"a": (2, 2)}, "a.mean(axis=1)"),
        ("v[i] = 0.25·a[i,j]", {"a": (2, 2)}, "0.25 * a.sum(axis=1)"),
        # numbers
        ("v[i] = a[i] - b[i]", {"a": (2,), "b": (2,)}, "a - b"),
        ("v[i] = -1·b[i] + a[i]", {"a": (2,), "b": (2,)}, "a - b"),
        ("v[i] = -1·b[i] - a[i]", {"a": (2,), "b": (2,)}, "-b - a"),
        ("v[i] = 1 - a[i]·b[i]", {"a": (2,), "b": (2,)}, "1 - a * b"),
        ("v[i] = 0.3333333333333333·a[i]", {"a": (2,)}, "a / 3"),
        ("v[i] = 0.6666666666666666·a[i]", {"a": (2,)}, "2 / 3 * a"),
        ("v[i] = 0.1·a[i] + 2·b[i]", {"a": (2,), "b": (2,)}, "0.1 * a + 2 * b"),
        ("v[i,j] = a[i,j] + b[i]", {"a": (2, 3), "b": (2,)}, "a + b[:, None]"),
        ("v[i,j] = tanh(b[i]) + a[i]", {"a": (2,), "b": (2,)},
         "np.broadcast_to((np.tanh(b) + a)[:, None], (2, 3)).copy()"),
    ],
)  # fmt: skip
def test_products_of_parameters(line, shapes, text):
    arrays = {name: parameter(*shape) for name, shape in shapes.items()}
    program = program_of(line, sizes={"j": 3} if "broadcast" in text else None, **arrays)
    assert f"v = {text}" in body(emit(program).source)
    assert_emitted(program)


@pytest.mark.parametrize(
    ("line", "arrays", "text"),
    [
        ("v[n,j] = x[n,k]·w[j,k]", {"x": samples(3), "w": parameter(2, 3)}, "x @ w.T"),
        ("v[n] = x[n,k]·w[k]", {"x": samples(3), "w": parameter(3)}, "x @ w"),
        ("v[n,t,j] = x[n,t,k]·w[j,k]", {"x": samples(4, 3), "w": parameter(2, 3)}, "x @ w.T"),
        ("v[n] = n^-1·x[n]·w[]", {"x": samples(), "w": parameter()}, "x * w / n"),
        ("v[n] = 2·n^-1·x[n]·w[]", {"x": samples(), "w": parameter()}, "2 / n * (x * w)"),
        ("v[n] = 0.5·n^-1·x[n]·w[]", {"x": samples(), "w": parameter()}, "x * w / (2 * n)"),
        ("v[n] = n^1·x[n]·w[]", {"x": samples(), "w": parameter()}, "n * (x * w)"),
    ],
)
def test_products_with_samples(line, arrays, text):
    program = program_of(line, batched=True, **arrays)
    assert f"v = {text}" in body(emit(program).source)
    assert_emitted(program)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("L[] = 0.3333333333333333·n^-1·x[n,i]·w[]", "L = x.sum() * w / (3 * n)"),
        ("L[] = n^-1·y[n]·w[] - n^-1·z[n]·w[]", "L = np.mean(y * w - z * w)"),
        ("L[] = y[n]·w[] - z[n]·w[]", "L = np.sum(y * w - z * w)"),
        ("L[] = n^-1·y[n]·y[n] + 0.5·w[]·w[]", "L = y @ y / n + 0.5 * w**2"),
    ],
)
def test_means_and_sums_over_samples(line, text):
    program = ready(written(line, x=samples(3), y=samples(), z=samples(), w=parameter()))
    assert text in body(emit(program).source)
    assert_emitted(program)


def test_attention_runs_as_products_of_matrices():
    """With heads as a second axis of stacks it is shown as an einsum."""
    program = ready(
        written(
            """
            q[n,t,j,d] = x[n,t,j,d]·w[j,d]
            s[n,t,j,k] = q[n,t,j,d]·x[n,k,j,d]
            L[] = n^-1·s[n,t,j,k]·s[n,t,j,k]
            """,
            x=samples(5, 2, 3),
            w=parameter(2, 3),
        )
    )
    emitted = assert_emitted(program)
    assert 's = np.einsum("nijl,nkjl->nijk", q, x)' in body(emitted.source)
    assert "np.matmul(q" in emitted.running


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (2, 3, 4, 5)])
@pytest.mark.parametrize("how", ["max", "min", "prod", "norm", "logsumexp"])
def test_reductions_along_every_axis(shape, how):
    labels = "ijkl"[: len(shape)]
    for over in labels:
        kept = ",".join(label for label in labels if label != over)
        every = ",".join(labels)
        text = f"""
            h[n,{every}] = x[n,{every}]·w[{every}]
            z[n,{kept}] = {how}_{over} h[n,{every}]
            L[] = n^-1·z[n,{kept}]
            """
        assert_emitted(ready(written(text, x=samples(*shape), w=parameter(*shape))))


@pytest.mark.parametrize("shape", [(4,), (4, 3), (2, 4, 3)])
def test_sums_along_every_axis(shape):
    labels = "ijk"[: len(shape)]
    every = ",".join(labels)
    for over in labels:
        kept = "".join(f",{label}" for label in labels if label != over)
        text = f"""
            h[n,{every}] = tanh(x[n,{every}])
            z[n{kept}] = h[n,{every}]
            g[{kept[1:]}] = w[{kept[1:]}]·h[n,{every}]
            L[] = n^-1·z[n{kept}]·z[n{kept}] + g[{kept[1:]}]
            """
        sizes = [size for label, size in zip(labels, shape, strict=True) if label != over]
        assert_emitted(ready(written(text, x=samples(*shape), w=parameter(*sizes))))
