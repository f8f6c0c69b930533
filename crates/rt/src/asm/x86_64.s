# Switching between Go code and the runtime.
#
# Register roles: r15 = GHead of the running goroutine, in Go code only. Go code keeps rbx, r12, r13, r14, rbp across
# calls; so does Rust. Rust runs on the thread's system stack, which is empty whenever Go code runs: every entry starts
# at GHead.sys_sp. Leaving for good is therefore just not returning.
#
# A goroutine that is not running continues at GHead.resume_pc with r15 = GHead; each label below knows what it left on
# the goroutine's stack:
#
#   gh_resume_call      ... return address │ rbp │ rbx │ r12 │ r13 │ r14 │ arguments that are pointers ◄── saved_sp
#                                              ▲── saved_bp
#   gh_resume_cold      ... return address │ rbp │ rax..r14 (13) │ 8 pad │ xmm0..15 ◄── saved_sp
#                                              ▲── saved_bp
#   gh_resume_morestack ... caller's return address │ rbp │ retry pc │ rdi rsi rdx rcx r8 r9 rbx r12 r13 r14 │ xmm0..7
#                                                     ▲── saved_bp                                      saved_sp ──▲
#   gh_gostart          nothing: the stack is empty

    .section .text.gh_switch, "ax", @progbits

# A parked goroutine's thread asks the scheduler for the next one. On the system stack.
    .globl gh_switch
gh_switch:
    call {schedule}
    mov r15, rax
    jmp [r15 + {RESUME_PC}]

# gh_resume(rdi: GHead): leaves Rust for a goroutine.
    .globl gh_resume
gh_resume:
    mov r15, rdi
    jmp [r15 + {RESUME_PC}]

# The first activation of a goroutine. Return address 0 and rbp 0 end the frame chain.
    .globl gh_gostart
gh_gostart:
    mov rsp, [r15 + {STACK_HI}]
    sub rsp, 16
    xor ebp, ebp
    # What the runtime left in these would be saved by the first functions, and look like pointers.
    xor ebx, ebx
    xor r12d, r12d
    xor r13d, r13d
    xor r14d, r14d
    mov qword ptr [rsp], 0
    mov qword ptr [rsp + 8], 0
    mov rdi, [r15 + {START_FN}]
    call [rdi]
    .globl gh_gostart_end
gh_gostart_end:
    call gh_goexit
    hlt

# The end of a call that may park, and the continuation of one that did.
    .globl gh_resume_call
gh_resume_call:
    mov rsp, [r15 + {SAVED_BP}]
    sub rsp, 32
    mov rax, [r15 + {RET}]
    mov rcx, [r15 + {RET} + 8]
    mov rdx, [r15 + {RET} + 16]
    mov rsi, [r15 + {RET} + 24]
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

    .globl gh_resume_cold
gh_resume_cold:
    mov rsp, [r15 + {SAVED_SP}]
    movups xmm0, [rsp]
    movups xmm1, [rsp + 16]
    movups xmm2, [rsp + 32]
    movups xmm3, [rsp + 48]
    movups xmm4, [rsp + 64]
    movups xmm5, [rsp + 80]
    movups xmm6, [rsp + 96]
    movups xmm7, [rsp + 112]
    movups xmm8, [rsp + 128]
    movups xmm9, [rsp + 144]
    movups xmm10, [rsp + 160]
    movups xmm11, [rsp + 176]
    movups xmm12, [rsp + 192]
    movups xmm13, [rsp + 208]
    movups xmm14, [rsp + 224]
    movups xmm15, [rsp + 240]
    add rsp, 264
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    pop rbp
    ret

# Called by the stub behind a function whose stack check failed; the stub jumps back to the function's entry, which
# checks again. The frame pushed here stands for the function's own frame, so the chain is complete.
    .globl gh_morestack
gh_morestack:
    pop r11
    push rbp
    mov rbp, rsp
    push r11
    push rdi
    push rsi
    push rdx
    push rcx
    push r8
    push r9
    push rbx
    push r12
    push r13
    push r14
    sub rsp, 128
    movups [rsp], xmm0
    movups [rsp + 16], xmm1
    movups [rsp + 32], xmm2
    movups [rsp + 48], xmm3
    movups [rsp + 64], xmm4
    movups [rsp + 80], xmm5
    movups [rsp + 96], xmm6
    movups [rsp + 112], xmm7
    mov [r15 + {SAVED_SP}], rsp
    mov [r15 + {SAVED_BP}], rbp
    lea r11, [rip + gh_resume_morestack]
    mov [r15 + {RESUME_PC}], r11
    mov rsp, [r15 + {SYS_SP}]
    call {morestack}
    test eax, eax
    jne gh_switch
    .globl gh_resume_morestack
gh_resume_morestack:
    mov rsp, [r15 + {SAVED_SP}]
    movups xmm0, [rsp]
    movups xmm1, [rsp + 16]
    movups xmm2, [rsp + 32]
    movups xmm3, [rsp + 48]
    movups xmm4, [rsp + 64]
    movups xmm5, [rsp + 80]
    movups xmm6, [rsp + 96]
    movups xmm7, [rsp + 112]
    add rsp, 128
    pop r14
    pop r13
    pop r12
    pop rbx
    pop r9
    pop r8
    pop rcx
    pop rdx
    pop rsi
    pop rdi
    pop r11
    pop rbp
    jmp r11

# gh_resume_handler(rdi: DeferFrame): rsp = fp - frame size, rbp = fp, continue at the handler.
    .globl gh_resume_handler
gh_resume_handler:
    mov rbx, rdi
    mov [r15 + {SAVED_SP}], rsp
    mov [r15 + {SAVED_BP}], rbp
    mov rsp, [r15 + {SYS_SP}]
    call {resume_handler}
    mov rbp, [r15 + {STACK_HI}]
    sub rbp, [rbx + {FP_OFFSET}]
    mov rsp, rbp
    sub rsp, rax
    jmp [rbx + {HANDLER}]

    .globl gh_getg
gh_getg:
    mov rax, r15
    ret

# gh_frame_offset(rdi: skip) -> stack_hi - rbp, `skip` frames up from the caller.
    .globl gh_frame_offset
gh_frame_offset:
    mov rcx, rbp
2:  test rdi, rdi
    je 3f
    mov rcx, [rcx]
    dec rdi
    jmp 2b
3:  mov rax, [r15 + {STACK_HI}]
    sub rax, rcx
    ret

# gh_syscall6(rdi: number, rsi, rdx, rcx, r8, r9, [rsp + 8]) -> rax r1, rcx r2, rdx errno. The callee pops its argument.
    .globl gh_syscall6
gh_syscall6:
    mov rax, rdi
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rcx
    mov r10, r8
    mov r8, r9
    mov r9, [rsp + 8]
    syscall
    mov rcx, rdx
    xor edx, edx
    cmp rax, -4096
    jbe 2f
    mov rdx, rax
    neg rdx
    mov rax, -1
    xor ecx, ecx
2:  ret 16

# gh_vfork_syscall(rdi: number, rsi, rdx, rcx) -> rax r1, rcx errno. The child returns first, on the same stack, and may
# overwrite the return address: it is kept in r9, which the kernel preserves.
    .globl gh_vfork_syscall
gh_vfork_syscall:
    mov rax, rdi
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rcx
    xor r10d, r10d
    xor r8d, r8d
    pop r9
    syscall
    push r9
    xor ecx, ecx
    cmp rax, -4096
    jbe 2f
    mov rcx, rax
    neg rcx
    mov rax, -1
2:  ret

# gh_cpuid(rdi: leaf, rsi: sub-leaf) -> eax, ebx, ecx, edx in rax, rcx, rdx, rsi.
    .globl gh_cpuid
gh_cpuid:
    mov r8, rbx
    mov eax, edi
    mov ecx, esi
    cpuid
    mov esi, edx
    mov edx, ecx
    mov ecx, ebx
    mov rbx, r8
    ret

    .globl gh_xgetbv
gh_xgetbv:
    xor ecx, ecx
    xgetbv
    mov ecx, edx
    ret

    .globl gh_do_spin
gh_do_spin:
    mov eax, 30
2:  pause
    dec eax
    jne 2b
    ret

    .globl gh_breakpoint
gh_breakpoint:
    int3
    ret

    # Typed copies and clears (rdi: type, rsi: dst): Rust is asked only while the collector wants to know.
    .p2align 4
    .globl gh_typed_memmove
gh_typed_memmove:
    cmp dword ptr [rip + {barrier_flag}], 0
    jne gh_typed_memmove_marking
    mov rax, [rdi + {TYPE_SIZE}]
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rax
    jmp gh_memmove

    .p2align 4
    .globl gh_typed_memclr
gh_typed_memclr:
    cmp dword ptr [rip + {barrier_flag}], 0
    jne gh_typed_memclr_marking
    mov rax, [rdi + {TYPE_SIZE}]
    mov rdi, rsi
    mov rsi, rax
    jmp gh_memclr

# rdx: src, rcx: size.
    .p2align 4
    .globl gh_typed_slice_move
gh_typed_slice_move:
    cmp dword ptr [rip + {barrier_flag}], 0
    jne gh_typed_slice_move_marking
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rcx
    jmp gh_memmove

# rdx: size.
    .p2align 4
    .globl gh_typed_slice_clear
gh_typed_slice_clear:
    cmp dword ptr [rip + {barrier_flag}], 0
    jne gh_typed_slice_clear_marking
    mov rdi, rsi
    mov rsi, rdx
    jmp gh_memclr

    .text
