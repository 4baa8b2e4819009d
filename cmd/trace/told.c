/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Told packets for people:
 *
 *	packet 1: 10.0.0.2 > 10.2.0.2, udp 40000 > 53, ttl 64, 84 bytes
 *	  from lan        queue 0, cpu 0
 *	  ip_input        route 10.2.0.2 in main: 10.2.0.0/16 static: ...
 *	  ip_forward      cpu 1
 *	  dropped         in ip_forward: TTL has run out (ips_ttl)
 *
 * A stage names its CPU where that is another one than before; a time stands
 * where a packet had to wait.
 */
#include "told.h"

#include <stdbool.h>
#include <string.h>

#define COLUMN	15	 /* of the names on the left */
#define WAITED	1000000	 /* ns: less is no wait */

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

static json_int_t
number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void
print_heading(const json_t *packet, FILE *f)
{
	const json_t *vlans = json_object_get(packet, "vlans");
	size_t i;

	fprintf(f, "packet %d: ", (int)number_of(packet, "number"));
	if (json_object_get(packet, "source") == NULL) {
		fprintf(f, "a frame of type 0x%04x, %d bytes",
		    (unsigned)number_of(packet, "type"),
		    (int)number_of(packet, "frame_bytes"));
	} else {
		fprintf(f, "%s > %s, %s", text_of(packet, "source"),
		    text_of(packet, "destination"),
		    text_of(packet, "protocol"));
		if (json_object_get(packet, "source_port") != NULL)
			fprintf(f, " %d > %d",
			    (int)number_of(packet, "source_port"),
			    (int)number_of(packet, "destination_port"));
		fprintf(f, ", ttl %d, %d bytes", (int)number_of(packet, "ttl"),
		    (int)number_of(packet, "bytes"));
		if (number_of(packet, "dscp") != 0)
			fprintf(f, ", dscp %d", (int)number_of(packet, "dscp"));
	}
	for (i = 0; i < json_array_size(vlans); i++)
		fprintf(f, "%s%d", i == 0 ? ", VLAN " : ", ",
		    (int)json_integer_value(json_array_get(vlans, i)));
	fprintf(f, "\n  from %-*s queue %d, cpu %d\n", COLUMN - 5,
	    text_of(packet, "interface"), (int)number_of(packet, "queue"),
	    (int)number_of(packet, "cpu"));
}

/* The left column once, and then as much to the right as there is. */
static void
print_line(const char *name, bool *first, const char *text, FILE *f)
{
	fprintf(f, "  %-*s %s\n", COLUMN, *first ? name : "", text);
	*first = false;
}

/* Where and when, if either is not as before. */
static void
print_place(const json_t *step, json_int_t *cpu, json_int_t *when,
    const char *name, bool *first, FILE *f)
{
	json_int_t on = number_of(step, "cpu"), at = number_of(step, "after");
	int pieces = (int)number_of(step, "pieces");
	char text[96] = "";

	if (on != *cpu)
		snprintf(text, sizeof(text), "cpu %d", (int)on);
	if (at - *when >= WAITED)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%.3f s later", *text != '\0' ? ", " : "",
		    (double)(at - *when) / 1e9);
	if (pieces > 1)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%d pieces", *text != '\0' ? ", " : "", pieces);
	*cpu = on;
	*when = at;
	if (*text != '\0')
		print_line(name, first, text, f);
}

static void
print_step(const json_t *step, json_int_t *cpu, json_int_t *when, FILE *f)
{
	const json_t *lookups = json_object_get(step, "lookups");
	const json_t *notes = json_object_get(step, "notes"), *lo;
	const char *name = text_of(step, "stage");
	char text[384];
	bool first = true;
	size_t i;

	print_place(step, cpu, when, name, &first, f);
	for (i = 0; i < json_array_size(lookups); i++) {
		lo = json_array_get(lookups, i);
		snprintf(text, sizeof(text), "%s %s: %s", text_of(lo, "what"),
		    text_of(lo, "for"), text_of(lo, "answer"));
		print_line(name, &first, text, f);
	}
	for (i = 0; i < json_array_size(notes); i++)
		print_line(name, &first,
		    json_string_value(json_array_get(notes, i)), f);
	if (first)
		fprintf(f, "  %s\n", name);
}

static void
print_end(const json_t *end, FILE *f)
{
	const char *how = text_of(end, "how");
	char text[384];
	bool first = true;

	if (strcmp(how, "sent") == 0)
		snprintf(text, sizeof(text), "%s, %d bytes",
		    text_of(end, "text"), (int)number_of(end, "bytes"));
	else
		snprintf(text, sizeof(text), "in %s: %s",
		    text_of(end, "stage"), text_of(end, "text"));
	print_line(how, &first, text, f);
}

void
told_print(const json_t *told, FILE *f)
{
	const json_t *packet = json_object_get(told, "packet");
	const json_t *steps = json_object_get(told, "steps");
	const json_t *ends = json_object_get(told, "ends");
	json_int_t cpu = number_of(packet, "cpu"), when = 0;
	size_t i;

	print_heading(packet, f);
	for (i = 0; i < json_array_size(steps); i++)
		print_step(json_array_get(steps, i), &cpu, &when, f);
	for (i = 0; i < json_array_size(ends); i++)
		print_end(json_array_get(ends, i), f);
	if (json_array_size(ends) == 0)
		fputs("  (on its way still, or its end was lost)\n", f);
}
