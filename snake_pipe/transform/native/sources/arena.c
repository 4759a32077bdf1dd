/* Where an arena's blocks come from. */

#include "arena.h"

#include <stdio.h>

#define CHUNK_SIZE ((size_t)256 << 10)
#define MOST_KEPT 32 /* chunks that wait for the next parse */

/* Its blocks are behind it; so that they are aligned as those of the C library are, 8 bytes are left out. */
struct Chunk {
    Chunk *next;
    size_t unused;
};

struct Large {
    Large *next, **link;
    size_t unused, size;
};

_Thread_local Arena *arena_in_use;

/* The arena that nobody uses, if there is one. */
static Arena *idle;

static void *or_end(void *memory, size_t size) {
    if (memory) return memory;
    fprintf(stderr, "tree-sitter failed to allocate %zu bytes\n", size);
    abort();
}

static void begin_chunk(Arena *arena, Chunk *chunk) {
    arena->chunk = chunk;
    arena->next = (char *)(chunk + 1) + 8;
    arena->end = (char *)chunk + CHUNK_SIZE;
    forbid(arena->next, (size_t)(arena->end - arena->next));
}

void *take_from_new_chunk(Arena *arena, size_t size) {
    Chunk *chunk = arena->chunk ? arena->chunk->next : arena->first;
    if (chunk == NULL) {
        chunk = or_end(malloc(CHUNK_SIZE), CHUNK_SIZE);
        chunk->next = NULL;
        *(arena->chunk ? &arena->chunk->next : &arena->first) = chunk;
    }
    begin_chunk(arena, chunk);
    return take_block(size);
}

/* -- large blocks --------------------------------------------------------------------------------------- */

static Large *large_of(void *block) { return (Large *)block - 1; }

/* Put a block into the list of its arena, or what was moved back into the place that it had. */
static void *add_large(Large *large, size_t size) {
    large->size = size > LARGEST_BLOCK ? size : LARGEST_BLOCK + 1;
    *large->link = large;
    if (large->next) large->next->link = &large->next;
    return large + 1;
}

void *take_large(Arena *arena, size_t size) {
    size_t whole = size < PTRDIFF_MAX - sizeof(Large) ? size + sizeof(Large) : SIZE_MAX;
    Large *large = or_end(malloc(whole), size);
    large->next = arena->large;
    large->link = &arena->large;
    return add_large(large, size);
}

void *resize_large(Arena *arena, void *block, size_t size) {
    size_t whole = size < PTRDIFF_MAX - sizeof(Large) ? size + sizeof(Large) : SIZE_MAX;
    (void)arena;
    return add_large(or_end(realloc(large_of(block), whole), size), size);
}

void free_large(void *block) {
    Large *large = large_of(block);
    *large->link = large->next;
    if (large->next) large->next->link = large->link;
    free(large);
}

/* -- arenas --------------------------------------------------------------------------------------------- */

Arena *take_arena(void) {
    Arena *arena = __atomic_exchange_n(&idle, NULL, __ATOMIC_ACQ_REL);
    return arena ? arena : calloc(1, sizeof(Arena));
}

static void free_chunks(Chunk *chunk) {
    while (chunk) {
        Chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

static void free_arena(Arena *arena) {
    if (arena == NULL) return;
    free_chunks(arena->first);
    free(arena);
}

void give_back_arena(Arena *arena) {
    while (arena->large) free_large(arena->large + 1);
    Chunk **kept = &arena->first;
    for (int i = 0; i < MOST_KEPT && *kept; i++) {
        forbid(*kept + 1, CHUNK_SIZE - sizeof(Chunk));
        kept = &(*kept)->next;
    }
    free_chunks(*kept);
    *kept = NULL;
    memset(arena->freed, 0, sizeof(arena->freed));
    arena->chunk = NULL;
    arena->next = arena->end = NULL;
    free_arena(__atomic_exchange_n(&idle, arena, __ATOMIC_ACQ_REL));
}
