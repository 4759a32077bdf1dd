/* Guards: which rules can find anything in a node, by what is declared of them in `dialects/guards.py`. */

#include "walk.h"

enum { ANY, ALL, IS, IS_TRUE, LACKS, OUTSIDE, NOTED, NOT, EMPTY, BEGINS, ENDS, STANDS };

/* -- taking them --------------------------------------------------------------------------------------- */

/* The index that a step is, -1 for a key. */
static int32_t read_index(const char *text, Py_ssize_t size) {
    int32_t index = 0;
    if (size < 1 || size > 6) return -1;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        index = 10 * index + (text[i] - '0');
    }
    return index;
}

typedef int32_t Reader(Plan *plan, const char *text, size_t size);

/* The step that a word in a path is; NO_WORD with an error set. */
static int32_t read_step(Plan *plan, const char *text, size_t size) {
    if (size == 1 && *text == '^') return STEP_UP;
    int32_t index = read_index(text, (Py_ssize_t)size);
    return index < 0 ? key_number(plan, text, size) : step_of_index(index);
}

static int add_with(Plan *plan, PyObject *words, Range *taken, Reader *read) {
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
        int32_t key = text == NULL ? NO_WORD : read(plan, text, (size_t)size);
        if (key == NO_WORD) return -1;
        ((int32_t *)plan->paths.items)[plan->paths.count++] = key;
    }
    return 0;
}

int add_words(Plan *plan, PyObject *words, Range *taken) { return add_with(plan, words, taken, key_number); }
int add_path(Plan *plan, PyObject *path, Range *taken) { return add_with(plan, path, taken, read_step); }

uint32_t note_bit(Plan *plan, PyObject *word) {
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(word, &size);
    int32_t number = text == NULL ? NO_WORD : known_word(&plan->note_words, text, (size_t)size);
    if (number != NO_WORD) return 1u << number;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no note");
    return 0;
}

int32_t add_guard(Plan *plan, PyObject *guard) {
    if (guard == &_Py_NoneStruct) return ALWAYS;
    Py_ssize_t count = PyTuple_Size(guard);
    long asked = count < 1 ? -1 : PyLong_AsLong(PyTuple_GetItem(guard, 0));
    if (asked < ANY || asked > STANDS || plan->guards.count > INT32_MAX / 2) goto bad;
    if (reserve(&plan->guards, sizeof(Guard))) return BAD_GUARD;
    int32_t place = (int32_t)plan->guards.count++;
    Guard taken = {(int32_t)asked, 0, {0, 0}, {0, 0}, 0, 0};
    int has_words = asked == IS || asked == BEGINS || asked == ENDS || asked == STANDS;
    if (asked == ANY || asked == ALL || asked == NOT) {
        if (asked == NOT && count != 2) goto bad;
        for (Py_ssize_t i = 1; i < count; i++)
            if (add_guard(plan, PyTuple_GetItem(guard, i)) < 0) goto bad;
        taken.inner = (int32_t)plan->guards.count - place - 1;
    } else if (asked == NOTED) {
        for (Py_ssize_t i = 1; i < count; i++) taken.notes |= note_bit(plan, PyTuple_GetItem(guard, i));
        if (PyErr_Occurred()) goto bad;
    } else if (asked != OUTSIDE) {
        if (count != (has_words ? 3 : 2) || add_path(plan, PyTuple_GetItem(guard, 1), &taken.path) ||
            taken.path.count == 0 || (has_words && add_words(plan, PyTuple_GetItem(guard, 2), &taken.words)))
            goto bad;
        if (asked == STANDS && (taken.field = field_of(plan, ((int32_t *)plan->paths.items)[taken.path.first])) == UNASKED)
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
    if (PyErr_Occurred() || add_path(plan, path, &reading.path) || reserve(&plan->readings, sizeof(Reading)))
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

static int is_word(Walk *walk, const Guard *guard, yyjson_val *value) {
    if (!unsafe_yyjson_is_str(value)) return 0;
    const char *text = unsafe_yyjson_get_str(value);
    size_t size = unsafe_yyjson_get_len(value);
    for (int32_t i = 0; i < guard->words.count; i++) {
        const Word *word = word_of(walk->plan, ((int32_t *)walk->plan->paths.items)[guard->words.first + i]);
        if (guard->asked == IS ? word->size != size : word->size > size) continue;
        if (is_same(text + (guard->asked == ENDS ? size - word->size : 0), word->text, word->size)) return 1;
    }
    return 0;
}

#define FEW_MEMBERS 16 /* which are looked through as fast as answers are */

/* The same of a node in which others stand, or of an object in it: of one with many members each of them would look
   through all. */
static yyjson_val *value_above(Walk *walk, yyjson_val *object, int32_t key) {
    Buffer *answers = &walk->answers;
    if (unsafe_yyjson_get_len(object) <= FEW_MEMBERS) return value_under(walk, object, key);
    const Answer *known = (Answer *)answers->items + answers->count;
    int32_t depth = walk->depth - 1, given = 0;
    for (size_t left = answers->count; left && (--known)->depth == depth; left--, given++)
        if (known->object == object && known->key == key) return known->value;
    yyjson_val *value = value_under(walk, object, key);
    if (given < MOST_ANSWERS && answers->count < answers->room)
        ((Answer *)answers->items)[answers->count++] = (Answer){object, value, key, depth};
    return value;
}

/* What a list has under a key, or an object at an index, is for Python to say. */
yyjson_val *value_on(Walk *walk, yyjson_val *value, Range path, int32_t at) {
    const int32_t *steps = (int32_t *)walk->plan->paths.items + path.first, step = steps[at];
    if (step == STEP_UP) {
        const Level *level = level_above(walk);
        walk->is_unsure |= level == NULL || value != walk->object;
        return level == NULL || value != walk->object ? NULL : level->object;
    }
    if (unsafe_yyjson_is_arr(value)) {
        if (is_index(step)) {
            size_t index = (size_t)index_of_step(step);
            return index < unsafe_yyjson_get_len(value) ? yyjson_arr_get(value, index) : NULL;
        }
        walk->is_unsure = 1;
        return NULL;
    }
    if (!unsafe_yyjson_is_obj(value)) return NULL;
    if (!is_index(step))
        return *steps == STEP_UP ? value_above(walk, value, step) : value_under(walk, value, step);
    walk->is_unsure = 1;
    return NULL;
}

/* Whether nothing is at the end of a path, or null; anything else than an object there is for Python to say. */
static int is_empty(Walk *walk, const Guard *guard, yyjson_val *value) {
    for (int32_t i = 0; i < guard->path.count && value != NULL; i++) {
        if (!unsafe_yyjson_is_ctn(value)) walk->is_unsure |= !unsafe_yyjson_is_null(value);
        value = value_on(walk, value, guard->path, i);
    }
    if (value == NULL || unsafe_yyjson_is_null(value)) return 1;
    walk->is_unsure |= !unsafe_yyjson_is_obj(value) || unsafe_yyjson_get_len(value) == 0;
    return 0;
}

/* Whether the node stands in this field of a node of one of these types. */
static int stands_in(Walk *walk, const Guard *guard) {
    Plan *plan = walk->plan;
    const Level *level = level_above(walk);
    if (level == NULL) return 0;
    if (guard->field <= 0) return walk->is_unsure = 1; /* its name is one of too many */
    if (guard->field != walk->field) return 0;
    const Word *type = (Word *)plan->types.words.items + level->type;
    for (int32_t i = 0; i < guard->words.count; i++) {
        const Word *word = word_of(plan, ((int32_t *)plan->paths.items)[guard->words.first + i]);
        if (word->size == type->size && is_same(word->text, type->text, type->size)) return 1;
    }
    return 0;
}

/* Whether what is asked holds at the end of a path, from its key `step` on. There are few keys in a path, and no
   other recursion. */
static int holds_at(Walk *walk, const Guard *guard, yyjson_val *value, int32_t step) {
    for (; step < guard->path.count; step++) {
        int32_t key = ((int32_t *)walk->plan->paths.items)[guard->path.first + step];
        if (unsafe_yyjson_is_arr(value) && step > 0 && !is_index(key)) {
            walk->is_unsure = 1; /* in one of its items is more than most rules look for */
            yyjson_val *item = unsafe_yyjson_get_first(value);
            for (size_t left = unsafe_yyjson_get_len(value); left; left--, item = unsafe_yyjson_get_next(item))
                if (unsafe_yyjson_is_obj(item) && holds_at(walk, guard, item, step)) return 1;
            return 0;
        }
        if (!unsafe_yyjson_is_ctn(value)) return 0;
        value = value_on(walk, value, guard->path, step);
        if (value == NULL) return guard->asked == LACKS;
    }
    if (guard->asked == IS || guard->asked == BEGINS || guard->asked == ENDS) return is_word(walk, guard, value);
    return guard->asked == IS_TRUE && unsafe_yyjson_is_true(value);
}

int holds(Walk *walk, yyjson_val *object, int32_t place) {
    if (place == ALWAYS) return YES;
    const Guard *guard = (Guard *)walk->plan->guards.items + place;
    if (guard->asked == OUTSIDE) return walk->in_function ? NO : YES;
    if (guard->asked == NOTED) return guard->notes == 0 ? IF_NOTED : walk->notes & guard->notes ? YES : NO;
    if (guard->asked == EMPTY) return is_empty(walk, guard, object) ? YES : NO;
    if (guard->asked == STANDS) return stands_in(walk, guard) ? YES : NO;
    if (guard->asked == NOT) return YES - holds(walk, object, place + 1);
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
