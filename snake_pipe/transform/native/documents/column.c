/* Columns as Python gets them: a block of memory that is handed over as it is, for whoever reads buffers. */

#include "documents.h"

static PyTypeObject *column_type;

typedef struct {
    PyObject head;
    void *items;
    Py_ssize_t size;
} Column;

PyObject *column_of(Buffer *buffer, size_t item_size) {
    Column *column = (Column *)_PyObject_New(column_type);
    if (column == NULL) return NULL;
    column->size = (Py_ssize_t)(buffer->count * item_size);
    void *fitting = column->size ? PyMem_Realloc(buffer->items, (size_t)column->size) : NULL;
    column->items = fitting != NULL ? fitting : buffer->items; /* making it smaller may fail, and need not */
    *buffer = (Buffer){NULL, 0, 0};
    return &column->head;
}

static int export_buffer(PyObject *self, Py_buffer *view, int flags) {
    Column *column = (Column *)self;
    static char nothing[8]; /* for those that are empty: no address is NULL */
    return PyBuffer_FillInfo(view, self, column->items ? column->items : nothing, column->size, 0, flags);
}

static Py_ssize_t length(PyObject *self) { return ((Column *)self)->size; }

static void free_column(PyObject *self) {
    PyTypeObject *type = self->type;
    PyMem_Free(((Column *)self)->items);
    PyObject_Free(self);
    Py_DecRef((PyObject *)type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)free_column},
    {Py_bf_getbuffer, (void *)export_buffer},
    {Py_sq_length, (void *)length},
    {0, NULL},
};
static PyType_Spec specification = {MODULE ".Column", sizeof(Column), 0, Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_column_type(void) {
    if (column_type == NULL) column_type = (PyTypeObject *)PyType_FromSpec(&specification);
    return column_type == NULL ? -1 : 0;
}
