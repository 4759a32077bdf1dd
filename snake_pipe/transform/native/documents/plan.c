/* The plan of a dialect: opened with what is declared, and learning keys and types as they are met. */

#include "plan.h"

const char PLAN[] = MODULE ".plan";

int32_t key_number(Plan *plan, const char *text, size_t size) {
    int32_t number = word_number(&plan->keys, text, size);
    if (number == NO_WORD || (size_t)number < plan->key_facts.count) return number;
    if (reserve(&plan->key_facts, sizeof(Key))) return NO_WORD;
    ((Key *)plan->key_facts.items)[plan->key_facts.count++] = (Key){UNASKED, NO_STEP, 0, 0};
    return number;
}

static int32_t number_of(Plan *plan, PyObject *key) {
    if (key == &_Py_NoneStruct) return NO_WORD;
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(key, &size);
    return text == NULL ? NO_WORD : key_number(plan, text, (size_t)size);
}

int32_t type_number(Plan *plan, const char *text, size_t size) {
    int32_t number = word_number(&plan->types, text, size);
    if (number == NO_WORD || (size_t)number < plan->type_facts.count) return number;
    PyObject *word = PyUnicode_FromStringAndSize(text, (Py_ssize_t)size), *learned = NULL, *name, *value;
    if (word != NULL) {
        learned = PyObject_CallFunctionObjArgs(plan->learn, word, NULL);
        Py_DecRef(word);
    }
    if (learned == NULL) return NO_WORD;
    Type type = {0, 0, NO_WORD, NO_WORD};
    int code, flags, failed = !PyArg_ParseTuple(learned, "iOOi", &code, &name, &value, &flags);
    if (!failed) {
        type = (Type){code, flags, number_of(plan, name), number_of(plan, value)};
        failed = PyErr_Occurred() != NULL || reserve(&plan->type_facts, sizeof(Type));
    }
    Py_DecRef(learned);
    if (failed) return NO_WORD;
    ((Type *)plan->type_facts.items)[plan->type_facts.count++] = type;
    return number;
}

int32_t field_of(Plan *plan, int32_t key) {
    if (key_at(plan, key)->field != UNASKED) return key_at(plan, key)->field;
    const Word *word = (Word *)plan->keys.words.items + key;
    PyObject *text = PyUnicode_FromStringAndSize(word->text, (Py_ssize_t)word->size), *code = NULL;
    if (text != NULL) {
        code = PyObject_GetItem(plan->fields, text);
        Py_DecRef(text);
    }
    if (code == NULL) return UNASKED;
    long field = PyLong_AsLong(code);
    Py_DecRef(code);
    if (field == -1 && PyErr_Occurred()) return UNASKED;
    return key_at(plan, key)->field = field < LEAF || field > INT32_MAX ? LEAF : (int32_t)field;
}

/* -- places -------------------------------------------------------------------------------------------- */

/* Flatten ((key, column or the same again), ...) into steps; how many, or -1 with an error set. */
static int flatten(Plan *plan, PyObject *given, Step *steps, int room) {
    int used = 0;
    Py_ssize_t count = PyTuple_Size(given);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key, *target;
        if (used == room || !PyArg_ParseTuple(PyTuple_GetItem(given, i), "OO", &key, &target)) goto bad;
        Step *step = &steps[used++];
        *step = (Step){NULL, 0, 0, -1, 0};
        if (key->type == &PyLong_Type) {
            step->index = PyLong_AsLong(key);
            if (step->index < 0) goto bad;
        } else {
            Py_ssize_t size;
            step->key = PyUnicode_AsUTF8AndSize(key, &size); /* it lives as long as the plan, which is held */
            if (step->key == NULL) goto bad;
            step->key_size = (size_t)size;
        }
        if (target->type == &PyTuple_Type) {
            step->inner = flatten(plan, target, steps + used, room - used);
            if (step->inner < 0) return -1;
            used += step->inner;
        } else {
            long column = PyLong_AsLong(target);
            if (column < 0 || column >= plan->columns) goto bad;
            step->column = (int)column;
        }
    }
    return count < 0 ? -1 : used;
bad:
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no plan of numbers");
    return -1;
}

/* Note with each key the step that begins with it. */
static int note_steps(Plan *plan) {
    for (int i = 0; i < plan->used; i += 1 + plan->steps[i].inner) {
        const Step *step = &plan->steps[i];
        int32_t key = step->key == NULL ? NO_WORD : key_number(plan, step->key, step->key_size);
        if (key == NO_WORD || key_at(plan, key)->place != NO_STEP) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a plan of numbers begins with keys");
            return -1;
        }
        key_at(plan, key)->place = i;
    }
    return 0;
}

void read_places(const Step *step, yyjson_val *value, int64_t *row) {
    if (step->column >= 0) {
        uint64_t number = unsafe_yyjson_is_uint(value) ? unsafe_yyjson_get_uint(value) : UINT64_MAX;
        row[step->column] = number <= INT64_MAX ? (int64_t)number : -1;
        return;
    }
    const Step *end = step + 1 + step->inner;
    /* Where a key is there several times the last one counts, also where it says less. */
    for (const Step *inner = step + 1; inner < end; inner++)
        if (inner->column >= 0) row[inner->column] = -1;
    if (unsafe_yyjson_is_obj(value)) {
        yyjson_val *at = unsafe_yyjson_get_first(value);
        for (size_t left = unsafe_yyjson_get_len(value); left; left--, at = unsafe_yyjson_get_next(at + 1))
            for (const Step *inner = step + 1; inner < end; inner += 1 + inner->inner)
                if (inner->key != NULL && unsafe_yyjson_equals_strn(at, inner->key, inner->key_size))
                    read_places(inner, at + 1, row);
    } else if (unsafe_yyjson_is_arr(value)) {
        yyjson_val *at = unsafe_yyjson_get_first(value);
        int64_t count = (int64_t)unsafe_yyjson_get_len(value);
        for (int64_t index = 0; index < count; index++, at = unsafe_yyjson_get_next(at))
            for (const Step *inner = step + 1; inner < end; inner += 1 + inner->inner)
                if (inner->key == NULL && inner->index == index) read_places(inner, at, row);
    }
}

/* -- opening ------------------------------------------------------------------------------------------- */

static void free_plan_facts(Plan *plan) {
    free_words(&plan->keys);
    free_words(&plan->types);
    PyMem_Free(plan->key_facts.items);
    PyMem_Free(plan->type_facts.items);
    if (plan->held) Py_DecRef(plan->held);
    PyMem_Free(plan);
}

static void free_plan(PyObject *capsule) { free_plan_facts(PyCapsule_GetPointer(capsule, PLAN)); }

PyObject *open_plan(PyObject *module, PyObject *arguments) {
    PyObject *type_key, *fields, *learn, *places;
    int columns;
    Py_ssize_t longest, longest_comment;
    long long seed;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "UO!OO!innL", &type_key, &PyDict_Type, &fields, &learn, &PyTuple_Type, &places,
                          &columns, &longest, &longest_comment, &seed))
        return NULL;
    if (columns < 0 || columns > MOST_STEPS || longest < 0 || longest_comment < 0) {
        PyErr_SetString(PyExc_ValueError, "no plan of numbers");
        return NULL;
    }
    Plan *plan = PyMem_Calloc(1, sizeof(Plan));
    if (plan == NULL) return PyErr_NoMemory();
    plan->held = arguments;
    Py_IncRef(arguments); /* and with it all that is in it */
    plan->fields = fields;
    plan->learn = learn;
    plan->columns = columns;
    plan->longest = (size_t)longest;
    plan->longest_comment = (size_t)longest_comment;
    plan->keys.seed = plan->types.seed = (uint64_t)seed;
    plan->type_key = number_of(plan, type_key);
    plan->used = flatten(plan, places, plan->steps, MOST_STEPS);
    PyObject *capsule = NULL;
    if (plan->type_key != NO_WORD && plan->used >= 0 && note_steps(plan) == 0)
        capsule = PyCapsule_New(plan, PLAN, free_plan);
    if (capsule == NULL) free_plan_facts(plan);
    return capsule;
}
