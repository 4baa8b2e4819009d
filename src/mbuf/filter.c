/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running capture filters, and learning from what they refuse.
 *
 * libpcap checks and runs programs.  What is here follows a packet through one
 * a second time and writes down what each branch on the way depended on.  A
 * value in the accumulator is either a constant or some bytes of the packet at
 * a known place, perhaps masked; a branch on the latter makes a condition.
 * Where a value is put to another use (an IPv4 header's length as an index) it
 * becomes a constant, and that those bytes have this value a condition.  So all
 * packets that satisfy the conditions take the same way.  Programs that
 * compute or read behind a packet's end are not learnt from, and always run.
 *
 * Conditions of equality on bytes near each other become one, on the eight
 * bytes at a multiple of eight, or the last eight of the packet.
 */
#include "mbuf/filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "mbuf/filter_int.h"

#define VALUE_LEN 255 /* v_size of the packet's length */

struct filter {
	unsigned f_n; /* [I] */
	struct bpf_insn f_insn[]; /* [I] */
};

/*
 * A value: v_size bytes at v_off under a mask; of size 0 a constant, of
 * VALUE_LEN the packet's length.
 */
struct value {
	uint32_t v_now; /* of this packet */
	uint32_t v_off;
	uint32_t v_mask;
	unsigned v_size;
};

/* Following one packet. */
struct learner {
	const struct mbuf *le_m;
	struct filter_trace *le_ft;
	struct value le_a;
	struct value le_x;
	struct value le_mem[BPF_MEMWORDS];
};

/* All that bpf_filter() knows; on others it gives up with the whole program. */
static bool
insn_known(unsigned code)
{
	switch (code) {
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_MSH | BPF_B:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_JMP | BPF_JA:
	case BPF_ALU | BPF_NEG:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
		return true;
	}
	if (BPF_CLASS(code) == BPF_JMP)
		return BPF_OP(code) >= BPF_JEQ && BPF_OP(code) <= BPF_JSET &&
		    (code & ~0xffu) == 0;
	return BPF_CLASS(code) == BPF_ALU && (code & ~0xffu) == 0 &&
	    (BPF_OP(code) < BPF_NEG || BPF_OP(code) == BPF_MOD ||
		BPF_OP(code) == BPF_XOR);
}

/* Nothing jumps backwards, which libpcap would allow. */
static bool
insns_known(const struct filter_insn *fi, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (!insn_known(fi[i].fi_code) ||
		    (fi[i].fi_code == (BPF_JMP | BPF_JA) && fi[i].fi_k >= n))
			return false;
	return true;
}

/* Where in goes on if taken, and if not. */
static unsigned
insn_next(const struct filter_insn *fi, bool taken)
{
	if (BPF_CLASS(fi->fi_code) != BPF_JMP)
		return 1;
	if (BPF_OP(fi->fi_code) == BPF_JA)
		return 1 + fi->fi_k;
	return 1u + (taken ? fi->fi_jt : fi->fi_jf);
}

/*
 * Whether memory is written before it is read, whatever the way; what stands
 * in it before is not defined.  All jumps stay inside.
 */
static bool
insns_stored(const struct filter_insn *fi, unsigned n)
{
	uint16_t stored[FILTER_MAX]; /* words written on all ways to here */
	uint16_t now;
	unsigned i;

	memset(stored, 0xff, n * sizeof(stored[0]));
	stored[0] = 0;
	for (i = 0; i < n; i++) {
		now = stored[i];
		switch (fi[i].fi_code) {
		case BPF_ST:
		case BPF_STX:
			now |= (uint16_t)(1u << fi[i].fi_k);
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if ((now & 1u << fi[i].fi_k) == 0)
				return false;
			break;
		}
		if (BPF_CLASS(fi[i].fi_code) == BPF_RET)
			continue;
		stored[i + insn_next(&fi[i], true)] &= now;
		stored[i + insn_next(&fi[i], false)] &= now;
	}
	return true;
}

struct filter *
filter_create(const struct filter_insn *fi, unsigned n)
{
	struct filter *f;
	unsigned i;

	if (n == 0 || n > FILTER_MAX || !insns_known(fi, n) ||
	    (f = malloc(sizeof(*f) + n * sizeof(f->f_insn[0]))) == NULL)
		return NULL;
	f->f_n = n;
	for (i = 0; i < n; i++)
		f->f_insn[i] = (struct bpf_insn){ fi[i].fi_code, fi[i].fi_jt,
			fi[i].fi_jf, fi[i].fi_k };
	if (bpf_validate(f->f_insn, (int)n) == 0 || !insns_stored(fi, n)) {
		free(f);
		return NULL;
	}
	return f;
}

void
filter_destroy(struct filter *f)
{
	free(f);
}

bool
filter_run(const struct filter *f, const struct mbuf *m)
{
	return bpf_filter(f->f_insn, m->m_data, m->m_pktlen, m->m_len) != 0;
}

/* Where the eight bytes begin that hold these; false if there are none. */
static bool
learn_window(const struct learner *le, const struct value *v, uint32_t *window)
{
	uint32_t at = v->v_off & ~7u;

	if (le->le_m->m_len < 8)
		return false;
	if (v->v_off + v->v_size > at + 8)
		at = v->v_off;
	*window = umin(at, le->le_m->m_len - 8);
	le->le_ft->ft_need = umax(le->le_ft->ft_need, *window + 8);
	return true;
}

/* How far the value stands above the last of the eight bytes, in bits. */
static unsigned
learn_shift(const struct value *v, uint32_t window)
{
	return (8 - (v->v_off - window) - v->v_size) * 8;
}

/* These bits of the value are as they are. */
static bool
learn_equal(struct learner *le, const struct value *v, uint32_t bits)
{
	struct filter_trace *ft = le->le_ft;
	struct filter_bytes *fb = ft->ft_equal;
	uint64_t mask;
	uint32_t window;
	unsigned i;

	if (v->v_size == 0)
		return true;
	if (v->v_size == VALUE_LEN || !learn_window(le, v, &window))
		return false;
	mask = wire((uint64_t)(v->v_mask & bits) << learn_shift(v, window));
	for (i = 0; i < ft->ft_nequal && fb->fb_off != window; i++)
		fb++;
	if (i == FILTER_CONDS)
		return false;
	if (i == ft->ft_nequal) {
		ft->ft_nequal++;
		*fb = (struct filter_bytes){ .fb_off = window };
	}
	fb->fb_mask |= mask;
	fb->fb_value |= load(le->le_m->m_data + window) & mask;
	return true;
}

/* The value is not k. */
static bool
learn_unequal(struct learner *le, const struct value *v, uint32_t k)
{
	struct filter_trace *ft = le->le_ft;
	uint32_t window;
	unsigned shift;

	if (v->v_size == 0 || (k & ~v->v_mask) != 0)
		return true; /* it never is */
	if (v->v_size == VALUE_LEN || ft->ft_nunequal == FILTER_CONDS ||
	    !learn_window(le, v, &window))
		return false;
	shift = learn_shift(v, window);
	ft->ft_unequal[ft->ft_nunequal++] = (struct filter_bytes){
		.fb_mask = wire((uint64_t)v->v_mask << shift),
		.fb_value = wire((uint64_t)k << shift),
		.fb_off = window,
	};
	return true;
}

/* The packet's length lies from least to most. */
static void
learn_length(struct filter_trace *ft, uint32_t least, uint32_t most)
{
	uint32_t top = umin(ft->ft_least + ft->ft_span, most);

	ft->ft_least = umax(ft->ft_least, least);
	ft->ft_span = top - ft->ft_least;
}

/* The value lies from least to most. */
static bool
learn_range(struct learner *le, const struct value *v, uint32_t least,
    uint32_t most)
{
	struct filter_trace *ft = le->le_ft;
	uint32_t window;

	if (v->v_size == 0)
		return true;
	if (v->v_size == VALUE_LEN) {
		learn_length(ft, least, most);
		return true;
	}
	if (ft->ft_nrange == FILTER_CONDS || !learn_window(le, v, &window))
		return false;
	ft->ft_range[ft->ft_nrange++] = (struct filter_range){
		.fr_off = window,
		.fr_shift = learn_shift(v, window),
		.fr_mask = v->v_mask,
		.fr_least = least,
		.fr_span = most - least,
	};
	return true;
}

/* From now on the value is a constant. */
static bool
learn_pin(struct learner *le, struct value *v)
{
	if (!learn_equal(le, v, UINT32_MAX))
		return false;
	v->v_size = 0;
	return true;
}

/* size bytes at off of the packet. */
static bool
learn_load(struct learner *le, struct value *v, uint32_t off, unsigned size)
{
	uint32_t now = 0;
	unsigned i;

	if (off > le->le_m->m_len || size > le->le_m->m_len - off)
		return false;
	for (i = 0; i < size; i++)
		now = now << 8 | le->le_m->m_data[off + i];
	*v = (struct value){ now, off, (uint32_t)((1ull << size * 8) - 1),
		size };
	return true;
}

static bool
learn_ld(struct learner *le, const struct bpf_insn *in, struct value *v)
{
	unsigned size = BPF_SIZE(in->code) == BPF_W ? 4 :
	    BPF_SIZE(in->code) == BPF_H ? 2 : 1;

	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		*v = (struct value){ .v_now = in->k };
		return true;
	case BPF_ABS:
		return learn_load(le, v, in->k, size);
	case BPF_IND:
		return learn_pin(le, &le->le_x) &&
		    le->le_x.v_now <= UINT32_MAX - in->k &&
		    learn_load(le, v, le->le_x.v_now + in->k, size);
	case BPF_MEM:
		*v = le->le_mem[in->k];
		return true;
	case BPF_LEN:
		*v = (struct value){ le->le_m->m_pktlen, 0, UINT32_MAX,
			VALUE_LEN };
		return true;
	case BPF_MSH:
		if (!learn_load(le, v, in->k, 1) || !learn_equal(le, v, 0xf))
			return false;
		*v = (struct value){ .v_now = (v->v_now & 0xf) * 4 };
		return true;
	}
	return false;
}

/* Masking keeps a value what it is; anything else is not followed. */
static bool
learn_alu(struct learner *le, const struct bpf_insn *in)
{
	if (BPF_OP(in->code) != BPF_AND || BPF_SRC(in->code) != BPF_K ||
	    le->le_a.v_size == VALUE_LEN)
		return false;
	le->le_a.v_now &= in->k;
	le->le_a.v_mask &= in->k;
	return true;
}

/*
 * Whether the branch is taken; *ok: whether what that depends on is a
 * condition.
 */
static bool
learn_branch(struct learner *le, const struct bpf_insn *in, bool *ok)
{
	const struct value *a = &le->le_a;
	uint32_t k = in->k, now = a->v_now;

	if (BPF_SRC(in->code) == BPF_X) {
		if (!(*ok = learn_pin(le, &le->le_x)))
			return false;
		k = le->le_x.v_now;
	}
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		*ok = now != k		     ? learn_unequal(le, a, k) :
		    a->v_size == VALUE_LEN ? learn_range(le, a, k, k) :
			learn_equal(le, a, UINT32_MAX);
		return now == k;
	case BPF_JGT:
		*ok = now > k ? learn_range(le, a, k + 1, UINT32_MAX) :
		    learn_range(le, a, 0, k);
		return now > k;
	case BPF_JGE:
		*ok = now >= k ? learn_range(le, a, k, UINT32_MAX) :
		    learn_range(le, a, 0, k - 1);
		return now >= k;
	case BPF_JSET:
		*ok = learn_equal(le, a, k);
		return (now & k) != 0;
	}
	*ok = false;
	return false;
}

/* One instruction; false if it cannot be followed. */
static bool
learn_step(struct learner *le, const struct bpf_insn *in)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		return learn_ld(le, in, &le->le_a);
	case BPF_LDX:
		return learn_ld(le, in, &le->le_x);
	case BPF_ST:
		le->le_mem[in->k] = le->le_a;
		return true;
	case BPF_STX:
		le->le_mem[in->k] = le->le_x;
		return true;
	case BPF_ALU:
		return learn_alu(le, in);
	case BPF_MISC:
		if (BPF_MISCOP(in->code) == BPF_TAX)
			le->le_x = le->le_a;
		else
			le->le_a = le->le_x;
		return true;
	}
	return false;
}

/* Whether an equality says that bytes differ, too. */
static bool
trace_implied(const struct filter_trace *ft, const struct filter_bytes *ne)
{
	unsigned i;

	for (i = 0; i < ft->ft_nequal; i++)
		if (ft->ft_equal[i].fb_off == ne->fb_off &&
		    (ne->fb_mask & ~ft->ft_equal[i].fb_mask) == 0)
			return true;
	return false;
}

/* What a program asked in vain before it found out; the rest is enough. */
static void
trace_prune(struct filter_trace *ft)
{
	unsigned i, n = 0;

	for (i = 0; i < ft->ft_nunequal; i++)
		if (!trace_implied(ft, &ft->ft_unequal[i]))
			ft->ft_unequal[n++] = ft->ft_unequal[i];
	ft->ft_nunequal = (uint8_t)n;
}

/* Which of the four parts of 16 bits the mask is; 0: none of them. */
static uint64_t
lane_of(uint64_t mask)
{
	return (mask & (mask - 1) & LANES_LOW) == 0 &&
		(mask & LANES_LOW) * UINT16_MAX == mask ? mask : 0;
}

/* Two ports that are not this one are looked at together. */
static void
trace_lanes(struct filter_trace *ft)
{
	struct filter_bytes *a = ft->ft_unequal, *b = a + 1;

	if (ft->ft_nunequal != 2 || a->fb_off != b->fb_off ||
	    lane_of(a->fb_mask) == 0 || lane_of(b->fb_mask) == 0 ||
	    (a->fb_mask & b->fb_mask) != 0)
		return;
	ft->ft_lanes = (struct filter_bytes){
		.fb_mask = a->fb_mask | b->fb_mask,
		.fb_value = a->fb_value | b->fb_value,
		.fb_off = a->fb_off,
	};
	ft->ft_nlanes = 1;
	ft->ft_nunequal = 0;
}

bool
filter_learn(
    const struct filter *f, const struct mbuf *m, struct filter_trace *ft)
{
	struct learner le = { .le_m = m, .le_ft = ft };
	const struct bpf_insn *in = f->f_insn;
	bool ok = true;

	ft->ft_need = ft->ft_least = 0;
	ft->ft_span = UINT32_MAX;
	ft->ft_mixed = false;
	ft->ft_nequal = ft->ft_nunequal = ft->ft_nrange = ft->ft_nlanes = 0;
	for (; ok; in++) {
		KASSERT(in < f->f_insn + f->f_n);
		if (BPF_CLASS(in->code) == BPF_RET)
			break;
		if (in->code == (BPF_JMP | BPF_JA))
			in += in->k;
		else if (BPF_CLASS(in->code) == BPF_JMP)
			in += learn_branch(&le, in, &ok) ? in->jt : in->jf;
		else
			ok = learn_step(&le, in);
	}
	trace_prune(ft);
	trace_lanes(ft);
	return ok && BPF_RVAL(in->code) == BPF_K && in->k == 0;
}

/* Whether one of the other traces is true; it then moves up. */
static bool
filter_known(struct filter_cpu *fc, struct mbuf *m)
{
	struct filter_trace ft;
	uint8_t left;
	unsigned i;

	for (i = 1; i < fc->fc_n; i++) {
		if (trace_vector(&fc->fc_trace[i], &m, 1, &left) != 0)
			continue;
		ft = fc->fc_trace[i];
		fc->fc_trace[i] = fc->fc_trace[i - 1];
		fc->fc_trace[i - 1] = ft;
		return true;
	}
	return false;
}

/* Packets of which the first trace is not true. */
static unsigned
filter_left(const struct filter *f, struct filter_cpu *fc,
    struct mbuf *const *mm, unsigned n, uint8_t *match)
{
	struct filter_trace ft;
	bool learn = true; /* one, at most */
	unsigned i, matched = 0;

	for (i = 0; i < n; i++) {
		struct mbuf *m = mm[match[i]];

		if (filter_known(fc, m))
			continue;
		if (filter_run(f, m)) {
			match[matched++] = match[i];
		} else if (learn) {
			learn = false;
			if (!filter_learn(f, m, &ft))
				continue;
			if (fc->fc_n < FILTER_TRACES)
				fc->fc_n++;
			fc->fc_trace[fc->fc_n - 1] = ft;
		}
	}
	return matched;
}

unsigned
filter_vector(const struct filter *f, struct filter_cpu *fc,
    struct mbuf *const *mm, unsigned n, uint8_t *match)
{
	unsigned i, left = n;

	if (likely(fc->fc_n > 0))
		left = trace_vector(&fc->fc_trace[0], mm, n, match);
	else
		for (i = 0; i < n; i++)
			match[i] = (uint8_t)i;
	return unlikely(left > 0) ? filter_left(f, fc, mm, left, match) : 0;
}
