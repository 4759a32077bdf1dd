/* Depths of trees in preorder → who is whose child, and where subtrees end. */

#include "rows.h"

PyObject *shape(PyObject *module, PyObject *arguments) {
    Py_buffer views[4] = {{0}};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*w*w*w*", &views[0], &views[1], &views[2], &views[3])) return NULL;
    const int32_t *depth = views[0].items;
    int32_t *parent = views[1].items, *child_index = views[2].items, *end = views[3].items;
    Py_ssize_t count = numbers_in(&views[0]);
    if (count > INT32_MAX || numbers_in(&views[1]) != count || numbers_in(&views[2]) != count ||
        numbers_in(&views[3]) != count)
        return finish(views, 4, "columns are not of one length");
    Buffer open = {0}; /* the last row on each level down to the current one */
    for (int32_t row = 0; row < count; row++) {
        size_t level = (size_t)depth[row];
        if (depth[row] < 0 || level > open.count) {
            PyMem_Free(open.items);
            return finish(views, 4, "depths are not those of trees in preorder");
        }
        if (reserve(&open, sizeof(int32_t))) {
            PyMem_Free(open.items);
            for (int i = 0; i < 4; i++) PyBuffer_Release(&views[i]);
            return NULL;
        }
        int32_t *last = open.items;
        child_index[row] = level > 0 && level < open.count ? child_index[last[level]] + 1 : 0;
        while (open.count > level) end[last[--open.count]] = row;
        parent[row] = level > 0 ? last[level - 1] : -1;
        last[open.count++] = row;
    }
    for (int32_t *last = open.items; open.count > 0;) end[last[--open.count]] = (int32_t)count;
    PyMem_Free(open.items);
    return finish(views, 4, NULL);
}
