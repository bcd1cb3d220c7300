//! An API and its methods: each one's types, its words, and the function that answers.

use frame_metadata::v15::{RuntimeApiMetadata, RuntimeApiMethodMetadata, RuntimeApiMethodParamMetadata};
use parity_scale_codec::{Decode, DecodeAll, Encode, Error};
use scale_info::{MetaType, TypeDef, TypeInfo, meta_type};
use tierchain_primitives::hash::blake2_64;
use tierchain_primitives::ports::StateRead;

type Answer = Box<dyn Fn(&dyn StateRead, &[u8]) -> Result<Vec<u8>, Error> + Send + Sync>;

/// A group of methods that clients know by a name and a version.
pub(super) struct Api {
    name: &'static str,
    version: u32,
    docs: &'static str,
    methods: Vec<Method>,
}

/// A question that a state can answer.
pub(super) struct Method {
    name: &'static str,
    inputs: Vec<(&'static str, MetaType)>,
    output: MetaType,
    docs: &'static str,
    answer: Answer,
}

impl Api {
    pub(super) fn new(name: &'static str, version: u32, docs: &'static str, methods: Vec<Method>) -> Self {
        Self { name, version, docs, methods }
    }

    /// The method that is called `{api}_{method}`.
    pub(super) fn method(&self, called: &str) -> Option<&Method> {
        let name = called.strip_prefix(self.name)?.strip_prefix('_')?;
        self.methods.iter().find(|method| method.name == name)
    }

    /// By which clients find it in a [`crate::RuntimeVersion`].
    pub(super) fn id(&self) -> ([u8; 8], u32) {
        (blake2_64(self.name.as_bytes()), self.version)
    }

    pub(super) fn metadata(&self) -> RuntimeApiMetadata {
        let methods = self.methods.iter().map(Method::metadata).collect();
        RuntimeApiMetadata { name: self.name, methods, docs: vec![self.docs] }
    }
}

impl Method {
    /// A method with its answer. `I` is the tuple of its arguments, which `names` names one by one.
    ///
    /// # Panics
    /// When there are more or fewer names than arguments.
    pub(super) fn new<I, O>(
        name: &'static str,
        names: &[&'static str],
        docs: &'static str,
        answer: impl Fn(&dyn StateRead, I) -> O + Send + Sync + 'static,
    ) -> Self
    where
        I: Decode + TypeInfo + 'static,
        O: Encode + TypeInfo + 'static,
    {
        let TypeDef::Tuple(types) = I::type_info().type_def else { panic!("the arguments of {name} are a tuple") };
        assert_eq!(types.fields.len(), names.len(), "each argument of {name} has a name");
        let inputs = names.iter().copied().zip(types.fields).collect();
        let answer: Answer = Box::new(move |state, mut bytes| Ok(answer(state, I::decode_all(&mut bytes)?).encode()));
        Self { name, inputs, output: meta_type::<O>(), docs, answer }
    }

    pub(super) fn answer(&self, state: &dyn StateRead, arguments: &[u8]) -> Result<Vec<u8>, Error> {
        (self.answer)(state, arguments)
    }

    fn metadata(&self) -> RuntimeApiMethodMetadata {
        let inputs = self.inputs.iter().map(|(name, ty)| RuntimeApiMethodParamMetadata { name: *name, ty: *ty });
        let (name, output, docs) = (self.name, self.output, vec![self.docs]);
        RuntimeApiMethodMetadata { name, inputs: inputs.collect(), output, docs }
    }
}
