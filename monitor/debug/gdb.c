/* gdb.c - the gdb remote protocol: what the packets mean. */
#include "monitor/debug/gdb.h"

#include <stdlib.h>
#include <string.h>

static void refuse(struct gdb *g) {
    gdb_clear(&g->reply);
    gdb_add(&g->reply, "E01");
}

/* ---- processes and threads */

static void add_thread(struct gdb *g, unsigned process) {
    gdb_add(&g->reply, g->spaces ? "p%x.1" : "%x", process);
}

/* pP.T, or T; -1 and 0 are any. *process becomes 0 for any. False if there is none such. */
static bool parse_thread(const struct gdb *g, const char **at, unsigned *process) {
    uint64_t p = 0, t = 0;
    bool has_process = **at == 'p';
    if (has_process) {
        ++*at;
        if (strncmp(*at, "-1", 2) == 0)
            *at += 2;
        else if (!gdb_hex(at, GDB_USER, &p))
            return false;
        if (**at == '\0') { /* all threads */
            *process = g->spaces ? (unsigned)p : 0;
            return true;
        }
        if (!gdb_skip(at, '.'))
            return false;
    }
    if (strncmp(*at, "-1", 2) == 0)
        *at += 2;
    else if (!gdb_hex(at, 1, &t))
        return false;
    *process = g->spaces ? (unsigned)p : 0;
    return true;
}

static void set_thread(struct gdb *g, const char *at) {
    char what = *at;
    unsigned process;
    if (what)
        at++;
    if ((what != 'g' && what != 'c') || !parse_thread(g, &at, &process) || *at) {
        refuse(g);
        return;
    }
    if (what == 'g')
        g->process = process;
    else
        g->resumed = process;
    gdb_add(&g->reply, "OK");
}

static void is_alive(struct gdb *g, const char *at) {
    unsigned process;
    if (parse_thread(g, &at, &process) && !*at)
        gdb_add(&g->reply, "OK");
    else
        refuse(g);
}

/* In `info threads`. */
static void describe_thread(struct gdb *g, const char *at) {
    unsigned process;
    char text[64];
    if (!parse_thread(g, &at, &process) || *at) {
        refuse(g);
        return;
    }
    const char *rings = !g->spaces ? "all rings" : process == GDB_USER ? "rings 1 to 3" : "ring 0";
    snprintf(text, sizeof text, "%s%s", rings,
             !g->spaces || process == gdb_present(g) ? "" : ", not now");
    gdb_add_hex(&g->reply, text, strlen(text));
}

/* ---- going on */

/* Of the actions the first that steps; else on. */
static void resume(struct gdb *g, const char *at) {
    char chosen = '\0';
    unsigned process = 0;
    uint64_t from = 0, end = 0, signal;
    while (gdb_skip(&at, ';')) {
        char action = *at;
        unsigned of = 0;
        uint64_t a = 0, b = 0;
        bool ok = action && strchr("cCsSr", action);
        at += ok;
        if (ok && (action == 'C' || action == 'S'))
            ok = gdb_hex(&at, 0xff, &signal); /* which a guest cannot be given */
        if (ok && action == 'r')
            ok = gdb_hex(&at, UINT32_MAX, &a) && gdb_skip(&at, ',') && gdb_hex(&at, UINT32_MAX, &b);
        if (ok && gdb_skip(&at, ':'))
            ok = parse_thread(g, &at, &of);
        if (!ok) {
            refuse(g);
            return;
        }
        if (!chosen || (strchr("cC", chosen) && !strchr("cC", action))) {
            chosen = action;
            process = of;
            from = a;
            end = b;
        }
    }
    if (*at || !chosen) {
        refuse(g);
        return;
    }
    g->process = process;
    if (chosen == 'c' || chosen == 'C')
        gdb_continue(g);
    else if (chosen == 'r')
        gdb_step_range(g, (uint32_t)from, (uint32_t)end);
    else
        gdb_step(g);
}

/* ---- queries */

/* The ELF file of a process, or NULL. */
static const char *program_of(const struct gdb *g, unsigned process) {
    char magic[4] = "";
    const struct mon_args *args = g->d->args;
    const char *path = process == GDB_USER ? mon_option(args, OPT_symbols)
                       : args->noperands   ? args->operands[0]
                                           : NULL;
    FILE *file = path ? fopen(path, "rb") : NULL;
    bool is = file && fread(magic, sizeof magic, 1, file) == 1 && memcmp(magic, "\177ELF", 4) == 0;
    if (file)
        fclose(file);
    return is ? path : NULL;
}

/* OFFSET,SIZE of an object. */
static void transfer(struct gdb *g, const char *at, const char *object, size_t size) {
    uint64_t offset, wanted;
    if (!gdb_hex(&at, UINT32_MAX, &offset) || !gdb_skip(&at, ',') ||
        !gdb_hex(&at, UINT32_MAX, &wanted) || *at || offset > size) {
        refuse(g);
        return;
    }
    size_t k = (size_t)offset;
    gdb_add(&g->reply, "m");
    while (k < size && wanted-- && gdb_add_binary(&g->reply, (uint8_t)object[k]))
        k++;
    if (k == size)
        g->reply.bytes[0] = 'l';
    g->reply.full = false; /* the rest is asked for */
}

static void transfer_program(struct gdb *g, const char *at) {
    uint64_t process = 0;
    if (*at != ':' && !gdb_hex(&at, GDB_USER, &process)) {
        refuse(g);
        return;
    }
    const char *path = program_of(g, process ? (unsigned)process : gdb_meant(g));
    char *full = path ? realpath(path, NULL) : NULL;
    if (full && gdb_skip(&at, ':'))
        transfer(g, at, full, strlen(full));
    else
        refuse(g);
    free(full);
}

static void describe_target(struct gdb *g, const char *at) {
    struct gdb_text *xml = malloc(sizeof *xml);
    if (xml) {
        gdb_describe(xml);
        transfer(g, at, xml->bytes, xml->n);
    } else {
        refuse(g);
    }
    free(xml);
}

static void agree(struct gdb *g, const char *features) {
    /* Two processes if there is a second program, and gdb can tell them apart. */
    g->spaces = g->d->nprograms > 1 && strstr(features, "multiprocess+");
    gdb_add(&g->reply,
            "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:exec-file:read+;swbreak+;"
            "hwbreak+;ReverseStep+;ReverseContinue+;vContSupported+%s",
            GDB_PACKET, g->spaces ? ";multiprocess+" : "");
}

/* A command of the console. gdb cannot be told that the state has become another one. */
static void command(struct gdb *g, const char *hex) {
    static const char hint[] = "If gdb still shows what was before: "
                               "maintenance flush register-cache\n";
    struct debugger *d = g->d;
    char line[1024], *text = NULL;
    size_t n, size = 0;
    if (!gdb_bytes(hex, line, sizeof line - 1, &n) || memchr(line, '\0', n)) {
        refuse(g);
        return;
    }
    line[n] = '\0';
    struct pg_cpu before = debug_machine(d)->cpu;
    FILE *outer = d->out;
    if (!(d->out = open_memstream(&text, &size))) {
        d->out = outer;
        refuse(g);
        return;
    }
    d->failed = false;
    console_do(d, line);
    fclose(d->out);
    d->out = outer;
    const struct pg_cpu *now = &debug_machine(d)->cpu;
    gdb_tell(g, text, size);
    free(text);
    if (before.T != now->T || memcmp(before.r, now->r, sizeof now->r) != 0 ||
        memcmp(&before.psw, &now->psw, sizeof now->psw) != 0)
        gdb_tell(g, hint, strlen(hint));
    g->ends |= d->quit;
    gdb_add(&g->reply, "OK");
}

/* What stands behind the prefix; NULL if there is another one. */
static const char *behind(const char *text, const char *prefix) {
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static void query(struct gdb *g, const char *q) {
    const char *at;
    if ((at = behind(q, "qSupported"))) {
        agree(g, at);
    } else if ((at = behind(q, "qXfer:features:read:target.xml:"))) {
        describe_target(g, at);
    } else if ((at = behind(q, "qXfer:exec-file:read:"))) {
        transfer_program(g, at);
    } else if ((at = behind(q, "qRcmd,"))) {
        command(g, at);
    } else if (behind(q, "qAttached")) {
        gdb_add(&g->reply, "1"); /* when gdb ends the guest stays */
    } else if (strcmp(q, "qC") == 0) {
        gdb_add(&g->reply, "QC");
        add_thread(g, gdb_present(g));
    } else if (strcmp(q, "qfThreadInfo") == 0) {
        gdb_add(&g->reply, "m");
        add_thread(g, GDB_KERNEL);
        if (g->spaces) {
            gdb_add(&g->reply, ",");
            add_thread(g, GDB_USER);
        }
    } else if (strcmp(q, "qsThreadInfo") == 0) {
        gdb_add(&g->reply, "l");
    } else if ((at = behind(q, "qThreadExtraInfo,"))) {
        describe_thread(g, at);
    } else if (behind(q, "qSymbol:")) {
        gdb_add(&g->reply, "OK");
    } else if (strcmp(q, "QStartNoAckMode") == 0) {
        gdb_add(&g->reply, "OK");
    }
}

/* ---- packets */

/* gdb kills them one by one. */
static void kill_process(struct gdb *g, const char *at) {
    uint64_t process;
    if (!gdb_hex(&at, UINT32_MAX, &process) || *at || (g->spaces && process > GDB_USER)) {
        refuse(g);
        return;
    }
    g->killed |= g->spaces ? 1u << process : 1; /* of the only one gdb has made up a number */
    g->ends = !g->spaces || g->killed == (1u << GDB_KERNEL | 1u << GDB_USER);
    gdb_add(&g->reply, "OK");
}

static void words(struct gdb *g, const char *packet) {
    const char *at;
    if (strcmp(packet, "vCont?") == 0) {
        gdb_add(&g->reply, "vCont;c;C;s;S;r");
    } else if ((at = behind(packet, "vCont"))) {
        resume(g, at);
    } else if ((at = behind(packet, "vKill;"))) {
        kill_process(g, at);
    }
}

/* c, s, and with a signal, which a guest cannot be given. */
static void old_resume(struct gdb *g, const char *packet) {
    char action[16];
    const char *at = packet + 1;
    uint64_t signal;
    bool has_signal = *packet == 'C' || *packet == 'S';
    if ((has_signal && !gdb_hex(&at, 0xff, &signal)) || *at) {
        refuse(g); /* also `c ADDRESS`: gdb sets the pc itself */
        return;
    }
    snprintf(action, sizeof action, ";%c:p%x.1", *packet == 'C' || *packet == 'c' ? 'c' : 's',
             g->resumed);
    resume(g, action);
}

static void back(struct gdb *g, const char *packet) {
    g->process = g->resumed;
    if (strcmp(packet, "bs") == 0)
        gdb_step_back(g);
    else if (strcmp(packet, "bc") == 0)
        gdb_continue_back(g);
}

/* Fill the reply; empty is: no such packet. */
static void understand(struct gdb *g, const char *packet, size_t size) {
    switch (*packet) {
    case '?': gdb_stopped(g, GDB_SIGTRAP, "", gdb_present(g)); break;
    case 'g': gdb_read_all(g); break;
    case 'G': gdb_write_all(g, packet + 1); break;
    case 'p': gdb_read_one(g, packet + 1); break;
    case 'P': gdb_write_one(g, packet + 1); break;
    case 'm': gdb_read_memory(g, packet + 1); break;
    case 'M': gdb_write_memory(g, packet + 1); break;
    case 'X': gdb_write_binary(g, packet + 1, size - 1); break;
    case 'Z': gdb_add_stop(g, packet + 1); break;
    case 'z': gdb_remove_stop(g, packet + 1); break;
    case 'c':
    case 'C':
    case 's':
    case 'S': old_resume(g, packet); break;
    case 'b': back(g, packet); break;
    case 'v': words(g, packet); break;
    case 'q':
    case 'Q': query(g, packet); break;
    case 'H': set_thread(g, packet + 1); break;
    case 'T': is_alive(g, packet + 1); break;
    case 'D': gdb_add(&g->reply, "OK"); break;
    case 'k': g->ends = true; break;
    default: break;
    }
}

static void handle(struct gdb *g, const char *packet, size_t size) {
    /* The packet's bytes move when the link is looked at as the guest runs. */
    char kind[24];
    snprintf(kind, sizeof kind, "%s", packet);
    gdb_clear(&g->reply);
    understand(g, packet, size);
    if (g->reply.full)
        refuse(g);
    if (*kind == 'k') /* has no reply */
        return;
    gdb_send(&g->link, g->reply.bytes, g->reply.n);
    if (strcmp(kind, "QStartNoAckMode") == 0)
        g->link.acks = false;
    if (strcmp(kind, "D") == 0)
        g->link.closed = true;
}

/* Asked now and then while the guest runs. */
static bool asked(void *with) {
    struct gdb *g = with;
    if (!g->back)
        run_show_console(g->d);
    fflush(stdout);
    return gdb_asked_to_stop(&g->link);
}

/* One connection. */
static void converse(struct gdb *g) {
    char *packet;
    size_t size;
    g->spaces = false;
    g->process = g->resumed = 0;
    while (!g->ends) {
        switch (gdb_receive(&g->link, &packet, &size)) {
        case GDB_ARRIVED: handle(g, packet, size); break;
        case GDB_INTERRUPT: break; /* it stands already */
        case GDB_BAD: gdb_send(&g->link, "E01", 3); break;
        case GDB_GONE: g->ends = g->killed != 0; return;
        }
    }
}

int gdb_serve(struct debugger *d, const char *where) {
    struct gdb *g = calloc(1, sizeof *g);
    if (!g)
        return mon_fail(MON_INTERNAL, "the host is out of memory");
    g->d = d;
    d->asked = asked;
    d->asked_with = g;
    int status = gdb_listen(&g->link, where);
    while (status == 0 && !g->ends) {
        if (!gdb_accept(&g->link)) {
            status = MON_INTERRUPTED;
            break;
        }
        converse(g);
        gdb_hang_up(&g->link);
        gdb_remove_all_stops(g); /* they were of that gdb */
        if (mon_interrupted())
            status = MON_INTERRUPTED;
    }
    gdb_unlisten(&g->link);
    d->asked = NULL;
    free(g);
    return status;
}
