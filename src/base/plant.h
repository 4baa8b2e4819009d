/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bugs planted on purpose, one a build (meson option "plant"), to show that
 * the simulator finds their kind.  All are 0 in every other build.
 */
#ifndef BASE_PLANT_H
#define BASE_PLANT_H

#ifndef PLANT_GRACE /* a CPU keeps a published pointer beyond its round */
#define PLANT_GRACE 0
#endif
#ifndef PLANT_WRONGCPU /* a packet is freed into the pool of another CPU */
#define PLANT_WRONGCPU 0
#endif
#ifndef PLANT_WAKEUP /* a CPU sleeps without looking at its rings again */
#define PLANT_WAKEUP 0
#endif
#ifndef PLANT_MARK /* a bucket moves without marks */
#define PLANT_MARK 0
#endif
#ifndef PLANT_ENTRY /* close() is answered before a CPU knows of it */
#define PLANT_ENTRY 0
#endif

#endif
