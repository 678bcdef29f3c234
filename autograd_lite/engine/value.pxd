# The layout and the types with which Cython compiles value.py; plain Python never reads this.
cimport cython

cdef class Value:
    cdef double _data, _grad, _da, _db
    cdef long long _pass
    cdef int _count
    cdef object _row, _label
    cdef Value _a, _b
    cdef tuple _operands, _slopes

cdef int _special, _busy, _depth
cdef long long _token
cdef list _orphans

@cython.locals(node=Value)
cdef Value _node(object row, double data, Value a, Value b, double da, double db, tuple operands=*, tuple slopes=*)
cdef object _number(object x)
cpdef double number_of(Value value)
cdef void _finish(Value node) except *

@cython.locals(value=Value, numbers=list)
cdef list _numbers(tuple operands)

@cython.locals(value=Value, row=tuple, operands=tuple, inputs=tuple, weights=list, nodes=list,
               n=Py_ssize_t, i=Py_ssize_t, k=Py_ssize_t, y=double, p=double, q=double)
cpdef list linear(list rows, tuple xs, tuple biases)

@cython.locals(node=Value, parent=Value, stack=list, operands=tuple)
cdef void _count_consumers(long long token, Value root) except *

@cython.locals(node=Value, parent=Value, stack=list, operands=tuple, slopes=tuple,
               i=Py_ssize_t, g=double, p=double)
cdef void _hand_back(Value root) except *
