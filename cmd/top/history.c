/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of seconds.  A rate that held for parts of some seconds goes to each
 * by its share, so that neither the interval of asking nor a pause in it
 * stretches or skips time.
 */
#include <string.h>

#include "history.h"

#define NS_S 1000000000ull
#define BINS (sizeof(((struct history *)0)->hi_bin) / \
    sizeof(struct history_bin))

static struct history_bin *
bin_of(struct history *hi, uint64_t second)
{
	struct history_bin *hb = &hi->hi_bin[second % BINS];

	if (hb->hb_second != second)
		*hb = (struct history_bin){ .hb_second = second };
	return hb;
}

void
history_add(struct history *hi, uint64_t from, uint64_t to, double rate)
{
	uint64_t s, oldest = to / NS_S >= BINS ? to / NS_S - (BINS - 1) : 0;

	for (s = from / NS_S > oldest ? from / NS_S : oldest; s * NS_S < to;
	     s++) {
		uint64_t begin = from > s * NS_S ? from : s * NS_S;
		uint64_t end = to < (s + 1) * NS_S ? to : (s + 1) * NS_S;
		struct history_bin *hb = bin_of(hi, s);

		if (end <= begin)
			continue;
		hb->hb_amount += rate * (double)(end - begin);
		hb->hb_covered += (double)(end - begin);
	}
}

/* The second in which the minute up to now begins; may lie before the clock. */
static int64_t
first_second(uint64_t now)
{
	/* A time that is a whole second ends the one before it. */
	int64_t last = (int64_t)((now + NS_S - 1) / NS_S) - 1;

	return last - (HISTORY_SECONDS - 1);
}

static const struct history_bin *
bin_find(const struct history *hi, int64_t second)
{
	const struct history_bin *hb;

	if (second < 0)
		return NULL;
	hb = &hi->hi_bin[(uint64_t)second % BINS];
	return hb->hb_second == (uint64_t)second && hb->hb_covered > 0 ? hb :
	    NULL;
}

void
history_read(const struct history *hi, uint64_t now, unsigned cells,
    double *values)
{
	int64_t s = first_second(now);
	unsigned i, k, each = HISTORY_SECONDS / cells;

	for (i = 0; i < cells; i++) {
		double amount = 0, covered = 0;

		for (k = 0; k < each; k++, s++) {
			const struct history_bin *hb = bin_find(hi, s);

			amount += hb != NULL ? hb->hb_amount : 0;
			covered += hb != NULL ? hb->hb_covered : 0;
		}
		values[i] = covered > 0 ? amount / covered : HISTORY_NONE;
	}
}

double
history_peak(const struct history *hi, uint64_t now)
{
	double values[HISTORY_SECONDS], peak = 0;
	unsigned i;

	history_read(hi, now, HISTORY_SECONDS, values);
	for (i = 0; i < HISTORY_SECONDS; i++)
		if (values[i] > peak)
			peak = values[i];
	return peak;
}

unsigned
history_cells(int width)
{
	int n = width < HISTORY_SECONDS ? width : HISTORY_SECONDS;

	while (n > 0 && HISTORY_SECONDS % n != 0)
		n--;
	return n > 0 ? (unsigned)n : 0;
}

void
history_bars(const double *values, unsigned n, double top, bool utf8,
    char *text)
{
	static const char *const fine[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇",
		"█" };
	static const char *const plain[] = { ".", ":", "-", "=", "+", "*", "%",
		"#" };
	unsigned i, step;

	*text = '\0';
	for (i = 0; i < n; i++) {
		const char *bar;

		if (values[i] < 0) {
			bar = " ";
		} else if (values[i] == 0 || !(top > 0)) {
			bar = "_";
		} else {
			step = values[i] >= top ? 7 :
			    (unsigned)(values[i] / top * 8);
			bar = utf8 ? fine[step] : plain[step];
		}
		text += strlen(strcpy(text, bar));
	}
}
