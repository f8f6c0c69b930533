# Vectors of 64-bit words: the inner loops of `math/big`. The same rules as for `memops.s`,
# but that the first call of one asks for the processor's features.

    .section .text.gh_bignum, "ax", @progbits
    .globl gh_add_vv, gh_sub_vv, gh_shl_vu, gh_shr_vu, gh_mul_add_vww, gh_add_mul_vvww

# gh_add_vv(rdi z, rsi x, rdx y, rcx n) -> rax carry
    .p2align 5
gh_add_vv:
    mov r11, rcx
    shr rcx, 2                              # blocks of four words
    and r11d, 3
    xor eax, eax                            # clears the carry too
    inc rcx
    dec rcx                                 # neither changes the carry
    je 2f
1:  mov r8, [rsi]
    mov r9, [rsi + 8]
    mov r10, [rsi + 16]
    mov rax, [rsi + 24]
    adc r8, [rdx]
    adc r9, [rdx + 8]
    adc r10, [rdx + 16]
    adc rax, [rdx + 24]
    mov [rdi], r8
    mov [rdi + 8], r9
    mov [rdi + 16], r10
    mov [rdi + 24], rax
    lea rsi, [rsi + 32]
    lea rdx, [rdx + 32]
    lea rdi, [rdi + 32]
    dec rcx
    jne 1b
2:  inc r11
    dec r11
    je 4f
3:  mov r8, [rsi]
    adc r8, [rdx]
    mov [rdi], r8
    lea rsi, [rsi + 8]
    lea rdx, [rdx + 8]
    lea rdi, [rdi + 8]
    dec r11
    jne 3b
4:  setc al
    movzx eax, al
    ret

# gh_sub_vv(rdi z, rsi x, rdx y, rcx n) -> rax borrow
    .p2align 5
gh_sub_vv:
    mov r11, rcx
    shr rcx, 2
    and r11d, 3
    xor eax, eax
    inc rcx
    dec rcx
    je 2f
1:  mov r8, [rsi]
    mov r9, [rsi + 8]
    mov r10, [rsi + 16]
    mov rax, [rsi + 24]
    sbb r8, [rdx]
    sbb r9, [rdx + 8]
    sbb r10, [rdx + 16]
    sbb rax, [rdx + 24]
    mov [rdi], r8
    mov [rdi + 8], r9
    mov [rdi + 16], r10
    mov [rdi + 24], rax
    lea rsi, [rsi + 32]
    lea rdx, [rdx + 32]
    lea rdi, [rdi + 32]
    dec rcx
    jne 1b
2:  inc r11
    dec r11
    je 4f
3:  mov r8, [rsi]
    sbb r8, [rdx]
    mov [rdi], r8
    lea rsi, [rsi + 8]
    lea rdx, [rdx + 8]
    lea rdi, [rdi + 8]
    dec r11
    jne 3b
4:  setc al
    movzx eax, al
    ret

# gh_shl_vu(rdi z, rsi x, rdx n, rcx s) -> rax the bits shifted out; n >= 1, 1 <= s <= 63; from the top down
    .p2align 5
gh_shl_vu:
    mov r8, [rsi + rdx * 8 - 8]
    xor eax, eax
    shld rax, r8, cl
    dec rdx
    je 2f
1:  mov r9, [rsi + rdx * 8 - 8]
    shld r8, r9, cl
    mov [rdi + rdx * 8], r8
    mov r8, r9
    dec rdx
    jne 1b
2:  shl r8, cl
    mov [rdi], r8
    ret

# gh_shr_vu(rdi z, rsi x, rdx n, rcx s) -> rax the bits shifted out; n >= 1, 1 <= s <= 63; from the bottom up
    .p2align 5
gh_shr_vu:
    mov r8, [rsi]
    xor eax, eax
    shrd rax, r8, cl
    lea rsi, [rsi + rdx * 8]
    lea rdi, [rdi + rdx * 8]
    neg rdx
    inc rdx                                 # words left, negative
    je 2f
1:  mov r9, [rsi + rdx * 8]
    shrd r8, r9, cl
    mov [rdi + rdx * 8 - 8], r8
    mov r8, r9
    inc rdx
    jne 1b
2:  shr r8, cl
    mov [rdi - 8], r8
    ret

# gh_mul_add_vww(rdi z, rsi x, rdx n, rcx m, r8 a) -> rax carry: z = x * m + a
    .p2align 5
gh_mul_add_vww:
    mov r9, rdx
    test r9, 1
    je 2f
    mov rax, [rsi]                          # an odd word first
    mul rcx
    add rax, r8
    adc rdx, 0
    mov [rdi], rax
    mov r8, rdx
    add rsi, 8
    add rdi, 8
2:  shr r9, 1
    je 4f
3:  mov rax, [rsi]
    mul rcx
    add rax, r8
    adc rdx, 0
    mov [rdi], rax
    mov r8, rdx
    mov rax, [rsi + 8]
    mul rcx
    add rax, r8
    adc rdx, 0
    mov [rdi + 8], rax
    mov r8, rdx
    add rsi, 16
    add rdi, 16
    dec r9
    jne 3b
4:  mov rax, r8
    ret

# gh_add_mul_vvww(rdi z, rsi x, rdx y, rcx n, r8 m, r9 a) -> rax carry: z = x + y * m + a
#
# Where the processor has BMI2 and ADX, eight words at a time with two chains of carries: one adds the high word of the
# product before, the other one x.
    .p2align 5
gh_add_mul_vvww:
    mov r10, rdx
    mov eax, [rip + gh_two_carries]
    test eax, eax
    jle 6f
1:  mov rdx, r8
    sub rcx, 8
    jb 3f
2:  xor eax, eax                            # clears both carries
    mulx r11, r8, [r10]
    adcx r8, r9
    adox r8, [rsi]
    mov [rdi], r8
    mulx r9, r8, [r10 + 8]
    adcx r8, r11
    adox r8, [rsi + 8]
    mov [rdi + 8], r8
    mulx r11, r8, [r10 + 16]
    adcx r8, r9
    adox r8, [rsi + 16]
    mov [rdi + 16], r8
    mulx r9, r8, [r10 + 24]
    adcx r8, r11
    adox r8, [rsi + 24]
    mov [rdi + 24], r8
    mulx r11, r8, [r10 + 32]
    adcx r8, r9
    adox r8, [rsi + 32]
    mov [rdi + 32], r8
    mulx r9, r8, [r10 + 40]
    adcx r8, r11
    adox r8, [rsi + 40]
    mov [rdi + 40], r8
    mulx r11, r8, [r10 + 48]
    adcx r8, r9
    adox r8, [rsi + 48]
    mov [rdi + 48], r8
    mulx r9, r8, [r10 + 56]
    adcx r8, r11
    adox r8, [rsi + 56]
    mov [rdi + 56], r8
    adcx r9, rax
    adox r9, rax
    add r10, 64
    add rsi, 64
    add rdi, 64
    sub rcx, 8
    jae 2b
3:  mov r8, rdx                             # the rest, and all without ADX
    add rcx, 8
4:  test rcx, rcx
    je 5f
    mov rax, [r10]
    mul r8
    add rax, [rsi]
    adc rdx, 0
    add rax, r9
    adc rdx, 0
    mov [rdi], rax
    mov r9, rdx
    add r10, 8
    add rsi, 8
    add rdi, 8
    dec rcx
    jmp 4b
5:  mov rax, r9
    ret
6:  js 4b                                   # asked before: no
    push rbx                                # the first call asks the processor
    push rcx
    mov eax, 7
    xor ecx, ecx
    cpuid
    shr ebx, 8
    mov eax, ebx
    shr eax, 11
    and eax, ebx
    and eax, 1                              # bit 8 BMI2 and bit 19 ADX
    lea eax, [rax + rax - 1]
    mov [rip + gh_two_carries], eax
    pop rcx
    pop rbx
    test eax, eax
    jg 1b
    jmp 4b

    .section .data.gh_two_carries, "aw", @progbits
    .p2align 2
gh_two_carries:                             # 1 BMI2 and ADX, -1 not both, 0 not asked yet
    .long 0
    .text
