"""`autograd-lite draw` and `explore`: files, the numbers as text, and errors that point at the character."""

import json
import math
import re
import shlex
import shutil

import pytest

from autograd_lite.cli import command as cli
from autograd_lite.cli import draw as cli_draw
from autograd_lite.notation.expression import evaluate

NEURON = "a = w1*x1 + w2*x2 + b; tanh(a)"
NUMBERS = {"w1": -3.0, "w2": 1.0, "x1": 2.0, "x2": 0.0, "b": 6.9}
SET = ["--set", "w1=-3,w2=1", "--set", " x1 = 2 ,x2=0,b=6.9"]
BEGINNINGS = {".svg": b"<", ".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF-", ".dot": b"digraph"}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "commands", lambda: {"draw": cli_draw.draw, "explore": cli_draw.explore})


def table(out):
    """The printed numbers by name."""
    return {name: tuple(map(float, rest.split())) for name, rest in re.findall(r"^(\w+) +(\S.*)$", out, re.M)}


# --- files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "default"), [("draw", "expression.svg"), ("explore", "expression.html")])
def test_without_a_file_there_is_a_default(command, default, tmp_path, capsys):
    assert cli.main([command, NEURON, *SET]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {default}
    assert capsys.readouterr().out.splitlines()[-1].endswith(f": {default}")


@pytest.mark.parametrize("suffix", [".svg", ".dot"])
def test_the_picture_names_every_leaf_and_shows_the_gradients(suffix, tmp_path):
    assert cli.main(["draw", NEURON, *SET, "-o", f"it{suffix}"]) == 0
    content = (tmp_path / f"it{suffix}").read_bytes()
    assert content.startswith(BEGINNINGS[suffix])
    text = content.decode("utf-8")
    assert all(re.search(rf"\b{name}\b", text) for name in (*NUMBERS, "a", "tanh"))
    assert f"{2 * (1 - math.tanh(0.9) ** 2):.4f}" in text
    assert "–" not in text


def test_without_backward_there_are_no_gradients(tmp_path, capsys):
    assert cli.main(["draw", NEURON, *SET, "--no-backward"]) == 0
    out = capsys.readouterr().out
    assert "gradient" not in out
    assert table(out)["w1"] == (-3.0,)
    text = (tmp_path / "expression.svg").read_text(encoding="utf-8")
    assert "–" in text
    assert f"{2 * (1 - math.tanh(0.9) ** 2):.4f}" not in text


def test_by_says_what_becomes_one_node(tmp_path):
    assert cli.main(["draw", "a + b + c + d", "--set", "a=1,b=2,c=3,d=4", "-o", "one.dot"]) == 0
    assert (
        cli.main(["draw", "a + b + c + d", "--set", "a=1,b=2,c=3,d=4", "-o", "two.dot", "--by", "sum"]) == 0
    )
    one, two = ((tmp_path / name).read_text(encoding="utf-8") for name in ("one.dot", "two.dot"))
    assert one.count("->") > two.count("->") >= 4


def test_the_page_holds_the_names_and_numbers(tmp_path, capsys):
    assert cli.main(["explore", NEURON, *SET, "--out", "it.HTML"]) == 0
    page = (tmp_path / "it.HTML").read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1]
    assert all(json.dumps(name) in data for name in (*NUMBERS, "a"))
    assert capsys.readouterr().out.splitlines()[-1] == "page: it.HTML"


# --- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["draw", "explore"])
def test_prints_value_and_gradients(command, capsys):
    assert cli.main([command, NEURON, *SET]) == 0
    found = table(capsys.readouterr().out)
    y = evaluate(NEURON, NUMBERS)
    y.backward()
    true = {node.label: (node.data, node.grad) for node in cli_draw.order(y) if node.label}
    true["result"] = (y.data, 1.0)
    assert found.keys() == true.keys()
    for name, numbers in true.items():
        assert found[name] == pytest.approx(numbers, rel=1e-5), name


@pytest.mark.parametrize("command", ["draw", "explore"])
def test_no_names_need_no_numbers(command, capsys):
    assert cli.main([command, "x = 3; y = x**2"]) == 0
    assert table(capsys.readouterr().out) == {"x": (3.0, 6.0), "y": (9.0, 1.0)}


def test_the_same_line_writes_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        assert cli.main(["draw", NEURON, *SET, "-o", f"{name}.svg"]) == 0
        assert cli.main(["explore", NEURON, *SET, "-o", f"{name}.html"]) == 0
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed: no `dot` on the PATH")
@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_pixels_and_paper(suffix, tmp_path):
    assert cli.main(["draw", NEURON, *SET, "-o", f"it{suffix}"]) == 0
    assert (tmp_path / f"it{suffix}").read_bytes().startswith(BEGINNINGS[suffix])


# --- typed wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["draw", "explore"])
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["tanh(w*x", "--set", "w=1"], ["this bracket is never closed", "  tanh(w*x", "      ^"]),
        (["w x"], ["an operator is missing before 'x'", "  w x", "    ^"]),
        (
            ["w*x + b", "--set", "x=1"],
            ["no number is given for w, b", "  w*x + b", "  ^", "  --set NAME=NUMBER gives it"],
        ),
        (["open('it')"], ['"\'" means nothing here', "  open('it')", "       ^"]),
    ],
)
def test_an_error_in_the_expression_points_at_the_character(command, words, lines, tmp_path, capsys):
    assert cli.main([command, *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"autograd-lite {command}: {lines[0]}", *lines[1:]]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["draw", "explore"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], 'EXPRESSION is missing, such as "tanh(w*x + b)"'),
        (["x", "--set", "x"], "'x' is not of the form name=number"),
        (["x", "--set", "=1"], "'=1' is not of the form name=number"),
        (["x", "--set", "x=1,"], "'' is not of the form name=number"),
        (["x", "--set", "x=one"], "'x=one': 'one' is not a number"),
        (["x", "--set", "x²=1"], "'x²=1' is not of the form name=number"),
        (["x", "--set", "x=1", "--set", "x=2"], "--set x: the number is given twice, 1 and 2"),
        (["x₁", "--set", "x1=1,x₁=1"], "--set x1: the number is given twice, 1 and 1"),
        (["x", "--set", "w1=1", "--set", "x=1"], "--set w1: the expression does not ask for w1"),
        (["weight", "--set", "wieght=1"], "the expression does not ask for wieght; did you mean weight?"),
        (["x", "-o", "x.txt"], "'x.txt' does not end in ."),
        (["x", "-o", "nowhere/x.{suffix}"], "is in no folder that exists"),
        (["x", "--by", "nodes"], "--by: 'nodes' is not among op, sum, neuron, layer"),
        (["x", "--sett", "x=1"], "there is no argument --sett; did you mean --set?"),
        (["-x**2", "-y**2", "--set", "x=1"], "there is no argument -y**2"),
        (["x", "-y**2", "--set", "x=1"], "there is no argument -y**2"),
        (["--x", "--set", "x=1"], "there is no argument --x"),
        (["1+" * 60_000], "of at most 100,000 characters"),
    ],
)
def test_one_line_and_code_2(command, words, told, tmp_path, capsys):
    suffix = "svg" if command == "draw" else "html"
    assert cli.main([command, *(word.replace("{suffix}", suffix) for word in words)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.startswith(f"autograd-lite {command}: ")
    assert len(err) < 1000
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["draw", "explore"])
@pytest.mark.parametrize("by", [[], ["--by", "sum"], ["--by", "layer"]])
def test_too_large_a_graph_is_refused_in_a_line(command, by, tmp_path, capsys):
    """With advice for a command line, and none about Python."""
    assert cli.main([command, "x" + "*x" * 3000, "--set", "x=1", *by]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "the graph has 3,001 nodes, more than the 2,000 that are shown: write a shorter expression" in err
    assert ("--by layer" in err) == (command == "draw" and by[1:] != ["layer"])
    assert "limit=" not in err
    assert "al." not in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["draw", "explore"])
def test_help_teaches(command, capsys):
    assert cli.main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f'autograd-lite {command} "tanh(w1*x1 + w2*x2 + b)" --set' in out
    assert '"(-h**2)"' in out


@pytest.mark.parametrize("command", ["draw", "explore"])
@pytest.mark.parametrize(
    "words", [["-x**2", "--set", "x=3"], ["--set", "x=3", "-x²"], ["(-x₁**2)", "--set", "x₁=3"]]
)
def test_an_expression_may_begin_with_a_minus(command, words, capsys):
    assert cli.main([command, *words]) == 0
    assert table(capsys.readouterr().out)["result"] == (-9.0, 1.0)


@pytest.mark.parametrize(
    "words", [["x", "--x" + "*x" * 10_000], ["x", "--by", "x" * 20_000], ["x", "-o", "x" * 20_000]]
)
def test_a_long_word_is_not_told_in_full(words, capsys):
    assert cli.main(["draw", *words]) == 2
    assert len(capsys.readouterr().err) < 1000


@pytest.mark.parametrize("command", ["draw", "explore"])
def test_the_examples_of_the_help_run(command, capsys):
    assert cli.main([command, "--help"]) == 0
    examples = re.findall(rf"^  autograd-lite {command} (.*)$", capsys.readouterr().out, re.M)
    assert len(examples) == 3
    for example in examples:
        assert cli.main([command, *shlex.split(example)]) == 0
