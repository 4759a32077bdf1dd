/* What the loops share. `compiled.py` says what each of them takes and gives.

   They work on the objects that the JSON decoder made, through Python's own functions, so that all else
   (dialects, rules, tables) is the same Python with them and without. */

#ifndef SNAKE_PIPE_LOOPS_H
#define SNAKE_PIPE_LOOPS_H

#include "buffer.h"
#include "python_abi.h"

#define MODULE "snake_pipe.transform.native.loops"
#define UNKNOWN (-1)

PyObject *open_walk(PyObject *module, PyObject *arguments);
PyObject *next_nodes(PyObject *module, PyObject *arguments);
PyObject *codes(PyObject *module, PyObject *arguments);
PyObject *numbers(PyObject *module, PyObject *arguments);

/* Whether an object is of a type itself, not of a class derived from it. */
static inline int is_a(PyObject *object, PyTypeObject *type) { return object->type == type; }

#endif
