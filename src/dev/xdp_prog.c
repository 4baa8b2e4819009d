/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The XDP program, by hand: a few instructions need no compiler, no file and
 * no loader, and are the same on every machine.
 *
 * A VLAN tag that the kernel carries beside the frame, as a veth does, or that
 * the card has taken off, would be lost with the way to the socket.  A function
 * of the driver tells it, and the program puts it back.
 */
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "dev/xdp_prog.h"

#define TAG_LEN	  4
#define TAG_PROTO (-4) /* on the stack: what the driver says */
#define TAG_TCI	  (-2)
#define MACS	  12 /* bytes of the addresses, before the tag */

#define CTX(member) ((short)offsetof(struct xdp_md, member))
#define LOAD(size, dst, src, at)					\
	{ .code = BPF_LDX | BPF_MEM | (size), .dst_reg = (dst),		\
	    .src_reg = (src), .off = (at) }
#define STORE(size, dst, at, src)					\
	{ .code = BPF_STX | BPF_MEM | (size), .dst_reg = (dst),		\
	    .src_reg = (src), .off = (at) }
#define MOVE(dst, src)							\
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (dst),	\
	    .src_reg = (src) }
#define SET(dst, value)							\
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst),	\
	    .imm = (value) }
#define ADD(dst, value)							\
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (dst),	\
	    .imm = (value) }
#define TO_BE16(dst)							\
	{ .code = BPF_ALU | BPF_END | BPF_TO_BE, .dst_reg = (dst), .imm = 16 }
#define IF_NOT_0(r, skip)						\
	{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = (r), .off = (skip) }
#define IF_ABOVE(r, than, skip)						\
	{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = (r),		\
	    .src_reg = (than), .off = (skip) }
#define CALL(what, kind)						\
	{ .code = BPF_JMP | BPF_CALL, .src_reg = (kind), .imm = (what) }
#define SKIP(n) { .code = BPF_JMP | BPF_JA, .off = (n) }
#define EXIT { .code = BPF_JMP | BPF_EXIT }

/* r6 = ctx, which is in r1 */
static unsigned
prog_tag(struct bpf_insn *insn, int tagfn)
{
	const struct bpf_insn tag[] = {
		/* does the driver know of a tag? */
		SET(BPF_REG_1, 0),
		STORE(BPF_W, BPF_REG_10, TAG_PROTO, BPF_REG_1),
		MOVE(BPF_REG_1, BPF_REG_6),
		MOVE(BPF_REG_2, BPF_REG_10),
		ADD(BPF_REG_2, TAG_PROTO),
		MOVE(BPF_REG_3, BPF_REG_10),
		ADD(BPF_REG_3, TAG_TCI),
		CALL(tagfn, BPF_PSEUDO_KFUNC_CALL),
		IF_NOT_0(BPF_REG_0, 23), /* no: all is done */
		/* room for it */
		MOVE(BPF_REG_1, BPF_REG_6),
		SET(BPF_REG_2, -TAG_LEN),
		CALL(BPF_FUNC_xdp_adjust_head, 0),
		IF_NOT_0(BPF_REG_0, 17),
		LOAD(BPF_W, BPF_REG_1, BPF_REG_6, CTX(data)),
		LOAD(BPF_W, BPF_REG_2, BPF_REG_6, CTX(data_end)),
		MOVE(BPF_REG_3, BPF_REG_1),
		ADD(BPF_REG_3, MACS + TAG_LEN + 2),
		IF_ABOVE(BPF_REG_3, BPF_REG_2, 12),
		/* the addresses move, the tag goes behind them */
		LOAD(BPF_W, BPF_REG_3, BPF_REG_1, TAG_LEN),
		STORE(BPF_W, BPF_REG_1, 0, BPF_REG_3),
		LOAD(BPF_W, BPF_REG_3, BPF_REG_1, TAG_LEN + 4),
		STORE(BPF_W, BPF_REG_1, 4, BPF_REG_3),
		LOAD(BPF_W, BPF_REG_3, BPF_REG_1, TAG_LEN + 8),
		STORE(BPF_W, BPF_REG_1, 8, BPF_REG_3),
		LOAD(BPF_H, BPF_REG_3, BPF_REG_10, TAG_PROTO),
		STORE(BPF_H, BPF_REG_1, MACS, BPF_REG_3),
		LOAD(BPF_H, BPF_REG_3, BPF_REG_10, TAG_TCI),
		TO_BE16(BPF_REG_3),
		STORE(BPF_H, BPF_REG_1, MACS + 2, BPF_REG_3),
		SKIP(2),
		/* better lost than taken for untagged */
		SET(BPF_REG_0, XDP_DROP),
		EXIT,
	};

	memcpy(insn, tag, sizeof(tag));
	return countof(tag);
}

unsigned
xdp_prog(struct bpf_insn insn[static XDP_PROG_LEN], int mapfd, int tagfn)
{
	const struct bpf_insn keep[] = { MOVE(BPF_REG_6, BPF_REG_1) };
	const struct bpf_insn redirect[] = {
		LOAD(BPF_W, BPF_REG_2, BPF_REG_6, CTX(rx_queue_index)),
		/* r1 = map; a 64-bit immediate takes two */
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		    .dst_reg = BPF_REG_1,
		    .src_reg = BPF_PSEUDO_MAP_FD,
		    .imm = mapfd },
		{ .code = 0 },
		/* r3 = what to do if there is no socket */
		SET(BPF_REG_3, XDP_PASS),
		CALL(BPF_FUNC_redirect_map, 0),
		EXIT,
	};
	unsigned n = 0;

	memcpy(insn, keep, sizeof(keep));
	n += countof(keep);
	if (tagfn != 0)
		n += prog_tag(insn + n, tagfn);
	KASSERT(n + countof(redirect) <= XDP_PROG_LEN);
	memcpy(insn + n, redirect, sizeof(redirect));
	return n + (unsigned)countof(redirect);
}
