/* What is declared of rules for definitions (`dialects/defining.py`), as it is taken into a plan. */

#include "walk.h"

static int add_mark(Plan *plan, PyObject *given) {
    PyObject *guard, *path, *each, *words, *bits;
    Mark mark;
    if (!PyArg_ParseTuple(given, "OiOOOO", &guard, &mark.bit, &path, &each, &words, &bits)) return -1;
    mark.guard = add_guard(plan, guard);
    if (mark.guard == BAD_GUARD || add_path(plan, path, &mark.path) || add_readings(plan, each, &mark.each) ||
        add_words(plan, words, &mark.words))
        return -1;
    /* Behind the words their bits, in the same order. */
    if (PyTuple_Size(bits) != mark.words.count) return -1;
    if (reserve_many(&plan->paths, (size_t)mark.words.count, sizeof(int32_t))) return -1;
    for (int32_t i = 0; i < mark.words.count; i++) {
        long bit = PyLong_AsLong(PyTuple_GetItem(bits, i));
        if (bit < 0 || bit > 31) return -1;
        ((int32_t *)plan->paths.items)[plan->paths.count++] = (int32_t)bit;
    }
    if (mark.bit > 31 || reserve(&plan->marks, sizeof(Mark))) return -1;
    ((Mark *)plan->marks.items)[plan->marks.count++] = mark;
    return 0;
}

static int add_listing(Plan *plan, PyObject *given) {
    PyObject *path, *each, *prefix, *guard, *before, *after;
    Listing listing;
    if (!PyArg_ParseTuple(given, "OOOOOOi", &path, &each, &prefix, &guard, &before, &after, &listing.flags)) return -1;
    listing.guard = add_guard(plan, guard);
    listing.prefix = key_of(plan, prefix);
    listing.before = key_of(plan, before);
    listing.after = key_of(plan, after);
    if (PyErr_Occurred() || add_path(plan, path, &listing.path) || add_readings(plan, each, &listing.each) ||
        reserve(&plan->listings, sizeof(Listing)))
        return -1;
    ((Listing *)plan->listings.items)[plan->listings.count++] = listing;
    return 0;
}

static int add_all(Plan *plan, PyObject *given, Buffer *buffer, Range *taken, int (*add)(Plan *, PyObject *)) {
    Py_ssize_t count = PyTuple_Size(given);
    if (count < 0) return -1;
    *taken = (Range){(int32_t)buffer->count, (int32_t)count};
    for (Py_ssize_t i = 0; i < count; i++)
        if (add(plan, PyTuple_GetItem(given, i))) return -1;
    return 0;
}

static int take_defining(Plan *plan, PyObject *given, Defining *taken) {
    PyObject *guard, *kind, *name, *at, *body, *listings, *modifiers, *marks, *visibility, *outer, *doc, *member;
    PyObject *exported;
    if (!PyArg_ParseTuple(given, "OiOOOOOOOOOOOO", &guard, &taken->flags, &kind, &name, &at, &body, &listings,
                          &modifiers, &marks, &visibility, &outer, &doc, &member, &exported))
        return -1;
    taken->guard = add_guard(plan, guard);
    taken->exported = add_guard(plan, exported);
    taken->kind = key_of(plan, kind);
    if (taken->guard == BAD_GUARD || taken->exported == BAD_GUARD || PyErr_Occurred()) return -1;
    taken->listings = (Range){0, -1};
    if (listings != &_Py_NoneStruct && add_all(plan, listings, &plan->listings, &taken->listings, add_listing)) return -1;
    return add_readings(plan, name, &taken->name) || add_path(plan, at, &taken->at) ||
                   add_path(plan, body, &taken->body) || add_words(plan, modifiers, &taken->modifiers) ||
                   add_all(plan, marks, &plan->marks, &taken->marks, add_mark) ||
                   add_readings(plan, visibility, &taken->visibility) ||
                   add_readings(plan, outer, &taken->outer_visibility) || add_readings(plan, doc, &taken->doc) ||
                   add_path(plan, member, &taken->qualified_by)
               ? -1
               : 0;
}

/* All of them are taken before the first is added, so that they follow each other. */
int add_definings(Plan *plan, PyObject *definings, Range *taken) {
    Py_ssize_t count = PyTuple_Size(definings);
    if (count < 0) return -1;
    *taken = (Range){(int32_t)plan->definings.count, (int32_t)count};
    for (Py_ssize_t i = 0; i < count; i++) {
        Defining one;
        if (take_defining(plan, PyTuple_GetItem(definings, i), &one) || reserve(&plan->definings, sizeof(Defining))) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no plan of definitions");
            return -1;
        }
        ((Defining *)plan->definings.items)[plan->definings.count++] = one;
    }
    return 0;
}
