/* What the parser could not read, by the public cursor: few files have any. The twin is `syntax_errors`. */

#include "sources.h"

/* A node around the one that is looked at. */
typedef struct {
    int32_t start, end;
    uint16_t code;
} Around;

typedef struct {
    Around *items;
    size_t count, room;
} Path;

static int enter(Path *path, const Reader *reader, TSNode node) {
    if (path->count == path->room) {
        size_t room = path->room ? 2 * path->room : 64;
        if (grow((void **)&path->items, room, sizeof(Around))) return -1;
        path->room = room;
    }
    path->items[path->count++] = (Around){(int32_t)ts_node_start_byte(node), (int32_t)ts_node_end_byte(node),
                                          reader->codes[ts_node_symbol(node)]};
    return 0;
}

/* The row of the innermost node on a path that has one; of rows that look alike the first. */
static int32_t row_of(const Path *path, const Columns *columns) {
    for (size_t i = path->count; i--;) {
        Around node = path->items[i];
        size_t low = 0, high = columns->count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (columns->starts[middle] < node.start)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < columns->count && columns->starts[low] == node.start; low++)
            if (columns->ends[low] == node.end && columns->codes[low] == node.code) return (int32_t)low;
    }
    return 0;
}

static int add_problem(Columns *columns, const Path *path, TSNode node) {
    int is_missing = ts_node_is_missing(node);
    if (!is_missing && columns->problem_count >= MOST_ERRORS) return 0;
    if (columns->problem_count == columns->problem_room) {
        size_t room = columns->problem_room ? 2 * columns->problem_room : 16;
        if (grow((void **)&columns->problems, room, sizeof(Problem))) return -1;
        columns->problem_room = room;
    }
    TSPoint place = ts_node_start_point(node);
    columns->problems[columns->problem_count++] =
        (Problem){ts_node_symbol(node), is_missing, (int32_t)place.row, (int32_t)place.column,
                  is_missing ? row_of(path, columns) : 0};
    return 0;
}

int find_problems(const Reader *reader, const TSTree *tree, Columns *columns) {
    Path path = {0};
    TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
    int failed = 0;
    while (!failed) {
        TSNode node = ts_tree_cursor_current_node(&cursor);
        int is_error = ts_node_is_error(node);
        if (is_error || ts_node_is_missing(node)) failed = add_problem(columns, &path, node);
        if (!is_error && ts_node_has_error(node) && ts_tree_cursor_goto_first_child(&cursor)) {
            failed |= enter(&path, reader, node);
            continue;
        }
        while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
            if (!ts_tree_cursor_goto_parent(&cursor)) goto done;
            path.count--;
        }
    }
done:
    ts_tree_cursor_delete(&cursor);
    free(path.items);
    return failed ? -1 : 0;
}
