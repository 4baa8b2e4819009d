/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The XDP program, by hand: six instructions need no compiler, no file and no
 * loader, and are the same on every machine.
 */
#include <stddef.h>
#include <string.h>

#include "dev/xdp_prog.h"

void
xdp_prog(struct bpf_insn insn[static XDP_PROG_LEN], int mapfd)
{
	const struct bpf_insn prog[XDP_PROG_LEN] = {
		/* r2 = ctx->rx_queue_index */
		{ .code = BPF_LDX | BPF_MEM | BPF_W,
		    .dst_reg = BPF_REG_2,
		    .src_reg = BPF_REG_1,
		    .off = offsetof(struct xdp_md, rx_queue_index) },
		/* r1 = map; a 64-bit immediate takes two */
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		    .dst_reg = BPF_REG_1,
		    .src_reg = BPF_PSEUDO_MAP_FD,
		    .imm = mapfd },
		{ .code = 0 },
		/* r3 = what to do if there is no socket */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		    .dst_reg = BPF_REG_3,
		    .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	memcpy(insn, prog, sizeof(prog));
}
