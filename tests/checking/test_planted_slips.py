"""The table of slips on the notes' systems: the right is confirmed, the printed and the planted named."""

import pytest

from autograd_lite.checking.slips import SLIPS
from autograd_lite.cli import check as cli_check
from autograd_lite.cli import command as cli

from ..figures.slips import FILES, judged, planted_slips, printed, rejected

PRINTED = [
    pytest.param(system, planted, id=f"{system.name}, {planted.quantity}, {planted.what}")
    for file in FILES
    for system in file.systems(0)
    for planted in printed(system)
]


@pytest.mark.parametrize(("system", "planted"), PRINTED)
def test_what_the_notes_print_wrongly_is_rejected_and_named(system, planted):
    outcome, verdict = judged(planted, system)
    assert outcome == "named", verdict


@pytest.mark.parametrize("seed", range(2))
def test_every_right_equation_is_confirmed(seed):
    total, wrong = rejected(seed)
    assert total > 300
    assert wrong == []


def test_of_planted_slips_nine_in_ten_are_named_and_none_passes():
    outcomes = [judged(planted, system)[0] for system, planted in planted_slips(0, share=29)]
    assert len(outcomes) >= 150
    assert "accepted" not in outcomes
    assert outcomes.count("named") + outcomes.count("tied") >= 0.9 * len(outcomes)


def test_rows_have_names_of_their_own():
    assert len({slip.kind for slip in SLIPS}) == len(SLIPS)
    assert all(slip.cost >= 1.0 for slip in SLIPS)


# --- the command -----------------------------------------------------------------------------------------


def command(*arguments):
    parser = cli.Parser("check")
    runner = cli_check.check(parser)
    return runner(parser.parse_args(arguments))


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_the_command_confirms_the_notes(seed, capsys):
    assert command("--seed", seed) == 0
    assert "every equation is right" in capsys.readouterr().out


SAID = {
    "A": "∇a2: the sign is wrong",
    "B": "the term (0.1 * b1) does not belong",
    "C": "σ' is taken at z; it belongs at a",
    "D": "is missing on the term",
    "E": "sum over the 4 samples is missing",
}


@pytest.mark.parametrize("letter", list(SAID))
def test_the_command_shows_a_slip(letter, capsys):
    assert command("--system", letter, "--slip") == 1
    assert SAID[letter] in capsys.readouterr().out
