# Characters that the language does not have.
        addi    a0, a0, $1
        addi    a0, a0, \x
        addi    a0, [a0], 1
        `
        addi    a0, a0, 1 § 
        5
        , a0
        :
