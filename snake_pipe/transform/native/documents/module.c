/* The compiled module: its functions, and what it was made of. */

#include "documents.h"

#ifndef DIGEST
#define DIGEST "" /* of the sources, given by hatch_build.py */
#endif

static PyMethodDef methods[] = {
    {"read_document", read_document, METH_VARARGS, NULL},
    {"document_root", document_root, METH_VARARGS, NULL},
    {"open_plan", open_plan, METH_VARARGS, NULL},
    {"walk_document", walk_document, METH_VARARGS, NULL},
    {"lines_of_view", lines_of_view, METH_VARARGS, NULL},
    {"row_of_view", row_of_view, METH_VARARGS, NULL},
    {"find_marks", find_marks, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)add_types}, {0, NULL}};
static PyModuleDef definition = {{{1, NULL}, NULL, 0, NULL}, MODULE, DIGEST, 0, methods, slots, NULL, NULL, NULL};

__attribute__((visibility("default"))) PyObject *PyInit_documents(void);
PyObject *PyInit_documents(void) { return PyModuleDef_Init(&definition); }
