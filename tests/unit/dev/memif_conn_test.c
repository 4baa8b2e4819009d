/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of memif that does not mean well: what it may send as memory, as
 * rings and as events, in which order, and what comes of it.  The next client,
 * which means well, is served.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "memif_bed.h"

#define SIZE (1u << 20)

enum memory { SEALED, UNSEALED, HUGE, FILE_FD, PIPE, NONE };

struct fake {
	struct mlink l;
	int fd; /* its connection */
	int memfd;
	struct memif_msg got; /* the last thing it was told */
};

static void
fake_send(struct fake *f, const struct memif_msg *mm, int fd)
{
	struct memif_conn mc = { .mc_fd = f->fd };

	assert_int_equal(memif_conn_send(&mc, mm, fd), 0);
}

/* What it is told next; false: it was hung up on. */
static bool
fake_recv(struct fake *f)
{
	uint8_t buf[256];
	ssize_t n = -1;
	unsigned i;

	for (i = 0; i < 200 && n < 0; i++) {
		n = recv(f->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0) {
			f->l.now += NS_MS;
			host_settle(f->l.sp[SERVER]);
		}
	}
	assert_true(n >= 0);
	if (n == 0)
		return false;
	assert_null(memif_msg_parse(buf, (size_t)n, &f->got));
	return true;
}

static void
fake_expect(struct fake *f, enum memif_type type)
{
	assert_true(fake_recv(f));
	if (f->got.mm_type == MEMIF_DISCONNECT && type != MEMIF_DISCONNECT)
		fail_msg("%s", f->got.mm_text);
	assert_int_equal(f->got.mm_type, type);
}

static int
fake_memory(enum memory m)
{
	int fd, ends[2];

	switch (m) {
	case PIPE:
		assert_int_equal(pipe(ends), 0);
		close(ends[0]);
		return ends[1];
	case FILE_FD:
		fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
		break;
	case NONE:
		return -1;
	default:
		fd = memfd_create("fake", MFD_ALLOW_SEALING |
		    (m == HUGE ? MFD_HUGETLB : 0));
		break;
	}
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, m == HUGE ? 2 << 20 : SIZE), 0);
	if (m != UNSEALED && m != FILE_FD)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

/* Two rings of 64, as the protocol wants them. */
static void
fake_rings(const struct fake *f)
{
	struct memif_ring_wire *mw;
	uint8_t *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	    f->memfd, 0);
	unsigned i;

	assert_true(p != MAP_FAILED);
	for (i = 0; i < 2; i++) {
		mw = (void *)(p + i * 4096);
		mw->mw_cookie = MEMIF_COOKIE;
	}
	munmap(p, SIZE);
}

static void
fake_init(struct fake *f)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct memif_msg mm = { .mm_type = MEMIF_INIT,
		.mm_version = MEMIF_VERSION };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(f->l.socket));

	memcpy(sun.sun_path, f->l.socket, strlen(f->l.socket));
	sun.sun_path[0] = '\0';
	f->fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(f->fd, (struct sockaddr *)&sun, len), 0);
	fake_expect(f, MEMIF_HELLO);
	fake_send(f, &mm, -1);
	fake_expect(f, MEMIF_ACK);
}

static void
fake_create(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	mlink_init(&f->l, 1);
	mlink_attach(&f->l, SERVER);
}

/* It was told why, and hung up on; who means well is let in. */
static void
fake_refused(struct fake *f, const char *why)
{
	fake_expect(f, MEMIF_DISCONNECT);
	if (strstr(f->got.mm_text, why) == NULL)
		fail_msg("\"%s\" is not \"%s\"", f->got.mm_text, why);
	assert_false(fake_recv(f));
	close(f->fd);
	mlink_attach(&f->l, CLIENT);
	mlink_wait(&f->l, true);
	assert_int_equal(mlink_send(&f->l, CLIENT, 0, 1, 1, 60), 1);
	assert_int_equal(mlink_receive(&f->l, SERVER, 0, 1, 60), 1);
	mlink_down(&f->l);
}

static void
memory_that_could_kill(void **state)
{
	static const struct {
		enum memory memory;
		unsigned index;
		uint64_t size;
		const char *why;
	} tab[] = {
		{ UNSEALED, 0, SIZE, "may shrink" },
		{ HUGE, 0, 2 << 20, "huge pages" },
		{ FILE_FD, 0, SIZE, "no memfd" },
		{ PIPE, 0, SIZE, "no memfd" },
		{ NONE, 0, SIZE, "no descriptor" },
		{ SEALED, 0, SIZE + 1, "smaller than" },
		{ SEALED, 0, 0, "4 GiB" },
		{ SEALED, 0, UINT64_MAX, "4 GiB" },
		{ SEALED, MEMIF_REGIONS, SIZE, "one too many" },
		{ SEALED, UINT16_MAX, SIZE, "one too many" },
	};
	struct fake f;
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		struct memif_msg mm = { .mm_type = MEMIF_ADD_REGION,
			.mm_index = (uint16_t)tab[i].index,
			.mm_size = tab[i].size };

		fake_create(&f);
		fake_init(&f);
		f.memfd = fake_memory(tab[i].memory);
		fake_send(&f, &mm, f.memfd);
		fake_refused(&f, tab[i].why);
		if (f.memfd >= 0)
			close(f.memfd);
	}
}

static void
fake_region(struct fake *f)
{
	struct memif_msg mm = { .mm_type = MEMIF_ADD_REGION,
		.mm_size = SIZE };

	f->memfd = fake_memory(SEALED);
	fake_rings(f);
	fake_send(f, &mm, f->memfd);
	fake_expect(f, MEMIF_ACK);
}

static void
rings_that_are_none(void **state)
{
	static const struct {
		struct memif_msg mm;
		enum memory event;
		const char *why;
	} tab[] = {
#define RING(...) { .mm_type = MEMIF_ADD_RING, .mm_s2m = true, __VA_ARGS__ }
		{ RING(.mm_log2 = 6, .mm_index = 1), SEALED, "one too many" },
		{ RING(.mm_log2 = 0), SEALED, "2 to 16,384" },
		{ RING(.mm_log2 = 15), SEALED, "2 to 16,384" },
		{ RING(.mm_log2 = 255), SEALED, "2 to 16,384" },
		{ RING(.mm_log2 = 6, .mm_private = 8), SEALED, "private" },
		{ RING(.mm_log2 = 6, .mm_region = 1), SEALED, "not sent" },
		{ RING(.mm_log2 = 6, .mm_region = 999), SEALED, "not sent" },
		{ RING(.mm_log2 = 6, .mm_offset = 32), SEALED, "cache line" },
		{ RING(.mm_log2 = 14, .mm_offset = SIZE - 4096), SEALED,
		    "not within" },
		{ RING(.mm_log2 = 6, .mm_offset = UINT32_MAX - 63), SEALED,
		    "not within" },
		{ RING(.mm_log2 = 6, .mm_offset = 65536), SEALED, "cookie" },
		/* An event that is none. */
		{ RING(.mm_log2 = 6), PIPE, "eventfd" },
		{ RING(.mm_log2 = 6), FILE_FD, "eventfd" },
		{ RING(.mm_log2 = 6), NONE, "eventfd" },
	};
	struct fake f;
	unsigned i;
	int event;

	for (i = 0; i < countof(tab); i++) {
		fake_create(&f);
		fake_init(&f);
		fake_region(&f);
		event = tab[i].event == SEALED ? eventfd(0, 0) :
		    fake_memory(tab[i].event);
		fake_send(&f, &tab[i].mm, event);
		fake_refused(&f, tab[i].why);
		if (event >= 0)
			close(event);
		close(f.memfd);
	}
}

static void
fake_ring(struct fake *f, bool s2m, int event)
{
	struct memif_msg mm = { .mm_type = MEMIF_ADD_RING,
		.mm_s2m = s2m,
		.mm_log2 = 6,
		.mm_offset = s2m ? 0 : 4096 };

	fake_send(f, &mm, event);
	fake_expect(f, MEMIF_ACK);
}

static void
another_order(void **state)
{
	static const enum memif_type wrong[] = { MEMIF_ACK, MEMIF_HELLO,
		MEMIF_INIT, MEMIF_CONNECTED };
	struct memif_msg mm = { .mm_type = MEMIF_CONNECT };
	struct fake f;
	unsigned i;

	for (i = 0; i < countof(wrong); i++) {
		mm.mm_type = wrong[i];
		fake_create(&f);
		fake_init(&f);
		fake_send(&f, &mm, -1);
		fake_refused(&f, "while it set up");
	}
	/* No rings, or one way only. */
	mm.mm_type = MEMIF_CONNECT;
	for (i = 0; i < 2; i++) {
		fake_create(&f);
		fake_init(&f);
		if (i > 0) {
			fake_region(&f);
			fake_ring(&f, true, eventfd(0, 0));
		}
		fake_send(&f, &mm, -1);
		fake_refused(&f, "left out rings");
	}
	/* Nothing at all. */
	fake_create(&f);
	fake_init(&f);
	mlink_pass(&f.l, 100 * NS_MS);
	f.l.now += 5 * NS_S;
	fake_refused(&f, "silent");
}

/*
 * Its event is full, and made to block: whoever sends to it is not held up,
 * and whoever waits for it neither.
 */
static void
events_that_would_block(void **state)
{
	struct memif_msg mm = { .mm_type = MEMIF_CONNECT };
	uint64_t full = UINT64_MAX - 1;
	struct memif_ring_wire *mw;
	int to, from;
	struct fake f;

	fake_create(&f);
	fake_init(&f);
	fake_region(&f);
	fake_ring(&f, true, to = eventfd(0, 0));
	fake_ring(&f, false, from = eventfd(0, 0));
	fake_send(&f, &mm, -1);
	fake_expect(&f, MEMIF_CONNECTED);
	assert_true(if_running(f.l.ifp[SERVER]));
	mw = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, f.memfd, 0);
	assert_true(mw != MAP_FAILED);
	mw = (void *)((uint8_t *)mw + 4096);
	mw->mw_desc[0].md_what = memif_what(0, 0, 2048);
	mw->mw_desc[0].md_where = 65536;
	mw->mw_head = 1; /* and no MEMIF_MASK_INT: it sleeps */
	assert_int_equal(fcntl(from, F_SETFL, 0), 0);
	assert_int_equal(write(from, &full, 8), 8);
	assert_int_equal(mlink_send(&f.l, SERVER, 0, 1, 1, 60), 1);
	assert_int_equal(fcntl(to, F_SETFL, 0), 0);
	assert_false(dev_memif.do_arm(host_cpu(f.l.sp[SERVER], 0),
	    &f.l.ifp[SERVER]->if_rxq[0]));
	munmap((uint8_t *)mw - 4096, SIZE);
	close(f.fd);
	close(f.memfd);
	close(to);
	close(from);
	mlink_down(&f.l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_could_kill),
		cmocka_unit_test(rings_that_are_none),
		cmocka_unit_test(another_order),
		cmocka_unit_test(events_that_would_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
