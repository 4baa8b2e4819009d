/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer of the benchmark: sends every frame of an AF_XDP socket back where it
 * came from, with its MAC addresses swapped, and does nothing else.  By the
 * book of libxdp: one queue, one umem, need-wakeup, copy mode.
 *
 * usage: xdpbounce interface		(runs until SIGTERM)
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <xdp/xsk.h>

#define FRAMES	   4096
#define FRAME_SIZE 2048
#define BURST	   64

struct bounce {
	struct xsk_ring_prod b_fill;
	struct xsk_ring_cons b_done;
	struct xsk_ring_cons b_rx;
	struct xsk_ring_prod b_tx;
	struct xsk_umem *b_umem;
	struct xsk_socket *b_sock;
	char *b_mem;
};

static void
bounce_open(struct bounce *b, const char *ifname)
{
	struct xsk_umem_config uc = { .fill_size = FRAMES,
		.comp_size = FRAMES, .frame_size = FRAME_SIZE,
		.frame_headroom = 0 };
	struct xsk_socket_config sc = { .rx_size = 2048, .tx_size = 2048,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP };
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	uint32_t at;
	int error;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	b->b_mem = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->b_mem == MAP_FAILED)
		err(1, "mmap");
	error = xsk_umem__create(&b->b_umem, b->b_mem, FRAMES * FRAME_SIZE,
	    &b->b_fill, &b->b_done, &uc);
	if (error != 0)
		errx(1, "umem: %s", strerror(-error));
	error = xsk_socket__create(&b->b_sock, ifname, 0, b->b_umem, &b->b_rx,
	    &b->b_tx, &sc);
	if (error != 0)
		errx(1, "%s: %s", ifname, strerror(-error));
	if (xsk_ring_prod__reserve(&b->b_fill, FRAMES, &at) != FRAMES)
		errx(1, "fill ring");
	for (unsigned i = 0; i < FRAMES; i++)
		*xsk_ring_prod__fill_addr(&b->b_fill, at + i) =
		    (uint64_t)i * FRAME_SIZE;
	xsk_ring_prod__submit(&b->b_fill, FRAMES);
}

static void
swap_macs(uint8_t *p)
{
	uint8_t mac[6];

	memcpy(mac, p, 6);
	memcpy(p, p + 6, 6);
	memcpy(p + 6, mac, 6);
}

/* What was sent can be filled again. */
static void
recycle(struct bounce *b)
{
	uint32_t from, to, i, n;

	n = xsk_ring_cons__peek(&b->b_done, BURST, &from);
	if (n == 0 || xsk_ring_prod__reserve(&b->b_fill, n, &to) != n)
		return;
	for (i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&b->b_fill, to + i) =
		    *xsk_ring_cons__comp_addr(&b->b_done, from + i);
	xsk_ring_prod__submit(&b->b_fill, n);
	xsk_ring_cons__release(&b->b_done, n);
}

static unsigned
bounce(struct bounce *b)
{
	uint32_t rx, tx, i, n;

	recycle(b);
	if ((n = xsk_ring_cons__peek(&b->b_rx, BURST, &rx)) == 0)
		return 0;
	while (xsk_ring_prod__reserve(&b->b_tx, n, &tx) != n) {
		sendto(xsk_socket__fd(b->b_sock), NULL, 0, MSG_DONTWAIT, NULL,
		    0);
		recycle(b);
	}
	for (i = 0; i < n; i++) {
		const struct xdp_desc *d = xsk_ring_cons__rx_desc(&b->b_rx,
		    rx + i);

		swap_macs(xsk_umem__get_data(b->b_mem, d->addr));
		*xsk_ring_prod__tx_desc(&b->b_tx, tx + i) = *d;
	}
	xsk_ring_prod__submit(&b->b_tx, n);
	xsk_ring_cons__release(&b->b_rx, n);
	sendto(xsk_socket__fd(b->b_sock), NULL, 0, MSG_DONTWAIT, NULL, 0);
	return n;
}

int
main(int argc, char **argv)
{
	struct bounce b = { 0 };
	struct pollfd pfd = { .events = POLLIN };

	if (argc != 2)
		errx(2, "usage: xdpbounce interface");
	bounce_open(&b, argv[1]);
	pfd.fd = xsk_socket__fd(b.b_sock);
	puts("ready");
	fflush(stdout);
	for (;;)
		if (bounce(&b) == 0)
			poll(&pfd, 1, 10);
}
