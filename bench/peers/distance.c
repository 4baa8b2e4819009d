/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Says how far the first two CPUs are from each other right now, "NEAR" or
 * "FAR" (path/duo.h).  For benchmarks of several processes.
 */
#include <stdio.h>

#include "../path/duo.h"

int
main(void)
{
	struct duo *du = duo_create();

	puts(distance_names[duo_distance(du)]);
	duo_destroy(du);
	return 0;
}
