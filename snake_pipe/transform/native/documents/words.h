/* Words of documents (keys, types) and their numbers, in the order in which they were met. */

#ifndef SNAKE_PIPE_WORDS_H
#define SNAKE_PIPE_WORDS_H

#include <string.h>

#include "../buffer.h"

#define NO_WORD (-1)

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
