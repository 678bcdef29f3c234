"""Parts of an array, as NumPy has them: W[:,2:] is all of its rows, from their third number on."""

from __future__ import annotations

from collections.abc import Mapping

from ..equations import Label, Step

ALL = ":"


def along(step: Step, size: int, sizes: Mapping[Label, int]) -> str | None:
    """Which of so many places a step walks through: 2: or :3 or 1:4, a single one, or all of them; None
    where it does not go from each to the next."""
    if step.index is not None or step.table is not None or [s for _, s in step.strides] not in ([], [1]):
        return None
    if not step.strides:
        return ALL if size == 1 else str(step.base)
    end = step.base + sizes[step.strides[0][0]]
    return f"{step.base or ''}:{end if end < size else ''}"
