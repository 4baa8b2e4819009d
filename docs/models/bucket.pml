/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving a bucket to another CPU (src/netisr/move.c).
 *
 *	ctl:	hold the bucket at the new owner; wait for its answer;
 *		publish the new owner; ask the steering CPU for its mark
 *	steer:	looks up the owner of each packet and puts it on that CPU's
 *		ring; for the mark: flushes its bundle, and tells the old owner
 *		how many packets it has put on that ring in all
 *	old:	when it has finished so many, it tells the CPU that sends how
 *		many it has handed to it; when that has sent them, too, the
 *		bucket's state goes to the new owner
 *	new:	holds packets of the bucket until the state is there
 *
 * A flow's packets must leave in order.  Rings keep order, but a CPU may take
 * from its rings in any order.  What is needed of memory order is little: the
 * owner is published before the message that asks for the mark is put, and a
 * CPU that has seen it once never sees the former again.
 *
 * scripts/check-models runs this as it is, which must hold, and with each of
 * these, which must not:
 * BREAKS: NO_HOLD NO_MARK NO_FENCE EARLY_MARK
 */
#define NPKT 4
#define OLD 0
#define NEW 1

byte owner = OLD;
bool state_new; /* the bucket's state is there, packets may pass */
byte put_old; /* packets on the old owner's ring so far */
byte put_tx; /* packets from there on the sender's */
byte sent_old; /* of those sent */
byte last; /* number of the packet sent last */

chan ring[2] = [NPKT] of { byte }; /* steering CPU to owners */
chan tx[2] = [NPKT] of { byte }; /* owners to the CPU that sends */
chan hold = [1] of { bit };
chan held = [1] of { bit };
chan ask = [1] of { bit };
chan mark = [1] of { byte };
chan fence = [1] of { byte };
chan fenced = [1] of { bit };
chan state = [1] of { bit };

proctype ctl()
{
#ifndef NO_HOLD
	hold!1;
	held?_;
#endif
	owner = NEW;
	ask!1
#ifdef NO_HOLD
	;
	hold!1;
	held?_
#endif
}

proctype steer()
{
	byte n = 1, to;
	bool asked;

	do
	:: n <= NPKT ->
		to = owner;
#ifdef EARLY_MARK
		/* The mark is made between a look-up and its packet. */
		if
		:: !asked && nempty(ask) -> ask?_; asked = true; mark!put_old
		:: else
		fi;
#endif
		atomic {
			ring[to]!n;
			put_old = put_old + (to == OLD);
			n++
		}
	:: !asked && nempty(ask) ->
		ask?_;
		asked = true;
		mark!put_old
	:: n > NPKT && asked -> break
	od
}

proctype old()
{
	byte m, done, want;
	bool marked, told;

	do
	:: ring[OLD]?m -> atomic { tx[OLD]!m; put_tx++; done++ }
	:: !marked && nempty(mark) -> mark?want; marked = true
#ifdef NO_MARK
	:: !told ->
#else
	:: marked && !told && done >= want ->
#endif
		told = true;
#ifndef NO_FENCE
		fence!put_tx;
		fenced?_;
#endif
		state!1
	:: told && marked && done >= want -> break
	od
}

proctype new()
{
	byte m;
	bool holding, here;

	do
	:: nempty(hold) -> hold?_; holding = !here; held!1
	:: nempty(state) -> state?_; here = true; holding = false
	:: !holding -> atomic {
		if
		:: ring[NEW]?m -> tx[NEW]!m
		:: empty(ring[NEW])
		fi }
	:: timeout -> break
	od
}

inline send(m)
{
	assert(m == last + 1);
	last = m
}

proctype sender()
{
	byte m, want;
	bool asked;

end:	do
	:: atomic { tx[OLD]?m -> send(m); sent_old++ }
	:: atomic { tx[NEW]?m -> send(m) }
	:: !asked && nempty(fence) -> fence?want; asked = true
	:: asked && sent_old >= want -> fenced!1; asked = false
	od
}

init
{
	atomic {
		run ctl();
		run steer();
		run old();
		run new();
		run sender()
	}
}
