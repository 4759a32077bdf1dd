#include "distance.h"

#include <stdlib.h>

static long leg(const struct stop *from, const struct stop *to)
{
    return labs((long)from->x - to->x) + labs((long)from->y - to->y);
}

/* Adds a stop; 0 when the van is full. */
int route_add(route_t *route, struct stop stop)
{
    if (route->count >= MAX_STOPS)
        return 0;
    route->stops[route->count++] = stop;
    return 1;
}

/* From the depot along all stops and back. */
long route_length(const route_t *route)
{
    static const struct stop depot = {0, 0, "depot"};
    const struct stop *last = &depot;
    long length = 0;

    for (int i = 0; i < route->count; i++) {
        length += leg(last, &route->stops[i]);
        last = &route->stops[i];
    }
    return length + leg(last, &depot);
}
