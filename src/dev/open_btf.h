/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the kernel's functions, for programs that call them.
 */
#ifndef DEV_OPEN_BTF_H
#define DEV_OPEN_BTF_H

#include <stddef.h>

/*
 * The number of the function in the kernel that runs; 0: it has none of this
 * name, or does not say.  Needs /sys.
 */
int btf_kernel_func(const char *name);

/* Pure.  The same in n bytes of BTF, in the machine's order. */
int btf_find_func(const void *btf, size_t n, const char *name);

#endif
