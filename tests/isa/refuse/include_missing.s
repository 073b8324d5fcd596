# Nothing is said about what the missing file would have defined.
        .include "no_such_file.inc"
        macro_of_that_file
