/* Offsets in a text → lines and columns. */

#include <string.h>

#include "rows.h"

#define STEPS 4 /* lines that are looked at one by one before they are halved */

PyObject *line_starts(PyObject *module, PyObject *arguments) {
    Py_buffer text;
    Buffer starts = {0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*", &text)) return NULL;
    if (text.len > INT32_MAX) return finish(&text, 1, "a text of more than 31 bits");
    const char *begin = text.items, *stop = begin + text.len;
    PyObject *column = NULL;
    for (const char *at = begin; at != NULL;) {
        if (reserve(&starts, sizeof(int32_t))) goto done;
        ((int32_t *)starts.items)[starts.count++] = (int32_t)(at - begin);
        const char *end = at < stop ? memchr(at, '\n', (size_t)(stop - at)) : NULL;
        at = end == NULL ? NULL : end + 1;
    }
    column = PyByteArray_FromStringAndSize(starts.items, (Py_ssize_t)(starts.count * sizeof(int32_t)));
done:
    PyMem_Free(starts.items);
    PyBuffer_Release(&text);
    return column;
}

/* The last of `count` starts, which ascend from 0, that is not behind the offset; looked for from `line` on. */
static Py_ssize_t line_of(const int32_t *start, Py_ssize_t count, Py_ssize_t line, int32_t offset) {
    Py_ssize_t low = 0, high = count; /* start[low] <= offset, and start[high], if there is one, is behind it */
    if (start[line] <= offset) {
        low = line;
        for (int step = 0; step < STEPS; step++) {
            if (low + 1 == count || start[low + 1] > offset) return low;
            low++;
        }
        for (Py_ssize_t width = STEPS; low + width < count; width *= 2) {
            if (start[low + width] > offset) {
                high = low + width;
                break;
            }
            low += width;
        }
    } else
        high = line;
    while (high - low > 1) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (start[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

PyObject *locate(PyObject *module, PyObject *arguments) {
    Py_buffer views[6] = {{0}};
    (void)module;
    if (!PyArg_ParseTuple(
            arguments, "y*y*y*z*w*w*", &views[0], &views[1], &views[2], &views[3], &views[4], &views[5]))
        return NULL;
    const int32_t *start = views[0].items, *offset = views[1].items, *base = views[2].items;
    const int32_t *near = views[3].items;
    int32_t *line = views[4].items, *column = views[5].items;
    Py_ssize_t starts = numbers_in(&views[0]), count = numbers_in(&views[1]);
    if (starts == 0 || start[0] != 0) return finish(views, 6, "a text's first line begins at 0");
    if (numbers_in(&views[2]) != count || (near != NULL && numbers_in(&views[3]) != count) ||
        numbers_in(&views[4]) != count || numbers_in(&views[5]) != count)
        return finish(views, 6, "columns are not of one length");
    Py_ssize_t at = 0, first = 0;
    int32_t file = 0;
    for (Py_ssize_t row = 0; row < count; row++) {
        if (offset[row] < 0 || base[row] < 0) return finish(views, 6, "an offset before the text");
        if (base[row] != file) {
            file = base[row];
            first = line_of(start, starts, at, file);
        }
        if (near != NULL) {
            if (near[row] < 1 || near[row] > starts - first) return finish(views, 6, "no line to look near");
            at = first + near[row] - 1;
        }
        at = line_of(start, starts, at, offset[row]);
        line[row] = (int32_t)(at - first) + 1;
        column[row] = offset[row] - start[at] + 1;
    }
    return finish(views, 6, NULL);
}
