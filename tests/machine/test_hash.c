/* SHA-256 by the published vectors; what the state hash covers and what it does not. */
#include "support.h"

#include "machine/hash.h"

static void digest(const char *data, size_t size, size_t piece, char text[PG_HASH_TEXT]) {
    struct pg_sha256 h;
    uint8_t bytes[PG_SHA256_SIZE];
    pg_sha256_begin(&h);
    for (size_t at = 0; at < size; at += piece)
        pg_sha256_add(&h, data + at, size - at < piece ? size - at : piece);
    pg_sha256_end(&h, bytes);
    for (int k = 0; k < PG_SHA256_SIZE; k++)
        snprintf(text + 2 * k, 3, "%02x", bytes[k]);
}

/* From FIPS 180-4's examples and NIST's SHAVS short messages. */
static void vectors(void **state) {
    static const struct {
        const char *text, *digest;
    } all[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "mno"
         "pqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    char text[PG_HASH_TEXT];
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (size_t piece = 1; piece < 130; piece += 7) {
            digest(all[k].text, strlen(all[k].text), piece, text);
            assert_string_equal(text, all[k].digest);
        }
    enum { MILLION = 1000000 };
    char *a = malloc(MILLION);
    memset(a, 'a', MILLION);
    digest(a, MILLION, 997, text);
    assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    /* lengths around the padding's edges, whole and in pieces */
    for (size_t size = 50; size < 200; size++) {
        char whole[PG_HASH_TEXT];
        digest(a, size, size, whole);
        digest(a, size, 13, text);
        assert_string_equal(text, whole);
        digest(a, size - 1, size, text);
        assert_string_not_equal(text, whole);
    }
    free(a);
}

/* ---- each change must show, or must not */

#define CHANGE(name) static void name(struct pg_machine *m)
typedef void change(struct pg_machine *m);

CHANGE(general_register) {
    m->cpu.r[15]++;
}
CHANGE(monitor_register) {
    m->cpu.m[7]++;
}
CHANGE(psw_status) {
    m->cpu.psw.status ^= PG_IE;
}
CHANGE(psw_pc) {
    m->cpu.psw.pc += 4;
}
CHANGE(psw_base) {
    m->cpu.psw.base += 0x1000;
}
CHANGE(psw_bound) {
    m->cpu.psw.bound += 0x1000;
}
CHANGE(monitor_base) {
    m->cpu.mon_base += 0x1000;
}
CHANGE(monitor_bound) {
    m->cpu.mon_bound += 0x1000;
}
CHANGE(time_low) {
    m->cpu.T++;
}
CHANGE(time_high) {
    m->cpu.T += 1ULL << 40;
}
CHANGE(user_time) {
    m->cpu.U++;
}
CHANGE(deliveries) {
    m->cpu.deliveries++;
}
CHANGE(run_state) {
    m->run = PG_IDLE_FOREVER;
}
CHANGE(exit_code) {
    m->exit_code++;
}
CHANGE(memory_first) {
    m->ram.bytes[0] ^= 1;
}
CHANGE(memory_last) {
    m->ram.bytes[MEMORY - 1] ^= 0x80;
}
CHANGE(timer) {
    port_out(m, "timer.delta", 99);
}
CHANGE(timer_mode) {
    port_out(m, "timer.control", 2);
}
CHANGE(console_control) {
    port_out(m, "console.control", 1);
}
CHANGE(console_output) {
    port_out(m, "console.data", 0);
}
CHANGE(console_input_taken) {
    port_in(m, "console.data");
}
CHANGE(block_register) {
    port_out(m, "block.sector", 1);
}
CHANGE(disk) {
    m->bus.plugs.disk[2 * PG_SECTOR - 1] ^= 1;
}
CHANGE(disk_size) {
    pg_plug_disk(m, m->bus.plugs.disk, PG_SECTOR, NULL);
}

CHANGE(tlb) {
    pg_tlb_put(&m->tlb, ROOT, 5, CODE | 0x31f);
}
CHANGE(tlb_dropped) {
    pg_tlb_clear(&m->tlb);
}
CHANGE(watches) {
    pg_ram_watch(&m->ram, 0, 1);
}
CHANGE(counter) {
    m->retired += 100;
}
CHANGE(scratch) {
    m->next_pc = 0x1234;
    m->idle = true;
    m->trap.insn = m->trap.value = 99;
}
CHANGE(entered) {
    m->entered = !m->entered;
}
CHANGE(input_to_come) {
    pg_input_add(&m->bus.plugs.input, m->cpu.T + 50, "later", 5);
}
CHANGE(disk_marks) {
    m->bus.plugs.disk_written[0] ^= 1;
}

static const struct {
    const char *name;
    change *apply;
    bool shows;
} changes[] = {
#define SHOWS(name)                                                                                \
    { #name, name, true }
#define HIDDEN(name)                                                                               \
    { #name, name, false }
    SHOWS(general_register),
    SHOWS(monitor_register),
    SHOWS(psw_status),
    SHOWS(psw_pc),
    SHOWS(psw_base),
    SHOWS(psw_bound),
    SHOWS(monitor_base),
    SHOWS(monitor_bound),
    SHOWS(time_low),
    SHOWS(time_high),
    SHOWS(user_time),
    SHOWS(deliveries),
    SHOWS(run_state),
    SHOWS(exit_code),
    SHOWS(memory_first),
    SHOWS(memory_last),
    SHOWS(timer),
    SHOWS(timer_mode),
    SHOWS(console_control),
    SHOWS(console_output),
    SHOWS(console_input_taken),
    SHOWS(block_register),
    SHOWS(disk),
    SHOWS(disk_size),
    HIDDEN(tlb),
    HIDDEN(tlb_dropped),
    HIDDEN(watches),
    HIDDEN(counter),
    HIDDEN(scratch),
    HIDDEN(entered),
    HIDDEN(input_to_come),
    HIDDEN(disk_marks),
};

static struct pg_machine *some_machine(void) {
    struct pg_machine *m = machine_new();
    static const uint8_t contents[2 * PG_SECTOR] = {1};
    pg_plug_disk(m, contents, sizeof contents, NULL);
    m->bus.plugs.input.open = true;
    pg_feed(m, "xy", 2);
    pg_sample(m);
    port_out(m, "console.data", 'o');
    pg_tlb_put(&m->tlb, ROOT, 9, CODE | 0x31f);
    return m;
}

static void what_shows(void **state) {
    char before[PG_HASH_TEXT], after[PG_HASH_TEXT];
    char seen[sizeof changes / sizeof *changes][PG_HASH_TEXT];
    for (size_t k = 0; k < sizeof changes / sizeof *changes; k++) {
        struct pg_machine *m = some_machine();
        pg_state_hash(m, before);
        changes[k].apply(m);
        pg_state_hash(m, after);
        if ((strcmp(before, after) != 0) != changes[k].shows)
            fail_msg("%s: the hash %s", changes[k].name,
                     changes[k].shows ? "does not show it" : "shows it");
        /* and no two changes look alike */
        for (size_t j = 0; j < k; j++)
            if (changes[k].shows && strcmp(seen[j], after) == 0)
                fail_msg("%s looks like %s", changes[k].name, changes[j].name);
        memcpy(seen[k], after, sizeof after);
        pg_machine_free(m);
    }
}

/* Every device register is in it. */
static void every_device_register(void **state) {
    char before[PG_HASH_TEXT], after[PG_HASH_TEXT];
    struct pg_machine *m = some_machine();
    pg_state_hash(m, before);
    for (int k = 0; k < PG_NDEVICES; k++)
        for (size_t r = 0; r < pg_devices[k]->nregs; r++) {
            const struct pg_reg *reg = &pg_devices[k]->regs[r];
            uint64_t value = pg_reg_get(reg, m->bus.state[k]);
            pg_reg_set(reg, m->bus.state[k], value ^ (1ULL << (8 * reg->size - 1)));
            pg_state_hash(m, after);
            assert_string_not_equal(before, after);
            pg_reg_set(reg, m->bus.state[k], value);
            pg_state_hash(m, after);
            assert_string_equal(before, after);
        }
    pg_machine_free(m);
}

/* The hash of a known state, so that it stays the same from host to host and from version to
 * version; change it only with the definition. */
static void known(void **state) {
    char text[PG_HASH_TEXT];
    struct pg_machine *m = pg_machine_new(PG_MIN_MEMORY, NULL);
    pg_state_hash(m, text);
    assert_string_equal(text, "d9c830123f544cde7dcb99f50f367077e5db025bd165f88adfa6b6cd80dd2fd8");
    pg_machine_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(what_shows),
        cmocka_unit_test(every_device_register),
        cmocka_unit_test(known),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
