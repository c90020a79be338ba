"""Copies an ELF program with its need of some symbol versions marked weak, so that it starts where
they are missing. Usage: weaken.py PROGRAM COPY VERSION..."""

import pathlib
import struct
import sys

VERSION_NEEDS = 0x6FFFFFFE
WEAK = 0x2

program, copy, *versions = sys.argv[1:]
elf = bytearray(pathlib.Path(program).read_bytes())
if elf[:6] != b"\x7fELF\x02\x01":
    sys.exit(f"{program} is not a 64-bit little-endian ELF file")

(table,) = struct.unpack_from("<Q", elf, 0x28)
size, count = struct.unpack_from("<HH", elf, 0x3A)
# Per section: type, offset in the file, and the section that it refers to.
sections = [struct.unpack_from("<4xI16xQ8xI", elf, table + i * size) for i in range(count)]

found = set()
for kind, need, link in sections:
    if kind != VERSION_NEEDS:
        continue
    strings = sections[link][1]
    while True:
        first, following = struct.unpack_from("<8xII", elf, need)
        entry = need + first
        while True:
            flags, name, after = struct.unpack_from("<4xH2xII", elf, entry)
            start = strings + name
            version = elf[start : elf.index(0, start)].decode()
            if version in versions:
                struct.pack_into("<H", elf, entry + 4, flags | WEAK)
                found.add(version)
            if after == 0:
                break
            entry += after
        if following == 0:
            break
        need += following

missing = set(versions) - found
if missing:
    sys.exit(f"{program} does not need {', '.join(sorted(missing))}")
pathlib.Path(copy).write_bytes(elf)
pathlib.Path(copy).chmod(0o755)
