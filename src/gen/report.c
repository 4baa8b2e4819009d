/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A report: a tree that is begun, grows, and is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gen/profile.h"
#include "gen/report_int.h"
#include "gen/text.h"

#define FORMAT	"spate gen report"
#define VERSION 1

void
report_set(struct report *rp, json_t *to, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(to, key, value) != 0)
		rp->rp_nomem = true;
}

static json_t *
clean(const char *text)
{
	char *copy = text_clean(text);
	json_t *value = copy != NULL ? json_string(copy) : NULL;

	free(copy);
	return value;
}

void
report_set_text(struct report *rp, json_t *to, const char *key,
    const char *text)
{
	if (text != NULL && *text != '\0')
		report_set(rp, to, key, clean(text));
}

void
report_set_count(struct report *rp, json_t *to, const char *key, uint64_t n)
{
	/* What no integer of JSON's readers holds is exact enough as a real. */
	report_set(rp, to, key, n <= INT64_MAX ? json_integer((json_int_t)n) :
	    json_real((double)n));
}

void
report_set_real(struct report *rp, json_t *to, const char *key, double v)
{
	if (isfinite(v))
		report_set(rp, to, key, json_real(v));
}

void
report_set_positive(struct report *rp, json_t *to, const char *key, double v)
{
	if (v > 0)
		report_set_real(rp, to, key, v);
}

void
report_append(struct report *rp, json_t *to, const char *key, json_t *value)
{
	json_t *list = json_object_get(to, key);

	if (list == NULL) {
		report_set(rp, to, key, json_array());
		list = json_object_get(to, key);
	}
	if (value == NULL || json_array_append_new(list, value) != 0)
		rp->rp_nomem = true;
}

void
report_append_text(struct report *rp, json_t *to, const char *key,
    const char *text)
{
	report_append(rp, to, key, clean(text));
}

/* Words as a shell would take them. */
static void
command_set(struct report *rp, int argc, char *const *argv)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int i;

	if (f == NULL) {
		rp->rp_nomem = true;
		return;
	}
	for (i = 0; i < argc; i++) {
		const char *p = argv[i];
		bool plain = *p != '\0' &&
		    p[strspn(p,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
			"RSTUVWXYZ0123456789_-./:,=@%+")] == '\0';

		fputs(i > 0 ? " " : "", f);
		if (plain) {
			fputs(p, f);
			continue;
		}
		fputc('\'', f);
		for (; *p != '\0'; p++)
			if (*p == '\'')
				fputs("'\\''", f);
			else
				fputc(*p, f);
		fputc('\'', f);
	}
	if (fclose(f) != 0)
		rp->rp_nomem = true;
	else
		report_set_text(rp, rp->rp_tree, "command", text);
	free(text);
}

static void
now_set(struct report *rp, const char *key)
{
	char text[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	report_set_text(rp, rp->rp_tree, key, text);
}

/* The text may begin with the name, which stands beside it. */
static const char *
profile_text(const struct profile *pf)
{
	size_t n = strlen(pf->pf_name);

	return strncmp(pf->pf_text, pf->pf_name, n) == 0 &&
		strncmp(pf->pf_text + n, ": ", 2) == 0 ?
	    pf->pf_text + n + 2 :
	    pf->pf_text;
}

static void
profile_set(struct report *rp, const struct profile *pf)
{
	json_t *profile = json_object();

	report_set_text(rp, profile, "name", pf->pf_name);
	report_set_text(rp, profile, "text", profile_text(pf));
	report_set(rp, profile, "rfc", json_boolean(pf->pf_rfc));
	report_set_real(rp, profile, "trial_s", (double)pf->pf_duration / 1e9);
	report_set_real(rp, profile, "warmup_s", (double)pf->pf_warmup / 1e9);
	report_set_real(rp, profile, "learn_s", (double)pf->pf_learn / 1e9);
	report_set_real(rp, profile, "drain_s", (double)pf->pf_drain / 1e9);
	report_set_real(rp, profile, "settle_s", (double)pf->pf_settle / 1e9);
	report_set_real(rp, profile, "resolution_percent",
	    (double)pf->pf_ppm / 1e4);
	report_set(rp, rp->rp_tree, "profile", profile);
}

static void
dut_set(struct report *rp, const struct report_conf *rc)
{
	json_t *dut = json_object();

	report_set_text(rp, dut, "description", rc->rc_dut_name);
	report_set_text(rp, dut, "version", rc->rc_dut_version);
	report_set_text(rp, dut, "notes", rc->rc_dut_notes);
	report_set(rp, rp->rp_tree, "dut", dut);
}

static void
port_add(struct report *rp, const struct report_port *rt)
{
	json_t *port = json_object();

	report_set_text(rp, port, "name", rt->rt_name);
	report_set_text(rp, port, "driver", rt->rt_driver);
	report_set_text(rp, port, "device", rt->rt_device);
	report_set_text(rp, port, "mac", rt->rt_mac);
	report_set_text(rp, port, "addresses", rt->rt_addresses);
	if (rt->rt_line_bps > 0)
		report_set_real(rp, port, "line_bps", rt->rt_line_bps);
	if (rt->rt_queues > 0)
		report_set_count(rp, port, "queues", rt->rt_queues);
	if (rt->rt_mtu > 0)
		report_set_count(rp, port, "mtu", rt->rt_mtu);
	report_append(rp, rp->rp_tree, "ports", port);
}

static void
stream_add(struct report *rp, const struct report_stream *rs)
{
	json_t *stream = json_object();

	report_set_text(rp, stream, "name", rs->rs_name);
	report_set_text(rp, stream, "from", rs->rs_from);
	report_set_text(rp, stream, "to", rs->rs_to);
	report_set_text(rp, stream, "packets", rs->rs_packets);
	report_set_count(rp, stream, "flows", rs->rs_flows);
	report_set_count(rp, stream, "weight", rs->rs_weight);
	report_append(rp, rp->rp_tree, "streams", stream);
}

static void
setup_set(struct report *rp, const struct report_conf *rc)
{
	json_t *plan = json_object(), *clock = json_object();
	char seed[24];
	unsigned i;

	command_set(rp, rc->rc_argc, rc->rc_argv);
	report_set_text(rp, plan, "file", rc->rc_plan_file);
	report_set_text(rp, plan, "text", rc->rc_plan_text);
	report_set(rp, rp->rp_tree, "plan", plan);
	/* As text: readers of JSON keep 53 bits of a number. */
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)rc->rc_seed);
	report_set_text(rp, rp->rp_tree, "seed", seed);
	report_set(rp, rp->rp_tree, "machine", report_machine(rp));
	report_set_text(rp, rp->rp_tree, "cpus", rc->rc_cpus);
	report_set_text(rp, clock, "source", rc->rc_clock);
	if (rc->rc_clock_ns > 0)
		report_set_count(rp, clock, "resolution_ns", rc->rc_clock_ns);
	report_set(rp, rp->rp_tree, "clock", clock);
	dut_set(rp, rc);
	report_set(rp, rp->rp_tree, "ports", json_array());
	for (i = 0; i < rc->rc_nports; i++)
		port_add(rp, &rc->rc_port[i]);
	report_set(rp, rp->rp_tree, "streams", json_array());
	for (i = 0; i < rc->rc_nstreams; i++)
		stream_add(rp, &rc->rc_stream[i]);
}

int
report_create(const struct report_conf *rc, struct report **rpp)
{
	struct report *rp;

	if ((rp = calloc(1, sizeof(*rp))) == NULL)
		return ENOMEM;
	if ((rp->rp_tree = json_object()) == NULL) {
		free(rp);
		return ENOMEM;
	}
	clock_gettime(CLOCK_MONOTONIC, &rp->rp_began);
	report_set_text(rp, rp->rp_tree, "format", FORMAT);
	report_set_count(rp, rp->rp_tree, "version", VERSION);
	report_set_text(rp, rp->rp_tree, "title", rc->rc_title != NULL &&
	    *rc->rc_title != '\0' ? rc->rc_title : "Test of a device");
	report_set_text(rp, rp->rp_tree, "status", "partial");
	report_set(rp, rp->rp_tree, "notes", json_array());
	profile_set(rp, rc->rc_profile);
	report_set_text(rp, rp->rp_tree, "spate", SPATE_VERSION);
	now_set(rp, "started");
	setup_set(rp, rc);
	report_set(rp, rp->rp_tree, "methods", json_array());
	if (rp->rp_nomem) {
		report_destroy(rp);
		return ENOMEM;
	}
	*rpp = rp;
	return 0;
}

void
report_destroy(struct report *rp)
{
	if (rp == NULL)
		return;
	report_forget(rp);
	json_decref(rp->rp_tree);
	free(rp);
}

int
report_load(const char *path, struct report **rpp, char *err, size_t errlen)
{
	struct report *rp;
	json_error_t why;

	if ((rp = calloc(1, sizeof(*rp))) == NULL)
		return ENOMEM;
	rp->rp_tree = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (rp->rp_tree == NULL) {
		snprintf(err, errlen, "%s:%d:%d: %s", path, why.line,
		    why.column, why.text);
	} else if (!tree_is(rp->rp_tree, "format", FORMAT) ||
	    tree_number(rp->rp_tree, "version") != VERSION) {
		snprintf(err, errlen, "%s: it is no report of \"spate gen\", "
		    "or one of another version than %d", path, VERSION);
	} else {
		*rpp = rp;
		return 0;
	}
	report_destroy(rp);
	return EINVAL;
}

static json_t *
last_method(const struct report *rp)
{
	json_t *methods = json_object_get(rp->rp_tree, "methods");

	return json_array_get(methods, json_array_size(methods) - 1);
}

/* One that failed is the verdict; nothing else makes up for it. */
static void
verdict_join(struct report *rp, json_t *to, const char *verdict)
{
	const char *so_far = tree_text(to, "verdict");

	if (*so_far == '\0' || strcmp(so_far, "pass") == 0 ||
	    strcmp(verdict, "fail") == 0)
		report_set_text(rp, to, "verdict", verdict);
}

int
report_expect(struct report *rp, const char *text, enum report_verdict verdict,
    const char *measured)
{
	static const char *const verdicts[] = { "pass", "fail",
		"not measured" };
	json_t *expectation = json_object(), *method = last_method(rp);

	report_set_text(rp, expectation, "text", text);
	report_set_text(rp, expectation, "verdict", verdicts[verdict]);
	report_set_text(rp, expectation, "measured", measured);
	if (method == NULL) {
		json_decref(expectation);
		return EINVAL;
	}
	report_append(rp, method, "expectations", expectation);
	verdict_join(rp, method, verdicts[verdict]);
	verdict_join(rp, rp->rp_tree, verdicts[verdict]);
	return rp->rp_nomem ? ENOMEM : 0;
}

int
report_end(struct report *rp, const char *why)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_set(rp, "ended");
	report_set_real(rp, rp->rp_tree, "elapsed_s",
	    (double)(now.tv_sec - rp->rp_began.tv_sec) +
	    (double)(now.tv_nsec - rp->rp_began.tv_nsec) / 1e9);
	report_set_text(rp, rp->rp_tree, "status",
	    why == NULL ? "complete" : "partial");
	if (why != NULL)
		report_append_text(rp, rp->rp_tree, "notes", why);
	return rp->rp_nomem ? ENOMEM : 0;
}

int
report_print(const struct report *rp, enum report_form form, FILE *f)
{
	switch (form) {
	case REPORT_JSON:
		if (json_dumpf(rp->rp_tree, f, JSON_INDENT(1) |
		    JSON_REAL_PRECISION(15)) != 0)
			return ferror(f) ? EIO : ENOMEM;
		fputc('\n', f);
		break;
	case REPORT_CSV:
		report_csv(rp->rp_tree, f);
		break;
	case REPORT_HTML:
		report_html(rp->rp_tree, f);
		break;
	case REPORT_TEXT:
		report_text(rp->rp_tree, f);
		break;
	}
	if (fflush(f) != 0 || ferror(f))
		return errno != 0 ? errno : EIO;
	return rp->rp_nomem ? ENOMEM : 0;
}

/* Devices and pipes are written to; nothing takes their place. */
static bool
is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int
save_to(const struct report *rp, enum report_form form, const char *path,
    int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;
	int error;

	if (f == NULL) {
		error = errno;
		if (fd != -1)
			close(fd);
		return error;
	}
	error = report_print(rp, form, f);
	if (fclose(f) != 0 && error == 0)
		error = errno;
	return error;
}

int
report_save(const struct report *rp, enum report_form form, const char *path)
{
	char *temp;
	int error;

	if (is_special(path))
		return save_to(rp, form, path, 0);
	if (asprintf(&temp, "%s.new", path) == -1)
		return ENOMEM;
	error = save_to(rp, form, temp, O_TRUNC);
	if (error == 0 && rename(temp, path) != 0)
		error = errno;
	if (error != 0)
		unlink(temp);
	free(temp);
	return error;
}
