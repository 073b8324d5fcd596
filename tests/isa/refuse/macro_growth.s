# A macro that doubles its argument each time would fill the memory.
        .macro  double text
        double  \text + \text
        .endm
        double  1
