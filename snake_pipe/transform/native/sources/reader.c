/* One language's parser and tables, and what becomes of a text. */

#include "sources.h"

#include <language.h>

#include "arena.h"
#include "lookup.h"

/* The most bytes that a table of fields may have; they have some thousands. */
#define LARGEST_TABLE (64u << 20)

/* -- tables -------------------------------------------------------------------------------------------- */

/* Fill `codes` from those of kinds; -1 where memory is short. */
static int take_codes(Reader *reader, const uint16_t *by_kind) {
    const TSLanguage *language = reader->language;
    uint16_t *codes = reader->codes = calloc(ERROR_KIND + 1, sizeof(*codes));
    if (codes == NULL) return -1;
    uint32_t count = ts_language_symbol_count(language);
    reader->named_only = 1;
    for (uint32_t symbol = 0; symbol < count && symbol < ERROR_KIND; symbol++) {
        codes[symbol] = by_kind[ts_language_public_symbol(language, (TSSymbol)symbol)];
        reader->named_only &= codes[symbol] == 0 || ts_language_symbol_metadata(language, (TSSymbol)symbol).named;
        reader->is_wide |= codes[symbol] > UINT8_MAX;
    }
    codes[ERROR_KIND] = by_kind[ERROR_KIND];
    reader->is_wide |= codes[ERROR_KIND] > UINT8_MAX;
    return 0;
}

/* Fill `fields` with that of each child of each production, by the first entry that names it; those that a hidden
   child hands on from below are found there. -1 where memory is short or a field does not fit. */
static int take_fields(Reader *reader) {
    const TSLanguage *language = reader->language;
    const TSFieldMapEntry *entry, *end;
    uint32_t productions = language->production_id_count, widest = 0;
    for (uint32_t production = 0; production < productions; production++)
        for (ts_language_field_map(language, production, &entry, &end); entry < end; entry++)
            if (!entry->inherited && entry->child_index >= widest) widest = entry->child_index + 1u;
    if (language->field_count > UINT8_MAX || (uint64_t)productions * widest > LARGEST_TABLE) return -1;
    uint8_t *fields = reader->fields = calloc((size_t)productions * widest + 1, 1);
    if (fields == NULL) return -1;
    for (uint32_t production = 0; production < productions; production++)
        for (ts_language_field_map(language, production, &entry, &end); entry < end; entry++) {
            uint8_t *field = fields + (size_t)production * widest + entry->child_index;
            if (!entry->inherited && *field == 0) *field = (uint8_t)entry->field_id;
        }
    reader->children = widest;
    return 0;
}

Reader *open_reader(const TSLanguage *language, const uint16_t *codes) {
    uint32_t version = ts_language_abi_version(language);
    if (version < TREE_SITTER_MIN_COMPATIBLE_LANGUAGE_VERSION || version > TREE_SITTER_LANGUAGE_VERSION) return NULL;
    Reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) return NULL;
    reader->language = language;
    if (!take_codes(reader, codes) && !take_fields(reader)) return reader;
    close_reader(reader);
    return NULL;
}

void close_reader(Reader *reader) {
    free(reader->codes);
    free(reader->fields);
    free(reader->idle);
    free(reader);
}

/* -- a text -------------------------------------------------------------------------------------------- */

Outcome read_text(Reader *reader, const char *text, uint32_t size, int64_t nanoseconds, Columns *columns) {
    Lookups *lookups = __atomic_exchange_n(&reader->idle, NULL, __ATOMIC_ACQ_REL);
    if (lookups == NULL && (lookups = calloc(1, sizeof(*lookups))) == NULL) return NO_MEMORY;
    Arena *arena = arena_in_use = take_arena();
    if (arena == NULL) {
        free(lookups);
        return NO_MEMORY;
    }
    TSTree *tree = parse_text(reader->language, lookups, text, size, nanoseconds);
    int failed = 0;
    if (tree) {
        columns->has_error = ts_node_has_error(ts_tree_root_node(tree));
        failed = walk_tree(reader, tree, columns);
        if (!failed && columns->has_error) failed = find_problems(reader, tree, columns);
    }
    arena_in_use = NULL;
    give_back_arena(arena);
    free(__atomic_exchange_n(&reader->idle, lookups, __ATOMIC_ACQ_REL));
    return failed ? NO_MEMORY : tree ? READ : LATE;
}

void free_columns(Columns *columns) {
    free(columns->codes);
    free(columns->fields);
    free(columns->depths);
    free(columns->starts);
    free(columns->ends);
    free(columns->problems);
}
