/* The compiled module: what Python calls, and what it was made of. `compiled.py` says what each function takes
   and gives. */

#include "../python_abi.h"
#include "sources.h"

#define MODULE "snake_pipe.transform.native.sources"

#ifndef DIGEST
#define DIGEST "" /* of the sources, given by hatch_build.py */
#endif

static const char READER[] = MODULE ".reader", LANGUAGE[] = "tree_sitter.Language";

static PyObject *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

static void free_reader(PyObject *capsule) {
    close_reader(PyCapsule_GetPointer(capsule, READER));
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
    Reader *reader = open_reader(language, (const uint16_t *)(const void *)codes);
    if (reader == NULL) return none();
    PyObject *capsule = PyCapsule_New(reader, READER, free_reader);
    if (capsule == NULL) close_reader(reader);
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
    Reader *reader = PyCapsule_GetPointer(capsule, READER);
    if (reader == NULL) return NULL;
    if (size > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the text is too large");
        return NULL;
    }
    Columns columns = {0};
    PyThreadState *thread = PyEval_SaveThread();
    Outcome outcome = read_text(reader, text, (uint32_t)size, nanoseconds, &columns);
    PyEval_RestoreThread(thread);
    PyObject *result = outcome == READ   ? as_tuple(&columns, reader->is_wide)
                       : outcome == LATE ? none()
                                         : PyErr_NoMemory();
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
