//! The table of operations.

use crate::conduct::context::Remit;
use crate::http::operations::Key;
use crate::http::operations::Match;
use crate::http::operations::Operation;
use crate::kernel::Error;
use crate::trial::permission::action::Action;

/// The row of an operation.
pub fn row(id: &str) -> Result<&'static Operation, Error> {
    let found = TABLE.iter().find(|operation| operation.id == id);
    found.ok_or_else(|| Error::internal(format!("the operation {id} has no row")))
}

const fn op(id: &'static str, actions: &'static [Action]) -> Operation {
    let remit = Remit { actions, events: &[] };
    Operation { id, remit, key: Key::None, matching: Match::None, refusals: &[] }
}

impl Operation {
    const fn writes(mut self, events: &'static [&'static str]) -> Self {
        self.remit.events = events;
        self
    }

    const fn keyed(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    const fn matched(mut self, matching: Match) -> Self {
        self.matching = matching;
        self
    }

    const fn refuses(mut self, codes: &'static [&'static str]) -> Self {
        self.refusals = codes;
        self
    }
}

/// Events of a person's plan: what the acts before them bring about.
macro_rules! planning {
    ($($own:literal),*) => {
        &[
            $($own,)*
            "assessment.moved",
            "anchor.assumed",
            "episode.planned",
            "assessment.ended",
            "participant.over",
            "participant.completed",
        ]
    };
}

/// The same, where a step of enrolment may end too.
macro_rules! moving {
    ($($own:literal),*) => { planning!["enrolment.advanced" $(, $own)*] };
}

/// Every operation of the API.
pub const TABLE: &[Operation] = &[
    op("create_session", &[Action::Public])
        .writes(&["session.started", "session.refused"])
        .refuses(&["session.refused", "sign_in.delayed"]),
    op("refresh_session", &[Action::Public])
        .writes(&["session.refreshed", "session.reused"])
        .refuses(&["session.expired", "session.reused"]),
    op("end_session", &[Action::OwnAccount, Action::OwnRecord]).writes(&["session.ended"]),
    op("get_own_account", &[Action::OwnAccount]),
    op("change_password", &[Action::OwnAccount])
        .writes(&["account.password_changed", "session.refused"])
        .refuses(&["password.weak", "session.refused"]),
    op("create_api_token", &[Action::OwnAccount])
        .writes(&["token.created"])
        .keyed(Key::Required)
        .refuses(&["idempotency.secret_gone"]),
    op("revoke_api_token", &[Action::OwnAccount, Action::ManageAccounts]).writes(&["token.revoked"]),
    op("set_credentials", &[Action::Public])
        .writes(&["account.activated"])
        .refuses(&["token.gone", "password.weak"]),
    op("create_account", &[Action::ManageAccounts])
        .writes(&["account.created"])
        .keyed(Key::Required)
        .refuses(&["idempotency.secret_gone"]),
    op("list_accounts", &[Action::ManageAccounts]),
    op("get_account", &[Action::ManageAccounts]),
    op("update_account", &[Action::ManageAccounts])
        .writes(&["account.changed"])
        .matched(Match::Required)
        .refuses(&["permission.own_act"]),
    op("check_protocol", &[Action::CheckProtocol]),
    op("list_instruments", &[Action::Public]),
    op("get_instrument", &[Action::Public]),
    op("create_study", &[Action::CreateStudy])
        .writes(&["study.created", "protocol.added"])
        .keyed(Key::Required)
        .refuses(&["protocol.invalid", "protocol.unsupported", "study.alias_taken", "study.not_ready"]),
    op("list_studies", &[Action::OwnAccount]),
    op("get_study", &[Action::ReadStudy]),
    op("get_study_readiness", &[Action::ReadReadiness]),
    op("open_study", &[Action::RunStudy])
        .writes(&["study.opened"])
        .keyed(Key::Required)
        .refuses(&["study.not_ready", "study.not_open"]),
    op("close_study", &[Action::RunStudy])
        .writes(&["study.closed"])
        .keyed(Key::Required)
        .refuses(&["study.not_open", "reason.required"]),
    op("lock_study", &[Action::RunStudy])
        .writes(&["study.locked"])
        .keyed(Key::Required)
        .refuses(&["lock.blocked", "study.not_open"]),
    op("reveal_study", &[Action::ManageDesign]).writes(&["study.revealed"]).keyed(Key::Required).refuses(&[
        "reveal.not_locked",
        "design.not_committed",
        "allocation.unavailable",
    ]),
    op("create_site", &[Action::AddSite]).writes(&["site.created"]).keyed(Key::Required),
    op("get_site", &[Action::ReadStudy]),
    op("update_site", &[Action::ChangeSite]).writes(&["site.changed"]).matched(Match::Required),
    op("grant_role", &[Action::ManageStaff]).writes(&["role.granted"]).keyed(Key::Required).refuses(&[
        "role.incompatible",
        "role.exposed",
        "permission.own_act",
        "proposal.settled",
    ]),
    op("list_staff", &[Action::ReadStaff]),
    op("end_role", &[Action::ManageStaff]).writes(&["role.ended"]).keyed(Key::Optional).refuses(&[
        "permission.own_act",
        "proposal.settled",
        "reason.required",
    ]),
    op("register_participant", &[Action::Register])
        .writes(moving!["participant.registered"])
        .keyed(Key::Required)
        .refuses(&["study.not_open", "study.paused", "site.closed"]),
    op("list_participants", &[Action::ListParticipants]),
    op("get_participant", &[Action::ReadParticipant]).writes(&["participant.read"]),
    op("get_timeline", &[Action::ReadParticipant]).writes(&["participant.read"]),
    op("issue_person_link", &[Action::IssueLink])
        .writes(&["link.issued"])
        .keyed(Key::Required)
        .refuses(&["idempotency.secret_gone", "participant.excluded"]),
    op("judge_criterion", &[Action::Judge])
        .writes(moving!["criterion.judged"])
        .keyed(Key::Optional)
        .matched(Match::Required)
        .refuses(&["step.out_of_order", "participant.excluded", "reason.required"]),
    op("record_consent", &[Action::ConductEnrolment])
        .writes(moving!["consent.given", "consent.declined"])
        .keyed(Key::Required)
        .refuses(&[
            "consent.version_outdated",
            "consent.already_given",
            "step.out_of_order",
            "participant.excluded",
        ]),
    op("decide_eligibility", &[Action::Decide])
        .writes(moving!["eligibility.decided"])
        .keyed(Key::Required)
        .refuses(&["step.out_of_order", "participant.excluded", "reason.required", "precondition.failed"]),
    op("exclude_participant", &[Action::ConductEnrolment])
        .writes(moving!["participant.excluded"])
        .keyed(Key::Required)
        .refuses(&["allocation.exists", "participant.excluded", "reason.required"]),
    op("set_anchor", &[Action::RecordAnchor])
        .writes(planning!["anchor.set"])
        .matched(Match::Required)
        .refuses(&["step.out_of_order", "reason.required"]),
    op("list_assessments", &[Action::ReadAssessments]),
    op("get_assessment", &[Action::ReadAssessments]).writes(&["response.read"]),
    op("assign_assessment", &[Action::AssignVisit])
        .writes(&["assessment.assigned"])
        .keyed(Key::Optional)
        .refuses(&["role.exposed", "reason.required", "response.already_submitted"]),
    op("issue_link", &[Action::IssueLink]).writes(&["link.issued"]).keyed(Key::Required).refuses(&[
        "idempotency.secret_gone",
        "assessment.not_open",
        "assessment.closed",
        "response.already_submitted",
        "participant.excluded",
    ]),
    op("get_response", &[Action::ReadAnswers]).writes(&["response.read"]),
    op("save_answers", &[Action::EnterAnswers])
        .writes(&["answer.saved", "alert.raised"])
        .matched(Match::Required)
        .refuses(&[
            "assessment.not_open",
            "assessment.closed",
            "response.already_submitted",
            "consent.missing",
            "participant.excluded",
            "answers.invalid",
        ]),
    op("submit_response", &[Action::EnterAnswers])
        .writes(moving![
            "response.submitted",
            "assessment.submitted",
            "answer.saved",
            "alert.raised",
            "participant.excluded"
        ])
        .keyed(Key::Required)
        .refuses(&[
            "assessment.not_open",
            "assessment.closed",
            "response.already_submitted",
            "consent.missing",
            "participant.excluded",
            "answers.invalid",
        ]),
    op("list_alerts", &[Action::ReadAlerts]).writes(&["alert.read"]),
    op("claim_alert", &[Action::HandleAlerts])
        .writes(&["alert.claimed", "alert.released"])
        .matched(Match::Required)
        .refuses(&["alert.claimed", "alert.closed"]),
    op("close_alert", &[Action::HandleAlerts])
        .writes(&["alert.closed", "alert.reopened"])
        .keyed(Key::Required)
        .matched(Match::Required)
        .refuses(&["alert.claimed", "alert.closed", "alert.incomplete"]),
    op("create_participant_session", &[Action::Public, Action::OwnRecord])
        .writes(&["session.started", "session.verified", "session.refused"])
        .refuses(&["link.gone", "session.missing", "session.refused"]),
    op("get_own_record", &[Action::OwnRecord]).writes(&["own.read"]).refuses(&["session.level_too_low"]),
    op("get_own_assessment", &[Action::OwnRecord]).refuses(&["assessment.not_open", "session.level_too_low"]),
    op("save_own_answers", &[Action::OwnRecord]).writes(&["answer.saved", "alert.raised"]).refuses(&[
        "assessment.not_open",
        "assessment.closed",
        "response.already_submitted",
        "consent.missing",
        "participant.excluded",
        "answers.invalid",
        "session.level_too_low",
    ]),
    op("submit_own_assessment", &[Action::OwnRecord])
        .writes(moving![
            "response.submitted",
            "assessment.submitted",
            "answer.saved",
            "alert.raised",
            "participant.excluded"
        ])
        .keyed(Key::Required)
        .refuses(&[
            "assessment.not_open",
            "assessment.closed",
            "response.already_submitted",
            "consent.missing",
            "participant.excluded",
            "answers.invalid",
            "session.level_too_low",
        ]),
    op("give_own_consent", &[Action::OwnConsent])
        .writes(moving!["consent.given", "consent.declined"])
        .keyed(Key::Required)
        .refuses(&[
            "consent.version_outdated",
            "consent.already_given",
            "step.out_of_order",
            "participant.excluded",
            "session.level_too_low",
        ]),
    op("get_own_consent", &[Action::OwnConsent])
        .writes(&["consent.read"])
        .refuses(&["session.level_too_low"]),
    op("put_design", &[Action::ManageDesign])
        .writes(&["design.drafted"])
        .matched(Match::Present)
        .refuses(&["design.immutable", "design.invalid"]),
    op("get_design", &[Action::ManageDesign]).writes(&["design.read"]),
    op("commit_design", &[Action::ManageDesign])
        .writes(&["design.committed", "seed.sealed"])
        .keyed(Key::Required)
        .refuses(&["design.immutable", "protocol.unsupported"]),
    op("activate_design", &[Action::ManageDesign])
        .writes(&["design.activated"])
        .keyed(Key::Required)
        .refuses(&["design.not_committed"]),
    op("get_certificate", &[Action::ReadCertificate]),
    op("get_checklist", &[Action::ReadChecklist]),
    op("allocate_participant", &[Action::Allocate])
        .writes(moving!["allocation.made", "allocation.refused", "seed.used"])
        .keyed(Key::Required)
        .refuses(&[
            "allocation.not_ready",
            "allocation.exists",
            "allocation.strata_changed",
            "allocation.unavailable",
            "confirm_code.mismatch",
            "design.not_committed",
            "participant.excluded",
            "study.not_open",
            "study.paused",
        ]),
    op("get_allocation", &[Action::ReadAllocation])
        .writes(&["allocation.read"])
        .refuses(&["allocation.missing"]),
    op("list_datasets", &[Action::ReadDatasets]),
    op("get_dataset", &[Action::ReadDatasets]).writes(&["dataset.read"]).refuses(&["export.busy"]),
    op("get_data_package", &[Action::ReadDatasets]).writes(&["dataset.read"]).refuses(&["export.busy"]),
    op("get_reveal_bundle", &[Action::ReadReveal]).writes(&["reveal.read"]).refuses(&["reveal.not_locked"]),
    op("list_audit_events", &[Action::ReadAudit]).writes(&["audit.read"]),
    op("list_account_audit_events", &[Action::ReadAccountAudit]).writes(&["audit.read"]),
    op("verify_audit", &[Action::VerifyAudit]),
];
