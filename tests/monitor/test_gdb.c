/* trapeze debug --gdb, as a client of our own sees it: every packet, errors, the way back. */
#include "tests/monitor/gdb_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const systems[] = {"bare", "te", "bt"};

/* ---- guests */

static const char counting[] = "_start: li a0, 0\n"   /* 1000 */
                               "1: addi a0, a0, 1\n"  /* 1004 */
                               "sw a0, 0x400(zero)\n" /* 1008 */
                               "lw a1, 0x404(zero)\n" /* 100c */
                               "li a2, 3\n"           /* 1010 */
                               "bne a0, a2, 1b\n"     /* 1014 */
                               "out a0, 0(zero)\n";   /* 1018 */

/* A supervisor at 0x1000, and a program at 0x2000 that sees itself at 0. */
static const char program[] = "li a0, 7\n"                    /* 0 */
                              "svc 1\n"                       /* 4 */
                              "addi a0, a0, 1\n"              /* 8 */
                              "svc 2\n";                      /* c */
static const char supervisor[] = "_start: la t0, handler\n"   /* 1000, two words */
                                 "sw t0, 0x44(zero)\n"        /* 1008 */
                                 "lpsw user(zero)\n"          /* 100c */
                                 "handler: lw t0, 20(zero)\n" /* 1010 */
                                 "li t1, 2\n"
                                 "beq t0, t1, end\n"
                                 "lw t1, 4(zero)\n"
                                 "addi t1, t1, 4\n"
                                 "sw t1, 4(zero)\n"
                                 "lpsw 0(zero)\n"         /* 1028 */
                                 "end: out a0, 0(zero)\n" /* 102c */
                                 "user: .word 0x103, 0, 0x2000, 0x1000\n"
                                 ".org 0x1000\n"
                                 ".include \"program.s\"\n";

static struct client *serve_counting(const char *system) {
    write_text("counting.s", counting);
    return serve(system, "counting.s");
}

static struct client *serve_two(const char *system) {
    write_text("program.s", program);
    write_text("supervisor.s", supervisor);
    expect(0, NULL, NULL, "asm", "--text", "0", "program.s", "-o", "program.elf");
    struct client *c = serve(system, "--symbols", "program.elf", "supervisor.s");
    assert_contains(ask(c, "qSupported:multiprocess+;swbreak+"), ";multiprocess+");
    return c;
}

/* ---- packets */

static void packets_are_acknowledged_or_refused(void **state) {
    struct client *c = serve_counting("bare");
    put(c, "$qC#b4", 6);
    assert_int_equal(get(c), '+');
    get_packet(c);
    assert_string_equal(c->reply, "QC1");
    put(c, "$qC#b5", 6); /* a wrong checksum */
    assert_int_equal(get(c), '-');
    put(c, "-", 1); /* what we got was not right: again */
    get_packet(c);
    assert_string_equal(c->reply, "QC1");
    put(c, "$garb$qC#b4", 11); /* one that begins anew */
    get_packet(c);
    assert_string_equal(c->reply, "QC1");
    put(c, "\3++x", 4); /* Ctrl-C while it stands, and noise */
    check(c, "qC", "QC1");
    check(c, "QStartNoAckMode", "OK");
    c->acks = false;
    put(c, "$qC#b5", 6);
    get_packet(c);
    assert_string_equal(c->reply, "E01");
    check(c, "qC", "QC1");
    client_end(c);
}

static void one_that_is_too_long_is_refused(void **state) {
    struct client *c = serve_counting("bare");
    char *long_one = malloc(3 * PACKET);
    memset(long_one, 'm', 3 * PACKET);
    check(c, "QStartNoAckMode", "OK");
    c->acks = false;
    put_packet(c, long_one, PACKET + 1);
    get_packet(c);
    assert_string_equal(c->reply, "E01");
    put(c, "$", 1);
    put(c, long_one, 3 * PACKET);
    get_packet(c);
    assert_string_equal(c->reply, "E01");
    check(c, "qC", "QC1");
    free(long_one);
    client_end(c);
}

static void what_is_wrong_is_an_error(void **state) {
    static const char *const wrong[] = {"m",
                                        "m10",
                                        "m10,",
                                        "mx,4",
                                        "m100000000,4",
                                        "M1000,4",
                                        "M1000,4:00",
                                        "M1000,1:zz",
                                        "M1000,2:0000ff",
                                        "X1000,4:ab",
                                        "X1000",
                                        "p",
                                        "p26",
                                        "p1x",
                                        "P1",
                                        "P1=00",
                                        "P26=00000000",
                                        "P1=000000000",
                                        "P22=00000000",
                                        "G00",
                                        "Z0",
                                        "Z0,",
                                        "Z5,1000,4",
                                        "Z2,1000,0",
                                        "Z2,1000,10001",
                                        "Z2,ffffffff,4",
                                        "z9,0,0",
                                        "H",
                                        "Hx1",
                                        "Hg7",
                                        "T9",
                                        "vCont",
                                        "vCont;",
                                        "vCont;x",
                                        "vCont;c:",
                                        "vCont;r1000",
                                        "vCont;t",
                                        "c1000",
                                        "s1000",
                                        "C",
                                        "qRcmd,1",
                                        "qRcmd,zz",
                                        "qXfer:features:read:target.xml:0",
                                        "qXfer:features:read:target.xml:ffff,10",
                                        "qXfer:exec-file:read::0,100"};
    static const char *const unknown[] = {"",
                                          "!",
                                          "e",
                                          "b",
                                          "bx",
                                          "vFile:open:",
                                          "qXfer:memory:",
                                          "QNonStop:1",
                                          "R00",
                                          "jThreadsInfo",
                                          "\xff\xfe"};
    struct client *c = serve_counting("bare");
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        if (strcmp(ask(c, wrong[k]), "E01") != 0)
            fail_msg("%s: %s", wrong[k], c->reply);
    for (size_t k = 0; k < sizeof unknown / sizeof *unknown; k++)
        if (strcmp(ask(c, unknown[k]), "") != 0)
            fail_msg("%s: %s", unknown[k], c->reply);
    check(c, "mffff0000,4", "E0e");
    check(c, "Mfffe,4:00000000", "E0e");
    check(c, "p15", "0000000000000000"); /* and nothing has happened */
    client_end(c);
}

static void the_target_is_described(void **state) {
    struct client *c = serve_counting("bare");
    assert_contains(ask(c, "qSupported:swbreak+"), "PacketSize=4000;QStartNoAckMode+");
    assert_null(strstr(c->reply, "multiprocess"));
    assert_contains(c->reply, "ReverseStep+;ReverseContinue+");
    ask(c, "qXfer:features:read:target.xml:0,3000");
    assert_int_equal(c->reply[0], 'l');
    assert_contains(c->reply, "<architecture>riscv:rv32</architecture>");
    assert_contains(c->reply, "<osabi>none</osabi>");
    assert_contains(c->reply, "<feature name=\"org.gnu.gdb.riscv.cpu\">"
                              "<reg name=\"zero\" bitsize=\"32\"");
    assert_contains(c->reply, "<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\" regnum=\"16\"/>");
    assert_contains(c->reply, "</feature><feature name=\"org.trapeze.pg32\">");
    assert_contains(c->reply, "<reg name=\"T\" bitsize=\"64\" type=\"uint64\" regnum=\"21\"");
    check(c, "qXfer:features:read:target.xml:0,5", "m<?xml");
    check(c, "qfThreadInfo", "m1");
    check(c, "qsThreadInfo", "l");
    check(c, "qAttached", "1");
    check(c, "vCont?", "vCont;c;C;s;S;r");
    check(c, "Hg0", "OK");
    check(c, "Hc-1", "OK");
    check(c, "T1", "OK");
    check(c, "?", "T05thread:1;");
    client_end(c);
}

/* ---- state */

static void registers_and_memory(void **state) {
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) {
        struct client *c = serve_counting(systems[k]);
        assert_int_equal(strlen(ask(c, "g")), 17 * 8);
        assert_string_equal(c->reply + 16 * 8, "00100000"); /* pc */
        check(c, "Pa=78563412", "OK");
        check(c, "pa", "78563412");
        check(c, "P0=ffffffff", "OK");
        check(c, "p0", "00000000");
        check(c, "P19=01020304", "OK"); /* m1 */
        check(c, "p19", "01020304");
        check(c, "P11=04000000", "E01");         /* reserved bits of STATUS */
        check(c, "P15=0100000000000000", "E01"); /* T */
        check(c, "P14=03000000", "OK");          /* ring */
        check(c, "p11", "03000000");
        check(c, "P14=00000000", "OK");
        char all[160];
        snprintf(all, sizeof all, "G%s", ask(c, "g"));
        memcpy(all + 1 + 5 * 8, "efbeadde", 8);
        check(c, all, "OK");
        check(c, "p5", "efbeadde");

        check(c, "M8000,6:010203040506", "OK");
        check(c, "m8000,8", "0102030405060000");
        check(c, "mfffe,10", "0000"); /* as far as there is memory */
        client_end(c);
    }
}

static void binary_data(void **state) {
    struct client *c = serve_counting("bare");
    put_packet(c, "X8001,4:}\3}]\0z", 14);
    get_reply(c);
    assert_string_equal(c->reply, "OK");
    check(c, "m8000,6", "00237d007a00");
    check(c, "X8000,0:", "OK"); /* gdb asks so whether there is X */
    client_end(c);
}

/* ---- on and back */

static void breakpoints_and_the_way_back(void **state) {
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) {
        struct client *c = serve_counting(systems[k]);
        check(c, "vCont;s:1", "T05thread:1;");
        check(c, "p10", "04100000");
        check(c, "s", "T05thread:1;");
        check(c, "bs", "T05thread:1;");
        check(c, "p15", "0100000000000000");
        check(c, "vCont;r1004,1010:1;c", "T05thread:1;"); /* to the end of a range */
        check(c, "p10", "10100000");
        check(c, "bc", "T05replaylog:begin;thread:1;");
        check(c, "bs", "T05replaylog:begin;thread:1;");
        check(c, "Z0,1008,4", "OK");
        check(c, "Z0,1008,4", "OK");     /* said again */
        check(c, "m1008,4", "0004a052"); /* and nothing is planted */
        check(c, "vCont;c", "T05swbreak:;thread:1;");
        check(c, "pa", "01000000");
        check(c, "c", "T05swbreak:;thread:1;");
        check(c, "c", "T05swbreak:;thread:1;");
        check(c, "pa", "03000000");
        check(c, "bc", "T05swbreak:;thread:1;");
        check(c, "pa", "02000000");
        check(c, "z0,1008,4", "OK");
        check(c, "z0,1008,4", "OK");
        check(c, "Z1,1010,4", "OK");
        check(c, "C05", "T05hwbreak:;thread:1;");
        check(c, "z1,1010,4", "OK");
        check(c, "c", "T05replaylog:end;thread:1;");
        assert_contains(c->told, "the guest has ended: exit code 3");
        check(c, "c", "T05replaylog:end;thread:1;");
        check(c, "bs", "T05thread:1;"); /* from the end, too */
        check(c, "p10", "18100000");
        client_end(c);
    }
}

static void watchpoints(void **state) {
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) {
        struct client *c = serve_counting(systems[k]);
        /* before the access, as gdb wants it: it makes that step without the watchpoint */
        for (int n = 0; n < 2; n++) {
            check(c, "Z2,400,4", "OK");
            check(c, "c", "T05watch:400;thread:1;");
            check(c, "p10", "08100000");
            check(c, "m400,4", n ? "01000000" : "00000000");
            check(c, "s", "T05watch:400;thread:1;");
            check(c, "z2,400,4", "OK");
            check(c, "s", "T05thread:1;");
            check(c, "m400,4", n ? "02000000" : "01000000");
        }
        /* on the way back this is right behind it, even if that is here */
        for (int n = 2; n > 0; n--) {
            check(c, "Z2,400,4", "OK");
            check(c, "bc", "T05watch:400;thread:1;");
            check(c, "p10", "0c100000");
            check(c, "z2,400,4", "OK");
            check(c, "bs", "T05thread:1;");
            check(c, "m400,4", n == 2 ? "01000000" : "00000000");
        }
        check(c, "Z2,400,4", "OK");
        check(c, "bc", "T05replaylog:begin;thread:1;");
        check(c, "z2,400,4", "OK");
        check(c, "Z3,404,4", "OK");
        check(c, "c", "T05rwatch:404;thread:1;");
        check(c, "p10", "0c100000");
        check(c, "z3,404,4", "OK");
        check(c, "Z4,402,4", "OK"); /* it lies across both */
        check(c, "c", "T05awatch:402;thread:1;");
        check(c, "p10", "0c100000"); /* the read, which is next */
        check(c, "z4,402,4", "OK");
        client_end(c);
    }
}

static void console_commands(void **state) {
    struct client *c = serve_counting("te");
    assert_string_equal(monitor(c, "print a0 + 5"), "5  0x5\n");
    assert_contains(monitor(c, "psw"), "virtual  ring 0");
    assert_contains(monitor(c, "stepi 3"), "maintenance flush register-cache");
    check(c, "p10", "0c100000");
    assert_contains(monitor(c, "what"), "no command");
    assert_contains(monitor(c, "break insn out"), "break insn out");
    check(c, "c", "T05thread:1;");
    assert_contains(c->told, "stop 1");
    assert_int_not_equal(strcmp(ask(c, "p22"), "xxxxxxxx"), 0); /* real_status: it is known now */
    monitor(c, "system bare");
    check(c, "p22", "xxxxxxxx");
    monitor(c, "delete");
    check(c, "c", "T05replaylog:end;thread:1;");
    check(c, "qRcmd,71756974", "OK"); /* quit */
    client_ended(c);
}

static void waiting_for_input(void **state) {
    write_text("wait.s", "_start: li t0, 1\n out t0, 0x12(zero)\n idle\n"
                         "in a0, 0x10(zero)\n out a0, 0(zero)\n");
    struct client *c = serve("bare", "wait.s");
    check(c, "c", "T15thread:1;"); /* SIGTTIN */
    assert_contains(c->told, "the guest waits for console input");
    monitor(c, "input A");
    check(c, "c", "T05replaylog:end;thread:1;");
    assert_contains(c->told, "exit code 65");
    client_end(c);
}

/* No name is known where it ends. */
static void an_end_in_the_middle_of_nowhere(void **state) {
    write_text("nowhere.s", "_start: li a0, 0x8000\n jr a0\n");
    struct client *c = serve("te", "nowhere.s");
    check(c, "c", "T05replaylog:end;thread:1;");
    assert_contains(c->told, "illegal");
    client_end(c);
}

/* ---- two processes */

static void a_kernel_and_its_program_are_two_processes(void **state) {
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) {
        struct client *c = serve_two(systems[k]);
        check(c, "qfThreadInfo", "mp1.1,p2.1");
        check(c, "?", "T05thread:p1.1;");
        ask(c, "qXfer:exec-file:read:2:0,1000");
        assert_contains(c->reply, "/program.elf");
        check(c, "Hgp2.1", "OK");
        check(c, "p10", "00000000"); /* not yet there: */
        check(c, "pa", "xxxxxxxx");  /* nobody knows */
        check(c, "Z0,4,4", "OK");
        check(c, "vCont;c:p2.-1", "T05swbreak:;thread:p2.1;");
        check(c, "pa", "07000000");
        check(c, "m0,4", "0700a020");
        check(c, "z0,4,4", "OK");
        check(c, "Hgp1.1", "OK");
        check(c, "p10", "10100000"); /* where traps go */
        check(c, "m2000,4", "0700a020");
        check(c, "Hgp2.1", "OK");

        /* a step of the program is over the svc; one of the supervisor goes into it */
        check(c, "vCont;s:p2.1;c:p1.1", "T05thread:p2.1;");
        check(c, "p10", "08000000");
        check(c, "Hcp2.1", "OK");
        check(c, "bs", "T05thread:p2.1;"); /* back across it */
        check(c, "p10", "04000000");
        check(c, "vCont;s:p1.1", "T05thread:p1.1;");
        check(c, "p10", "10100000");
        check(c, "p17", "08000000"); /* cause: svc */
        check(c, "Hgp2.1", "OK");
        check(c, "p10", "04000000"); /* it is in its svc */
        check(c, "m0,4", "0700a020");
        check(c, "Pa=00000000", "E01"); /* its registers are the supervisor's business */
        check(c, "Hgp1.1", "OK");
        check(c, "vCont;s:p1.1", "T05thread:p1.1;");
        check(c, "vCont;s:p2.1", "T05thread:p2.1;"); /* and out again */
        check(c, "p10", "08000000");
        check(c, "Hcp1.1", "OK");
        check(c, "bs", "T05thread:p1.1;"); /* back into the supervisor */
        check(c, "p10", "28100000");

        /* breakpoints at one address are two */
        check(c, "Hgp1.1", "OK");
        check(c, "Z0,c,4", "OK");
        check(c, "vCont;c", "T05replaylog:end;thread:p1.1;");
        check(c, "Hgp2.1", "OK");
        check(c, "Z0,c,4", "OK");
        check(c, "Hcp2.1", "OK");
        check(c, "bc", "T05swbreak:;thread:p2.1;");
        check(c, "pa", "08000000");
        check(c, "vKill;1", "OK");
        check(c, "vKill;3", "E01");
        check(c, "vKill;2", "OK");
        client_ended(c);
    }
}

/* A gate is followed where there is one process. */
static void stepping_through_a_gate(void **state) {
    write_text("program.s", program);
    write_text("supervisor.s", supervisor);
    struct client *c = serve("te", "supervisor.s");
    for (int k = 0; k < 5; k++)
        check(c, "s", "T05thread:1;");
    check(c, "p10", "04000000");
    check(c, "p14", "03000000");
    check(c, "s", "T05thread:1;");
    check(c, "p10", "10100000");
    check(c, "bs", "T05thread:1;");
    check(c, "vCont;r4,8", "T05thread:1;"); /* but not by a step over a line */
    check(c, "p10", "08000000");
    client_end(c);
}

/* ---- connections */

static void ctrl_c_is_answered_at_once(void **state) {
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) {
        write_text("spin.s", "_start: addi a0, a0, 1\n j _start\n");
        struct client *c = serve(systems[k], "spin.s");
        for (int watched = 0; watched < 2; watched++) {
            if (watched)
                check(c, "Z2,400,4", "OK");
            double longest = 0;
            for (int n = 0; n < 5; n++) {
                put_packet(c, "c", 1);
                pause_for(30);
                double begin = seconds();
                put(c, "\3", 1);
                get_reply(c);
                assert_string_equal(c->reply, "T02thread:1;");
                double took = seconds() - begin;
                longest = took > longest ? took : longest;
            }
            if (longest >= 5) /* 0.1 s on a quiet machine, without sanitizers */
                fail_msg("%s: %g s", systems[k], longest);
        }
        client_end(c);
    }
}

/* A command that takes how often, too; each time would be short. */
static void ctrl_c_ends_a_command(void **state) {
    static const char *const commands[] = {
        "qRcmd,6e657874692031303030303030303030",      /* nexti 1000000000 */
        "qRcmd,636f6e74696e75652031303030303030303030" /* continue 1000000000 */
    };
    write_text("spin.s", "_start: addi a0, a0, 1\n j _start\n");
    struct client *c = serve("bare", "spin.s");
    monitor(c, "break insn addi");
    monitor(c, "disable");
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        put_packet(c, commands[k], strlen(commands[k]));
        pause_for(30);
        put(c, "\3", 1);
        get_reply(c);
        assert_string_equal(c->reply, "OK");
        assert_contains(c->told, "interrupted\n");
        monitor(c, "enable");
    }
    client_end(c);
}

static void a_lost_connection_leaves_the_guest(void **state) {
    struct client *c = serve_counting("bare");
    check(c, "s", "T05thread:1;");
    check(c, "Z0,1008,4", "OK");
    put(c, "$m10", 4);
    close(c->fd);
    connect_client(c);
    check(c, "p15", "0100000000000000");
    check(c, "vCont;c", "T05replaylog:end;thread:1;"); /* the breakpoint was the other one's */
    check(c, "D", "OK");
    assert_int_equal(get(c), -1);
    close(c->fd);
    write_text("spin.s", "_start: j _start\n");
    connect_client(c);
    check(c, "bc", "T05replaylog:begin;thread:1;");
    client_end(c);

    c = serve("bare", "spin.s"); /* lost while it runs */
    put_packet(c, "c", 1);
    pause_for(30);
    close(c->fd);
    connect_client(c);
    check(c, "?", "T05thread:1;");
    client_end(c);
}

static void a_port(void **state) {
    write_text("counting.s", counting);
    pid_t pid =
        start(&(struct setting){0}, ARGUMENTS("debug", "-m64K", "--gdb", "0", "counting.s"));
    wait_for_output("standard.err");
    pause_for(50);
    char *err = read_text("standard.err", NULL);
    unsigned port = 0;
    assert_int_equal(sscanf(err, "listening on 127.0.0.1:%u\n", &port), 1);
    free(err);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct client *c = calloc(1, sizeof *c);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->acks = true;
    assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof address), 0);
    check(c, "qC", "QC1");
    kill(pid, SIGTERM); /* while it waits for a packet */
    struct ran ran = finish(pid);
    assert_int_equal(ran.status, 130);
    ran_free(&ran);
    close(c->fd);
    free(c);
    expect(68, "", "trapeze: --gdb 65536: expected a port, 0 to 65535, or a path with a /\n",
           "debug", "--gdb", "65536", "counting.s");
    expect(68, "", NULL, "debug", "--gdb", "./no/such/folder", "counting.s");
}

/* ---- noise */

static uint32_t draw(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Read what comes until nothing comes for a moment. False if the connection is lost. */
static bool drain(struct client *c, int milliseconds) {
    struct pollfd in = {.fd = c->fd, .events = POLLIN};
    char bytes[4096];
    while (poll(&in, 1, milliseconds) > 0)
        if (recv(c->fd, bytes, sizeof bytes, 0) <= 0)
            return false;
    return true;
}

/* Packets that are right but for a few bytes; Ctrl-C, as some of them make the guest run. */
static void send_noise(struct client *c, uint32_t *seed) {
    static const char *const seeds[] = {"g",
                                        "G00000000",
                                        "p10",
                                        "Pa=01000000",
                                        "m1000,40",
                                        "M8000,2:0102",
                                        "X8000,3:abc",
                                        "Z0,1008,4",
                                        "Z2,400,4",
                                        "Z4,400,8",
                                        "z0,1008,4",
                                        "vCont;s:p1.1;c",
                                        "vCont;r1000,1010:1",
                                        "vCont?",
                                        "c",
                                        "s",
                                        "bs",
                                        "bc",
                                        "qSupported:multiprocess+;swbreak+",
                                        "qfThreadInfo",
                                        "qXfer:features:read:target.xml:0,100",
                                        "qXfer:exec-file:read:1:0,10",
                                        "Hgp2.1",
                                        "Hc-1",
                                        "Tp1.1",
                                        "qThreadExtraInfo,p1.1",
                                        "qRcmd,7072696e7420543b",
                                        "?",
                                        "qC",
                                        "QStartNoAckMode"};
    char packet[256];
    snprintf(packet, sizeof packet, "%s", seeds[draw(seed) % (sizeof seeds / sizeof *seeds)]);
    size_t n = strlen(packet);
    for (uint32_t k = draw(seed) % 4; k; k--) {
        char *at = packet + draw(seed) % n;
        switch (draw(seed) % 4) {
        case 0: *at = (char)draw(seed); break;
        case 1: *at = ",;:#$}*0f-p."[draw(seed) % 12]; break;
        case 2: n = (size_t)(at - packet) + 1; break;
        default: memmove(at + 1, at, n - (size_t)(at - packet)); n++;
        }
    }
    if (packet[0] == 'k' || packet[0] == 'D' || strncmp(packet, "vKill", 5) == 0)
        return; /* these do end it */
    if (draw(seed) % 8 == 0)
        put(c, packet, n);
    else
        put_packet(c, packet, n);
    put(c, "\3", 1);
}

static void noise_does_no_harm(void **state) {
    uint32_t seed = 1;
    for (int system = 0; system < 2; system++) {
        struct client *c = serve_two(systems[system]);
        for (int k = 0; k < 1500; k++) {
            send_noise(c, &seed);
            if (k % 16 == 0 && !drain(c, 1)) {
                close(c->fd);
                connect_client(c);
            }
        }
        close(c->fd);
        connect_client(c);
        for (int k = 0; k < 20000; k++) {
            uint8_t byte =
                draw(&seed) % 4 ? (uint8_t) "$#gcsm,:3vpZ"[draw(&seed) % 12] : (uint8_t)draw(&seed);
            if (byte != 'k' && byte != 'D')
                put(c, &byte, 1);
            if (k % 64 == 0)
                put(c, "\3", 1);
            if (k % 256 == 0)
                drain(c, 0);
        }
        close(c->fd);
        connect_client(c);
        assert_int_equal(strlen(ask(c, "g")), 17 * 8);
        client_end(c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_acknowledged_or_refused),
        cmocka_unit_test(one_that_is_too_long_is_refused),
        cmocka_unit_test(what_is_wrong_is_an_error),
        cmocka_unit_test(the_target_is_described),
        cmocka_unit_test(registers_and_memory),
        cmocka_unit_test(binary_data),
        cmocka_unit_test(breakpoints_and_the_way_back),
        cmocka_unit_test(watchpoints),
        cmocka_unit_test(console_commands),
        cmocka_unit_test(waiting_for_input),
        cmocka_unit_test(an_end_in_the_middle_of_nowhere),
        cmocka_unit_test(a_kernel_and_its_program_are_two_processes),
        cmocka_unit_test(stepping_through_a_gate),
        cmocka_unit_test(ctrl_c_is_answered_at_once),
        cmocka_unit_test(ctrl_c_ends_a_command),
        cmocka_unit_test(a_lost_connection_leaves_the_guest),
        cmocka_unit_test(a_port),
        cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
