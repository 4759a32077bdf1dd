/* Where the text of a document can be cut: brackets and commas outside of strings. The twin of `_Marks.find` in
   `trees/document/scanner.py`. */

#include "documents.h"
#include "found.h"

/* What is found in a text. `open` are the numbers of brackets that were not closed so far. */
typedef struct {
    Buffer at, what, depth, open, unpaired;
    int64_t level;
} Marks;

static int add_mark(Marks *marks, size_t at, char what) {
    int64_t number = (int64_t)marks->at.count;
    if (what == '{' || what == '[') {
        marks->level++;
        if (add_int64(&marks->open, number)) return -1;
    } else if (what != ',') {
        marks->level--;
        if (marks->open.count)
            marks->open.count--;
        else if (add_int64(&marks->unpaired, number))
            return -1;
    }
    return add_int64(&marks->at, (int64_t)at) || add_int64(&marks->depth, marks->level) ||
           add_bytes(&marks->what, &what, 1);
}

/* The end of a string that begins behind a quote; `size` if it does not end in the text. */
static size_t end_of_string(const char *text, size_t size, size_t at) {
    for (; at < size && text[at] != '"'; at++)
        if (text[at] == '\\') at++;
    return at < size ? at : size;
}

static int find(Marks *marks, const char *text, size_t size) {
    for (size_t at = 0; at < size; at++) {
        switch (text[at]) {
        case '"': at = end_of_string(text, size, at + 1); break;
        case '\\': /* not JSON, for its decoder to find out */
            if (at + 1 < size && (text[at + 1] == '"' || text[at + 1] == '\\')) at++;
            break;
        case '{':
        case '[':
        case '}':
        case ']':
        case ',':
            if (add_mark(marks, at, text[at])) return -1;
        }
    }
    /* Brackets that close what was open before the text stand before those that open what ends behind it. */
    const int64_t *open = marks->open.items;
    for (size_t i = 0; i < marks->open.count; i++)
        if (add_int64(&marks->unpaired, open[i])) return -1;
    return 0;
}

PyObject *find_marks(PyObject *module, PyObject *arguments) {
    PyObject *bytes, *columns = NULL;
    char *text;
    Py_ssize_t size;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &bytes) || PyBytes_AsStringAndSize(bytes, &text, &size)) return NULL;
    Marks marks = {0};
    if (find(&marks, text, (size_t)size) == 0) {
        PyObject *at = column_of(&marks.at, sizeof(int64_t)), *what = column_of(&marks.what, 1);
        PyObject *depth = column_of(&marks.depth, sizeof(int64_t));
        PyObject *unpaired = column_of(&marks.unpaired, sizeof(int64_t));
        PyObject *parts[] = {at, what, depth, unpaired};
        if (at != NULL && what != NULL && depth != NULL && unpaired != NULL)
            columns = PyTuple_Pack(4, at, what, depth, unpaired);
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
            if (parts[i] != NULL) Py_DecRef(parts[i]);
    }
    Buffer *buffers[] = {&marks.at, &marks.what, &marks.depth, &marks.open, &marks.unpaired};
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) PyMem_Free(buffers[i]->items);
    return columns;
}
