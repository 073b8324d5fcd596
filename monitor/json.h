/* json.h - what the files that print JSON share; jansson is there. */
#ifndef MON_JSON_H
#define MON_JSON_H

#include <jansson.h>
#include <stdint.h>

/* A counter. */
json_t *mon_json_number(uint64_t value);

/* Print the object on standard output, and free it; NULL: the host was out of memory. Returns 0 or
 * an exit status after a message. */
int mon_json_print(json_t *object);

#endif
