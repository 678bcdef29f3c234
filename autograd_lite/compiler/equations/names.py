"""What arrays are called: W1 and b1 by their paths, a1 and h1 by what they are, da1 by whose gradient it is.

A name is an identifier of Python, given once, and no keyword, no builtin, nor `np` or `n`. What the user has
called something wins: an argument's name, a parameter's in a mapping, a Value's label.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count

from .ir import Array, Equations, Sum, reads, views_of
from .roles import Role, roles_of
from .short_names import parameter_names

RESERVED = frozenset({*keyword.kwlist, *dir(builtins), "np", "n"})
LETTERS = {
    "loss": "L", "sample loss": "l", "p": "p", "log p": "logp", "error": "e",
    "rows": "x", "logsumexp": "z", "max": "m", "min": "m", "norm": "r",
}  # fmt: skip


def name(program: Equations, hints: Mapping[Array, str] | None = None, reserved: Iterable[str] = ()) -> None:
    """Gives every array of a program its name; `hints` are the user's, those of the program by default.

    Inputs come with their names, and parameters with their paths. An array of the backward pass is called
    after its owner.
    """
    hints = program.hints if hints is None else hints
    arrays = list(_arrays(program))
    names = _Names(reserved)
    names.give([(array, array.name) for array in program.inputs])
    names.give(zip(program.parameters, parameter_names([p.path for p in program.parameters]), strict=True))
    names.give([(array, hints[array]) for array in arrays if hints.get(array)])
    _name_computed(program, names, arrays)
    known = {*arrays}
    for array in dict.fromkeys(equation.target.array for equation in program.backward):
        owner = array.owner if array.owner in known else None
        if owner is not None and array.relation in ("gradient", "part"):
            names.give_gradient(array, owner)
        else:
            names.give([(array, f"{owner.name}_{array.relation}" if owner else array.name)])


def _arrays(program: Equations) -> Iterator[Array]:
    """Those of the forward program, each once, in order."""
    found = [*program.inputs, *program.parameters]
    for equation in program.forward:
        found += [*(view.array for view in reads(equation)), equation.target.array]
    yield from dict.fromkeys(found)


# --- names, each once --------------------------------------------------------------------------------


class _Names:
    """Who is called what. What would be the name of a gradient is kept for it."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.taken = {*RESERVED, *reserved}
        self.kept: set[str] = set()
        self.given: set[Array] = set()

    def give(self, wanted: Iterable[tuple[Array, str]], numbered: bool = False) -> None:
        """The names that are wanted, with a number where several want the same, or where it is taken."""
        pairs = [(array, identifier(text)) for array, text in wanted if array not in self.given]
        often = Counter(text for _, text in pairs)
        for array, text in pairs:
            alone = often[text] == 1 and not numbered
            free = alone and self.is_free(text)
            self._call(array, text if free else self._with_number(text, 2 if alone else 1))
            self.kept.add(f"d{array.name}")

    def give_gradient(self, array: Array, owner: Array) -> None:
        """The name that is kept for it, or one like it for what is more of the same gradient."""
        text = f"d{owner.name}"
        self._call(array, self._with_number(text, 2) if text in self.taken else text)

    def is_free(self, text: str) -> bool:
        return not {text, f"d{text}"} & self.taken and text not in self.kept

    def _call(self, array: Array, text: str) -> None:
        array.name = text
        self.taken.add(text)
        self.given.add(array)

    def _with_number(self, text: str, first: int) -> str:
        mark = "_" if text[-1].isdigit() or text in RESERVED else ""
        return next(new for k in count(first) if self.is_free(new := f"{text}{mark}{k}"))


def identifier(text: str) -> str:
    """A text as a name of Python: "h[0]" is h_0, "lambda" is lambda_."""
    text = unicodedata.normalize("NFKC", text)
    kept = "".join(c if f"_{c}".isidentifier() else " " for c in text)
    name = unicodedata.normalize("NFKC", "_".join(kept.split()).strip("_")) or "v"
    name = name if name.isidentifier() else f"v{name}"
    return f"{name}_" if name in RESERVED else name


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; from here on it is."""
    mark = "_" if name[-1].isdigit() else ""
    numbered = (f"{name}{mark}{k}" for k in count(2))
    found = next(new for new in chain([name], numbered) if new not in taken)
    taken.add(found)
    return found


# --- computed arrays and constants -------------------------------------------------------------------


def _name_computed(program: Equations, names: _Names, arrays: list[Array]) -> None:
    found = roles_of(program)
    suffixes = layers(program, found)
    names.give([(array, LETTERS[role.what]) for array, role in found.items() if role.what in LETTERS])
    active = {role.of for role in found.values() if role.what == "activation"}
    pre = {array: suffix for array, suffix in suffixes.items() if found[array].what == "pre"}
    names.give(
        [
            (array, suffix[1:])
            for array, suffix in pre.items()
            if suffix[:1] == "_" and array not in active and names.is_free(suffix[1:])
        ]
    )
    names.give([(array, f"a{suffix}") for array, suffix in pre.items()])
    names.give(
        (array, f"h{suffixes[role.of]}")
        for array, role in found.items()
        if role.what == "activation" and role.of in suffixes
    )
    scores = [role.of for role in found.values() if role.what == "logsumexp" and role.of is not None]
    names.give([(array, "s") for array in scores if array.kind == "computed"])
    for letter, constants in _constants(program).items():
        names.give([(array, letter) for array in constants], numbered=letter == "c")
    names.give([(array, "v") for array in arrays], numbered=True)


def layers(program: Equations, found: Mapping[Array, Role]) -> dict[Array, str]:
    """For every pre-activation what tells its layer: "1", "_query", or "" where there is but one."""
    weights = {array: role.of for array, role in found.items() if role.what == "pre" or _is_layer(role)}
    suffixes = {array: _suffix(weight.name) if weight else None for array, weight in weights.items()}
    if len(suffixes) == 1:
        return {array: suffix or "" for array, suffix in suffixes.items()}
    used = {suffix for suffix in suffixes.values() if suffix}
    fresh = (str(k) for k in count(1) if str(k) not in used)
    return {array: suffix or next(fresh) for array, suffix in suffixes.items()}


def _is_layer(role: Role) -> bool:
    return role.what == "error" and role.of is not None


def _suffix(weight: str) -> str | None:
    """What tells a weight from others: the 1 of W1, the _query of W_query, and _q of Wq."""
    match = re.fullmatch(r"W(?:(\d*)|_?([A-Za-z]\w*))", weight)
    return None if match is None else f"_{match[2]}" if match[2] else match[1]


def _constants(program: Equations) -> dict[str, list[Array]]:
    """The arrays of numbers: what weights are multiplied by is X, what a result is compared with is Y."""
    found: dict[str, dict[Array, None]] = {"X": {}, "Y": {}, "c": {}}
    for equation in program.forward:
        terms = equation.terms if isinstance(equation, Sum) else ()
        for term in terms:
            views = [view for factor in term.factors for view in views_of(factor)]
            others = {view.array.kind for view in views if view.array.kind != "constant"}
            target = not others and len(terms) > 1 and term.coefficient < 0.0
            letter = "X" if "parameter" in others else "Y" if target else "c"
            found[letter] |= {view.array: None for view in views if view.array.kind == "constant"}
    return {letter: list(arrays) for letter, arrays in found.items()}
