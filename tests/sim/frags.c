/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for a router of two CPUs: in any order, lost and doubled, and in
 * floods that must not hurt anybody else.
 *
 * Hosts send echo requests and UDP datagrams in fragments, and put the replies
 * together by a map of bytes.  Requests leave in one burst, shuffled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip/icmp_stat.h"
#include "ip/ip_stat.h"
#include "ip/reass_table.h"
#include "ip6/icmp6_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"
#include "netisr/rss.h"

#define SENDERS 6 /* of each family */
#define DATA	60008
#define PIECES	4096
#define BUFFERS 8192 /* of each CPU, an eighth for fragments of a family */

struct sender {
	struct peer	*se_peer;
	struct frame_spec se_spec;
	bool		 se_v6;
	unsigned	 se_len;		/* of the request */
	unsigned	 se_have;		/* of the reply */
	uint8_t		 se_data[DATA];
	uint8_t		 se_got[DATA];
	uint8_t		 se_map[DATA];
};

struct field {
	struct sim	*fd_sim;
	struct host	*fd_r;
	struct wire	*fd_wire;
	struct sender	 fd_sender[2 * SENDERS];
	struct peer	*fd_ping[2];	/* who only pings */
	unsigned	 fd_n;		/* fragments to send */
	struct frame	*fd_frame[PIECES];
	uint32_t	 fd_id;
};

/* A reply, or a piece of one. */
static void
field_hears(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct field *fd = arg;
	unsigned i, k, off = (fi->fi_frag & 0x1fffu) * 8;

	(void)p;
	(void)n;
	for (i = 0; i < 2 * SENDERS; i++) {
		struct sender *se = &fd->fd_sender[i];

		if (se->se_peer == NULL ||
		    !addr_eq(&fi->fi_dst, &se->se_peer->pr_addr) ||
		    fi->fi_proto != (se->se_v6 ? FP_ICMP6 : FP_ICMP) ||
		    (off == 0 && fi->fi_l4[0] != (se->se_v6 ? 129 : 0)))
			continue;
		SIM_CHECK(fd->fd_sim, off + fi->fi_l4len <= DATA);
		memcpy(se->se_got + off, fi->fi_l4, fi->fi_l4len);
		for (k = 0; k < fi->fi_l4len; k++) {
			se->se_have += se->se_map[off + k] == 0;
			se->se_map[off + k] = 1;
		}
	}
}

static void
sender_make(struct field *fd, unsigned i)
{
	struct sender *se = &fd->fd_sender[i];
	struct ping *pg;
	char text[32];

	se->se_v6 = i % 2 != 0;
	snprintf(text, sizeof(text),
	    se->se_v6 ? "fd00:1::%x/64" : "10.0.1.%u/24", 16 + i);
	se->se_peer = wire_peer(
	    fd->fd_wire, text, se->se_v6 ? "fd00:1::1" : "10.0.1.1");
	pg = peer_ping(
	    se->se_peer, se->se_v6 ? "fd00:1::1" : "10.0.1.1", 1, NS_MS, 8);
	SIM_UNTIL(fd->fd_sim, ping_done(pg), 4 * NS_S);
	SIM_CHECK(fd->fd_sim,
	    peer_spec(se->se_peer, &pg->pg_dst, &se->se_spec));
}

static struct field *
field_make(struct sim *s, unsigned queues)
{
	static struct field field; /* large; one scenario at a time */
	struct field *fd = &field;
	unsigned i;

	memset(fd, 0, sizeof(*fd));
	fd->fd_sim = s;
	fd->fd_r = sim_host_small(s, "r", 2, BUFFERS);
	fd->fd_wire = sim_wire(s, fd->fd_r, "test", queues);
	host_addr(fd->fd_r, "test", "10.0.1.1/24");
	host_addr(fd->fd_r, "test", "fd00:1::1/64");
	for (i = 0; i < 2 * SENDERS; i++)
		sender_make(fd, i);
	fd->fd_ping[0] = wire_peer(fd->fd_wire, "10.0.1.2/24", "10.0.1.1");
	fd->fd_ping[1] = wire_peer(fd->fd_wire, "fd00:1::2/64", "fd00:1::1");
	wire_watch(fd->fd_wire, field_hears, fd);
	return fd;
}

/* Payload bytes off to off + n of a datagram, as a frame that waits. */
static void
piece(struct field *fd, const struct frame_spec *fs, uint32_t id,
    const uint8_t *data, unsigned off, unsigned n, bool more)
{
	struct frame *f = malloc(sizeof(*f));
	struct frame_spec spec = *fs;
	uint8_t b[FRAME_MAX];

	SIM_CHECK(fd->fd_sim, f != NULL && fd->fd_n < PIECES);
	if (fs->fs_src.a_family == ADDR_V4) {
		spec.fs_id = (uint16_t)id;
		spec.fs_frag = (uint16_t)(off / 8 | (more ? FF_MF : 0));
		frame_ip(f, &spec, data + off, n);
	} else {
		b[0] = spec.fs_proto;
		b[1] = 0;
		st16be(b + 2, (uint16_t)(off | more));
		st32be(b + 4, id);
		memcpy(b + 8, data + off, n);
		spec.fs_proto = FP_FRAG6;
		frame_ip(f, &spec, b, 8 + n);
	}
	fd->fd_frame[fd->fd_n++] = f;
}

/* All of a datagram in pieces of a random size. */
static void
pieces(struct field *fd, const struct frame_spec *fs, const uint8_t *data,
    unsigned len)
{
	unsigned most = 8 * (70 + (unsigned)sim_below(fd->fd_sim, 110));
	uint32_t id = fd->fd_id++;
	unsigned off, n;

	for (off = 0; off < len; off += n) {
		n = umin(most, len - off);
		piece(fd, fs, id, data, off, n, off + n < len);
	}
}

static void
echo_make(struct sender *se, struct sim *s, unsigned len)
{
	uint8_t *p = se->se_data;
	unsigned i;

	se->se_len = len;
	se->se_have = 0;
	memset(se->se_map, 0, sizeof(se->se_map));
	for (i = 8; i < len; i++)
		p[i] = (uint8_t)(i * 13 + (i >> 8) + sim_below(s, 2));
	memset(p, 0, 8);
	p[0] = se->se_v6 ? 128 : 8;
	se->se_spec.fs_proto = se->se_v6 ? FP_ICMP6 : FP_ICMP;
	st16be(p + 2,
	    frame_cksum(p, len,
		se->se_v6 ? frame_pseudo(&se->se_spec.fs_src,
				&se->se_spec.fs_dst, FP_ICMP6, len) :
			    0));
}

/* All that waits, in random order; each may be sent twice. */
static void
burst(struct field *fd, unsigned twice)
{
	unsigned k;

	while (fd->fd_n > 0) {
		k = (unsigned)sim_below(fd->fd_sim, fd->fd_n);
		wire_inject(fd->fd_wire, fd->fd_frame[k]);
		if (sim_below(fd->fd_sim, 100) < twice)
			continue;
		free(fd->fd_frame[k]);
		fd->fd_frame[k] = fd->fd_frame[--fd->fd_n];
	}
}

static void
echo_all(struct field *fd, unsigned len)
{
	struct sender *se;

	for (se = fd->fd_sender; se < fd->fd_sender + 2 * SENDERS; se++) {
		echo_make(se, fd->fd_sim,
		    len != 0 ?
			len :
			1500 + (unsigned)sim_below(fd->fd_sim, DATA - 1500));
		pieces(fd, &se->se_spec, se->se_data, se->se_len);
	}
}

static unsigned
answered(const struct field *fd)
{
	const struct sender *se;
	unsigned n = 0;

	for (se = fd->fd_sender; se < fd->fd_sender + 2 * SENDERS; se++)
		n += se->se_have == se->se_len;
	return n;
}

/* What was answered is what was asked. */
static void
check_answers(struct field *fd)
{
	const struct sender *se;

	for (se = fd->fd_sender; se < fd->fd_sender + 2 * SENDERS; se++)
		if (se->se_len > 0 && se->se_have == se->se_len)
			SIM_CHECK(fd->fd_sim,
			    memcmp(se->se_got + 4, se->se_data + 4,
				se->se_len - 4) == 0);
}

static uint64_t
stat46(const struct field *fd, enum ipstat v4, enum ip6stat v6)
{
	return host_stat(fd->fd_r, SG_IP, v4) +
	    host_stat(fd->fd_r, SG_IP6, v6);
}

/* Random order, no loss: every datagram is answered, on whichever CPU. */
static void
random_order(struct sim *s)
{
	struct field *fd = field_make(s, 1 + (unsigned)sim_below(s, 2));
	unsigned i;

	for (i = 0; i < 3; i++) {
		echo_all(fd, 0);
		burst(fd, 0);
		SIM_UNTIL(s, answered(fd) == 2 * SENDERS, 2 * NS_S);
		check_answers(fd);
	}
	SIM_EQ(s, stat46(fd, ips_reassembled, i6s_reassembled),
	    3 * 2 * SENDERS);
	SIM_EQ(s, host_stat(fd->fd_r, SG_PATH, pks_dropped), 0);
}

/* One queue: what the other CPU owns is handed to it, and joined there. */
static void
handed(struct sim *s)
{
	struct field *fd = field_make(s, 1);
	uint64_t cpu[2];
	unsigned i;

	echo_all(fd, DATA);
	burst(fd, 0);
	SIM_UNTIL(s, answered(fd) == 2 * SENDERS, 2 * NS_S);
	check_answers(fd);
	SIM_CHECK(s, stat46(fd, ips_fraghanded, i6s_fraghanded) > 0);
	for (i = 0; i < 2; i++)
		cpu[i] = host_stat_cpu(fd->fd_r, i, SG_IP, ips_reassembled) +
		    host_stat_cpu(fd->fd_r, i, SG_IP6, i6s_reassembled);
	sim_note(s, "%u and %u datagrams", (unsigned)cpu[0], (unsigned)cpu[1]);
	SIM_CHECK(s, cpu[0] > 0 && cpu[1] > 0);
	SIM_EQ(s, cpu[0] + cpu[1], 2 * SENDERS);
}

#define UDP_LEN 8008

/* A UDP datagram from a port of its own; the CPU that is to have it. */
static unsigned
udp_make(struct field *fd, struct sender *se, uint16_t port)
{
	const struct spate *sp = host_spate(fd->fd_r);
	struct frame_spec *fs = &se->se_spec;
	struct rss_tuple rt = { .rt_ports = (uint32_t)port << 16 | 9,
		.rt_type = RSS_UDP4 };

	memset(se->se_data, 0, UDP_LEN);
	st16be(se->se_data, port);
	st16be(se->se_data + 2, 9);
	st16be(se->se_data + 4, UDP_LEN);
	st16be(se->se_data + 6,
	    frame_cksum(se->se_data, UDP_LEN,
		frame_pseudo(&fs->fs_src, &fs->fs_dst, FP_UDP, UDP_LEN)));
	fs->fs_proto = FP_UDP;
	pieces(fd, fs, se->se_data, UDP_LEN);
	if (se->se_v6) {
		rt.rt_type = RSS_UDP6;
		rt.rt_src = fs->fs_src.a_v6;
		rt.rt_dst = fs->fs_dst.a_v6;
	} else {
		rt.rt_src.i6_lo = fs->fs_src.a_v4;
		rt.rt_dst.i6_lo = fs->fs_dst.a_v4;
	}
	return rss_cpu(sp, rss_bucket(sp, rss_tuple_hash(sp, &rt)));
}

/*
 * UDP hashed over ports: joined where the addresses say, delivered where all
 * four fields do.
 */
static void
owner(struct sim *s)
{
	struct field *fd = field_make(s, 1 + (unsigned)sim_below(s, 2));
	unsigned want[2][2] = { 0 }, i, k;
	struct sender *se;

	host_tune(fd->fd_r, "net.inet.rss.udp_4tuple", 1);
	for (k = 0; k < 8; k++) {
		for (i = 0; i < 2 * SENDERS; i++) {
			se = &fd->fd_sender[i];
			want[se->se_v6][udp_make(
			    fd, se, (uint16_t)(1024 + sim_below(s, 60000)))]++;
		}
		burst(fd, 0);
		sim_pass(s, 10 * NS_MS);
	}
	SIM_EQ(s, stat46(fd, ips_noport, i6s_noport), 8 * 2 * SENDERS);
	for (i = 0; i < 2; i++) {
		SIM_EQ(s, host_stat_cpu(fd->fd_r, i, SG_IP, ips_noport),
		    want[0][i]);
		SIM_EQ(s, host_stat_cpu(fd->fd_r, i, SG_IP6, i6s_noport),
		    want[1][i]);
	}
	SIM_EQ(s, stat46(fd, ips_reasshere, i6s_reasshere) +
		stat46(fd, ips_reasshanded, i6s_reasshanded),
	    8 * 2 * SENDERS);
	SIM_CHECK(s, stat46(fd, ips_reasshanded, i6s_reasshanded) > 0);
	SIM_EQ(s, fd->fd_sender[0].se_peer->pr_errors, 8);
	SIM_EQ(s, fd->fd_sender[1].se_peer->pr_errors, 8);
	sim_note(s, "%u of %u handed to their owner",
	    (unsigned)stat46(fd, ips_reasshanded, i6s_reasshanded),
	    8 * 2 * SENDERS);
}

/* Doubled, late and lost: what is whole is right, the rest is forgotten. */
static void
lossy(struct sim *s)
{
	const struct pair_impair pi = { .pi_delay = 20000,
		.pi_jitter = 2 * NS_MS, .pi_loss = 5000, .pi_dup = 50000 };
	struct field *fd = field_make(s, 1 + (unsigned)sim_below(s, 2));
	uint64_t whole;

	wire_impair(fd->fd_wire, &pi);
	host_tune(fd->fd_r, "net.inet.ip.fragttl", 5);
	host_tune(fd->fd_r, "net.inet6.ip6.fraglifetime_ms", 5000);
	echo_all(fd, 20000);
	burst(fd, 3);
	sim_pass(s, NS_S);
	check_answers(fd);
	whole = stat46(fd, ips_reassembled, i6s_reassembled);
	sim_note(s, "%u of %u whole", (unsigned)whole, 2 * SENDERS);
	SIM_CHECK(s, whole > 0);
	sim_pass(s, 6 * NS_S);
	SIM_EQ(s, host_stat(fd->fd_r, SG_PATH, pks_held), 0);
}

/* A datagram nobody answers well: overlaps, tiny pieces, two ends, gaps. */
static void
hostile(struct field *fd, const struct frame_spec *fs)
{
	static const uint8_t junk[2048];
	struct sim *s = fd->fd_sim;
	unsigned i, n = 1 + (unsigned)sim_below(s, 3), len;
	uint32_t id = fd->fd_id++;

	for (i = 0; i < n; i++) {
		len = 1 + (unsigned)sim_below(s, 2) * 1000;
		if (sim_below(s, 4) != 0)
			len = (len + 7) & ~7u;
		piece(fd, fs, id, junk, 8 * (unsigned)sim_below(s, 100), len,
		    sim_below(s, 4) != 0);
	}
}

static void
check_memory(struct field *fd)
{
	struct reass_info ri;
	unsigned i, fam;

	for (i = 0; i < 2; i++)
		for (fam = 0; fam < REASS_FAMILIES; fam++) {
			reass_info(host_spate(fd->fd_r)->sp_cpu[i], fam, &ri);
			SIM_CHECK(fd->fd_sim, ri.ri_peak <= ri.ri_maxbytes);
			SIM_CHECK(
			    fd->fd_sim, ri.ri_datagrams <= ri.ri_maxdatagrams);
			SIM_CHECK(
			    fd->fd_sim, ri.ri_fragments <= ri.ri_maxfragments);
		}
}

/* What came, and the most memory that any CPU took of what it might. */
static void
note_flood(struct field *fd)
{
	struct reass_info ri;
	uint64_t peak = 0;
	unsigned i, fam;

	for (i = 0; i < 2; i++)
		for (fam = 0; fam < REASS_FAMILIES; fam++) {
			reass_info(host_spate(fd->fd_r)->sp_cpu[i], fam, &ri);
			peak = u64max(peak, ri.ri_peak);
		}
	sim_note(fd->fd_sim, "%llu fragments, %llu of %llu KiB",
	    (unsigned long long)stat46(fd, ips_fragments, i6s_fragments),
	    (unsigned long long)peak >> 10,
	    (unsigned long long)ri.ri_maxbytes >> 10);
}

/* Datagrams of a flood; a million if SPATE_SIM_LONG is set. */
static unsigned
flood_size(void)
{
	return getenv("SPATE_SIM_LONG") != NULL ? 1000000 : 4000;
}

/* As many more from it (0: from anywhere), a few a microsecond. */
static void
flood(struct field *fd, unsigned n, bool anywhere)
{
	struct sim *s = fd->fd_sim;
	struct frame_spec fs;
	unsigned i;

	for (i = 0; i < n; i++) {
		fs = fd->fd_sender[i % 2].se_spec;
		fs.fs_proto = FP_UDP;
		if (anywhere && i % 2 == 0)
			fs.fs_src.a_v4 = 0x0a000200u + (uint32_t)i;
		else if (anywhere)
			fs.fs_src.a_v6.i6_lo = 0x10000u + i;
		hostile(fd, &fs);
		if (i % 16 == 15) {
			burst(fd, 0);
			sim_pass(s, 20000);
			check_memory(fd);
		}
	}
	burst(fd, 0);
}

/*
 * One host a family floods.  The others' pings and large datagrams come
 * through as if nothing were; nobody's fragments but its own are driven out.
 */
static void
flood_one(struct sim *s)
{
	struct field *fd = field_make(s, 2);
	struct ping *p4, *p6;
	struct sender *se;

	p4 = peer_ping(fd->fd_ping[0], "10.0.1.1", 50, NS_MS / 20,
	    56);
	p6 = peer_ping(fd->fd_ping[1], "fd00:1::1", 50, NS_MS / 20,
	    56);
	/* Half of each datagram before, the other half behind the flood. */
	for (se = fd->fd_sender + 2; se < fd->fd_sender + 6; se++) {
		echo_make(se, s, 4000);
		piece(fd, &se->se_spec, 1, se->se_data, 0, 1400, true);
		piece(fd, &se->se_spec, 1, se->se_data, 2800, 1200, false);
	}
	burst(fd, 0);
	fd->fd_id = 2;
	flood(fd, flood_size(), false);
	for (se = fd->fd_sender + 2; se < fd->fd_sender + 6; se++)
		piece(fd, &se->se_spec, 1, se->se_data, 1400, 1400, true);
	burst(fd, 0);
	SIM_UNTIL(s, answered(fd) == 4 + 8, 2 * NS_S);
	check_answers(fd);
	SIM_UNTIL(s, ping_done(p4) && ping_done(p6), 2 * NS_S);
	SIM_CHECK(s, stat46(fd, ips_fragsource, i6s_fragsource) > 0);
	SIM_CHECK(s, stat46(fd, ips_fragoverlap, i6s_fragoverlap) > 0);
	SIM_EQ(s, stat46(fd, ips_fraglimit, i6s_fraglimit), 0);
	note_flood(fd);
}

/* From invented addresses: memory holds, pings and quick datagrams pass. */
static void
flood_all(struct sim *s)
{
	struct field *fd = field_make(s, 2);
	struct ping *p4, *p6;
	unsigned i;

	host_tune(fd->fd_r, "net.inet.ip.maxfragpackets", 512);
	host_tune(fd->fd_r, "net.inet6.ip6.maxfragpackets", 512);
	p4 = peer_ping(fd->fd_ping[0], "10.0.1.1", 50, NS_MS / 20,
	    56);
	p6 = peer_ping(fd->fd_ping[1], "fd00:1::1", 50, NS_MS / 20,
	    56);
	flood(fd, flood_size() / 2, true);
	for (i = 0; i < 2; i++) {
		echo_all(fd, 8000);
		burst(fd, 0);
		SIM_UNTIL(s, answered(fd) == 2 * SENDERS, 2 * NS_S);
		check_answers(fd);
		flood(fd, flood_size() / 4, true);
	}
	SIM_UNTIL(s, ping_done(p4) && ping_done(p6), 2 * NS_S);
	SIM_CHECK(s, stat46(fd, ips_fraglimit, i6s_fraglimit) > 0);
	check_memory(fd);
	note_flood(fd);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "random-order", random_order, 50 },
		{ "handed", handed, 20 },
		{ "owner", owner, 30 },
		{ "lossy", lossy, 50 },
		{ "flood-one", flood_one, 5 },
		{ "flood-all", flood_all, 5 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
