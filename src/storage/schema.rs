//! The tables as diesel sees them. The migrations make them; a test compares the two.

diesel::table! {
    account (id) {
        id -> Text,
        login -> Text,
        name -> Text,
        organisation -> Text,
        state -> Text,
        is_administrator -> Bool,
        password_hash -> Nullable<Text>,
        failed_sign_ins -> BigInt,
        delayed_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        chain_seq -> BigInt,
        chain_hash -> Text,
    }
}

diesel::table! {
    secret (hash) {
        hash -> Text,
        public_id -> Nullable<Text>,
        kind -> Text,
        holder -> Text,
        bound_to -> Nullable<Text>,
        detail -> Text,
        tries -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    session (id) {
        id -> Text,
        holder -> Text,
        level -> Text,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        bound_to -> Nullable<Text>,
    }
}

diesel::table! {
    study (id) {
        id -> Text,
        alias -> Text,
        mode -> Text,
        state -> Text,
        seeded -> Bool,
        settings -> Text,
        protocol_version -> BigInt,
        next_sequence -> BigInt,
        created_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        locked_at -> Nullable<Timestamp>,
        revealed_at -> Nullable<Timestamp>,
        chain_seq -> BigInt,
        chain_hash -> Text,
    }
}

diesel::table! {
    protocol_version (study_id, n) {
        study_id -> Text,
        n -> BigInt,
        source -> Text,
        canonical -> Text,
        sha256 -> Text,
        created_at -> Timestamp,
        created_by -> Text,
    }
}

diesel::table! {
    text_file (sha256) {
        sha256 -> Text,
        content -> Text,
    }
}

diesel::table! {
    protocol_text (study_id, n, path) {
        study_id -> Text,
        n -> BigInt,
        path -> Text,
        sha256 -> Text,
    }
}

diesel::table! {
    site (id) {
        id -> Text,
        study_id -> Text,
        code -> Text,
        name -> Text,
        time_zone -> Text,
        state -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    assignment (id) {
        id -> Text,
        study_id -> Text,
        account_id -> Text,
        role -> Text,
        sees_arm -> Text,
        duties -> Text,
        from_on -> Date,
        until_on -> Nullable<Date>,
        training_on -> Nullable<Date>,
        granted_at -> Timestamp,
        granted_by -> Text,
        ended_at -> Nullable<Timestamp>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    assignment_site (assignment_id, site_id) {
        assignment_id -> Text,
        site_id -> Text,
    }
}

diesel::table! {
    design (id) {
        id -> Text,
        study_id -> Text,
        version -> BigInt,
        state -> Text,
        beacon_ref -> Text,
        beacon -> Nullable<Text>,
        commitment -> Nullable<Text>,
        sealed_design -> Text,
        sealed_seed -> Nullable<Text>,
        sealed_nonce -> Nullable<Text>,
        drafted_at -> Timestamp,
        committed_at -> Nullable<Timestamp>,
        activated_at -> Nullable<Timestamp>,
        first_sequence -> Nullable<BigInt>,
    }
}

diesel::table! {
    participant (id) {
        id -> Text,
        study_id -> Text,
        code -> Text,
        site_id -> Text,
        unit -> Nullable<Text>,
        therapist_id -> Nullable<Text>,
        language -> Text,
        time_zone -> Nullable<Text>,
        source -> Text,
        cohort -> Nullable<Text>,
        state -> Text,
        excluded_code -> Nullable<Text>,
        excluded_criterion -> Nullable<Text>,
        identity -> Text,
        registered_at -> Timestamp,
        registered_by -> Text,
        completed_on -> Nullable<Date>,
        chain_seq -> BigInt,
        chain_hash -> Text,
        common_over_on -> Nullable<Date>,
    }
}

diesel::table! {
    contact (participant_id) {
        participant_id -> Text,
        study_id -> Text,
        sealed -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    contact_hash (study_id, kind, hash, participant_id) {
        study_id -> Text,
        kind -> Text,
        hash -> Text,
        participant_id -> Text,
    }
}

diesel::table! {
    step (participant_id, step_id) {
        participant_id -> Text,
        step_id -> Text,
        study_id -> Text,
        state -> Text,
        opened_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
        reason_code -> Nullable<Text>,
        acted_by -> Nullable<Text>,
        lapses_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    verdict (participant_id, criterion, n) {
        participant_id -> Text,
        criterion -> Text,
        n -> BigInt,
        study_id -> Text,
        step_id -> Text,
        kind -> Text,
        outcome -> Text,
        inputs -> Text,
        evidence_on -> Date,
        protocol_version -> BigInt,
        judged_at -> Timestamp,
        judged_by -> Text,
        judged_by_role -> Text,
    }
}

diesel::table! {
    consent (id) {
        id -> Text,
        participant_id -> Text,
        study_id -> Text,
        document -> Text,
        document_version -> BigInt,
        language -> Text,
        sha256 -> Text,
        items -> Text,
        decision -> Text,
        medium -> Text,
        signer -> Text,
        sealed_name -> Nullable<Text>,
        identity_check -> Text,
        signed_on -> Date,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        protocol_version -> BigInt,
    }
}

diesel::table! {
    anchor (participant_id, episode, name, n) {
        participant_id -> Text,
        episode -> Text,
        name -> Text,
        n -> BigInt,
        study_id -> Text,
        happened_on -> Date,
        assumed -> Bool,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    episode (id) {
        id -> Text,
        participant_id -> Text,
        study_id -> Text,
        name -> Text,
        created_at -> Timestamp,
        treatment -> Text,
    }
}

diesel::table! {
    hold (participant_id, kind, n) {
        participant_id -> Text,
        kind -> Text,
        n -> BigInt,
        study_id -> Text,
        raised_at -> Timestamp,
        resolved_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    assessment (id) {
        id -> Text,
        participant_id -> Text,
        study_id -> Text,
        episode -> Text,
        occasion -> Text,
        occasion_no -> BigInt,
        respondent -> Text,
        anchor -> Nullable<Text>,
        arm_bound -> Bool,
        assigned_to -> Nullable<Text>,
        protocol_version -> BigInt,
        opens_at -> Nullable<Timestamp>,
        due_on -> Nullable<Date>,
        closes_at -> Nullable<Timestamp>,
        late_at -> Nullable<Timestamp>,
        first_seen_at -> Nullable<Timestamp>,
        first_answer_at -> Nullable<Timestamp>,
        submitted_at -> Nullable<Timestamp>,
        submitted_by -> Nullable<Text>,
        window_class -> Nullable<Text>,
        cancelled_at -> Nullable<Timestamp>,
        reopened_until -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        language -> Nullable<Text>,
        wakes_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    response (id) {
        id -> Text,
        assessment_id -> Text,
        participant_id -> Text,
        study_id -> Text,
        instrument -> Text,
        instrument_version -> Text,
        state -> Text,
        n -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    response_version (response_id, n) {
        response_id -> Text,
        n -> BigInt,
        version -> BigInt,
        study_id -> Text,
        participant_id -> Text,
        kind -> Text,
        answers -> Text,
        scores -> Text,
        salts -> Text,
        language -> Text,
        origin -> Text,
        saved_at -> Timestamp,
        saved_by -> Text,
    }
}

diesel::table! {
    alert (id) {
        id -> Text,
        participant_id -> Text,
        study_id -> Text,
        assessment_id -> Text,
        instrument -> Text,
        rule -> Text,
        level -> Text,
        cause -> Text,
        state -> Text,
        raised_at -> Timestamp,
        read_by_at -> Timestamp,
        claimed_at -> Nullable<Timestamp>,
        claimed_by -> Nullable<Text>,
        closed_at -> Nullable<Timestamp>,
        escalates_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    alert_entry (alert_id, n) {
        alert_id -> Text,
        n -> BigInt,
        study_id -> Text,
        at -> Timestamp,
        by_account -> Text,
        kind -> Text,
        content -> Text,
    }
}

diesel::table! {
    allocation (id) {
        id -> Text,
        participant_id -> Text,
        study_id -> Text,
        sequence -> BigInt,
        design_version -> BigInt,
        label -> Text,
        slot -> BigInt,
        block -> Nullable<BigInt>,
        position -> Nullable<BigInt>,
        draw_index -> Nullable<BigInt>,
        factors -> Text,
        arm -> Text,
        allocated_at -> Timestamp,
        allocated_by -> Text,
    }
}

diesel::table! {
    exposure (account_id, participant_id) {
        account_id -> Text,
        participant_id -> Text,
        study_id -> Text,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    audit_event (id) {
        id -> Text,
        chain -> Text,
        seq -> BigInt,
        study_id -> Nullable<Text>,
        participant_id -> Nullable<Text>,
        at -> Timestamp,
        actor -> Text,
        role -> Text,
        organisation -> Text,
        action -> Text,
        object -> Text,
        reason -> Text,
        request_id -> Text,
        software -> Text,
        digests -> Text,
        previous_hash -> Text,
        hash -> Text,
        act_scope -> Nullable<Text>,
        act_key -> Nullable<Text>,
        act_fingerprint -> Nullable<Text>,
        act_status -> Nullable<BigInt>,
        act_location -> Nullable<Text>,
        act_object -> Nullable<Text>,
    }
}

diesel::table! {
    audit_value (event_id) {
        event_id -> Text,
        study_id -> Nullable<Text>,
        content -> Text,
    }
}

diesel::table! {
    audit_checkpoint (n) {
        n -> BigInt,
        at -> Timestamp,
        cause -> Text,
        heads -> Text,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account,
    secret,
    session,
    study,
    protocol_version,
    text_file,
    protocol_text,
    site,
    assignment,
    assignment_site,
    design,
    participant,
    contact,
    contact_hash,
    step,
    verdict,
    consent,
    anchor,
    episode,
    hold,
    assessment,
    response,
    response_version,
    alert,
    alert_entry,
    allocation,
    exposure,
    audit_event,
    audit_value,
    audit_checkpoint,
);
