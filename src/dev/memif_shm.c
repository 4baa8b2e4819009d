/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that memif shares with a peer.
 *
 * A client makes one region for all its rings and buffers, a file without a
 * name which is sealed, so that neither side can make it smaller.  A server
 * maps what the client sends, and insists on the same: memory that can shrink
 * under a reader kills it (SIGBUS).  A seal can be had on nothing but a memfd,
 * so that it is no file of a network or of a program either; a memfd of huge
 * pages is refused, for with a hole in it and no page left reading kills, too.
 *
 * An event is an eventfd: what the peer sends instead is found out as far as
 * the system tells, and whatever it does, it is written only when it has room.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "dev/memif_int.h"

#define PAGE 4096u

struct memif_link *
memif_link_alloc(unsigned nrx, unsigned ntx)
{
	struct memif_link *ml;
	unsigned i;

	if ((ml = calloc(1, sizeof(*ml))) == NULL)
		return NULL;
	ml->ml_memfd = -1;
	ml->ml_nregion = MEMIF_REGIONS;
	ml->ml_rx = lines_alloc(nrx, sizeof(*ml->ml_rx));
	ml->ml_tx = lines_alloc(ntx, sizeof(*ml->ml_tx));
	if (ml->ml_rx == NULL || ml->ml_tx == NULL) {
		free(ml->ml_rx);
		free(ml->ml_tx);
		free(ml);
		return NULL;
	}
	ml->ml_nrx = nrx;
	ml->ml_ntx = ntx;
	for (i = 0; i < nrx; i++)
		ml->ml_rx[i].mr_fd = -1;
	for (i = 0; i < ntx; i++)
		ml->ml_tx[i].mr_fd = -1;
	return ml;
}

static void
rings_close(struct memif_ring *mr, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (mr[i].mr_fd >= 0)
			close(mr[i].mr_fd);
	free(mr);
}

void
memif_link_free(struct memif_link *ml)
{
	unsigned i;

	for (i = 0; i < ml->ml_nregion; i++)
		if (ml->ml_region[i].mg_base != NULL)
			munmap(ml->ml_region[i].mg_base,
			    ml->ml_region[i].mg_size);
	if (ml->ml_memfd >= 0)
		close(ml->ml_memfd);
	rings_close(ml->ml_rx, ml->ml_nrx);
	rings_close(ml->ml_tx, ml->ml_ntx);
	free(ml);
}

/* Rings first, then buffers from a page on. */
static uint64_t
rings_size(unsigned rings, unsigned ring)
{
	uint64_t n = (uint64_t)rings * memif_ring_bytes(ring);

	return (n + PAGE - 1) / PAGE * PAGE;
}

uint64_t
memif_shared_size(unsigned queues, unsigned ring, unsigned buffer)
{
	return rings_size(2 * queues, ring) +
	    (uint64_t)2 * queues * ring * buffer;
}

/* Errno value. */
static int
shm_make(struct memif_link *ml, uint64_t size)
{
	struct memif_region *mg = &ml->ml_region[0];
	void *p;

	ml->ml_memfd = memfd_create("spate-memif",
	    MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ml->ml_memfd < 0)
		return errno;
	if (ftruncate(ml->ml_memfd, (off_t)size) != 0 ||
	    fcntl(ml->ml_memfd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, ml->ml_memfd, 0);
	if (p == MAP_FAILED)
		return errno;
	mg->mg_base = p;
	mg->mg_size = size;
	return 0;
}

/* Ring number i of all, those from us first.  Errno value. */
static int
ring_make(struct memif_link *ml, struct memif_ring *mr, unsigned i,
    unsigned ring, unsigned buffer)
{
	uint8_t *base = ml->ml_region[0].mg_base;
	uint64_t off = rings_size(ml->ml_ntx + ml->ml_nrx, ring) +
	    (uint64_t)i * ring * buffer;

	mr->mr_wire = (void *)(base + i * memif_ring_bytes(ring));
	mr->mr_bufs = base + off;
	mr->mr_offset = (uint32_t)off;
	mr->mr_bufsize = buffer;
	mr->mr_size = ring;
	mr->mr_region = ml->ml_region;
	mr->mr_nregion = ml->ml_nregion;
	mr->mr_kind = i < ml->ml_ntx ? MEMIF_CLIENT_TX : MEMIF_CLIENT_RX;
	mr->mr_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mr->mr_fd < 0)
		return errno;
	memif_ring_init(mr);
	return 0;
}

int
memif_link_make(struct memif_link *ml, unsigned ring, unsigned buffer)
{
	unsigned i, n = ml->ml_ntx + ml->ml_nrx;
	int error;

	ml->ml_nregion = 1;
	ml->ml_ring = ring;
	if ((error = shm_make(ml, rings_size(n, ring) +
	    (uint64_t)n * ring * buffer)) != 0)
		return error;
	for (i = 0; i < n && error == 0; i++)
		error = ring_make(ml, i < ml->ml_ntx ? &ml->ml_tx[i] :
		    &ml->ml_rx[i - ml->ml_ntx], i, ring, buffer);
	return error;
}

/*
 * The system call itself: fstat(3) is made of one that takes a path, which the
 * sandbox refuses.
 */
static bool
fd_stat(int fd, struct stat *st)
{
	return syscall(SYS_fstat, fd, st) == 0;
}

/* What is wrong with a descriptor that shall be memory; NULL: nothing. */
static const char *
region_mistake(int fd, uint64_t size)
{
	struct statfs sfs;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0)
		return "is no memfd";
	if ((seals & F_SEAL_SHRINK) == 0)
		return "may shrink: it has no F_SEAL_SHRINK (DPDK: "
		       "zero-copy=no)";
	if (fstatfs(fd, &sfs) != 0 || sfs.f_type != TMPFS_MAGIC)
		return "is of huge pages, which can run out";
	if (size == 0 || size > MEMIF_SHARED_MAX)
		return "is not of 1 byte to 4 GiB";
	if (!fd_stat(fd, &st) || (uint64_t)st.st_size < size)
		return "is smaller than its size says";
	return NULL;
}

bool
memif_region_map(struct memif_link *ml, unsigned index, uint64_t size, int fd,
    char why[static MEMIF_WHY])
{
	struct memif_region *mg = NULL;
	const char *mistake;
	void *p;

	if (index < MEMIF_REGIONS)
		mg = &ml->ml_region[index];
	if (mg == NULL || mg->mg_base != NULL)
		mistake = mg == NULL ? "is one too many" : "is sent twice";
	else if (fd < 0)
		mistake = "has no descriptor with it";
	else
		mistake = region_mistake(fd, size);
	if (mistake != NULL) {
		snprintf(why, MEMIF_WHY, "region %u %s", index, mistake);
		return false;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		snprintf(why, MEMIF_WHY, "region %u cannot be mapped: %s",
		    index, strerror(errno));
		return false;
	}
	mg->mg_base = p;
	mg->mg_size = size;
	return true;
}

/*
 * Of no type that a file can have: the system's own, of which an eventfd is
 * one.  None of them waits for a program.
 */
static bool
is_event(int fd)
{
	struct stat st;

	return fd >= 0 && fd_stat(fd, &st) && (st.st_mode & S_IFMT) == 0 &&
	    fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static const char *
ring_mistake(const struct memif_link *ml, const struct memif_msg *mm,
    const struct memif_ring *mr, int fd)
{
	const struct memif_region *mg;
	const struct memif_ring_wire *mw;
	size_t bytes;

	if (mr->mr_wire != NULL)
		return "is sent twice";
	if (mm->mm_log2 == 0 || mm->mm_log2 > MEMIF_LOG2_MAX)
		return "is not of 2 to 16,384 descriptors";
	if (mm->mm_private != 0)
		return "has a private header, of which nothing is known here";
	if (mm->mm_region >= MEMIF_REGIONS ||
	    ml->ml_region[mm->mm_region].mg_base == NULL)
		return "is in a region that was not sent";
	mg = &ml->ml_region[mm->mm_region];
	bytes = memif_ring_bytes(1u << mm->mm_log2);
	if (mm->mm_offset % CACHELINE != 0)
		return "does not begin a cache line";
	if (bytes > mg->mg_size || mm->mm_offset > mg->mg_size - bytes)
		return "is not within its region";
	mw = (const void *)(mg->mg_base + mm->mm_offset);
	if (mw->mw_cookie != MEMIF_COOKIE)
		return "has no cookie of memif";
	if (!is_event(fd))
		return "has no eventfd with it";
	return NULL;
}

bool
memif_ring_place(struct memif_link *ml, const struct memif_msg *mm, int fd,
    char why[static MEMIF_WHY])
{
	unsigned i = mm->mm_index, n = mm->mm_s2m ? ml->ml_nrx : ml->ml_ntx;
	const char *mistake = "is one too many";
	struct memif_ring *mr = NULL;

	if (i < n) {
		mr = mm->mm_s2m ? &ml->ml_rx[i] : &ml->ml_tx[i];
		mistake = ring_mistake(ml, mm, mr, fd);
	}
	if (mistake != NULL) {
		snprintf(why, MEMIF_WHY, "ring %u %s us %s", i,
		    mm->mm_s2m ? "to" : "from", mistake);
		return false;
	}
	mr->mr_wire = (void *)(ml->ml_region[mm->mm_region].mg_base +
	    mm->mm_offset);
	mr->mr_region = ml->ml_region;
	mr->mr_nregion = ml->ml_nregion;
	mr->mr_size = 1u << mm->mm_log2;
	mr->mr_kind = mm->mm_s2m ? MEMIF_SERVER_RX : MEMIF_SERVER_TX;
	mr->mr_fd = fd;
	return true;
}
