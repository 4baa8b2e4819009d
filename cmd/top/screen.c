/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole screen: a line about the daemon, a line of pages, a page, and a
 * line of keys or of what is wrong.
 *
 * The page is printed into memory and shown from the line it is scrolled to.
 * Everything is drawn afresh each time; curses sends what has changed.
 */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "term/term.h"
#include "top_int.h"

#define HEAD_LINES   2 /* above the page */
#define FOOT_LINES   1
#define FIRST_NS     (TOP_NS_S / 4) /* the first rates come soon */
#define MESSAGE_NS   (10 * TOP_NS_S)
#define INTERVAL_MAX (60 * TOP_NS_S)
#define INTERVAL_MIN (TOP_NS_S / 4)

struct screen {
	struct top *sn_top;
	int sn_scroll;	   /* lines of the page above the screen */
	int sn_lines;	   /* of the page */
	bool sn_paused;
	bool sn_help;
	bool sn_quit;
	bool sn_lost;	   /* no daemon */
	char sn_message[256];
	uint64_t sn_until; /* the message stands until then */
	bool sn_colour;
};

static volatile sig_atomic_t screen_signal; /* asked to leave */

static const char *const help[] = {
	"1 to 5         the page of that number",
	"Tab, arrows    the next page; left and right",
	"up, down       scroll; also Page Up, Page Down, Home, End",
	"s, S           sort by the next column, by the one before",
	"r              the other way round", "p, space       pause, and go on",
	"+, -           a longer interval, a shorter one",
	"?, h           this list", "q              leave", "",
	"Numbers are per second. BUSY % is the share of time in rounds",
	"with work. DROPS are packets received by an interface that died",
	"here, LOST those that its device lost before. Bars are the last",
	"minute, the newest at the right; \"_\" is nothing, a blank not known.",
	NULL };

static void
screen_caught(int sig)
{
	screen_signal = sig;
}

static void __attribute__((format(printf, 2, 3)))
screen_say(struct screen *sn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sn->sn_message, sizeof(sn->sn_message), fmt, ap);
	va_end(ap);
	sn->sn_until = feed_now() + MESSAGE_NS;
}

static attr_t
colour(const struct screen *sn, short pair)
{
	return sn->sn_colour ? COLOR_PAIR(pair) : A_NORMAL;
}

/* The state of the daemon and of ourselves. */
static void
head_draw(const struct screen *sn)
{
	const struct top *tp = sn->sn_top;
	const json_t *rates = tp->tp_feed.fd_rates;
	const char *host =
	    json_string_value(json_object_get(rates, "hostname"));
	const char *sorted = page_sorted_by(&tp->tp_look);
	unsigned long up = (unsigned long)json_number_value(
	    json_object_get(rates, "uptime"));
	char text[TERM_CHARS];
	int n;

	n = snprintf(text, sizeof(text), "spate top  %s  ",
	    host != NULL ? host : "-");
	if (rates != NULL)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "up %lu:%02lu:%02lu  over %.1f s  ", up / 3600,
		    up / 60 % 60, up % 60,
		    json_number_value(json_object_get(rates, "seconds")));
	n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s",
	    sn->sn_lost ? "NO DAEMON  " : "",
	    sn->sn_paused ? "PAUSED  " : "");
	if (sorted != NULL)
		snprintf(text + n, sizeof(text) - (size_t)n, "by %s%s", sorted,
		    tp->tp_look.lk_reverse ? ", reversed" : "");
	term_line(0, A_BOLD, text);
}

static void
pages_draw(const struct screen *sn)
{
	char text[64];
	unsigned i;
	int x = 0;

	if (LINES < 2)
		return;
	move(1, 0);
	clrtoeol();
	for (i = 0; i < PG_N; i++) {
		bool here = i == sn->sn_top->tp_look.lk_page;
		attr_t attr = here ? A_REVERSE : colour(sn, 1);

		/* Brackets, for terminals that cannot reverse. */
		x += snprintf(text, sizeof(text), here ? "[%u %s] " :
		    " %u %s  ", i + 1, page_name(i));
		if (x > COLS)
			break;
		attron(attr);
		addnstr(text, (int)strlen(text) - 1);
		attroff(attr);
		addch(' ');
	}
}

static void
foot_draw(const struct screen *sn)
{
	bool said = sn->sn_lost || feed_now() < sn->sn_until;

	if (LINES < HEAD_LINES + FOOT_LINES)
		return;
	term_line(LINES - 1, said ? A_BOLD | colour(sn, 2) : colour(sn, 1),
	    said ? sn->sn_message :
	    "s sort  r reverse  p pause  +- interval  ? help  q quit");
}

static int
page_room(void)
{
	return LINES > HEAD_LINES + FOOT_LINES ?
	    LINES - HEAD_LINES - FOOT_LINES : 0;
}

/* Lines from the one scrolled to; those behind an empty line are headings. */
static void
page_draw(struct screen *sn, char *text)
{
	int y, n = 0, room = page_room();
	bool heading = true;
	char *line;

	for (line = text; *line != '\0'; n++) {
		size_t len = strcspn(line, "\n");
		bool last = line[len] == '\0';

		line[len] = '\0';
		y = n - sn->sn_scroll;
		if (y >= 0 && y < room)
			term_line(HEAD_LINES + y, heading ? A_BOLD :
			    A_NORMAL, line);
		heading = len == 0;
		line += len + !last;
	}
	sn->sn_lines = n;
	for (y = n - sn->sn_scroll; y < room; y++)
		term_line(HEAD_LINES + (y > 0 ? y : 0), A_NORMAL, "");
}

static void
help_draw(void)
{
	int y;

	for (y = 0; y < page_room(); y++)
		term_line(HEAD_LINES + y, A_NORMAL, "");
	for (y = 0; help[y] != NULL && y < page_room(); y++)
		term_line(HEAD_LINES + y, A_NORMAL, help[y]);
}

/* The page as text, for the caller to free; NULL without memory. */
static char *
page_text(struct screen *sn)
{
	struct top *tp = sn->sn_top;
	char *text = NULL;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		return NULL;
	tp->tp_look.lk_width = COLS;
	if (tp->tp_feed.fd_rates != NULL)
		page_print(&tp->tp_look, tp->tp_feed.fd_rates,
		    &tp->tp_histories, f);
	else
		fputs("waiting for the daemon\n", f);
	fclose(f);
	return text;
}

static void
scroll_limit(struct screen *sn)
{
	int most = sn->sn_lines - page_room();

	if (sn->sn_scroll > most)
		sn->sn_scroll = most;
	if (sn->sn_scroll < 0)
		sn->sn_scroll = 0;
}

static void
screen_draw(struct screen *sn)
{
	char *text;

	head_draw(sn);
	pages_draw(sn);
	if (sn->sn_help) {
		help_draw();
	} else if ((text = page_text(sn)) != NULL) {
		int before = sn->sn_scroll;
		char *again;

		page_draw(sn, text);
		free(text);
		scroll_limit(sn);
		/* It was shorter than it was scrolled. */
		if (sn->sn_scroll != before &&
		    (again = page_text(sn)) != NULL) {
			page_draw(sn, again);
			free(again);
		}
	}
	foot_draw(sn);
	move(LINES - 1, COLS - 1);
	refresh();
}

static void
page_go(struct screen *sn, unsigned page)
{
	struct look *lk = &sn->sn_top->tp_look;

	lk->lk_page = page % PG_N;
	lk->lk_column = lk->lk_page == PG_DROPS ? 1 : -1;
	lk->lk_reverse = false;
	sn->sn_scroll = 0;
	sn->sn_help = false;
}

/* The next column, or the one before; -1 is the order as it comes. */
static void
sort_go(struct screen *sn, int step)
{
	struct look *lk = &sn->sn_top->tp_look;
	int n = (int)page_columns(lk->lk_page) + 1;

	lk->lk_column = (lk->lk_column + 1 + step + n) % n - 1;
	lk->lk_reverse = false;
}

/* Twice, or half of the interval. */
static void
interval_go(struct screen *sn, bool longer)
{
	struct feed *fd = &sn->sn_top->tp_feed;
	uint64_t ns = longer ? fd->fd_every * 2 : fd->fd_every / 2;

	if (longer ? ns > INTERVAL_MAX : ns < INTERVAL_MIN)
		ns = fd->fd_every;
	fd->fd_every = ns;
	fd->fd_due = feed_now() + ns;
	screen_say(sn, "every %.2f s", (double)ns / TOP_NS_S);
}

static void
pause_go(struct screen *sn)
{
	sn->sn_paused = !sn->sn_paused;
	if (!sn->sn_paused)
		sn->sn_top->tp_feed.fd_due = feed_now();
}

static void
scroll_key(struct screen *sn, int key)
{
	switch (key) {
	case KEY_UP:
	case 'k':
		sn->sn_scroll--;
		break;
	case KEY_DOWN:
	case 'j':
		sn->sn_scroll++;
		break;
	case KEY_PPAGE:
		sn->sn_scroll -= page_room();
		break;
	case KEY_NPAGE:
		sn->sn_scroll += page_room();
		break;
	case KEY_HOME:
		sn->sn_scroll = 0;
		break;
	case KEY_END:
		sn->sn_scroll = sn->sn_lines;
		break;
	}
	scroll_limit(sn);
}

static void
screen_key(struct screen *sn, int key)
{
	unsigned page = sn->sn_top->tp_look.lk_page;

	if (key >= '1' && key < '1' + PG_N)
		page_go(sn, (unsigned)(key - '1'));
	else if (key == '\t' || key == KEY_RIGHT)
		page_go(sn, page + 1);
	else if (key == KEY_BTAB || key == KEY_LEFT)
		page_go(sn, page + PG_N - 1);
	else if (key == 's' || key == 'S')
		sort_go(sn, key == 's' ? 1 : -1);
	else if (key == 'r')
		sn->sn_top->tp_look.lk_reverse ^= true;
	else if (key == 'p' || key == ' ')
		pause_go(sn);
	else if (key == '+' || key == '-')
		interval_go(sn, key == '+');
	else if (key == '?' || key == 'h')
		sn->sn_help = !sn->sn_help;
	else if (key == 'q')
		sn->sn_quit = true;
	else if (key == '\f' || key == KEY_RESIZE)
		clearok(curscr, TRUE);
	else
		scroll_key(sn, key);
}

/* What became of the daemon; rates count as a report. */
static void
screen_event(struct screen *sn, enum feed_event ev)
{
	struct top *tp = sn->sn_top;
	bool was = sn->sn_lost;

	if (ev == FEED_NONE)
		return;
	sn->sn_lost = ev == FEED_LOST;
	if (ev == FEED_LOST) {
		screen_say(sn, "trying again: %s",
		    tp->tp_feed.fd_client.cl_error);
		return;
	}
	if (ev == FEED_FIRST) {
		if (tp->tp_feed.fd_every > FIRST_NS)
			tp->tp_feed.fd_due = feed_now() + FIRST_NS;
		if (tp->tp_feed.fd_new)
			screen_say(sn, "the daemon was restarted");
		else if (was)
			screen_say(sn, "the daemon answers again");
		return;
	}
	histories_add(&tp->tp_histories, tp->tp_feed.fd_rates,
	    tp->tp_feed.fd_taken);
	if (tp->tp_count > 0 && --tp->tp_count == 0)
		sn->sn_quit = true;
}

/* Sleep until a key, a signal, something from the daemon, or its time. */
static void
screen_wait(struct screen *sn, const sigset_t *signals)
{
	const struct feed *fd = &sn->sn_top->tp_feed;
	struct pollfd pfd[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = sn->sn_paused ? -1 : feed_fd(fd), .events = POLLIN } };
	uint64_t now = feed_now(), when = feed_when(fd);
	struct timespec ts = { 0 };

	if (!sn->sn_paused && when > now) {
		ts.tv_sec = (time_t)((when - now) / TOP_NS_S);
		ts.tv_nsec = (long)((when - now) % TOP_NS_S);
	}
	ppoll(pfd, 2, sn->sn_paused ? NULL : &ts, signals);
	/* The terminal went without a signal. */
	if ((pfd[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		sn->sn_quit = true;
}

static void
screen_loop(struct screen *sn, const sigset_t *signals)
{
	enum feed_event ev;
	int key;

	while (!sn->sn_quit && screen_signal == 0) {
		while (!sn->sn_paused && !sn->sn_quit &&
		    (ev = feed_step(&sn->sn_top->tp_feed, feed_now())) !=
		    FEED_NONE)
			screen_event(sn, ev);
		screen_draw(sn);
		if (sn->sn_quit)
			break;
		screen_wait(sn, signals);
		while ((key = getch()) != ERR)
			screen_key(sn, key);
	}
}

/*
 * Signals come only while we sleep, so that none is missed between a look and
 * the sleep; "open" gets what is let in then.
 */
static void
signals_start(sigset_t *open)
{
	static const int leave[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = screen_caught };
	sigset_t block;
	unsigned i;

	sigemptyset(&block);
	sigaddset(&block, SIGWINCH);
	for (i = 0; i < 3; i++) {
		sigaction(leave[i], &sa, NULL);
		sigaddset(&block, leave[i]);
	}
	sigprocmask(SIG_BLOCK, &block, open);
}

int
screen_run(struct top *tp)
{
	struct screen sn = { .sn_top = tp, .sn_colour = !tp->tp_mono };
	sigset_t signals;
	SCREEN *scr;

	if (tp->tp_look.lk_page == PG_DROPS)
		page_go(&sn, PG_DROPS);
	signals_start(&signals);
	if ((scr = term_open(&sn.sn_colour)) == NULL) {
		fputs("spate: the terminal cannot be set up: use "
		    "\"spate top --batch\"\n", stderr);
		return CMD_FAILED;
	}
	screen_loop(&sn, &signals);
	term_close(scr);
	return CMD_OK;
}
