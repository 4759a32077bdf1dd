/* The definitions of nodes, by what is declared of their rules. What that does not say is asked of Python. */

#include "walk.h"

#define LAST_LINE (((int64_t)1 << 31) - 1) /* numbers from there on are none, as readers of places say */

/* Texts are written behind one another, and their lengths noted; a definition that is given up takes them back. */
typedef struct {
    Walk *walk;
    Definition found;
    size_t start;
} Writing;

static void begin_text(Writing *writing) { writing->start = writing->walk->found.definition_texts.count; }

static int write_bytes(Writing *writing, const char *text, size_t size) {
    return add_bytes(&writing->walk->found.definition_texts, text, size);
}

static int write_word(Writing *writing, int32_t key) {
    if (key == NO_WORD) return 0;
    const Word *word = word_of(writing->walk->plan, key);
    return write_bytes(writing, word->text, word->size);
}

static Said end_text(Writing *writing, int which) {
    size_t size = writing->walk->found.definition_texts.count - writing->start;
    if (size > INT32_MAX) return ASK;
    writing->found.lengths[which] = (int32_t)size;
    return THERE;
}

static Said write_text(Writing *writing, int which, const char *text, size_t size) {
    begin_text(writing);
    return write_bytes(writing, text, size) ? FAILED : end_text(writing, which);
}

/* A text that may be none. */
static Said write_reading(Writing *writing, int which, Range readings) {
    const char *text;
    size_t size;
    if (readings.count == 0) return NONE;
    const Reading *reading = reading_of(writing->walk, writing->walk->object, readings, &text, &size);
    if (reading == NULL) return ASK;
    if (text != NULL) return write_text(writing, which, text, size);
    return reading->flags & IS_NOTHING ? NONE : ASK;
}

/* -- parameters ---------------------------------------------------------------------------------------- */

/* One parameter: prefixes of what is around it, and its name. */
static Said write_parameter(Writing *writing, const Listing *listing, yyjson_val *object) {
    Walk *walk = writing->walk;
    int32_t prefix = listing->prefix;
    const char *text;
    size_t size;
    for (int links = 0; object != NULL && links < 100; links++) {
        const Reading *reading = reading_of(walk, object, listing->each, &text, &size);
        if (reading == NULL) return ASK;
        if (!(reading->flags & IS_WRAPPER)) {
            if (text == NULL) return ASK;
            return write_word(writing, prefix) || write_bytes(writing, text, size) ? FAILED : THERE;
        }
        if (text != NULL) prefix = reading->word;
        object = before(walk, object, reading);
    }
    return ASK;
}

/* What separates a parameter, or a word between them, from the one before. */
static int write_comma(Writing *writing, int *count) { return (*count)++ ? write_bytes(writing, ", ", 2) : 0; }

static Said write_listing(Writing *writing, const Listing *listing, int *count) {
    Walk *walk = writing->walk;
    yyjson_val *value = value_at(walk, walk->object, listing->path), *item = value;
    if (walk->is_unsure) return ASK;
    if (value == NULL || !unsafe_yyjson_is_ctn(value)) return THERE;
    size_t left = 1, shown = 0;
    if (unsafe_yyjson_is_arr(value)) {
        if (listing->flags & IS_SINGLE) return ASK;
        left = unsafe_yyjson_get_len(value);
        item = unsafe_yyjson_get_first(value);
    }
    int has_before = listing->before != NO_WORD && holds(walk, walk->object, listing->guard) == YES;
    if (walk->is_unsure) return ASK;
    for (; left; left--, item = unsafe_yyjson_get_next(item)) {
        if (!unsafe_yyjson_is_obj(item)) continue;
        if (!shown++ && has_before && (write_comma(writing, count) || write_word(writing, listing->before))) return FAILED;
        if (write_comma(writing, count)) return FAILED;
        Said said = write_parameter(writing, listing, item);
        if (said != THERE) return said;
    }
    if (shown && listing->after != NO_WORD && (write_comma(writing, count) || write_word(writing, listing->after)))
        return FAILED;
    return THERE;
}

static Said write_signature(Writing *writing, Range listings, const char *name, size_t size) {
    int count = 0;
    if (listings.count < 0) return NONE;
    begin_text(writing);
    if (write_bytes(writing, name, size) || write_bytes(writing, "(", 1)) return FAILED;
    for (int32_t i = 0; i < listings.count; i++) {
        const Listing *listing = (Listing *)writing->walk->plan->listings.items + listings.first + i;
        if (listing->flags & IS_OTHERWISE && count) continue;
        Said said = write_listing(writing, listing, &count);
        if (said != THERE) return said;
    }
    return write_bytes(writing, ")", 1) ? FAILED : end_text(writing, SIGNATURE);
}

/* -- modifiers ----------------------------------------------------------------------------------------- */

/* The bits that the objects at a mark's path name. */
static Said named_bits(Walk *walk, const Mark *mark, uint32_t *bits) {
    yyjson_val *value = value_at(walk, walk->object, mark->path), *item = value;
    if (walk->is_unsure) return ASK;
    if (value == NULL || !unsafe_yyjson_is_ctn(value)) return THERE;
    size_t left = 1;
    if (unsafe_yyjson_is_arr(value)) {
        left = unsafe_yyjson_get_len(value);
        item = unsafe_yyjson_get_first(value);
    }
    const int32_t *words = (int32_t *)walk->plan->paths.items + mark->words.first;
    for (; left; left--, item = unsafe_yyjson_get_next(item)) {
        const char *text;
        size_t size;
        if (!unsafe_yyjson_is_obj(item)) continue;
        const Reading *reading = reading_of(walk, item, mark->each, &text, &size);
        if (reading == NULL || walk->is_unsure || (text == NULL && !(reading->flags & IS_NOTHING))) return ASK;
        for (int32_t i = 0; text != NULL && i < mark->words.count; i++) {
            const Word *word = word_of(walk->plan, words[i]);
            if (word->size == size && is_same(word->text, text, size)) *bits |= 1u << words[mark->words.count + i];
        }
    }
    return THERE;
}

/* The words as a list in JSON; none of them has to be escaped. */
static Said write_modifiers(Writing *writing, const Defining *defining) {
    Walk *walk = writing->walk;
    uint32_t bits = 0;
    for (int32_t i = 0; i < defining->marks.count; i++) {
        const Mark *mark = (Mark *)walk->plan->marks.items + defining->marks.first + i;
        Said said = THERE;
        if (mark->bit < 0)
            said = named_bits(walk, mark, &bits);
        else if (!(bits >> mark->bit & 1) && holds(walk, walk->object, mark->guard) == YES)
            bits |= 1u << mark->bit;
        if (said != THERE || walk->is_unsure) return ASK;
    }
    if (!bits) return NONE;
    begin_text(writing);
    const char *before = "[\"";
    for (int32_t i = 0; i < defining->modifiers.count; i++) {
        if (!(bits >> i & 1)) continue;
        if (write_bytes(writing, before, strlen(before)) ||
            write_word(writing, ((int32_t *)walk->plan->paths.items)[defining->modifiers.first + i]))
            return FAILED;
        before = "\",\"";
    }
    return write_bytes(writing, "\"]", 2) ? FAILED : end_text(writing, MODIFIERS);
}

/* -- places -------------------------------------------------------------------------------------------- */

static int32_t known(int64_t number, int from) { return number < 1 - from || number >= LAST_LINE ? -1 : (int32_t)number + from; }

static Said place_name(Writing *writing, const Defining *defining) {
    int64_t lines[3];
    yyjson_val *at = value_at(writing->walk, writing->walk->object, defining->at);
    if (writing->walk->is_unsure || at == NULL || !unsafe_yyjson_is_obj(at)) return ASK;
    read_lines(writing->walk->plan, at, lines);
    writing->found.lines[NAME_LINE] = known(lines[0], 0);
    writing->found.lines[NAME_COL] = defining->flags & ONLY_LINE ? -1 : known(lines[1], 1);
    return THERE;
}

static Said place_body(Writing *writing, const Defining *defining) {
    int64_t lines[3];
    if (defining->body.count == 0) return THERE;
    yyjson_val *body = value_at(writing->walk, writing->walk->object, defining->body), *last = body;
    if (writing->walk->is_unsure) return ASK;
    if (body == NULL || !unsafe_yyjson_is_ctn(body)) return THERE;
    if (unsafe_yyjson_is_arr(body)) {
        size_t count = unsafe_yyjson_get_len(body);
        if (count == 0) return THERE;
        last = yyjson_arr_get_last(body);
        body = unsafe_yyjson_get_first(body);
        if (!unsafe_yyjson_is_obj(body) || !unsafe_yyjson_is_obj(last)) return ASK;
    }
    read_lines(writing->walk->plan, body, lines);
    writing->found.lines[BODY_START] = known(lines[0], 0);
    read_lines(writing->walk->plan, last, lines);
    writing->found.lines[BODY_END] = known(lines[2], 0);
    return THERE;
}

/* -- a definition -------------------------------------------------------------------------------------- */

static Said write_qualifier(Writing *writing, const Defining *defining) {
    Walk *walk = writing->walk;
    if (!(defining->flags & IS_QUALIFIED)) return NONE;
    yyjson_val *object = value_at(walk, walk->object, defining->qualified_by);
    if (walk->is_unsure || object == NULL || !unsafe_yyjson_is_obj(object)) return ASK;
    Said said = read_qualifier(walk, object);
    return said == THERE ? write_text(writing, QUALIFIER, walk->parts.items, walk->parts.count) : said;
}

static Said write_name(Writing *writing, const Defining *defining, const char **text, size_t *size) {
    const Reading *reading = reading_of(writing->walk, writing->walk->object, defining->name, text, size);
    if (reading == NULL || writing->walk->is_unsure || *text == NULL) return ASK;
    const Word *kind = word_of(writing->walk->plan, defining->kind);
    Said said = write_text(writing, KIND, kind->text, kind->size);
    return said == THERE ? write_text(writing, NAME, *text, *size) : said;
}

/* Texts in the order of their lengths. Whatever is neither there nor certainly none ends it. */
static Said write_texts(Writing *writing, const Defining *defining) {
    const char *name;
    size_t size;
    Said said = write_name(writing, defining, &name, &size);
    if (said == THERE) said = write_qualifier(writing, defining);
    if (said == THERE || said == NONE) said = write_signature(writing, defining->listings, name, size);
    if (said == THERE || said == NONE) said = write_reading(writing, DOC, defining->doc);
    if (said == THERE || said == NONE) said = write_modifiers(writing, defining);
    if (said == THERE || said == NONE) said = write_reading(writing, VISIBILITY, defining->visibility);
    if (said == THERE || said == NONE) said = write_reading(writing, OUTER_VISIBILITY, defining->outer_visibility);
    return said == NONE ? THERE : said;
}

static Said add_definition(Walk *walk, const Defining *defining) {
    enum { EXPORT_IS_KNOWN = 2, IS_EXPORTED = 4 }; /* as in `trees/walk/definitions.py` */
    Writing writing = {walk, {walk->row, {-1, -1, -1, -1}, 0, {-1, -1, -1, -1, -1, -1, -1, -1}}, 0};
    size_t before = walk->found.definition_texts.count;
    writing.found.flags = defining->flags & (OUTER_ONLY | MAY_BE_EXPORTED);
    if (defining->exported != ALWAYS && holds(walk, walk->object, defining->exported) == YES)
        writing.found.flags |= EXPORT_IS_KNOWN | IS_EXPORTED;
    Said said = place_name(&writing, defining);
    if (said == THERE) said = place_body(&writing, defining);
    if (said == THERE) said = write_texts(&writing, defining);
    if (said == THERE && walk->is_unsure) said = ASK;
    if (said == THERE && reserve(&walk->found.definitions, sizeof(Definition))) said = FAILED;
    if (said == THERE)
        ((Definition *)walk->found.definitions.items)[walk->found.definitions.count++] = writing.found;
    else
        walk->found.definition_texts.count = before;
    return said;
}

Said define(Walk *walk, Range definings) {
    walk->is_unsure = 0;
    for (int32_t i = 0; i < definings.count; i++) {
        const Defining *defining = (Defining *)walk->plan->definings.items + definings.first + i;
        int held = holds(walk, walk->object, defining->guard);
        if (walk->is_unsure || held == IF_NOTED) return ASK;
        if (held == YES) return defining->flags & DEFINES_NOTHING ? NONE : add_definition(walk, defining);
    }
    return ASK;
}
