//! The actions: what can be allowed or refused. Each operation names exactly one.

use crate::trial::role::words;

words! {
    /// One thing that somebody may do.
    Action {
        /// Sign in, redeem an invitation, read what is public.
        Public = "public",
        /// One's own account, sessions and tokens.
        OwnAccount = "account.own",
        /// Make, list and change accounts.
        ManageAccounts = "accounts.manage",
        /// Check a protocol without storing it.
        CheckProtocol = "protocol.check",
        /// Make a study.
        CreateStudy = "study.create",
        /// Read a study's plain facts.
        ReadStudy = "study.read",
        /// See what is missing for opening or locking.
        ReadReadiness = "study.readiness",
        /// Open, close, lock, settings.
        RunStudy = "study.run",
        /// Add a site.
        AddSite = "site.add",
        /// Rename, close, open a site.
        ChangeSite = "site.change",
        /// Grant and end roles.
        ManageStaff = "staff.manage",
        /// See who had which right.
        ReadStaff = "staff.read",
        /// Register a participant.
        Register = "participant.register",
        /// List participants.
        ListParticipants = "participant.list",
        /// Read a participant.
        ReadParticipant = "participant.read",
        /// Steps, exclusion, consent on paper, anchors.
        ConductEnrolment = "enrolment.conduct",
        /// Assign visits to blinded assessors.
        AssignVisit = "visit.assign",
        /// Judge a criterion.
        Judge = "criterion.judge",
        /// Decide on eligibility.
        Decide = "eligibility.decide",
        /// Record an anchor.
        RecordAnchor = "anchor.record",
        /// List and read assessments.
        ReadAssessments = "assessment.read",
        /// Hand out links.
        IssueLink = "link.issue",
        /// Enter answers for somebody.
        EnterAnswers = "answers.enter",
        /// Read answers.
        ReadAnswers = "answers.read",
        /// Read alerts.
        ReadAlerts = "alert.read",
        /// Claim and close alerts.
        HandleAlerts = "alert.handle",
        /// Write, commit, activate, read a design; reveal.
        ManageDesign = "design.manage",
        /// The public face of a sealed design.
        ReadCertificate = "certificate.read",
        /// What stands between a participant and the draw.
        ReadChecklist = "checklist.read",
        /// Draw.
        Allocate = "allocation.make",
        /// Read an allocation; its arm as `sees_arm` says.
        ReadAllocation = "allocation.read",
        /// The files of the reveal.
        ReadReveal = "reveal.read",
        /// Datasets.
        ReadDatasets = "datasets.read",
        /// The audit trail of a study.
        ReadAudit = "audit.read",
        /// The audit trail of the accounts.
        ReadAccountAudit = "audit.accounts",
        /// Check the trail.
        VerifyAudit = "audit.verify",
        /// A participant's own record and answers.
        OwnRecord = "own.record",
        /// A participant's own consent.
        OwnConsent = "own.consent",
        /// The service's own clock work.
        System = "system",
    }
}
