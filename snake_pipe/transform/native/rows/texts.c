/* Slices of a text → a column of strings. */

#include <string.h>

#include "rows.h"

/* What is wrong with slices of a text of `size` bytes, NULL for nothing; `total` are the bytes of those that are
   present. */
static const char *check(
    const int32_t *start, const int32_t *end, const uint8_t *present, Py_ssize_t count, Py_ssize_t size,
    int64_t *total) {
    *total = 0;
    for (Py_ssize_t row = 0; row < count; row++) {
        if (present != NULL && !present[row]) continue;
        if (start[row] < 0 || end[row] < start[row] || end[row] > size) return "a slice that is not in the text";
        *total += end[row] - start[row];
    }
    return *total > INT32_MAX ? "more text than one column can hold" : NULL;
}

PyObject *cut(PyObject *module, PyObject *arguments) {
    Py_buffer views[4] = {{0}};
    int64_t total;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*z*", &views[0], &views[1], &views[2], &views[3])) return NULL;
    const char *source = views[0].items;
    const int32_t *start = views[1].items, *end = views[2].items;
    const uint8_t *present = views[3].items;
    Py_ssize_t count = numbers_in(&views[1]);
    if (numbers_in(&views[2]) != count || (present != NULL && views[3].len != count))
        return finish(views, 4, "columns are not of one length");
    const char *wrong = check(start, end, present, count, views[0].len, &total);
    if (wrong != NULL) return finish(views, 4, wrong);
    PyObject *answer = NULL, *text = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)total);
    PyObject *ends = PyByteArray_FromStringAndSize(NULL, (count + 1) * (Py_ssize_t)sizeof(int32_t));
    if (text != NULL && ends != NULL) {
        char *to = PyByteArray_AsString(text);
        int32_t *offset = (int32_t *)PyByteArray_AsString(ends), at = 0;
        for (Py_ssize_t row = 0; row < count; row++) {
            offset[row] = at;
            if (present != NULL && !present[row]) continue;
            int32_t length = end[row] - start[row];
            if (length > 0) memcpy(to + at, source + start[row], (size_t)length);
            at += length;
        }
        offset[count] = at;
        answer = PyTuple_Pack(2, ends, text);
    }
    if (text != NULL) Py_DecRef(text);
    if (ends != NULL) Py_DecRef(ends);
    for (int i = 0; i < 4; i++)
        if (views[i].object != NULL) PyBuffer_Release(&views[i]);
    return answer;
}

PyObject *shorten(PyObject *module, PyObject *arguments) {
    Py_buffer views[3] = {{0}};
    Py_ssize_t characters;
    int64_t total;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*w*n", &views[0], &views[1], &views[2], &characters)) return NULL;
    const uint8_t *source = views[0].items;
    const int32_t *start = views[1].items;
    int32_t *end = views[2].items;
    Py_ssize_t count = numbers_in(&views[1]);
    if (numbers_in(&views[2]) != count) return finish(views, 3, "columns are not of one length");
    if (characters < 0 || characters > INT32_MAX) return finish(views, 3, "no number of characters");
    const char *wrong = NULL;
    for (Py_ssize_t row = 0; row < count; row++) {
        if (end[row] - (int64_t)start[row] <= characters) continue;
        wrong = check(start + row, end + row, NULL, 1, views[0].len, &total);
        if (wrong != NULL) break;
        /* No character is longer than four bytes, so this piece always reaches far enough. */
        int64_t stop = start[row] + 4 * (int64_t)characters + 4;
        Py_ssize_t found = 0;
        for (int32_t at = start[row]; at < end[row] && at < stop; at++) {
            if ((source[at] & 0xC0) == 0x80 || found++ < characters) continue;
            end[row] = at;
            break;
        }
    }
    return finish(views, 3, wrong);
}
