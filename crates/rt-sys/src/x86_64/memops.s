# Memory routines. System V argument registers; only caller-saved registers are used; no stack frame, so that they may
# run on a goroutine's stack and a fault in them can be attributed to their caller (whose return address is at [rsp]).
# Bulk moves store each aligned word once: the collector never sees half a pointer.

    .section .text.gh_memops, "ax", @progbits
    .globl gh_memops_start, gh_memops_end
    .globl gh_memmove, gh_memclr, gh_memset, gh_memequal, gh_memcmp, gh_cmpstring, gh_index_byte, gh_count_byte
    .globl gh_index

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
4:  cmp rdx, 4
    jb 5f
    mov eax, [rdi]                          # 4..7
    xor eax, [rsi]
    mov ecx, [rdi + rdx - 4]
    xor ecx, [rsi + rdx - 4]
    or eax, ecx
    jne 9f
    mov eax, 1
    ret
5:  test rdx, rdx                           # 0..3: the first, the last and the middle one
    je 8f
    movzx eax, byte ptr [rdi]
    xor al, [rsi]
    movzx ecx, byte ptr [rdi + rdx - 1]
    xor cl, [rsi + rdx - 1]
    or eax, ecx
    shr rdx, 1
    movzx ecx, byte ptr [rdi + rdx]
    xor cl, [rsi + rdx]
    or eax, ecx
    jne 9f
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
3:  cmp r8, 8                               # shorter than a block
    jb 31f
    mov rax, [rdi]
    mov rcx, [rdx]
    cmp rax, rcx
    jne 32f
    mov rax, [rdi + r8 - 8]
    mov rcx, [rdx + r8 - 8]
    cmp rax, rcx
    je 7f
32: bswap rax                               # the first byte decides first
    bswap rcx
    cmp rax, rcx
    jmp 6f
31: cmp r8, 4
    jb 33f
    mov eax, [rdi]
    mov ecx, [rdx]
    cmp eax, ecx
    jne 34f
    mov eax, [rdi + r8 - 4]
    mov ecx, [rdx + r8 - 4]
    cmp eax, ecx
    je 7f
34: bswap eax
    bswap ecx
    cmp eax, ecx
    jmp 6f
33: cmp r9, r8                              # 0..3
    jae 7f
    movzx eax, byte ptr [rdi + r9]
    movzx ecx, byte ptr [rdx + r9]
    cmp eax, ecx
    jne 6f
    inc r9
    jmp 33b
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
    movzx edx, dl
    movd xmm0, edx
    punpcklbw xmm0, xmm0
    punpcklwd xmm0, xmm0
    pshufd xmm0, xmm0, 0
    cmp rsi, 16
    jb 4f
    mov rcx, rdi
    lea r9, [rdi + rsi]                     # the end
    sub rsi, 64
    jb 21f
    lea r8, [rdi + rsi]                     # the last place for four blocks
1:  movups xmm1, [rcx]
    movups xmm2, [rcx + 16]
    movups xmm3, [rcx + 32]
    movups xmm4, [rcx + 48]
    pcmpeqb xmm1, xmm0
    pcmpeqb xmm2, xmm0
    pcmpeqb xmm3, xmm0
    pcmpeqb xmm4, xmm0
    por xmm1, xmm2
    por xmm3, xmm4
    por xmm1, xmm3
    pmovmskb eax, xmm1
    test eax, eax
    jne 21f                                 # again, block by block
    add rcx, 64
    cmp rcx, r8
    jbe 1b
21: lea r8, [r9 - 16]                       # the last block
22: cmp rcx, r8
    jae 2f
    movups xmm1, [rcx]
    pcmpeqb xmm1, xmm0
    pmovmskb eax, xmm1
    test eax, eax
    jne 3f
    add rcx, 16
    jmp 22b
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
4:  mov eax, edi                            # 0..15: one load, if the page goes on
    and eax, 0xfff
    cmp eax, 0xff0
    ja 5f
    test rsi, rsi
    je 6f
    movups xmm1, [rdi]
    pcmpeqb xmm1, xmm0
    pmovmskb eax, xmm1
    bsf eax, eax
    je 6f
    cmp rax, rsi
    jae 6f
    ret
5:  xor eax, eax
51: cmp rax, rsi
    jae 6f
    cmp [rdi + rax], dl
    je 7f
    inc rax
    jmp 51b
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
    sub rsi, 64
    jb 20f
1:  movups xmm1, [rdi]
    movups xmm2, [rdi + 16]
    movups xmm5, [rdi + 32]
    movups xmm6, [rdi + 48]
    pcmpeqb xmm1, xmm0                      # -1 where equal
    pcmpeqb xmm2, xmm0
    pcmpeqb xmm5, xmm0
    pcmpeqb xmm6, xmm0
    paddb xmm1, xmm2
    paddb xmm5, xmm6
    paddb xmm1, xmm5
    pxor xmm2, xmm2
    psubb xmm2, xmm1
    psadbw xmm2, xmm4
    paddq xmm3, xmm2
    add rdi, 64
    sub rsi, 64
    jae 1b
20: add rsi, 64
21: cmp rsi, 16
    jb 2f
    movups xmm1, [rdi]
    pcmpeqb xmm1, xmm0
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

# gh_index(rdi p, rsi n, rdx q, rcx m) -> rax index of the m bytes at q in the n bytes at p, or -1; m is at least 2
#
# A place is a candidate when the needle's first byte is there and its last byte m - 1 further on; 16 places at a time.
# r8 = the last place for a block of 16 places, r9 = p + m - 1, r10 = the current place, r11 = its candidates.
    .p2align 5
gh_index:
    mov r8, rsi
    sub r8, rcx
    jb 8f
    movzx eax, byte ptr [rdx]
    movd xmm0, eax
    punpcklbw xmm0, xmm0
    punpcklwd xmm0, xmm0
    pshufd xmm0, xmm0, 0
    movzx eax, byte ptr [rdx + rcx - 1]
    movd xmm1, eax
    punpcklbw xmm1, xmm1
    punpcklwd xmm1, xmm1
    pshufd xmm1, xmm1, 0
    lea r9, [rdi + rcx - 1]
    xor r10d, r10d
    cmp r8, 15
    jb 5f
    sub r8, 15
1:  movups xmm2, [rdi + r10]
    movups xmm3, [r9 + r10]
    pcmpeqb xmm2, xmm0
    pcmpeqb xmm3, xmm1
    pand xmm2, xmm3
    pmovmskb r11d, xmm2
    test r11d, r11d
    jne 3f
2:  add r10, 16
    cmp r10, r8
    jbe 1b
    lea rax, [r8 + 16]
    cmp r10, rax
    jae 8f
    mov r10, r8                             # the last block overlaps
    jmp 1b
3:  bsf eax, r11d                           # the next candidate
    lea rsi, [rdi + r10]
    add rsi, rax
    cmp rcx, 8
    jb 33f
    cmp rcx, 16
    ja 31f
    mov rax, [rsi]                          # 8..16
    cmp rax, [rdx]
    jne 4f
    mov rax, [rsi + rcx - 8]
    cmp rax, [rdx + rcx - 8]
    jne 4f
    jmp 9f
31: xor r9d, r9d                            # 17..
32: movups xmm2, [rsi + r9]
    movups xmm3, [rdx + r9]
    pcmpeqb xmm2, xmm3
    pmovmskb eax, xmm2
    cmp eax, 0xffff
    jne 4f
    add r9, 16
    lea rax, [r9 + 16]
    cmp rax, rcx
    jbe 32b
    movups xmm2, [rsi + rcx - 16]
    movups xmm3, [rdx + rcx - 16]
    pcmpeqb xmm2, xmm3
    pmovmskb eax, xmm2
    cmp eax, 0xffff
    jne 4f
    jmp 9f
33: cmp rcx, 4
    jb 34f
    mov eax, [rsi]                          # 4..7
    cmp eax, [rdx]
    jne 4f
    mov eax, [rsi + rcx - 4]
    cmp eax, [rdx + rcx - 4]
    jne 4f
    jmp 9f
34: movzx eax, word ptr [rsi]               # 2, 3
    cmp ax, [rdx]
    jne 4f
    movzx eax, byte ptr [rsi + rcx - 1]
    cmp al, [rdx + rcx - 1]
    je 9f
4:  lea r9, [rdi + rcx - 1]
    lea eax, [r11 - 1]
    and r11d, eax
    jne 3b
    jmp 2b
5:  cmp rsi, 16                             # fewer than 16 places, r8 + 1
    jb 6f
    movups xmm2, [rdi]
    movups xmm3, [rdi + rsi - 16]           # places 15 - r8 too late
    pcmpeqb xmm2, xmm0
    pcmpeqb xmm3, xmm1
    pmovmskb r11d, xmm2
    pmovmskb eax, xmm3
    mov r9, rcx
    mov ecx, 15
    sub ecx, r8d
    shr eax, cl
    mov rcx, r9
    and r11d, eax
    jmp 7f
6:  mov rax, r8                             # a short text: place by place, from the last one on
    xor r11d, r11d
    movzx r9d, word ptr [rdx]
61: add r11d, r11d
    cmp [rdi + rax], r9w
    jne 62f
    inc r11d
62: sub rax, 1
    jae 61b
7:  xor r8d, r8d                            # no block follows this one
    test r11d, r11d
    jne 3b
8:  mov rax, -1
    ret
9:  mov rax, rsi
    sub rax, rdi
    ret

gh_memops_end:
    .text
