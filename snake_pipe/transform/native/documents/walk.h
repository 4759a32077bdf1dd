/* A walk that is under way: the object that is being read, and what was found so far. */

#ifndef SNAKE_PIPE_WALK_H
#define SNAKE_PIPE_WALK_H

#include "found.h"
#include "plan.h"

/* A container that is still to be read, where its nodes stand. */
typedef struct {
    yyjson_val *value;
    int32_t depth;
    uint32_t field : 31, in_function : 1;
} Pending;

/* A member of the object that is being read. */
typedef struct {
    int32_t key;
    yyjson_val *value;
} Member;

typedef struct {
    Document *document;
    Plan *plan;
    Buffer pending, members, parts;
    Found found;
    yyjson_val *object;
    int64_t row;
    int in_function;
} Walk;

/* The value under a key of the object that is being read; NULL where it has none. */
static inline yyjson_val *member(Walk *walk, int32_t key) {
    if (key == NO_WORD || key_at(walk->plan, key)->object != walk->plan->objects) return NULL;
    return ((Member *)walk->members.items)[key_at(walk->plan, key)->member].value;
}

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
/* Its qualifier, in `walk->parts`. */
Said read_qualifier(Walk *walk);

/* Write the numbers that a value has by the step, and those inside of it, into a row. */
void read_places(const Step *step, yyjson_val *value, int64_t *row);

#endif
