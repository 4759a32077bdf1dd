/* What is found in a document, as columns. */

#ifndef SNAKE_PIPE_FOUND_H
#define SNAKE_PIPE_FOUND_H

#include "documents.h"

/* Strings behind one another, and how long each is in bytes, NO_STRING for none: those of many documents are joined as
   they are. */
typedef struct {
    Buffer lengths, text;
} Strings;

#define NO_STRING (-1)

enum { KIND, NAME, QUALIFIER, SIGNATURE, DOC, MODIFIERS, VISIBILITY, OUTER_VISIBILITY, TEXTS };
enum { NAME_LINE, NAME_COL, BODY_START, BODY_END, LINES };

/* A definition as `trees/walk/definitions.py` has it. */
typedef struct {
    int64_t row;
    int32_t lines[LINES], flags, lengths[TEXTS];
} Definition;

enum { MODULE_TEXT, IMPORTED_NAME, ALIAS, IMPORT_TEXTS };
enum { IMPORT_IS_RELATIVE = 1, IMPORT_IS_WILDCARD = 2 };

/* An import as `trees/walk/imports.py` has it. */
typedef struct {
    int64_t row;
    int32_t line, flags, lengths[IMPORT_TEXTS];
} Import;

/* As `trees.walk.native` describes it. */
typedef struct {
    Buffer codes, depths, fields, kinds, places;
    Strings names;
    Buffer value_rows;
    Strings values;
    Buffer qualifier_rows;
    Strings qualifiers;
    Buffer open_rows;
    Buffer rule_rows, rule_keys, noted_masks, notes;
    Buffer definitions, definition_texts, imports, import_texts;
    Strings attrs;
    Buffer attrs_rows;
    PyObject *open, *nodes, *head, *attrs_nodes;
} Found;

int begin_found(Found *found);
/* The columns as a tuple, with what is the name of the file that was parsed, which is taken. */
PyObject *found_columns(Found *found, PyObject *main_file);
void free_found(Found *found);

static inline int add_int32(Buffer *buffer, int32_t number) {
    if (reserve(buffer, sizeof(number))) return -1;
    ((int32_t *)buffer->items)[buffer->count++] = number;
    return 0;
}

static inline int add_int64(Buffer *buffer, int64_t number) {
    if (reserve(buffer, sizeof(number))) return -1;
    ((int64_t *)buffer->items)[buffer->count++] = number;
    return 0;
}

static inline int add_bytes(Buffer *buffer, const char *text, size_t size) {
    if (reserve_many(buffer, size, 1)) return -1;
    if (size) memcpy((char *)buffer->items + buffer->count, text, size);
    buffer->count += size;
    return 0;
}

int add_string(Strings *strings, const char *text, size_t size);
static inline int add_no_string(Strings *strings) { return add_int32(&strings->lengths, NO_STRING); }
int add_view(PyObject *list, Document *document, yyjson_val *object);

#endif
