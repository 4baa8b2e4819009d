/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a message of memif's control channel: nothing is read beyond
 * them, texts are printable, and what was understood can be written and means
 * the same again.
 */
#include <stdint.h>
#include <string.h>

#include "base/kassert.h"
#include "dev/memif_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_text(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size && text[i] != '\0'; i++)
		if (text[i] < ' ' || text[i] > '~')
			panic("a text that drives a terminal");
	if (i == size)
		panic("a text without an end");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	uint8_t again[MEMIF_MSGLEN];
	struct memif_msg mm, same;

	if (memif_msg_parse(p, size, &mm) != NULL)
		return 0;
	if (size != MEMIF_MSGLEN)
		panic("a message of %zu bytes was taken", size);
	check_text(mm.mm_name, sizeof(mm.mm_name));
	check_text(mm.mm_text, sizeof(mm.mm_text));
	/* The last byte of a text is left to the NUL. */
	mm.mm_name[MEMIF_NAMELEN - 1] = '\0';
	mm.mm_text[MEMIF_TEXTLEN - 1] = '\0';
	memif_msg_write(again, &mm);
	if (memif_msg_parse(again, sizeof(again), &same) != NULL)
		panic("what was written is not understood");
	/* What followed a NUL in a text is not kept: it is all zero. */
	if (memcmp(&mm, &same, sizeof(mm)) != 0)
		panic("it means something else when written again");
	return 0;
}
