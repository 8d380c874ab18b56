#define _GNU_SOURCE
#include "agentguard.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int ag_drop_rights(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    const struct rlimit no_core = {0, 0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -errno;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL) return -errno;
    if (syscall(SYS_capset, &header, none)) return -errno;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return -errno;
    return setrlimit(RLIMIT_CORE, &no_core) ? -errno : 0;
}

int ag_limit_memory(uint64_t bytes) {
    const struct rlimit limit = {bytes, bytes};
    return setrlimit(RLIMIT_DATA, &limit) ? -errno : 0;
}

/* Written out rather than made by libseccomp, which would be one more library on customers' machines. */
#if defined(__x86_64__)
#define AG_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AG_ARCH AUDIT_ARCH_AARCH64
#endif

int ag_filter_calls(void) {
#if defined(AG_ARCH)
    static const uint32_t denied[] = {
        SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
        SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_init_module, SYS_finit_module, SYS_delete_module,
        SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_listen, SYS_accept, SYS_accept4,
#if defined(SYS_fork)
        SYS_fork, SYS_vfork,
#endif
#if defined(SYS_io_uring_setup)
        SYS_io_uring_setup,
#endif
    };
    enum { count = sizeof denied / sizeof denied[0] };
    struct sock_filter program[count * 2 + 20];
    unsigned short size = 0;
#define ADD(...) program[size++] = (struct sock_filter)__VA_ARGS__
#define LOAD(field) ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field)))
#define ANSWER(value) ADD(BPF_STMT(BPF_RET | BPF_K, value))
    LOAD(arch);
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AG_ARCH, 1, 0));
    ANSWER(SECCOMP_RET_KILL_PROCESS);
    LOAD(nr);
#if defined(__x86_64__)
    /* The second way to call, with pointers of 32 bits. */
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
    ANSWER(SECCOMP_RET_ERRNO | EPERM);
#endif
    for (int index = 0; index < count; index++) {
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[index], 0, 1));
        ANSWER(SECCOMP_RET_ERRNO | EPERM);
    }
#if defined(SYS_clone3)
    /* Its flags are in memory, where a filter cannot look: glibc falls back to clone. */
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
    ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
#endif
    /* Threads, not processes. */
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
    LOAD(args[0]);
    ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
    ANSWER(SECCOMP_RET_ERRNO | EPERM);
    ANSWER(SECCOMP_RET_ALLOW);
    const struct sock_fprog filter = {size, program};
    /* A thread that cannot follow is named by a positive answer. */
    const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    return result < 0 ? -errno : result > 0 ? -ESRCH : 0;
#else
    return -ENOSYS;
#endif
}
