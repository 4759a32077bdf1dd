/* Guards: which rules can find anything in a node, by what is declared of them in `dialects/guards.py`. */

#include "walk.h"

enum { ANY, ALL, IS, IS_TRUE, LACKS, OUTSIDE, NOTED };

/* -- taking them --------------------------------------------------------------------------------------- */

static int add_keys(Plan *plan, PyObject *words, Range *taken) {
    Py_ssize_t count = PyTuple_Size(words);
    if (count < 0) return -1;
    if (plan->paths.count > INT32_MAX / 2 || count > INT32_MAX / 2) {
        PyErr_NoMemory();
        return -1;
    }
    *taken = (Range){(int32_t)plan->paths.count, (int32_t)count};
    if (reserve_many(&plan->paths, (size_t)count, sizeof(int32_t))) return -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(words, i), &size);
        int32_t key = text == NULL ? NO_WORD : key_number(plan, text, (size_t)size);
        if (key == NO_WORD) return -1;
        ((int32_t *)plan->paths.items)[plan->paths.count++] = key;
    }
    return 0;
}

int32_t add_guard(Plan *plan, PyObject *guard) {
    if (guard == &_Py_NoneStruct) return ALWAYS;
    Py_ssize_t count = PyTuple_Size(guard);
    long asked = count < 1 ? -1 : PyLong_AsLong(PyTuple_GetItem(guard, 0));
    if (asked < ANY || asked > NOTED || plan->guards.count > INT32_MAX / 2) goto bad;
    if (reserve(&plan->guards, sizeof(Guard))) return BAD_GUARD;
    int32_t place = (int32_t)plan->guards.count++;
    Guard taken = {(int32_t)asked, 0, {0, 0}, {0, 0}};
    if (asked == ANY || asked == ALL) {
        for (Py_ssize_t i = 1; i < count; i++)
            if (add_guard(plan, PyTuple_GetItem(guard, i)) < 0) goto bad;
        taken.inner = (int32_t)plan->guards.count - place - 1;
    } else if (asked == IS || asked == IS_TRUE || asked == LACKS) {
        if (count != (asked == IS ? 3 : 2) || add_keys(plan, PyTuple_GetItem(guard, 1), &taken.path) ||
            taken.path.count == 0 || (asked == IS && add_keys(plan, PyTuple_GetItem(guard, 2), &taken.words)))
            goto bad;
    }
    ((Guard *)plan->guards.items)[place] = taken;
    return place;
bad:
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no guard");
    return BAD_GUARD;
}

static int add_reading(Plan *plan, PyObject *given) {
    PyObject *path, *guard, *word, *before;
    Reading reading;
    if (!PyArg_ParseTuple(given, "OOOOi", &path, &guard, &word, &before, &reading.flags)) return -1;
    reading.guard = add_guard(plan, guard);
    reading.word = key_of(plan, word);
    reading.before = key_of(plan, before);
    if (PyErr_Occurred() || add_keys(plan, path, &reading.path) || reserve(&plan->readings, sizeof(Reading)))
        return -1;
    ((Reading *)plan->readings.items)[plan->readings.count++] = reading;
    return 0;
}

int add_readings(Plan *plan, PyObject *readings, Range *taken) {
    Py_ssize_t count = PyTuple_Size(readings);
    if (count < 0) return -1;
    *taken = (Range){(int32_t)plan->readings.count, (int32_t)count};
    for (Py_ssize_t i = 0; i < count; i++)
        if (add_reading(plan, PyTuple_GetItem(readings, i))) return -1;
    return 0;
}

int add_links(Plan *plan, PyObject *links) {
    Py_ssize_t count = PyTuple_Size(links);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *type, *readings;
        Range taken;
        Py_ssize_t size;
        if (!PyArg_ParseTuple(PyTuple_GetItem(links, i), "OO", &type, &readings)) return -1;
        const char *text = PyUnicode_AsUTF8AndSize(type, &size);
        if (text == NULL || add_readings(plan, readings, &taken)) return -1;
        if (size == 0) {
            plan->other_links = taken;
            continue;
        }
        int32_t number = word_number(&plan->chained, text, (size_t)size);
        if (number == NO_WORD) return -1;
        if ((size_t)number != plan->links.count) {
            PyErr_SetString(PyExc_ValueError, "a type's links are declared twice");
            return -1;
        }
        if (reserve(&plan->links, sizeof(Range))) return -1;
        ((Range *)plan->links.items)[plan->links.count++] = taken;
    }
    return count < 0 ? -1 : 0;
}

/* -- asking them --------------------------------------------------------------------------------------- */

yyjson_val *value_under(Walk *walk, yyjson_val *object, int32_t key) {
    if (object == walk->object) return member(walk, key);
    const Word *word = word_of(walk->plan, key);
    yyjson_val *found = NULL, *at = unsafe_yyjson_get_first(object);
    for (size_t left = unsafe_yyjson_get_len(object); left; left--, at = unsafe_yyjson_get_next(at + 1))
        if (has_text(at, word->text, word->size)) found = at + 1;
    return found;
}

static int is_word(Walk *walk, Range words, yyjson_val *value) {
    if (!unsafe_yyjson_is_str(value)) return 0;
    for (int32_t i = 0; i < words.count; i++) {
        const Word *word = word_of(walk->plan, ((int32_t *)walk->plan->paths.items)[words.first + i]);
        if (has_text(value, word->text, word->size)) return 1;
    }
    return 0;
}

/* Whether what is asked holds at the end of a path, from its key `step` on. There are few keys in a path, and no
   other recursion. */
static int holds_at(Walk *walk, const Guard *guard, yyjson_val *value, int32_t step) {
    for (; step < guard->path.count; step++) {
        if (unsafe_yyjson_is_arr(value) && step > 0) {
            yyjson_val *item = unsafe_yyjson_get_first(value);
            for (size_t left = unsafe_yyjson_get_len(value); left; left--, item = unsafe_yyjson_get_next(item))
                if (unsafe_yyjson_is_obj(item) && holds_at(walk, guard, item, step)) return 1;
            return 0;
        }
        if (!unsafe_yyjson_is_obj(value)) return 0;
        value = value_under(walk, value, ((int32_t *)walk->plan->paths.items)[guard->path.first + step]);
        if (value == NULL) return guard->asked == LACKS;
    }
    if (guard->asked == IS) return is_word(walk, guard->words, value);
    return guard->asked == IS_TRUE && unsafe_yyjson_is_true(value);
}

int holds(Walk *walk, yyjson_val *object, int32_t place) {
    if (place == ALWAYS) return YES;
    const Guard *guard = (Guard *)walk->plan->guards.items + place;
    if (guard->asked == OUTSIDE) return walk->in_function ? NO : YES;
    if (guard->asked == NOTED) return IF_NOTED;
    if (guard->asked != ANY && guard->asked != ALL) return holds_at(walk, guard, object, 0) ? YES : NO;
    int found = guard->asked == ANY ? NO : YES;
    for (int32_t at = place + 1; at <= place + guard->inner;) {
        int one = holds(walk, object, at);
        if (guard->asked == ANY ? one > found : one < found) found = one;
        if (found == (guard->asked == ANY ? YES : NO)) break;
        at += 1 + ((Guard *)walk->plan->guards.items)[at].inner;
    }
    return found;
}
