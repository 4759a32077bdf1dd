/* tree-sitter itself, whose source comes with its source distribution when a wheel is built. What it takes of memory
   is gone after each parse. */

#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"

#include "arena.h"

#define ts_malloc take_block
#define ts_calloc take_zeroed_block
#define ts_realloc resize_block
#define ts_free free_block

#include <lib.c>
