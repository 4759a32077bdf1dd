/* What a dialect has declared, as the walk needs it: keys, types, rules, and where the numbers of places stand. */

#ifndef SNAKE_PIPE_PLAN_H
#define SNAKE_PIPE_PLAN_H

#include "documents.h"
#include "words.h"

/* A key of objects. `field` is its code, LEAF where it holds no nodes, UNASKED until a container stands there.
   `place` is the step of the plan of numbers that begins with it, else -1. In the object that is being read
   (`object`) it is the member `member`. `next` is the key that came after it the last time. One that
   `is_shown` in a column is none of the attributes. */
typedef struct {
    int32_t field, place, next, is_shown;
    uint32_t member;
    uint64_t object;
} Key;

#define LEAF (-1)
#define UNASKED (-2)
#define NO_STEP (-1)

/* Entries of a buffer that follow each other. */
typedef struct {
    int32_t first, count;
} Range;

/* What is asked of a node (`guards.py`). `inner` are the entries behind it that belong to it, `path` the keys to
   a value and `words` the strings that it may be, both in `Plan.paths`; `notes` are bits. */
typedef struct {
    int32_t asked, inner;
    Range path, words;
    uint32_t notes;
    int32_t field;
} Guard;

/* The step from a node to the one in which it stands. */
#define STEP_UP INT32_MIN
/* A step of a path that is an index into a list stands there as a number below all keys. */
static inline int32_t step_of_index(int32_t index) { return -2 - index; }
static inline int32_t index_of_step(int32_t step) { return -2 - step; }
static inline int is_index(int32_t step) { return step < NO_WORD && step != STEP_UP; }

/* How a node reads (`guards.py`). `word` and `before` are keys, NO_WORD for none. */
typedef struct {
    int32_t guard, word, before, flags;
    Range path;
} Reading;

#define ALWAYS (-1)
#define BAD_GUARD (-2)
enum { IS_NOTHING = 1, IS_WRAPPER = 2, IS_FIRST = 4, IS_STRIPPED = 8 };

enum { IS_LITERAL = 1, IS_COMMENT = 2, IS_NAMED = 4, IS_MEMBER = 8, IS_FUNCTION = 16, IS_CLASS = 32, PREPARES_LATE = 64 };

/* A rule of a type by its bit in masks, its guard or ALWAYS, and what is declared of its definitions. */
typedef struct {
    int32_t bit, guard;
    Range definings, importings;
} Rule;

/* What a definition is (`defining.py`). Paths, words and bits are in `Plan.paths`, words as keys. The words of
   `modifiers` are in order, the bits of `marks` those of their places. A `count` of listings below 0: it takes
   no parameters. */
typedef struct {
    int32_t guard, flags, kind, exported;
    Range name, at, body, listings, modifiers, marks, visibility, outer_visibility, doc, qualified_by;
} Defining;

/* `OUTER_ONLY` and `MAY_BE_EXPORTED` are flags of definitions as well. */
enum { OUTER_ONLY = 1, DEFINES_NOTHING = 16, ONLY_LINE = 32, IS_QUALIFIED = 64, MAY_BE_EXPORTED = 8 };

/* A modifier where its guard holds, or (`bit` below 0) those that objects at a path name: `words` are pairs of a
   key and a bit. */
typedef struct {
    int32_t guard, bit;
    Range path, each, words;
} Mark;

/* Parameters at a path. `before` is a word that is shown before them where `guard` holds, `prefix` one before
   each, `after` one behind them; all are keys, and only count where there are parameters. */
typedef struct {
    int32_t guard, before, prefix, after, flags;
    Range path, each;
} Listing;

enum { IS_SINGLE = 1, IS_OTHERWISE = 2 };

/* What an import is (`importing.py`). `dots` is the path to a number of them, before the module. */
typedef struct {
    int32_t guard, flags, relative;
    Range module, name, alias, dots, line;
} Importing;

enum { IMPORTS_NOTHING = 1, IS_WILDCARD = 2, HAS_DOTS = 4, ALIAS_DIFFERS = 8 };

/* A note that a node leaves for those which stand in its field, or for the items of a list there. `bit` 0: all
   that were left for itself. */
typedef struct {
    int32_t guard, field, is_listed;
    uint32_t bit;
} Note;

#define MASK_BITS 16 /* a type's code is in the bits above */

/* Those that the walk knows; FINDING_RULES count in the file that was parsed, not in those it includes. */
enum { VARIANT_RULE = 1, NAME_RULE = 2, QUALIFIER_RULE = 4, PREPARE_RULE = 8, FINDING_RULES = 128 | 256 | 512 };

/* A type of nodes: its code, kind and flags, the keys (NO_WORD for none) of name and value, its rules, and how its names
   read. */
typedef struct {
    int32_t code, kind, flags, name_key, value_key;
    Range rules, names, notes;
} Type;

/* One thing to look up, as in `../columns.c`: a number for a column, or (`column` below 0) a container in which
   the `inner` steps that follow are to be looked up. `key` is NULL in a list, whose item at `index` is meant. `number` is that of a
   node's own key. */
typedef struct {
    const char *key;
    size_t key_size;
    int64_t index;
    int32_t number;
    int column, inner;
} Step;

#define MOST_STEPS 32
#define CLANG_COLUMNS 9

typedef struct {
    Words keys, types, chained, note_words;
    Buffer key_facts, type_facts, rules, guards, readings, paths, links, definings, marks, listings, notes, importings;
    int32_t type_key, raw_key, value_key, loc_key, range_key, begin_key, end_key, first_key;
    int32_t string_kind, number_kind;
    Range other_links;
    PyObject *fields, *learn, *held;
    Step steps[MOST_STEPS];
    int used, columns, is_clang, has_attrs;
    size_t longest, longest_comment;
    const char *atoms[3];
    uint64_t objects;
    int busy;
} Plan;

static inline Key *key_at(Plan *plan, int32_t number) { return (Key *)plan->key_facts.items + number; }
static inline const Word *word_of(const Plan *plan, int32_t key) { return (Word *)plan->keys.words.items + key; }
static inline Type *type_at(Plan *plan, int32_t number) { return (Type *)plan->type_facts.items + number; }

/* The number of a key; NO_WORD with an error set. */
int32_t key_number(Plan *plan, const char *text, size_t size);
/* The same of a string of Python, NO_WORD for None and for an empty one. */
int32_t key_of(Plan *plan, PyObject *key);
/* The number of a type, which is learned if it is new; NO_WORD with an error set. */
int32_t type_number(Plan *plan, const char *text, size_t size);
/* The field that a key is, LEAF for none; UNASKED with an error set. */
int32_t field_of(Plan *plan, int32_t key);

/* Take a guard, ALWAYS for None: where it begins in `guards`; BAD_GUARD with an error set. */
int32_t add_guard(Plan *plan, PyObject *guard);
/* Take a tuple of readings; -1 with an error set. */
int add_readings(Plan *plan, PyObject *readings, Range *taken);
/* Take the readings of each type in a chain. */
int add_links(Plan *plan, PyObject *links);
/* Take words, or a path; into `Plan.paths`. */
int add_words(Plan *plan, PyObject *words, Range *taken);
int add_path(Plan *plan, PyObject *path, Range *taken);
/* Take what is declared of a rule's definitions, and of a type's notes. */
int add_definings(Plan *plan, PyObject *definings, Range *taken);
int add_notes(Plan *plan, PyObject *notes, Range *taken);
/* The same of a rule's imports. */
int add_importings(Plan *plan, PyObject *importings, Range *taken);
/* The bit of a note; 0 with an error set. */
uint32_t note_bit(Plan *plan, PyObject *word);

#endif
