/* A table of words with open addressing. */

#include "words.h"

#define MULTIPLIER 0x9E3779B97F4A7C15u

/* Both halves of the product count: in the lower one alone a high bit changes few others, whatever the seed is, so
   that words could be made of which many have the same hash. */
static uint64_t mixed(uint64_t hash) {
    unsigned __int128 product = (unsigned __int128)hash * MULTIPLIER;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(uint64_t seed, const char *text, size_t size) {
    uint64_t hash = mixed(seed ^ size), part;
    for (; size >= sizeof(part); size -= sizeof(part), text += sizeof(part)) {
        memcpy(&part, text, sizeof(part));
        hash = mixed(hash ^ part);
    }
    part = 0;
    for (size_t i = 0; i < size; i++) part = part << 8 | (unsigned char)text[i];
    return mixed(hash ^ part);
}

static Word *word_at(Words *words, int32_t number) { return (Word *)words->words.items + number; }

static int is_word_at(Words *words, size_t slot, uint64_t hash, const char *text, size_t size) {
    const Word *known = word_at(words, words->slots[slot] - 1);
    return known->hash == hash && known->size == size && is_same(known->text, text, size);
}

static int grow(Words *words) {
    if (2 * words->words.count < words->room) return 0;
    size_t room = words->room ? 2 * words->room : 256;
    int32_t *slots = words->words.count > INT32_MAX / 2 ? NULL : PyMem_Calloc(room, sizeof(int32_t));
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < words->words.count; i++) {
        size_t slot = word_at(words, (int32_t)i)->hash & (room - 1);
        while (slots[slot]) slot = (slot + 1) & (room - 1);
        slots[slot] = (int32_t)i + 1; /* 0 is a free one */
    }
    PyMem_Free(words->slots);
    words->slots = slots;
    words->room = room;
    return 0;
}

int32_t known_word(Words *words, const char *text, size_t size) {
    if (words->room == 0) return NO_WORD;
    uint64_t hash = hash_of(words->seed, text, size);
    size_t mask = words->room - 1;
    for (size_t slot = hash & mask; words->slots[slot]; slot = (slot + 1) & mask)
        if (is_word_at(words, slot, hash, text, size)) return words->slots[slot] - 1;
    return NO_WORD;
}

int32_t word_number(Words *words, const char *text, size_t size) {
    if (grow(words)) return NO_WORD;
    uint64_t hash = hash_of(words->seed, text, size);
    size_t mask = words->room - 1, slot = hash & mask;
    for (; words->slots[slot]; slot = (slot + 1) & mask)
        if (is_word_at(words, slot, hash, text, size)) return words->slots[slot] - 1;
    char *copy = PyMem_Calloc(size + 1, 1);
    if (copy == NULL || reserve(&words->words, sizeof(Word))) {
        if (copy == NULL) PyErr_NoMemory();
        PyMem_Free(copy);
        return NO_WORD;
    }
    memcpy(copy, text, size);
    int32_t number = (int32_t)words->words.count++;
    *word_at(words, number) = (Word){copy, size, hash};
    words->slots[slot] = number + 1;
    return number;
}

void free_words(Words *words) {
    for (size_t i = 0; i < words->words.count; i++) PyMem_Free(word_at(words, (int32_t)i)->text);
    PyMem_Free(words->words.items);
    PyMem_Free(words->slots);
}
