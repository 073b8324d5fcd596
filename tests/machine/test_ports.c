/* Ports: the tables that devices describe themselves with, unclaimed ports, power. */
#include "support.h"

/* No two ports share a number and no two a name; numbers fit an immediate, so that a VMM and a
 * guest can name any port. */
static void tables(void **state) {
    for (int a = 0; a < PG_NDEVICES; a++)
        for (size_t p = 0; p < pg_devices[a]->nports; p++) {
            const struct pg_port *x = &pg_devices[a]->ports[p];
            assert_int_equal(pg_port_by_name(x->name), x->number);
            assert_int_equal(strncmp(x->name, pg_devices[a]->name, strlen(pg_devices[a]->name)), 0);
            assert_true(x->access & PG_INOUT && x->meaning[0] && x->number < 0x8000);
            assert_int_equal(x->number, pg_devices[a]->ports[0].number + p);
            for (int b = 0; b < PG_NDEVICES; b++)
                for (size_t q = 0; q < pg_devices[b]->nports; q++) {
                    const struct pg_port *y = &pg_devices[b]->ports[q];
                    assert_true(x == y ||
                                (x->number != y->number && strcmp(x->name, y->name) != 0));
                }
        }
    assert_int_equal(pg_port_by_name("timer.nothing"), -1);
    for (int a = 0; a < PG_NDEVICES; a++)
        for (int b = 0; b < a; b++)
            assert_true(pg_devices[a]->line < 0 || pg_devices[a]->line != pg_devices[b]->line);
}

/* The registers cover the whole state: what they leave out, a snapshot would lose. */
static void registers_cover_the_state(void **state) {
    for (int k = 0; k < PG_NDEVICES; k++) {
        const struct pg_device *d = pg_devices[k];
        uint8_t *covered = calloc(1, d->state_size);
        size_t total = 0;
        for (size_t r = 0; r < d->nregs; r++) {
            assert_true(d->regs[r].size == 4 || d->regs[r].size == 8);
            assert_true(d->regs[r].offset + d->regs[r].size <= d->state_size);
            for (size_t n = 0; n < d->regs[r].size; n++)
                assert_int_equal(covered[d->regs[r].offset + n]++, 0);
            total += d->regs[r].size;
        }
        assert_true(d->state_size - total < 8); /* padding at the end or before a wide one */
        free(covered);
    }
}

static void register_access(void **state) {
    uint8_t device[16] = {0};
    static const struct pg_reg narrow = {"n", 4, 4, ""}, wide = {"w", 8, 8, ""};
    pg_reg_set(&narrow, device, 0x1122334455667788);
    pg_reg_set(&wide, device, 0x8877665544332211);
    assert_int_equal(pg_reg_get(&narrow, device), 0x55667788);
    assert_true(pg_reg_get(&wide, device) == 0x8877665544332211);
    assert_int_equal(device[3], 0);
}

/* Every port number there might be, in both directions: claimed exactly as the tables say, and
 * otherwise a trap whose value is the port, with nothing changed. */
static void every_port(void **state) {
    struct pg_machine *m = machine_new();
    for (uint32_t port = 0; port < 0x100; port++)
        for (int access = PG_IN; access <= PG_OUT; access++) {
            bool claimed = false;
            for (int k = 0; k < PG_NDEVICES; k++)
                for (size_t p = 0; p < pg_devices[k]->nports; p++)
                    claimed |= pg_devices[k]->ports[p].number == port &&
                               pg_devices[k]->ports[p].access & access;
            pg_machine_reset(m, CODE);
            m->cpu.r[7] = 0x70;
            struct pg_psw psw = m->cpu.psw;
            run_insn(m, access == PG_IN ? PG_OP_in : PG_OP_out, 7, 0, 0, (int32_t)port);
            if (claimed) {
                assert_int_equal(m->cpu.psw.pc, CODE + 4);
            } else {
                assert_frame(m, psw, 0, PG_CAUSE_port, port, word_at(m, CODE));
                assert_int_equal(m->cpu.r[7], 0x70);
                assert_int_equal(m->run, PG_RUNNING);
            }
        }
    static const uint32_t far[] = {0x100, 0x10010, 0x80000010, 0xffffffff};
    for (int k = 0; k < 4; k++) { /* all 32 bits count */
        pg_machine_reset(m, CODE);
        m->cpu.r[5] = far[k];
        struct pg_psw psw = m->cpu.psw;
        run_insn(m, PG_OP_out, 7, 5, 0, 0);
        assert_frame(m, psw, 0, PG_CAUSE_port, far[k], word_at(m, CODE));
    }
    pg_machine_free(m);
}

static void power(void **state) {
    static const uint32_t codes[] = {0, 1, 63, 64, 0xffffffff};
    for (int k = 0; k < 5; k++) {
        struct pg_machine *m = machine_new();
        m->cpu.r[5] = codes[k];
        run_insn(m, PG_OP_out, 5, 0, 0, 0);
        assert_int_equal(m->run, PG_HALTED);
        assert_int_equal(m->exit_code, codes[k]);
        assert_int_equal(m->cpu.T, 1); /* it retires */
        assert_int_equal(m->cpu.psw.pc, CODE + 4);
        steps(m, 5);
        assert_int_equal(m->cpu.T, 1);
        pg_machine_reset(m, CODE);
        assert_int_equal(m->run, PG_RUNNING);
        assert_int_equal(m->exit_code, 0);
        pg_machine_free(m);
    }
}

static void memory_size(void **state) {
    struct pg_error err;
    struct pg_machine *m = pg_machine_new(0x7000, &err);
    assert_int_equal(port_in(m, "power.memory"), 0x7000);
    /* a virtual machine sees its own */
    struct pg_ram part;
    pg_ram_view(&part, &m->ram, 0x1000, 0x3000);
    struct pg_machine *vm = pg_machine_view(&part, &err);
    assert_int_equal(port_in(vm, "power.memory"), 0x3000);
    pg_machine_free(vm);
    pg_machine_free(m);
}

/* Reset: devices as at power-on; what is plugged in stays. */
static void reset(void **state) {
    struct pg_machine *m = machine_new();
    static const uint8_t disk[PG_SECTOR] = {1};
    pg_plug_disk(m, disk, sizeof disk, NULL);
    m->bus.plugs.input.open = true;
    pg_feed(m, "ab", 2);
    pg_sample(m);
    port_in(m, "console.data");
    port_out(m, "console.data", '!');
    port_out(m, "console.control", 1);
    port_out(m, "timer.delta", 0);
    port_out(m, "block.command", 1);
    m->cpu.T = 2000;
    pg_sample(m);
    assert_int_equal(m->bus.lines, 7);
    pg_machine_reset(m, CODE);
    assert_int_equal(m->bus.lines, 0);
    assert_int_equal(port_in(m, "timer.control"), 0);
    assert_int_equal(port_in(m, "block.status"), 0);
    assert_int_equal(port_in(m, "console.control"), 0);
    assert_int_equal(m->bus.next_event, 0); /* the input is there again from the start */
    pg_sample(m);
    assert_int_equal(port_in(m, "console.data"), 'a');
    assert_int_equal(port_in(m, "block.capacity"), 1);
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),     cmocka_unit_test(registers_cover_the_state),
        cmocka_unit_test(every_port), cmocka_unit_test(register_access),
        cmocka_unit_test(power),      cmocka_unit_test(memory_size),
        cmocka_unit_test(reset),
    };
    return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
