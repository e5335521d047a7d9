/*
 * A machine that is not as it should be: preloaded into a process, this library changes what the process is told of
 * its surroundings.
 *
 *   FAKE_MACHINE_CLOCK_MS  the wall clock is so far ahead (or behind, with a minus)
 *   FAKE_MACHINE_BOOT_ID   a file that is read in the place of the kernel's boot id: another boot
 *   FAKE_MACHINE_FULL      while this file is there, every disk has only so many bytes left as it says; none if it is
 *                          empty
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
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

/* How many bytes are left, or -1 where nobody says. */
static long long left(void)
{
    const char *sign = getenv("FAKE_MACHINE_FULL");
    FILE *file = sign == NULL ? NULL : fopen(sign, "r");
    if (file == NULL) {
        return -1;
    }
    long long bytes = 0;
    if (fscanf(file, "%lld", &bytes) != 1) {
        bytes = 0;
    }
    fclose(file);
    return bytes;
}

int statvfs(const char *path, struct statvfs *told)
{
    int outcome = NEXT(statvfs)(path, told);
    long long bytes = left();
    if (outcome == 0 && bytes >= 0) {
        told->f_bavail = (fsblkcnt_t)bytes / told->f_frsize;
        told->f_bfree = told->f_bavail;
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
