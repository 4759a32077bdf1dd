/* The plan of a dialect: opened with what is declared, and learning keys and types as they are met. */

#include "plan.h"

const char PLAN[] = MODULE ".plan";

int32_t key_number(Plan *plan, const char *text, size_t size) {
    /* Before the word is there: none is without its facts. */
    if (reserve(&plan->key_facts, sizeof(Key))) return NO_WORD;
    int32_t number = word_number(&plan->keys, text, size);
    if (number == NO_WORD || (size_t)number < plan->key_facts.count) return number;
    ((Key *)plan->key_facts.items)[plan->key_facts.count++] = (Key){UNASKED, NO_STEP, NO_WORD, 0, 0, 0};
    return number;
}

int32_t key_of(Plan *plan, PyObject *key) {
    if (key == &_Py_NoneStruct) return NO_WORD;
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(key, &size);
    return text == NULL || size == 0 ? NO_WORD : key_number(plan, text, (size_t)size);
}

/* Take what Python says of a type; -1 with an error set. */
static int take_type(Plan *plan, PyObject *said, Type *type) {
    PyObject *name, *value, *guards, *names, *notes;
    if (!PyArg_ParseTuple(said, "iiOOiOOO", &type->code, &type->kind, &name, &value, &type->flags, &guards, &names,
                          &notes))
        return -1;
    type->name_key = key_of(plan, name);
    type->value_key = key_of(plan, value);
    Py_ssize_t count = PyErr_Occurred() ? -1 : PyTuple_Size(guards);
    type->rules = (Range){(int32_t)plan->rules.count, (int32_t)count};
    for (Py_ssize_t i = 0; i < count; i++) {
        Rule rule;
        PyObject *guard, *definings, *importings;
        if (!PyArg_ParseTuple(PyTuple_GetItem(guards, i), "iOOO", &rule.bit, &guard, &definings, &importings)) return -1;
        rule.guard = add_guard(plan, guard);
        if (rule.guard == BAD_GUARD || add_definings(plan, definings, &rule.definings) ||
            add_importings(plan, importings, &rule.importings) ||
            reserve(&plan->rules, sizeof(Rule)))
            return -1;
        ((Rule *)plan->rules.items)[plan->rules.count++] = rule;
    }
    return count < 0 || add_readings(plan, names, &type->names) ? -1 : add_notes(plan, notes, &type->notes);
}

int32_t type_number(Plan *plan, const char *text, size_t size) {
    int32_t number = known_word(&plan->types, text, size);
    if (number != NO_WORD) return number;
    PyObject *word = PyUnicode_FromStringAndSize(text, (Py_ssize_t)size), *said = NULL;
    if (word != NULL) {
        said = PyObject_CallFunctionObjArgs(plan->learn, word, NULL);
        Py_DecRef(word);
    }
    if (said == NULL) return NO_WORD;
    Type type;
    int failed = take_type(plan, said, &type) || reserve(&plan->type_facts, sizeof(Type));
    Py_DecRef(said);
    /* Only now: what is no word is asked again. */
    number = failed ? NO_WORD : word_number(&plan->types, text, size);
    if (number == NO_WORD) return NO_WORD;
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
        *step = (Step){NULL, 0, 0, NO_WORD, -1, 0};
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
        Step *step = &plan->steps[i];
        int32_t key = step->number = step->key == NULL ? NO_WORD : key_number(plan, step->key, step->key_size);
        if (key == NO_WORD || key_at(plan, key)->place != NO_STEP) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a plan of numbers begins with keys");
            return -1;
        }
        key_at(plan, key)->place = i;
    }
    return 0;
}

static int add_note_words(Plan *plan, PyObject *notes) {
    Py_ssize_t count = PyTuple_Size(notes), size;
    if (count > 31) PyErr_SetString(PyExc_ValueError, "too many notes");
    for (Py_ssize_t i = 0; i < count && !PyErr_Occurred(); i++) {
        const char *text = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(notes, i), &size);
        if (text != NULL) word_number(&plan->note_words, text, (size_t)size);
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* -- opening ------------------------------------------------------------------------------------------- */

static void free_plan_facts(Plan *plan) {
    free_words(&plan->keys);
    free_words(&plan->types);
    free_words(&plan->chained);
    free_words(&plan->note_words);
    Buffer *buffers[] = {&plan->key_facts, &plan->type_facts, &plan->rules, &plan->guards,   &plan->readings, &plan->paths,
                         &plan->links,     &plan->definings,  &plan->marks, &plan->listings, &plan->notes, &plan->importings};
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) PyMem_Free(buffers[i]->items);
    if (plan->held) Py_DecRef(plan->held);
    PyMem_Free(plan);
}

static void free_plan(PyObject *capsule) { free_plan_facts(PyCapsule_GetPointer(capsule, PLAN)); }

PyObject *open_plan(PyObject *module, PyObject *arguments) {
    PyObject *type_key, *fields, *learn, *places, *links, *shown, *notes;
    int columns;
    Py_ssize_t longest, longest_comment;
    long long seed;
    (void)module;
    Plan *plan = PyMem_Calloc(1, sizeof(Plan));
    if (plan == NULL) return PyErr_NoMemory();
    if (!PyArg_ParseTuple(arguments, "UO!OOiO!(sss)(ii)OO!nnL", &type_key, &PyDict_Type, &fields, &learn, &places,
                          &columns, &PyTuple_Type, &links, &plan->atoms[0], &plan->atoms[1],
                          &plan->atoms[2], &plan->string_kind, &plan->number_kind, &shown, &PyTuple_Type, &notes, &longest, &longest_comment, &seed))
        goto failed;
    plan->is_clang = places == &_Py_NoneStruct;
    if (columns < 0 || columns > MOST_STEPS || (plan->is_clang && columns != CLANG_COLUMNS) ||
        longest < 0 || longest_comment < 0) {
        PyErr_SetString(PyExc_ValueError, "no plan of numbers");
        goto failed;
    }
    plan->held = arguments;
    Py_IncRef(arguments); /* and with it all that is in it */
    plan->fields = fields;
    plan->learn = learn;
    plan->columns = columns;
    plan->longest = (size_t)longest;
    plan->longest_comment = (size_t)longest_comment;
    plan->keys.seed = plan->types.seed = plan->chained.seed = plan->note_words.seed = (uint64_t)seed;
    plan->first_key = NO_WORD;
    plan->type_key = key_of(plan, type_key);
    plan->raw_key = key_number(plan, "raw", 3);
    plan->value_key = key_number(plan, "value", 5);
    plan->loc_key = key_number(plan, "loc", 3);
    plan->range_key = key_number(plan, "range", 5);
    plan->begin_key = key_number(plan, "begin", 5);
    plan->end_key = key_number(plan, "end", 3);
    if (!plan->is_clang) plan->used = flatten(plan, places, plan->steps, MOST_STEPS);
    plan->has_attrs = shown != &_Py_NoneStruct;
    for (Py_ssize_t i = 0; plan->has_attrs && i < PyTuple_Size(shown); i++) {
        int32_t key = key_of(plan, PyTuple_GetItem(shown, i));
        if (key != NO_WORD) key_at(plan, key)->is_shown = 1;
    }
    if (PyErr_Occurred() || plan->type_key == NO_WORD || note_steps(plan) || add_note_words(plan, notes) ||
        add_links(plan, links))
        goto failed;
    PyObject *capsule = PyCapsule_New(plan, PLAN, free_plan);
    if (capsule != NULL) return capsule;
failed:
    free_plan_facts(plan);
    return NULL;
}
