/* A machine that fails when it is told to: the calls of libc that touch the disk, counted below one folder.
 *
 * Loaded before libc (LD_PRELOAD); Python and SQLite both pass here. A call counts when its path, or the path its
 * descriptor was opened with, lies below the root given to fault_arm. What happens at call number `at`:
 *
 *   KILL   the call is made, then the process is killed        TORN   half of a write is made, then the same
 *   ERROR  the call is not made: -1 and errno                  SHORT  half of a write is made and told, the next fails
 *
 * With `forever` every call after it fails too.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, KILL, TORN, ERROR, SHORT };                /* modes */
enum { WRITE = 1, SYNC = 2, ENTRY = 4, LOOK = 8, DATABASE = 16, COMMITS = 32 }; /* kinds; the last two are of the database */
enum { PASS, FAIL, DIE, HALF_DIE, HALF };

#define MOST 65536
#define NAMED 8192

static char root[PATH_MAX];
static size_t root_len;
static int mode, mask, wrong, forever;
static long at, calls, torn;
static unsigned char ours[MOST]; /* descriptors below the root: 1, or 2 for the database */
static struct { const char *call; char path[160]; } named[NAMED];

void fault_arm(const char *where, int how, int which, long number, int error, int always)
{
    strncpy(root, where, sizeof root - 1);
    root_len = strlen(root);
    mode = how, mask = which, at = number, wrong = error, forever = always, calls = torn = 0;
    memset(ours, 0, sizeof ours);
}

long fault_calls(void) { long n = calls; root_len = 0; return n; }

const char *fault_call(long n) { return n > 0 && n <= NAMED ? named[n - 1].call : ""; }
const char *fault_path(long n) { return n > 0 && n <= NAMED ? named[n - 1].path : ""; }

static int database(const char *path) { return strstr(path, "/cbi.db") != NULL; }

/* 0: not ours; 1: ours; 2: ours, and the database. */
static int of_path(const char *path)
{
    if (!root_len || !path || strncmp(path, root, root_len)) return 0;
    return 1 + database(path);
}

static int of_fd(int fd) { return root_len && fd >= 0 && fd < MOST ? ours[fd] : 0; }

static int of_at(int dir, const char *path)
{
    return path && path[0] == '/' ? of_path(path) : of_fd(dir);
}

static int gate(const char *call, int kind, int owner, const char *path, int fd)
{
    if (!owner || !(kind & mask)) return PASS;
    if (owner == 2 && !(mask & (kind == SYNC ? DATABASE | COMMITS : DATABASE))) return PASS;
    calls++;
    if (mode == COUNT) {
        if (calls <= NAMED) {
            named[calls - 1].call = call;
            char *name = named[calls - 1].path, link[64];
            if (path) strncpy(name, path + (strncmp(path, root, root_len) ? 0 : root_len), 159);
            else {
                char real[PATH_MAX] = "";
                snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
                if (readlink(link, real, sizeof real - 1) > 0)
                    strncpy(name, real + (strncmp(real, root, root_len) ? 0 : root_len), 159);
            }
        }
        return PASS;
    }
    if (mode == SHORT) { /* only writes are short; the one after finds no room */
        if (torn && (calls == torn || forever) && (kind & (WRITE | ENTRY))) return errno = wrong, FAIL;
        if (calls == at && (kind & WRITE)) return torn = calls + 1, HALF;
        return PASS;
    }
    if (calls < at || (calls > at && !forever)) return PASS;
    if (mode == KILL) return DIE;
    if (mode == TORN) return kind & WRITE ? HALF_DIE : DIE;
    errno = wrong;
    return FAIL;
}

static void die(void) { syscall(SYS_kill, syscall(SYS_getpid), SIGKILL); }

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define GUARD(call, kind, owner, path, fd, bad) \
    int verdict = gate(call, kind, owner, path, fd); \
    if (verdict == FAIL) return bad
#define DONE(result) do { if (verdict == DIE || verdict == HALF_DIE) die(); return result; } while (0)
#define PART(size) ((verdict == HALF || verdict == HALF_DIE) ? (size) / 2 : (size))

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    GUARD("write", WRITE, of_fd(fd), NULL, fd, -1);
    ssize_t done = real(fd, data, PART(size));
    DONE(done);
}

#define PWRITE(name, offset_t) \
    ssize_t name(int fd, const void *data, size_t size, offset_t where) \
    { \
        REAL(name); \
        GUARD("pwrite", WRITE, of_fd(fd), NULL, fd, -1); \
        ssize_t done = real(fd, data, PART(size), where); \
        DONE(done); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int many)
{
    REAL(writev);
    GUARD("writev", WRITE, of_fd(fd), NULL, fd, -1);
    ssize_t done = real(fd, parts, many);
    DONE(done);
}

ssize_t read(int fd, void *data, size_t size)
{
    REAL(read);
    GUARD("read", LOOK, of_fd(fd), NULL, fd, -1);
    DONE(real(fd, data, size));
}

#define PREAD(name, offset_t) \
    ssize_t name(int fd, void *data, size_t size, offset_t where) \
    { \
        REAL(name); \
        GUARD("pread", LOOK, of_fd(fd), NULL, fd, -1); \
        DONE(real(fd, data, size, where)); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define SYNCS(name) \
    int name(int fd) \
    { \
        REAL(name); \
        GUARD(#name, SYNC, of_fd(fd), NULL, fd, -1); \
        int done = real(fd); \
        DONE(done); \
    }
SYNCS(fsync)
SYNCS(fdatasync)

#define TRUNCATE(name, offset_t) \
    int name(int fd, offset_t size) \
    { \
        REAL(name); \
        GUARD("ftruncate", ENTRY, of_fd(fd), NULL, fd, -1); \
        int done = real(fd, size); \
        DONE(done); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

static int opened(int fd, int owner)
{
    if (fd >= 0 && fd < MOST) ours[fd] = owner;
    return fd;
}

#define MODE_OF(flags) \
    mode_t bits = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); bits = va_arg(more, mode_t); va_end(more); }
#define KIND(flags) (((flags) & O_CREAT) ? ENTRY : LOOK)

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(name); \
        MODE_OF(flags); \
        int owner = of_path(path); \
        GUARD("open", KIND(flags), owner, path, -1, -1); \
        int fd = opened(real(path, flags, bits), owner); \
        DONE(fd); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int dir, const char *path, int flags, ...) \
    { \
        REAL(name); \
        MODE_OF(flags); \
        int owner = of_at(dir, path); \
        GUARD("open", KIND(flags), owner, path, -1, -1); \
        int fd = opened(real(dir, path, flags, bits), owner); \
        DONE(fd); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd)
{
    REAL(close);
    if (fd >= 0 && fd < MOST) ours[fd] = 0;
    return real(fd);
}

DIR *opendir(const char *path)
{
    REAL(opendir);
    GUARD("opendir", LOOK, of_path(path), path, -1, NULL);
    DONE(real(path));
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    GUARD("rename", ENTRY, of_path(from) ? of_path(from) : of_path(to), to, -1, -1);
    int done = real(from, to);
    DONE(done);
}

int renameat(int a, const char *from, int b, const char *to)
{
    REAL(renameat);
    GUARD("rename", ENTRY, of_at(a, from) ? of_at(a, from) : of_at(b, to), to, -1, -1);
    int done = real(a, from, b, to);
    DONE(done);
}

#define ON_PATH(name, kind, label, ...) \
    { \
        REAL(name); \
        GUARD(label, kind, of_path(path), path, -1, -1); \
        int done = real(__VA_ARGS__); \
        DONE(done); \
    }
#define ON_PATH_AT(name, kind, label, ...) \
    { \
        REAL(name); \
        GUARD(label, kind, of_at(dir, path), path, -1, -1); \
        int done = real(__VA_ARGS__); \
        DONE(done); \
    }

int unlink(const char *path) ON_PATH(unlink, ENTRY, "unlink", path)
int unlinkat(int dir, const char *path, int flags) ON_PATH_AT(unlinkat, ENTRY, "unlink", dir, path, flags)
int rmdir(const char *path) ON_PATH(rmdir, ENTRY, "rmdir", path)
int mkdir(const char *path, mode_t bits) ON_PATH(mkdir, ENTRY, "mkdir", path, bits)
int mkdirat(int dir, const char *path, mode_t bits) ON_PATH_AT(mkdirat, ENTRY, "mkdir", dir, path, bits)
int chmod(const char *path, mode_t bits) ON_PATH(chmod, ENTRY, "chmod", path, bits)
int stat(const char *path, struct stat *found) ON_PATH(stat, LOOK, "stat", path, found)
int stat64(const char *path, struct stat64 *found) ON_PATH(stat64, LOOK, "stat", path, found)
int lstat(const char *path, struct stat *found) ON_PATH(lstat, LOOK, "stat", path, found)
int lstat64(const char *path, struct stat64 *found) ON_PATH(lstat64, LOOK, "stat", path, found)
int access(const char *path, int how) ON_PATH(access, LOOK, "access", path, how)
int fstatat(int dir, const char *path, struct stat *found, int flags)
    ON_PATH_AT(fstatat, LOOK, "stat", dir, path, found, flags)
int fstatat64(int dir, const char *path, struct stat64 *found, int flags)
    ON_PATH_AT(fstatat64, LOOK, "stat", dir, path, found, flags)

void sync(void)
{
    REAL(sync);
    if (gate("sync", SYNC, root_len ? 1 : 0, root, -1) == DIE) { real(); die(); }
    real();
}
