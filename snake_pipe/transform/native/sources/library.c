/* tree-sitter itself, whose source comes with its source distribution when a wheel is built. */

#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"

#include <lib.c>
