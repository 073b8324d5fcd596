/* sh.c - the shell: sh [-c COMMANDS | FILE].
 *
 *   list:     line { (";" | "&" | newline) line }     & does not wait
 *   line:     pipeline { ("&&" | "||") pipeline }
 *   pipeline: command { "|" command }
 *   command:  "(" list ")"  |  { word | ("<" | ">" | ">>" | "2>") word }
 *
 * Words may be quoted in '...' or "..."; \ takes the next character as it is; $? is the last
 * status; # begins a comment. A line is read, parsed into a tree, and run.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 512, NODES = 48, WORDS = 24, REDIRECTIONS = 4 };

enum kind { COMMAND, GROUP, PIPE, AND, OR, THEN, BACKGROUND };

struct node {
    enum kind kind;
    struct node *left, *right;
    int argc;
    char *argv[WORDS + 1];
    int nredirections;
    struct redirection {
        int fd, flags;
        const char *path;
    } redirections[REDIRECTIONS];
};

static struct node nodes[NODES];
static int nnodes;
static int status; /* of the last pipeline: $? */

/* ---- reading: what is left of the line, and the words taken from it */

static const char *rest;
static char words[LINE * 2], *room;
static const char *wrong; /* what is wrong with the line, or NULL */

static struct node *parse_list(void);

static struct node *fail(const char *why) {
    wrong = wrong ? wrong : why;
    return NULL;
}

static struct node *node_new(enum kind kind, struct node *left, struct node *right) {
    if (nnodes == NODES)
        return fail("too long");
    struct node *node = &nodes[nnodes++];
    *node = (struct node){.kind = kind, .left = left, .right = right};
    return node;
}

static void skip_blanks(void) {
    while (*rest == ' ' || *rest == '\t')
        rest++;
    if (*rest == '#')
        rest += strcspn(rest, "\n");
}

/* Take an operator, if it comes next. */
static bool take(const char *operator) {
    skip_blanks();
    size_t n = strlen(operator);
    if (strncmp(rest, operator, n) != 0)
        return false;
    rest += n;
    return true;
}

static void put(char c) {
    if (room < words + sizeof words - 1)
        *room++ = c;
}

/* A word; NULL if none comes next. */
static char *take_word(void) {
    char *word = room, quote = '\0';
    skip_blanks();
    if (!*rest || strchr(";&|()<>\n", *rest))
        return NULL;
    for (; *rest && (quote || !strchr(" \t\n;&|()<>", *rest)); rest++) {
        if (*rest == quote) {
            quote = '\0';
        } else if (!quote && (*rest == '"' || *rest == '\'')) {
            quote = *rest;
        } else if (*rest == '\\' && quote != '\'' && rest[1]) {
            put(*++rest);
        } else if (*rest == '$' && rest[1] == '?' && quote != '\'') {
            char number[12];
            snprintf(number, sizeof number, "%d", status);
            for (const char *c = number; *c; c++)
                put(*c);
            rest++;
        } else {
            put(*rest);
        }
    }
    if (quote)
        fail("a quote is not closed");
    put('\0');
    return word;
}

static bool parse_redirection(struct node *node) {
    static const struct {
        const char *operator;
        int fd, flags;
    } kinds[] = {{"<", 0, O_RDONLY},
                 {"2>", 2, O_WRONLY | O_CREAT | O_TRUNC},
                 {">>", 1, O_WRONLY | O_CREAT | O_APPEND},
                 {">", 1, O_WRONLY | O_CREAT | O_TRUNC}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (take(kinds[k].operator)) {
            const char *path = take_word();
            if (!path)
                fail("a redirection needs a file");
            else if (node->nredirections == REDIRECTIONS)
                fail("too many redirections");
            else
                node->redirections[node->nredirections++] =
                    (struct redirection){kinds[k].fd, kinds[k].flags, path};
            return true;
        }
    return false;
}

static struct node *parse_command(void) {
    struct node *node;
    char *word;
    if (take("(")) {
        node = node_new(GROUP, parse_list(), NULL);
        if (!take(")"))
            return fail("a ( is not closed");
        while (node && !wrong && parse_redirection(node))
            ;
        return node;
    }
    node = node_new(COMMAND, NULL, NULL);
    while (node && !wrong) {
        if (parse_redirection(node))
            continue;
        if (!(word = take_word()))
            break;
        if (node->argc == WORDS)
            return fail("too many words");
        node->argv[node->argc++] = word;
    }
    if (node && !node->argc && !node->nredirections)
        return fail("a command is missing");
    return node;
}

static struct node *parse_pipeline(void) {
    struct node *node = parse_command();
    skip_blanks();
    if (!wrong && *rest == '|' && rest[1] != '|') {
        rest++;
        node = node_new(PIPE, node, parse_pipeline());
    }
    return node;
}

static struct node *parse_line(void) {
    struct node *node = parse_pipeline();
    while (!wrong) {
        enum kind kind = take("&&") ? AND : take("||") ? OR : COMMAND;
        if (kind == COMMAND)
            break;
        node = node_new(kind, node, parse_pipeline());
    }
    return node;
}

/* Up to the end, or a closing parenthesis. */
static struct node *parse_list(void) {
    struct node *list = NULL;
    for (;;) {
        while (take(";") || take("\n"))
            ;
        if (wrong || !*rest || *rest == ')')
            return list;
        struct node *line = parse_line();
        if (!wrong && take("&"))
            line = node_new(BACKGROUND, line, NULL);
        list = list ? node_new(THEN, list, line) : line;
        skip_blanks();
        if (!wrong && *rest && !strchr(";\n)", *rest) && line && line->kind != BACKGROUND)
            return fail("not understood");
    }
}

/* ---- running */

static int run(const struct node *node);

static int fork_or_say(void) {
    fflush(stdout);
    int pid = fork();
    if (pid < 0)
        perror("sh: fork");
    return pid;
}

/* Put an open file in the place of another. */
static void move(int from, int to) {
    close(to);
    dup(from); /* the lowest free one is `to` */
    close(from);
}

/* 0 comes before 1 and 2, so that the lowest free descriptor is the one just closed. */
static bool redirect(const struct node *node) {
    for (int k = 0; k < node->nredirections; k++) {
        const struct redirection *r = &node->redirections[k];
        int fd = open(r->path, r->flags, 0666);
        if (fd < 0) {
            perror(r->path);
            return false;
        }
        move(fd, r->fd);
    }
    return true;
}

/* In a process of its own: does not come back. */
static void become(const struct node *node) {
    if (!redirect(node))
        _exit(1);
    if (node->kind == GROUP) {
        int result = node->left ? run(node->left) : 0;
        fflush(stdout);
        _exit(result);
    }
    if (node->argc == 0)
        _exit(0);
    const char *name = node->argv[0];
    char path[128];
    snprintf(path, sizeof path, strchr(name, '/') ? "%s" : "/bin/%s", name);
    execv(path, node->argv);
    fprintf(stderr, "sh: %s: %s\n", name, errno == ENOENT ? "not found" : strerror(errno));
    fflush(stderr);
    _exit(errno == ENOENT ? 127 : 126);
}

static int wait_for(int pid) {
    int how;
    if (pid < 0 || waitpid(pid, &how, 0) < 0)
        return 1;
    if (WIFEXITED(how))
        return WEXITSTATUS(how);
    if (WTERMSIG(how) != SIGPIPE) {
        fprintf(stderr, "(killed by signal %d)\n", WTERMSIG(how));
        fflush(stderr);
    }
    return 128 + WTERMSIG(how);
}

static void help(void) {
    puts("Commands are programs of /bin (ls /bin), and cd, exit, help, wait.\n"
         "  cmd < in > out    >> out    2> err    a | b    a ; b    a && b    a || b    a &    (a; "
         "b)");
}

/* What has to run in the shell itself. Returns whether it did. */
static bool builtin(const struct node *node) {
    const char *name = node->argc ? node->argv[0] : "";
    if (strcmp(name, "cd") == 0) {
        status = chdir(node->argc > 1 ? node->argv[1] : "/") != 0;
        if (status)
            perror(node->argv[1]);
    } else if (strcmp(name, "exit") == 0) {
        exit(node->argc > 1 ? atoi(node->argv[1]) : status);
    } else if (strcmp(name, "wait") == 0) {
        while (wait(NULL) > 0)
            ;
        status = 0;
    } else if (strcmp(name, "help") == 0) {
        help();
        status = 0;
    } else {
        return false;
    }
    return true;
}

static int run_pipe(const struct node *node) {
    int ends[2], left, right;
    if (pipe(ends) != 0) {
        perror("sh: pipe");
        return 1;
    }
    for (int k = 0; k < 2; k++) {
        int pid = fork_or_say();
        if (pid == 0) {
            move(ends[!k], !k); /* the left one writes 1, the right one reads 0 */
            close(ends[k]);
            const struct node *part = k ? node->right : node->left;
            if (part->kind == COMMAND || part->kind == GROUP)
                become(part);
            _exit(run(part));
        }
        *(k ? &right : &left) = pid;
    }
    close(ends[0]);
    close(ends[1]);
    wait_for(left);
    return wait_for(right);
}

static int run_command(const struct node *node) {
    if (node->kind == COMMAND && builtin(node))
        return status;
    int pid = fork_or_say();
    if (pid == 0)
        become(node);
    return wait_for(pid);
}

static int run_background(const struct node *node) {
    int pid = fork_or_say();
    if (pid == 0)
        _exit(run(node));
    if (pid > 0)
        printf("[%d]\n", pid);
    return pid < 0;
}

static int run(const struct node *node) {
    switch (node->kind) {
    case COMMAND:
    case GROUP: status = run_command(node); break;
    case PIPE: status = run_pipe(node); break;
    case AND:
        if (run(node->left) == 0)
            run(node->right);
        break;
    case OR:
        if (run(node->left) != 0)
            run(node->right);
        break;
    case THEN:
        run(node->left);
        run(node->right);
        break;
    case BACKGROUND: status = run_background(node->left); break;
    }
    return status;
}

static void run_text(const char *text) {
    nnodes = 0;
    room = words;
    wrong = NULL;
    rest = text;
    struct node *list = parse_list();
    if (!wrong && *rest)
        wrong = "a ) is too much";
    if (wrong) {
        fprintf(stderr, "sh: %s\n", wrong);
        status = 2;
    } else if (list) {
        run(list);
    }
    fflush(stdout);
    fflush(stderr);
}

/* Byte by byte, since the commands read from the same place. False at the end. */
static bool read_line(char *line) {
    size_t n = 0;
    char c;
    while (read(0, &c, 1) == 1) {
        if (n < LINE - 1)
            line[n++] = c;
        if (c == '\n')
            break;
    }
    line[n] = '\0';
    return n > 0;
}

int main(int argc, char **argv) {
    static char line[LINE];
    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        run_text(argv[2]);
        return status;
    }
    if (argc == 2) {
        int fd = open(argv[1], O_RDONLY);
        if (fd < 0) {
            perror(argv[1]);
            return 127;
        }
        move(fd, 0);
    }
    bool prompt = isatty(0);
    do {
        while (waitpid(-1, NULL, WNOHANG) > 0) /* what was in the background */
            ;
        if (prompt)
            write(1, "$ ", 2);
        if (!read_line(line))
            break;
        run_text(line);
    } while (true);
    if (prompt)
        write(1, "\n", 1);
    return status;
}
