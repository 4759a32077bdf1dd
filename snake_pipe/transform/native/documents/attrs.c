/* The scalar fields of a node that no column shows, as JSON: the twin of `_attrs` in `walk/extract.py`. */

#include "walk.h"

static int add_quoted(Buffer *text, const char *string, size_t size) {
    static const char hex[] = "0123456789abcdef", *const escaped = "\"\\\b\f\n\r\t", *const letters = "\"\\bfnrt";
    if (add_bytes(text, "\"", 1)) return -1;
    size_t plain = 0; /* from here on nothing was to be escaped */
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)string[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        const char *known = byte ? strchr(escaped, byte) : NULL;
        if (known != NULL) escape[1] = letters[known - escaped];
        if (add_bytes(text, string + plain, i - plain) || add_bytes(text, escape, known ? 2 : 6)) return -1;
        plain = i + 1;
    }
    return add_bytes(text, string + plain, size - plain) || add_bytes(text, "\"", 1);
}

static int add_scalar(Buffer *text, yyjson_val *value) {
    if (unsafe_yyjson_is_str(value))
        return add_quoted(text, unsafe_yyjson_get_str(value), unsafe_yyjson_get_len(value));
    if (unsafe_yyjson_is_bool(value))
        return unsafe_yyjson_is_true(value) ? add_bytes(text, "true", 4) : add_bytes(text, "false", 5);
    char digits[24], *end = digits + sizeof(digits), *start = digits_of(value, end);
    return add_bytes(text, start, (size_t)(end - start));
}

/* Numbers that are no integers of 64 bits are left to Python: they are written as it does. */
int add_attrs(Walk *walk) {
    Found *found = &walk->found;
    const Member *members = walk->members.items;
    Buffer *text = &walk->parts;
    int asks = 0;
    text->count = 0;
    for (size_t i = 0; i < walk->members.count && !asks; i++) {
        yyjson_val *value = members[i].value;
        if (unsafe_yyjson_is_ctn(value) || unsafe_yyjson_is_null(value)) continue;
        if (key_at(walk->plan, members[i].key)->is_shown) continue;
        asks = unsafe_yyjson_is_real(value) || unsafe_yyjson_is_raw(value);
        const Word *key = word_of(walk->plan, members[i].key);
        if (add_bytes(text, text->count ? "," : "{", 1) || add_quoted(text, key->text, key->size) ||
            add_bytes(text, ":", 1) || (!asks && add_scalar(text, value)))
            return -1;
    }
    int is_there = text->count > 0 && !asks;
    if (asks && (add_int64(&found->attrs_rows, walk->row) ||
                 add_view(found->attrs_nodes, walk->document, walk->object)))
        return -1;
    if (!is_there) return add_no_string(&found->attrs);
    return add_bytes(text, "}", 1) || add_string(&found->attrs, text->items, text->count);
}
