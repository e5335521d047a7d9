/*
 * Cameras that are not there: preloaded into a process, this library shows it V4L2 capture devices,
 * /dev/video0 and so on, which play frames from a file. The process goes through its own camera code
 * unchanged.
 *
 *   FAKE_V4L2_CAMERAS       how many there are, at most 2 (default 1)
 *   FAKE_V4L2_FRAMES        the file: raw YUYV or NV12 frames, or JPEG files one behind the other
 *   FAKE_V4L2_FORMAT        YUYV (default), NV12 or MJPG
 *   FAKE_V4L2_WIDTH,_HEIGHT the frames' size (default 1280, 720)
 *   FAKE_V4L2_HALF          if set, a camera for YUYV also offers frames of half the width and height
 *   FAKE_V4L2_FPS           frames a second (default 30)
 *   FAKE_V4L2_ODD           if set, it offers 12.5 frames a second, too, and the program before left it there, in H264
 *   FAKE_V4L2_NAME          what the camera is called (default "Fake Camera")
 *   FAKE_V4L2_TIMES         a file to which a line is added for each frame that is handed over: its number, from 0, and
 *                           when it was due, in nanoseconds of the monotonic clock
 *   FAKE_V4L2_OPEN_ERRNO    opening it fails with this error number
 *
 * Each fault comes once, in the first stream, unless FAKE_V4L2_FAULTS names in how many streams:
 *
 *   FAKE_V4L2_STALL_AFTER   after that many frames the camera goes silent
 *   FAKE_V4L2_UNPLUG_AFTER  after that many frames it is unplugged
 *   FAKE_V4L2_ERROR_AFTER   after that many frames the driver answers EIO, and can't stop the stream either
 *   FAKE_V4L2_REPLUG_MS     so long after unplugging it is back (default: never)
 *
 *   FAKE_V4L2_FAULT_FILE    a file in which one of these words stands while a fault lasts:
 *                           stall       it is silent
 *                           unplug      its device file is gone, and whoever has it open is cut off
 *                           disconnect  the same but for the file; over, and taken out, once nobody has it open
 *                           refuse      the next stream is refused; then taken out
 *                           break       the stream is broken until it is ended; taken out at once
 *
 * What it answers then, and else, is what real drivers do: tests/harness/camera_trial/answers.txt. (FAKE_V4L2_ERROR_AFTER
 * is worse than those.)
 *
 * Each is about the first camera; with _2 behind its name, as in FAKE_V4L2_NAME_2, it is about the
 * second, which else is as the first.
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

#define CAMERAS_MAX 2

struct camera {
    int fd;                 /* the open device, a memfd, or -1 */
    uint8_t *memory;        /* its buffers */
    size_t buffer_bytes;
    unsigned buffers;
    int queue[BUFFERS_MAX]; /* indices of queued buffers, oldest first */
    unsigned queued;
    int has_format;         /* whether a format was asked for */
    int has_pace;           /* whether a pace was */
    int is_half;            /* whether frames of half the size were asked for */
    int streaming;
    int is_taken[BUFFERS_MAX]; /* whether a buffer is queued */
    int is_cut_off;         /* whether the open handle is dead for good */
    int is_broken;          /* whether the stream is */
    unsigned streams;       /* streams begun so far */
    unsigned frames;        /* frames of this stream */
    int64_t due_ns;         /* when the next frame is */
    int64_t unplugged_ns;   /* when it was unplugged, or 0 */
    uint32_t sequence;
    uint8_t *film;          /* all frames */
    size_t film_bytes;
    size_t film_at;         /* where the next frame begins */
    int times;              /* the file of frames' times, or -1; 0 before it is looked for */
};

static struct camera cameras[CAMERAS_MAX] = { { .fd = -1 }, { .fd = -1 } };

static DIR *dev_listing;    /* a listing of /dev that is under way */
static int dev_listed;      /* how many cameras it has looked at */

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

/* What the environment says of a camera. */
static const char *text(const struct camera *camera, const char *name) {
    char of_second[64];
    snprintf(of_second, sizeof of_second, "%s_2", name);
    const char *text = camera == &cameras[1] ? getenv(of_second) : NULL;
    return text ? text : getenv(name);
}

static long number(const struct camera *camera, const char *name, long otherwise) {
    const char *said = text(camera, name);
    return said ? atol(said) : otherwise;
}

static long film_width(const struct camera *camera) { return number(camera, "FAKE_V4L2_WIDTH", 1280); }
static long film_height(const struct camera *camera) { return number(camera, "FAKE_V4L2_HEIGHT", 720); }
static long width(const struct camera *camera) { return film_width(camera) / (camera->is_half ? 2 : 1); }
static long height(const struct camera *camera) { return film_height(camera) / (camera->is_half ? 2 : 1); }
static long fps(const struct camera *camera) { return number(camera, "FAKE_V4L2_FPS", 30); }

static uint32_t format(const struct camera *camera) {
    const char *name = text(camera, "FAKE_V4L2_FORMAT");
    if (name && !strcmp(name, "MJPG"))
        return V4L2_PIX_FMT_MJPEG;
    return name && !strcmp(name, "NV12") ? V4L2_PIX_FMT_NV12 : V4L2_PIX_FMT_YUYV;
}

static long cameras_there(void) {
    long there = number(NULL, "FAKE_V4L2_CAMERAS", 1);
    return there > CAMERAS_MAX ? CAMERAS_MAX : there;
}

/* The camera with this open device, if it is one. */
static struct camera *opened(int fd) {
    for (int at = 0; fd >= 0 && at < CAMERAS_MAX; at++)
        if (cameras[at].fd == fd)
            return &cameras[at];
    return NULL;
}

/* The camera whose number stands between these two parts of a path, if it is one. */
static struct camera *called(const char *path, const char *before, const char *after) {
    size_t length = strlen(before);
    if (strncmp(path, before, length) || path[length] < '0' || path[length] >= '0' + cameras_there() ||
        strcmp(path + length + 1, after))
        return NULL;
    return &cameras[path[length] - '0'];
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Whether this stream has a fault that begins after its first `variable` frames, and it has begun. */
static int fault(const struct camera *camera, const char *variable) {
    long after = number(camera, variable, -1);
    return after >= 0 && camera->streams <= (unsigned)number(camera, "FAKE_V4L2_FAULTS", 1) && camera->frames >= (unsigned)after;
}

/* The fault whose word stands in the file now, "" if none does. */
static const char *told_fault(const struct camera *camera) {
    static char word[16];
    const char *path = text(camera, "FAKE_V4L2_FAULT_FILE");
    int fd = path ? (int)kernel(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0) : -1;
    if (fd < 0)
        return "";
    long length = kernel(SYS_read, fd, (long)word, sizeof word - 1, 0, 0, 0);
    kernel(SYS_close, fd, 0, 0, 0, 0, 0);
    word[length > 0 ? length : 0] = 0;
    return word;
}

static int is_told(const struct camera *camera, const char *fault) { return !strcmp(told_fault(camera), fault); }

static void take_out(const struct camera *camera) {
    kernel(SYS_truncate, (long)text(camera, "FAKE_V4L2_FAULT_FILE"), 0, 0, 0, 0, 0);
}

/* Whether its device file is there. */
static int has_file(const struct camera *camera) { return !camera->unplugged_ns && !is_told(camera, "unplug"); }

static int is_plugged_in(struct camera *camera) {
    const char *told = told_fault(camera);
    if (camera->fd >= 0 && (!strcmp(told, "unplug") || !strcmp(told, "disconnect")))
        camera->is_cut_off = 1;
    if (camera->is_cut_off || !strcmp(told, "unplug"))
        return 0;
    if (camera->streaming && !camera->unplugged_ns && fault(camera, "FAKE_V4L2_UNPLUG_AFTER"))
        camera->unplugged_ns = now_ns();
    if (!camera->unplugged_ns)
        return 1;
    long back_ms = number(camera, "FAKE_V4L2_REPLUG_MS", -1);
    /* A handle from before stays dead: the camera is back only for those that open it anew. */
    if (back_ms >= 0 && camera->fd < 0 && now_ns() - camera->unplugged_ns >= back_ms * 1000000LL)
        camera->unplugged_ns = 0;
    return !camera->unplugged_ns;
}

static int fail(int error) {
    errno = error;
    return -1;
}

/* Copies the next frame of the film; JPEG files end with FF D9. Returns its length. */
static size_t next_frame(struct camera *camera, uint8_t *to) {
    if (camera->film_at >= camera->film_bytes)
        camera->film_at = 0;
    size_t length = camera->film_bytes - camera->film_at;
    if (format(camera) == V4L2_PIX_FMT_YUYV) {
        length = (size_t)(film_width(camera) * film_height(camera) * 2);
    } else if (format(camera) == V4L2_PIX_FMT_NV12) {
        length = (size_t)(film_width(camera) * film_height(camera) * 3 / 2);
    } else {
        uint8_t *end = memmem(camera->film + camera->film_at, length, "\xff\xd9\xff\xd8", 4);
        if (end)
            length = (size_t)(end + 2 - (camera->film + camera->film_at));
    }
    if (length > camera->film_bytes - camera->film_at)
        length = camera->film_bytes - camera->film_at;
    if (length > camera->buffer_bytes)
        length = camera->buffer_bytes;
    const uint8_t *from = camera->film + camera->film_at;
    camera->film_at += length;
    if (!camera->is_half) {
        memcpy(to, from, length);
        return length;
    }
    /* Every second pixel of every second row. */
    long row_bytes = film_width(camera) * 2;
    uint8_t *end = to;
    for (long y = 0; y < height(camera); y++) {
        for (const uint8_t *pixels = from + 2 * y * row_bytes; pixels < from + (2 * y + 1) * row_bytes; pixels += 8) {
            uint8_t pair[4] = { pixels[0], pixels[1], pixels[4], pixels[3] };
            memcpy(end, pair, sizeof pair);
            end += sizeof pair;
        }
    }
    return (size_t)(end - to);
}

/* Every buffer is the program's again. */
static void end_stream(struct camera *camera) {
    camera->streaming = 0;
    camera->queued = 0;
    camera->is_broken = 0;
    memset(camera->is_taken, 0, sizeof camera->is_taken);
}

static int open_device(struct camera *camera) {
    if (!is_plugged_in(camera))
        return fail(has_file(camera) ? ENODEV : ENOENT);
    if (number(camera, "FAKE_V4L2_OPEN_ERRNO", 0))
        return fail((int)number(camera, "FAKE_V4L2_OPEN_ERRNO", 0));
    const char *path = text(camera, "FAKE_V4L2_FRAMES");
    if (!camera->film && path) {
        FILE *file = fopen(path, "rb");
        if (!file)
            return -1;
        fseek(file, 0, SEEK_END);
        camera->film_bytes = (size_t)ftell(file);
        rewind(file);
        camera->film = malloc(camera->film_bytes);
        camera->film_bytes = fread(camera->film, 1, camera->film_bytes, file);
        fclose(file);
    }
    if (!camera->film_bytes)
        return fail(ENXIO);
    camera->is_half = 0;
    camera->buffer_bytes = ((size_t)(width(camera) * height(camera) * 2) + 4095) & ~(size_t)4095;
    size_t all = camera->buffer_bytes * BUFFERS_MAX;
    camera->fd = (int)kernel(SYS_memfd_create, (long)"camera", 0, 0, 0, 0, 0);
    if (camera->fd < 0 || ftruncate(camera->fd, (off_t)all) != 0)
        return -1;
    camera->memory = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, camera->fd, 0);
    camera->buffers = 0;
    end_stream(camera);
    return camera->fd;
}

static int open_any(const char *path, int flags, int mode) {
    struct camera *camera = called(path, "/dev/video", "");
    if (camera)
        return open_device(camera);
    camera = called(path, "/sys/class/video4linux/video", "/name");
    if (camera) {
        const char *name = text(camera, "FAKE_V4L2_NAME");
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
    struct camera *camera = opened(fd);
    if (camera) {
        munmap(camera->memory, camera->buffer_bytes * BUFFERS_MAX);
        camera->fd = -1;
        camera->is_cut_off = 0;
        end_stream(camera);
        if (is_told(camera, "disconnect"))
            take_out(camera);
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

/* Whether its stream is broken, from when that is told until it is ended. */
static int is_broken(struct camera *camera) {
    if (camera->streaming && is_told(camera, "break")) {
        camera->is_broken = 1;
        take_out(camera);
    }
    return camera->is_broken;
}

/* Waits for a frame, in short spans: a fault may come or go meanwhile. Returns what poll() does. */
static int wait_for_frame(struct camera *camera, struct pollfd *fds, int64_t end_ns) {
    for (;;) {
        if (!is_plugged_in(camera)) {
            fds->revents = POLLERR | POLLHUP;
            return 1;
        }
        if (!camera->streaming || is_broken(camera)) {
            fds->revents = POLLERR;
            return 1;
        }
        int is_silent = fault(camera, "FAKE_V4L2_STALL_AFTER") || is_told(camera, "stall") || !camera->queued;
        int64_t now = now_ns();
        if (!is_silent && camera->due_ns <= now) {
            fds->revents = POLLIN;
            return 1;
        }
        if (end_ns && end_ns <= now)
            return 0;
        int64_t next_ns = now + 20000000LL;
        if (!is_silent && camera->due_ns < next_ns)
            next_ns = camera->due_ns;
        if (end_ns && end_ns < next_ns)
            next_ns = end_ns;
        if (wait_until(next_ns) < 0)
            return -1;
    }
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
    struct camera *camera = count == 1 ? opened(fds->fd) : NULL;
    if (!camera) {
        struct timespec span = { timeout / 1000, (timeout % 1000) * 1000000L };
        return (int)kernel(SYS_ppoll, (long)fds, (long)count, timeout < 0 ? 0 : (long)&span, 0, 8, 0);
    }
    return wait_for_frame(camera, fds, timeout < 0 ? 0 : now_ns() + timeout * 1000000LL);
}

/* Notes when the frame that is handed over was due. */
static void note_time(struct camera *camera) {
    const char *path = text(camera, "FAKE_V4L2_TIMES");
    if (!camera->times)
        camera->times = path ? (int)kernel(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CREAT | O_APPEND, 0600, 0, 0) : -1;
    if (camera->times > 0)
        dprintf(camera->times, "%u %lld\n", camera->sequence, (long long)camera->due_ns);
}

static int dequeue(struct camera *camera, struct v4l2_buffer *buffer) {
    if (fault(camera, "FAKE_V4L2_ERROR_AFTER"))
        return fail(EIO);
    if (!camera->streaming)
        return fail(EINVAL);
    if (is_broken(camera))
        return fail(EIO);
    /* A real driver would wait here; who asks without having been told of a frame has a fault. */
    if (!camera->queued)
        return fail(EAGAIN);
    int index = camera->queue[0];
    memmove(camera->queue, camera->queue + 1, sizeof(int) * --camera->queued);
    camera->is_taken[index] = 0;
    buffer->index = (uint32_t)index;
    buffer->bytesused = (uint32_t)next_frame(camera, camera->memory + (size_t)index * camera->buffer_bytes);
    buffer->length = (uint32_t)camera->buffer_bytes;
    note_time(camera);
    buffer->sequence = camera->sequence++;
    buffer->field = V4L2_FIELD_NONE;
    int64_t now = now_ns();
    buffer->timestamp.tv_sec = now / 1000000000LL;
    buffer->timestamp.tv_usec = now / 1000 % 1000000;
    camera->frames++;
    camera->due_ns += 1000000000LL / fps(camera);
    if (camera->due_ns < now)
        camera->due_ns = now;
    return 0;
}

static int control(struct camera *camera, unsigned long request, void *argument) {
    /* Every call that reaches an unplugged camera says so. */
    if (!is_plugged_in(camera))
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
        description->pixelformat = format(camera);
        strcpy((char *)description->description, "fake");
        return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
        struct v4l2_frmsizeenum *size = argument;
        if (size->index > (text(camera, "FAKE_V4L2_HALF") ? 1 : 0))
            return fail(EINVAL);
        size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        size->discrete.width = (uint32_t)film_width(camera) / (size->index + 1);
        size->discrete.height = (uint32_t)film_height(camera) / (size->index + 1);
        return 0;
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
        struct v4l2_frmivalenum *interval = argument;
        int is_odd = text(camera, "FAKE_V4L2_ODD") && interval->index == 1;
        if (interval->index > 0 && !is_odd)
            return fail(EINVAL);
        interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        interval->discrete.numerator = is_odd ? 2 : 1;
        interval->discrete.denominator = is_odd ? 25 : (uint32_t)fps(camera);
        return 0;
    }
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT: {
        struct v4l2_format *agreed = argument;
        if (request == VIDIOC_S_FMT && camera->buffers)
            return fail(EBUSY);
        if (request == VIDIOC_S_FMT)
            camera->is_half = text(camera, "FAKE_V4L2_HALF") && agreed->fmt.pix.width < film_width(camera);
        camera->has_format |= request == VIDIOC_S_FMT;
        memset(&agreed->fmt.pix, 0, sizeof agreed->fmt.pix);
        agreed->fmt.pix.width = (uint32_t)width(camera);
        agreed->fmt.pix.height = (uint32_t)height(camera);
        agreed->fmt.pix.pixelformat = text(camera, "FAKE_V4L2_ODD") && !camera->has_format ? V4L2_PIX_FMT_H264 : format(camera);
        agreed->fmt.pix.field = V4L2_FIELD_NONE;
        agreed->fmt.pix.bytesperline = (uint32_t)width(camera) * 2;
        agreed->fmt.pix.sizeimage = (uint32_t)camera->buffer_bytes;
        return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *parameters = argument;
        memset(&parameters->parm, 0, sizeof parameters->parm);
        parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        camera->has_pace |= request == VIDIOC_S_PARM;
        int is_odd = text(camera, "FAKE_V4L2_ODD") && !camera->has_pace;
        parameters->parm.capture.timeperframe.numerator = is_odd ? 2 : 1;
        parameters->parm.capture.timeperframe.denominator = is_odd ? 25 : (uint32_t)fps(camera);
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *wanted = argument;
        if (camera->streaming && !fault(camera, "FAKE_V4L2_ERROR_AFTER"))
            return fail(EBUSY);
        if (wanted->count > BUFFERS_MAX)
            wanted->count = BUFFERS_MAX;
        camera->buffers = wanted->count;
        end_stream(camera);
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = argument;
        if (buffer->index >= camera->buffers)
            return fail(EINVAL);
        buffer->length = (uint32_t)camera->buffer_bytes;
        buffer->m.offset = (uint32_t)(buffer->index * camera->buffer_bytes);
        return 0;
    }
    case VIDIOC_QBUF: {
        struct v4l2_buffer *buffer = argument;
        if (buffer->index >= camera->buffers || camera->is_taken[buffer->index])
            return fail(EINVAL);
        camera->is_taken[buffer->index] = 1;
        camera->queue[camera->queued++] = (int)buffer->index;
        return 0;
    }
    case VIDIOC_DQBUF:
        return dequeue(camera, argument);
    case VIDIOC_STREAMON:
        if (!camera->buffers)
            return fail(EINVAL);
        if (camera->streaming)
            return 0;
        if (is_told(camera, "refuse")) {
            take_out(camera);
            return fail(EINVAL);
        }
        camera->streaming = 1;
        camera->streams++;
        camera->frames = 0;
        camera->due_ns = now_ns() + 1000000000LL / fps(camera);
        return 0;
    case VIDIOC_STREAMOFF:
        if (camera->streaming && fault(camera, "FAKE_V4L2_ERROR_AFTER"))
            return fail(EIO);
        end_stream(camera);
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
    struct camera *camera = call == SYS_ioctl ? opened((int)a) : NULL;
    if (camera)
        return control(camera, (unsigned long)b & 0xffffffffUL, (void *)c);
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
    while (!entry && dev_listed < cameras_there()) {
        static struct dirent64 shown;
        int at = dev_listed++;
        is_plugged_in(&cameras[at]);
        if (!has_file(&cameras[at]))
            continue;
        shown.d_type = DT_CHR;
        shown.d_reclen = sizeof shown;
        shown.d_ino = 1;
        snprintf(shown.d_name, sizeof shown.d_name, "video%d", at);
        return &shown;
    }
    return entry;
}

int closedir(DIR *listing) {
    int (*real)(DIR *) = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
    if (listing == dev_listing)
        dev_listing = NULL;
    return real(listing);
}
