/* Columns of integers, one entry a node: the codes of words, and the numbers that a plan finds. */

#include "loops.h"

PyObject *codes(PyObject *module, PyObject *arguments) {
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

PyObject *numbers(PyObject *module, PyObject *arguments) {
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
