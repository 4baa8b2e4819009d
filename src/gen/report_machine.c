/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine that the tester runs on, as far as it says.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gen/report_int.h"

#define LINE_LEN 1024

/*
 * The value of the first line "key<blanks>: value" or "key=value" of a file,
 * without quotes; "" if there is none.
 */
static void
file_value(const char *path, const char *key, char *value, size_t len)
{
	char line[LINE_LEN], *at, *end;
	size_t n = strlen(key);
	FILE *f = fopen(path, "re");

	*value = '\0';
	if (f == NULL)
		return;
	while (*value == '\0' && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, n) != 0)
			continue;
		at = line + n + strspn(line + n, " \t");
		if (n > 0 && *at != ':' && *at != '=')
			continue;
		at += n > 0;
		at += strspn(at, " \t\"");
		end = at + strcspn(at, "\"\n");
		snprintf(value, len, "%.*s", (int)(end - at), at);
	}
	fclose(f);
}

/* The name of the CPU, wherever this architecture has it. */
static void
cpu_model(char *text, size_t len)
{
	static const char *const keys[] = { "model name", "Model", "cpu model",
		"Hardware", "cpu", "CPU part" };
	unsigned i;

	*text = '\0';
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && *text == '\0'; i++)
		file_value("/proc/cpuinfo", keys[i], text, len);
}

json_t *
report_machine(struct report *rp)
{
	json_t *machine = json_object();
	char text[LINE_LEN];
	struct utsname un;

	if (uname(&un) == 0) {
		report_set_text(rp, machine, "host", un.nodename);
		snprintf(text, sizeof(text), "%s %s %s", un.sysname,
		    un.release, un.version);
		report_set_text(rp, machine, "kernel", text);
		report_set_text(rp, machine, "architecture", un.machine);
	}
	file_value("/etc/os-release", "PRETTY_NAME", text, sizeof(text));
	report_set_text(rp, machine, "system", text);
	cpu_model(text, sizeof(text));
	report_set_text(rp, machine, "cpu", text);
	file_value("/proc/cpuinfo", "microcode", text, sizeof(text));
	report_set_text(rp, machine, "microcode", text);
	/* Whether speed depends on how warm it is. */
	file_value("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "",
	    text, sizeof(text));
	report_set_text(rp, machine, "governor", text);
	file_value("/sys/class/dmi/id/product_name", "", text, sizeof(text));
	report_set_text(rp, machine, "product", text);
	report_set_count(rp, machine, "cpus",
	    (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	report_set_count(rp, machine, "memory_bytes",
	    (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE));
	return machine;
}
