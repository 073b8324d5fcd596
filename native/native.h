/* native.h - what of a native engine its listing may look at. */
#ifndef PG_NATIVE_NATIVE_H
#define PG_NATIVE_NATIVE_H

#include "native/block.h"
#include "native/space.h"

struct store *native_store(void *engine);

/* The universe of a block. */
const struct universe *native_universe(void *engine, uint8_t number);

#endif
