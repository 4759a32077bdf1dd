/* Notes that nodes leave for those that stand in their fields (`dialects/guards.py`). */

#include "walk.h"

#define MOST_NOTES 32 /* of a type: bits of `Level.left` */

int add_notes(Plan *plan, PyObject *notes, Range *taken) {
    Py_ssize_t count = PyTuple_Size(notes);
    if (count < 0) return -1;
    if (count > MOST_NOTES) {
        PyErr_SetString(PyExc_ValueError, "too many notes");
        return -1;
    }
    *taken = (Range){(int32_t)plan->notes.count, (int32_t)count};
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *word, *key, *guard;
        Note note;
        if (!PyArg_ParseTuple(PyTuple_GetItem(notes, i), "OOOi", &word, &key, &guard, &note.is_listed)) return -1;
        note.bit = word == &_Py_NoneStruct ? 0 : note_bit(plan, word);
        int32_t number = PyErr_Occurred() ? NO_WORD : key_of(plan, key);
        note.field = number == NO_WORD ? UNASKED : field_of(plan, number);
        note.guard = note.field == UNASKED ? BAD_GUARD : add_guard(plan, guard);
        if (note.guard == BAD_GUARD || reserve(&plan->notes, sizeof(Note))) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no note");
            return -1;
        }
        ((Note *)plan->notes.items)[plan->notes.count++] = note;
    }
    return 0;
}

void take_notes(Walk *walk, Pending at) {
    walk->notes = 0;
    walk->depth = at.depth;
    walk->field = at.field;
    walk->way = at.way;
    Buffer *answers = &walk->answers;
    while (answers->count && ((Answer *)answers->items)[answers->count - 1].depth >= at.depth) answers->count--;
    if (level_above(walk) == NULL || !level_above(walk)->left) return;
    const Level level = *level_above(walk);
    Range notes = type_at(walk->plan, level.type)->notes;
    for (int32_t i = 0; i < notes.count; i++) {
        const Note *note = (Note *)walk->plan->notes.items + notes.first + i;
        if (!(level.left >> i & 1) || note->field != (int32_t)at.field) continue;
        if (at.way == IN_LIST && !note->is_listed) continue;
        walk->notes |= note->bit ? note->bit : level.notes;
    }
}

int leave_notes(Walk *walk, const Type *type, int32_t number, int32_t depth) {
    Buffer *levels = &walk->levels;
    if ((size_t)depth >= levels->count) {
        if (reserve_many(levels, (size_t)depth + 1 - levels->count, sizeof(Level))) return -1;
        levels->count = (size_t)depth + 1;
    }
    if (reserve_many(&walk->answers, MOST_ANSWERS, sizeof(Answer))) return -1; /* those inside are gone before them */
    uint32_t left = 0;
    for (int32_t i = 0; i < type->notes.count; i++) {
        const Note *note = (Note *)walk->plan->notes.items + type->notes.first + i;
        if (note->field > 0 && holds(walk, walk->object, note->guard) == YES) left |= 1u << i;
    }
    ((Level *)levels->items)[depth] = (Level){walk->object, walk->row, number, left, walk->notes, 0};
    return 0;
}
