/* kernel.c - less travelled roads out of a box, tried one by one: what the kernel offers and no build or test needs. */
#include "place.h"

#include "sandbox/inside.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* System calls by number, as no library offers them; of each what it answers is printed when it is not a refusal. */
static void
refused_calls_are_refused(void)
{
#ifdef __x86_64__
    g_autoptr(Place) place = place_new();
    place_prints(
        place,
        "/usr/bin/python3 -c '\n"
        "import ctypes, errno, os\n"
        "call = ctypes.CDLL(None, use_errno=True).syscall\n"
        "calls = {101: \"ptrace\", 165: \"mount\", 248: \"add_key\", 249: \"request_key\", 250: "
        "\"keyctl\",\n"
        "         155: \"pivot_root\", 161: \"chroot\", 175: \"init_module\", 246: \"kexec_load\", "
        "272: \"unshare\",\n"
        "         298: \"perf_event_open\", 304: \"open_by_handle_at\", 308: \"setns\", 310: "
        "\"process_vm_readv\",\n"
        "         321: \"bpf\", 323: \"userfaultfd\", 425: \"io_uring_setup\", 319: "
        "\"memfd_create\", 435: \"clone3\",\n"
        "         428: \"open_tree\", 430: \"fsopen\", 442: \"mount_setattr\", 103: \"syslog\"}\n"
        "for number, name in calls.items():\n"
        "    ctypes.set_errno(0)\n"
        "    got = call(number, 0, 0, 0, 0, 0, 0)\n"
        "    if got != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS): print(name, "
        "got, ctypes.get_errno())\n"
        "'",
        "");
#else
    g_test_skip("the numbers are those of another machine");
#endif
}

static void
programs_get_no_rights_from_files(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(
        place,
        "cp /usr/bin/env own; chmod u+s own; "
        "./own grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' /proc/self/status | tr -s '\\t' ' '; "
        "for tool in su sudo mount newuidmap; do timeout 2 $tool -h </dev/null >/dev/null 2>&1; "
        "done; id -u",
        "CapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n1000\n");
}

static void
nothing_of_ours_is_open_in_it(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(
        place,
        "ls /proc/self/fd | sort -n | tr '\\n' ' '; readlink /proc/1/root /proc/1/cwd | sort -u",
        "0 1 2 3 /\n/repository\n"); /* 3 is the folder that is listed */
}

static void
its_terminal_cannot_be_typed_into(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(place,
                 "(: > /dev/tty) 2>/dev/null && echo terminal; /usr/bin/python3 -c '\n"
                 "import fcntl, os, pty, termios\n"
                 "outer, inner = pty.openpty()\n"
                 "try:\n    fcntl.ioctl(inner, termios.TIOCSTI, b\"x\"); print(\"typed\")\n"
                 "except OSError: pass\n'",
                 "");
}

/* Listeners of ours that have no address of the network: by an abstract name, and on IPv6. */
static void
no_other_kind_of_socket_leads_out(void)
{
    g_autoptr(Place) place = place_new();
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    socklen_t size = sizeof at;
    int abstract = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "honk-test-%d", (int) getpid());
    socklen_t bytes =
        (socklen_t) (offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name.sun_path + 1));
    g_assert_cmpint(bind(abstract, (struct sockaddr *) &name, bytes), ==, 0);
    g_assert_cmpint(listen(abstract, 1), ==, 0);
    if (bind(six, (struct sockaddr *) &at, size) == 0)
        g_assert_cmpint(listen(six, 1), ==, 0);
    (void) getsockname(six, (struct sockaddr *) &at, &size);
    g_autofree char *script =
        g_strdup_printf("/usr/bin/python3 -c '\nimport socket\n"
                        "def reach(family, at):\n"
                        "    try:\n        s = socket.socket(family, socket.SOCK_STREAM); "
                        "s.settimeout(2); s.connect(at); print(\"reached\", at)\n"
                        "    except OSError: pass\n"
                        "reach(socket.AF_UNIX, \"\\0honk-test-%d\")\n"
                        "reach(socket.AF_INET6, (\"::1\", %d))\n"
                        "reach(socket.AF_INET6, (\"2001:db8::1\", 80))\n"
                        "try: print(socket.getaddrinfo(\"example.com\", 80))\n"
                        "except OSError: pass\n"
                        "for path in (\"/run/docker.sock\", \"/var/run/dbus/system_bus_socket\", "
                        "\"/run/systemd/private\"):\n"
                        "    reach(socket.AF_UNIX, path)\n'",
                        (int) getpid(), (int) ntohs(at.sin6_port));
    place_prints(place, script, "");
    close(abstract);
    close(six);
}

/* ---- how much, by ways round the counts ---- */

static void
memory_that_is_shared_counts(void)
{
    g_autoptr(Place) place = place_new();
    place_is_cut(place,
                 "/usr/bin/python3 -c '\nimport mmap, os, time\n"
                 "for i in range(4):\n"
                 "    if os.fork() == 0:\n"
                 "        m = mmap.mmap(-1, 100 << 20)\n"
                 "        for at in range(0, len(m), 4096): m[at] = 1\n"
                 "        time.sleep(1000)\n"
                 "time.sleep(1000)\n'",
                 "used more than 256 MiB of memory");
}

/* A child that has seen all of it says so, and stays until its input ends. */
static pid_t
start_one_that_sees(const char *memory, size_t bytes, const int ready[2], const int stay[2])
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char byte = 'x';
    volatile char seen = 0;
    for (size_t at = 0; at < bytes; at += 4096)
        seen = (char) (seen + memory[at]);
    close(stay[1]);
    if (write(ready[1], &byte, 1) != 1 || read(stay[0], &byte, 1) < 0)
        _exit(1);
    _exit(0);
}

/* What a parent and its children see together is theirs once. */
static void
memory_that_many_see_counts_once(void)
{
#ifdef __SANITIZE_THREAD__
    g_test_skip("the sanitizer's own threads and memory are counted, too");
    return;
#endif
    const size_t bytes = (size_t) 24 << 20;
    pid_t pids[6];
    int ready[2], stay[2];
    char byte = 0;
    Crowd crowd;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(memory != MAP_FAILED);
    memset(memory, 1, bytes);
    g_assert_cmpint(pipe(ready), ==, 0);
    g_assert_cmpint(pipe(stay), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(pids); i++)
        pids[i] = start_one_that_sees(memory, bytes, ready, stay);
    for (size_t i = 0; i < G_N_ELEMENTS(pids); i++)
        g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    g_assert_true(crowd_count(getpid(), 64, (int64_t) bytes * 3, &crowd));
    g_assert_cmpint(crowd.processes, ==, (int) G_N_ELEMENTS(pids));
    /* A part of it counts as ours, who see it, too. */
    g_assert_cmpint(crowd.memory_bytes, >=, (int64_t) (bytes / 7 * 6));
    g_assert_cmpint(crowd.memory_bytes, <, (int64_t) bytes * 3);
    close(stay[1]);
    for (size_t i = 0; i < G_N_ELEMENTS(pids); i++)
        g_assert_cmpint(waitpid(pids[i], NULL, 0), ==, pids[i]);
    close(stay[0]);
    close(ready[0]);
    close(ready[1]);
    munmap(memory, bytes);
}

/* They are shared with everybody who runs as this user. */
static void
watches_of_files_are_not_taken(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(place,
                 "/usr/bin/python3 -c '\nimport ctypes, errno\n"
                 "libc = ctypes.CDLL(None, use_errno=True)\n"
                 "for call in (libc.inotify_init, lambda: libc.inotify_init1(0), "
                 "lambda: libc.fanotify_init(0x200, 0)):\n"
                 "    print(call(), ctypes.get_errno() == errno.EMFILE)\n'; "
                 "echo line > log; timeout 1 tail -f log 2>/dev/null",
                 "-1 True\n-1 True\n-1 True\nline\n");
}

static void
a_disk_is_not_taken_in_a_moment(void)
{
    g_autoptr(Place) place = place_new();
    place_prints(
        place,
        "fallocate -l 30M whole 2>/dev/null && echo taken; truncate -s 10T far 2>/dev/null; "
        "find . -size +40M | head",
        "");
}

static void
many_empty_files_are_limited(void)
{
    g_autoptr(Place) place = place_new();
    g_auto(BoxResult) result = {0};
    BoxLimits limits = place_small;
    limits.disk_mib = 1;
    place_run_limited(place,
                      "/usr/bin/python3 -c '\nimport itertools\n"
                      "for i in itertools.count(): open(str(i), \"w\").close()\n'",
                      &limits, &result);
    g_assert_cmpstr(result.end, ==, "wrote more than 1 MiB to its folder");
}

static const PlaceCase cases[] = {
    {"/box/refused calls are refused", refused_calls_are_refused},
    {"/box/programs get no rights from files", programs_get_no_rights_from_files},
    {"/box/nothing of ours is open in it", nothing_of_ours_is_open_in_it},
    {"/box/its terminal cannot be typed into", its_terminal_cannot_be_typed_into},
    {"/box/no other kind of socket leads out", no_other_kind_of_socket_leads_out},
    {"/box/memory that is shared counts", memory_that_is_shared_counts},
    {"/box/watches of files are not taken", watches_of_files_are_not_taken},
    {"/box/a disk is not taken in a moment", a_disk_is_not_taken_in_a_moment},
    {"/box/many empty files are limited", many_empty_files_are_limited},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_cases(cases, G_N_ELEMENTS(cases));
    g_test_add_func("/crowd/memory that many see counts once", memory_that_many_see_counts_once);
    return g_test_run();
}
