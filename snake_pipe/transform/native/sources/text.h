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

static void advance_in_text(TSLexer *data, bool skip) {
    Lexer *lexer = (Lexer *)data;
    if (!lexer->chunk) return;
    Length *position = &lexer->current_position;
    if (lexer->lookahead_size) {
        if (data->lookahead == '\n') {
            position->extent = (TSPoint){position->extent.row + 1, 0};
            lexer->column_data = (ColumnData){.value = 0, .valid = true};
        } else {
            int is_mark = position->bytes == 0 && data->lookahead == BYTE_ORDER_MARK;
            if (lexer->column_data.valid && !is_mark) lexer->column_data.value++;
            position->extent.column += lexer->lookahead_size;
        }
        position->bytes += lexer->lookahead_size;
    }
    if (skip) lexer->token_start_position = *position;
    uint32_t offset = position->bytes - lexer->chunk_start; /* before the chunk it is too large, as after it */
    if (offset >= lexer->chunk_size)
        ts_lexer__get_chunk(lexer);
    else if ((uint8_t)lexer->chunk[offset] < 0x80) {
        data->lookahead = lexer->chunk[offset];
        lexer->lookahead_size = 1;
        return;
    }
    ts_lexer__get_lookahead(lexer);
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
