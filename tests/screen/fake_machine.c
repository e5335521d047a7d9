/*
 * A machine that is not as it should be: preloaded into a process, this library changes what the process is told of
 * its surroundings.
 *
 *   FAKE_MACHINE_CLOCK_MS  the wall clock is so far ahead (or behind, with a minus)
 *   FAKE_MACHINE_BOOT_ID   a file that is read in the place of the kernel's boot id: another boot
 *   FAKE_MACHINE_FULL      while this file is there, every disk is full
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int outcome = NEXT(clock_gettime)(clock, time);
    const char *ahead = getenv("FAKE_MACHINE_CLOCK_MS");
    if (outcome == 0 && clock == CLOCK_REALTIME && ahead != NULL) {
        time->tv_sec += atoll(ahead) / 1000;
    }
    return outcome;
}

static const char *seen(const char *path)
{
    const char *boot_id = getenv("FAKE_MACHINE_BOOT_ID");
    return boot_id != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 ? boot_id : path;
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return NEXT(open64)(seen(path), flags, mode);
}

static int is_full(void)
{
    const char *sign = getenv("FAKE_MACHINE_FULL");
    return sign != NULL && access(sign, F_OK) == 0;
}

int statvfs(const char *path, struct statvfs *told)
{
    int outcome = NEXT(statvfs)(path, told);
    if (outcome == 0 && is_full()) {
        told->f_bavail = 0;
        told->f_bfree = 0;
    }
    return outcome;
}

int statvfs64(const char *path, struct statvfs64 *told)
{
    int outcome = NEXT(statvfs64)(path, told);
    if (outcome == 0 && is_full()) {
        told->f_bavail = 0;
        told->f_bfree = 0;
    }
    return outcome;
}
