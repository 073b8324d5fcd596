#include "support.h"

#include "machine/hash.h"

struct pg_machine *machine_new(void) {
    struct pg_error err = {""};
    struct pg_machine *m = pg_machine_new(MEMORY, &err);
    if (!m)
        fail_msg("%s", err.text);
    pg_machine_reset(m, CODE);
    set_new_psw(m, 0, HANDLER, 0, 0);
    for (uint32_t k = 0; k < 128; k++)
        put_insn(m, HANDLER + 4 * k, PG_OP_addi, 0, 0, 0, 0);
    return m;
}

void put_word(struct pg_machine *m, uint32_t pa, uint32_t word) {
    pg_ram_write32(&m->ram, pa, word);
}

uint32_t word_at(const struct pg_machine *m, uint32_t pa) {
    return pg_ram_read32(&m->ram, pa);
}

uint32_t encode(enum pg_op op, unsigned d, unsigned a, unsigned b, int32_t imm) {
    struct pg_insn in = {
        .op = (uint8_t)op, .d = (uint8_t)d, .a = (uint8_t)a, .b = (uint8_t)b, .imm = imm};
    uint32_t word = 0;
    if (!pg_encode(&in, &word))
        fail_msg("%s %u %u %u %d has no encoding", pg_rows[op].mnemonic, d, a, b, imm);
    return word;
}

void put_insn(struct pg_machine *m, uint32_t pa, enum pg_op op, unsigned d, unsigned a, unsigned b,
              int32_t imm) {
    put_word(m, pa, encode(op, d, a, b, imm));
}

void set_new_psw(struct pg_machine *m, uint32_t status, uint32_t pc, uint32_t base,
                 uint32_t bound) {
    const uint32_t words[] = {status, pc, base, bound};
    for (uint32_t k = 0; k < 4; k++)
        put_word(m, PG_NEW_PSW + 4 * k, words[k]);
}

void set_psw(struct pg_machine *m, uint32_t status, uint32_t pc, uint32_t base, uint32_t bound) {
    m->cpu.psw = (struct pg_psw){status, pc, base, bound};
    m->cpu.deliveries = 0;
    pg_refresh(m);
}

void steps(struct pg_machine *m, unsigned n) {
    while (n-- > 0)
        pg_step(m);
}

void run_insn(struct pg_machine *m, enum pg_op op, unsigned d, unsigned a, unsigned b,
              int32_t imm) {
    put_insn(m, CODE, op, d, a, b, imm);
    pg_step(m);
}

void check_frame(const struct pg_machine *m, struct pg_psw psw, uint64_t T, enum pg_cause cause,
                 uint32_t value, uint32_t insn, const char *file, int line) {
    const uint32_t want[10] = {
        psw.status, psw.pc, psw.base, psw.bound,   cause,
        value,      insn,   0,        (uint32_t)T, (uint32_t)(T >> 32),
    };
    static const char *const names[10] = {
        "STATUS", "PC", "BASE", "BOUND", "cause", "value", "insn", "reserved", "T low", "T high",
    };
    for (uint32_t k = 0; k < 10; k++)
        if (word_at(m, 4 * k) != want[k]) {
            print_error("frame word %s is 0x%08x, expected 0x%08x (cause %s)\n", names[k],
                        word_at(m, 4 * k), want[k], pg_causes[cause].name);
            _fail(file, line);
        }
    if (m->cpu.T != T + 1) {
        print_error("T is %llu after the delivery, expected %llu\n", (unsigned long long)m->cpu.T,
                    (unsigned long long)T + 1);
        _fail(file, line);
    }
}

uint32_t port_in(struct pg_machine *m, const char *name) {
    struct pg_env env = pg_env_begin(m);
    uint32_t value = pg_bus_in(&m->bus, &env, (uint32_t)pg_port_by_name(name));
    pg_env_done(m, &env);
    return value;
}

void port_out(struct pg_machine *m, const char *name, uint32_t value) {
    struct pg_env env = pg_env_begin(m);
    pg_bus_out(&m->bus, &env, (uint32_t)pg_port_by_name(name), value);
    pg_env_done(m, &env);
}

void check_same(const struct pg_machine *x, const struct pg_machine *y, const char *file,
                int line) {
    char hash_x[PG_HASH_TEXT], hash_y[PG_HASH_TEXT];
    pg_state_hash(x, hash_x);
    pg_state_hash(y, hash_y);
    size_t nx, ny;
    struct pg_tlb_entry *tx = pg_tlb_sorted(&x->tlb, &nx), *ty = pg_tlb_sorted(&y->tlb, &ny);
    bool same = strcmp(hash_x, hash_y) == 0 && nx == ny &&
                (nx == 0 || memcmp(tx, ty, nx * sizeof *tx) == 0);
    free(tx);
    free(ty);
    if (!same) {
        print_error("the machines differ: %s, %s; %zu and %zu TLB entries\n", hash_x, hash_y, nx,
                    ny);
        _fail(file, line);
    }
}
