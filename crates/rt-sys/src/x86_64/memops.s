# Memory routines. System V argument registers; only caller-saved registers are used; no stack frame, so that they may
# run on a goroutine's stack and a fault in them can be attributed to their caller (whose return address is at [rsp]).
# Bulk moves store each aligned word once: the collector never sees half a pointer.

    .section .text.gh_memops, "ax", @progbits
    .globl gh_memops_start, gh_memops_end
    .globl gh_memmove, gh_memclr, gh_memset, gh_memequal, gh_memcmp, gh_cmpstring, gh_index_byte, gh_count_byte

gh_memops_start:

# gh_memmove(rdi dst, rsi src, rdx n) -> rax dst
    .p2align 5
gh_memmove:
    mov rax, rdi
    cmp rdx, 16
    ja 3f
    cmp rdx, 8
    jae 2f
    cmp rdx, 4
    jae 21f
    test rdx, rdx
    je 20f
    movzx ecx, byte ptr [rsi]               # 1..3: first, middle, last
    movzx r8d, byte ptr [rsi + rdx - 1]
    mov r9, rdx
    shr r9, 1
    movzx r10d, byte ptr [rsi + r9]
    mov [rdi], cl
    mov [rdi + r9], r10b
    mov [rdi + rdx - 1], r8b
20:  ret
21:  mov ecx, [rsi]                          # 4..7
    mov r8d, [rsi + rdx - 4]
    mov [rdi], ecx
    mov [rdi + rdx - 4], r8d
    ret
2:  mov rcx, [rsi]                          # 8..16
    mov r8, [rsi + rdx - 8]
    mov [rdi], rcx
    mov [rdi + rdx - 8], r8
    ret
3:  cmp rdx, 32
    ja 4f
    movups xmm0, [rsi]                      # 17..32
    movups xmm1, [rsi + rdx - 16]
    movups [rdi], xmm0
    movups [rdi + rdx - 16], xmm1
    ret
4:  cmp rdx, 64
    ja 5f
    movups xmm0, [rsi]                      # 33..64
    movups xmm1, [rsi + 16]
    movups xmm2, [rsi + rdx - 32]
    movups xmm3, [rsi + rdx - 16]
    movups [rdi], xmm0
    movups [rdi + 16], xmm1
    movups [rdi + rdx - 32], xmm2
    movups [rdi + rdx - 16], xmm3
    ret
5:  mov rcx, rdi
    sub rcx, rsi
    je 20b
    cmp rcx, rdx                            # unsigned: dst inside [src, src + n)
    jb 8f
    cmp rdx, 2048
    jae 7f
    movups xmm4, [rsi + rdx - 64]           # forward: the tail is read first, stored last
    movups xmm5, [rsi + rdx - 48]
    movups xmm6, [rsi + rdx - 32]
    movups xmm7, [rsi + rdx - 16]
    lea r8, [rdi + rdx]
6:  movups xmm0, [rsi]
    movups xmm1, [rsi + 16]
    movups xmm2, [rsi + 32]
    movups xmm3, [rsi + 48]
    movups [rdi], xmm0
    movups [rdi + 16], xmm1
    movups [rdi + 32], xmm2
    movups [rdi + 48], xmm3
    add rsi, 64
    add rdi, 64
    sub rdx, 64
    cmp rdx, 64
    ja 6b
    movups [r8 - 64], xmm4
    movups [r8 - 48], xmm5
    movups [r8 - 32], xmm6
    movups [r8 - 16], xmm7
    ret
7:  mov rcx, rdx
    rep movsb
    ret
8:  movups xmm4, [rsi]                      # backward: the head is read first, stored last
    movups xmm5, [rsi + 16]
    movups xmm6, [rsi + 32]
    movups xmm7, [rsi + 48]
9:  movups xmm0, [rsi + rdx - 16]
    movups xmm1, [rsi + rdx - 32]
    movups xmm2, [rsi + rdx - 48]
    movups xmm3, [rsi + rdx - 64]
    movups [rdi + rdx - 16], xmm0
    movups [rdi + rdx - 32], xmm1
    movups [rdi + rdx - 48], xmm2
    movups [rdi + rdx - 64], xmm3
    sub rdx, 64
    cmp rdx, 64
    ja 9b
    movups [rdi], xmm4
    movups [rdi + 16], xmm5
    movups [rdi + 32], xmm6
    movups [rdi + 48], xmm7
    ret

# gh_memclr(rdi dst, rsi n)
    .p2align 5
gh_memclr:
    mov rdx, rsi
    xor esi, esi

# gh_memset(rdi dst, sil byte, rdx n) -> rax dst
gh_memset:
    mov rax, rdi
    movzx ecx, sil
    mov r8, 0x0101010101010101
    imul rcx, r8
    movq xmm0, rcx
    punpcklqdq xmm0, xmm0
    cmp rdx, 16
    jae 3f
    cmp rdx, 8
    jae 2f
    cmp rdx, 4
    jae 21f
    test rdx, rdx
    je 20f
    mov [rdi], cl                           # 1..3
    mov [rdi + rdx - 1], cl
    shr rdx, 1
    mov [rdi + rdx], cl
20:  ret
21:  mov [rdi], ecx
    mov [rdi + rdx - 4], ecx
    ret
2:  mov [rdi], rcx
    mov [rdi + rdx - 8], rcx
    ret
3:  cmp rdx, 2048
    jae 6f
    lea r8, [rdi + rdx - 16]
4:  cmp rdi, r8
    jae 5f
    movups [rdi], xmm0
    add rdi, 16
    jmp 4b
5:  movups [r8], xmm0
    ret
6:  mov r8, rax
    mov rax, rcx
    mov rcx, rdx
    rep stosb
    mov rax, r8
    ret

# gh_memequal(rdi p, rsi q, rdx n) -> rax 0 or 1
    .p2align 5
gh_memequal:
    cmp rdi, rsi
    je 8f
    cmp rdx, 8
    jb 4f
    cmp rdx, 16
    jb 3f
    lea r8, [rdx - 16]                      # last block
    xor ecx, ecx
21:  cmp rcx, r8
    jae 2f
    movups xmm0, [rdi + rcx]
    movups xmm1, [rsi + rcx]
    pcmpeqb xmm0, xmm1
    pmovmskb eax, xmm0
    cmp eax, 0xffff
    jne 9f
    add rcx, 16
    jmp 21b
2:  movups xmm0, [rdi + r8]
    movups xmm1, [rsi + r8]
    pcmpeqb xmm0, xmm1
    pmovmskb eax, xmm0
    cmp eax, 0xffff
    jne 9f
    mov eax, 1
    ret
3:  mov rax, [rdi]                          # 8..15
    xor rax, [rsi]
    mov rcx, [rdi + rdx - 8]
    xor rcx, [rsi + rdx - 8]
    or rax, rcx
    jne 9f
    mov eax, 1
    ret
4:  test rdx, rdx                           # 0..7
    je 8f
    movzx eax, byte ptr [rdi + rdx - 1]
    cmp al, [rsi + rdx - 1]
    jne 9f
    dec rdx
    jmp 4b
8:  mov eax, 1
    ret
9:  xor eax, eax
    ret

# gh_memcmp(rdi p, rsi q, rdx n) -> eax <0, 0, >0
    .p2align 5
gh_memcmp:
    mov rcx, rdx
    xchg rdx, rsi                           # p, n, q, n

# gh_cmpstring(rdi p, rsi p_len, rdx q, rcx q_len) -> rax -1, 0, 1
gh_cmpstring:
    mov r8, rsi                             # r8 = min length, r10 = p_len - q_len
    cmp rsi, rcx
    cmova r8, rcx
    mov r10, rsi
    sub r10, rcx
    cmp rdi, rdx
    je 7f
    xor r9d, r9d
21:  lea rax, [r9 + 16]
    cmp rax, r8
    ja 2f
    movups xmm0, [rdi + r9]
    movups xmm1, [rdx + r9]
    pcmpeqb xmm0, xmm1
    pmovmskb eax, xmm0
    xor eax, 0xffff
    jne 5f
    add r9, 16
    jmp 21b
2:  cmp r8, 16
    jb 3f
    cmp r9, r8
    jae 7f
    lea r9, [r8 - 16]                       # overlapping last block
    movups xmm0, [rdi + r9]
    movups xmm1, [rdx + r9]
    pcmpeqb xmm0, xmm1
    pmovmskb eax, xmm0
    xor eax, 0xffff
    jne 5f
    jmp 7f
3:  cmp r9, r8                              # shorter than a block
    jae 7f
    movzx eax, byte ptr [rdi + r9]
    movzx ecx, byte ptr [rdx + r9]
    cmp eax, ecx
    jne 6f
    inc r9
    jmp 3b
5:  bsf eax, eax
    add r9, rax
    movzx eax, byte ptr [rdi + r9]
    movzx ecx, byte ptr [rdx + r9]
    cmp eax, ecx
6:  sbb rax, rax                            # -1 when below, 0 when above
    or rax, 1
    ret
7:  xor eax, eax
    test r10, r10
    setg al
    shr r10, 63
    sub rax, r10
    ret

# gh_index_byte(rdi p, rsi n, dl c) -> rax index or -1
    .p2align 5
gh_index_byte:
    cmp rsi, 16
    jb 4f
    movzx edx, dl
    movd xmm0, edx
    punpcklbw xmm0, xmm0
    punpcklwd xmm0, xmm0
    pshufd xmm0, xmm0, 0
    lea r8, [rdi + rsi - 16]                # last block
    mov rcx, rdi
21:  cmp rcx, r8
    jae 2f
    movups xmm1, [rcx]
    pcmpeqb xmm1, xmm0
    pmovmskb eax, xmm1
    test eax, eax
    jne 3f
    add rcx, 16
    jmp 21b
2:  mov rcx, r8
    movups xmm1, [rcx]
    pcmpeqb xmm1, xmm0
    pmovmskb eax, xmm1
    test eax, eax
    je 6f
3:  bsf eax, eax
    sub rcx, rdi
    add rax, rcx
    ret
4:  xor eax, eax
5:  cmp rax, rsi
    jae 6f
    cmp [rdi + rax], dl
    je 7f
    inc rax
    jmp 5b
6:  mov rax, -1
7:  ret

# gh_count_byte(rdi p, rsi n, dl c) -> rax
    .p2align 5
gh_count_byte:
    movzx edx, dl
    movd xmm0, edx
    punpcklbw xmm0, xmm0
    punpcklwd xmm0, xmm0
    pshufd xmm0, xmm0, 0
    pxor xmm3, xmm3                         # sums in two words
    pxor xmm4, xmm4
21:  cmp rsi, 16
    jb 2f
    movups xmm1, [rdi]
    pcmpeqb xmm1, xmm0                      # -1 where equal
    pxor xmm2, xmm2
    psubb xmm2, xmm1
    psadbw xmm2, xmm4
    paddq xmm3, xmm2
    add rdi, 16
    sub rsi, 16
    jmp 21b
2:  movq rax, xmm3
    psrldq xmm3, 8
    movq rcx, xmm3
    add rax, rcx
3:  test rsi, rsi
    je 4f
    xor ecx, ecx
    cmp [rdi + rsi - 1], dl
    sete cl
    add rax, rcx
    dec rsi
    jmp 3b
4:  ret

gh_memops_end:
    .text
