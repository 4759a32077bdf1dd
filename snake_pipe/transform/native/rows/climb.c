/* Names of sources climb to the places that say what they are. The twin is `climb` of `sources/names.py`. */

#include "rows.h"

#define MOST_TOKENS 4 /* as there */

enum { CODE, FIELD, PARENT, START, END, SOURCE, ROW, INDEX, EDGE, FIRST_EDGE, IS_TOKEN };
enum { P_ROLE = IS_TOKEN + 1, P_CLIMBS, P_QUALIFIER, P_HINT, P_FIRST, P_DIRECT };
enum { ROLE = P_DIRECT + 1, USED_AS, PLACE, HOLDER, WAY, HINT, Q_START, Q_END, VIEWS };

/* The first child that is no token, after at most so many. */
static Py_ssize_t first_child(const Py_buffer *v, Py_ssize_t above, Py_ssize_t rows, Py_ssize_t types) {
    const uint8_t *code = v[CODE].items, *is_token = v[IS_TOKEN].items;
    Py_ssize_t first = above + 1;
    for (int i = 0; i < MOST_TOKENS && first < rows && code[first] < types && is_token[code[first]]; i++) first++;
    return first;
}

/* What is wrong with the lengths of the columns, NULL for nothing. */
static const char *check_lengths(const Py_buffer *v, Py_ssize_t rows, Py_ssize_t names, Py_ssize_t fields) {
    for (int i = PARENT; i <= END; i++)
        if (numbers_in(&v[i]) != rows) return "columns are not of one length";
    if (v[FIELD].len != rows || rows > INT32_MAX) return "columns are not of one length";
    for (int i = ROLE; i <= Q_END; i++) {
        int is_wide = i == HOLDER || i == WAY || i == Q_START || i == Q_END;
        if ((is_wide ? numbers_in(&v[i]) : v[i].len) != names) return "columns are not of one length";
    }
    Py_ssize_t types = v[FIRST_EDGE].len, places = v[P_ROLE].len;
    if (fields < 1 || v[EDGE].len / fields != types || v[EDGE].len % fields || v[IS_TOKEN].len != types)
        return "tables are not of one size";
    if (v[P_CLIMBS].len != places || v[P_QUALIFIER].len / 2 != places || v[P_HINT].len != places ||
        v[P_FIRST].len != places || v[P_DIRECT].len != places)
        return "tables are not of one size";
    return NULL;
}

/* Follow one name; what is wrong, NULL for nothing. */
static const char *follow(const Py_buffer *v, Py_ssize_t name, Py_ssize_t fields, int defines, Py_ssize_t steps) {
    const uint8_t *code = v[CODE].items, *field = v[FIELD].items, *edge = v[EDGE].items;
    const uint8_t *first_edge = v[FIRST_EDGE].items, *source = v[SOURCE].items;
    const int32_t *parent = v[PARENT].items, *start = v[START].items, *end = v[END].items;
    const int8_t *given = v[P_ROLE].items, *hint = v[P_HINT].items;
    const uint8_t *climbs = v[P_CLIMBS].items, *only_first = v[P_FIRST].items, *direct = v[P_DIRECT].items;
    const int16_t *qualifier = v[P_QUALIFIER].items;
    int8_t *role = v[ROLE].items, *used_as = v[USED_AS].items, *own_hint = v[HINT].items;
    int32_t *q_start = v[Q_START].items, *q_end = v[Q_END].items;
    Py_ssize_t rows = numbers_in(&v[PARENT]), types = v[FIRST_EDGE].len, places = v[P_ROLE].len;
    Py_ssize_t row = ((const int32_t *)v[ROW].items)[name], child = row;
    if (row < 0 || row >= rows) return "a name that is no row";
    for (; steps > 0; steps--) {
        Py_ssize_t above = parent[child];
        if (above < 0) break;
        if (above >= child || code[above] >= types || field[child] >= fields) return "no tree of these tables";
        Py_ssize_t place = edge[code[above] * fields + field[child]];
        Py_ssize_t of_first = first_edge[code[above]];
        if (of_first && first_child(v, above, rows, types) == child) place = of_first;
        if (place >= places) return "no place of these tables";
        if (!place || (only_first[place] && child != above + 1) || (direct[place] && child != row)) break;
        if (given[place] == defines) {
            used_as[name] = role[name];
            ((uint8_t *)v[PLACE].items)[name] = (uint8_t)place;
            ((int32_t *)v[HOLDER].items)[name] = (int32_t)above;
            ((int32_t *)v[WAY].items)[name] = (int32_t)child;
        }
        if (given[place] >= 0) role[name] = given[place];
        if (hint[place] > 0 && !own_hint[name]) own_hint[name] = hint[place];
        if (qualifier[place] >= 0) {
            Py_ssize_t first = first_child(v, above, rows, types);
            if (first < rows && field[first] == qualifier[place] && first != child) {
                if (start[above] < 0 || start[above] >= v[SOURCE].len) return "an offset outside of the text";
                if (q_end[name] < 0) q_end[name] = end[first];
                q_start[name] = source[start[above]] == '[' ? start[first] : start[above];
            }
        }
        if (!climbs[place]) break;
        child = above;
    }
    return NULL;
}

PyObject *climb(PyObject *module, PyObject *arguments) {
    Py_buffer v[VIEWS] = {{0}};
    Py_ssize_t fields, steps;
    int defines;
    (void)module;
    if (!PyArg_ParseTuple(
            arguments, "y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*y*w*w*w*w*w*w*w*w*nin", &v[CODE], &v[FIELD], &v[PARENT],
            &v[START], &v[END], &v[SOURCE], &v[ROW], &v[INDEX], &v[EDGE], &v[FIRST_EDGE], &v[IS_TOKEN], &v[P_ROLE],
            &v[P_CLIMBS], &v[P_QUALIFIER], &v[P_HINT], &v[P_FIRST], &v[P_DIRECT], &v[ROLE], &v[USED_AS], &v[PLACE],
            &v[HOLDER], &v[WAY], &v[HINT], &v[Q_START], &v[Q_END], &fields, &defines, &steps))
        return NULL;
    Py_ssize_t names = numbers_in(&v[ROW]), count = numbers_in(&v[INDEX]);
    const char *wrong = check_lengths(v, v[CODE].len, names, fields);
    for (Py_ssize_t i = 0; i < count && wrong == NULL; i++) {
        int32_t name = ((const int32_t *)v[INDEX].items)[i];
        wrong = name < 0 || name >= names ? "a name that there is not" : follow(v, name, fields, defines, steps);
    }
    return finish(v, VIEWS, wrong);
}
