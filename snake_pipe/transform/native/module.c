/* The compiled module: its functions, and what it was made of. */

#include "loops.h"

#ifndef DIGEST
#define DIGEST "" /* of the sources, given by hatch_build.py */
#endif

static PyMethodDef methods[] = {
    {"open_walk", open_walk, METH_VARARGS, NULL},
    {"next_nodes", next_nodes, METH_VARARGS, NULL},
    {"codes", codes, METH_VARARGS, NULL},
    {"numbers", numbers, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef definition = {{{1, NULL}, NULL, 0, NULL}, MODULE, DIGEST, 0, methods, NULL, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyObject *PyInit_loops(void);
PyObject *PyInit_loops(void) { return PyModuleDef_Init(&definition); }
