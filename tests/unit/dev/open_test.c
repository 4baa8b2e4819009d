/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the opener: which are sound, and that the parent answers any
 * bytes at all without doing what it should not.  Needs no privilege.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dev/open.h"

static const struct {
	const char *name;
	bool ok;
} names[] = {
	{ "eth0", true },
	{ "a", true },
	{ "wlp3s0.20-x_y", true },
	{ "fifteen.letters", true },
	{ "sixteen..letters", false },
	{ "a name that is far too long", false },
	{ "", false },
	{ ".", false },
	{ "..", false },
	{ "a/b", false },
	{ "tap%d", false },
	{ "eth0:1", false },
	{ "two words", false },
	{ "tab\t", false },
	{ "\xc3\xa4", false },
	{ "del\x7f", false },
};

static void
device_names(void **state)
{
	struct open_req req;
	char text[160];
	unsigned i;

	for (i = 0; i < countof(names); i++) {
		open_req_init(&req, OPEN_QUERY, names[i].name);
		if ((open_req_check(&req, text, sizeof(text)) == 0) !=
		    names[i].ok)
			fail_msg("\"%s\"", names[i].name);
	}
}

static void
name_with_a_tail(void **state)
{
	struct open_req req;
	char text[160];

	open_req_init(&req, OPEN_QUERY, "eth0");
	req.or_name[10] = 'x';
	assert_int_equal(open_req_check(&req, text, sizeof(text)), EINVAL);
}

/* How a good request of a kind is changed, and whether it still is good. */
static const struct {
	const char *name;
	enum open_kind kind;
	struct open_req change; /* members that are not 0 are set */
	bool ok;
} requests[] = {
	{ "query", OPEN_QUERY, { 0 }, true },
	{ "query with queues", OPEN_QUERY, { .or_queues = 1 }, false },
	{ "query with memory", OPEN_QUERY, { .or_memsize = 2048 }, false },
	{ "query with a mode", OPEN_QUERY, { .or_mode = 1 }, false },
	{ "no kind", 0, { 0 }, false },
	{ "unknown kind", OPEN_RESTORE + 1, { 0 }, false },
	{ "another version", OPEN_QUERY, { .or_version = 99 }, false },
	{ "unknown flag", OPEN_QUERY, { .or_flags = OPENF_ALL + 1 }, false },
	{ "tap without queues", OPEN_TAP, { 0 }, false },
	{ "tap", OPEN_TAP, { .or_queues = 1 }, true },
	{ "tap with most queues", OPEN_TAP, { .or_queues = OPEN_MAXQ }, true },
	{ "tap with more", OPEN_TAP, { .or_queues = OPEN_MAXQ + 1 }, false },
	{ "tap, least mtu", OPEN_TAP, { .or_queues = 1, .or_mtu = 68 }, true },
	{ "tap, mtu below", OPEN_TAP, { .or_queues = 1, .or_mtu = 67 },
	    false },
	{ "tap, most mtu", OPEN_TAP, { .or_queues = 1, .or_mtu = 65521 },
	    true },
	{ "tap, mtu above", OPEN_TAP, { .or_queues = 1, .or_mtu = 65522 },
	    false },
	{ "tap with a mode", OPEN_TAP, { .or_queues = 1, .or_mode = 1 },
	    false },
	{ "xdp without memory", OPEN_XDP, { 0 }, false },
	{ "xdp", OPEN_XDP, { .or_memsize = 1 << 20 }, true },
	{ "xdp, zero copy", OPEN_XDP,
	    { .or_memsize = 1 << 20, .or_mode = OPENM_ZEROCOPY }, true },
	{ "xdp, unknown mode", OPEN_XDP,
	    { .or_memsize = 1 << 20, .or_mode = OPENM_N }, false },
	{ "xdp, half a buffer", OPEN_XDP, { .or_memsize = 1024 }, false },
	{ "xdp with queues", OPEN_XDP, { .or_memsize = 1 << 20,
	    .or_queues = 2 }, false },
	{ "packet", OPEN_PACKET, { .or_queues = OPEN_MAXQ,
	    .or_flags = OPENF_NOMUTE }, true },
	{ "packet without queues", OPEN_PACKET, { 0 }, false },
	{ "packet with more", OPEN_PACKET, { .or_queues = OPEN_MAXQ + 1 },
	    false },
	{ "packet with memory", OPEN_PACKET, { .or_queues = 1,
	    .or_memsize = 2048 }, false },
	{ "packet with a mode", OPEN_PACKET, { .or_queues = 1,
	    .or_mode = OPENM_COPY }, false },
	{ "restore", OPEN_RESTORE, { .or_mtu = 1500,
	    .or_flags = OPENF_DOWN }, true },
};

static void
members(void **state)
{
	char text[160];
	unsigned i;

	for (i = 0; i < countof(requests); i++) {
		const struct open_req *ch = &requests[i].change;
		struct open_req req;

		open_req_init(&req, requests[i].kind, "eth0");
		req.or_mode = ch->or_mode;
		req.or_flags = ch->or_flags;
		req.or_queues = ch->or_queues;
		req.or_mtu = ch->or_mtu;
		req.or_memsize = ch->or_memsize;
		if (ch->or_version != 0)
			req.or_version = ch->or_version;
		text[0] = '\0';
		if ((open_req_check(&req, text, sizeof(text)) == 0) !=
		    requests[i].ok)
			fail_msg("%s", requests[i].name);
		if (!requests[i].ok)
			assert_true(text[0] != '\0');
	}
}

/* The parent, in a thread; ends when the child hangs up. */
struct parent {
	int fd;
	int end; /* what opener_serve() returned last */
	unsigned asked; /* times the policy was */
	pthread_t thread;
};

static int
policy(void *arg, const struct open_req *req, char *err, size_t errlen)
{
	struct parent *p = arg;

	p->asked++;
	if (strcmp(req->or_name, "secret") != 0)
		return 0;
	snprintf(err, errlen, "%s is not in the configuration", req->or_name);
	return EPERM;
}

static void *
parent_main(void *arg)
{
	struct parent *p = arg;

	while ((p->end = opener_serve(p->fd, policy, p)) == 0)
		continue;
	return NULL;
}

/* Returns the child's end. */
static int
parent_start(struct parent *p)
{
	int sv[2];

	memset(p, 0, sizeof(*p));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	p->fd = sv[0];
	assert_int_equal(
	    pthread_create(&p->thread, NULL, parent_main, p), 0);
	return sv[1];
}

static void
parent_end(struct parent *p, int fd)
{
	close(fd);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
	close(p->fd);
	assert_int_equal(p->end, EPIPE);
}

static void
refusals(void **state)
{
	struct opener_remote remote;
	struct open_req req;
	struct open_res os;
	struct parent p;
	int fd = parent_start(&p);

	opener_remote_init(&remote, fd);
	open_req_init(&req, OPEN_QUERY, "no.such.if");
	assert_int_equal(remote.orm_opener.op_open(
	    &remote.orm_opener, &req, -1, &os, NULL, 0), ENODEV);
	assert_non_null(strstr(os.os_text, "no such interface"));
	open_req_init(&req, OPEN_QUERY, "secret");
	assert_int_equal(remote.orm_opener.op_open(
	    &remote.orm_opener, &req, -1, &os, NULL, 0), EPERM);
	assert_non_null(strstr(os.os_text, "not in the configuration"));
	assert_int_equal(p.asked, 2);
	/* What is not sound does not get as far as the policy. */
	req.or_name[3] = '/';
	assert_int_equal(remote.orm_opener.op_open(
	    &remote.orm_opener, &req, -1, &os, NULL, 0), EINVAL);
	parent_end(&p, fd);
	assert_int_equal(p.asked, 2);
}

static void
malformed(void **state)
{
	static const size_t sizes[] = { 1, sizeof(struct open_req) - 1,
		sizeof(struct open_req) + 1, 2 * sizeof(struct open_req) };
	uint8_t bytes[2 * sizeof(struct open_req)] = { 0 };
	struct open_res os;
	struct parent p;
	int fd = parent_start(&p);
	unsigned i;

	for (i = 0; i < countof(sizes); i++) {
		assert_int_equal(
		    send(fd, bytes, sizes[i], 0), (ssize_t)sizes[i]);
		assert_int_equal(recv(fd, &os, sizeof(os), 0), sizeof(os));
		assert_int_equal(os.os_error, EBADMSG);
		assert_int_equal(os.os_nfds, 0);
	}
	parent_end(&p, fd);
	assert_int_equal(p.asked, 0);
}

/* Descriptors that nobody asked for neither harm the parent nor stay open. */
static void
unwanted_descriptors(void **state)
{
	struct open_req req;
	struct open_res os;
	struct parent p;
	int i, fd = parent_start(&p), pipefd[2], many[8];
	char buf[CMSG_SPACE(sizeof(many))] = { 0 };
	struct iovec iov = { .iov_base = &req, .iov_len = sizeof(req) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = buf, .msg_controllen = sizeof(buf) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	assert_int_equal(pipe(pipefd), 0);
	for (i = 0; i < (int)countof(many); i++)
		many[i] = pipefd[1];
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(many));
	memcpy(CMSG_DATA(cm), many, sizeof(many));
	open_req_init(&req, OPEN_QUERY, "no.such.if");
	assert_int_equal(sendmsg(fd, &mh, 0), sizeof(req));
	assert_int_equal(recv(fd, &os, sizeof(os), 0), sizeof(os));
	assert_int_equal(os.os_error, ENODEV);
	close(pipefd[1]);
	/* End of file: nobody has the other end any more. */
	assert_int_equal(read(pipefd[0], buf, 1), 0);
	close(pipefd[0]);
	parent_end(&p, fd);
}

static void
parent_gone(void **state)
{
	struct opener_remote remote;
	struct open_req req;
	struct open_res os;
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	close(sv[0]);
	opener_remote_init(&remote, sv[1]);
	open_req_init(&req, OPEN_QUERY, "eth0");
	assert_int_equal(remote.orm_opener.op_open(
	    &remote.orm_opener, &req, -1, &os, NULL, 0), EPIPE);
	assert_true(os.os_text[0] != '\0');
	close(sv[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_names),
		cmocka_unit_test(name_with_a_tail),
		cmocka_unit_test(members),
		cmocka_unit_test(refusals),
		cmocka_unit_test(malformed),
		cmocka_unit_test(unwanted_descriptors),
		cmocka_unit_test(parent_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
