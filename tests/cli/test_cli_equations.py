"""`autograd-lite equations`: the pages of nets, LaTeX, and errors that name the option."""

import pytest

from autograd_lite import nn
from autograd_lite.cli import command as cli
from autograd_lite.cli import equations as cli_equations
from autograd_lite.cli.train_task import CLASSES, NUMBERS, TWO_CLASSES
from autograd_lite.nn import losses

from ..compiler.mathematics.expected_pages import NOTES, OTHERS, lines_of, text_of


@pytest.fixture(autouse=True)
def _this_command_alone(monkeypatch):
    monkeypatch.setattr(cli, "commands", lambda: {"equations": cli_equations.equations})


@pytest.fixture
def printed(capsys):
    def run(line):
        assert cli.main(["equations", *line.split()]) == 0
        return capsys.readouterr().out

    return run


# --- pages -------------------------------------------------------------------------------------------------


def test_the_first_net_of_the_notes(printed):
    page = printed("--net 3,3,3,2 --hidden sigmoid --loss cross_entropy --reduce sum")
    assert page == text_of(NOTES["A"][1]) + "\n"


def test_one_output_has_a_squared_error(printed):
    assert printed("--net 2,16,16,1") == text_of(OTHERS["one output"][1]) + "\n"


def test_several_outputs_are_classes(printed):
    assert "L = -(1/n) Σ log p_y" in lines_of(printed("--net 2,3"))


def test_a_penalty_is_on_the_weights_alone(printed):
    lines = lines_of(printed("--net 4,3,4 --output relu --loss sse --penalty 0.1"))
    assert "L = (1/n) Σ (h2 - y)² + 0.05 Σ W1² + 0.05 Σ W2²" in lines
    assert "δ2 = (2/n) (h2 - y) ∘ 1[h2 > 0]" in lines
    assert [line for line in lines if "0.1" in line] == ["∇W2 = δ2ᵀ h1 + 0.1 W2", "∇W1 = δ1ᵀ x + 0.1 W1"]


def test_latex(printed):
    rows = printed("--net 3,2 --hidden tanh --latex").splitlines()
    assert (rows[0], rows[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert r"\delta &= \frac{1}{n} (p - y) \quad (y \mathrm{\ as\ one\ hot}) \\" in rows


def test_a_softmax_at_last_and_its_loss_are_a_cross_entropy(printed):
    assert printed("--net 3,4,2 --loss nll") == printed("--net 3,4,2 --loss cross_entropy")


@pytest.mark.parametrize("loss", cli_equations.LOSSES)
@pytest.mark.parametrize("net", ["3,2", "3,4,1"])
def test_every_loss_has_its_page(loss, net, printed):
    if loss in CLASSES and net.endswith(",1"):
        return
    lines = lines_of(printed(f"--net {net} --loss {loss}"))
    weights = {"3,2": ["W", "b"], "3,4,1": ["W2", "b2", "W1", "b1"]}[net]
    assert [line.split(" ")[0] for line in lines if line.startswith(("∇W", "∇b"))] == [
        f"∇{w}" for w in weights
    ]


@pytest.mark.parametrize("activation", [name for name in nn.ACTIVATIONS if name != "linear"])
def test_every_activation_has_its_page(activation, printed):
    lines = lines_of(printed(f"--net 3,4,2 --hidden {activation}"))
    assert "a1 = x W1ᵀ + b1" in lines
    assert "∇W1 = δ1ᵀ x" in lines


def test_every_loss_for_training_can_be_asked_for():
    assert cli_equations.LOSSES.keys() == {**CLASSES, **NUMBERS, **TWO_CLASSES}.keys()
    assert {f.__name__ for f in cli_equations.LOSSES.values()} == {*losses.__all__} - {"l2_penalty"}


# --- typed wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "the following arguments are required: --net"),
        ("--net 3", "--net 3: there are inputs and outputs, so at least two sizes"),
        ("--net 3,x", "--net: '3,x' is not a list of sizes such as 16,16"),
        ("--net 3,2 --loss mze", "--loss: 'mze' is not among"),
        ("--net 3,2 --loss mze", "did you mean mse?"),
        ("--net 3,2 --hidden rel", "--hidden: 'rel' is not among"),
        ("--net 3,2 --output rel", "--output: 'rel' is not among"),
        ("--net 3,2 --reduce max", "--reduce: 'max' is not among mean, sum"),
        ("--net 3,2 --penalty -1", "--penalty: '-1' is not a number of at least 0"),
        ("--net 3,2,1 --loss nll", "--loss nll: it takes an output a class, at least 2, and --net 3,2,1"),
        ("--net 3,2,1 --output softmax", "--net 3,2,1: Layer: outputs must be at least 2 for softmax"),
        ("--net 3,2 --loss nll --output tanh", "--loss nll: nll_loss: probabilities must be"),
        ("--net 3,2 --latx", "there is no argument --latx; did you mean --latex?"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_told_in_a_line(line, told, capsys):
    assert cli.main(["equations", *line.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.count("\n") == 1


def test_help_teaches_and_its_examples_run(capsys):
    assert cli.main(["equations", "--help"]) == 0
    shown = capsys.readouterr().out
    examples = [
        line.split()[1:] for line in shown.splitlines() if line.startswith("  autograd-lite equations --net")
    ]
    assert len(examples) == 3
    for words in examples:
        assert cli.main(words) == 0
        assert capsys.readouterr().out
