/* A disk that fails on demand: preloaded before a program, told by it which call below a folder fails, and how.

   Calls that write, wait for the disk, or make and rename files below the folder are counted. The one whose number is
   said fails with the error that is said. A lasting one fails with all that come after it, until the disk is well; where
   it is a write, half of it still finds room. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static volatile long seen, fails_at, said;
static volatile int lasting;

void disk_arm(const char *below, long number, int error, int lasts) {
    strncpy(folder, below, sizeof folder - 1);
    seen = 0, fails_at = number, said = error, lasting = lasts;
}
long disk_seen(void) { return seen; }
void disk_well(void) { folder[0] = 0; }

static int fails(const char *path) {
    if (!folder[0] || !path || strncmp(path, folder, strlen(folder))) return 0;
    long number = __sync_add_and_fetch(&seen, 1);
    if (!fails_at || (lasting ? number < fails_at : number != fails_at)) return 0;
    errno = (int)said;
    return 1;
}
static int file_fails(int file) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

static size_t room(int file, size_t length) {
    /* How much of a write goes through: all, half of it where the disk is just filling up, nothing. */
    long before = seen;
    if (!file_fails(file)) return length;
    return lasting && seen == fails_at && seen != before && length > 1 ? length / 2 : 0;
}

#define REAL(name, type, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t write(int f, const void *b, size_t n) { REAL(write, ssize_t, int, const void *, size_t); size_t m = room(f, n); return n && !m ? -1 : real(f, b, m); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite, ssize_t, int, const void *, size_t, off_t); size_t m = room(f, n); return n && !m ? -1 : real(f, b, m, o); }
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64, ssize_t, int, const void *, size_t, off64_t); size_t m = room(f, n); return n && !m ? -1 : real(f, b, m, o); }
ssize_t writev(int f, const struct iovec *v, int n) { REAL(writev, ssize_t, int, const struct iovec *, int); return file_fails(f) ? -1 : real(f, v, n); }
int fsync(int f) { REAL(fsync, int, int); return file_fails(f) ? -1 : real(f); }
int fdatasync(int f) { REAL(fdatasync, int, int); return file_fails(f) ? -1 : real(f); }
int ftruncate(int f, off_t n) { REAL(ftruncate, int, int, off_t); return file_fails(f) ? -1 : real(f, n); }
int ftruncate64(int f, off64_t n) { REAL(ftruncate64, int, int, off64_t); return file_fails(f) ? -1 : real(f, n); }
int mkdir(const char *p, mode_t m) { REAL(mkdir, int, const char *, mode_t); return fails(p) ? -1 : real(p, m); }
int link(const char *a, const char *b) { REAL(link, int, const char *, const char *); return fails(b) ? -1 : real(a, b); }
int rename(const char *a, const char *b) { REAL(rename, int, const char *, const char *); return fails(b) ? -1 : real(a, b); }

#define MAKES(flags) ((flags) & (O_CREAT | O_WRONLY | O_RDWR))
#define OPEN(name, fixed, names) \
    va_list more; va_start(more, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more); \
    static int (*real) fixed; if (!real) real = dlsym(RTLD_NEXT, #name); \
    return MAKES(flags) && fails(path) ? -1 : real names
int open(const char *path, int flags, ...) { OPEN(open, (const char *, int, mode_t), (path, flags, mode)); }
int open64(const char *path, int flags, ...) { OPEN(open64, (const char *, int, mode_t), (path, flags, mode)); }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, (int, const char *, int, mode_t), (at, path, flags, mode)); }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, (int, const char *, int, mode_t), (at, path, flags, mode)); }
