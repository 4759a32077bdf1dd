/* Text → a document, and its values as Python's own.

   Only plain JSON is read here, of any depth, with numbers of any size kept as they are written; the text of
   all other JSON is mended first (`trees.document.decoding`), so that there is one policy for what is odd. */

#include <math.h>

#include "documents.h"

const char DOCUMENT[] = MODULE ".document";

#define MOST_DIGITS 4000 /* above them an integer is infinite, as `decoding` says */

static void free_document(PyObject *capsule) {
    Document *document = PyCapsule_GetPointer(capsule, DOCUMENT);
    free_views(document);
    yyjson_doc_free(document->json);
    PyMem_Free(document->nodes.items);
    PyMem_Free(document);
}

PyObject *read_document(PyObject *module, PyObject *arguments) {
    PyObject *bytes;
    char *text;
    Py_ssize_t size;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &bytes) || PyBytes_AsStringAndSize(bytes, &text, &size)) return NULL;
    yyjson_read_err error;
    PyThreadState *thread = PyEval_SaveThread(); /* `arguments` keep the text */
    yyjson_doc *json = yyjson_read_opts(text, (size_t)size, YYJSON_READ_BIGNUM_AS_RAW, NULL, &error);
    PyEval_RestoreThread(thread);
    if (json == NULL) {
        if (error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return PyErr_NoMemory();
        Py_IncRef(&_Py_NoneStruct);
        return &_Py_NoneStruct;
    }
    Document *document = PyMem_Calloc(1, sizeof(Document));
    PyObject *capsule = NULL;
    if (document == NULL)
        PyErr_NoMemory();
    else {
        document->json = json;
        capsule = PyCapsule_New(document, DOCUMENT, free_document);
    }
    if (capsule == NULL) {
        PyMem_Free(document);
        yyjson_doc_free(json);
    }
    return capsule;
}

PyObject *document_root(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &capsule)) return NULL;
    Document *document = PyCapsule_GetPointer(capsule, DOCUMENT);
    return document == NULL ? NULL : to_python(document, yyjson_doc_get_root(document->json));
}

/* A number that the parser has left as it is written. */
static PyObject *big_number(yyjson_val *value) {
    const char *text = unsafe_yyjson_get_raw(value);
    size_t size = unsafe_yyjson_get_len(value), digits = 0;
    int is_negative = size > 0 && text[0] == '-';
    for (size_t i = (size_t)is_negative; i < size; i++) digits += text[i] >= '0' && text[i] <= '9';
    if (digits + (size_t)is_negative == size) {
        if (digits >= MOST_DIGITS) return PyFloat_FromDouble(is_negative ? -HUGE_VAL : HUGE_VAL);
        char copy[MOST_DIGITS + 2];
        memcpy(copy, text, size);
        copy[size] = '\0';
        return PyLong_FromString(copy, NULL, 10);
    }
    PyObject *string = PyUnicode_FromStringAndSize(text, (Py_ssize_t)size), *number = NULL;
    if (string != NULL) {
        number = PyFloat_FromString(string);
        Py_DecRef(string);
    }
    return number;
}

PyObject *to_python(Document *document, yyjson_val *value) {
    switch (unsafe_yyjson_get_type(value)) {
    case YYJSON_TYPE_OBJ: return view_of(document, value);
    case YYJSON_TYPE_ARR: return list_view_of(document, value);
    case YYJSON_TYPE_STR:
        return PyUnicode_FromStringAndSize(unsafe_yyjson_get_str(value), (Py_ssize_t)unsafe_yyjson_get_len(value));
    case YYJSON_TYPE_BOOL: return PyBool_FromLong(unsafe_yyjson_get_bool(value));
    case YYJSON_TYPE_RAW: return big_number(value);
    case YYJSON_TYPE_NUM:
        if (unsafe_yyjson_is_uint(value)) return PyLong_FromUnsignedLongLong(unsafe_yyjson_get_uint(value));
        if (unsafe_yyjson_is_real(value)) return PyFloat_FromDouble(unsafe_yyjson_get_real(value));
        return PyLong_FromLongLong(unsafe_yyjson_get_sint(value));
    default: Py_IncRef(&_Py_NoneStruct); return &_Py_NoneStruct;
    }
}
