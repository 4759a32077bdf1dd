/* Where clang's nodes stand: the twin of `ClangPositions`, where the rules are explained. */

#include "loops.h"

#define LARGEST (((int64_t)1 << 31) - 1)
#define PLACE_COLUMNS 9

enum { LOC, RANGE, BEGIN, END, EXPANSION, SPELLING, LINE, FILE_NAME, OFFSET, COL, LENGTH, INCLUDED, MOST_WORDS };
static const char *const WORDS[MOST_WORDS] = {"loc",  "range", "begin",  "end", "expansionLoc", "spellingLoc",
                                              "line", "file",  "offset", "col", "tokLen",       "includedFrom"};

/* What a location may leave out, as the one printed before has said it. `file` and `main_file` are borrowed from
   the tree, or None. */
typedef struct {
    PyObject *file, *main_file;
    int64_t line;
    PyObject *words[MOST_WORDS];
} Context;

typedef struct {
    int64_t offset, line, col, length;
    int is_known, in_main;
} Place;

/* What an object has under a key; NULL where it has nothing there, or is no object. */
static PyObject *under(PyObject *object, PyObject *key) {
    if (object == NULL || !is_a(object, &PyDict_Type)) return NULL;
    return PyDict_GetItemWithError(object, key); /* keys are strings: comparing them raises nothing */
}

static int is_count(PyObject *value, int64_t *count) {
    if (value == NULL || !is_a(value, &PyLong_Type)) return 0;
    int overflow;
    *count = PyLong_AsLongLongAndOverflow(value, &overflow);
    return !overflow && *count >= 0 && *count <= LARGEST;
}

static Place own_place(Context *context, PyObject *location) {
    Place place = {0, 0, 0, 0, 0, 0};
    int64_t line;
    if (is_count(under(location, context->words[LINE]), &line)) context->line = line;
    PyObject *file = under(location, context->words[FILE_NAME]);
    if (file != NULL && is_a(file, &PyUnicode_Type)) context->file = file;
    PyObject *length = under(location, context->words[LENGTH]);
    if (length != NULL && !is_count(length, &place.length)) return place;
    if (!is_count(under(location, context->words[OFFSET]), &place.offset)) return place;
    if (!is_count(under(location, context->words[COL]), &place.col)) return place;
    place.is_known = 1;
    place.line = context->line;
    place.in_main = under(location, context->words[INCLUDED]) == NULL;
    if (place.in_main && context->main_file == &_Py_NoneStruct) context->main_file = context->file;
    return place;
}

static Place place_of(Context *context, PyObject *location) {
    PyObject *expansion = under(location, context->words[EXPANSION]);
    if (expansion == NULL || !is_a(expansion, &PyDict_Type)) return own_place(context, location);
    PyObject *main_file = context->main_file;
    own_place(context, under(location, context->words[SPELLING]));
    context->main_file = main_file;
    return own_place(context, expansion);
}

static void read_place(Context *context, PyObject *node, int64_t *cell, Py_ssize_t rows) {
    Place named = place_of(context, under(node, context->words[LOC])), begin = named, end = named;
    PyObject *span = under(node, context->words[RANGE]);
    if (span != NULL && is_a(span, &PyDict_Type)) {
        begin = place_of(context, under(span, context->words[BEGIN]));
        end = place_of(context, under(span, context->words[END]));
    }
    if (!begin.is_known) begin = named;
    if (!end.is_known) end = begin;
    if (!named.is_known) named = begin;
    const int64_t nowhere[PLACE_COLUMNS] = {-1, -1, 0, -1, 0, -1, 0, -1, 0};
    const int64_t known[PLACE_COLUMNS] = {
        begin.offset, end.offset + end.length, begin.line, begin.col - 1, end.line, end.col + end.length - 1,
        named.line,   named.col,               begin.in_main};
    for (int i = 0; i < PLACE_COLUMNS; i++) cell[i * rows] = begin.is_known ? known[i] : nowhere[i];
}

PyObject *clang_places(PyObject *module, PyObject *arguments) {
    PyObject *nodes, *table = NULL, *line = NULL, *found = NULL;
    Context context;
    long long first_line;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!OLO", &PyList_Type, &nodes, &context.file, &first_line, &context.main_file))
        return NULL;
    context.line = first_line;
    int words = 0;
    for (; words < MOST_WORDS; words++)
        if ((context.words[words] = PyUnicode_InternFromString(WORDS[words])) == NULL) goto done;
    Py_ssize_t rows = PyList_Size(nodes);
    table = PyByteArray_FromStringAndSize(NULL, rows * PLACE_COLUMNS * (Py_ssize_t)sizeof(int64_t));
    if (table == NULL) goto done;
    int64_t *cells = (int64_t *)PyByteArray_AsString(table);
    for (Py_ssize_t i = 0; i < rows; i++) read_place(&context, PyList_GetItem(nodes, i), cells + i, rows);
    line = PyLong_FromLongLong(context.line);
    if (line != NULL) found = PyTuple_Pack(4, table, context.file, line, context.main_file);
done:
    while (words) Py_DecRef(context.words[--words]);
    if (table) Py_DecRef(table);
    if (line) Py_DecRef(line);
    return found;
}
