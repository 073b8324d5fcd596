/* console.c - lines from the keyboard, bytes to the screen.
 *
 * A line is edited and echoed while somebody reads it, and not before: so commands that are typed
 * ahead, or come from a file, appear behind the prompt that they answer.
 */
#include "guests/os/kernel/kernel.h"

#include <errno.h>

enum { NO_INPUT = 0xffffffff, ENDED = 2, INTERRUPT = 1 };
enum { END_OF_FILE = 'D' - '@', ERASE_LINE = 'U' - '@', ERASE_WORD = 'W' - '@', DELETE = 0x7f };
enum { LINE = 256, TURN = 1024 }; /* bytes: of a line; written until others may, too */

static char line[LINE];
static uint32_t length, taken; /* bytes typed, bytes given to readers */
static bool complete;          /* the line may be taken: also one of no bytes, the end of input */

static void put(char c) {
    pg32_out(PG32_CONSOLE_DATA, (unsigned char)c);
}

static void erase(void) {
    length--;
    put('\b');
    put(' ');
    put('\b');
}

static void erase_word(void) {
    while (length && line[length - 1] == ' ')
        erase();
    while (length && line[length - 1] != ' ')
        erase();
}

static void edit(char c) {
    switch (c) {
    case '\b':
    case DELETE:
        if (length)
            erase();
        return;
    case ERASE_LINE:
        while (length)
            erase();
        return;
    case ERASE_WORD: erase_word(); return;
    case END_OF_FILE: complete = true; return;
    case '\r': c = '\n'; break;
    default: break;
    }
    if (((unsigned char)c < ' ' && c != '\n' && c != '\t') || (length == LINE - 1 && c != '\n'))
        return; /* other control characters, and what is too long */
    line[length++] = c;
    put(c);
    complete = c == '\n';
}

/* Edit what there is, up to the end of a line or of the input. */
static void take_input(void) {
    while (!complete) {
        uint32_t c = pg32_in(PG32_CONSOLE_DATA);
        if (c != NO_INPUT)
            edit((char)c);
        else if (pg32_in(PG32_CONSOLE_STATUS) & ENDED)
            complete = true;
        else
            return;
    }
}

void console_interrupt(void) {
    if (pg32_in(PG32_CONSOLE_CONTROL) & INTERRUPT && pg32_in(PG32_CONSOLE_STATUS)) {
        pg32_out(PG32_CONSOLE_CONTROL, 0);
        wake(line);
    }
}

int console_read(uint32_t to, uint32_t n) {
    if (n == 0)
        return 0;
    for (take_input(); !complete; take_input()) {
        if (current->killed)
            return -EINTR;
        pg32_out(PG32_CONSOLE_CONTROL, INTERRUPT);
        sleep_on(line);
    }
    uint32_t left = length - taken;
    n = n < left ? n : left;
    if (copy_out(&current->space, to, line + taken, n) != 0)
        return -EFAULT;
    taken += n;
    if (taken == length) {
        length = taken = 0;
        complete = false;
    }
    return (int)n;
}

int console_write(uint32_t from, uint32_t n) {
    char part[64];
    for (uint32_t done = 0; done < n && !current->killed;) {
        uint32_t size = n - done < sizeof part ? n - done : sizeof part;
        if (copy_in(&current->space, part, from + done, size) != 0)
            return done ? (int)done : -EFAULT;
        for (uint32_t k = 0; k < size; k++)
            put(part[k]);
        done += size;
        if (done < n && done % TURN == 0)
            yield(); /* nothing else here ends the time slice */
    }
    return (int)n;
}
