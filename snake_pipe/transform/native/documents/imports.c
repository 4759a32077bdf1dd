/* The imports of nodes, by what is declared of their rules (`dialects/importing.py`). */

#include "walk.h"

#define MOST_DOTS 100 /* as in `dialects/python_ast.py` */

static int add_importing(Plan *plan, PyObject *given) {
    PyObject *guard, *module, *name, *alias, *relative, *dots, *line;
    Importing taken;
    if (!PyArg_ParseTuple(given, "OiOOOOOO", &guard, &taken.flags, &module, &name, &alias, &relative, &dots, &line))
        return -1;
    taken.guard = add_guard(plan, guard);
    taken.relative = add_guard(plan, relative);
    if (taken.guard == BAD_GUARD || taken.relative == BAD_GUARD || add_readings(plan, module, &taken.module) ||
        add_readings(plan, name, &taken.name) || add_readings(plan, alias, &taken.alias) ||
        add_path(plan, dots, &taken.dots) || add_path(plan, line, &taken.line) ||
        reserve(&plan->importings, sizeof(Importing)))
        return -1;
    ((Importing *)plan->importings.items)[plan->importings.count++] = taken;
    return 0;
}

int add_importings(Plan *plan, PyObject *importings, Range *taken) {
    Py_ssize_t count = PyTuple_Size(importings);
    if (count < 0) return -1;
    *taken = (Range){(int32_t)plan->importings.count, (int32_t)count};
    for (Py_ssize_t i = 0; i < count; i++)
        if (add_importing(plan, PyTuple_GetItem(importings, i))) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no plan of imports");
            return -1;
        }
    return 0;
}

typedef struct {
    const char *text;
    size_t size;
} Text;

/* A text that may be none. */
static Said read_text(Walk *walk, Range readings, Text *text) {
    *text = (Text){NULL, 0};
    if (readings.count == 0) return NONE;
    const Reading *reading = reading_of(walk, walk->object, readings, &text->text, &text->size);
    if (reading == NULL || walk->is_unsure || text->size > INT32_MAX - MOST_DOTS) return ASK;
    return text->text != NULL ? THERE : reading->flags & IS_NOTHING ? NONE : ASK;
}

static int write_text(Walk *walk, Import *found, int which, Said said, Text text) {
    if (said != THERE) return 0;
    found->lengths[which] = (int32_t)text.size;
    return add_bytes(&walk->found.import_texts, text.text, text.size);
}

/* The module, with dots before it; one of dots alone has no text. */
static int write_module(Walk *walk, Import *found, const Importing *importing, Said said, Text text) {
    int64_t dots = 0;
    if (!(importing->flags & HAS_DOTS)) return write_text(walk, found, MODULE_TEXT, said, text);
    yyjson_val *value = value_at(walk, walk->object, importing->dots);
    if (value == NULL || !is_natural(value, &dots) || dots >= MOST_DOTS) dots = 0;
    if (dots) found->flags |= IMPORT_IS_RELATIVE;
    found->lengths[MODULE_TEXT] = (int32_t)dots + (int32_t)text.size;
    for (int64_t i = 0; i < dots; i++)
        if (add_bytes(&walk->found.import_texts, ".", 1)) return -1;
    return add_bytes(&walk->found.import_texts, text.text, text.size);
}

static Said add_import(Walk *walk, const Importing *importing) {
    Import found = {walk->row, 0, importing->flags & IS_WILDCARD ? IMPORT_IS_WILDCARD : 0, {-1, -1, -1}};
    Text module, name, alias;
    int64_t line;
    Said of_module = read_text(walk, importing->module, &module), of_name = read_text(walk, importing->name, &name);
    Said of_alias = read_text(walk, importing->alias, &alias);
    if (of_module == ASK || of_name == ASK || of_alias == ASK) return ASK;
    if (importing->flags & ALIAS_DIFFERS && of_name == THERE && of_alias == THERE && name.size == alias.size &&
        is_same(name.text, alias.text, name.size))
        of_alias = NONE;
    if (importing->relative != ALWAYS && holds(walk, walk->object, importing->relative) == YES)
        found.flags |= IMPORT_IS_RELATIVE;
    yyjson_val *value = importing->line.count ? value_at(walk, walk->object, importing->line) : NULL;
    if (value != NULL && is_natural(value, &line) && line <= INT32_MAX) found.line = (int32_t)line;
    if (walk->is_unsure) return ASK;
    size_t before = walk->found.import_texts.count;
    if (write_module(walk, &found, importing, of_module, module) ||
        write_text(walk, &found, IMPORTED_NAME, of_name, name) || write_text(walk, &found, ALIAS, of_alias, alias) ||
        reserve(&walk->found.imports, sizeof(Import)))
        return FAILED;
    if (walk->is_unsure) {
        walk->found.import_texts.count = before;
        return ASK;
    }
    ((Import *)walk->found.imports.items)[walk->found.imports.count++] = found;
    return THERE;
}

Said import(Walk *walk, Range importings) {
    walk->is_unsure = 0;
    for (int32_t i = 0; i < importings.count; i++) {
        const Importing *importing = (Importing *)walk->plan->importings.items + importings.first + i;
        int held = holds(walk, walk->object, importing->guard);
        if (walk->is_unsure || held == IF_NOTED) return ASK;
        if (held == YES) return importing->flags & IMPORTS_NOTHING ? NONE : add_import(walk, importing);
    }
    return ASK;
}
