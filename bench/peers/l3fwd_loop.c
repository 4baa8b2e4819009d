/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DPDK's l3fwd (LPM) as bench/path/loop measures Spate: one thread, a ring
 * device whose packets come back to it, cycles for each of them.
 *
 *	l3fwd_loop ROUTES PACKETS
 *
 * ROUTES has a prefix in each line, PACKETS a destination (`loop -i` writes
 * both).  Then each line of the standard input, a number of packets, makes a
 * run, and each run a line, cycles a packet.
 *
 * The forwarding functions are l3fwd's own, from DPDK's examples, which are no
 * part of this project; the table is an rte_lpm or rte_lpm6 with room for all.
 * A network card would have told what is in a packet (packet_type): so it is
 * when it begins here.  TTLs are set back as Spate's are, outside of runs.
 * With the examples of the same release unpacked in DIR (apt-get source dpdk):
 *
 *	cc -O3 -w $(pkg-config --cflags libdpdk) -IDIR/l3fwd -IDIR/common \
 *	    -o l3fwd_loop bench/peers/l3fwd_loop.c \
 *	    $(ls DIR/l3fwd/[a-z]*.c | grep -v -e main -e lpm -e _parse) \
 *	    $(pkg-config --libs libdpdk) -lrte_net_ring
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "l3fwd_lpm.c"

#include <err.h>
#include <rte_eth_ring.h>
#include <rte_malloc.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#define HEAP	"tables"
#define HUGE_2M (2ul << 20)
#define BYTES	(1ul << 30)
#define TTL	64
#define RING	(1u << 17)
#define FRAME	60

/* What l3fwd's main.c would have. */
volatile bool force_quit;
uint16_t nb_rxd = 1024, nb_txd = 1024;
uint64_t dest_eth_addr[RTE_MAX_ETHPORTS];
struct rte_ether_addr ports_eth_addr[RTE_MAX_ETHPORTS];
uint32_t enabled_port_mask = 1;
int ipv6;
uint32_t hash_entry_number = 4;
xmm_t val_eth[RTE_MAX_ETHPORTS];
struct lcore_conf lcore_conf[RTE_MAX_LCORE];
struct parm_cfg parm_config;
uint32_t max_pkt_len;
const struct ipv4_l3fwd_route ipv4_l3fwd_route_array[16];
const struct ipv6_l3fwd_route ipv6_l3fwd_route_array[16];

int
init_mem(uint16_t portid, unsigned int nb_mbuf)
{
	return -ENOTSUP;
}

int
config_port_max_pkt_len(
    struct rte_eth_conf *conf, struct rte_eth_dev_info *dev_info)
{
	return -ENOTSUP;
}

static struct rte_mempool *pool;
static unsigned npackets;
static uint16_t port;

static void
heap_open(void)
{
	static rte_iova_t iova[BYTES / HUGE_2M];
	size_t i;
	char *p = mmap(NULL, BYTES + HUGE_2M, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "memory");
	p += -(uintptr_t)p % HUGE_2M;
	(void)madvise(p, BYTES, MADV_HUGEPAGE);
	for (i = 0; i < BYTES / HUGE_2M; i++)
		iova[i] = (rte_iova_t)(uintptr_t)(p + i * HUGE_2M);
	if (rte_malloc_heap_create(HEAP) != 0 ||
	    rte_malloc_heap_memory_add(HEAP, p, BYTES, iova,
		BYTES / HUGE_2M, HUGE_2M) != 0)
		errx(1, "memory: %s", rte_strerror(rte_errno));
}

static unsigned
lines(FILE *f)
{
	unsigned n = 0;
	int ch;

	while ((ch = getc(f)) != EOF)
		n += ch == '\n';
	rewind(f);
	return n;
}

static FILE *
must_open(const char *name)
{
	FILE *f = fopen(name, "r");

	if (f == NULL)
		err(1, "%s", name);
	return f;
}

static void
table(const char *name)
{
	int socket = rte_malloc_heap_get_socket(HEAP);
	FILE *f = must_open(name);
	unsigned n = lines(f), len;
	struct rte_lpm_config c4 = { n, 1u << 16, 0 };
	struct rte_lpm6_config c6 = { n, 1u << 18, 0 };
	struct lcore_conf *conf = &lcore_conf[rte_lcore_id()];
	struct rte_lpm *t4 = rte_lpm_create("l4", socket, &c4);
	struct rte_lpm6 *t6 = rte_lpm6_create("l6", socket, &c6);
	char text[80];
	uint8_t a[16];
	int error;

	if (t4 == NULL || t6 == NULL)
		errx(1, "tables: %s", rte_strerror(rte_errno));
	while (fscanf(f, " %79[^/]/%u", text, &len) == 2) {
		ipv6 = strchr(text, ':') != NULL;
		if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text, a) != 1)
			errx(1, "%s: \"%s\"", name, text);
		error = ipv6 ? rte_lpm6_add(t6, a, (uint8_t)len, port) :
		    rte_lpm_add(t4, rte_be_to_cpu_32(*(uint32_t *)a),
			(uint8_t)len, port);
		if (error != 0)
			errx(1, "%s/%u: %s", text, len, rte_strerror(-error));
	}
	fclose(f);
	conf->ipv4_lookup_struct = t4;
	conf->ipv6_lookup_struct = t6;
}

/* The device, whose two ends are one ring. */
static void
device(void)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_ring *r;
	int id;

	r = rte_ring_create("loop", RING, SOCKET_ID_ANY,
	    RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (r == NULL || (id = rte_eth_from_ring(r)) < 0)
		errx(1, "ring: %s", rte_strerror(rte_errno));
	port = (uint16_t)id;
	if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup(port, 0, 1024, 0, NULL, pool) != 0 ||
	    rte_eth_tx_queue_setup(port, 0, 1024, 0, NULL) != 0 ||
	    rte_eth_dev_start(port) != 0)
		errx(1, "device: %s", rte_strerror(rte_errno));
}

static void
frame_make(struct rte_mbuf *m, const char *dst)
{
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, FRAME + 2 * ipv6);
	struct rte_ipv4_hdr *ip;

	memset(p, 0, FRAME + 2 * ipv6);
	if (ipv6) {
		memcpy(p + 12, "\x86\xdd\x60\0\0\0\0\x8\x11\x40", 10);
		inet_pton(AF_INET6, "2001:db8:1::7", p + 22);
		inet_pton(AF_INET6, dst, p + 38);
		m->packet_type = RTE_PTYPE_L3_IPV6_EXT_UNKNOWN;
		return;
	}
	memcpy(p + 12, "\x08\0\x45\0\0\x2e\0\0\0\0\x40\x11", 12);
	inet_pton(AF_INET, "192.0.2.7", p + 26);
	inet_pton(AF_INET, dst, p + 30);
	ip = (struct rte_ipv4_hdr *)(p + 14);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	m->packet_type = RTE_PTYPE_L3_IPV4_EXT_UNKNOWN;
}

static void
packets(const char *name)
{
	FILE *f = must_open(name);
	char text[80];

	while (fscanf(f, " %79s", text) == 1) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		if (m == NULL)
			errx(1, "no buffers");
		frame_make(m, text);
		if (rte_eth_tx_burst(port, 0, &m, 1) != 1)
			errx(1, "the ring is full");
		npackets++;
	}
	fclose(f);
}

static void
ttl_back(uint8_t *p)
{
	struct rte_ipv4_hdr *ip = (void *)(p + 14);

	if (ipv6) {
		p[21] = TTL;
		return;
	}
	ip->time_to_live = TTL;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
refresh(void)
{
	struct rte_mbuf *mm[MAX_PKT_BURST];
	unsigned i, n, got;

	for (n = 0; n < npackets; n += got) {
		got = rte_eth_rx_burst(port, 0, mm, MAX_PKT_BURST);
		if (got == 0)
			errx(1, "%u of %u packets are left", n, npackets);
		for (i = 0; i < got; i++)
			ttl_back(rte_pktmbuf_mtod(mm[i], uint8_t *));
		if (rte_eth_tx_burst(port, 0, mm, got) != got)
			errx(1, "the ring is full");
	}
}

/* What l3fwd's loop does; packets it has sent. */
static uint64_t
lap(uint64_t want)
{
	struct lcore_conf *conf = &lcore_conf[rte_lcore_id()];
	struct rte_mbuf *mm[MAX_PKT_BURST];
	uint64_t did = 0;
	volatile uint64_t now;
	int n;

	while (did < want) {
		n = rte_eth_rx_burst(port, 0, mm, MAX_PKT_BURST);
		if (n > 0)
			l3fwd_lpm_send_packets(n, mm, port, conf);
		did += n;
		now = rte_rdtsc();
	}
	(void)now;
	/* What waits for a full burst. */
	send_burst(conf, conf->tx_mbufs[port].len, port);
	conf->tx_mbufs[port].len = 0;
	return did;
}

static double
run(uint64_t want)
{
	uint64_t did = 0, took = 0, at;

	while (did < want) {
		refresh();
		at = rte_rdtsc();
		did += lap(RTE_MIN(want, (uint64_t)npackets * (TTL - 2)));
		took += rte_rdtsc() - at;
	}
	return (double)took / (double)did;
}

int
main(int argc, char **argv)
{
	char cpu[8] = "0";
	char *eal[] = { argv[0], "--no-huge", "--no-shconf", "--no-pci",
		"--no-telemetry", "-m", "512", "--log-level=error",
		"--iova-mode=va", "-l", cpu, NULL };
	unsigned long long want;
	cpu_set_t had;
	int i;

	if (argc != 3)
		errx(2, "usage: l3fwd_loop ROUTES PACKETS");
	sched_getaffinity(0, sizeof(had), &had);
	for (i = 0; !CPU_ISSET(i, &had);)
		i++;
	snprintf(cpu, sizeof(cpu), "%d", i);
	if (rte_eal_init(11, eal) < 0)
		errx(1, "DPDK: %s", rte_strerror(rte_errno));
	sched_setaffinity(0, sizeof(had), &had);
	heap_open();
	pool = rte_pktmbuf_pool_create("packets", RING - 1, 256, 0,
	    RTE_MBUF_DEFAULT_BUF_SIZE, rte_malloc_heap_get_socket(HEAP));
	if (pool == NULL)
		errx(1, "packets: %s", rte_strerror(rte_errno));
	device();
	lcore_conf[rte_lcore_id()].n_tx_port = 1;
	*(uint64_t *)&val_eth[port] = 0x020000000001;
	table(argv[1]);
	packets(argv[2]);
	while (scanf("%llu", &want) == 1) {
		printf("%.3f\n", run(want));
		fflush(stdout);
	}
	return 0;
}
