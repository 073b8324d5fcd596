/* bytecode.c - an interpreter for a small stack machine, with a big switch. Branches.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>

#ifndef SIZE /* rounds of the program; check.sh takes 5000 */
#define SIZE 7000000
#endif

enum { PUSH, ADD, SUB, MUL, DUP, SWAP, JNZ, LOAD, STORE, LESS, AND, XOR, SHL, SHR, HALT };

static const int32_t program[] = {
    PUSH, 0,    STORE, 0,    PUSH,     0,    STORE, 1,            /* i = 0, sum = 0 */
    LOAD, 1,    LOAD,  0,    DUP,      MUL,  XOR,   PUSH, 3, SHL, /* sum = ((sum ^ i * i) << 3) */
    LOAD, 0,    ADD,   PUSH, 0xffffff, AND,  STORE, 1,            /*       + i, 24 bits */
    LOAD, 0,    PUSH,  1,    ADD,      DUP,  STORE, 0,            /* i++ */
    PUSH, SIZE, LESS,  JNZ,  8,        HALT,
};

int main(void) {
    int32_t stack[16], variables[4] = {0}, *sp = stack;
    for (const int32_t *pc = program;;) {
        switch (*pc++) {
        case PUSH: *sp++ = *pc++; break;
        case ADD:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] + (uint32_t)sp[0]);
            break;
        case SUB:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] - (uint32_t)sp[0]);
            break;
        case MUL:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] * (uint32_t)sp[0]);
            break;
        case DUP:
            *sp = sp[-1];
            sp++;
            break;
        case SWAP: {
            int32_t t = sp[-1];
            sp[-1] = sp[-2];
            sp[-2] = t;
            break;
        }
        case JNZ:
            if (*--sp)
                pc = program + *pc;
            else
                pc++;
            break;
        case LOAD: *sp++ = variables[*pc++]; break;
        case STORE: variables[*pc++] = *--sp; break;
        case LESS:
            sp--;
            sp[-1] = sp[-1] < sp[0];
            break;
        case AND:
            sp--;
            sp[-1] &= sp[0];
            break;
        case XOR:
            sp--;
            sp[-1] ^= sp[0];
            break;
        case SHL:
            sp--;
            sp[-1] = (int32_t)((uint32_t)sp[-1] << sp[0]);
            break;
        case SHR:
            sp--;
            sp[-1] >>= sp[0];
            break;
        default:
            printf("%d %d\n", (int)variables[0], (int)variables[1]);
            return variables[0] != SIZE;
        }
    }
}
