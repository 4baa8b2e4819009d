/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions of the kernel that programs may call, by the kernel's description
 * of its own types (BTF, Documentation/bpf/btf.rst).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_btf.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define BTF_MOST (64u << 20) /* bytes; more is not believed */

/* Bytes that follow a type; SIZE_MAX: a kind that is not known. */
static size_t
btf_extra(uint32_t info)
{
	static const struct {
		uint8_t k_known;
		uint8_t k_fixed;
		uint8_t k_each; /* of so many members */
	} kinds[] = {
		[BTF_KIND_INT] = { 1, 4, 0 },
		[BTF_KIND_PTR] = { 1, 0, 0 },
		[BTF_KIND_ARRAY] = { 1, sizeof(struct btf_array), 0 },
		[BTF_KIND_STRUCT] = { 1, 0, sizeof(struct btf_member) },
		[BTF_KIND_UNION] = { 1, 0, sizeof(struct btf_member) },
		[BTF_KIND_ENUM] = { 1, 0, sizeof(struct btf_enum) },
		[BTF_KIND_FWD] = { 1, 0, 0 },
		[BTF_KIND_TYPEDEF] = { 1, 0, 0 },
		[BTF_KIND_VOLATILE] = { 1, 0, 0 },
		[BTF_KIND_CONST] = { 1, 0, 0 },
		[BTF_KIND_RESTRICT] = { 1, 0, 0 },
		[BTF_KIND_FUNC] = { 1, 0, 0 },
		[BTF_KIND_FUNC_PROTO] = { 1, 0, sizeof(struct btf_param) },
		[BTF_KIND_VAR] = { 1, sizeof(struct btf_var), 0 },
		[BTF_KIND_DATASEC] = { 1, 0, sizeof(struct btf_var_secinfo) },
		[BTF_KIND_FLOAT] = { 1, 0, 0 },
		[BTF_KIND_DECL_TAG] = { 1, sizeof(struct btf_decl_tag), 0 },
		[BTF_KIND_TYPE_TAG] = { 1, 0, 0 },
		[BTF_KIND_ENUM64] = { 1, 0, sizeof(struct btf_enum64) },
	};
	unsigned kind = BTF_INFO_KIND(info);

	if (kind >= countof(kinds) || kinds[kind].k_known == 0)
		return SIZE_MAX;
	return kinds[kind].k_fixed +
	    (size_t)kinds[kind].k_each * BTF_INFO_VLEN(info);
}

int
btf_find_func(const void *btf, size_t n, const char *name)
{
	const char *p = btf, *names;
	struct btf_header bh;
	struct btf_type bt;
	size_t at, end, extra, size = strlen(name) + 1;
	int id;

	if (n < sizeof(bh))
		return 0;
	memcpy(&bh, p, sizeof(bh));
	if (bh.magic != BTF_MAGIC || bh.hdr_len < sizeof(bh) ||
	    (uint64_t)bh.hdr_len + bh.type_off + bh.type_len > n ||
	    (uint64_t)bh.hdr_len + bh.str_off + bh.str_len > n)
		return 0;
	names = p + bh.hdr_len + bh.str_off;
	at = (size_t)bh.hdr_len + bh.type_off;
	end = at + bh.type_len;
	for (id = 1; end - at >= sizeof(bt); id++) {
		memcpy(&bt, p + at, sizeof(bt));
		if (BTF_INFO_KIND(bt.info) == BTF_KIND_FUNC &&
		    bt.name_off < bh.str_len && size <= bh.str_len -
		    bt.name_off && memcmp(names + bt.name_off, name, size) == 0)
			return id;
		extra = btf_extra(bt.info);
		if (extra > end - at - sizeof(bt))
			return 0;
		at += sizeof(bt) + extra;
	}
	return 0;
}

/* All of the file, which the caller frees; NULL: it is not to be had. */
static void *
btf_read(int fd, size_t *size)
{
	struct stat st;
	size_t n = 0;
	ssize_t some;
	char *p;

	if (fstat(fd, &st) != 0 || st.st_size <= 0 ||
	    (uint64_t)st.st_size > BTF_MOST ||
	    (p = malloc((size_t)st.st_size)) == NULL)
		return NULL;
	while (n < (size_t)st.st_size) {
		some = read(fd, p + n, (size_t)st.st_size - n);
		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			break;
		n += (size_t)some;
	}
	*size = n;
	return p;
}

int
btf_kernel_func(const char *name)
{
	int id, fd = open(BTF_FILE, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	void *p;

	if (fd < 0)
		return 0;
	p = btf_read(fd, &n);
	close(fd);
	if (p == NULL)
		return 0;
	id = btf_find_func(p, n, name);
	free(p);
	return id;
}
