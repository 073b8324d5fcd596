/* do_change.c - the commands that change the guest, or what it runs under. */
#include "monitor/debug/debug.h"

#include "isa/asm.h"
#include "machine/snapshot.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The state is another one now: what lay ahead is no more. */
static void changed(struct debugger *d) {
    if (!timeline_changed(d->t))
        debug_fail(d, "the host is out of memory");
}

/* ---- set */

bool debug_set_psw(struct debugger *d, const struct pg_psw *psw) {
    struct pg_psw check = *psw;
    check.pc |= 1; /* four zero words are what a machine is reset to */
    if (!pg_psw_valid(&check, NULL))
        return false;
    debug_machine(d)->cpu.psw = *psw;
    return true;
}

static bool set_psw(struct debugger *d, const char *name, uint32_t value) {
    struct pg_psw psw = debug_machine(d)->cpu.psw;
    if (!debug_set_psw_field(&psw, name, value))
        return false;
    if (!debug_set_psw(d, &psw))
        debug_fail(
            d, "that would be no valid PSW: reserved bits, or BASE or BOUND no multiple of 4096");
    return true;
}

static bool set_register(struct debugger *d, const char *name, uint64_t value) {
    struct pg_machine *m = debug_machine(d);
    int k;
    if (*name == '$')
        name++;
    const struct pg_reg *reg = debug_device_register(name, &k);
    if (reg) {
        pg_reg_set(reg, m->bus.state[k], value);
        pg_refresh(m);
        return true;
    }
    if ((k = debug_register(name)) > 0) {
        m->cpu.r[k] = (uint32_t)value;
        return true;
    }
    if ((k = debug_monitor_register(name)) > 0) {
        m->cpu.m[k] = (uint32_t)value;
        return true;
    }
    return set_psw(d, name, (uint32_t)value);
}

/* [ADDR], h[ADDR], b[ADDR], p[ADDR], *ADDR */
static bool set_memory(struct debugger *d, const char *place, uint64_t value) {
    struct pg_machine *m = debug_machine(d);
    char inner[DEBUG_TEXT];
    uint64_t address;
    uint32_t pa;
    const char *bracket = strchr(place, '[');
    unsigned size = *place == 'b' ? 1 : *place == 'h' ? 2 : 4;
    bool kind = bracket && (bracket == place || (bracket == place + 1 && strchr("bhwp", *place)));
    if (*place == '*') {
        snprintf(inner, sizeof inner, "%s", place + 1);
    } else {
        const char *end = strrchr(place, ']');
        if (!kind)
            return debug_fail(d, "set: %s: memory is [ADDR], h[ADDR], b[ADDR] or p[ADDR]", place);
        if (!end || end < bracket)
            return debug_fail(d, "set: a ] is missing");
        snprintf(inner, sizeof inner, "%.*s", (int)(end - bracket - 1), bracket + 1);
    }
    if (!debug_evaluate(d, inner, &address))
        return false;
    pa = (uint32_t)address;
    if (address > UINT32_MAX || address % size ||
        (*place == 'p' ? !pg_ram_has(&m->ram, pa, size) : !pg_locate(m, (uint32_t)address, &pa)))
        return debug_fail(d, "set: 0x%llx: nothing is mapped there, or it is not aligned",
                          (unsigned long long)address);
    pg_ram_write(&m->ram, pa, (uint32_t)value, size);
    return true;
}

void do_set(struct debugger *d, const char *rest) {
    char name[DEBUG_TEXT];
    const char *equals = strchr(rest, '=');
    uint64_t value;
    if (strncmp(rest, "var ", 4) == 0) /* gdb's */
        rest += 4;
    if (!equals || equals == rest) {
        debug_fail(d, "set: expected NAME = EXPR or [ADDR] = EXPR");
        return;
    }
    size_t n = (size_t)(equals - rest);
    while (n && isspace((unsigned char)rest[n - 1]))
        n--;
    snprintf(name, sizeof name, "%.*s", (int)n, rest);
    if (!debug_evaluate(d, equals + 1 + strspn(equals + 1, " "), &value))
        return;
    bool memory = strchr(name, '[') || *name == '*';
    if (memory && !set_memory(d, name, value))
        return;
    if (!memory && !set_register(d, name, value)) {
        debug_fail(d, "set: there is no register %s that can be set", name);
        return;
    }
    if (!d->failed)
        changed(d);
}

void do_assemble(struct debugger *d, const char *rest) {
    char place[DEBUG_TEXT], source[DEBUG_TEXT + 64];
    const char *blank = rest + strcspn(rest, " ");
    uint64_t address;
    uint32_t pa;
    struct pg_machine *m = debug_machine(d);
    snprintf(place, sizeof place, "%.*s", (int)(blank - rest), rest);
    if (!*place || !*blank || !debug_evaluate(d, place, &address)) {
        debug_fail(d, "assemble: expected ADDR INSTRUCTION");
        return;
    }
    if (address > UINT32_MAX || address % 4 || !pg_locate(m, (uint32_t)address, &pa)) {
        debug_fail(d, "assemble: no instruction can be at 0x%llx", (unsigned long long)address);
        return;
    }
    snprintf(source, sizeof source, "%s\n", blank + 1);
    struct pg_asm_options options = pg_asm_options_default();
    options.text_base = (uint32_t)address;
    options.symbols = debug_image_at(d, (uint32_t)address);
    struct pg_diagnostics diags = {0};
    struct pg_image *image =
        pg_assemble_text("instruction", source, strlen(source), &options, &diags);
    pg_diagnostics_print(&diags, d->out, false);
    pg_diagnostics_free(&diags);
    if (!image || image->nsegments != 1) {
        debug_fail(d, "assemble: no instruction");
        pg_image_free(image);
        return;
    }
    for (uint32_t k = 0; k + 4 <= image->segments[0].file_size && pg_ram_has(&m->ram, pa + k, 4);
         k += 4) {
        const uint8_t *b = image->segments[0].bytes + k;
        pg_ram_write32(&m->ram, pa + k,
                       (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                           (uint32_t)b[3] << 24);
    }
    pg_image_free(image);
    changed(d);
}

/* ---- from outside */

void do_interrupt(struct debugger *d, const char *rest) {
    struct pg_machine *m = debug_machine(d);
    uint64_t line = 32;
    for (int k = 0; k < PG_NDEVICES; k++)
        if (pg_devices[k]->line >= 0 && strcmp(rest, pg_devices[k]->name) == 0)
            line = (uint64_t)pg_devices[k]->line;
    if (line == 32 && (!*rest || !debug_evaluate(d, rest, &line) || line > 31)) {
        debug_fail(d, "interrupt: which line? timer, console, block, or a number up to 31");
        return;
    }
    if (m->run != PG_RUNNING) {
        debug_fail(d, "interrupt: the guest does not run");
        return;
    }
    pg_deliver(m, (struct pg_trap){.cause = PG_CAUSE_interrupt, .value = (uint32_t)line},
               m->cpu.psw.pc);
    pg_refresh(m);
    changed(d);
    run_report(d, HALT_DONE, 0);
}

/* \n, \t, \\, \xHH, in place. Returns the size. */
static size_t unescape(char *text) {
    size_t n = 0;
    for (const char *at = text; *at; at++) {
        unsigned byte;
        if (*at != '\\' || !at[1]) {
            text[n++] = *at;
        } else if (*++at == 'x' && sscanf(at + 1, "%2x", &byte) == 1) {
            text[n++] = (char)byte;
            at += isxdigit((unsigned char)at[2]) ? 2 : 1;
        } else {
            text[n++] = *at == 'n' ? '\n' : *at == 't' ? '\t' : *at;
        }
    }
    return n;
}

void do_input(struct debugger *d, const char *rest) {
    char text[1024];
    snprintf(text, sizeof text, "%s", rest);
    bool ends = strcmp(rest, "--end") == 0;
    size_t size = ends ? 0 : unescape(text);
    if (!ends && size == 0) {
        debug_fail(d, "input: what? \\n is a newline, --end the end");
        return;
    }
    if (!timeline_input(d->t, text, size))
        debug_fail(d, "input: the console's input has ended");
}

/* ---- the whole state */

void do_save(struct debugger *d, const char *rest) {
    struct pg_bytes bytes = {0};
    struct pg_error err;
    if (!*rest)
        debug_fail(d, "save: to which file?");
    else if (!timeline_save(d->t, &bytes, &err) ||
             !mon_write_file(rest, bytes.data, bytes.size, &err))
        debug_fail(d, "%s", err.text);
    free(bytes.data);
}

void do_restore(struct debugger *d, const char *rest) {
    enum { MAX = 0x7fffffff };
    struct pg_error err;
    size_t size;
    uint8_t *bytes = *rest ? mon_read_file(rest, MAX, &size, &err) : NULL;
    if (!*rest)
        debug_fail(d, "restore: from which file?");
    else if (!bytes || !timeline_restore(d->t, bytes, size, &err))
        debug_fail(d, "%s", err.text);
    else
        run_report(d, HALT_DONE, 0);
    free(bytes);
}

void do_system(struct debugger *d, const char *rest) {
    struct pg_error err;
    struct pg_nearest search = pg_nearest_begin(rest);
    char hint[PG_NEAREST_HINT];
    const struct pg_system *system = pg_system_by_name(rest);
    for (int k = 0; pg_systems[k]; k++) {
        if (!*rest)
            fprintf(d->out, "%s %-8s %s\n", pg_systems[k] == timeline_system(d->t) ? "=>" : "  ",
                    pg_systems[k]->name, pg_systems[k]->meaning);
        pg_nearest_offer(&search, pg_systems[k]->name);
    }
    if (!*rest)
        return;
    if (!system)
        debug_fail(d, "there is no system %s%s", rest, pg_nearest_hint(&search, hint));
    else if (!timeline_switch(d->t, system, &err))
        debug_fail(d, "%s", err.text);
}

/* ---- verify */

/* In pieces, comparing all of the state after each; then step by step through the piece that
 * differs. Both begin at `from`. */
static bool same(struct timeline *a, struct timeline *b) {
    char x[PG_HASH_TEXT], y[PG_HASH_TEXT];
    pg_state_hash(timeline_machine(a), x);
    pg_state_hash(timeline_machine(b), y);
    return strcmp(x, y) == 0;
}

static bool interrupted(void *with) {
    return mon_interrupted();
}

static bool both_to(struct timeline *a, struct timeline *b, uint64_t T, struct pg_error *err) {
    return timeline_goto(a, T, interrupted, NULL, err) != MOMENT_BROKEN &&
           timeline_goto(b, T, interrupted, NULL, err) != MOMENT_BROKEN;
}

/* The first T after `good`, up to `bad`, where they differ, by halves. */
static bool bisect(struct timeline *a, struct timeline *b, uint64_t good, uint64_t *bad,
                   struct pg_error *err) {
    while (*bad - good > 1 && !mon_interrupted()) {
        uint64_t middle = good + (*bad - good) / 2;
        if (!both_to(a, b, middle, err))
            return false;
        if (same(a, b))
            good = middle;
        else
            *bad = middle;
    }
    return true;
}

static void compare(struct debugger *d, struct timeline *reference, uint64_t n) {
    enum { PIECES = 10 };
    struct pg_error err;
    uint64_t begin = timeline_now(d->t), good = begin;
    char T[32];
    for (int k = 1; k <= PIECES && !mon_interrupted(); k++) {
        uint64_t end = begin + n * (uint64_t)k / PIECES;
        if (!both_to(reference, d->t, end, &err)) {
            debug_fail(d, "%s", err.text);
            return;
        }
        if (mon_interrupted())
            break; /* the two are not at the same moment */
        if (same(reference, d->t)) {
            good = timeline_now(d->t);
            continue;
        }
        if (!bisect(reference, d->t, good, &end, &err)) {
            debug_fail(d, "%s", err.text);
            return;
        }
        if (mon_interrupted())
            break;
        fprintf(d->out, "they differ at T %s; here is the last moment at which they agree\n",
                mon_grouped(end, T));
        timeline_goto(d->t, end - 1, NULL, NULL, &err);
        run_report(d, HALT_DONE, 0);
        d->failed = true;
        return;
    }
    if (mon_interrupted()) {
        timeline_goto(d->t, good, NULL, NULL, &err);
        fprintf(d->out, "equal up to T %s\n", mon_grouped(good, T));
        run_report(d, HALT_INTERRUPTED, 0);
        return;
    }
    fprintf(d->out, "equal at all of %d checkpoints up to T %s\n", PIECES, mon_grouped(good, T));
    run_report(d, debug_machine(d)->run == PG_RUNNING ? HALT_DONE : HALT_ENDED, 0);
}

void do_verify(struct debugger *d, const char *rest) {
    struct pg_bytes state = {0};
    struct pg_error err;
    uint64_t n = 1000000;
    if (*rest && !debug_evaluate(d, rest, &n))
        return;
    if (n > PG_NEVER / 100 || timeline_now(d->t) > PG_NEVER / 2) {
        debug_fail(d, "verify: so many steps are too many");
        return;
    }
    const struct pg_machine *m = debug_machine(d);
    struct pg_setup setup = {.image = d->programs[0].image,
                             .memory = d->memory,
                             .profile = m->profile,
                             .limit = PG_NEVER};
    struct timeline *reference = timeline_open(&pg_system_bare, &pg_engine_reference, &setup, &err);
    if (reference && timeline_save(d->t, &state, &err) &&
        timeline_restore(reference, state.data, state.size, &err))
        compare(d, reference, n);
    else
        debug_fail(d, "%s", err.text);
    timeline_close(reference);
    free(state.data);
}
