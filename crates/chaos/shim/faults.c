/* Stands between a server and its C library: breaks what the control file says, and writes down what reaches the disk.
 *
 * CHAOS_MARKER   the data directory; only database files (`*.db`, `*-wal`, `*-journal`) and directories below it count.
 * CHAOS_CONTROL  a file of at least sizeof(struct control) bytes, mapped: what is written to it counts at once.
 * CHAOS_TRACE    optional: a file to append records to, see struct record.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t clock_offset_ms; /* added to the time of day */
    int64_t fail_sync;       /* so many syncs of what was written to the `-wal` fail with EIO; below zero, all */
    int64_t disk_full;       /* 1: every write fails with ENOSPC; 2: only those that make a file longer */
    int64_t failed_syncs;    /* counted here */
    int64_t failed_writes;   /* counted here */
};

/* A record: this, then the name, then the data. Numbers are little-endian, as on every machine this runs on. */
struct record {
    uint32_t kind;
    uint32_t name_length;
    uint64_t offset; /* of a write; the new length of a truncation */
    uint64_t data_length;
};
enum { CREATE = 1, WRITE = 2, TRUNCATE = 3, UNLINK = 4, RENAME = 5, SYNC = 6, SYNC_DIRECTORY = 7 };

enum { LARGEST_FD = 8192, LONGEST_NAME = 64 };
enum watched { NOT, FILE_OF_DATABASE, DIRECTORY };
static struct {
    enum watched what;
    int unsynced; /* whether it was written to since its last sync */
    char name[LONGEST_NAME];
} table[LARGEST_FD];

static const char *marker;
static struct control *control;
static int trace = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void die(const char *why)
{
    fprintf(stderr, "chaos shim: %s: %s\n", why, strerror(errno));
    abort();
}

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        die(name);
    return found;
}

static void set_up(void)
{
    real_open = real("open");
    real_openat = real("openat");
    real_close = real("close");
    real_write = real("write");
    real_pwrite = real("pwrite");
    real_ftruncate = real("ftruncate");
    real_fsync = real("fsync");
    real_fdatasync = real("fdatasync");
    real_unlink = real("unlink");
    real_rename = real("rename");
    real_clock_gettime = real("clock_gettime");
    marker = getenv("CHAOS_MARKER");
    const char *path = getenv("CHAOS_CONTROL");
    if (!marker || !path)
        die("CHAOS_MARKER and CHAOS_CONTROL must be set");
    int fd = real_open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        die(path);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED)
        die("mmap");
    real_close(fd);
    const char *trace_path = getenv("CHAOS_TRACE");
    if (trace_path) {
        trace = real_open(trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (trace < 0)
            die(trace_path);
    }
}

__attribute__((constructor)) static void ready(void) { pthread_once(&once, set_up); }

static int64_t get(int64_t *value) { return __atomic_load_n(value, __ATOMIC_SEQ_CST); }

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int ends_with(const char *path, const char *end)
{
    size_t length = strlen(path), tail = strlen(end);
    return length >= tail && strcmp(path + length - tail, end) == 0;
}

static int is_database(const char *path)
{
    return strstr(path, marker) && strlen(base_name(path)) < LONGEST_NAME &&
           (ends_with(path, ".db") || ends_with(path, "-wal") || ends_with(path, "-journal"));
}

static enum watched watched(int fd) { return fd >= 0 && fd < LARGEST_FD ? table[fd].what : NOT; }

static void append(const void *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = real_write(trace, bytes, length);
        if (written < 0)
            die("the trace");
        bytes = (const char *)bytes + written;
        length -= (size_t)written;
    }
}

/* Writes a record down. The caller holds the lock, from before the effect until now. */
static void note(uint32_t kind, const char *name, uint64_t offset, const void *data, size_t length)
{
    if (trace < 0)
        return;
    int before = errno;
    struct record record = {kind, (uint32_t)strlen(name), offset, length};
    append(&record, sizeof record);
    append(name, record.name_length);
    append(data, length);
    errno = before;
}

static void begin(void) { pthread_mutex_lock(&lock); }
static void end(void) { pthread_mutex_unlock(&lock); }

static int watch(int fd, const char *path, int flags, int existed)
{
    if (fd < 0)
        return fd;
    if (fd >= LARGEST_FD)
        die("too many open files");
    table[fd].what = NOT;
    struct stat found;
    if (is_database(path)) {
        table[fd].what = FILE_OF_DATABASE;
        table[fd].unsynced = 0;
        strcpy(table[fd].name, base_name(path));
        if (!existed)
            note(CREATE, table[fd].name, 0, NULL, 0);
        else if (flags & O_TRUNC)
            note(TRUNCATE, table[fd].name, 0, NULL, 0);
    } else if (strstr(path, marker) && fstat(fd, &found) == 0 && S_ISDIR(found.st_mode)) {
        table[fd].what = DIRECTORY;
        table[fd].name[0] = '\0';
    }
    return fd;
}

static int open_watched(int at, const char *path, int flags, mode_t mode)
{
    pthread_once(&once, set_up);
    begin();
    int existed = faccessat(at, path, F_OK, 0) == 0;
    int fd = watch(real_openat(at, path, flags, mode), path, flags, existed);
    end();
    return fd;
}

#define MODE(flags)                                        \
    mode_t mode = 0;                                       \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list rest;                                      \
        va_start(rest, flags);                             \
        mode = va_arg(rest, mode_t);                       \
        va_end(rest);                                      \
    }

int open(const char *path, int flags, ...) { MODE(flags) return open_watched(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_watched(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_watched(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_watched(at, path, flags, mode); }

int close(int fd)
{
    pthread_once(&once, set_up);
    if (watched(fd) != NOT) {
        begin();
        table[fd].what = NOT;
        end();
    }
    return real_close(fd);
}

/* Whether the disk has no room for a file to reach this length. */
static int is_full(int fd, off_t length)
{
    int64_t full = get(&control->disk_full);
    struct stat found;
    if (full == 0 || (full == 2 && fstat(fd, &found) == 0 && length <= found.st_size))
        return 0;
    __atomic_add_fetch(&control->failed_writes, 1, __ATOMIC_SEQ_CST);
    errno = ENOSPC;
    return 1;
}

static ssize_t write_watched(int fd, const void *data, size_t length, off_t offset)
{
    begin();
    ssize_t written = -1;
    if (!is_full(fd, offset + (off_t)length)) {
        written = real_pwrite(fd, data, length, offset);
        table[fd].unsynced |= written > 0;
        if (written > 0)
            note(WRITE, table[fd].name, (uint64_t)offset, data, (size_t)written);
    }
    end();
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    pthread_once(&once, set_up);
    if (watched(fd) != FILE_OF_DATABASE)
        return real_pwrite(fd, data, length, offset);
    return write_watched(fd, data, length, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return pwrite(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length)
{
    pthread_once(&once, set_up);
    if (watched(fd) != FILE_OF_DATABASE)
        return real_write(fd, data, length);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t written = write_watched(fd, data, length, offset);
    if (written > 0)
        lseek(fd, offset + written, SEEK_SET);
    return written;
}

int ftruncate(int fd, off_t length)
{
    pthread_once(&once, set_up);
    if (watched(fd) != FILE_OF_DATABASE)
        return real_ftruncate(fd, length);
    begin();
    struct stat found;
    int grows = fstat(fd, &found) == 0 && length > found.st_size;
    int result = -1;
    if (!grows || !is_full(fd, length)) {
        result = real_ftruncate(fd, length);
        if (result == 0)
            note(TRUNCATE, table[fd].name, (uint64_t)length, NULL, 0);
    }
    end();
    return result;
}
int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

/* Whether this sync is one that is to fail: one that a commit waits for, not one before a checkpoint. */
static int fails(int fd)
{
    int64_t left = get(&control->fail_sync);
    if (left == 0 || !table[fd].unsynced || !ends_with(table[fd].name, "-wal"))
        return 0;
    if (left > 0)
        __atomic_sub_fetch(&control->fail_sync, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&control->failed_syncs, 1, __ATOMIC_SEQ_CST);
    errno = EIO;
    return 1;
}

static int sync_watched(int fd, int (*sync)(int))
{
    enum watched what = watched(fd);
    if (what == NOT)
        return sync(fd);
    begin();
    int result = what == FILE_OF_DATABASE && fails(fd) ? -1 : sync(fd);
    if (result == 0) {
        table[fd].unsynced = 0;
        note(what == DIRECTORY ? SYNC_DIRECTORY : SYNC, table[fd].name, 0, NULL, 0);
    }
    end();
    return result;
}

int fsync(int fd)
{
    pthread_once(&once, set_up);
    return sync_watched(fd, real_fsync);
}
int fdatasync(int fd)
{
    pthread_once(&once, set_up);
    return sync_watched(fd, real_fdatasync);
}

int unlink(const char *path)
{
    pthread_once(&once, set_up);
    begin();
    int result = real_unlink(path);
    if (result == 0 && is_database(path))
        note(UNLINK, base_name(path), 0, NULL, 0);
    end();
    return result;
}

int rename(const char *from, const char *to)
{
    pthread_once(&once, set_up);
    begin();
    int result = real_rename(from, to);
    if (result == 0 && (is_database(from) || is_database(to)))
        note(RENAME, base_name(from), 0, base_name(to), strlen(base_name(to)));
    end();
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    pthread_once(&once, set_up);
    int result = real_clock_gettime(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t offset_ms = get(&control->clock_offset_ms);
        int64_t nanoseconds = now->tv_nsec + offset_ms % 1000 * 1000000;
        now->tv_sec += offset_ms / 1000;
        if (nanoseconds < 0 || nanoseconds >= 1000000000) {
            int64_t carry = nanoseconds < 0 ? -1 : 1;
            now->tv_sec += carry;
            nanoseconds -= carry * 1000000000;
        }
        now->tv_nsec = nanoseconds;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (result)
        *result = precise.tv_sec;
    return precise.tv_sec;
}
