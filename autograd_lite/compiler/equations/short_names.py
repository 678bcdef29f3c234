"""Short names for parameters out of their paths: "layers.0.weight" is W1, "attention.query.bias" b_query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

LETTERS = {"weight": "W", "bias": "b"}


class _Part(NamedTuple):
    """A word of a path, with the number after it: ("layers", 0), ("query", None)."""

    word: str
    number: int | None


def parameter_names(paths: Sequence[str]) -> list[str]:
    """A short name for every path, weights and biases by a letter. Other names stay as they are."""
    split = [_split(path) for path in paths]
    kinds = ["layer" if parts[-1].word in LETTERS else parts[-1].word for parts in split]
    names = []
    for parts, kind in zip(split, kinds, strict=True):
        alike = [other for other, own in zip(split, kinds, strict=True) if own == kind]
        module = _modules(alike)[_key(parts)]
        names.append(_joined(LETTERS.get(parts[-1].word, parts[-1].word), module))
    return names


def _split(path: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    for word in path.split("."):
        if word.isdigit() and parts and parts[-1].number is None:
            parts[-1] = _Part(parts[-1].word, int(word))
        else:
            parts.append(_Part("", int(word)) if word.isdigit() else _Part(word or "theta", None))
    return tuple(parts)


def _key(parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    """The module of a parameter: what its weight and its bias have in common."""
    return (*parts[:-1], _Part("", parts[-1].number))


def _joined(letter: str, module: str) -> str:
    mark = "_" if module and (not module[0].isdigit() or letter[-1].isdigit()) else ""
    return f"{letter}{mark}{module}"


# --- what tells modules apart -------------------------------------------------------------------------


def _modules(paths: Sequence[tuple[_Part, ...]]) -> dict[tuple[_Part, ...], str]:
    """For every module the shortest text that tells it from the others; modules of one pattern look alike."""
    modules = list(dict.fromkeys(map(_key, paths)))
    if len(modules) == 1:
        return {modules[0]: ""}
    ranks = _ranks(modules)
    texts = dict.fromkeys(modules, "")
    for write in (_numbers, _last_word, _words, _everything):
        often = Counter(texts.values())
        unclear = {_pattern(module) for module in modules if not texts[module] or often[texts[module]] > 1}
        texts |= {module: write(module, ranks) for module in modules if _pattern(module) in unclear}
    return texts


Ranks = dict[tuple[_Part, ...], str]


def _ranks(modules: Sequence[tuple[_Part, ...]]) -> Ranks:
    """For a path up to a number, which of its siblings it is, from 1; "" for an only child."""
    siblings: dict[tuple[_Part, ...], set[_Part]] = {}
    for module in modules:
        for k, part in enumerate(module):
            if part.number is not None:
                siblings.setdefault((*module[:k], _Part(part.word, None)), set()).add(part)
    ranks = {}
    for path, parts in siblings.items():
        for rank, part in enumerate(sorted(parts), start=1):
            ranks[path[:-1] + (part,)] = str(rank) if len(parts) > 1 else ""  # noqa: RUF005 (Python 3.10)
    return ranks


def _pattern(module: tuple[_Part, ...]) -> tuple[tuple[str, bool], ...]:
    return tuple((part.word, part.number is None) for part in module)


def _numbers(module: tuple[_Part, ...], ranks: Ranks) -> str:
    """The numbers alone, where all words have numbers: layers.0 is 1."""
    if any(part.number is None and part.word for part in module):
        return ""
    return _all_numbers(module, ranks)


def _all_numbers(module: tuple[_Part, ...], ranks: Ranks) -> str:
    return "_".join(filter(None, (ranks.get(module[: k + 1], "") for k in range(len(module)))))


def _last_word(module: tuple[_Part, ...], ranks: Ranks) -> str:
    """blocks.1.attention.query is query2."""
    words = [part.word for part in module if part.number is None and part.word]
    return f"{words[-1]}{_all_numbers(module, ranks)}" if words else ""


def _words(module: tuple[_Part, ...], ranks: Ranks) -> str:
    words = [part.word for part in module if part.number is None and part.word]
    return f"{'_'.join(words)}{_all_numbers(module, ranks)}" if words else ""


def _everything(module: tuple[_Part, ...], ranks: Ranks) -> str:
    return "_".join(
        f"{part.word}{'' if part.number is None else part.number + 1}" for part in module if part.word
    )
