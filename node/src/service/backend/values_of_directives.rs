//! The values that an error about a directive has no room for.

use tierchain_runtime::directives::{Call, DEADLINE_AHEAD_MS_MAX, Error, GRACE_MS, OPEN_MAX, OPEN_OF_PROVIDER_MAX};
use tierchain_runtime::{Call as AnyCall, query, registry};

use super::values::Failed;

/// One sentence with the values that belong to the error; none where there is nothing to add to its remedy.
pub(super) fn values(failed: &Failed<'_>, error: Error) -> Option<String> {
    let now = failed.block.timestamp;
    match error {
        Error::UnknownDirective => {
            Some(format!("There are {} directives, numbered from 0.", query::directive_count(failed.state)))
        }
        Error::DirectiveClosed | Error::NotAccepted | Error::AlreadyAccepted => {
            let (id, record) = failed.directive()?;
            Some(format!("Directive {id} is {} since block {}.", record.status.name(), record.changed_in))
        }
        Error::DirectiveOverdue | Error::NotDue => {
            let (id, record) = failed.directive()?;
            let deadline = record.directive.deadline;
            Some(format!(
                "Directive {id} is {} and its deadline is {deadline} ms (accepted ones have {GRACE_MS} ms more); the \
                 block is of {now} ms.",
                record.status.name()
            ))
        }
        Error::DeadlineTooFar | Error::DeadlineOver => {
            let deadline = issued(failed)?.deadline;
            Some(format!(
                "The deadline is {deadline} ms and the block is of {now} ms; it may be at most {} ms.",
                now.saturating_add(DEADLINE_AHEAD_MS_MAX)
            ))
        }
        Error::TooManyDirectives => {
            let host = issued(failed)?.host;
            let open = query::directives_open(failed.state, &host).len();
            Some(format!("Host {host} has {open} open directives of at most {OPEN_MAX}."))
        }
        Error::ShareUsed => {
            let host = issued(failed)?.host;
            let most = OPEN_OF_PROVIDER_MAX;
            Some(format!("Host {host} has {most} open directives of that provider, as many as one may have."))
        }
        Error::ReferenceConflict => {
            let (id, record) = failed.directive()?;
            Some(format!(
                "Reference {} is directive {id}, to {} on host {}.",
                record.directive.reference,
                record.directive.action.name(),
                record.directive.host
            ))
        }
        Error::NotYourServer => Some(failed.acts_for()),
        Error::OtherHost => Some(format!("{} {} was asked.", failed.life()?, issued(failed)?.host)),
        Error::SameHost => Some(format!("That is host {}.", issued(failed)?.host)),
        Error::NotTheHost => {
            let (id, record) = failed.directive()?;
            let host = record.directive.host;
            let speaker = registry::HOSTS.get(failed.state, &host)?.hypervisor;
            Some(format!("Directive {id} is to host {host}, for which {speaker} speaks; {} signed.", failed.signer))
        }
        Error::OtherServer => {
            let (id, record) = failed.directive()?;
            let named = match (&record.directive.action, record.directive.action.server()) {
                (tierchain_runtime::directives::Action::Create(order), _) => format!("a life of {}", order.uuid),
                (_, server) => server?.to_string(),
            };
            Some(format!("Directive {id} is about {named}."))
        }
    }
}

/// The directive that was to be issued.
fn issued<'a>(failed: &Failed<'a>) -> Option<&'a tierchain_runtime::directives::Directive> {
    match failed.call {
        AnyCall::Directives(Call::Issue { directive }) => Some(directive),
        _ => None,
    }
}
