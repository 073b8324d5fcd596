/* hashtable.c - words counted in a hash table with malloc'ed chains; then freed; ROUNDS times.
 * Memory.
 * bench: library
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SIZE /* words, about every twelfth a new one; check.sh takes 6000 */
#define SIZE 60000
#endif
#ifndef ROUNDS
#define ROUNDS 15
#endif

struct entry {
    struct entry *next;
    unsigned count;
    char word[];
};
static struct entry *table[1024];

static void count(const char *word) {
    uint32_t h = 2166136261u;
    for (const char *p = word; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    struct entry **at = &table[h % 1024];
    while (*at && strcmp((*at)->word, word) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = calloc(1, sizeof **at + strlen(word) + 1);
        if (!*at)
            exit(3);
        strcpy((*at)->word, word);
    }
    (*at)->count++;
}

int main(void) {
    char word[16];
    uint32_t x = 3;
    unsigned all = 0, different = 0, most = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < SIZE; k++) {
            x = x * 1664525 + 1013904223;
            snprintf(word, sizeof word, "w%u", (unsigned)((x >> 16) % (SIZE / 12)));
            count(word);
        }
        for (int k = 0; k < 1024; k++)
            while (table[k]) {
                struct entry *e = table[k];
                all += e->count;
                different++;
                most = e->count > most ? e->count : most;
                table[k] = e->next;
                free(e);
            }
    }
    printf("%u words, %u different, %u at most\n", all, different, most);
    return all == SIZE * ROUNDS && different == SIZE / 12 * ROUNDS ? 0 : 1;
}
