/* Names of trees climb to the places that say what they are. The twin is `Climber` of `trees/columns/scopes.py`. */

#include "rows.h"

enum { TYPE, FIELD, PARENT, CHILD_INDEX, IS_WANTED, INITIAL, IS_MEMBER, PARENT_INDEX, FIELD_INDEX, ROLE, FLAGS, VIEWS };
enum { CLIMBS = 1, ONLY_FIRST = 2, ONLY_TYPES = 4 }; /* as there */

/* Names by the columns of their rows, members that qualify them, and places that decided; -1 for none. */
typedef struct {
    Buffer rows, roles, qualified_by, places;
} Names;

/* What is wrong with the lengths of the columns, NULL for nothing. */
static const char *check_lengths(const Py_buffer *v, Py_ssize_t holders) {
    Py_ssize_t rows = numbers_in(&v[TYPE]);
    for (int i = FIELD; i <= CHILD_INDEX; i++)
        if (numbers_in(&v[i]) != rows) return "columns are not of one length";
    if (v[IS_WANTED].len != rows || rows > INT32_MAX) return "columns are not of one length";
    if (v[IS_MEMBER].len != v[INITIAL].len || numbers_in(&v[PARENT_INDEX]) != v[INITIAL].len ||
        v[FLAGS].len != v[ROLE].len || holders < 1 || v[ROLE].len % holders)
        return "tables are not of one size";
    return NULL;
}

typedef struct {
    Py_ssize_t holders, steps;
    int type_role;
} Limits;

/* Follow one name from a row; what is wrong, NULL for nothing. */
static const char *follow(const Py_buffer *v, int32_t row, Limits limits, int8_t *role, int32_t *qualified_by,
                          int32_t *place) {
    const int32_t *type = v[TYPE].items, *field = v[FIELD].items, *parent = v[PARENT].items;
    const int32_t *child_index = v[CHILD_INDEX].items;
    const int32_t *parent_index = v[PARENT_INDEX].items, *field_index = v[FIELD_INDEX].items;
    const uint8_t *is_member = v[IS_MEMBER].items, *flags = v[FLAGS].items;
    const int8_t *roles = v[ROLE].items;
    int only_types = 0;
    *qualified_by = is_member[type[row]] ? row : -1;
    *place = -1;
    for (Py_ssize_t step = 0; step < limits.steps; step++) {
        int32_t above = parent[row];
        if (above < 0) break;
        if (above >= row || type[above] < 0 || type[above] >= v[INITIAL].len || field[row] < 0 ||
            field[row] >= numbers_in(&v[FIELD_INDEX]))
            return "no tree of these tables";
        int32_t of_parent = parent_index[type[above]], of_field = field_index[field[row]];
        if (of_parent < 0 || of_field < 0 || of_field >= limits.holders || of_parent >= v[ROLE].len / limits.holders)
            return "no place of these tables";
        Py_ssize_t at = of_parent * limits.holders + of_field;
        if (flags[at] & ONLY_FIRST && child_index[row] > 0) break;
        if (only_types && roles[at] >= 0 && roles[at] != limits.type_role) break;
        if (roles[at] >= 0) {
            *role = roles[at];
            *place = above;
        }
        if (!(flags[at] & CLIMBS)) break;
        only_types |= flags[at] & ONLY_TYPES;
        row = above;
        if (*qualified_by < 0 && is_member[type[row]]) *qualified_by = row;
    }
    return NULL;
}

static int add(Names *names, int32_t row, int8_t role, int32_t qualified_by, int32_t place) {
    if (reserve(&names->rows, sizeof(int32_t)) || reserve(&names->roles, 1) ||
        reserve(&names->qualified_by, sizeof(int32_t)) || reserve(&names->places, sizeof(int32_t)))
        return -1;
    ((int32_t *)names->rows.items)[names->rows.count++] = row;
    ((int8_t *)names->roles.items)[names->roles.count++] = role;
    ((int32_t *)names->qualified_by.items)[names->qualified_by.count++] = qualified_by;
    ((int32_t *)names->places.items)[names->places.count++] = place;
    return 0;
}

PyObject *find_roles(PyObject *module, PyObject *arguments) {
    Py_buffer v[VIEWS] = {{0}};
    Limits limits;
    Names names = {{0}, {0}, {0}, {0}};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*y*y*y*y*y*y*nin", &v[TYPE], &v[FIELD], &v[PARENT], &v[CHILD_INDEX],
                          &v[IS_WANTED], &v[INITIAL], &v[IS_MEMBER], &v[PARENT_INDEX], &v[FIELD_INDEX], &v[ROLE],
                          &v[FLAGS], &limits.holders, &limits.type_role, &limits.steps))
        return NULL;
    const char *wrong = check_lengths(v, limits.holders);
    const int32_t *type = v[TYPE].items;
    const uint8_t *is_wanted = v[IS_WANTED].items;
    const int8_t *initial = v[INITIAL].items;
    int failed = 0;
    Py_ssize_t rows = numbers_in(&v[TYPE]);
    for (Py_ssize_t row = 0; row < rows && wrong == NULL && !failed; row++) {
        if (!is_wanted[row]) continue;
        if (type[row] < 0 || type[row] >= v[INITIAL].len) {
            wrong = "no tree of these tables";
            break;
        }
        int8_t role = initial[type[row]];
        int32_t qualified_by, place;
        if (role < 0) continue;
        wrong = follow(v, (int32_t)row, limits, &role, &qualified_by, &place);
        failed = wrong == NULL && add(&names, (int32_t)row, role, qualified_by, place);
    }
    Buffer *buffers[] = {&names.rows, &names.roles, &names.qualified_by, &names.places};
    PyObject *found = NULL;
    if (wrong == NULL && !failed) found = byte_columns(buffers, 4, (const size_t[]){4, 1, 4, 4});
    for (int i = 0; i < 4; i++) PyMem_Free(buffers[i]->items);
    if (wrong != NULL) return finish(v, VIEWS, wrong);
    for (int i = 0; i < VIEWS; i++) PyBuffer_Release(&v[i]);
    return found;
}
