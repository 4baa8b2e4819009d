/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Not sawing off the branch one sits on: who started this may have logged
 * in by a device that it is about to take away from the kernel.
 *
 * The user's own login is in the environment of some ancestor of ours (sudo
 * takes it from ours).  Others who are logged in are known by their
 * connections; a service that comes up by itself is not refused for them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open.h"
#include "priv.h"

#define LOGIN_SSH      22
#define LOGIN_DEPTH    64 /* ancestors */
#define LOGIN_MAXPEERS 256 /* connections looked at */
#define ENV_MAX	       (256 * 1024)
#define ESTABLISHED    1

struct peer {
	int p_family; /* 0: not an address */
	uint8_t p_addr[16];
};

/* The address up to the first blank; a zone is left out. */
static struct peer
peer_parse(const char *s)
{
	char text[INET6_ADDRSTRLEN] = "";
	size_t n = strcspn(s, " %");
	struct peer p = { 0 };

	if (n >= sizeof(text))
		return p;
	memcpy(text, s, n);
	if (inet_pton(AF_INET, text, p.p_addr) == 1)
		p.p_family = AF_INET;
	else if (inet_pton(AF_INET6, text, p.p_addr) == 1)
		p.p_family = AF_INET6;
	return p;
}

static const char *
peer_text(const struct peer *p, char text[static INET6_ADDRSTRLEN])
{
	return inet_ntop(p->p_family, p->p_addr, text, INET6_ADDRSTRLEN);
}

/* What a process had in its environment when it was started. */
static bool
environ_peer(pid_t pid, struct peer *p)
{
	static const char name[] = "SSH_CONNECTION=";
	char path[64], *env, *s;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	n = 0;
	if ((env = calloc(1, ENV_MAX + 1)) != NULL)
		n = fread(env, 1, ENV_MAX, f);
	fclose(f);
	p->p_family = 0;
	for (s = env; n > 0 && s < env + n; s += strlen(s) + 1)
		if (strncmp(s, name, sizeof(name) - 1) == 0) {
			*p = peer_parse(s + sizeof(name) - 1);
			break;
		}
	free(env);
	return p->p_family != 0;
}

static pid_t
parent_of(pid_t pid)
{
	char path[64], line[256];
	int ppid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "PPid: %d", &ppid) == 1)
			break;
	fclose(f);
	return ppid;
}

/* Where the user who started us is. */
static bool
login_own(struct peer *p)
{
	pid_t pid = getpid();
	unsigned depth;

	for (depth = 0; pid > 0 && depth < LOGIN_DEPTH; depth++) {
		if (environ_peer(pid, p))
			return true;
		pid = parent_of(pid);
	}
	return false;
}

/* An address of /proc/net/tcp: words of 32 bits as the machine has them. */
static bool
proc_addr(const char *hex, struct peer *p)
{
	size_t i, n = strlen(hex);

	if (n != 8 && n != 32)
		return false;
	p->p_family = n == 8 ? AF_INET : AF_INET6;
	for (i = 0; i < n / 8; i++) {
		char word[9] = "";
		uint32_t v;

		memcpy(word, hex + 8 * i, 8);
		v = (uint32_t)strtoul(word, NULL, 16);
		memcpy(&p->p_addr[4 * i], &v, sizeof(v));
	}
	return true;
}

/* An IPv4 address that IPv6's sockets know is one. */
static void
peer_unmap(struct peer *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (p->p_family != AF_INET6 ||
	    memcmp(p->p_addr, mapped, sizeof(mapped)) != 0)
		return;
	p->p_family = AF_INET;
	memmove(p->p_addr, p->p_addr + sizeof(mapped), 4);
}

/* How many connections of the file arrive by ssh over the device. */
static unsigned
login_count(const char *path, const char *device)
{
	unsigned n = 0, looked = 0, port, state;
	char line[512], addr[33];
	struct peer p;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (looked < LOGIN_MAXPEERS && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, " %*[^:]: %*[^:]:%x %32[0-9A-F]:%*x %x", &port,
			addr, &state) == 3 && port == LOGIN_SSH &&
		    state == ESTABLISHED && proc_addr(addr, &p)) {
			looked++;
			peer_unmap(&p);
			n += open_carries(device, p.p_family, p.p_addr);
		}
	fclose(f);
	return n;
}

static void
login_warn(const char *device)
{
	unsigned n = login_count("/proc/net/tcp", device) +
	    login_count("/proc/net/tcp6", device);

	if (n > 0)
		fprintf(stderr, "spate: warning: %s carries %u ssh "
		    "connection%s, which will stall: the kernel does not hear "
		    "it any more\n",
		    device, n, n == 1 ? "" : "s");
}

int
login_check(const char *device, bool cut, char *err, size_t errlen)
{
	char text[INET6_ADDRSTRLEN];
	struct peer own;

	if (!cut && login_own(&own)) {
		peer_unmap(&own);
		if (open_carries(device, own.p_family, own.p_addr)) {
			snprintf(err, errlen, "%s carries your own login from "
			    "%s and would cut it; if you know another way in, "
			    "say login = cut",
			    device, peer_text(&own, text));
			return EPERM;
		}
	}
	login_warn(device);
	return 0;
}
