/* A tree's visible nodes in preorder: what the public cursor shows, from the subtrees themselves.

   Subtrees of hidden rules are transparent: their children belong to the visible node above. What an alias
   names is visible, and is called by it. A field is that of the innermost of a node and the hidden subtrees
   around it that has one. */

#include "sources.h"

#include <language.h>
#include <subtree.h>
#include <tree.h>

/* A subtree whose children are being read; `position` is where the last one that was read has ended. */
typedef struct {
    const Subtree *child, *end;
    const TSSymbol *aliases;
    const uint8_t *fields;
    uint32_t structural, position;
    int32_t depth;
    uint8_t field;
    uint8_t is_first;
} Frame;

typedef struct {
    Frame *items;
    size_t count, room;
} Frames;

/* Open a subtree that has children; `depth` is that of its children, `field` the field they have from it. */
static int push(Frames *frames, const Reader *reader, Subtree tree, uint32_t position, int32_t depth, uint8_t field) {
    if (frames->count == frames->room) {
        size_t room = frames->room ? 2 * frames->room : 64;
        if (grow((void **)&frames->items, room, sizeof(Frame))) return -1;
        frames->room = room;
    }
    const Subtree *children = ts_subtree_children(tree);
    uint32_t production = tree.ptr->production_id;
    frames->items[frames->count++] = (Frame){
        children,
        children + tree.ptr->child_count,
        ts_language_alias_sequence(reader->language, production),
        reader->fields + (size_t)production * reader->children,
        0,
        position,
        depth,
        field,
        1,
    };
    return 0;
}

static int make_room(Columns *columns) {
    size_t room = columns->room ? 2 * columns->room : 256;
    if (grow((void **)&columns->codes, room, sizeof(*columns->codes)) ||
        grow((void **)&columns->fields, room, sizeof(*columns->fields)) ||
        grow((void **)&columns->depths, room, sizeof(*columns->depths)) ||
        grow((void **)&columns->starts, room, sizeof(*columns->starts)) ||
        grow((void **)&columns->ends, room, sizeof(*columns->ends)))
        return -1;
    columns->room = room;
    return 0;
}

static int add_row(Columns *columns, uint16_t code, uint8_t field, int32_t depth, uint32_t start, uint32_t end) {
    if (columns->count == columns->room && make_room(columns)) return -1;
    size_t row = columns->count++;
    columns->codes[row] = code;
    columns->fields[row] = field;
    columns->depths[row] = depth;
    columns->starts[row] = (int32_t)start;
    columns->ends[row] = (int32_t)end;
    if (depth > columns->max_depth) columns->max_depth = depth;
    return 0;
}

/* Whether a subtree has nodes below it that can make rows. */
static inline int holds_nodes(const Reader *reader, Subtree tree) {
    if (tree.data.is_inline || tree.ptr->child_count == 0) return 0;
    return reader->named_only ? tree.ptr->named_child_count > 0 : tree.ptr->visible_child_count > 0;
}

/* Add a node's row, or look through it, and open what is below it. */
static inline int visit(const Reader *reader, Frames *frames, Columns *columns, Subtree tree, TSSymbol symbol,
                        uint8_t field, int32_t depth, uint32_t start) {
    uint16_t code = reader->codes[symbol];
    if (code == 0) return 0;
    if (code != HIDDEN) {
        uint32_t size = tree.data.is_inline ? tree.data.size_bytes : tree.ptr->size.bytes;
        if (add_row(columns, code, field, depth, start, start + size)) return -1;
        depth++;
    }
    return holds_nodes(reader, tree) ? push(frames, reader, tree, start, depth, 0) : 0;
}

int walk_tree(const Reader *reader, const TSTree *tree, Columns *columns) {
    Frames frames = {0};
    Subtree root = tree->root;
    uint32_t start = ts_subtree_padding(root).bytes;
    int failed = visit(reader, &frames, columns, root, ts_subtree_symbol(root), 0, 0, start);
    while (!failed && frames.count) {
        Frame *frame = frames.items + frames.count - 1;
        if (frame->child == frame->end) {
            frames.count--;
            continue;
        }
        Subtree child = *frame->child++;
        uint32_t padding, size;
        TSSymbol symbol;
        int is_visible, is_extra;
        if (child.data.is_inline) {
            padding = child.data.padding_bytes, size = child.data.size_bytes, symbol = child.data.symbol;
            is_visible = child.data.visible, is_extra = child.data.extra;
        } else {
            padding = child.ptr->padding.bytes, size = child.ptr->size.bytes, symbol = child.ptr->symbol;
            is_visible = child.ptr->visible, is_extra = child.ptr->extra;
        }
        start = frame->is_first ? frame->position : frame->position + padding; /* a first one's is its parent's */
        frame->is_first = 0;
        frame->position = start + size;
        uint8_t field = 0;
        if (!is_extra) {
            uint32_t index = frame->structural++;
            if (frame->aliases && frame->aliases[index]) symbol = frame->aliases[index], is_visible = 1;
            field = index < reader->children && frame->fields[index] ? frame->fields[index] : frame->field;
        }
        int32_t depth = frame->depth;
        if (is_visible)
            failed = visit(reader, &frames, columns, child, symbol, field, depth, start);
        else if (holds_nodes(reader, child))
            failed = push(&frames, reader, child, start, depth, field);
    }
    free(frames.items);
    return failed ? -1 : 0;
}
