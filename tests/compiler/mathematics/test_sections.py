"""The order of the lines: those of a layer together, where none comes before what it reads."""

from itertools import combinations

import pytest

from autograd_lite.compiler.mathematics import page as printed
from autograd_lite.compiler.mathematics import sections
from autograd_lite.compiler.mathematics.formula import views_in
from autograd_lite.compiler.mathematics.script import Text

from . import known_programs as pages
from .expected_pages import EVERY


def moved(build, monkeypatch):
    """The pairs of lines that have changed places although one sets what the other reads or sets."""
    found = []

    def noted(lines, titles):
        after = sections.grouped(lines, titles)
        place = {id(line): k for k, (line, _) in enumerate(after)}
        assert len(place) == len(lines)
        pairs = [(a, b) for a, b in combinations(lines, 2) if place[id(a)] > place[id(b)]]
        found.extend(pair for pair in pairs if _are_tied(*pair))
        return after

    monkeypatch.setattr(printed, "grouped", noted)
    printed._Page(build()._rolled, Text())
    return found


def _are_tied(a, b):
    touched = [{view.array for view in views_in((line.target, line.formula))} for line in (a, b)]
    return a.target.array in touched[1] or b.target.array in touched[0]


@pytest.mark.parametrize("key", EVERY)
def test_no_line_moves_past_what_it_reads(key, monkeypatch):
    assert not moved(EVERY[key], monkeypatch)


def test_a_line_that_moves_past_what_it_reads_is_found_out(monkeypatch):
    monkeypatch.setattr(sections, "_before", lambda blocks: [set() for _ in blocks])
    assert moved(pages.used_again, monkeypatch)


def titles(build):
    return [line[2:] for line in build().equations().splitlines() if line.startswith("#")]


@pytest.mark.parametrize("build", [pages.recurrent, pages.joined_recurrent, pages.stacked_recurrent])
def test_every_title_comes_once(build):
    assert len(titles(build)) == len(set(titles(build)))


def test_a_title_comes_again_where_a_layer_is_used_again():
    assert titles(pages.used_again)[:4] == ["layer 1", "layer 2", "layer 1", "loss"]


def test_zeros_stand_with_the_loop_that_fills_them():
    lines = pages.stacked_recurrent().equations().splitlines()
    zeros = [number for number, line in enumerate(lines) if line.endswith(" = 0")]
    assert len(zeros) == 4
    assert all(number + 1 in zeros or lines[number + 1].startswith("for ") for number in zeros)
