#ifndef ROUTING_DISTANCE_H
#define ROUTING_DISTANCE_H

#define MAX_STOPS 32

/* A stop of a delivery van, in metres from the depot. */
struct stop {
    int x;
    int y;
    const char *customer;
};

typedef struct route {
    struct stop stops[MAX_STOPS];
    int count;
} route_t;

int route_add(route_t *route, struct stop stop);
long route_length(const route_t *route);

#endif
