/* Readings: names and qualifiers as `dialects/guards.py` declares them. What is not declared is asked of Python. */

#include "walk.h"

#define LONGEST_QUALIFIER 30 /* as in `dialects/dialect.py` */
#define MOST_LINKS 1000      /* Python is asked about longer chains */

yyjson_val *value_at(Walk *walk, yyjson_val *value, Range path) {
    for (int32_t i = 0; i < path.count && value != NULL; i++)
        value = value_on(walk, value, path, i);
    return value;
}

static int is_space(unsigned char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || (byte >= 0x1c && byte <= 0x1f);
}

/* Leave out what is white at both ends, as Python's `strip` does; 0 where nothing is left, or where a character
   at an end may be white in other scripts. */
static int strip(const char **text, size_t *size) {
    while (*size && is_space((unsigned char)**text)) ++*text, --*size;
    while (*size && is_space((unsigned char)(*text)[*size - 1])) --*size;
    return *size && (unsigned char)**text < 0x80 && (unsigned char)(*text)[*size - 1] < 0x80;
}

const Reading *reading_of(Walk *walk, yyjson_val *object, Range readings, const char **text, size_t *size) {
    *text = NULL;
    *size = 0;
    for (int32_t i = 0; i < readings.count; i++) {
        const Reading *reading = (Reading *)walk->plan->readings.items + readings.first + i;
        if (holds(walk, object, reading->guard) != YES) continue;
        if (reading->word != NO_WORD) {
            const Word *word = word_of(walk->plan, reading->word);
            *text = word->text;
            *size = word->size;
            return reading;
        }
        if (reading->path.count == 0) return reading;
        yyjson_val *value = value_at(walk, object, reading->path);
        if (value == NULL || !unsafe_yyjson_is_str(value) || unsafe_yyjson_get_len(value) == 0) continue;
        *text = unsafe_yyjson_get_str(value);
        *size = unsafe_yyjson_get_len(value);
        return reading->flags & IS_STRIPPED && !strip(text, size) ? NULL : reading;
    }
    return NULL;
}

Said read_name(Walk *walk, Range readings, const char **text, size_t *size) {
    const Reading *reading = reading_of(walk, walk->object, readings, text, size);
    if (reading == NULL) return ASK;
    return *text != NULL ? THERE : reading->flags & IS_NOTHING ? NONE : ASK;
}

/* The readings of an object in a chain. */
static Range links_of(Walk *walk, yyjson_val *object) {
    Plan *plan = walk->plan;
    yyjson_val *type = value_under(walk, object, plan->type_key);
    if (type == NULL || !unsafe_yyjson_is_str(type)) return plan->other_links;
    int32_t number = known_word(&plan->chained, unsafe_yyjson_get_str(type), unsafe_yyjson_get_len(type));
    return number == NO_WORD ? plan->other_links : ((Range *)plan->links.items)[number];
}

yyjson_val *before(Walk *walk, yyjson_val *object, const Reading *reading) {
    yyjson_val *value = reading->before == NO_WORD ? NULL : value_under(walk, object, reading->before);
    if (value == NULL || unsafe_yyjson_is_obj(value)) return value;
    if (!(reading->flags & IS_FIRST) || !unsafe_yyjson_is_arr(value)) return NULL;
    yyjson_val *item = unsafe_yyjson_get_first(value);
    for (size_t left = unsafe_yyjson_get_len(value); left; left--, item = unsafe_yyjson_get_next(item))
        if (unsafe_yyjson_is_obj(item)) return item;
    return NULL;
}

typedef struct {
    const char *text;
    size_t size;
} Part;

/* The names before a member, the last one first. */
static Said read_parts(Walk *walk, yyjson_val *object, Part *parts, int *count) {
    const char *text;
    size_t size;
    const Reading *reading = NULL;
    Range links = links_of(walk, object);
    for (int32_t i = 0; reading == NULL && i < links.count; i++) {
        const Reading *one = (Reading *)walk->plan->readings.items + links.first + i;
        if (holds(walk, object, one->guard) == YES) reading = one;
    }
    if (reading == NULL) return ASK;
    if (reading->flags & IS_NOTHING) return NONE;
    object = before(walk, object, reading);
    for (int links_seen = 0; object != NULL; links_seen++) {
        reading = links_seen == MOST_LINKS ? NULL : reading_of(walk, object, links_of(walk, object), &text, &size);
        if (reading == NULL) return ASK;
        if (text != NULL) {
            if (*count == LONGEST_QUALIFIER) return NONE;
            parts[(*count)++] = (Part){text, size};
        } else if (!(reading->flags & IS_WRAPPER))
            return reading->flags & IS_NOTHING ? NONE : ASK;
        object = before(walk, object, reading);
        if (object == NULL && reading->flags & IS_WRAPPER) return NONE;
    }
    return *count ? THERE : NONE;
}

Said read_qualifier(Walk *walk, yyjson_val *object) {
    Part parts[LONGEST_QUALIFIER];
    int count = 0;
    Said said = read_parts(walk, object, parts, &count);
    if (said != THERE) return said;
    walk->parts.count = 0;
    while (count--) {
        if (add_bytes(&walk->parts, parts[count].text, parts[count].size)) return FAILED;
        if (count && add_bytes(&walk->parts, ".", 1)) return FAILED;
    }
    return THERE;
}
