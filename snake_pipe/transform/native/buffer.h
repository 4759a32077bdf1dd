/* The one buffer that grows: items of one size behind one another. */

#ifndef SNAKE_PIPE_BUFFER_H
#define SNAKE_PIPE_BUFFER_H

#include "python_abi.h"

/* Zeroed, it is an empty one; `PyMem_Free(items)` ends it. */
typedef struct {
    void *items;
    size_t count, room;
} Buffer;

/* Make room for so many items more; 0, or -1 with MemoryError set and the items as they were. */
static inline int reserve_many(Buffer *buffer, size_t more, size_t item_size) {
    if (more <= buffer->room - buffer->count) return 0;
    size_t most = PTRDIFF_MAX / item_size, room = buffer->room ? buffer->room : 64;
    if (more > most - buffer->count) goto failed;
    while (room - buffer->count < more) room = room > most / 2 ? most : 2 * room;
    void *items = PyMem_Realloc(buffer->items, room * item_size);
    if (items == NULL) goto failed;
    buffer->items = items;
    buffer->room = room;
    return 0;
failed:
    PyErr_NoMemory();
    return -1;
}

/* The same for one item. */
static inline int reserve(Buffer *buffer, size_t item_size) {
    return buffer->count < buffer->room ? 0 : reserve_many(buffer, 1, item_size);
}

#endif
