/*
 * Plays a picture into a v4l2loopback device, over and over at an even pace, until it is killed: whoever reads the
 * device sees a camera before which somebody holds still. A line on standard input names the next picture's file.
 *
 *   feeder DEVICE FORMAT WIDTH HEIGHT FRAMES_A_SECOND PICTURE
 *
 * A picture is one raw frame, or for the format MJPG one JPEG file.
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
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "feeder: %s: %s\n", what, strerror(errno));
    return 1;
}

/* Returns the file's bytes. */
static char *whole(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    char *content = malloc(*bytes);
    *bytes = content ? fread(content, 1, *bytes, file) : 0;
    fclose(file);
    return content;
}

int main(int count, char **arguments) {
    if (count != 7 || strlen(arguments[2]) != 4)
        return 2;
    const char *code = arguments[2];
    long rate = atol(arguments[5]);
    int device = open(arguments[1], O_RDWR);
    if (device < 0)
        return fail(arguments[1]);

    struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
    format.fmt.pix.width = (uint32_t)atol(arguments[3]);
    format.fmt.pix.height = (uint32_t)atol(arguments[4]);
    format.fmt.pix.pixelformat = v4l2_fourcc(code[0], code[1], code[2], code[3]);
    format.fmt.pix.field = V4L2_FIELD_NONE;
    struct v4l2_streamparm pace = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
    pace.parm.output.timeperframe = (struct v4l2_fract){ 1, (uint32_t)rate };
    int stream = V4L2_BUF_TYPE_VIDEO_OUTPUT;
    if (ioctl(device, VIDIOC_S_FMT, &format) < 0)
        return fail("the format is refused");
    if (ioctl(device, VIDIOC_S_PARM, &pace) < 0)
        return fail("the pace is refused");
    if (ioctl(device, VIDIOC_STREAMON, &stream) < 0)
        return fail("the stream is refused");

    size_t bytes = 0;
    char *picture = whole(arguments[6], &bytes);
    if (!picture)
        return fail(arguments[6]);
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (int is_told = 1;;) {
        if (write(device, picture, bytes) < 0)
            return fail("a frame is refused");
        struct pollfd input = { .fd = 0, .events = POLLIN };
        if (is_told && poll(&input, 1, 0) > 0) {
            char path[4096];
            /* Reads past the standard library: a line is one write, and nothing may stay in a buffer unseen. */
            ssize_t length = read(0, path, sizeof path - 1);
            is_told = length > 0;
            while (length > 0 && path[length - 1] == '\n')
                length--;
            if (length > 0) {
                path[length] = 0;
                free(picture);
                if (!(picture = whole(path, &bytes)))
                    return fail(path);
            }
        }
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        /* What a slow machine missed is not caught up with. */
        if (now.tv_sec > due.tv_sec + 1)
            due = now;
        due.tv_nsec += 1000000000L / rate;
        if (due.tv_nsec >= 1000000000L) {
            due.tv_nsec -= 1000000000L;
            due.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
}
