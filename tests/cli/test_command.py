"""The command: one line and code 2 for everything typed wrong, help that teaches, room for more."""

import json
import subprocess
import sys

import pytest

import autograd_lite as al
from autograd_lite import data
from autograd_lite.cli import command as cli
from autograd_lite.cli import train as cli_train

from .test_cli_train import FLOWERS, train


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# --- typed wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mons"], "the data sets are moons, circles, spirals, xor, blobs, curve, iris; did you mean moons?"),
        (["nothing.csv"], "no data set and no file 'nothing.csv'"),
        ([], "DATA is missing: moons"),
        (["moons", "--hidden", "16,x"], "--hidden: '16,x' is not a list of sizes such as 16,16"),
        (["moons", "--hidden", "16,0"], "--hidden: '16,0' is not a list of sizes"),
        (["moons", "--hidden", "16,"], "--hidden: '16,' is not a list of sizes"),
        (["moons", "--epochs", "-3"], "--epochs: '-3' is not a whole number of at least 1"),
        (["moons", "--epochs", "many"], "--epochs: 'many' is not a whole number"),
        (["moons", "--epochs"], "--epochs: expected one argument"),
        (["moons", "--lr", "0"], "--lr: '0' is not a number above 0"),
        (["moons", "--lr", "nan"], "--lr: 'nan' is not a number above 0"),
        (["moons", "--lr", "inf"], "--lr: 'inf' is not a number above 0"),
        (["moons", "--noise", "-0.1"], "--noise: '-0.1' is not a number of at least 0"),
        (["moons", "--validation", "1"], "--validation: '1' is not a number of at least 0 and below 1"),
        (["moons", "--batch-size", "0"], "--batch-size: '0' is not a whole number of at least 1"),
        (["moons", "--seed", "-1"], "--seed: '-1' is not a whole number of at least 0"),
        (["moons", "--samples", "1"], "--samples: '1' is not a whole number of at least 4"),
        (
            ["moons", "--optimizer", "adamm"],
            "not among sgd, adagrad, rmsprop, adam, adamw; did you mean adam",
        ),
        (["moons", "--activation", "softmax"], "--activation: 'softmax' is not among linear, relu"),
        (["moons", "--loss", "mse"], "--loss mse does not fit moons, which has 2 classes: bce_with_logits"),
        (["curve", "--loss", "hinge"], "--loss hinge does not fit curve, which has a number to predict: mse"),
        (
            ["iris", "--loss", "bce"],
            "--loss bce does not fit iris, which has 3 classes: cross_entropy, nll do",
        ),
        (["moons", "--momentum", "0.9"], "--momentum is for sgd and rmsprop, not for adam"),
        (["moons", "--classes", "3"], "--classes is for spirals, blobs, not for moons"),
        (["iris", "--noise", "1"], "--noise is for moons"),
        (["moons", "--target", "x"], "--target is for CSV files"),
        (["spirals", "--classes", "30", "--samples", "20"], "n must be a whole number >= 30"),
        (["moons", "--hiden", "3"], "there is no argument --hiden; did you mean --hidden?"),
        (["moons", "more"], "there is no argument more"),
        (["--resume", "nowhere"], "--resume nowhere: there is no run to go on with"),
    ],
)
def test_one_line_and_code_2(tmp_path, capsys, words, told):
    assert train(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.startswith("autograd-lite")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("a,b\n1,2\n3,x\n", [], "line 3, column 'b'"),
        ("a,b\n1,2\n3\n", [], "line 3"),
        ("a,b\n1,2\n,4\n", [], "line 3, column 'a'"),
        ("", [], "it is empty"),
        (FLOWERS, ["--target", "weight"], "'size', 'colour', 'price', got str 'weight'"),
        (FLOWERS, ["--target", "7"], "target must be from -3 to 2"),
        (FLOWERS, ["--delimiter", ";;"], "delimiter must be one character"),
        (
            FLOWERS,
            ["--noise", "1"],
            "--noise is for moons, circles, spirals, xor, blobs, curve, not for a file",
        ),
        ("a,b\n1,x\n2,x\n3,x\n", [], "two classes or more"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, capsys, text, words, told):
    (tmp_path / "it.csv").write_text(text)
    assert train("it.csv", *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"it.csv"}


def test_columns_by_number(tmp_path):
    (tmp_path / "it.csv").write_text(FLOWERS.replace(",", ";"))
    assert train("it.csv", "--delimiter", ";", "--target", "0", "--epochs", 1, "--quiet", "--out", "o") == 0
    settings = json.loads((tmp_path / "o" / "settings.json").read_text())
    assert "price" in settings["features"]
    assert "size" not in settings["features"]


# --- the command as a whole ----------------------------------------------------------------------------


def test_alone_it_shows_its_help(capsys):
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in cli.commands())


def test_help_teaches(capsys):
    assert train("--help") == 0
    out = " ".join(capsys.readouterr().out.split())
    for names in (data.DATASETS, cli_train.OPTIMIZERS, cli_train.SCHEDULES, cli_train.ACTIVATIONS):
        assert ", ".join(names) in out
    for option in cli_train.DEFAULTS:
        assert option == "data" or f"--{option.replace('_', '-')} " in out
    assert "examples:" in out
    assert "(16,16)" in out


def test_the_examples_in_the_help_parse(monkeypatch):
    seen = []
    monkeypatch.setattr(cli_train, "_run", lambda parser, args: seen.append(args) or 0)
    examples = [
        line.split()[1:] for line in cli_train.EXAMPLES.splitlines() if line.startswith("  autograd-lite")
    ]
    assert len(examples) >= 5
    for words in examples:
        assert cli.main(words) == 0
    assert len(seen) == len(examples)


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"autograd_lite {al.__version__}, {al.engine_kind} engine\n"


def test_an_unknown_command(capsys):
    assert cli.main(["trian"]) == 2
    err = capsys.readouterr().err
    assert "invalid choice: 'trian'" in err
    assert err.count("\n") == 1


def test_a_sub_command_is_one_function(monkeypatch, capsys):
    def greet(parser):
        """Say hello."""
        parser.add_argument("name")
        return lambda args: print(f"hello {args.name}") or 0

    monkeypatch.setattr(cli, "commands", lambda: {"greet": greet})
    assert cli.main(["greet", "you"]) == 0
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    assert "hello you" in out
    assert "Say hello." in out


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (al.GraphError("a\nb"), 2, "autograd-lite: a b\n"),
        (PermissionError(13, "Permission denied", "x"), 2, "autograd-lite: x: Permission denied\n"),
        (KeyboardInterrupt(), 130, "autograd-lite: interrupted\n"),
    ],
)
def test_whatever_goes_wrong_is_one_line(monkeypatch, capsys, error, code, told):
    def fail(parser):
        def run(args):
            raise error

        return run

    monkeypatch.setattr(cli, "commands", lambda: {"fail": fail})
    assert cli.main(["fail"]) == code
    assert capsys.readouterr().err == told


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "autograd_lite", "train", "mons"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
