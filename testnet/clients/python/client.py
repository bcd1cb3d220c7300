"""substrate-interface, as it comes from the index, against a running network: what a script of an operator does.

    client.py address            the ed25519 account it signs with
    client.py run WS             every check; the account must be admitted, as a hypervisor
"""

import os
import re
import signal
import sys
import time

from substrateinterface import Keypair, KeypairType, SubstrateInterface
from substrateinterface.exceptions import BlockNotFound

# Of a test only: it protects nothing.
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
MODULES = ["System", "Timestamp", "Registry", "Chains", "Meta", "Foundry", "Directives"]
HEADS = 20
SECONDS_MAX = 120


def ensure(fact, words):
    """Unlike assert, it stays when Python optimises."""
    if not fact:
        raise SystemExit(f"failed: {words}")


def account():
    return Keypair.create_from_mnemonic(PHRASE, ss58_format=42, crypto_type=KeypairType.ED25519)


def random_hex(count):
    return "0x" + os.urandom(count).hex()


def modules(chain, _):
    names = [module["name"] for module in chain.get_metadata_modules()]
    ensure(names == MODULES, f"modules {names}")
    ensure(chain.get_constant("System", "BlockHashCount").value == 65_536, "BlockHashCount")
    ensure(chain.get_constant("Timestamp", "MinimumPeriod").value == 40, "MinimumPeriod")
    ensure(chain.ss58_format == 42, "the format of addresses")
    error = chain.get_metadata_error("Chains", "SequenceGap")
    ensure("in between first" in " ".join(error.docs), "an error's docs are its remedy")
    call = chain.get_metadata_call_function("Chains", "append_batch")
    ensure([arg["name"] for arg in call.value["fields"]] == ["events"], "arguments of append_batch")


def state(chain, keypair):
    head = chain.get_chain_finalised_head()
    header = chain.get_block_header(block_hash=head)["header"]
    number = header["number"]
    ensure(chain.get_block_hash(number) == head, "a number leads to its hash")
    ensure(chain.query("System", "Number", block_hash=head).value == number, "the state at a hash is that block's")
    parent = chain.query("System", "ParentHash", block_hash=head).value
    ensure(parent == header["parentHash"], "the state's parent is the header's")
    ensure(chain.query("System", "BlockHash", [0]).value == chain.get_block_hash(0), "genesis is remembered")
    accounts = [key.value for key, _ in chain.query_map("System", "Account", page_size=2)]
    ensure(keypair.ss58_address in accounts and len(accounts) >= 4, "all accounts, page by page")
    try:
        chain.query("System", "Number", block_hash="0x" + "11" * 32)
        ensure(False, "a block that isn't there has no state")
    except BlockNotFound:
        pass


def submit(chain, keypair, module, function, params, era=None):
    call = chain.compose_call(call_module=module, call_function=function, call_params=params)
    extrinsic = chain.create_signed_extrinsic(call, keypair, era=era)
    return chain.submit_extrinsic(extrinsic, wait_for_finalization=True)


def check_outcome(receipt, name):
    events = [record.value["event"] for record in receipt.triggered_events]
    outcomes = [event for event in events if event["module_id"] == "System" and event["event_id"].startswith("Ext")]
    ensure(len(outcomes) == 1 and events[-1]["event_id"] == name, f"one outcome, the last, {name}: {events}")
    return events


def remarks(chain, keypair):
    for era in [{"period": 64}, None]:
        receipt = submit(chain, keypair, "System", "remark_with_event", {"remark": "hello"}, era)
        ensure(receipt.is_success, "a remark succeeds")
        events = check_outcome(receipt, "ExtrinsicSuccess")
        ensure(events[0]["attributes"]["sender"] == keypair.ss58_address, "the sender is named")
        found = receipt.extrinsic.value
        ensure((found["era"] == "00") == (era is None), f"era {found['era']}")
        ensure(found["call"]["call_function"] == "remark_with_event", "the extrinsic is read back from its block")
    call = chain.compose_call("System", "remark", {"remark": "0x00"})
    signed = chain.create_signed_extrinsic(call, keypair, era={"period": 64})
    receipt = chain.submit_extrinsic(signed, wait_for_inclusion=True)
    ensure(receipt.is_success and not receipt.finalized, "it is seen in its block before it is called final")


def announcement(chain, keypair):
    hosts = chain.query_map("Registry", "Hosts")
    own = [key.value for key, host in hosts if host.value["hypervisor"] == keypair.ss58_address]
    ensure(len(own) == 1, "the account speaks for a host")
    server = {"uuid": random_hex(16), "generation": 0}
    ownership = {name: random_hex(32) for name in ["provider", "tenant", "service"]}
    etsi = {"vnf_instance_id": None, "vnfd_id": "vnfd-1", "vdu_id": None, "ns_instance_id": None, "snssai": None}
    params = {
        "server": server, "host": own[0], "image": random_hex(32), "tracker": keypair.ss58_address, "custody": "Agent",
        "resources": {"vcpus": 2, "memory_mib": 2048, "disk_gib": 20}, "ownership": ownership, "etsi": etsi,
        "relations": ([],),
    }
    receipt = submit(chain, keypair, "Chains", "announce", {"announcement": params}, {"period": 64})
    ensure(receipt.is_success, f"an announcement succeeds: {receipt.error_message}")
    event = check_outcome(receipt, "ExtrinsicSuccess")[0]
    ensure(event["event_id"] == "Announced" and event["attributes"]["server"]["uuid"] == server["uuid"], str(event))
    (kept,) = chain.query("Chains", "Announcements", [server]).value
    ensure(kept["announcement"]["resources"]["memory_mib"] == 2048, "it is in state")


def refused(chain, keypair):
    event = {
        "server": {"uuid": random_hex(16), "generation": 0}, "number": 0, "occurred_at": time.time_ns() // 1_000,
        "precision": "Event", "event": {"StateChanged": {"state": "Running"}}, "meter": None,
        "evidence": random_hex(32), "detail": "0x",
    }
    receipt = submit(chain, keypair, "Chains", "append", {"event": event}, {"period": 64})
    ensure(not receipt.is_success, "a server that wasn't born has no events")
    check_outcome(receipt, "ExtrinsicFailed")
    error = receipt.error_message
    ensure((error["type"], error["name"]) == ("Module", "NotBorn"), str(error))
    ensure(re.search("Send its birth first", " ".join(error["docs"])), "the error tells its remedy")


def heads(chain, _):
    seen = []

    def each(header, *_):
        seen.append(header["header"]["number"])
        return seen if len(seen) == HEADS else None

    chain.subscribe_block_headers(each, finalized_only=True)
    ensure(seen == list(range(seen[0], seen[0] + HEADS)), f"finalized heads without a gap: {seen}")


def run(endpoint):
    # A subscription that never answers must not look like a long test.
    signal.alarm(SECONDS_MAX)
    keypair = account()
    with SubstrateInterface(url=endpoint, auto_reconnect=False) as chain:
        for check in [modules, state, remarks, announcement, refused, heads]:
            check(chain, keypair)
            print(f"  {check.__name__}: ok", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["address"]:
        print(account().ss58_address)
    elif len(sys.argv) == 3 and sys.argv[1] == "run":
        run(sys.argv[2])
    else:
        raise SystemExit(__doc__)
