/*
 * A camera that is not there: preloaded into a process, this library shows it one V4L2 capture device,
 * /dev/video0, which plays frames from a file. The process goes through its own camera code unchanged.
 *
 *   FAKE_V4L2_FRAMES        the file: raw YUYV frames, or JPEG files one behind the other
 *   FAKE_V4L2_FORMAT        YUYV (default) or MJPG
 *   FAKE_V4L2_WIDTH,_HEIGHT the frames' size (default 1280, 720)
 *   FAKE_V4L2_FPS           frames a second (default 30)
 *   FAKE_V4L2_NAME          what the camera is called (default "Fake Camera")
 *   FAKE_V4L2_OPEN_ERRNO    opening it fails with this error number
 *
 * Each fault comes once, in the first stream, unless FAKE_V4L2_FAULTS names in how many streams:
 *
 *   FAKE_V4L2_STALL_AFTER   after that many frames the camera goes silent
 *   FAKE_V4L2_UNPLUG_AFTER  after that many frames it is unplugged
 *   FAKE_V4L2_ERROR_AFTER   after that many frames the driver answers EIO, and can't stop the stream either
 *   FAKE_V4L2_REPLUG_MS     so long after unplugging it is back (default: never)
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS_MAX 8

static struct {
    int fd;                 /* the open device, a memfd, or -1 */
    uint8_t *memory;        /* its buffers */
    size_t buffer_bytes;
    unsigned buffers;
    int queue[BUFFERS_MAX]; /* indices of queued buffers, oldest first */
    unsigned queued;
    int streaming;
    unsigned streams;       /* streams begun so far */
    unsigned frames;        /* frames of this stream */
    int64_t due_ns;         /* when the next frame is */
    int64_t unplugged_ns;   /* when it was unplugged, or 0 */
    uint32_t sequence;
} device = { .fd = -1 };

static uint8_t *film;       /* all frames */
static size_t film_bytes;
static size_t film_at;      /* where the next frame begins */

static DIR *dev_listing;    /* a listing of /dev that is under way */
static int dev_listed;      /* whether it has shown the camera */

/* The kernel itself, past our own syscall(). */
static long kernel(long number, long a, long b, long c, long d, long e, long f) {
    long result;
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    result = x0;
#else
#error "the fake camera knows x86_64 and aarch64"
#endif
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static long width(void) { return number("FAKE_V4L2_WIDTH", 1280); }
static long height(void) { return number("FAKE_V4L2_HEIGHT", 720); }
static long fps(void) { return number("FAKE_V4L2_FPS", 30); }

static uint32_t format(void) {
    const char *name = getenv("FAKE_V4L2_FORMAT");
    return name && !strcmp(name, "MJPG") ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Whether this stream has a fault that begins after its first `variable` frames, and it has begun. */
static int fault(const char *variable) {
    long after = number(variable, -1);
    return after >= 0 && device.streams <= (unsigned)number("FAKE_V4L2_FAULTS", 1) && device.frames >= (unsigned)after;
}

static int is_plugged_in(void) {
    if (device.streaming && !device.unplugged_ns && fault("FAKE_V4L2_UNPLUG_AFTER"))
        device.unplugged_ns = now_ns();
    if (!device.unplugged_ns)
        return 1;
    long back_ms = number("FAKE_V4L2_REPLUG_MS", -1);
    /* A handle from before stays dead: the camera is back only for those that open it anew. */
    if (back_ms >= 0 && device.fd < 0 && now_ns() - device.unplugged_ns >= back_ms * 1000000LL)
        device.unplugged_ns = 0;
    return !device.unplugged_ns;
}

static int fail(int error) {
    errno = error;
    return -1;
}

/* Copies the next frame of the film; JPEG files end with FF D9. Returns its length. */
static size_t next_frame(uint8_t *to) {
    if (film_at >= film_bytes)
        film_at = 0;
    size_t length = film_bytes - film_at;
    if (format() == V4L2_PIX_FMT_YUYV) {
        length = (size_t)(width() * height() * 2);
    } else {
        uint8_t *end = memmem(film + film_at, length, "\xff\xd9\xff\xd8", 4);
        if (end)
            length = (size_t)(end + 2 - (film + film_at));
    }
    if (length > film_bytes - film_at)
        length = film_bytes - film_at;
    if (length > device.buffer_bytes)
        length = device.buffer_bytes;
    memcpy(to, film + film_at, length);
    film_at += length;
    return length;
}

static int open_device(void) {
    if (!is_plugged_in())
        return fail(ENOENT);
    if (number("FAKE_V4L2_OPEN_ERRNO", 0))
        return fail((int)number("FAKE_V4L2_OPEN_ERRNO", 0));
    const char *path = getenv("FAKE_V4L2_FRAMES");
    if (!film && path) {
        FILE *file = fopen(path, "rb");
        if (!file)
            return -1;
        fseek(file, 0, SEEK_END);
        film_bytes = (size_t)ftell(file);
        rewind(file);
        film = malloc(film_bytes);
        film_bytes = fread(film, 1, film_bytes, file);
        fclose(file);
    }
    if (!film_bytes)
        return fail(ENXIO);
    device.buffer_bytes = ((size_t)(width() * height() * 2) + 4095) & ~(size_t)4095;
    size_t all = device.buffer_bytes * BUFFERS_MAX;
    device.fd = (int)kernel(SYS_memfd_create, (long)"camera", 0, 0, 0, 0, 0);
    if (device.fd < 0 || ftruncate(device.fd, (off_t)all) != 0)
        return -1;
    device.memory = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, device.fd, 0);
    device.buffers = device.queued = 0;
    device.streaming = 0;
    return device.fd;
}

static int open_any(const char *path, int flags, int mode) {
    if (!strcmp(path, "/dev/video0"))
        return open_device();
    if (!strcmp(path, "/sys/class/video4linux/video0/name")) {
        const char *name = getenv("FAKE_V4L2_NAME");
        if (!name)
            name = "Fake Camera";
        int fd = (int)kernel(SYS_memfd_create, (long)"name", 0, 0, 0, 0, 0);
        dprintf(fd, "%s\n", name);
        lseek(fd, 0, SEEK_SET);
        return fd;
    }
    return (int)kernel(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    return open_any(path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd == device.fd) {
        munmap(device.memory, device.buffer_bytes * BUFFERS_MAX);
        device.fd = -1;
        device.streaming = 0;
    }
    return (int)kernel(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Waits until a moment, or without end; -1 with EINTR if a signal comes first. */
static int wait_until(int64_t moment_ns) {
    int64_t left = moment_ns - now_ns();
    if (moment_ns && left <= 0)
        return 0;
    struct timespec span = { left / 1000000000LL, left % 1000000000LL };
    return (int)kernel(SYS_ppoll, 0, 0, moment_ns ? (long)&span : 0, 0, 0, 0);
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
    if (count != 1 || fds->fd < 0 || fds->fd != device.fd) {
        struct timespec span = { timeout / 1000, (timeout % 1000) * 1000000L };
        return (int)kernel(SYS_ppoll, (long)fds, (long)count, timeout < 0 ? 0 : (long)&span, 0, 8, 0);
    }
    if (!is_plugged_in()) {
        fds->revents = POLLERR | POLLHUP;
        return 1;
    }
    if (fault("FAKE_V4L2_STALL_AFTER"))
        return wait_until(0);
    if (wait_until(device.due_ns) < 0)
        return -1;
    fds->revents = POLLIN;
    return 1;
}

static int dequeue(struct v4l2_buffer *buffer) {
    if (fault("FAKE_V4L2_ERROR_AFTER"))
        return fail(EIO);
    if (!device.streaming || !device.queued)
        return fail(EAGAIN);
    int index = device.queue[0];
    memmove(device.queue, device.queue + 1, sizeof(int) * --device.queued);
    buffer->index = (uint32_t)index;
    buffer->bytesused = (uint32_t)next_frame(device.memory + (size_t)index * device.buffer_bytes);
    buffer->length = (uint32_t)device.buffer_bytes;
    buffer->sequence = device.sequence++;
    buffer->field = V4L2_FIELD_NONE;
    int64_t now = now_ns();
    buffer->timestamp.tv_sec = now / 1000000000LL;
    buffer->timestamp.tv_usec = now / 1000 % 1000000;
    device.frames++;
    device.due_ns += 1000000000LL / fps();
    if (device.due_ns < now)
        device.due_ns = now;
    return 0;
}

static int control(unsigned long request, void *argument) {
    /* Every call that reaches an unplugged camera says so. */
    if (!is_plugged_in())
        return fail(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *caps = argument;
        memset(caps, 0, sizeof *caps);
        strcpy((char *)caps->driver, "fake");
        strcpy((char *)caps->card, "Fake Camera");
        strcpy((char *)caps->bus_info, "fake:0");
        caps->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
        caps->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *description = argument;
        if (description->index > 0)
            return fail(EINVAL);
        description->pixelformat = format();
        strcpy((char *)description->description, "fake");
        return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
        struct v4l2_frmsizeenum *size = argument;
        if (size->index > 0)
            return fail(EINVAL);
        size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        size->discrete.width = (uint32_t)width();
        size->discrete.height = (uint32_t)height();
        return 0;
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
        struct v4l2_frmivalenum *interval = argument;
        if (interval->index > 0)
            return fail(EINVAL);
        interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        interval->discrete.numerator = 1;
        interval->discrete.denominator = (uint32_t)fps();
        return 0;
    }
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT: {
        struct v4l2_format *agreed = argument;
        memset(&agreed->fmt.pix, 0, sizeof agreed->fmt.pix);
        agreed->fmt.pix.width = (uint32_t)width();
        agreed->fmt.pix.height = (uint32_t)height();
        agreed->fmt.pix.pixelformat = format();
        agreed->fmt.pix.field = V4L2_FIELD_NONE;
        agreed->fmt.pix.bytesperline = (uint32_t)width() * 2;
        agreed->fmt.pix.sizeimage = (uint32_t)device.buffer_bytes;
        return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *parameters = argument;
        memset(&parameters->parm, 0, sizeof parameters->parm);
        parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        parameters->parm.capture.timeperframe.numerator = 1;
        parameters->parm.capture.timeperframe.denominator = (uint32_t)fps();
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *wanted = argument;
        if (wanted->count > BUFFERS_MAX)
            wanted->count = BUFFERS_MAX;
        device.buffers = wanted->count;
        device.queued = 0;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = argument;
        if (buffer->index >= device.buffers)
            return fail(EINVAL);
        buffer->length = (uint32_t)device.buffer_bytes;
        buffer->m.offset = (uint32_t)(buffer->index * device.buffer_bytes);
        return 0;
    }
    case VIDIOC_QBUF: {
        struct v4l2_buffer *buffer = argument;
        if (buffer->index >= device.buffers || device.queued >= device.buffers)
            return fail(EINVAL);
        device.queue[device.queued++] = (int)buffer->index;
        return 0;
    }
    case VIDIOC_DQBUF:
        return dequeue(argument);
    case VIDIOC_STREAMON:
        device.streaming = 1;
        device.streams++;
        device.frames = 0;
        device.due_ns = now_ns() + 1000000000LL / fps();
        return 0;
    case VIDIOC_STREAMOFF:
        if (device.streaming && fault("FAKE_V4L2_ERROR_AFTER"))
            return fail(EIO);
        device.streaming = 0;
        device.queued = 0;
        return 0;
    default:
        return fail(EINVAL);
    }
}

long syscall(long call, ...) {
    va_list rest;
    va_start(rest, call);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    if (call == SYS_ioctl && device.fd >= 0 && (int)a == device.fd)
        return control((unsigned long)b & 0xffffffffUL, (void *)c);
    return kernel(call, a, b, c, d, e, f);
}

DIR *opendir(const char *path) {
    DIR *(*real)(const char *) = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
    DIR *listing = real(path);
    if (listing && !strcmp(path, "/dev")) {
        dev_listing = listing;
        dev_listed = 0;
    }
    return listing;
}

struct dirent64 *readdir64(DIR *listing) {
    struct dirent64 *(*real)(DIR *) = (struct dirent64 * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir64");
    struct dirent64 *entry = real(listing);
    if (listing != dev_listing)
        return entry;
    /* Cameras of this machine stay out of it. */
    while (entry && !strncmp(entry->d_name, "video", 5))
        entry = real(listing);
    if (!entry && !dev_listed && is_plugged_in()) {
        static struct dirent64 camera;
        camera.d_type = DT_CHR;
        camera.d_reclen = sizeof camera;
        camera.d_ino = 1;
        strcpy(camera.d_name, "video0");
        dev_listed = 1;
        return &camera;
    }
    return entry;
}

int closedir(DIR *listing) {
    int (*real)(DIR *) = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
    if (listing == dev_listing)
        dev_listing = NULL;
    return real(listing);
}
