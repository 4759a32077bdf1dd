/* The compiled module: its functions, and what it was made of. */

#include "rows.h"

#ifndef DIGEST
#define DIGEST "" /* of the sources, given by hatch_build.py */
#endif

PyObject *byte_columns(Buffer **buffers, int count, const size_t *item_sizes) {
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; i < count && tuple != NULL; i++) {
        Py_ssize_t size = (Py_ssize_t)(buffers[i]->count * item_sizes[i]);
        PyObject *column = PyByteArray_FromStringAndSize(buffers[i]->items, size);
        if (column == NULL || PyTuple_SetItem(tuple, i, column)) {
            Py_DecRef(tuple);
            tuple = NULL;
        }
    }
    return tuple;
}

static PyMethodDef methods[] = {
    {"shape", shape, METH_VARARGS, NULL},
    {"line_starts", line_starts, METH_VARARGS, NULL},
    {"locate", locate, METH_VARARGS, NULL},
    {"cut", cut, METH_VARARGS, NULL},
    {"shorten", shorten, METH_VARARGS, NULL},
    {"climb", climb, METH_VARARGS, NULL},
    {"find_roles", find_roles, METH_VARARGS, NULL},
    {"nest_symbols", nest_symbols, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef definition = {{{1, NULL}, NULL, 0, NULL}, MODULE, DIGEST, 0, methods, NULL, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyObject *PyInit_rows(void);
PyObject *PyInit_rows(void) { return PyModuleDef_Init(&definition); }
