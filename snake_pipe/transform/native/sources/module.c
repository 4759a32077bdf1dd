/* The compiled module: what Python calls, and what it was made of. `compiled.py` says what each function takes
   and gives. */

#include "../python_abi.h"
#include "sources.h"

#define MODULE "snake_pipe.transform.native.sources"

#ifndef DIGEST
#define DIGEST "" /* of the sources, given by hatch_build.py */
#endif

/* A reader in a capsule; while it reads, which it does without the interpreter's lock, nobody else may use it. */
typedef struct {
    Reader *reader;
    int is_busy;
} Shared;

static const char READER[] = MODULE ".reader", LANGUAGE[] = "tree_sitter.Language";

static PyObject *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

static void free_reader(PyObject *capsule) {
    Shared *shared = PyCapsule_GetPointer(capsule, READER);
    close_reader(shared->reader);
    PyMem_Free(shared);
}

static PyObject *open_source_reader(PyObject *module, PyObject *arguments) {
    PyObject *pointer, *table;
    char *codes;
    Py_ssize_t size;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO", &pointer, &table) || PyBytes_AsStringAndSize(table, &codes, &size))
        return NULL;
    if (size != (Py_ssize_t)((ERROR_KIND + 1) * sizeof(uint16_t))) {
        PyErr_SetString(PyExc_ValueError, "a table has a code for each kind");
        return NULL;
    }
    int is_address = pointer->type == &PyLong_Type;
    const TSLanguage *language = is_address ? PyLong_AsVoidPtr(pointer) : PyCapsule_GetPointer(pointer, LANGUAGE);
    if (language == NULL) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no language is at address 0");
        return NULL;
    }
    Shared *shared = PyMem_Calloc(1, sizeof(*shared));
    if (shared == NULL) return PyErr_NoMemory();
    shared->reader = open_reader(language, (const uint16_t *)(const void *)codes);
    PyObject *capsule = shared->reader ? PyCapsule_New(shared, READER, free_reader) : none();
    if (capsule == NULL) close_reader(shared->reader);
    if (capsule == NULL || shared->reader == NULL) PyMem_Free(shared);
    return capsule;
}

/* -- columns ------------------------------------------------------------------------------------------- */

static PyObject *bytes_of(const void *items, size_t count, size_t item_size) {
    return PyBytes_FromStringAndSize(count ? items : "", (Py_ssize_t)(count * item_size));
}

static PyObject *codes_of(const Columns *columns, int is_wide) {
    if (is_wide) return bytes_of(columns->codes, columns->count, sizeof(*columns->codes));
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)columns->count);
    uint8_t *narrow = bytes ? (uint8_t *)PyBytes_AsString(bytes) : NULL;
    for (size_t row = 0; narrow && row < columns->count; row++) narrow[row] = (uint8_t)columns->codes[row];
    return bytes;
}

static PyObject *depths_of(const Columns *columns) {
    if (columns->max_depth > UINT8_MAX) return bytes_of(columns->depths, columns->count, sizeof(*columns->depths));
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)columns->count);
    uint8_t *narrow = bytes ? (uint8_t *)PyBytes_AsString(bytes) : NULL;
    for (size_t row = 0; narrow && row < columns->count; row++) narrow[row] = (uint8_t)columns->depths[row];
    return bytes;
}

/* A tuple of these items, which it takes over; NULL with an error set where one of them is NULL. */
static PyObject *tuple_of(PyObject **items, Py_ssize_t count) {
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (tuple && items[i]) {
            PyTuple_SetItem(tuple, i, items[i]);
            continue;
        }
        if (items[i]) Py_DecRef(items[i]);
        if (tuple) Py_DecRef(tuple);
        tuple = NULL;
    }
    return tuple;
}

static PyObject *as_tuple(const Columns *columns, int is_wide) {
    PyObject *items[] = {
        codes_of(columns, is_wide),
        bytes_of(columns->fields, columns->count, sizeof(*columns->fields)),
        depths_of(columns),
        bytes_of(columns->starts, columns->count, sizeof(*columns->starts)),
        bytes_of(columns->ends, columns->count, sizeof(*columns->ends)),
        PyLong_FromLongLong(columns->max_depth),
        PyBool_FromLong(columns->has_error),
        bytes_of(columns->problems, columns->problem_count, sizeof(*columns->problems)),
    };
    return tuple_of(items, sizeof(items) / sizeof(*items));
}

static PyObject *read_source(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *bytes;
    char *text;
    Py_ssize_t size;
    long long nanoseconds;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOL", &capsule, &bytes, &nanoseconds) ||
        PyBytes_AsStringAndSize(bytes, &text, &size))
        return NULL;
    Shared *shared = PyCapsule_GetPointer(capsule, READER);
    if (shared == NULL) return NULL;
    if (shared->is_busy || size > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, shared->is_busy ? "the reader is in use" : "the text is too large");
        return NULL;
    }
    Columns columns = {0};
    shared->is_busy = 1;
    PyThreadState *thread = PyEval_SaveThread();
    Outcome outcome = read_text(shared->reader, text, (uint32_t)size, nanoseconds, &columns);
    PyEval_RestoreThread(thread);
    shared->is_busy = 0;
    PyObject *result = NULL;
    if (outcome == READ)
        result = as_tuple(&columns, shared->reader->is_wide);
    else if (outcome == LATE)
        result = none();
    else if (outcome == NO_MEMORY)
        PyErr_NoMemory();
    else
        PyErr_SetString(PyExc_ValueError, "the runtime has refused to parse");
    free_columns(&columns);
    return result;
}

static PyMethodDef methods[] = {
    {"open_reader", open_source_reader, METH_VARARGS, NULL},
    {"read_source", read_source, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef definition = {{{1, NULL}, NULL, 0, NULL}, MODULE, DIGEST, 0, methods, NULL, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyObject *PyInit_sources(void);
PyObject *PyInit_sources(void) { return PyModuleDef_Init(&definition); }
