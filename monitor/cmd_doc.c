/* cmd_doc.c - `trapeze doc`: the tables of the manual, from the tables of the program. */
#include "monitor/bench.h"
#include "monitor/debug/debug.h"
#include "vmm/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the sections */

/* A cell of a Markdown table: `|` would end it. */
static void put_cell(FILE *out, const char *text) {
    fputs("| ", out);
    for (; *text; text++)
        fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
    putc(' ', out);
}

static void put_formats(FILE *out) {
    fprintf(out, "| format | operands | immediate |\n|---|---|---|\n");
    for (int f = 0; f < PG_NFORMATS; f++) {
        const struct pg_layout *l = &pg_layouts[f];
        fprintf(out, "| %s | `%s` | ", l->name, l->operands);
        if (l->bits)
            fprintf(out, "%d bits, %d..%d |\n", l->bits, pg_imm_min((enum pg_format)f),
                    pg_imm_max((enum pg_format)f));
        else
            fprintf(out, "|\n");
    }
    fprintf(out, "\n`d a b`: general register in the first, second, third register digit; `D A B`: "
                 "monitor register;\n`i`: immediate; `t`: target, in words.\n");
}

static void put_instructions(FILE *out) {
    fprintf(out, "| opcode | instruction | operands | class | meaning |\n|---|---|---|---|---|\n");
    for (int k = 0; k < PG_NOPS; k++) {
        const struct pg_row *row = &pg_rows[k];
        fprintf(out, "| %02x | `%s` | `%s` | %s ", row->opcode, row->mnemonic,
                pg_layouts[row->format].operands, pg_class_name(row->cls));
        put_cell(out, row->meaning);
        fprintf(out, "|\n");
    }
}

static void put_causes(FILE *out) {
    fprintf(out, "| cause | name | value | meaning |\n|---|---|---|---|\n");
    for (int k = 1; k < PG_NCAUSES; k++)
        fprintf(out, "| %d | %s | %s | %s |\n", k, pg_causes[k].name, pg_causes[k].value,
                pg_causes[k].meaning);
}

static void put_ports(FILE *out) {
    fprintf(out, "| port | name | access | meaning |\n|---|---|---|---|\n");
    for (int d = 0; d < PG_NDEVICES; d++)
        for (size_t k = 0; k < pg_devices[d]->nports; k++) {
            const struct pg_port *p = &pg_devices[d]->ports[k];
            fprintf(out, "| 0x%02x | %s | %s%s%s%s%s ", p->number, p->name,
                    p->access & PG_IN ? "in" : "", p->access & PG_STEADY ? " (steady)" : "",
                    (p->access & PG_INOUT) == PG_INOUT ? ", " : "", p->access & PG_OUT ? "out" : "",
                    p->access & PG_POSTED ? " (posted)" : "");
            put_cell(out, p->meaning);
            fprintf(out, "|\n");
        }
}

static void put_registers(FILE *out) {
    fprintf(out, "| device | register | bits | meaning |\n|---|---|---|---|\n");
    for (int d = 0; d < PG_NDEVICES; d++)
        for (size_t k = 0; k < pg_devices[d]->nregs; k++) {
            const struct pg_reg *r = &pg_devices[d]->regs[k];
            fprintf(out, "| %s | %s | %d ", pg_devices[d]->name, r->name, 8 * r->size);
            put_cell(out, r->meaning);
            fprintf(out, "|\n");
        }
}

static void put_counters(FILE *out) {
    fprintf(out, "| counter | meaning |\n|---|---|\n");
    for (int k = 0; k < PG_NCOUNTERS; k++)
        fprintf(out, "| %s | %s |\n", pg_counter_rows[k].name, pg_counter_rows[k].meaning);
    fprintf(out, "| exit.CAUSE | entries of the VMM by cause of the real trap |\n"
                 "| reflect.CAUSE | traps delivered to the guest by the VMM |\n"
                 "| emulate.INSN | interpretive routines run after a trap |\n");
}

static void put_costs(FILE *out) {
    fprintf(out, "| counter | cycles |\n|---|---|\n");
    for (int k = 0; k < PG_NCOUNTERS; k++)
        if (pg_costs_builtin.cycles[k])
            fprintf(out, "| %s | %u |\n", pg_counter_rows[k].name, pg_costs_builtin.cycles[k]);
}

static void put_bars(FILE *out) {
    fprintf(out, "| bar | measured | must be | better |\n|---|---|---|---|\n");
    for (int k = 0; k < BENCH_BARS; k++) {
        const struct bench_bar *bar = &bench_bar_rows[k];
        fprintf(out, "| %s | %s | at %s %g %s |", bar->name, bar->meaning,
                bar->sense == BENCH_MOST ? "most" : "least", bar->bar, bar->unit);
        if (bar->aim > 0)
            fprintf(out, " %g %s", bar->aim, bar->unit);
        fprintf(out, " |\n");
    }
}

static void put_events(FILE *out) {
    fprintf(out, "| event | track | value | counter | meaning |\n|---|---|---|---|---|\n");
    for (int k = 0; k < PG_NEVENTS; k++) {
        const struct pg_event_row *row = &pg_event_rows[k];
        fprintf(out, "| %s | %s | %s | %s ", row->name, pg_track_names[row->track], row->value,
                row->counter < PG_NCOUNTERS ? pg_counter_rows[row->counter].name : "");
        put_cell(out, row->meaning);
        fprintf(out, "|\n");
    }
}

static void put_console(FILE *out) {
    fprintf(out, "| command | | meaning | for example |\n|---|---|---|---|\n");
    for (const struct debug_command *c = debug_commands; c->name; c++) {
        fprintf(out, "| `%s` ", c->name);
        put_cell(out, c->usage);
        put_cell(out, c->meaning);
        put_cell(out, c->example);
        fprintf(out, "|\n");
    }
}

/* Rows for the same instruction (a shorter form first) make one row here. */
static void put_pseudo(FILE *out) {
    static const struct {
        const char *name, *operands, *when, *expansion, *meaning;
    } rows[] = {
#define X(mnemonic, operands, when, expansion, meaning)                                            \
    {#mnemonic, operands, #when, expansion, meaning},
#include "isa/asm/pseudo.def"
#undef X
    };
    fprintf(out, "| pseudo-instruction | operands | stands for | meaning |\n|---|---|---|---|\n");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        fprintf(out, "| `%s` | `%s` | `%s`%s%s%s | %s |\n", rows[k].name, rows[k].operands,
                rows[k].expansion, strcmp(rows[k].when, "always") ? " (" : "",
                strcmp(rows[k].when, "always") ? rows[k].when : "",
                strcmp(rows[k].when, "always") ? ")" : "", rows[k].meaning);
}

static void put_directives(FILE *out) {
    static const struct {
        const char *name, *operands, *meaning;
    } rows[] = {
#define X(name, function, argument, operands, meaning) {#name, operands, meaning},
#include "isa/asm/directive.def"
#undef X
    };
    fprintf(out, "| directive | operands | meaning |\n|---|---|---|\n");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        fprintf(out, "| `.%s` | %s | %s |\n", rows[k].name, rows[k].operands, rows[k].meaning);
}

static void put_profiles(FILE *out) {
    fprintf(out, "| instruction |");
    for (int k = 0; pg_profile_texts[k].name; k++)
        fprintf(out, " %s |", pg_profile_texts[k].name);
    fprintf(out, "\n|---|");
    for (int k = 0; pg_profile_texts[k].name; k++)
        fprintf(out, "---|");
    fputc('\n', out);
    for (int op = 0; op < PG_NOPS; op++) {
        if (pg_rows[op].cls != PG_CLASS_sensitive)
            continue;
        fprintf(out, "| `%s` |", pg_rows[op].mnemonic);
        for (int k = 0; pg_profile_texts[k].name; k++) {
            struct pg_profile profile;
            bool ok = pg_profile_builtin(pg_profile_texts[k].name, &profile);
            fprintf(out, " %s |", ok ? pg_user_actions[profile.user[op]] : "?");
        }
        fputc('\n', out);
    }
}

static void put_statuses(FILE *out) {
    fprintf(out, "| status | meaning |\n|---|---|\n| 0..63 | the guest's own, as written to "
                 "power.exit; 0 from other commands |\n");
    for (const struct mon_status_row *row = mon_statuses; row->meaning; row++)
        fprintf(out, "| %d | %s |\n", row->status, row->meaning);
}

static const struct section {
    const char *name;
    void (*put)(FILE *out);
} sections[] = {
    {"formats", put_formats},     {"instructions", put_instructions},
    {"causes", put_causes},       {"ports", put_ports},
    {"registers", put_registers}, {"counters", put_counters},
    {"pseudo", put_pseudo},       {"directives", put_directives},
    {"statuses", put_statuses},   {"profiles", put_profiles},
    {"events", put_events},       {"console", put_console},
    {"costs", put_costs},         {"bars", put_bars},
};

static const struct section *find_section(const char *name, size_t size) {
    for (size_t k = 0; k < sizeof sections / sizeof *sections; k++)
        if (strlen(sections[k].name) == size && strncmp(sections[k].name, name, size) == 0)
            return &sections[k];
    return NULL;
}

/* ---- into a file */

/* Copy the manual's text, with every generated section made anew. */
static bool renew(const char *text, const char *path, FILE *out, struct pg_error *err) {
    static const char begin[] = "<!-- generated: ", close[] = " -->\n", end[] = "<!-- end -->";
    const char *mark;
    while ((mark = strstr(text, begin))) {
        const char *name = mark + strlen(begin), *body = strstr(name, close);
        const char *stop = body ? strstr(body, end) : NULL;
        if (!stop)
            return pg_fail(err, "%s: a generated section without its end", path);
        const struct section *section = find_section(name, (size_t)(body - name));
        if (!section)
            return pg_fail(err, "%s: there is no section `%.*s`", path, (int)(body - name), name);
        body += strlen(close);
        fwrite(text, 1, (size_t)(body - text), out);
        section->put(out);
        text = stop;
    }
    fputs(text, out);
    return true;
}

static int update(const char *path, bool check) {
    struct pg_error err;
    size_t size, new_size;
    char *renewed = NULL;
    char *text = (char *)mon_read_file(path, 1 << 24, &size, &err);
    char *terminated = text ? realloc(text, size + 1) : NULL;
    if (!terminated) {
        free(text);
        return mon_fail(MON_USAGE, "%s", text ? "the host is out of memory" : err.text);
    }
    terminated[size] = '\0';
    FILE *out = open_memstream(&renewed, &new_size);
    bool ok = out && renew(terminated, path, out, &err);
    if (out)
        fclose(out);
    bool same = ok && new_size == size && memcmp(renewed, terminated, size) == 0;
    int status = ok ? 0 : mon_fail(MON_USAGE, "%s", out ? err.text : strerror(errno));
    if (ok && check && !same)
        status = mon_fail(MON_DIFFERENCE, "%s is stale: run `trapeze doc --update %s`", path, path);
    if (ok && !check && !same && !mon_write_file(path, renewed, new_size, &err))
        status = mon_fail(MON_INTERNAL, "%s", err.text);
    free(terminated);
    free(renewed);
    return status;
}

int cmd_doc(const struct mon_args *args) {
    if (mon_option(args, OPT_check))
        return update(mon_option(args, OPT_check), true);
    if (mon_option(args, OPT_update))
        return update(mon_option(args, OPT_update), false);
    for (size_t k = 0; k < sizeof sections / sizeof *sections; k++) {
        printf("## %s\n\n", sections[k].name);
        sections[k].put(stdout);
        putchar('\n');
    }
    return 0;
}
