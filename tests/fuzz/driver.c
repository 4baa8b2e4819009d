/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target without libFuzzer: first the files of its corpus, then
 * random changes to them, for two seconds or until enough have been tried.
 *
 *	x_fuzz [corpus [seed number]]
 *
 * Input "number" of a seed is always the same: when the target dies, the
 * arguments that repeat its last input are printed.  Speaks TAP.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"

#define INPUT_MAX	4096
#define CORPUS_MAX	1024
#define RANDOM_SECONDS	2
#define RANDOM_MAX	1000000
#define SEED		1

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct input {
	uint8_t	*i_data;
	size_t	 i_len;
};

struct corpus {
	struct input	c_input[CORPUS_MAX];
	unsigned	c_n;
};

/* What the handler of a deadly signal tells. */
static char doing[512];

static void
died(int sig)
{
	ssize_t n;

	n = write(STDOUT_FILENO, doing, strlen(doing));
	(void)n;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
watch_for_death(void)
{
	static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE,
		SIGILL };
	void (*before)(int);

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if ((before = signal(deadly[i], died)) != SIG_DFL)
			signal(deadly[i], before); /* a sanitizer's */
}

/* A copy of its own, so that a sanitizer sees a read beyond its end. */
static void
run(const uint8_t *data, size_t len)
{
	uint8_t *copy;

	if ((copy = malloc(len > 0 ? len : 1)) == NULL)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void
corpus_add(struct corpus *c, const char *dir, const char *name)
{
	struct input *in = &c->c_input[c->c_n];
	char path[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	if ((in->i_data = malloc(INPUT_MAX)) == NULL)
		abort();
	if ((n = read(fd, in->i_data, INPUT_MAX)) == -1) {
		free(in->i_data);
	} else {
		in->i_len = (size_t)n;
		c->c_n++;
	}
	close(fd);
}

static int
not_hidden(const struct dirent *de)
{
	return de->d_name[0] != '.';
}

/* Sorted, so that an input's number means the same everywhere. */
static void
corpus_read(struct corpus *c, const char *dir)
{
	struct dirent **found;
	int i, n;

	if ((n = scandir(dir, &found, not_hidden, alphasort)) == -1)
		return;
	for (i = 0; i < n; i++) {
		if (c->c_n < CORPUS_MAX)
			corpus_add(c, dir, found[i]->d_name);
		free(found[i]);
	}
	free(found);
}

static void
corpus_free(struct corpus *c)
{
	while (c->c_n > 0)
		free(c->c_input[--c->c_n].i_data);
}

/* One of the usual ways to spoil an input. */
static void
mutate(struct rnd *r, uint8_t *data, size_t *len)
{
	size_t at = rnd_below(r, *len + 1);
	size_t n = 1 + rnd_below(r, 8);

	switch (rnd_below(r, 6)) {
	case 0:		/* cut */
		*len = at;
		break;
	case 1:		/* take out */
		if (at + n <= *len) {
			memmove(data + at, data + at + n, *len - at - n);
			*len -= n;
		}
		break;
	case 2:		/* put in */
		if (*len + n <= INPUT_MAX) {
			memmove(data + at + n, data + at, *len - at);
			rnd_bytes(r, data + at, n);
			*len += n;
		}
		break;
	case 3:		/* flip a bit */
		if (at < *len)
			data[at] ^= (uint8_t)(1u << rnd_below(r, 8));
		break;
	case 4:		/* a value at the edge */
		if (at < *len)
			data[at] = rnd_below(r, 2) != 0 ? 0xff : 0;
		break;
	default:	/* any value */
		if (at < *len)
			data[at] = (uint8_t)rnd_u64(r);
		break;
	}
}

static void
run_random(const struct corpus *c, uint64_t seed, uint64_t number)
{
	uint8_t data[INPUT_MAX];
	struct rnd r;
	size_t len;
	uint64_t n;

	rnd_seed(&r, seed ^ number << 20);
	if (c->c_n > 0 && rnd_below(&r, 16) != 0) {
		const struct input *in = &c->c_input[rnd_below(&r, c->c_n)];

		len = in->i_len;
		memcpy(data, in->i_data, len);
	} else {
		len = rnd_below(&r, 256);
		rnd_bytes(&r, data, len);
	}
	for (n = 1 + rnd_below(&r, 6); n > 0; n--)
		mutate(&r, data, &len);
	run(data, len);
}

static bool
time_left(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000000000LL +
	    now.tv_nsec - start->tv_nsec < RANDOM_SECONDS * 1000000000LL;
}

static void
run_all(const struct corpus *c, const char *dir)
{
	struct timespec start;
	uint64_t n;

	for (unsigned i = 0; i < c->c_n; i++) {
		snprintf(doing, sizeof(doing), "# died of corpus file %u\n", i);
		run(c->c_input[i].i_data, c->c_input[i].i_len);
	}
	printf("ok 1 - %u files of the corpus\n", c->c_n);
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (n = 0; n < RANDOM_MAX && time_left(&start); n++) {
		snprintf(doing, sizeof(doing), "# repeat: %.400s %d %llu\n",
		    dir, SEED, (unsigned long long)n);
		run_random(c, SEED, n);
	}
	printf("ok 2 - %llu random inputs\n", (unsigned long long)n);
}

int
main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	static struct corpus c;

	corpus_read(&c, dir);
	if (argc == 4) {
		run_random(&c, strtoull(argv[2], NULL, 10),
		    strtoull(argv[3], NULL, 10));
	} else {
		printf("1..2\n");
		watch_for_death();
		run_all(&c, dir);
	}
	corpus_free(&c);
	return 0;
}
