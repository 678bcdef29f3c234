"""The demos, small: they print what they promise, learn something, and write pictures where they are told."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMOS = Path(__file__).parents[2] / "demos"
PNG = b"\x89PNG\r\n\x1a\n"
ELSEWHERE = {
    "compiled",
    "pictures",
}  # tested in files of their own

# fmt: off
SMALL = {  # the arguments, the pictures, and how many lines there must be that begin like this
    "neuron": ("",
        ["activations.png"],
        {r"  a = w1\*x1 \+ w2\*x2 \+ b = -0\.2500$": 1, r"  y = tanh\(a\) = -0\.2449$": 1,
         r"  dy/d(w1|w2|x1|x2|b) .* -?\d\.\d{4}$": 5, r"  dy/dw1 = cosh\(": 1,
         r"  in LaTeX: \\frac": 1, r"  d²y/dw1² = 0\.4605$": 1}),
    "equations": ("",
        ["equations_net.png"],
        {r"[A-E]\. .*: \d+ scalars$": 5, r"# backward, layer [123]$": 12, r"δ[123] = ": 12,
         r"∇W[123] = ": 10}),
    "notes": ("",
        ["notes_activations.png"],
        {r"[A-E]\. ": 10, r"check_derivation: all \d+ equations are right$": 5, r"  ✓ ∇": 42,
         r"with a slip in ": 5}),
    "xor": ("--epochs 40 --hidden 4",
        ["xor_boundary.png", "xor_net.png"],
        {r"total +17$": 1, r"epoch +\d+  loss \d\.\d{4}$": 10, r" [01]  [01]   [01]   [01]\.\d{3}$": 4}),
    "moons": ("--samples 40 --hidden 4 --epochs 3",
        ["moons_boundary.png", "moons_loss.png"],
        {r"epoch \d/3 ": 3, r"accuracy on 10 points held out: \d+\.\d%$": 1}),
    "regression": ("--samples 40 --hidden 4 --epochs 3",
        ["regression_curve.png", "regression_loss.png"],
        {r"epoch \d/3 ": 3, r"on 10 points held out: mse \d\.\d{4}, R² -?\d\.\d{3}$": 1,
         r"the noise alone ": 1}),
    "classify": ("--hidden 4 --epochs 3",
        ["iris_net.png", "iris_loss.png"],
        {r"epoch \d/3 ": 3, r"accuracy on 50 flowers held out: \d+\.\d%$": 1, r"rows: ": 1,
         r"(setosa|versicolor|virginica)( +\d+){3}$": 3}),
    "autoencoder": ("--hidden 4 --epochs 3",
        ["autoencoder_code.png", "autoencoder_loss.png"],
        {r"epoch \d/3 ": 3, r"mean squared error on flowers held out: \d\.\d{3}$": 1,
         r"that of the mean flower: \d\.\d{3}$": 1, r"species read off the two numbers: \d+\.\d% right$": 1}),
    "gpt": ("--epochs 2 --words 20 --width 4 --heads 2 --layers 2 --names 5",
        ["gpt_loss.png"],
        {r"GPT\(of \d+ parameters\): 18 names to learn from, 2 held out$": 1,
         r"epoch   [12]  loss \d\.\d{3}  held out \d\.\d{3}$": 2, r"[a-z]*( \(in the list\))?$": 5}),
}
# fmt: on


@pytest.fixture
def demo(monkeypatch):
    """A demo's module, as it is when its own folder is where Python looks first."""
    monkeypatch.syspath_prepend(DEMOS)
    yield importlib.import_module
    for name in (*SMALL, "common", "mark_my_derivation"):
        sys.modules.pop(name, None)


def test_every_demo_is_among_these():
    assert {path.stem for path in DEMOS.glob("*.py")} == {*SMALL, "common", "mark_my_derivation"} | ELSEWHERE


@pytest.mark.parametrize("name", SMALL)
def test_prints_and_draws_what_it_promises(name, demo, tmp_path, capsys):
    sizes, pictures, promised = SMALL[name]
    demo(name).main([*sizes.split(), "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-len(pictures) :] == [f"picture: {tmp_path / 'new' / picture}" for picture in pictures]
    said = lines[: -len(pictures)]
    assert {begin: sum(bool(re.match(begin, line)) for line in said) for begin in promised} == promised
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(pictures)
    for path in (tmp_path / "new").iterdir():
        assert path.read_bytes().startswith(PNG)
        assert path.stat().st_size < 100_000


@pytest.mark.parametrize("name", SMALL)
def test_the_pictures_beside_it_are_those_it_draws(name):
    for picture in SMALL[name][1]:
        path = DEMOS / "pictures" / picture
        assert path.read_bytes().startswith(PNG)
        assert path.stat().st_size < 100_000


def test_no_other_pictures_lie_about():
    drawn = {picture for _, pictures, _ in SMALL.values() for picture in pictures}
    others = {path.name for path in (DEMOS / "pictures").iterdir()} - drawn
    assert all(name.partition("_")[0] in ELSEWHERE for name in others)


def test_three_slips_are_named_and_the_corrected_page_is_right(demo, capsys):
    assert demo("mark_my_derivation").main([])
    student, corrected = capsys.readouterr().out.split("the corrected page")
    assert len(re.findall(r"  ✗ ∇", student)) == 3
    assert "equations are right" in corrected


# --- they learn --------------------------------------------------------------------------------------


def figure(out, pattern):
    """The number in the last line of this pattern."""
    return float(re.findall(pattern, out)[-1])


def test_xor_is_learnt_at_the_default_size(demo, tmp_path, capsys):
    demo("xor").main(["--out", str(tmp_path)])
    rows = re.findall(r"^ [01]  [01]   ([01])   (\S+)$", capsys.readouterr().out, re.MULTILINE)
    assert [round(float(found)) for _, found in rows] == [int(true) for true, _ in rows] == [0, 1, 1, 0]


def test_irises_are_told_apart(demo, tmp_path, capsys):
    demo("classify").main(["--epochs", "15", "--lr", "0.05", "--out", str(tmp_path)])
    out = capsys.readouterr().out
    assert figure(out, r"accuracy on 50 flowers held out: (\S+)%") >= 90
    table = [list(map(int, row)) for row in re.findall(r"^[sv]\S+ +(\d+) +(\d+) +(\d+)$", out, re.MULTILINE)]
    assert sum(map(sum, table)) == 50
    assert figure(out, r"held out: (\S+)%") == pytest.approx(2 * sum(table[k][k] for k in range(3)))


def test_the_autoencoder_beats_the_mean(demo, tmp_path, capsys):
    demo("autoencoder").main(["--epochs", "15", "--out", str(tmp_path)])
    out = capsys.readouterr().out
    assert figure(out, r"on flowers held out: (\S+)") < 0.5 * figure(out, r"the mean flower: (\S+)")


def test_the_gpt_learns(demo, tmp_path, capsys):
    """The loss of guessing is log(27), 3.30."""
    sizes = "--epochs 3 --words 60 --width 8 --heads 2 --names 0 --lr 0.02"
    demo("gpt").main([*sizes.split(), "--out", str(tmp_path)])
    losses = [float(loss) for loss in re.findall(r"held out (\d\S+)", capsys.readouterr().out)]
    assert losses[-1] < min(losses[0], 3.0)


def test_the_gpt_does_not_look_ahead(demo):
    """What it says at a place is the same, to the bit, whatever comes later; and not whatever came before."""
    gpt = demo("gpt").GPT(positions=5, width=8, heads=2, layers=2, seed=0)

    def said(tokens):
        return [[logit.data for logit in logits] for logits in gpt(tokens)]

    short, long = said([0, 3, 4]), said([0, 3, 4, 5, 6])
    assert short == long[:3]
    assert said([0, 4, 4])[2] != short[2]


def loss_of_word(module, gpt, word):
    return module.loss_of(gpt, *(array[0].tolist() for array in module.encode([word], len(gpt.position))))


def test_every_array_of_the_gpt_learns(demo):
    module = demo("gpt")
    gpt = module.GPT(positions=5, width=8, heads=2, layers=2, seed=0)
    loss_of_word(module, gpt, "abba").backward()
    arrays = dict(gpt.named_parameters())
    still = {name for name, rows in arrays.items() if not any(w.grad for row in rows for w in row)}
    assert len(arrays) == 3 + 2 * 6
    assert not still
    used = [any(w.grad for w in row) for row in gpt.token]
    assert used == [token in (0, 1, 2) for token in range(27)]  # the end, a and b


def test_gradients_of_the_gpt_are_those_of_differences(demo):
    module = demo("gpt")
    gpt = module.GPT(positions=4, width=4, heads=2, layers=1, seed=0)
    loss_of_word(module, gpt, "abc").backward()
    h = 1e-5
    for _, rows in gpt.named_parameters():
        w, before = rows[1][1], rows[1][1].data
        w.data = before + h
        above = loss_of_word(module, gpt, "abc").data
        w.data = before - h
        below = loss_of_word(module, gpt, "abc").data
        w.data = before
        assert w.grad == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-9)


def test_what_fills_a_short_word_up_counts_nothing(demo):
    module = demo("gpt")
    gpt = module.GPT(positions=6, width=4, heads=2, layers=1, seed=0)
    tokens, targets, weights = (array[0].tolist() for array in module.encode(["ab"], 6))
    assert weights == pytest.approx([1 / 3] * 3 + [0.0] * 3)
    assert module.loss_of(gpt, tokens, targets, weights).data == pytest.approx(
        module.loss_of(gpt, tokens[:3], targets[:3], weights[:3]).data, rel=1e-12
    )


def test_the_words_are_names_in_order_each_once():
    words = (DEMOS / "words.txt").read_text(encoding="utf-8").split("\n")
    assert words.pop() == ""
    assert words == sorted(set(words))
    assert len(words) > 300
    assert all(re.fullmatch("[a-z]{3,12}", word) for word in words)


# --- as a user runs them -----------------------------------------------------------------------------


def test_without_matplotlib_it_says_so_in_a_line_and_goes_on(demo, monkeypatch, tmp_path, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    demo("xor").main(["--epochs", "2", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "picture" in line] == [lines[-1]]
    assert lines[-1].startswith("pictures are left out: ")
    assert "matplotlib" in lines[-1]
    assert not list(tmp_path.iterdir())


def run(name, *arguments, folder):
    command = [sys.executable, str(DEMOS / f"{name}.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60)


def test_help_from_another_folder(tmp_path):
    done = run("xor", "--help", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(f"--{name}" in done.stdout for name in ("hidden", "epochs", "lr", "seed", "out"))
    assert "XOR, which no single neuron can learn" in done.stdout


def test_a_run_from_another_folder(tmp_path):
    done = run("xor", "--epochs", "2", "--out", "here", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "here" / "xor_net.png").exists()


def test_an_argument_that_is_no_number_is_refused(tmp_path):
    done = run("moons", "--epochs", "many", folder=tmp_path)
    assert done.returncode == 2
    assert "argument --epochs: invalid int value: 'many'" in done.stderr
