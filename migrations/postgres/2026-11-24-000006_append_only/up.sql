-- What was written stays written: no update, no delete, no truncate.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;
CREATE TRIGGER audit_event_refuses_change BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_refuses_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_value_refuses_change BEFORE UPDATE OR DELETE ON audit_value FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_value_refuses_truncate BEFORE TRUNCATE ON audit_value FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoint_refuses_change BEFORE UPDATE OR DELETE ON audit_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoint_refuses_truncate BEFORE TRUNCATE ON audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER allocation_refuses_change BEFORE UPDATE OR DELETE ON allocation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER allocation_refuses_truncate BEFORE TRUNCATE ON allocation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER response_version_refuses_change BEFORE UPDATE OR DELETE ON response_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER response_version_refuses_truncate BEFORE TRUNCATE ON response_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verdict_refuses_change BEFORE UPDATE OR DELETE ON verdict FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER verdict_refuses_truncate BEFORE TRUNCATE ON verdict FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_refuses_change BEFORE UPDATE OR DELETE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_refuses_truncate BEFORE TRUNCATE ON consent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER protocol_version_refuses_change BEFORE UPDATE OR DELETE ON protocol_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER protocol_version_refuses_truncate BEFORE TRUNCATE ON protocol_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER text_file_refuses_change BEFORE UPDATE OR DELETE ON text_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER text_file_refuses_truncate BEFORE TRUNCATE ON text_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER protocol_text_refuses_change BEFORE UPDATE OR DELETE ON protocol_text FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER protocol_text_refuses_truncate BEFORE TRUNCATE ON protocol_text FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
