/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source of load for benchmarks on veth: sends one small UDP packet over and
 * over through AF_PACKET, and says how many it sent.  What comes back is
 * counted by the interface.  The MAC address it sends from is nobody's, so that
 * the kernel drops what comes back as soon as it is counted.
 *
 * usage: blast interface dst-mac dst-ip seconds
 */
#include <arpa/inet.h>
#include <err.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME 60 /* 64 with the FCS */
#define BATCH 64

static const uint8_t source_mac[6] = { 0x02, 0, 0, 0, 0, 0x09 };
static uint8_t frame[FRAME];

static uint16_t
cksum(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void
make_frame(const char *mac, const char *ip)
{
	struct ether_header *eh = (void *)frame;
	struct iphdr *iph = (void *)(frame + sizeof(*eh));
	struct udphdr *uh = (void *)(iph + 1);
	unsigned m[6];

	memcpy(eh->ether_shost, source_mac, 6);
	if (sscanf(mac, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3],
		&m[4], &m[5]) != 6)
		errx(2, "%s is no MAC address", mac);
	for (int i = 0; i < 6; i++)
		eh->ether_dhost[i] = (uint8_t)m[i];
	eh->ether_type = htons(ETHERTYPE_IP);
	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(FRAME - sizeof(*eh));
	iph->ttl = 64;
	iph->protocol = IPPROTO_UDP;
	iph->saddr = inet_addr("10.0.1.9");
	iph->daddr = inet_addr(ip);
	iph->check = cksum(iph, sizeof(*iph));
	uh->source = htons(9);
	uh->dest = htons(9);
	uh->len = htons(FRAME - sizeof(*eh) - sizeof(*iph));
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int
main(int argc, char **argv)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };
	struct iovec iov = { frame, FRAME };
	struct mmsghdr mm[BATCH];
	uint64_t sent = 0;
	double end;
	int fd, n, one = 1;

	if (argc != 5)
		errx(2, "usage: blast interface dst-mac dst-ip seconds");
	/* Protocol 0: it receives nothing. */
	if ((fd = socket(AF_PACKET, SOCK_RAW, 0)) < 0)
		err(1, "socket");
	sll.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (bind(fd, (struct sockaddr *)&sll, sizeof(sll)) != 0)
		err(1, "%s", argv[1]);
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	make_frame(argv[2], argv[3]);
	for (int i = 0; i < BATCH; i++)
		mm[i].msg_hdr = (struct msghdr){ .msg_iov = &iov,
			.msg_iovlen = 1 };
	for (end = now() + atof(argv[4]); now() < end;)
		if ((n = sendmmsg(fd, mm, BATCH, 0)) > 0)
			sent += (uint64_t)n;
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}
