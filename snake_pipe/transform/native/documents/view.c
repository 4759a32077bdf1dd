/* Views: what the rules of dialects see of an object, made only where it is asked for.

   A view has those methods of a dict that read, says that it is one (`view.__class__ is dict`), and is found
   again by its address as long as its document lives, as rules remember nodes by their `id`. After that it is
   empty. Where a key is there several times the last value counts, as it does in a dict. */

#include "documents.h"

static PyTypeObject *view_type;

/* -- one for each object ------------------------------------------------------------------------------- */

static size_t slot_of(const Document *document, const yyjson_val *object) {
    size_t mask = document->room - 1, slot = (size_t)(((uintptr_t)object >> 4) * 0x9E3779B97F4A7C15u) >> 20 & mask;
    while (document->views[slot] != NULL && document->views[slot]->object != object) slot = (slot + 1) & mask;
    return slot;
}

static int grow(Document *document) {
    if (2 * document->count < document->room) return 0;
    View **old = document->views;
    size_t old_room = document->room, room = old_room ? 2 * old_room : 64;
    View **views = PyMem_Calloc(room, sizeof(View *));
    if (views == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    document->views = views;
    document->room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i] != NULL) views[slot_of(document, old[i]->object)] = old[i];
    PyMem_Free(old);
    return 0;
}

PyObject *view_of_type(PyTypeObject *type, Document *document, yyjson_val *object) {
    if (grow(document)) return NULL;
    size_t slot = slot_of(document, object);
    View *view = document->views[slot];
    if (view == NULL) {
        view = (View *)_PyObject_New(type);
        if (view == NULL) return NULL;
        view->document = document;
        view->object = object;
        document->views[slot] = view;
        document->count++;
    }
    Py_IncRef(&view->head);
    return &view->head;
}

PyObject *view_of(Document *document, yyjson_val *object) { return view_of_type(view_type, document, object); }

yyjson_val *object_of(Document *document, PyObject *view) {
    const Document *shown = view->type == view_type ? ((View *)view)->document : NULL;
    if (shown != NULL && (document == NULL || shown == document)) return ((View *)view)->object;
    PyErr_SetString(PyExc_ValueError, "no view of this document");
    return NULL;
}

void free_views(Document *document) {
    for (size_t i = 0; i < document->room; i++) {
        View *view = document->views[i];
        if (view == NULL) continue;
        view->document = NULL;
        Py_DecRef(&view->head);
    }
    PyMem_Free(document->views);
}

void free_view(PyObject *view) {
    PyTypeObject *type = view->type;
    PyObject_Free(view);
    Py_DecRef((PyObject *)type);
}

/* -- what is in an object ------------------------------------------------------------------------------ */

static size_t members(const View *view) { return view->document ? unsafe_yyjson_get_len(view->object) : 0; }

/* The last value with that key; NULL where there is none, or with an error set. */
static yyjson_val *under(const View *view, PyObject *key) {
    if (key->type != &PyUnicode_Type || view->document == NULL) return NULL;
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(key, &size);
    if (text == NULL) return NULL;
    yyjson_val *found = NULL, *at = unsafe_yyjson_get_first(view->object);
    for (size_t left = members(view); left; left--, at = unsafe_yyjson_get_next(at + 1))
        if (has_text(at, text, (size_t)size)) found = at + 1;
    return found;
}

static PyObject *subscript(PyObject *self, PyObject *key) {
    yyjson_val *value = under((View *)self, key);
    if (value != NULL) return to_python(((View *)self)->document, value);
    if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, key);
    return NULL;
}

static int contains(PyObject *self, PyObject *key) {
    if (under((View *)self, key) != NULL) return 1;
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *get(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_ValueError, "get takes a key and what there is without it");
        return NULL;
    }
    yyjson_val *value = under((View *)self, arguments[0]);
    if (value != NULL) return to_python(((View *)self)->document, value);
    if (PyErr_Occurred()) return NULL;
    PyObject *missing = count == 2 ? arguments[1] : &_Py_NoneStruct;
    Py_IncRef(missing);
    return missing;
}

static PyObject *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

/* The object as a dict whose objects are views, or with None for each value where only its keys are wanted. */
static PyObject *to_dict(View *view, int with_values) {
    PyObject *dict = PyDict_New();
    if (dict == NULL || members(view) == 0) return dict;
    yyjson_val *at = unsafe_yyjson_get_first(view->object);
    for (size_t left = members(view); left; left--, at = unsafe_yyjson_get_next(at + 1)) {
        PyObject *key = to_python(view->document, at);
        PyObject *value = key == NULL ? NULL : with_values ? to_python(view->document, at + 1) : none();
        int failed = value == NULL || PyDict_SetItem(dict, key, value);
        if (key) Py_DecRef(key);
        if (value) Py_DecRef(value);
        if (failed) {
            Py_DecRef(dict);
            return NULL;
        }
    }
    return dict;
}

static PyObject *parts(PyObject *self, PyObject *(*part)(PyObject *), int with_values) {
    PyObject *dict = to_dict((View *)self, with_values);
    if (dict == NULL) return NULL;
    PyObject *found = part(dict);
    Py_DecRef(dict);
    return found;
}

static PyObject *keys(PyObject *self, PyObject *nothing) {
    (void)nothing;
    PyObject *dict = to_dict((View *)self, 0);
    if (dict == NULL) return NULL;
    PyObject *name = PyUnicode_InternFromString("keys"), *found = NULL; /* with a set's operators */
    if (name != NULL) {
        found = PyObject_CallMethodObjArgs(dict, name, NULL);
        Py_DecRef(name);
    }
    Py_DecRef(dict);
    return found;
}

static PyObject *values(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return parts(self, PyDict_Values, 1);
}

static PyObject *items(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return parts(self, PyDict_Items, 1);
}

static PyObject *iterate(PyObject *self) { return parts(self, PyObject_GetIter, 0); }

static Py_ssize_t length(PyObject *self) {
    PyObject *dict = to_dict((View *)self, 0);
    if (dict == NULL) return -1;
    Py_ssize_t count = PyDict_Size(dict);
    Py_DecRef(dict);
    return count;
}

static PyObject *class_of(PyObject *self, void *closure) {
    (void)self, (void)closure;
    Py_IncRef((PyObject *)&PyDict_Type);
    return (PyObject *)&PyDict_Type;
}

static PyMethodDef methods[] = {
    {"get", (PyCFunction)(void (*)(void))get, METH_FASTCALL, NULL},
    {"keys", keys, METH_NOARGS, NULL},
    {"values", values, METH_NOARGS, NULL},
    {"items", items, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef attributes[] = {{"__class__", class_of, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)free_view}, {Py_tp_methods, methods},          {Py_tp_getset, attributes},
    {Py_mp_subscript, (void *)subscript}, {Py_mp_length, (void *)length}, {Py_sq_contains, (void *)contains},
    {Py_tp_iter, (void *)iterate},        {0, NULL},
};
static PyType_Spec specification = {MODULE ".View", sizeof(View), 0, Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_types(PyObject *module) {
    (void)module;
    if (view_type == NULL) view_type = (PyTypeObject *)PyType_FromSpec(&specification);
    return view_type == NULL || add_list_types() ? -1 : add_column_type();
}
