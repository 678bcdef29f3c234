"""Nests of lists and tuples of Values, as numbers and as gradients."""

from __future__ import annotations

from autograd_lite import Value


def data(nest):
    return nest.data if isinstance(nest, Value) else [data(item) for item in nest]


def grads(nest):
    return nest.grad if isinstance(nest, Value) else [grads(item) for item in nest]


def values(nest):
    return [values(item) for item in nest] if isinstance(nest, list | tuple) else Value(nest)
