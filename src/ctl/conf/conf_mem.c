/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is freed all at once: a configuration and everything in it.
 */
#include "ctl/conf/conf_int.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384u

struct block {
	struct block *b_next;
	size_t b_used;
	size_t b_size;
	alignas(max_align_t) char b_data[];
};

struct conf_mem {
	struct block *cm_first;
};

struct conf_mem *
conf_mem_create(void)
{
	return calloc(1, sizeof(struct conf_mem));
}

void
conf_mem_destroy(struct conf_mem *cm)
{
	struct block *b;

	if (cm == NULL)
		return;
	while ((b = cm->cm_first) != NULL) {
		cm->cm_first = b->b_next;
		free(b);
	}
	free(cm);
}

static struct block *
block_add(struct conf_mem *cm, size_t len)
{
	struct block *b;
	size_t size = len > BLOCK_SIZE / 4 ? len : BLOCK_SIZE;

	if ((b = calloc(1, sizeof(*b) + size)) == NULL)
		return NULL;
	b->b_size = size;
	/* A block made to measure is full: keep filling the one before. */
	if (size == len && cm->cm_first != NULL) {
		b->b_next = cm->cm_first->b_next;
		cm->cm_first->b_next = b;
	} else {
		b->b_next = cm->cm_first;
		cm->cm_first = b;
	}
	return b;
}

void *
conf_alloc(struct conf_mem *cm, size_t n, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	struct block *b = cm->cm_first;
	size_t len;
	void *p;

	if (size != 0 && n > (SIZE_MAX / 2) / size)
		return NULL;
	len = (n * size + mask) & ~mask;
	if (b == NULL || b->b_size - b->b_used < len) {
		if ((b = block_add(cm, len)) == NULL)
			return NULL;
	}
	p = b->b_data + b->b_used;
	b->b_used += len;
	return p;
}

char *
conf_strndup(struct conf_mem *cm, const char *s, size_t n)
{
	char *p;

	if ((p = conf_alloc(cm, 1, n + 1)) != NULL)
		memcpy(p, s, n);
	return p;
}
