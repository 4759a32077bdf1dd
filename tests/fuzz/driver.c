/* libFuzzer as a module of Python: its inputs are given to a function of Python's, which calls compiled modules.

   It is preloaded before the sanitizers, which have empty functions of the same names for what tells of
   coverage. Only functions of Python are named here, as what is preloaded is loaded into each process that
   the interpreter starts too. */

#include "../../snake_pipe/transform/native/python_abi.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*one)(const uint8_t *, size_t));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
__attribute__((visibility("default"))) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                                                                      unsigned int seed);
void PyErr_Print(void);

static PyObject *target, *mutate;

/* An exception is a fault as any other: libFuzzer keeps the input, and ends. */
static PyObject *called(PyObject *function, PyObject *first, PyObject *second, PyObject *third) {
    PyObject *result = first ? PyObject_CallFunctionObjArgs(function, first, second, third, NULL) : NULL;
    if (result == NULL) {
        PyErr_Print();
        abort();
    }
    if (first) Py_DecRef(first);
    return result;
}

static int one(const uint8_t *data, size_t size) {
    Py_DecRef(called(target, PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size), NULL, NULL));
    return 0;
}

/* `mutate` gives other bytes, or none where libFuzzer is to do it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
    PyObject *number = PyLong_FromLongLong(seed);
    PyObject *room = PyLong_FromUnsignedLongLong(most);
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size);
    PyObject *made = called(mutate, bytes, number, room);
    Py_DecRef(number);
    Py_DecRef(room);
    char *text;
    Py_ssize_t length;
    size_t mutated = 0;
    if (PyBytes_AsStringAndSize(made, &text, &length)) {
        PyErr_Print();
        abort();
    }
    if (length > 0 && (size_t)length <= most) {
        memcpy(data, text, (size_t)length);
        mutated = (size_t)length;
    }
    Py_DecRef(made);
    return mutated ? mutated : LLVMFuzzerMutate(data, size, most);
}

/* run(target, mutate, ARGUMENT ...): ends the process when libFuzzer does. */
static PyObject *run(PyObject *module, PyObject *arguments) {
    (void)module;
    int count = (int)PyTuple_Size(arguments) - 1;
    char **words = calloc((size_t)count + 1, sizeof(*words));
    if (words == NULL) return PyErr_NoMemory();
    target = PyTuple_GetItem(arguments, 0);
    mutate = PyTuple_GetItem(arguments, 1);
    words[0] = "fuzz";
    for (int i = 1; i < count; i++) {
        Py_ssize_t size;
        words[i] = (char *)PyUnicode_AsUTF8AndSize(PyTuple_GetItem(arguments, i + 1), &size);
        if (words[i] == NULL) return NULL;
    }
    return PyLong_FromLongLong(LLVMFuzzerRunDriver(&count, &words, one));
}

static PyMethodDef methods[] = {{"run", run, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {{{1, NULL}, NULL, 0, NULL}, "driver", NULL, 0, methods, NULL, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyObject *PyInit_driver(void);
PyObject *PyInit_driver(void) { return PyModuleDef_Init(&definition); }
