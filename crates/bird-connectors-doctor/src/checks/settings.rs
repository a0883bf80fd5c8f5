//! Checks of the settings, which send nothing.

use bird_connectors::client::CertificateSource;
use bird_connectors::error::ConnectionFailure;

use crate::facts::{Facts, Obstacle, Read};
use crate::verdict::Verdict;

pub(super) fn configuration(facts: &Facts) -> Verdict {
    let settings = &facts.settings;
    if let Some(problem) = facts.problems.first() {
        return Verdict::failed(
            problem.clone(),
            "correct the configuration; nothing was sent",
        );
    }
    let Some(key) = facts.source("access_key", settings.access_key_source) else {
        return Verdict::failed(
            "no access key is set",
            "set the environment variable BIRD_ACCESS_KEY, or pass the access key",
        );
    };
    let Some(workspace) = settings.workspace_id else {
        return Verdict::failed(
            "no workspace is set",
            "set the environment variable BIRD_WORKSPACE_ID, or pass the id of the workspace",
        );
    };
    let workspace_source = facts.sources.get("workspace_id");
    let workspace_source = workspace_source.map_or(String::new(), |source| format!(" ({source})"));
    Verdict::ok(format!(
        "access key from {key}; workspace {workspace}{workspace_source}"
    ))
}

pub(super) fn key_form(facts: &Facts) -> Verdict {
    if facts.settings.access_key_source.is_none() || !facts.problems.is_empty() {
        return Verdict::skipped("not checked: see configuration");
    }
    match &facts.settings.access_key {
        Err(error) => Verdict::failed(
            facts.message(error),
            "copy the access key again, without the name of a scheme, quotation marks or spaces around it",
        ),
        Ok(None) => Verdict::ok("nothing about the form of the access key is suspicious"),
        Ok(Some(suspicion)) => {
            let accepted = facts.reads.iter().any(Read::accepts_key);
            if accepted {
                return Verdict::ok(format!("{suspicion}; but the API accepts it"));
            }
            let action =
                "use an access key of the workspace that Bird's API (api.bird.com) accepts";
            if facts.obstacle() == Some(Obstacle::KeyForm) {
                Verdict::failed(
                    format!("the API rejects the access key: {suspicion}"),
                    action,
                )
            } else {
                Verdict::warning(*suspicion, action)
            }
        }
    }
}

pub(super) fn base_url(facts: &Facts) -> Verdict {
    if !facts.problems.is_empty() {
        return Verdict::skipped("not checked: see configuration");
    }
    match &facts.settings.base_url {
        Err(error) => Verdict::failed(
            facts.message(error),
            "correct the base URL, or remove it: the default is https://api.bird.com",
        ),
        Ok(url) => match facts.source("base_url", facts.settings.base_url_source) {
            None => Verdict::ok(format!("{url} (the default)")),
            Some(source) => Verdict::ok(format!("{url} (from {source})")),
        },
    }
}

pub(super) fn proxy(facts: &Facts) -> Verdict {
    let settings = &facts.settings;
    if !facts.problems.is_empty() || settings.base_url.is_err() {
        return not_checked(facts);
    }
    let proxy = match &settings.proxy {
        Err(error) => {
            return Verdict::failed(
                facts.message(error),
                "correct or unset the variable; a password in the URL must be percent-encoded",
            );
        }
        Ok(None) => {
            let direct = match &settings.certificates {
                Ok(None) => "no proxy: a plain http connection to this machine never uses one",
                _ => "no proxy: the connection is direct",
            };
            return Verdict::ok(direct);
        }
        Ok(Some(proxy)) => proxy,
    };
    let source = proxy.variable.unwrap_or("the setting `proxy`");
    let name = format!("the proxy {} (from {source})", proxy.address);
    let failure = facts.reads.iter().find_map(|read| {
        let error = read.result.as_ref().err()?;
        let failure = error.connection_failure()?;
        (failure.is_proxy() && failure != ConnectionFailure::ProxyCertificate).then_some(error)
    });
    match failure {
        Some(error) => Verdict::failed(
            facts.message(error),
            format!("correct {source}, or add the host of the API to NO_PROXY"),
        ),
        None => Verdict::ok(format!(
            "the connection goes through {name}; the access key is inside of TLS, so only a proxy whose certificate \
             authority this machine trusts can read it"
        )),
    }
}

pub(super) fn certificates(facts: &Facts) -> Verdict {
    let settings = &facts.settings;
    if !facts.problems.is_empty() || settings.base_url.is_err() {
        return not_checked(facts);
    }
    let untrusted = facts.reads.iter().find_map(|read| {
        let error = read.result.as_ref().err()?;
        error
            .connection_failure()?
            .is_certificate()
            .then_some(error)
    });
    match (&settings.certificates, untrusted) {
        (Err(error), _) => Verdict::failed(
            facts.message(error),
            "correct or unset SSL_CERT_FILE and SSL_CERT_DIR, or install the certificates of the system (ca-certificates)",
        ),
        (Ok(_), Some(error)) => Verdict::failed(
            facts.message(error),
            "check the base URL and the clock; if a proxy inspects TLS, let SSL_CERT_FILE name its certificate authority",
        ),
        (Ok(None), None) => Verdict::ok("not needed: the base URL is plain http to this machine"),
        (Ok(Some(CertificateSource::Environment)), None) => {
            Verdict::ok("the certificates of SSL_CERT_FILE and SSL_CERT_DIR can be read")
        }
        (Ok(Some(_)), None) => Verdict::ok("the certificates of the system can be read"),
    }
}

fn not_checked(facts: &Facts) -> Verdict {
    let obstacle = if facts.problems.is_empty() {
        Obstacle::BaseUrl
    } else {
        Obstacle::Configuration
    };
    Verdict::skipped(format!("not checked: see {}", obstacle.check()))
}
