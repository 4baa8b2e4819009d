/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleep and wake-up of an end point (src/cpu/endpoint.c).
 *
 *	sleeper:  asleep = 1; full barrier; look at all rings; sleep
 *	producer: enqueue;    full barrier; if asleep, wake
 *
 * Two producers fill a ring each.  What a thread stores waits in its store
 * buffer until the buffer drains by itself or a barrier waits for it; loads
 * pass it.  That is how x86 forgets a wake-up, and all that C11 permits here,
 * since a thread's other stores do not matter.  The sleeper may also be woken
 * once for another reason (a device), or never.
 *
 * A message that is never handled shows as an invalid end state: the sleeper
 * sleeps and nobody is left to wake it.
 *
 * scripts/check-models runs this as it is, which must hold, and with each of
 * these, which must not:
 * BREAKS: NO_PRODUCER_BARRIER NO_SLEEPER_BARRIER NO_SECOND_LOOK
 */
#define NPROD 2 /* producers */
#define NMSG 2 /* messages of each */
#define SLEEPER NPROD /* its store buffer */

/* Memory: the rings' tails, and the flag behind them. */
#define ASLEEP NPROD
byte mem[NPROD + 1];
bool eventfd, device;

/* Store buffers, oldest first: address, value. */
chan buf[NPROD + 1] = [3] of { byte, byte };

#define store(who, addr, val) buf[who]!addr, val
#define barrier(who) empty(buf[who])

/* A store buffer drains when it likes. */
proctype drain(byte who)
{
	byte addr, val;

end:	do
	:: atomic { buf[who]?addr, val -> mem[addr] = val; addr = 0; val = 0 }
	od
}

inline wake(who)
{
	if
	:: mem[ASLEEP] == 0
	:: else ->
		/* A locked exchange: a barrier of its own. */
		atomic { barrier(who) -> old = mem[ASLEEP]; mem[ASLEEP] = 0 }
		if
		:: old -> eventfd = true
		:: else /* another producer wakes it */
		fi
	fi;
	old = 0
}

proctype producer(byte me)
{
	byte n, old;

	do
	:: n < NMSG ->
		n++;
		store(me, me, n);
#ifndef NO_PRODUCER_BARRIER
		barrier(me);
#endif
		wake(me)
	:: else -> break
	od
}

inline look()
{
	work = false;
	i = 0;
	do
	:: i < NPROD ->
		if
		:: mem[i] != taken[i] -> work = true
		:: else
		fi;
		i++
	:: else -> break
	od
}

inline take()
{
	i = 0;
	do
	:: i < NPROD ->
		/* Loaded once. */
		atomic { all = all + mem[i] - taken[i]; taken[i] = mem[i] }
		i++
	:: else -> break
	od
}

proctype sleeper()
{
	byte taken[NPROD], i, all;
	bool work;

	do
	:: all == NPROD * NMSG -> break
	:: else ->
		take();
		store(SLEEPER, ASLEEP, 1);
#ifndef NO_SLEEPER_BARRIER
		barrier(SLEEPER);
#endif
#ifndef NO_SECOND_LOOK
		look();
#endif
		if
		:: work || all == NPROD * NMSG
		:: else ->
			if /* poll */
			:: eventfd -> eventfd = false
			:: device -> device = false
			fi
		fi;
		store(SLEEPER, ASLEEP, 0)
	od
}

init
{
	atomic {
		if
		:: device = true
		:: device = false
		fi;
		run drain(0);
		run drain(1);
		run drain(SLEEPER);
		run producer(0);
		run producer(1);
		run sleeper()
	}
}
