/* The columns of a document, and their way to Python. */

#include "found.h"

int add_string(Strings *strings, const char *text, size_t size) {
    if (add_bytes(&strings->text, text, size)) return -1;
    if (strings->text.count > INT32_MAX) {
        PyErr_NoMemory(); /* documents are smaller */
        return -1;
    }
    return add_int32(&strings->lengths, (int32_t)size);
}

int add_view(PyObject *list, Document *document, yyjson_val *object) {
    PyObject *view = view_of(document, object);
    if (view == NULL) return -1;
    int failed = PyList_Append(list, view);
    Py_DecRef(view);
    return failed;
}

int begin_found(Found *found) {
    found->open = PyList_New(0);
    found->nodes = PyList_New(0);
    found->head = PyList_New(0);
    found->attrs_nodes = PyList_New(0);
    return found->open == NULL || found->nodes == NULL || found->head == NULL || found->attrs_nodes == NULL ? -1 : 0;
}

PyObject *found_columns(Found *found, PyObject *main_file) {
    PyObject *parts[] = {
        column_of(&found->codes, sizeof(int32_t)),
        column_of(&found->depths, sizeof(int32_t)),
        column_of(&found->fields, sizeof(int32_t)),
        column_of(&found->kinds, sizeof(int32_t)),
        column_of(&found->places, sizeof(int64_t)),
        column_of(&found->names.lengths, sizeof(int32_t)),
        column_of(&found->names.text, 1),
        column_of(&found->value_rows, sizeof(int64_t)),
        column_of(&found->values.lengths, sizeof(int32_t)),
        column_of(&found->values.text, 1),
        column_of(&found->qualifier_rows, sizeof(int64_t)),
        column_of(&found->qualifiers.lengths, sizeof(int32_t)),
        column_of(&found->qualifiers.text, 1),
        column_of(&found->open_rows, sizeof(int64_t)),
        column_of(&found->rule_rows, sizeof(int64_t)),
        column_of(&found->rule_keys, sizeof(int64_t)),
        column_of(&found->noted_masks, sizeof(int32_t)),
        column_of(&found->notes, sizeof(int32_t)),
        column_of(&found->definitions, sizeof(Definition)),
        column_of(&found->definition_texts, 1),
        column_of(&found->imports, sizeof(Import)),
        column_of(&found->import_texts, 1),
        column_of(&found->attrs.lengths, sizeof(int32_t)),
        column_of(&found->attrs.text, 1),
        column_of(&found->attrs_rows, sizeof(int64_t)),
        found->attrs_nodes,
        found->open,
        found->nodes,
        found->head,
        main_file,
    };
    found->open = found->nodes = found->head = found->attrs_nodes = NULL;
    Py_ssize_t count = (Py_ssize_t)(sizeof(parts) / sizeof(parts[0]));
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (tuple != NULL && parts[i] != NULL)
            PyTuple_SetItem(tuple, i, parts[i]);
        else {
            if (parts[i] != NULL) Py_DecRef(parts[i]);
            if (tuple != NULL) Py_DecRef(tuple);
            tuple = NULL;
        }
    }
    return tuple;
}

void free_found(Found *found) {
    Buffer *buffers[] = {
        &found->codes,      &found->depths,        &found->fields,      &found->kinds,
        &found->places,     &found->names.lengths, &found->names.text,  &found->value_rows,
        &found->rule_rows,  &found->values.lengths, &found->values.text, &found->qualifier_rows,
        &found->open_rows,  &found->qualifiers.lengths, &found->qualifiers.text,
        &found->rule_keys,  &found->noted_masks,   &found->attrs.lengths, &found->attrs.text,
        &found->attrs_rows, &found->notes,         &found->definitions, &found->definition_texts,
        &found->imports, &found->import_texts};
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) PyMem_Free(buffers[i]->items);
    PyObject *lists[] = {found->open, found->nodes, found->head, found->attrs_nodes};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (lists[i] != NULL) Py_DecRef(lists[i]);
}
