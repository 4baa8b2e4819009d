/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a frame whose heading is told: nothing beyond them is read, and
 * no frame has ports without addresses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "ctl/told_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	uint8_t *frame = malloc(size > 0 ? size : 1);
	struct told_frame tf;

	if (frame == NULL)
		abort();
	memcpy(frame, p, size);
	told_frame_parse(frame, size, &tf);
	if (tf.tf_nvlan > 2 || (tf.tf_ports && (!tf.tf_ip || tf.tf_fragment)))
		panic("what was read makes no sense");
	told_packet_parse(frame, size, &tf);
	if (tf.tf_nvlan != 0 || (tf.tf_ip && tf.tf_src.a_family == 0))
		panic("what was read makes no sense");
	free(frame);
	return 0;
}
