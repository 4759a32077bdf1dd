/* What a dialect has declared, as the walk needs it: keys, types, and where the numbers of places stand. */

#ifndef SNAKE_PIPE_PLAN_H
#define SNAKE_PIPE_PLAN_H

#include "documents.h"
#include "words.h"

/* A key of objects. `field` is its code, LEAF where it holds no nodes, UNASKED until a container stands there.
   `place` is the step of the plan of numbers that begins with it, else -1. In the object that is being read
   (`object`) it is the member `member`. */
typedef struct {
    int32_t field, place;
    uint32_t member;
    uint64_t object;
} Key;

#define LEAF (-1)
#define UNASKED (-2)
#define NO_STEP (-1)

enum { HAS_RULES = 1, IS_LITERAL = 2, IS_COMMENT = 4 };

/* A type of nodes: its code and flags, and the keys (NO_WORD for none) of name and value. */
typedef struct {
    int32_t code, flags, name_key, value_key;
} Type;

/* One thing to look up, as in `../columns.c`: a number for a column, or (`column` below 0) a container in which
   the `inner` steps that follow are to be looked up. `key` is NULL in a list, whose item at `index` is meant. */
typedef struct {
    const char *key;
    size_t key_size;
    int64_t index;
    int column, inner;
} Step;

#define MOST_STEPS 32

typedef struct {
    Words keys, types;
    Buffer key_facts, type_facts;
    int32_t type_key;
    PyObject *fields, *learn, *held;
    Step steps[MOST_STEPS];
    int used, columns;
    size_t longest, longest_comment;
    uint64_t objects;
    int busy;
} Plan;

static inline Key *key_at(Plan *plan, int32_t number) { return (Key *)plan->key_facts.items + number; }
static inline Type *type_at(Plan *plan, int32_t number) { return (Type *)plan->type_facts.items + number; }

/* The number of a key; NO_WORD with an error set. */
int32_t key_number(Plan *plan, const char *text, size_t size);
/* The number of a type, which is learned if it is new; NO_WORD with an error set. */
int32_t type_number(Plan *plan, const char *text, size_t size);
/* The field that a key is, LEAF for none; UNASKED with an error set. */
int32_t field_of(Plan *plan, int32_t key);
/* Write the numbers that a value has by the step, and those inside of it, into a row. */
void read_places(const Step *step, yyjson_val *value, int64_t *row);

#endif
