"""A Value of forty lines, as short as one is usually written: slots, tuples, and nothing else."""

from __future__ import annotations

import math


class SlotsValue:
    __slots__ = ("children", "data", "grad", "slopes")

    def __init__(self, data, children=(), slopes=()):
        self.data, self.grad, self.children, self.slopes = data, 0.0, children, slopes

    def __add__(self, other):
        other = other if isinstance(other, SlotsValue) else SlotsValue(other)
        return SlotsValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, SlotsValue) else SlotsValue(other)
        return SlotsValue(self.data * other.data, (self, other), (other.data, self.data))

    # fmt: off
    def __pow__(self, n): return SlotsValue(self.data**n, (self,), (n * self.data ** (n - 1),))
    def exp(self): y = math.exp(self.data); return SlotsValue(y, (self,), (y,))  # noqa: E702
    def log(self): return SlotsValue(math.log(self.data), (self,), (1.0 / self.data,))
    def relu(self): return SlotsValue(max(0.0, self.data), (self,), (float(self.data > 0.0),))
    def __neg__(self): return self * -1.0
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __sub__(self, other): return self + (-other)
    def __truediv__(self, other): return self * other**-1.0
    # fmt: on

    def backward(self):
        order, seen, stack = [], set(), [(self, iter(self.children))]
        while stack:
            node, rest = stack[-1]
            for child in rest:
                if child not in seen:
                    seen.add(child)
                    stack.append((child, iter(child.children)))
                    break
            else:
                order.append(stack.pop()[0])
        self.grad = 1.0
        for node in reversed(order):
            for child, slope in zip(node.children, node.slopes, strict=True):
                child.grad += slope * node.grad
