/* Where nodes stand: the numbers of their places, by a plan, or as clang writes them. */

#include "walk.h"

/* -- by a plan ----------------------------------------------------------------------------------------- */

static void read_places(const Step *step, yyjson_val *value, int64_t *row) {
    if (step->column >= 0) {
        int64_t number;
        row[step->column] = is_natural(value, &number) ? number : -1;
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
                if (inner->key != NULL && has_text(at, inner->key, inner->key_size))
                    read_places(inner, at + 1, row);
    } else if (unsafe_yyjson_is_arr(value)) {
        yyjson_val *at = unsafe_yyjson_get_first(value);
        int64_t count = (int64_t)unsafe_yyjson_get_len(value);
        for (int64_t index = 0; index < count; index++, at = unsafe_yyjson_get_next(at))
            for (const Step *inner = step + 1; inner < end; inner += 1 + inner->inner)
                if (inner->key == NULL && inner->index == index) read_places(inner, at, row);
    }
}

static void read_planned(Walk *walk, int64_t *row) {
    const Plan *plan = walk->plan;
    for (int i = 0; i < plan->columns; i++) row[i] = -1;
    for (int i = 0; i < plan->used; i += 1 + plan->steps[i].inner) {
        yyjson_val *value = member(walk, plan->steps[i].number);
        if (value != NULL) read_places(&plan->steps[i], value, row);
    }
}

void read_lines(const Plan *plan, yyjson_val *object, int64_t *lines) {
    int64_t row[MOST_STEPS];
    for (int i = 0; i < MOST_STEPS; i++) row[i] = -1;
    yyjson_val *at = unsafe_yyjson_get_first(object);
    for (size_t left = unsafe_yyjson_get_len(object); left; left--, at = unsafe_yyjson_get_next(at + 1))
        for (int i = 0; i < plan->used; i += 1 + plan->steps[i].inner)
            if (has_text(at, plan->steps[i].key, plan->steps[i].key_size)) read_places(&plan->steps[i], at + 1, row);
    memcpy(lines, row + 2, 3 * sizeof(*lines));
}

PyObject *lines_of_view(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *view;
    int64_t found[3];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &view)) return NULL;
    const Plan *plan = PyCapsule_GetPointer(capsule, PLAN);
    if (plan == NULL) return NULL;
    yyjson_val *object = object_of(NULL, view);
    if (object == NULL) return NULL;
    read_lines(plan, object, found);
    PyObject *lines = PyTuple_New(3);
    for (int i = 0; i < 3 && lines != NULL; i++) {
        PyObject *number = PyLong_FromLongLong(found[i]);
        if (number == NULL || PyTuple_SetItem(lines, i, number)) {
            Py_DecRef(lines);
            lines = NULL;
        }
    }
    return lines;
}

/* -- clang's: the twin of `ClangPositions`, where the rules are explained ------------------------------ */

#define LARGEST (((int64_t)1 << 31) - 1)

typedef struct {
    int64_t offset, line, col, length;
    int is_known, in_main;
} ClangPlace;

enum { LINE, FILE_NAME, OFFSET, COL, LENGTH, INCLUDED, EXPANSION, SPELLING, MOST_WORDS };
static const struct {
    const char *text;
    size_t size;
} WORDS[MOST_WORDS] = {{"line", 4},   {"file", 4},          {"offset", 6},        {"col", 3},
                       {"tokLen", 6}, {"includedFrom", 12}, {"expansionLoc", 12}, {"spellingLoc", 11}};

static int is_count(yyjson_val *value, int64_t *count) {
    return value != NULL && is_natural(value, count) && *count <= LARGEST;
}

/* The members of a location by their words; 0 where it is none. */
static int read_location(yyjson_val *location, yyjson_val **found) {
    memset(found, 0, MOST_WORDS * sizeof(*found));
    if (location == NULL || !unsafe_yyjson_is_obj(location) || unsafe_yyjson_get_len(location) == 0) return 0;
    yyjson_val *at = unsafe_yyjson_get_first(location);
    for (size_t left = unsafe_yyjson_get_len(location); left; left--, at = unsafe_yyjson_get_next(at + 1))
        for (int i = 0; i < MOST_WORDS; i++)
            if (has_text(at, WORDS[i].text, WORDS[i].size)) {
                found[i] = at + 1;
                break;
            }
    return 1;
}

static ClangPlace own_place(ClangContext *context, yyjson_val **found) {
    ClangPlace place = {0, 0, 0, 0, 0, 0};
    int64_t line;
    if (is_count(found[LINE], &line)) context->line = line;
    if (found[FILE_NAME] != NULL && unsafe_yyjson_is_str(found[FILE_NAME])) context->file = found[FILE_NAME];
    if (found[LENGTH] != NULL && !is_count(found[LENGTH], &place.length)) return place;
    if (!is_count(found[OFFSET], &place.offset) || !is_count(found[COL], &place.col)) return place;
    place.is_known = 1;
    place.line = context->line;
    place.in_main = found[INCLUDED] == NULL;
    if (place.in_main && context->main_file == NULL) context->main_file = context->file;
    return place;
}

static ClangPlace place_of(ClangContext *context, yyjson_val *location) {
    yyjson_val *found[MOST_WORDS], *inner[MOST_WORDS];
    if (!read_location(location, found)) return (ClangPlace){0, 0, 0, 0, 0, 0};
    if (found[EXPANSION] == NULL || !unsafe_yyjson_is_obj(found[EXPANSION])) return own_place(context, found);
    yyjson_val *main_file = context->main_file;
    if (read_location(found[SPELLING], inner)) own_place(context, inner);
    context->main_file = main_file;
    if (!read_location(found[EXPANSION], inner)) return (ClangPlace){0, 0, 0, 0, 0, 0};
    return own_place(context, inner);
}

static int read_clang(Walk *walk, int64_t *row) {
    ClangContext *context = &walk->clang;
    ClangPlace named = place_of(context, member(walk, walk->plan->loc_key)), begin = named, end = named;
    yyjson_val *span = member(walk, walk->plan->range_key);
    if (span != NULL && unsafe_yyjson_is_obj(span)) {
        begin = place_of(context, value_under(walk, span, walk->plan->begin_key));
        end = place_of(context, value_under(walk, span, walk->plan->end_key));
    }
    if (!begin.is_known) begin = named;
    if (!end.is_known) end = begin;
    if (!named.is_known) named = begin;
    const int64_t nowhere[CLANG_COLUMNS] = {-1, -1, 0, -1, 0, -1, 0, -1, 0};
    const int64_t known[CLANG_COLUMNS] = {
        begin.offset, end.offset + end.length, begin.line, begin.col - 1, end.line, end.col + end.length - 1,
        named.line,   named.col,               begin.in_main};
    memcpy(row, begin.is_known ? known : nowhere, sizeof(known));
    walk->is_included = !(begin.is_known && begin.in_main);
    if (reserve(&walk->document->nodes, sizeof(NodeRow))) return -1;
    ((NodeRow *)walk->document->nodes.items)[walk->document->nodes.count++] = (NodeRow){walk->object, walk->row};
    return 0;
}

int add_places(Walk *walk) {
    size_t columns = (size_t)walk->plan->columns;
    Buffer *places = &walk->found.places;
    if (reserve_many(places, columns, sizeof(int64_t))) return -1;
    int64_t *row = (int64_t *)places->items + places->count;
    places->count += columns;
    if (walk->plan->is_clang) return read_clang(walk, row);
    read_planned(walk, row);
    return 0;
}

/* -- which row a view is ------------------------------------------------------------------------------- */

static int compare_nodes(const void *one, const void *other) {
    const yyjson_val *first = ((const NodeRow *)one)->object, *second = ((const NodeRow *)other)->object;
    return (first > second) - (first < second);
}

/* Nodes are read in the order of the text, but where a key is there twice. */
void sort_nodes(Document *document) {
    NodeRow *nodes = document->nodes.items;
    for (size_t i = 1; i < document->nodes.count; i++)
        if (nodes[i].object < nodes[i - 1].object) {
            qsort(nodes, document->nodes.count, sizeof(NodeRow), compare_nodes);
            return;
        }
}

PyObject *row_of_view(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *view;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &view)) return NULL;
    Document *document = PyCapsule_GetPointer(capsule, DOCUMENT);
    yyjson_val *object = document == NULL ? NULL : object_of(document, view);
    if (object == NULL) return NULL;
    const NodeRow *nodes = document->nodes.items;
    size_t first = 0, end = document->nodes.count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (nodes[middle].object < object)
            first = middle + 1;
        else
            end = middle;
    }
    int is_there = first < document->nodes.count && nodes[first].object == object;
    return PyLong_FromLongLong(is_there ? nodes[first].row : -1);
}
