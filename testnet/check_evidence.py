#!/usr/bin/env python3
"""Checks a file of evidence with docs/formats.md and Python's standard library alone: nothing of ours is called.

    check_evidence.py FILE GENESIS_HASH    who is proven to have done what; exits with 1 if nothing is proven
    check_evidence.py --self-test          the golden file's evidence, and that none of it survives a flipped bit

What isn't checked here is whether an extrinsic's call decodes: an entry of a bundle that has the form of an extrinsic
counts as one.
"""

import hashlib
import sys
from pathlib import Path

MAGIC = b"tierchain/evidence/2\n"
# twox128("Registry") ‖ twox128("ValidatorSet").
SET_KEY = bytes.fromhex("8a493ef65ff3987a1fbc9979200ad1af7d9fe37370ac390779f35763d98106e8")
# The storage key of the runtime.
CODE_KEY = b":code"
CHARGES = ["two proposals", "two prepares", "two commits", "two VIEW-CHANGEs", "two NEW-VIEWs", "a hidden commit"]


class Fault(Exception):
    """What doesn't hold."""


def demand(holds, what):
    if not holds:
        raise Fault(what)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def blake2(data, size=32):
    return hashlib.blake2b(data, digest_size=size).digest()


# ed25519, RFC 8032, on extended coordinates.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    demand((x * x - square) % P == 0, "a key or a signature is no point")
    return P - x if x % 2 != sign else x


def point(data):
    """ZIP-215 admits a y that isn't reduced, and the sign of x = 0."""
    y = int.from_bytes(data, "little")
    y, sign = (y & (2**255 - 1)) % P, y >> 255
    x = recover_x(y, sign)
    return (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, p):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, p)
        p, scalar = add(p, p), scalar >> 1
    return result


def is_zero(p):
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def canonical(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def holds(key, message, signature, strict):
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    try:
        a, r = point(key), point(signature[:32])
    except Fault:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    expected = add(times(s, BASE), times(L * 8 - k, a))
    if strict:
        small = is_zero(times(8, a)) or is_zero(times(8, r))
        return not small and canonical(expected) == signature[:32]
    negative = (P - r[0], r[1], r[2], P - r[3])
    return is_zero(times(8, add(expected, negative)))


# SCALE, section 1. What was read of a value is kept, because that is what is hashed.


class Scale:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        demand(self.at + count <= len(self.data), "it is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def uint(self, size):
        return int.from_bytes(self.take(size), "little")

    def compact(self):
        first = self.uint(1)
        mode = first & 3
        size = [1, 2, 4, (first >> 2) + 5][mode]
        demand(size <= 5, "a number that is too large")
        rest = int.from_bytes(self.take(size - 1), "little")
        value = rest if mode == 3 else (first | rest << 8) >> 2
        least = [0, 2**6, 2**14, 2**30 if size == 5 else 0][mode]
        demand(value >= least, "a number in a longer form than it needs")
        return value

    def vec(self, item, most):
        count = self.compact()
        demand(count <= most, "a list that is too long")
        return [item() for _ in range(count)]

    def string(self, most):
        return self.take(min(self.compact(), most + 1))

    def option(self, item):
        return item() if self.choice(2) else None

    def choice(self, count):
        index = self.uint(1)
        demand(index < count, "an unknown index")
        return index

    def spanned(self, item):
        start = self.at
        value = item()
        return value, self.data[start : self.at]

    def header(self):
        def item():
            kind = self.uint(1)
            demand(kind in (0, 4, 5, 6, 8), "an unknown digest item")
            return kind, self.take(4) if kind in (4, 5, 6) else b"", b"" if kind == 8 else self.string(8_192)

        def fields():
            parent, number, state = self.take(32), self.compact(), self.take(32)
            return {"parent": parent, "number": number, "state": state, "extrinsics": self.take(32), "digest": self.vec(item, 8)}

        header, data = self.spanned(fields)
        return header | {"hash": blake2(data)}

    def validator_set(self):
        def fields():
            return {"epoch": self.uint(4), "keys": self.vec(lambda: self.take(32), 100)}

        validators, data = self.spanned(fields)
        return validators | {"data": data}

    def certificate(self):
        kind = self.uint(1)
        demand(kind in (1, 2), "an unknown kind of certificate")
        return {
            "kind": kind, "epoch": self.uint(4), "view": self.uint(8), "number": self.uint(4), "hash": self.take(32),
            "votes": self.vec(lambda: (self.uint(2), self.take(64)), 100),
        }  # fmt: skip

    def certified(self):
        return self.header(), self.certificate()

    def view_change(self):
        change = {"type": 2, "epoch": self.uint(4), "view": self.uint(8), "kind": 3, "number": 0}
        (sender, certified, prepared), data = self.spanned(
            lambda: (self.uint(2), self.option(self.certificate), self.option(self.certificate))
        )
        content = sha256(b"tierchain/view-change/1", data)
        return change | {"by": sender, "certified": certified, "prepared": prepared, "hash": content, "signature": self.take(64)}

    def message(self):
        kind = self.choice(6)
        if kind == 0:
            epoch, view, header = self.uint(4), self.uint(8), self.header()
            self.vec(lambda: self.take(32), 512)
            place = {"kind": 0, "by": None, "number": header["number"], "hash": header["hash"]}
            return {"type": 0, "epoch": epoch, "view": view, "signature": self.take(64)} | place
        if kind == 1:
            vote = {"type": 1, "kind": self.uint(1), "epoch": self.uint(4), "view": self.uint(8), "number": self.uint(4)}
            demand(vote["kind"] in (1, 2), "an unknown kind of vote")
            return vote | {"hash": self.take(32), "by": self.uint(2), "signature": self.take(64)}
        if kind == 2:
            return self.view_change()
        demand(kind == 3, "a message that promises nothing")
        opening = {"type": 3, "kind": 4, "number": 0, "epoch": self.uint(4), "view": self.uint(8)}
        (sender, proof), data = self.spanned(lambda: (self.uint(2), self.vec(self.view_change, 100)))
        content = sha256(b"tierchain/new-view/1", data)
        return opening | {"by": sender, "proof": proof, "hash": content, "signature": self.take(64)}


# Sections 7, 10 and 16.


def quorum(validators):
    return 2 * len(validators["keys"]) // 3 + 1


def is_signed(genesis, validators, by, kind, view, number, hash, signature):
    demand(by < len(validators["keys"]), "a signer outside the set")
    data = b"\xfftierchain/pbft/1\0" + genesis + validators["epoch"].to_bytes(4, "little") + bytes([kind])
    data += view.to_bytes(8, "little") + number.to_bytes(4, "little") + hash
    demand(holds(validators["keys"][by], data, signature, True), "a signature fails")


def check_certificate(genesis, validators, certificate, kind):
    demand(certificate["kind"] == kind and certificate["epoch"] == validators["epoch"], "another certificate")
    signers = [by for by, _ in certificate["votes"]]
    demand(len(signers) >= quorum(validators), "fewer than a quorum")
    demand(all(one < other for one, other in zip(signers, signers[1:])), "votes out of order")
    place = (certificate["view"], certificate["number"], certificate["hash"])
    for by, signature in certificate["votes"]:
        is_signed(genesis, validators, by, kind, *place, signature)


def check_message(genesis, validators, it):
    demand(it["epoch"] == validators["epoch"], "another epoch")
    primary = it["view"] % len(validators["keys"])
    if it["type"] == 0:
        it["by"] = primary
    is_signed(genesis, validators, it["by"], it["kind"], it["view"], it["number"], it["hash"], it["signature"])
    if it["type"] == 2:
        demand(it["view"] > 0, "a change to view 0")
        if it["certified"]:
            check_certificate(genesis, validators, it["certified"], 2)
        if it["prepared"]:
            check_certificate(genesis, validators, it["prepared"], 1)
            demand(it["prepared"]["view"] < it["view"], "prepared in a view that isn't below")
    if it["type"] == 3:
        senders = [change["by"] for change in it["proof"]]
        demand(it["by"] == primary and len(senders) >= quorum(validators), "a view that isn't opened")
        demand(all(one < other for one, other in zip(senders, senders[1:])), "VIEW-CHANGEs out of order")
        for change in it["proof"]:
            demand(change["view"] == it["view"], "a VIEW-CHANGE for another view")
            check_message(genesis, validators, change)


def check_leaf(root, key, value, leaf, siblings):
    demand(leaf == (key, value) and len(siblings) <= 256, "another leaf")
    hash = sha256(b"\0", key, value)
    for depth in reversed(range(len(siblings))):
        bit = key[depth // 8] >> (7 - depth % 8) & 1
        hash = sha256(b"\1", siblings[depth], hash) if bit else sha256(b"\1", hash, siblings[depth])
    demand(hash == root, "the state holds another value")


def check_lineage(scale, genesis):
    """The root of the genesis state; the sets by epoch, and the block after which each begins."""
    first, validators = scale.header(), scale.validator_set()
    leaf, siblings = scale.option(lambda: (scale.take(32), scale.take(32))), scale.vec(lambda: scale.take(32), 256)
    demand(first["hash"] == genesis, "another chain")
    check_leaf(first["state"], sha256(SET_KEY), sha256(validators["data"]), leaf, siblings)
    epochs = [(first["number"], validators)]
    for header, certificate in scale.vec(scale.certified, 10_000):
        begins, validators = epochs[-1]
        demand(header["number"] > begins, "an epoch that ends before it began")
        demand((certificate["number"], certificate["hash"]) == (header["number"], header["hash"]), "another block")
        check_certificate(genesis, validators, certificate, 2)
        carried = [data for kind, engine, data in header["digest"] if (kind, engine) == (4, b"PBFT")]
        demand(len(carried) == 1, "no next set, or several")
        scale_of_it = Scale(carried[0])
        following = scale_of_it.validator_set()
        demand(scale_of_it.at == len(carried[0]) and following["keys"], "no next set")
        demand(following["epoch"] == validators["epoch"] + 1, "another epoch's set")
        epochs.append((header["number"], following))
    return first["state"], epochs


def check_rules(scale, root):
    """spec_version and transaction_version of the runtime that the chain began with, as its signatures cover them."""
    code = scale.string(4_096)
    leaf, siblings = scale.option(lambda: (scale.take(32), scale.take(32))), scale.vec(lambda: scale.take(32), 256)
    check_leaf(root, sha256(CODE_KEY), sha256(code), leaf, siblings)
    version = Scale(code)
    version.string(256), version.string(256), version.take(4)
    spec, _ = version.take(4), version.take(4)
    version.vec(lambda: version.take(12), 256)
    transaction, _ = version.take(4), version.take(1)
    demand(version.at == len(code), "no version of a runtime")
    return spec + transaction


def charge(first, second):
    """The place in the list of charges, or none."""
    types = (first["type"], second["type"])
    same = all(first[name] == second[name] for name in ("by", "view", "number", "kind"))
    if types[0] == types[1]:
        return [0, first["kind"], 3, 4][types[0]] if same and first["hash"] != second["hash"] else None
    commit, change = (first, second) if types[0] == 1 else (second, first)
    if {*types} != {1, 2} or commit["kind"] != 2 or commit["by"] != change["by"] or change["view"] <= commit["view"]:
        return None
    prepared, certified = change["prepared"], change["certified"]
    shown = prepared and (prepared["view"], prepared["number"]) >= (commit["view"], commit["number"])
    return None if shown or certified and certified["number"] >= commit["number"] else 5


def check_contradiction(scale, genesis, epochs, _versions):
    culprit, first, second = scale.uint(2), scale.message(), scale.message()
    demand(first["epoch"] < len(epochs), "an epoch that the lineage doesn't reach")
    validators = epochs[first["epoch"]][1]
    for message in (first, second):
        check_message(genesis, validators, message)
    found = charge(first, second)
    demand(found is not None and first["by"] == culprit, "the two contradict each other in nothing")
    return first["epoch"], culprit, CHARGES[found]


def read_extrinsic(data):
    """Signer, signature, era, nonce's bytes and call; none if it has another form."""
    try:
        scale = Scale(data)
        demand(scale.compact() == len(data) - scale.at and scale.take(2) == b"\x84\0", "no extrinsic")
        signer, is_ed25519, signature = scale.take(32), scale.take(1) == b"\0", scale.take(64)
        era = scale.take(1)
        era += b"" if era == b"\0" else scale.take(1)
        nonce = scale.spanned(scale.compact)[1]
        demand(is_ed25519 and scale.at < len(data), "no extrinsic")
        return signer, signature, era, nonce, data[scale.at :]
    except Fault:
        return None


def birth_of(era, number):
    if era == b"\0":
        return 0
    encoded = int.from_bytes(era, "little")
    period = 2 << (encoded & 15)
    phase = (encoded >> 4) * max(1, period >> 12)
    return (max(number, phase) - phase) // period * period + phase


def check_bundle(scale, genesis, epochs, versions):
    epoch, maker, at = scale.uint(4), scale.uint(2), scale.uint(4)
    entries, data = scale.spanned(lambda: scale.vec(lambda: scale.string(2**20), 4_096))
    signature, entry, birth = scale.take(64), scale.uint(4), scale.option(scale.certified)
    demand(epoch < len(epochs) and entry < len(entries), "another epoch, or no such entry")
    digest = sha256(b"tierchain/bundle/1", data)
    is_signed(genesis, epochs[epoch][1], maker, 6, 0, at, digest, signature)
    found = read_extrinsic(entries[entry])
    if found is None:
        return epoch, maker, f"a bundle with an entry {entry} that is no extrinsic"
    signer, signed, era, nonce, call = found
    number = birth_of(era, at + 1)
    hash = genesis
    if number:
        demand(birth is not None, "no birth block")
        header, certificate = birth
        demand(header["number"] == certificate["number"] == number, "another birth block")
        demand(certificate["hash"] == header["hash"], "the certificate of another block")
        validators = [validators for begins, validators in epochs if begins < number][-1]
        check_certificate(genesis, validators, certificate, 2)
        hash = header["hash"]
    payload = call + era + nonce + versions + genesis + hash
    payload = blake2(payload) if len(payload) > 256 else payload
    demand(not holds(signer, payload, signed, False), "the entry's signature holds")
    return epoch, maker, f"a bundle with an entry {entry} whose signature fails"


def check(data, genesis):
    demand(data.startswith(MAGIC), "no evidence file")
    scale = Scale(data[len(MAGIC) :])
    root, epochs = check_lineage(scale, genesis)
    versions = check_rules(scale, root)
    judge = [check_contradiction, check_bundle][scale.choice(2)]
    verdict = judge(scale, genesis, epochs, versions)
    demand(scale.at == len(scale.data), "bytes too many")
    return verdict


def refuses(data, genesis):
    try:
        check(data, genesis)
    except Fault:
        return True
    return False


def self_test():
    """What the golden file's names say is what its files prove."""
    golden = Path(__file__).parent.parent / "replica/golden/evidence.txt"
    lines = [line.split(" = 0x") for line in golden.read_text().splitlines() if " = 0x" in line]
    values = {name: bytes.fromhex(digits) for name, digits in lines}
    genesis = values["genesis"]
    words = {"bad_signature": "signature fails", "bad_signature_mortal": "signature fails"}
    count = 0
    for name, data in values.items():
        if not name.endswith(".file"):
            continue
        fault = name.removesuffix(".file")
        epoch, culprit, what = check(data, genesis)
        expected = words.get(fault, fault.replace("_", " ").removeprefix("two "))
        assert (epoch, culprit) == (1, 2) and expected in what.lower().replace("-", " "), (name, what)
        assert refuses(data, bytes(32)) and refuses(data[:-1], genesis) and refuses(data + b"\0", genesis), name
        # A flip in the lineage is found in each of them alike.
        for at in range(len(MAGIC) + len(values["lineage"]), len(data), 61):
            bent = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            assert refuses(bent, genesis), (name, at)
        count += 1
    lineage = len(MAGIC) + len(values["lineage"])
    for at in range(0, lineage, 13):
        bent = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert refuses(bent, genesis), ("lineage", at)
    assert count == 9, count
    print(f"self-test: {count} files of evidence hold, and none with a flipped bit")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) != 2:
        sys.exit(__doc__)
    path, genesis = arguments
    try:
        epoch, culprit, what = check(Path(path).read_bytes(), bytes.fromhex(genesis.removeprefix("0x")))
    except Fault as fault:
        sys.exit(f"{path} proves nothing: {fault}")
    print(f"validator {culprit} of epoch {epoch}: {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
