/* test_verify.c - the commands about the theorems: classify, verify, fuzz, nest, compare --depth.
 */
#include "tests/monitor/execute.h"
#include "tests/monitor/schema.h"

#define HOLES SOURCE "/guests/holes/"
#define VMM SOURCE "/guests/vmm/vmm.s"

static const char kernel[] = SOURCE "/guests/hello.s";

static struct ran run(int status, const char *const *arguments) {
    struct ran ran = execute(&(struct setting){0}, arguments);
    if (ran.status != status)
        fail_msg("status %d, not %d: %s%s", ran.status, status, ran.out, ran.err);
    return ran;
}

static void says(int status, const char *const *arguments, const char *const *texts) {
    struct ran ran = run(status, arguments);
    for (; *texts; texts++)
        assert_contains(status == 68 ? ran.err : ran.out, *texts);
    ran_free(&ran);
}
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- classify */

static void classify_gives_the_theorems(void **state) {
    says(0, ARGUMENTS("classify", "--states", "3000"),
         TEXTS("profile strict", "gpsw     P . L M R .",
               "theorem 1  every sensitive instruction is privileged: holds",
               "theorem 3  every user-sensitive instruction is privileged: holds"));
    says(
        0, ARGUMENTS("classify", "--states", "3000", "--profile", "x86"),
        TEXTS("theorem 1  every sensitive instruction is privileged: sufficient condition not met; "
              "broken by gpsw ppsw grel probe\n",
              "sufficient condition not met; broken by gpsw grel probe\n"));
    says(0, ARGUMENTS("classify", "--states", "3000", "-p", "pdp10"),
         TEXTS("broken by jrst\n", "theorem 3  every user-sensitive instruction is privileged: "
                                   "holds\n"));
}

static void classify_explains(void **state) {
    says(0, ARGUMENTS("classify", "--states", "3000", "-p", "x86", "--explain", "gpsw"),
         TEXTS("`gpsw` is behaviour-sensitive by location, behaviour-sensitive by mode, "
               "resource-sensitive and not privileged in profile x86",
               "M behaviour-sensitive by mode: yes", "first    ring 0", "second   ring 1",
               "C control-sensitive: no; 30", "first: before -> after", "`gpsw` in ring 0: a0 = 0x",
               "What it does depends on the mode.\n"));
    /* What is in the TLB alone is not seen by `probe`. */
    says(0, ARGUMENTS("classify", "--states", "3000", "-p", "x86", "--explain", "probe"),
         TEXTS("map: paged, in the TLB but not in the tables", "second   page of 0x",
               ": 0x00000000 in the table, 0x000", "What it does depends on where memory lies."));
    /* Device registers by name; monitor registers for what they are. */
    says(0, ARGUMENTS("classify", "--states", "3000", "--explain", "out"),
         TEXTS("; devices: arrangement ", "    power.exit_code 0x00000000 -> 0x",
               "completes and changes authority: devices: as they were, then"));
    says(0, ARGUMENTS("classify", "--states", "3000", "--explain", "madd"),
         TEXTS("    m", "User states take the privilege trap, supervisor states do not."));
    says(0, ARGUMENTS("classify", "--states", "3000", "--explain", "tlbia"),
         TEXTS("state    takes an entry out of the TLB"));
    says(68, ARGUMENTS("classify", "--explain", "gpws"), TEXTS("did you mean", "gpsw"));
    says(68, ARGUMENTS("classify", "x.s"), TEXTS("classify takes no guest"));
    says(68, ARGUMENTS("classify", "--states", "0"), TEXTS("--states 0: not a number from 1"));
    says(68, ARGUMENTS("classify", "--states", "9999M"), TEXTS("--states 9999M: not a number"));
    says(68, ARGUMENTS("classify", "--seed", "x"), TEXTS("--seed x: not a number"));
    struct ran one = run(0, ARGUMENTS("classify", "--states", "3000", "--seed", "5"));
    struct ran two = run(0, ARGUMENTS("classify", "--states", "3000", "--seed", "5"));
    assert_string_equal(one.out, two.out);
    ran_free(&one);
    ran_free(&two);
}

/* ---- profiles */

static void a_profile_may_be_a_file(void **state) {
    write_text("mine.profile", "name mine\nprobe execute # one line flipped\n");
    says(71, ARGUMENTS("verify", "-p", "mine.profile", HOLES "verr.s"),
         TEXTS("profile mine", "te differs in the step at T = ", "probe s0, t0",
               "not privileged in profile mine", "\nFAIL\n"));
    says(0,
         ARGUMENTS("verify", "-p", "mine.profile", "--systems", "interp,hybrid,bt", HOLES "verr.s"),
         TEXTS("\npass\n"));
    write_text("bad.profile", "gpsw execute\nprobe exeute\n");
    says(68, ARGUMENTS("run", "-p", "./bad.profile", kernel),
         TEXTS("./bad.profile:2:7: error: ", "did you mean `execute`"));
    says(68, ARGUMENTS("run", "-p", "stricct", kernel), TEXTS("did you mean", "strict"));
    says(68, ARGUMENTS("run", "-p", "./none.profile", kernel), TEXTS("No such file"));
}

/* ---- verify */

static void verify_checks_the_three_properties(void **state) {
    says(0, ARGUMENTS("verify", "-m1M", SOURCE "/guests/rings.s"),
         TEXTS("equivalence: ", "  bt       equal at all\n", "no access outside the allocation",
               "no innocuous instruction is emulated: kept", "\npass\n"));
    says(71, ARGUMENTS("verify", "-p", "x86", HOLES "smsw.s"),
         TEXTS("  te       DIFFERS: register s0 is 0x00000111 instead of 0x00000000",
               "te differs in the step at T = 1\n", "gpsw s0",
               "it saw the real ring 1; the guest believes that it is in ring 0. `gpsw` is ",
               "not privileged in profile x86", "  hybrid   equal at all\n",
               "  bt       equal at all\n"));
    says(71, ARGUMENTS("verify", "-p", "pdp10", HOLES "jrst.s"),
         TEXTS("the guest's STATUS became 0x0003 by `jrst`, but 0x0000 under te",
               "  hybrid   equal at all\n"));
    says(71, ARGUMENTS("verify", "-p", "x86", HOLES "sgdt.s"),
         TEXTS("  hybrid   DIFFERS", "  bt       equal at all\n"));
    says(68, ARGUMENTS("verify", "--every", "0", kernel), TEXTS("--every 0: not a number"));
}

static void verify_sees_control_being_lost(void **state) {
    write_text("open.profile", "ppsw execute\n");
    says(71, ARGUMENTS("verify", "-p", "open.profile", HOLES "popf.s"),
         TEXTS("LOST at T = ", "by `ppsw`: the real STATUS changed from 0x0111 to 0x0101",
               "resource control lost at T = "));
    says(0,
         ARGUMENTS("verify", "-p", "open.profile", "--systems", "interp,hybrid,bt", HOLES "popf.s"),
         TEXTS("\npass\n"));
}

/* ---- fuzz */

static void fuzz_finds_nothing_where_nothing_is(void **state) {
    says(0, ARGUMENTS("fuzz", "--count", "12", "--length", "2K"),
         TEXTS("12 programs, seeds 1 to 12, ", "profile strict; 0 differ", "coverage: "));
    says(68, ARGUMENTS("fuzz", "--count", "0"), TEXTS("--count 0: not a number above 0"));
}

/* The command that `out` names, in a line that begins so, finds a difference. */
static void assert_command_fails(const char *out, const char *begin) {
    enum { NAME = sizeof "    trapeze " - 1 }; /* not that program: the one under test */
    char command[256];
    const char *line = strstr(out, begin);
    assert_non_null(line);
    snprintf(command, sizeof command, "%s %.*s >seen 2>&1", TRAPEZE,
             (int)strcspn(line + NAME, "\n"), line + NAME);
    assert_int_equal(system(command) >> 8, 71);
}

/* A failure is told by a command that shows it. */
static void fuzz_tells_how_to_see_a_failure(void **state) {
    struct ran ran = run(71, ARGUMENTS("fuzz", "-p", "x86", "--systems", "te", "--seed", "3",
                                       "--count", "1", "-o", "shrunk.elf"));
    assert_contains(ran.out, "random:3 under te: ");
    assert_contains(ran.out, "shrunk to ");
    assert_command_fails(ran.out, "    trapeze verify random:3 ");
    ran_free(&ran);
    says(71,
         ARGUMENTS("verify", "-p", "x86", "--systems", "te", "-m256K", "--every", "10", "--limit",
                   "2K", "shrunk.elf"),
         TEXTS("te differs"));
}

/* With --torture the command repeats the run as it was stopped. */
static void torture_tells_how_to_see_a_failure(void **state) {
    struct ran ran = run(71, ARGUMENTS("fuzz", "--torture", "-p", "x86", "--systems", "te",
                                       "--seed", "8", "--count", "1", "--length", "20K"));
    assert_contains(ran.out, "torture:8 under te: ");
    assert_contains(ran.out, "    at T = ");
    assert_contains(ran.out, "shrunk to ");
    assert_command_fails(ran.out, "    trapeze fuzz --torture --seed 8 ");
    ran_free(&ran);
    says(0, ARGUMENTS("fuzz", "--torture", "--count", "3", "--length", "5K"),
         TEXTS("3 programs, seeds 1 to 3, ", "; 0 differ", "bare "));
}

/* What brings its process down does not bring down the search for it. */
static void fuzz_survives_a_crash(void **state) {
    const struct setting liar = {.program = TRAPEZE_LIAR};
    struct ran ran =
        execute(&liar, ARGUMENTS("fuzz", "--systems", "crasher", "--count", "2", "--length", "3K"));
    assert_int_equal(ran.status, 71);
    assert_contains(ran.out, "random:1 under crasher: Aborted\n    at T = 1000\n");
    assert_contains(ran.out, "    trapeze verify random:1 --limit 1001 ");
    assert_contains(ran.out, "shrunk to 0 instructions:\n");
    assert_contains(ran.out, "random:2 under crasher: Aborted\n");
    assert_contains(ran.out, "2 differ");
    ran_free(&ran);
}

/* ---- nest */

static void a_vmm_can_be_nested(void **state) {
    expect(0, "", "", "nest", VMM, kernel, "-o", "one.elf");
    expect(0, "", "", "nest", VMM, "one.elf", "-o", "two.elf");
    expect(0, "Hello from PG32.\n", "", "run", "two.elf");
    expect(58, "vmm: there is no guest; make one with trapeze nest\n", "", "run", VMM);
    says(0, ARGUMENTS("compare", "--depth", "2", "--vmm", VMM, "-m1M", kernel),
         TEXTS("depth 2", "equal 17 bytes", "traps on the machine", "entries of VMM 2"));
    says(0, ARGUMENTS("compare", "--depth", "1", "--vmm", VMM, "-m1M", "--systems", "te", kernel),
         TEXTS("nested, under te", "equal 17 bytes"));
    says(68, ARGUMENTS("compare", "--depth", "1", "--vmm", VMM, "--systems", "te,bt", kernel),
         TEXTS("--depth takes one system"));
    says(68, ARGUMENTS("compare", "--depth", "2", kernel), TEXTS("--depth needs --vmm"));
    struct ran ran = run(69, ARGUMENTS("nest", kernel, kernel, "-o", "x.elf"));
    assert_contains(ran.err, "no VMM that takes a guest");
    ran_free(&ran);
    ran = run(69, ARGUMENTS("compare", "--depth", "1", "--vmm", kernel, kernel));
    assert_contains(ran.err, "no VMM that takes a guest");
    ran_free(&ran);
    says(71, ARGUMENTS("compare", "--depth", "1", "--vmm", VMM, "-m1M", SOURCE "/guests/pkernel.s"),
         TEXTS("exit 60", "DIFFERS"));
}

#ifdef HAVE_JANSSON

static json_t *object(const char *schema, int status, const char *const *arguments) {
    struct ran ran = run(status, arguments);
    json_t *j = assert_schema(schema, ran.out);
    ran_free(&ran);
    return j;
}

static void prints_json(void **state) {
    json_t *j =
        object("classify", 0, ARGUMENTS("classify", "--states", "3000", "-p", "pdp10", "--json"));
    assert_true(json_is_false(json_object_get(json_object_get(j, "theorem1"), "holds")));
    assert_true(json_is_true(json_object_get(json_object_get(j, "theorem3"), "holds")));
    const json_t *list = json_object_get(j, "instructions"), *one_state = NULL;
    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *insn = json_array_get(list, k), *witness = json_object_get(insn, "witness");
        if (strcmp(json_string_value(json_object_get(insn, "mnemonic")), "jrst") != 0)
            continue;
        assert_string_equal(json_string_value(json_object_get(witness, "property")), "control");
        assert_int_equal(json_array_size(json_object_get(witness, "states")), 1);
        one_state = json_array_get(json_object_get(witness, "states"), 0);
    }
    const json_t *after = json_object_get(one_state, "after");
    assert_int_equal(json_integer_value(json_object_get(after, "status")) & 3, 3); /* its ring */
    assert_int_not_equal(json_array_size(json_object_get(one_state, "devices")), 0);
    json_decref(j);
    j = object("verify", 71, ARGUMENTS("verify", "-j", "-p", "x86", HOLES "smsw.s"));
    const json_t *te = json_array_get(json_object_get(j, "systems"), 2);
    assert_string_equal(json_string_value(json_object_get(te, "system")), "te");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(te, "divergence"), "mnemonic")), "gpsw");
    json_decref(j);
    j = object("depth", 0,
               ARGUMENTS("compare", "-j", "--depth", "1", "--vmm", VMM, "-m1M", kernel));
    const json_t *depths = json_object_get(j, "depths"), *one = json_array_get(depths, 1);
    assert_int_equal(json_array_size(depths), 2);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(one, "vmm_entries"), 0)),
                     json_integer_value(json_object_get(one, "traps")));
    json_decref(j);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classify_gives_the_theorems),
        cmocka_unit_test(classify_explains),
        cmocka_unit_test(a_profile_may_be_a_file),
        cmocka_unit_test(verify_checks_the_three_properties),
        cmocka_unit_test(verify_sees_control_being_lost),
        cmocka_unit_test(fuzz_finds_nothing_where_nothing_is),
        cmocka_unit_test(fuzz_tells_how_to_see_a_failure),
        cmocka_unit_test(torture_tells_how_to_see_a_failure),
        cmocka_unit_test(fuzz_survives_a_crash),
        cmocka_unit_test(a_vmm_can_be_nested),
#ifdef HAVE_JANSSON
        cmocka_unit_test(prints_json),
#endif
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
