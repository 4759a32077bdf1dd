/* JSON documents that are read without a Python object for each value. `compiled.py` says what each function
   takes and gives.

   The parser is yyjson, whose source comes with a package of PyPI when a wheel is built. Its values stay where
   it has put them; what Python's rules ask of a node they ask of a view. */

#ifndef SNAKE_PIPE_DOCUMENTS_H
#define SNAKE_PIPE_DOCUMENTS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "../buffer.h"
#include "../python_abi.h"
#include "words.h"

#define MODULE "snake_pipe.transform.native.documents"

/* What Python sees of an object or a list. `document` is NULL when that is gone. */
typedef struct {
    PyObject head;
    struct Document *document;
    yyjson_val *object;
} View;

/* A node, and its row in the tree that was walked last. */
typedef struct {
    yyjson_val *object;
    int64_t row;
} NodeRow;

/* A document that was read, and the views of its objects by their address; a view is made once, so that it is
   the same whoever asks for it. `nodes` are there where places of nodes are asked for by views. */
typedef struct Document {
    yyjson_doc *json;
    View **views;
    size_t count, room;
    Buffer nodes;
} Document;

extern const char DOCUMENT[], PLAN[];

int add_types(PyObject *module);
PyObject *read_document(PyObject *module, PyObject *arguments);
PyObject *document_root(PyObject *module, PyObject *arguments);
PyObject *open_plan(PyObject *module, PyObject *arguments);
PyObject *walk_document(PyObject *module, PyObject *arguments);
PyObject *lines_of_view(PyObject *module, PyObject *arguments);
PyObject *row_of_view(PyObject *module, PyObject *arguments);
PyObject *find_marks(PyObject *module, PyObject *arguments);

/* Whether a value that is a string (a key is one) has this text. */
static inline int has_text(yyjson_val *value, const char *text, size_t size) {
    return unsafe_yyjson_get_len(value) == size && is_same(unsafe_yyjson_get_str(value), text, size);
}

/* What a value is to Python: its own scalars, and views of objects and lists. */
PyObject *to_python(Document *document, yyjson_val *value);
/* The view of an object, and that of a list. */
PyObject *view_of(Document *document, yyjson_val *object);
PyObject *list_view_of(Document *document, yyjson_val *array);
/* The one view of a value, which is of this type. */
PyObject *view_of_type(PyTypeObject *type, Document *document, yyjson_val *value);
void free_view(PyObject *view);
int add_list_types(void);
int add_column_type(void);

/* The items of a buffer as one that Python reads, without a copy; the buffer is empty afterwards. */
PyObject *column_of(Buffer *buffer, size_t item_size);
/* The object that a view of this document shows, or one of any document for NULL; NULL with an error set for
   anything else. */
yyjson_val *object_of(Document *document, PyObject *view);
/* The same of a document's object or list. */
yyjson_val *container_of(Document *document, PyObject *view);
/* Take the document away from its views, which are empty from then on. */
void free_views(Document *document);

#endif
