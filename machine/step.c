/* step.c - one step of the machine: the definition that every engine and system follows.
 *
 * Manual: "Time", "Traps". The program counter moves here and in no other file.
 */
#include "machine/machine.h"

const struct pg_cause_row pg_causes[PG_NCAUSES] = {
#define X(name, value, meaning) {#name, value, meaning},
#include "machine/cause.def"
#undef X
};

const char *const pg_checks[PG_NCHECKS] = {
#define X(name, words) words,
#include "machine/check.def"
#undef X
};

pg_exec_fn *const pg_exec[PG_NOPS] = {
#define X(mnemonic, opcode, format, cls, meaning) exec_##mnemonic,
#include "isa/insn.def"
#undef X
};

enum pg_outcome pg_raise(struct pg_machine *m, enum pg_cause cause, uint32_t value) {
    m->trap.cause = cause;
    m->trap.value = value;
    return PG_TRAPPED;
}

struct pg_env pg_env_begin(struct pg_machine *m) {
    return (struct pg_env){
        .clock = {m->cpu.T, m->cpu.U, pg_psw_ring(&m->cpu.psw) != 0},
        .ram = &m->ram,
        .plugs = &m->bus.plugs,
    };
}

void pg_env_done(struct pg_machine *m, const struct pg_env *env) {
    if (env->failed)
        m->run = PG_NO_MEMORY;
    if (env->halted) {
        m->run = PG_HALTED;
        m->exit_code = env->exit_code;
    }
}

void pg_refresh(struct pg_machine *m) {
    struct pg_env env = pg_env_begin(m);
    pg_bus_refresh(&m->bus, &env);
}

bool pg_feed(struct pg_machine *m, const void *data, size_t size) {
    struct pg_input *input = &m->bus.plugs.input;
    if (size == 0)
        pg_input_end(input, m->cpu.T);
    else if (!pg_input_add(input, m->cpu.T, data, size))
        return false;
    pg_refresh(m);
    if (m->run == PG_WAITING)
        m->run = PG_RUNNING;
    return true;
}

static void check_stop(struct pg_machine *m, unsigned check) {
    m->run = PG_CHECK_STOP;
    m->why = pg_checks[check];
}

/* The paper's trap: the old PSW goes to one fixed place, a new one comes from another. */
static void deliver(struct pg_machine *m, struct pg_trap trap, uint32_t pc) {
    const struct pg_psw *old = &m->cpu.psw;
    const uint32_t frame[] = {
        old->status, pc,        old->base, old->bound,         trap.cause,
        trap.value,  trap.insn, 0,         (uint32_t)m->cpu.T, (uint32_t)(m->cpu.T >> 32),
    };
    for (uint32_t k = 0; k < sizeof frame / sizeof *frame; k++)
        pg_ram_write32(&m->ram, PG_FRAME_PSW + 4 * k, frame[k]);
    m->trap = trap;
    m->cpu.psw.pc = pc;
    m->cpu.T++;
    m->cpu.deliveries++;
    m->traps++;

    struct pg_psw new = {pg_ram_read32(&m->ram, PG_NEW_PSW), pg_ram_read32(&m->ram, PG_NEW_PSW + 4),
                         pg_ram_read32(&m->ram, PG_NEW_PSW + 8),
                         pg_ram_read32(&m->ram, PG_NEW_PSW + 12)};
    if (!pg_psw_valid(&new, NULL)) {
        check_stop(m, (new.status | new.pc | new.base | new.bound) == 0 ? PG_CHECK_unset
                                                                        : PG_CHECK_invalid);
        return;
    }
    m->cpu.psw = new;
    if (m->bus.user_matters)
        pg_refresh(m);
    if (m->cpu.deliveries >= PG_STORM)
        check_stop(m, PG_CHECK_storm);
    m->entered = m->firmware;
}

void pg_deliver(struct pg_machine *m, struct pg_trap trap, uint32_t pc) {
    uint32_t status = m->cpu.psw.status;
    deliver(m, trap, pc);
    if (m->onlooker)
        m->onlooker(m->onlooker_context, m, status, true);
}

enum pg_outcome pg_perform(struct pg_machine *m, const struct pg_insn *in) {
    m->trap.insn = in->word;
    m->next_pc = m->cpu.psw.pc + 4;
    m->idle = false;
    if (in->op == PG_NOPS)
        return pg_raise(m, PG_CAUSE_illegal, in->word);
    enum pg_class cls = pg_rows[in->op].cls;
    if (cls >= PG_CLASS_sensitive && !pg_psw_supervisor(&m->cpu.psw)) {
        if (cls == PG_CLASS_privileged || m->profile->user[in->op] == PG_USER_TRAP)
            return pg_raise(m, PG_CAUSE_privilege, 0);
        if (m->profile->user[in->op] == PG_USER_IGNORE)
            return PG_RETIRED;
    }
    return pg_exec[in->op](m, in);
}

/* idle: the time up to the next event passes at once. No U passes, whatever the ring, so that a
 * timer that counts U does not come. */
static void pass_time(struct pg_machine *m) {
    if (m->bus.lines)
        return;
    struct pg_env env = pg_env_begin(m);
    uint64_t next = pg_bus_next(&m->bus, &env, false);
    if (next == PG_NEVER)
        m->run = m->bus.plugs.input.open ? PG_WAITING : PG_IDLE_FOREVER;
    else if (next > m->cpu.T)
        m->cpu.T = next;
    if (m->bus.user_matters)
        pg_refresh(m);
}

void pg_retire(struct pg_machine *m, uint32_t status) {
    m->cpu.psw.pc = m->next_pc;
    pg_count(m, status, 1);
    if ((status ^ m->cpu.psw.status) & PG_RING && m->onlooker)
        m->onlooker(m->onlooker_context, m, status, false);
    bool left = !(status & PG_RING) != !(m->cpu.psw.status & PG_RING);
    if (left && m->bus.user_matters)
        pg_refresh(m);
    if (status & PG_TRACE && m->run == PG_RUNNING) /* traced, even idle does not wait */
        pg_deliver(m, (struct pg_trap){PG_CAUSE_trace, 0, m->trap.insn}, m->cpu.psw.pc);
    else if (m->idle && m->run == PG_RUNNING)
        pass_time(m);
}

bool pg_sample(struct pg_machine *m) {
    if (m->cpu.T >= m->bus.next_event) {
        struct pg_env env = pg_env_begin(m);
        pg_bus_advance(&m->bus, &env);
        pg_env_done(m, &env);
    }
    if (!m->bus.lines || !(m->cpu.psw.status & PG_IE) || m->run != PG_RUNNING)
        return false;
    uint32_t line = 0;
    while (!(m->bus.lines >> line & 1))
        line++;
    pg_deliver(m, (struct pg_trap){PG_CAUSE_interrupt, line, 0}, m->cpu.psw.pc);
    return true;
}

/* Fetch the word at the pc. False: m->trap says why not. */
static bool fetch(struct pg_machine *m, uint32_t *word) {
    uint32_t pc = m->cpu.psw.pc, pa;
    m->trap = (struct pg_trap){0};
    if (pc % 4) {
        pg_raise(m, PG_CAUSE_fetch_align, pc);
        return false;
    }
    if (m->cpu.psw.status & PG_MON) {
        if (!pg_monitor_address(m, pc, &pa)) {
            pg_raise(m, PG_CAUSE_fetch_bound, pc);
            return false;
        }
    } else if (!pg_translate(m, pc, PG_FETCH, &pa)) {
        return false;
    }
    *word = pg_ram_read32(&m->ram, pa);
    return true;
}

void pg_execute(struct pg_machine *m) {
    uint32_t word;
    struct pg_insn in;
    if (fetch(m, &word)) {
        pg_decode(word, &in);
        pg_execute_insn(m, &in);
    } else {
        pg_deliver(m, m->trap, m->cpu.psw.pc);
    }
}

void pg_execute_insn(struct pg_machine *m, const struct pg_insn *in) {
    uint32_t status = m->cpu.psw.status;
    if (pg_perform(m, in) == PG_RETIRED)
        pg_retire(m, status);
    else
        pg_deliver(m, m->trap, m->cpu.psw.pc);
}

void pg_step(struct pg_machine *m) {
    if (m->run == PG_RUNNING && !pg_sample(m) && m->run == PG_RUNNING)
        pg_execute(m);
}
