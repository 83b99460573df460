/* native/interpreter/stdlib_archive.S: the stdlib's zip, as read-only data. */
    .section .rodata.inmem_stdlib, "a", @progbits
    .balign 4096
    .globl inmem_stdlib_begin
    .hidden inmem_stdlib_begin
inmem_stdlib_begin:
    .incbin INMEM_STDLIB_ARCHIVE
    .globl inmem_stdlib_end
    .hidden inmem_stdlib_end
inmem_stdlib_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
