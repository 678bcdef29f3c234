"""The sub-command train: what it learns, writes and prints, how it goes on, and how it ends."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import data
from autograd_lite.cli import command as cli
from autograd_lite.cli import train as cli_train
from autograd_lite.cli import train_task as cli_tasks
from autograd_lite.nn import from_config as files

SMALL = ("--samples", "20", "--hidden", "4", "--epochs", "2")
FILES = {"settings.json", "checkpoint.npz", "history.csv", "net.npz"}
FLOWERS = "size,colour,price\n" + "".join(
    f"{i},{'red' if i % 2 else 'blue'},{1000 * i + 500 * (i % 2)}\n" for i in range(1, 21)
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plain(monkeypatch):
    """No matplotlib: faster, and everything but the pictures is there."""
    for name in ["matplotlib", *(name for name in sys.modules if name.startswith("matplotlib."))]:
        monkeypatch.setitem(sys.modules, name, None)


def train(*words):
    return cli.main(["train", *map(str, words)])


def history_of(folder):
    with open(folder / "history.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- what it writes --------------------------------------------------------------------------------


def test_train_writes_weights_history_and_pictures(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert train("moons", *SMALL) == 0
    folder = tmp_path / "runs" / "moons"
    assert {path.name for path in folder.iterdir()} == FILES | {"loss.png", "boundary.png", "net.png"}
    assert all(path.stat().st_size > 100 for path in folder.iterdir())
    assert [row["epoch"] for row in history_of(folder)] == ["1", "2"]
    assert set(history_of(folder)[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    net = files.load(folder / "net.npz")
    assert len(net.parameters()) == 2 * 4 + 4 + 4 + 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "moons: 2 features, 2 classes; 16 samples to train, 4 to validate" in out
    assert f"17 parameters, {al.engine_kind} engine" in out
    assert "lr 0.01, loss bce_with_logits, 2 epochs, 16 samples a step, seed 0" in out
    assert "boundary.png, checkpoint.npz, history.csv" in out


def test_moons_are_learned_by_default(plain, tmp_path, capsys):
    assert train("moons", "--out", "m") == 0
    X, y = data.moons(500, noise=0.1, seed=77)
    net = files.load(tmp_path / "m" / "net.npz")
    assert al.evaluate(net, X, y, loss="bce_with_logits", metrics=["accuracy"])["accuracy"] >= 0.99
    assert "accuracy 100.0%" in capsys.readouterr().out


def test_the_same_command_gives_the_same_bits(plain, tmp_path):
    for out in ("a", "b"):
        assert train("moons", *SMALL, "--out", out, "--quiet") == 0
    assert (tmp_path / "a" / "net.npz").read_bytes() == (tmp_path / "b" / "net.npz").read_bytes()
    assert train("moons", *SMALL, "--out", "c", "--quiet", "--seed", 1) == 0
    assert (tmp_path / "a" / "net.npz").read_bytes() != (tmp_path / "c" / "net.npz").read_bytes()


@pytest.mark.parametrize("name", data.DATASETS)
def test_every_data_set_trains(plain, tmp_path, name):
    samples = ["--samples", "20"] if name in cli_tasks.MADE else []
    assert train(name, *samples, "--hidden", "3", "--epochs", "1", "--quiet") == 0
    assert {path.name for path in (tmp_path / "runs" / name).iterdir()} == FILES


@pytest.mark.parametrize("loss", [*cli_tasks.TWO_CLASSES, *cli_tasks.CLASSES])
def test_every_loss_for_classes_learns(plain, tmp_path, loss):
    assert (
        train("blobs", "--classes", 2, "--loss", loss, "--epochs", 20, "--hidden", 4, "--quiet", "--out", "o")
        == 0
    )
    assert float(history_of(tmp_path / "o")[-1]["val_accuracy"]) == 1.0


@pytest.mark.parametrize("loss", cli_tasks.NUMBERS)
def test_every_loss_for_numbers_learns(plain, tmp_path, loss):
    assert (
        train(
            "curve", "--loss", loss, "--samples", 60, "--hidden", 8, "--epochs", 30, "--quiet", "--out", "o"
        )
        == 0
    )
    assert float(history_of(tmp_path / "o")[-1]["r2"]) > 0.5


@pytest.mark.parametrize("optimizer", cli_train.OPTIMIZERS)
@pytest.mark.parametrize("schedule", cli_train.SCHEDULES)
def test_optimizers_and_schedules(plain, tmp_path, optimizer, schedule):
    assert (
        train("blobs", *SMALL, "--optimizer", optimizer, "--schedule", schedule, "--quiet", "--out", "o") == 0
    )
    assert len(history_of(tmp_path / "o")) == 2


def test_the_other_options(plain, tmp_path):
    words = ["--penalty", 0.1, "--clip", 1, "--batch-size", "all", "--optimizer", "sgd", "--momentum", 0.9]
    words += ["--validation", 0, "--noise", 0.3, "--init", "xavier", "--activation", "tanh", "--hidden", 0]
    assert train("moons", *words, "--samples", 20, "--epochs", 2, "--quiet", "--out", "o") == 0
    assert set(history_of(tmp_path / "o")[0]) == {"epoch", "loss", "accuracy"}
    assert len(files.load(tmp_path / "o" / "net.npz").parameters()) == 3


def test_early_stopping(plain, tmp_path, capsys):
    assert train("xor", "--samples", 20, "--lr", 5, "--early-stopping", 3, "--epochs", 500, "--out", "o") == 0
    assert len(history_of(tmp_path / "o")) < 500
    assert "has not improved for 3 epochs" in capsys.readouterr().out


def test_a_net_of_a_file_takes_and_gives_the_numbers_of_the_file(plain, tmp_path):
    (tmp_path / "flowers.csv").write_text(FLOWERS)
    words = [
        "--target",
        "price",
        "--hidden",
        8,
        "--activation",
        "tanh",
        "--epochs",
        150,
        "--out",
        "o",
        "--quiet",
    ]
    assert train("flowers.csv", *words, "--validation", 0, "--lr", 0.03) == 0
    net = files.load(tmp_path / "o" / "net.npz")
    blue, red = [1.0, 0.0], [0.0, 1.0]
    assert net([10.0, *blue]).data == pytest.approx(10_000, rel=0.05)
    assert net([11.0, *red]).data == pytest.approx(11_500, rel=0.05)
    settings = json.loads((tmp_path / "o" / "settings.json").read_text())
    assert settings["features"][0] == "size"
    assert len(settings["features"]) == 3


def test_pictures_by_kind_of_data(tmp_path):
    pytest.importorskip("matplotlib")
    assert train("curve", *SMALL, "--quiet", "--out", "c") == 0
    assert {path.name for path in (tmp_path / "c").glob("*.png")} == {"loss.png", "net.png", "curve.png"}
    assert train("iris", "--epochs", 1, "--quiet", "--out", "i") == 0
    assert {path.name for path in (tmp_path / "i").glob("*.png")} == {"loss.png", "net.png"}


def test_without_matplotlib_one_line_says_what_is_left_out(plain, tmp_path, capsys):
    assert train("moons", *SMALL) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "matplotlib" in line]
    assert "loss.png, net.png, boundary.png" in line
    assert 'pip install "autograd_lite[plot]"' in line
    assert {path.name for path in (tmp_path / "runs" / "moons").iterdir()} == FILES


def test_quiet_prints_nothing(plain, capsys):
    assert train("moons", *SMALL, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


# --- the folder --------------------------------------------------------------------------------------


def test_the_default_folder_is_always_a_free_one(plain, tmp_path):
    for _ in range(3):
        assert train("moons", *SMALL, "--quiet") == 0
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"moons", "moons-2", "moons-3"}


def test_a_folder_with_files_is_left_alone_unless_forced(plain, tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    (folder / "curve.png").write_text("of an earlier run")
    assert train("moons", *SMALL, "--out", "mine") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "autograd-lite: --out mine holds files already: name another folder, or add --force\n"
    assert {path.name for path in folder.iterdir()} == {"thesis.txt", "curve.png"}
    assert train("moons", *SMALL, "--out", "mine", "--force", "--quiet") == 0
    assert {path.name for path in folder.iterdir()} == FILES | {"thesis.txt"}


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for out in ("file", "file/below"):
        assert train("moons", *SMALL, "--out", out) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "cannot be written" in err


# --- going on ----------------------------------------------------------------------------------------


def test_a_resumed_run_ends_like_one_that_never_stopped(plain, tmp_path):
    words = ["moons", "--samples", 40, "--hidden", "5,3", "--noise", 0.2, "--seed", 3, "--quiet"]
    assert train(*words, "--epochs", 6, "--out", "whole") == 0
    assert train(*words, "--epochs", 3, "--out", "halves") == 0
    assert train("--resume", "halves", "--epochs", 6, "--quiet") == 0
    for name in ("net.npz", "history.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "halves" / name).read_bytes()


def test_a_run_with_a_file_is_resumed_from_elsewhere(plain, tmp_path, monkeypatch):
    (tmp_path / "flowers.csv").write_text(FLOWERS)
    assert train("flowers.csv", "--epochs", 2, "--quiet", "--out", "o") == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert train("--resume", tmp_path / "o", "--epochs", 3, "--quiet") == 0
    assert len(history_of(tmp_path / "o")) == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--epochs", 2], "the run has had 2 epochs: --epochs must be more"),
        (["--lr", 3], "leave out --lr"),
        (["--hidden", 7, "--seed", 4], "leave out --hidden, --seed"),
        (["spirals"], "leave out DATA"),
        (["--out", "p"], "leave out --out"),
    ],
)
def test_what_cannot_be_changed_on_the_way(plain, tmp_path, capsys, words, told):
    assert train("moons", *SMALL, "--quiet", "--out", "o") == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "o").iterdir() if path.suffix == ".npz"}
    assert train("--resume", "o", *words) == 2
    assert told in capsys.readouterr().err
    assert all((tmp_path / "o" / name).read_bytes() == kept for name, kept in before.items())


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"settings": 3}', '{"settings": {"lr": "x", "data": "moons"}}']
)
def test_settings_that_train_did_not_write(tmp_path, capsys, text):
    (tmp_path / "settings.json").write_text(text)
    assert train("--resume", ".") == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "settings.json is not what train wrote" in err or "--lr: 'x' is not a number" in err


# --- how it ends otherwise ---------------------------------------------------------------------------


def test_a_loss_that_diverges_ends_with_the_last_finite_state(plain, tmp_path, capsys):
    assert train("curve", "--optimizer", "sgd", "--lr", 50, "--out", "o") == 1
    err = capsys.readouterr().err
    assert err.startswith("autograd-lite: the loss was ")
    assert err.endswith("the last finite state is kept; a smaller --lr may help\n")
    assert all(
        np.isfinite(array).all() for array in files.load(tmp_path / "o" / "net.npz").state_dict().values()
    )


def test_a_loss_that_diverges_at_once_leaves_nothing(plain, tmp_path, capsys):
    assert train("moons", "--optimizer", "sgd", "--lr", 1e300, "--quiet") == 1
    assert "nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "runs" / "moons").exists()


def started(*words, **options):
    command = [sys.executable, "-m", "autograd_lite", "train", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)


def wait_for(path, run):
    until = time.monotonic() + 60
    while not path.exists() and run.poll() is None and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is for POSIX")
def test_control_c_keeps_the_best_state_and_writes_it(tmp_path):
    words = ["moons", "--samples", "20", "--hidden", "4", "--epochs", "1000000", "--out", "o"]
    run = started(*words, stdout=subprocess.PIPE, text=True)
    wait_for(tmp_path / "o" / "checkpoint.npz", run)
    time.sleep(0.3)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "\r" not in out
    assert "the best state so far is kept" in out
    assert err.count("\n") == 1
    assert "Traceback" not in err
    epochs = len(history_of(tmp_path / "o"))
    assert epochs > 0
    assert files.load(tmp_path / "o" / "net.npz").layers
    assert train("--resume", "o", "--epochs", epochs + 1, "--quiet") == 0
    assert len(history_of(tmp_path / "o")) == epochs + 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_on_a_terminal_one_line_rewrites_itself():
    import pty

    terminal, end = pty.openpty()
    run = started("moons", *SMALL, "--out", "o", stdout=end)
    os.close(end)
    shown = b""
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(terminal)
    run.communicate(timeout=60)
    assert run.returncode == 0
    lines = shown.decode().split("\r\n")
    (progress,) = [line for line in lines if "val_loss" in line]
    assert progress.count("\r") >= 1


def test_a_pipe_that_closes_early_is_no_error():
    run = started("moons", *SMALL, "--out", "o", stdout=subprocess.PIPE)
    run.stdout.close()
    _, err = run.communicate(timeout=60)
    assert err == b""
    assert run.returncode == 1


def test_a_refused_resume_leaves_the_finished_run_as_it_was(tmp_path, capsys):
    folder = tmp_path / "run"
    assert (
        cli.main(["train", "moons", "--samples", "20", "--epochs", "2", "--quiet", "--out", str(folder)]) == 0
    )
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.main(["train", "--resume", str(folder), "--epochs", "1"]) == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_dollars_in_names_are_dollars(tmp_path):
    pytest.importorskip("matplotlib")
    table = tmp_path / "money.csv"
    rows = "".join(f"{i},{i * i % 7},{('$^', '$x_$')[i % 2]}\n" for i in range(20))
    table.write_text("$a_$,$b$,kind\n" + rows)
    out = str(tmp_path / "out")
    assert cli.main(["train", str(table), "--target", "kind", "--epochs", "1", "--quiet", "--out", out]) == 0
