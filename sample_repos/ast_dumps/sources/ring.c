/* A ring of numbers; no includes, so that its tree stays small. */

#define SIZE 8

enum status { EMPTY, FULL, OK };

struct ring {
    int items[SIZE];
    unsigned head;
    unsigned count;
};

static unsigned next(unsigned index) { return (index + 1) % SIZE; }

enum status ring_put(struct ring *ring, int item) {
    if (ring->count == SIZE)
        return FULL;
    ring->items[(ring->head + ring->count) % SIZE] = item;
    ring->count++;
    return OK;
}

enum status ring_take(struct ring *ring, int *item) {
    if (!ring->count)
        return EMPTY;
    *item = ring->items[ring->head];
    ring->head = next(ring->head);
    ring->count--;
    return OK;
}
