/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving up what the data plane need not have.
 *
 * It has its devices, its memory and its sockets.  From here on it can move
 * packets between them, talk to its clients, and ask the parent for more; it
 * is nobody, has no capability, can open no file, start no program, and cannot
 * get any of this back.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "priv.h"

#define NOBODY 65534

/* The sanitizers make system calls of their own, files and all. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER true
#elif defined(__has_feature)
#define SANITIZER \
	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZER false
#endif

static int
sandbox_fail(struct log *log, const char *what, int error)
{
	log_error(log, "sandbox: cannot %s: %s", what, strerror(error));
	return error;
}

/*
 * Whether an id exists here: in a user namespace of an ordinary user there is
 * just one, and nobody else to become.
 */
static bool
id_mapped(const char *map, unsigned long id)
{
	unsigned long first, count;
	bool found = false;
	FILE *f;

	if ((f = fopen(map, "re")) == NULL)
		return true;
	while (!found && fscanf(f, "%lu %*u %lu", &first, &count) == 2)
		found = id >= first && id - first < count;
	fclose(f);
	return found;
}

static int
sandbox_user(struct log *log)
{
	if (geteuid() != 0)
		return 0;
	if (!id_mapped("/proc/self/uid_map", NOBODY) ||
	    !id_mapped("/proc/self/gid_map", NOBODY))
		return 0;
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0)
		return sandbox_fail(log, "become nobody", errno);
	return 0;
}

/* Not even what a program could be given that we cannot start. */
static void
sandbox_bounds(void)
{
	unsigned long cap;

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int
sandbox_capabilities(struct log *log)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &hdr, none) != 0)
		return sandbox_fail(log, "give up capabilities", errno);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return sandbox_fail(log, "renounce new privileges", errno);
	return 0;
}

/*
 * What is left: moving bytes, waiting, memory without code, threads, time and
 * the end.
 */
static const int allowed[] = {
	SCMP_SYS(accept4), SCMP_SYS(brk), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(close),
	SCMP_SYS(dup3), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(fcntl), SCMP_SYS(fdatasync), SCMP_SYS(fstat),
	SCMP_SYS(fstatfs), /* memif: of what kind the peer's memory is */
	SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), /* memif: memory for a server */
	SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(getppid),
	SCMP_SYS(getrandom), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(lseek),
	SCMP_SYS(madvise), SCMP_SYS(memfd_create), SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(nanosleep),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(preadv2),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(shutdown),
	SCMP_SYS(sysinfo), /* qsort(3): how much memory there is */
	SCMP_SYS(tgkill),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

/* Allowed with an argument that is equal to the value under the mask. */
static const struct {
	int call;
	unsigned arg;
	scmp_datum_t mask;
	scmp_datum_t value;
} allowed_if[] = {
	{ SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS }, /* is there a link */
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFMTU }, /* still its own */
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFNAME }, /* or a device */
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS }, /* a screen's terminal */
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TCSETSW },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TUNSETOFFLOAD }, /* as it was found */
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_PDEATHSIG },
};

/* Refused without dying of it: callers have another way, or can do without. */
static const struct {
	int call;
	int error;
} refused[] = {
	{ SCMP_SYS(clone3), ENOSYS }, /* its flags cannot be looked at */
	{ SCMP_SYS(open), EACCES },
	{ SCMP_SYS(openat), EACCES },
	{ SCMP_SYS(newfstatat), EACCES },
};

static int
filter_rules(scmp_filter_ctx ctx)
{
	size_t i;
	int error = 0;

	for (i = 0; i < countof(allowed) && error == 0; i++)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (i = 0; i < countof(allowed_if) && error == 0; i++)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
		    allowed_if[i].call, 1, SCMP_CMP(allowed_if[i].arg,
		    SCMP_CMP_MASKED_EQ, allowed_if[i].mask,
		    allowed_if[i].value));
	for (i = 0; i < countof(refused) && error == 0; i++)
		error = seccomp_rule_add(ctx,
		    SCMP_ACT_ERRNO((unsigned)refused[i].error),
		    refused[i].call, 0);
	return error;
}

/*
 * A system call that is on no list: say which, and die of it.  Only what a
 * signal handler may do.
 */
static void
filter_trapped(int sig, siginfo_t *si, void *ucontext)
{
	char text[] = "spate: sandbox: system call 0000 is not allowed\n";
	unsigned nr = (unsigned)si->si_syscall;
	char *digit = strstr(text, "0000") + 3;

	for (; nr > 0 && *digit != ' '; nr /= 10)
		*digit-- = (char)('0' + nr % 10);
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	signal(SIGSYS, SIG_DFL);
	raise(SIGSYS);
}

static int
sandbox_filter(struct log *log)
{
	struct sigaction sa = { .sa_sigaction = filter_trapped,
		.sa_flags = SA_SIGINFO | SA_NODEFER };
	scmp_filter_ctx ctx;
	int error;

	if (SANITIZER) {
		log_info(log, "sandbox: no filter under a sanitizer");
		prctl(PR_SET_DUMPABLE, 1); /* it looks for leaks in the end */
		return 0;
	}
	sigaction(SIGSYS, &sa, NULL);
	if ((ctx = seccomp_init(SCMP_ACT_TRAP)) == NULL)
		return sandbox_fail(log, "filter system calls", ENOMEM);
	if ((error = filter_rules(ctx)) == 0)
		error = seccomp_load(ctx);
	seccomp_release(ctx);
	return error == 0 ? 0 :
	    sandbox_fail(log, "filter system calls", -error);
}

int
sandbox_enter(struct log *log)
{
	int error;

	sandbox_bounds();
	if ((error = sandbox_user(log)) != 0 ||
	    (error = sandbox_capabilities(log)) != 0)
		return error;
	return sandbox_filter(log);
}
