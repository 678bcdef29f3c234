"""What the equations of known programs are to look like, to the letter: as a person would have written."""

import inspect

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.names import name
from autograd_lite.compiler.equations.simplify import simplify
from autograd_lite.compiler.equations.softmax import record_softmax
from autograd_lite.compiler.mathematics import page as printed

from . import known_programs as pages
from .expected_joined_pages import JOINED

NOTES = {
    "A": (pages.three_sigmoid_layers, """
        # layer 1
        a1 = x W1ᵀ + b1
        h1 = σ(a1)

        # layer 2
        a2 = h1 W2ᵀ + b2
        h2 = σ(a2)

        # layer 3
        a3 = h2 W3ᵀ + b3

        # loss
        p = softmax(a3)
        L = -Σ log p_y

        # backward, layer 3
        δ3 = p - y    (y as one-hot)
        ∇W3 = δ3ᵀ h2
        ∇b3 = Σₙ δ3

        # backward, layer 2
        δ2 = (δ3 W3) ∘ σ'(a2)
        ∇W2 = δ2ᵀ h1
        ∇b2 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ2 W2) ∘ σ'(a1)
        ∇W1 = δ1ᵀ x
        ∇b1 = Σₙ δ1
        """),
    "B": (pages.shallow_with_decay, """
        # layer 1
        a1 = x W1ᵀ + b1
        z1 = tanh(a1)

        # layer 2
        f = z1 W2ᵀ + b2

        # loss
        L = (1/(2n)) Σ (f - Y)² + 0.05 Σ W1² + 0.05 Σ W2²

        # backward, layer 2
        δ2 = (f - Y) / n
        ∇W2 = δ2ᵀ z1 + 0.1 W2
        ∇b2 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ2 W2) ∘ tanh'(a1)
        ∇W1 = δ1ᵀ x + 0.1 W1
        ∇b1 = Σₙ δ1
        """),
    "C": (pages.vanilla, """
        # layer 1
        a = x αᵀ + α0
        z = σ(a)

        # layer 2
        f = z βᵀ + β0

        # loss
        L = Σ (f - y)²

        # backward, layer 2
        δ2 = 2 (f - y)
        ∇β = δ2ᵀ z
        ∇β0 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ2 β) ∘ σ'(a)
        ∇α = δ1ᵀ x
        ∇α0 = Σₙ δ1
        """),
    "D": (pages.two_relu_layers, """
        # layer 1
        a1 = X W1ᵀ + b1
        h1 = ReLU(a1)

        # layer 2
        a2 = h1 W2ᵀ + b2
        h2 = ReLU(a2)

        # layer 3
        f = h2 W3ᵀ + b3

        # loss
        p = softmax(f)
        L = -(1/n) Σ log p_y

        # backward, layer 3
        δ3 = (p - y) / n    (y as one-hot)
        ∇W3 = δ3ᵀ h2
        ∇b3 = Σₙ δ3

        # backward, layer 2
        δ2 = (δ3 W3) ∘ 1[h2 > 0]
        ∇W2 = δ2ᵀ h1
        ∇b2 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ2 W2) ∘ 1[h1 > 0]
        ∇W1 = δ1ᵀ X
        ∇b1 = Σₙ δ1
        """),
    "E": (pages.relu_autoencoder, """
        # layer 1
        a1 = x W1ᵀ + b1
        h = ReLU(a1)

        # layer 2
        a2 = h W2ᵀ + b2
        x̂ = ReLU(a2)

        # loss
        L = (1/n) Σ (x̂ - x)²

        # backward, layer 2
        δ2 = (2/n) (x̂ - x) ∘ 1[x̂ > 0]
        ∇W2 = δ2ᵀ h
        ∇b2 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ2 W2) ∘ 1[h > 0]
        ∇W1 = δ1ᵀ x
        ∇b1 = Σₙ δ1
        """),
}  # fmt: skip

OTHERS = {
    "one output": (pages.one_output, """
        # layer 1
        a1 = x W1ᵀ + b1
        h1 = ReLU(a1)

        # layer 2
        a2 = h1 W2ᵀ + b2
        h2 = ReLU(a2)

        # layer 3
        a3 = h2 W3ᵀ + b3

        # loss
        L = (1/n) Σ (a3 - y)²

        # backward, layer 3
        δ3 = (2/n) (a3 - y)
        ∇W3 = δ3ᵀ h2
        ∇b3 = Σₙ δ3

        # backward, layer 2
        δ2 = (δ3 W3) ∘ 1[h2 > 0]
        ∇W2 = δ2ᵀ h1
        ∇b2 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ2 W2) ∘ 1[h1 > 0]
        ∇W1 = δ1ᵀ x
        ∇b1 = Σₙ δ1
        """),
    "logistic": (pages.logistic, """
        # layer
        a = x Wᵀ + b

        # loss
        L = (1/n) Σ bce_with_logits(a, y)

        # backward, layer
        δ = (σ(a) - y) / n
        ∇W = δᵀ x
        ∇b = Σₙ δ
        """),
    "attention": (pages.attention, """
        # layer q
        q = x Wqᵀ

        # layer k
        k = x Wkᵀ
        s = (1/√3) q kᵀ
        p = softmax(s)

        # layer v
        v = x Wvᵀ

        # loss
        e = p v - y
        L = (1/n) Σ e²

        # backward
        ∇e = (2/n) e

        # backward, layer v
        ∇v = pᵀ ∇e
        ∇Wv = Σₙ ∇vᵀ x
        ∇p = ∇e vᵀ
        ∇s[n,i,j] = p[n,i,j] (∇p[n,i,j] - Σₗ ∇p[n,i,l] p[n,i,l])

        # backward, layer k
        ∇k = (1/√3) ∇sᵀ q
        ∇Wk = Σₙ ∇kᵀ x

        # backward, layer q
        ∇q = (1/√3) ∇s k
        ∇Wq = Σₙ ∇qᵀ x
        """),
    "embedding": (pages.embedding, """
        # layer
        x = E[t]
        a = x Wᵀ

        # loss
        p = softmax(a)
        L = -(1/n) Σ log p_y

        # backward, layer
        δ = (p - y) / n    (y as one-hot)
        ∇W = δᵀ x
        ∇E = tᵀ δ W    (t as one-hot)
        """),
    "convolution": (pages.convolution, """
        # layer
        a[n,i] = Σₖ x[n,i+k] w[k] + b
        h = ReLU(a)

        # loss
        e = Σᵢ h - y
        L = (1/n) Σ e²

        # backward, layer
        δ[n,i] = (2/n) e[n] 1[h[n,i] > 0]
        ∇w[i] = Σₙₖ δ[n,k] x[n,k+i]
        ∇b = Σ δ
        """),
    "pooling": (pages.pooling, """
        # layer
        a = x Wᵀ

        # loss
        m[n,i] = maxₖ a[n,2i+k]
        L = (1/n) Σ (m - y)²

        # backward
        m_ties[n,i] = Σₖ 1[a[n,2i+k] ≥ m[n,i]]

        # backward, layer
        δ[n,2i+j] = (2/n) (m[n,i] - y[n,i]) 1[a[n,2i+j] ≥ m[n,i]] / m_ties[n,i]
        ∇W = δᵀ x
        """),
    "a flat list": (pages.flat_list, """
        # layer 1
        a1[n,i] = Σₖ x[n,k] θ[4i+k] + θ[4i+3]
        h1 = tanh(a1)

        # layer 2
        a2[n] = Σₖ h1[n,k] θ[k+16] + θ[20]

        # loss
        L = (1/n) Σ (a2 - y)²

        # backward, layer 2
        δ2 = (2/n) (a2 - y)

        # backward, layer 1
        δ1[n,i] = δ2[n] tanh'(a1[n,i]) θ[i+16]
        ∇θ[i+16] = Σₙ δ2[n] h1[n,i]
        ∇θ[20] = Σₙ δ2[n]
        ∇θ[4i+j] = Σₙ δ1[n,i] x[n,j]
        ∇θ[4i+3] = Σₙ δ1[n,i]
        """),
    "a whole batch": (pages.whole_batch, """
        # layer 1
        a1 = X W1ᵀ + b1
        h1 = ReLU(a1)

        # layer 2
        a2 = h1 W2ᵀ + b2

        # loss
        p = softmax(a2)
        L = -(1/7) Σ log p_y

        # backward, layer 2
        δ2 = (1/7) (p - y)    (y as one-hot)
        ∇W2 = δ2ᵀ h1
        ∇b2 = Σᵢ δ2

        # backward, layer 1
        δ1 = (δ2 W2) ∘ 1[h1 > 0]
        ∇W1 = δ1ᵀ X
        ∇b1 = Σᵢ δ1
        """),
    "one sample": (pages.one_sample, """
        # layer 1
        a1 = W1 X + b1
        h1 = ReLU(a1)

        # layer 2
        a2 = W2 h1 + b2

        # loss
        p = softmax(a2)
        L = -log p[1]

        # backward, layer 2
        δ2 = p - e(1)
        ∇W2 = δ2 h1ᵀ
        ∇b2 = δ2

        # backward, layer 1
        δ1 = (W2ᵀ δ2) ∘ 1[h1 > 0]
        ∇W1 = δ1 Xᵀ
        ∇b1 = δ1
        """),
}  # fmt: skip


def text_of(page):
    return inspect.cleandoc(page)


def lines_of(page):
    """The lines of a page without comments."""
    return [line.strip() for line in page.splitlines() if line.strip() and not line.lstrip().startswith("#")]


EVERY = {
    **{key: build for key, (build, _) in (NOTES | OTHERS | JOINED).items()},
    "one unit a layer": pages.one_unit_a_layer,  # and those that are held to no text
    "probabilities at last": pages.probabilities_at_last,
    "batch norm": pages.batch_norm,
    "recurrent": pages.recurrent,
    "long memory": pages.long_memory,
    "long memory over [x, h]": pages.joined_memory,
    "running mean": pages.drifting,
    "weights used again": pages.used_again,
}


def page_of(program, style="text"):
    """The page of equations that no compiler has made."""
    name(record_softmax(simplify(differentiate(program))))
    return printed.equations(program, style)
