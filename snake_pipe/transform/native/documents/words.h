/* Words of documents (keys, types) and their numbers, in the order in which they were met. */

#ifndef SNAKE_PIPE_WORDS_H
#define SNAKE_PIPE_WORDS_H

#include <string.h>

#include "../buffer.h"

#define NO_WORD (-1)

/* Whether two texts of one size are the same: words are short, so that a call would take longer. */
static inline int is_same(const char *one, const char *other, size_t size) {
    uint64_t first, second, last_first, last_second;
    if (size < 8) {
        uint32_t a, b, c, d;
        if (size < 4) {
            for (; size; size--)
                if (one[size - 1] != other[size - 1]) return 0;
            return 1;
        }
        memcpy(&a, one, 4), memcpy(&b, other, 4);
        memcpy(&c, one + size - 4, 4), memcpy(&d, other + size - 4, 4);
        return a == b && c == d;
    }
    memcpy(&last_first, one + size - 8, 8), memcpy(&last_second, other + size - 8, 8);
    for (; size > 8; size -= 8, one += 8, other += 8) {
        memcpy(&first, one, 8), memcpy(&second, other, 8);
        if (first != second) return 0;
    }
    return last_first == last_second;
}

typedef struct {
    char *text;
    size_t size;
    uint64_t hash;
} Word;

/* Zeroed, it has none. `seed` is a number that writers of documents cannot know: whoever knew where words go
   could make all of them go to the same place. */
typedef struct {
    Buffer words;
    int32_t *slots;
    size_t room;
    uint64_t seed;
} Words;

/* The number of a word, a new one if it was not met before; NO_WORD with an error set. */
int32_t word_number(Words *words, const char *text, size_t size);
/* The number of a word that was met; NO_WORD for any other. */
int32_t known_word(Words *words, const char *text, size_t size);
void free_words(Words *words);

#endif
