/* Definitions in one another → symbols with what they stand in. The twin is `nested` of `trees/columns/nested.py`. */

#include <string.h>

#include "rows.h"

enum { ROW, END, IS_LEFT_OUT, IN_CLASS, KIND, NAME_ENDS, NAMES, QUALIFIER_ENDS, QUALIFIERS, SEPARATOR, SEPARATOR_ENDS };
enum { SEPARATORS = SEPARATOR_ENDS + 1, VIEWS };

/* A symbol that was not ended yet. `above` is the one open in whose subtree it is, as places in the stack. */
typedef struct {
    int32_t end, row, place, above;
} Open;

typedef struct {
    Buffer kept, kinds, parents, ends, text, open;
} Symbols;

/* The codes of kinds whose meaning depends on where a definition stands. */
typedef struct {
    int function, method, variable, field;
} Kinds;

static int add_number(Buffer *buffer, int32_t number) {
    if (reserve(buffer, sizeof(number))) return -1;
    ((int32_t *)buffer->items)[buffer->count++] = number;
    return 0;
}

/* One of the strings that end at `ends`, the first of which is a beginning. */
static const char *string_at(const Py_buffer *ends, const Py_buffer *text, Py_ssize_t index, size_t *size) {
    const int32_t *end = ends->items;
    *size = (size_t)(end[index + 1] - end[index]);
    return (const char *)text->items + end[index];
}

static const char *check_strings(const Py_buffer *ends, const Py_buffer *text, Py_ssize_t count) {
    const int32_t *end = ends->items;
    if (count < 0 || numbers_in(ends) != count + 1 || end[0] < 0) return "columns are not of one length";
    for (Py_ssize_t i = 0; i < count; i++)
        if (end[i + 1] < end[i]) return "a string that ends before it begins";
    return end[count] > text->len ? "a string that is not in the text" : NULL;
}

static const char *check(const Py_buffer *v) {
    Py_ssize_t count = numbers_in(&v[ROW]), separators = numbers_in(&v[SEPARATOR_ENDS]) - 1;
    if (numbers_in(&v[END]) != count || v[IS_LEFT_OUT].len != count || v[IN_CLASS].len != count ||
        numbers_in(&v[KIND]) != count || numbers_in(&v[SEPARATOR]) != count || count > INT32_MAX - 1)
        return "columns are not of one length";
    const int32_t *row = v[ROW].items, *separator = v[SEPARATOR].items;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (i > 0 && row[i] < row[i - 1]) return "rows are not in order";
        if (separator[i] < 0 || separator[i] >= separators) return "a separator that there is not";
    }
    const char *wrong = check_strings(&v[NAME_ENDS], &v[NAMES], count);
    if (wrong == NULL) wrong = check_strings(&v[QUALIFIER_ENDS], &v[QUALIFIERS], count);
    return wrong != NULL ? wrong : check_strings(&v[SEPARATOR_ENDS], &v[SEPARATORS], separators);
}

/* Write a dot for each separator in the text from `start` on. */
static void replace_separators(Buffer *text, size_t start, const char *separator, size_t size) {
    char *to = (char *)text->items + start;
    const char *from = to, *stop = (char *)text->items + text->count;
    if (size == 0 || (size == 1 && *separator == '.')) return;
    while (from < stop) {
        if ((size_t)(stop - from) >= size && memcmp(from, separator, size) == 0) {
            *to++ = '.';
            from += size;
        } else
            *to++ = *from++;
    }
    text->count = (size_t)(to - (char *)text->items);
}

static int add_part(Buffer *text, size_t start, const char *part, size_t size) {
    if (size == 0) return 0;
    if (reserve_many(text, size + 1, 1)) return -1;
    if (text->count > start) ((char *)text->items)[text->count++] = '.';
    memcpy((char *)text->items + text->count, part, size);
    text->count += size;
    return 0;
}

/* The qualified name of a definition in the symbol at `parent`; -1 with an error set. */
static int add_name(Symbols *symbols, const Py_buffer *v, Py_ssize_t index, int32_t parent) {
    Buffer *text = &symbols->text;
    size_t start = text->count, size, before = 0, begin = 0;
    if (parent >= 0) {
        const int32_t *ends = symbols->ends.items;
        begin = (size_t)ends[parent];
        before = (size_t)(ends[parent + 1] - ends[parent]);
    }
    if (reserve_many(text, before + 1, 1)) return -1; /* so that what is copied stays where it is */
    if (add_part(text, start, (char *)text->items + begin, before)) return -1;
    const char *part = string_at(&v[QUALIFIER_ENDS], &v[QUALIFIERS], index, &size);
    if (add_part(text, start, part, size)) return -1;
    part = string_at(&v[NAME_ENDS], &v[NAMES], index, &size);
    if (add_part(text, start, part, size)) return -1;
    part = string_at(&v[SEPARATOR_ENDS], &v[SEPARATORS], ((const int32_t *)v[SEPARATOR].items)[index], &size);
    replace_separators(text, start, part, size);
    if (text->count > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "more text than one column can hold");
        return -1;
    }
    return add_number(&symbols->ends, (int32_t)text->count);
}

/* The place of the symbol around a row, -1 for none. Symbols of one row do not stand in each other. */
static int32_t innermost(const Buffer *open, int32_t row) {
    const Open *items = open->items;
    int32_t top = (int32_t)open->count - 1;
    if (top >= 0 && items[top].row == row) top = items[top].above;
    return top;
}

static int add_symbol(Symbols *symbols, const Py_buffer *v, Py_ssize_t index, Kinds codes) {
    int32_t row = ((const int32_t *)v[ROW].items)[index], end = ((const int32_t *)v[END].items)[index];
    int32_t kind = ((const int32_t *)v[KIND].items)[index];
    Buffer *open = &symbols->open;
    while (open->count && ((Open *)open->items)[open->count - 1].end <= row) open->count--;
    int32_t above = innermost(open, row), parent = above < 0 ? -1 : ((Open *)open->items)[above].place;
    if (kind == codes.field && parent >= 0) {
        int32_t around = ((int32_t *)symbols->kinds.items)[parent];
        /* Declared by a constructor's parameter. */
        if (around == codes.function || around == codes.method) parent = ((int32_t *)symbols->parents.items)[parent];
    }
    if (((const uint8_t *)v[IN_CLASS].items)[index]) {
        if (kind == codes.function)
            kind = codes.method;
        else if (kind == codes.variable)
            kind = codes.field;
    }
    if (reserve(open, sizeof(Open))) return -1;
    ((Open *)open->items)[open->count++] = (Open){end, row, (int32_t)symbols->kept.count, above};
    return add_name(symbols, v, index, parent) || add_number(&symbols->kept, (int32_t)index) ||
           add_number(&symbols->kinds, kind) || add_number(&symbols->parents, parent);
}

PyObject *nest_symbols(PyObject *module, PyObject *arguments) {
    Py_buffer v[VIEWS] = {{0}};
    Kinds codes;
    Symbols symbols = {{0}, {0}, {0}, {0}, {0}, {0}};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*y*y*y*y*y*y*y*iiii", &v[ROW], &v[END], &v[IS_LEFT_OUT], &v[IN_CLASS],
                          &v[KIND], &v[NAME_ENDS], &v[NAMES], &v[QUALIFIER_ENDS], &v[QUALIFIERS], &v[SEPARATOR],
                          &v[SEPARATOR_ENDS], &v[SEPARATORS], &codes.function, &codes.method, &codes.variable,
                          &codes.field))
        return NULL;
    const char *wrong = check(v);
    if (wrong != NULL) return finish(v, VIEWS, wrong);
    const uint8_t *is_left_out = v[IS_LEFT_OUT].items;
    int failed = add_number(&symbols.ends, 0);
    for (Py_ssize_t i = 0; i < numbers_in(&v[ROW]) && !failed; i++)
        if (!is_left_out[i]) failed = add_symbol(&symbols, v, i, codes);
    Buffer *buffers[] = {&symbols.kept, &symbols.kinds, &symbols.parents, &symbols.ends, &symbols.text, &symbols.open};
    PyObject *found = failed ? NULL : byte_columns(buffers, 5, (const size_t[]){4, 4, 4, 4, 1});
    for (int i = 0; i < 6; i++) PyMem_Free(buffers[i]->items);
    for (int i = 0; i < VIEWS; i++) PyBuffer_Release(&v[i]);
    return found;
}
