/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <sys/signalfd.h>

#include "base/bytes.h"
#include "priv/priv.h"

int
signals_block(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < countof(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, it would leave no status */
	return signalfd(-1, &set, SFD_CLOEXEC);
}
