/* How a lexer goes through a text that is there as a whole, without ranges: what tree-sitter's own does for each
   character, less what is about chunks, ranges, logs and other encodings. */

#ifndef SNAKE_PIPE_TEXT_H
#define SNAKE_PIPE_TEXT_H

typedef struct {
    const char *bytes;
    uint32_t size;
} Text;

static const char *read_bytes(void *payload, uint32_t offset, TSPoint place, uint32_t *count) {
    const Text *text = payload;
    (void)place;
    *count = offset < text->size ? text->size - offset : 0;
    return *count ? text->bytes + offset : "";
}

/* Any step; not inlined, so that others need not save registers for it. */
static __attribute__((noinline)) void step(TSLexer *data, bool skip) { ts_lexer__advance(data, skip); }

/* A step from an ASCII character to another one, or from a byte that is no character. */
static void advance_in_text(TSLexer *data, bool skip) {
    Lexer *lexer = (Lexer *)data;
    Length at = lexer->current_position;
    uint32_t offset = at.bytes + 1 - lexer->chunk_start; /* too large before the chunk, too, and where there is none */
    if (lexer->lookahead_size != 1 || offset >= lexer->chunk_size || (uint8_t)lexer->chunk[offset] >= 0x80) {
        step(data, skip);
        return;
    }
    at.bytes++;
    if (data->lookahead == '\n') {
        at.extent = (TSPoint){at.extent.row + 1, 0};
        lexer->column_data = (ColumnData){.value = 0, .valid = true};
    } else {
        at.extent.column++;
        lexer->column_data.value += lexer->column_data.valid;
    }
    lexer->current_position = at;
    if (skip) lexer->token_start_position = at;
    data->lookahead = lexer->chunk[offset];
}

static void mark_end_in_text(TSLexer *data) {
    Lexer *lexer = (Lexer *)data;
    lexer->token_end_position = lexer->current_position;
}

static void read_text_by(Lexer *lexer, Text *text) {
    lexer->data.advance = advance_in_text;
    lexer->data.mark_end = mark_end_in_text;
    ts_lexer_set_input(lexer, (TSInput){text, read_bytes, TSInputEncodingUTF8, NULL});
}

#endif
