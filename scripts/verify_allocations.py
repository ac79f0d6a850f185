#!/usr/bin/env python3
"""Recompute every allocation of a revealed trial, with nothing but the Python standard library.

    verify_allocations.py REVEAL.json ALLOCATIONS.csv      or      verify_allocations.py DIRECTORY

Before its first participant a trial publishes a commitment C that fixes study, design, seed and a secret nonce. After
the trial these are disclosed with the list of allocations. This program computes C again, draws every list again and
compares each allocation. It shares no code with the service that ran the trial.

Exit code 0: everything fits. 1: the first thing that does not, as file, row, what, expected, found. 2: a list was drawn
by a method that this program does not know (it knows simple and permuted blocks).
"""
import csv, hashlib, hmac, itertools, json, pathlib, re, struct, sys

FORMAT = "equipoise-reveal-v1"
COLUMNS = "sequence participant version label block position index factors arm allocated_at in_error_after hash".split()
REVEAL_KEYS = set("format study software versions events head".split())
VERSION_KEYS = set("version design beacon_ref beacon seed nonce commitment committed_at first_sequence".split())
FALLBACK = '"fallback"'  # the label of the sealed list for times without the service
INSTANT = re.compile(r"\d{4}-(0[1-9]|1[012])-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?Z")

def check(holds, file, row, what, expected, found):
    if not holds:
        print(f"{file}, {row}: {what}: expected '{expected}', found '{found}'")
        sys.exit(1)

# ---- bytes: canonical JSON (RFC 8785, for texts and whole numbers), parts behind their length ------------------------
def canonical(value):
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)

def read_json(text):
    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key is given twice")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=once)

def framed(tag, *parts):
    parts = [part if isinstance(part, bytes) else part.encode() for part in parts]
    return tag.encode() + b"\0" + b"".join(struct.pack(">I", len(part)) + part for part in parts)

# ---- chance: the words of ChaCha20 (RFC 8439, zero nonce, counter from 0), bounded draws, shuffle --------------------
def chacha20_words(key):
    def step(s, a, b, d, bits):
        s[a] = (s[a] + s[b]) & 0xffffffff
        s[d] = ((s[d] ^ s[a]) << bits | (s[d] ^ s[a]) >> 32 - bits) & 0xffffffff

    def quarter_round(s, a, b, c, d):
        for first, second in [(16, 12), (8, 7)]:
            step(s, a, b, d, first)
            step(s, c, d, b, second)

    for counter in itertools.count():
        start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter, 0, 0, 0]
        state = start[:]
        for _ in range(10):  # a round of columns and a round of diagonals: twenty rounds
            for i in range(4):
                quarter_round(state, i, 4 + i, 8 + i, 12 + i)
            for i in range(4):
                quarter_round(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
        yield from ((a + b) & 0xffffffff for a, b in zip(state, start))

def below(words, n):
    """From 0 to n - 1, all equally likely: what lies above the largest multiple of n is drawn again."""
    width = next(width for width in itertools.count(1) if n <= 2 ** (32 * width))
    while True:
        x = sum(next(words) << 32 * i for i in range(width))
        if x < 2 ** (32 * width) - 2 ** (32 * width) % n:
            return x % n

def shuffle(words, items):
    for i in range(len(items) - 1, 0, -1):
        j = below(words, i + 1)
        items[i], items[j] = items[j], items[i]

# ---- one design version: its commitment and its lists ----------------------------------------------------------------
class Version:
    def __init__(self, study, entry):
        self.number, self.study, self.design = entry["version"], study, entry["design"]
        row = f"version {self.number}"
        for key in ["seed", "nonce", "commitment", "beacon"]:
            found = "null" if entry[key] is None else entry[key]
            if key == "beacon" and entry["beacon_ref"] == "none":
                check(found == "null", "reveal.json", row, key, "null", found)
            else:
                check(re.fullmatch("[0-9a-f]{64}", found), "reveal.json", row, key, "64 small hex digits", found)
        at, stated = entry["committed_at"], entry["commitment"]
        check(INSTANT.fullmatch(at), "reveal.json", row, "committed_at", "an instant in UTC", at)
        seed, nonce, beacon = (bytes.fromhex(entry[key] or "00" * 32) for key in ["seed", "nonce", "beacon"])
        design_hash = hashlib.sha256(canonical(self.design).encode()).digest()
        message = framed("RCT-RAND-COMMIT-V1", study, design_hash, entry["beacon_ref"], seed, nonce)
        self.commitment = hashlib.sha256(message).digest()
        check(self.commitment.hex() == stated, "reveal.json", row, "commitment", self.commitment.hex(), stated)
        self.key = hmac.digest(beacon, seed, "sha256")  # HKDF (RFC 5869), extract

    def words(self, label, index):
        info = framed("RCT-RAND-STREAM-V1", self.study, self.commitment, label) + struct.pack(">Q", index)
        return chacha20_words(hmac.digest(self.key, info + b"\1", "sha256"))  # HKDF, expand to one block

    def slots(self, label):
        """The list of a label, without end: block, position, index, arm."""
        arms, method = self.design["arms"], self.design["method"]
        ratio_sum = sum(ratio for _, ratio in arms)
        if method == "simple" or label == FALLBACK and method in ["minimization", "whole_cohort"]:
            reached = list(itertools.accumulate(ratio for _, ratio in arms))
            for index in itertools.count(1):
                drawn = below(self.words(label, index), ratio_sum)
                yield "", "", str(index), next(arm for (arm, _), end in zip(arms, reached) if drawn < end)
        elif method == "permuted_block":
            sizes = self.design["blocks"]
            for block in itertools.count():
                words = self.words(label, block)
                size = sizes[below(words, len(sizes))] if len(sizes) > 1 else sizes[0]
                content = [arm for arm, ratio in arms for _ in range(ratio * size // ratio_sum)]
                shuffle(words, content)
                for position, arm in enumerate(content, 1):
                    yield str(block), str(position), "", arm
        print(f"not verified: lists drawn by {method} can't be recomputed by this program", file=sys.stderr)
        sys.exit(2)

    def label(self, cell):
        """The label that belongs to the factors as used; None if they are not those of the design."""
        try:
            used, factors = read_json(cell), {factor: levels for factor, levels, *_ in self.design["factors"]}
            known = all(level in levels if isinstance(levels, list) else isinstance(level, str) and level
                        for level, levels in ((used[factor], levels) for factor, levels in factors.items()))
            sound = known and canonical(used) == cell and len(used) == len(factors)
            return canonical([used[factor] for factor in factors]) if sound else None
        except (ValueError, TypeError, KeyError):
            return None

# ---- the two files ---------------------------------------------------------------------------------------------------
def read_files(reveal_path, allocations_path):
    reveal = read_json(reveal_path.read_text(encoding="utf-8"))
    for found, expected in [(reveal, REVEAL_KEYS), *((entry, VERSION_KEYS) for entry in reveal["versions"])]:
        check(set(found) == expected, "reveal.json", "top", "structure", FORMAT, sorted(set(found) ^ expected))
    with open(allocations_path, encoding="utf-8", newline="") as file:
        header, *rows = [row for row in csv.reader(file) if row] or [[]]
    check(header == COLUMNS, "allocations.csv", "header", "columns", ",".join(COLUMNS), ",".join(header))
    for number, row in enumerate(rows, 1):
        check(len(row) == len(COLUMNS), "allocations.csv", f"row {number}", "cells", len(COLUMNS), len(row))
    return reveal, [dict(zip(COLUMNS, row)) for row in rows]

def verify(reveal_path, allocations_path):
    reveal, rows = read_files(reveal_path, allocations_path)
    check(reveal["format"] == FORMAT, "reveal.json", "top", "format", FORMAT, reveal["format"])
    numbers = [entry["version"] for entry in reveal["versions"]]
    check(numbers == sorted(set(numbers)), "reveal.json", "top", "versions", "ascending", canonical(numbers))
    versions = {str(entry["version"]): Version(reveal["study"], entry) for entry in reveal["versions"]}
    newest, lists, firsts, in_force, head = 0, {}, {}, set(), ""
    for number, row in enumerate(rows, 1):
        def must(holds, what, expected):
            check(holds, "allocations.csv", f"row {number}", what, expected, row[what])
        must(row["sequence"] == str(number), "sequence", number)
        must(row["participant"], "participant", "a pseudonym")
        must(row["version"] in versions, "version", "a version of reveal.json")
        version = versions[row["version"]]
        firsts.setdefault(row["version"], row["sequence"])
        label = version.label(row["factors"])
        must(label is not None, "factors", "canonical JSON, each factor with a level of its own")
        if row["label"] != FALLBACK:
            must(row["label"] == label, "label", label)
            must(version.number >= newest, "version", f"at least {newest}")
            newest = version.number
        slots = lists.setdefault((row["version"], row["label"]), version.slots(row["label"]))
        for what, expected in zip(["block", "position", "index", "arm"], next(slots)):
            must(row[what] == expected, what, expected)
        must(INSTANT.fullmatch(row["allocated_at"]), "allocated_at", "an instant in UTC")
        head = hashlib.sha256(framed("RCT-RAND-EVENT-V1", head, *list(row.values())[:10])).hexdigest()
        must(row["hash"] == head, "hash", head)
        if row["in_error_after"] == "":
            must(row["participant"] not in in_force, "participant", "one allocation in force")
            in_force.add(row["participant"])
        else:
            later = map(str, range(number, len(rows) + 1))
            must(row["in_error_after"] in later, "in_error_after", f"empty, or from {number} to {len(rows)}")
    for what, expected in [("events", len(rows)), ("head", head)]:
        check(reveal[what] == expected, "reveal.json", "top", what, expected, reveal[what])
    for number, entry in zip(versions, reveal["versions"]):
        first, stated = firsts.get(number, "null"), canonical(entry["first_sequence"])
        check(first == stated, "reveal.json", f"version {number}", "first_sequence", first, stated)
    return f"verified: versions {len(versions)}, allocations {len(rows)}, lists {len(lists)}"

if __name__ == "__main__":
    paths = [pathlib.Path(argument) for argument in sys.argv[1:]]
    if len(paths) == 1:
        paths = [paths[0] / "reveal.json", paths[0] / "allocations.csv"]
    if len(paths) != 2:
        sys.exit(__doc__)
    try:
        print(verify(*paths))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        sys.exit(f"the files can't be read: {error}")
