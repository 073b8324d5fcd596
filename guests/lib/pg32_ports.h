/* pg32_ports.h - the machine's ports; pg32.inc says what each does.
 * Written by mkinc from the tables in machine/; do not edit. */
#ifndef PG32_PORTS_H
#define PG32_PORTS_H

enum {
    PG32_POWER_EXIT = 0x00,
    PG32_POWER_MEMORY = 0x01,
    PG32_TIMER_LO = 0x20,
    PG32_TIMER_HI = 0x21,
    PG32_TIMER_CONTROL = 0x22,
    PG32_TIMER_DELTA = 0x23,
    PG32_TIMER_UDELTA = 0x24,
    PG32_TIMER_ULO = 0x25,
    PG32_TIMER_UHI = 0x26,
    PG32_CONSOLE_DATA = 0x10,
    PG32_CONSOLE_STATUS = 0x11,
    PG32_CONSOLE_CONTROL = 0x12,
    PG32_BLOCK_SECTOR = 0x30,
    PG32_BLOCK_ADDRESS = 0x31,
    PG32_BLOCK_COUNT = 0x32,
    PG32_BLOCK_COMMAND = 0x33,
    PG32_BLOCK_STATUS = 0x34,
    PG32_BLOCK_CAPACITY = 0x35,
};

#endif
