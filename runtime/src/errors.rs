//! The table of module errors: a module error has no room for words, so its words stand here.

use scale_info::build::Variants;
use scale_info::{Field, Path, Type, TypeDefVariant, TypeInfo, Variant};

use crate::dispatch::ModuleError;
use crate::metadata::{self, Module};
use crate::{chains, directives, foundry, meta, registry};

/// Name and remedy of a module's error; none for an error that no module has.
#[must_use]
pub fn describe(error: ModuleError) -> Option<(&'static str, &'static str)> {
    let at = usize::from(error.error[0]);
    match error.index {
        registry::INDEX => registry::Error::ALL.get(at).map(|known| (known.name(), known.remedy())),
        chains::INDEX => chains::Error::ALL.get(at).map(|known| (known.name(), known.remedy())),
        meta::INDEX => meta::Error::ALL.get(at).map(|known| (known.name(), known.remedy())),
        foundry::INDEX => foundry::Error::ALL.get(at).map(|known| (known.name(), known.remedy())),
        directives::INDEX => directives::Error::ALL.get(at).map(|known| (known.name(), known.remedy())),
        _ => None,
    }
}

/// The error of whichever module failed. Described only: on the wire a [`ModuleError`] stands for it.
pub(crate) enum RuntimeError {}

impl TypeInfo for RuntimeError {
    type Identity = Self;

    fn type_info() -> Type {
        let variant =
            |(name, index, ty)| Variant::new(name, vec![Field::new(None, ty, None, Vec::new())], index, vec![]);
        let modules = metadata::modules();
        let variants = modules.iter().filter_map(Module::error_variant).map(variant);
        Type::new(Path::new("RuntimeError", module_path!()), [], TypeDefVariant::new(variants), Vec::new())
    }
}

/// Describes a module's errors: wire index, name, and the remedy for documentation.
pub(crate) fn type_info<const N: usize>(module: &'static str, errors: [(u8, &'static str, &'static str); N]) -> Type {
    let variants = errors.into_iter().fold(Variants::new(), |variants, (index, name, remedy)| {
        variants.variant(name, |variant| variant.index(index).docs(&[remedy]))
    });
    Type::builder().path(Path::new("Error", module)).variant(variants)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::dispatch::DispatchError;

    /// All errors of the runtime.
    fn all() -> Vec<DispatchError> {
        let registry = registry::Error::ALL.into_iter().map(DispatchError::from);
        let chains = chains::Error::ALL.into_iter().map(DispatchError::from);
        let foundry = foundry::Error::ALL.into_iter().map(DispatchError::from);
        let directives = directives::Error::ALL.into_iter().map(DispatchError::from);
        let meta = meta::Error::ALL.into_iter().map(DispatchError::from);
        registry.chain(chains).chain(meta).chain(foundry).chain(directives).collect()
    }

    #[test]
    fn every_error_has_its_own_index_and_name_and_a_remedy() {
        let mut names = BTreeSet::new();
        for error in all() {
            let (name, remedy) = describe(error.as_module()).expect("it is in the table");
            assert!(names.insert((error.as_module().index, name)), "{name} stands twice");
            assert!(remedy.ends_with('.') && remedy.len() > 40, "{name} has no remedy");
        }
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn wire_indices_are_places_in_the_table() {
        for (at, error) in registry::Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, at);
        }
        for (at, error) in chains::Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, at);
        }
        for (at, error) in meta::Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, at);
        }
        for (at, error) in foundry::Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, at);
        }
        for (at, error) in directives::Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, at);
        }
    }

    #[test]
    fn what_no_module_has_is_unknown() {
        assert_eq!(describe(ModuleError { index: 0, error: [0; 4] }), None);
        assert_eq!(describe(ModuleError { index: 3, error: [200, 0, 0, 0] }), None);
    }
}
