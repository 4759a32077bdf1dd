/* The innermost loops over JSON trees, compiled: `compiled.py` says what each function takes and gives.

   They work on the objects that the JSON decoder made, through Python's own functions, so that all else
   (dialects, rules, tables) is the same Python with them and without. Only `cut_locations` reads text. */

#include "python_abi.h"

#ifndef DIGEST
#define DIGEST "" /* of the source, given by hatch_build.py */
#endif

#define FIELD_BITS 20
#define FIELD_MASK (((int64_t)1 << FIELD_BITS) - 1)
#define LEAF (-1)
#define UNKNOWN (-1)
#define FAILED (-2)

static int is_a(PyObject *object, PyTypeObject *type) { return object->type == type; }

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

/* -- the walk --------------------------------------------------------------------------------------- */

typedef enum { LIST, OBJECT, NODE } Kind;

/* A container that is being read. `place` is that of what it holds; in a node the field is to be added. */
typedef struct {
    PyObject *container;
    Py_ssize_t next;
    int64_t place;
    Kind kind;
    int handed_over;
} Frame;

/* `fresh` is the first frame that was not yet open when the last chunk was handed over. While a chunk is made,
   the walk is `busy`: a mapping's `__missing__` is Python, which must not go on with the same walk. */
typedef struct {
    PyObject *type_key, *codes, *nodes;
    Frame *frames;
    Py_ssize_t depth, room, fresh, chunk;
    int busy;
} Walk;

static const char WALK[] = "snake_pipe.transform.native.json_native.walk";

static void pop(Walk *walk) {
    Frame *frame = &walk->frames[--walk->depth];
    if (walk->fresh > walk->depth) walk->fresh = walk->depth;
    if (frame->handed_over) PyDict_Clear(frame->container);
    Py_DecRef(frame->container);
}

static int push(Walk *walk, PyObject *container, int64_t place, Kind kind) {
    if (walk->depth == walk->room) {
        Py_ssize_t room = walk->room ? 2 * walk->room : 64;
        Frame *frames = PyMem_Realloc(walk->frames, (size_t)room * sizeof(Frame));
        if (frames == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        walk->frames = frames;
        walk->room = room;
    }
    Py_IncRef(container);
    walk->frames[walk->depth++] = (Frame){container, 0, place, kind, 0};
    return 0;
}

/* Empty the nodes of the last chunk: what is done with is let go while it is in the cache. Those whose
   children are still to come are emptied when these are done. */
static void let_go(Walk *walk) {
    PyObject *nodes = walk->nodes;
    if (nodes == NULL) return;
    walk->nodes = NULL;
    Frame *frame = walk->frames + walk->fresh, *end = walk->frames + walk->depth;
    Py_ssize_t count = PyList_Size(nodes);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *node = PyList_GetItem(nodes, i);
        while (frame < end && frame->kind != NODE) frame++;
        if (frame < end && frame->container == node)
            (frame++)->handed_over = 1;
        else
            PyDict_Clear(node);
    }
    walk->fresh = walk->depth;
    Py_DecRef(nodes);
}

static void free_walk(PyObject *capsule) {
    Walk *walk = PyCapsule_GetPointer(capsule, WALK);
    while (walk->depth) pop(walk);
    PyMem_Free(walk->frames);
    if (walk->nodes) Py_DecRef(walk->nodes);
    Py_DecRef(walk->type_key);
    Py_DecRef(walk->codes);
    PyMem_Free(walk);
}

/* What a chunk is made of. */
typedef struct {
    PyObject *nodes, *types, *places;
    int64_t *place;
    Py_ssize_t count;
} Chunk;

/* Take a value into the walk: a node into the chunk as well. */
static int meet(Walk *walk, Chunk *chunk, PyObject *value, int64_t place) {
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

/* Go on in the innermost container until it has something to go into, or ends. */
static int advance(Walk *walk, Chunk *chunk) {
    Frame *frame = &walk->frames[walk->depth - 1];
    if (frame->kind == LIST) {
        if (frame->next < PyList_Size(frame->container))
            return meet(walk, chunk, PyList_GetItem(frame->container, frame->next++), frame->place);
        pop(walk);
        return 0;
    }
    PyObject *key, *value;
    while (PyDict_Next(frame->container, &frame->next, &key, &value)) {
        if (!is_a(value, &PyDict_Type) && !is_a(value, &PyList_Type)) continue;
        Py_IncRef(value);
        long code = code_of(walk->codes, key);
        int failed = code < LEAF;
        if (code > LEAF) failed = meet(walk, chunk, value, frame->kind == NODE ? frame->place + code : frame->place);
        Py_DecRef(value);
        if (code != LEAF) return failed ? -1 : 0;
    }
    pop(walk);
    return 0;
}

static PyObject *open_walk(PyObject *module, PyObject *arguments) {
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

static PyObject *next_nodes(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *found = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &capsule)) return NULL;
    Walk *walk = PyCapsule_GetPointer(capsule, WALK);
    if (walk == NULL) return NULL;
    if (walk->busy) {
        PyErr_SetString(PyExc_ValueError, "the walk is making a chunk");
        return NULL;
    }
    let_go(walk);
    Chunk chunk = {PyList_New(0), PyList_New(0), NULL, NULL, 0};
    int64_t *room = PyMem_Calloc((size_t)walk->chunk, sizeof(int64_t));
    if (chunk.nodes == NULL || chunk.types == NULL || room == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    chunk.place = room;
    int failed = 0;
    walk->busy = 1;
    while (walk->depth && chunk.count < walk->chunk && !failed) failed = advance(walk, &chunk);
    walk->busy = 0;
    if (failed) {
        while (walk->depth) pop(walk); /* it can not be gone on with */
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

/* -- columns ---------------------------------------------------------------------------------------- */

static PyObject *codes(PyObject *module, PyObject *arguments) {
    PyObject *words, *known;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyList_Type, &words, &PyDict_Type, &known)) return NULL;
    Py_ssize_t count = PyList_Size(words);
    PyObject *column = PyByteArray_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(int32_t));
    if (column == NULL) return NULL;
    int32_t *code = (int32_t *)PyByteArray_AsString(column);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *found = PyDict_GetItemWithError(known, PyList_GetItem(words, i));
        code[i] = found ? (int32_t)PyLong_AsLong(found) : UNKNOWN;
        if (code[i] == UNKNOWN && PyErr_Occurred()) {
            Py_DecRef(column);
            return NULL;
        }
    }
    return column;
}

/* -- numbers ---------------------------------------------------------------------------------------- */

#define MOST_STEPS 32

/* One thing to look up: a number for a column, or a container (`column` NONE) in which the `inner` steps that
   follow are to be looked up. `key` is NULL in a list, whose item at `index` is meant. */
typedef struct {
    PyObject *key;
    Py_ssize_t index;
    long column;
    int inner;
} Step;

#define NONE (-1)

/* Flatten ((key, column or the same again), ...) into steps; how many, or -1 with an error set. */
static int flatten(PyObject *plan, Step *steps, int room) {
    int used = 0;
    Py_ssize_t count = PyTuple_Size(plan);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key, *target;
        if (used == room || !PyArg_ParseTuple(PyTuple_GetItem(plan, i), "OO", &key, &target)) goto bad;
        Step *step = &steps[used++];
        *step = (Step){key, 0, NONE, 0};
        if (is_a(key, &PyLong_Type)) {
            step->key = NULL;
            step->index = PyLong_AsLong(key);
            if (step->index < 0) goto bad;
        }
        if (is_a(target, &PyTuple_Type)) {
            step->inner = flatten(target, steps + used, room - used);
            if (step->inner < 0) return -1;
            used += step->inner;
        } else {
            step->column = PyLong_AsLong(target);
            if (step->column < 0 || step->column >= MOST_STEPS) goto bad;
        }
    }
    return count < 0 ? -1 : used;
bad:
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no plan of numbers");
    return -1;
}

/* Write the numbers that a container has into the columns of its row; what is no integer from 0 is left out. */
static int read_numbers(PyObject *container, const Step *step, int steps, int64_t *row, Py_ssize_t rows) {
    const Step *end = step + steps;
    int is_list = is_a(container, &PyList_Type);
    if (!is_list && !is_a(container, &PyDict_Type)) return 0;
    for (; step < end; step += 1 + step->inner) {
        PyObject *value;
        if (is_list) {
            if (step->key != NULL || step->index >= PyList_Size(container)) continue;
            value = PyList_GetItem(container, step->index);
        } else {
            if (step->key == NULL) continue;
            value = PyDict_GetItemWithError(container, step->key);
            if (value == NULL) {
                if (PyErr_Occurred()) return -1;
                continue;
            }
        }
        if (step->column == NONE) {
            if (read_numbers(value, step + 1, step->inner, row, rows)) return -1;
        } else if (is_a(value, &PyLong_Type)) {
            int overflow;
            long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
            if (!overflow && number >= 0) row[step->column * rows] = number;
        }
    }
    return 0;
}

static PyObject *numbers(PyObject *module, PyObject *arguments) {
    PyObject *nodes, *plan;
    Py_ssize_t columns;
    Step steps[MOST_STEPS];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!n", &PyList_Type, &nodes, &PyTuple_Type, &plan, &columns)) return NULL;
    int used = flatten(plan, steps, MOST_STEPS);
    if (used < 0) return NULL;
    if (columns < 0 || columns > MOST_STEPS) {
        PyErr_SetString(PyExc_ValueError, "too many columns");
        return NULL;
    }
    for (int i = 0; i < used; i++)
        if (steps[i].column >= columns) {
            PyErr_SetString(PyExc_ValueError, "no such column");
            return NULL;
        }
    Py_ssize_t rows = PyList_Size(nodes), size = rows * columns;
    PyObject *table = PyByteArray_FromStringAndSize(NULL, size * (Py_ssize_t)sizeof(int64_t));
    if (table == NULL) return NULL;
    int64_t *cells = (int64_t *)PyByteArray_AsString(table);
    for (Py_ssize_t i = 0; i < size; i++) cells[i] = UNKNOWN;
    for (Py_ssize_t i = 0; i < rows; i++)
        if (read_numbers(PyList_GetItem(nodes, i), steps, used, cells + i, rows)) {
            Py_DecRef(table);
            return NULL;
        }
    return table;
}

/* -- clang's places --------------------------------------------------------------------------------- */

#define LARGEST (((int64_t)1 << 31) - 1)
#define PLACE_COLUMNS 9

enum { LOC, RANGE, BEGIN, END, EXPANSION, SPELLING, LINE, FILE_NAME, OFFSET, COL, LENGTH, INCLUDED, MOST_WORDS };
static const char *const WORDS[MOST_WORDS] = {"loc",  "range", "begin",  "end", "expansionLoc", "spellingLoc",
                                              "line", "file",  "offset", "col", "tokLen",       "includedFrom"};

/* Where the last location stood; `file` and `main_file` are borrowed from the tree, or None. */
typedef struct {
    PyObject *file, *main_file;
    int64_t line;
    PyObject *words[MOST_WORDS];
} Printed;

typedef struct {
    int64_t offset, line, col, length;
    int is_known, in_main;
} Place;

/* What an object has under a key; NULL where it has nothing there, or is no object. */
static PyObject *under(PyObject *object, PyObject *key) {
    if (object == NULL || !is_a(object, &PyDict_Type)) return NULL;
    return PyDict_GetItemWithError(object, key); /* keys are strings: comparing them raises nothing */
}

static int is_count(PyObject *value, int64_t *count) {
    if (value == NULL || !is_a(value, &PyLong_Type)) return 0;
    int overflow;
    *count = PyLong_AsLongLongAndOverflow(value, &overflow);
    return !overflow && *count >= 0 && *count <= LARGEST;
}

static Place own_place(Printed *printed, PyObject *location) {
    Place place = {0, 0, 0, 0, 0, 0};
    int64_t line;
    if (is_count(under(location, printed->words[LINE]), &line)) printed->line = line;
    PyObject *file = under(location, printed->words[FILE_NAME]);
    if (file != NULL && is_a(file, &PyUnicode_Type)) printed->file = file;
    PyObject *length = under(location, printed->words[LENGTH]);
    if (length != NULL && !is_count(length, &place.length)) return place;
    if (!is_count(under(location, printed->words[OFFSET]), &place.offset)) return place;
    if (!is_count(under(location, printed->words[COL]), &place.col)) return place;
    place.is_known = 1;
    place.line = printed->line;
    place.in_main = under(location, printed->words[INCLUDED]) == NULL;
    if (place.in_main && printed->main_file == &_Py_NoneStruct) printed->main_file = printed->file;
    return place;
}

static Place place_of(Printed *printed, PyObject *location) {
    PyObject *expansion = under(location, printed->words[EXPANSION]);
    if (expansion == NULL || !is_a(expansion, &PyDict_Type)) return own_place(printed, location);
    PyObject *main_file = printed->main_file;
    own_place(printed, under(location, printed->words[SPELLING]));
    printed->main_file = main_file;
    return own_place(printed, expansion);
}

static void read_place(Printed *printed, PyObject *node, int64_t *cell, Py_ssize_t rows) {
    Place named = place_of(printed, under(node, printed->words[LOC])), begin = named, end = named;
    PyObject *span = under(node, printed->words[RANGE]);
    if (span != NULL && is_a(span, &PyDict_Type)) {
        begin = place_of(printed, under(span, printed->words[BEGIN]));
        end = place_of(printed, under(span, printed->words[END]));
    }
    if (!begin.is_known) begin = named;
    if (!end.is_known) end = begin;
    if (!named.is_known) named = begin;
    const int64_t nowhere[PLACE_COLUMNS] = {-1, -1, 0, -1, 0, -1, 0, -1, 0};
    const int64_t known[PLACE_COLUMNS] = {
        begin.offset, end.offset + end.length, begin.line, begin.col - 1, end.line, end.col + end.length - 1,
        named.line,   named.col,               begin.in_main};
    for (int i = 0; i < PLACE_COLUMNS; i++) cell[i * rows] = begin.is_known ? known[i] : nowhere[i];
}

static PyObject *clang_places(PyObject *module, PyObject *arguments) {
    PyObject *nodes, *table = NULL, *line = NULL, *found = NULL;
    Printed printed;
    long long first_line;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!OLO", &PyList_Type, &nodes, &printed.file, &first_line, &printed.main_file))
        return NULL;
    printed.line = first_line;
    int words = 0;
    for (; words < MOST_WORDS; words++)
        if ((printed.words[words] = PyUnicode_InternFromString(WORDS[words])) == NULL) goto done;
    Py_ssize_t rows = PyList_Size(nodes);
    table = PyByteArray_FromStringAndSize(NULL, rows * PLACE_COLUMNS * (Py_ssize_t)sizeof(int64_t));
    if (table == NULL) goto done;
    int64_t *cells = (int64_t *)PyByteArray_AsString(table);
    for (Py_ssize_t i = 0; i < rows; i++) read_place(&printed, PyList_GetItem(nodes, i), cells + i, rows);
    line = PyLong_FromLongLong(printed.line);
    if (line != NULL) found = PyTuple_Pack(4, table, printed.file, line, printed.main_file);
done:
    while (words) Py_DecRef(printed.words[--words]);
    if (table) Py_DecRef(table);
    if (line) Py_DecRef(line);
    return found;
}

/* -- locations ---------------------------------------------------------------------------------------- */

#define LOCATION_COLUMNS 4
#define SHORTEST_LOCATION 59

/* A text that is read forwards. Python ends it with a NUL byte, which nothing below takes for more text. */
typedef const char *Text;

/* Step over exactly these characters; NULL where there are others. */
static Text after(Text at, Text expected) {
    if (at == NULL) return NULL;
    while (*expected != '\0')
        if (*at++ != *expected++) return NULL;
    return at;
}

/* Step over a number as JSON writes it, from 0 to 999,999,999. */
static Text after_number(Text at, int32_t *number) {
    if (at == NULL || *at < '0' || *at > '9') return NULL;
    Text first = at;
    int32_t value = 0;
    while (*at >= '0' && *at <= '9') {
        if (at - first == 9) return NULL;
        value = 10 * value + (*at++ - '0');
    }
    if (*first == '0' && at - first > 1) return NULL;
    *number = value;
    return at;
}

/* Step over {"line":1,"column":0}, with or without Babel's "index". */
static Text after_point(Text at, int32_t *line_and_column) {
    int32_t index;
    at = after_number(after(at, "{\"line\":"), &line_and_column[0]);
    at = after_number(after(at, ",\"column\":"), &line_and_column[1]);
    Text more = after(at, ",\"index\":");
    if (more != NULL) at = after_number(more, &index);
    return after(at, "}");
}

/* Step over a location, with or without Babel's "identifierName". */
static Text after_location(Text at, int32_t *numbers) {
    at = after_point(after(at, "{\"start\":"), numbers);
    at = after_point(after(at, ",\"end\":"), numbers + 2);
    Text more = after(at, ",\"identifierName\":\"");
    if (more != NULL) {
        while (*more >= ' ' && *more != '"' && *more != '\\' && (unsigned char)*more < 0x7f) more++;
        at = after(more, "\"");
    }
    return after(at, "}");
}

static char *copy(char *to, Text from, Text end) {
    while (from < end) *to++ = *from++;
    return to;
}

static char *write_number(char *to, size_t number) {
    char digits[20];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count) *to++ = digits[--count];
    return to;
}

static PyObject *cut_locations(PyObject *module, PyObject *arguments) {
    char *text;
    Py_ssize_t size;
    PyObject *bytes, *found = NULL, *rest = NULL, *table = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &bytes) || PyBytes_AsStringAndSize(bytes, &text, &size)) return NULL;
    size_t room = (size_t)size / SHORTEST_LOCATION + 1;
    int32_t *numbers = PyMem_Calloc(room, LOCATION_COLUMNS * sizeof(int32_t));
    char *written = PyMem_Calloc((size_t)size + 1, 1), *to = written;
    if (numbers == NULL || written == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    size_t count = 0;
    Text end = text + size, copied = text;
    for (Text at = text + 1; at < end; at++) {
        if (*at != 'l' || at[-1] != '"') continue;
        Text value = after(at, "loc\"");
        if (value == NULL || at - 1 == text) continue;
        if (at[-2] != ',' && at[-2] != '{' && (unsigned char)at[-2] > ' ') continue; /* a value, or in a string */
        if (*value == ',' || *value == ']' || *value == '}') continue; /* an item of a list */
        value = after(value, ":");
        /* Spaces, or what a number that stands for a location could be taken for. */
        if (value == NULL || (*value != '{' && *value != 'n')) goto none;
        Text next = count < room ? after_location(value, numbers + LOCATION_COLUMNS * count) : NULL;
        if (next == NULL) continue;
        to = copy(to, copied, value);
        to = write_number(to, count++);
        copied = at = next;
    }
    if (count == 0) goto none;
    to = copy(to, copied, end);
    rest = PyBytes_FromStringAndSize(written, to - written);
    table = PyByteArray_FromStringAndSize((char *)numbers,
                                          (Py_ssize_t)(count * LOCATION_COLUMNS * sizeof(int32_t)));
    if (rest != NULL && table != NULL) found = PyTuple_Pack(2, rest, table);
    goto done;
none:
    found = &_Py_NoneStruct;
    Py_IncRef(found);
done:
    PyMem_Free(numbers);
    PyMem_Free(written);
    if (rest) Py_DecRef(rest);
    if (table) Py_DecRef(table);
    return found;
}

/* -- the module ------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"open_walk", open_walk, METH_VARARGS, NULL},
    {"next_nodes", next_nodes, METH_VARARGS, NULL},
    {"codes", codes, METH_VARARGS, NULL},
    {"numbers", numbers, METH_VARARGS, NULL},
    {"clang_places", clang_places, METH_VARARGS, NULL},
    {"cut_locations", cut_locations, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef definition = {
    {{1, NULL}, NULL, 0, NULL}, "json_native", DIGEST, 0, methods, NULL, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyObject *PyInit_json_native(void) { return PyModuleDef_Init(&definition); }
