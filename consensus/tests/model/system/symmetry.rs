//! Which validators are interchangeable, and one print for all states that differ only in their names.
//!
//! Full symmetry over the honest isn't sound: validator v mod n is the primary of view v, and what it may say there
//! nobody else may. But the turn of a primary passes. Once every honest validator has promised view p, none votes,
//! proposes or opens anything below p any more, and what is to come treats alike all honest validators that are the
//! primary of no view from p to the last one of the model. Renaming them among each other, in their local states and in
//! all that was said, gives a state with the same future up to the names, and the properties mention no names. At the
//! start that is validator 3 alone; after the first view change validators 0 and 3; in the last view of three, 0, 1 and
//! 3, unless one of them lies. The print of a state is the least over these renamings.
//!
//! Beside it the order of messages on the network isn't part of a state (all that was said is a set), nor are the names
//! of the liar's two siblings: the second may be shown only after the first was prepared by somebody.

use super::cast::{VALIDATORS, primary};
use super::words::Who;

/// A hash that tells states apart; prints of a set's elements are added up.
pub(crate) type Print = u128;

/// Every way to rename four validators; the first changes nothing.
pub(crate) const NAMINGS: [[Who; 4]; 24] = [
    [0, 1, 2, 3],
    [0, 1, 3, 2],
    [0, 2, 1, 3],
    [0, 2, 3, 1],
    [0, 3, 1, 2],
    [0, 3, 2, 1],
    [1, 0, 2, 3],
    [1, 0, 3, 2],
    [1, 2, 0, 3],
    [1, 2, 3, 0],
    [1, 3, 0, 2],
    [1, 3, 2, 0],
    [2, 0, 1, 3],
    [2, 0, 3, 1],
    [2, 1, 0, 3],
    [2, 1, 3, 0],
    [2, 3, 0, 1],
    [2, 3, 1, 0],
    [3, 0, 1, 2],
    [3, 0, 2, 1],
    [3, 1, 0, 2],
    [3, 1, 2, 0],
    [3, 2, 0, 1],
    [3, 2, 1, 0],
];

/// The renamings that change nothing about the future: `liar` and every primary from `promised`, the least view that
/// all the honest have promised, to the last of `views` keep their names.
pub(crate) fn sound_namings(liar: Who, promised: u8, views: u8) -> impl Iterator<Item = usize> {
    let keeps = move |who: Who| who == liar || (promised..views).any(|view| primary(view) == who);
    let sound = move |naming: &[Who; 4]| (0..VALIDATORS).all(|who| !keeps(who) || naming[usize::from(who)] == who);
    (0..NAMINGS.len()).filter(move |at| sound(&NAMINGS[*at]))
}
