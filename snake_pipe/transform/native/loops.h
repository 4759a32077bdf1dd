/* What the loops share. `compiled.py` says what each of them takes and gives.

   They work on the objects that the JSON decoder made, through Python's own functions, so that all else
   (dialects, rules, tables) is the same Python with them and without. Only `locations.c` reads text. */

#ifndef SNAKE_PIPE_LOOPS_H
#define SNAKE_PIPE_LOOPS_H

#include "python_abi.h"

#define MODULE "snake_pipe.transform.native.loops"
#define UNKNOWN (-1)

PyObject *open_walk(PyObject *module, PyObject *arguments);
PyObject *next_nodes(PyObject *module, PyObject *arguments);
PyObject *codes(PyObject *module, PyObject *arguments);
PyObject *numbers(PyObject *module, PyObject *arguments);
PyObject *clang_places(PyObject *module, PyObject *arguments);
PyObject *cut_locations(PyObject *module, PyObject *arguments);

/* Whether an object is of a type itself, not of a class derived from it. */
static inline int is_a(PyObject *object, PyTypeObject *type) { return object->type == type; }

/* Items of one size behind one another. Zeroed, it is an empty one; `PyMem_Free(items)` ends it. */
typedef struct {
    void *items;
    size_t count, room;
} Buffer;

/* Make room for one item more; 0, or -1 with MemoryError set and the items as they were. */
static inline int reserve(Buffer *buffer, size_t item_size) {
    if (buffer->count < buffer->room) return 0;
    size_t room = buffer->room ? 2 * buffer->room : 64;
    void *items = room > PTRDIFF_MAX / item_size ? NULL : PyMem_Realloc(buffer->items, room * item_size);
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    buffer->items = items;
    buffer->room = room;
    return 0;
}

#endif
