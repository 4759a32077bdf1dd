/* A document's nodes in preorder as columns: the twin of `Walker.walk`, and of what `Extractor` reads of nodes.

   An object that has a type is a node. Objects and lists between nodes are transparent: what they hold belongs
   to the nearest node above, under that node's field. */

#include "plan.h"

#define HEAD 20 /* nodes of whom views are given at any rate: readers of places look at them */

/* A container that is still to be read, where its nodes stand. */
typedef struct {
    yyjson_val *value;
    int32_t depth, field;
} Pending;

/* A member of the object that is being read. */
typedef struct {
    int32_t key;
    yyjson_val *value;
} Member;

/* Strings as Arrow has them: the end of each in `text`. */
typedef struct {
    Buffer ends, text;
} Strings;

/* What is found, as `compiled.py` describes it. */
typedef struct {
    Buffer codes, depths, fields, places;
    Strings names;
    Buffer is_named;
    Buffer value_rows;
    Strings values;
    Buffer other_rows, literal_rows, literal_classes, rule_rows;
    PyObject *others, *nodes, *head;
} Found;

enum { OTHER_CLASS, STRING_CLASS, NUMBER_CLASS };

typedef struct {
    Document *document;
    Plan *plan;
    Buffer pending, members;
    Found found;
    int64_t row;
} Walk;

static int add_int32(Buffer *buffer, int32_t number) {
    if (reserve(buffer, sizeof(number))) return -1;
    ((int32_t *)buffer->items)[buffer->count++] = number;
    return 0;
}

static int add_int64(Buffer *buffer, int64_t number) {
    if (reserve(buffer, sizeof(number))) return -1;
    ((int64_t *)buffer->items)[buffer->count++] = number;
    return 0;
}

static int add_byte(Buffer *buffer, uint8_t number) {
    if (reserve(buffer, 1)) return -1;
    ((uint8_t *)buffer->items)[buffer->count++] = number;
    return 0;
}

static int add_string(Strings *strings, const char *text, size_t size) {
    if (reserve_many(&strings->text, size, 1)) return -1;
    if (size) memcpy((char *)strings->text.items + strings->text.count, text, size);
    strings->text.count += size;
    if (strings->text.count > INT32_MAX) {
        PyErr_NoMemory(); /* documents are smaller */
        return -1;
    }
    return add_int32(&strings->ends, (int32_t)strings->text.count);
}

static int add_view(PyObject *list, Walk *walk, yyjson_val *object) {
    PyObject *view = view_of(walk->document, object);
    if (view == NULL) return -1;
    int failed = PyList_Append(list, view);
    Py_DecRef(view);
    return failed;
}

/* -- one object ---------------------------------------------------------------------------------------- */

/* Read an object's members; of those with the same key the last one's value counts, where the first stands. */
static int read_members(Walk *walk, yyjson_val *object) {
    Plan *plan = walk->plan;
    uint64_t number = ++plan->objects;
    walk->members.count = 0;
    size_t count = unsafe_yyjson_get_len(object);
    if (reserve_many(&walk->members, count, sizeof(Member))) return -1;
    Member *members = walk->members.items;
    yyjson_val *at = unsafe_yyjson_get_first(object);
    for (; count; count--, at = unsafe_yyjson_get_next(at + 1)) {
        int32_t key = key_number(plan, unsafe_yyjson_get_str(at), unsafe_yyjson_get_len(at));
        if (key == NO_WORD) return -1;
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

/* The value under a key of the object that was read last; NULL where it has none. */
static yyjson_val *member(Walk *walk, int32_t key) {
    if (key == NO_WORD || key_at(walk->plan, key)->object != walk->plan->objects) return NULL;
    return ((Member *)walk->members.items)[key_at(walk->plan, key)->member].value;
}

static int is_container(yyjson_val *value) { return unsafe_yyjson_is_ctn(value) && unsafe_yyjson_get_len(value) > 0; }

/* Turn around the last of what is pending, so that the first is the next to be read. */
static void turn_around(Walk *walk, size_t from) {
    Pending *first = (Pending *)walk->pending.items + from, *last = (Pending *)walk->pending.items + walk->pending.count;
    while (first < --last) {
        Pending swapped = *first;
        *first++ = *last;
        *last = swapped;
    }
}

static int add_pending(Walk *walk, yyjson_val *value, int32_t depth, int32_t field) {
    if (reserve(&walk->pending, sizeof(Pending))) return -1;
    ((Pending *)walk->pending.items)[walk->pending.count++] = (Pending){value, depth, field};
    return 0;
}

static int open_members(Walk *walk, int is_node, int32_t depth, int32_t field) {
    size_t before = walk->pending.count;
    const Member *members = walk->members.items;
    for (size_t i = 0; i < walk->members.count; i++) {
        if (!is_container(members[i].value)) continue;
        int32_t code = field_of(walk->plan, members[i].key);
        if (code == UNASKED) return -1;
        if (code == LEAF) continue;
        if (add_pending(walk, members[i].value, depth + is_node, is_node ? code : field)) return -1;
    }
    turn_around(walk, before);
    return 0;
}

static int open_items(Walk *walk, yyjson_val *array, int32_t depth, int32_t field) {
    size_t before = walk->pending.count;
    yyjson_val *at = unsafe_yyjson_get_first(array);
    for (size_t left = unsafe_yyjson_get_len(array); left; left--, at = unsafe_yyjson_get_next(at))
        if (is_container(at) && add_pending(walk, at, depth, field)) return -1;
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

/* A number's digits, at the end of a buffer of 24; where they begin. */
static char *digits_of(yyjson_val *value, char *end) {
    int64_t number = unsafe_yyjson_get_sint(value);
    int is_negative = !unsafe_yyjson_is_uint(value) && number < 0;
    uint64_t left = is_negative ? 0 - (uint64_t)number : unsafe_yyjson_get_uint(value);
    do *--end = (char)('0' + left % 10);
    while (left /= 10);
    if (is_negative) *--end = '-';
    return end;
}

/* The text of a literal; what is left open is for `Literals.text_of`. */
static int add_value(Walk *walk, const Type *type, yyjson_val *object) {
    Found *found = &walk->found;
    yyjson_val *value = member(walk, type->value_key);
    int is_string = value != NULL && unsafe_yyjson_is_str(value);
    if (type->flags & IS_LITERAL) {
        int is_number = value != NULL && (unsafe_yyjson_is_num(value) || unsafe_yyjson_is_raw(value));
        uint8_t class = is_string ? STRING_CLASS : is_number ? NUMBER_CLASS : OTHER_CLASS;
        if (add_int64(&found->literal_rows, walk->row) || add_byte(&found->literal_classes, class)) return -1;
    }
    size_t longest = type->flags & IS_COMMENT ? walk->plan->longest_comment : walk->plan->longest;
    if (!is_string) {
        int32_t raw_key = key_number(walk->plan, "raw", 3);
        if (raw_key == NO_WORD) return -1;
        yyjson_val *raw = member(walk, raw_key);
        if (raw != NULL && unsafe_yyjson_is_str(raw)) {
            value = raw;
        } else if (value != NULL && unsafe_yyjson_is_int(value)) {
            char digits[24], *end = digits + sizeof(digits), *text = digits_of(value, end);
            size_t size = (size_t)(end - text);
            return add_int64(&found->value_rows, walk->row) ||
                   add_string(&found->values, text, size < longest ? size : longest);
        } else if (value == NULL) {
            return 0; /* a null may be a word, but what is not there is none */
        } else {
            return add_int64(&found->other_rows, walk->row) || add_view(found->others, walk, object);
        }
    }
    const char *text = unsafe_yyjson_get_str(value);
    size_t size = cut(text, unsafe_yyjson_get_len(value), longest);
    return add_int64(&found->value_rows, walk->row) || add_string(&found->values, text, size);
}

static int add_places(Walk *walk) {
    Plan *plan = walk->plan;
    size_t columns = (size_t)plan->columns;
    Buffer *places = &walk->found.places;
    if (reserve_many(places, columns, sizeof(int64_t))) return -1;
    int64_t *row = (int64_t *)places->items + places->count;
    places->count += columns;
    for (size_t i = 0; i < columns; i++) row[i] = -1;
    for (int i = 0; i < plan->used; i += 1 + plan->steps[i].inner) {
        yyjson_val *value = member(walk, key_number(plan, plan->steps[i].key, plan->steps[i].key_size));
        if (value != NULL) read_places(&plan->steps[i], value, row);
    }
    return 0;
}

static int add_node(Walk *walk, yyjson_val *object, yyjson_val *type_value, int32_t depth, int32_t field) {
    Found *found = &walk->found;
    int32_t number = type_number(walk->plan, unsafe_yyjson_get_str(type_value), unsafe_yyjson_get_len(type_value));
    if (number == NO_WORD) return -1;
    const Type type = *type_at(walk->plan, number);
    if (add_int32(&found->codes, type.code) || add_int32(&found->depths, depth) || add_int32(&found->fields, field))
        return -1;
    yyjson_val *name = member(walk, type.name_key);
    int is_named = name != NULL && unsafe_yyjson_is_str(name);
    if (add_byte(&found->is_named, (uint8_t)is_named)) return -1;
    if (add_string(&found->names, is_named ? unsafe_yyjson_get_str(name) : NULL,
                   is_named ? unsafe_yyjson_get_len(name) : 0))
        return -1;
    if (add_places(walk)) return -1;
    if (type.value_key != NO_WORD && add_value(walk, &type, object)) return -1;
    if (type.flags & HAS_RULES)
        if (add_int64(&found->rule_rows, walk->row) || add_view(found->nodes, walk, object)) return -1;
    if (walk->row < HEAD && add_view(found->head, walk, object)) return -1;
    walk->row++;
    return 0;
}

static int visit(Walk *walk, Pending at) {
    if (unsafe_yyjson_is_arr(at.value)) return open_items(walk, at.value, at.depth, at.field);
    if (read_members(walk, at.value)) return -1;
    yyjson_val *type = member(walk, walk->plan->type_key);
    int is_node = type != NULL && unsafe_yyjson_is_str(type) && unsafe_yyjson_get_len(type) > 0;
    if (is_node && add_node(walk, at.value, type, at.depth, at.field)) return -1;
    return open_members(walk, is_node, at.depth, at.field);
}

/* -- a whole tree -------------------------------------------------------------------------------------- */

static PyObject *handed_over(Buffer *buffer, size_t item_size) {
    return PyByteArray_FromStringAndSize(buffer->items, (Py_ssize_t)(buffer->count * item_size));
}

static PyObject *result(Found *found) {
    PyObject *parts[] = {
        handed_over(&found->codes, sizeof(int32_t)),
        handed_over(&found->depths, sizeof(int32_t)),
        handed_over(&found->fields, sizeof(int32_t)),
        handed_over(&found->places, sizeof(int64_t)),
        handed_over(&found->names.ends, sizeof(int32_t)),
        handed_over(&found->names.text, 1),
        handed_over(&found->is_named, 1),
        handed_over(&found->value_rows, sizeof(int64_t)),
        handed_over(&found->values.ends, sizeof(int32_t)),
        handed_over(&found->values.text, 1),
        handed_over(&found->other_rows, sizeof(int64_t)),
        handed_over(&found->literal_rows, sizeof(int64_t)),
        handed_over(&found->literal_classes, 1),
        handed_over(&found->rule_rows, sizeof(int64_t)),
        found->others,
        found->nodes,
        found->head,
    };
    Py_ssize_t count = (Py_ssize_t)(sizeof(parts) / sizeof(parts[0]));
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (tuple != NULL && parts[i] != NULL)
            PyTuple_SetItem(tuple, i, parts[i]);
        else {
            if (parts[i] != NULL) Py_DecRef(parts[i]);
            if (tuple != NULL) Py_DecRef(tuple);
            tuple = NULL;
        }
    }
    found->others = found->nodes = found->head = NULL;
    return tuple;
}

static void free_found(Found *found) {
    Buffer *buffers[] = {&found->codes,       &found->depths,      &found->fields,       &found->places,
                         &found->names.ends,  &found->names.text,  &found->is_named,     &found->value_rows,
                         &found->values.ends, &found->values.text, &found->other_rows,   &found->literal_rows,
                         &found->literal_classes, &found->rule_rows};
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) PyMem_Free(buffers[i]->items);
    PyObject *lists[] = {found->others, found->nodes, found->head};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (lists[i] != NULL) Py_DecRef(lists[i]);
}

PyObject *walk_document(PyObject *module, PyObject *arguments) {
    PyObject *document_capsule, *plan_capsule, *root, *found = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOO", &document_capsule, &plan_capsule, &root)) return NULL;
    Walk walk = {0};
    walk.document = PyCapsule_GetPointer(document_capsule, DOCUMENT);
    walk.plan = walk.document == NULL ? NULL : PyCapsule_GetPointer(plan_capsule, PLAN);
    yyjson_val *object = walk.plan == NULL ? NULL : object_of(walk.document, root);
    if (object == NULL) return NULL;
    if (walk.plan->busy) {
        PyErr_SetString(PyExc_ValueError, "the plan is in use");
        return NULL;
    }
    walk.plan->busy = 1; /* what learns its types is Python, which must not walk by it as well */
    walk.found.others = PyList_New(0);
    walk.found.nodes = PyList_New(0);
    walk.found.head = PyList_New(0);
    int failed = walk.found.others == NULL || walk.found.nodes == NULL || walk.found.head == NULL ||
                 add_int32(&walk.found.names.ends, 0) || add_int32(&walk.found.values.ends, 0) ||
                 add_pending(&walk, object, 0, 0);
    while (!failed && walk.pending.count) failed = visit(&walk, ((Pending *)walk.pending.items)[--walk.pending.count]);
    walk.plan->busy = 0;
    if (!failed) found = result(&walk.found);
    free_found(&walk.found);
    PyMem_Free(walk.pending.items);
    PyMem_Free(walk.members.items);
    return found;
}
