/*
 * filter.c - the system calls that lead out of a box, refused.
 *
 * The namespaces hold by themselves; this keeps a program from the kernel's less travelled roads. Calls that programs try
 * before they fall back on older ones are "not there" (ENOSYS), the others are refused (EPERM).
 */
#include "base/text.h"
#include "sandbox/inside.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEGMENT_BYTES_MAX (64 * 1024) /* of shared memory by name: PostgreSQL wants some bytes */

static const int refused[] = {
    SCMP_SYS(acct),
    SCMP_SYS(add_key),
    SCMP_SYS(bpf),
    SCMP_SYS(chroot),
    SCMP_SYS(delete_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(init_module),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(mount),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(move_mount),
    SCMP_SYS(move_pages),
    SCMP_SYS(nfsservctl),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(open_tree),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(pivot_root),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    SCMP_SYS(quotactl),
    SCMP_SYS(reboot),
    SCMP_SYS(request_key),
    SCMP_SYS(setdomainname),
    SCMP_SYS(sethostname),
    SCMP_SYS(setns),
    SCMP_SYS(settimeofday),
    SCMP_SYS(swapoff),
    SCMP_SYS(swapon),
    SCMP_SYS(syslog),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(vhangup),
};

static const int absent[] = {
    SCMP_SYS(clone3),       /* its flags lie in memory, where no filter sees them */
    SCMP_SYS(memfd_create), /* memory that nobody's count holds (watch.c) */
    SCMP_SYS(memfd_secret),   SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup),
};

/* Everybody who runs as this user shares 128 of each, and no limit of a box counts them: whoever gets none looks by itself. */
static const int exhausted[] = {SCMP_SYS(inotify_init), SCMP_SYS(inotify_init1),
                                SCMP_SYS(fanotify_init)};

/* Takes gigabytes of a disk in a moment, before anybody has looked: who cannot have it, writes. */
static const int unsupported[] = {SCMP_SYS(fallocate)};

/* Others (vsock, packet, crypto) are not held by a network namespace, or nobody needs them. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* A call that this machine does not have at all needs no rule. */
static bool
refuse(scmp_filter_ctx filter, int call, int cause)
{
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t) cause), call, 0);
    return result == 0 || result == -EDOM || result == -EINVAL;
}

static bool
refuse_families(scmp_filter_ctx filter)
{
    for (unsigned family = 0; family < AF_MAX; family++) {
        bool is_allowed = false;
        for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
            is_allowed |= family == (unsigned) families[i];
        if (!is_allowed && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
                                            1, SCMP_A0(SCMP_CMP_EQ, family)) != 0)
            return false;
    }
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                            SCMP_A0(SCMP_CMP_GE, AF_MAX)) == 0;
}

/* New user namespaces, words put into a terminal's input, and memory that stays when nobody holds it. */
static bool
refuse_by_arguments(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCSTI)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCLINUX)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(shmget), 1,
                            SCMP_A1(SCMP_CMP_GT, SEGMENT_BYTES_MAX)) == 0;
}

static bool
fill(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
        if (!refuse(filter, refused[i], EPERM))
            return false;
    for (size_t i = 0; i < G_N_ELEMENTS(absent); i++)
        if (!refuse(filter, absent[i], ENOSYS))
            return false;
    for (size_t i = 0; i < G_N_ELEMENTS(exhausted); i++)
        if (!refuse(filter, exhausted[i], EMFILE))
            return false;
    for (size_t i = 0; i < G_N_ELEMENTS(unsupported); i++)
        if (!refuse(filter, unsupported[i], EOPNOTSUPP))
            return false;
    return refuse_families(filter) && refuse_by_arguments(filter);
}

bool
filter_make(int *ret, GError **error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    AUTO_FD fd = memfd_create("filter", MFD_CLOEXEC);
    bool ok = filter != NULL && fd >= 0 && fill(filter) && seccomp_export_bpf(filter, fd) == 0 &&
              lseek(fd, 0, SEEK_SET) == 0;
    if (filter != NULL)
        seccomp_release(filter);
    if (!ok)
        return fail(error, ERR_INTERNAL, "cannot make the filter of system calls for a box");
    *ret = fd_steal(&fd);
    return true;
}
