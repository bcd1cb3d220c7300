//! Requests that are wrong: a corpus, and mutations from a seed. Also taken by path where a real node is asked.

/// Requests that are wrong in one way each, and the code they are answered with.
pub(crate) fn corpus() -> Vec<(String, i64)> {
    let call =
        |method: &str, params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let deep = "[".repeat(2_000);
    let mut corpus = vec![
        (String::new(), -32_700),
        ("{".into(), -32_700),
        ("\u{0}\u{1}".into(), -32_700),
        ("null".into(), -32_700),
        ("\"text\"".into(), -32_700),
        ("[]".into(), -32_600),
        ("{}".into(), -32_700),
        (r#"{"jsonrpc":"1.0","id":1,"method":"system_chain"}"#.into(), -32_600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#.into(), -32_600),
        (r#"{"jsonrpc":"2.0","id":1,"method":""}"#.into(), -32_601),
        (call("no_suchMethod", "[]"), -32_601),
        (call("system_addLogFilter", "[]"), -32_601),
        (call("state_getStorage", "[]"), -32_602),
        (call("state_getStorage", "[\"0xzz\"]"), -32_602),
        (call("state_getStorage", "[\"0x0\"]"), -32_602),
        (call("state_getStorage", "[7]"), -32_602),
        (call("state_getStorage", "[[[]]]"), -32_602),
        (call("state_getStorage", "[\"0x00\",\"0x00\"]"), -32_602),
        (call("state_getStorage", "[\"\u{1f980}\"]"), -32_602),
        (call("chain_getHeader", "[-1]"), -32_602),
        (call("chain_getBlockHash", "[-1]"), -32_602),
        (call("chain_getBlockHash", "[\"0xg\"]"), -32_602),
        (call("chain_getBlockHash", "[1.5]"), -32_602),
        (call("system_accountNextIndex", "[\"5F\"]"), -32_602),
        (call("author_submitExtrinsic", "[\"0x\"]"), 1_001),
        (call("author_submitExtrinsic", "[\"0xffffffff\"]"), 1_001),
        (call("state_call", "[\"Core_version\",\"0x\"]"), 4_003),
        (call("state_getKeysPaged", "[\"0x\",4294967295]"), 4_002),
        (call("chains_get", "[\"not a uuid\"]"), -32_602),
        (call("chains_list", "[null,1,{\"unknown\":1}]"), -32_602),
        (call("chains_list", "[\"0x\",1]"), -32_602),
        (call("state_subscribeStorage", "[[]]"), 5_005),
        (call("chain_subscribeNewHeads", "[]"), 5_005),
        (call("chain_unsubscribeNewHeads", "[1]"), 5_005),
        (call("author_submitAndWatchExtrinsic", "[\"0x\"]"), 5_005),
        (call("state_getStorage", &deep), -32_700),
    ];
    corpus.push((format!("[{}]", vec![call("system_chain", "[]"); 300].join(",")), -32_010));
    corpus
}

/// A stream of numbers from a seed (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Parameters of every kind that a method may meet.
const VALUES: [&str; 22] = [
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "4294967296",
    "18446744073709551616",
    "\"\"",
    "\"0x\"",
    "\"0x0\"",
    "\"zz\"",
    "[]",
    "[[]]",
    "{}",
    "{\"a\":{}}",
    "\"0x0000000000000000000000000000000000000000000000000000000000000000\"",
    "\"5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[null,null,null]",
    "[\"0x00\",\"0x00\"]",
    "\"00000000-0000-0000-0000-000000000000\"",
];

/// A request for a random method with random parameters, some of its bytes exchanged.
pub(crate) fn mutation(random: &mut Random, methods: &[&str]) -> String {
    let params: Vec<&str> = (0..random.below(5)).map(|_| *random.pick(&VALUES)).collect();
    let (method, params) = (random.pick(methods), params.join(","));
    let params = if random.below(8) == 0 { format!("{{\"p\":[{params}]}}") } else { format!("[{params}]") };
    let mut bytes = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#).into_bytes();
    for _ in 0..[0, 0, 1, 3][random.below(4)] {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => bytes[at] = 0x20 + random.below(0x5f) as u8,
            1 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
