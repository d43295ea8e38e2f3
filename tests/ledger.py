#!/usr/bin/env python3
"""Reads a ledger a second time, written from verifier/FORMAT.md, section 7, and c2sp.org/tlog-tiles alone. All tiles and
bundles of the checkpoint must be there and agree; what it proves is worked out anew from the entries.

    ledger.py FOLDER VKEY < QUESTIONS      prints the size, the root in hexadecimal, and a line for each question:
        root N              the root of the first N entries
        inclusion I N       the hashes of the path; - for none
        consistency M N     the same
        proof I             SHA-256 of the proof of inclusion, as written, under the checkpoint
        span A B            SHA-256 of the span, as written
"""
import base64, hashlib, os, re, subprocess, sys, tempfile

def sha256(data):
    return hashlib.sha256(data).digest()

def must(holds, what):
    if not holds:
        sys.exit("ledger: " + what)

folder, vkey = sys.argv[1:3]

def read(path):
    with open(os.path.join(folder, path), "rb") as file:
        return file.read()

def is_signed(key, text, signature):
    with tempfile.TemporaryDirectory() as place:
        for name, content in (("k", bytes.fromhex("302a300506032b6570032100") + key), ("t", text), ("s", signature)):
            with open(os.path.join(place, name), "wb") as file:
                file.write(content)
        call = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey k -in t -sigfile s"
        return subprocess.run(call.split(), cwd=place, capture_output=True).returncode == 0

def checkpoint():
    """Size and root that the key of this name signed."""
    name, key_id, blob = vkey.split("+", 2)
    key = base64.b64decode(blob)
    must(sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "key")
    text, signatures = read("checkpoint").split(b"\n\n", 1)
    lines = text.decode().split("\n")
    must(len(lines) == 3 and lines[0] == name and re.fullmatch("[1-9][0-9]*", lines[1]), "checkpoint")
    dash, signer, signature = signatures.decode().split("\n")[0].split(" ")
    signature = base64.b64decode(signature)
    must((dash, signer, signature[:4].hex()) == ("\u2014", name, key_id), "signature line")
    must(is_signed(key[1:], text + b"\n", signature[4:]), "signature")
    return int(lines[1]), base64.b64decode(lines[2])

def tile(kind, index, width):
    groups = re.findall("...", str(index).zfill(-(-len(str(index)) // 3) * 3))
    path = "/".join(["tile", kind] + ["x" + group for group in groups[:-1]] + groups[-1:])
    return read(path if width == 256 else f"{path}.p/{width}")

def tiles(kind, count):
    """All of a kind, `count` hashes or entries in all, with their widths."""
    for index in range(-(-count // 256)):
        width = min(256, count - 256 * index)
        yield tile(kind, index, width), width

SIZE, ROOT = checkpoint()
ENTRIES = []
for bundle, width in tiles("entries", SIZE):
    found = 0
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        ENTRIES.append(bundle[2:2 + length])
        must(0 < length <= len(bundle) - 2, "an entry's length")
        bundle, found = bundle[2 + length:], found + 1
    must(found == width, "entries of a bundle")

# Perfect subtrees, by height.
PERFECT = [[sha256(b"\0" + entry) for entry in ENTRIES]]
while len(PERFECT[-1]) > 1:
    below = PERFECT[-1]
    PERFECT.append([sha256(b"\1" + below[i] + below[i + 1]) for i in range(0, len(below) - 1, 2)])
for level in range(8):
    count = SIZE >> 8 * level
    hashes = b"".join(content for content, _ in tiles(str(level), count))
    must(hashes == b"".join(PERFECT[8 * level] if count else []), f"tiles of level {level}")
    if not count:
        must(not os.path.exists(os.path.join(folder, "tile", str(level))), f"a level {level}")
        break

def split(size):
    return 1 << (size - 1).bit_length() - 1

def mth(a, b):
    """RFC 6962, 2.1: over the entries a to b - 1."""
    size = b - a
    if size & size - 1 == 0 and a % size == 0:
        return PERFECT[size.bit_length() - 1][a // size]
    return sha256(b"\1" + mth(a, a + split(size)) + mth(a + split(size), b))

def path(m, a, b):
    """RFC 6962, 2.1.1."""
    if b - a == 1:
        return []
    k = a + split(b - a)
    return path(m, a, k) + [mth(k, b)] if m < k else path(m, k, b) + [mth(a, k)]

def subproof(m, a, b, known):
    """RFC 6962, 2.1.2."""
    if m == b:
        return [] if known else [mth(a, b)]
    k = a + split(b - a)
    return subproof(m, a, k, known) + [mth(k, b)] if m <= k else subproof(m, k, b, False) + [mth(a, k)]

def outside(a, b, first, end):
    """FORMAT.md, 7.5: the subtrees before and behind a span."""
    if b <= first:
        return [mth(a, b)], []
    if a >= end:
        return [], [mth(a, b)]
    if b - a == 1:
        return [], []
    k = a + split(b - a)
    (left, right), (more_left, more_right) = outside(a, k, first, end), outside(k, b, first, end)
    return left + more_left, right + more_right

def words(hashes):
    return " ".join(one.hex() for one in hashes) or "-"

must(mth(0, SIZE) == ROOT, "the root is not that of the checkpoint")
print(SIZE, ROOT.hex())
for question in sys.stdin:
    word, *numbers = question.split()
    numbers = [int(number) for number in numbers]
    if word == "root":
        print(mth(0, *numbers).hex())
    elif word == "inclusion":
        print(words(path(numbers[0], 0, numbers[1])))
    elif word == "consistency":
        print(words(subproof(numbers[0], 0, numbers[1], True)))
    elif word == "proof":
        lines = ["c2sp.org/tlog-proof@v1", f"index {numbers[0]}"]
        lines += [base64.b64encode(one).decode() for one in path(numbers[0], 0, SIZE)]
        print(sha256("\n".join(lines + ["", ""]).encode() + read("checkpoint")).hex())
    elif word == "span":
        left, right = outside(0, SIZE, *numbers)
        head = f"packseal/span/v1\nsize {SIZE}\nspan {numbers[0]} {numbers[1]}\n"
        head += f"left {words(left)}\nright {words(right)}\n\n"
        bundle = b"".join(len(one).to_bytes(2, "big") + one for one in ENTRIES[slice(*numbers)])
        print(sha256(head.encode() + bundle).hex())
    else:
        must(False, "question " + question)
