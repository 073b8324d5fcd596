/* test_leak.c - does the classifier find this property of this instruction?
 *
 *     test_leak PROFILE MNEMONIC PROPERTY      !PROPERTY: that it does not have it
 */
#include "machine/classify/classify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = 20000 };

int main(int argc, char **argv) {
    struct pg_profile profile;
    struct pg_verdict *v = malloc(sizeof *v);
    int op = 0, property = 0;
    if (argc != 4 || !v || !pg_profile_builtin(argv[1], &profile))
        return 2;
    bool wanted = argv[3][0] != '!';
    while (op < PG_NOPS && strcmp(pg_rows[op].mnemonic, argv[2]) != 0)
        op++;
    while (property < PG_NPROPERTIES &&
           strcmp(pg_properties[property].name, argv[3] + !wanted) != 0)
        property++;
    struct pg_classifier *c = pg_classifier_open(&profile, PG_CLASSIFY_SEED);
    if (op == PG_NOPS || property == PG_NPROPERTIES || !c)
        return 2;
    pg_classify(c, (enum pg_op)op, STATES, PG_NPROPERTIES, v);
    pg_classifier_close(c);
    bool unprivileged = !v->is[PG_PROPERTY_privileged];
    bool found = v->is[property] == wanted && unprivileged;
    char text[512] = "nothing found";
    if (v->is[property])
        pg_witness_sentence(&v->witness[property], text, sizeof text);
    printf("%s: %s\n", argv[2], text);
    free(v);
    return found ? 0 : 1;
}
