# The types with which Cython compiles graph.py; plain Python never reads this.
cimport cython
from .value cimport Value

@cython.locals(node=Value, parent=Value, first=Value, second=Value, nodes=list, stack=list, waiting=Py_ssize_t)
cpdef list _in_order(long long token, list roots)

@cython.locals(node=Value, parent=Value, first=Value, second=Value, leaf=Value, nodes=list, flow=list,
               g=double, slope=double, number=Py_ssize_t)
cpdef list _gradients(long long token, Value root, list wanted)

@cython.locals(node=Value, parent=Value, root=Value, leaf=Value, in_order=list, rows=list, operands=list, nodes=list,
               labels=list, known=dict, found=list, key=tuple, floats=int, number=Py_ssize_t)
cpdef tuple _listed(long long token, list roots, list leaves)
