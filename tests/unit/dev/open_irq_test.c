/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts behind receive queues: what drivers call them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dev/open_irq.h"

#define NONE 12345

static void
names(void **state)
{
	static const struct {
		const char *name, *ifname, *device;
		unsigned queue;
	} tab[] = {
		{ "eth0-TxRx-3", "eth0", "0000:01:00.0", 3 },
		{ "i40e-enp1s0f0-TxRx-12", "enp1s0f0", "0000:01:00.0", 12 },
		{ "eth1-Tx-Rx-0", "eth1", "0000:00:05.0", 0 },
		{ "eth0-rx-1", "eth0", "0000:01:00.0", 1 },
		{ "eth0-tx-1", "eth0", "0000:01:00.0", NONE },
		{ "eth0", "eth0", "0000:01:00.0", IRQ_ALL },
		{ "eth0-2", "eth0", "0000:01:00.0", 2 },
		{ "mlx5_comp1@pci:0000:01:00.0", "eth0", "0000:01:00.0", 1 },
		{ "mlx5_async0@pci:0000:01:00.0", "eth0", "0000:01:00.0",
		    NONE },
		{ "virtio2-input.0", "eth0", "virtio2", 0 },
		{ "virtio2-output.0", "eth0", "virtio2", NONE },
		{ "virtio2-config", "eth0", "virtio2", NONE },
		{ "virtio2", "eth0", "virtio2", IRQ_ALL },
		{ "virtio22-input.0", "eth0", "virtio2", NONE },
		{ "eth01-TxRx-0", "eth0", "0000:01:00.0", NONE },
		{ "xeth0-TxRx-0", "eth0", "0000:01:00.0", NONE },
		{ "ena-mgmnt@pci:0000:00:05.0", "eth1", "0000:00:05.0", NONE },
		{ "PCI-MSIX-0000:01:00.0", "eth0", "0000:01:00.0", NONE },
		{ "", "eth0", "virtio2", NONE },
		{ "eth0", "", "", NONE },
	};
	unsigned i, queue;

	for (i = 0; i < countof(tab); i++) {
		queue = NONE;
		if (!irq_queue(tab[i].name, tab[i].ifname, tab[i].device,
		    &queue))
			queue = NONE;
		if (queue != tab[i].queue)
			fail_msg("%s: %u", tab[i].name, queue);
	}
}

static void
lines(void **state)
{
	static const char *const tab[] = {
		"           CPU0       CPU1\n",
		"  9:          0          0   IO-APIC   9-fasteoi   acpi, "
		"eth0\n",
		" 41:      13617          0 PCI-MSIX-0000:00:04.0   1-edge "
		"     eth0-TxRx-1\n",
		" 42:          0      38187 PCI-MSIX-0000:00:04.0   2-edge "
		"     eth0-TxRx-7\n",
		"LOC:   13010390   11939897   Local timer interrupts\n",
		"ERR:          0\n",
		"43",
		":",
		"",
		"99999999999: 0 0 eth0-TxRx-0\n",
	};
	char line[128];
	uint32_t irq[3] = { 0 };
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		strncpy(line, tab[i], sizeof(line) - 1);
		irq_line(line, "eth0", "0000:00:04.0", irq, 3);
	}
	assert_int_equal(irq[0], 9);
	assert_int_equal(irq[1], 41);
	assert_int_equal(irq[2], 9);
}

/* Without hardware there are none; with it, what is said is of a queue. */
static void
here(void **state)
{
	uint32_t irq[2] = { 1, 2 };

	link_irqs("lo", irq, 2);
	assert_int_equal(irq[0] + irq[1], 0);
	link_irqs("no/such", irq, 2);
	assert_int_equal(irq[0] + irq[1], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(lines),
		cmocka_unit_test(here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
