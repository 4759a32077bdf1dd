/* The part of CPython's stable ABI that the loops use.

   Declared here, after "Stable Application Binary Interface" in Python's documentation, so that it compiles
   where Python's own headers are not installed, and once for all versions from 3.11 on. */

#ifndef SNAKE_PIPE_PYTHON_ABI_H
#define SNAKE_PIPE_PYTHON_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef ptrdiff_t Py_ssize_t;
typedef struct _ts PyThreadState;
typedef struct PyTypeObject PyTypeObject;
typedef struct {
    Py_ssize_t refcnt;
    PyTypeObject *type;
} PyObject;
typedef PyObject *(*PyCFunction)(PyObject *module, PyObject *arguments);
typedef struct {
    const char *name;
    PyCFunction function;
    int flags;
    const char *doc;
} PyMethodDef;
typedef struct {
    PyObject head;
    PyObject *(*init)(void);
    Py_ssize_t index;
    PyObject *copy;
} PyModuleDef_Base;
typedef struct {
    int slot;
    void *value;
} PyModuleDef_Slot, PyType_Slot;
typedef struct {
    PyModuleDef_Base base;
    const char *name;
    const char *doc;
    Py_ssize_t size;
    PyMethodDef *methods;
    PyModuleDef_Slot *slots;
    void *traverse;
    void *clear;
    void *free;
} PyModuleDef;
typedef struct {
    const char *name;
    int basicsize, itemsize;
    unsigned int flags;
    PyType_Slot *slots;
} PyType_Spec;
typedef struct {
    const char *name;
    PyObject *(*get)(PyObject *, void *);
    int (*set)(PyObject *, PyObject *, void *);
    const char *doc;
    void *closure;
} PyGetSetDef;

typedef struct {
    void *items;
    PyObject *object;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;

#define Py_mod_exec 2
#define Py_bf_getbuffer 1
#define Py_mp_length 4
#define Py_mp_subscript 5
#define Py_sq_contains 41
#define Py_sq_item 44
#define Py_sq_length 45
#define Py_tp_dealloc 52
#define Py_tp_iter 62
#define Py_tp_iternext 63
#define Py_tp_methods 64
#define Py_tp_getset 73
#define Py_TPFLAGS_DISALLOW_INSTANTIATION (1UL << 7)

#define METH_VARARGS 1
#define METH_NOARGS 0x0004
#define METH_FASTCALL 0x0080

extern PyTypeObject PyDict_Type, PyList_Type, PyLong_Type, PySlice_Type, PyTuple_Type, PyUnicode_Type;
extern PyObject _Py_NoneStruct, *PyExc_IndexError, *PyExc_KeyError, *PyExc_ValueError;

void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
int PyArg_ParseTuple(PyObject *, const char *, ...);
int PyBuffer_FillInfo(Py_buffer *, PyObject *, void *, Py_ssize_t, int, int);
void PyBuffer_Release(Py_buffer *);
char *PyByteArray_AsString(PyObject *);
PyObject *PyByteArray_FromStringAndSize(const char *, Py_ssize_t);
char *PyBytes_AsString(PyObject *);
int PyBytes_AsStringAndSize(PyObject *, char **, Py_ssize_t *);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
void *PyCapsule_GetPointer(PyObject *, const char *);
PyObject *PyCapsule_New(void *, const char *, void (*)(PyObject *));
void PyDict_Clear(PyObject *);
PyObject *PyDict_GetItemWithError(PyObject *, PyObject *); /* borrowed */
int PyDict_Next(PyObject *, Py_ssize_t *, PyObject **, PyObject **);
PyObject *PyDict_Items(PyObject *);
PyObject *PyDict_New(void);
int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
Py_ssize_t PyDict_Size(PyObject *);
PyObject *PyDict_Values(PyObject *);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_Occurred(void);
void PyErr_SetString(PyObject *, const char *);
void PyErr_SetObject(PyObject *, PyObject *);
void PyEval_RestoreThread(PyThreadState *);
PyThreadState *PyEval_SaveThread(void);
PyObject *PyBool_FromLong(long);
PyObject *PyFloat_FromDouble(double);
PyObject *PyFloat_FromString(PyObject *);
int PyList_Append(PyObject *, PyObject *);
PyObject *PyList_GetItem(PyObject *, Py_ssize_t); /* borrowed */
PyObject *PyList_New(Py_ssize_t);
int PyList_Reverse(PyObject *);
int PyList_SetItem(PyObject *, Py_ssize_t, PyObject *); /* steals */
Py_ssize_t PyList_Size(PyObject *);
long PyLong_AsLong(PyObject *);
long long PyLong_AsLongLongAndOverflow(PyObject *, int *);
void *PyLong_AsVoidPtr(PyObject *);
PyObject *PyLong_FromLongLong(long long);
PyObject *PyLong_FromString(const char *, char **, int);
PyObject *PyLong_FromUnsignedLongLong(unsigned long long);
void *PyMem_Calloc(size_t, size_t);
void PyMem_Free(void *);
void *PyMem_Realloc(void *, size_t);
PyObject *PyModuleDef_Init(PyModuleDef *);
Py_ssize_t PyNumber_AsSsize_t(PyObject *, PyObject *);
PyObject *PyObject_GetItem(PyObject *, PyObject *); /* new */
PyObject *PyObject_CallFunctionObjArgs(PyObject *, ...);
PyObject *PyObject_CallMethodObjArgs(PyObject *, PyObject *, ...);
void PyObject_Free(void *);
PyObject *PyObject_GetIter(PyObject *);
Py_ssize_t PySlice_AdjustIndices(Py_ssize_t, Py_ssize_t *, Py_ssize_t *, Py_ssize_t);
int PySlice_Unpack(PyObject *, Py_ssize_t *, Py_ssize_t *, Py_ssize_t *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t); /* borrowed */
PyObject *PyTuple_New(Py_ssize_t);
PyObject *PyTuple_Pack(Py_ssize_t, ...);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *); /* steals */
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyType_FromSpec(PyType_Spec *);
const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
PyObject *PyUnicode_FromStringAndSize(const char *, Py_ssize_t);
Py_ssize_t PyUnicode_GetLength(PyObject *);
PyObject *PyUnicode_InternFromString(const char *);
PyObject *_PyObject_New(PyTypeObject *);

#endif
