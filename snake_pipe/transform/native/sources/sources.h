/* Source files → columns, by tree-sitter's own runtime. Nothing here but `module.c` knows Python.

   The runtime is compiled in, in one version (`hatch_build.py`): its subtrees are read where they are. */

#ifndef SNAKE_PIPE_SOURCES_H
#define SNAKE_PIPE_SOURCES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tree_sitter/api.h>

#define HIDDEN 1 /* the code of nodes that are walked through but make no row; 0 is that of those left out */
#define ERROR_KIND 65535
#define MOST_ERRORS 20 /* problems of a file that are told */

/* What reads files of one language, in as many threads as want to. `codes` are by symbol, `fields` by production and
   child; `named_only`: no anonymous node has a code; `is_wide`: some codes do not fit into a byte; `idle`: what is
   remembered of the grammar's table, while no thread uses it. */
typedef struct {
    const TSLanguage *language;
    uint16_t *codes;
    uint8_t *fields;
    uint32_t children;
    int named_only, is_wide;
    struct Lookups *idle;
} Reader;

/* A tree in preorder, a row a node, and what is wrong with it. Zeroed, it is an empty one. */
typedef struct {
    uint16_t *codes;
    uint8_t *fields;
    int32_t *depths, *starts, *ends;
    size_t count, room;
    int32_t max_depth;
    int has_error;
    struct Problem *problems;
    size_t problem_count, problem_room;
} Columns;

/* An ERROR or MISSING node: its kind, its place from 0, and the row of the innermost node around a MISSING one.
   The first `MOST_ERRORS` and all that are MISSING are here. */
typedef struct Problem {
    int32_t kind, is_missing, line, column, row;
} Problem;

typedef enum { READ, LATE, NO_MEMORY } Outcome;

/* A reader by a table of 65,536 codes, one for each kind; NULL where memory is short, or where the runtime
   does not know languages of this version. */
Reader *open_reader(const TSLanguage *language, const uint16_t *codes);
void close_reader(Reader *reader);

/* Read a text within some nanoseconds of parsing, 0 for as many as it takes. What `columns` has is to be freed
   whatever the outcome. */
Outcome read_text(Reader *reader, const char *text, uint32_t size, int64_t nanoseconds, Columns *columns);
void free_columns(Columns *columns);

/* The tree of a text; NULL where time has run out. It lasts as long as the arena that is in use. */
TSTree *parse_text(const TSLanguage *language, struct Lookups *lookups, const char *text, uint32_t size,
                   int64_t nanoseconds);

/* The two walks; 0, or -1 where memory is short. */
int walk_tree(const Reader *reader, const TSTree *tree, Columns *columns);
int find_problems(const Reader *reader, const TSTree *tree, Columns *columns);

/* Make room for one item more in an array of them that is full; 0, or -1. */
static inline int grow(void **items, size_t room, size_t item_size) {
    if (room > PTRDIFF_MAX / item_size) return -1;
    void *grown = realloc(*items, room * item_size);
    if (grown == NULL) return -1;
    *items = grown;
    return 0;
}

#endif
