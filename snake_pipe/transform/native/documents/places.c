/* Where nodes stand: the numbers of their places, by a plan. */

#include "walk.h"

void read_places(const Step *step, yyjson_val *value, int64_t *row) {
    if (step->column >= 0) {
        uint64_t number = unsafe_yyjson_is_uint(value) ? unsafe_yyjson_get_uint(value) : UINT64_MAX;
        row[step->column] = number <= INT64_MAX ? (int64_t)number : -1;
        return;
    }
    const Step *end = step + 1 + step->inner;
    /* Where a key is there several times the last one counts, also where it says less. */
    for (const Step *inner = step + 1; inner < end; inner++)
        if (inner->column >= 0) row[inner->column] = -1;
    if (unsafe_yyjson_is_obj(value)) {
        yyjson_val *at = unsafe_yyjson_get_first(value);
        for (size_t left = unsafe_yyjson_get_len(value); left; left--, at = unsafe_yyjson_get_next(at + 1))
            for (const Step *inner = step + 1; inner < end; inner += 1 + inner->inner)
                if (inner->key != NULL && unsafe_yyjson_equals_strn(at, inner->key, inner->key_size))
                    read_places(inner, at + 1, row);
    } else if (unsafe_yyjson_is_arr(value)) {
        yyjson_val *at = unsafe_yyjson_get_first(value);
        int64_t count = (int64_t)unsafe_yyjson_get_len(value);
        for (int64_t index = 0; index < count; index++, at = unsafe_yyjson_get_next(at))
            for (const Step *inner = step + 1; inner < end; inner += 1 + inner->inner)
                if (inner->key == NULL && inner->index == index) read_places(inner, at, row);
    }
}
