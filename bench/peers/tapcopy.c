/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer of the benchmark: copies frames from one tap to another and back, and
 * does nothing else.  Same offloads as Spate's tap driver: the virtio header
 * crosses as it is, so checksums stay partial and segments whole.
 *
 * One queue and one thread: no frame is ever out of order.
 *
 * usage: tapcopy left right		(runs until SIGTERM)
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAME_MAX (65536 + 64)
#define BURST	  64

static int
tap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	unsigned offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 |
	    TUN_F_TSO_ECN;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) != 0 ||
	    ioctl(fd, TUNSETOFFLOAD, offload) != 0)
		err(1, "%s", name);
	return fd;
}

/* As much as there is, up to a burst. */
static void
copy(int from, int to)
{
	static char frame[FRAME_MAX];
	ssize_t n;
	int i;

	for (i = 0; i < BURST; i++) {
		if ((n = read(from, frame, sizeof(frame))) <= 0)
			return;
		/* A full device drops, as a router's does. */
		(void)!write(to, frame, (size_t)n);
	}
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2];

	if (argc != 3)
		errx(2, "usage: tapcopy left right");
	pfd[0] = (struct pollfd){ tap_open(argv[1]), POLLIN, 0 };
	pfd[1] = (struct pollfd){ tap_open(argv[2]), POLLIN, 0 };
	puts("ready");
	fflush(stdout);
	while (poll(pfd, 2, -1) > 0 || errno == EINTR) {
		if ((pfd[0].revents & POLLIN) != 0)
			copy(pfd[0].fd, pfd[1].fd);
		if ((pfd[1].revents & POLLIN) != 0)
			copy(pfd[1].fd, pfd[0].fd);
	}
	return 1;
}
