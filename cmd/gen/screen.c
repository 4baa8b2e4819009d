/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The screen: two lines about the trial, a page of live.c, and a line of keys,
 * of a question, or of what is wrong.  The runner calls some times a second;
 * then keys are read, and all is drawn afresh: curses sends what has changed.
 */
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "gen/tpl.h"
#include "live.h"
#include "screen.h"
#include "term/term.h"

#define NS_S	   1000000000ull
#define EVERY_NS   (NS_S / 2) /* between two rates */
#define DRAW_NS	   (NS_S / 5)
#define MESSAGE_NS (8 * NS_S)
#define LONG_NS	   (86400 * NS_S) /* of a trial, if nobody ends it */
#define DRAIN_NS   (NS_S / 4)
#define QUIET_NS   (NS_S / 20)
#define HEAD_LINES 3
#define FLOWS_MOST (1u << 20)

enum want { WANT_ON, WANT_NEXT, WANT_END };

/* What keys change and a trial is begun with. */
struct load {
	unsigned lo_size; /* 0: as the templates say */
	uint32_t lo_flows; /* of each stream; 0: as the templates say */
};

struct screen {
	SCREEN *sn_screen;
	bool sn_utf8;
	bool sn_colour;
	const struct screen_conf *sn_conf;
	struct trial_stream *sn_stream;
	struct tpl_conf *sn_tpl; /* of each */
	struct live sn_live;
	struct load sn_load, sn_good; /* the latter: of the latest that ran */
	struct pace_conf sn_pace;
	bool sn_repace;
	enum want sn_want;
	unsigned sn_trials;
	uint64_t sn_began; /* of the trial */
	uint64_t sn_drawn;
	bool sn_help;
	bool sn_asking; /* for a rate */
	char sn_answer[32];
	char sn_message[256];
	uint64_t sn_until; /* the message stands */
};

static const unsigned sizes[] = { 64, 128, 256, 512, 1024, 1280, 1518 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const char *const help[] = {
	"up, down, + and -    a tenth more, a tenth less",
	"Page Up, Page Down   double, half",
	"r                    a rate: 1.5 Mpps, 2 Gbit/s, 40 %, max",
	"s, S                 the next size, the one before",
	"f, F                 twice the flows, half of them",
	"0                    begin anew, counters at 0",
	"?                    this list", "q                    leave", "",
	"Another size or number of flows is another trial; each trial is in "
	"the",
	"report. SENT and RECEIVED are this trial's; LATE left behind their "
	"time,",
	"UNSENT found no room. Latency is of the last packets. Loss is of the",
	"last moment, and includes packets that are on their way.",
	"Bars are the last minute, the newest at the right.", NULL
};

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

static void __attribute__((format(printf, 2, 3)))
say(struct screen *sn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sn->sn_message, sizeof(sn->sn_message), fmt, ap);
	va_end(ap);
	sn->sn_until = now_ns() + MESSAGE_NS;
}

/* Drawing */

static void
head_draw(const struct screen *sn)
{
	const struct trial_tick *tt = &sn->sn_live.lv_now;
	unsigned long s = (now_ns() - sn->sn_began) / NS_S;
	char text[TERM_CHARS], size[16], flows[16], pace[64];

	snprintf(text, sizeof(text), "spate gen  trial %u  %lu:%02lu:%02lu  %s",
	    sn->sn_trials + 1, s / 3600, s / 60 % 60, s % 60,
	    trial_phase_name(tt->tt_phase));
	term_line(0, A_BOLD, text);
	snprintf(size, sizeof(size), "%u", sn->sn_load.lo_size);
	snprintf(flows, sizeof(flows), "%u", sn->sn_load.lo_flows);
	live_pace_text(&sn->sn_pace, pace, sizeof(pace));
	snprintf(text, sizeof(text),
	    "rate %s  size %s  flows %s", pace,
	    sn->sn_load.lo_size != 0 ? size : "as planned",
	    sn->sn_load.lo_flows != 0 ? flows : "as planned");
	term_line(1, A_BOLD, text);
	term_line(2, A_NORMAL, "");
}

static int
page_room(void)
{
	return LINES > HEAD_LINES + 1 ? LINES - HEAD_LINES - 1 : 0;
}

static void
page_draw(char *text)
{
	bool heading = true;
	char *line = text;
	int y;

	for (y = 0; y < page_room(); y++) {
		size_t len = strcspn(line, "\n");
		bool last = line[len] == '\0';

		line[len] = '\0';
		term_line(HEAD_LINES + y, heading ? A_BOLD : A_NORMAL, line);
		heading = len == 0;
		line += last ? len : len + 1;
	}
}

static void
help_draw(void)
{
	bool end = false;
	int y;

	for (y = 0; y < page_room(); y++) {
		end |= help[end ? 0 : y] == NULL;
		term_line(HEAD_LINES + y, A_NORMAL, end ? "" : help[y]);
	}
}

static void
foot_draw(const struct screen *sn)
{
	bool said = now_ns() < sn->sn_until;
	attr_t quiet = sn->sn_colour ? COLOR_PAIR(1) : A_NORMAL;
	attr_t loud = A_BOLD | (sn->sn_colour ? COLOR_PAIR(2) : A_NORMAL);
	char text[TERM_CHARS];

	if (sn->sn_asking) {
		snprintf(text, sizeof(text), "rate of each port: %s_",
		    sn->sn_answer);
		term_line(LINES - 1, A_BOLD, text);
	} else {
		term_line(LINES - 1, said ? loud : quiet,
		    said ? sn->sn_message :
		    "+- rate  r rate  s size  f flows  0 anew  ? help  "
			   "q quit");
	}
}

static void
draw(struct screen *sn)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	sn->sn_drawn = now_ns();
	head_draw(sn);
	if (sn->sn_help) {
		help_draw();
	} else if ((f = open_memstream(&text, &len)) != NULL) {
		live_print(&sn->sn_live, sn->sn_drawn, COLS, sn->sn_utf8, f);
		if (fclose(f) == 0)
			page_draw(text);
		free(text);
	}
	foot_draw(sn);
	move(LINES - 1, COLS - 1);
	refresh();
}

/* Keys */

static double
sending_pps(const struct screen *sn)
{
	double most = 0;
	unsigned i;

	for (i = 0; i < sn->sn_live.lv_nports; i++)
		if (sn->sn_live.lv_port[i].lp_tx_pps > most)
			most = sn->sn_live.lv_port[i].lp_tx_pps;
	return most;
}

/* The new pace is the trial's at the end of this tick. */
static void
pace_go(struct screen *sn, const struct pace_conf *pc)
{
	char why[200];

	if (!pace_check(pc, why, sizeof(why))) {
		say(sn, "%s", why);
		return;
	}
	sn->sn_pace = *pc;
	sn->sn_repace = true;
}

static void
pace_step(struct screen *sn, int step)
{
	struct pace_conf pc = sn->sn_pace;

	if (live_pace_step(&pc, step, sending_pps(sn)))
		pace_go(sn, &pc);
}

static void
size_step(struct screen *sn, int step)
{
	unsigned i;

	for (i = 0; i < SIZES && sizes[i] < sn->sn_load.lo_size; i++)
		;
	if (sn->sn_load.lo_size == 0) /* not one of them yet */
		i = step > 0 ? 0 : SIZES - 1;
	else if (step < 0)
		i = i > 0 ? i - 1 : SIZES - 1;
	else if (i == SIZES || sizes[i] == sn->sn_load.lo_size)
		i = i + 1 < SIZES ? i + 1 : 0;
	sn->sn_load.lo_size = sizes[i];
	sn->sn_want = WANT_NEXT;
}

static void
flows_step(struct screen *sn, int step)
{
	uint32_t flows = sn->sn_load.lo_flows;

	if (flows == 0) {
		flows = sn->sn_tpl[0].tc_flows;
		flows += flows == 0;
	}
	if (step > 0 ? flows > FLOWS_MOST / 2 : flows < 2)
		return;
	sn->sn_load.lo_flows = step > 0 ? flows * 2 : flows / 2;
	sn->sn_want = WANT_NEXT;
}

static void
answer_key(struct screen *sn, int key)
{
	struct pace_conf pc = sn->sn_pace;
	size_t n = strlen(sn->sn_answer);

	if (key == '\r' || key == '\n' || key == KEY_ENTER) {
		sn->sn_asking = false;
		if (n > 0 && live_pace_parse(sn->sn_answer, &pc))
			pace_go(sn, &pc);
		else if (n > 0)
			say(sn, "\"%s\" is no rate: 1.5 Mpps, 2 Gbit/s, "
			    "40 %%, max", sn->sn_answer);
	} else if (key == 27) {
		sn->sn_asking = false;
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		if (n > 0)
			sn->sn_answer[n - 1] = '\0';
	} else if (key >= ' ' && key < 127 && n + 1 < sizeof(sn->sn_answer)) {
		sn->sn_answer[n] = (char)key;
		sn->sn_answer[n + 1] = '\0';
	}
}

static void
key_pressed(struct screen *sn, int key)
{
	if (sn->sn_asking) {
		answer_key(sn, key);
	} else if (key == '+' || key == KEY_UP) {
		pace_step(sn, 1);
	} else if (key == '-' || key == KEY_DOWN) {
		pace_step(sn, -1);
	} else if (key == KEY_PPAGE) {
		pace_step(sn, 10);
	} else if (key == KEY_NPAGE) {
		pace_step(sn, -10);
	} else if (key == 's' || key == 'S') {
		size_step(sn, key == 's' ? 1 : -1);
	} else if (key == 'f' || key == 'F') {
		flows_step(sn, key == 'f' ? 1 : -1);
	} else if (key == '0') {
		sn->sn_want = WANT_NEXT;
	} else if (key == '?' || key == 'h') {
		sn->sn_help = !sn->sn_help;
	} else if (key == 'q') {
		sn->sn_want = WANT_END;
	} else if (key == '\f' || key == KEY_RESIZE) {
		clearok(curscr, TRUE);
	} else if (key == 'r') {
		sn->sn_asking = true;
		sn->sn_answer[0] = '\0';
	}
}

/* curses hears of another size only by a signal, which may be blocked. */
static void
size_look(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 &&
	    ws.ws_col > 0 && (ws.ws_row != LINES || ws.ws_col != COLS))
		resizeterm(ws.ws_row, ws.ws_col);
}

/* Reads what was pressed, and draws if it is time. */
static void
look(struct screen *sn)
{
	bool pressed = false;
	int key;

	size_look();
	while ((key = getch()) != ERR) {
		key_pressed(sn, key);
		pressed = true;
	}
	if (pressed || now_ns() - sn->sn_drawn >= DRAW_NS)
		draw(sn);
}

static bool
tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct screen *sn = arg;

	live_tick(&sn->sn_live, tt, now_ns());
	look(sn);
	if (sn->sn_repace) {
		pc->pc_kind = sn->sn_pace.pc_kind;
		pc->pc_unit = sn->sn_pace.pc_unit;
		pc->pc_rate = sn->sn_pace.pc_rate;
		sn->sn_repace = false;
	}
	return sn->sn_want == WANT_ON;
}

/* Trials */

/* The trial that the load asks for; its streams are ours. */
static void
trial_make(struct screen *sn, struct trial_conf *tc)
{
	const struct trial_conf *first = &sn->sn_conf->sc_trial;
	unsigned i;

	*tc = *first;
	for (i = 0; i < first->tc_nstreams; i++) {
		sn->sn_stream[i] = first->tc_stream[i];
		sn->sn_tpl[i] = *first->tc_stream[i].ts_tpl;
		sn->sn_stream[i].ts_tpl = &sn->sn_tpl[i];
		if (sn->sn_load.lo_flows != 0)
			sn->sn_tpl[i].tc_flows = sn->sn_load.lo_flows;
	}
	tc->tc_stream = sn->sn_stream;
	tc->tc_size = sn->sn_load.lo_size;
	tc->tc_pace = sn->sn_pace;
	tc->tc_packets = 0;
	tc->tc_duration = LONG_NS;
	tc->tc_drain = DRAIN_NS;
	tc->tc_quiet = QUIET_NS;
	tc->tc_learn = first->tc_learn && sn->sn_trials == 0;
	tc->tc_settle = tc->tc_learn ? first->tc_settle : 0;
	tc->tc_warmup = 0;
	tc->tc_tick = tick;
	tc->tc_tickarg = sn;
}

static bool
same_load(const struct load *a, const struct load *b)
{
	return a->lo_size == b->lo_size && a->lo_flows == b->lo_flows;
}

/*
 * One trial.  A load that cannot be is told, and the one before goes on; if
 * there is none, that is the end.
 */
static int
trial_run(struct screen *sn, char *why, size_t len)
{
	const struct runner *rn = sn->sn_conf->sc_runner;
	struct trial_result tr = { .tr_valid = false };
	struct load begun = sn->sn_load; /* keys may change that */
	struct trial_conf tc;
	int error;

	trial_make(sn, &tc);
	sn->sn_want = WANT_ON;
	sn->sn_repace = false;
	sn->sn_began = now_ns();
	live_begin(&sn->sn_live);
	error = rn->rn_trial(rn->rn_arg, &tc, &tr);
	if (error == 0) {
		sn->sn_trials++;
		sn->sn_good = begun;
		error = sn->sn_conf->sc_ended(sn->sn_conf->sc_arg, &tr);
		snprintf(why, len, "%s", error != 0 ? strerror(error) : "");
		trial_result_fini(&tr);
		return error;
	}
	trial_result_fini(&tr);
	snprintf(why, len, "%s", rn->rn_error(rn->rn_arg));
	if (error == ENOMEM || sn->sn_trials == 0 ||
	    same_load(&begun, &sn->sn_good))
		return error;
	say(sn, "%s", why);
	sn->sn_load = sn->sn_good;
	return 0;
}

int
gen_screen_run(struct screen *sn, const struct screen_conf *sc, char *why,
    size_t len)
{
	const struct runner *rn = sc->sc_runner;
	const struct trial_conf *tc = &sc->sc_trial;
	int error = 0;

	sn->sn_conf = sc;
	sn->sn_stream = calloc(tc->tc_nstreams + 1, sizeof(*sn->sn_stream));
	sn->sn_tpl = calloc(tc->tc_nstreams + 1, sizeof(*sn->sn_tpl));
	if (sn->sn_stream == NULL || sn->sn_tpl == NULL) {
		snprintf(why, len, "%s", strerror(ENOMEM));
		return ENOMEM;
	}
	live_init(&sn->sn_live, sc->sc_port, rn->rn_nports, EVERY_NS);
	sn->sn_load.lo_size = tc->tc_size;
	sn->sn_pace = tc->tc_pace;
	draw(sn);
	while (error == 0 && sn->sn_want != WANT_END &&
	    !rn->rn_stopped(rn->rn_arg))
		error = trial_run(sn, why, len);
	return error;
}

/* The terminal */

struct screen *
gen_screen_open(void)
{
	struct screen *sn;

	if (!term_able("spate gen: a screen", ""))
		return NULL;
	setlocale(LC_CTYPE, "");
	if ((sn = calloc(1, sizeof(*sn))) != NULL) {
		sn->sn_colour = true;
		sn->sn_screen = term_open(&sn->sn_colour);
	}
	if (sn == NULL || sn->sn_screen == NULL) {
		fputs("spate gen: the terminal cannot be set up\n", stderr);
		free(sn);
		return NULL;
	}
	sn->sn_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return sn;
}

void
gen_screen_close(struct screen *sn)
{
	if (sn == NULL)
		return;
	term_close(sn->sn_screen);
	free(sn->sn_stream);
	free(sn->sn_tpl);
	free(sn);
}
