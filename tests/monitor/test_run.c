/* trapeze run: how it ends, what it reads and writes. */
#include "tests/monitor/execute.h"
#include "tests/monitor/schema.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- exit statuses */

static void names_can_be_defined(void **state) {
    write_text("define.s", ".ifndef CODE\n.equ CODE, 3\n.endif\n"
                           "_start: li a0, CODE\n out a0, 0\n");
    expect(3, "", "", "run", "-m64K", "define.s");
    expect(7, "", "", "run", "-m64K", "-D", "CODE=7", "define.s");
    expect(1, "", "", "run", "-m64K", "--define=CODE", "define.s");
    expect(0, "", "", "asm", "-D", "CODE=0x11", "define.s", "-o", "define.elf");
    expect(17, "", "", "run", "-m64K", "define.elf");
}

static void a_crash_shows_who_called(void **state) {
    write_text("crash.s", "_start: li sp, 0x8000\n"
                          "        call outer\n"
                          "outer:  addi sp, sp, -16\n"
                          "        sw ra, 12(sp)\n"
                          "        call inner\n"
                          "        lw ra, 12(sp)\n"
                          "        addi sp, sp, 16\n"
                          "        ret\n"
                          "inner:  .word 0\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "-m64K", "crash.s"));
    assert_int_equal(ran.status, 65);
    assert_contains(ran.err, "pc 0x00001020 <inner+0x0> at crash.s:8\n");
    assert_contains(ran.err, "  called from 0x00001010 <outer+0x8> at crash.s:5\n"
                             "  called from 0x00001004 <_start+0x4> at crash.s:2\n");
    ran_free(&ran);
}

static void exits_as_the_guest_ended(void **state) {
    static const struct {
        const char *source;
        int status;
        const char *err; /* begins with; "" : nothing is said */
    } rows[] = {
        {GUEST_EXIT(0), 0, ""},
        {GUEST_EXIT(63), 63, ""},
        {GUEST_EXIT(64), 64, "trapeze: guest: exit code 64 does not fit into an exit status\n"},
        {GUEST_EXIT(-1), 64,
         "trapeze: guest: exit code 4294967295 does not fit into an exit status\n"},
        {"_start: .word 0\n", 65,
         "trapeze: guest: check-stop at T = 1: a trap without a handler: the new PSW was never "
         "set\n  trap illegal, value 0x00000000: not an instruction\n"
         "  pc 0x00001000 <_start+0x0>\n"},
        {"_start: li t0, 1f\n sw t0, 0x44(zero)\n svc 0\n1: .word 0\n", 65,
         "trapeze: guest: check-stop at T = 67: a trap storm: "},
        {GUEST_SPIN, 66, "trapeze: guest: the limit is reached at T = 5000\n"},
        {"_start: idle\n", 67,
         "trapeze: guest: idle for ever at T = 1: no event can come any more\n"},
        {"what\n", 69, "guest.s:1:1: error: "},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        write_text("guest.s", rows[k].source);
        struct ran ran =
            execute(&(struct setting){0}, ARGUMENTS("run", "--limit", "5k", "guest.s"));
        assert_int_equal(ran.status, rows[k].status);
        if (strncmp(ran.err, rows[k].err, strlen(rows[k].err)) != 0 ||
            (*rows[k].err == '\0') != (*ran.err == '\0'))
            fail_msg("row %zu says: %s", k, ran.err);
        ran_free(&ran);
        if (rows[k].status < 69)
            expect(rows[k].status, NULL, "", "run", "-q", "--limit", "5k", "guest.s");
    }
}

static void explains_a_trap(void **state) {
    write_text("port.s", "_start: li a0, 0x1234\n nop\nhere: nop\n in a1, 0x7f\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "port.s"));
    assert_int_equal(ran.status, 65);
    assert_contains(ran.err, "  trap port, value 0x0000007f: no device answers that port");
    assert_contains(ran.err, "\n  pc 0x0000100c <here+0x4> at port.s:4\n");
    assert_contains(ran.err, "\n  instruction a1b0007f  in a1, 0x7f(zero)\n");
    assert_contains(ran.err, "a0 00001234");
    ran_free(&ran);
}

static void every_system_and_engine_can_be_named(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    static const char *const engines[] = {
#define X(name) #name,
#include "interp/engine.def"
#undef X
    };
    write_text("seven.s", GUEST_EXIT(7));
    for (size_t s = 0; s < 5; s++)
        for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
            expect(7, "", "", "run", "-s", systems[s], "--engine", engines[e], "seven.s");
}

static void reports_a_broken_vmm(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    expect_in(&(struct setting){.program = TRAPEZE_LIAR}, 70, "",
              "trapeze: the VMM failed: out of luck\n",
              ARGUMENTS("run", "--system", "broken", "seven.s"));
}

/* ---- programs that are none */

static void refuses_what_is_no_program(void **state) {
    mkdir("directory", 0777);
    write_text("empty.elf", "");
    write_text("text.elf", "This is not a program, but it is longer than an ELF header is.....");
    static const char *const paths[] = {"missing.elf", "directory", "empty.elf", "text.elf",
                                        TRAPEZE,       "/dev/null", "/dev/zero", "missing.s"};
    static const char *const commands[] = {"run", "compare", "dis"};
    for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
        struct ran ran = execute(&(struct setting){0}, ARGUMENTS(commands[k % 3], paths[k]));
        assert_int_equal(ran.status, 69);
        assert_string_equal(ran.out, "");
        assert_contains(ran.err, paths[k]);
        assert_ptr_equal(strchr(ran.err, '\n'), ran.err + strlen(ran.err) - 1);
        ran_free(&ran);
    }
    expect(69, "", "trapeze: missing.elf: No such file or directory\n", "run", "missing.elf");
    expect(69, "", "trapeze: directory: Is a directory\n", "run", "directory");
}

/* What is cut off may be symbols and lines, which a program can do without; not its segments. */
static void refuses_a_truncated_program(void **state) {
    size_t size;
    write_text("seven.s", GUEST_EXIT(7));
    expect(0, "", "", "asm", "seven.s", "-o", "seven.elf");
    char *bytes = read_text("seven.elf", &size);
    Elf32_Ehdr header;
    Elf32_Phdr segment;
    memcpy(&header, bytes, sizeof header);
    memcpy(&segment, bytes + header.e_phoff, sizeof segment);
    size_t end = segment.p_offset + segment.p_filesz;
    assert_true(end > 50 && end < size);
    for (size_t n = 0; n < end; n += n < end - 9 ? 9 : 1) {
        write_bytes("cut.elf", bytes, n);
        expect(69, "", NULL, "run", "cut.elf");
    }
    write_bytes("cut.elf", bytes, end);
    expect(7, "", "", "run", "cut.elf");
    free(bytes);
}

static void refuses_a_program_that_does_not_fit(void **state) {
    write_text("big.s", GUEST_EXIT(0) ".bss\n.space 0x10000\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "--memory", "16K", "big.s"));
    assert_int_equal(ran.status, 69);
    assert_contains(ran.err, "trapeze: big: segment .bss at 0x");
    ran_free(&ran);
    expect(0, "", "", "run", "--memory", "80K", "big.s");
}

/* ---- the console */

/* Writes its input back, until it ends. */
#define GUEST_CAT                                                                                  \
    "_start: in t0, 0x11\n andi t1, t0, 1\n bnez t1, 1f\n andi t1, t0, 2\n bnez t1, 2f\n idle\n"   \
    " j _start\n1: in a0, 0x10\n out a0, 0x10\n j _start\n2: out zero, 0\n"

static void reads_input(void **state) {
    write_text("cat.s", GUEST_CAT);
    write_text("words", "from a file\n");
    expect_in(&(struct setting){.input = "from a pipe"}, 0, "from a pipe", "",
              ARGUMENTS("run", "cat.s"));
    expect_in(&(struct setting){.input = ""}, 0, "", "", ARGUMENTS("run", "cat.s"));
    expect_in(&(struct setting){.input = "not this"}, 0, "from a file\n", "",
              ARGUMENTS("run", "-i", "words", "cat.s"));
    expect_in(&(struct setting){.input_closed = true}, 0, "", "", ARGUMENTS("run", "cat.s"));
    write_text("words", "");
    expect(0, "", "", "run", "-i", "words", "cat.s");
    expect_in(&(struct setting){.input_path = "/"}, 68, "",
              "trapeze: standard input: Is a directory\n", ARGUMENTS("run", "cat.s"));
    expect_in(&(struct setting){.input_path = "/dev/zero"}, 68, "",
              "trapeze: standard input: larger than 256 MiB\n", ARGUMENTS("run", "cat.s"));
}

static void writes_the_console_where_it_is_told(void **state) {
    write_text("cat.s", GUEST_CAT);
    struct setting hi = {.input = "hi"};
    expect_in(&hi, 0, "", "", ARGUMENTS("run", "--console", "out.txt", "cat.s"));
    char *text = read_text("out.txt", NULL);
    assert_string_equal(text, "hi");
    free(text);
    expect_in(&hi, 68, "", "trapeze: no/where: No such file or directory\n",
              ARGUMENTS("run", "--console", "no/where", "cat.s"));
    expect_in(&hi, 68, "", "trapeze: --console ./cat.s: that file is an input of this run\n",
              ARGUMENTS("run", "--console", "./cat.s", "cat.s"));
    expect_in(&hi, 70, "",
              "trapeze: cannot write the guest's console output: No space left on device\n",
              ARGUMENTS("run", "--console", "/dev/full", "cat.s"));
    expect_in(&(struct setting){.input = "hi", .output_path = "/dev/full"}, 70, NULL,
              "trapeze: cannot write the guest's console output: No space left on device\n",
              ARGUMENTS("run", "cat.s"));
    expect_in(&(struct setting){.input = "hi", .output_closed = true}, 70, NULL,
              "trapeze: cannot write the guest's console output: Bad file descriptor\n",
              ARGUMENTS("run", "cat.s"));
}

/* A reader that goes away ends the run: not by a signal, and not never. */
static void notices_a_broken_pipe(void **state) {
    write_text("chatter.s", "_start: out zero, 0x10\n j _start\n");
    assert_int_equal(mkfifo("pipe", 0666), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    pid_t pid = start(&(struct setting){.output_path = "pipe"}, ARGUMENTS("run", "chatter.s"));
    char byte;
    while (read(reader, &byte, 1) != 1) /* until it has begun to write */
        usleep(10000);
    close(reader);
    struct ran ran = finish(pid);
    assert_int_equal(ran.status, 70);
    assert_string_equal(ran.err, "trapeze: cannot write the guest's console output: Broken pipe\n");
    ran_free(&ran);
}

static void tells_guests_apart(void **state) {
    write_text("cat.s", GUEST_CAT);
    write_text("seven.s", GUEST_EXIT(7));
    struct setting input = {.input = "one\ntwo"};
    struct ran ran = execute(&input, ARGUMENTS("run", "-s", "te", "cat.s", "seven.s", "cat.s"));
    assert_int_equal(ran.status, 7);
    assert_contains(ran.out, "[cat] one\n");
    assert_contains(ran.out, "[cat] two\n");
    assert_contains(ran.out, "[cat.2] one\n");
    assert_contains(ran.out, "[cat.2] two\n");
    assert_int_equal(strlen(ran.out), strlen("[cat] one\n[cat] two\n[cat.2] one\n[cat.2] two\n"));
    ran_free(&ran);
}

static void prints_statistics(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    struct ran ran =
        execute(&(struct setting){0}, ARGUMENTS("run", "-s", "te", "--stats", "seven.s"));
    assert_int_equal(ran.status, 7);
    assert_string_equal(ran.out, "");
    assert_int_equal(strncmp(ran.err, "seven under te\n  T  ", 20), 0);
    assert_contains(ran.err, "\n  exit.privilege                              1\n");
    assert_contains(ran.err, "\n  emulate.out                                 1\n");
    assert_contains(ran.err, "\n  host time ");
    assert_null(strstr(ran.err, "fills_hidden"));
    ran_free(&ran);
}

/* ---- disks */

/* Fills a sector's worth of memory with '*', writes it to sector 1, and then does `end`. */
#define GUEST_DISK(end)                                                                            \
    "_start: li t0, 0x3000\n li t1, 0x3200\n li t2, '*'\n1: sb t2, 0(t0)\n addi t0, t0, 1\n"       \
    " bne t0, t1, 1b\n li t0, 1\n out t0, 0x30\n li t1, 0x3000\n out t1, 0x31\n out t0, 0x32\n"    \
    " li t0, 2\n out t0, 0x33\n1: idle\n in t0, 0x34\n andi t0, t0, 1\n bnez t0, 1b\n" end

static void fresh_disk(char bytes[1536]) {
    for (int k = 0; k < 1536; k++)
        bytes[k] = (char)('a' + k % 23);
    write_bytes("disk", bytes, 1536);
}

static void assert_disk(const char *bytes) {
    size_t size;
    char *now = read_text("disk", &size);
    assert_int_equal(size, 1536);
    assert_memory_equal(now, bytes, 1536);
    free(now);
}

static void writes_the_disk_back(void **state) {
    static const char *const systems[] = {"bare", "interp", "te", "hybrid", "bt"};
    char bytes[1536];
    write_text("disk.s", GUEST_DISK(" out zero, 0\n"));
    for (size_t k = 0; k < 5; k++) {
        fresh_disk(bytes);
        expect(0, "", "", "run", "-s", systems[k], "--disk", "disk", "disk.s");
        memset(bytes + 512, '*', 512);
        assert_disk(bytes);
    }
    fresh_disk(bytes);
    expect(0, "", "", "run", "--readonly", "--disk", "disk", "disk.s");
    expect(0, NULL, "", "compare", "--disk", "disk", "disk.s");
    assert_disk(bytes);
}

static void writes_the_disk_back_after_an_interrupt(void **state) {
    char bytes[1536];
    write_text("disk.s", GUEST_DISK(" li a0, '*'\n out a0, 0x10\n1: j 1b\n"));
    fresh_disk(bytes);
    pid_t pid = start(&(struct setting){0}, ARGUMENTS("run", "-d", "disk", "disk.s"));
    wait_for_output("standard.out");
    kill(pid, SIGINT);
    struct ran ran = finish(pid);
    assert_int_equal(ran.status, 130);
    assert_contains(ran.err, "trapeze: disk: interrupted at T = ");
    memset(bytes + 512, '*', 512);
    assert_disk(bytes);
    ran_free(&ran);
}

static void refuses_bad_disks(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    write_text("odd", "x");
    write_text("empty", "");
    char bytes[1536];
    fresh_disk(bytes);
    expect(68, "", "trapeze: none: No such file or directory\n", "run", "-d", "none", "seven.s");
    expect(68, "",
           "trapeze: odd: a disk image of 1 bytes: it must be a multiple of 512, and not empty\n",
           "run", "-d", "odd", "seven.s");
    expect(68, "",
           "trapeze: empty: a disk image of 0 bytes: it must be a multiple of 512, and not empty\n",
           "run", "-d", "empty", "seven.s");
    expect(68, "", "trapeze: ./disk: two guests cannot write to one disk image\n", "run", "-d",
           "disk", "-d", "./disk", "seven.s", "seven.s");
    expect(7, "", "", "run", "--readonly", "-d", "disk", "-d", "./disk", "seven.s", "seven.s");
    chmod("disk", 0444);
    if (access("disk", W_OK) != 0) { /* root may write to anything */
        expect(68, "",
               "trapeze: disk: Permission denied: the image must be writable, as changed sectors "
               "are written back; --readonly leaves it as it is\n",
               "run", "-d", "disk", "seven.s");
        expect(7, "", "", "run", "-d", "disk", "--readonly", "seven.s");
    }
    chmod("disk", 0666);
}

/* ---- interrupts */

static void stops_when_interrupted(void **state) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    write_text("spin.s", GUEST_SPIN);
    for (size_t k = 0; k < 4; k++) {
        pid_t pid = start(&(struct setting){0}, ARGUMENTS("run", "--stats", "spin.s"));
        wait_for_output("standard.out");
        kill(pid, signals[k]);
        struct ran ran = finish(pid);
        assert_int_equal(ran.status, 130);
        assert_contains(ran.err, "trapeze: spin: interrupted at T = ");
        assert_contains(ran.err, "\n  direct ");
        ran_free(&ran);
    }
}

/* One guest has ended, the other is interrupted. */
static void an_interrupt_is_the_status_of_all(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    write_text("spin.s", "_start: li a0, '*'\n out a0, 0x10\n li a0, 10\n out a0, 0x10\n1: j 1b\n");
    pid_t pid = start(&(struct setting){0}, ARGUMENTS("run", "seven.s", "spin.s"));
    wait_for_output("standard.out");
    kill(pid, SIGINT);
    struct ran ran = finish(pid);
    assert_int_equal(ran.status, 130);
    assert_string_equal(ran.out, "[spin] *\n");
    ran_free(&ran);
}

/* ---- JSON */

#ifdef HAVE_JANSSON

static json_t *run_json(int status, const char *const *arguments) {
    struct ran ran = execute(&(struct setting){0}, arguments);
    assert_int_equal(ran.status, status);
    json_t *object = assert_schema("run", ran.out);
    ran_free(&ran);
    return object;
}

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static json_int_t number_of(const json_t *object, const char *name) {
    const json_t *number = json_object_get(object, name);
    assert_true(json_is_integer(number));
    return json_integer_value(number);
}

static void prints_json(void **state) {
    static const struct {
        const char *source, *kind;
        json_int_t code, T;
        int status;
    } rows[] = {
        {GUEST_EXIT(7), "exit", 7, 2, 7},
        {GUEST_EXIT(-1), "exit", 4294967295, 2, 64},
        {"_start: .word 0\n", "check-stop", 0, 1, 65},
        {GUEST_SPIN, "limit", 0, 5000, 66},
        {"_start: idle\n", "idle", 0, 1, 67},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        write_text("guest.s", rows[k].source);
        json_t *j = run_json(rows[k].status, ARGUMENTS("run", "--json", "-m64K", "--limit", "5k",
                                                       "-s", "te", "guest.s"));
        const json_t *ending = json_object_get(j, "exit");
        assert_string_equal(text_of(j, "system"), "te");
        assert_string_equal(text_of(j, "guest"), "guest");
        assert_string_equal(text_of(ending, "kind"), rows[k].kind);
        assert_int_equal(number_of(ending, "code"), rows[k].code);
        assert_int_equal(number_of(j, "T"), rows[k].T);
        assert_int_equal(number_of(j, "status"), rows[k].status);
        json_decref(j);
    }
}

static void json_counts_by_name(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    json_t *j = run_json(7, ARGUMENTS("run", "-j", "-m64K", "-s", "te", "seven.s"));
    const json_t *counters = json_object_get(j, "counters");
    assert_int_equal(number_of(counters, "direct"), 1);
    assert_int_equal(number_of(counters, "emulated"), 1);
    assert_int_equal(number_of(counters, "exit.privilege"), 1);
    assert_int_equal(number_of(counters, "emulate.out"), 1);
    assert_int_equal(number_of(counters, "units"), 0);
    assert_null(json_object_get(counters, "emulate.lpsw"));
    json_decref(j);
}

static void json_leaves_standard_output_to_the_object(void **state) {
    write_text("star.s", "_start: li a0, '*'\n out a0, 0x10\n out zero, 0\n");
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "--json", "-m64K", "star.s"));
    json_decref(assert_schema("run", ran.out));
    assert_string_equal(ran.err, "*");
    ran_free(&ran);
}

static void json_of_several_guests_is_a_list(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    json_t *j = run_json(7, ARGUMENTS("run", "--json", "-m64K", "seven.s", "seven.s"));
    const json_t *guests = json_object_get(j, "guests");
    assert_int_equal(json_array_size(guests), 2);
    assert_string_equal(text_of(json_array_get(guests, 0), "guest"), "seven");
    assert_string_equal(text_of(json_array_get(guests, 1), "guest"), "seven.2");
    assert_string_equal(text_of(json_array_get(guests, 0), "state_hash"),
                        text_of(json_array_get(guests, 1), "state_hash"));
    json_decref(j);
}

/* Sleeps until T = 2^63 - 1, the last deadline that comes: what follows is beyond JSON's integers.
 */
static void json_has_times_beyond_its_integers(void **state) {
    write_text("late.s", "_start: li t0, -1\n out t0, 0x20\n li t0, 0x7fffffff\n out t0, 0x21\n"
                         " li t0, 1\n out t0, 0x22\n idle\n li a0, 3\n out a0, 0\n");
    json_t *j = run_json(3, ARGUMENTS("run", "--json", "-m64K", "late.s"));
    assert_string_equal(text_of(j, "T"), "9223372036854775809");
    json_decref(j);
}

static void json_has_names_that_are_no_text(void **state) {
    write_text("g\xff.s", GUEST_EXIT(7));
    json_t *j = run_json(7, ARGUMENTS("run", "--json", "-m64K", "g\xff.s"));
    assert_string_equal(text_of(j, "guest"), "g?");
    json_decref(j);
}

static void json_reports_an_interrupt(void **state) {
    write_text("spin.s", GUEST_SPIN);
    pid_t pid = start(&(struct setting){0}, ARGUMENTS("run", "--json", "-m64K", "spin.s"));
    wait_for_output("standard.err");
    kill(pid, SIGINT);
    struct ran ran = finish(pid);
    assert_int_equal(ran.status, 130);
    json_t *j = assert_schema("run", ran.out);
    assert_string_equal(text_of(json_object_get(j, "exit"), "kind"), "interrupted");
    json_decref(j);
    ran_free(&ran);
}

static void json_that_cannot_be_written_is_an_error(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    expect_in(&(struct setting){.output_path = "/dev/full"}, 70, NULL,
              "trapeze: cannot write to standard output: No space left on device\n",
              ARGUMENTS("run", "--json", "-m64K", "seven.s"));
}

/* The validator does refuse: each schema keyword that can fail, by a text that fails it. */
static void the_schema_refuses(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    json_error_t error;
    json_t *schema = json_load_file(SOURCE "/monitor/schema/run.schema.json", 0, &error);
    static const struct {
        const char *path, *value; /* value NULL: delete */
    } changes[] = {
        {"schema", "\"trapeze.walk\""},
        {"version", "2"},
        {"system", "5"},
        {"T", "-1"},
        {"T", "\"many\""},
        {"T", "1.5"},
        {"state_hash", "\"abc\""},
        {"state_hash", NULL},
        {"exit", "{\"kind\": \"exit\"}"},
        {"status", "256"},
        {"counters", "{\"direct\": 1}"},
        {"exit", "{\"kind\": \"sleep\", \"code\": 0}"},
        {"exit", "{\"kind\": \"exit\", \"code\": 0, \"why\": 0}"},
        {"guests", "[]"},
    };
    for (size_t k = 0; k < sizeof changes / sizeof *changes; k++) {
        char where[256];
        json_t *j = run_json(7, ARGUMENTS("run", "--json", "-m64K", "seven.s"));
        if (changes[k].value)
            json_object_set_new(j, changes[k].path,
                                json_loads(changes[k].value, JSON_DECODE_ANY, &error));
        else
            json_object_del(j, changes[k].path);
        int obeys = schema_obeys(schema, schema, j, where, sizeof where);
        /* `guests` beside a result: the object is a result, and no list of them. */
        assert_int_equal(obeys, strcmp(changes[k].path, "guests") == 0);
        json_decref(j);
    }
    json_decref(schema);
}

#else

static void says_that_it_has_no_json(void **state) {
    write_text("seven.s", GUEST_EXIT(7));
    struct ran ran = execute(&(struct setting){0}, ARGUMENTS("run", "--json", "-m64K", "seven.s"));
    assert_int_equal(ran.status, 68);
    assert_contains(ran.err, "built without jansson");
    ran_free(&ran);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_can_be_defined),
        cmocka_unit_test(a_crash_shows_who_called),
        cmocka_unit_test(exits_as_the_guest_ended),
        cmocka_unit_test(explains_a_trap),
        cmocka_unit_test(every_system_and_engine_can_be_named),
        cmocka_unit_test(reports_a_broken_vmm),
        cmocka_unit_test(refuses_what_is_no_program),
        cmocka_unit_test(refuses_a_truncated_program),
        cmocka_unit_test(refuses_a_program_that_does_not_fit),
        cmocka_unit_test(reads_input),
        cmocka_unit_test(writes_the_console_where_it_is_told),
        cmocka_unit_test(notices_a_broken_pipe),
        cmocka_unit_test(tells_guests_apart),
        cmocka_unit_test(prints_statistics),
        cmocka_unit_test(writes_the_disk_back),
        cmocka_unit_test(writes_the_disk_back_after_an_interrupt),
        cmocka_unit_test(refuses_bad_disks),
        cmocka_unit_test(stops_when_interrupted),
        cmocka_unit_test(an_interrupt_is_the_status_of_all),
#ifdef HAVE_JANSSON
        cmocka_unit_test(prints_json),
        cmocka_unit_test(json_counts_by_name),
        cmocka_unit_test(json_leaves_standard_output_to_the_object),
        cmocka_unit_test(json_of_several_guests_is_a_list),
        cmocka_unit_test(json_has_times_beyond_its_integers),
        cmocka_unit_test(json_has_names_that_are_no_text),
        cmocka_unit_test(json_reports_an_interrupt),
        cmocka_unit_test(json_that_cannot_be_written_is_an_error),
        cmocka_unit_test(the_schema_refuses),
#else
        cmocka_unit_test(says_that_it_has_no_json),
#endif
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
