/* files.h - for programs that read the files they are given, or standard input. */
#ifndef FILES_H
#define FILES_H

/* Call use(fd, name) for each of the files, up to NULL; or if there are none for standard input,
 * whose name is "". Returns 1 if one could not be opened, with a message, or if `use` returned
 * other than 0 for any, else 0. */
int each_file(char **names, int (*use)(int fd, const char *name));

#endif
