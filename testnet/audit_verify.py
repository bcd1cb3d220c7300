#!/usr/bin/env python3
"""Checks audit files independently of the program that made them, from docs/formats.md, section 17, alone.

    audit_verify.py FILE --genesis HASH [--json] [--never-left REGION]
    audit_verify.py --self-test FOLDER [--every N]    good files hold; bad ones, made from them, are refused

Exits with 0 if the file holds, 1 if a part of it doesn't (which one, and why), 2 if it is no audit file. Needs
Python's standard library and PyNaCl (testnet/audit/requirements.txt), or `cryptography` in its place.

Signatures of extrinsics, births and reports are those that ZIP-215 admits; here they are checked by the stricter
predicate of consensus, which refuses some odd ones that no honest signer makes.
"""

import argparse
import hashlib
import json
import os
import sys

MAGIC, VERSION, FILE_MAX = b"tierchain/audit\n", 1, 256 * 1024 * 1024
STATES = ["RUNNING", "PAUSED", "SUSPENDED_TO_RAM", "SUSPENDED_TO_DISK", "STOPPED", "CRASHED"]
REASONS = ["Terminated", "Rollover", "Orphaned"]
EVENTS = ["Born", "StateChanged", "Rebooted", "Resized", "MovedOut", "MovedIn", "AttributeChanged", "Suspected",
          "GuestEvent", "Summary", "Ended"]
BORN, STATE_CHANGED, RESIZED, MOVED_OUT, MOVED_IN, SUSPECTED, GUEST_EVENT, SUMMARY, ENDED = 0, 1, 3, 4, 5, 7, 8, 9, 10
EXTRINSIC_MAX, DETAIL_MAX, IDENTIFIER_MAX, PART_MAX = 393_216, 1_024, 64, 2_048
CALL_VERSION = 2
U64 = (1 << 64) - 1


class Unreadable(Exception):
    """No audit file of this version."""


class Refused(Exception):
    """A part that doesn't hold: which, and why."""

    def __init__(self, place, reason):
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


def ensure(holds, place, reason):
    if not holds:
        raise Refused(place, reason)


# --- hashes and signatures -------------------------------------------------------------------------------------------


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def blake2(data, size=32):
    return hashlib.blake2b(data, digest_size=size).digest()


def xxh64(data, seed):
    """XXH64, as its specification has it."""
    p1, p2, p3, p4, p5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
                          0x27D4EB2F165667C5)
    rotate = lambda x, r: (x << r | x >> 64 - r) & U64
    lane = lambda acc, word: rotate((acc + word * p2) & U64, 31) * p1 & U64
    at, length = 0, len(data)
    if length >= 32:
        lanes = [(seed + p1 + p2) & U64, (seed + p2) & U64, seed, (seed - p1) & U64]
        while at + 32 <= length:
            for i in range(4):
                lanes[i] = lane(lanes[i], int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little"))
            at += 32
        acc = sum(rotate(x, r) for x, r in zip(lanes, (1, 7, 12, 18))) & U64
        for x in lanes:
            acc = ((acc ^ lane(0, x)) * p1 + p4) & U64
    else:
        acc = (seed + p5) & U64
    acc = (acc + length) & U64
    while at + 8 <= length:
        acc = (rotate(acc ^ lane(0, int.from_bytes(data[at:at + 8], "little")), 27) * p1 + p4) & U64
        at += 8
    if at + 4 <= length:
        acc = (rotate(acc ^ int.from_bytes(data[at:at + 4], "little") * p1 & U64, 23) * p2 + p3) & U64
        at += 4
    for byte in data[at:]:
        acc = rotate(acc ^ byte * p5 & U64, 11) * p1 & U64
    acc = (acc ^ acc >> 33) * p2 & U64
    acc = (acc ^ acc >> 29) * p3 & U64
    return acc ^ acc >> 32


def prefix(pallet, item):
    half = lambda text: b"".join(xxh64(text.encode(), seed).to_bytes(8, "little") for seed in (0, 1))
    return half(pallet) + half(item)


def map_key(pallet, item, key):
    return prefix(pallet, item) + blake2(key, 16) + key


# Encodings of points of small order, without their sign bit: no honest key or signature has one.
SMALL_ORDER = {bytes.fromhex(point) for point in (
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}


def is_small(point):
    return point[:31] + bytes([point[31] & 0x7F]) in SMALL_ORDER


try:
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    def verify_plain(key, message, signature):
        try:
            VerifyKey(key).verify(message, signature)
            return True
        except (CryptoError, ValueError):
            return False
except ImportError:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    def verify_plain(key, message, signature):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            return True
        except (InvalidSignature, ValueError):
            return False


def is_signed(key, message, signature):
    return not is_small(key) and not is_small(signature[:32]) and verify_plain(key, message, signature)


# --- SCALE -----------------------------------------------------------------------------------------------------------


class Cut(Exception):
    """Bytes that are no value of their type."""


class Scale:
    """A strict reader: each value has one encoding."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Cut(f"it ends at byte {len(self.data)}, within a value")
        self.at += count
        return self.data[self.at - count:self.at]

    def left(self):
        return len(self.data) - self.at

    def uint(self, size):
        return int.from_bytes(self.take(size), "little")

    u8 = lambda self: self.uint(1)
    u16 = lambda self: self.uint(2)
    u32 = lambda self: self.uint(4)
    u64 = lambda self: self.uint(8)
    hash = lambda self: self.take(32)

    def bool(self):
        return self.index(2, "bool") == 1

    def index(self, count, what):
        value = self.u8()
        if value >= count:
            raise Cut(f"{what} {value} is unknown")
        return value

    def option(self, read):
        return read() if self.index(2, "option") else None

    def compact(self, bits):
        first = self.u8()
        mode = first & 3
        if mode == 3:
            size = (first >> 2) + 4
            value, least = self.uint(size), 1 << max(30, 8 * (size - 1))
        else:
            size = (1, 2, 4)[mode]
            value = (first | self.uint(size - 1) << 8) >> 2
            least = (0, 1 << 6, 1 << 14)[mode]
        if value < least or value >> bits:
            raise Cut(f"the compact number {value} is too long or too large")
        return value

    def bytes(self, most):
        count = self.compact(32)
        if count > most:
            raise Cut(f"a byte string of {count} bytes, and at most {most} are allowed")
        return self.take(count)

    def text(self, most):
        try:
            return self.bytes(most).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Cut(f"a text that isn't UTF-8: {error}")

    def list(self, read, most):
        count = self.compact(32)
        if count > most:
            raise Cut(f"a list of {count}, and at most {most} are allowed")
        return [read() for _ in range(count)]

    def end(self):
        if self.left():
            raise Cut(f"{self.left()} bytes follow its end")


def compact(value):
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = max(4, (value.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")


def whole(data, read, place):
    """A value that takes up all of some bytes."""
    scale = Scale(data)
    try:
        value = read(scale)
        scale.end()
        return value
    except Cut as cut:
        raise Refused(place, f"it can't be decoded: {cut}")


def part(scale, read, place):
    try:
        return read(scale)
    except Cut as cut:
        raise Refused(place, f"it can't be decoded: {cut}")


# --- headers, certificates, lineage ----------------------------------------------------------------------------------


class Header:
    def __init__(self, scale):
        start = scale.at
        self.parent = scale.hash()
        self.number = scale.compact(32)
        self.state_root, self.extrinsics_root = scale.hash(), scale.hash()
        self.digest = scale.list(lambda: self.item(scale), 8)
        self.hash = blake2(scale.data[start:scale.at])

    @staticmethod
    def item(scale):
        kind = scale.u8()
        if kind in (4, 5, 6):
            return kind, scale.take(4), scale.bytes(8_192)
        if kind == 0:
            return kind, b"", scale.bytes(8_192)
        if kind == 8:
            return kind, b"", b""
        raise Cut(f"a digest item of kind {kind}")

    def consensus(self, place):
        """Its time, and the block whose state its root is of."""
        first = self.digest[0] if self.digest else None
        ensure(first is not None and first[:2] == (6, b"PBFT") and len(first[2]) == 14, place,
               "its header has no consensus data")
        return int.from_bytes(first[2][2:10], "little"), int.from_bytes(first[2][10:14], "little")


class Certificate:
    def __init__(self, scale):
        self.kind = scale.u8()
        if self.kind not in (1, 2):
            raise Cut(f"a certificate of kind {self.kind}")
        self.epoch, self.view, self.number, self.hash = scale.u32(), scale.u64(), scale.u32(), scale.hash()
        self.votes = scale.list(lambda: (scale.u16(), scale.take(64)), 100)


def validator_set(scale):
    return scale.u32(), scale.list(scale.hash, 100)


def check_certificate(certificate, header, validators, genesis, place):
    epoch, keys = validators
    ensure((certificate.kind, certificate.number, certificate.hash) == (2, header.number, header.hash), place,
           "the certificate given with it isn't its commit certificate")
    ensure(certificate.epoch == epoch, place, "its certificate is of another epoch")
    ensure(len(certificate.votes) >= len(keys) * 2 // 3 + 1, place, "its certificate has less than a quorum of votes")
    indices = [index for index, _ in certificate.votes]
    ensure(all(a < b for a, b in zip(indices, indices[1:])), place, "its certificate's votes aren't in order")
    ensure(indices[-1] < len(keys), place, "its certificate has a stranger's vote")
    message = (b"\xfftierchain/pbft/1\0" + genesis + epoch.to_bytes(4, "little") + b"\2"
               + certificate.view.to_bytes(8, "little") + header.number.to_bytes(4, "little") + header.hash)
    for index, signature in certificate.votes:
        ensure(is_signed(keys[index], message, signature), place, f"validator {index} didn't sign its certificate")


def next_sets(header):
    return [data for kind, engine, data in header.digest if kind == 4 and engine == b"PBFT"]


class Lineage:
    """The validator sets since genesis."""

    def __init__(self, scale, genesis):
        place = "the lineage"
        header = part(scale, Header, place)
        ensure(header.hash == genesis, place, f"it is of the chain with genesis 0x{header.hash.hex()}")
        start = scale.at
        first = part(scale, validator_set, place)
        given = scale.data[start:scale.at]
        leaf = part(scale, lambda s: s.option(lambda: (s.hash(), s.hash())), place)
        siblings = part(scale, lambda s: s.list(s.hash, 256), place)
        key = sha256(prefix("Registry", "ValidatorSet"))
        ensure(leaf == (key, sha256(given)), place, "its proof is of another set")
        node = sha256(b"\0", *leaf)
        for depth in reversed(range(len(siblings))):
            pair = (siblings[depth], node) if bit(key, depth) else (node, siblings[depth])
            node = sha256(b"\1", *pair)
        ensure(node == header.state_root, place, "the genesis state doesn't hold its first set")
        # Block after which each set certifies, and the set.
        self.sets = [(header.number, first)]
        for at, (end, certificate) in enumerate(
                part(scale, lambda s: s.list(lambda: (Header(s), Certificate(s)), 10_000), place)):
            self.follow(end, certificate, genesis, f"{place}, change {at}")

    def follow(self, header, certificate, genesis, place):
        begins_after, current = self.sets[-1]
        ensure(header.number > begins_after, place, "it isn't above the one before")
        check_certificate(certificate, header, current, genesis, place)
        sets = next_sets(header)
        ensure(len(sets) == 1, place, "its header doesn't carry one next set")
        following = whole(sets[0], validator_set, place)
        ensure(following[0] == current[0] + 1 and following[1], place, "the next set isn't of the next epoch, or empty")
        self.sets.append((header.number, following))

    def certifying(self, number):
        return next((known for after, known in reversed(self.sets) if number > after), None)


class Anchor:
    """The state that a file's last header names, and the headers that lead to it."""

    def __init__(self, links, wanted, lineage, genesis):
        ensure(links, "the file", "it has no header")
        for at, (header, certificate) in enumerate(links):
            place = f"block {header.number} of the network"
            following = links[at + 1][0] if at + 1 < len(links) else None
            if following is not None:
                ensure(header.number < following.number, place, "its header isn't in order")
                if header.number + 1 == following.number:
                    ensure(certificate is None, place, "it has a certificate that nothing needs")
                    ensure(following.parent == header.hash, place, "the next block names another parent")
                    continue
            ensure(certificate is not None, place, "it has no certificate")
            validators = lineage.certifying(header.number)
            ensure(validators is not None, place, "the lineage has no validators for it")
            check_certificate(certificate, header, validators, genesis, place)
        last, certificate = links[-1]
        place = f"block {last.number} of the network"
        _, self.block = last.consensus(place)
        ensure(self.block < last.number, place, "it names a state that isn't before it")
        ensure(last.number - self.block <= len(links), place, "headers are missing before it")
        needed = set(wanted) | set(range(self.block, last.number + 1))
        self.headers = {header.number: header for header, _ in links}
        ensure(needed == set(self.headers), place,
               f"headers are missing or too many: {sorted(needed ^ set(self.headers))[:4]}")
        self.time, _ = self.headers[self.block].consensus(f"block {self.block} of the network")
        self.state_root, self.named_by, self.epoch = last.state_root, last.number, certificate.epoch


def links(scale):
    return scale.list(lambda: (Header(scale), scale.option(lambda: Certificate(scale))), 4_000_000)


# --- the state -------------------------------------------------------------------------------------------------------


def bit(key, depth):
    return key[depth // 8] >> 7 - depth % 8 & 1


class Values:
    """A file's values, in the order in which they are asked for."""

    def __init__(self, scale):
        self.values = scale.list(lambda: scale.option(lambda: scale.bytes(65_536)), 200_000)
        self.at, self.known = 0, {}

    def ask(self, name, key, read, needed=True):
        leaf = sha256(key)
        if leaf not in self.known:
            ensure(self.at < len(self.values), f"the record {name}", "the file ends before it")
            self.known[leaf] = self.values[self.at]
            self.at += 1
        value = self.known[leaf]
        ensure(value is not None or not needed, f"the record {name}", "the state has no such record")
        return None if value is None else whole(value, read, f"the record {name}")

    def prove(self, proof, anchor):
        left = len(self.values) - self.at
        ensure(left == 0, "the file", f"it has {left} values of the state that nothing needs")
        place = f"block {anchor.block} of the network"
        asked = sorted((leaf, None if value is None else sha256(value)) for leaf, value in self.known.items())
        walk = Scale(proof)
        try:
            root = subtree(walk, asked, 0)
            walk.end()
        except Cut as cut:
            raise Refused(place, f"its state's proof: {cut}")
        ensure(root == anchor.state_root, place, "its state's proof leads to another root")


def subtree(walk, asked, depth):
    step = walk.index(4, "the step")
    present = [pair for pair in asked if pair[1] is not None]
    if step == 0 or step == 2:
        if present:
            raise Cut(f"it says something else about the key {present[0][0].hex()}")
        if step == 0:
            return bytes(32)
        leaf, value = walk.hash(), walk.hash()
        for key, _ in asked:
            if key == leaf or any(bit(key, at) != bit(leaf, at) for at in range(depth)):
                raise Cut(f"it has the leaf {leaf.hex()} where it can't stand")
        return sha256(b"\0", leaf, value)
    if step == 1:
        if len(present) != 1:
            raise Cut("it says something else about a key")
        return sha256(b"\0", *present[0])
    if depth >= 256:
        raise Cut("it is deeper than a key has bits")
    sides = []
    for one in (0, 1):
        here = [pair for pair in asked if bit(pair[0], depth) == one]
        sides.append(subtree(walk, here, depth + 1) if here else walk.hash())
    return sha256(b"\1", *sides)


# --- the ledger's words ----------------------------------------------------------------------------------------------


def server_id(scale):
    return scale.take(20)


def resources(scale):
    return scale.u32(), scale.u64(), scale.u64()


def identifier(scale):
    return scale.bytes(IDENTIFIER_MAX)


def announcement(scale):
    found = {"server": server_id(scale), "host": scale.hash(), "image": scale.hash(),
             "resources": scale.option(lambda: resources(scale)), "tracker": scale.hash()}
    scale.index(2, "custody")
    found["ownership"] = (scale.hash(), scale.hash(), scale.hash())
    for _ in range(4):
        scale.option(lambda: identifier(scale))
    scale.option(lambda: (scale.u8(), scale.option(lambda: scale.take(3))))
    found["relations"] = scale.list(lambda: (scale.index(4, "relation"), server_id(scale)), 4)
    return found


def event_kind(scale):
    kind = scale.index(len(EVENTS), "event")
    if kind == BORN:
        return kind, (announcement(scale), scale.option(scale.hash))
    if kind == STATE_CHANGED:
        return kind, scale.index(6, "state")
    if kind == RESIZED:
        return kind, resources(scale)
    if kind in (MOVED_OUT, MOVED_IN):
        return kind, scale.hash()
    if kind == 6:
        return kind, (identifier(scale), scale.hash())
    if kind == SUSPECTED:
        return kind, scale.u64()
    if kind == GUEST_EVENT:
        return kind, scale.u32()
    if kind == SUMMARY:
        return kind, (scale.u32(), scale.u64(), scale.index(6, "state"))
    if kind == ENDED:
        return kind, scale.index(3, "reason")
    return kind, None


class Event:
    """An event as its writer signs it."""

    def __init__(self, scale):
        start = scale.at
        self.server, self.number, self.occurred_at = server_id(scale), scale.u64(), scale.u64()
        self.precision = scale.index(4, "precision")
        self.kind, self.fields = event_kind(scale)
        self.meter = scale.option(lambda: (scale.u64(), scale.u64(), scale.u64()))
        self.evidence, self.detail = scale.hash(), scale.bytes(EXTRINSIC_MAX)
        self.encoded = scale.data[start:scale.at]


def chain_name(genesis, server):
    return sha256(b"tierchain/chain/1", genesis, server)


def zero_bits(digest):
    return 256 - int.from_bytes(digest, "big").bit_length()


class Block:
    """A block of a server's chain: its place, what it says, and its hash."""


class Unpacker:
    """What the blocks so far say of the next one."""

    def __init__(self, server, genesis):
        self.server, self.chain = server, chain_name(genesis, server)
        self.count, self.head, self.writers, self.next = 0, bytes(32), [], {}
        self.occurred_at, self.carrier, self.meter = 0, None, (0, 0, 0)

    def add(self, scale, before):
        folded = scale.compact(64)
        return before + (folded >> 1 ^ (U64 if folded & 1 else 0)) & U64

    def block(self, scale):
        flags = scale.u8()
        if flags & 0xF0:
            raise Cut(f"its first byte is {flags:#04x}, which has unknown bits")
        block = Block()
        place = scale.compact(64)
        if place < len(self.writers):
            block.writer = self.writers[place]
        elif place == len(self.writers):
            block.writer = scale.hash()
            if block.writer in self.next:
                raise Cut("it names its writer anew, who wrote before")
            self.writers.append(block.writer)
        else:
            raise Cut(f"it is of writer {place}, and the blocks before have {len(self.writers)}")
        block.event_number = self.add(scale, self.next.get(block.writer, 0))
        block.occurred_at = self.add(scale, self.occurred_at)
        if flags & 8:
            if self.carrier is None:
                raise Cut("it names the extrinsic of a block before the first")
            carrier = self.carrier
        else:
            before = self.carrier or (b"", 0, 0)
            carrier = (scale.hash(), self.add(scale, before[1]), self.add(scale, before[2]))
            if carrier[1] >> 32:
                raise Cut("the network has no block of its number")
            if carrier == self.carrier:
                raise Cut("it names its extrinsic anew, which is that of the block before")
        block.extrinsic, block.block_number, block.time = carrier
        start = scale.at
        block.kind, block.fields = event_kind(scale)
        event = scale.data[start:scale.at]
        block.meter = tuple(self.add(scale, old) for old in self.meter) if flags & 4 else None
        evidence, detail = scale.hash(), scale.bytes(DETAIL_MAX)
        nonce, check = scale.compact(64), scale.take(8)
        block.precision, block.number = flags & 3, self.count
        meter = b"\0" if block.meter is None else b"\1" + b"".join(n.to_bytes(8, "little") for n in block.meter)
        block.event = (self.server + block.event_number.to_bytes(8, "little") + block.occurred_at.to_bytes(8, "little")
                       + bytes([block.precision]) + event + meter + evidence + compact(len(detail)) + detail)
        block.evidence, block.server = evidence, self.server
        kind = 0 if self.count == 0 else 2 if block.kind == ENDED else 1
        block.hash = sha256(b"tierchain/block/1", self.chain, self.count.to_bytes(4, "little"), bytes([kind]), self.head,
                            block.writer, block.event, block.extrinsic, block.block_number.to_bytes(4, "little"),
                            block.time.to_bytes(8, "little"), nonce.to_bytes(8, "little"))
        if block.hash[:8] != check:
            raise Cut("its contents have another hash than it has")
        self.count, self.head, self.occurred_at, self.carrier = self.count + 1, block.hash, block.occurred_at, carrier
        self.next[block.writer] = block.event_number + 1 & U64
        self.meter = block.meter or self.meter
        return block


def usage(scale, number):
    states = [[number(scale, 128) for _ in range(4)] for _ in range(6)]
    consumed = [number(scale, 128) for _ in range(3)]
    return states, consumed, [number(scale, 32) for _ in range(11)], scale.bool()


def record_of_server(scale):
    short = lambda: scale.compact(64)
    found = {"chain": scale.hash(), "ownership": (scale.hash(), scale.hash(), scale.hash()), "host": scale.hash()}
    found["moving_to"], found["moved_at"] = scale.option(scale.hash), scale.option(scale.u64)
    found["tracker"] = scale.hash()
    found["relations"] = scale.list(lambda: (scale.index(4, "relation"), scale.hash()), 1 << 32)
    found["resources"] = scale.option(lambda: resources(scale))
    found["state"], found["state_since"], found["seen"] = scale.index(6, "state"), short(), short()
    found["suspected"] = scale.option(lambda: (short(), short()))
    found["head"], found["length"], found["birth_hash"] = scale.hash(), scale.compact(32), scale.hash()
    found["born"], found["last_at"] = short(), short()
    found["usage"] = usage(scale, Scale.compact)
    found["late"], found["notes"] = scale.compact(32), scale.compact(32)
    found["end"] = scale.option(lambda: (short(), short(), scale.index(3, "reason"), scale.hash()))
    found["anchored"] = scale.option(lambda: (scale.hash(), scale.hash(), scale.compact(32), scale.hash()))
    found["numbered_from"], found["tenant_index"] = scale.compact(32), short()
    scale.take(64)
    return found


def statement(scale):
    return scale.hash(), scale.index(6, "state"), scale.compact(64), scale.hash(), scale.compact(64)


def note(scale):
    found = {"at": scale.compact(64), "block": scale.compact(32), "by": scale.option(scale.hash)}
    if scale.index(2, "note") == 1:
        found["resolves"] = scale.compact(32)
        found["verdict"] = ["Ledger", "Witness", "Agreed"][scale.index(3, "verdict")]
        scale.hash()
        return found
    kind = scale.index(3, "discrepancy")
    found["discrepancy"] = ["StateDisagrees", "MoveUnfinished", "CapacityExceeded"][kind]
    if kind == 0:
        statement(scale), scale.index(6, "state"), scale.compact(64)
    elif kind == 1:
        scale.take(64), scale.compact(64)
    else:
        scale.hash(), [scale.compact(128) for _ in range(4)]
    return found


def host_record(scale):
    found = {"id": scale.hash(), "data_center": scale.hash(), "hypervisor": scale.hash()}
    scale.option(lambda: resources(scale)), scale.compact(32), scale.compact(32)
    scale.list(lambda: (identifier(scale), identifier(scale)), 8)
    return found


def data_center(scale):
    return {"id": scale.hash(), "name": scale.text(64), "region": scale.text(64)}


def meta_block(scale):
    start = scale.at
    found = {"meta": scale.hash(), "number": scale.u32()}
    scale.hash()
    until = scale.at
    nonce = scale.take(8)
    tx = scale.at
    found.update(chain=scale.hash(), kind=scale.u8(), birth_hash=scale.hash(), end_hash=scale.hash(),
                 blocks=scale.u32(), born=scale.u64(), ended=scale.u64(),
                 usage=usage(scale, lambda s, bits: s.uint(bits // 8)), reason=scale.index(3, "reason"))
    found["relations"] = scale.list(lambda: (scale.index(4, "relation"), scale.hash()), 8)
    found["computed"] = sha256(b"tierchain/meta/1", scale.data[start:until], scale.data[tx:scale.at], nonce)
    found["hash"] = scale.hash()
    return found


# --- a life ----------------------------------------------------------------------------------------------------------


class Lived:
    """A life, told from its blocks alone."""

    def __init__(self, blocks):
        ensure(blocks, "block 0 of the chain", "the chain has no block")
        ensure(blocks[0].kind == BORN, "block 0 of the chain", "a chain begins with a birth")
        self.announced, self.previous = blocks[0].fields
        ensure(self.announced["server"] == blocks[0].server, "block 0 of the chain", "it announced another server")
        self.born = self.last_at = self.since = blocks[0].occurred_at
        self.state, self.resources, self.host = 4, self.announced["resources"], self.announced["host"]
        self.moving_to = self.end = None
        self.sums, self.consumed, self.events = [[0] * 4 for _ in range(6)], [0] * 3, [0] * 11
        self.incomplete, self.delay, self.intervals = False, None, []
        self.stays, self.hosts = [[self.host, self.born, None]], [self.host]
        self.count(blocks[0])
        for block in blocks[1:]:
            self.take(block, f"block {block.number} of the chain")
        self.intervals.append([STATES[self.state], self.since, None])
        if self.end:
            self.intervals[-1][2] = self.stays[-1][2] = self.end[0]

    def usage(self):
        return self.sums, self.consumed, self.events, self.incomplete

    def count(self, block):
        self.events[block.kind] += 1
        if block.meter:
            self.consumed = list(block.meter)
        late = block.time * 1_000 - block.occurred_at
        if block.precision != 3 and (self.delay is None or late > self.delay[1]):
            self.delay = (block.number, late)

    def take(self, block, place):
        ensure(self.end is None, place, "nothing follows an end")
        if block.kind not in (GUEST_EVENT, SUSPECTED):
            held = max(0, block.occurred_at - self.last_at)
            sums = self.sums[self.state]
            for at, factor in enumerate((1,) + (self.resources or ())):
                sums[at] += held * factor
            self.incomplete |= held > 0 and self.resources is None
            self.last_at = max(self.last_at, block.occurred_at)
        self.count(block)
        if block.kind == BORN:
            raise Refused(place, "a chain has one birth")
        if block.kind in (STATE_CHANGED, SUMMARY):
            state = block.fields if block.kind == STATE_CHANGED else block.fields[2]
            if state != self.state:
                self.intervals.append([STATES[self.state], self.since, self.last_at])
                self.state, self.since = state, self.last_at
        elif block.kind == RESIZED:
            self.resources = block.fields
        elif block.kind == MOVED_OUT:
            if block.fields not in self.hosts:
                self.hosts.append(block.fields)
            self.moving_to = block.fields if block.fields != self.host else None
        elif block.kind == MOVED_IN:
            ensure(block.fields == self.host, place, "it arrives from a host that it wasn't on")
            ensure(self.moving_to is not None, place, "it arrives without having left")
            self.stays[-1][2] = self.last_at
            self.host, self.moving_to = self.moving_to, None
            self.stays.append([self.host, self.last_at, None])
        elif block.kind == ENDED:
            self.end = (self.last_at, block.time, block.fields)


def search_gaps(values, host, count, start, until):
    def gap(number):
        key = map_key("Chains", "Gaps", host + number.to_bytes(4, "little"))
        return values.ask("Chains.Gaps", key, lambda s: (s.compact(64), s.compact(64)))
    low, high = 0, count
    while low < high:
        middle = low + (high - low) // 2
        if gap(middle)[1] <= start:
            low = middle + 1
        else:
            high = middle
    found = []
    for number in range(low, count):
        if gap(number)[0] >= until:
            break
        found.append(gap(number))
    return found


def custody(values, host, lived, now):
    record = values.ask("Registry.Hosts", map_key("Registry", "Hosts", host), host_record)
    key = map_key("Registry", "DataCenters", record["data_center"])
    center = values.ask("Registry.DataCenters", key, data_center)
    ensure((record["id"], center["id"]) == (host, record["data_center"]), "the record Registry.Hosts", "it is another's")
    stays = [stay for stay in lived.stays if stay[0] == host]
    attested, gaps = None, []
    if stays:
        read = lambda s: (s.compact(64), s.compact(64), s.compact(64), s.compact(32))
        attested = values.ask("Chains.Attested", map_key("Chains", "Attested", host), read, needed=False)
        until = now if stays[-1][2] is None else stays[-1][2]
        gaps = search_gaps(values, host, attested[3] if attested else 0, stays[0][1], until)
    return {"data_center": center["name"], "region": center["region"], "attested": attested, "gaps": gaps}


def life(scale, genesis):
    lineage = Lineage(scale, genesis)
    headers = part(scale, links, "the headers")
    server = part(scale, server_id, "the server's id")
    values = part(scale, Values, "the values of the state")
    proof = part(scale, lambda s: s.bytes(16 * 1024 * 1024), "the proof of the state")
    meta = part(scale, lambda s: s.option(lambda: meta_block(s)), "the meta block")
    unpacker, blocks = Unpacker(server, genesis), []
    for number in range(part(scale, lambda s: s.compact(64), "the number of blocks")):
        blocks.append(part(scale, unpacker.block, f"block {number} of the chain"))
    read = lambda s: s.option(lambda: s.list(lambda: extrinsic_with_place(s), 4_000_000))
    extrinsics = part(scale, read, "the extrinsics")
    ensure(scale.left() == 0, "the file", f"{scale.left()} bytes follow its end")
    anchor = Anchor(headers, [one["block"] for one in extrinsics or []], lineage, genesis)
    lived = Lived(blocks)
    parameters = values.ask("Chains.Parameters", prefix("Chains", "Parameters"), lambda s: (
        s.u8(), s.u64(), s.bool(), s.bool(), s.u64(), s.u64(), s.u64()))
    record = values.ask("Chains.Servers", map_key("Chains", "Servers", server), record_of_server)
    count = len(blocks)
    ensure(count >= record["length"], f"block {count} of the chain", f"it is missing: there are {record['length']}")
    ensure(count <= record["length"], f"block {record['length']} of the chain", "the state knows no such block")
    tenant = record["ownership"][1]
    lives = values.ask("Chains.TenantServerCount", map_key("Chains", "TenantServerCount", tenant), Scale.u64)
    key = map_key("Chains", "TenantServers", tenant + record["tenant_index"].to_bytes(8, "little"))
    entry = values.ask("Chains.TenantServers", key, tenant_entry)
    values.ask("Chains.Witnessed", map_key("Chains", "Witnessed", server), statement, needed=False)
    notes = [values.ask("Chains.Notes", map_key("Chains", "Notes", server + at.to_bytes(4, "little")), note)
             for at in range(record["notes"])]
    places = {host: custody(values, host, lived, anchor.time * 1_000) for host in lived.hosts}
    values.prove(proof, anchor)
    agree(blocks, record, parameters, lived, genesis)
    place = "the record Chains.TenantServers"
    ensure(entry == (server, lived.born, lived.end[0] if lived.end else None), place, "it says something else")
    ensure(record["tenant_index"] < lives, place, "its place isn't below the length of its tenant's list")
    agree_on_meta(meta, record, parameters, lived, server, genesis)
    if extrinsics is not None:
        check_extrinsics(extrinsics, blocks, lived, anchor, genesis)
    stays = [{"host": host.hex(), "from": start, "until": until, **{k: places[host][k] for k in ("data_center", "region")}}
             for host, start, until in lived.stays]
    return {
        "kind": "life", "server": f"{server[:16].hex()}/{int.from_bytes(server[16:], 'little')}",
        "as_of": {"block": anchor.block, "time": anchor.time, "named_by": anchor.named_by, "epoch": anchor.epoch},
        "blocks": count, "head": record["head"].hex(), "state": STATES[lived.state], "born": lived.born,
        "ended": lived.end and {"at": lived.end[0], "noted": lived.end[1], "reason": REASONS[lived.end[2]]},
        "intervals": lived.intervals, "custody": stays, "unattested": unattested(lived, places, anchor.time * 1_000),
        "regions": sorted({places[host]["region"] for host in lived.hosts}),
        "usage": dict(zip(STATES, lived.sums)) | {"consumed": lived.consumed, "incomplete": lived.incomplete},
        "delay_max": lived.delay, "late": record["late"], "notes": [
            {k: v.hex() if isinstance(v, bytes) else v for k, v in one.items()} for one in notes],
        "meta": meta and {"meta": meta["meta"].hex(), "number": meta["number"], "hash": meta["hash"].hex()},
        "extrinsics": None if extrinsics is None else len(extrinsics),
    }


def agree(blocks, record, parameters, lived, genesis):
    for block in blocks:
        ensure(zero_bits(block.hash) >= parameters[0], f"block {block.number} of the chain", "its hash lacks zero bits")
    ensure(blocks[0].hash == record["birth_hash"], "block 0 of the chain", "its hash isn't the record's birth hash")
    ensure(blocks[-1].hash == record["head"], f"block {len(blocks) - 1} of the chain", "its hash isn't the record's head")
    told = {
        "chain": chain_name(genesis, blocks[0].server), "ownership": lived.announced["ownership"],
        "tracker": lived.announced["tracker"], "born": lived.born, "host": lived.host, "moving_to": lived.moving_to,
        "resources": lived.resources, "state": lived.state, "state_since": lived.since, "last_at": lived.last_at,
        "end": lived.end and lived.end + (blocks[-1].hash,), "usage": lived.usage(),
    }
    for name, value in told.items():
        ensure(record[name] == value, "the record Chains.Servers", f"its {name} isn't what the blocks tell")


def agree_on_meta(meta, record, parameters, lived, server, genesis):
    anchored, place = record["anchored"], "the meta block"
    if meta is None or anchored is None:
        return ensure(meta is None and anchored is None, place, "it is missing, or the state knows of none")
    ensure(meta["hash"] == meta["computed"] == anchored[3], place, "it has another hash")
    ensure(zero_bits(meta["hash"]) >= parameters[0], place, "its hash lacks zero bits")
    name = sha256(b"tierchain/meta-chain/1", genesis, *record["ownership"])
    ensure((meta["meta"], meta["number"]) == (name, anchored[2]) and name == anchored[1], place, "it stands elsewhere")
    said = (meta["chain"], meta["kind"], meta["birth_hash"], meta["end_hash"], meta["blocks"])
    ensure(said == (record["chain"], 0, record["birth_hash"], record["head"], record["length"]), place, "another chain")
    times = lived.end and (lived.born, lived.end[0], lived.end[2])
    ensure((meta["born"], meta["ended"], meta["reason"]) == times, place, "its times aren't what the blocks tell")
    ensure(meta["usage"] == lived.usage(), place, "its usage isn't what the blocks add up to")
    generation = int.from_bytes(server[16:], "little")
    before = [(0, chain_name(genesis, server[:16] + (generation - 1).to_bytes(4, "little")))] if generation else []
    declared = [(kind, chain_name(genesis, other)) for kind, other in lived.announced["relations"]]
    ensure(meta["relations"] == before + declared, place, "its relations aren't those that were announced")


def unattested(lived, places, now):
    found = []
    for host, start, end in lived.stays:
        end = now if end is None else end
        attested, gaps = places[host]["attested"], places[host]["gaps"]
        since, until = attested[:2] if attested else (end, end)
        for a, b in [(start, since), *gaps, (until, end)]:
            if max(a, start) < min(b, end):
                found.append([host.hex(), max(a, start), min(b, end)])
    return found


# --- signed extrinsics -----------------------------------------------------------------------------------------------


def extrinsic_with_place(scale):
    found = {"block": scale.compact(32), "bytes": scale.bytes(EXTRINSIC_MAX), "lefts": scale.compact(16)}
    found["path"] = scale.list(scale.hash, 13)
    found["versions"], found["birth"] = (scale.u32(), scale.u32()), scale.hash()
    return found


def era(scale):
    first = scale.u8()
    if first == 0:
        return b"\0"
    encoded = first + (scale.u8() << 8)
    period = 2 << encoded % 16
    if period < 4 or (encoded >> 4) * max(1, period >> 12) >= period:
        raise Cut("an invalid era")
    return encoded.to_bytes(2, "little")


def signed_call(data, versions, birth, genesis, place):
    """The signer of an extrinsic and its call, if its signature holds."""
    def read(scale):
        if scale.compact(32) != scale.left():
            raise Cut("the length prefix isn't the length of what follows")
        if scale.take(2) != b"\x84\0":
            raise Cut("it isn't signed by an account")
        signer = scale.hash()
        if scale.u8() != 0:
            raise Cut("it isn't signed with ed25519")
        signature, mortality, nonce = scale.take(64), era(scale), scale.compact(32)
        return signer, signature, mortality, nonce, scale.take(scale.left())
    signer, signature, mortality, nonce, call = whole(data, read, place)
    ensure(versions[1] == CALL_VERSION, place, f"it is signed for calls of version {versions[1]}")
    payload = (call + mortality + compact(nonce) + versions[0].to_bytes(4, "little") + versions[1].to_bytes(4, "little")
               + genesis + birth)
    payload = blake2(payload) if len(payload) > 256 else payload
    ensure(is_signed(signer, payload, signature), place, "its signature doesn't hold on the chain with this genesis")
    return signer, call


def call_contents(call, place):
    """Name of a call of chains, and the events or the request that it has."""
    def read(scale):
        pallet, number = scale.u8(), scale.u8()
        if pallet != 3:
            return None, scale.take(scale.left())
        if number == 1:
            start = scale.at
            server_id(scale), scale.u64(), scale.index(4, "precision"), scale.hash(), scale.option(scale.hash)
            return "birth", (scale.data[start:scale.at], scale.take(64))
        if number in (2, 4):
            return ("append", "late")[number // 4], [Event(scale)]
        if number == 3:
            return "append_batch", scale.list(lambda: Event(scale), EXTRINSIC_MAX)
        if number == 5:
            return "append_guest", scale.list(lambda: (Event(scale), scale.take(64)), EXTRINSIC_MAX)
        return None, scale.take(scale.left())
    return whole(call, read, place)


def guest_bytes(genesis, event):
    return b"tierchain/guest-event/1" + genesis + event


def says(block, signer, call, lived, genesis):
    name, contents = call
    if name in ("append", "append_batch"):
        return signer == block.writer and any(event.encoded == block.event for event in contents)
    if name == "append_guest":
        return any(event.encoded == block.event and is_signed(block.writer, guest_bytes(genesis, event.encoded), signature)
                   for event, signature in contents)
    if name == "birth" and block.kind == BORN:
        request, signature = contents
        previous = b"\0" if lived.previous is None else b"\1" + lived.previous
        born = (block.server + block.occurred_at.to_bytes(8, "little") + bytes([block.precision]) + block.evidence
                + previous)
        message = b"tierchain/birth/1" + genesis + request
        return signer == block.writer and request == born and is_signed(lived.announced["tracker"], message, signature)
    return False


def check_extrinsics(extrinsics, blocks, lived, anchor, genesis):
    opened = {}
    for at, one in enumerate(extrinsics):
        place = f"extrinsic {at}"
        signer, call = signed_call(one["bytes"], one["versions"], one["birth"], genesis, place)
        ensure(one["lefts"] >> len(one["path"]) == 0, place, "its path names more sides than it has hashes")
        node = sha256(b"\0", one["bytes"])
        for step, beside in enumerate(one["path"]):
            node = sha256(b"\1", beside, node) if one["lefts"] >> step & 1 else sha256(b"\1", node, beside)
        header = anchor.headers[one["block"]]
        ensure(node == header.extrinsics_root, place, f"it doesn't stand in block {one['block']}")
        opened[blake2(one["bytes"])] = (one["block"], header, signer, call_contents(call, place))
    names = list(dict.fromkeys(block.extrinsic for block in blocks))
    ensure(names == [blake2(one["bytes"]) for one in extrinsics], "the extrinsics", "they aren't those of the blocks")
    for block in blocks:
        place = f"block {block.number} of the chain"
        number, header, signer, call = opened[block.extrinsic]
        ensure(block.block_number == number, place, "it names another block of the network")
        ensure(block.time == header.consensus(place)[0], place, "it names another time of its block")
        ensure(says(block, signer, call, lived, genesis), place, "its extrinsic says something else")


# --- tenants and contradictions --------------------------------------------------------------------------------------


def tenant_entry(scale):
    return server_id(scale), scale.u64(), scale.option(scale.u64)


def tenant(scale, genesis):
    lineage = Lineage(scale, genesis)
    name = part(scale, Scale.hash, "the tenant's id")
    parts = part(scale, lambda s: s.list(lambda: (links(s), Values(s), s.bytes(16 * 1024 * 1024)), 8_192), "the parts")
    ensure(scale.left() == 0, "the file", f"{scale.left()} bytes follow its end")
    ensure(parts, "the file", "it has no part")
    first, total, lives = None, None, []
    for headers, values, proof in parts:
        place = f"entry {len(lives)} of the tenant's list"
        anchor = Anchor(headers, [], lineage, genesis)
        ensure(first is None or len(lives) < total, place, "a part follows the list's end")
        ensure(first is None or anchor.block >= first.block, place, "its part is of a state older than the first one's")
        key = map_key("Chains", "TenantServerCount", name)
        count = values.ask("Chains.TenantServerCount", key, Scale.u64, needed=False) or 0
        if first is None:
            first, total = anchor, count
        end = min(count, total, len(lives) + PART_MAX)
        ensure(anchor is first or end > len(lives), place, "it is missing: its part is empty")
        for at in range(len(lives), end):
            key = map_key("Chains", "TenantServers", name + at.to_bytes(8, "little"))
            lives.append(values.ask("Chains.TenantServers", key, tenant_entry))
        values.prove(proof, anchor)
    ensure(len(lives) == total, f"entry {len(lives)} of the tenant's list", f"it is missing: there are {total}")
    return {"kind": "tenant", "tenant": name.hex(), "as_of": {"block": first.block, "time": first.time}, "lives": [
        {"server": f"{server[:16].hex()}/{int.from_bytes(server[16:], 'little')}", "born": born, "ended": ended}
        for server, born, ended in lives]}


def signed_statement(scale, genesis, place):
    """Who signed a statement, and the event that it is about."""
    kind = part(scale, lambda s: s.index(2, "statement"), place)
    if kind == 1:
        key, event, signature = part(scale, lambda s: (s.hash(), Event(s), s.take(64)), place)
        ensure(event.kind == GUEST_EVENT, place, "a tracking application reports guest events only")
        ensure(is_signed(key, guest_bytes(genesis, event.encoded), signature), place, "its signature doesn't hold")
        return key, event
    data, versions, birth, item = part(scale, lambda s: (
        s.bytes(EXTRINSIC_MAX), (s.u32(), s.u32()), s.hash(), s.compact(32)), place)
    signer, call = signed_call(data, versions, birth, genesis, place)
    name, contents = call_contents(call, place)
    ensure(name in ("append", "append_batch", "late") and item < len(contents), place, f"it has no event {item}")
    return signer, contents[item]


def contradiction(scale, genesis):
    one, first = signed_statement(scale, genesis, "statement 1")
    other, second = signed_statement(scale, genesis, "statement 2")
    ensure(scale.left() == 0, "the file", f"{scale.left()} bytes follow its end")
    ensure((one, first.server, first.number) == (other, second.server, second.number), "statement 2",
           "it is of another writer, server or number")
    ensure(first.encoded != second.encoded, "statement 2", "it says the same as statement 1")
    said = [f"{EVENTS[event.kind]} at {event.occurred_at}" for event in (first, second)]
    return {"kind": "contradiction", "writer": one.hex(), "number": first.number, "said": said}


def verify(data, genesis):
    """What a file proves; Unreadable or Refused where it proves nothing."""
    if len(data) > FILE_MAX:
        raise Unreadable(f"it has {len(data)} bytes")
    if len(data) < 27 or not data.startswith(MAGIC):
        raise Unreadable('it doesn\'t begin with "tierchain/audit"')
    version, kind = int.from_bytes(data[16:18], "little"), data[18]
    if version != VERSION or kind > 2:
        raise Unreadable(f"it is of version {version} and kind {kind}")
    report = (life, tenant, contradiction)[kind](Scale(data[19:-8]), genesis)
    ensure(sha256(data[:-8])[:8] == data[-8:], "the file", "its sum is wrong: it was damaged on its way")
    return report


# --- the test of itself ----------------------------------------------------------------------------------------------


def refuses(data, genesis):
    try:
        verify(data, genesis)
        return False
    except (Refused, Unreadable):
        return True


def self_test(folder, every):
    with open(os.path.join(folder, "GENESIS")) as file:
        genesis = bytes.fromhex(file.read().strip().removeprefix("0x"))
    assert xxh64(b"", 0) == 0xEF46DB3751D8E999 and xxh64(b"a" * 40, 1) == xxh64(bytes([97] * 40), 1)
    assert prefix("System", "Account").hex().startswith("26aa394eea5630e07c48ae0c9558cef7")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".audit"))
    assert names, f"no golden files in {folder}"
    resum = lambda body: body + sha256(body)[:8]
    bad = 0
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        verify(data, genesis)
        step = 1 if len(data) < 3_000 else every
        made = [data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:] for at in range(0, len(data), step)]
        made += [data[:at] for at in range(0, len(data), 7 * step)]
        made += [data + b"\0", resum(data[:-8] + b"\0"), b""]
        # Runs of bytes cut out, swapped and doubled, with the sum made good: no part can be missing or misplaced.
        body = data[:-8]
        made += [resum(body[:at] + body[at + size:]) for size in (1, 8, 32, 130) for at in range(19, len(body) - size, 11 * step)]
        made += [resum(body[:at] + body[at + 40:at + 80] + body[at:at + 40] + body[at + 80:])
                 for at in range(19, len(body) - 80, 29 * step) if body[at:at + 40] != body[at + 40:at + 80]]
        for forged in made:
            assert refuses(forged, genesis), f"{name}: a bad file of {len(forged)} bytes holds"
        assert refuses(data, bytes(32)), f"{name} holds on another chain"
        bad += len(made) + 1
    print(f"{len(names)} good files hold, {bad} bad ones are refused")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--genesis", metavar="HASH")
    parser.add_argument("--never-left", metavar="REGION")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--self-test", metavar="FOLDER")
    parser.add_argument("--every", type=int, default=5, metavar="N", help="of long files, bend every Nth byte")
    args = parser.parse_args()
    if args.self_test:
        return self_test(args.self_test, args.every)
    if not args.file or not args.genesis:
        parser.error("a FILE and --genesis HASH are needed")
    try:
        genesis = bytes.fromhex(args.genesis.removeprefix("0x"))
        if len(genesis) != 32:
            parser.error("--genesis needs 32 bytes in hexadecimal")
        with open(args.file, "rb") as file:
            report = verify(file.read(FILE_MAX + 1), genesis)
        if args.never_left is not None:
            regions = report.get("regions", [])
            ensure(regions == [args.never_left], "custody", f"its hosts stand in {', '.join(regions) or 'no region'}")
    except (Unreadable, OSError, ValueError) as error:
        print(f"unreadable: {error}", file=sys.stderr)
        return 2
    except Refused as refusal:
        if args.json:
            print(json.dumps({"valid": False, "place": refusal.place, "reason": refusal.reason}))
        print(f"refused: {refusal}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps({"valid": True, **report}, indent=2))
    else:
        print("valid:", ", ".join(f"{name} {report[name]}" for name in ("kind", "server", "blocks", "tenant", "writer")
                                  if name in report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
