/* What the functions of the module share. `compiled.py` says what each of them takes and gives.

   They work on columns alone: arrays that numpy lends, and no Python object for an item. Each function checks
   the lengths of what it is lent, and every offset into a text, before it follows them. */

#ifndef SNAKE_PIPE_ROWS_H
#define SNAKE_PIPE_ROWS_H

#include "../buffer.h"

#define MODULE "snake_pipe.transform.native.rows"

PyObject *shape(PyObject *module, PyObject *arguments);
PyObject *line_starts(PyObject *module, PyObject *arguments);
PyObject *locate(PyObject *module, PyObject *arguments);
PyObject *cut(PyObject *module, PyObject *arguments);
PyObject *shorten(PyObject *module, PyObject *arguments);
PyObject *climb(PyObject *module, PyObject *arguments);
PyObject *find_roles(PyObject *module, PyObject *arguments);
PyObject *nest_symbols(PyObject *module, PyObject *arguments);

/* How many numbers of 32 bits a column has. */
static inline Py_ssize_t numbers_in(const Py_buffer *column) { return column->len / (Py_ssize_t)sizeof(int32_t); }

/* Give back what was lent, with an error if there is a message; the answer of a function that fills columns. */
static inline PyObject *finish(Py_buffer *views, int count, const char *message) {
    for (int i = 0; i < count; i++)
        if (views[i].object != NULL) PyBuffer_Release(&views[i]);
    if (message != NULL) {
        PyErr_SetString(PyExc_ValueError, message);
        return NULL;
    }
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

/* Copies of what buffers hold as a tuple of bytearrays; NULL with an error set. */
PyObject *byte_columns(Buffer **buffers, int count, const size_t *item_sizes);

#endif
