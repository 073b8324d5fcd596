/* schema.c - as much of JSON Schema as our schemas use. An unknown keyword is an error, so that
 * none is taken to be checked that is not. */
#include "tests/monitor/schema.h"

#ifdef HAVE_JANSSON

#include "tests/monitor/execute.h"

#include <regex.h>

struct check {
    const json_t *root;
    const json_t *schema; /* the (sub)schema a keyword stands in */
    const json_t *rule;   /* the keyword's value */
    char *where;
    size_t size;
};

/* Put a path component before `where`, which says what is wrong below it. */
static int below(const struct check *c, const char *part) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", c->where);
    snprintf(c->where, c->size, "/%s%s", part, copy);
    return 0;
}

static int obeys(const struct check *c, const json_t *schema, const json_t *value) {
    return schema_obeys(c->root, schema, value, c->where, c->size);
}

static int is_type(const char *type, const json_t *v) {
    return strcmp(type, "object") == 0    ? json_is_object(v)
           : strcmp(type, "array") == 0   ? json_is_array(v)
           : strcmp(type, "string") == 0  ? json_is_string(v)
           : strcmp(type, "integer") == 0 ? json_is_integer(v)
           : strcmp(type, "number") == 0  ? json_is_number(v)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(v)
           : strcmp(type, "null") == 0    ? json_is_null(v)
                                          : 0;
}

static int check_type(const struct check *c, const json_t *v) {
    return is_type(json_string_value(c->rule), v);
}

static int check_const(const struct check *c, const json_t *v) {
    return json_equal(c->rule, v);
}

static int check_enum(const struct check *c, const json_t *v) {
    for (size_t k = 0; k < json_array_size(c->rule); k++)
        if (json_equal(json_array_get(c->rule, k), v))
            return 1;
    return 0;
}

static int check_minimum(const struct check *c, const json_t *v) {
    return !json_is_number(v) || json_number_value(v) >= json_number_value(c->rule);
}

static int check_maximum(const struct check *c, const json_t *v) {
    return !json_is_number(v) || json_number_value(v) <= json_number_value(c->rule);
}

static int check_pattern(const struct check *c, const json_t *v) {
    regex_t pattern;
    if (!json_is_string(v))
        return 1;
    assert_int_equal(regcomp(&pattern, json_string_value(c->rule), REG_EXTENDED | REG_NOSUB), 0);
    int matches = regexec(&pattern, json_string_value(v), 0, NULL, 0) == 0;
    regfree(&pattern);
    return matches;
}

static int check_required(const struct check *c, const json_t *v) {
    for (size_t k = 0; json_is_object(v) && k < json_array_size(c->rule); k++) {
        const char *name = json_string_value(json_array_get(c->rule, k));
        if (!json_object_get(v, name))
            return below(c, name);
    }
    return 1;
}

static int check_properties(const struct check *c, const json_t *v) {
    const char *name;
    json_t *schema;
    json_object_foreach((json_t *)(uintptr_t)c->rule, name, schema) {
        const json_t *field = json_object_get(v, name);
        if (field && !obeys(c, schema, field))
            return below(c, name);
    }
    return 1;
}

static int check_additional(const struct check *c, const json_t *v) {
    const json_t *known = json_object_get(c->schema, "properties");
    const char *name;
    json_t *field;
    json_object_foreach((json_t *)(uintptr_t)v, name, field) {
        if (!json_object_get(known, name) && (json_is_false(c->rule) || !obeys(c, c->rule, field)))
            return below(c, name);
    }
    return 1;
}

static int check_items(const struct check *c, const json_t *v) {
    for (size_t k = 0; k < json_array_size(v); k++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", k);
        if (!obeys(c, c->rule, json_array_get(v, k)))
            return below(c, index);
    }
    return 1;
}

static int check_min_items(const struct check *c, const json_t *v) {
    return !json_is_array(v) || json_array_size(v) >= (size_t)json_integer_value(c->rule);
}

static int check_one_of(const struct check *c, const json_t *v) {
    int n = 0;
    for (size_t k = 0; k < json_array_size(c->rule); k++)
        n += obeys(c, json_array_get(c->rule, k), v);
    return n == 1;
}

static int check_ref(const struct check *c, const json_t *v) {
    static const char begin[] = "#/$defs/";
    const char *name = json_string_value(c->rule);
    assert_int_equal(strncmp(name, begin, strlen(begin)), 0);
    const json_t *schema = json_object_get(json_object_get(c->root, "$defs"), name + strlen(begin));
    assert_non_null(schema);
    return obeys(c, schema, v);
}

static int check_nothing(const struct check *c, const json_t *v) {
    return 1;
}

static const struct {
    const char *keyword;
    int (*check)(const struct check *c, const json_t *v);
} checks[] = {
    {"type", check_type},
    {"const", check_const},
    {"enum", check_enum},
    {"minimum", check_minimum},
    {"maximum", check_maximum},
    {"pattern", check_pattern},
    {"required", check_required},
    {"properties", check_properties},
    {"additionalProperties", check_additional},
    {"items", check_items},
    {"minItems", check_min_items},
    {"oneOf", check_one_of},
    {"$ref", check_ref},
    {"$schema", check_nothing},
    {"$defs", check_nothing},
    {"title", check_nothing},
    {"description", check_nothing},
};

int schema_obeys(const json_t *root, const json_t *schema, const json_t *value, char *where,
                 size_t size) {
    const char *keyword;
    json_t *rule;
    json_object_foreach((json_t *)(uintptr_t)schema, keyword, rule) {
        size_t k = 0;
        while (k < sizeof checks / sizeof *checks && strcmp(checks[k].keyword, keyword) != 0)
            k++;
        if (k == sizeof checks / sizeof *checks)
            fail_msg("the schema has a keyword that is not checked: %s", keyword);
        snprintf(where, size, ": %s", keyword);
        if (!checks[k].check(&(struct check){root, schema, rule, where, size}, value))
            return 0;
    }
    return 1;
}

json_t *assert_schema(const char *name, const char *text) {
    char path[512], where[256];
    json_error_t error;
    snprintf(path, sizeof path, SOURCE "/monitor/schema/%s.schema.json", name);
    json_t *schema = json_load_file(path, 0, &error);
    if (!schema)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        fail_msg("not JSON: %s in:\n%s", error.text, text);
    if (!schema_obeys(schema, schema, value, where, sizeof where))
        fail_msg("against the schema %s at %s:\n%s", name, where, text);
    json_decref(schema);
    return value;
}

#endif
