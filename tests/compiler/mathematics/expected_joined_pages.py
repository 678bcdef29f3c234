"""What the equations are to look like where inputs are joined to what is computed: parts of matrices."""

from . import known_programs as pages

JOINED = {
    "a recurrent net over [x, h]": (pages.joined_recurrent, """
        # layer 1
        h1 = 0
        for t in range(5):
            a1[t] = x[t] W[:,:2]ᵀ + h1[t] W[:,2:]ᵀ + b
            h1[t+1] = tanh(a1[t])

        # layer 2
        a2[t] = h1[t+1] Vᵀ + c

        # loss
        p = softmax(a2)
        L = -(1/n) Σ log p_y

        # backward, layer 2
        δ2 = (p - y) / n    (y as one-hot)
        ∇V = Σₜ δ2[t]ᵀ h1[t+1]
        ∇c = Σₙᵢ δ2

        # backward, layer 1
        δ1 = 0
        for t in reversed(range(5)):
            δ1[t] = (δ1[t+1] W[:,2:] + δ2[t] V) ∘ tanh'(a1[t])
        ∇W[:,:2] = Σₜ δ1[t]ᵀ x[t]
        ∇W[:,2:] = Σₜ δ1[t+1]ᵀ h1[t+1]
        ∇b = Σₙₜ δ1[t]
        """),
    "a recurrent net over another": (pages.stacked_recurrent, """
        # layer 1
        h1 = 0
        h2 = 0
        for t in range(5):
            a1[t] = x[t] W1[:,0]ᵀ + h1[t] W1[:,1:]ᵀ + b1
            h1[t+1] = ReLU(a1[t])
            a2[t] = h2[t] W2[:,3:]ᵀ + h1[t+1] W2[:,:3]ᵀ + b2
            h2[t+1] = tanh(a2[t])

        # layer 3
        a3[t] = h2[t+1] W3ᵀ + b3

        # loss
        p = softmax(a3)
        L = -(1/n) Σ log p_y

        # backward, layer 3
        δ3 = (p - y) / n    (y as one-hot)
        ∇W3 = Σₜ δ3[t]ᵀ h2[t+1]
        ∇b3 = Σₙᵢ δ3

        # backward, layer 2
        δ2 = 0
        δ1 = 0
        for t in reversed(range(5)):
            δ2[t] = (δ2[t+1] W2[:,3:] + δ3[t] W3) ∘ tanh'(a2[t])
            δ1[t] = (δ1[t+1] W1[:,1:] + δ2[t] W2[:,:3]) ∘ 1[h1[t+1] > 0]
        ∇W2[:,3:] = Σₜ δ2[t+1]ᵀ h2[t+1]
        ∇W2[:,:3] = Σₜ δ2[t]ᵀ h1[t+1]
        ∇b2 = Σₙₜ δ2[t]

        # backward, layer 1
        ∇W1[:,0] = Σₜ δ1[t]ᵀ x[t]
        ∇W1[:,1:] = Σₜ δ1[t+1]ᵀ h1[t+1]
        ∇b1 = Σₙₜ δ1[t]
        """),
    "a net that skips layers": (pages.skipping, """
        # layer 1
        a1 = x W1ᵀ + b1
        h1 = tanh(a1)

        # layer 2
        a2 = x W2[:,:3]ᵀ + h1 W2[:,3:]ᵀ + b2
        h2 = ReLU(a2)

        # layer 3
        a3 = x W3[:,:3]ᵀ + h1 W3[:,3:8]ᵀ + h2 W3[:,8:]ᵀ + b3

        # loss
        p = softmax(a3)
        L = -(1/n) Σ log p_y

        # backward, layer 3
        δ3 = (p - y) / n    (y as one-hot)
        ∇W3[:,:3] = δ3ᵀ x
        ∇W3[:,3:8] = δ3ᵀ h1
        ∇W3[:,8:] = δ3ᵀ h2
        ∇b3 = Σₙ δ3

        # backward, layer 2
        δ2 = (δ3 W3[:,8:]) ∘ 1[h2 > 0]
        ∇W2[:,:3] = δ2ᵀ x
        ∇W2[:,3:] = δ2ᵀ h1
        ∇b2 = Σₙ δ2

        # backward, layer 1
        δ1 = (δ3 W3[:,3:8] + δ2 W2[:,3:]) ∘ tanh'(a1)
        ∇W1 = δ1ᵀ x
        ∇b1 = Σₙ δ1
        """),
}  # fmt: skip
