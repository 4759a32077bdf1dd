#include <a.h>
#include "b.h"
#define X 1
#define F(a) a
typedef struct s { int a, *b; int (*fp)(int); } s_t;
enum e { A, B = 1 };
static const int v = 1, *w;
/* Says f. */
extern int *f(int a);
int main(int argc, char **argv) { int loc = f(1); p->a.b = loc; return argc && loc ? X : 0; }
