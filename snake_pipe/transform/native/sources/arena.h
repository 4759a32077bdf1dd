/* Memory for the length of one parse, in one thread. A block that is freed is the next of its size; what is left in
   the end is given back at once, with no look at the tree. */

#ifndef SNAKE_PIPE_ARENA_H
#define SNAKE_PIPE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_BLOCK 1016 /* blocks above this many bytes are the C library's, one by one */

/* Where accesses are checked, those to a chunk are an error but for the bytes of its blocks that were asked for; and
   blocks that were freed are not taken again. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_CHECKED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define IS_CHECKED 1
#endif
#ifdef IS_CHECKED
#include <sanitizer/asan_interface.h>
#define UNCHECKED __attribute__((no_sanitize("address")))
#define forbid(bytes, size) __asan_poison_memory_region(bytes, size)
#define allow(bytes, size) __asan_unpoison_memory_region(bytes, size)
#else
#define IS_CHECKED 0
#define UNCHECKED
#define forbid(bytes, size) ((void)0)
#define allow(bytes, size) ((void)0)
#endif

/* Before each block stands its size: 16 * its class + 8 bytes, or more than `LARGEST_BLOCK`.

   What is kept in a block is of another type before it is freed and after it is taken again, in code into which this
   is inlined: without `may_alias` the compiler may write the one before it has read the other. */
typedef struct __attribute__((may_alias)) Block {
    struct Block *next;
} Block;
typedef size_t __attribute__((may_alias)) BlockSize;

typedef struct Chunk Chunk;
typedef struct Large Large;
typedef struct {
    char *next, *end; /* what is left of the chunk */
    Chunk *chunk, *first;
    Large *large;
    Block *freed[LARGEST_BLOCK / 16 + 1];
} Arena;

/* That of this thread while it parses. */
extern _Thread_local Arena *arena_in_use;

/* An empty arena, NULL where memory is short; and none of its blocks is there any more. */
Arena *take_arena(void);
void give_back_arena(Arena *arena);

/* What the inline functions leave to others. Where memory is short they end the process, as tree-sitter's do. */
void *take_from_new_chunk(Arena *arena, size_t size);
void *take_large(Arena *arena, size_t size);
void *resize_large(Arena *arena, void *block, size_t size);
void free_large(void *block);

UNCHECKED static inline size_t block_size(const void *block) { return ((const BlockSize *)block)[-1]; }

UNCHECKED static inline void *take_block(size_t size) {
    Arena *arena = arena_in_use;
    if (size > LARGEST_BLOCK) return take_large(arena, size);
    size_t class = (size + 7) / 16, whole = 16 * class + 16;
    Block *block = arena->freed[class];
    if (block) {
        arena->freed[class] = block->next;
        return block;
    }
    if ((size_t)(arena->end - arena->next) < whole) return take_from_new_chunk(arena, size);
    char *at = arena->next;
    arena->next += whole;
    *(BlockSize *)(void *)at = whole - 8;
    allow(at + 8, size);
    return at + 8;
}

UNCHECKED static inline void free_block(void *block) {
    if (block == NULL) return;
    size_t size = block_size(block);
    if (size > LARGEST_BLOCK) {
        free_large(block);
        return;
    }
    if (IS_CHECKED) {
        forbid(block, size);
        return;
    }
    Block *freed = block;
    freed->next = arena_in_use->freed[size / 16];
    arena_in_use->freed[size / 16] = freed;
}

static inline void *take_zeroed_block(size_t count, size_t size) {
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole)) whole = PTRDIFF_MAX; /* more than there is */
    return memset(take_block(whole), 0, whole);
}

static inline void *resize_block(void *block, size_t size) {
    if (block == NULL) return take_block(size);
    size_t before = block_size(block);
    if (before > LARGEST_BLOCK) return resize_large(arena_in_use, block, size);
    if (size <= before) {
        allow(block, size);
        return block;
    }
    allow(block, before);
    void *resized = memcpy(take_block(size), block, before);
    free_block(block);
    return resized;
}

#endif
