/* What a grammar's table has for a state and a symbol, remembered: most states have their symbols in lists, which
   tree-sitter searches from their beginning each time. */

#ifndef SNAKE_PIPE_LOOKUP_H
#define SNAKE_PIPE_LOOKUP_H

#include <language.h>

#define LOOKUP_BITS 14

/* State, symbol, and what the table has for them, 16 bits each; no state that is remembered is 0. */
typedef struct Lookups {
    uint64_t found[1 << LOOKUP_BITS];
} Lookups;

static inline uint16_t look_up(Lookups *lookups, const TSLanguage *language, TSStateId state, TSSymbol symbol) {
    if (state < language->large_state_count)
        return language->parse_table[(size_t)state * language->symbol_count + symbol];
    uint32_t key = (uint32_t)state << 16 | symbol;
    uint64_t *found = lookups->found + (key * 2654435769u >> (32 - LOOKUP_BITS));
    if (*found >> 16 != key) *found = (uint64_t)key << 16 | ts_language_lookup(language, state, symbol);
    return (uint16_t)*found;
}

#endif
