/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The XDP program, run by a machine that knows just its instructions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dev/xdp_prog.h"

#define MAPFD	 7
#define TAGFN	 4711
#define REDIRECT 4
#define HEADROOM 64
#define FRAME	 20
#define ROOM	 4096

/* A frame where pointers have 32 bits, as in the context. */
struct world {
	struct xdp_md *w_ctx;
	uint8_t *w_room;
	int w_adjust; /* what making room answers */
	int w_tag; /* what the driver answers */
	uint16_t w_proto;
	uint16_t w_tci;
	uint64_t w_stack[8];
};

/* What bpf_redirect_map() does with a map that has sockets for two queues. */
static uint64_t
redirect_map(uint64_t map, uint64_t key, uint64_t flags)
{
	assert_int_equal(map, MAPFD);
	return key < 2 ? REDIRECT : flags & 3;
}

static uint64_t
adjust_head(struct world *w, uint64_t ctx, uint64_t by)
{
	assert_ptr_equal((void *)(uintptr_t)ctx, w->w_ctx);
	if (w->w_adjust == 0)
		w->w_ctx->data += (uint32_t)by;
	return (uint64_t)w->w_adjust;
}

static uint64_t
vlan_tag(const struct world *w, uint64_t ctx, uint64_t proto, uint64_t tci)
{
	assert_ptr_equal((void *)(uintptr_t)ctx, w->w_ctx);
	if (w->w_tag == 0) {
		memcpy((void *)(uintptr_t)proto, &w->w_proto, 2);
		memcpy((void *)(uintptr_t)tci, &w->w_tci, 2);
	}
	return (uint64_t)w->w_tag;
}

static uint64_t
call(struct world *w, const struct bpf_insn *p, const uint64_t *r)
{
	if (p->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		assert_int_equal(p->imm, TAGFN);
		return vlan_tag(w, r[1], r[2], r[3]);
	}
	assert_int_equal(p->src_reg, 0);
	if (p->imm == BPF_FUNC_xdp_adjust_head)
		return adjust_head(w, r[1], r[2]);
	assert_int_equal(p->imm, BPF_FUNC_redirect_map);
	return redirect_map(r[1], r[2], r[3]);
}

/* Loads and stores; the rest is run()'s. */
static bool
run_memory(const struct bpf_insn *p, uint64_t *r)
{
	const void *from = (char *)(uintptr_t)r[p->src_reg] + p->off;
	void *to = (char *)(uintptr_t)r[p->dst_reg] + p->off;

	switch (p->code) {
	case BPF_LDX | BPF_MEM | BPF_W:
		r[p->dst_reg] = 0;
		memcpy(&r[p->dst_reg], from, 4);
		return true;
	case BPF_LDX | BPF_MEM | BPF_H:
		r[p->dst_reg] = 0;
		memcpy(&r[p->dst_reg], from, 2);
		return true;
	case BPF_STX | BPF_MEM | BPF_W:
		memcpy(to, &r[p->src_reg], 4);
		return true;
	case BPF_STX | BPF_MEM | BPF_H:
		memcpy(to, &r[p->src_reg], 2);
		return true;
	default:
		return false;
	}
}

static bool
run_number(const struct bpf_insn *p, uint64_t *r)
{
	switch (p->code) {
	case BPF_ALU64 | BPF_MOV | BPF_K:
		r[p->dst_reg] = (uint64_t)p->imm;
		return true;
	case BPF_ALU64 | BPF_MOV | BPF_X:
		r[p->dst_reg] = r[p->src_reg];
		return true;
	case BPF_ALU64 | BPF_ADD | BPF_K:
		r[p->dst_reg] += (uint64_t)p->imm;
		return true;
	case BPF_ALU | BPF_END | BPF_TO_BE:
		assert_int_equal(p->imm, 16);
		r[p->dst_reg] = __builtin_bswap16((uint16_t)r[p->dst_reg]);
		return true;
	default:
		return false;
	}
}

static uint64_t
run(struct world *w, const struct bpf_insn *p, unsigned n)
{
	uint64_t r[11] = { [1] = (uintptr_t)w->w_ctx,
		[10] = (uintptr_t)(w->w_stack + countof(w->w_stack)) };
	unsigned pc;

	for (pc = 0; pc < n; pc++) {
		if (run_memory(&p[pc], r) || run_number(&p[pc], r))
			continue;
		switch (p[pc].code) {
		case BPF_LD | BPF_DW | BPF_IMM:
			assert_int_equal(p[pc].src_reg, BPF_PSEUDO_MAP_FD);
			assert_int_equal(p[pc + 1].code, 0);
			r[p[pc].dst_reg] = (uint64_t)p[pc].imm;
			pc++;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			if (r[p[pc].dst_reg] != (uint64_t)p[pc].imm)
				pc += (unsigned)p[pc].off;
			break;
		case BPF_JMP | BPF_JGT | BPF_X:
			if (r[p[pc].dst_reg] > r[p[pc].src_reg])
				pc += (unsigned)p[pc].off;
			break;
		case BPF_JMP | BPF_JA:
			pc += (unsigned)p[pc].off;
			break;
		case BPF_JMP | BPF_CALL:
			r[0] = call(w, &p[pc], r);
			memset(&r[1], 0xa5, 5 * sizeof(r[0]));
			break;
		case BPF_JMP | BPF_EXIT:
			return r[0];
		default:
			fail_msg("instruction %u: code %#x", pc, p[pc].code);
		}
	}
	fail_msg("runs off its end");
	return 0;
}

/* The frame is of len bytes, which count from 1. */
static void
world_make(struct world *w, unsigned len)
{
	unsigned i;

	memset(w, 0, sizeof(*w));
	w->w_room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(w->w_room, MAP_FAILED);
	w->w_ctx = (void *)(w->w_room + ROOM / 2);
	memset(w->w_ctx, 0xff, sizeof(*w->w_ctx));
	for (i = 0; i < len; i++)
		w->w_room[HEADROOM + i] = (uint8_t)(i + 1);
	w->w_ctx->data = (uint32_t)(uintptr_t)(w->w_room + HEADROOM);
	w->w_ctx->data_end = w->w_ctx->data + len;
	w->w_ctx->rx_queue_index = 1;
}

static void
world_end(struct world *w)
{
	munmap(w->w_room, ROOM);
}

static void
verdicts(void **state)
{
	static const struct {
		uint32_t queue;
		uint64_t verdict;
	} cases[] = { { 0, REDIRECT }, { 1, REDIRECT }, { 2, XDP_PASS },
		{ UINT32_MAX, XDP_PASS } };
	struct bpf_insn prog[XDP_PROG_LEN];
	struct world w;
	unsigned i, n = xdp_prog(prog, MAPFD, 0);

	world_make(&w, FRAME);
	for (i = 0; i < countof(cases); i++) {
		w.w_ctx->rx_queue_index = cases[i].queue;
		assert_int_equal(run(&w, prog, n), cases[i].verdict);
	}
	world_end(&w);
}

static void
tag_is_put_back(void **state)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
		0x88, 0xa8, 0xb0, 0x14, 13, 14, 15, 16, 17, 18, 19, 20 };
	struct bpf_insn prog[XDP_PROG_LEN];
	struct world w;
	unsigned n = xdp_prog(prog, MAPFD, TAGFN);

	world_make(&w, FRAME);
	st16be((uint8_t *)&w.w_proto, 0x88a8);
	w.w_tci = 0xb014;
	assert_int_equal(run(&w, prog, n), REDIRECT);
	assert_int_equal(w.w_ctx->data_end - w.w_ctx->data, sizeof(wanted));
	assert_memory_equal(w.w_room + HEADROOM - 4, wanted, sizeof(wanted));
	world_end(&w);
}

static void
untagged_is_left_alone(void **state)
{
	struct bpf_insn prog[XDP_PROG_LEN];
	struct world w;
	unsigned n = xdp_prog(prog, MAPFD, TAGFN);

	world_make(&w, FRAME);
	w.w_tag = -61; /* ENODATA */
	assert_int_equal(run(&w, prog, n), REDIRECT);
	assert_int_equal(w.w_ctx->data_end - w.w_ctx->data, FRAME);
	assert_int_equal(w.w_room[HEADROOM], 1);
	world_end(&w);
}

/* Without room, or with less than a frame, it is dropped. */
static void
no_room_for_the_tag(void **state)
{
	struct bpf_insn prog[XDP_PROG_LEN];
	struct world w;
	unsigned n = xdp_prog(prog, MAPFD, TAGFN);

	world_make(&w, FRAME);
	w.w_adjust = -22;
	assert_int_equal(run(&w, prog, n), XDP_DROP);
	world_end(&w);
	world_make(&w, 13);
	assert_int_equal(run(&w, prog, n), XDP_DROP);
	world_end(&w);
	world_make(&w, 14);
	assert_int_equal(run(&w, prog, n), REDIRECT);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(tag_is_put_back),
		cmocka_unit_test(untagged_is_left_alone),
		cmocka_unit_test(no_room_for_the_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
