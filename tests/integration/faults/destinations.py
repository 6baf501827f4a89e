"""Runs a program and writes down every address that it, its threads and its children try to reach.

    destinations.py RESULT PROGRAM [ARGUMENT ...]

A small strace in the standard library, because strace is not on every machine: ptrace stops the program before each
system call, so that also an attempt that fails is seen. Exits as the program does. Linux, x86-64 and aarch64.
"""

import ctypes
import os
import platform
import signal
import socket
import struct
import sys

TRACEME, SYSCALL, SETOPTIONS, GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
# Follow fork, vfork, clone and exec; mark stops at system calls; take the program along when the tracer dies.
OPTIONS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x100000
ENTRY = 1
WALL = 0x40000000
CALLS = {
    "x86_64": {42: "connect", 44: "sendto", 46: "sendmsg", 307: "sendmmsg", 425: "io_uring_setup"},
    "aarch64": {203: "connect", 206: "sendto", 211: "sendmsg", 269: "sendmmsg", 425: "io_uring_setup"},
}[platform.machine()]

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
info = ctypes.create_string_buffer(88)


def ptrace(request, pid, address=None, data=None):
    """The system call; `False` where the thread is gone."""
    if libc.ptrace(request, pid, address, data) >= 0:
        return True
    error = ctypes.get_errno()
    if error == 3:  # ESRCH
        return False
    raise OSError(error, f"ptrace: {os.strerror(error)}")


def memory(pid, address, length):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        file.seek(address)
        return file.read(length)


def written(raw):
    """A socket address as text."""
    (family,) = struct.unpack("=H", raw[:2])
    if family == socket.AF_INET:
        return f"{socket.inet_ntop(family, raw[4:8])}:{int.from_bytes(raw[2:4], 'big')}"
    if family == socket.AF_INET6:
        return f"[{socket.inet_ntop(family, raw[8:24])}]:{int.from_bytes(raw[2:4], 'big')}"
    if family == socket.AF_UNIX:
        path = raw[2:] if raw[2:3] == b"\0" else raw[2:].split(b"\0")[0]
        return "unix:" + path.replace(b"\0", b"@").decode(errors="replace")
    return f"family:{family}"


def addresses(pid, call, arguments):
    """The addresses that a system call names; a send on a connected socket names none."""
    if call == "io_uring_setup":
        return ["unseen"]
    if call in ("connect", "sendto"):
        at, length = (arguments[1], arguments[2]) if call == "connect" else (arguments[4], arguments[5])
        return [written(memory(pid, at, length & 0xFFFFFFFF))] if at else []
    headers = range(arguments[2]) if call == "sendmmsg" else [0]
    named = (struct.unpack("=QI", memory(pid, arguments[1] + 64 * index, 12)) for index in headers)
    return [written(memory(pid, at, length)) for at, length in named if at]


def look(pid, found):
    """Writes down what the system call at which a thread has stopped is about to reach."""
    if not ptrace(GET_SYSCALL_INFO, pid, len(info), ctypes.addressof(info)) or info.raw[0] != ENTRY:
        return
    number, *arguments = struct.unpack_from("=7Q", info.raw, 24)
    if call := CALLS.get(number):
        found.update(f"{call} {address}" for address in addresses(pid, call, arguments))


def trace(child, found):
    """Follows the program to its end; its exit code."""
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        sys.exit("the program could not be traced: this machine forbids ptrace")
    ptrace(SETOPTIONS, child, None, OPTIONS)
    ptrace(SYSCALL, child)
    code = None
    seen = {child}
    while True:
        try:
            pid, status = os.waitpid(-1, WALL)
        except ChildProcessError:
            return code
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
            continue
        stopped, deliver = os.WSTOPSIG(status), 0
        if stopped == signal.SIGTRAP | 0x80:
            look(pid, found)
        elif pid not in seen:
            seen.add(pid)  # the stop with which every new thread begins
        elif stopped != signal.SIGTRAP:
            deliver = stopped
        ptrace(SYSCALL, pid, None, deliver)


def main():
    result, *command = sys.argv[1:]
    child = os.fork()
    if child == 0:
        ptrace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execvp(command[0], command)
    found = set()
    code = trace(child, found)
    with open(result, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in sorted(found))
    sys.exit(code if code is not None and code >= 0 else 70)


main()
