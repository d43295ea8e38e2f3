#!/usr/bin/env python3
"""Checks a sealed clip a second time, written from verifier/FORMAT.md alone: order of boxes, notes, keys of statements,
digests, chain, totals, signatures. Not checked: what is in moov, moof and NAL units, T1 to T4, what a cut tail holds.

    independent.py CLIP VKEY      exit status: 0 verified, 1 rejected, 2 could not check, 3 unknown signer, 4 partial
"""
import base64, hashlib, os, re, subprocess, sys, tempfile

# Forms of values; where a key below names none, any word will do.
N, HASH, ID, ORDER = "(?:0|[1-9][0-9]{0,15})", "[0-9a-f]{64}", "[0-9a-f]{32}", "[A-Za-z0-9._-]{1,64}"
TIME, NAME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "[a-z0-9.-]{1,40}/[0-9a-f]{16}"
FORMS = dict(N=N, NN=f"{N} {N}", HASH=HASH, HASHX=f"-|{HASH}", ID=ID, ORDER=ORDER, TIME=TIME, TT=f"{TIME} {TIME}",
    NAME=NAME, EVENTS=f"-|{N}:[!-~]+(?: {N}:[!-~]+){{0,63}}", WORD="[!-~]{1,200}",
    PARTS=f"[a-z0-9-]{{1,32}}:{N}:{HASH}(?: [a-z0-9-]{{1,32}}:{N}:{HASH}){{0,63}}")
KINDS = dict(
    start="station:NAME clip:ID sequence:N previous-start:HASHX environment:HASHX order:ORDER opened opened-time:TIME "
    "direction session role bench operator source clock camera codec encoding size frame-rate overlay audio "
    "init-length:N init:HASH first-frame-time:TIME clock-state clock-offset clock-uncertainty clock-source "
    "time-token:HASHX time-token-time software program:HASH key-protection",
    link="clip:ID index:N previous:HASH length:N fragment:HASHX frames:N first-frame:N lost:N ticks:NN monotonic:NN "
    "time:TT events:EVENTS events-dropped:N", proof="clip:ID end:HASH parts:PARTS",
    end="clip:ID links:N previous:HASH order:ORDER reason frames:N lost:N ticks:N time:TIME last-frame-time "
    "recovered-time discarded:N")
COMPLETE = "next-scan end-code same-code cancelled timeout stopped source-end".split()

TYPES = {"8cb39b470df28682a7aff066b61ee3de": "start", "2709ebc2723d80978c10b4e53b9a8036": "link",
    "56a1f22bacf58fce9ae92649434f5c3f": "end", "f25b7558718e81aa834b37cbde94082c": "proof"}

class Answer(Exception): pass
def must(holds, what):
    if not holds:
        raise Answer(1, "REJECTED: " + what)

def sha256(data):
    return hashlib.sha256(data).hexdigest()

def read_key(text):
    name, key_id, blob = text.split("+", 2)
    key = base64.b64decode(blob, validate=True)
    if not (re.fullmatch(NAME, name) and name.endswith(sha256(key[1:])[:16])) or len(key) != 33 or key[0] != 1 or sha256(name.encode() + b"\n" + key)[:8] != key_id:
        raise ValueError("not a key")
    return (name, bytes.fromhex(key_id)), key[1:]

def is_signed(key, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("k", bytes.fromhex("302a300506032b6570032100") + key), ("t", text), ("s", signature)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        call = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey k -in t -sigfile s"
        return subprocess.run(call.split(), cwd=folder, capture_output=True).returncode == 0

def read_statement(note, kind, trusted, first):
    """The values of a note's statement and its signer; where that is the trusted one, its signature holds."""
    match = re.fullmatch(rb"((?:[!-~](?:[ -~]*[!-~])?\n)+)\n\xe2\x80\x94 ([^ \n]+) ([A-Za-z0-9+/]{91}=)\n", note)
    must(match and len(note) <= 16384, kind + " is no signed note")
    text, name, blob = match.groups()
    signer = name.decode(errors="replace"), (raw := base64.b64decode(blob))[:4]
    must(base64.b64encode(raw) == blob and first in (None, signer), kind + "'s signature line")
    lines, keys = text.decode().splitlines(), KINDS[kind].split()
    must(lines[0] == f"packseal/{kind}/v1" and len(lines) == 1 + len(keys), kind + "'s lines")
    values = {}
    for line, key in zip(lines[1:], keys):
        key, _, form = key.partition(":")
        must(re.fullmatch(f"{key} (?:{FORMS[form or 'WORD']})", line), kind + "'s " + key)
        values[key] = line[len(key) + 1:]
        must(form not in ("N", "NN") or all(int(n) < 2**53 for n in values[key].split()), kind + "'s " + key)
    must(signer != trusted[0] or is_signed(trusted[1], text, raw[4:]), kind + "'s signature")
    return values, signer

def boxes(data):
    """Type, bytes and content of each whole box, and last, without a type, what is no whole box."""
    while len(data) >= 8 and 8 <= (size := int.from_bytes(data[:4], "big")) <= len(data):
        yield data[4:8], data[:size], data[8:size]
        data = data[size:]
    must(len(data) < 8 or size >= 8, "a box's size")
    yield b"", data, b""

def check(data, trusted):
    if data[4:8] != b"ftyp":
        raise Answer(2, "not a sealed clip")
    start = end = last = signer = newer = gaps = None
    init, media, shown = b"", [], ""
    at, sums, orders = {"index": "0", "ticks": "0"}, {"frames": 0, "lost": 0}, set()
    for i, (kind, box, content) in enumerate(boxes(data)):
        name = TYPES.get(content[:16].hex()) if kind == b"uuid" else None
        fragment = b"".join(media)
        if i < 2:
            must(kind == (b"ftyp", b"moov")[i], "ftyp and moov")
            init += box
        elif kind in (b"moof", b"mdat"):
            must(start and not end and len(media) == (kind == b"mdat"), "the boxes of a fragment")
            media.append(box)
        elif name:
            must((name == "start") == (start is None), "START is first, and once")
            must(not newer and (name == "proof") == (end is not None), "something behind END")
            must(len(media) in ((0, 2) if name == "link" else (0,)), "media without LINK")
            note, parts = content[16:], b""
            if name == "proof":
                note, parts = note[4:(length := 4 + int.from_bytes(note[:4], "big"))], note[length:]
            said, signer = read_statement(note, name, trusted, signer)
            must(name == "start" or said["clip"] == start["clip"], "another clip")
            must(name == "start" or said.get("previous", said.get("end")) == last, "the chain")
            last = sha256(note)
            if name == "start":
                start, orders = said, {said["order"]} - {"-"}
                must(said["station"] == signer[0], "another station")
                must((said["init"], said["init-length"]) == (sha256(init), str(len(init))), "ftyp and moov")
            elif name == "link":
                must((said["length"] == "0") == (said["fragment"] == "-") == (said["frames"] == "0"), "an empty LINK")
                must(not media or (said["length"], said["fragment"]) == (str(len(fragment)), sha256(fragment)), "a fragment")
                gaps = gaps or said["length"] == "0"
                shown += "" if said["length"] == "0" else "1" if media else "0"
                must(all(said[key].split()[0] == value for key, value in at.items()), "what continues")
                at = {key: said[key].split()[1] for key in ("ticks", "monotonic", "time")}
                frame = sum(int(said[key]) for key in ("first-frame", "frames", "lost"))
                at.update({"index": str(int(said["index"]) + 1), "first-frame": str(frame)})
                sums = {key: n + int(said[key]) for key, n in sums.items()}
                orders |= set(re.findall(r":(?:order-scan|order-api|label-read):([^: ]+)", said["events"]))
                must(len(orders) < 2 and ":label-conflict:" not in said["events"], "orders")
                media = []
            elif name == "end":
                end = said
                totals = {**{key: str(n) for key, n in sums.items()}, "links": at["index"], "ticks": at["ticks"]}
                must(all(said[key] == total for key, total in totals.items()), "totals")
                must({said["order"]} - {"-"} == orders, "END's order")
            else:
                for _, length, digest in (part.split(":") for part in said["parts"].split()):
                    must(len(parts) >= int(length) and sha256(parts[:int(length)]) == digest, "a part of PROOF")
                    parts = parts[int(length):]
                must(not parts, "bytes behind PROOF's parts")
                newer = True
        else:
            must(not kind and start and not (end and box), "a box that is not allowed, or no START")
    must(len(re.findall("1+", shown)) < 2 and ("0" not in shown or end and "1" in shown), "an excerpt is one run")
    if newer:
        raise Answer(2, "a PROOF of a later version")
    if signer != trusted[0]:
        raise Answer(3, "UNKNOWN SIGNER")
    if not end or end["reason"] not in COMPLETE or gaps or "0" in shown:
        raise Answer(4, "PARTIAL")
    raise Answer(0, "VERIFIED")

try:
    check(open(sys.argv[1], "rb").read(), read_key(sys.argv[2]))
except Answer as answer:
    status, word = answer.args
except (OSError, IndexError, ValueError) as error:
    status, word = 2, f"could not check: {error}"
print(word)
sys.exit(status)
