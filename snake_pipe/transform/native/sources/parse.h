/* Text → tree: what `ts_parser_parse` does where no older tree is there to take nodes from. It gives the same nodes.

   Most of the time there is one version of the stack, nothing is wrong, and a rule takes what is on top of it: that is
   done here, in place. Where versions split or meet, and for what cannot be parsed, tree-sitter's own functions are
   called, on the same stack. What only a later parse of a changed text would ask of a subtree is not filled in, and
   nothing is balanced. */

#ifndef SNAKE_PIPE_PARSE_H
#define SNAKE_PIPE_PARSE_H

#include <time.h>

#include "lookup.h"
#include "sources.h"
#include "text.h"

typedef struct {
    TSParser *parser;
    Stack *stack;
    const TSLanguage *language;
    Lookups *lookups;
} Parse;

static TableEntry actions_of(const Parse *parse, TSStateId state, TSSymbol symbol) {
    if (symbol == ts_builtin_sym_error || symbol == ts_builtin_sym_error_repeat) return (TableEntry){0};
    const TSParseActionEntry *entry =
        parse->language->parse_actions + look_up(parse->lookups, parse->language, state, symbol);
    return (TableEntry){(const TSParseAction *)(entry + 1), entry->entry.count, entry->entry.reusable};
}

/* Put a subtree that is there, and no part of an older tree, on top of a version. What is left of another node in
   `links` is not looked at. */
static void push_subtree(const Parse *parse, StackVersion version, Subtree subtree, TSStateId state) {
    StackHead *head = array_get(&parse->stack->heads, version);
    StackNodeArray *unused = &parse->stack->node_pool;
    StackNode *before = head->node, *node = unused->size ? array_pop(unused) : ts_malloc(sizeof(StackNode));
    node->state = state;
    node->position = length_add(before->position, ts_subtree_total_size(subtree));
    node->links[0] = (StackLink){before, subtree, false};
    node->link_count = 1;
    node->ref_count = 1;
    node->error_cost = before->error_cost + ts_subtree_error_cost(subtree);
    node->node_count = before->node_count + stack__subtree_node_count(subtree);
    node->dynamic_precedence = before->dynamic_precedence + ts_subtree_dynamic_precedence(subtree);
    head->node = node;
}

static void shift(const Parse *parse, StackVersion version, TSStateId state, Subtree token, int is_extra) {
    if (is_extra != ts_subtree_extra(token)) {
        MutableSubtree changed = ts_subtree_make_mut(&parse->parser->tree_pool, token);
        ts_subtree_set_extra(&changed, is_extra);
        token = ts_subtree_from_mut(changed);
    }
    push_subtree(parse, version, token, state);
    if (ts_subtree_has_external_tokens(token)) ts_stack_set_last_external_token(parse->stack, version, token);
}

/* -- rules on a single version ------------------------------------------------------------------------- */

/* A subtree of these children, whose array it takes over. */
static MutableSubtree new_parent(const TSLanguage *language, SubtreeArray children, TSSymbol symbol,
                                 uint16_t production) {
    const TSSymbol *alias = ts_language_alias_sequence(language, production);
    Length padding = length_zero(), size = length_zero();
    uint32_t visible = 0, named = 0, descendants = 0;
    int32_t precedence = 0;
    for (uint32_t i = 0; i < children.size; i++) {
        Subtree child = children.contents[i];
        int is_extra = ts_subtree_extra(child);
        if (ts_subtree_error_cost(child) || ts_subtree_symbol(child) >= ts_builtin_sym_error_repeat)
            return ts_subtree_new_node(symbol, &children, production, language);
        if (i == 0)
            padding = ts_subtree_padding(child), size = ts_subtree_size(child);
        else
            size = length_add(size, ts_subtree_total_size(child));
        TSSymbol name = is_extra || !alias ? 0 : *alias;
        if (name && ts_subtree_symbol(child)) {
            descendants++, visible++;
            named += language->symbol_metadata[name].named;
        } else if (ts_subtree_visible(child)) {
            descendants++, visible++;
            named += ts_subtree_named(child);
        } else if (ts_subtree_child_count(child)) {
            visible += child.ptr->visible_child_count;
            named += child.ptr->named_child_count;
        }
        if (ts_subtree_child_count(child)) {
            descendants += child.ptr->visible_descendant_count;
            precedence += child.ptr->dynamic_precedence;
        }
        if (alias && !is_extra) alias++;
    }
    SubtreeHeapData *parent = (SubtreeHeapData *)(void *)(children.contents + children.size);
    *parent = (SubtreeHeapData){
        .ref_count = 1,
        .padding = padding,
        .size = size,
        .child_count = children.size,
        .symbol = symbol,
        .parse_state = TS_TREE_STATE_NONE,
        .visible = language->symbol_metadata[symbol].visible,
        .named = language->symbol_metadata[symbol].named,
        .visible_child_count = visible,
        .named_child_count = named,
        .visible_descendant_count = descendants,
        .dynamic_precedence = precedence,
        .production_id = production,
    };
    return (MutableSubtree){.ptr = parent};
}

/* The nodes of the stack that a rule takes, extras on top of them and between included; -1 where they are not this
   version's alone, or a place where an error was is among them. `extras` are those on top. */
static int64_t nodes_of_rule(const StackNode *node, uint32_t count, uint32_t *extras) {
    uint32_t taken = 0, nodes = 0;
    for (*extras = 0; taken < count; node = node->links[0].node, nodes++) {
        if (node->link_count != 1 || node->ref_count != 1 || !node->links[0].subtree.ptr) return -1;
        if (!ts_subtree_extra(node->links[0].subtree))
            taken++;
        else if (taken == 0)
            ++*extras;
    }
    return nodes;
}

/* Take a node off the stack; its subtree is the caller's, its reference to the one below becomes the stack's. */
static Subtree pop_node(Stack *stack, StackHead *head) {
    StackNode *node = head->node;
    Subtree subtree = node->links[0].subtree;
    head->node = node->links[0].node;
    if (stack->node_pool.size < stack->node_pool.capacity)
        stack->node_pool.contents[stack->node_pool.size++] = node;
    else
        ts_free(node);
    return subtree;
}

/* Apply a rule to the only version; 0 where that is not so simple, and nothing was changed. */
static int reduce_in_place(const Parse *parse, TSParseAction rule, int ends_extra) {
    StackHead *head = array_get(&parse->stack->heads, 0);
    uint32_t extras;
    int64_t nodes = nodes_of_rule(head->node, rule.reduce.child_count, &extras);
    if (nodes < 0) return 0;
    SubtreeArray *trailing = &parse->parser->trailing_extras;
    array_clear(trailing);
    for (uint32_t i = 0; i < extras; i++) array_push(trailing, pop_node(parse->stack, head));

    size_t whole = ts_subtree_alloc_size((uint32_t)nodes - extras);
    SubtreeArray children = {ts_malloc(whole), (uint32_t)nodes - extras, (uint32_t)(whole / sizeof(Subtree))};
    for (uint32_t i = children.size; i--;) children.contents[i] = pop_node(parse->stack, head);
    MutableSubtree parent =
        new_parent(parse->language, children, rule.reduce.symbol, rule.reduce.production_id);
    parent.ptr->dynamic_precedence += rule.reduce.dynamic_precedence;

    TSStateId state = head->node->state;
    TSStateId next = look_up(parse->lookups, parse->language, state, rule.reduce.symbol);
    if (ends_extra && next == state) parent.ptr->extra = true;
    push_subtree(parse, 0, ts_subtree_from_mut(parent), next);
    for (uint32_t i = extras; i--;) push_subtree(parse, 0, *array_get(trailing, i), next);
    return 1;
}

/* The only thing to do, if that is a rule to apply; NULL if there are others, or none. */
static const TSParseAction *sole_rule(TableEntry entry) {
    const TSParseAction *sole = NULL;
    for (uint32_t i = 0; i < entry.action_count; i++) {
        const TSParseAction *action = entry.actions + i;
        if (action->type == TSParseActionTypeShift && action->shift.repetition) continue;
        if (sole || action->type != TSParseActionTypeReduce) return NULL;
        sole = action;
    }
    return sole;
}

/* -- any version --------------------------------------------------------------------------------------- */

/* What became of the actions in a table entry. */
typedef enum { DONE, REDUCED, MERGED, UNKNOWN } Step;

static Step act(const Parse *parse, StackVersion version, TSStateId state, Subtree token, TableEntry entry) {
    TSParser *parser = parse->parser;
    const TSParseAction *rule = ts_stack_version_count(parse->stack) == 1 ? sole_rule(entry) : NULL;
    if (rule && reduce_in_place(parse, *rule, !token.ptr)) return REDUCED;
    int has_reduced = 0;
    StackVersion reduced = STACK_VERSION_NONE;
    for (uint32_t i = 0; i < entry.action_count; i++) {
        TSParseAction action = entry.actions[i];
        if (action.type == TSParseActionTypeReduce) {
            StackVersion new = ts_parser__reduce(parser, version, action.reduce.symbol, action.reduce.child_count,
                                                 action.reduce.dynamic_precedence, action.reduce.production_id,
                                                 entry.action_count > 1, !token.ptr);
            if (new != STACK_VERSION_NONE) reduced = new;
            has_reduced = 1;
            continue;
        }
        if (action.type == TSParseActionTypeAccept)
            ts_parser__accept(parser, version, token);
        else if (action.type == TSParseActionTypeRecover)
            ts_parser__recover(parser, version, token);
        else if (action.shift.repetition)
            continue;
        else
            shift(parse, version, action.shift.extra ? state : action.shift.state, token, action.shift.extra);
        return DONE;
    }
    if (reduced == STACK_VERSION_NONE) return has_reduced ? MERGED : UNKNOWN;
    ts_stack_renumber_version(parse->stack, reduced, version);
    return REDUCED;
}

/* Whether a word that the grammar does not want here is one of its keywords, and taken as any other word. */
static int becomes_word(const Parse *parse, TSStateId state, Subtree *token, TableEntry *entry) {
    TSSymbol word = parse->language->keyword_capture_token;
    if (!token->ptr || !ts_subtree_is_keyword(*token) || ts_subtree_symbol(*token) == word ||
        ts_language_is_reserved_word(parse->language, state, ts_subtree_symbol(*token)))
        return 0;
    *entry = actions_of(parse, state, word);
    if (entry->action_count == 0) return 0;
    MutableSubtree changed = ts_subtree_make_mut(&parse->parser->tree_pool, *token);
    ts_subtree_set_symbol(&changed, word, parse->language);
    *token = ts_subtree_from_mut(changed);
    return 1;
}

/* Bring a version to its next token; 0 where time has run out. */
static int advance(const Parse *parse, StackVersion version) {
    TSParser *parser = parse->parser;
    TSStateId state = ts_stack_state(parse->stack, version);
    uint32_t position = ts_stack_position(parse->stack, version).bytes;
    Subtree before = ts_stack_last_external_token(parse->stack, version);
    TableEntry entry = {0};
    Subtree token = ts_parser__get_cached_token(parser, state, position, before, &entry);
    int is_missing = !token.ptr;
    for (;;) {
        if (is_missing) {
            is_missing = 0;
            token = ts_parser__lex(parser, version, state);
            if (token.ptr) ts_parser__set_cached_token(parser, position, before, token);
            entry = actions_of(parse, state, token.ptr ? ts_subtree_symbol(token) : ts_builtin_sym_end);
        }
        if (!ts_parser__check_progress(parser, &token, &position, 1)) return 0;
        switch (act(parse, version, state, token, entry)) {
        case DONE: return 1;
        case REDUCED:
            state = ts_stack_state(parse->stack, version);
            if (token.ptr)
                entry = actions_of(parse, state, ts_subtree_symbol(token));
            else
                is_missing = 1; /* the end of an extra that is a rule: what comes after it is not known */
            break;
        case MERGED:
            if (token.ptr) ts_subtree_release(&parser->tree_pool, token);
            ts_stack_halt(parse->stack, version);
            return 1;
        case UNKNOWN:
            if (becomes_word(parse, state, &token, &entry)) break;
            if (state == ERROR_STATE)
                ts_parser__recover(parser, version, token);
            else
                ts_stack_pause(parse->stack, version, token);
            return 1;
        }
    }
}

/* Sort out versions; the least cost of errors that one of them has. */
static unsigned condense(const Parse *parse) {
    if (ts_stack_version_count(parse->stack) != 1 || !ts_stack_is_active(parse->stack, 0))
        return ts_parser__condense_stack(parse->parser);
    ErrorStatus status = ts_parser__version_status(parse->parser, 0);
    return status.is_in_error ? UINT_MAX : status.cost;
}

/* Advance all versions until there is a tree and none that could still be better; 0 where time has run out. */
static int advance_all(const Parse *parse) {
    Stack *stack = parse->stack;
    const Subtree *tree = &parse->parser->finished_tree;
    uint32_t count, last = 0;
    do {
        for (StackVersion version = 0; version < (count = ts_stack_version_count(stack)); version++)
            while (ts_stack_is_active(stack, version)) {
                if (!advance(parse, version)) return 0;
                uint32_t position = ts_stack_position(stack, version).bytes;
                if (position > last || (version > 0 && position == last)) {
                    last = position;
                    break;
                }
            }
        unsigned least = condense(parse);
        if (tree->ptr && ts_subtree_error_cost(*tree) < least) break;
    } while (count);
    return 1;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool is_late(TSParseState *state) {
    const int64_t *deadline = state->payload;
    return now() >= *deadline;
}

TSTree *parse_text(const TSLanguage *language, Lookups *lookups, const char *bytes, uint32_t size,
                   int64_t nanoseconds) {
    Text text = {bytes, size};
    TSParser *parser = ts_parser_new();
    ts_parser_set_language(parser, language);
    read_text_by(&parser->lexer, &text);
    int64_t deadline = now();
    if (nanoseconds) {
        deadline = nanoseconds > INT64_MAX - deadline ? INT64_MAX : deadline + nanoseconds;
        parser->parse_options = (TSParseOptions){&deadline, is_late};
        parser->parse_state.payload = &deadline;
    }
    ts_parser__external_scanner_create(parser);
    Parse parse = {parser, parser->stack, language, lookups};
    int is_whole = advance_all(&parse);
    ts_parser__external_scanner_destroy(parser); /* its memory is not the arena's */
    return is_whole ? ts_tree_new(parser->finished_tree, language, parser->lexer.included_ranges, 1) : NULL;
}

#endif
