/* tree-sitter itself, whose source comes with its source distribution when a wheel is built, and what parses a text
   with it. What it takes of memory is gone after each parse, and no other thread sees a tree. */

#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"

#include "arena.h"

#define ts_malloc take_block
#define ts_calloc take_zeroed_block
#define ts_realloc resize_block
#define ts_free free_block

/* In the place of `atomic.h`: counts of references are those of one thread, and each lock takes longer than all else
   that is done to a subtree. */
#define TREE_SITTER_ATOMIC_H_
static inline size_t atomic_load(const volatile size_t *count) { return *count; }
static inline uint32_t atomic_inc(volatile uint32_t *count) { return *count += 1; }
static inline uint32_t atomic_dec(volatile uint32_t *count) { return *count -= 1; }

#include <lib.c>

#include "parse.h"
