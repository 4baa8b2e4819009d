/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleep and wake-up between a CPU and a thread of a program
 * (src/socket/app_mem.h: app_flag_set(), app_flag_take()).
 *
 *	who waits: flag = 1; full barrier; look once more; sleep
 *	the other: store;    full barrier; take the flag: if it was set, wake
 *
 * There are five flags: a CPU sleeps (al_asleep), a thread sleeps (al_asleep),
 * the program waits for room in the pipe and the CPU for room among the events
 * (ae_full of each), and the program wants to be told of data by an event
 * (rw_armed).  Who takes one of the latter three still has to take the flag of
 * the sleeper, and to make an event of rw_armed first.
 *
 * The program sends NREC records through a pipe with room for one
 * (user_pipe_flush(), user_pipe_want()).  For each the CPU (app_pipe_take(),
 * app_pipe_done()) puts a datagram into the receive buffer (rcvbuf_flush()) and
 * owes an event, in a ring with room for one (app_tell_put(), app_tell_flush(),
 * app_tell_want()), besides those that say that there is data.  The program
 * takes all of them (user_events_done()), but reads data only when an event has
 * told of it or it found some while it armed (user_rcv_arm()).
 *
 * What a thread stores waits in its store buffer until that drains by itself
 * or a barrier waits for it; loads pass it.  A lost wake-up shows as an invalid
 * end state.
 *
 * scripts/check-models runs this as it is, which must hold, and with each of
 * these, which must not:
 * BREAKS: NO_CPU_SLEEP_BARRIER NO_CPU_SECOND_LOOK NO_CPU_WAKE_BARRIER
 * BREAKS: NO_USER_SLEEP_BARRIER NO_USER_SECOND_LOOK NO_USER_WAKE_BARRIER
 * BREAKS: NO_ARM_BARRIER NO_ARM_SECOND_LOOK NO_WANT_SECOND_LOOK
 */
#define NREC 2 /* records */
#define ROOM 1 /* of the pipe and of the events */

#define CPU  0 /* store buffers */
#define USER 1

/* Memory. */
#define PIPE_HEAD   0 /* by the program */
#define PIPE_TAIL   1 /* by the CPU */
#define PIPE_FULL   2
#define EVENT_HEAD  3 /* by the CPU */
#define EVENT_TAIL  4 /* by the program */
#define EVENT_FULL  5
#define RCV_HEAD    6 /* by the CPU */
#define ARMED	    7
#define CPU_SLEEPS  8
#define USER_SLEEPS 9
byte mem[10];
byte event[8]; /* by its number: 1 "done", 2 "there is data" */
bool cpu_fd, user_fd; /* readable */

/* Store buffers, oldest first: address, value. */
chan buf[2] = [4] of { byte, byte };

#define store(who, addr, val) buf[who]!addr, val
#define barrier(who) empty(buf[who])

proctype drain(byte who)
{
	byte addr, val;

end:	do
	:: atomic { buf[who]?addr, val -> mem[addr] = val; addr = 0; val = 0 }
	od
}

/* app_flag_take() behind its barrier: "took" says whether it was set. */
inline take_flag(who, flag)
{
	if
	:: mem[flag] == 0 -> took = false
	:: else ->
		/* A locked exchange: a barrier of its own. */
		atomic { barrier(who) -> took = (mem[flag] != 0); mem[flag] = 0 }
	fi
}

inline cpu_barrier()
{
#ifndef NO_CPU_WAKE_BARRIER
	barrier(CPU)
#else
	skip
#endif
}

inline user_barrier()
{
#ifndef NO_USER_WAKE_BARRIER
	barrier(USER)
#else
	skip
#endif
}

inline wake_user()
{
	cpu_barrier();
	take_flag(CPU, USER_SLEEPS);
	if
	:: took -> user_fd = true
	:: else
	fi
}

inline wake_cpu()
{
	user_barrier();
	take_flag(USER, CPU_SLEEPS);
	if
	:: took -> cpu_fd = true
	:: else
	fi
}

/* As many of the events that are owed as fit. */
inline cpu_tell()
{
	do
	:: done + told > 0 && events - mem[EVENT_TAIL] < ROOM ->
		if
		:: done > 0 -> done--; event[events] = 1
		:: done == 0 -> told--; event[events] = 2
		fi;
		events++;
		store(CPU, EVENT_HEAD, events);
		wake_user()
	:: else -> break
	od
}

proctype cpu()
{
	byte taken, events; /* ever */
	byte done, told; /* events owed */
	bool took, work;

	do
	:: taken == NREC && done + told == 0 -> break
	:: else ->
		if
		:: mem[PIPE_HEAD] != taken ->
			taken++;
			store(CPU, PIPE_TAIL, taken);
			cpu_barrier();
			take_flag(CPU, PIPE_FULL);
			if
			:: took -> wake_user()
			:: else
			fi;
			done++;
			store(CPU, RCV_HEAD, taken);
			cpu_barrier();
			take_flag(CPU, ARMED);
			if
			:: took -> told++
			:: else
			fi
		:: else
		fi;
		cpu_tell();
		store(CPU, CPU_SLEEPS, 1);
#ifndef NO_CPU_SLEEP_BARRIER
		barrier(CPU);
#endif
		work = (taken == NREC && done + told == 0);
#ifndef NO_CPU_SECOND_LOOK
		work = work || mem[PIPE_HEAD] != taken;
#endif
		if
		:: !work && done + told > 0 ->
			store(CPU, EVENT_FULL, 1);
#ifndef NO_CPU_SLEEP_BARRIER
			barrier(CPU);
#endif
#ifndef NO_WANT_SECOND_LOOK
			work = events - mem[EVENT_TAIL] < ROOM
#endif
		:: else
		fi;
		if
		:: work
		:: else -> cpu_fd -> cpu_fd = false
		fi;
		store(CPU, CPU_SLEEPS, 0)
	od
}

proctype user()
{
	byte sent, got, events, answers, head;
	bool took, work, reads, armed;

	reads = true;
	do
	:: answers == NREC && got == NREC -> break
	:: else ->
		if
		:: sent < NREC && sent - mem[PIPE_TAIL] < ROOM ->
			sent++;
			store(USER, PIPE_HEAD, sent);
			wake_cpu()
		:: else
		fi;
		do
		:: events != mem[EVENT_HEAD] ->
			if
			:: event[events] == 1 -> answers++
			:: else -> reads = true; armed = false
			fi;
			events++;
			store(USER, EVENT_TAIL, events);
			user_barrier();
			take_flag(USER, EVENT_FULL);
			if
			:: took -> wake_cpu()
			:: else
			fi
		:: else -> break
		od;
		if
		:: reads -> got = mem[RCV_HEAD]; reads = false
		:: else
		fi;
		work = false;
		if
		:: !armed && got < NREC ->
			store(USER, ARMED, 1);
#ifndef NO_ARM_BARRIER
			barrier(USER);
#endif
			armed = true;
#ifndef NO_ARM_SECOND_LOOK
			if
			:: mem[RCV_HEAD] != got ->
				store(USER, ARMED, 0);
				armed = false;
				reads = true;
				work = true
			:: else
			fi
#endif
		:: else
		fi;
		store(USER, USER_SLEEPS, 1);
#ifndef NO_USER_SLEEP_BARRIER
		barrier(USER);
#endif
		work = work || (answers == NREC && got == NREC);
#ifndef NO_USER_SECOND_LOOK
		work = work || mem[EVENT_HEAD] != events;
#endif
		if
		:: !work && sent < NREC ->
			store(USER, PIPE_FULL, 1);
#ifndef NO_USER_SLEEP_BARRIER
			barrier(USER);
#endif
#ifndef NO_WANT_SECOND_LOOK
			work = sent - mem[PIPE_TAIL] < ROOM
#endif
		:: else
		fi;
		if
		:: work
		:: else -> user_fd -> user_fd = false
		fi;
		store(USER, USER_SLEEPS, 0)
	od;
	/* Who goes on taking events: the CPU may owe one that nobody needs. */
end:	do
	:: events != mem[EVENT_HEAD] ->
		events++;
		store(USER, EVENT_TAIL, events);
		user_barrier();
		take_flag(USER, EVENT_FULL);
		if
		:: took -> wake_cpu()
		:: else
		fi
	od
}

init
{
	atomic {
		run drain(CPU);
		run drain(USER);
		run cpu();
		run user()
	}
}
