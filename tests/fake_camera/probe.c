/*
 * Asks one V4L2 capture device call by call: reads the name of a call on standard input, makes it, and prints the
 * answer, which is "ok" with what matters of it, or the error's name. Nothing is repeated and nothing is mended, so
 * that a driver's answers can be written down in the order in which they came.
 *
 *   probe /dev/video0
 *
 *   open, close
 *   querycap                what the device is: "ok capture streaming"
 *   enum_fmt N              its Nth format, enum_framesizes N and enum_frameintervals N of the first of those above
 *   g_fmt, s_fmt            asks for the format agreed on; agrees on the first size of the first format
 *   g_parm, s_parm          asks for the pace; agrees on the first
 *   reqbufs N, querybuf N   has N buffers made; asks after one
 *   qbuf N, dqbuf           hands a buffer to the driver; takes a filled one
 *   streamon, streamoff
 *   poll MS                 waits for a frame: "in", "err", "err hup", or "nothing"
 *   flow                    hands the buffer that was taken last back until no frame has come for half a second
 *
 * Calls go the way the camera library's do: open(), poll() and syscall(SYS_ioctl).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUFFERS_MAX 8

static int fd = -1;
static uint32_t format;             /* the first that was told */
static uint32_t width, height;      /* the first size of it */
static struct v4l2_fract interval;  /* the first pace of that */
static struct v4l2_buffer taken;    /* the buffer that was taken last */
static void *mapped[BUFFERS_MAX];
static size_t mapped_bytes[BUFFERS_MAX];

static int call(unsigned long request, void *argument) { return (int)syscall(SYS_ioctl, fd, request, argument); }

static void answer(int result) { puts(result < 0 ? strerrorname_np(errno) : "ok"); }

static struct v4l2_buffer buffer(unsigned index) {
    return (struct v4l2_buffer){ .index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP };
}

/* Buffers that are mapped keep the driver from making others. */
static void unmap_all(void) {
    for (unsigned index = 0; index < BUFFERS_MAX; index++)
        if (mapped[index])
            munmap(mapped[index], mapped_bytes[index]);
    memset(mapped, 0, sizeof mapped);
}

static void querycap(void) {
    struct v4l2_capability caps = { 0 };
    if (call(VIDIOC_QUERYCAP, &caps) < 0) {
        answer(-1);
        return;
    }
    printf("ok%s%s\n", caps.device_caps & V4L2_CAP_VIDEO_CAPTURE ? " capture" : "",
           caps.device_caps & V4L2_CAP_STREAMING ? " streaming" : "");
}

static void enum_fmt(unsigned index) {
    struct v4l2_fmtdesc description = { .index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
    int result = call(VIDIOC_ENUM_FMT, &description);
    if (result == 0 && index == 0)
        format = description.pixelformat;
    answer(result);
}

static void enum_framesizes(unsigned index) {
    struct v4l2_frmsizeenum size = { .index = index, .pixel_format = format };
    int result = call(VIDIOC_ENUM_FRAMESIZES, &size);
    if (result == 0 && index == 0) {
        width = size.discrete.width;
        height = size.discrete.height;
    }
    if (result == 0 && size.type == V4L2_FRMSIZE_TYPE_DISCRETE)
        puts("ok discrete");
    else
        answer(result);
}

static void enum_frameintervals(unsigned index) {
    struct v4l2_frmivalenum pace = { .index = index, .pixel_format = format, .width = width, .height = height };
    int result = call(VIDIOC_ENUM_FRAMEINTERVALS, &pace);
    if (result == 0 && index == 0)
        interval = pace.discrete;
    if (result == 0 && pace.type == V4L2_FRMIVAL_TYPE_DISCRETE)
        puts("ok discrete");
    else
        answer(result);
}

static void agree_on_format(int is_new) {
    struct v4l2_format agreed = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
    agreed.fmt.pix.width = width;
    agreed.fmt.pix.height = height;
    agreed.fmt.pix.pixelformat = format;
    answer(call(is_new ? VIDIOC_S_FMT : VIDIOC_G_FMT, &agreed));
}

static void agree_on_pace(int is_new) {
    struct v4l2_streamparm parameters = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
    parameters.parm.capture.timeperframe = interval;
    answer(call(is_new ? VIDIOC_S_PARM : VIDIOC_G_PARM, &parameters));
}

static void reqbufs(unsigned count) {
    unmap_all();
    struct v4l2_requestbuffers wanted = { .count = count, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                                          .memory = V4L2_MEMORY_MMAP };
    answer(call(VIDIOC_REQBUFS, &wanted));
}

static void querybuf(unsigned index) {
    struct v4l2_buffer asked = buffer(index);
    int result = call(VIDIOC_QUERYBUF, &asked);
    if (result == 0 && index < BUFFERS_MAX && !mapped[index]) {
        void *memory = mmap(NULL, asked.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, asked.m.offset);
        if (memory == MAP_FAILED)
            result = -1;
        else {
            mapped[index] = memory;
            mapped_bytes[index] = asked.length;
        }
    }
    answer(result);
}

static int dqbuf(void) {
    struct v4l2_buffer filled = buffer(0);
    int result = call(VIDIOC_DQBUF, &filled);
    if (result == 0)
        taken = filled;
    return result;
}

static int qbuf(unsigned index) {
    struct v4l2_buffer empty = buffer(index);
    return call(VIDIOC_QBUF, &empty);
}

/* Waits so long for a frame. Returns what poll() does. */
static int wait_for_frame(struct pollfd *waiting, int ms) {
    *waiting = (struct pollfd){ .fd = fd, .events = POLLIN };
    return poll(waiting, 1, ms);
}

static void poll_once(int ms) {
    struct pollfd waiting;
    int result = wait_for_frame(&waiting, ms);
    if (result < 0) {
        answer(-1);
        return;
    }
    if (result == 0) {
        puts("nothing");
        return;
    }
    const char *said[] = { waiting.revents & POLLIN ? "in" : "", waiting.revents & POLLERR ? "err" : "",
                           waiting.revents & POLLHUP ? "hup" : "" };
    const char *gap = "";
    for (unsigned at = 0; at < 3; at++)
        if (*said[at]) {
            printf("%s%s", gap, said[at]);
            gap = " ";
        }
    puts("");
}

static void flow(void) {
    struct pollfd waiting;
    for (int frames = 0; frames < 100; frames++) {
        if (qbuf(taken.index) < 0 && errno != EINVAL) {
            answer(-1);
            return;
        }
        int result = wait_for_frame(&waiting, 500);
        if (result == 0) {
            puts("nothing");
            return;
        }
        if (result < 0 || dqbuf() < 0) {
            answer(-1);
            return;
        }
    }
    puts("frames without end");
}

static void obey(const char *path, const char *name, unsigned number) {
    int stream = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (!strcmp(name, "open"))
        answer(fd = open(path, O_RDWR));
    else if (!strcmp(name, "close")) {
        unmap_all();
        answer(close(fd));
        fd = -1;
    } else if (!strcmp(name, "querycap"))
        querycap();
    else if (!strcmp(name, "enum_fmt"))
        enum_fmt(number);
    else if (!strcmp(name, "enum_framesizes"))
        enum_framesizes(number);
    else if (!strcmp(name, "enum_frameintervals"))
        enum_frameintervals(number);
    else if (!strcmp(name, "g_fmt") || !strcmp(name, "s_fmt"))
        agree_on_format(*name == 's');
    else if (!strcmp(name, "g_parm") || !strcmp(name, "s_parm"))
        agree_on_pace(*name == 's');
    else if (!strcmp(name, "reqbufs"))
        reqbufs(number);
    else if (!strcmp(name, "querybuf"))
        querybuf(number);
    else if (!strcmp(name, "qbuf"))
        answer(qbuf(number));
    else if (!strcmp(name, "dqbuf"))
        answer(dqbuf());
    else if (!strcmp(name, "streamon"))
        answer(call(VIDIOC_STREAMON, &stream));
    else if (!strcmp(name, "streamoff"))
        answer(call(VIDIOC_STREAMOFF, &stream));
    else if (!strcmp(name, "poll"))
        poll_once((int)number);
    else if (!strcmp(name, "flow"))
        flow();
    else
        puts("no such call");
}

int main(int count, char **arguments) {
    char line[64];
    if (count != 2)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        char name[32] = "";
        unsigned number = 0;
        sscanf(line, "%31s %u", name, &number);
        obey(arguments[1], name, number);
    }
    return 0;
}
