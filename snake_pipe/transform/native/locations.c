/* ESTree's locations cut out of a text before it is decoded; `trees.positions.locations` says why.

   The text that is left has the number of a location in its place. */

#include "loops.h"

/* What is kept of a location. */
typedef struct {
    int32_t line, column, end_line, end_column;
} Location;

/* A text that is read forwards. Python ends it with a NUL byte, which nothing below takes for more text. */
typedef const char *Text;

/* Step over exactly these characters; NULL where there are others. */
static Text after(Text at, Text expected) {
    if (at == NULL) return NULL;
    while (*expected != '\0')
        if (*at++ != *expected++) return NULL;
    return at;
}

/* Step over a number as JSON writes it, from 0 to 999,999,999. */
static Text after_number(Text at, int32_t *number) {
    if (at == NULL || *at < '0' || *at > '9') return NULL;
    Text first = at;
    int32_t value = 0;
    while (*at >= '0' && *at <= '9') {
        if (at - first == 9) return NULL;
        value = 10 * value + (*at++ - '0');
    }
    if (*first == '0' && at - first > 1) return NULL;
    *number = value;
    return at;
}

/* Step over {"line":1,"column":0}, with or without Babel's "index". */
static Text after_point(Text at, int32_t *line, int32_t *column) {
    int32_t index;
    at = after_number(after(at, "{\"line\":"), line);
    at = after_number(after(at, ",\"column\":"), column);
    Text more = after(at, ",\"index\":");
    if (more != NULL) at = after_number(more, &index);
    return after(at, "}");
}

/* Step over a location, with or without Babel's "identifierName". */
static Text after_location(Text at, Location *location) {
    at = after_point(after(at, "{\"start\":"), &location->line, &location->column);
    at = after_point(after(at, ",\"end\":"), &location->end_line, &location->end_column);
    Text more = after(at, ",\"identifierName\":\"");
    if (more != NULL) {
        while (*more >= ' ' && *more != '"' && *more != '\\' && (unsigned char)*more < 0x7f) more++;
        at = after(more, "\"");
    }
    return after(at, "}");
}

static char *copy(char *to, Text from, Text end) {
    while (from < end) *to++ = *from++;
    return to;
}

static char *write_number(char *to, size_t number) {
    char digits[20];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count) *to++ = digits[--count];
    return to;
}

PyObject *cut_locations(PyObject *module, PyObject *arguments) {
    char *text;
    Py_ssize_t size;
    PyObject *bytes, *found = NULL, *rest = NULL, *table = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O", &bytes) || PyBytes_AsStringAndSize(bytes, &text, &size)) return NULL;
    Buffer cut = {NULL, 0, 0};
    char *written = PyMem_Calloc((size_t)size + 1, 1), *to = written;
    if (written == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    Text end = text + size, copied = text;
    for (Text at = text + 1; at < end; at++) {
        if (*at != 'l' || at[-1] != '"') continue;
        Text value = after(at, "loc\"");
        if (value == NULL || at - 1 == text) continue;
        if (at[-2] != ',' && at[-2] != '{' && (unsigned char)at[-2] > ' ') continue; /* a value, or in a string */
        if (*value == ',' || *value == ']' || *value == '}') continue; /* an item of a list */
        value = after(value, ":");
        /* Spaces, or what a number that stands for a location could be taken for. */
        if (value == NULL || (*value != '{' && *value != 'n')) goto none;
        if (reserve(&cut, sizeof(Location))) goto done;
        Text next = after_location(value, (Location *)cut.items + cut.count);
        if (next == NULL) continue;
        to = copy(to, copied, value);
        to = write_number(to, cut.count++);
        copied = at = next;
    }
    if (cut.count == 0) goto none;
    to = copy(to, copied, end);
    rest = PyBytes_FromStringAndSize(written, to - written);
    table = PyByteArray_FromStringAndSize(cut.items, (Py_ssize_t)(cut.count * sizeof(Location)));
    if (rest != NULL && table != NULL) found = PyTuple_Pack(2, rest, table);
    goto done;
none:
    found = &_Py_NoneStruct;
    Py_IncRef(found);
done:
    PyMem_Free(cut.items);
    PyMem_Free(written);
    if (rest) Py_DecRef(rest);
    if (table) Py_DecRef(table);
    return found;
}
