/* parts.h - how the assembler is put together (internal; the interface is isa/asm.h).
 *
 *     source.c     files, macro expansions and repetitions: where text comes from
 *     lex.c        one statement of text becomes a row of tokens
 *     expr.c       tokens become expression trees; trees become values
 *     symbol.c     names, local labels, names shared between files
 *     operand.c    operands by the templates of format.def
 *     insn.c       instructions, and pseudo-instructions by the rows of pseudo.def
 *     directive.c  directives by the rows of directive.def
 *     data.c       .word, .ascii, .space ...
 *     block.c      .if, .rept, .macro, .include: what decides which text is read
 *     layout.c     sections, and the items that fill them
 *     finish.c     the image, out of sections and symbols
 *     listing.c    the listing
 *     asm.c        the passes
 *
 * Pass 1 reads statements and turns each into items (an instruction, some data, a gap),
 * each with a section, an offset and a size, but with expressions left as trees. When all
 * sizes are known the sections get their addresses. Pass 2 walks the items, not the text:
 * it evaluates the trees, checks ranges and writes bytes. So no statement is parsed twice,
 * and a macro is expanded once.
 *
 * A mistake is reported where it is found and then leaves nothing behind that could cause
 * a second report: the statement keeps its size and its labels, and a symbol whose
 * definition failed is marked so that its uses stay silent.
 */
#ifndef PG_ASM_PARTS_H
#define PG_ASM_PARTS_H

#include "isa/asm.h"
#include "isa/isa.h"
#include "isa/nearest.h"

/* Bounds that keep every program, however odd, within reasonable time, memory and stack. */
enum {
    PG_AS_MAX_NESTING = 48,    /* includes, macros and repetitions inside each other */
    PG_AS_MAX_CONDITIONS = 64, /* .if inside .if */
    PG_AS_MAX_DEPTH = 100,     /* nesting of an expression, as written */
    PG_AS_MAX_TREE = 500,      /* nodes of an expression, with the .set symbols in it */
    PG_AS_MAX_CHAIN = 16,      /* symbols defined by symbols that are defined later */
    PG_AS_MAX_SECTIONS = 64,
    PG_AS_MAX_LOCALS = 100, /* local labels 0: to 99: */
    PG_AS_MAX_ALIGN = 4096, /* sections begin on a page, so no more can be promised */
    PG_AS_HASH = 1024
};

/* ------------------------------------------------------------------ source.c */

enum pg_as_kind { PG_AS_FILE, PG_AS_MACRO, PG_AS_REPT };

/* A place in the source. buffer is NULL for a place outside all text. */
struct pg_as_loc {
    const struct pg_as_buffer *buffer;
    size_t pos;    /* byte in the buffer's text */
    uint32_t line; /* line number in the file that the text comes from */
};

/* A piece of text being read, or read earlier: all of them stay until the end, since
 * places point to them. */
struct pg_as_buffer {
    enum pg_as_kind kind;
    const char *path;      /* the file that the text (or the macro's body) stands in */
    const char *macro;     /* name of the macro, for an expansion */
    struct pg_as_loc from; /* the .include, call or .rept that led here */
    const char *text;
    size_t size;
    uint32_t first_line;
    uint32_t file; /* index among the image's files */
    char *owned;   /* to be freed: the text of a file */
    struct pg_as_buffer *next;
};

/* ------------------------------------------------------------------ lex.c */

enum pg_as_token_kind {
    PG_AS_END,    /* of the statement; a row of tokens always ends with one */
    PG_AS_NAME,   /* symbol, mnemonic, directive, register */
    PG_AS_NUMBER, /* number or character */
    PG_AS_LOCAL,  /* 1b, 1f: value is the number, punct the letter */
    PG_AS_STRING, /* text includes the quotes */
    PG_AS_PUNCT,  /* punct is the character, or PG_AS_SHL ... */
    PG_AS_BOUND,  /* $d in a pseudo-instruction's expansion: punct is the letter */
    PG_AS_WRONG   /* already reported: what contains it fails silently */
};

/* Operators of two characters. */
enum { PG_AS_SHL = 256, PG_AS_SHR, PG_AS_LE, PG_AS_GE, PG_AS_EQ, PG_AS_NE, PG_AS_AND, PG_AS_OR };

struct pg_as_token {
    enum pg_as_token_kind kind;
    int punct;
    int64_t value;
    const char *text;
    size_t size;
    struct pg_as_loc loc;
};

struct pg_as_tokens {
    struct pg_as_token *items;
    size_t count, capacity;
};

/* A reading position in a buffer. */
struct pg_as_cursor {
    const struct pg_as_buffer *buffer;
    size_t pos;
    uint32_t line;
    bool silent;                   /* report nothing: the text is being skipped */
    bool bound;                    /* `$d` is a token: the text is an expansion from pseudo.def */
    const struct pg_as_loc *fixed; /* if not NULL, the place of every token */
};

/* ------------------------------------------------------------------ expr.c */

enum pg_as_expr_kind {
    PG_AS_E_NUM,    /* value */
    PG_AS_E_SYMBOL, /* symbol */
    PG_AS_E_HERE,   /* section, value: an offset in it */
    PG_AS_E_UNARY,  /* op a; op is - ~ ! or h l s for %hi %lo %signed */
    PG_AS_E_BINARY, /* a op b */
    PG_AS_E_CHOICE  /* c ? a : b */
};

struct pg_as_expr {
    enum pg_as_expr_kind kind;
    int op;
    uint32_t nodes; /* of the whole tree, shared parts counted each time */
    int64_t value;
    struct pg_as_section *section;
    struct pg_as_symbol *symbol;
    struct pg_as_expr *a, *b, *c;
    struct pg_as_loc loc;
};

/* What an expression comes to. Numbers are exact and lie in -2^31 .. 2^32-1: both signed
 * and unsigned words can be written. */
enum pg_as_value_kind {
    PG_AS_V_NUMBER,
    PG_AS_V_OFFSET, /* in a section whose address is not known yet */
    PG_AS_V_LATER,  /* depends on what is not known before pass 2 */
    PG_AS_V_ERROR   /* see struct pg_as_complaint */
};

struct pg_as_value {
    enum pg_as_value_kind kind;
    int64_t number;
    const struct pg_as_section *section;
};

/* Why an expression has no value; an empty text means that it was reported before. */
struct pg_as_complaint {
    struct pg_as_loc loc;
    char text[160];
    struct pg_as_symbol *undefined; /* the symbol that is missing, if that is why */
};

/* ------------------------------------------------------------------ symbol.c */

enum pg_as_symbol_kind {
    PG_AS_S_NONE,    /* used, not defined (so far) */
    PG_AS_S_LABEL,   /* section and offset */
    PG_AS_S_VARIABLE /* .set: an expression */
};

struct pg_as_symbol {
    enum pg_as_symbol_kind kind;
    const char *name;
    uint32_t unit; /* the source file it is local to; PG_AS_ALL for predefined ones */
    bool global, wrong, reported, busy, is_local_label;
    struct pg_as_section *section;
    uint32_t offset;
    struct pg_as_expr *expr;
    struct pg_as_value final; /* of a variable in pass 2, computed once */
    bool has_final;
    struct pg_as_symbol *other; /* the global one in another file, for an undefined one */
    struct pg_as_loc defined;   /* where */
    struct pg_as_loc again;     /* where it was last found to be defined twice */
    struct pg_as_symbol *chain; /* in the hash table */
    struct pg_as_symbol *next;  /* all symbols, in order of appearance */
};

enum { PG_AS_ALL = 0xffffffff };

/* ------------------------------------------------------------------ layout.c */

struct pg_as_section {
    const char *name;
    unsigned flags;                              /* PG_SEG_* */
    bool nobits;                                 /* .bss: no bytes in the file */
    bool fixed;                                  /* address given by the source or the options */
    bool misaligned_reported, misaligned_warned; /* since the last .align */
    uint32_t addr;
    uint32_t size;
    uint8_t *bytes;
    struct pg_as_loc defined;
};

enum pg_as_item_kind {
    PG_AS_INSN,
    PG_AS_DATA,  /* one value of `unit` bytes */
    PG_AS_BYTES, /* a string */
    PG_AS_FILL,  /* `size` bytes, each the value of the expression (none: 0) */
    PG_AS_NOPS   /* `size` bytes of nop instructions */
};

struct pg_as_item {
    enum pg_as_item_kind kind;
    uint8_t unit;
    uint8_t op, d, a, b;
    uint32_t statement;
    struct pg_as_section *section;
    uint32_t offset, size;
    const char *name; /* the mnemonic or directive as the user wrote it */
    struct pg_as_expr *expr;
    const uint8_t *bytes;
};

/* One statement as read (or several empty ones): what the listing and the order of
 * diagnostics need. */
struct pg_as_statement {
    struct pg_as_loc loc; /* its first token */
    size_t start, end;    /* its text, with the separator behind it */
    uint32_t first_line;  /* where the text starts */
    uint32_t first_item, nitems;
    bool is_empty;
};

/* ------------------------------------------------------------------ block.c */

struct pg_as_macro {
    const char *name;
    const char **params;
    const char **defaults; /* NULL: the argument must be given */
    size_t nparams;
    bool wrong; /* its definition has mistakes: calls do nothing */
    const char *path;
    uint32_t file;
    const char *body;
    size_t size;
    uint32_t first_line;
    struct pg_as_loc defined;
    struct pg_as_macro *next;
};

struct pg_as_condition {
    struct pg_as_loc loc;
    bool active;    /* this branch is read */
    bool done;      /* a branch was taken, or all are skipped */
    bool seen_else; /* after .else no other branch may follow */
};

/* A buffer being read; the innermost is last. */
struct pg_as_frame {
    struct pg_as_cursor cursor;
    uint32_t repeat;   /* how often to start again at the end */
    size_t conditions; /* number of conditions open when it began */
};

/* ------------------------------------------------------------------ the assembler */

struct pg_as {
    struct pg_asm_options options;
    struct pg_diagnostics *diags;
    bool fatal;     /* give up: memory or a limit */
    bool laid_out;  /* sections have addresses: pass 2 */
    size_t nerrors; /* in this pass */

    struct pg_as_chunk *arena; /* what lives until the end */
    struct pg_as_buffer *buffers;
    size_t text_read; /* bytes, against options.max_source */
    char **files;
    size_t nfiles;
    const char *root; /* the folder that recorded names are relative to */
    size_t root_size;

    struct pg_as_frame frames[PG_AS_MAX_NESTING];
    size_t nframes;
    struct pg_as_condition conditions[PG_AS_MAX_CONDITIONS];
    size_t nconditions;
    struct pg_as_macro *macros;
    uint32_t nexpansions; /* \@ */

    struct pg_as_tokens tokens; /* the current statement */
    size_t at;                  /* the next token */
    const struct pg_as_operands *bound;

    uint32_t unit;
    struct pg_as_symbol *hash[PG_AS_HASH];
    struct pg_as_symbol *symbols, **symbols_end;
    struct pg_as_symbol *local_back[PG_AS_MAX_LOCALS], *local_forward[PG_AS_MAX_LOCALS];

    struct pg_as_section sections[PG_AS_MAX_SECTIONS];
    size_t nsections;
    struct pg_as_section *section;
    uint32_t here; /* offset where the current statement began */
    uint64_t total;

    struct pg_as_item *items;
    size_t nitems, items_capacity;
    struct pg_as_statement *statements;
    size_t nstatements, statements_capacity;
    uint32_t current; /* the statement that diagnostics are about */
};

/* The operands of an instruction, by the letters of format.def. */
struct pg_as_operands {
    uint8_t d, a, b;
    struct pg_as_expr *value; /* i or t; NULL if there is none */
};

/* asm.c */
void *pg_as_alloc(struct pg_as *as, size_t size); /* zeroed, until the end; NULL: fatal */
char *pg_as_copy(struct pg_as *as, const char *text, size_t size); /* with a final NUL */
bool pg_as_grow(struct pg_as *as, void *array, size_t *capacity, size_t need, size_t item_size);
void pg_as_out_of_memory(struct pg_as *as);

/* source.c: reporting. pg_as_error returns false, so that a parser can return it. */
bool pg_as_error(struct pg_as *as, struct pg_as_loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pg_as_warning(struct pg_as *as, struct pg_as_loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pg_as_note(struct pg_as *as, struct pg_as_loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool pg_as_fatal(struct pg_as *as, struct pg_as_loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* source.c: text. */
struct pg_as_buffer *pg_as_new_buffer(struct pg_as *as, enum pg_as_kind kind,
                                      struct pg_as_loc from);
struct pg_as_loc pg_as_file_place(struct pg_as_loc loc); /* outside macros */
bool pg_as_push(struct pg_as *as, const struct pg_as_buffer *buffer, uint32_t repeat);
bool pg_as_open(struct pg_as *as, const char *path, struct pg_as_loc from, bool search);
bool pg_as_open_text(struct pg_as *as, const char *path, char *owned, const char *text, size_t size,
                     struct pg_as_loc from);
bool pg_as_spend(struct pg_as *as, struct pg_as_loc loc, size_t bytes);

/* lex.c */
bool pg_as_lex(struct pg_as *as, struct pg_as_cursor *c, struct pg_as_tokens *out);
void pg_as_free_tokens(struct pg_as_tokens *tokens);
bool pg_as_token_is(const struct pg_as_token *t, const char *name);
bool pg_as_unescape(struct pg_as *as, const struct pg_as_token *t, uint8_t **bytes, size_t *size);
size_t pg_as_skip_opaque(const char *text, size_t size, size_t pos);
const char *pg_as_describe(const struct pg_as_token *t, char *buffer, size_t size);

/* Reading the tokens of the current statement. */
static inline const struct pg_as_token *pg_as_peek(const struct pg_as *as) {
    return &as->tokens.items[as->at];
}
bool pg_as_accept(struct pg_as *as, int punct);
bool pg_as_expect_end(struct pg_as *as, const char *after);
bool pg_as_expected(struct pg_as *as, const char *what); /* reports "expected ..., found ..." */

/* expr.c */
struct pg_as_expr *pg_as_parse_expr(struct pg_as *as);   /* NULL: reported */
struct pg_as_expr *pg_as_parse_target(struct pg_as *as); /* without < > ==, and with <note> */
struct pg_as_expr *pg_as_number(struct pg_as *as, int64_t value, struct pg_as_loc loc);
struct pg_as_value pg_as_eval(struct pg_as *as, const struct pg_as_expr *e,
                              struct pg_as_complaint *why);
bool pg_as_parse_known(struct pg_as *as, const char *what, int64_t min, int64_t max,
                       int64_t *value);
void pg_as_complain(struct pg_as *as, const struct pg_as_complaint *why);

/* symbol.c */
struct pg_as_symbol *pg_as_symbol(struct pg_as *as, uint32_t unit, const char *name, size_t size,
                                  bool create);
bool pg_as_define_label(struct pg_as *as, const struct pg_as_token *t);
bool pg_as_define_local(struct pg_as *as, const struct pg_as_token *t);
struct pg_as_symbol *pg_as_local(struct pg_as *as, const struct pg_as_token *t);
bool pg_as_set(struct pg_as *as, const struct pg_as_token *name, struct pg_as_expr *expr);
bool pg_as_check_name(struct pg_as *as, const struct pg_as_token *t);
void pg_as_begin_unit(struct pg_as *as);
void pg_as_link(struct pg_as *as);
const char *pg_as_nearest_symbol(const struct pg_as *as, const struct pg_as_symbol *wanted);

/* operand.c */
const char *pg_as_takes(const char *name, const char *operands, char *buffer, size_t size);
bool pg_as_shape_fits(const struct pg_as *as, const char *operands, bool count_only);
bool pg_as_parse_operands(struct pg_as *as, const char *name, const char *operands,
                          struct pg_as_operands *out);

/* insn.c */
bool pg_as_instruction(struct pg_as *as, const struct pg_as_token *name);
bool pg_as_is_mnemonic(const char *name);

/* directive.c */
bool pg_as_directive(struct pg_as *as, const struct pg_as_token *name);
bool pg_as_skipped(struct pg_as *as); /* a statement inside a branch that is not taken */
bool pg_as_is_directive(const struct pg_as_token *name);

/* data.c, block.c: the functions named in directive.def. `arg` is the row's argument. */
#define X(name, function, arg, syntax, meaning)                                                    \
    bool pg_as_##function(struct pg_as *as, const struct pg_as_token *self, int parameter);
#include "isa/asm/directive.def"
#undef X

/* block.c */
struct pg_as_macro *pg_as_macro_find(struct pg_as *as, const struct pg_as_token *name);
bool pg_as_macro_call(struct pg_as *as, struct pg_as_macro *macro, const struct pg_as_token *name);
bool pg_as_skipping(const struct pg_as *as);
struct pg_as_frame *pg_as_frame(struct pg_as *as); /* the innermost */
void pg_as_end_frame(struct pg_as *as); /* the end of a buffer: start again, or leave it */

/* layout.c */
bool pg_as_init_sections(struct pg_as *as);
struct pg_as_section *pg_as_section_find(struct pg_as *as, const char *name);
struct pg_as_section *pg_as_section_new(struct pg_as *as, const char *name, unsigned flags,
                                        bool nobits);
unsigned pg_as_default_flags(const char *name, bool *nobits);
void pg_as_align_sections(struct pg_as *as);
struct pg_as_item *pg_as_item(struct pg_as *as, enum pg_as_item_kind kind,
                              const struct pg_as_token *self, uint64_t size);
bool pg_as_align(struct pg_as *as, const struct pg_as_token *self, uint32_t alignment,
                 struct pg_as_expr *fill);
bool pg_as_place(struct pg_as *as);
void pg_as_fill(struct pg_as *as); /* pass 2 */

/* finish.c, listing.c */
struct pg_image *pg_as_image(struct pg_as *as);
void pg_as_listing(struct pg_as *as, FILE *out);

#endif
