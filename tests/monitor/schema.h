/* schema.h - does a text obey a JSON schema of monitor/schema/? */
#ifndef TESTS_MONITOR_SCHEMA_H
#define TESTS_MONITOR_SCHEMA_H

#ifdef HAVE_JANSSON

#include <jansson.h>

/* Parse `text` and hold it against the schema of that name (run, compare); the test fails, and
 * says where, if it does not obey. Free with json_decref. */
json_t *assert_schema(const char *name, const char *text);

/* Does the value obey the schema, whose root holds $defs? `where` receives the place that does
 * not, room for `size` bytes. */
int schema_obeys(const json_t *root, const json_t *schema, const json_t *value, char *where,
                 size_t size);

#endif
#endif
