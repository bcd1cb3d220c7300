#!/usr/bin/env python3
"""Checks a ledger independently of the program that made it: Python's standard library, and nothing of ours.

Every entity block and every meta block is read from its `encoded` bytes by a SCALE reader of its own. Recomputed are
its hash, its nonce (the criterion, and that no smaller one meets it), its link to the block before, the names of chain
and meta-chain, and the sums of held resources that a meta block states. The fields of the JSON object must agree with
the decoded bytes. The first fault is printed with its block, and the exit status is 1.

    check_ledger.py --rpc http://127.0.0.1:9944        all chains and meta-chains of a node
    check_ledger.py --file blocks.json [--genesis 0x…] a JSON list of block objects
    check_ledger.py --self-test
"""

import argparse
import hashlib
import json
import sys
import urllib.request

STATES = ["RUNNING", "PAUSED", "SUSPENDED_TO_RAM", "SUSPENDED_TO_DISK", "STOPPED", "CRASHED"]
KINDS = ["Birth", "State", "End"]
REASONS = ["Terminated", "Rollover", "Orphaned"]
PRECISIONS = ["event", "reconciled", "declared", "replayed"]
CUSTODIES = ["in guest", "held by agent"]
RELATIONS = ["predecessor", "parent", "scaledFrom", "movedFrom"]
EVENTS = [
    "Born", "StateChanged", "Rebooted", "Resized", "MovedOut", "MovedIn", "AttributeChanged", "Suspected",
    "GuestEvent", "Summary", "Ended",
]
PAGE = 256
EXACT_MAX = 1 << 53


class Fault(Exception):
    """What is wrong, and with which block."""


# --- bytes -----------------------------------------------------------------------------------------------------------


class Scale:
    """A SCALE reader over bytes that must be used up exactly."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Fault(f"the encoding ends at byte {len(self.data)}, within a value")
        piece = self.data[self.at:self.at + count]
        self.at += count
        return piece

    def uint(self, size):
        return int.from_bytes(self.take(size), "little")

    def hash(self):
        return self.take(32)

    def name(self, names):
        index = self.uint(1)
        if index >= len(names):
            raise Fault(f"index {index} is none of {names}")
        return names[index]

    def option(self, read):
        tag = self.uint(1)
        if tag > 1:
            raise Fault(f"an option with tag {tag}")
        return read() if tag else None

    def compact(self):
        first = self.uint(1)
        mode = first & 3
        if mode == 0:
            return first >> 2
        if mode == 1:
            return (first | self.uint(1) << 8) >> 2
        if mode == 2:
            return (first | self.uint(3) << 8) >> 2
        return self.uint((first >> 2) + 4)

    def octets(self):
        return self.take(self.compact())

    def end(self):
        if self.at != len(self.data):
            raise Fault(f"{len(self.data) - self.at} bytes follow the block in its encoding")


def hexed(data):
    return "0x" + data.hex()


def number(value):
    """A u64 as JSON has it: decimal text above 2^53."""
    return value if value <= EXACT_MAX else str(value)


def text(data):
    return data.decode("utf-8", "replace")


def ss58(key):
    """An account as people write it: format 42, BLAKE2b-512 checksum, base 58."""
    body = bytes([42]) + key
    body += hashlib.blake2b(b"SS58PRE" + body).digest()[:2]
    value, digits = int.from_bytes(body, "big"), ""
    while value:
        value, digit = divmod(value, 58)
        digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + digits
    return digits


def uuid(data):
    digits = data.hex()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


# --- blocks: each reader gives the object that the JSON must be equal to ------------------------------------------------


def read_server(scale):
    return {"uuid": uuid(scale.take(16)), "generation": scale.uint(4)}


def read_resources(scale):
    return {"vcpus": scale.uint(4), "memoryMib": number(scale.uint(8)), "diskGib": number(scale.uint(8))}


def read_ownership(scale):
    return {name: hexed(scale.hash()) for name in ("provider", "tenant", "service")}


def read_slice(scale):
    return {"sst": scale.uint(1), "sd": scale.option(lambda: hexed(scale.take(3)))}


def read_etsi(scale):
    names = ("vnfInstanceId", "vnfdId", "vduId", "nsInstanceId")
    etsi = {name: scale.option(lambda: text(scale.octets())) for name in names}
    return etsi | {"snssai": scale.option(lambda: read_slice(scale))}


def read_announcement(scale):
    server, host, image = read_server(scale), hexed(scale.hash()), hexed(scale.hash())
    resources = scale.option(lambda: read_resources(scale))
    key, custody, ownership = ss58(scale.hash()), scale.name(CUSTODIES), read_ownership(scale)
    return {
        "server": server, "host": host, "image": image, "resources": resources, "tracker": custody,
        "trackerKey": key, "ownership": ownership, "etsi": read_etsi(scale),
        "relations": [
            {"kind": scale.name(RELATIONS), "server": read_server(scale)} for _ in range(scale.compact())
        ],
    }


def read_event(scale):
    kind = scale.name(EVENTS)
    fields = {
        "Born": lambda: {
            "announcement": read_announcement(scale), "previous": scale.option(lambda: hexed(scale.hash())),
        },
        "StateChanged": lambda: {"state": scale.name(STATES)},
        "Rebooted": dict,
        "Resized": lambda: {"resources": read_resources(scale)},
        "MovedOut": lambda: {"to": hexed(scale.hash())},
        "MovedIn": lambda: {"from": hexed(scale.hash())},
        "AttributeChanged": lambda: {"name": text(scale.octets()), "value": hexed(scale.hash())},
        "Suspected": lambda: {"since": number(scale.uint(8))},
        "GuestEvent": lambda: {"code": scale.uint(4)},
        "Summary": lambda: {
            "transitions": scale.uint(4), "first": number(scale.uint(8)), "state": scale.name(STATES),
        },
        "Ended": lambda: {"reason": scale.name(REASONS)},
    }
    return {"kind": kind} | fields[kind]()


def read_meter(scale):
    return {name: number(scale.uint(8)) for name in ("cpuUs", "bytesIn", "bytesOut")}


def read_entity_tx(scale):
    writer = ss58(scale.hash())
    return {
        "writer": writer, "server": read_server(scale), "number": number(scale.uint(8)),
        "occurredAt": number(scale.uint(8)), "precision": scale.name(PRECISIONS), "event": read_event(scale),
        "meter": scale.option(lambda: read_meter(scale)), "evidence": hexed(scale.hash()),
        "detail": hexed(scale.octets()), "extrinsic": hexed(scale.hash()), "blockNumber": scale.uint(4),
        "blockTimestamp": number(scale.uint(8)),
    }


def read_usage(scale):
    sums = ("wallUs", "vcpuUs", "mibUs", "gibUs")
    states = [{"state": state} | {name: str(scale.uint(16)) for name in sums} for state in STATES]
    usage = {"states": states} | {name: str(scale.uint(16)) for name in ("cpuUs", "bytesIn", "bytesOut")}
    counts = [{"kind": kind, "count": scale.uint(4)} for kind in EVENTS]
    usage["events"] = [entry for entry in counts if entry["count"]]
    return usage | {"incomplete": bool(scale.uint(1))}


def read_meta_tx(scale):
    return {
        "chain": hexed(scale.hash()), "kind": scale.uint(1), "birthHash": hexed(scale.hash()),
        "endHash": hexed(scale.hash()), "blocks": scale.uint(4), "born": number(scale.uint(8)),
        "ended": number(scale.uint(8)), "usage": read_usage(scale), "reason": scale.name(REASONS),
        "relations": [
            {"kind": scale.name(RELATIONS), "chain": hexed(scale.hash())} for _ in range(scale.compact())
        ],
    }


def read_block(encoded, is_meta):
    """The object of a block, and the bytes its hash is over (all but nonce and hash)."""
    scale = Scale(encoded)
    block = {"meta" if is_meta else "chain": hexed(scale.hash()), "number": scale.uint(4)}
    if not is_meta:
        block["kind"] = scale.name(KINDS)
    block["prev"] = hexed(scale.hash())
    nonce_at = scale.at
    block["blockNonce"] = scale.uint(8)
    tx_at = scale.at
    block["tx"] = read_meta_tx(scale) if is_meta else read_entity_tx(scale)
    body = encoded[:nonce_at] + encoded[tx_at:scale.at]
    block["hash"] = hexed(scale.hash())
    scale.end()
    return block, body


# --- checks ----------------------------------------------------------------------------------------------------------


def block_hash(domain, body, nonce):
    return hashlib.sha256(domain + body + nonce.to_bytes(8, "little")).digest()


def zero_bits(digest):
    return 256 - int.from_bytes(digest, "big").bit_length()


def check_hash(block, body, domain, bits):
    found = block_hash(domain, body, block["blockNonce"])
    if hexed(found) != block["hash"]:
        raise Fault(f"its hash is {block['hash']}, and its contents have {hexed(found)}")
    if zero_bits(found) < bits:
        raise Fault(f"its hash has {zero_bits(found)} leading zero bits of {bits}")
    if any(zero_bits(block_hash(domain, body, nonce)) >= bits for nonce in range(block["blockNonce"])):
        raise Fault(f"its nonce {block['blockNonce']} is not the smallest")


def check_object(shown, block):
    """The JSON object must say what its bytes say, no more and no less."""
    expected = block | {"blockNonce": number(block["blockNonce"])}
    for field in expected.keys() | (shown.keys() - {"encoded"}):
        if shown.get(field) != expected.get(field):
            raise Fault(f"its field {field} is {shown.get(field)!r}, and its bytes say {expected.get(field)!r}")


def check_chain(blocks, bits, is_meta):
    """Checks one chain's blocks in order and hands back their objects."""
    domain = b"tierchain/meta/1" if is_meta else b"tierchain/block/1"
    checked, prev = [], hexed(bytes(32))
    for at, shown in enumerate(blocks):
        name = shown.get("meta" if is_meta else "chain")
        try:
            block, body = read_block(bytes.fromhex(shown["encoded"].removeprefix("0x")), is_meta)
            if block["number"] != at:
                raise Fault(f"its number is {block['number']} at place {at}")
            if block["prev"] != prev:
                raise Fault(f"its link is {block['prev']}, and the block before has {prev}")
            check_hash(block, body, domain, bits)
            check_object(shown, block)
            if checked and block[domain_field(is_meta)] != checked[0][domain_field(is_meta)]:
                raise Fault("it names another chain than block 0")
        except (Fault, KeyError, ValueError) as fault:
            raise Fault(f"{'meta' if is_meta else 'entity'} block {at} of {name}: {fault}") from fault
        checked.append(block)
        prev = block["hash"]
    return checked


def domain_field(is_meta):
    return "meta" if is_meta else "chain"


def check_places(blocks):
    """Birth first, End last if at all, State between."""
    for at, block in enumerate(blocks):
        event = block["tx"]["event"]["kind"]
        expected = "Birth" if at == 0 else "End" if event == "Ended" else "State"
        if block["kind"] != expected or (event == "Born") != (at == 0):
            raise Fault(f"entity block {at} of {block['chain']}: its kind is {block['kind']} and its event {event}")
        if block["kind"] == "End" and at + 1 != len(blocks):
            raise Fault(f"entity block {at + 1} of {block['chain']}: it follows the end block")


def check_chain_name(blocks, genesis):
    server = blocks[0]["tx"]["server"]
    identity = bytes.fromhex(server["uuid"].replace("-", "")) + server["generation"].to_bytes(4, "little")
    name = hexed(hashlib.sha256(b"tierchain/chain/1" + genesis + identity).digest())
    if blocks[0]["chain"] != name:
        raise Fault(f"chain {blocks[0]['chain']}: its server's chain is named {name}")


def check_meta_name(meta, birth, genesis):
    ownership = birth["tx"]["event"]["announcement"]["ownership"]
    parties = b"".join(bytes.fromhex(ownership[name][2:]) for name in ("provider", "tenant", "service"))
    name = hexed(hashlib.sha256(b"tierchain/meta-chain/1" + genesis + parties).digest())
    if meta["meta"] != name:
        raise Fault(f"meta block {meta['number']} of {meta['meta']}: its server belongs to meta-chain {name}")


def held(blocks):
    """Time and resources held by state, summed from the blocks of a chain."""
    sums = {state: [0, 0, 0, 0] for state in STATES}
    state, since = "STOPPED", int(blocks[0]["tx"]["occurredAt"])
    resources = blocks[0]["tx"]["event"]["announcement"]["resources"]
    for block in blocks[1:]:
        event, now = block["tx"]["event"], int(block["tx"]["occurredAt"])
        wall, given = now - since, resources or {"vcpus": 0, "memoryMib": 0, "diskGib": 0}
        for at, factor in enumerate([1, int(given["vcpus"]), int(given["memoryMib"]), int(given["diskGib"])]):
            sums[state][at] += wall * factor
        state, since = event.get("state", state), now
        resources = event["resources"] if event["kind"] == "Resized" else resources
    return [{"state": state} | dict(zip(("wallUs", "vcpuUs", "mibUs", "gibUs"), map(str, sums[state])))
            for state in STATES]


def check_meta_against_chain(meta, blocks):
    """A meta block must say of its chain what the chain itself says."""
    tx, last = meta["tx"], blocks[-1]
    expected = {
        "birthHash": blocks[0]["hash"], "endHash": last["hash"], "blocks": len(blocks),
        "born": blocks[0]["tx"]["occurredAt"], "ended": last["tx"]["occurredAt"],
        "reason": last["tx"]["event"].get("reason"),
    }
    for field, value in expected.items():
        if tx[field] != value:
            raise Fault(f"meta block {meta['number']} of {meta['meta']}: {field} is {tx[field]}, its chain has {value}")
    if tx["usage"]["states"] != held(blocks):
        raise Fault(f"meta block {meta['number']} of {meta['meta']}: its sums are not those of chain {tx['chain']}")


def check_ledger(chains, metas, genesis, bits):
    """Checks everything; hands back how many entity and meta blocks there were."""
    checked = {}
    for blocks in chains:
        done = check_chain(blocks, bits, is_meta=False)
        check_places(done)
        if genesis:
            check_chain_name(done, genesis)
        checked[done[0]["chain"]] = done
    count = 0
    for blocks in metas:
        for meta in check_chain(blocks, bits, is_meta=True):
            chain = checked.get(meta["tx"]["chain"])
            if chain is None:
                raise Fault(f"meta block {meta['number']} of {meta['meta']}: chain {meta['tx']['chain']} is unknown")
            check_meta_against_chain(meta, chain)
            if genesis:
                check_meta_name(meta, chain[0], genesis)
            count += 1
    return sum(map(len, checked.values())), count


# --- where blocks come from --------------------------------------------------------------------------------------------


class Node:
    """A node's JSON-RPC over HTTP."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, *params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=30) as answer:
            reply = json.load(answer)
        if "error" in reply:
            raise Fault(f"{method}: {reply['error']}")
        return reply["result"]

    def pages(self, method):
        after = None
        while True:
            page = self.ask(method, after, PAGE)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def blocks(self, method, name, count):
        found = []
        while len(found) < count:
            part = self.ask(method, name, len(found), PAGE)
            if not part:
                raise Fault(f"{name}: {count} blocks are announced, and {len(found)} are there")
            found += part
        return found[:count]


def from_node(url):
    node = Node(url)
    genesis = bytes.fromhex(node.ask("chain_getBlockHash", 0)[2:])
    # Meta-chains first: whatever they name is in the chains that are read after them.
    metas = [node.blocks("meta_blocks", meta["meta"], meta["blocks"]) for meta in node.pages("meta_list")]
    servers = [server for server in node.pages("chains_list") if server["blocks"]]
    return [node.blocks("chains_blocks", server["chain"], server["blocks"]) for server in servers], metas, genesis


def from_files(paths):
    chains, metas = {}, {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for block in json.load(file):
                owner = metas if "meta" in block else chains
                owner.setdefault(block.get("meta") or block.get("chain"), []).append(block)
    return list(chains.values()), list(metas.values())


# --- self-test -------------------------------------------------------------------------------------------------------

# Eleven entity blocks, one of each event, and their meta block; genesis hash 32 x 0x11; 4 bits.
SAMPLE_GENESIS = bytes([0x11]) * 32
SAMPLE_ENTITY = """
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd8740000000000000000000000000000000000000000000000000000000000000000000000000037000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0202020202020202020202020202020201000000000000000000000040420f00000000000300020202020202020202020202020202020100000003030303030303030303030303030303030303030303030303030303030303030404040404040404040404040404040404040404040404040404040404040404010200000030000000000000001400000000000000050505050505050505050505050505050505050505050505050505050505050501d1a9fa07ba9cfa9742829ba36931903084a904a6939a1b4b6401c711cca28aadfef0586e39f9138918f9692c320d83e1beb2ef2c3d0c9b10a39bb12820aaac8e196a049be21e42266c3baabbc10a71e9f57dd0d9e9e5a8ccc0e803d552601d490114766e662d3100010c766475000101010102030402fefefefefefefefefefefefefefefefe00000000010606060606060606060606060606060606060606060606060606060606060606000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b07000000401f000000000000034971cd3bf24c275e2df5c2a04c33d429c228bc658c0d3594cce6de1b6476ba
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd8740100000001034971cd3bf24c275e2df5c2a04c33d429c228bc658c0d3594cce6de1b6476ba08000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0202020202020202020202020202020201000000010000000000000028460f0000000000030100000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b08000000411f000000000000002c1dc3f4086bed3851f291b4f8327d708e31ade671536e3740de27c697a344
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd8740200000001002c1dc3f4086bed3851f291b4f8327d708e31ade671536e3740de27c697a3441a000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000200000000000000104a0f000000000003020009090909090909090909090909090909090909090909090909090909090909091901aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b09000000421f00000000000001afcad8e6871fb293fced89f71575826c32d9e2dbb9aadd0b762bd85d967004
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd874030000000101afcad8e6871fb293fced89f71575826c32d9e2dbb9aadd0b762bd85d96700404000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000300000000000000f84d0f0000000000030304000000600000000000000014000000000000000109000000000000000a00000000000000ffffffffffffffff0909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0a000000431f0000000000000e15350b0cbbba4ff1e6bf2ce749772345daeaf2c9c83ee8866787f8955b5abb
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd87404000000010e15350b0cbbba4ff1e6bf2ce749772345daeaf2c9c83ee8866787f8955b5abb03000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000400000000000000e0510f000000000003040707070707070707070707070707070707070707070707070707070707070707000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000441f00000000000001aa020ea9d9f5a65e6f31fffd42f568af7ab293ded09f7d576255c6f9bdc0d6
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd874050000000101aa020ea9d9f5a65e6f31fffd42f568af7ab293ded09f7d576255c6f9bdc0d607000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000500000000000000c8550f000000000003050707070707070707070707070707070707070707070707070707070707070707000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0c000000451f000000000000064b06db901f1a672672eb503a07b6a4885814c3619a6dbe596175e76594b9da
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd8740600000001064b06db901f1a672672eb503a07b6a4885814c3619a6dbe596175e76594b9da00000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000600000000000000b0590f0000000000030614636f6c6f720808080808080808080808080808080808080808080808080808080808080808000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0d000000461f0000000000000cf08f30e66ccb42c24e2318bbb1aa0fbb6891c367f7b1f0ca726fe0cf3ac2d7
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd87407000000010cf08f30e66ccb42c24e2318bbb1aa0fbb6891c367f7b1f0ca726fe0cf3ac2d705000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000700000000000000985d0f000000000003070500000000000000000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0e000000471f00000000000000b8038640b40dde731ac21cdcdc5228bffea9b3a028697ea921fa1ed5374185
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd874080000000100b8038640b40dde731ac21cdcdc5228bffea9b3a028697ea921fa1ed53741851c000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0202020202020202020202020202020201000000080000000000000080610f000000000003084d000000000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0f000000481f000000000000086335c55bfa8f9696fe026842e7a2e6254d762058d37fa27ad6fc7d6273d903
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd8740900000001086335c55bfa8f9696fe026842e7a2e6254d762058d37fa27ad6fc7d6273d90300000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0202020202020202020202020202020201000000090000000000000068650f000000000003090c000000060000000000000001000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b10000000491f0000000000000cd1e5d79be6af641126e057433e05850254632785e71b934d5fb63da016e695
b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd8740a000000020cd1e5d79be6af641126e057433e05850254632785e71b934d5fb63da016e69518000000000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02020202020202020202020202020202010000000a0000000000000050690f0000000000030a00000909090909090909090909090909090909090909090909090909090909090909000b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b110000004a1f0000000000000a99eb317939854766afbdd07743bf73f3769f694771036aa635b3766b981e53
""".split()
SAMPLE_META = """
3b5b60c416a3714b9519977699cf86ea16c876bbf8a09ba9a4101a036f0975070000000000000000000000000000000000000000000000000000000000000000000000000600000000000000b723468fdfda4c1648031b27a2b6f76d8babd2390ef9f273e195b18c1ccfd87400034971cd3bf24c275e2df5c2a04c33d429c228bc658c0d3594cce6de1b6476ba0a99eb317939854766afbdd07743bf73f3769f694771036aa635b3766b981e530b00000040420f000000000050690f0000000000401f0000000000000000000000000000606d000000000000000000000000000000410a0000000000000000000000000000710200000000000000000000000000e8030000000000000000000000000000a00f000000000000000000000000000000770100000000000000000000000000204e00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000e8030000000000000000000000000000d007000000000000000000000000000080bb0000000000000000000000000000204e0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000100000001000000010000000100000001000000010000000100000001000000010000000100000001000000000004000c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c00c0aa1d1b767921454fc37b26f312a10d296c0e0f7d83a599260487d388ea3f
""".split()


def sample():
    def shown(encoded, is_meta):
        block, _ = read_block(bytes.fromhex(encoded), is_meta)
        return block | {"blockNonce": number(block["blockNonce"]), "encoded": "0x" + encoded}

    return [shown(block, False) for block in SAMPLE_ENTITY], [shown(block, True) for block in SAMPLE_META]


def refuses(change, expected):
    """Whether a change to the sample is found, and named as expected."""
    entity, meta = sample()
    change(entity, meta)
    try:
        check_ledger([entity], [meta], SAMPLE_GENESIS, 4)
    except Fault as fault:
        return expected in str(fault)
    return False


def flip(blocks, at, byte):
    encoded = bytearray.fromhex(blocks[at]["encoded"][2:])
    encoded[byte] ^= 1
    blocks[at]["encoded"] = "0x" + encoded.hex()


def self_test():
    entity, meta = sample()
    assert check_ledger([entity], [meta], SAMPLE_GENESIS, 4) == (11, 1)
    assert {block["tx"]["event"]["kind"] for block in entity} == set(EVENTS)
    assert refuses(lambda e, m: flip(e, 3, 100), "entity block 3 of")
    assert refuses(lambda e, m: flip(e, 4, -1), "its contents have")
    assert refuses(lambda e, m: flip(m, 0, 200), "meta block 0 of")
    assert refuses(lambda e, m: e.pop(5), "its number is 6 at place 5")
    assert refuses(lambda e, m: flip(e, 6, 40), "its link is")
    assert refuses(lambda e, m: flip(e, 7, 70), "entity block 7 of")
    assert refuses(lambda e, m: e[2].update(prev=e[1]["prev"]), "its field prev is")
    assert refuses(lambda e, m: e[2].update(extra=1), "its field extra is")
    assert refuses(lambda e, m: e.pop(), "its chain has")
    try:
        check_ledger([entity], [meta], bytes(32), 4)
        raise AssertionError("another genesis was taken for its own")
    except Fault as fault:
        assert "its server's chain is named" in str(fault)
    assert ss58(bytes.fromhex("88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee")) == (
        "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"
    )
    print("self-test passed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--rpc", metavar="URL", help="read everything from a node")
    source.add_argument("--file", metavar="FILE", nargs="+", help="JSON lists of block objects")
    source.add_argument("--self-test", action="store_true", help="check this program against its frozen sample")
    parser.add_argument("--genesis", metavar="HASH", help="genesis hash, to check the names in files")
    parser.add_argument("--bits", type=int, default=4, help="leading zero bits of each hash (default 4)")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    try:
        if options.rpc:
            chains, metas, genesis = from_node(options.rpc)
        else:
            chains, metas = from_files(options.file)
            genesis = bytes.fromhex(options.genesis.removeprefix("0x")) if options.genesis else None
        entity, meta = check_ledger(chains, metas, genesis, options.bits)
    except (Fault, OSError, ValueError) as fault:
        sys.exit(f"check failed: {fault}")
    print(f"checked {len(chains)} chains · {entity} entity blocks · {meta} meta blocks: all hashes, nonces and links hold")
    return None


if __name__ == "__main__":
    main()
