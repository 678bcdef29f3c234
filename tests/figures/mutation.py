"""Figure 10: small changes to the engine and the table are noticed by the suite; survivors are listed.

Each mutant is one change: an operator, comparison, constant or condition swapped, or a statement dropped.
It goes into a copy of the project, where the fast tests run on the plain Python engine until one fails.
Three are run with --quick; all of them take hours.
"""

from __future__ import annotations

import ast
import random
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .copies import copy_of_the_project, python

FILES = ("engine/value.py", "engine/graph.py", "engine/operation.py", "engine/ops.py")
TESTS = (  # in the order of how soon they notice
    "engine/test_value.py",
    "engine/test_backward.py",
    "engine/test_ops.py",
    "engine/test_special_points.py",
    "engine/test_functions.py",
    "engine/test_derivatives.py",
    "engine/test_graph.py",
    "engine/test_contexts.py",
    "engine/test_python_and_numpy.py",
    "engine/test_random_graphs.py",
    "engine/test_errors.py",
    "engine/test_drop_in.py",
)
GOAL = 0.95
COMPILED_ONLY = {"__dealloc__"}  # plain Python never calls it
SPEED_ONLY = {"_orphans", "_depth"}  # assigned for the compiled engine
NOT_CODE = {"__slots__", "Interval"}
SWAPPED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Pow: ast.Mult, ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass
class Mutant:
    """One change: the file's new text, and where and what it is for the list of survivors."""

    file: str
    line: int
    change: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.change}"


# --- making mutants ----------------------------------------------------------------------------------


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a file, in its order. The tree is changed in place, printed, and put back."""
    tree = ast.parse(source)
    for node in code(tree):
        before = first_line(node)
        for field, old, new in changes(node):
            setattr(node, field, new)
            after = first_line(node)
            yield Mutant(file, node.lineno, f"{before}  ->  {after}", ast.unparse(tree))
            setattr(node, field, old)
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from dropped(file, tree, node)


def first_line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0][:70]


def code(node: ast.AST) -> Iterator[ast.AST]:
    """What runs: no docstrings, annotations, imports, decorators, error texts, or notation."""
    for child in ast.iter_child_nodes(node):
        if not left_out(child):
            yield child
            yield from code(child)


def left_out(node: ast.AST) -> bool:
    match node:
        case ast.FunctionDef(name=name):
            return name in COMPILED_ONLY
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in SPEED_ONLY | NOT_CODE
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.arg() | ast.JoinedStr():
            return True
        case ast.keyword(arg=arg):
            return arg in ("latex", "symbol", "numpy", "domain", "inputs")
        case ast.Global() | ast.Raise():
            return True
    return False


def changes(node: ast.AST) -> Iterator[tuple[str, object, object]]:
    """(field, what it holds, what the mutant holds there)."""
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op):
            if type(op) in SWAPPED:
                yield "op", op, SWAPPED[type(op)]()
        case ast.Compare(ops=[op]):
            if type(op) in SWAPPED:
                yield "ops", node.ops, [SWAPPED[type(op)]()]
        case ast.UnaryOp(op=ast.USub()):
            yield "op", node.op, ast.UAdd()
        case ast.If(test=test) | ast.IfExp(test=test):
            yield "test", test, ast.UnaryOp(ast.Not(), test)
        case ast.Constant(value=bool()):
            yield "value", node.value, not node.value
        case ast.Constant(value=int() | float()):
            yield "value", node.value, node.value + 1


def dropped(file: str, tree: ast.AST, statement: ast.stmt) -> Iterator[Mutant]:
    """The statement replaced by `pass`, where it is one that acts: it assigns, calls, or leaves."""
    if not isinstance(
        statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Return | ast.Continue | ast.Break
    ):
        return
    for parent in ast.walk(tree):
        for block in (getattr(parent, "body", None), getattr(parent, "orelse", None)):
            if isinstance(block, list) and statement in block and not isinstance(parent, ast.Module):
                at = block.index(statement)
                block[at] = ast.Pass()
                yield Mutant(
                    file, statement.lineno, f"{first_line(statement)}  ->  dropped", ast.unparse(tree)
                )
                block[at] = statement
                return


# --- running them --------------------------------------------------------------------------------------


@dataclass
class Suite:
    """The fast tests, without those that fail before any change, and with the time that they may take."""

    copy: Path
    already_failing: tuple[str, ...] = ()
    timeout: float | None = None

    def run(self, *options: str) -> tuple[int, str]:
        tests = [f"tests/{name}" for name in TESTS if (self.copy / "tests" / name).exists()]
        skipped = [f"--deselect={test}" for test in self.already_failing]
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *skipped, *tests]
        return python(self.copy, *command, timeout=self.timeout, AUTOGRAD_LITE_PURE="1")

    def notices(self, mutant: Mutant) -> bool:
        """Whether a test fails; an endless loop is noticed, too."""
        file = self.copy / "autograd_lite" / mutant.file
        before = file.read_text()
        file.write_text(mutant.text)
        try:
            return self.run("-x")[0] != 0
        finally:
            file.write_text(before)


def suite_of(copy: Path) -> Suite:
    """The suite after a run without a mutant, which says how long it takes and what fails anyway."""
    start = time.perf_counter()
    _, output = Suite(copy).run("-rf", "--tb=no")
    seconds = time.perf_counter() - start
    failing = re.findall(r"^FAILED (\S+)", output, re.MULTILINE)
    return Suite(copy, tuple(failing), 30.0 + 5.0 * seconds)


def all_mutants(copy: Path) -> list[Mutant]:
    return [m for file in FILES for m in mutants(file, (copy / "autograd_lite" / file).read_text())]


def main(quick: bool = False) -> int:
    with copy_of_the_project() as copy:
        suite = suite_of(copy)
        found = all_mutants(copy)
        tried = random.Random(0).sample(found, 3) if quick else found
        survivors = [mutant for mutant in tried if not suite.notices(mutant)]
    score = 1.0 - len(survivors) / len(tried)
    noticed = f"{len(tried) - len(survivors)} of {len(tried)} mutants noticed"
    print(f"10. {noticed} ({score:.1%}), of {len(found)} in all")
    print(f"    tests left out, for they fail without a mutant: {len(suite.already_failing)}")
    for mutant in survivors:
        print(f"    survived: {mutant}")
    return int(score < GOAL)


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv))
