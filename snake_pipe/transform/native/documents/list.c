/* Views of lists: items are made one by one, as Python asks for them. */

#include "documents.h"

static PyTypeObject *list_type, *iterator_type;

PyObject *list_view_of(Document *document, yyjson_val *array) { return view_of_type(list_type, document, array); }

static Py_ssize_t count_of(const View *view) {
    return view->document == NULL ? 0 : (Py_ssize_t)unsafe_yyjson_get_len(view->object);
}

yyjson_val *container_of(Document *document, PyObject *view) {
    if (view->type == list_type && ((View *)view)->document == document) return ((View *)view)->object;
    return object_of(document, view);
}

static yyjson_val *item_at(const View *view, Py_ssize_t index) {
    yyjson_val *item = unsafe_yyjson_get_first(view->object);
    if (unsafe_yyjson_arr_is_flat(view->object)) return item + index;
    while (index--) item = unsafe_yyjson_get_next(item);
    return item;
}

static Py_ssize_t length(PyObject *self) { return count_of((View *)self); }

/* So many items as a list, which is turned around where the step is below 0: items can only be read forwards. */
static PyObject *items_of(View *view, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count) {
    int is_backward = step < 0;
    PyObject *list = PyList_New(0);
    /* Garbage may have been collected for it, and the document with that: the view is empty then. */
    if (list == NULL || count == 0 || view->document == NULL) return list;
    if (is_backward) {
        start += (count - 1) * step;
        step = -step;
    }
    yyjson_val *at = item_at(view, start);
    for (Py_ssize_t left = count; left; left--) {
        PyObject *value = to_python(view->document, at);
        int failed = value == NULL || PyList_Append(list, value);
        if (value != NULL) Py_DecRef(value);
        if (failed) goto failed;
        for (Py_ssize_t next = left > 1 ? step : 0; next; next--) at = unsafe_yyjson_get_next(at);
    }
    if (!is_backward || PyList_Reverse(list) == 0) return list;
failed:
    Py_DecRef(list);
    return NULL;
}

static PyObject *slice(View *view, PyObject *key) {
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step)) return NULL;
    Py_ssize_t count = PySlice_AdjustIndices(count_of(view), &start, &stop, step);
    return items_of(view, start, step, count);
}

static PyObject *item(PyObject *self, Py_ssize_t index) {
    View *view = (View *)self;
    if (index >= 0 && index < count_of(view)) return to_python(view->document, item_at(view, index));
    PyErr_SetString(PyExc_IndexError, "list index out of range");
    return NULL;
}

static PyObject *subscript(PyObject *self, PyObject *key) {
    if (key->type == &PySlice_Type) return slice((View *)self, key);
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) return NULL;
    return item(self, index < 0 ? index + count_of((View *)self) : index);
}

static PyObject *reversed(PyObject *self, PyObject *nothing) {
    (void)nothing;
    Py_ssize_t count = count_of((View *)self);
    PyObject *items = items_of((View *)self, count - 1, -1, count), *iterator = NULL;
    if (items == NULL) return NULL;
    iterator = PyObject_GetIter(items);
    Py_DecRef(items);
    return iterator;
}

static PyObject *class_of(PyObject *self, void *closure) {
    (void)self, (void)closure;
    Py_IncRef((PyObject *)&PyList_Type);
    return (PyObject *)&PyList_Type;
}

/* -- one by one ---------------------------------------------------------------------------------------- */

typedef struct {
    PyObject head;
    View *view; /* it is kept */
    yyjson_val *next;
    size_t left;
} Iterator;

static PyObject *iterate(PyObject *self) {
    Iterator *iterator = (Iterator *)_PyObject_New(iterator_type);
    if (iterator == NULL) return NULL;
    Py_IncRef(self);
    iterator->view = (View *)self;
    iterator->left = (size_t)count_of((View *)self);
    iterator->next = iterator->left ? unsafe_yyjson_get_first(((View *)self)->object) : NULL;
    return &iterator->head;
}

static PyObject *next_item(PyObject *self) {
    Iterator *iterator = (Iterator *)self;
    if (iterator->left == 0 || iterator->view->document == NULL) return NULL;
    yyjson_val *value = iterator->next;
    if (--iterator->left) iterator->next = unsafe_yyjson_get_next(value);
    return to_python(iterator->view->document, value);
}

static PyObject *itself(PyObject *self) {
    Py_IncRef(self);
    return self;
}

static void free_iterator(PyObject *self) {
    PyTypeObject *type = self->type;
    Py_DecRef(&((Iterator *)self)->view->head);
    PyObject_Free(self);
    Py_DecRef((PyObject *)type);
}

static PyMethodDef methods[] = {{"__reversed__", reversed, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyGetSetDef attributes[] = {{"__class__", class_of, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot list_slots[] = {
    {Py_tp_dealloc, (void *)free_view}, {Py_tp_getset, attributes},       {Py_mp_subscript, (void *)subscript},
    {Py_sq_length, (void *)length},     {Py_mp_length, (void *)length},   {Py_sq_item, (void *)item},
    {Py_tp_iter, (void *)iterate},      {Py_tp_methods, methods},         {0, NULL},
};
static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, (void *)free_iterator},
    {Py_tp_iter, (void *)itself},
    {Py_tp_iternext, (void *)next_item},
    {0, NULL},
};
static PyType_Spec list_specification = {MODULE ".ListView", sizeof(View), 0, Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                         list_slots};
static PyType_Spec iterator_specification = {MODULE ".ListIterator", sizeof(Iterator), 0,
                                             Py_TPFLAGS_DISALLOW_INSTANTIATION, iterator_slots};

int add_list_types(void) {
    if (list_type == NULL) list_type = (PyTypeObject *)PyType_FromSpec(&list_specification);
    if (iterator_type == NULL) iterator_type = (PyTypeObject *)PyType_FromSpec(&iterator_specification);
    return list_type == NULL || iterator_type == NULL ? -1 : 0;
}
