/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's interrupts behind receive queues.
 *
 * /proc/interrupts names who asked for an interrupt; drivers put the name of
 * the interface or of the device into it, and the number of the queue:
 * "eth0-TxRx-3", "virtio2-input.0", "mlx5_comp1@pci:0000:01:00.0".  A name
 * that is nothing else, "eth0", is that of all queues.  What looks different is
 * not known.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dev/open_irq.h"

#define LINE_MAX_LEN 8192 /* a column for each of the machine's CPUs */

/* Where word stands by itself in name, or NULL. */
static const char *
name_find(const char *name, const char *word)
{
	size_t n = strlen(word);
	const char *p = name;

	if (n == 0)
		return NULL;
	while ((p = strstr(p, word)) != NULL) {
		if ((p == name || !isalnum((unsigned char)p[-1])) &&
		    !isalnum((unsigned char)p[n]))
			return p;
		p++;
	}
	return NULL;
}

/* The number that is last in s, or IRQ_ALL. */
static unsigned
last_number(const char *s)
{
	size_t end = strlen(s), at;

	while (end > 0 && !isdigit((unsigned char)s[end - 1]))
		end--;
	for (at = end; at > 0 && isdigit((unsigned char)s[at - 1]);)
		at--;
	return at == end ? IRQ_ALL : (unsigned)strtoul(s + at, NULL, 10);
}

bool
irq_queue(const char *name, const char *ifname, const char *device,
    unsigned *queue)
{
	static const char *const kinds[] = { "rx", "input", "comp" };
	const char *word = ifname, *at;
	char rest[128];
	bool letters = false;
	size_t i;

	if ((at = name_find(name, word)) == NULL)
		at = name_find(name, word = device);
	if (at == NULL)
		return false;
	snprintf(rest, sizeof(rest), "%.*s %s", (int)(at - name), name,
	    at + strlen(word));
	for (i = 0; rest[i] != '\0'; i++) {
		rest[i] = (char)tolower((unsigned char)rest[i]);
		letters |= isalpha((unsigned char)rest[i]) != 0;
	}
	*queue = last_number(rest);
	for (i = 0; letters && i < countof(kinds); i++)
		if (strstr(rest, kinds[i]) != NULL)
			letters = false;
	return !letters;
}

void
irq_line(char *line, const char *ifname, const char *device, uint32_t *irq,
    unsigned n)
{
	char *save = NULL, *word, *end;
	unsigned long number = strtoul(line, &end, 10);
	unsigned i, queue;

	if (end == line || *end != ':' || number == 0 || number > UINT32_MAX)
		return;
	for (word = strtok_r(end + 1, " \t\n,", &save); word != NULL;
	     word = strtok_r(NULL, " \t\n,", &save)) {
		if (!irq_queue(word, ifname, device, &queue))
			continue;
		for (i = 0; i < n; i++)
			if (queue == i || (queue == IRQ_ALL && irq[i] == 0))
				irq[i] = (uint32_t)number;
	}
}

void
link_irqs(const char *name, uint32_t *irq, unsigned n)
{
	char path[64], link[PATH_MAX] = "", line[LINE_MAX_LEN];
	const char *device;
	FILE *f;

	memset(irq, 0, n * sizeof(*irq));
	snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	if (readlink(path, link, sizeof(link) - 1) < 0)
		return; /* no hardware */
	device = strrchr(link, '/');
	device = device != NULL ? device + 1 : link;
	if ((f = fopen("/proc/interrupts", "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		irq_line(line, name, device, irq, n);
	fclose(f);
}
