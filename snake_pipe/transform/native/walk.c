/* A document's nodes in preorder, a chunk at a time: the twin of `Walker.walk`. */

#include "loops.h"

#define FIELD_BITS 20
#define FIELD_MASK (((int64_t)1 << FIELD_BITS) - 1)
#define LEAF (-1)
#define FAILED (-2)

typedef enum { LIST, OBJECT, NODE } Kind;

/* A container that is being read. `place` is that of what it holds; in a node the field is to be added. */
typedef struct {
    PyObject *container;
    Py_ssize_t next;
    int64_t place;
    Kind kind;
    int handed_over;
} Frame;

/* `frames` are the open containers, and `fresh` the first of them that was opened since the last chunk was
   handed over. While a chunk is made, the walk is `busy`: a mapping's `__missing__` is Python, which must not
   go on with the same walk. */
typedef struct {
    PyObject *type_key, *codes, *nodes;
    Buffer frames;
    size_t fresh;
    Py_ssize_t chunk;
    int busy;
} Walk;

static const char WALK[] = MODULE ".walk";

static Frame *frames(Walk *walk) { return walk->frames.items; }

static void pop(Walk *walk) {
    Frame *frame = frames(walk) + --walk->frames.count;
    if (walk->fresh > walk->frames.count) walk->fresh = walk->frames.count;
    if (frame->handed_over) PyDict_Clear(frame->container);
    Py_DecRef(frame->container);
}

/* The integer that a mapping has for a key, or asks its `__missing__` for; FAILED with an error set. */
static long code_of(PyObject *codes, PyObject *key) {
    PyObject *code = PyDict_GetItemWithError(codes, key);
    if (code != NULL)
        Py_IncRef(code);
    else if (PyErr_Occurred() || (code = PyObject_GetItem(codes, key)) == NULL)
        return FAILED;
    long value = PyLong_AsLong(code);
    Py_DecRef(code);
    return value == -1 && PyErr_Occurred() ? FAILED : value;
}

static int push(Walk *walk, PyObject *container, int64_t place, Kind kind) {
    if (reserve(&walk->frames, sizeof(Frame))) return -1;
    Py_IncRef(container);
    frames(walk)[walk->frames.count++] = (Frame){container, 0, place, kind, 0};
    return 0;
}

/* Empty the nodes of the last chunk, as `Walker.walk` says. Those whose children are still to come are emptied
   after these. */
static void empty_last_chunk(Walk *walk) {
    PyObject *nodes = walk->nodes;
    if (nodes == NULL) return;
    walk->nodes = NULL;
    Frame *frame = frames(walk) + walk->fresh, *end = frames(walk) + walk->frames.count;
    Py_ssize_t count = PyList_Size(nodes);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *node = PyList_GetItem(nodes, i);
        while (frame < end && frame->kind != NODE) frame++;
        if (frame < end && frame->container == node)
            (frame++)->handed_over = 1;
        else
            PyDict_Clear(node);
    }
    walk->fresh = walk->frames.count;
    Py_DecRef(nodes);
}

static void free_walk(PyObject *capsule) {
    Walk *walk = PyCapsule_GetPointer(capsule, WALK);
    while (walk->frames.count) pop(walk);
    PyMem_Free(walk->frames.items);
    if (walk->nodes) Py_DecRef(walk->nodes);
    Py_DecRef(walk->type_key);
    Py_DecRef(walk->codes);
    PyMem_Free(walk);
}

/* A chunk that is being made. */
typedef struct {
    PyObject *nodes, *types, *places;
    int64_t *place;
    Py_ssize_t count;
} NodeChunk;

/* Open a container, and add it to the chunk where it is a node. */
static int visit(Walk *walk, NodeChunk *chunk, PyObject *value, int64_t place) {
    if (is_a(value, &PyList_Type)) return push(walk, value, place, LIST);
    if (!is_a(value, &PyDict_Type)) return 0;
    PyObject *type = PyDict_GetItemWithError(value, walk->type_key);
    if (type == NULL && PyErr_Occurred()) return -1;
    if (type == NULL || !is_a(type, &PyUnicode_Type) || PyUnicode_GetLength(type) == 0)
        return push(walk, value, place, OBJECT);
    if (PyList_Append(chunk->nodes, value) || PyList_Append(chunk->types, type)) return -1;
    chunk->place[chunk->count++] = place;
    return push(walk, value, (place | FIELD_MASK) + 1, NODE);
}

/* Go on in the innermost container to the next one in it, or to its end. */
static int advance(Walk *walk, NodeChunk *chunk) {
    Frame *frame = frames(walk) + walk->frames.count - 1;
    if (frame->kind == LIST) {
        if (frame->next < PyList_Size(frame->container))
            return visit(walk, chunk, PyList_GetItem(frame->container, frame->next++), frame->place);
        pop(walk);
        return 0;
    }
    PyObject *key, *value;
    while (PyDict_Next(frame->container, &frame->next, &key, &value)) {
        if (!is_a(value, &PyDict_Type) && !is_a(value, &PyList_Type)) continue;
        Py_IncRef(value);
        long code = code_of(walk->codes, key);
        int failed = code < LEAF;
        if (code > LEAF) failed = visit(walk, chunk, value, frame->kind == NODE ? frame->place + code : frame->place);
        Py_DecRef(value);
        if (code != LEAF) return failed ? -1 : 0;
    }
    pop(walk);
    return 0;
}

PyObject *open_walk(PyObject *module, PyObject *arguments) {
    PyObject *document, *type_key, *codes;
    long long place;
    Py_ssize_t chunk;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OLUO!n", &document, &place, &type_key, &PyDict_Type, &codes, &chunk))
        return NULL;
    Walk *walk = PyMem_Calloc(1, sizeof(Walk));
    if (walk == NULL) return PyErr_NoMemory();
    walk->type_key = type_key;
    walk->codes = codes;
    walk->chunk = chunk < 1 ? 1 : chunk;
    Py_IncRef(type_key);
    Py_IncRef(codes);
    PyObject *capsule = PyCapsule_New(walk, WALK, free_walk);
    if (capsule == NULL) {
        Py_DecRef(type_key);
        Py_DecRef(codes);
        PyMem_Free(walk);
        return NULL;
    }
    /* A list around the document, so that the first step is like all others. */
    PyObject *first = PyList_New(1);
    if (first == NULL) goto failed;
    Py_IncRef(document);
    int failed = PyList_SetItem(first, 0, document) || push(walk, first, place, LIST);
    Py_DecRef(first);
    if (!failed) return capsule;
failed:
    Py_DecRef(capsule);
    return NULL;
}

PyObject *next_nodes(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *found = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &capsule)) return NULL;
    Walk *walk = PyCapsule_GetPointer(capsule, WALK);
    if (walk == NULL) return NULL;
    if (walk->busy) {
        PyErr_SetString(PyExc_ValueError, "the walk is making a chunk");
        return NULL;
    }
    empty_last_chunk(walk);
    NodeChunk chunk = {PyList_New(0), PyList_New(0), NULL, NULL, 0};
    int64_t *room = PyMem_Calloc((size_t)walk->chunk, sizeof(int64_t));
    if (chunk.nodes == NULL || chunk.types == NULL || room == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    chunk.place = room;
    int failed = 0;
    walk->busy = 1;
    while (walk->frames.count && chunk.count < walk->chunk && !failed) failed = advance(walk, &chunk);
    walk->busy = 0;
    if (failed) {
        while (walk->frames.count) pop(walk); /* nobody can go on with it */
        goto done;
    }
    if (chunk.count == 0) {
        found = &_Py_NoneStruct;
        Py_IncRef(found);
        goto done;
    }
    chunk.places = PyByteArray_FromStringAndSize((char *)room, chunk.count * (Py_ssize_t)sizeof(int64_t));
    if (chunk.places == NULL) goto done;
    found = PyTuple_Pack(3, chunk.nodes, chunk.types, chunk.places);
    walk->nodes = chunk.nodes;
    Py_IncRef(walk->nodes);
done:
    PyMem_Free(room);
    if (chunk.nodes) Py_DecRef(chunk.nodes);
    if (chunk.types) Py_DecRef(chunk.types);
    if (chunk.places) Py_DecRef(chunk.places);
    return found;
}
