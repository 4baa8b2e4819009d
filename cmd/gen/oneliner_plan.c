/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of the plan that a command line is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oneliner_int.h"

/* The string of a plan with this value. */
static void
put_string(FILE *f, const char *s, size_t n)
{
	size_t i;

	putc('"', f);
	for (i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			putc('\\', f);
		putc(s[i], f);
	}
	putc('"', f);
}

static void
put_key(const struct args *a, const char *key, enum opt o)
{
	const char *v = value(a, o);

	if (v == NULL)
		return;
	fprintf(a->a_out, "\t%s = ", key);
	put_string(a->a_out, v, strlen(v));
	putc('\n', a->a_out);
}

static void
put_top(const struct args *a, const char *key, enum opt o)
{
	const char *v = value(a, o);

	if (v == NULL)
		return;
	fprintf(a->a_out, "%s = ", key);
	put_string(a->a_out, v, strlen(v));
	putc('\n', a->a_out);
}

/* A list of what stands between the separators. */
static void
put_list(const struct args *a, const char *key, const char *v, size_t n,
    char sep)
{
	const char *end = v + n;
	const char *p;

	fprintf(a->a_out, "\t%s = {", key);
	for (;; v = p + 1) {
		p = memchr(v, sep, (size_t)(end - v));
		put_string(a->a_out, v,
		    (size_t)((p != NULL ? p : end) - v));
		if (p == NULL)
			break;
		fputs(", ", a->a_out);
	}
	fputs("}\n", a->a_out);
}

static void
put_values(const struct args *a, const char *key, const char *const *v,
    unsigned n)
{
	unsigned i;

	if (n == 0)
		return;
	fprintf(a->a_out, "\t%s = {", key);
	for (i = 0; i < n; i++) {
		if (i != 0)
			fputs(", ", a->a_out);
		put_string(a->a_out, v[i], strlen(v[i]));
	}
	fputs("}\n", a->a_out);
}

static bool
is_key(const char *s, size_t n)
{
	return n != 0 && strspn(s, "abcdefghijklmnopqrstuvwxyz_") >= n;
}

static bool
is_list(const char *key, size_t n)
{
	static const char *const lists[] = { "address", "gateway", "hosts",
		"vlan" };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strlen(lists[i]) == n && strncmp(lists[i], key, n) == 0)
			return true;
	}
	return false;
}

/* Addresses that RFC 2544, C.2.6.4 and RFC 5180, 8 keep for tests. */
static void
put_test_address(const struct args *a, unsigned i)
{
	if (value(a, O_SOURCE) != NULL && value(a, O_DEST) != NULL)
		return;
	if (value(a, O_IPV6) != NULL)
		fprintf(a->a_out, "\taddress = {\"2001:2:0:%x::2/64\"}\n", i);
	else
		fprintf(a->a_out, "\taddress = {\"198.%u.%u.2/24\"}\n",
		    18 + (i & 1), i >> 1);
}

static bool
port_wrong(const char *port, const char *what)
{
	fprintf(stderr, "spate gen: --port %s: %s; expected DRIVER:DEVICE"
	    "[,KEY=VALUE ...], as tap:left,address=10.0.0.2/24\n", port, what);
	return false;
}

/* One KEY=VALUE; sets *address if it is that. */
static bool
put_port_key(const struct args *a, const char *port, const char *s, size_t n,
    bool *address)
{
	const char *eq = memchr(s, '=', n);
	size_t len;
	char key[32];

	if (eq == NULL || !is_key(s, (size_t)(eq - s)) ||
	    (size_t)(eq - s) >= sizeof(key))
		return port_wrong(port, "no key and value behind a comma");
	snprintf(key, sizeof(key), "%.*s", (int)(eq - s), s);
	len = n - (size_t)(eq + 1 - s);
	*address |= strcmp(key, "address") == 0;
	if (is_list(key, strlen(key))) {
		put_list(a, key, eq + 1, len, '+');
		return true;
	}
	fprintf(a->a_out, "\t%s = ", key);
	put_string(a->a_out, eq + 1, len);
	putc('\n', a->a_out);
	return true;
}

/* The key of what stands behind a driver's colon. */
static const char *
device_key(const char *driver, size_t n)
{
	if (n == 4 && strncmp(driver, "pair", n) == 0)
		return "peer";
	if (n == 5 && strncmp(driver, "memif", n) == 0)
		return "socket";
	return "device";
}

static bool
put_port(const struct args *a, unsigned i)
{
	const char *port = a->a_port[i];
	const char *colon = strchr(port, ':');
	const char *s;
	bool address = false;
	size_t n;

	if (colon == NULL || colon == port)
		return port_wrong(port, "no driver");
	fprintf(a->a_out, "port port%u {\n\tdriver = ", i + 1);
	put_string(a->a_out, port, (size_t)(colon - port));
	n = strcspn(colon + 1, ",");
	if (n == 0)
		return port_wrong(port, "no device behind the driver");
	fprintf(a->a_out, "\n\t%s = ",
	    device_key(port, (size_t)(colon - port)));
	put_string(a->a_out, colon + 1, n);
	putc('\n', a->a_out);
	for (s = colon + 1 + n; *s != '\0'; s += n) {
		s++;
		n = strcspn(s, ",");
		if (!put_port_key(a, port, s, n, &address))
			return false;
	}
	if (!address)
		put_test_address(a, i);
	fputs("}\n", a->a_out);
	return true;
}

bool
oneliner_put_port(FILE *f, const char *port, unsigned i)
{
	struct args a = { .a_out = f };

	a.a_port[i] = port;
	return put_port(&a, i);
}

void
oneliner_put_string(FILE *f, const char *s)
{
	put_string(f, s, strlen(s));
}

/* The keys of --rss, each as that of a template with "rss_" before it. */
static bool
put_rss(const struct args *a)
{
	const char *s = value(a, O_RSS);
	bool has_key = false;
	char key[32];
	size_t n;

	for (; s != NULL && *s != '\0'; s += n + (s[n] == ',')) {
		const char *eq;
		size_t len;

		n = strcspn(s, ",");
		eq = memchr(s, '=', n);
		if (eq == NULL || !is_key(s, (size_t)(eq - s)) ||
		    (size_t)(eq - s) >= sizeof(key) - 4) {
			fprintf(stderr, "spate gen: --rss %s: expected "
			    "KEY=VALUE[,KEY=VALUE ...], as "
			    "key=default,queues=4\n",
			    value(a, O_RSS));
			return false;
		}
		snprintf(key, sizeof(key), "rss_%.*s", (int)(eq - s), s);
		has_key |= strcmp(key, "rss_key") == 0;
		len = n - (size_t)(eq + 1 - s);
		if (strcmp(key, "rss_table") == 0 ||
		    strcmp(key, "rss_weight") == 0) {
			put_list(a, key, eq + 1, len, '+');
			continue;
		}
		fprintf(a->a_out, "\t%s = ", key);
		put_string(a->a_out, eq + 1, len);
		putc('\n', a->a_out);
	}
	if (!has_key)
		fputs("\trss_key = default\n", a->a_out);
	return true;
}

/* Sets *many if there are flows of several source ports. */
static bool
put_flows(const struct args *a, bool *many)
{
	const char *v = value(a, O_FLOWS);
	const bool rss = value(a, O_RSS) != NULL;
	const unsigned long max = rss ? 1ul << 20 : 64512;
	unsigned long n = 1;
	char *end;

	*many = false;
	if (rss && v == NULL)
		v = "1024";
	if (v == NULL)
		return true;
	errno = 0;
	n = strtoul(v, &end, 10);
	if (*v < '0' || *v > '9' || *end != '\0' || errno != 0 || n < 1 ||
	    n > max) {
		fprintf(stderr, "spate gen: --flows wants a number from 1 to "
		    "%lu, not \"%s\"%s\n", max, v,
		    rss ? "" : "; more flows need a plan");
		return false;
	}
	fprintf(a->a_out, "\tflows = %lu\n", n);
	*many = n > 1 && !rss;
	if (*many)
		fprintf(a->a_out, "\tvary = {\"source_port flow count "
		    "1024-%lu\"", 1024 + n - 1);
	return !rss || put_rss(a);
}

static bool
put_template(const struct args *a)
{
	const char *ext = value(a, O_EXTENSION);
	unsigned i;
	bool many;

	fputs("template packets {\n", a->a_out);
	put_key(a, "protocol", O_PROTOCOL);
	put_key(a, "source", O_SOURCE);
	put_key(a, "destination", O_DEST);
	if (value(a, O_IPV6) != NULL)
		fputs("\tfamily = ipv6\n", a->a_out);
	if (ext != NULL)
		put_list(a, "extension", ext, strlen(ext), ',');
	if (!put_flows(a, &many))
		return false;
	if (!many)
		put_values(a, "vary", a->a_vary, a->a_nvary);
	for (i = 0; many && i < a->a_nvary; i++) {
		fputs(", ", a->a_out);
		put_string(a->a_out, a->a_vary[i], strlen(a->a_vary[i]));
	}
	if (many)
		fputs("}\n", a->a_out);
	fputs("}\n", a->a_out);
	return true;
}

/* Whether a port, of so many, sends to another in this suite. */
static bool
sends(enum ways ways, unsigned n, unsigned from, unsigned to)
{
	switch (ways) {
	case WAYS_MESH:
		return from != to;
	case WAYS_OUT:
		return from == 0 && to != 0;
	case WAYS_IN:
		return from != 0 && to == 0;
	case WAYS_HALVES:
		return from < n / 2 && to >= n / 2;
	case WAYS_DEVICES:
		return (from < n / 2) != (to < n / 2);
	case WAYS_CONGESTION:
		return (from == 0 && (to == 2 || to == 3)) ||
		    (from == 1 && to == 3);
	case WAYS_TWOS:
		break;
	}
	/* One that is left over is its own receiver. */
	return from % 2 == 0 && to == (from + 1 < n ? from + 1 : from);
}

static bool
put_streams(const struct args *a)
{
	const enum ways ways = a->a_suite->su_ways;
	const unsigned n = a->a_nport;
	unsigned i, k, number = 0;

	if (ways != WAYS_TWOS && n < 2) {
		fprintf(stderr, "spate gen: %s wants two ports or more; "
		    "expected another --port\n", a->a_suite->su_name);
		return false;
	}
	if (ways == WAYS_CONGESTION && n != 4) {
		fprintf(stderr, "spate gen: congestion wants four ports: two "
		    "that send, and two that receive, the second from both\n");
		return false;
	}
	if ((ways == WAYS_MESH || ways == WAYS_DEVICES ||
	    ways == WAYS_CONGESTION) && value(a, O_BIDIRECTIONAL) != NULL) {
		fprintf(stderr, "spate gen: %s %s; expected no "
		    "--bidirectional\n", a->a_suite->su_name,
		    ways == WAYS_CONGESTION ? "goes one way" :
		    "goes both ways");
		return false;
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++) {
			if (!sends(ways, n, i, k))
				continue;
			fprintf(a->a_out, "stream stream%u {\n"
			    "\tfrom = port%u\n\tto = port%u\n"
			    "\ttemplate = packets\n",
			    ++number, i + 1, k + 1);
			if (value(a, O_BIDIRECTIONAL) != NULL)
				fputs("\tbidirectional = yes\n", a->a_out);
			fputs("}\n", a->a_out);
		}
	}
	return true;
}

/* Expectations go to the step that measures them. */
static void
put_expects(const struct args *a, const char *method)
{
	static const struct {
		const char *method;
		const char *metrics[8];
	} own[] = {
		{ "throughput", { "throughput" } },
		{ "latency", { "latency", "jitter" } },
		{ "loss", { "loss", "rate" } },
		{ "forwarding", { "rate" } },
		{ "pressure", { "rate" } },
		{ "burst", { "burst", "buffer" } },
		{ "recovery", { "recovery" } },
		{ "reset", { "reset" } },
	};
	const char *mine[VALUES_MAX];
	unsigned n = 0;
	unsigned i;
	unsigned k;
	unsigned m;

	for (i = 0; i < a->a_nexpect; i++) {
		bool known = false;
		bool ours = a->a_suite->su_methods[1] == NULL;
		size_t len = strcspn(a->a_expect[i], " <>=");

		for (k = 0; k < sizeof(own) / sizeof(own[0]); k++) {
			for (m = 0; own[k].metrics[m] != NULL; m++) {
				if (strlen(own[k].metrics[m]) != len ||
				    strncmp(own[k].metrics[m], a->a_expect[i],
					len) != 0)
					continue;
				known = true;
				ours |= strcmp(own[k].method, method) == 0;
			}
		}
		/* What nobody knows is for the first step to complain of. */
		if (ours || (!known &&
		    strcmp(method, a->a_suite->su_methods[0]) == 0))
			mine[n++] = a->a_expect[i];
	}
	put_values(a, "expect", mine, n);
}

static void
put_run(const struct args *a)
{
	if (value(a, O_RATE) == NULL)
		fputs("\trate = max\n", a->a_out);
	if (value(a, O_DURATION) == NULL && value(a, O_PACKETS) == NULL)
		fputs("\tduration = \"10 s\"\n", a->a_out);
	put_key(a, "duration", O_DURATION);
	put_key(a, "packets", O_PACKETS);
	put_key(a, "pacing", O_PACING);
	put_key(a, "burst", O_BURST);
}

static bool
has_trials(const char *method)
{
	return strcmp(method, "latency") == 0 || strcmp(method, "burst") == 0 ||
	    strcmp(method, "recovery") == 0 || strcmp(method, "reset") == 0;
}

static void
put_step(const struct args *a, const char *method)
{
	const char *size = value(a, O_SIZE);
	bool mix;

	fprintf(a->a_out, "step %s {\n\tmethod = %s\n", method, method);
	if (size != NULL) {
		/* A comma may stand within a mix, too. */
		mix = strpbrk(size, ":") != NULL;
		put_list(a, "size", size, strlen(size), mix ? '\n' : ',');
	}
	put_key(a, "rate", O_RATE);
	if (strcmp(method, "run") == 0)
		put_run(a);
	if (strcmp(method, "mlr") == 0)
		put_values(a, "loss", a->a_loss, a->a_nloss);
	if (has_trials(method))
		put_key(a, "trials", O_TRIALS);
	put_expects(a, method);
	fputs("}\n", a->a_out);
}

static void
put_steps(const struct args *a)
{
	const char *const *m;

	for (m = a->a_suite->su_methods; *m != NULL; m++) {
		/* A suite resets only what it was told how to reset. */
		if (strcmp(*m, "reset") == 0 &&
		    strcmp(a->a_suite->su_name, "reset") != 0 &&
		    value(a, O_RESET) == NULL)
			continue;
		put_step(a, *m);
	}
}

static bool
any(const struct args *a, const enum opt *o, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (value(a, o[i]) != NULL)
			return true;
	}
	return false;
}

static void
put_around(const struct args *a)
{
	static const enum opt dut[] = { O_DUT, O_RESET };
	static const enum opt timing[] = { O_DURATION, O_WARMUP, O_LEARN,
		O_DRAIN, O_SETTLE, O_RESOLUTION, O_LATE, O_RATEERR, O_RETRIES };
	static const enum opt report[] = { O_REPORT, O_JSON, O_CSV,
		O_HTML };

	if (any(a, dut, 2)) {
		fputs("dut {\n", a->a_out);
		put_key(a, "name", O_DUT);
		put_key(a, "reset", O_RESET);
		fputs("}\n", a->a_out);
	}
	if (any(a, timing, sizeof(timing) / sizeof(timing[0]))) {
		fputs("timing {\n", a->a_out);
		put_key(a, "duration", O_DURATION);
		put_key(a, "warmup", O_WARMUP);
		put_key(a, "learn", O_LEARN);
		put_key(a, "drain", O_DRAIN);
		put_key(a, "settle", O_SETTLE);
		put_key(a, "late", O_LATE);
		put_key(a, "resolution", O_RESOLUTION);
		put_key(a, "rate_error", O_RATEERR);
		put_key(a, "retries", O_RETRIES);
		fputs("}\n", a->a_out);
	}
	if (any(a, report, 4)) {
		fputs("report {\n", a->a_out);
		put_key(a, "dir", O_REPORT);
		put_key(a, "json", O_JSON);
		put_key(a, "csv", O_CSV);
		put_key(a, "html", O_HTML);
		fputs("}\n", a->a_out);
	}
}

bool
oneliner_plan(const struct args *a)
{
	unsigned i;

	put_top(a, "title", O_TITLE);
	put_top(a, "profile", O_PROFILE);
	put_top(a, "seed", O_SEED);
	put_top(a, "cpus", O_CPUS);
	for (i = 0; i < a->a_nport; i++) {
		if (!put_port(a, i))
			return false;
	}
	if (!put_template(a))
		return false;
	if (!put_streams(a))
		return false;
	put_steps(a);
	put_around(a);
	return true;
}
