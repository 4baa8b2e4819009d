/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reclamation of what ctl has replaced (src/cpu/qsbr.c).
 *
 *	ctl:	publish; epoch + 1, stamp the old object with it;
 *		full barrier; free it when each word is 0 or >= the stamp
 *	CPU:	at the end of a round: word = epoch
 *		to sleep: word = 0
 *		to wake: word = epoch; full barrier; then read pointers
 *
 * Stores wait in store buffers as in wakeup.pml.  A reader that meets a freed
 * object fails the assertion; an object that is never freed leaves ctl in an
 * invalid end state.
 *
 * scripts/check-models runs this as it is, which must hold, and with each of
 * these, which must not:
 * BREAKS: NO_WAKE_BARRIER NO_CTL_BARRIER EARLY_CHECKPOINT
 */
#define NCPU 2
#define NOBJ 3 /* versions of what is published; the last one stays */
#define NROUND 2 /* of each CPU */
#define CTL NCPU /* its store buffer */

/* Memory: the CPUs' words, the pointer, the epoch. */
#define PTR NCPU
#define EPOCH (NCPU + 1)
byte mem[NCPU + 2];
bool freed[NOBJ];

chan buf[NCPU + 1] = [3] of { byte, byte };

#define store(who, addr, val) buf[who]!addr, val
#define barrier(who) empty(buf[who])

proctype drain(byte who)
{
	byte addr, val;

end:	do
	:: atomic { buf[who]?addr, val -> mem[addr] = val; addr = 0; val = 0 }
	od
}

inline checkpoint(me)
{
	epoch = mem[EPOCH];
	atomic { store(me, me, epoch) -> epoch = 0 }
}

inline wake(me)
{
	epoch = mem[EPOCH];
	atomic { store(me, me, epoch) -> epoch = 0 }
#ifndef NO_WAKE_BARRIER
	barrier(me)
#endif
}

proctype cpu(byte me)
{
	byte n, obj, epoch;

	wake(me);
	do
	:: n < NROUND ->
		n++;
		obj = mem[PTR];
#ifdef EARLY_CHECKPOINT
		checkpoint(me);
#endif
		atomic { assert(!freed[obj]); obj = 0 }
#ifndef EARLY_CHECKPOINT
		checkpoint(me);
#endif
		if
		:: skip
		:: store(me, me, 0); /* sleep */
			wake(me)
		fi
	:: else -> break
	od;
	store(me, me, 0)
}

/* Publishes version ver in place of the one before. */
inline replace(ver)
{
	store(CTL, PTR, ver);
	store(CTL, EPOCH, ver + 1)
}

/* One look at the words; frees the oldest that is retired, if it may. */
inline reclaim()
{
	passed = true;
	do
	:: passed && i < NCPU ->
		d_step {
			passed = passed && (mem[i] == 0 || mem[i] >= gone + 2);
			i++
		}
	:: else -> break
	od;
	atomic {
		if
		:: passed -> freed[gone] = true; gone++
		:: else
		fi;
		i = 0
	}
}

proctype ctl()
{
	byte ver, gone, i;
	bool passed;

	do
	:: ver < NOBJ - 1 ->
		ver++;
		replace(ver);
#ifndef NO_CTL_BARRIER
		barrier(CTL)
#endif
	:: gone < ver -> reclaim()
	:: gone == NOBJ - 1 -> break
	od
}

init
{
	atomic {
		mem[EPOCH] = 1;
		run drain(0);
		run drain(1);
		run drain(CTL);
		run cpu(0);
		run cpu(1);
		run ctl()
	}
}
