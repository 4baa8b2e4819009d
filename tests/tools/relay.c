/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link that is as bad as one asks for, between two interfaces, and that says
 * exactly what it did: what the tester's reports are judged by.  It shares no
 * code with Spate.
 *
 * usage: relay [-a] [-d delay[+spread]] [-h n,k] [-l loss] [-q frames]
 *            [-r rate] [-s seed] [-u duplicates] left right
 *	-a	all frames; otherwise UDP alone suffers, the rest passes
 *	-d	microseconds; the spread is uniform, each frame has its own
 *	-h	every n-th frame is held back until k more have passed
 *	-l, -u	probability, 0 to 1
 *	-q	frames that may wait for the rate, 64 otherwise
 *	-r	20kpps, or 10mbit of layer 1 (24 bytes a frame more)
 *	-s	the same seed and the same frames: the same fate
 * "x/y" is x from left to right and y back; one value is for both ways.
 *
 * Fates are decided in the order loss, rate, holding back, duplication, delay.
 * The rate is that of a link and not of this process: frames queue and are
 * dropped by the times the kernel received them at, whenever they are read.
 *
 * Says "ready"; prints JSON when SIGTERM ends it, after it has sent what it
 * still held.  For each direction
 *	in = lost + overflow + out - duplicated + refused
 * and "missed" frames never came: the kernel had no room for them.  What is
 * read has to be finished frames: ethtool -K tx off tso off gso off.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "relay.h"

#define SLOTS	  16384	       /* of a receive ring */
#define SLOT_MORE 256	       /* what a slot has beside the packet */
#define POOL	  (4 * HELD_MAX) /* frames inside, both ways together */
#define BURST	  64
#define FLUSH_NS  (NS_S / 2)  /* held back for frames that never come */
#define SPIN_NS	  (100 * NS_US)
#define WAIT_NS	  (NS_S / 20)
#define PREAMBLE  24	       /* and FCS, and gap */
#define FRAME_MIN 60
#define FOREVER	  UINT64_MAX

struct frame {
	uint64_t f_due;
	uint64_t f_order; /* in which they leave if due at the same time */
	uint64_t f_came;
	uint64_t f_number; /* of those that came and suffer, from 1 */
	uint64_t f_until; /* held back until that many have passed */
	struct way *f_way;
	struct frame *f_next;
	uint8_t *f_data;
	uint32_t f_len;
	bool f_twice;
};

struct count {
	uint64_t n_in;
	uint64_t n_other; /* passed, and counted nowhere else */
	uint64_t n_missed;
	uint64_t n_lost;
	uint64_t n_overflow;
	uint64_t n_duplicated;
	uint64_t n_held;
	uint64_t n_flushed; /* of those held: before k had passed */
	uint64_t n_refused; /* by the interface it should leave by */
	uint64_t n_out;
	uint64_t n_overtaken; /* left behind one that came later */
	uint64_t n_bytes; /* out, without FCS */
	uint64_t n_least; /* ns from the kernel's receipt to the send call */
	uint64_t n_most;
	double n_sum;
};

struct way {
	struct fate w_fate;
	struct count w_count;
	const struct port *w_to;
	uint64_t w_seed;
	uint64_t w_passed; /* neither lost nor dropped */
	uint64_t w_newest; /* number of the latest that left */
	uint64_t w_free; /* when the link has sent all that waits */
	uint64_t w_rest; /* of the division, in 1/rate ns */
	uint64_t w_ends[QUEUE_MAX]; /* when those that wait will have left */
	unsigned w_head, w_waiting;
	struct frame *w_held, **w_heldtail;
};

struct port {
	const char *p_name;
	int p_fd;
	uint32_t p_room; /* for a frame */
	uint8_t *p_ring;
	uint32_t p_slot;
	uint32_t p_at;
	struct way p_way; /* of what comes in here */
};

struct relay {
	struct port r_port[2];
	struct frame *r_heap[POOL];
	unsigned r_n;
	struct frame *r_spare;
	uint64_t r_order;
	bool r_all;
};

static volatile sig_atomic_t ended;

static void
on_term(int signum)
{
	(void)signum;
	ended = 1;
}

/* The clock that frames are stamped with. */
static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

/* splitmix64, of Steele, Lea and Flood. */
static uint64_t
draw(struct way *w)
{
	uint64_t z = w->w_seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double
draw_unit(struct way *w)
{
	return (double)(draw(w) >> 11) * 0x1p-53;
}

/* What is due first is on top. */
static bool
before(const struct frame *a, const struct frame *b)
{
	return a->f_due != b->f_due ? a->f_due < b->f_due :
	    a->f_order < b->f_order;
}

static void
heap_push(struct relay *r, struct frame *f)
{
	unsigned i = r->r_n++, up;

	f->f_order = r->r_order++;
	for (; i > 0 && before(f, r->r_heap[up = (i - 1) / 2]); i = up)
		r->r_heap[i] = r->r_heap[up];
	r->r_heap[i] = f;
}

static struct frame *
heap_pop(struct relay *r)
{
	struct frame *top = r->r_heap[0], *last = r->r_heap[--r->r_n];
	unsigned i = 0, down;

	for (; (down = 2 * i + 1) < r->r_n; i = down) {
		if (down + 1 < r->r_n &&
		    before(r->r_heap[down + 1], r->r_heap[down]))
			down++;
		if (!before(r->r_heap[down], last))
			break;
		r->r_heap[i] = r->r_heap[down];
	}
	r->r_heap[i] = last;
	return top;
}

static struct frame *
frame_get(struct relay *r)
{
	struct frame *f = r->r_spare;

	if (f != NULL)
		r->r_spare = f->f_next;
	return f;
}

static void
frame_put(struct relay *r, struct frame *f)
{
	f->f_next = r->r_spare;
	r->r_spare = f;
}

/* IPv4 or IPv6 with UDP, behind any tags. */
static bool
is_udp(const uint8_t *p, uint32_t len)
{
	uint32_t at = 12;
	unsigned type;

	for (;; at += 4) {
		if (at + 2 > len)
			return false;
		type = (unsigned)p[at] << 8 | p[at + 1];
		if (type != 0x8100 && type != 0x88a8)
			break;
	}
	at += 2;
	if (type == ETHERTYPE_IP)
		return at + 10 <= len && p[at + 9] == IPPROTO_UDP;
	return type == ETHERTYPE_IPV6 && at + 7 <= len &&
	    p[at + 6] == IPPROTO_UDP;
}

/* When the link has sent it; FOREVER: there is no room for it to wait. */
static uint64_t
link_sent(struct way *w, uint64_t came, uint32_t len)
{
	const struct fate *ft = &w->w_fate;
	uint64_t cost;

	if (ft->ft_rate == 0)
		return came;
	while (w->w_waiting > 0 && w->w_ends[w->w_head] <= came) {
		w->w_head = (w->w_head + 1) % ft->ft_queue;
		w->w_waiting--;
	}
	if (w->w_waiting == ft->ft_queue)
		return FOREVER;
	if (w->w_waiting == 0 && w->w_free < came) {
		w->w_free = came;
		w->w_rest = 0;
	}
	len = (len < FRAME_MIN ? FRAME_MIN : len) + PREAMBLE;
	cost = (ft->ft_bits ? len * 8ull : 1) * NS_S + w->w_rest;
	w->w_free += cost / ft->ft_rate;
	w->w_rest = cost % ft->ft_rate;
	w->w_ends[(w->w_head + w->w_waiting++) % ft->ft_queue] = w->w_free;
	return w->w_free;
}

/* Those held back leave when enough have passed, or at the end. */
static void
release(struct relay *r, struct way *w, uint64_t due, uint64_t now)
{
	struct frame *f;

	while ((f = w->w_held) != NULL) {
		bool enough = w->w_passed >= f->f_until;

		if (!enough && now - f->f_came < FLUSH_NS)
			break;
		if ((w->w_held = f->f_next) == NULL)
			w->w_heldtail = &w->w_held;
		w->w_count.n_flushed += !enough;
		if (enough && f->f_due < due)
			f->f_due = due;
		heap_push(r, f);
	}
}

static void
suffer(struct relay *r, struct way *w, struct frame *f)
{
	const struct fate *ft = &w->w_fate;
	struct frame *copy;

	f->f_number = ++w->w_count.n_in;
	if (ft->ft_loss > 0 && draw_unit(w) < ft->ft_loss) {
		w->w_count.n_lost++;
		frame_put(r, f);
		return;
	}
	if ((f->f_due = link_sent(w, f->f_came, f->f_len)) == FOREVER) {
		w->w_count.n_overflow++;
		frame_put(r, f);
		return;
	}
	f->f_due += ft->ft_delay;
	if (ft->ft_spread > 0)
		f->f_due += draw(w) % (ft->ft_spread + 1);
	w->w_passed++;
	if (ft->ft_every > 0 && w->w_passed % ft->ft_every == 0) {
		w->w_count.n_held++;
		f->f_until = w->w_passed + ft->ft_ahead;
		f->f_next = NULL;
		*w->w_heldtail = f;
		w->w_heldtail = &f->f_next;
		return;
	}
	heap_push(r, f);
	/* relay_read() saw to it that there is one to spare. */
	if (ft->ft_dup > 0 && draw_unit(w) < ft->ft_dup) {
		uint8_t *data;

		copy = frame_get(r);
		data = copy->f_data;
		*copy = *f;
		copy->f_data = data;
		copy->f_twice = true;
		memcpy(data, f->f_data, f->f_len);
		w->w_count.n_duplicated++;
		heap_push(r, copy);
	}
	release(r, w, f->f_due, f->f_came);
}

/* With the tag that the kernel took off. */
static void
frame_fill(struct frame *f, const struct tpacket2_hdr *h, uint64_t now)
{
	const uint8_t *p = (const uint8_t *)h + h->tp_mac;
	uint16_t tag[2] = { htons(ETHERTYPE_VLAN), htons(h->tp_vlan_tci) };

	f->f_came = h->tp_sec * NS_S + h->tp_nsec;
	if (f->f_came > now) /* the clock was set back */
		f->f_came = now;
	f->f_due = f->f_came;
	f->f_twice = false;
	f->f_number = 0;
	f->f_len = h->tp_snaplen;
	if ((h->tp_status & TP_STATUS_VLAN_VALID) == 0 || f->f_len < 12) {
		memcpy(f->f_data, p, f->f_len);
		return;
	}
	if ((h->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0)
		tag[0] = htons(h->tp_vlan_tpid);
	memcpy(f->f_data, p, 12);
	memcpy(f->f_data + 12, tag, 4);
	memcpy(f->f_data + 16, p + 12, f->f_len - 12);
	f->f_len += 4;
}

static unsigned
relay_read(struct relay *r, struct port *p)
{
	struct way *w = &p->p_way;
	struct frame *f;
	unsigned n;

	for (n = 0; n < BURST; n++) {
		struct tpacket2_hdr *h = (struct tpacket2_hdr *)(p->p_ring +
		    (size_t)p->p_at * p->p_slot);

		/* One for its copy; else it waits, and so do those behind. */
		if ((__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
			TP_STATUS_USER) == 0 ||
		    r->r_spare == NULL || r->r_spare->f_next == NULL)
			break;
		if (h->tp_len > h->tp_snaplen)
			errx(1, "%s: a frame of %u bytes, over the MTU",
			    p->p_name, h->tp_len);
		f = frame_get(r);
		frame_fill(f, h, now_ns());
		f->f_way = w;
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		p->p_at = (p->p_at + 1) % SLOTS;
		if (r->r_all || is_udp(f->f_data, f->f_len)) {
			suffer(r, w, f);
		} else {
			w->w_count.n_other++;
			heap_push(r, f);
		}
	}
	return n;
}

static void
frame_send(struct relay *r, struct frame *f, uint64_t now)
{
	struct way *w = f->f_way;
	struct count *n = &w->w_count;
	uint64_t inside = now - f->f_came;

	if (send(w->w_to->p_fd, f->f_data, f->f_len, 0) < 0) {
		if (errno != ENOBUFS && errno != ENETDOWN)
			err(1, "%s: cannot send %u bytes", w->w_to->p_name,
			    f->f_len);
		n->n_refused += f->f_number != 0;
	} else if (f->f_number != 0) {
		n->n_out++;
		n->n_bytes += f->f_len;
		n->n_overtaken += !f->f_twice && f->f_number < w->w_newest;
		if (f->f_number > w->w_newest)
			w->w_newest = f->f_number;
		n->n_sum += (double)inside;
		if (n->n_out == 1 || inside < n->n_least)
			n->n_least = inside;
		if (inside > n->n_most)
			n->n_most = inside;
	}
	frame_put(r, f);
}

/* At most so many that reading has its turn. */
static unsigned
send_due(struct relay *r)
{
	unsigned n;
	uint64_t now = 0;

	for (n = 0; n < BURST && r->r_n > 0; n++) {
		now = now_ns();
		if (r->r_heap[0]->f_due > now)
			break;
		frame_send(r, heap_pop(r), now);
	}
	return n;
}

/* Until something comes, or shortly before something has to leave. */
static void
rest(struct relay *r)
{
	struct pollfd pfd[2] = { { r->r_port[0].p_fd, POLLIN, 0 },
		{ r->r_port[1].p_fd, POLLIN, 0 } };
	struct timespec ts = { .tv_nsec = (long)WAIT_NS };
	uint64_t now = now_ns(),
		 due = r->r_n > 0 ? r->r_heap[0]->f_due : FOREVER;

	if (due < now + SPIN_NS)
		return;
	if (due - now - SPIN_NS / 2 < WAIT_NS)
		ts.tv_nsec = (long)(due - now - SPIN_NS / 2);
	(void)ppoll(pfd, 2, &ts, NULL);
}

static void
relay_run(struct relay *r)
{
	unsigned i, n;

	while (!ended) {
		n = 0;
		for (i = 0; i < 2; i++)
			n += relay_read(r, &r->r_port[i]);
		if (n == 0)
			for (i = 0; i < 2; i++)
				release(r, &r->r_port[i].p_way, 0, now_ns());
		n += send_due(r);
		if (n == 0)
			rest(r);
	}
	for (i = 0; i < 2; i++) {
		/* What has come by now, and no more. */
		for (n = 0; n < SLOTS / BURST; n++)
			if (relay_read(r, &r->r_port[i]) == 0)
				break;
		release(r, &r->r_port[i].p_way, 0, FOREVER);
	}
	while (r->r_n > 0)
		frame_send(r, heap_pop(r), now_ns());
}

static void
port_ring(struct port *p, unsigned mtu)
{
	const int version = TPACKET_V2;
	struct tpacket_req req = { .tp_frame_nr = SLOTS };
	uint32_t slot = 1024, block;

	while (slot < mtu + SLOT_MORE)
		slot *= 2;
	block = slot < 65536 ? 65536 : slot;
	req.tp_frame_size = slot;
	req.tp_block_size = block;
	req.tp_block_nr = (uint32_t)((uint64_t)SLOTS * slot / block);
	if (setsockopt(p->p_fd, SOL_PACKET, PACKET_VERSION, &version,
		sizeof(version)) != 0 ||
	    setsockopt(p->p_fd, SOL_PACKET, PACKET_RX_RING, &req,
		sizeof(req)) != 0)
		err(1, "%s: receive ring", p->p_name);
	p->p_slot = slot;
	p->p_room = mtu + SLOT_MORE;
	p->p_ring = mmap(NULL, (size_t)SLOTS * slot, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_LOCKED, p->p_fd, 0);
	if (p->p_ring == MAP_FAILED)
		err(1, "%s: receive ring", p->p_name);
}

/* No protocol until it is bound, or frames of all interfaces come. */
static void
port_open(struct port *p)
{
	const int yes = 1, size = 64 << 20;
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(p->p_name) };
	struct packet_mreq mreq = { .mr_ifindex = sll.sll_ifindex,
		.mr_type = PACKET_MR_PROMISC };
	struct ifreq ifr = { 0 };

	if (sll.sll_ifindex == 0)
		err(1, "%s", p->p_name);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", p->p_name);
	if ((p->p_fd = socket(AF_PACKET, SOCK_RAW, 0)) < 0 ||
	    ioctl(p->p_fd, SIOCGIFMTU, &ifr) != 0)
		err(1, "%s", p->p_name);
	port_ring(p, (unsigned)ifr.ifr_mtu);
	if (setsockopt(p->p_fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes,
		sizeof(yes)) != 0 ||
	    setsockopt(p->p_fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
		sizeof(size)) != 0 ||
	    bind(p->p_fd, (struct sockaddr *)&sll, sizeof(sll)) != 0 ||
	    setsockopt(p->p_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq,
		sizeof(mreq)) != 0)
		err(1, "%s", p->p_name);
}

static void
port_report(struct port *p, const char *after)
{
	struct count *n = &p->p_way.w_count;
	struct tpacket_stats ts = { 0 };
	socklen_t len = sizeof(ts);

	if (getsockopt(p->p_fd, SOL_PACKET, PACKET_STATISTICS, &ts, &len) == 0)
		n->n_missed = ts.tp_drops;
	printf("\"%s\":{\"in\":%ju,\"other\":%ju,\"missed\":%ju,\"lost\":%ju,"
	    "\"overflow\":%ju,\"duplicated\":%ju,\"held\":%ju,\"flushed\":%ju,"
	    "\"overtaken\":%ju,\"refused\":%ju,\"out\":%ju,\"bytes\":%ju,"
	    "\"inside_ns\":{\"min\":%ju,\"mean\":%.0f,\"max\":%ju}}%s",
	    p->p_name, (uintmax_t)n->n_in, (uintmax_t)n->n_other,
	    (uintmax_t)n->n_missed, (uintmax_t)n->n_lost,
	    (uintmax_t)n->n_overflow, (uintmax_t)n->n_duplicated,
	    (uintmax_t)n->n_held, (uintmax_t)n->n_flushed,
	    (uintmax_t)n->n_overtaken, (uintmax_t)n->n_refused,
	    (uintmax_t)n->n_out, (uintmax_t)n->n_bytes, (uintmax_t)n->n_least,
	    n->n_out > 0 ? n->n_sum / (double)n->n_out : 0,
	    (uintmax_t)n->n_most, after);
}

static void
relay_open(struct relay *r, char **names)
{
	uint32_t room;
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct port *p = &r->r_port[i];

		p->p_name = names[i];
		p->p_way.w_to = &r->r_port[1 - i];
		p->p_way.w_heldtail = &p->p_way.w_held;
		port_open(p);
	}
	room = r->r_port[0].p_room > r->r_port[1].p_room ?
	    r->r_port[0].p_room : r->r_port[1].p_room;
	for (i = 0; i < POOL; i++) {
		struct frame *f = calloc(1, sizeof(*f));

		if (f == NULL || (f->f_data = malloc(room)) == NULL)
			errx(1, "no memory");
		frame_put(r, f);
	}
}

int
main(int argc, char **argv)
{
	static struct relay r;
	struct sigaction sa = { .sa_handler = on_term }; /* no SA_RESTART */
	uint64_t seed = 1;
	int ch, i;

	for (i = 0; i < 2; i++)
		r.r_port[i].p_way.w_fate.ft_queue = 64;
	while ((ch = getopt(argc, argv, "ad:h:l:q:r:s:u:")) != -1)
		switch (ch) {
		case 'a':
			r.r_all = true;
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case '?':
			return 2;
		default:
			fate_option(&r.r_port[0].p_way.w_fate,
			    &r.r_port[1].p_way.w_fate, ch, optarg);
		}
	if (argc - optind != 2)
		errx(2, "usage: relay [-a] [-d delay[+spread]] [-h n,k] "
		    "[-l loss] [-q frames] [-r rate] [-s seed] "
		    "[-u duplicates] left right");
	for (i = 0; i < 2; i++) {
		if (r.r_port[i].p_way.w_fate.ft_queue == 0)
			errx(2, "-q is at least 1");
		r.r_port[i].p_way.w_seed = seed * 2 + (uint64_t)i;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	relay_open(&r, argv + optind);
	puts("ready");
	fflush(stdout);
	relay_run(&r);
	putchar('{');
	port_report(&r.r_port[0], ",");
	port_report(&r.r_port[1], "}\n");
	return 0;
}
