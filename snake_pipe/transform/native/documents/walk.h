/* A walk that is under way: the object that is being read, and what was found so far. */

#ifndef SNAKE_PIPE_WALK_H
#define SNAKE_PIPE_WALK_H

#include "found.h"
#include "plan.h"

#define FIELD_BITS 29
#define MOST_FIELD ((1 << FIELD_BITS) - 1)

/* A container that is still to be read, where its nodes stand. */
typedef struct {
    yyjson_val *value;
    int32_t depth;
    uint32_t field : FIELD_BITS, way : 2, in_function : 1;
} Pending;

/* How a value stands in the node above: in one of its fields, in a list there, or somewhere below. */
enum { IN_FIELD, IN_LIST, ELSEWHERE };

/* A node that others stand in: its type's number, the bits of its notes that count, and those left for itself. */
typedef struct {
    yyjson_val *object;
    int64_t row;
    int32_t type;
    uint32_t left, notes;
    int has_prepared;
} Level;

/* What a node, or an object in it, has under a key, as those were told that stand in the node. `depth` is that of
   the node. */
typedef struct {
    yyjson_val *object, *value;
    int32_t key, depth;
} Answer;

#define MOST_ANSWERS 8 /* to those that stand in one node; rules ask for fewer */

/* A member of the object that is being read. */
typedef struct {
    int32_t key;
    yyjson_val *value;
} Member;

/* What a location of clang's may leave out, as the one printed before has said it; strings, or NULL. */
typedef struct {
    yyjson_val *file, *main_file;
    int64_t line;
} ClangContext;

/* What is under way. A node that is `is_included` stands in another file than the one that was parsed. */
typedef struct {
    Document *document;
    Plan *plan;
    Buffer pending, members, parts, levels, answers;
    Found found;
    yyjson_val *object;
    int64_t row;
    int in_function, is_included;
    uint32_t notes;
    int32_t depth, field, way; /* of the node that is being read */
    int is_unsure; /* something was met of which the plan may say other things than the rules */
    ClangContext clang;
} Walk;

/* The node in which the one that is being read stands, in a field or in a list there; NULL for none. */
static inline const Level *level_above(const Walk *walk) {
    return walk->way == ELSEWHERE || walk->depth == 0 ? NULL : (Level *)walk->levels.items + walk->depth - 1;
}

/* The value under a key of the object that is being read; NULL where it has none. */
static inline yyjson_val *member(Walk *walk, int32_t key) {
    if (key == NO_WORD || key_at(walk->plan, key)->object != walk->plan->objects) return NULL;
    return ((Member *)walk->members.items)[key_at(walk->plan, key)->member].value;
}

/* Whether a value is an integer from 0 to 2^63-1; -0 is one. */
static inline int is_natural(yyjson_val *value, int64_t *number) {
    if (!unsafe_yyjson_is_int(value)) return 0;
    *number = unsafe_yyjson_get_sint(value); /* what is unsigned and larger is below 0 as such */
    return *number >= 0;
}

/* The value behind so many steps on a path, and the one at its end; NULL where there is none, or where it is not sure
   which. */
yyjson_val *value_on(Walk *walk, yyjson_val *value, Range path, int32_t step);
yyjson_val *value_at(Walk *walk, yyjson_val *value, Range path);
/* The value under a key of any object, the last of several. */
yyjson_val *value_under(Walk *walk, yyjson_val *object, int32_t key);

enum { NO, IF_NOTED, YES };

/* Whether a guard holds in an object. */
int holds(Walk *walk, yyjson_val *object, int32_t guard);

/* What is said of a text: that it is there, that there is none, or that Python has to be asked; FAILED with an
   error set. */
typedef enum { FAILED = -1, THERE, NONE, ASK } Said;

/* The name of the node that is being read. */
Said read_name(Walk *walk, Range readings, const char **text, size_t *size);
/* The qualifier of a member, in `walk->parts`. */
Said read_qualifier(Walk *walk, yyjson_val *member);
/* Find the reading of an object that counts; NULL where Python has to be asked. The text is NULL where that has
   none. */
const Reading *reading_of(Walk *walk, yyjson_val *object, Range readings, const char **text, size_t *size);
/* The object before another one in a chain; NULL where the chain begins. */
yyjson_val *before(Walk *walk, yyjson_val *object, const Reading *reading);

/* Take the definition of the node that is being read, if there is one. */
Said define(Walk *walk, Range definings);
/* Take the import of the node that is being read, if there is one. */
Said import(Walk *walk, Range importings);
/* See what was left for the node that is about to be read, and then what it leaves for others. */
void take_notes(Walk *walk, Pending at);
int leave_notes(Walk *walk, const Type *type, int32_t number, int32_t depth);

/* A number's digits, at the end of a buffer of 24; where they begin. */
char *digits_of(yyjson_val *value, char *end);
/* The node's scalars that no column shows. */
int add_attrs(Walk *walk);
/* First line, first column and last line of an object by the plan, -1 for what it does not say. */
void read_lines(const Plan *plan, yyjson_val *object, int64_t *lines);
/* The numbers of the node's place, as the next row of the table. */
int add_places(Walk *walk);
/* Make the nodes of which the rows are known ready for `row_of_view`. */
void sort_nodes(Document *document);

#endif
