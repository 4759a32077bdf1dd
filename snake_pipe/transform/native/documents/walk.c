/* A document's nodes in preorder as columns: the twin of `Walker.walk`, and of what `Extractor` reads of nodes.

   An object that has a type is a node. Objects and lists between nodes are transparent: what they hold belongs
   to the nearest node above, under that node's field. */

#include "walk.h"

#define MOST_DEPTH (1 << 20) /* where a piece begins */
#define HEAD 20 /* nodes of whom views are given at any rate: readers of places look at them */

/* -- one object ---------------------------------------------------------------------------------------- */

/* The key that a member has: most often the one that came behind the last one before. */
static int32_t read_key(Plan *plan, yyjson_val *key, int32_t *expected) {
    const char *text = unsafe_yyjson_get_str(key);
    size_t size = unsafe_yyjson_get_len(key);
    if (*expected != NO_WORD) {
        const Word *word = word_of(plan, *expected);
        if (word->size == size && is_same(word->text, text, size)) return *expected;
    }
    return *expected = key_number(plan, text, size);
}

/* Read an object's members; of those with the same key the last one's value counts, where the first stands. */
static int read_members(Walk *walk, yyjson_val *object) {
    Plan *plan = walk->plan;
    uint64_t number = ++plan->objects;
    walk->object = object;
    walk->members.count = 0;
    size_t count = unsafe_yyjson_get_len(object);
    if (reserve_many(&walk->members, count, sizeof(Member))) return -1;
    Member *members = walk->members.items;
    yyjson_val *at = unsafe_yyjson_get_first(object);
    int32_t last = NO_WORD;
    for (; count; count--, at = unsafe_yyjson_get_next(at + 1)) {
        int32_t expected = last == NO_WORD ? plan->first_key : key_at(plan, last)->next;
        int32_t key = read_key(plan, at, &expected);
        if (key == NO_WORD) return -1;
        *(last == NO_WORD ? &plan->first_key : &key_at(plan, last)->next) = expected;
        last = key;
        Key *facts = key_at(plan, key);
        if (facts->object == number) {
            members[facts->member].value = at + 1;
            continue;
        }
        facts->object = number;
        facts->member = (uint32_t)walk->members.count;
        members[walk->members.count++] = (Member){key, at + 1};
    }
    return 0;
}

static int is_container(yyjson_val *value) { return unsafe_yyjson_is_ctn(value) && unsafe_yyjson_get_len(value) > 0; }

/* Turn around the last of what is pending, so that the first is the next to be read. */
static void turn_around(Walk *walk, size_t from) {
    Pending *items = walk->pending.items;
    for (size_t to = walk->pending.count; to > from + 1; from++) {
        Pending swapped = items[from];
        items[from] = items[--to];
        items[to] = swapped;
    }
}

static int add_pending(Walk *walk, Pending pending) {
    if (reserve(&walk->pending, sizeof(Pending))) return -1;
    ((Pending *)walk->pending.items)[walk->pending.count++] = pending;
    return 0;
}

/* What is to be read in the object at `above`, which is a node or not. */
static int open_members(Walk *walk, Pending above, int is_node) {
    size_t before = walk->pending.count;
    const Member *members = walk->members.items;
    for (size_t i = 0; i < walk->members.count; i++) {
        if (!is_container(members[i].value)) continue;
        int32_t field = field_of(walk->plan, members[i].key);
        if (field == UNASKED) return -1;
        if (field == LEAF) continue;
        Pending inner = {members[i].value, above.depth + is_node, above.field, ELSEWHERE, (unsigned)walk->in_function};
        if (is_node) {
            inner.field = (uint32_t)field;
            inner.way = IN_FIELD;
        }
        if (add_pending(walk, inner)) return -1;
    }
    turn_around(walk, before);
    return 0;
}

static int open_items(Walk *walk, Pending array) {
    size_t before = walk->pending.count;
    yyjson_val *at = unsafe_yyjson_get_first(array.value);
    Pending item = array;
    item.way = array.way == IN_FIELD ? IN_LIST : ELSEWHERE;
    for (size_t left = unsafe_yyjson_get_len(array.value); left; left--, at = unsafe_yyjson_get_next(at)) {
        item.value = at;
        if (is_container(at) && add_pending(walk, item)) return -1;
    }
    turn_around(walk, before);
    return 0;
}

/* -- one node ------------------------------------------------------------------------------------------ */

/* The bytes of the first so many characters. */
static size_t cut(const char *text, size_t size, size_t characters) {
    if (size <= characters) return size;
    size_t at = 0;
    for (; at < size; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && characters-- == 0) break;
    return at;
}

char *digits_of(yyjson_val *value, char *end) {
    int64_t number = unsafe_yyjson_get_sint(value);
    int is_negative = !unsafe_yyjson_is_uint(value) && number < 0;
    uint64_t left = is_negative ? 0 - (uint64_t)number : unsafe_yyjson_get_uint(value);
    do *--end = (char)('0' + left % 10);
    while (left /= 10);
    if (is_negative) *--end = '-';
    return end;
}

static int add_text(Walk *walk, const char *text, size_t size, size_t longest) {
    return add_int64(&walk->found.value_rows, walk->row) ||
           add_string(&walk->found.values, text, cut(text, size, longest));
}

/* The text of a literal that is no string, as `Literals.text_of` says it; what is left open is for that. */
static int add_other_value(Walk *walk, yyjson_val *value, size_t longest) {
    yyjson_val *raw = member(walk, walk->plan->raw_key);
    if (raw != NULL && unsafe_yyjson_is_str(raw))
        return add_text(walk, unsafe_yyjson_get_str(raw), unsafe_yyjson_get_len(raw), longest);
    if (value == NULL || unsafe_yyjson_is_arr(value)) return 0;
    if (unsafe_yyjson_is_int(value)) {
        char digits[24], *end = digits + sizeof(digits), *text = digits_of(value, end);
        return add_text(walk, text, (size_t)(end - text), longest);
    }
    if (unsafe_yyjson_is_null(value) || unsafe_yyjson_is_bool(value)) {
        const char *word = walk->plan->atoms[unsafe_yyjson_is_true(value) ? 0 : unsafe_yyjson_is_null(value) ? 2 : 1];
        return add_text(walk, word, strlen(word), longest);
    }
    if (unsafe_yyjson_is_obj(value)) {
        raw = value_under(walk, value, walk->plan->raw_key);
        if (raw == NULL) raw = value_under(walk, value, walk->plan->value_key);
        if (raw == NULL || !unsafe_yyjson_is_str(raw)) return 0;
        return add_text(walk, unsafe_yyjson_get_str(raw), unsafe_yyjson_get_len(raw), longest);
    }
    return add_int64(&walk->found.open_rows, walk->row) ||
           add_view(walk->found.open, walk->document, walk->object);
}

static int add_value(Walk *walk, const Type *type) {
    yyjson_val *value = member(walk, type->value_key);
    int is_string = value != NULL && unsafe_yyjson_is_str(value);
    if (type->flags & IS_LITERAL) { /* its kind is that of its value */
        int is_number = value != NULL && (unsafe_yyjson_is_num(value) || unsafe_yyjson_is_raw(value));
        int32_t *kind = (int32_t *)walk->found.kinds.items + walk->row;
        if (is_string) *kind = walk->plan->string_kind;
        if (is_number) *kind = walk->plan->number_kind;
    }
    size_t longest = type->flags & IS_COMMENT ? walk->plan->longest_comment : walk->plan->longest;
    if (!is_string) return add_other_value(walk, value, longest);
    return add_text(walk, unsafe_yyjson_get_str(value), unsafe_yyjson_get_len(value), longest);
}

/* The node's own name, or the one that its readings give; 1 where Python has to be asked for it, -1 with an error
   set. */
static int add_name(Walk *walk, const Type *type) {
    Found *found = &walk->found;
    yyjson_val *own = member(walk, type->name_key);
    const char *text = NULL;
    size_t size = 0;
    Said said = NONE;
    if (own != NULL && unsafe_yyjson_is_str(own)) {
        said = THERE;
        text = unsafe_yyjson_get_str(own);
        size = unsafe_yyjson_get_len(own);
    } else if (type->flags & IS_NAMED)
        said = read_name(walk, type->names, &text, &size);
    if (said == THERE ? add_string(&found->names, text, size) : add_no_string(&found->names)) return -1;
    return said == ASK;
}

/* The same of what stands before a member's name. */
static int add_qualifier(Walk *walk) {
    Said said = read_qualifier(walk, walk->object);
    if (said == THERE && (add_int64(&walk->found.qualifier_rows, walk->row) ||
                          add_string(&walk->found.qualifiers, walk->parts.items, walk->parts.count)))
        return -1;
    return said == FAILED ? -1 : said == ASK;
}

static int add_asked(Walk *walk, int64_t row, int64_t key, int32_t noted, uint32_t notes, yyjson_val *object) {
    Found *found = &walk->found;
    return add_int64(&found->rule_rows, row) || add_int64(&found->rule_keys, key) ||
           add_int32(&found->noted_masks, noted) || add_int32(&found->notes, (int32_t)notes) ||
           add_view(found->nodes, walk->document, object);
}

/* Have the node above prepare the rules of this one, which it was not asked to do when it was read. */
static int ask_above(Walk *walk) {
    if (level_above(walk) == NULL) return 0;
    Level *level = (Level *)walk->levels.items + walk->depth - 1;
    const Type *type = type_at(walk->plan, level->type);
    if (!(type->flags & PREPARES_LATE) || level->has_prepared) return 0;
    level->has_prepared = 1;
    return add_asked(walk, level->row, (int64_t)type->code << MASK_BITS | PREPARE_RULE, 0, level->notes, level->object);
}

/* Note which rules are to be asked, and whether nodes below stand in a function. */
static int add_rules(Walk *walk, const Type *type, int32_t mask) {
    int32_t noted = 0;
    for (int32_t i = 0; i < type->rules.count; i++) {
        const Rule rule = ((Rule *)walk->plan->rules.items)[type->rules.first + i];
        int held = holds(walk, walk->object, rule.guard);
        if (held == YES && rule.definings.count) {
            Said said = walk->is_included ? NONE : define(walk, rule.definings);
            if (said == FAILED) return -1;
            if (said != ASK) continue;
        }
        if (held == YES && rule.importings.count) {
            Said said = walk->is_included ? NONE : import(walk, rule.importings);
            if (said == FAILED) return -1;
            if (said != ASK) continue;
        }
        if (held == YES) mask |= rule.bit;
        if (held == IF_NOTED) noted |= rule.bit;
    }
    int may_vary = (mask | noted) & VARIANT_RULE; /* and a variant of a function may be none */
    if (type->flags & IS_FUNCTION)
        walk->in_function = !may_vary;
    else if (type->flags & IS_CLASS || may_vary)
        walk->in_function = 0;
    if (walk->is_included) {
        mask &= ~FINDING_RULES;
        noted &= ~FINDING_RULES;
    }
    if (!(mask | noted)) return 0;
    if (ask_above(walk)) return -1;
    int64_t key = (int64_t)type->code << MASK_BITS | mask;
    return add_asked(walk, walk->row, key, noted, walk->notes, walk->object);
}

static int add_node(Walk *walk, yyjson_val *type_value, Pending at) {
    Found *found = &walk->found;
    int32_t number = type_number(walk->plan, unsafe_yyjson_get_str(type_value), unsafe_yyjson_get_len(type_value));
    if (number == NO_WORD) return -1;
    const Type type = *type_at(walk->plan, number);
    if (add_int32(&found->codes, type.code) || add_int32(&found->depths, at.depth) ||
        add_int32(&found->fields, (int32_t)at.field) || add_int32(&found->kinds, type.kind))
        return -1;
    int asks_name = add_name(walk, &type), asks_qualifier = 0;
    if (asks_name < 0 || add_places(walk)) return -1;
    if (type.flags & IS_MEMBER && (asks_qualifier = add_qualifier(walk)) < 0) return -1;
    if (type.value_key != NO_WORD && add_value(walk, &type)) return -1;
    if (add_rules(walk, &type, asks_name * NAME_RULE | asks_qualifier * QUALIFIER_RULE)) return -1;
    if (leave_notes(walk, &type, number, at.depth)) return -1;
    if (walk->plan->has_attrs && add_attrs(walk)) return -1;
    if (walk->row < HEAD && add_view(found->head, walk->document, walk->object)) return -1;
    walk->row++;
    return 0;
}

static int visit(Walk *walk, Pending at) {
    if (unsafe_yyjson_is_arr(at.value)) return open_items(walk, at);
    if (read_members(walk, at.value)) return -1;
    yyjson_val *type = member(walk, walk->plan->type_key);
    int is_node = type != NULL && unsafe_yyjson_is_str(type) && unsafe_yyjson_get_len(type) > 0;
    walk->in_function = at.in_function;
    take_notes(walk, at);
    if (is_node && add_node(walk, type, at)) return -1;
    return open_members(walk, at, is_node);
}

/* -- a whole tree -------------------------------------------------------------------------------------- */

static PyObject *main_file_of(Walk *walk) {
    if (walk->clang.main_file != NULL) return to_python(walk->document, walk->clang.main_file);
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

/* Take what is to be read, each with the depth and the field of the nodes in it. */
static int add_roots(Walk *walk, PyObject *roots) {
    Py_ssize_t count = PyList_Size(roots);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *view;
        Py_ssize_t depth, field;
        if (!PyArg_ParseTuple(PyList_GetItem(roots, i), "Onn", &view, &depth, &field)) return -1;
        if (depth < 0 || depth > MOST_DEPTH || field < 0 || field > MOST_FIELD) {
            PyErr_SetString(PyExc_ValueError, "no place of a node");
            return -1;
        }
        yyjson_val *container = container_of(walk->document, view);
        if (container == NULL || add_pending(walk, (Pending){container, (int32_t)depth, (uint32_t)field, ELSEWHERE, 0})) return -1;
    }
    turn_around(walk, 0);
    return count < 0 ? -1 : 0;
}

PyObject *walk_document(PyObject *module, PyObject *arguments) {
    PyObject *document_capsule, *plan_capsule, *roots, *columns = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOO!", &document_capsule, &plan_capsule, &PyList_Type, &roots)) return NULL;
    Walk walk = {0};
    walk.document = PyCapsule_GetPointer(document_capsule, DOCUMENT);
    walk.plan = walk.document == NULL ? NULL : PyCapsule_GetPointer(plan_capsule, PLAN);
    if (walk.plan == NULL) return NULL;
    if (walk.plan->busy) {
        PyErr_SetString(PyExc_ValueError, "the plan is in use");
        return NULL;
    }
    walk.plan->busy = 1; /* what learns its types is Python, which must not walk by it as well */
    walk.document->nodes.count = 0;
    int failed = begin_found(&walk.found) || add_roots(&walk, roots);
    while (!failed && walk.pending.count) failed = visit(&walk, ((Pending *)walk.pending.items)[--walk.pending.count]);
    walk.plan->busy = 0;
    sort_nodes(walk.document);
    if (!failed) columns = found_columns(&walk.found, main_file_of(&walk));
    free_found(&walk.found);
    PyMem_Free(walk.pending.items);
    PyMem_Free(walk.members.items);
    PyMem_Free(walk.parts.items);
    PyMem_Free(walk.levels.items);
    PyMem_Free(walk.answers.items);
    return columns;
}
