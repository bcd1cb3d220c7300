//! Why a call on directives fails. The call is on record, and nothing changed but its signer's nonce.

/// The errors of [`crate::directives`]; the number is the wire index, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// There is no directive of that number.
    UnknownDirective = 0,
    /// The directive is done, failed, cancelled or expired.
    DirectiveClosed = 1,
    /// The host hasn't accepted the directive.
    NotAccepted = 2,
    /// The directive's deadline was over before it was accepted.
    DirectiveOverdue = 3,
    /// The directive's time isn't over.
    NotDue = 4,
    /// The host has as many open directives as one may have.
    TooManyDirectives = 5,
    /// The deadline is more than a week ahead.
    DeadlineTooFar = 6,
    /// The deadline is over.
    DeadlineOver = 7,
    /// The issuer used that reference for another directive.
    ReferenceConflict = 8,
    /// The account acts for another provider than the server's.
    NotYourServer = 9,
    /// The server runs on another host.
    OtherHost = 10,
    /// The account isn't the one that speaks for the directive's host.
    NotTheHost = 11,
    /// The host has accepted the directive.
    AlreadyAccepted = 12,
    /// The server is to move to the host it is on.
    SameHost = 13,
    /// Another server than the directive's is reported.
    OtherServer = 14,
    /// The provider has as many open directives on the host as one may have.
    ShareUsed = 15,
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 16] = [
        Self::UnknownDirective,
        Self::DirectiveClosed,
        Self::NotAccepted,
        Self::DirectiveOverdue,
        Self::NotDue,
        Self::TooManyDirectives,
        Self::DeadlineTooFar,
        Self::DeadlineOver,
        Self::ReferenceConflict,
        Self::NotYourServer,
        Self::OtherHost,
        Self::NotTheHost,
        Self::AlreadyAccepted,
        Self::SameHost,
        Self::OtherServer,
        Self::ShareUsed,
    ];

    /// The name in the metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownDirective => "UnknownDirective",
            Self::DirectiveClosed => "DirectiveClosed",
            Self::NotAccepted => "NotAccepted",
            Self::DirectiveOverdue => "DirectiveOverdue",
            Self::NotDue => "NotDue",
            Self::TooManyDirectives => "TooManyDirectives",
            Self::DeadlineTooFar => "DeadlineTooFar",
            Self::DeadlineOver => "DeadlineOver",
            Self::ReferenceConflict => "ReferenceConflict",
            Self::NotYourServer => "NotYourServer",
            Self::OtherHost => "OtherHost",
            Self::NotTheHost => "NotTheHost",
            Self::AlreadyAccepted => "AlreadyAccepted",
            Self::SameHost => "SameHost",
            Self::OtherServer => "OtherServer",
            Self::ShareUsed => "ShareUsed",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::UnknownDirective => {
                "There is no directive of that number on this ledger. List them with directives_list."
            }
            Self::DirectiveClosed => {
                "The directive is done, failed, cancelled or expired, which stands. Read it with directives_get; \
                 issue another one where something is left to do."
            }
            Self::NotAccepted => {
                "The host hasn't accepted the directive, so nothing can be reported of it. Accept it first, and act \
                 when that is final."
            }
            Self::DirectiveOverdue => {
                "The directive's deadline was over before it was accepted. Leave it undone; anybody may have it \
                 expire, and its provider may issue another."
            }
            Self::NotDue => {
                "The directive's time isn't over: one that is issued expires after its deadline, one that is accepted \
                 an hour later. Wait, or cancel it while it is issued."
            }
            Self::TooManyDirectives => {
                "The host has 256 open directives. Wait until it has done some, cancel some, or have those expire whose \
                 time is over (directives_open)."
            }
            Self::DeadlineTooFar => {
                "The deadline is more than seven days ahead of the block's time. Name an earlier one."
            }
            Self::DeadlineOver => "The deadline isn't ahead of the block's time. Name a later one, in milliseconds.",
            Self::ReferenceConflict => {
                "The issuer used this reference for another directive, which stands. Choose another reference for a \
                 new directive; repeat a directive unchanged."
            }
            Self::NotYourServer => {
                "The account acts for another provider than the server's. Sign with that provider's account, or with \
                 that of an orchestrator that it appointed."
            }
            Self::OtherHost => {
                "The server doesn't run on the directive's host. Read where it runs with chains_get and issue the \
                 directive to that host."
            }
            Self::NotTheHost => {
                "The account doesn't speak for the directive's host. Sign with the hypervisor account of that host \
                 (registry_hosts)."
            }
            Self::AlreadyAccepted => {
                "The host has accepted the directive and may be at it, so it can't be called off. Wait for its outcome, \
                 then issue what undoes it."
            }
            Self::SameHost => "The server is to move to the host that it is on. Name another host to move it to.",
            Self::OtherServer => {
                "The server that is reported isn't the directive's: name the life that was created from its order, or \
                 the one that the directive names."
            }
            Self::ShareUsed => {
                "The provider has 16 open directives on this host, its share of the host's list. Wait until the host has \
                 done some, or cancel some (directives_open)."
            }
        }
    }
}
