/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The XDP program, run by a machine that knows just its instructions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dev/xdp_prog.h"

#define MAPFD	 7
#define REDIRECT 4

/* What bpf_redirect_map() does with a map that has sockets for two queues. */
static uint64_t
redirect_map(uint64_t map, uint64_t key, uint64_t flags)
{
	assert_int_equal(map, MAPFD);
	return key < 2 ? REDIRECT : flags & 3;
}

static uint64_t
run(const struct bpf_insn *p, const struct xdp_md *ctx)
{
	uint64_t r[11] = { [1] = (uintptr_t)ctx };
	uint32_t w;
	unsigned pc;

	for (pc = 0; pc < XDP_PROG_LEN; pc++)
		switch (p[pc].code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			memcpy(&w, (const char *)(uintptr_t)r[p[pc].src_reg] +
			    p[pc].off, sizeof(w));
			r[p[pc].dst_reg] = w;
			break;
		case BPF_LD | BPF_DW | BPF_IMM:
			assert_int_equal(p[pc].src_reg, BPF_PSEUDO_MAP_FD);
			assert_int_equal(p[pc + 1].code, 0);
			r[p[pc].dst_reg] = (uint64_t)p[pc].imm;
			pc++;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			r[p[pc].dst_reg] = (uint64_t)p[pc].imm;
			break;
		case BPF_JMP | BPF_CALL:
			assert_int_equal(p[pc].imm, BPF_FUNC_redirect_map);
			r[0] = redirect_map(r[1], r[2], r[3]);
			break;
		case BPF_JMP | BPF_EXIT:
			return r[0];
		default:
			fail_msg("instruction %u: code %#x", pc, p[pc].code);
		}
	fail_msg("runs off its end");
	return 0;
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
	struct xdp_md ctx;
	unsigned i;

	xdp_prog(prog, MAPFD);
	for (i = 0; i < countof(cases); i++) {
		memset(&ctx, 0xff, sizeof(ctx));
		ctx.rx_queue_index = cases[i].queue;
		assert_int_equal(run(prog, &ctx), cases[i].verdict);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
