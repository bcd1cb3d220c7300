//! Unsafe `system_*` methods: they change the node itself, so they are answered on the administration's listener only,
//! which is on loopback.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

/// Administration of this very node.
#[rpc(server, client, namespace = "system")]
pub trait AdminApi {
    /// Logs more, or less: adds directives such as `tierchain_network=debug` to the filter of the log.
    #[method(name = "addLogFilter", blocking)]
    fn add_log_filter(&self, directives: String) -> RpcResult<()>;

    /// Logs what the command line says, as at the start.
    #[method(name = "resetLogFilter", blocking)]
    fn reset_log_filter(&self) -> RpcResult<()>;
}
