/*
 * A disk that fails when it is told to: preloaded into a process, this library changes what writing below one folder
 * comes to.
 *
 *   FAILING_DISK_FOLDER  the folder
 *   FAILING_DISK_ORDER   a file; while its first word is one of these, the disk is
 *     full       without room: nothing is written
 *     torn       without room half-way: the first half of what is written is
 *     read-only  mounted so: nothing is opened for writing, written, cut or removed
 *     unsynced   failing: what is written is not brought to the disk (fsync, fdatasync)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum order { WELL, FULL, TORN, READ_ONLY, UNSYNCED };

static enum order ordered(void)
{
    const char *path = getenv("FAILING_DISK_ORDER");
    if (path == NULL) {
        return WELL;
    }
    int saved = errno;
    /* Past this library's own functions. */
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    char word[32] = "";
    if (file >= 0) {
        ssize_t count = syscall(SYS_read, file, word, sizeof word - 1);
        word[count > 0 ? count : 0] = '\0';
        syscall(SYS_close, file);
    }
    errno = saved;
    if (strncmp(word, "full", 4) == 0) {
        return FULL;
    }
    if (strncmp(word, "torn", 4) == 0) {
        return TORN;
    }
    if (strncmp(word, "read-only", 9) == 0) {
        return READ_ONLY;
    }
    return strncmp(word, "unsynced", 8) == 0 ? UNSYNCED : WELL;
}

static int is_below(const char *path)
{
    const char *folder = getenv("FAILING_DISK_FOLDER");
    return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_meant(int file)
{
    char link[64], path[PATH_MAX];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (count <= 0) {
        return 0;
    }
    path[count] = '\0';
    return is_below(path);
}

/* How many of `count` bytes may be written to `file`; -1, with errno, if none. */
static ssize_t allowed(int file, size_t count)
{
    enum order order = ordered();
    if (order == WELL || order == UNSYNCED || !is_meant(file)) {
        return (ssize_t)count;
    }
    if (order == TORN && count > 1) {
        return (ssize_t)(count / 2);
    }
    errno = order == READ_ONLY ? EROFS : ENOSPC;
    return -1;
}

ssize_t write(int file, const void *bytes, size_t count)
{
    ssize_t room = allowed(file, count);
    return room < 0 ? -1 : NEXT(write)(file, bytes, (size_t)room);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at)
{
    ssize_t room = allowed(file, count);
    return room < 0 ? -1 : NEXT(pwrite)(file, bytes, (size_t)room, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at)
{
    ssize_t room = allowed(file, count);
    return room < 0 ? -1 : NEXT(pwrite64)(file, bytes, (size_t)room, at);
}

static int is_cut(int file)
{
    if (ordered() == READ_ONLY && is_meant(file)) {
        errno = EROFS;
        return 0;
    }
    return 1;
}

int ftruncate(int file, off_t length)
{
    return is_cut(file) ? NEXT(ftruncate)(file, length) : -1;
}

int ftruncate64(int file, off64_t length)
{
    return is_cut(file) ? NEXT(ftruncate64)(file, length) : -1;
}

static int is_synced(int file)
{
    enum order order = ordered();
    if (order == UNSYNCED && is_meant(file)) {
        errno = EIO;
        return 0;
    }
    return 1;
}

int fsync(int file)
{
    return is_synced(file) ? NEXT(fsync)(file) : -1;
}

int fdatasync(int file)
{
    return is_synced(file) ? NEXT(fdatasync)(file) : -1;
}

static int is_opened(const char *path, int flags)
{
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    if (writes && is_below(path) && ordered() == READ_ONLY) {
        errno = EROFS;
        return 0;
    }
    return 1;
}

#define MODE(flags, last)                                                                                             \
    mode_t mode = 0;                                                                                                  \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                            \
        va_list rest;                                                                                                 \
        va_start(rest, last);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                  \
        va_end(rest);                                                                                                 \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags, flags)
    return is_opened(path, flags) ? NEXT(open)(path, flags, mode) : -1;
}

int open64(const char *path, int flags, ...)
{
    MODE(flags, flags)
    return is_opened(path, flags) ? NEXT(open64)(path, flags, mode) : -1;
}

int unlink(const char *path)
{
    if (is_below(path) && ordered() == READ_ONLY) {
        errno = EROFS;
        return -1;
    }
    return NEXT(unlink)(path);
}
